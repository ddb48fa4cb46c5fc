"""
Runs trials, each in a process forked from one that has all imported and every morning ready.

A script; reads a line of JSON, answers a line:

    {"script": "tines: kill 17", "seed": 1, "scratch": folder}  →  the report, as JSON
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import traceback
from multiprocessing import Pipe
from pathlib import Path
from typing import Final

from tests.faults.scenes import SCENES
from tests.faults.script import Script
from tests.faults.trial import Morning, Report, Trial
from tests.faults.worlds import World, made, script_of

PATIENCE: Final = 60.0
"""Seconds after which a trial hangs."""


def main() -> None:
    mornings: dict[str, Morning] = {}
    scratch = Path(tempfile.mkdtemp(prefix="trials.", dir=_fast_folder()))
    try:
        for number, line in enumerate(sys.stdin):
            job = json.loads(line)
            script, world = script_of(job["script"])
            if script.scene not in mornings:
                mornings[script.scene] = _warm(script.scene, scratch)
            morning = mornings[script.scene] if world is None else world
            report = _forked(script, job["seed"], morning, scratch / str(number))
            sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _warm(system: str, scratch: Path) -> Morning:
    """Return a morning, with everything imported that a trial of it needs."""
    Trial(
        Script.parse(f"{system}: calm"), 0, Morning.of(SCENES[system](), scratch / f"{system}.rehearsal")
    ).report()
    morning = Morning.of(SCENES[system](), scratch / system)
    gc.collect()
    gc.freeze()  # a fork need not copy what nobody will free
    return morning


def _fast_folder() -> str | None:
    """Return a folder in memory, if there is one: what is synced to a disk is tried in `moments`, not here."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def _forked(script: Script, seed: int, morning: Morning | World, folder: Path) -> Report:
    ours, theirs = Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        theirs.send_bytes(json.dumps(dataclasses.asdict(_tried(script, seed, morning, folder))).encode())
        os._exit(0)
    theirs.close()
    if select.select([ours], [], [], PATIENCE)[0]:
        try:
            report = Report.of(json.loads(ours.recv_bytes()))
        except EOFError:
            report = Report(("the trial itself died",), 1)
    else:
        report = Report((f"it hangs: no end after {PATIENCE:g} s",), 1)
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    ours.close()
    shutil.rmtree(folder, ignore_errors=True)
    return report


def _tried(script: Script, seed: int, morning: Morning | World, folder: Path) -> Report:
    root = folder / "workspace"
    try:
        ready = morning.moved(root) if isinstance(morning, Morning) else Morning.of(made(morning), root)
        return Trial(script, seed, ready).report()
    except BaseException:  # noqa: BLE001 (told in the report, whatever it is)
        return Report((f"the trial itself failed: {traceback.format_exc()}",), 1)


if __name__ == "__main__":
    main()
