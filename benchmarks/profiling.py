"""
Show on what a run of the command spends its time: CPU seconds under cProfile, by room of the house.

    python benchmarks/profiling.py cold --cases 10000 --system tines

The kinds are those of kinds.py that are commands of ours. A run of few cases goes first, so that the rooms hold no
imports. Every thread is looked into, by its own CPU time. What the standard library and others do counts for the
room that called them, but for the library of HTTP, which is a room of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import os
import pstats
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeAlias

from kinds import KINDS
from places import RECONCILER, Place, Spot
from systems import SYSTEMS

import reconciler
from reconciler.cli import main as command_line

FEW: Final = 20
_HOUSE: Final = Path(reconciler.__file__).parent
_HTTP: Final = frozenset({"httpx", "httpcore", "h11"})

Function: TypeAlias = tuple[str, int, str]
Stats: TypeAlias = Mapping[Function, tuple[int, int, float, float, Mapping[Function, Sequence[float]]]]
"""By function: calls, own seconds, seconds in all, and the same by caller, as pstats has them."""


def main() -> None:
    """Run a command twice in this process, few cases and then as many as asked for, and print two tables."""
    options = _options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        few = Place(Spot(options.system, FEW), folder / "few", stack)
        place = Place(Spot(options.system, options.cases), folder / "place", stack)
        _run(few, options.kind)
        starting = time.process_time()
        if KINDS[options.kind].kept:
            _run(place, options.kind)
        arguments = _arguments(place, options.kind)
        profile = cProfile.Profile(time.thread_time)
        began = time.process_time()
        with _threads() as others:
            profile.runcall(_command, arguments)
        spent = time.process_time() - began
    stats: Any = pstats.Stats(profile, *others)
    print(f"CPU s and share, under the profiler, which makes everything slower: read the shares.\n{'':12}CPU s")
    for name, seconds in _table(stats.stats, starting, spent):
        print(f"{name:40} {seconds:8.2f} {seconds / (starting + spent):7.1%}")
    print(f"\n{'own CPU s':>10} {'in all':>8} {'calls':>10}")
    for function, (_, calls, own, in_all, _) in _slowest(stats.stats)[: options.functions]:
        print(f"{own:10.2f} {in_all:8.2f} {calls:10,}  {_named(function)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show on what a run spends its time.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--system", choices=SYSTEMS, default="tines")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--functions", type=int, default=20, help="how many of them are shown (%(default)s)")
    return parser.parse_args()


@contextlib.contextmanager
def _threads() -> Iterator[Sequence[cProfile.Profile]]:
    """Profile every thread that begins from now on."""
    found: list[cProfile.Profile] = []
    run = threading.Thread.run

    def profiled(thread: threading.Thread) -> None:
        found.append(cProfile.Profile(time.thread_time))
        found[-1].runcall(run, thread)

    threading.Thread.run = profiled  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        threading.Thread.run = run  # type: ignore[method-assign]


def _run(place: Place, kind: str) -> None:
    _command(_arguments(place, kind))


def _arguments(place: Place, kind: str) -> Sequence[str]:
    """Return the arguments of a kind, in whose environment we are from then on."""
    program, *arguments = KINDS[kind].command(place)
    if (program,) != RECONCILER:
        raise SystemExit(f"{kind} is no command of ours")
    kept = KINDS[kind].kept
    os.environ.update(place.env(kept=kept(place) if kept else None))
    return arguments


def _command(arguments: Sequence[str]) -> None:
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        command_line(arguments)


# ------------------------------------------------------------------------------------------------ the tables


def _table(stats: Stats, starting: float, spent: float) -> Iterator[tuple[str, float]]:
    rooms = by_room(stats)
    yield "starting, with all imports", starting
    yield from rooms.most_common()
    yield "what no profile sees", max(spent - rooms.total(), 0)


def by_room(stats: Stats) -> Counter[str]:
    """Add up the own time of functions by the room that they are in, or that they work for."""
    shares: dict[Function, Mapping[str, float]] = {}
    rooms: Counter[str] = Counter()
    for function, (_, _, own, _, _) in stats.items():
        for room, share in _shares(function, stats, shares).items():
            rooms[room] += own * share  # type: ignore[assignment]  # counts seconds
    return rooms


def _shares(function: Function, stats: Stats, known: dict[Function, Mapping[str, float]]) -> Mapping[str, float]:
    """Return for which rooms a function works, in parts of one, by the time that it takes for each caller."""
    if function not in known:
        known[function] = {}  # what calls itself by way of others counts for whoever called it first
        room = _room(function)
        known[function] = {room: 1.0} if room else _by_callers(stats[function][4], stats, known)
    return known[function]


def _by_callers(
    callers: Mapping[Function, Sequence[float]], stats: Stats, known: dict[Function, Mapping[str, float]]
) -> Mapping[str, float]:
    found: Counter[str] = Counter()
    for caller, (*_, in_all) in callers.items():
        for room, share in _shares(caller, stats, known).items():
            found[room] += share * (in_all or 1e-9)  # type: ignore[assignment]  # as above
    total = found.total()
    return {room: seconds / total for room, seconds in found.items()} if total else {"nobody in particular": 1.0}


def _room(function: Function) -> str | None:
    path = Path(function[0])
    if not _HTTP.isdisjoint(path.parts):
        return "httpx, httpcore, h11"
    return path.relative_to(_HOUSE).parts[0].removesuffix(".py") if path.is_relative_to(_HOUSE) else None


def _slowest(stats: Stats) -> Sequence[tuple[Function, tuple[Any, ...]]]:
    return sorted(stats.items(), key=lambda item: item[1][2], reverse=True)


def _named(function: Function) -> str:
    path, line, name = function
    if path == "~":
        return name
    inside = Path(path)
    where = inside.relative_to(_HOUSE) if inside.is_relative_to(_HOUSE) else Path(*inside.parts[-2:])
    return f"{where}:{line} {name}"


if __name__ == "__main__":
    main()
