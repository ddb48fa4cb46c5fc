from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.change import Action, Cause, Change, FieldChange
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan, Summary
from reconciler.model.record import Record
from reconciler.model.result import Outcome, Result, Status
from reconciler.model.values import ABSENT, Digest, Marker, Ref

A, B = Address("soc", "a"), Address("soc", "b")


def change(address: Address, *, lineage: str = "L", serial: int = 1) -> Change:
    body = {"name": "x", "metadata": {"k": "v", "reconciler": Marker(lineage, str(address), serial)}}
    return Change(
        address,
        "tines",
        Action.CREATE,
        fields=(
            FieldChange(("metadata", "k"), ABSENT, "v"),
            FieldChange(("tags",), frozenset({"x", "y"}), frozenset({"z"})),
        ),
        operations=(Operation("POST", "/cases", body, "create"), Operation("PUT", "/cases/1", {"a": [1]}, "why")),
    )


PLAN = Plan("acme", "L", 1, "2026-01-01T00:00:00Z", (change(A), change(B)))


def edit(**fields: object) -> Callable[[Change], Change]:
    return lambda it: replace(it, fields=(replace(it.fields[0], **fields), *it.fields[1:]))  # type: ignore[arg-type]


def resend(**operation: object) -> Callable[[Change], Change]:
    return lambda it: replace(
        it,
        operations=(replace(it.operations[0], **operation), *it.operations[1:]),  # type: ignore[arg-type]
    )


def reversed_body(it: Change) -> dict[str, object]:
    return dict(reversed(it.operations[0].body.items()))


@pytest.mark.parametrize(
    "same",
    [
        replace(PLAN, lineage="M", serial=9, changes=tuple(change(a, lineage="M", serial=9) for a in (A, B))),
        replace(PLAN, created_at="2030-12-31T00:00:00Z"),
        replace(PLAN, changes=(change(B), change(A))),
        replace(PLAN, changes=tuple(replace(it, fields=tuple(reversed(it.fields))) for it in PLAN.changes)),
        replace(PLAN, unchanged=5, recorded=7, warnings=("careful",)),
        replace(PLAN, refresh=(Record(A, "tines", "1", "", {}),)),
        replace(PLAN, changes=tuple(resend(body=reversed_body(it))(it) for it in PLAN.changes)),
    ],
    ids=[
        "lineage and serial",
        "time",
        "changes reversed",
        "fields reversed",
        "counts",
        "refresh",
        "keys reversed",
    ],
)
def test_the_same_meaning_has_the_same_digest(same: Plan) -> None:
    assert same.digest == PLAN.digest


@pytest.mark.parametrize(
    "edited",
    [
        lambda it: replace(it, address=Address("soc", "c")),
        lambda it: replace(it, action=Action.UPDATE),
        lambda it: replace(it, type="other"),
        lambda it: replace(it, id="42"),
        lambda it: replace(it, moved_from=Address("soc", "z")),
        lambda it: replace(it, fields=()),
        lambda it: replace(it, operations=()),
        lambda it: replace(it, operations=tuple(reversed(it.operations))),
        edit(path=("metadata", "l")),
        edit(before="u"),
        edit(after="w"),
        edit(after=Ref("b", "id")),
        edit(after=Digest("sha256:" + "0" * 64)),
        edit(cause=Cause.BOTH),
        resend(method="PUT"),
        resend(path="/cases/2"),
        resend(query=(("owner", "SOC"),)),
        resend(body={"name": "x"}),
        resend(body=None),
        resend(body={"name": "x", "metadata": {"k": "v"}}),
        resend(why="because"),
        resend(others={B: (("tags",),)}),
    ],
)
def test_any_other_meaning_has_another_digest(edited: Callable[[Change], Change]) -> None:
    other = replace(PLAN, changes=(edited(PLAN.changes[0]), PLAN.changes[1]))

    assert other.digest != PLAN.digest


def test_a_plan_tells_which_requests_of_others_make_something_of_a_case_true() -> None:
    carrier = resend(others={B: (("tags",),)})(change(A))

    carried = replace(PLAN, changes=(carrier, change(B))).carried

    assert carried == {B: ((A, carrier.operations[0]),)}


def test_a_digest_is_made_of_any_text() -> None:
    assert replace(PLAN, changes=(edit(after="\ud800")(change(A)),)).digest.startswith("sha256:")


def test_the_summary_counts_cases_and_requests() -> None:
    actions = [Action.CREATE, Action.UPDATE, Action.UPDATE, Action.DELETE, Action.RELEASE, Action.IMPORT]
    changes = tuple(replace(change(Address("soc", f"c{i}")), action=action) for i, action in enumerate(actions))
    plan = replace(PLAN, changes=changes, unchanged=4)

    assert plan.summary == Summary(
        create=1, update=2, delete=1, release=1, imported=1, unchanged=4, requests=2 * len(actions)
    )
    assert not plan.is_empty
    assert replace(PLAN, changes=()).is_empty


@pytest.mark.parametrize(
    ("causes", "told"),
    [
        ((), (Cause.CONFIG,)),
        ((Cause.CONFIG,), (Cause.CONFIG,)),
        ((Cause.DRIFT, Cause.DRIFT), (Cause.DRIFT,)),
        ((Cause.DRIFT, Cause.CONFIG), (Cause.CONFIG, Cause.DRIFT)),
        ((Cause.BOTH,), (Cause.CONFIG, Cause.DRIFT)),
    ],
)
def test_a_change_tells_each_cause_once(causes: tuple[Cause, ...], told: tuple[Cause, ...]) -> None:
    fields = tuple(FieldChange((f"f{i}",), 1, 2, cause) for i, cause in enumerate(causes))

    assert replace(change(A), fields=fields).causes == told


@pytest.mark.parametrize(
    ("before", "after", "add", "remove"),
    [
        ({"a", "b"}, {"b", "c"}, {"c"}, {"a"}),
        (set(), {"a"}, {"a"}, set()),
        (None, {"a"}, {"a"}, set()),
        (ABSENT, {"a"}, {"a"}, set()),
        ({"a"}, set(), set(), {"a"}),
    ],
)
def test_a_set_tells_what_it_gains_and_loses(
    before: set[str] | None, after: set[str], add: set[str], remove: set[str]
) -> None:
    old = frozenset(before) if isinstance(before, set) else before
    field = FieldChange(("tags",), old, frozenset(after))

    assert field.is_set
    assert field.add == add
    assert field.remove == remove


def test_a_field_of_a_change_is_found_by_its_path() -> None:
    found = change(A).field(("tags",))

    assert found is not None
    assert found.after == {"z"}
    assert change(A).field(("priority",)) is None


def test_a_result_counts_only_what_was_done() -> None:
    outcomes = (
        Outcome(A, Action.CREATE, Status.DONE, 2),
        Outcome(B, Action.UPDATE, Status.FAILED, 1, "no"),
        Outcome(Address("soc", "c"), Action.DELETE, Status.DONE, 1),
    )
    result = Result(outcomes)

    assert result.summary == Summary(create=1, delete=1, requests=4)
    assert result.not_done == (outcomes[1],)
    assert not result.is_complete
    assert Result(outcomes[:1]).is_complete
    assert not Result(outcomes[:1], interrupted=True).is_complete


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ((), "/cases"),
        ((("owner", "My Org"),), "/cases?owner=My Org"),
        ((("fields", "tags"), ("fields", "notes")), "/cases?fields=tags&fields=notes"),
    ],
)
def test_a_target_is_what_a_person_reads(query: tuple[tuple[str, str], ...], target: str) -> None:
    assert Operation("POST", "/cases", None, "create", query=query).target == target
