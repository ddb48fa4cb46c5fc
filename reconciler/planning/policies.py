"""
What rules have against a plan, put together, and whether it may be applied all the same.

objection   apply
---------   ----------------------------------------------------
hard        refuses, and so for a rule that cannot be evaluated
soft        refuses, unless the rule is named as overridden
advisory    goes on
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.errors import PolicyRefused
from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.model.policy import BY_WEIGHT, Objection, Severity

NAMED: Final = 10
"""Cases that are named for one rule in an error."""


@dataclass(frozen=True, slots=True)
class Group:
    """One rule with all that it has to say the same about."""

    first: Objection
    addresses: tuple[Address, ...]
    """Of the cases; none where it is about the plan."""

    def named(self, most: int) -> str:
        """Return the cases as a sentence lists them, at most so many."""
        names = ", ".join(map(str, self.addresses[:most]))
        more = len(self.addresses) - most
        return f"{names} and {more} more" if more > 0 else names


def grouped(objections: Iterable[Objection]) -> tuple[Group, ...]:
    """Return objections by rule and words, the heaviest first."""
    found: dict[tuple[str, str, Severity], list[Objection]] = {}
    for objection in objections:
        found.setdefault((objection.rule, objection.message, objection.severity), []).append(objection)
    groups = (
        Group(those[0], tuple(each.address for each in those if each.address is not None))
        for those in found.values()
    )
    return tuple(sorted(groups, key=lambda group: BY_WEIGHT.index(group.first.severity)))


def enforce(plan: Plan) -> None:
    """Raise PolicyRefused if a rule stops the plan; it says which, and what would let the plan pass."""
    stopping = [group for group in grouped(plan.policies) if group.first.stops]
    if stopping:
        raise PolicyRefused(
            "\n".join(["the policies of this workspace do not let the plan pass", *map(_sentence, stopping)]),
            hint=f"nothing was sent; {_way_out(stopping)}",
        )


def _sentence(group: Group) -> str:
    about = f" ({group.named(NAMED)})" if group.addresses else ""
    first = group.first
    return f"{first.severity} {first.rule}: {first.message}{about}"


def _way_out(stopping: Iterable[Group]) -> str:
    return "; ".join(_ways([group.first for group in stopping]))


def _ways(objections: list[Objection]) -> Iterator[str]:
    if any(each.severity is Severity.HARD for each in objections):
        yield "what is hard cannot be overridden: change what is declared, or the rule"
    soft = dict.fromkeys(each.rule for each in objections if each.severity is Severity.SOFT)
    if soft:
        yield f"who answers for what is soft: {' '.join(f'--override-policy {name}' for name in soft)}"
