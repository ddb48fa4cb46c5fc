"""Requests whose answers tell nothing: the case is read again, and only what is seen there is recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.verify import Deviation, Kept, Verdict
from reconciler.model.case import Case, Lifecycle, OnRemove
from reconciler.model.change import Drift
from reconciler.model.record import Record
from reconciler.model.result import Status
from reconciler.model.values import Secret
from tests.engine.desk import Desk, again, meet
from tests.engine.fakes import Run, first, lost_after, lost_before, refused
from tests.planning.worlds import LINEAGE, address, case, record, shared

DONE, FAILED, CONFLICT = Status.DONE, Status.FAILED, Status.CONFLICT
NOT_AS_ASKED = "it was done, but not as asked: "
UNKNOWN = "it was sent, but what became of it is not known: "
HINT = " (look at the case, then plan again)"
A = address("a")


def declared(**attributes: Any) -> Case:
    return case("a", {"title": "A"} | attributes)


def was(**attributes: Any) -> Record:
    return record("a", "1", {"title": "A"} | attributes)


def desk(ways: Mapping[str, Any] | None = None, **stored: Any) -> Desk:
    return Desk({"1": {"title": "A", "status": "New", **stored}}, **(ways or {}))


def handles(run: Run) -> Mapping[str, str]:
    assert run.after is not None
    return run.after.records[A].handles


def is_settled(run: Run, it: Desk, *cases: Case) -> bool:
    """Tell whether nothing is left to do, to remember or to report."""
    plan = again(run, it, *cases)
    return plan.is_empty and not plan.refresh and not plan.drift


FULL = case(
    "a", {"title": "A & B", "status": "Open", "tags": frozenset({"x", "y"}), "watchers": frozenset({"bo"})}
)


# ------------------------------------------------------------------------------------ done as asked


@pytest.mark.parametrize("as_text", [True, False])
def test_a_body_goes_as_text_where_the_operation_says_so(as_text: bool) -> None:  # noqa: FBT001 (a table)
    run, plan = meet(it := desk({"as_text": as_text}), declared(status="Open"), was(status="New"))

    assert run.apply(plan).is_complete
    assert it.writes == [("PUT", "/cases/1", '{"status":"Open"}' if as_text else {"status": "Open"})]
    assert is_settled(run, it, declared(status="Open"))


def test_a_new_case_is_read_back_and_settled() -> None:
    run, plan = meet(it := Desk(), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests, outcome.warnings) == (DONE, 1, ())
    assert run.recorded("a") == FULL.attributes
    assert handles(run) == {"watchers.bo": "#20"}
    assert is_settled(run, it, FULL)


def test_the_system_may_spell_a_text_otherwise_without_a_word() -> None:
    run, plan = meet(it := Desk(rewrites={"A & B": "A &amp; B"}), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ())
    assert it.cases["100"]["title"] == "A &amp; B"
    assert is_settled(run, it, FULL)


@pytest.mark.parametrize("trouble", [lost_after, lost_before])
def test_a_create_whose_answer_is_lost_is_found_and_read_back(trouble: Any) -> None:
    run, plan = meet(it := Desk(troubles=[trouble]), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, len(it.cases)) == (DONE, 1)
    assert is_settled(run, it, FULL)


def test_what_an_answer_says_beside_is_passed_on() -> None:
    run, plan = meet(desk({"remarks": "pending approval"}), declared(title="B"), was())

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ("pending approval",))


# ------------------------------------------------------------------------------------ scalars that were kept


@pytest.mark.parametrize(
    ("to", "stored", "said"),
    [
        ({"status": "Open"}, {}, "status is still 'New'"),
        ({"status": 2}, {}, "status is still 'New'"),
        ({"title": "B"}, {}, "title is still 'A'"),
        ({"rank": 5}, {}, "rank is still gone"),
        ({"rank": None}, {"rank": 3}, "rank is still 3"),
        ({"assignee": "bo"}, {"assignee": 17}, "assignee is still 17"),
        ({"metadata": {"k": "1"}}, {}, "metadata.k is still gone"),
    ],
)
def test_a_scalar_that_the_system_keeps_fails_and_is_named(
    to: dict[str, Any], stored: dict[str, Any], said: str
) -> None:
    names = frozenset({*to, "metadata.k"})
    run, plan = meet(it := desk({"keeps": names}, **stored), declared(**to), was(**stored))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 1)
    assert outcome.message == f"{NOT_AS_ASKED}{said}{HINT}"
    assert run.recorded("a") == {"title": "A", **stored}
    assert run.notes.kinds == ["intent", "done"]
    assert [change.fields for change in again(run, it, declared(**to)).changes] == [plan.changes[0].fields]


def test_what_was_done_beside_what_was_kept_is_recorded() -> None:
    wanted = declared(title="B", status="Open", tags=frozenset({"x", "bad"}), rank=1)
    run, plan = meet(it := desk({"keeps": {"status"}, "loses": {"bad"}}), wanted, was(status="New"))

    (outcome,) = run.apply(plan).outcomes

    assert outcome.message == f"{NOT_AS_ASKED}status is still 'New'; the system's tags lacks bad{HINT}"
    assert run.recorded("a") == {"title": "B", "status": "New", "rank": 1}
    (change,) = again(run, it, wanted).changes
    assert [each.path for each in change.fields] == [("status",), ("tags",)]


def test_a_scalar_that_became_something_else_fails_and_is_named() -> None:
    def escalates(it: Any, write: Any) -> Any:
        return it.execute((*write[:2], json.dumps({"status": "Closed"})))

    run, plan = meet(desk({"troubles": [escalates]}), declared(status="Open"), was(status="New"))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{NOT_AS_ASKED}status is 'Closed'{HINT}")
    assert run.recorded("a") == {"title": "A", "status": "New"}


def test_a_new_case_remembers_what_it_was_given_and_nothing_else() -> None:
    run, plan = meet(it := Desk(keeps=frozenset({"status"})), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert outcome.message == f"{NOT_AS_ASKED}status is still gone{HINT}"
    assert run.recorded("a") == {name: value for name, value in FULL.attributes.items() if name != "status"}
    assert [change.id for change in again(run, it, FULL).changes] == ["100"]


def test_a_set_that_is_not_as_asked_is_not_sent_again_where_it_is_sent_whole_anyway() -> None:
    run, plan = meet(it := desk({"loses": {"bad"}}), declared(tags=frozenset({"bad", "x"})), was())

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{NOT_AS_ASKED}the system's tags lacks bad{HINT}")
    assert (len(it.writes), run.recorded("a")) == (1, {"title": "A"})


# ------------------------------------------------------------------------------------ texts in other words

REWRITES = {"<b x>B": "<b>B</b>"}
SAID = ("the system keeps title in other words than were sent; it is known by them now",)


@pytest.mark.parametrize("new", [True, False])
def test_a_text_that_the_system_rewrites_is_remembered_and_said_once(new: bool) -> None:  # noqa: FBT001 (a table)
    wanted = declared(title="<b x>B", status="Open")
    ways: dict[str, Any] = {"rewrites": REWRITES}
    it = Desk(**ways) if new else desk(ways)
    run, plan = meet(it, wanted, *(() if new else (was(),)))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, SAID)
    assert run.recorded("a") == wanted.attributes
    assert handles(run) == {
        f"title.{Secret('<b x>B').digest(LINEAGE).text}": Secret("<b>B</b>").digest(LINEAGE).text
    }
    assert is_settled(run, it, wanted)


def test_a_rewritten_text_stays_known_when_something_else_changes() -> None:
    run, plan = meet(it := desk({"rewrites": REWRITES}), declared(title="<b x>B"), was())
    run.apply(plan)
    assert run.after is not None
    later = declared(title="<b x>B", status="Closed")
    second = Run(it, run.after)

    (outcome,) = second.apply(again(run, it, later)).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ())
    assert json.loads(it.writes[-1][2]) == {"status": "Closed"}
    assert is_settled(second, it, later)


def test_a_rewritten_text_that_stays_the_same_is_rewritten_again_and_not_kept() -> None:
    ways: dict[str, Any] = {"rewrites": {**REWRITES, "<b y>B": "<b>B</b>"}}
    run, plan = meet(it := desk(ways), declared(title="<b x>B"), was())
    run.apply(plan)
    assert run.after is not None
    second = Run(it, run.after)

    (outcome,) = second.apply(again(run, it, declared(title="<b y>B"))).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, SAID)
    assert is_settled(second, it, declared(title="<b y>B"))


def test_a_rewritten_text_that_a_person_edits_is_drift_and_is_put_right() -> None:
    wanted = declared(title="<b x>B")
    run, plan = meet(it := desk({"rewrites": REWRITES}), wanted, was())
    run.apply(plan)
    assert run.after is not None
    it.cases["1"]["title"] = "<b>C</b>"

    plan = again(run, it, wanted)
    second = Run(it, run.after)

    assert plan.drift == (Drift(A, plan.drift[0].fields, id="1", url="https://toy/1"),)
    assert [(f.path, f.live) for f in plan.drift[0].fields] == [(("title",), "<b>C</b>")]
    assert second.apply(plan).is_complete
    assert is_settled(second, it, wanted)


def test_a_text_that_is_declared_anew_leaves_no_handle_of_the_old() -> None:
    run, plan = meet(it := desk({"rewrites": REWRITES}), declared(title="<b x>B"), was())
    run.apply(plan)
    assert run.after is not None
    second = Run(it, run.after)

    assert second.apply(again(run, it, declared(title="B"))).is_complete
    assert handles(second) == {}


def test_a_text_that_the_system_drops_is_not_rewritten() -> None:
    run, plan = meet(desk({"rewrites": {"B": None}}), declared(title="B"), was())

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{NOT_AS_ASKED}title is gone{HINT}")


def test_a_secret_that_is_rewritten_or_kept_is_shown_nowhere() -> None:
    secret = Secret("hunter2")
    digest = secret.digest(LINEAGE).text
    for ways, ends in (({"rewrites": {"hunter2": "hunter[2]"}}, DONE), ({"keeps": {"title"}}, FAILED)):
        run, plan = meet(it := desk(ways), declared(title=secret), was())
        run.secrets = {digest: "hunter2"}

        (outcome,) = run.apply(plan).outcomes

        assert outcome.status is ends
        assert "hunter" not in repr((outcome, run.notes, run.after))
        assert json.loads(it.writes[0][2]) == {"title": "hunter2"}
        assert is_settled(run, it, declared(title=secret)) is (ends is DONE)


# ------------------------------------------------------------------------------------ what became of it


def test_a_case_that_is_gone_after_a_write_is_said() -> None:
    def executed_and_removed(it: Any, write: Any) -> Any:
        answer = it.execute(write)
        it.cases.clear()
        return answer

    run, plan = meet(desk({"troubles": [executed_and_removed]}), declared(title="B"), was())

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 1)
    assert outcome.message == f"{UNKNOWN}case 1 is not to be found{HINT}"
    assert run.recorded("a") == {"title": "A"}
    assert run.notes.kinds == ["intent", "done"]


def test_an_update_that_cannot_be_read_back_is_not_recorded() -> None:
    run, plan = meet(it := desk({"blind_after": 1}), declared(title="B"), was())

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{UNKNOWN}no answer{HINT}")
    assert run.recorded("a") == {"title": "A"}
    it.blind_after = 2
    assert is_settled(run, it, declared(title="B")) is False
    assert again(run, it, declared(title="B")).is_empty


def test_of_a_create_that_cannot_be_read_back_the_id_is_recorded() -> None:
    run, plan = meet(it := Desk(blind_after=1), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{UNKNOWN}no answer{HINT}")
    assert run.recorded("a") == {}
    assert run.after is not None
    assert run.after.records[A].id == "100"
    assert run.notes.open == {}
    it.blind_after = 2
    assert again(run, it, FULL).is_empty


def test_a_new_case_without_its_marker_is_ours_and_said() -> None:
    run, plan = meet(it := Desk(marks=False), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert outcome.status is FAILED
    assert str(outcome.message).startswith(f"{NOT_AS_ASKED}the marker is not in it")
    assert run.recorded("a") == FULL.attributes
    assert is_settled(run, it, FULL)


def test_a_case_that_has_lost_its_marker_since_may_be_edited() -> None:
    run, plan = meet(desk({"marks": False}), declared(tags=frozenset({"x"})), was())

    assert run.apply(plan).is_complete


# ------------------------------------------------------------------------------------ deletes

GONE = record("a", "1", {"title": "A"}, lifecycle=Lifecycle(OnRemove.DELETE))


def test_a_delete_is_done_when_the_case_is_gone() -> None:
    run, plan = meet(it := desk(), GONE)

    assert run.apply(plan).is_complete
    assert (it.cases, run.recorded("a")) == ({}, None)


def test_a_delete_that_deletes_nothing_fails_and_the_case_stays_ours() -> None:
    run, plan = meet(desk({"deletes": False}), GONE)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, f"{UNKNOWN}case 1 is still there{HINT}")
    assert run.recorded("a") == {"title": "A"}


def test_a_delete_that_is_refused_because_the_case_is_gone_is_done() -> None:
    it = desk()
    it.troubles = [first(it.cases.clear)]
    run, plan = meet(it, GONE)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, len(it.writes), run.recorded("a")) == (DONE, 1, None)


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_delete_that_is_refused_while_the_case_is_there_fails(status: int) -> None:
    run, plan = meet(desk({"troubles": [refused(status)]}), GONE)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (FAILED, "the system says no")
    assert run.recorded("a") == {"title": "A"}
    assert run.notes.kinds == ["intent", "failed"]


# ------------------------------------------------------------------------------------ the system's own doing

OWN = {"watchers.+#17": "#17"}
ADDED = ("the system has added 17 to watchers",)
ANA = {"assignee.ana": "#17"}


@pytest.mark.parametrize("new", [True, False])
def test_a_member_that_the_system_adds_by_itself_is_remembered_and_said_once(new: bool) -> None:  # noqa: FBT001
    wanted = declared(assignee="ana", watchers=frozenset({"bo"}))
    ways: dict[str, Any] = {"adds_assignee": True}
    it = Desk(**ways) if new else desk(ways)
    run, plan = meet(it, wanted, *(() if new else (was(),)))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ADDED)
    assert run.recorded("a") == wanted.attributes
    assert handles(run) == {**OWN, **ANA, "watchers.bo": "#20"}
    assert is_settled(run, it, wanted)


def test_nothing_is_said_of_a_set_that_is_not_ours_or_of_a_member_that_is() -> None:
    for watchers in ({}, {"watchers": frozenset({"ana"})}, {"watchers": frozenset({17})}):
        wanted = declared(assignee="ana", **watchers)
        run, plan = meet(it := desk({"adds_assignee": True}), wanted, was())

        (outcome,) = run.apply(plan).outcomes

        assert (outcome.status, outcome.warnings) == (DONE, ())
        assert not any("+" in path for path in handles(run))
        assert is_settled(run, it, wanted)


def test_a_member_that_the_system_puts_back_is_not_left_over() -> None:
    wanted = declared(assignee="ana", watchers=frozenset({"bo"}))
    run, plan = meet(
        it := desk({"adds_assignee": True}, watchers=[17, 20]), wanted, was(watchers=frozenset({17, 20}))
    )

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ADDED)
    assert it.cases["1"]["watchers"] == [20, 17]
    assert is_settled(run, it, wanted)


def test_a_member_that_should_be_gone_and_that_nobody_else_added_is_left_over() -> None:
    run, plan = meet(
        desk({"keeps": {"watchers"}}, watchers=[20, 21]),
        declared(assignee="ana", watchers=frozenset({"bo"})),
        was(watchers=frozenset({"bo", "zoe"})),
    )

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message) == (
        FAILED,
        f"{NOT_AS_ASKED}the system's watchers still has #21{HINT}",
    )
    assert run.recorded("a") == {"title": "A", "assignee": "ana", "watchers": frozenset({"bo", "zoe"})}


def test_whoever_is_assigned_later_joins_those_that_the_system_added() -> None:
    before = declared(assignee="ana", watchers=frozenset({"zoe"}))
    run, plan = meet(it := desk({"adds_assignee": True}), before, was())
    run.apply(plan)
    assert run.after is not None
    second, later = Run(it, run.after), declared(assignee="bo", watchers=frozenset({"zoe"}))

    (outcome,) = second.apply(again(run, it, later)).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ("the system has added 20 to watchers",))
    assert {path for path in handles(second) if "+" in path} == {"watchers.+#17", "watchers.+#20"}
    assert is_settled(second, it, later)


def test_whatever_else_is_in_a_set_of_a_new_case_is_the_systems_own_doing() -> None:
    def subscribes_zoe(it: Any, write: Any) -> Any:
        answer = it.execute(write)
        it.cases["100"]["watchers"].append(21)
        return answer

    run, plan = meet(it := Desk(troubles=[subscribes_zoe]), FULL)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ("the system has added 21 to watchers",))
    assert is_settled(run, it, FULL)


def test_a_member_that_goes_and_is_put_in_again_is_known_by_what_the_system_calls_it() -> None:
    recorded = replace(
        was(watchers=frozenset({"ana", "bo"})), handles={"watchers.ana": "#17", "watchers.bo": "#20"}
    )
    wanted = declared(assignee="ana", watchers=frozenset({"bo"}))
    run, plan = meet(it := desk({"adds_assignee": True}, watchers=[17, 20]), wanted, recorded)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ADDED)
    assert handles(run) == {**OWN, **ANA, "watchers.bo": "#20"}
    assert is_settled(run, it, wanted)


# ------------------------------------------------------------------------------------ what changed since the plan


@pytest.mark.parametrize(("rank", "ends"), [(3, DONE), (4, CONFLICT)])
def test_what_goes_along_with_a_change_is_a_conflict_where_somebody_changed_it(rank: int, ends: Status) -> None:
    run, plan = meet(it := desk(rank=3), declared(status="Open"), was(status="New"))
    (change,) = plan.changes
    moves = tuple(replace(each, along={"rank": 3}) for each in change.operations)
    it.cases["1"]["rank"] = rank

    (outcome,) = run.apply(replace(plan, changes=(replace(change, operations=moves),))).outcomes

    assert (outcome.status, len(it.writes)) == (ends, int(ends is DONE))
    assert ends is DONE or "soc.a: rank is 4 now, unlike when it was planned" in str(outcome.message)


def test_a_case_that_was_gone_and_is_there_again_is_not_made_a_second_time() -> None:
    run, plan = meet(it := Desk(), declared(), was())
    it.cases["1"] = {"title": "A"}

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, it.writes) == (CONFLICT, [])
    assert str(outcome.message).startswith("soc.a: case 1 is there, unlike when it was planned")


def test_a_write_is_read_back_though_somebody_wishes_to_stop() -> None:
    run, plan = meet(it := desk(), declared(status="Open"), was(status="New"))

    def stopped(it: Any, write: Any) -> Any:
        run.stop.request()
        return it.execute(write)

    it.troubles = [stopped]

    (outcome,) = run.apply(plan).outcomes

    assert outcome.status is DONE
    assert run.recorded("a") == {"title": "A", "status": "Open"}


# ------------------------------------------------------------------------------------ whole sets, and others


def others(it: Desk, *tags: str) -> None:
    it.cases["1"]["tags"] = list(tags)


@pytest.mark.parametrize(
    ("meanwhile", "sent"),
    [
        (("old", "keep"), "keep,new"),
        (("old", "keep", "theirs"), "keep,new,theirs"),
        (("theirs", "OLD", "keep"), "keep,new,theirs"),
    ],
)
def test_what_others_do_to_a_shared_set_after_the_plan_is_taken_in(meanwhile: tuple[str, ...], sent: str) -> None:
    wanted = shared("a", {"title": "A", "tags": frozenset({"new", "keep"})}, "tags")
    run, plan = meet(it := desk(tags=["old", "keep"]), wanted, was(tags=frozenset({"old", "keep"})))
    others(it, *meanwhile)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ())
    assert it.writes == [("PUT", "/cases/1", json.dumps({"tags": sent}, separators=(",", ":")))]
    assert run.recorded("a") == wanted.attributes
    assert is_settled(run, it, wanted)


def test_what_others_do_to_a_set_of_ours_after_the_plan_is_a_conflict() -> None:
    wanted = declared(tags=frozenset({"new"}))
    run, plan = meet(it := desk(tags=["old"]), wanted, was(tags=frozenset({"old"})))
    others(it, "old", "theirs")

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, it.writes) == (CONFLICT, [])
    assert str(outcome.message).startswith("soc.a: tags is [old, theirs] now, unlike when it was planned")


def test_a_set_that_is_as_it_should_be_by_now_takes_no_request() -> None:
    wanted = declared(tags=frozenset({"new"}))
    run, plan = meet(it := desk(tags=["old"]), wanted, was(tags=frozenset({"old"})))
    others(it, "NEW")

    assert run.apply(plan).is_complete
    assert it.writes == []
    assert run.recorded("a") == wanted.attributes


# ------------------------------------------------------------------------------------ verdicts


def test_a_verdict_names_what_is_wrong_scalars_first() -> None:
    deviation = Deviation("tags", frozenset(), frozenset({"x"}), frozenset())
    verdict = Verdict(deviations=(deviation,), kept=(Kept(("status",), "status is 'New'"), Kept((), "no marker")))

    assert verdict.text == "status is 'New'; no marker; the system's tags lacks x"
    assert verdict.wrong == {("status",), ("tags",), ()}
    assert (Verdict().text, Verdict().wrong) == ("", frozenset())


def test_a_verdict_warns_of_names_that_are_not_known_yet() -> None:
    verdict = Verdict(renamed={"tags.a": "A1", "tags.b": "B1"}, remarks=("first",))

    assert verdict.warnings_beside({"tags.a": "A1"}) == ("first", "tags.b is kept by the system as 'B1'")
    assert replace(verdict, renamed={}).warnings_beside({}) == ("first",)
