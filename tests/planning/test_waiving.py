"""What is waived is told apart, for as long as its waiver holds."""

from __future__ import annotations

import pytest

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftedField, DriftReport
from reconciler.model.waiver import Waiver
from reconciler.planning.waiving import told_apart

A = Address("soc", "a")
PRIORITY = DriftedField(("priority",), "high", "low")
REGION = DriftedField(("metadata", "region"), "emea", "apac")
REPORT = DriftReport("w", (Drift(A, (PRIORITY, REGION)), Drift(Address("soc", "gone"), missing=True)), 3)


def waiver(path: str, until: str = "2026-06-30", address: Address = A) -> Waiver:
    return Waiver(address, path, "known", "jane", until, Location("waivers.yaml", 4, 3))


def applied(*waivers: Waiver, today: str = "2026-06-30") -> DriftReport:
    return told_apart(REPORT, waivers, today=today, known={A})


def paths(drifts: tuple[Drift, ...]) -> list[str]:
    return [".".join(field.path) for drift in drifts for field in drift.fields]


@pytest.mark.parametrize(
    ("path", "waived"),
    [
        ("priority", ["priority"]),
        ("metadata.region", ["metadata.region"]),
        ("metadata", ["metadata.region"]),
        ("metadata.reg", []),
        ("region", []),
    ],
)
def test_a_waiver_covers_a_field_and_all_that_is_in_it(path: str, waived: list[str]) -> None:
    report = applied(waiver(path))

    assert paths(report.waived) == waived
    assert sorted(paths(report.drift) + waived) == ["metadata.region", "priority"]
    assert report.missing == 1
    assert report.clean == 3


def test_a_key_with_a_dot_is_not_a_part_of_another() -> None:
    assert not waiver("metadata.a").covers(A, ("metadata", "a.b"))
    assert waiver("metadata.a.b").covers(A, ("metadata", "a.b"))


def test_a_case_of_which_all_is_waived_does_not_count() -> None:
    report = applied(waiver("priority"), waiver("metadata"))

    assert [str(drift.address) for drift in report.drift] == ["soc.gone"]
    assert report.waived_fields == 2


@pytest.mark.parametrize(("today", "counts"), [("2026-06-30", False), ("2026-07-01", True)])
def test_a_waiver_holds_through_its_last_day_and_then_is_told(today: str, *, counts: bool) -> None:
    report = applied(waiver("priority"), waiver("metadata"), today=today)

    assert ("priority" in paths(report.drift)) is counts
    assert [text.startswith("waivers.yaml:4:3: the waiver of soc.a ") for text in report.warnings] == (
        [True, True] if counts else []
    )
    assert {field.waiver and field.waiver.expired for drift in report.drift for field in drift.fields} == (
        {True} if counts else set()
    )


def test_of_two_waivers_the_longer_holds() -> None:
    report = applied(waiver("priority", "2026-01-01"), waiver("priority", "2027-01-01"))

    assert paths(report.waived) == ["priority"]
    assert report.warnings == ()


def test_a_waiver_of_an_unknown_case_is_told() -> None:
    report = applied(waiver("priority", address=Address("soc", "typo")))

    assert report.warnings == (
        "waivers.yaml:4:3: soc.typo is no case of this workspace; nothing is waived by this",
    )
    assert report.drift == REPORT.drift
