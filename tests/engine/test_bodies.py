"""Sets that are sent whole take in what others did meanwhile; a body may be a text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.bodies import as_text, merged
from reconciler.model.operation import Merge


def joined(planned: str, before: str, now: str | None) -> str:
    """Return what is sent of a set, given what was planned, what was there then, and what is there now."""
    there = {} if now is None else {"tags": _split(now)}
    body = merged({"Tags": planned, "Title": "t"}, {"Tags": Merge("tags", _split(before))}, there)
    assert body.keys() == {"Tags", "Title"}
    assert body["Title"] == "t"
    return str(body["Tags"])


def _split(csv: str) -> tuple[str, ...]:
    return tuple(csv.split(",")) if csv else ()


@pytest.mark.parametrize(
    ("planned", "before", "now", "sent"),
    [
        pytest.param("a,new", "a,old", "a,old", "a,new", id="nothing happened"),
        pytest.param("a,new", "a,old", None, "a,new", id="nobody looked"),
        pytest.param("a,new", "a,old", "a,old,theirs", "a,new,theirs", id="they add"),
        pytest.param("a,new", "a,old", "old", "new", id="they take away"),
        pytest.param("a,new", "a,old", "old,theirs", "new,theirs", id="both"),
        pytest.param("a,new", "a,old", "a", "a,new", id="they take away what we do"),
        pytest.param("a,new", "a", "a,new", "a,new", id="they add what we do"),
        pytest.param("a,new", "a", "a,NEW", "a,new", id="in other letters"),
        pytest.param("a,b", "a,b", "A,B,c", "a,b,c", id="they respell"),
        pytest.param("b", "a,b", "A,b,c", "b,c", id="what we take away they respell"),
        pytest.param("STRASSE", "", "straße,x", "STRASSE,x", id="as Unicode folds"),
        pytest.param("", "a", "a,b", "b", id="we empty it"),
        pytest.param("", "a", "a", "", id="and nobody minds"),
        pytest.param("a", "a", "", "", id="they empty it"),
        pytest.param("a,new", "a", "", "new", id="they empty it, and we add"),
        pytest.param("a", "", "b,c", "a,b,c", id="it was empty"),
        pytest.param("c,a,b", "c,b", "b,c,z", "c,a,b,z", id="our order, then theirs"),
        pytest.param("17,21", "17,20", "20,17,3", "17,21,3", id="ids"),
    ],
)
def test_a_whole_set_takes_in_what_others_did_meanwhile(
    planned: str, before: str, now: str | None, sent: str
) -> None:
    assert joined(planned, before, now) == sent


def test_what_is_not_a_set_is_left_alone() -> None:
    body = {"Title": "a,b"}

    assert merged(body, {}, {"tags": ("x",)}) is body
    assert merged(None, {}, {}) is None


def test_each_set_is_merged_with_its_own() -> None:
    merges = {"Tags": Merge("tags", ("a",)), "People": Merge("watchers", ("1",))}

    body = merged({"Tags": "a,b", "People": "1,2"}, merges, {"tags": ("a", "z"), "watchers": ("1",)})

    assert body == {"Tags": "a,b,z", "People": "1,2"}


MEMBERS = st.lists(st.sampled_from(["a", "A", "b", "B", "c", "d", "ß", "SS"]), unique_by=str.casefold, max_size=5)


def fold(members: list[str]) -> set[str]:
    return set(map(str.casefold, members))


@given(MEMBERS, MEMBERS, MEMBERS)
def test_nobodys_doing_is_undone(before: list[str], planned: list[str], now: list[str]) -> None:
    text = joined(",".join(planned), ",".join(before), ",".join(now))
    sent = list(_split(text))
    was, wanted, there = fold(before), fold(planned), fold(now)

    assert len(fold(sent)) == len(sent)
    assert fold(sent) >= wanted - was, "what we add is there"
    assert fold(sent).isdisjoint(was - wanted), "what we take away is gone"
    assert fold(sent) >= there - was, "what others add stays"
    assert fold(sent) & was <= there, "what others take away stays away"
    assert fold(sent) <= wanted | there
    ours = [member for member in planned if member in sent]
    theirs = [member for member in now if member in sent and member.casefold() not in wanted]
    assert sent == ours + theirs


@given(MEMBERS, MEMBERS)
def test_who_is_alone_gets_what_was_planned(before: list[str], planned: list[str]) -> None:
    assert joined(",".join(planned), ",".join(before), ",".join(before)) == ",".join(planned)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "{}"),
        ({"IssueStatusID": 2}, '{"IssueStatusID":2}'),
        ({"T": "Ä „x“ 🎣", "N": None}, '{"T":"Ä „x“ 🎣","N":null}'),
        ({"T": 'a "b"\n\\'}, '{"T":"a \\"b\\"\\n\\\\"}'),
    ],
)
def test_a_body_may_be_a_text(body: object, text: str) -> None:
    assert as_text(body) == text
    assert json.loads(as_text(body)) == body


def test_what_is_no_json_is_no_text() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_text({"x": float("nan")})
