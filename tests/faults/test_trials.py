"""Whatever goes wrong, the next apply converges: every request once, and a sample of everything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pytest

from tests.faults.__main__ import SEED, Row, calms, shortfall
from tests.faults.catalogue import KINDS, SYSTEMS, Calm, each_request_killed, jobs
from tests.faults.drawing import try_worlds
from tests.faults.trials import Outcome, Trials
from tests.faults.worlds import as_text

SAMPLE: Final = {
    "kills": 40,
    "answers": 40,
    "refusals": 10,
    "looks": 20,
    "reads": 20,
    "edits": 30,
    "races": 12,
    "disk": 40,
    "signals": 20,
    "pauses": 10,
    "damage": 20,
}
"""Trials of each kind; `make faults` runs all that there are."""
WORLDS: Final = 60
_TOLD: Final = {"name": "Wave", "status": "Open", "severity": "Low"}
ONCE_WRONG: Final = (
    "tines: fault POST#1 reset done + fault 5 404 not",
    "together: fault GET_/api/v2/cases/7/tasks redirect not",
    "tines: fault 2 404 not",
    "threatconnect: fault 5 404 not",
    "threatconnect: fault 10 reset done + fault 11 404 not",
    as_text(
        {
            "scene": "threatconnect",
            "yesterday": dict.fromkeys("abc", _TOLD),
            "today": {**dict.fromkeys("abd", _TOLD), "c": {**_TOLD, "tasks": {}, "attributes": {}}},
            "overnight": [],
            "script": "edit 19 a managed; kill 25 old",
        }
    ),
)
"""What the trials have found: each was a bug of ours."""


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with Trials() as running:
        yield running


@pytest.fixture(scope="module")
def scenes(trials: Trials) -> Sequence[Calm]:
    return calms(trials)


def assert_right(outcomes: Sequence[Outcome]) -> None:
    wrong = [str(outcome) for outcome in outcomes if outcome.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("system", SYSTEMS)
def test_killed_before_and_after_each_request_the_next_apply_completes(
    trials: Trials, scenes: Sequence[Calm], system: str
) -> None:
    """What is killed once in a request is announced, sent, executed or not; each of them once."""
    here = [scene for scene in scenes if scene.scene == system]
    outcomes = trials.run_all(jobs(each_request_killed, here, SEED))

    assert_right(outcomes)
    assert all(outcome.struck for outcome in outcomes)
    assert len(outcomes) == 2 * len(here[0].methods) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_each_kind_converges(trials: Trials, scenes: Sequence[Calm], kind: str) -> None:
    outcomes = trials.run_all(jobs(KINDS[kind], scenes, SEED, SAMPLE[kind]))

    assert_right(outcomes)
    assert sum(outcome.struck for outcome in outcomes) >= len(outcomes) // 2


@pytest.mark.parametrize("script", ONCE_WRONG)
def test_what_once_went_wrong_stays_right(trials: Trials, script: str) -> None:
    outcome = trials.run(script)

    assert_right([outcome])
    assert outcome.struck


def test_worlds_that_nobody_thought_of_converge(trials: Trials) -> None:
    worlds, struck, wrong = try_worlds(trials, WORLDS, SEED)

    assert wrong is None, str(wrong)
    assert worlds >= WORLDS
    assert struck > WORLDS // 4


def test_a_kind_that_was_not_exercised_is_no_proof() -> None:
    rows = [Row("kills", 5, 0, 0, 1.0), Row("races", 5, 5, 0, 1.0), Row("worlds", 7, 0, 0, 1.0)]

    assert shortfall(rows, least={"races": 6, "worlds": 7}) == ["kills: 0", "races: 5"]


def test_an_oracle_that_finds_nothing_is_worth_nothing(trials: Trials) -> None:
    """A trial that cannot be run, or that hangs, is told as such."""
    outcome = trials.run("tines: fault 1 no-such-answer not", 7)

    assert "the trial itself failed" in outcome.wrong[0]
    assert outcome.replay.startswith("REPLAY seed=7 script='tines: fault 1 no-such-answer not'")
