"""Answers that are lost on a real socket, in every way: no case is doubled, and the next apply completes."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from reconciler import workspace
from reconciler.engine.http import HttpApi
from reconciler.engine.surroundings import Bounds
from reconciler.model.result import Result
from reconciler.testing.harness import Harness
from tests.faults.breaker import Break, Breaker
from tests.faults.scenes import CANARY, TinesScene

UNKNOWN: Final = ("reset", "closed", "hang", "drip", "head", "half", "garbage", "html", "500", "502", "503", "504")
REFUSING: Final = ("429", "429-date", "422", "redirect", "sent-away")
CREATE: Final = 1
CHANGE: Final = 4
"""The first write is a create; the fourth changes a case that is there."""
CASES: Final = [
    *((CREATE, kind, executed) for kind in (*UNKNOWN, "redirect") for executed in (True, False)),
    *((CREATE, kind, False) for kind in REFUSING if kind != "redirect"),
    *((CHANGE, kind, True) for kind in ("reset", "half", "429")),
    (CREATE, "slow", True),
]
DEADLINE: Final = Bounds(connect=1.0, read=0.3, total=0.6)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> TinesScene:
    monkeypatch.setattr(workspace, "HttpApi", functools.partial(HttpApi, bounds=DEADLINE))
    return TinesScene()


def applied(harness: Harness) -> Result:
    over_sockets = replace(harness.workspace(), transports=lambda _: None)
    result = over_sockets.apply(confirm=lambda _: True)
    assert result is not None
    return result


@pytest.mark.parametrize(("write", "kind", "executed"), CASES)
def test_whatever_arrives_instead_of_an_answer(
    tmp_path: Path,
    scene: TinesScene,
    write: int,
    kind: str,
    executed: bool,  # noqa: FBT001 (a column of the table above)
) -> None:
    with Breaker(scene.emulator, {write: Break(kind, executed)}) as breaker:
        settings = {**scene.settings, "url": breaker.url}
        harness = Harness(tmp_path, scene.emulator, settings=settings, env={**scene.env, "CANARY": CANARY})
        known = {"kept", *scene.moved.values()}
        harness.declare(**{name: case for name, case in scene.today.items() if name not in known})

        applied(harness)
        again = applied(harness)
        last = applied(harness)

    assert breaker.struck
    assert again.is_complete
    assert (last.outcomes, last.is_complete) == ((), True)
    markers = Counter(marker for _, marker in scene.markers())
    assert sorted(markers.values()) == [1] * 4
    assert harness.open_intents == ()


def test_the_pause_that_is_asked_for_is_kept(tmp_path: Path, scene: TinesScene) -> None:
    with Breaker(scene.emulator, {CREATE: Break("429", executed=False)}) as breaker:
        settings = {**scene.settings, "url": breaker.url}
        harness = Harness(tmp_path, scene.emulator, settings=settings, env={**scene.env, "CANARY": CANARY})
        harness.declare(new=scene.today["new"])

        assert applied(harness).is_complete

    assert sum(harness.slept) >= 6
