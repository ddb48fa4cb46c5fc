"""
Measure a plan that finds nothing to do against a bare client that reads the same pages; see README.md.

    python benchmarks/run.py [--cases 1000,10000] [--rounds 5] [--results benchmarks/RESULTS.md]

every round:   start-up commands, then for each size and page size:   plan · bare        (A B A B …)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from cases import TOKEN
from measure import Sampled, Spread, run

HERE: Final = Path(__file__).resolve().parent
PAGE_SIZES: Final = (500, 50)
"""What Tines tenants grant today, and granted until early 2026."""
RECONCILER: Final = str(Path(sys.executable).with_name("reconciler"))

START_UP: Final[Mapping[str, tuple[str, ...]]] = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "reconciler --version": (RECONCILER, "--version"),
    'python -c "import click"': (sys.executable, "-c", "import click"),
    "reconciler --help": (RECONCILER, "--help"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One size of workspace at one page size, and what was measured there, round by round."""

    cases: int
    per_page: int
    folder: Path
    url: str
    plans: list[Sampled] = field(default_factory=list)
    bares: list[Sampled] = field(default_factory=list)

    def measure(self) -> tuple[Sampled, Sampled]:
        """Run a plan, then a bare client."""
        plan = (RECONCILER, "plan", "--detailed-exitcode", "--chdir", str(self.folder))
        bare = (sys.executable, str(HERE / "bare.py"), self.url, str(self.per_page))
        return self._counted(plan), self._counted(bare)

    def _counted(self, command: Sequence[str]) -> Sampled:
        self._requests()
        measured = run(command, folder=self.folder, env={**os.environ, TOKEN: "benchmark"})
        return replace(measured, requests=self._requests())

    def _requests(self) -> int:
        """Return how many requests the server has had since it was last asked."""
        with urllib.request.urlopen(f"{self.url}/requests") as answer:  # noqa: S310 (our own server, on loopback)
            return int(json.load(answer)["requests"])


def main() -> None:
    """Measure, print the tables and write them down."""
    options = _options()
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = [
            stack.enter_context(prepared(place / f"{count}-{size}", count, size))
            for count in options.cases
            for size in PAGE_SIZES
        ]
        started = measure(settings, options.rounds)
    text = "\n".join(report(settings, started, options.rounds)) + "\n"
    print(text, end="")
    options.results.write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure no-op plans against a bare client.")
    parser.add_argument("--cases", type=_counts, default="1000,10000", help="sizes of workspace (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run (%(default)s)")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="where the tables are written")
    return parser.parse_args()


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


@contextmanager
def prepared(folder: Path, cases: int, per_page: int) -> Iterator[Setting]:
    """Serve some cases and write their workspace, in processes of their own: ours must stay small (see README)."""
    command = [sys.executable, str(HERE / "pages.py"), str(cases), str(per_page)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        subprocess.run([sys.executable, str(HERE / "cases.py"), str(folder), str(cases), url], check=True)
        yield Setting(cases, per_page, folder, url)


def measure(settings: Iterable[Setting], rounds: int) -> dict[str, list[Sampled]]:
    """Fill in the measurements; return those of the start-up commands. The first round warms up and is dropped."""
    started: dict[str, list[Sampled]] = {name: [] for name in START_UP}
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr)
        for name, command in START_UP.items():
            started[name].append(run(command, folder=HERE, env=os.environ))
        for setting in settings:
            plan, bare = setting.measure()
            setting.plans.append(plan)
            setting.bares.append(bare)
    for setting in settings:
        del setting.plans[0], setting.bares[0]
    return {name: measured[1:] for name, measured in started.items()}


# ------------------------------------------------------------------------------------------------ the tables


def report(settings: Sequence[Setting], started: Mapping[str, Sequence[Sampled]], rounds: int) -> Iterator[str]:
    """Yield the lines of the results, ratios first."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, {platform.python_implementation()}"
    yield from ("# Results", "", f"Medians of {rounds} rounds, and in brackets the lowest and the highest.")
    yield from (f"{machine} {platform.python_version()}. What the figures mean: `benchmarks/README.md`.", "")
    yield from ("## A plan that finds nothing to do, in bare clients", "")
    yield from table(("cases", "page", "wall", "CPU", "peak memory", "requests"), map(_ratios, settings))
    if len({setting.cases for setting in settings}) > 1:
        yield from ("", "## Growth", "")
        grown = ("from", "to", "page", "cases", "wall", "CPU", "peak memory", "KiB a further case")
        yield from table(grown, _growths(settings))
    yield from ("", "## Start-up", "")
    yield from table(("command", "against", "wall", "CPU"), _starts(started))
    yield from ("", "## Absolute figures, for context only", "")
    heads = ("process", "cases", "page", "wall s", "CPU s", "peak MiB", "requests")
    yield from table(heads, _absolutes(settings, started))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(map(str, row))} |"


def _ratios(setting: Setting) -> Sequence[object]:
    plans, bares = setting.plans, setting.bares
    counts = f"{plans[-1].requests} against {bares[-1].requests}"
    return (setting.cases, setting.per_page, *_compared(plans, bares), _peaks(plans, bares), counts)


def _growths(settings: Sequence[Setting]) -> Iterator[Sequence[object]]:
    for per_page in PAGE_SIZES:
        mine = [setting for setting in settings if setting.per_page == per_page]
        for small, large in pairwise(mine):
            more = large.cases - small.cases
            peaks = zip(small.plans, large.plans, strict=True)
            each = Spread.of([(after.peak - before.peak) * 1024 / more for before, after in peaks])
            times = f"x {large.cases / small.cases:g}"
            both = large.plans, small.plans
            yield small.cases, large.cases, per_page, times, *_compared(*both), _peaks(*both), each


def _starts(started: Mapping[str, Sequence[Sampled]]) -> Iterator[Sequence[object]]:
    names = list(started)
    for base, name in zip(names[::2], names[1::2], strict=True):
        yield f"`{name}`", f"`{base}`", *_compared(started[name], started[base])


def _absolutes(
    settings: Sequence[Setting], started: Mapping[str, Sequence[Sampled]]
) -> Iterator[Sequence[object]]:
    for setting in settings:
        for process, runs in (("plan", setting.plans), ("bare", setting.bares)):
            yield process, setting.cases, setting.per_page, *_figures(runs), runs[-1].requests
    for name, starts in started.items():
        yield f"`{name}`", "", "", *_figures(starts), ""


def _compared(these: Sequence[Sampled], those: Sequence[Sampled]) -> tuple[Spread, Spread]:
    return (
        Spread.of_ratios([one.wall for one in these], [one.wall for one in those]),
        Spread.of_ratios([one.cpu for one in these], [one.cpu for one in those]),
    )


def _peaks(these: Sequence[Sampled], those: Sequence[Sampled]) -> Spread:
    return Spread.of_ratios([one.peak for one in these], [one.peak for one in those])


def _figures(measured: Sequence[Sampled]) -> tuple[str, str, str]:
    wall, cpu, peak = (Spread.of([getattr(one, name) for one in measured]) for name in ("wall", "cpu", "peak"))
    return f"{wall.middle:.3f}", f"{cpu.middle:.3f}", f"{peak.middle:.0f}"


if __name__ == "__main__":
    main()
