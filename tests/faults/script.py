"""
What happens in a trial, as one line of text, so that a failure can be replayed.

    tines: kill 17 torn; fault 3 reset done + fault 5 502 not
    └ scene └ the first run ┘ └ the second run: two things happen in it

After the runs of the script comes one that nothing happens to, and the oracle. A moment M is a number, or
`answer_POST#2`: how it begins, and which of those it is. A request N likewise: `POST#1`.

    calm                         nothing happens
    kill M [process|old|new|torn]    killed at the Mth moment; `old`, `new`: the power goes too, see `Disk.darken`
    signal M INT|TERM|HUP [twice]    signalled at the Mth moment
    pause M                      stopped at the Mth moment; another apply tries its luck; continued
    full|broken|readonly|denied M [once]   from the Mth moment on (or only there) the disk refuses
    fault N KIND done|not        what becomes of the Nth request, see `road`
    edit M CASE FIELD            at the Mth moment somebody edits a case
    race SEED SECONDS            two applies at once, the second waits so long
    cut state|journal N          before the run, a file loses its last N bytes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from tests.faults.moments import When, when


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that happens."""

    kind: str
    words: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        kind, *words = text.split()
        return cls(kind, tuple(words))

    @property
    def when(self) -> When:
        return when(self.words[0])

    def says(self, word: str) -> bool:
        return word in self.words

    def __str__(self) -> str:
        return " ".join((self.kind, *self.words))


@dataclass(frozen=True, slots=True)
class Script:
    """A scene, and what happens in each run."""

    scene: str
    runs: tuple[tuple[Trouble, ...], ...]
    parallelism: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        scene, _, rest = text.partition(":")
        name, _, wide = scene.strip().partition("*")
        runs = (tuple(Trouble.parse(each) for each in run.split("+")) for run in rest.split(";"))
        return cls(name, tuple(runs), int(wide or 1))

    def __str__(self) -> str:
        wide = f"*{self.parallelism}" if self.parallelism > 1 else ""
        return f"{self.scene}{wide}: " + "; ".join(" + ".join(map(str, run)) for run in self.runs)
