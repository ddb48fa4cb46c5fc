"""The results as Markdown: first the ratios, row by row with their aims, then absolute figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from kinds import KINDS
from measure import METRICS, Sampled, Spread
from places import Spot
from rows import MET, MISSED, Line, Row, Taken

_MB: Final = 1_000_000


def report(rows: Mapping[str, Row], taken: Taken, rounds: int) -> Iterator[str]:
    """Yield the lines of the results."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, {platform.python_implementation()}"
    found = {key: [*row.lines(taken)] for key, row in rows.items()}
    yield from (
        "# Results",
        "",
        f"Medians of {rounds} round{'s' * (rounds > 1)}, and in brackets the lowest and the highest.",
    )
    yield from (f"{machine} {platform.python_version()}. What the figures mean: `benchmarks/README.md`.", "")
    yield _balance(found)
    for key, lines in found.items():
        if lines:
            yield from ("", f"## {rows[key].title} (`{key}`)", "")
            yield from table(*_ratios(lines))
    yield from ("", "## Absolute figures, for context only", "")
    heads = ("process", "system", "cases", "wall s", "CPU s", "peak MiB", "requests", "of them writes", "MB read")
    yield from table(heads, _absolutes(taken))


def _balance(found: Mapping[str, Sequence[Line]]) -> str:
    verdicts = [(key, verdict) for key, lines in found.items() for line in lines for verdict in line.verdicts]
    missed = [key for key, verdict in verdicts if verdict.endswith(MISSED)]
    met = sum(verdict.endswith(MET) for _, verdict in verdicts)
    names = f" ({', '.join(dict.fromkeys(missed))})" if missed else ""
    return f"Aims: {met} met, {len(missed)} missed{names}."


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(map(str, row))} |"


def _ratios(lines: Sequence[Line]) -> tuple[Sequence[str], Iterator[Sequence[object]]]:
    """Return heads and rows of the ratios, without columns that are empty."""
    metrics = [metric for metric in METRICS if any(metric in line.ratios for line in lines)]
    heads = ["system", "cases", *(METRICS[metric] for metric in metrics), "aim"]
    return heads, (
        (*_where(line.spot), *(line.ratios.get(metric, "") for metric in metrics), ", ".join(line.verdicts))
        for line in lines
    )


def _where(spot: Spot) -> tuple[str, str]:
    return spot.system, f"{spot.cases:,}" if spot.cases else ""


def _absolutes(taken: Taken) -> Iterator[Sequence[object]]:
    for kind in KINDS:
        for spot, runs in taken.get(kind, {}).items():
            yield KINDS[kind].what, *_where(spot), *_figures([*runs.values()])


def _figures(runs: Sequence[Sampled]) -> Iterator[str]:
    for metric, digits, unit in (("wall", 3, 1), ("cpu", 3, 1), ("peak", 0, 1), *_COUNTS, ("bytes", 1, _MB)):
        found = [getattr(one, metric) for one in runs]
        yield "" if None in found else f"{Spread.of(found).middle / unit:.{digits}f}"


_COUNTS: Final = (("requests", 0, 1), ("writes", 0, 1))
