"""
What is compared with what, and how much it should be.

A row divides one process by a reference of the same round: by another process, by several added up, or by a bound
that follows from what was measured. Every figure is such a ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from kinds import PARALLELISM
from measure import METRICS, Sampled, ratio
from places import LATENCY, NOWHERE, Spot
from systems import SYSTEMS

Taken: TypeAlias = Mapping[str, Mapping[Spot, Mapping[int, Sampled]]]
"""What was measured: by kind, by spot, by round."""

MIDDLE: Final = 10_000
"""The size that most aims are about."""
LARGE: Final = 100_000
MOST_MEMORY: Final = 512.0
"""MiB."""
MET: Final = "met"
MISSED: Final = "**missed**"

BUDGET: Final = 60_000
"""Characters that `show --format markdown` may write unless told otherwise: a comment's worth."""
READABLE: Final = 5.0
"""Seconds within which the comment on a large plan should be there."""


@dataclass(frozen=True, slots=True)
class Aim:
    """How much a ratio should be, in the middle."""

    bound: float
    metric: str = "wall"
    is_least: bool = False
    at: int | None = None
    """The number of cases at which it is asked for; None asks everywhere."""

    def __str__(self) -> str:
        return f"{METRICS[self.metric]} {'≥' if self.is_least else '≤'} {self.bound:g}"

    def verdict(self, spot: Spot, figure: float) -> str:
        """Tell whether a figure is as it should be, to the digits that are shown, or where that is asked."""
        if self.at not in {None, spot.cases}:
            return f"{self} at {self.at:,}"
        shown = round(figure, 2)
        is_met = shown >= self.bound if self.is_least else shown <= self.bound
        return f"{self}: {MET if is_met else MISSED}"


Find: TypeAlias = Callable[[Taken, Spot, int, Sampled], Sampled | None]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a process is divided by."""

    find: Find
    """Out of what was measured, at a spot, in a round, for this process; None if it is not there."""
    kinds: tuple[str, ...] = ()
    """What has to be measured for it."""


def process(kind: str) -> Reference:
    """Return a process that ran at the same spot; what the two write is not compared."""

    def find(taken: Taken, spot: Spot, number: int, _: Sampled) -> Sampled | None:
        found = taken[kind][spot].get(number)
        return replace(found, characters=None) if found else None

    return Reference(find, (kind,))


def added(*kinds: str, less: str) -> Reference:
    """Return several processes as one: times added, but for what one of them takes to start; the larger memory."""

    def find(taken: Taken, spot: Spot, number: int, _: Sampled) -> Sampled:
        *parts, start = (taken[kind][spot][number] for kind in (*kinds, less))
        return Sampled(
            wall=_sum(parts, "wall") - (start.wall or 0),
            cpu=_sum(parts, "cpu") - (start.cpu or 0),
            peak=max(part.peak or 0 for part in parts),
            requests=_sum(parts, "requests"),
            bytes=_sum(parts, "bytes"),
        )

    return Reference(find, (*kinds, less))


def _sum(parts: Sequence[Sampled], metric: str) -> float:
    return sum(getattr(part, metric) or 0 for part in parts)


def smaller(kind: str) -> Reference:
    """Return the same process at the next smaller size, as if everything grew with the number of cases."""

    def find(taken: Taken, spot: Spot, number: int, _: Sampled) -> Sampled | None:
        sizes = [size for system, size in taken[kind] if system == spot.system and size < spot.cases]
        small = taken[kind][Spot(spot.system, max(sizes))].get(number) if sizes else None
        return _times(spot.cases / max(sizes), small) if small else None

    return Reference(find, (kind,))


def _times(times: float, one: Sampled) -> Sampled:
    names = ("wall", "cpu", "peak", "requests", "bytes")
    return Sampled(**{name: (getattr(one, name) or 0) * times for name in names})


def bound(of: Callable[[Spot, Sampled], Sampled]) -> Reference:
    """Return figures that no process has, but that one should keep within."""
    return Reference(lambda _, spot, __, sampled: of(spot, sampled))


def _bounds(spot: Spot, _: Sampled) -> Sampled:
    return Sampled(peak=MOST_MEMORY, requests=-(-spot.cases // SYSTEMS[spot.system].page))


def _waiting(_: Spot, sampled: Sampled) -> Sampled:
    return Sampled(wall=(sampled.requests or 0) * LATENCY / PARALLELISM)


def and_plan(kind: str) -> Reference:
    """Return the waiting of an apply and a plan of the same, added."""

    def find(taken: Taken, spot: Spot, number: int, sampled: Sampled) -> Sampled:
        return Sampled(wall=_sum((_waiting(spot, sampled), taken[kind][spot][number]), "wall"))

    return Reference(find, (kind,))


def _readable(*_: object) -> Sampled:
    return Sampled(wall=READABLE, characters=BUDGET)


@dataclass(frozen=True, slots=True)
class Line:
    """A row at one spot: its ratios by metric, and what the aims say of them."""

    spot: Spot
    ratios: Mapping[str, object]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, at every spot where it makes sense."""

    title: str
    of: str
    """The kind of process."""
    against: Reference
    aims: tuple[Aim, ...] = ()
    most: int = LARGE
    """Cases up to which it is measured."""
    anywhere: bool = False
    """It says the same of every system, and is measured with the first one."""
    nowhere: bool = False
    """It reads no cases."""
    is_profiled: bool = False
    """Where its aim is missed, the results say on what its process spends its time."""
    kinds: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozenset((self.of, *self.against.kinds)))

    def spots(self, systems: Sequence[str], sizes: Sequence[int]) -> Iterator[Spot]:
        """Yield where it is measured."""
        if self.nowhere:
            yield NOWHERE
            return
        for system in systems[:1] if self.anywhere else systems:
            yield from (Spot(system, size) for size in sizes if size <= self.most)

    def lines(self, taken: Taken) -> Iterator[Line]:
        """Yield its results."""
        for spot, runs in taken.get(self.of, {}).items():
            found = ((one, self.against.find(taken, spot, number, one)) for number, one in runs.items())
            pairs = [(one, other) for one, other in found if other is not None]
            if pairs and spot.cases <= self.most and (spot == NOWHERE) is self.nowhere:
                yield self._line(spot, pairs)

    def _line(self, spot: Spot, pairs: Sequence[tuple[Sampled, Sampled]]) -> Line:
        ratios = {metric: found for metric in METRICS if (found := ratio(pairs, metric))}
        verdicts = (aim.verdict(spot, ratios[aim.metric].middle) for aim in self.aims if aim.metric in ratios)
        return Line(spot, ratios, tuple(verdicts))


ROWS: Final[Mapping[str, Row]] = {
    "cold": Row(
        "A plan that finds nothing to do, with nothing cached, against a bare client and a reading of the YAML",
        "cold",
        added("bare", "load", less="idle"),
        (Aim(1.5, at=MIDDLE),),
        is_profiled=True,
    ),
    "warm": Row(
        "The same when the files are as at its last run, against a bare client",
        "warm",
        process("bare"),
        (Aim(2, at=MIDDLE),),
        is_profiled=True,
    ),
    "changed": Row(
        "A plan that finds one per cent changed, against one that finds nothing to do",
        "changed",
        process("cold"),
        (Aim(1.15, at=MIDDLE),),
    ),
    "changed-warm": Row(
        "The same, both when the files are as at their last run",
        "changed-warm",
        process("warm"),
        (Aim(1.15, at=MIDDLE),),
    ),
    "drift": Row("A drift run that finds none, against a plan that finds nothing to do", "drift", process("cold")),
    "drift-incremental": Row(
        "`drift --incremental` after a drift run, with nothing changed since, against a drift run",
        "drift-incremental",
        process("drift"),
        anywhere=True,
    ),
    "growth": Row(
        "A plan against one of a smaller workspace, per case: 1 is linear",
        "cold",
        smaller("cold"),
        (Aim(1.1, at=LARGE),),
    ),
    "growth-warm": Row(
        "The same when the files are as at its last run", "warm", smaller("warm"), (Aim(1.1, at=LARGE),)
    ),
    "bounds": Row(
        f"A plan against {MOST_MEMORY:g} MiB, and against as many requests as there are pages",
        "cold",
        bound(_bounds),
        (Aim(1, "peak", at=LARGE), Aim(1, "requests")),
    ),
    "terraform": Row(
        "`terraform plan` of as many `terraform_data` resources, against a plan with nothing cached",
        "terraform",
        process("cold"),
        (Aim(25, is_least=True, at=MIDDLE), Aim(15, "peak", is_least=True, at=MIDDLE)),
        most=MIDDLE,
        anywhere=True,
    ),
    "byhand": Row(
        "A script by hand, one request and one DeepDiff a case, against a plan with nothing cached",
        "byhand",
        process("cold"),
        most=1_000,
    ),
    "apply": Row(
        f"An apply that changes every case, against its requests x {LATENCY * 1000:g} ms / {PARALLELISM}",
        "apply",
        bound(_waiting),
        (Aim(1.2),),
        most=1_000,
        is_profiled=True,
    ),
    "apply-rest": Row(
        "The same against these and a plan of the same, added: what it takes beside waiting and planning",
        "apply",
        and_plan("every"),
        most=1_000,
    ),
    "saving": Row(
        "A plan that changes every case and is saved, against one that is not",
        "saving",
        process("every"),
        most=MIDDLE,
        anywhere=True,
    ),
    "reading": Row(
        "Reading the plan file of that, which `show` of a count does, against json that only loads the file",
        "reading",
        process("json"),
        anywhere=True,
    ),
    "text": Row(
        "`show` of a plan that changes every case, against json that only loads the file",
        "show-text",
        process("json"),
        most=MIDDLE,
        anywhere=True,
    ),
    "html": Row("The same as `--format html`", "show-html", process("json"), most=MIDDLE, anywhere=True),
    "markdown": Row(
        "The same as `--format markdown`", "show-markdown", process("json"), most=MIDDLE, anywhere=True
    ),
    "comment": Row(
        f"The same against {READABLE:g} seconds and {BUDGET:,} characters",
        "show-markdown",
        bound(_readable),
        (Aim(1, at=MIDDLE), Aim(1, "characters")),
        most=MIDDLE,
        anywhere=True,
    ),
    "version": Row(
        "`reconciler --version` against `python -c pass`", "version", process("pass"), (Aim(2),), nowhere=True
    ),
    "help": Row(
        '`reconciler --help` against `python -c "import click"`', "help", process("click"), (Aim(2),), nowhere=True
    ),
}
"""By the names that `--only` knows."""
