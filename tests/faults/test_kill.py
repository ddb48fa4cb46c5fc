"""The command in a process of its own, over sockets: killed, interrupted, two at once; see also test_trials."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import Literal

import pytest

from reconciler.providers.emulation import Recorded
from tests.faults.commands import AtRequest, Command
from tests.faults.scenes import SCENES
from tests.faults.tenant import Day

KILLED = -signal.SIGKILL
in_every_system = pytest.mark.parametrize("day", SCENES, indirect=True)


@in_every_system
def test_an_apply_that_nobody_disturbs_converges(day: Day) -> None:
    ended = day.apply()

    assert ended.code == 0, ended.out + ended.err
    assert day.scene.ends in ended.out
    day.assert_converged(ended)


@in_every_system
def test_killed_twice_in_a_row_it_still_completes(day: Day) -> None:
    for number in (5, 4):
        at = AtRequest(number, "after", Command.kill)
        day.emulator.observer = at
        killed = at.watch(day.start("apply", "--auto-approve", "--parallelism", "1")).wait()
        assert killed.code == KILLED

    day.emulator.observer = None
    day.assert_converges()


@in_every_system
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_finishes_what_is_in_flight_and_says_so(day: Day, number: signal.Signals) -> None:
    def interrupt(command: Command) -> None:
        command.send(number)
        command.await_words("Interrupted")

    at = AtRequest(4, "after", interrupt)
    day.emulator.observer = at

    ended = at.watch(day.start("apply", "--auto-approve", "--parallelism", "1")).wait()

    assert ended.code == 130, ended.err
    assert len(day.harness.writes) < day.scene.writes
    assert day.harness.open_intents == ()
    assert not day.harness.drift().drift
    day.emulator.observer = None
    day.assert_converges(ended)


@in_every_system
def test_interrupted_twice_it_stops_at_once(day: Day) -> None:
    going_on = threading.Event()

    def hold(command: Command) -> None:
        command.send(signal.SIGINT)
        command.await_words("press Ctrl-C again")
        command.send(signal.SIGINT)
        going_on.wait(10)

    at = AtRequest(4, "after", hold)
    day.emulator.observer = at

    ended = at.watch(day.start("apply", "--auto-approve")).wait()

    going_on.set()
    assert ended.code == 130, ended.err
    day.emulator.observer = None
    day.assert_converges(ended)


class TwoApplies:
    """The first is held at its first write until it is let go."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._at_write = threading.Event()
        self._going_on = threading.Event()
        day.emulator.observer = self._hold

    def _hold(self, moment: Literal["before", "after"], request: Recorded) -> None:
        if moment == "before" and request.method != "GET":
            self._at_write.set()
            assert self._going_on.wait(30)

    def first(self) -> Command:
        command = self._day.start("apply", "--auto-approve")
        assert self._at_write.wait(30)
        return command

    def let_go(self) -> None:
        self._going_on.set()


def test_of_two_applies_the_second_says_who_holds_the_lock(day: Day) -> None:
    applies = TwoApplies(day)
    first = applies.first()

    second = day.apply("--lock-timeout", "1s")

    applies.let_go()
    assert second.code == 1
    assert f"process {first.pid}" in second.err
    assert "for apply" in second.err
    ended = first.wait()
    assert ended.code == 0, ended.err
    day.assert_converged(ended, second)


def test_of_two_applies_the_second_waits_and_finds_nothing_to_do(day: Day) -> None:
    applies = TwoApplies(day)
    first = applies.first()
    second = day.start("apply", "--auto-approve", "--lock-timeout", "60s")

    applies.let_go()

    ended, after = first.wait(), second.wait()
    assert (ended.code, after.code) == (0, 0), ended.err + after.err
    assert f"No changes. {len(day.scene.today)} cases match." in after.out
    day.assert_converged(ended, after)


def test_a_plan_takes_no_lock(day: Day) -> None:
    applies = TwoApplies(day)
    first = applies.first()

    plan = day.run("plan", "--lock-timeout", "0s")

    applies.let_go()
    assert plan.code == 0, plan.err
    assert first.wait().code == 0


def test_the_lock_of_a_killed_apply_is_free(day: Day) -> None:
    at = AtRequest(5, "before", Command.kill)
    day.emulator.observer = at
    at.watch(day.start("apply", "--auto-approve")).wait()
    day.emulator.observer = None

    ended = day.apply("--lock-timeout", "0s")

    assert ended.code == 0, ended.err


def test_the_module_is_the_command(day: Day) -> None:
    """What is forked everywhere else is, once, started as a user starts it."""
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "apply", "--auto-approve"],
        cwd=day.harness.root,
        env=day.env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    day.assert_converged()
