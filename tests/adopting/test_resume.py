"""An export that is interrupted goes on where it stopped; a large one takes a request a page and little memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
import yaml

from reconciler.providers.emulation import Fault, FaultKind, Match, Recorded
from reconciler.providers.tines.emulator import TinesEmulator, TinesSwitches
from tests.adopting.conftest import Desk
from tests.adopting.tenants import Tenant, tines

COUNT = 60
WITH_TASKS = ("export", "it", "--with", "tasks", "--out", "cases/it.yaml")


def seeded(desk: Desk) -> Tenant:
    """Serve cases with a task each, on pages of 20."""
    tenant = Tenant(TinesEmulator(switches=TinesSwitches(per_page_max=20)), tines().settings, tines().env)
    for number in range(COUNT):
        id = tenant.seed(name=f"Case {number}")
        tenant.emulator.add_task(id, "Look")
    desk.serve(it=tenant)
    return tenant


def tasks_read(desk: Desk) -> Counter[str]:
    """Count the requests for tasks, by case."""
    return Counter(path.split("/")[4] for path in desk.requests if path.endswith("/tasks"))


def written(path: Path) -> list[str]:
    """Return the ids of the cases in a file, whole or not."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split('"')[1] for line in lines if line.startswith("    import: ")]


def test_after_an_error_the_same_command_goes_on(desk: Desk) -> None:
    tenant = seeded(desk)
    tenant.emulator.faults.add(
        Fault(FaultKind.SERVER_ERROR, Match("GET", "/tasks$", nth=50), status=HTTPStatus.BAD_REQUEST)
    )
    part = desk.folder / "cases/it.yaml.part"

    failed = desk.run(*WITH_TASKS)

    assert failed.code == 1
    assert "the same command again goes on from there" in failed.err
    assert not (desk.folder / "cases/it.yaml").exists()
    before = written(part)
    assert len(before) == 40

    desk.forget_requests()
    said = desk.run(*WITH_TASKS)

    assert said.code == 0, said.err
    assert "39 cases written by an earlier run were kept." in said.err
    assert not part.exists()
    assert sorted(written(desk.folder / "cases/it.yaml"), key=int) == [str(id + 1) for id in range(COUNT)]
    assert tasks_read(desk).keys() == {str(id) for id in range(40, COUNT + 1)}, "of the last written one anew"
    assert f"{COUNT} to import. 0 requests." in desk.done("plan")


def test_other_arguments_are_no_resumption(desk: Desk) -> None:
    seeded(desk)
    desk.write("cases/it.yaml.part", "# Written by: reconciler export it\ncases:\n")

    said = desk.run(*WITH_TASKS)

    assert said.code == 1
    assert "cases/it.yaml.part was begun by another export, which was interrupted" in said.err
    assert "or begin anew: rm cases/it.yaml.part" in said.err
    assert desk.requests == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 130)])
@pytest.mark.parametrize("place", [("--out", "cases/it.yaml"), ("--split", "cases/it")], ids=["file", "folder"])
def test_killed_at_any_time_it_goes_on(
    desk: Desk, place: tuple[str, str], number: signal.Signals, code: int
) -> None:
    tenant = seeded(desk)
    command = ("export", "it", "--with", "tasks", *place)
    running = started(command)
    tenant.emulator.observer = at_request(45, lambda: running.send_signal(number))
    running.wait(30)
    tenant.emulator.observer = None
    assert running.returncode == code

    desk.done(*command)

    files = (desk.folder / "cases").rglob("*.yaml")
    cases = [name for path in files for name in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]]
    assert sorted(cases) == sorted(f"case-{id}-{id + 1}" for id in range(COUNT))
    assert not list((desk.folder / "cases").rglob("*.part"))
    assert f"{COUNT} to import. 0 requests." in desk.done("plan")


def test_many_cases_take_a_request_a_page_and_the_memory_of_a_few(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    peaks = {}
    few, many = (1_000, 10_000) if request.config.getoption("--full-size") else (500, 3_000)
    for count in (few, many):
        tenant = Tenant(TinesEmulator(switches=TinesSwitches(per_page_max=500)), tines().settings, tines().env)
        for number in range(count):
            tenant.seed(name=f"Case {number}", description="What is known so far. " * 20)
        desk.serve(it=tenant)
        running = started(("export", "it", "--only", "name,description", "--out", f"{count}.yaml"))
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        assert running.returncode == 0
        assert len(desk.requests) == count / 500
        assert len(written(desk.folder / f"{count}.yaml")) == count
        peaks[count] = usage.ru_maxrss / 1024

    assert peaks[many] - peaks[few] < 20, f"MiB at most: {peaks}"


def started(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "reconciler", *command, "-q"], env=dict(os.environ))


def at_request(number: int, act: Callable[[], None]) -> Callable[[str, Recorded], None]:
    """Return an observer that acts when so many requests have been answered."""
    seen: list[Recorded] = []

    def observe(moment: str, recorded: Recorded) -> None:
        if moment == "after":
            seen.append(recorded)
            if len(seen) == number:
                act()

    return observe
