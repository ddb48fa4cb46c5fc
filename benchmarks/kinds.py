"""Kinds of processes that are measured, and how each is started."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from measure import Sampled, run
from places import HERE, RECONCILER, Place

PARALLELISM: Final = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of process."""

    what: str
    """How it is called in the table of absolute figures."""
    command: Callable[[Place], Sequence[str]]
    ends: int = 0
    """The exit code that says that it found what it should."""
    kept: Callable[[Place], Path] | None = None
    """The workspace whose cache is kept from run to run."""
    quick: int = 10_000
    """Up to so many cases it is run as often as was asked for; of more, half as often."""

    def run(self, place: Place) -> Sampled:
        """Run it once."""
        command = self.command(place)
        env = place.env(kept=self.kept(place) if self.kept else None)
        place.counted(Sampled())
        return place.counted(run(command, folder=HERE, env=env, ends=self.ends))


def _python(*arguments: str) -> Kind:
    shown = " ".join(f'"{each}"' if " " in each else each for each in arguments)
    return Kind(f"`python {shown}`", lambda _: (sys.executable, *arguments))


def _reconciler(*arguments: str) -> Kind:
    return Kind(f"`reconciler {' '.join(arguments)}`", lambda _: (*RECONCILER, *arguments))


def _script(what: str, name: str, arguments: Callable[[Place], Sequence[object]]) -> Kind:
    return Kind(what, lambda place: (sys.executable, str(HERE / name), *map(str, arguments(place))))


def _plan(what: str, workspace: Callable[[Place], Path], *, ends: int = 0, keeps: bool = False) -> Kind:
    def command(place: Place) -> Sequence[str]:
        return (*RECONCILER, "plan", "--detailed-exitcode", "--chdir", str(workspace(place)))

    return Kind(what, command, ends, workspace if keeps else None)


def _show(format_: str) -> Kind:
    def command(place: Place) -> Sequence[str]:
        return (*RECONCILER, "show", "--format", format_, str(place.plan_file))

    return Kind(f"`show --format {format_}`", command)


def _saving(place: Place) -> Sequence[str]:
    saved = place.folder / "saved.json"
    return (*RECONCILER, "plan", "--format", "gitlab", "--out", str(saved), "--chdir", str(place.every))


def _incremental(place: Place) -> Sequence[str]:
    return (*RECONCILER, "drift", "--incremental", "--chdir", str(place.read))


def _apply(place: Place) -> Sequence[str]:
    options = ("--auto-approve", "--parallelism", str(PARALLELISM))
    return (*RECONCILER, "apply", *options, "--chdir", str(place.untouched()))


def _terraform(place: Place) -> Sequence[str]:
    options = ("-detailed-exitcode", "-input=false", "-lock=false", "-no-color")
    return (shutil.which("terraform") or "terraform", f"-chdir={place.terraform}", "plan", *options)


KINDS: Final[Mapping[str, Kind]] = {
    "pass": _python("-c", "pass"),
    "version": _reconciler("--version"),
    "click": _python("-c", "import click"),
    "help": _reconciler("--help"),
    "bare": _script("bare client", "bare.py", lambda place: (place.spot.system, place.url)),
    "cold": _plan("plan", lambda place: place.same),
    "idle": _script("reading no YAML", "load.py", lambda _: ()),
    "load": _script("reading the YAML", "load.py", lambda place: (place.same,)),
    "warm": _plan("plan, files as at its last run", lambda place: place.same, keeps=True),
    "changed": _plan("plan, 1 % changed", lambda place: place.hundredth, ends=2),
    "changed-warm": _plan(
        "plan, 1 % changed, files as at its last run", lambda place: place.hundredth, ends=2, keeps=True
    ),
    "drift": Kind("drift", lambda place: (*RECONCILER, "drift", "--chdir", str(place.same))),
    "drift-incremental": Kind("`drift --incremental`", _incremental),
    "byhand": _script("script by hand", "byhand.py", lambda place: (place.spot.system, place.same, place.url)),
    "terraform": Kind("`terraform plan`", _terraform, quick=1_000),
    "apply": Kind("apply, everything changed", _apply),
    "every": Kind(
        "plan, everything changed",
        lambda place: (*RECONCILER, "plan", "--format", "gitlab", "--chdir", str(place.every)),
    ),
    "saving": Kind("`plan --out`, everything changed", _saving),
    "json": Kind(
        "plan file, json alone",
        lambda place: (
            sys.executable,
            "-c",
            "import json, sys; json.load(open(sys.argv[1]))",
            str(place.plan_file),
        ),
    ),
    "reading": _show("gitlab"),
    "show-text": _show("text"),
    "show-markdown": _show("markdown"),
    "show-html": _show("html"),
}
"""In the order in which they are run: what is compared stands close together."""

AT_NOWHERE: Final = frozenset({"pass", "version", "click", "help"})
"""Those that read no cases: they are measured once for all places."""
