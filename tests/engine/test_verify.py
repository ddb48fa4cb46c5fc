"""Sets after they were written: renamed, replaced, lost, and shared with others."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.verify import Deviation
from reconciler.model.case import Case
from reconciler.model.result import Status
from reconciler.model.values import Entry, Secret
from tests.engine.fakes import refused
from tests.engine.shop import Shop, again, handles, is_settled, meet
from tests.planning.worlds import LINEAGE, case, record, shared

DONE, FAILED, CONFLICT = Status.DONE, Status.FAILED, Status.CONFLICT
RENAMES = {"phish-syn": "Phishing Email"}
RENAMED = "groups.phish-syn is kept by the system as 'Phishing Email'"
SECRET = Secret("hunter2")


def grouped(*names: Any, **more: Any) -> Case:
    return case("a", {"name": "A", "groups": frozenset(names)}, **more)


def shared_with(*names: str) -> Case:
    return shared("a", {"name": "A", "groups": frozenset(names)}, "groups")


def was(*names: str, **more: Any) -> Any:
    return record("a", "1", {"name": "A", "groups": frozenset(names)}, **more)


def shop(*names: str, **more: Any) -> Shop:
    return Shop({"1": {"name": "A", "groups": list(names)}}, shows=True, **more)


def groups(it: Shop, id: str = "1") -> list[str]:
    return sorted(it.cases[id]["groups"])


def whole(*names: str) -> tuple[str, str, Any]:
    return ("POST", "/cases/1/groups", {"set": names})


# ------------------------------------------------------------------------------------ renamed


def test_a_member_that_the_system_renames_is_remembered_and_said_once() -> None:
    declared = grouped("phish-syn", "vip")
    run, it, plan = meet(declared, was("vip"), shop=shop("vip", renames=RENAMES))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings, outcome.requests) == (DONE, (RENAMED,), 1)
    assert groups(it) == ["Phishing Email", "vip"]
    assert run.recorded("a") == declared.attributes
    assert handles(run) == {"groups.phish-syn": "Phishing Email"}
    assert run.notes.lines[-1][2].handles == handles(run)
    assert is_settled(run, it, declared)


def test_a_new_case_with_a_member_that_is_renamed_is_settled() -> None:
    declared = grouped("phish-syn", "vip")
    run, it, plan = meet(declared, shop=Shop(shows=True, renames=RENAMES))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings, outcome.requests) == (DONE, (RENAMED,), 1)
    assert handles(run) == {"groups.phish-syn": "Phishing Email"}
    assert is_settled(run, it, declared)


def test_a_renamed_member_is_not_said_again_when_the_set_changes_later() -> None:
    before = was("phish-syn", handles={"groups.phish-syn": "Phishing Email"})
    declared = grouped("phish-syn", "vip")
    run, it, plan = meet(declared, before, shop=shop("Phishing Email", renames=RENAMES))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ())
    assert it.writes == [("POST", "/cases/1/groups", {"add": ("vip",), "remove": ()})]
    assert handles(run) == {"groups.phish-syn": "Phishing Email"}
    assert is_settled(run, it, declared)


def test_a_renamed_member_that_leaves_the_file_leaves_no_handle() -> None:
    before = was("phish-syn", "vip", handles={"groups.phish-syn": "Phishing Email"})
    run, it, plan = meet(grouped("vip"), before, shop=shop("Phishing Email", "vip", renames=RENAMES))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings) == (DONE, ())
    assert (groups(it), handles(run)) == (["vip"], {})
    assert is_settled(run, it, grouped("vip"))


def test_a_spelling_of_its_own_is_no_name() -> None:
    declared = grouped("VIP", "New")
    run, it, plan = meet(declared, was("vip"), shop=shop("Vip", renames={"New": "NEW"}))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings, handles(run)) == (DONE, (), {})
    assert it.writes == [("POST", "/cases/1/groups", {"add": ("New",), "remove": ()})]
    assert is_settled(run, it, declared)


def test_a_member_that_is_given_whole_is_known_by_its_id_afterwards() -> None:
    known = Entry("Adversary: Known", {"type": "Adversary", "name": "Known"})
    for parts, it in (((grouped(known, "12"), was("12")), shop("12")), ((grouped(known),), Shop(shows=True))):
        run, found, plan = meet(*parts, shop=it)

        (outcome,) = run.apply(plan).outcomes

        assert (outcome.status, outcome.warnings, outcome.requests) == (DONE, (), 1)
        assert handles(run) == {"groups.Adversary: Known": "501"}
        assert is_settled(run, found, parts[0])


def test_a_secret_member_is_verified_by_its_digest() -> None:
    digest = SECRET.digest(LINEAGE)
    declared = grouped(SECRET, "vip")
    run, it, plan = meet(declared, was("vip"), shop=shop("vip"), secrets={digest.text: "hunter2"})

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.warnings, outcome.requests) == (DONE, (), 1)
    assert groups(it) == ["hunter2", "vip"]
    assert is_settled(run, it, declared)


def test_a_secret_member_that_is_declared_no_more_is_removed_by_its_live_name() -> None:
    digest = SECRET.digest(LINEAGE)
    before = record("a", "1", {"name": "A", "groups": frozenset({digest, "vip"})})
    run, it, plan = meet(grouped("vip"), before, shop=shop("hunter2", "vip"))

    assert run.apply(plan).is_complete
    assert it.writes == [("POST", "/cases/1/groups", {"add": (), "remove": ("hunter2",)})]
    assert is_settled(run, it, grouped("vip"))


def test_a_secret_member_that_the_system_does_not_take_is_not_shown() -> None:
    digest = SECRET.digest(LINEAGE)
    it = shop("vip", loses=frozenset({"hunter2"}))
    run, it, plan = meet(grouped(SECRET, "vip"), was("vip"), shop=it, secrets={digest.text: "hunter2"})

    (outcome,) = run.apply(plan).outcomes

    assert outcome.status is FAILED
    assert "the system's groups lacks a secret" in str(outcome.message)
    assert "hunter2" not in repr((outcome, run.notes, run.after))


# ------------------------------------------------------------------------------------ done otherwise


def test_a_system_that_replaces_where_it_was_asked_to_add_is_sent_the_whole_set_once() -> None:
    declared = grouped("new", "vip")
    run, it, plan = meet(declared, was("vip"), shop=shop("vip", replaces=1))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (DONE, 2)
    assert it.writes == [("POST", "/cases/1/groups", {"add": ("new",), "remove": ()}), whole("new", "vip")]
    assert outcome.warnings == (
        "the system's groups lacks vip although it was asked otherwise; the whole set was sent",
    )
    assert run.notes.kinds == ["intent", "done", "intent", "done"]
    assert [what.recorded["groups"] for kind, _, what in run.notes.lines if kind == "done"] == [
        frozenset({"vip"}),
        frozenset({"new", "vip"}),
    ]
    assert is_settled(run, it, declared)


def test_a_member_that_stays_although_it_was_removed_is_sent_the_whole_set_too() -> None:
    def keeps(it: Any, write: Any) -> Any:
        return it.execute((*write[:2], {**write[2], "remove": ()}))

    declared = grouped("vip")
    run, it, plan = meet(declared, was("old", "vip"), shop=shop("old", "vip", troubles=[keeps]))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, it.writes[1:], groups(it)) == (DONE, [whole("vip")], ["vip"])
    assert outcome.warnings == (
        "the system's groups still has old although it was asked otherwise; the whole set was sent",
    )
    assert is_settled(run, it, declared)


def test_what_is_renamed_in_a_whole_set_is_remembered_as_well() -> None:
    declared = grouped("phish-syn", "vip")
    run, it, plan = meet(declared, was("vip"), shop=shop("vip", replaces=1, renames=RENAMES))

    (outcome,) = run.apply(plan).outcomes

    assert outcome.status is DONE
    assert RENAMED in outcome.warnings
    assert handles(run) == {"groups.phish-syn": "Phishing Email"}
    assert is_settled(run, it, declared)


FAILS: list[Any] = [
    pytest.param({"loses": frozenset({"bad"})}, 2, id="it takes not everything"),
    pytest.param({"loses": frozenset({"bad"}), "rewrites": False}, 1, id="it must not be sent again"),
]


@pytest.mark.parametrize(("ways", "requests"), FAILS)
def test_a_set_that_is_still_wrong_fails_and_the_record_stays_true(ways: dict[str, Any], requests: int) -> None:
    declared = case("a", {"name": "B", "groups": frozenset({"bad", "vip"})})
    run, it, plan = meet(declared, was("vip"), shop=shop("vip", **ways))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, requests)
    assert str(outcome.message).startswith("it was done, but not as asked: the system's groups lacks bad")
    assert run.recorded("a") == {"name": "A", "groups": frozenset({"vip"})}
    assert (groups(it), it.cases["1"]["name"]) == (["vip"], "A")
    assert run.notes.open == {}
    (change,) = again(run, it, declared).changes
    assert [field.path for field in change.fields] == [("groups",), ("name",)]


def test_a_new_case_whose_set_is_wrong_is_remembered_without_the_set() -> None:
    declared = grouped("bad", "vip")
    run, it, plan = meet(declared, shop=Shop(shows=True, loses=frozenset({"bad"})))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests) == (FAILED, 2)
    assert run.recorded("a") == {"name": "A"}
    assert run.after is not None
    assert [each.id for each in run.after.records.values()] == ["100"]
    assert it.writes[1] == ("POST", "/cases/100/groups", {"set": ("bad", "vip")})
    assert [change.id for change in again(run, it, declared).changes] == ["100"]


def test_a_whole_set_that_is_refused_fails() -> None:
    run, it, plan = meet(grouped("new", "vip"), was("vip"), shop=shop("vip", replaces=1))
    it.troubles = [None, refused(422)]

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.message, outcome.requests) == (FAILED, "the system says no", 1)
    assert run.recorded("a") == {"name": "A", "groups": frozenset({"vip"})}


def test_a_set_that_cannot_be_emptied_fails_without_an_empty_set_being_sent() -> None:
    def keeps(it: Any, write: Any) -> Any:
        return it.execute((*write[:2], {**write[2], "remove": ()}))

    run, it, plan = meet(grouped(), was("old"), shop=shop("old", troubles=[keeps]))

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests, len(it.writes)) == (FAILED, 1, 1)
    assert "the system's groups still has old" in str(outcome.message)
    assert run.recorded("a") == {"name": "A", "groups": frozenset({"old"})}


def test_an_answer_that_does_not_show_the_case_is_believed() -> None:
    it = shop("vip", replaces=1)
    it.shows = False
    run, it, plan = meet(grouped("new", "vip"), was("vip"), shop=it)

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, outcome.requests, outcome.warnings) == (DONE, 1, ())


# ------------------------------------------------------------------------------------ others


@pytest.mark.parametrize("replaces", [0, 1])
def test_what_others_have_added_since_the_plan_is_kept(replaces: int) -> None:
    declared = shared_with("new", "vip")
    run, it, plan = meet(declared, was("vip", "old"), shop=shop("vip", "old", replaces=replaces))
    it.cases["1"]["groups"].append("foreign")

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, groups(it)) == (DONE, ["foreign", "new", "vip"])
    assert it.writes[1:] == [whole("foreign", "new", "vip")] * replaces
    assert len(outcome.warnings) == replaces
    assert run.recorded("a") == declared.attributes
    assert is_settled(run, it, declared)


def test_what_others_add_to_a_set_that_is_ours_alone_is_a_conflict() -> None:
    run, it, plan = meet(grouped("new", "vip"), was("vip"), shop=shop("vip"))
    it.cases["1"]["groups"].append("foreign")

    (outcome,) = run.apply(plan).outcomes

    assert (outcome.status, it.writes) == (CONFLICT, [])
    assert str(outcome.message).startswith("soc.a: groups is [foreign, vip] now")


def test_a_conflict_shows_members_in_our_words() -> None:
    known = Entry.of({"type": "Adversary", "name": "Known"})
    before = record(
        "a",
        "1",
        {"name": "A", "groups": frozenset({"phish-syn", known})},
        handles={"groups.phish-syn": "Phishing Email", "groups.Adversary: Known": "12"},
    )
    it = shop("Phishing Email", "12")
    it.names["12"] = "Adversary: Known"
    run, it, plan = meet(grouped("phish-syn", known, "new"), before, shop=it)
    it.cases["1"]["groups"].append("foreign")

    (outcome,) = run.apply(plan).outcomes

    assert str(outcome.message).startswith("soc.a: groups is [Adversary: Known, foreign, phish-syn] now")


@pytest.mark.parametrize(
    ("missing", "left", "text"),
    [
        ({"a"}, set(), "the system's tags lacks a"),
        ({"b", "a"}, set(), "the system's tags lacks a, b"),
        (set(), {"a"}, "the system's tags still has a"),
        (
            {Entry("Adversary: X", {})},
            {SECRET.digest(LINEAGE)},
            "the system's tags lacks Adversary: X and still has a secret",
        ),
    ],
)
def test_a_deviation_says_what_is_wrong(missing: set[Any], left: set[Any], text: str) -> None:
    assert Deviation("tags", frozenset(), frozenset(missing), frozenset(left)).text == text
