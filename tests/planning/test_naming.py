from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.case import Live
from reconciler.model.fields import Field, Items, Known, Schema
from reconciler.model.values import Entry, Ref, Secret
from reconciler.planning.naming import Named, found_items, lookalikes, named, sorted_ids, unnamed
from tests.planning.worlds import LINEAGE, RICH, SCHEMA, live

Attributes = Mapping[str, Any]
A, B = {"text": "a"}, {"text": "b"}
SECRET = Secret("hunter2")
SEALED = SECRET.digest(LINEAGE)
PHISH = {"groups.phish-syn": "Phishing Email"}
KNOWN = Entry("Adversary: Known", {"type": "Adversary", "name": "Known"})


def name(
    attributes: Attributes,
    handles: Mapping[str, str],
    *ours: Attributes,
    aliases: Mapping[str, Mapping[str, frozenset[str]]] | None = None,
    adopting: bool = False,
) -> tuple[Attributes, Mapping[str, str]]:
    """Return attributes and handles."""
    it = named(Live("1", "", attributes, aliases or {}), RICH, handles, ours or ({},), LINEAGE, adopting=adopting)
    return it.attributes, it.handles


# ------------------------------------------------------------------------------------ items


@pytest.mark.parametrize(
    ("items", "handles", "shown", "kept"),
    [
        ({}, {}, {}, {}),
        ({"17": A}, {}, {}, {}),
        ({"17": A}, {"notes.k": "17"}, {"k": A}, {"notes.k": "17"}),
        ({"17": A, "18": B}, {"notes.k": "18"}, {"k": B}, {"notes.k": "18"}),
        ({"17": A}, {"notes.k": "17", "notes.gone": "16"}, {"k": A}, {"notes.k": "17"}),
        ({"17": A}, {"notes.a.b": "17"}, {"a.b": A}, {"notes.a.b": "17"}),
        ({"17": A}, {"notes.": "17"}, {"": A}, {"notes.": "17"}),
        ({"17": A}, {"tasks.k": "17", "groups.k": "17", "notesk": "17"}, {}, {}),
    ],
    ids=["none", "foreign", "ours", "one is ours", "one is gone", "dots", "empty key", "of others"],
)
def test_items_get_our_keys_by_their_handles(
    items: Attributes, handles: Mapping[str, str], shown: Attributes, kept: Mapping[str, str]
) -> None:
    assert name({"notes": items}, handles) == ({"notes": shown}, kept)


@pytest.mark.parametrize(
    ("declared", "items", "handles"),
    [
        pytest.param({"k": A}, {"17": A}, {"notes.k": "17"}, id="it says the same"),
        pytest.param({"k": A}, {"17": {**A, "rank": 1}}, {"notes.k": "17"}, id="it says more"),
        pytest.param({"k": {**A, "rank": 1}}, {"17": A}, {}, id="it says less"),
        pytest.param({"k": A}, {"17": B}, {}, id="it says something else"),
        pytest.param({"k": {**A, "rank": None}}, {"17": A}, {"notes.k": "17"}, id="nothing and no field"),
        pytest.param({"k": A}, {"100": A, "20": A}, {"notes.k": "20"}, id="the oldest"),
        pytest.param({"j": A, "k": A}, {"17": A, "18": A}, {"notes.j": "17", "notes.k": "18"}, id="each once"),
        pytest.param({"j": A, "k": A}, {"17": A}, {"notes.j": "17"}, id="one for two"),
        pytest.param({"k": {"text": SEALED}}, {"17": {"text": "hunter2"}}, {"notes.k": "17"}, id="a secret"),
        pytest.param({"k": {"text": SEALED}}, {"17": {"text": "hunter3"}}, {}, id="another secret"),
        pytest.param({"k": {"text": Ref("b", "id")}}, {"17": {"text": "42"}}, {}, id="unknown yet"),
    ],
)
def test_a_case_that_is_adopted_brings_the_items_that_are_declared(
    declared: Attributes, items: Attributes, handles: Mapping[str, str]
) -> None:
    shown, found = name({"notes": items}, {}, {"notes": declared}, adopting=True)

    assert found == handles
    assert set(shown["notes"]) == {path.removeprefix("notes.") for path in handles}
    assert name({"notes": items}, {}, {"notes": declared}) == ({"notes": {}}, {})


def test_the_secret_of_an_item_is_sealed_and_not_shown() -> None:
    shown, _ = name({"notes": {"17": {"text": "hunter2"}}}, {"notes.k": "17"}, {"notes": {"k": {"text": SEALED}}})

    assert shown == {"notes": {"k": {"text": SEALED}}}


# ------------------------------------------------------------------------------------ members of sets


@pytest.mark.parametrize(
    ("groups", "handles", "ours", "shown", "kept"),
    [
        pytest.param({"x"}, {}, [], {"x"}, {}, id="nobody's words"),
        pytest.param({"VIP"}, {}, [{"vip"}], {"vip"}, {}, id="as we spell it"),
        pytest.param({"vip"}, {}, [{"VIP"}, {"Vip"}], {"VIP"}, {}, id="as it is spelled first"),
        pytest.param({"vip"}, {}, [set(), {"Vip"}], {"Vip"}, {}, id="as it was spelled"),
        pytest.param({"STRASSE"}, {}, [{"Straße"}], {"Straße"}, {}, id="as Unicode folds it"),
        pytest.param({"Phishing Email"}, PHISH, [{"phish-syn"}], {"phish-syn"}, PHISH, id="renamed"),
        pytest.param({"PHISHING EMAIL"}, PHISH, [{"phish-syn"}], {"phish-syn"}, None, id="renamed and respelled"),
        pytest.param({"Phishing Email"}, PHISH, [set(), {"phish-syn"}], {"phish-syn"}, PHISH, id="and dropped"),
        pytest.param({"Phishing Email"}, PHISH, [{"vip"}], {"Phishing Email"}, {}, id="nobody speaks of it"),
        pytest.param({"Phishing Email"}, {}, [{"phish-syn"}], {"Phishing Email"}, {}, id="no handle"),
        pytest.param({"phish-syn"}, {}, [{"phish-syn"}], {"phish-syn"}, {}, id="named back"),
        pytest.param(
            {"Phishing Email"},
            PHISH,
            [{"phish-syn", "phishing email"}],
            {"phish-syn", "phishing email"},
            PHISH,
            id="declared under both names",
        ),
        pytest.param({"hunter2"}, {}, [{SEALED}], {SEALED}, {}, id="a secret"),
        pytest.param({"12"}, {}, [{Ref("b", "id")}], {"12"}, {}, id="unknown yet"),
    ],
)
def test_members_get_the_names_that_we_know_them_by(
    groups: set[str],
    handles: Mapping[str, str],
    ours: list[set[Any]],
    shown: set[Any],
    kept: Mapping[str, str] | None,
) -> None:
    attributes, found = name(
        {"groups": frozenset(groups)}, handles, *({"groups": frozenset(members)} for members in ours)
    )

    assert attributes == {"groups": frozenset(shown)}
    assert found == ({"groups.phish-syn": "PHISHING EMAIL"} if kept is None else kept)


def test_a_set_whose_spelling_counts_is_left_as_it_is() -> None:
    shown = {"tags": frozenset({"VIP"})}

    assert name(shown, {"tags.vip": "VIP"}, {"tags": frozenset({"vip"})}) == (shown, {})


@pytest.mark.parametrize("alias", ["Adversary: Known", "adversary: KNOWN"])
def test_a_member_that_is_given_whole_is_known_by_its_alias(alias: str) -> None:
    aliases = {"groups": {"12": frozenset({alias, "Known"}), "13": frozenset({"Adversary: Other"})}}

    shown, handles = name({"groups": frozenset({"12", "13"})}, {}, {"groups": frozenset({KNOWN})}, aliases=aliases)

    assert shown == {"groups": frozenset({KNOWN, "13"})}
    assert handles == {"groups.Adversary: Known": "12"}


def test_a_member_that_is_declared_by_its_id_stays_so_whatever_it_is_called_else() -> None:
    aliases = {"groups": {"12": frozenset({"Adversary: Known"})}}
    ours = {"groups": frozenset({"12"})}

    assert name(ours, {}, ours, aliases=aliases) == (ours, {})
    # the words of the file come before those of the record
    assert name(ours, {}, ours, {"groups": frozenset({KNOWN})}, aliases=aliases) == (ours, {})


def test_a_system_without_names_of_its_own_is_taken_at_its_word() -> None:
    it = live("1", {"tags": frozenset({"a"}), "metadata": {"k": "hunter2"}})
    handles = {"tasks.t": "9"}

    assert named(it, SCHEMA, handles, ({"metadata": {"k": SEALED}},), LINEAGE) == Named(
        {"tags": frozenset({"a"}), "metadata": {"k": SEALED}}, handles
    )


# ------------------------------------------------------------------------------------ what is recorded, as if read


def test_what_is_recorded_is_shown_under_its_ids() -> None:
    recorded = {
        "name": "A",
        "notes": {"k": A, "l": B},
        "groups": frozenset({"vip"}),
        "old": {"of": "another schema"},
    }

    assert unnamed(recorded, RICH, {"notes.k": "17"}) == {**recorded, "notes": {"17": A, "?l": B}}


ITEMS = st.dictionaries(
    st.text(max_size=3), st.dictionaries(st.sampled_from(["text", "rank"]), st.text(max_size=2))
)


@given(ITEMS, st.frozensets(st.sampled_from(["vip", "Straße", "x"])))
def test_what_is_recorded_is_found_again_under_our_keys(items: Attributes, groups: frozenset[str]) -> None:
    handles = {f"notes.{key}": str(number) for number, key in enumerate(items, start=17)}
    recorded = {"name": "A", "notes": items, "groups": groups}

    assert name(unnamed(recorded, RICH, handles), handles, recorded) == (recorded, handles)


# ------------------------------------------------------------------------------------ items that a request made


def test_ids_are_sorted_by_age() -> None:
    assert sorted_ids({"100", "20", "3", "a"}) == ["3", "a", "20", "100"]


@pytest.mark.parametrize(
    ("items", "makes", "known", "found"),
    [
        pytest.param({}, {"k": None}, {}, {}, id="nothing there"),
        pytest.param({"17": A}, {"k": None}, {}, {"notes.k": "17"}, id="it says what is wanted"),
        pytest.param({"17": {**A, "rank": 1}}, {"k": None}, {}, {"notes.k": "17"}, id="and more"),
        pytest.param({"17": B}, {"k": None}, {}, {}, id="it says something else"),
        pytest.param({"17": A}, {"k": None}, {"notes.k": ["17"]}, {}, id="it was there before"),
        pytest.param({"17": A, "18": A}, {"k": None}, {"notes.k": ["17"]}, {"notes.k": "18"}, id="the new one"),
        pytest.param({"100": A, "20": A}, {"k": None}, {}, {"notes.k": "20"}, id="the oldest new one"),
        pytest.param({"17": A}, {"k": None, "twin": None}, {}, {"notes.k": "17"}, id="one for one"),
        pytest.param(
            {"17": A, "18": A}, {"k": None, "twin": None}, {}, {"notes.k": "17", "notes.twin": "18"}, id="twins"
        ),
        pytest.param({"17": B}, {"k": "x-1"}, {}, {"notes.k": "17"}, id="by its name, whatever it says"),
        pytest.param({"17": A}, {"k": "x-2"}, {}, {}, id="another name"),
        pytest.param({"18": A}, {"k": "x-1"}, {}, {}, id="no name"),
        pytest.param({"17": A}, {"k": "x-1"}, {"notes.k": ["17"]}, {"notes.k": "17"}, id="a name is certain"),
    ],
)
def test_items_that_a_request_made_are_found(
    items: Attributes, makes: Mapping[str, str | None], known: Mapping[str, list[str]], found: Mapping[str, str]
) -> None:
    it = Live("1", "", {"notes": items}, {"notes": {"17": frozenset({"x-1"})}})
    wanted = {"notes": {"k": A, "twin": A}}

    assert (
        found_items(it, {("notes", key): alias for key, alias in makes.items()}, wanted, known, LINEAGE) == found
    )


def test_nothing_is_found_where_nothing_is_shown() -> None:
    assert found_items(live("1", {}), {("notes", "k"): None}, {"notes": {"k": A}}, {}, LINEAGE) == {}
    assert lookalikes(live("1", {}), {("notes", "k"): None}, {"notes": {"k": A}}, LINEAGE) == {
        "notes.k": frozenset()
    }


def test_lookalikes_are_those_that_say_the_same_already() -> None:
    items = {"17": A, "18": {**A, "rank": 1}, "19": B, "20": {"text": "hunter2"}}
    wanted = {"notes": {"k": A, "s": {"text": SEALED}, "any": {}}}
    makes: dict[tuple[str, ...], str | None] = {("notes", "k"): None, ("notes", "s"): None, ("notes", "any"): "x"}

    assert lookalikes(live("1", {"notes": items}), makes, wanted, LINEAGE) == {
        "notes.k": frozenset({"17", "18"}),
        "notes.s": frozenset({"20"}),
        "notes.any": frozenset(items),
    }


# ------------------------------------------------------------------------------------ items of an adopted case

TOLD = Schema(
    {"tasks": Field.of("tasks", [Items({"name": Field.of("name", [Known()]), "status": Field("status")})])}
)
OPEN, DONE = {"name": "call", "status": "open"}, {"name": "call", "status": "done"}


@pytest.mark.parametrize(
    ("declared", "live", "found"),
    [
        ({"t": DONE}, {"7": OPEN}, {"t": "7"}),
        ({"t": DONE}, {"7": OPEN, "8": OPEN}, {}),
        ({"t": DONE}, {"7": OPEN, "8": DONE}, {"t": "8"}),
        ({"t": DONE, "u": {"name": "call"}}, {"7": OPEN, "8": DONE}, {"t": "8", "u": "7"}),
        ({"t": DONE, "u": {**DONE, "status": "new"}}, {"7": OPEN}, {}),
        ({"t": {"name": "write"}}, {"7": OPEN}, {}),
        ({"t": {"status": "done"}}, {"7": OPEN}, {}),
    ],
)
def test_an_item_is_adopted_that_is_the_only_one_of_its_name(
    declared: dict[str, Any], live: dict[str, Any], found: dict[str, str]
) -> None:
    it = named(Live("1", "", {"tasks": live}), TOLD, {}, ({"tasks": declared},), LINEAGE, adopting=True)

    assert it.handles == {f"tasks.{key}": id for key, id in found.items()}
