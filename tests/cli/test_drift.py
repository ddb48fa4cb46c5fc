"""Drift as a job on a schedule sees it: the real command over a tenant on loopback, edited by an analyst."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.scenarios.systems import TinesSystem

CASES = """\
cases:
  a:
    provider: soc
    name: A
    priority: high
    tags: [one]
    metadata:
      region: emea
  b:
    provider: soc
    name: B
"""


@dataclass
class Scene:
    """A workspace whose two cases are applied."""

    rig: Rig
    system: TinesSystem

    def edit(self, name: str = "a", **attributes: Any) -> None:
        """Do what an analyst does."""
        state = json.loads((self.rig.root / "state/w.json").read_text())
        self.system.edit(int(state["cases"][f"soc.{name}"]["id"]), attributes)

    def drift(self, *arguments: str, code: int, **env: str) -> Ended:
        ended = self.rig.run("drift", "-q", *arguments, **env)
        assert ended.code == code, ended
        return ended

    def json(self, *arguments: str, code: int) -> Any:
        return self.drift("--json", *arguments, code=code).data


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    system = TinesSystem()
    assert isinstance(system.tenant, TinesEmulator)
    with serve(system.tenant) as served:
        rig = Rig(tmp_path / "w", {"TOKEN": DEFAULT_TOKEN})
        rig.configure({"soc": {**system.settings, "url": served.url, "requests_per_minute": 1_000_000}})
        rig.write("cases/in a folder/a.yaml", CASES)
        assert rig.run("apply", "--auto-approve").code == 0
        yield Scene(rig, system)


# ----------------------------------------------------------------------------------------------- formats


def test_a_finding_stands_where_the_field_is_declared(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.edit(metadata={"region": "apac"})

    (run,) = scene.drift("--format", "sarif", code=2).data["runs"]

    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places] == [
        ("cases/in%20a%20folder/a.yaml", 8),
        ("cases/in%20a%20folder/a.yaml", 5),
    ]


def test_a_finding_about_a_case_that_is_declared_no_more_stands_at_its_provider(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("cases/in a folder/a.yaml", "cases:\n")

    (run,) = scene.drift("--format", "sarif", code=2).data["runs"]

    (place,) = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert place["artifactLocation"]["uri"] == "reconciler.yaml"


def test_every_recorded_case_is_a_test_and_is_counted(scene: Scene) -> None:
    scene.edit(priority="LOW")

    suites = ET.fromstring(scene.drift("--format", "junit", code=2).out)  # noqa: S314 (we made it)
    gauges = scene.drift("--format", "prometheus", code=2).out.decode()

    assert [(case.get("name"), len(case)) for case in suites.iter("testcase")] == [("soc.a", 1), ("soc.b", 0)]
    assert 'reconciler_drift_cases{workspace="w",provider="soc",kind="drifted"} 1\n' in gauges
    assert 'reconciler_drift_cases{workspace="w",provider="soc",kind="clean"} 1\n' in gauges
    assert "reconciler_last_run_timestamp_seconds" in gauges
