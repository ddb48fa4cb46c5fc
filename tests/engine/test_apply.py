from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.progress import Silent
from reconciler.engine.recover import recovered
from reconciler.engine.stop import Stop
from reconciler.model.case import Case, Lifecycle, OnRemove
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation, Repeat
from reconciler.model.plan import Plan, Summary
from reconciler.model.record import Record
from reconciler.model.result import Status
from reconciler.model.values import Marker, Ref, Secret, Template
from reconciler.planning import planner
from reconciler.planning.planner import World
from tests.engine.fakes import Run, System, Write, answering, first, lost_after, lost_before, refused, statuses
from tests.planning.worlds import LINEAGE, address, case, record, toy, world

DONE, FAILED, CONFLICT, SKIPPED = Status.DONE, Status.FAILED, Status.CONFLICT, Status.SKIPPED
SECRET = Secret("hunter2")


def split(change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
    """Name the toy's requests: a create that may be looked for, and of an update one request a field."""
    if change.action is Action.DELETE:
        yield from toy(change, marker, meanings)
    elif change.action is Action.CREATE:
        (whole,) = toy(change, marker, meanings)
        yield replace(
            whole,
            fields=tuple(field.path for field in change.fields),
            captures={"id": ("case_id",), "url": ("url",), "people": ("people", "*", "email")},
            expects=((("team", "id"), 2),),
            repeat=Repeat.LOOK,
        )
    else:
        for field in change.fields:
            body = {".".join(field.path): field.after}
            yield Operation("PUT", f"/cases/{change.id}", body, "set", fields=(field.path,))


def plan(made: World) -> Plan:
    return planner.finish(planner.draft(made), made, {"soc": split}, {}, now="2026-01-01T00:00:00Z")


def meet(
    *parts: Case | Record, lives: Mapping[str, dict[str, Any]] | None = None, **more: Any
) -> tuple[Run, Plan]:
    """Plan a world whose live cases are those of a system."""
    system = System({id: dict(live) for id, live in (lives or {}).items()}, more.pop("troubles", []))
    made = world(*parts, lives=lives)
    return Run(system, made.state, **more), plan(made)


def new(name: str, needs: str = "", **attributes: Any) -> Case:
    return case(name, {"name": name.upper(), **attributes}, depends_on=tuple(map(address, needs)))


# ------------------------------------------------------------------------------------ what is done and remembered


def test_a_case_is_created_announced_and_recorded() -> None:
    run, planned = meet(new("a", metadata={"k": "1"}))

    result = run.apply(planned)

    assert result.is_complete
    assert result.summary == Summary(create=1, requests=1)
    assert run.system.cases == {"100": {"name": "A", "metadata": {"k": "1"}, "marker": f"{LINEAGE}/soc.a/7"}}
    assert run.notes.kinds == ["intent", "done"]
    made = record("a", "100", {"name": "A", "metadata": {"k": "1"}}, updated_at="2026-01-01T00:00:00Z")
    assert run.notes.lines[-1] == ("done", "soc.a", made)
    assert run.after is not None
    assert run.after.records == {address("a"): made}
    assert run.after.serial == 8


def test_what_is_announced_can_be_adopted() -> None:
    run, planned = meet(new("a"), troubles=[lost_before] * 3)

    assert statuses(run.apply(planned)) == {"a": FAILED}
    (intent,) = run.notes.open.values()
    assert (intent.action, intent.method, intent.path) == (Action.CREATE, "POST", "/cases")
    assert intent.marker == f"{LINEAGE}/soc.a/7"
    assert intent.at == "2026-01-01T00:00:00Z"
    assert run.system.since[0] == intent.at
    assert intent.record == Record(address("a"), "toy", "", "", {"name": "A"})


def test_an_update_is_recorded_step_by_step() -> None:
    old = {"name": "A", "priority": "low", "description": "x"}
    run, planned = meet(
        case("a", {"name": "B", "priority": "high", "metadata": {"k": "1"}}),
        record("a", "1", old),
        lives={"1": old},
    )

    assert run.apply(planned).is_complete
    done = [what.recorded for kind, _, what in run.notes.lines if kind == "done"]
    assert done == [
        {**old, "metadata": {"k": "1"}},
        {**old, "metadata": {"k": "1"}, "name": "B"},
        {**old, "metadata": {"k": "1"}, "name": "B", "priority": "high"},
    ]
    assert run.recorded("a") == {"name": "B", "priority": "high", "metadata": {"k": "1"}}


@pytest.mark.parametrize(
    ("on_remove", "writes"),
    [
        (OnRemove.RELEASE, []),
        (OnRemove.CLOSE, [("PUT", "/cases/1", {"status": "closed"})]),
        (OnRemove.DELETE, [("DELETE", "/cases/1", {})]),
    ],
)
def test_a_case_that_leaves_is_forgotten(on_remove: OnRemove, writes: list[Any]) -> None:
    live = {"name": "A", "status": "open"}
    run, planned = meet(record("a", "1", live, lifecycle=Lifecycle(on_remove)), lives={"1": live})

    assert run.apply(planned).is_complete
    assert run.system.writes == writes
    assert run.recorded("a") is None


def test_an_import_records_the_case_with_or_without_a_request() -> None:
    for live in ({"name": "A"}, {"name": "Z"}):
        run, planned = meet(case("a", {"name": "A"}, adopt="1"), lives={"1": live})

        assert run.apply(planned).is_complete
        assert run.after is not None
        assert run.after.records[address("a")].id == "1"
        assert run.recorded("a") == {"name": "A"}
        assert len(run.system.writes) == (live["name"] != "A")


def test_a_case_that_was_deleted_outside_gets_a_new_id() -> None:
    run, planned = meet(new("a"), record("a", "1", {"name": "A", "metadata": {"old": "1"}}))

    assert run.apply(planned).is_complete
    assert run.after is not None
    assert run.after.records[address("a")].id == "100"
    assert run.recorded("a") == {"name": "A"}


def test_records_are_refreshed_without_a_request() -> None:
    run, planned = meet(case("a", {"name": "A"}), record("a", "1", {}), lives={"1": {"name": "A"}})

    assert run.apply(planned).outcomes == ()
    assert (run.recorded("a"), run.system.writes) == ({"name": "A"}, [])


def test_nothing_to_do_leaves_the_state_as_it_is() -> None:
    run, planned = meet(case("a", {"name": "A"}), record("a", "1", {"name": "A"}), lives={"1": {"name": "A"}})

    assert run.apply(planned).is_complete
    assert run.after is None


# ------------------------------------------------------------------------------------ references and secrets


def test_a_reference_is_filled_with_what_the_other_case_got() -> None:
    see = Template(("see ", Ref("b", "url")))
    run, planned = meet(new("a", "b", description=Ref("b", "id"), metadata={"see": see}), new("b"))

    assert run.apply(planned).is_complete
    assert [write[2]["name"] for write in run.system.writes] == ["B", "A"]
    assert run.system.cases["101"]["description"] == "100"
    assert run.system.cases["101"]["metadata"] == {"see": "see https://toy/100"}
    assert run.recorded("a") == {"name": "A", "description": "100", "metadata": {"see": "see https://toy/100"}}


def test_a_query_is_encoded_once_and_announced_as_it_is_sent() -> None:
    run, planned = meet(new("a"), troubles=[answering_there])
    (change,) = planned.changes
    (create,) = change.operations
    query = (("owner", "My Org & Co"), ("fields", "tags"), ("fields", "ü/%20"))
    asked = replace(change, operations=(replace(create, query=query),))

    assert run.apply(replace(planned, changes=(asked,))).is_complete
    path = "/cases?owner=My%20Org%20%26%20Co&fields=tags&fields=%C3%BC%2F%2520"
    assert [sent for _, sent, _ in run.system.writes] == [path]
    assert run.notes.paths == [path]


def answering_there(system: System, write: Write) -> Any:
    """The request is executed, whatever its query."""
    method, path, body = write
    return system.execute((method, path.partition("?")[0], body))


def test_a_reference_that_is_never_known_is_an_error_before_anything_is_sent() -> None:
    run, planned = meet(new("a", description=Ref("b", "id")))

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, run.system.writes) == (FAILED, [])
    assert outcome.message == "soc.a: cases.b.id is not known; apply that case first"


def test_a_secret_is_sent_and_remembered_as_its_digest() -> None:
    digest = SECRET.digest(LINEAGE)
    run, planned = meet(new("a", description=SECRET), secrets={digest.text: "hunter2"})

    assert run.apply(planned).is_complete
    assert run.system.cases["100"]["description"] == "hunter2"
    assert run.recorded("a") == {"name": "A", "description": digest}
    assert "hunter2" not in repr((run.notes, run.after))


def test_a_text_that_becomes_a_secret_is_written_and_one_that_has_moved_is_not() -> None:
    digest = SECRET.digest(LINEAGE)
    for now, status in (("open text", DONE), ("moved", CONFLICT)):
        live = {"name": "A", "description": "open text"}
        run, planned = meet(
            case("a", {"name": "A", "description": SECRET}),
            record("a", "1", live),
            lives={"1": live},
            secrets={digest.text: "hunter2"},
        )
        run.system.cases["1"]["description"] = now

        (outcome,) = run.apply(planned).outcomes

        assert outcome.status is status
        assert now not in str(outcome.message)
        assert run.system.cases["1"]["description"] == ("hunter2" if status is DONE else now)


def test_a_secret_that_is_another_now_is_not_sent() -> None:
    run, planned = meet(new("a", description=SECRET))

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, run.system.writes) == (FAILED, [])
    assert outcome.message == "soc.a: a secret is no longer what it was when the plan was made (plan again)"


UNASSIGN = Operation(
    "PUT",
    "/cases/${cases.a.id}",
    {"assignees": Ref("a", "people")},
    "unassign",
    fields=(("assignees",),),
    droppable=True,
)


def with_unassign(planned: Plan) -> Plan:
    (change,) = planned.changes
    return replace(planned, changes=(replace(change, operations=(*change.operations, UNASSIGN)),))


@pytest.mark.parametrize(
    ("people", "writes"),
    [([{"email": "key@x"}], [("PUT", "/cases/100", {"assignees": ["key@x"]})]), ([], []), (None, [])],
)
def test_a_request_that_turns_out_to_be_empty_is_dropped(people: Any, writes: list[Any]) -> None:
    answer = {"case_id": 100, "url": "https://toy/100", "team": {"id": 2}, "people": people}
    run, planned = meet(new("a", assignees=frozenset()), troubles=[answering(answer)])

    result = run.apply(with_unassign(planned))

    assert result.is_complete
    assert run.system.writes[1:] == writes
    assert run.recorded("a") == {"name": "A", "assignees": frozenset()}


# ------------------------------------------------------------------------------------ what goes wrong


def test_a_create_whose_answer_was_lost_is_not_made_twice() -> None:
    run, planned = meet(new("a"), troubles=[lost_after])

    assert run.apply(planned).is_complete
    assert list(run.system.cases) == ["100"]
    assert run.after is not None
    assert run.after.records[address("a")].id == "100"


def test_a_refused_create_leaves_no_trace() -> None:
    run, planned = meet(new("a"), troubles=[refused(422)])

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.requests, outcome.message) == (FAILED, 0, "the system says no")
    assert (run.after, run.notes.kinds, run.notes.open) == (None, ["intent", "failed"], {})


def test_a_lost_write_stays_open_in_the_journal() -> None:
    live = {"name": "A"}
    run, planned = meet(
        case("a", {"name": "B"}), record("a", "1", live), lives={"1": live}, troubles=[lost_before]
    )

    assert statuses(run.apply(planned)) == {"a": FAILED}
    assert (run.after, run.notes.kinds, len(run.notes.open)) == (None, ["intent"], 1)


def test_a_write_that_is_refused_in_the_middle_leaves_the_record_true() -> None:
    old = {"name": "A", "description": "x", "priority": "low"}
    run, planned = meet(
        case("a", {"name": "B", "description": "y", "priority": "high"}),
        record("a", "1", old),
        lives={"1": old},
        troubles=[None, refused(422)],
    )

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 1)
    assert run.system.cases["1"] == {**old, "description": "y"} == run.recorded("a")
    assert run.notes.kinds == ["intent", "done", "intent", "failed"]


def test_a_case_that_was_made_otherwise_than_asked_is_remembered_all_the_same() -> None:
    answer = {"case_id": 100, "url": "https://toy/100", "team": {"id": 3}}
    run, planned = meet(new("a"), troubles=[answering(answer)])

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 1)
    assert outcome.message == (
        "/cases: it was done, but not as asked: team.id is 3 and not 2 (look at the case, then plan again)"
    )
    assert run.after is not None
    assert run.after.records[address("a")].id == "100"
    assert run.notes.kinds == ["intent", "done"]


def test_a_case_that_has_moved_is_skipped_and_the_others_go_on() -> None:
    old = {"name": "A"}
    run, planned = meet(
        case("a", {"name": "B"}),
        case("b", {"name": "B"}),
        record("a", "1", old),
        record("b", "2", old),
        lives={"1": old, "2": old},
    )
    run.system.cases["1"]["name"] = "moved"

    result = run.apply(planned)

    assert statuses(result) == {"a": CONFLICT, "b": DONE}
    assert run.system.writes == [("PUT", "/cases/2", {"name": "B"})]
    assert str(result.not_done[0].message).startswith("soc.a: name is 'moved' now")
    assert (run.recorded("a"), run.recorded("b")) == (old, {"name": "B"})


@pytest.mark.parametrize("parts", [[record("a", "1", {"name": "A"})], []], ids=["update", "import"])
def test_a_case_that_was_deleted_meanwhile_is_a_conflict(parts: list[Record]) -> None:
    run, planned = meet(case("a", {"name": "B"}, adopt="1"), *parts, lives={"1": {"name": "A"}})
    run.system.cases.clear()

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, run.system.writes, run.after) == (CONFLICT, [], None)
    assert outcome.message == "soc.a: the case was deleted after the plan was made"


def test_a_case_that_was_to_be_closed_and_was_deleted_meanwhile_is_a_conflict() -> None:
    live = {"name": "A", "status": "open"}
    run, planned = meet(record("a", "1", live, lifecycle=Lifecycle(OnRemove.CLOSE)), lives={"1": live})
    run.system.cases.clear()

    assert statuses(run.apply(planned)) == {"a": CONFLICT}
    assert (run.system.writes, run.recorded("a")) == ([], live)


def test_a_case_that_was_to_be_deleted_and_is_gone_takes_nothing() -> None:
    live = {"name": "A"}
    run, planned = meet(record("a", "1", live, lifecycle=Lifecycle(OnRemove.DELETE)), lives={"1": live})
    run.system.cases.clear()

    assert run.apply(planned).is_complete
    assert (run.system.writes, run.recorded("a")) == ([], None)


def test_a_failure_stops_what_depends_on_it_and_nothing_else() -> None:
    run, planned = meet(new("a", "b"), new("b", "c"), new("c"), new("d"), troubles=[refused(422)])

    result = run.apply(planned)

    assert statuses(result) == {"a": SKIPPED, "b": SKIPPED, "c": FAILED, "d": DONE}
    messages = {outcome.address.name: outcome.message for outcome in result.not_done}
    assert messages["a"] == "not tried: soc.b did not end well"
    assert messages["b"] == "not tried: soc.c did not end well"
    assert [write[2]["name"] for write in run.system.writes] == ["C", "D"]


def test_deletes_go_from_the_leaves_to_the_root() -> None:
    gone = Lifecycle(OnRemove.DELETE)
    run, planned = meet(
        record("a", "1", {}, lifecycle=gone, depends_on=(address("b"),)),
        record("b", "2", {}, lifecycle=gone),
        lives={"1": {}, "2": {}},
    )

    assert run.apply(planned).is_complete
    assert [path for _, path, _ in run.system.writes] == ["/cases/1", "/cases/2"]
    assert run.after is not None
    assert run.after.records == {}


def test_independent_cases_are_applied_side_by_side() -> None:
    together = threading.Barrier(4, timeout=20)
    run, planned = meet(*map(new, "abcd"), parallelism=4)
    run.system.troubles = [first(together.wait) for _ in range(4)]

    assert run.apply(planned).is_complete
    assert len(run.system.cases) == 4


def test_a_wish_to_stop_lets_what_is_in_flight_end_and_be_recorded() -> None:
    run, planned = meet(new("a"), new("b"), new("c", "a"))
    run.system.troubles = [first(run.stop.request)]

    result = run.apply(planned)

    assert result.interrupted
    assert not result.is_complete
    assert statuses(result) == {"a": DONE, "b": SKIPPED, "c": SKIPPED}
    assert list(run.system.cases) == ["100"]
    assert run.recorded("a") == {"name": "A"}
    assert [outcome.message for outcome in result.not_done] == ["not tried: interrupted"] * 2


def test_a_case_that_is_interrupted_between_two_requests_keeps_the_first() -> None:
    old = {"name": "A", "description": "x"}
    run, planned = meet(case("a", {"name": "B", "description": "y"}), record("a", "1", old), lives={"1": old})
    run.system.troubles = [first(run.stop.request)]

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.message) == (SKIPPED, "not finished: interrupted")
    assert run.recorded("a") == {"name": "A", "description": "y"}


def test_a_create_that_is_interrupted_while_it_is_looked_for_is_not_called_untried() -> None:
    run, planned = meet(new("a"))
    run.system.troubles = [first(run.stop.request, lost_after)]

    (outcome,) = run.apply(planned).outcomes

    assert (outcome.status, outcome.message) == (SKIPPED, "not finished: interrupted")
    assert len(run.notes.open) == 1


# ------------------------------------------------------------------------------------ the next run


@pytest.mark.parametrize("blind", [0, 1])
def test_a_create_that_nobody_noted_is_adopted_by_the_next_run(blind: int) -> None:
    run, planned = meet(new("a", metadata={"k": "1"}))
    run.system.troubles = [first(run.stop.request, lost_after)]
    run.apply(planned)
    run.system.blind = blind

    tenants = {"soc": run.system.tenant}
    found = list(recovered(run.notes.open.values(), run.state, tenants, Silent(), Stop(), (0.0, 0.0)))

    assert found == [record("a", "100", {"name": "A", "metadata": {"k": "1"}})]
    assert run.system.since == ["2026-01-01T00:00:00Z"] * (1 + blind)
    known = run.state.with_records(found)
    assert list(recovered(run.notes.open.values(), known, tenants, Silent(), Stop(), (0.0,))) == []


def test_a_create_that_never_happened_is_not_adopted() -> None:
    run, planned = meet(new("a"))
    run.system.troubles = [first(run.stop.request, lost_before)]
    run.apply(planned)

    open_intents = run.notes.open.values()
    assert len(open_intents) == 1
    assert list(recovered(open_intents, run.state, {"soc": run.system.tenant}, Silent(), Stop(), (0.0,))) == []
    assert list(recovered(open_intents, run.state, {}, Silent(), Stop(), (0.0,))) == []
