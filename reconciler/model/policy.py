"""What the rules of a workspace have against a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.errors import Location
from reconciler.model.address import Address


class Severity(StrEnum):
    """What becomes of a plan that a rule objects to."""

    ADVISORY = "advisory"
    """It is said, and applied."""
    SOFT = "soft"
    """It is applied only if the rule is named as overridden."""
    HARD = "hard"
    """It is not applied."""


BY_WEIGHT = (Severity.HARD, Severity.SOFT, Severity.ADVISORY)
"""The heaviest first, as they are shown."""


@dataclass(frozen=True, slots=True)
class Objection:
    """What one rule has against one change, or against the plan as a whole."""

    rule: str
    severity: Severity
    message: str
    source: Location = field(compare=False)
    """Where the rule stands, from the root of the workspace."""
    address: Address | None = None
    """The case whose change it is about; None: the plan."""
    link: str | None = None
    """Where more is told about the rule."""
    unclear: bool = False
    """The rule could not be evaluated, so that nobody knows; such an objection is always hard."""
    overridden: bool = False
    """Somebody has answered for it in this run."""

    @property
    def stops(self) -> bool:
        """Tell whether the plan is not applied because of it."""
        return self.severity is Severity.HARD or (self.severity is Severity.SOFT and not self.overridden)


class Verdict(StrEnum):
    """What a rule says."""

    DENY = "deny"
    PASS = "pass"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test of a rule."""

    name: str
    rule: str
    expected: Verdict
    said: Verdict | None
    """None if the rule could not be evaluated."""
    source: Location
    """Where the test stands."""
    reason: str = ""
    """What the rule has to say, or why it has nothing."""

    @property
    def is_right(self) -> bool:
        """Tell whether the rule said what was expected."""
        return self.said is self.expected
