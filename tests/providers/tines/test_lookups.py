"""What names in changing cases mean, and what requests are made of beside the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.values import ABSENT, Marker, Path, Ref, Secret, Value
from reconciler.providers.base import Subject
from tests.providers.tines.tenant import Tenant

KEYS = "affected_hosts, contained, detected_at, impact_score, operating_system, ticket"
A, B = Address("soc", "a"), Address("soc", "b")


class Place:
    """A source whose file is the path itself."""

    def at(self, path: Path = ()) -> Location:
        return Location(".".join(path) or "case")


def subject(
    changes: tuple[FieldChange, ...],
    live: Live | None = None,
    address: Address = A,
    depends_on: tuple[Address, ...] = (),
    **attributes: Any,
) -> Subject:
    """Return a case that changes so."""
    action = Action.UPDATE if live else Action.CREATE
    change = Change(address, "tines", action, live.id if live else None, fields=changes, depends_on=depends_on)
    case = Case(address, "tines", attributes, Place())
    return Subject(change, case, live, Marker("L", str(address), 7))


def setting(**values: Any) -> tuple[FieldChange, ...]:
    """Return changes that set fields, or remove them."""
    return tuple(FieldChange(("fields", name.replace("_", " ")), ABSENT, value) for name, value in values.items())


def looked_up(tenant: Tenant, *subjects: Subject) -> Mapping[Address, Mapping[str, Any]]:
    tenant.asked.clear()
    return tenant.provider.lookup(tenant.api, subjects)


# ------------------------------------------------------------------------------------ fields


def test_fields_of_new_cases_are_known_by_key_or_name_and_asked_for_once_a_team() -> None:
    tenant = Tenant()
    id = tenant.emulator.case_input_id

    found = looked_up(
        tenant,
        subject(setting(ticket="x", Affected_hosts="y")),
        subject(setting(Ticket="x"), address=B),
        subject(setting(Affected_hosts="z"), address=Address("soc", "c"), team_id=3),
    )

    assert found[A]["inputs"] == {"ticket": id(2, "ticket"), "Affected hosts": id(2, "affected_hosts")}
    assert found[B]["inputs"] == {"Ticket": id(2, "ticket")}
    assert found[Address("soc", "c")]["inputs"] == {"Affected hosts": id(3, "affected_hosts")}
    assert tenant.counted == {"case_inputs": 2}


def test_fields_that_are_on_the_case_need_no_request() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    value = tenant.emulator.add_field(case, "ticket", "SOC-1")
    live = tenant.read([case], "fields")[case]

    found = looked_up(
        tenant, subject((FieldChange(("fields", "Ticket"), "SOC-1", "SOC-2"),), live, fields={"Ticket": "SOC-2"})
    )

    assert found[A]["inputs"] == {"Ticket": tenant.emulator.case_input_id(2, "ticket")}
    assert found[A]["fields"] == {"Ticket": str(value), "ticket": str(value)}
    assert tenant.asked == []


def test_a_field_that_is_removed_is_known_by_the_id_of_its_value() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    value = tenant.emulator.add_field(case, "ticket", "SOC-1")
    live = tenant.read([case], "fields")[case]

    found = looked_up(tenant, subject((FieldChange(("fields", "ticket"), "SOC-1", ABSENT),), live))

    assert found[A]["fields"]["ticket"] == str(value)
    assert tenant.asked == []


def test_a_case_that_moves_takes_the_fields_of_its_new_team() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    tenant.emulator.add_field(case, "operating_system", "Linux")
    live = tenant.read([case], "fields")[case]
    change = (FieldChange(("fields", "operating_system"), "Linux", "macOS"), FieldChange(("team_id",), 2, 3))

    found = looked_up(tenant, subject(change, live, team_id=3))

    assert found[A]["inputs"] == {"operating_system": tenant.emulator.case_input_id(3, "operating_system")}


def test_what_was_not_read_for_this_plan_is_read_for_the_look_up() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    value = tenant.emulator.add_field(case, "ticket", "SOC-1")
    subscription = tenant.emulator.add_subscriber(case, "lin@acme.example")
    changes = (
        FieldChange(("fields", "ticket"), "SOC-1", ABSENT),
        FieldChange(("subscribers",), frozenset({"lin@acme.example"}), frozenset()),
    )

    found = looked_up(tenant, subject(changes, Live(str(case), "", {})))

    assert found[A]["fields"]["ticket"] == str(value)
    assert found[A]["subscriptions"]["lin@acme.example"] == str(subscription)


@pytest.mark.parametrize(
    ("declared", "place", "message", "hint"),
    [
        (
            {"tickets": "x"},
            "fields.tickets",
            f"the team has no field 'tickets'; it has {KEYS}",
            "did you mean 'ticket' or 'Ticket'?",
        ),
        ({"Twin": "x"}, "fields.Twin", "the team has several fields called 'Twin'", "write the key: twin, twin_2"),
        (
            {"ticket": "x", "Ticket": "y"},
            "fields.Ticket",
            "field 'Ticket' is the same as 'ticket'",
            "remove one of them",
        ),
    ],
)
def test_a_field_that_is_not_clear_is_told_with_its_place(
    declared: dict[str, Any], place: str, message: str, hint: str
) -> None:
    def twins(path: str, answer: Any) -> Any:
        if path.endswith("/case_inputs") and "Twin" in declared:
            answer["case_inputs"] += [
                {"id": 1, "key": "twin", "name": "Twin"},
                {"id": 2, "key": "twin_2", "name": "Twin"},
            ]
        return answer

    with pytest.raises(ConfigError) as caught:
        looked_up(Tenant(twist=twins), subject(setting(**declared)))

    (problem,) = caught.value.problems
    assert (problem.location.file, problem.message, problem.hint) == (place, message, hint)


def test_a_name_that_two_fields_of_a_case_have_is_not_guessed() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    tenant.emulator.add_field(case, "ticket", "SOC-1")
    tenant.emulator.add_field(case, "impact_score", 1)
    read = tenant.read([case], "fields")[case]
    twins = [{**each, "case_input": {**each["case_input"], "name": "Twin"}} for each in read.shown["fields"]]
    live = type(read)(read.id, read.url, read.attributes, shown={"fields": twins})

    with pytest.raises(ConfigError, match="no field 'Twin'"):
        looked_up(tenant, subject(setting(Twin="x"), live))


def test_a_case_without_a_team_has_no_names() -> None:
    tenant = Tenant(team_id=None)

    with pytest.raises(ConfigError) as caught:
        looked_up(tenant, subject(setting(ticket="x"), Live("1", "", {}), sub_status="Done"))

    assert [problem.message for problem in caught.value.problems] == [
        "the team has no field 'ticket'; it has none",
        "the team has no case status 'Done'; it has none",
    ]


# ------------------------------------------------------------------------------------ parts


def test_parts_of_a_case_come_with_what_was_read() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1, closure_conditions=[{"name": "a", "formula": "=1"}])
    subscription = tenant.emulator.add_subscriber(case, "lin@acme.example")
    tenant.emulator.add_action(case, "Go", "https://go")
    live = tenant.read([case], "subscribers", "actions")[case]
    changes = (
        FieldChange(("actions", "go"), ABSENT, {"label": "Go"}),
        FieldChange(("subscribers",), frozenset(), frozenset({"x@x"})),
    )

    found = looked_up(tenant, subject(changes, live))

    secret = Secret("lin@acme.example").digest("L")
    assert found[A]["subscriptions"] == {"lin@acme.example": str(subscription), secret: str(subscription)}
    assert [each["label"] for each in found[A]["buttons"]] == ["Go"]
    assert found[A]["conditions"] is True
    assert tenant.asked == []


def test_nothing_is_asked_where_nothing_is_named() -> None:
    tenant = Tenant()
    (case,) = tenant.seed(1)
    live = tenant.read([case], "name")[case]

    assert looked_up(tenant, subject((FieldChange(("name",), "A", "B"),), live)) == {}
    assert tenant.asked == []


# ------------------------------------------------------------------------------------ links


def links(*after: Any, before: tuple[Any, ...] = ()) -> tuple[FieldChange, ...]:
    return (FieldChange(("links",), frozenset(before), frozenset(after)),)


ONE, TWO = Live("1", "", {}), Live("2", "", {})


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        pytest.param(
            subject(links(Ref("b", "id"))),
            subject(links(Ref("a", "id")), address=B, depends_on=(A,)),
            {B: {Ref("a", "id")}},
            id="two new cases: whichever comes first",
        ),
        pytest.param(
            subject(links("2"), ONE, depends_on=(B,)),
            subject(links("1"), TWO, address=B),
            {A: {"2"}},
            id="two old cases",
        ),
        pytest.param(
            subject(links("2"), ONE), subject(links("1"), TWO, address=B), {B: {"1"}}, id="in no order: by name"
        ),
        pytest.param(
            subject(links(before=("2",)), ONE),
            subject(links(before=("1",)), TWO, address=B),
            {B: {"1"}},
            id="both drop it",
        ),
        pytest.param(
            subject(links("2"), ONE), subject(links(before=("1",)), TWO, address=B), {}, id="they contradict"
        ),
        pytest.param(subject(links("2"), ONE), subject(links("3"), TWO, address=B), {}, id="it is on one side"),
    ],
)
def test_of_two_cases_that_both_change_a_link_one_says_so(
    first: Subject, second: Subject, ends: dict[Address, set[Any]]
) -> None:
    found = looked_up(Tenant(), first, second)

    assert {each: meaning["other_end"] for each, meaning in found.items() if "other_end" in meaning} == ends
    sent = {each: meaning["this_end"] for each, meaning in found.items() if "this_end" in meaning}
    carriers = [(first, B) if end == B else (second, A) for end in ends]
    assert sent == {carrier.change.address: {_member(carrier): end} for carrier, end in carriers}


def _member(carrier: Subject) -> Value:
    """Return the one link that a case gains or loses."""
    (change,) = carrier.change.fields
    (member,) = change.add | change.remove
    return member
