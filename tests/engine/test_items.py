"""Notes in a case, under the user's keys: how their ids are learned, and that none is made twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Cause, FieldChange
from reconciler.model.result import Status
from reconciler.model.values import ABSENT, Ref, Secret
from tests.engine.fakes import Run, Trouble, Write, answering, lost_after, lost_before, refused, statuses
from tests.engine.shop import Shop, again, handles, is_settled, meet, recover
from tests.planning.worlds import LINEAGE, case, ignoring, record

FAILED, CONFLICT = Status.FAILED, Status.CONFLICT
A, B = {"text": "a"}, {"text": "b"}
NEW = case("a", {"name": "A", "notes": {"k": A, "l": B}})
OLD = record("a", "1", {"name": "A", "notes": {}})
SECRET = Secret("hunter2")


def shop(*notes: dict[str, Any], **more: Any) -> Shop:
    """Make a shop whose case 1 has such notes, numbered from 17."""
    return Shop({"1": {"name": "A", "notes": {str(17 + n): dict(note) for n, note in enumerate(notes)}}}, **more)


def noted(*notes: Any, **keyed: Any) -> dict[str, Any]:
    return {"name": "A", "notes": keyed}


def only_notes(it: Shop, id: str = "1") -> list[str]:
    """Return the texts of all notes of a case, by age."""
    return [note["text"] for note in it.cases[id]["notes"].values()]


WAYS = [
    pytest.param({}, id="the answer tells the ids"),
    pytest.param({"tells": False, "shows": True}, id="the answer shows the case"),
    pytest.param({"tells": False}, id="the answer is silent"),
    pytest.param({"tells": False, "shows": True, "named": True}, id="the case shows their names"),
    pytest.param({"tells": False, "named": True}, id="the answer is silent, and they have names"),
]


# ------------------------------------------------------------------------------------ how ids are learned


@pytest.mark.parametrize("ways", WAYS)
def test_a_new_case_remembers_its_notes(ways: dict[str, Any]) -> None:
    run, it, plan = meet(NEW, shop=Shop(**ways))

    assert run.apply(plan).is_complete
    assert only_notes(it, "100") == ["a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}
    assert run.notes.kinds == ["intent", "done"]
    assert len(it.writes) == 1
    assert is_settled(run, it, NEW)


@pytest.mark.parametrize("ways", WAYS)
def test_notes_that_are_added_are_remembered_one_by_one(ways: dict[str, Any]) -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(**ways))

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}
    assert [what.handles for kind, _, what in run.notes.lines if kind == "done"] == [
        {"notes.k": "501"},
        {"notes.k": "501", "notes.l": "502"},
    ]
    assert len(it.writes) == 2
    assert is_settled(run, it, NEW)


def test_a_note_is_edited_and_removed_by_its_id() -> None:
    before = record("a", "1", noted(k=A, l=B), handles={"notes.k": "17", "notes.l": "18"})
    after = case("a", noted(k={"text": "new", "rank": 1}))
    run, it, plan = meet(after, before, shop=shop(A, B, {"text": "of others"}))

    assert run.apply(plan).is_complete
    assert it.writes == [
        ("PUT", "/cases/1/notes/17", {"rank": 1}),
        ("PUT", "/cases/1/notes/17", {"text": "new"}),
        ("DELETE", "/cases/1/notes/18", None),
    ]
    assert [what.recorded["notes"] for kind, _, what in run.notes.lines if kind == "done"] == [
        {"k": {"text": "a", "rank": 1}, "l": B},
        {"k": {"text": "new", "rank": 1}, "l": B},
        {"k": {"text": "new", "rank": 1}},
    ]
    assert handles(run) == {"notes.k": "17"}
    assert only_notes(it) == ["new", "of others"]
    assert is_settled(run, it, after)


def test_a_note_that_was_deleted_outside_is_made_again_under_another_id() -> None:
    before = record("a", "1", noted(k=A, l=B), handles={"notes.k": "17", "notes.l": "99"})
    run, it, plan = meet(NEW, before, shop=shop(A))
    (change,) = plan.changes

    assert change.fields == (FieldChange(("notes", "l"), ABSENT, B, Cause.DRIFT),)
    assert run.apply(plan).is_complete
    assert handles(run) == {"notes.k": "17", "notes.l": "501"}
    assert is_settled(run, it, NEW)


def test_a_note_that_is_removed_and_gone_already_takes_nothing() -> None:
    before = record("a", "1", noted(k=A), handles={"notes.k": "17"})
    run, it, plan = meet(case("a", noted()), before, shop=shop(A))
    del it.cases["1"]["notes"]["17"]

    assert run.apply(plan).is_complete
    assert (it.writes, handles(run)) == ([], {})


def test_a_case_that_was_deleted_outside_gets_its_notes_anew() -> None:
    before = record("a", "1", noted(k=A, l=B), handles={"notes.k": "17", "notes.l": "18"})
    run, it, plan = meet(NEW, before)

    assert run.apply(plan).is_complete
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}
    assert is_settled(run, it, NEW)


def test_an_import_takes_over_the_notes_that_say_what_is_declared() -> None:
    declared = replace(NEW, adopt="1")
    run, it, plan = meet(declared, shop=shop(B, {"text": "of others"}))

    assert run.apply(plan).is_complete
    assert it.writes == [("POST", "/cases/1/notes", {"key": "k", **A})]
    assert handles(run) == {"notes.k": "501", "notes.l": "17"}
    assert is_settled(run, it, declared)


def test_an_import_with_nothing_to_write_remembers_the_notes() -> None:
    declared = replace(NEW, adopt="1")
    run, it, plan = meet(declared, shop=shop(B, A, A))

    assert run.apply(plan).is_complete
    assert it.writes == []
    assert handles(run) == {"notes.k": "18", "notes.l": "17"}
    assert is_settled(run, it, declared)


@pytest.mark.parametrize("ways", WAYS)
def test_notes_that_are_ignored_later_are_made_once(ways: dict[str, Any]) -> None:
    declared = case("a", noted(k=A), lifecycle=ignoring("notes"))
    run, it, plan = meet(declared, shop=Shop(**ways))

    assert run.apply(plan).is_complete
    assert only_notes(it, "100") == ["a"]
    assert again(run, it, declared).is_empty


@pytest.mark.parametrize("ways", WAYS)
def test_a_secret_in_a_note_is_sent_and_recognised_by_its_digest(ways: dict[str, Any]) -> None:
    digest = SECRET.digest(LINEAGE)
    declared = case("a", noted(k={"text": SECRET}))
    run, it, plan = meet(declared, OLD, shop=shop(**ways), secrets={digest.text: "hunter2"})

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["hunter2"]
    assert run.recorded("a") == noted(k={"text": digest})
    assert "hunter2" not in repr((run.notes, run.after))
    assert is_settled(run, it, declared)


@pytest.mark.parametrize("ways", WAYS)
def test_a_reference_in_a_note_is_filled_before_it_is_looked_for(ways: dict[str, Any]) -> None:
    other = case("b", {"name": "B"})
    declared = case("a", noted(k={"text": Ref("b", "id")}), depends_on=(other.address,))
    run, it, plan = meet(declared, other, OLD, shop=shop(**ways))

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["101"]
    assert run.recorded("a") == noted(k={"text": "101"})
    assert is_settled(run, it, declared, other)


# ------------------------------------------------------------------------------------ none is made twice


LOST = [
    pytest.param(lost_after, id="lost"),
    pytest.param(refused(500, after=True), id="500"),
    pytest.param(refused(409, after=True), id="409"),
    pytest.param(refused(429, after=True), id="429"),
    pytest.param(answering({}), id="no id"),
    pytest.param(answering({"made": {"k": None}}), id="null for an id"),
    pytest.param(answering({"made": []}), id="another shape"),
    pytest.param(answering(None), id="empty"),
]


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("trouble", LOST)
def test_a_note_whose_answer_was_lost_is_found_and_not_made_twice(trouble: Trouble, *, named: bool) -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(troubles=[trouble], named=named))

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}
    assert is_settled(run, it, NEW)


@pytest.mark.parametrize("trouble", LOST)
def test_a_new_case_whose_answer_was_lost_is_found_with_its_notes(trouble: Trouble) -> None:
    run, it, plan = meet(NEW, shop=Shop(troubles=[trouble]))

    assert run.apply(plan).is_complete
    assert list(it.cases) == ["100"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}
    assert is_settled(run, it, NEW)


@pytest.mark.parametrize("trouble", [lost_before, refused(500), refused(429)])
def test_a_note_that_never_arrived_is_sent_again(trouble: Trouble) -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(troubles=[trouble, trouble]))

    assert run.apply(plan).is_complete
    assert (only_notes(it), len(it.writes)) == (["a", "b"], 4)
    assert is_settled(run, it, NEW)


@pytest.mark.parametrize("first_fate", [lost_after, lost_before])
def test_a_409_on_a_retry_means_that_the_note_is_there(first_fate: Trouble) -> None:
    def there_by_now(it: Shop, write: Write) -> Any:
        it.execute(write)
        return refused(409)(it, write)

    second = None if first_fate is lost_after else there_by_now
    run, it, plan = meet(NEW, OLD, shop=shop(troubles=[first_fate, second], named=True))

    assert run.apply(plan).is_complete
    assert (only_notes(it), handles(run)) == (["a", "b"], {"notes.k": "501", "notes.l": "502"})


def test_a_409_without_the_note_is_a_refusal() -> None:
    run, _, plan = meet(NEW, OLD, shop=shop(A, troubles=[refused(409)]))

    assert statuses(run.apply(plan)) == {"a": FAILED}
    assert (run.notes.kinds, run.notes.open, handles(run)) == (["intent", "failed"], {}, {})


@pytest.mark.parametrize("ways", WAYS)
def test_a_note_of_others_that_says_the_same_is_not_taken(ways: dict[str, Any]) -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(A, A, **ways))

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["a", "a", "a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}


@pytest.mark.parametrize("trouble", [lost_before, lost_after, refused(500), refused(500, after=True)])
def test_a_note_of_others_that_says_the_same_is_not_taken_for_a_lost_one(trouble: Trouble) -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(A, troubles=[trouble]))

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["a", "a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}


def test_a_note_of_others_that_came_after_the_plan_is_not_taken_either() -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(troubles=[lost_before]))
    it.cases["1"]["notes"]["18"] = dict(A)

    assert run.apply(plan).is_complete
    assert only_notes(it) == ["a", "a", "b"]
    assert handles(run) == {"notes.k": "501", "notes.l": "502"}


@pytest.mark.parametrize("ways", WAYS)
def test_two_notes_of_a_new_case_that_say_the_same_are_two(ways: dict[str, Any]) -> None:
    twins = case("a", noted(j=A, k=A))
    run, it, plan = meet(twins, shop=Shop(**ways))

    assert run.apply(plan).is_complete
    assert handles(run) == {"notes.j": "501", "notes.k": "502"}
    assert is_settled(run, it, twins)


@pytest.mark.parametrize("ways", [{}, {"tells": False, "named": True}])
def test_two_notes_that_are_added_and_say_the_same_are_two(ways: dict[str, Any]) -> None:
    twins = case("a", noted(j=A, k=A))
    run, it, plan = meet(twins, OLD, shop=shop(**ways))

    assert run.apply(plan).is_complete
    assert handles(run) == {"notes.j": "501", "notes.k": "502"}
    assert is_settled(run, it, twins)


# ------------------------------------------------------------------------------------ what moved meanwhile


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ({"17": {"text": "moved"}}, "notes.k.text is 'moved' now"),
        ({}, "notes.k.text is gone now"),
    ],
)
def test_a_note_that_has_moved_is_a_conflict(now: dict[str, Any], seen: str) -> None:
    before = record("a", "1", noted(k=A), handles={"notes.k": "17"})
    run, it, plan = meet(case("a", noted(k=B)), before, shop=shop(A))
    it.cases["1"]["notes"] = now

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, it.writes) == (CONFLICT, [])
    assert str(outcome.message).startswith(f"soc.a: {seen}")


def test_a_note_that_is_to_be_removed_and_has_moved_is_a_conflict() -> None:
    before = record("a", "1", noted(k=A), handles={"notes.k": "17"})
    run, it, plan = meet(case("a", noted()), before, shop=shop(A))
    it.cases["1"]["notes"]["17"]["text"] = "moved"

    assert statuses(run.apply(plan)) == {"a": CONFLICT}
    assert it.writes == []


def test_what_others_do_to_their_notes_and_to_fields_that_are_not_declared_is_no_conflict() -> None:
    before = record("a", "1", noted(k=A, l=B), handles={"notes.k": "17", "notes.l": "18"})
    after = case("a", noted(k={"text": "new"}))
    run, it, plan = meet(after, before, shop=shop({**A, "rank": 1}, {**B, "rank": 1}))
    it.cases["1"]["notes"]["17"]["rank"] = 2
    it.cases["1"]["notes"]["18"]["rank"] = 2
    it.cases["1"]["notes"]["99"] = {"text": "of others"}

    assert run.apply(plan).is_complete
    assert it.cases["1"]["notes"] == {"17": {"text": "new", "rank": 2}, "99": {"text": "of others"}}


def test_a_note_that_is_refused_leaves_the_record_true() -> None:
    before = record("a", "1", noted(k=A), handles={"notes.k": "17"})
    after = case("a", noted(k=B, l={"text": "l"}, m={"text": "m"}))
    run, it, plan = meet(after, before, shop=shop(A, troubles=[None, None, refused(422)]))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 2)
    assert run.recorded("a") == noted(k=B, l={"text": "l"})
    assert handles(run) == {"notes.k": "17", "notes.l": "501"}
    assert [change.fields for change in again(run, it, after).changes] == [
        (FieldChange(("notes", "m"), ABSENT, {"text": "m"}),)
    ]


def test_of_two_notes_of_one_request_that_only_one_was_made_is_a_conflict() -> None:
    run, it, plan = meet(NEW, OLD, shop=shop(tells=False))
    (change,) = plan.changes
    one, other = change.operations
    both = replace(one, fields=(*one.fields, *other.fields), makes={**one.makes, **other.makes})

    (outcome,) = run.apply(replace(plan, changes=(replace(change, operations=(both,)),))).outcomes

    assert (outcome.status, len(it.writes)) == (CONFLICT, 1)
    assert str(outcome.message).startswith("a part of it was made and a part was not: add k")


# ------------------------------------------------------------------------------------ the next run


def lost_sight(
    *parts: Any, it: Shop, happening: Trouble = lost_after, after: int = 0, **more: Any
) -> tuple[Run, Shop]:
    """Apply until a request whose answer is lost and which no look finds; then show the cases again."""

    def end(_it: Any, write: Write) -> Any:
        try:
            happening(it, write)
        finally:
            hidden.update(it.cases)
            it.cases = {}

    hidden: dict[str, Any] = {}
    run, it, plan = meet(*parts, shop=it, **more)
    it.troubles = [*[None] * after, end, lost_before, lost_before]
    assert statuses(run.apply(plan)) == {"a": FAILED}
    it.cases = hidden
    assert len(run.notes.open) == 1
    return run, it


@pytest.mark.parametrize("named", [False, True])
def test_a_note_that_nobody_noted_is_remembered_by_the_next_run(*, named: bool) -> None:
    run, it = lost_sight(NEW, OLD, it=shop(A, named=named), after=1)

    (intent,) = run.notes.open.values()
    assert intent.marker is None
    assert intent.seeks == {"notes.l": ("501",)}
    assert intent.names == ({"notes.l": "name of l"} if named else {})
    (found,) = recover(run, it)
    assert found.handles == {"notes.k": "501", "notes.l": "502"}
    assert found.recorded == noted(k=A, l=B)
    run.after = run.state.with_records([found])
    assert recover(run, it) == []
    assert is_settled(run, it, NEW)


def test_a_note_that_was_there_before_is_not_taken_by_the_next_run() -> None:
    run, it = lost_sight(NEW, OLD, it=shop(A), happening=lost_before)

    assert [intent.seeks for intent in run.notes.open.values()] == [{"notes.k": ("17",)}]
    assert recover(run, it) == []
    assert handles(run) == {}


def test_the_next_run_takes_the_note_that_was_made_and_not_the_one_before() -> None:
    run, it = lost_sight(NEW, OLD, it=shop(A))

    (found,) = recover(run, it)
    assert found.handles == {"notes.k": "501"}
    assert found.recorded == noted(k=A)
    run.after = run.state.with_records([found])
    assert [change.fields for change in again(run, it, NEW).changes] == [(FieldChange(("notes", "l"), ABSENT, B),)]


def test_a_new_case_that_nobody_noted_is_adopted_with_its_notes() -> None:
    run, it = lost_sight(NEW, it=Shop())

    (intent,) = run.notes.open.values()
    assert intent.seeks == {"notes.k": (), "notes.l": ()}
    (found,) = recover(run, it)
    assert (found.id, found.handles) == ("100", {"notes.k": "501", "notes.l": "502"})
    assert it.asked[-1] == {"name": "A", "notes": {"k": A, "l": B}}
    run.after = run.state.with_records([found])
    assert is_settled(run, it, NEW)


def test_a_note_of_an_adopted_case_that_is_gone_by_now_is_made_again() -> None:
    run, it = lost_sight(NEW, it=Shop())
    del it.cases["100"]["notes"]["501"]

    (found,) = recover(run, it)
    assert found.handles == {"notes.l": "502"}
    run.after = run.state.with_records([found])
    assert [change.fields for change in again(run, it, NEW).changes] == [
        (FieldChange(("notes", "k"), ABSENT, A, Cause.DRIFT),)
    ]


def test_a_case_that_is_gone_by_now_has_no_notes_to_recover() -> None:
    run, it = lost_sight(NEW, OLD, it=shop())
    it.cases.clear()

    assert recover(run, it) == []


def test_a_secret_note_that_nobody_noted_is_known_by_its_digest() -> None:
    digest = SECRET.digest(LINEAGE)
    declared = case("a", noted(k={"text": SECRET}))
    others = shop({"text": "hunter3"})
    run, it = lost_sight(declared, OLD, it=others, secrets={digest.text: "hunter2"})

    (found,) = recover(run, it)
    assert found.handles == {"notes.k": "501"}
    assert "hunter2" not in repr(run.notes)


# ------------------------------------------------------------------------------------ whatever goes wrong

FATES = st.sampled_from(
    [
        None,
        None,
        lost_before,
        lost_after,
        *(refused(status) for status in (409, 422, 429, 500)),
        *(refused(status, after=True) for status in (409, 429, 500)),
    ]
)
KEYED = st.dictionaries(st.sampled_from("jklm"), st.sampled_from(["1", "2"]))


@given(
    KEYED,
    KEYED,
    st.sets(st.sampled_from("jklm")),
    st.lists(FATES, max_size=12),
    st.sampled_from([ways.values[0] for ways in WAYS]),
)
def test_in_the_end_each_note_is_there_once_and_those_of_others_are_as_they_were(
    old: dict[str, str], new: dict[str, str], others: set[str], fates: list[Trouble | None], ways: dict[str, Any]
) -> None:
    it = Shop(**ways)
    before = [{"text": f"{key}{text}"} for key, text in old.items()]
    foreign = [{"text": f"{key}1"} for key in others]
    it.cases["1"] = {"name": "A", "notes": {str(17 + n): note for n, note in enumerate([*before, *foreign])}}
    state = record(
        "a",
        "1",
        noted(**{key: {"text": f"{key}{text}"} for key, text in old.items()}),
        handles={f"notes.{key}": str(17 + n) for n, key in enumerate(old)},
    )
    declared = case("a", noted(**{key: {"text": f"{key}{text}"} for key, text in new.items()}))
    it.troubles = list(fates)

    for _ in range(len(fates) + 1):
        run, it, plan = meet(declared, state, shop=it)
        run.apply(plan)
        if run.after is not None:
            state = run.after.records[state.address]
            run.state = run.after
        for found in recover(run, it):
            state = found

    run, it, plan = meet(declared, state, shop=it)
    assert plan.is_empty
    assert sorted(only_notes(it)) == sorted(
        [f"{key}{text}" for key, text in new.items()] + [f"{key}1" for key in others]
    )
    assert all(it.cases["1"]["notes"][str(17 + len(old) + n)] == note for n, note in enumerate(foreign))
