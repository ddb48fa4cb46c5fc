"""How much of what is live is managed: counted case by case, by status and by tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.case import Live


class Keeper(StrEnum):
    """Who manages a live case."""

    MANAGED = "managed"
    """This workspace does: it is recorded."""
    ELSEWHERE = "elsewhere"
    """It carries a marker and is not recorded here: another workspace made it, or an earlier one."""
    UNMANAGED = "unmanaged"
    """Nobody does, as far as it shows."""


@dataclass(slots=True)
class Tally:
    """Cases by who manages them."""

    counts: Counter[Keeper] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts.total()


@dataclass(slots=True)
class Coverage:
    """The cases of one system that were looked at."""

    workspace: str
    provider: str
    filters: tuple[tuple[str, str], ...] = ()
    all: Tally = field(default_factory=Tally)
    by_status: dict[str, Tally] = field(default_factory=dict)
    by_tag: dict[str, Tally] = field(default_factory=dict)

    def add(self, live: Live, keeper: Keeper) -> None:
        """Count a case."""
        self.all.counts[keeper] += 1
        tags = live.attributes.get("tags") or ()
        for groups, names in ((self.by_status, [live.attributes.get("status")]), (self.by_tag, tags)):
            _add(groups, names, keeper)


def _add(groups: dict[str, Tally], names: Iterable[object], keeper: Keeper) -> None:
    for name in names:
        if name is not None:
            groups.setdefault(str(name), Tally()).counts[keeper] += 1


def by_size(groups: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Return groups, the largest first."""
    return sorted(groups.items(), key=lambda group: (-group[1].total, group[0]))
