"""Requests that are about several cases: sent once, noted for each, and lost for none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.errors import StateError
from reconciler.model.case import Case, Live
from reconciler.model.change import Change
from reconciler.model.operation import Each, Operation
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.result import Status
from reconciler.model.values import Marker
from reconciler.planning import planner
from reconciler.providers.base import Api, Wanted
from tests.engine.fakes import Notes, Run, System, Write, first, lost_after, lost_before, refused, statuses
from tests.planning.worlds import address, case, record, world

DONE, FAILED, SKIPPED, CONFLICT = Status.DONE, Status.FAILED, Status.SKIPPED, Status.CONFLICT
EACH = Each("ids", 4, ("done", "*"))


@dataclass
class Bulk(System):
    """A system that takes metadata of several cases at once."""

    silent: frozenset[str] = frozenset()
    """Cases that its answers do not name."""
    passed_over: frozenset[str] = frozenset()
    """Cases for which it does nothing, and does not say so."""

    read_ids: list[str] = field(default_factory=list)

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        self.read_ids += wanted.attributes
        return super().read(api, wanted)

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        given = {f.path[1]: f.after for f in change.fields if f.path[0] == "metadata"}
        rest = [f for f in change.fields if f.path[0] != "metadata"]
        paths = tuple(f.path for f in change.fields if f.path[0] == "metadata")
        if given:
            body = {"ids": [change.id], "set": given}
            yield Operation("POST", "/bulk", body, "set metadata", fields=paths, each=EACH)
        for f in rest:
            yield Operation("PUT", f"/cases/{change.id}", {f.path[0]: f.after}, "set", fields=(f.path,))

    def execute(self, write: Write) -> Any:
        _, path, body = write
        if path != "/bulk":
            return super().execute(write)
        with self.lock:
            for id in body["ids"]:
                if id not in self.passed_over:
                    self.cases[id].setdefault("metadata", {}).update(body["set"])
        return {"done": [id for id in body["ids"] if id not in self.silent | self.passed_over]}


IDS = {"a": "1", "b": "2", "c": "3"}


def declared(**more: Any) -> list[Case]:
    """Three cases that shall have the same; `more` is declared of one of them beside."""
    return [case(name, {"metadata": {"k": "v"}, **more.get(name, {})}) for name in IDS]


def met(cases: list[Case], it: Bulk, **more: Any) -> tuple[Run, Plan]:
    known = [record(name, id, {"metadata": {}}) for name, id in IDS.items()]
    made = world(*cases, *known, lives=it.cases)
    operations = {"soc": it.operations}
    return Run(it, made.state, **more), planner.finish(planner.draft(made), made, operations, {}, now="")


def three(**more: Any) -> Bulk:
    return Bulk({id: {"metadata": {}, "name": "N"} for id in IDS.values()}, **more)


def again(run: Run, it: Bulk, cases: list[Case]) -> Plan:
    made = world(*cases, *(run.after or run.state).records.values(), lives=it.cases)
    return planner.finish(planner.draft(made), made, {"soc": it.operations}, {}, now="")


def settled(run: Run, it: Bulk, cases: list[Case]) -> bool:
    plan = again(run, it, cases)
    return plan.is_empty and not plan.refresh and not plan.drift


def bulk(*ids: str) -> Write:
    return ("POST", "/bulk", {"ids": list(ids), "set": {"k": "v"}})


@pytest.mark.parametrize("parallelism", [1, 4])
def test_one_request_is_sent_and_noted_for_each_case(parallelism: int) -> None:
    it, cases = three(), declared()
    run, plan = met(cases, it, parallelism=parallelism)

    result = run.apply(plan)

    assert it.writes == [bulk("1", "2", "3")]
    assert statuses(result) == dict.fromkeys(IDS, DONE)
    assert [outcome.requests for outcome in result.outcomes] == [1, 0, 0]
    assert plan.summary.requests == result.summary.requests == 1
    assert run.notes.kinds == ["intent"] * 3 + ["done"] * 3
    assert [run.recorded(name) for name in IDS] == [{"metadata": {"k": "v"}}] * 3
    assert settled(run, it, cases)


def test_every_case_is_announced_before_anything_is_sent() -> None:
    it = three()
    run, plan = met(declared(), it)
    kinds: list[str] = []
    it.troubles = [first(lambda: kinds.extend(run.notes.kinds))]

    run.apply(plan)

    assert kinds == ["intent"] * 3


def test_a_case_with_nothing_else_to_send_is_read_once() -> None:
    it = three()
    run, plan = met(declared(b={"name": "B"}), it)

    assert run.apply(plan).is_complete
    assert sorted(it.read_ids) == ["1", "2", "2", "3"]
    assert it.writes == [bulk("1", "2", "3"), ("PUT", "/cases/2", {"name": "B"})]


@pytest.mark.parametrize("name", IDS)
def test_a_case_in_which_somebody_wrote_is_left_out(name: str) -> None:
    it, cases = three(), declared()
    run, plan = met(cases, it)
    it.cases[IDS[name]]["metadata"]["k"] = "theirs"

    result = run.apply(plan)

    assert statuses(result) == {**dict.fromkeys(IDS, DONE), name: CONFLICT}
    assert it.writes == [bulk(*(id for other, id in IDS.items() if other != name))]
    assert result.summary.requests == 1
    assert run.recorded(name) == {"metadata": {}}
    assert [change.address.name for change in again(run, it, cases).changes] == [name]


def test_a_case_that_is_as_it_should_be_already_is_left_out_and_recorded() -> None:
    it, cases = three(), declared()
    run, plan = met(cases, it)
    it.cases["2"]["metadata"]["k"] = "v"

    assert run.apply(plan).is_complete
    assert it.writes == [bulk("1", "3")]
    assert settled(run, it, cases)


def test_one_that_is_left_over_sends_its_own() -> None:
    it, cases = three(), declared()
    run, plan = met(cases, it)
    del it.cases["1"]
    it.cases["2"]["metadata"]["k"] = "theirs"

    assert statuses(run.apply(plan)) == {"a": CONFLICT, "b": CONFLICT, "c": DONE}
    assert it.writes == [bulk("3")]
    assert run.recorded("c") == {"metadata": {"k": "v"}}


@pytest.mark.parametrize("status", [404, 422, 429])
def test_if_it_is_refused_each_case_sends_its_own(status: int) -> None:
    it, cases = three(troubles=[refused(status)]), declared(b={"name": "B"})
    run, plan = met(cases, it)

    result = run.apply(plan)

    assert result.is_complete
    assert it.writes == [
        bulk("1", "2", "3"),
        bulk("1"),
        bulk("2"),
        ("PUT", "/cases/2", {"name": "B"}),
        bulk("3"),
    ]
    assert [outcome.requests for outcome in result.outcomes] == [1, 2, 1]
    assert run.notes.kinds[:6] == ["intent"] * 3 + ["failed"] * 3
    assert settled(run, it, cases)


def test_what_is_refused_for_one_case_fails_that_one_only() -> None:
    it, cases = three(troubles=[refused(422), None, refused(422)]), declared()
    run, plan = met(cases, it)

    assert statuses(run.apply(plan)) == {"a": DONE, "b": FAILED, "c": DONE}
    assert run.recorded("b") == {"metadata": {}}


@pytest.mark.parametrize("trouble", [lost_before, lost_after])
def test_if_its_answer_is_lost_each_case_fails_and_the_next_run_settles_it(
    trouble: Callable[[System, Write], Any],
) -> None:
    it, cases = three(troubles=[trouble]), declared(b={"name": "B"})
    run, plan = met(cases, it)

    result = run.apply(plan)

    assert statuses(result) == dict.fromkeys(IDS, FAILED)
    assert {outcome.message for outcome in result.outcomes} == {"no answer"}
    assert it.writes == [bulk("1", "2", "3")]
    assert [intent.address.name for intent in run.notes.open.values()] == [*IDS]
    assert [run.recorded(name) for name in IDS] == [{"metadata": {}}] * 3
    following = Run(it, run.after or run.state)
    assert following.apply(again(run, it, cases)).is_complete
    assert settled(following, it, cases)


@pytest.mark.parametrize("kind", ["silent", "passed_over"])
def test_a_case_that_the_answer_does_not_name_is_looked_at_in_its_turn(kind: str) -> None:
    it, cases = three(**{kind: frozenset({"2"})}), declared()
    run, plan = met(cases, it)
    it.troubles = [None, first(lambda: setattr(it, "passed_over", frozenset()))]

    assert run.apply(plan).is_complete
    assert it.writes == [bulk("1", "2", "3"), *([bulk("2")] if kind == "passed_over" else [])]
    assert settled(run, it, cases)


@pytest.mark.parametrize("answer", [None, {}, {"done": "yes"}, []])
def test_an_answer_that_names_nobody_is_no_proof(answer: Any) -> None:
    def trouble(system: System, write: Write) -> Any:
        system.execute(write)
        return answer

    it, cases = three(troubles=[trouble]), declared()
    run, plan = met(cases, it)

    assert run.apply(plan).is_complete
    assert it.writes == [bulk("1", "2", "3")]
    assert settled(run, it, cases)


def test_a_conflict_after_it_does_not_say_that_nothing_was_sent() -> None:
    it = three()
    run, plan = met(declared(b={"name": "B"}), it)
    it.troubles = [first(lambda: it.cases["2"].update(name="theirs"))]

    result = run.apply(plan)

    assert statuses(result) == {"a": DONE, "b": CONFLICT, "c": DONE}
    assert "nothing more was sent" in str(result.outcomes[1].message)
    assert run.recorded("b") == {"metadata": {"k": "v"}}


def test_a_wish_to_stop_before_it_leaves_every_case_untried() -> None:
    it = three()
    run, plan = met(declared(), it)
    run.stop.request()

    result = run.apply(plan)

    assert result.interrupted
    assert statuses(result) == dict.fromkeys(IDS, SKIPPED)
    assert {outcome.message for outcome in result.outcomes} == {"not tried: interrupted"}
    assert not it.writes


def test_a_wish_to_stop_while_it_is_sent_lets_it_be_noted() -> None:
    it, cases = three(), declared(b={"name": "B"})
    run, plan = met(cases, it)
    it.troubles = [first(run.stop.request)]

    result = run.apply(plan)

    assert result.interrupted
    assert statuses(result) == {"a": DONE, "b": SKIPPED, "c": DONE}
    assert result.outcomes[1].message == "not finished: interrupted"
    assert [run.recorded(name) for name in IDS] == [{"metadata": {"k": "v"}}] * 3
    assert [change.fields[0].path for change in again(run, it, cases).changes] == [("name",)]


def test_what_depends_on_one_of_the_cases_comes_after_it() -> None:
    dependent = case("d", {"name": "D", "metadata": {"k": "v"}}, depends_on=(address("a"),))
    it, cases = three(), [*declared(), dependent]
    run, plan = met(cases, it)
    it.troubles = [lost_before]

    assert statuses(run.apply(plan)) == {"a": FAILED, "b": FAILED, "c": FAILED, "d": SKIPPED}


class Full(Notes):
    """A journal that can be written to so many times."""

    left: int = 0

    def _take(self) -> None:
        if len(self.lines) >= self.left:
            raise StateError("the disk is full")

    def intent(self, intent: Any) -> None:
        self._take()
        super().intent(intent)

    def done(self, intent: Any, record: Record | None) -> None:
        self._take()
        super().done(intent, record)


@pytest.mark.parametrize(("lines", "done"), [(0, ""), (2, ""), (3, ""), (4, "a"), (5, "ab"), (6, "abc")])
def test_what_cannot_be_noted_is_not_sent_or_not_done(lines: int, done: str) -> None:
    it = three()
    run, plan = met(declared(), it)
    run.notes = Full()
    run.notes.left = lines

    result = run.apply(plan)

    assert statuses(result) == {name: DONE if name in done else FAILED for name in IDS}
    assert it.writes == ([bulk("1", "2", "3")] if lines >= 3 else [])


def test_seven_cases_are_two_requests() -> None:
    names = "abcdefg"
    it = Bulk({str(n): {"metadata": {}} for n, _ in enumerate(names)})
    cases = [case(name, {"metadata": {"k": "v"}}) for name in names]
    known = [record(name, str(n), {"metadata": {}}) for n, name in enumerate(names)]
    made = world(*cases, *known, lives=it.cases)
    plan = planner.finish(planner.draft(made), made, {"soc": it.operations}, {}, now="")
    run = Run(it, made.state)

    assert run.apply(plan).is_complete
    assert it.writes == [bulk("0", "1", "2", "3"), bulk("4", "5", "6")]
    assert settled(run, it, cases)
