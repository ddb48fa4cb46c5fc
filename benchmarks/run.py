"""
Measure what README.md tells, row by row, each against a reference that runs beside it.

    python benchmarks/run.py                                              everything; writes RESULTS.md
    python benchmarks/run.py --only cold,warm --cases 1000 --systems tines --rounds 3

every round:   for each place, every kind of process that the rows need, in turn        (A B A B …)
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from kinds import AT_NOWHERE, KINDS
from measure import Sampled
from places import HERE, NOWHERE, Place, Spot
from rows import ROWS, Row
from spent import spent
from systems import SYSTEMS
from tables import report

SIZES: Final = (1_000, 10_000, 100_000)

_T = TypeVar("_T")
Wanted: TypeAlias = Mapping[Spot, Sequence[str]]
"""For each spot the kinds that are run there, in order."""


def main() -> None:
    """Measure, print the tables, and write them down if they are whole."""
    options = _options()
    rows = {key: ROWS[key] for key in options.only}
    if "terraform" in rows and shutil.which("terraform") is None:
        del rows["terraform"]
        print("no terraform here: its row is left out", file=sys.stderr)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        taken = measure(wanted(rows, options.systems, options.cases), options.rounds, folder, stack)
    text = "\n".join((*report(rows, taken, options.rounds), *spent(rows, taken))) + "\n"
    print(text, end="")
    if (file := _results(options)) is not None:
        file.write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure reconciler against what it is compared with.")
    parser.add_argument("--cases", type=_list(int), default=SIZES, help="sizes of workspace (1000,10000,100000)")
    parser.add_argument(
        "--systems", type=_list(_of(SYSTEMS)), default=(*SYSTEMS,), help=f"of {', '.join(SYSTEMS)}"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is run (%(default)s)")
    parser.add_argument("--only", type=_list(_of(ROWS)), default=(*ROWS,), help=f"rows, of {', '.join(ROWS)}")
    parser.add_argument("--results", type=Path, help="where the tables are written; RESULTS.md if they are whole")
    return parser.parse_args()


def _list(each: Callable[[str], _T]) -> Callable[[str], tuple[_T, ...]]:
    return lambda text: tuple(each(part) for part in text.split(","))


def _of(known: Mapping[str, object]) -> Callable[[str], str]:
    def name(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known)}")
        return text

    return name


def _results(options: argparse.Namespace) -> Path | None:
    """Return where the tables go: a part of them must not replace the whole unasked."""
    is_whole = (options.cases, options.systems, options.only) == (SIZES, (*SYSTEMS,), (*ROWS,))
    return options.results or (HERE / "RESULTS.md" if is_whole else None)


def wanted(rows: Mapping[str, Row], systems: Sequence[str], sizes: Sequence[int]) -> Wanted:
    """Return what has to be run where, for all rows together."""
    needed: dict[Spot, set[str]] = {}
    for row in rows.values():
        for spot in row.spots(systems, sizes):
            for kind in row.kinds:
                needed.setdefault(NOWHERE if kind in AT_NOWHERE else spot, set()).add(kind)
    return {spot: [kind for kind in KINDS if kind in kinds] for spot, kinds in needed.items()}


def measure(
    wanted: Wanted, rounds: int, folder: Path, stack: ExitStack
) -> Mapping[str, Mapping[Spot, Mapping[int, Sampled]]]:
    """Run everything round by round; what warms up, and fills caches, is not counted."""
    places = {spot: Place(spot, folder / f"{spot.system}-{spot.cases}", stack) for spot in wanted}
    taken: dict[str, dict[Spot, dict[int, Sampled]]] = {}
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr)
        for spot, kinds in wanted.items():
            for name in kinds:
                if number == 0 and _warms_up(name, spot):
                    KINDS[name].run(places[spot])
                elif 0 < number <= _rounds(name, spot, rounds):
                    taken.setdefault(name, {}).setdefault(spot, {})[number] = KINDS[name].run(places[spot])
    return taken


def _warms_up(name: str, spot: Spot) -> bool:
    return KINDS[name].kept is not None or spot == NOWHERE


def _rounds(name: str, spot: Spot, rounds: int) -> int:
    return rounds if spot.cases <= KINDS[name].quick else -(-rounds // 2)


if __name__ == "__main__":
    main()
