"""The bad days: refusals, limits, lost answers, crashes, and secrets that want to be told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.result import Status
from reconciler.providers.emulation import Fault, FaultKind, Match
from reconciler.report.jsonplan import write_result
from reconciler.report.lines import plain
from reconciler.report.text import render_result
from reconciler.testing.harness import Harness
from reconciler.testing.samples import (
    Sample,
    edited,
)
from reconciler.testing.story import (
    CANARY,
    Story,
    everything_said_of,
    for_samples_with,
    is_crashed,
    journal_watch,
    left_to_do,
)
from reconciler.testing.transports import (
    Loss,
    bad_gateway,
    dies,
    limited,
    lost,
    quoted,
    refused,
    reset,
    sign_in_page,
)


class Trouble(Story):
    """What a user sees when something goes wrong."""

    def test_a_rate_limit_is_obeyed(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """A read and a write are answered "too many": both wait as long as they are told, and are done once."""
        harness, world = self.second_day(tmp_path, make_emulator)
        harness.emulator.faults.add(Fault(FaultKind.RATE_LIMITED, Match(method="GET"), retry_after=7))

        harness.apply(fate=limited(2, 11))

        assert not harness.emulator.faults.unspent
        assert sum(harness.slept) >= 7 + 11 - 1, "the second that passes between answer and wait counts"
        self.assert_converged(harness, world)

    def test_a_refused_write_leaves_the_state_true(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Two writes go through each time and the rest is refused: each time what is recorded is what is live."""
        harness, world = self.second_day(tmp_path, make_emulator)
        words, most, failures = "no, says the test", harness.plan().summary.requests, 0
        while not (result := harness.apply(complete=False, fate=refused(2, words))).is_complete:
            failed = [outcome for outcome in result.outcomes if outcome.status is Status.FAILED]
            assert failed
            assert all(words in (outcome.message or "") for outcome in failed)
            assert not harness.drift().drift
            assert harness.open_intents == ()
            failures += 1
            assert failures <= most, "the same requests are sent again and again"

        assert failures >= (most - 1) // 2  # two at a time, and the last of them in a run without a failure
        self.assert_converged(harness, world)

    @pytest.mark.parametrize(("loss", "settled"), [(reset, True), (bad_gateway, True), (sign_in_page, False)])
    def test_a_lost_answer_makes_no_duplicate(
        self,
        tmp_path: Path,
        make_emulator: Callable[[], Any],
        loss: Loss,
        settled: bool,  # noqa: FBT001 (a column of the table above)
    ) -> None:
        """Every request is executed and its first answer lost: still each case exists once."""
        harness, world = self.second_day(tmp_path, make_emulator)

        harness.apply(fate=lost(loss), complete=settled)

        self.assert_converged(harness, world)

    @pytest.mark.parametrize(
        ("write", "executed"), [(1, True), (2, False)], ids=["answered never", "announced only"]
    )
    def test_a_crash_after_any_request_converges(
        self,
        tmp_path: Path,
        make_emulator: Callable[[], Any],
        write: int,
        executed: bool,  # noqa: FBT001 (a column of the table above)
    ) -> None:
        """
        The process ends again and again, one request further each time; the last run finds nothing amiss.

        It ends right after each request was executed; or having announced one that was not sent.
        """
        harness, world = self.second_day(tmp_path, make_emulator)
        most, crashes = harness.plan().summary.requests, 0
        while is_crashed(
            harness, dies(write + crashes // most, executed=executed)
        ):  # more if a limit refuses them
            crashes += 1
            assert crashes <= 3 * most, "the same requests are sent again and again"

        self.assert_converged(harness, world)
        assert crashes > 1

    @for_samples_with("secret")
    def test_no_secret_is_told(self, harness: Harness, sample: Sample, caplog: pytest.LogCaptureFixture) -> None:
        """A secret and the credentials come up in no plan, state, journal, log or error."""
        assert sample.secret is not None
        secret = sample.secret
        caplog.set_level(logging.DEBUG)
        told: list[str] = []
        watch = journal_watch(harness, told)
        harness.declare(kept=sample.declared, one={**sample.declared, secret: "${env.CANARY}"})
        told += everything_said_of(harness)
        harness.emulator.observer = watch
        told += write_result(harness.apply(complete=False, fate=quoted(2)))
        told += plain(render_result(harness.apply()))
        assert harness.seen(harness.id_of("one"), frozenset({secret})) == {secret: CANARY}
        assert left_to_do(harness) == []
        harness.declare(kept=sample.declared, one=edited(sample.declared, {secret: "no secret"}))
        told += everything_said_of(harness)
        result = harness.apply(complete=False, fate=quoted(1))
        told += [*write_result(result), plain(render_result(result))]
        told += [harness.state_text, caplog.text, *harness.listener.said]

        text = "\n".join(told)
        assert f"{harness.instance}.one" in text
        assert [name for name, value in harness.env.items() if value in text] == []
