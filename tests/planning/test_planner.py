from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import ConfigError, PlanRefused
from reconciler.model.case import Case, Lifecycle, OnRemove
from reconciler.model.change import Action, Cause, Drift, DriftedField, FieldChange
from reconciler.model.operation import Operation
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Marker, Ref, Secret, Template
from tests.planning.worlds import LINEAGE, address, applied, case, ignoring, only, plan, record, shared, world

A = address("a")
SECRET = Secret("hunter2")
SEALED = SECRET.digest(LINEAGE)
NAMED = {"name": "A"}


# ------------------------------------------------------------------------------------ one case, each action


def test_a_new_case_is_created_with_its_marker() -> None:
    change = only(world(case("a", {"name": "A", "tags": frozenset({"x"}), "metadata": {"k": "1", "n": None}})))

    assert (change.action, change.id, change.url, change.base, change.reason) == (
        Action.CREATE,
        None,
        None,
        None,
        None,
    )
    assert change.fields == (
        FieldChange(("metadata", "k"), ABSENT, "1"),
        FieldChange(("name",), ABSENT, "A"),
        FieldChange(("tags",), ABSENT, frozenset({"x"})),
    )
    (operation,) = change.operations
    assert operation.body["marker"] == Marker(LINEAGE, "soc.a", 7)
    assert change.record == Record(
        A, "toy", "", "", {"name": "A", "tags": frozenset({"x"}), "metadata": {"k": "1", "n": None}}
    )


def test_an_edited_case_is_updated_where_it_differs() -> None:
    before = record("a", "42", {"name": "A", "priority": "low"}, handles={"tasks.t": "9"})
    change = only(
        world(
            case("a", {"name": "A", "priority": "high"}, depends_on=(address("b"),)),
            before,
            lives={"42": {"name": "A", "priority": "low", "status": "open"}},
        )
    )

    assert (change.action, change.id, change.url) == (Action.UPDATE, "42", "https://toy/42")
    assert change.fields == (FieldChange(("priority",), "low", "high"),)
    assert change.operations == (Operation("PUT", "/cases/42", {"priority": "high"}, "write"),)
    assert change.base == before.fingerprint
    assert change.depends_on == (address("b"),)
    assert change.record == replace(before, recorded={"name": "A", "priority": "high"}, depends_on=(address("b"),))


def test_a_case_that_is_as_desired_takes_nothing_and_is_counted() -> None:
    made = plan(world(case("a", NAMED), record("a", "42", NAMED), lives={"42": NAMED}))

    assert made.is_empty
    assert (made.unchanged, made.refresh, made.drift, made.recorded) == (1, (), (), 1)


@pytest.mark.parametrize(
    ("declared", "recorded"),
    [
        (case("a", NAMED), {"name": "A", "priority": "low"}),
        (case("a", {**NAMED, "priority": "low"}), NAMED),
        (case("a", NAMED, lifecycle=Lifecycle(prevent_delete=True)), NAMED),
        (case("a", NAMED, depends_on=(address("b"),)), NAMED),
        (case("a", {**NAMED, "priority": "low"}, lifecycle=ignoring("priority")), {**NAMED, "priority": "high"}),
    ],
    ids=["released", "taken over", "protected", "depends", "ignored"],
)
def test_a_record_is_brought_up_to_date_without_a_request(declared: Case, recorded: dict[str, Any]) -> None:
    before = record("a", "42", recorded, updated_at="2026-01-01T00:00:00Z")
    made = world(declared, before, lives={"42": {"name": "A", "priority": "low"}})

    (refreshed,) = plan(made).refresh

    assert plan(made).is_empty
    assert not refreshed.means_the_same_as(before)
    assert plan(applied(made)).refresh == ()


@pytest.mark.parametrize(
    ("shown", "fields"),
    [
        ({"name": "A", "priority": "low"}, ()),
        ({"name": "Z", "priority": "low"}, (FieldChange(("name",), "Z", "A"),)),
    ],
)
def test_a_live_case_is_imported_and_made_as_desired(
    shown: dict[str, Any], fields: tuple[FieldChange, ...]
) -> None:
    change = only(world(case("a", NAMED, adopt="42"), lives={"42": shown}))

    assert (change.action, change.id, change.url) == (Action.IMPORT, "42", "https://toy/42")
    assert change.fields == fields
    assert len(change.operations) == len(fields)
    assert change.record == record("a", "42", NAMED)
    assert change.base is None


def test_a_case_that_was_deleted_outside_is_created_again_and_said_so() -> None:
    made = plan(world(case("a", NAMED), record("a", "42", NAMED, handles={"tasks.t": "9"})))
    (change,) = made.changes

    assert (change.action, change.id, change.reason) == (Action.CREATE, None, "case 42 was deleted outside")
    assert change.causes == (Cause.DRIFT,)
    assert change.record == Record(A, "toy", "", "", NAMED)
    assert change.base is not None
    assert made.drift == (Drift(A, missing=True, id="42", url="https://toy/42"),)


@pytest.mark.parametrize(
    ("on_remove", "shown", "action", "body"),
    [
        (OnRemove.RELEASE, {"status": "open"}, Action.RELEASE, None),
        (OnRemove.CLOSE, {"status": "open"}, Action.RELEASE, ("PUT", {"status": "closed"})),
        (OnRemove.CLOSE, {"status": "closed"}, Action.RELEASE, None),
        (OnRemove.CLOSE, None, Action.RELEASE, None),
        (OnRemove.DELETE, {"status": "open"}, Action.DELETE, ("DELETE", {})),
        (OnRemove.DELETE, None, Action.RELEASE, None),
    ],
)
def test_a_case_whose_block_has_left_is_treated_as_recorded(
    on_remove: OnRemove, shown: dict[str, Any] | None, action: Action, body: tuple[str, Any] | None
) -> None:
    gone = record("a", "42", NAMED, lifecycle=Lifecycle(on_remove), depends_on=(address("b"),))
    change = only(world(gone, lives={"42": {"name": "A", **shown}} if shown else {}))

    assert (change.action, change.record, change.id) == (action, None, "42")
    assert [(operation.method, operation.body) for operation in change.operations] == ([body] if body else [])
    assert change.reason == (None if shown else "it is gone already")
    assert change.base == gone.fingerprint
    assert change.depends_on == (address("b"),)


# ------------------------------------------------------------------------------------ what must not be


def protected(on_remove: OnRemove = OnRemove.DELETE) -> Record:
    return record("a", "42", NAMED, lifecycle=Lifecycle(on_remove, prevent_delete=True))


def test_prevent_delete_holds_after_the_block_has_left() -> None:
    with pytest.raises(PlanRefused, match=r"prevent_delete forbids deleting soc\.a") as caught:
        plan(world(protected(), lives={"42": NAMED}))

    assert "put the block back" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [(protected(OnRemove.RELEASE), NAMED), (protected(OnRemove.CLOSE), NAMED), (protected(), None)],
)
def test_prevent_delete_forbids_nothing_but_deleting(kept: Record, shown: dict[str, Any] | None) -> None:
    assert only(world(kept, lives={"42": shown} if shown else {})).action is Action.RELEASE


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (world(case("a", NAMED, adopt="42")), "soc.a: there is no case '42' to import"),
        (
            world(case("a", NAMED, adopt="42"), record("b", "42", NAMED), lives={"42": NAMED}),
            "soc.a: case '42' is managed as soc.b already",
        ),
        (
            world(case("a", NAMED, adopt="42"), lives={"42": NAMED}, outside=(record("b", "42", NAMED),)),
            "soc.a: case '42' is managed as soc.b already",
        ),
        (
            world(case("a", NAMED, adopt="42"), case("b", NAMED, adopt="42"), lives={"42": NAMED}),
            "soc.b: case '42' is managed as soc.a already",
        ),
        (
            world(case("a", NAMED), replace(record("a", "42", NAMED), type="old"), lives={"42": NAMED}),
            "soc.a was applied to a old system and is declared for toy now",
        ),
    ],
    ids=["no such case", "taken", "taken outside the scope", "taken twice", "another type"],
)
def test_what_cannot_be_had_is_told_with_its_place(made: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(made)

    (problem,) = caught.value.problems
    assert problem.message == message
    assert problem.location.file == "cases/a.yaml"
    assert problem.location.line == (2 if "import" in message or "managed" in message else 1)


def test_an_import_of_a_case_that_is_ours_already_is_ignored_with_a_warning() -> None:
    made = plan(world(case("a", NAMED, adopt="43"), record("a", "42", NAMED), lives={"42": NAMED, "43": {}}))

    assert made.is_empty
    assert made.warnings == ("soc.a: import '43' is ignored, since it is case 42 already",)


# ------------------------------------------------------------------------------------ drift


def test_drift_is_told_and_repaired() -> None:
    made = world(case("a", NAMED), record("a", "42", NAMED), lives={"42": {"name": "Z"}})

    assert plan(made).drift == (Drift(A, (DriftedField(("name",), "A", "Z"),), id="42", url="https://toy/42"),)
    assert only(made).causes == (Cause.DRIFT,)
    assert plan(applied(made)).is_empty
    assert plan(applied(made)).drift == ()


def test_what_is_ignored_is_set_once_and_then_left_to_others() -> None:
    declared = case("a", {"name": "A", "priority": "low", "metadata": {"k": "1"}}, lifecycle=ignoring("metadata"))

    created = only(world(declared))
    later = plan(
        world(
            declared,
            record("a", "42", {"name": "A", "priority": "low", "metadata": {"k": "1", "old": "x"}}),
            lives={"42": {"name": "A", "priority": "low", "metadata": {"k": "2", "old": "y"}}},
        )
    )

    assert created.field(("metadata", "k")) is not None
    assert created.record is not None
    assert created.record.recorded == {"name": "A", "priority": "low"}
    assert later.is_empty
    assert later.drift == ()


# ------------------------------------------------------------------------------------ references


def test_a_reference_to_a_case_that_exists_is_known() -> None:
    change = only(
        world(
            case("a", {"name": Template(("see ", Ref("b", "url"))), "description": Ref("b", "id")}),
            case("b", NAMED),
            record("b", "42", NAMED),
            lives={"42": NAMED},
        )
    )

    assert change.operations[0].body["name"] == "see https://toy/42"
    assert change.operations[0].body["description"] == "42"


@pytest.mark.parametrize("known", [(), (record("b", "42", NAMED),)], ids=["new", "deleted outside"])
def test_a_reference_to_a_case_that_does_not_exist_stays_open(known: tuple[Record, ...]) -> None:
    made = plan(world(case("a", {"name": Ref("b", "id")}), case("b", NAMED), *known))

    change = made.changes[0]
    assert [operation.body["name"] for operation in change.operations] == [Ref("b", "id")]
    assert change.record is not None
    assert change.record.recorded == {"name": Ref("b", "id")}


def test_a_reference_to_a_case_outside_the_scope_is_taken_from_its_record() -> None:
    change = only(world(case("a", {"name": Ref("b", "id")}), outside=(record("b", "42", NAMED),)))

    assert change.operations[0].body["name"] == "42"


# ------------------------------------------------------------------------------------ secrets


SECRETS = {"name": SECRET, "tags": frozenset({SECRET}), "metadata": {"k": SECRET}}
KEPT = {"name": SEALED, "tags": frozenset({SEALED}), "metadata": {"k": SEALED}}
SHOWN = {"name": "hunter2", "tags": frozenset({"hunter2"}), "metadata": {"k": "hunter2"}}
OTHERWISE = {"name": "old", "tags": frozenset({"old"}), "metadata": {"k": "old"}}


@pytest.mark.parametrize(
    "made",
    [
        world(case("a", SECRETS)),
        world(case("a", SECRETS, adopt="42"), lives={"42": SHOWN}),
        world(case("a", SECRETS), record("a", "42", KEPT), lives={"42": SHOWN}),
        world(case("a", SECRETS), record("a", "42", {}), lives={"42": SHOWN}),
        world(case("a", SECRETS), record("a", "42", KEPT)),
        world(case("a", {"metadata": {"l": SECRET}}), record("a", "42", KEPT), lives={"42": SHOWN}),
        world(case("a", {"metadata": {}}), record("a", "42", KEPT), lives={"42": SHOWN}),
        world(record("a", "42", KEPT, lifecycle=Lifecycle(OnRemove.DELETE)), lives={"42": SHOWN}),
        world(case("a", SECRETS), record("a", "42", KEPT), lives={"42": OTHERWISE}),
    ],
)
def test_no_secret_is_anywhere_in_a_plan(made: Any) -> None:
    assert "hunter2" not in repr(plan(made))


def test_a_secret_that_is_live_already_is_no_change() -> None:
    assert plan(world(case("a", SECRETS), record("a", "42", KEPT), lives={"42": SHOWN})).is_empty
    assert plan(world(case("a", SECRETS), record("a", "42", {}), lives={"42": SHOWN})).is_empty


def test_another_secret_is_a_change_between_digests() -> None:
    change = only(world(case("a", {"name": SECRET}), record("a", "42", {"name": SEALED}), lives={"42": OTHERWISE}))

    assert change.fields == (FieldChange(("name",), Secret("old").digest(LINEAGE), SEALED, Cause.DRIFT),)
    assert change.operations[0].body == {"name": SEALED}


# ------------------------------------------------------------------------------------ the whole


def test_changes_are_sorted_and_names_that_were_looked_up_reach_the_requests() -> None:
    made = world(case("b", NAMED), case("a", {"name": "B"}), record("a", "42", NAMED), lives={"42": NAMED})
    planned = plan(made, {A: {"looked_up": 7}})

    assert [str(change.address) for change in planned.changes] == ["soc.a", "soc.b"]
    assert planned.changes[0].operations[0].body == {"name": "B", "looked_up": 7}
    assert (planned.workspace, planned.lineage, planned.serial) == ("acme", LINEAGE, 7)
    assert planned.created_at == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "made",
    [
        world(case("a", SECRETS)),
        world(case("a", NAMED), record("a", "42", NAMED)),
        world(case("a", NAMED, adopt="42"), lives={"42": {"name": "Z"}}),
        world(
            shared("a", {"tags": frozenset({"x"}), "metadata": {"k": "1", "n": None}}, "tags"),
            record("a", "42", {"tags": frozenset({"y"}), "metadata": {"old": "1"}}),
            lives={"42": {"tags": frozenset({"y", "z"}), "metadata": {"old": "1", "n": "1", "theirs": "1"}}},
        ),
        world(record("a", "42", NAMED, lifecycle=Lifecycle(OnRemove.DELETE)), lives={"42": NAMED}),
        world(record("a", "42", NAMED, lifecycle=Lifecycle(OnRemove.CLOSE)), lives={"42": {"status": "open"}}),
    ],
)
def test_a_second_plan_is_empty(made: Any) -> None:
    done = applied(made)
    again = plan(replace(done, cases={at: it for at, it in done.cases.items() if at in done.records}))

    assert not plan(made).is_empty
    assert again.is_empty
    assert (again.refresh, again.drift) == ((), ())
