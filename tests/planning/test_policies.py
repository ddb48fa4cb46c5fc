"""What stops a plan, and what is said then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import Location, PolicyRefused
from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.model.policy import Objection, Severity
from reconciler.planning.policies import enforce, grouped

SOURCE = Location("policies/a.yaml", 3, 3)
SOFT = Objection("ask", Severity.SOFT, "Ask first.", SOURCE)
HARD = Objection("never", Severity.HARD, "Never.", SOURCE)
ADVISORY = Objection("mind", Severity.ADVISORY, "Mind.", SOURCE)


def at(objection: Objection, *names: str) -> tuple[Objection, ...]:
    return tuple(replace(objection, address=Address("soc", name)) for name in names)


def plan(*objections: Objection) -> Plan:
    return Plan("acme", "lineage", 7, "2026-01-01T00:00:00Z", (), policies=objections)


@pytest.mark.parametrize("passing", [(), (ADVISORY,), (replace(SOFT, overridden=True), ADVISORY)])
def test_a_plan_passes_what_is_advisory_or_overridden(passing: tuple[Objection, ...]) -> None:
    enforce(plan(*passing))


@pytest.mark.parametrize("stopping", [SOFT, HARD, replace(HARD, overridden=True)])
def test_a_plan_is_stopped_by_what_is_soft_or_hard(stopping: Objection) -> None:
    with pytest.raises(PolicyRefused):
        enforce(plan(ADVISORY, stopping))


def test_the_error_names_rules_and_cases_and_the_ways_out() -> None:
    with pytest.raises(PolicyRefused) as refused:
        enforce(plan(ADVISORY, *at(SOFT, *map(str, range(12))), replace(SOFT, rule="two"), *at(HARD, "a", "b")))

    assert refused.value.message.splitlines() == [
        "the policies of this workspace do not let the plan pass",
        "hard never: Never. (soc.a, soc.b)",
        f"soft ask: Ask first. ({', '.join(f'soc.{n}' for n in range(10))} and 2 more)",
        "soft two: Ask first.",
    ]
    assert refused.value.hint == (
        "nothing was sent; what is hard cannot be overridden: change what is declared, or the rule; "
        "who answers for what is soft: --override-policy ask --override-policy two"
    )


def test_objections_are_put_together_by_rule_and_words_the_heaviest_first() -> None:
    unclear = replace(SOFT, severity=Severity.HARD, message="cannot be evaluated: x", unclear=True)

    groups = grouped([*at(SOFT, "a"), ADVISORY, *at(unclear, "b"), *at(SOFT, "c"), HARD])

    assert [(group.first.rule, group.first.message, group.named(9)) for group in groups] == [
        ("ask", "cannot be evaluated: x", "soc.b"),
        ("never", "Never.", ""),
        ("ask", "Ask first.", "soc.a, soc.c"),
        ("mind", "Mind.", ""),
    ]
