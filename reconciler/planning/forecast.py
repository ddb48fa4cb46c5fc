"""
What a plan will ask of each system, and how long that takes at least.

    soc: 12 PUT, 3000 POST; 12 cases are read again; 61 s at 3000 requests a minute

Counted are the requests that write. How quickly a system answers is not known beforehand, so the time is that of
the limit alone: `requests_per_minute` as it was when the plan was made. How many requests it takes to read the
cases again, just before their first write, is up to each system, so the cases are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Forecast:
    """The requests of a plan to one provider instance."""

    provider: str
    verbs: Mapping[str, int]
    """By HTTP method, sorted by it."""
    read_again: int
    """Cases."""
    per_minute: int

    @property
    def requests(self) -> int:
        """Return how many write."""
        return sum(self.verbs.values())

    @property
    def seconds(self) -> int:
        """Return how long they take at the limit, in whole seconds, begun ones counted."""
        return -(-self.requests * 60 // self.per_minute)

    def __str__(self) -> str:
        verbs = ", ".join(f"{count} {verb}" for verb, count in self.verbs.items())
        again = f"{_counted(self.read_again, 'case is', 'cases are')} read again; " if self.read_again else ""
        rate = _counted(self.per_minute, "request", "requests")
        return f"{self.provider}: {verbs}; {again}{self.seconds} s at {rate} a minute"


def forecast(plan: Plan) -> tuple[Forecast, ...]:
    """Return what is asked of each system that is written to, sorted by instance; of those whose rate is known."""
    verbs: dict[str, Counter[str]] = {}
    again: Counter[str] = Counter()
    for change in plan.changes:
        if change.operations and change.address.provider in plan.rates:
            name = change.address.provider
            verbs.setdefault(name, Counter()).update(each.method for each in change.operations)
            again[name] += change.id is not None
    return tuple(
        Forecast(name, dict(sorted(counts.items())), again[name], plan.rates[name])
        for name, counts in sorted(verbs.items())
    )


def rated(plan: Plan, rates: Mapping[str, int]) -> Plan:
    """Return a plan that knows how many requests a minute each instance that it writes to gets."""
    written = {change.address.provider for change in plan.changes if change.operations}
    return replace(plan, rates={name: rates[name] for name in sorted(written & rates.keys())})


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
