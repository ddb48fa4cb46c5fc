"""
Runs the command in processes of its own, quickly: all is imported once, then forked.

A script; reads a line of JSON, answers a line:

    {"start": {"arguments": […], "folder": …, "env": {…}, "out": …, "err": …}}   → process id
    {"wait": process id}                                                          → exit code
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, Final

PRELOADED: Final = (
    "certifi",
    "deepdiff",
    "httpcore",
    "httpx",
    "reconciler.cli.apply",
    "reconciler.cli.group",
    "reconciler.cli.plan",
    "reconciler.cli.planfiles",
    "reconciler.cli.progress",
    "reconciler.cli.signals",
    "reconciler.providers.communifire",
    "reconciler.providers.threatconnect",
    "reconciler.providers.tines",
    "reconciler.report.planfile",
    "reconciler.workspace",
)
HASTE: Final = 10.0
"""How many times shorter than in reality are the waits for a slow system: the emulator is none."""


def main() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        match json.loads(line):
            case {"start": job}:
                answer = os.fork() or run(job)
            case {"wait": int(pid)}:
                answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def run(job: dict[str, Any]) -> int:
    """Become the command; never returns."""
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, job["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["folder"])
    hurry()
    command = importlib.import_module("reconciler.cli")
    sys.exit(command.main(job["arguments"]))


def hurry() -> None:
    stop = importlib.import_module("reconciler.engine.stop").Stop
    sleep = stop.sleep
    stop.sleep = lambda self, seconds: sleep(self, seconds / HASTE)


if __name__ == "__main__":
    main()
