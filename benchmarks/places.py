"""
Where something is measured: so many cases of one system, served and written down; each part once it is asked for.

    <place>/same         a workspace in which nothing is to be done
           /read         the same, after a look for drift
           /every-100    one in which one per cent of the cases are declared otherwise than they are
           /every-1      one in which all are
           /slow-1       the same, of a server that takes its time
           /plan.json    the plan of every-1
           /terraform    as many resources of Terraform
           /kept-…       what a workspace's runs have cached, where runs may use it
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from measure import Sampled, run
from workspaces import TOKEN

HERE: Final = Path(__file__).resolve().parent
LATENCY: Final = 0.05
"""Seconds that the slow server takes for each answer."""


class Spot(NamedTuple):
    """What a place is about."""

    system: str
    cases: int


NOWHERE: Final = Spot("", 0)
"""Where there are no cases: what is measured there reads none."""


class Place:
    """A place below a folder; its servers end with `stack`."""

    def __init__(self, spot: Spot, folder: Path, stack: ExitStack) -> None:
        self.spot = spot
        self.folder = folder
        self._stack = stack
        self._urls: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def url(self) -> str:
        """The address of a server that answers at once."""
        return self._serve()

    @cached_property
    def slow_url(self) -> str:
        """The address of one with latency."""
        return self._serve(str(LATENCY))

    def _serve(self, *latency: str) -> str:
        system, cases = self.spot
        command = [sys.executable, str(HERE / "pages.py"), system, str(cases), *latency]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.enter_context(server)  # closes its input, which ends it
        assert server.stdout is not None
        self._urls.append(server.stdout.readline().strip())
        return self._urls[-1]

    # what is read

    @cached_property
    def same(self) -> Path:
        """A workspace in which nothing is to be done."""
        return self._workspace("same", self.url, 0)

    @cached_property
    def read(self) -> Path:
        """The same, after a look for drift that has read every case."""
        folder = self._workspace("read", self.url, 0)
        run((*RECONCILER, "drift", "--chdir", str(folder)), folder=HERE, env=self.env(kept=None))
        return folder

    @cached_property
    def hundredth(self) -> Path:
        """One in which one per cent changes, and at least one case."""
        return self._workspace("every-100", self.url, min(100, self.spot.cases))

    @cached_property
    def every(self) -> Path:
        """One in which everything changes."""
        return self._workspace("every-1", self.url, 1)

    @cached_property
    def _slow(self) -> Path:
        return self._workspace("slow-1", self.slow_url, 1)

    def untouched(self) -> Path:
        """Return a copy of a workspace of the slow server in which nothing of a change of everything is done."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        return shutil.copytree(self._slow, copy)

    @cached_property
    def plan_file(self) -> Path:
        """A plan of changing everything."""
        file = self.folder / "plan.json"
        command = (*RECONCILER, "plan", "--out", str(file), "--chdir", str(self.every))
        run(command, folder=HERE, env=self.env(kept=None))
        return file

    @cached_property
    def terraform(self) -> Path:
        """As many resources of Terraform."""
        folder = self.folder / "terraform"
        self._write("terraform.py", folder, self.spot.cases)
        return folder

    def _workspace(self, name: str, url: str, every: int) -> Path:
        folder = self.folder / name
        self._write("workspaces.py", self.spot.system, folder, self.spot.cases, url, every)
        return folder

    def _write(self, script: str, *arguments: object) -> None:
        """Let another process do it: ours must stay small (see README)."""
        subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], check=True)

    def env(self, *, kept: Path | None) -> Mapping[str, str]:
        """Return the environment of a run that may use what earlier ones of the workspace `kept` have cached."""
        cache = self.folder / (f"kept-{kept.name}" if kept else "empty")
        if kept is None:
            shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(exist_ok=True)
        ours = {TOKEN: "benchmark", "RECONCILER_CACHE_DIR": str(cache), "CHECKPOINT_DISABLE": "1"}
        # a program that is installed is compiled: so is what is measured here, from its second run on
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**inherited, **ours}

    # what is counted

    def counted(self, sampled: Sampled) -> Sampled:
        """Return what a process took, with what the servers have counted since this was last asked."""
        counts = [_ask(f"{url}/counted") for url in self._urls]
        if not counts:
            return sampled
        return replace(sampled, **{name: sum(each[name] for each in counts) for name in counts[0]})


RECONCILER: Final = (str(Path(sys.executable).with_name("reconciler")),)


def _ask(url: str) -> dict[str, int]:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 (our own server, on loopback)
        found: dict[str, int] = json.load(answer)
        return found
