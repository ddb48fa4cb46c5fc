"""What the system calls our scalars, and the members that it puts into our sets by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.case import Live
from reconciler.model.fields import Field, Once, Schema, Set, Spelled
from reconciler.model.values import Digest, Ref, Secret
from reconciler.planning.naming import handle_of, named, respelled, unnamed, worded, words_of
from tests.planning.worlds import LINEAGE


def title_key(text: str) -> str:
    return text.replace("&amp;", "&")


FIELDS = {
    "status": Field.of("status", [Spelled(str.casefold)]),
    "title": Field.of("title", [Spelled(title_key, digested=True)]),
    "owner": Field.of("owner", [Once()]),
    "watchers": Field.of("watchers", [Set(key=str.casefold)]),
}
SCHEMA = Schema(FIELDS)
SECRET = Secret("hunter2")
SEALED = SECRET.digest(LINEAGE)


def digest(text: str) -> str:
    return Secret(text).digest(LINEAGE).text


def seen(
    shown: Any,
    handles: Mapping[str, str],
    *ours: Any,
    name: str = "status",
    aliases: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Any, Mapping[str, str]]:
    """Return what is live in our words, and the handles that led there."""
    live = Live("1", "", {name: shown}, {name: aliases or {}})
    found = named(live, SCHEMA, handles, tuple({name: each} for each in ours), LINEAGE)
    return found.attributes[name], found.handles


# ------------------------------------------------------------------------------------ scalars

OPEN = {"Open": frozenset({"#2"})}
DIGITS = {"2": frozenset({"#9"}), "#2": frozenset({"#8"})}
ANA = {"status.ana@x": "#17"}


@pytest.mark.parametrize(
    ("shown", "aliases", "handles", "ours", "word", "kept"),
    [
        pytest.param("Open", {}, {}, ["Open"], "Open", {}, id="as it is declared"),
        pytest.param("Open", OPEN, {}, ["OPEN"], "OPEN", {}, id="another spelling"),
        pytest.param("Open", OPEN, {}, [2], 2, {}, id="by its id"),
        pytest.param("Open", OPEN, {}, [3], "Open", {}, id="another id"),
        pytest.param("Open", OPEN, {}, ["New", "open"], "open", {}, id="as it was recorded"),
        pytest.param("Open", OPEN, {}, ["OPEN", 2], "OPEN", {}, id="the first that knows it"),
        pytest.param("Open", OPEN, {}, [None], "Open", {}, id="not declared"),
        pytest.param("Open", OPEN, {}, [Ref("b", "id")], "Open", {}, id="unknown yet"),
        pytest.param("2", DIGITS, {}, [2], "2", {}, id="a name of digits is no id"),
        pytest.param("2", DIGITS, {}, ["2"], "2", {}, id="a name of digits"),
        pytest.param("2", DIGITS, {}, [9], 9, {}, id="and its id"),
        pytest.param(None, {}, {}, ["Open"], None, {}, id="nothing there"),
        pytest.param(17, {}, ANA, ["ana@x"], "ana@x", ANA, id="known by a handle"),
        pytest.param(17, {}, ANA, ["bo@x", "ana@x"], "ana@x", ANA, id="recorded by a handle"),
        pytest.param(17, {}, ANA, ["bo@x"], 17, {}, id="a handle of another word"),
        pytest.param(20, {}, ANA, ["ana@x"], 20, {}, id="somebody else"),
        pytest.param(17, {}, {"watchers.ana@x": "#17"}, ["ana@x"], 17, {}, id="a handle of another attribute"),
        pytest.param(17, {}, ANA, [17], 17, ANA, id="as it is declared, by its number"),
        pytest.param("Open", OPEN, {"status.x": "#2"}, ["x"], "x", {"status.x": "#2"}, id="a handle is an alias"),
        pytest.param(17, {}, {f"status.{SEALED.text}": "#17"}, [SEALED], SEALED, None, id="a secret"),
        pytest.param(20, {}, {f"status.{SEALED.text}": "#17"}, [SEALED], 20, {}, id="another than the secret"),
    ],
)
def test_a_scalar_gets_the_name_that_we_know_it_by(
    shown: Any,
    aliases: Mapping[str, frozenset[str]],
    handles: Mapping[str, str],
    ours: Sequence[Any],
    word: Any,
    kept: Mapping[str, str] | None,
) -> None:
    assert seen(shown, handles, *ours, aliases=aliases) == (word, handles if kept is None else kept)


def test_a_scalar_without_a_key_is_taken_at_its_word() -> None:
    assert seen("ANN", {"owner.ann": "ANN"}, "ann", name="owner") == ("ANN", {})


SENT, KEPT = "<p style=x>a</p>", "<p>a</p>"
REWRITTEN = {f"title.{digest(SENT)}": digest(KEPT)}


@pytest.mark.parametrize(
    ("shown", "handles", "ours", "word", "kept"),
    [
        pytest.param("a &amp; b", {}, ["a & b"], "a & b", {}, id="only spelled otherwise"),
        pytest.param(KEPT, REWRITTEN, [SENT], SENT, REWRITTEN, id="as the system rewrote it"),
        pytest.param(KEPT, REWRITTEN, ["new", SENT], SENT, REWRITTEN, id="as it was recorded"),
        pytest.param(KEPT, {}, [SENT], KEPT, {}, id="rewritten by nobody that we know"),
        pytest.param("edited", REWRITTEN, [SENT], "edited", {}, id="somebody edited it"),
        pytest.param(KEPT, REWRITTEN, ["new"], KEPT, {}, id="something else is declared"),
        pytest.param(SENT, REWRITTEN, [SENT], SENT, REWRITTEN, id="as it was sent, or not read at all"),
        pytest.param(
            "hunter[2]",
            {f"title.{SEALED.text}": digest("hunter[2]")},
            [SEALED],
            SEALED,
            {f"title.{SEALED.text}": digest("hunter[2]")},
            id="a secret that was rewritten",
        ),
        pytest.param("hunter2", {}, [SEALED], SEALED, {}, id="a secret that was not"),
    ],
)
def test_a_text_that_the_system_has_rewritten_is_the_one_that_was_sent(
    shown: str, handles: Mapping[str, str], ours: Sequence[Any], word: Any, kept: Mapping[str, str]
) -> None:
    assert seen(shown, handles, *ours, name="title") == (word, kept)


def test_a_digested_handle_holds_no_text_of_the_case() -> None:
    field, text = FIELDS["title"], "a text that is nobody's business"

    path, handle = handle_of(field, text, "as it is kept", LINEAGE)

    assert (path, handle) == (f"title.{digest(text)}", digest("as it is kept"))


@pytest.mark.parametrize(
    ("ours", "theirs", "path", "handle"),
    [
        ("ana@x", 17, "status.ana@x", "#17"),
        (17, "Ana", "status.#17", "Ana"),
        (SEALED, 17, f"status.{SEALED.text}", "#17"),
        ("ana@x", None, "status.ana@x", ""),
        (Ref("b", "id"), 17, None, "#17"),
        (None, 17, None, "#17"),
    ],
)
def test_a_handle_leads_from_our_word_to_theirs(ours: Any, theirs: Any, path: str | None, handle: str) -> None:
    assert handle_of(FIELDS["status"], ours, theirs, LINEAGE) == (path, handle)


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        ("Open", {"Open", digest("Open")}),
        (17, {"#17"}),
        (SEALED, {SEALED.text}),
        (None, set()),
        (Ref("b", "id"), set()),
    ],
)
def test_handles_may_know_a_scalar_by_its_text_and_by_the_digest_of_it(ours: Any, words: set[str]) -> None:
    assert words_of(ours, LINEAGE) == words


@given(st.text() | st.integers() | st.binary(min_size=32, max_size=32).map(lambda raw: Digest(raw.hex())))
@pytest.mark.parametrize("name", ["status", "title"])
def test_what_is_remembered_is_found_again(name: str, ours: Any) -> None:
    path, handle = handle_of(FIELDS[name], ours, "theirs, and nobody else's", LINEAGE)
    assert path is not None

    assert path.partition(".")[2] in words_of(ours, LINEAGE)
    shown, handles = seen("theirs, and nobody else's", {path: handle}, ours, name=name)
    assert (shown, handles) == (ours, {path: handle})


# ------------------------------------------------------------------------------------ spelled as declared


@pytest.mark.parametrize(
    ("name", "recorded", "declared", "respelt"),
    [
        ("status", "open", "OPEN", "OPEN"),
        ("status", "open", "Closed", "open"),
        ("status", 2, "Open", 2),
        ("status", 2, 2, 2),
        ("status", None, "Open", None),
        ("status", SEALED, "Open", SEALED),
        ("title", "a &amp; b", "a & b", "a & b"),
        ("owner", "ann", "ANN", "ann"),
        ("watchers", frozenset({"ana", 17}), frozenset({"ANA", "bo"}), frozenset({"ANA", 17})),
        ("of another schema", "a", "A", "a"),
    ],
)
def test_what_is_recorded_is_spelled_as_it_is_declared(
    name: str, recorded: Any, declared: Any, respelt: Any
) -> None:
    assert respelled({name: recorded}, {name: declared}, SCHEMA) == {name: respelt}


def test_what_is_declared_no_more_keeps_its_spelling() -> None:
    assert respelled({"status": "open"}, {}, SCHEMA) == {"status": "open"}


def test_a_scalar_is_recorded_in_our_words_and_stays_so_where_nothing_is_read() -> None:
    recorded = {"status": "ana@x", "title": SENT}

    assert unnamed(recorded, SCHEMA, {**ANA, **REWRITTEN}) == recorded


def test_handles_stay_where_a_name_matches_as_well() -> None:
    known = {"status.OPEN": "#2"}

    assert seen("Open", known, "OPEN", aliases=OPEN) == ("OPEN", known)


def test_handles_stay_where_nothing_is_read() -> None:
    recorded = {"status": "ana@x", "watchers": frozenset({"ana", "bo"})}
    known = {**ANA, "watchers.ana": "#17", "watchers.+#20": "#20"}

    found = named(Live("1", "", unnamed(recorded, SCHEMA, known)), SCHEMA, known, (recorded, recorded), LINEAGE)

    assert unnamed(recorded, SCHEMA, known)["watchers"] == frozenset({"#17", "bo", "#20"})
    assert (found.attributes, found.handles) == (recorded, known)


# ------------------------------------------------------------------------------------ the system's own members

OWN = {"watchers.+#20": "#20"}


@pytest.mark.parametrize(
    ("shown", "handles", "ours", "members", "kept"),
    [
        pytest.param({17, 20}, OWN, [{17}], {17}, OWN, id="its own doing"),
        pytest.param({17, 20}, {}, [{17}], {17, 20}, {}, id="somebody's doing"),
        pytest.param({17}, OWN, [{17}], {17}, {}, id="gone again"),
        pytest.param({20}, OWN, [{17, 20}], {20}, {}, id="declared as well"),
        pytest.param({20}, OWN, [{17}, {20}], {20}, {}, id="recorded as ours"),
        pytest.param(
            {20}, {**OWN, "watchers.bo": "#20"}, [{"bo"}], {"bo"}, {"watchers.bo": "#20"}, id="declared by name"
        ),
        pytest.param({17, 20, 21}, OWN, [set()], {17, 21}, OWN, id="beside others"),
        pytest.param({"Vip"}, {"watchers.+Vip": "Vip"}, [set()], set(), {"watchers.+Vip": "Vip"}, id="a text"),
    ],
)
def test_members_that_the_system_puts_in_by_itself_are_nobodys(
    shown: set[Any],
    handles: Mapping[str, str],
    ours: Sequence[set[Any]],
    members: set[Any],
    kept: Mapping[str, str],
) -> None:
    found = seen(frozenset(shown), handles, *map(frozenset, ours), name="watchers")

    assert found == (frozenset(members), kept)


def test_a_secret_member_is_known_by_the_handle_of_its_digest() -> None:
    handles = {f"watchers.{SEALED.text}": "#17"}

    assert seen(frozenset({17, 20}), handles, frozenset({SEALED}), name="watchers") == (
        frozenset({SEALED, 20}),
        handles,
    )


def test_what_is_worded_shows_secrets_in_the_clear() -> None:
    live = Live("1", "", {"title": "hunter2"})

    assert worded(live, SCHEMA, {}, ({"title": SEALED},), LINEAGE).attributes == {"title": "hunter2"}
