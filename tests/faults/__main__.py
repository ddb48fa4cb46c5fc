"""
The whole proof, in numbers.

    python -m tests.faults                      everything; what `make faults` runs
    python -m tests.faults --sample 50          so many trials of each kind
    python -m tests.faults replay SEED SCRIPT   one trial again
    python -m tests.faults bugs                 every bug planted, and caught; what `make bugs` runs
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.catalogue import KINDS, LEAST, SYSTEMS, WORLDS, Calm, jobs
from tests.faults.drawing import try_worlds
from tests.faults.planting import bugs
from tests.faults.trials import Outcome, Trials

SEED: Final = 20261122


@dataclass(frozen=True, slots=True)
class Row:
    """What a kind of trial amounts to."""

    kind: str
    trials: int
    struck: int
    wrong: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.kind:10} {self.trials:7} {self.struck:7} {self.wrong:7} {self.seconds:7.0f}"


HEADING: Final = f"{'kind':10} {'trials':>7} {'struck':>7} {'wrong':>7} {'seconds':>7}"


def calms(trials: Trials) -> list[Calm]:
    """Look at each scene when nothing happens."""
    outcomes = [trials.run(f"{scene}: calm") for scene in SYSTEMS]
    for outcome in outcomes:
        assert not outcome.wrong, outcome
    return [Calm(scene, o.moments, o.methods) for scene, o in zip(SYSTEMS, outcomes, strict=True)]


def tell(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_kind(trials: Trials, kind: str, scenes: Sequence[Calm], seed: int, sample: int | None) -> Row:
    began = time.monotonic()
    outcomes = trials.run_all(jobs(KINDS[kind], scenes, seed, sample))
    bad = [outcome for outcome in outcomes if outcome.wrong]
    for outcome in bad:
        tell(outcome)
    return Row(kind, len(outcomes), sum(o.struck for o in outcomes), len(bad), time.monotonic() - began)


def run_worlds(many: int, seed: int, width: int) -> Row:
    """Try worlds in as many processes as there are cores: the drawing takes its time too."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.faults", "draw"]
    drawing = [
        subprocess.Popen([*command, str(-(-many // width)), str(seed + number)], stdout=subprocess.PIPE, text=True)
        for number in range(width)
    ]
    told = [json.loads(_told(each)) for each in drawing]
    wrong = [each["wrong"] for each in told if each["wrong"]]
    for outcome in wrong:
        tell(outcome)
    worlds, struck = (sum(each[name] for each in told) for name in ("worlds", "struck"))
    return Row("worlds", worlds, struck, len(wrong), time.monotonic() - began)


def _told(drawing: subprocess.Popen[str]) -> str:
    told, _ = drawing.communicate()
    if drawing.returncode:
        sys.exit(f"a process that tried worlds ended with {drawing.returncode}")
    return told


def draw(many: int, seed: int) -> int:
    """Try worlds in this process; tell what came of it as JSON."""
    with Trials() as trials:
        worlds, struck, wrong = try_worlds(trials, many, seed)
    tell(json.dumps({"worlds": worlds, "struck": struck, "wrong": str(wrong) if wrong else None}))
    return 0


def campaign(sample: int | None, seed: int, kinds: Iterable[str], width: int) -> Iterator[Row]:
    with Trials(width) as trials:
        scenes = calms(trials)
        for kind in kinds:
            if kind == "worlds":
                yield run_worlds(sample or WORLDS, seed, width)
            else:
                yield run_kind(trials, kind, scenes, seed, sample)


def shortfall(rows: Iterable[Row], *, least: Mapping[str, int]) -> list[str]:
    """Return the kinds of which there were not enough."""
    amounts = {row.kind: row.trials if row.kind == "worlds" else row.struck for row in rows}
    return [f"{kind}: {amount}" for kind, amount in amounts.items() if amount < least.get(kind, 1)]


def replay(seed: int, script: str) -> int:
    with Trials() as trials:
        outcome: Outcome = trials.run(script, seed)
    tell(outcome)
    return int(bool(outcome.wrong))


def all_bugs() -> int:
    """Plant each bug, and tell whether its trial catches it."""
    missed = 0
    for bug in bugs():
        with tempfile.TemporaryDirectory() as folder:
            bug.plant(Path(folder) / "copy")
            outcome = bug.trial_in(Path(folder) / "copy")
        caught = bool(outcome.wrong and outcome.struck)
        missed += not caught
        tell(f"{'caught' if caught else 'MISSED'}  {bug.name:36} {outcome.wrong[0][:60] if caught else bug.trial}")
    return int(bool(missed))


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["replay"]:
        return replay(int(arguments[1]), arguments[2])
    if arguments[:1] == ["draw"]:
        return draw(int(arguments[1]), int(arguments[2]))
    if arguments[:1] == ["bugs"]:
        return all_bugs()
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--sample", type=int, help="so many trials of each kind")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--width", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("kinds", nargs="*", default=[*KINDS, "worlds"])
    given = parser.parse_args(arguments)
    rows = []
    tell(HEADING)
    for row in campaign(given.sample, given.seed, given.kinds, given.width):
        tell(row)
        rows.append(row)
    short = shortfall(rows, least={} if given.sample else LEAST)
    tell(f"not enough of {', '.join(short)}" if short else f"{sum(row.wrong for row in rows)} wrong")
    return int(bool(short) or any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
