"""
Every trial that there is, by kind: enumerated from what a calm run shows, and drawn by lot where that is endless.

kind        what is tried                                                      counted is
----------  -----------------------------------------------------------------  -------------------
kills       killed at each moment; the power too; a write torn; twice in a row  deaths
answers     each writing request, each way to lose or to spoil its answer       lost answers
refusals    each writing request refused, or put off                            refusals
looks       an answer lost, and the look for what became of it too              both
reads       each reading request, each way to fail                              failed reads
edits       somebody edits between plan, re-read and write                      edits
races       two applies at once                                                 races
disk        each call to the disk fails, once or from then on                   failures
signals     Ctrl-C and its like at each moment, twice too                       signals
pauses      stopped at a moment while another apply tries                       pauses
damage      state and journal cut                                               cuts
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from tests.faults.road import ANSWERS, NOT_EXECUTED
from tests.faults.scenes import SCENES

Job: TypeAlias = tuple[str, int]
"""A script, and its seed."""

_DISK: Final = ("open", "write", "fsync", "fdatasync", "replace")


@dataclass(frozen=True, slots=True)
class Calm:
    """What a run of a scene is made of when nothing happens."""

    scene: str
    moments: Sequence[str]
    methods: Sequence[str]

    def at(self, *words: str) -> list[int]:
        """Return the moments of these kinds."""
        return [number for number, what in enumerate(self.moments, start=1) if what.split()[0] in words]

    @property
    def begins(self) -> int:
        """The first moment after the plan was made: the journal is begun."""
        return next(number for number, what in enumerate(self.moments, start=1) if ".journal." in what)

    @property
    def writes(self) -> list[int]:
        """The numbers of the requests that write."""
        return [number for number, method in enumerate(self.methods, start=1) if method != "GET"]

    @property
    def all(self) -> range:
        return range(1, len(self.moments) + 1)


Lot: TypeAlias = random.Random
Kind: TypeAlias = Callable[[Calm, Lot], Iterator[str]]


def kills(calm: Calm, lot: Lot) -> Iterator[str]:
    yield from (f"kill {number}" for number in calm.all)
    yield from (f"kill {number} torn" for number in calm.at("write"))
    yield from (f"kill {number} {loss}" for loss in ("old", "new") for number in calm.all)
    for _ in range(40):
        first, second = (lot.choice(calm.all) for _ in range(2))
        yield f"kill {first}; kill {second} {lot.choice(('process', 'old', 'new'))}"
    for _ in range(30):
        yield f"*4 kill {lot.choice(calm.all)} {lot.choice(('process', 'old', 'new'))}"


def each_request_killed(calm: Calm, _: Lot) -> Iterator[str]:
    yield from (f"kill {number}" for number in calm.at("send", "answer"))


def answers(calm: Calm, lot: Lot) -> Iterator[str]:
    faults = [(kind, done) for kind, done in product(ANSWERS, ("done", "not")) if not _lies(kind, done)]
    for number in calm.writes:
        yield from (f"fault {number} {kind} {done}" for kind, done in faults)
    yield from _storms(calm, lot, 150)


def refusals(calm: Calm, _: Lot) -> Iterator[str]:
    yield from (f"fault {number} {kind} not" for number, kind in product(calm.writes, NOT_EXECUTED))


def looks(calm: Calm, _: Lot) -> Iterator[str]:
    """Lose an answer, and have the look for what became of the request fail too."""
    for number, kind, later in product(calm.writes, ("404", "422", "500", "html"), (1, 2)):
        yield f"fault {number} reset done + fault {number + later} {kind} not"


def _storms(calm: Calm, lot: Lot, many: int) -> Iterator[str]:
    """Lose the answers of up to four requests of one run."""
    for number in range(many):
        numbers = sorted(lot.sample(calm.writes, 4))
        faults = [(n, lot.choice(list(ANSWERS)), lot.choice(("done", "not"))) for n in numbers]
        told = " + ".join(f"fault {n} {kind} {done}" for n, kind, done in faults if not _lies(kind, done))
        yield told if number % 2 else f"*4 {told}"


def _lies(kind: str, done: str) -> bool:
    """Tell whether a system would say that it has done what it has not: success without a word."""
    return (kind, done) == ("empty", "not")


def reads(calm: Calm, _: Lot) -> Iterator[str]:
    for number in sorted({*range(1, len(calm.methods) + 1)} - {*calm.writes}):
        yield from (f"fault {number} {kind} not" for kind in (*ANSWERS, *NOT_EXECUTED))


def edits(calm: Calm, _: Lot) -> Iterator[str]:
    numbers = [n for n in range(calm.begins, len(calm.moments) + 1) if not _is_before_reading_back(calm, n)]
    yield from (f"edit {number} updated managed" for number in numbers)
    for number, (name, word) in product(numbers[::2], (("updated", "unmanaged"), ("kept", "managed"))):
        yield f"edit {number} {name} {word}"


def _is_before_reading_back(calm: Calm, number: int) -> bool:
    """
    Tell whether a moment is between a write and the look at what became of it.

    In Communifire, whose answers tell nothing, what somebody writes there is taken for the system's own spelling
    of what we wrote: it stays, but nobody tells it as drift.
    """
    before = calm.moments[number - 2 : number]
    return calm.scene == "communifire" and any(" ".join(what.split()[:2]) == "answer PUT" for what in before)


def races(_: Calm, lot: Lot) -> Iterator[str]:
    for patience in ("0s", "30s"):
        yield from (f"race {lot.randrange(10**6)} {patience}" for _ in range(52))


def disk(calm: Calm, _: Lot) -> Iterator[str]:
    for number in calm.at(*_DISK):
        yield f"full {number}"
        yield from (f"{error} {number} once" for error in ("full", "broken"))
        yield f"{'readonly' if number % 2 else 'denied'} {number}"


def signals(calm: Calm, _: Lot) -> Iterator[str]:
    for number in calm.all:
        yield f"signal {number} {('INT', 'TERM', 'HUP')[number % 3]}"
        yield f"signal {number} INT twice"


def pauses(calm: Calm, _: Lot) -> Iterator[str]:
    """Stop it from the moment on at which it has said that it holds the lock."""
    held = next(number for number, what in enumerate(calm.moments, start=1) if what.endswith(".lock.info"))
    yield from (f"pause {number}" for number in calm.all[held::2])


def damage(calm: Calm, lot: Lot) -> Iterator[str]:
    yield from (f"cut state {size}" for size in range(1, 400, 9))
    synced = [number for number in calm.at("fdatasync") if number > calm.begins]
    for number in synced:
        yield from (f"kill {number}; cut journal {lot.randrange(1, 90)}" for _ in range(4))


KINDS: Final[Mapping[str, Kind]] = {
    "kills": kills,
    "answers": answers,
    "races": races,
    "edits": edits,
    "refusals": refusals,
    "looks": looks,
    "reads": reads,
    "disk": disk,
    "signals": signals,
    "pauses": pauses,
    "damage": damage,
}


def jobs(kind: Kind, calms: Sequence[Calm], seed: int, sample: int | None = None) -> list[Job]:
    """Return the trials of a kind over all scenes; a sample of them, if only so many are wanted."""
    lot = random.Random(seed)  # noqa: S311 (repeatable)
    found: list[Job] = []
    for calm in calms:
        for script in kind(calm, lot):
            wide, rest = (script[:2], script[3:]) if script.startswith("*") else ("", script)
            found.append((f"{calm.scene}{wide}: {rest}", lot.randrange(10**6)))
    return found if sample is None or sample >= len(found) else lot.sample(found, sample)


SYSTEMS: Final = tuple(SCENES)

WORLDS: Final = 5_000
LEAST: Final[Mapping[str, int]] = {"kills": 1_000, "answers": 2_000, "races": 300, "edits": 500, "worlds": WORLDS}
"""What the whole proof must amount to; of every other kind there must be one."""
