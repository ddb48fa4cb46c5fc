"""Each bug that somebody may make is caught by the trial that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.planting import Bug, bugs

BUGS = list(bugs())
SAMPLE = ("03-post-resent-blindly", "05-not-read-again")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_can_still_be_planted(tmp_path: Path, bug: Bug) -> None:
    bug.plant(tmp_path / "copy")


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in SAMPLE], ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(tmp_path: Path, bug: Bug) -> None:
    """Two of them; `make bugs` tries all."""
    bug.plant(tmp_path / "copy")

    outcome = bug.trial_in(tmp_path / "copy")

    assert outcome.struck
    assert outcome.wrong, f"{bug.title} Nothing is found wrong by: {bug.trial}"


def test_there_are_at_least_ten() -> None:
    assert len(BUGS) >= 10
    assert {bug.name for bug in BUGS} >= set(SAMPLE)
