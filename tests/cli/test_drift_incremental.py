"""`drift --incremental` over a tenant on loopback whose clock the test moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.tines.emulator import DEFAULT_TOKEN
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.scenarios.systems import TinesSystem

CASES = """\
cases:
  a: {provider: soc, name: A, priority: high}
  b: {provider: soc, name: B, priority: high}
  c: {provider: soc, name: C, priority: high, metadata: {region: emea}}
  d: {provider: soc, name: D, priority: high}
"""
MEMORY = "state/w.json.seen"
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "the filter is ignored": {"filters_ignored": frozenset({"updated_at_start_date"})},
    "lists show little": {"list_items_lean": ("fields", "updated_at")},
    "both": {
        "list_items_lean": ("fields", "updated_at"),
        "filters_ignored": frozenset({"updated_at_start_date", "case_ids"}),
    },
    "small pages": {"per_page_max": 1},
}


@dataclass
class Scene:
    """A workspace whose cases were applied five hours ago."""

    rig: Rig
    system: TinesSystem

    def id(self, case: str) -> int:
        state = json.loads((self.rig.root / "state/w.json").read_text())
        return int(state["cases"][f"soc.{case}"]["id"])

    def edit(self, case: str = "a", *, minutes: float = 0.0, **attributes: Any) -> None:
        """Do what an analyst does, so many minutes from now by the clock of the tenant."""
        self.system.minutes_off = minutes
        self.system.edit(self.id(case), attributes)
        self.system.minutes_off = 0.0

    def drift(self, *arguments: str, code: int = 0) -> Ended:
        self.system.tenant.forget_requests()
        ended = self.rig.run("drift", *arguments)
        assert ended.code == code, ended
        return ended

    def json(self, *arguments: str, code: int = 0) -> Any:
        return self.drift("--json", *arguments, code=code).data

    @property
    def asked(self) -> list[str]:
        """What the last look asked, but for logs."""
        return [each.path for each in self.system.tenant.requests if not each.path.endswith("/activities")]


@pytest.fixture
def switches() -> dict[str, Any]:
    return {}


@pytest.fixture
def scene(tmp_path: Path, switches: dict[str, Any]) -> Iterator[Scene]:
    system = TinesSystem(**switches)
    system.minutes_off = -300.0
    with serve(system.tenant) as served:
        rig = Rig(tmp_path / "w", {"TOKEN": DEFAULT_TOKEN})
        rig.configure({"soc": {**system.settings, "url": served.url, "requests_per_minute": 1_000_000}})
        rig.write("cases/cases.yaml", CASES)
        assert rig.run("apply", "--auto-approve").code == 0
        system.minutes_off = 0.0
        yield Scene(rig, system)


def drifted(data: Any) -> list[str]:
    return [item["address"] for item in data["drift"]]


# ------------------------------------------------------------------------------------------ what is read


def test_without_a_change_one_request_is_sent(scene: Scene) -> None:
    scene.drift()

    data = scene.json("--incremental")

    assert len(scene.asked) == 1
    assert (data["complete"], data["unread"]) == (False, {"cases": 4, "unseen": ["metadata"]})
    assert data["summary"] == {"drifted": 0, "clean": 4, "missing": 0}


@pytest.mark.parametrize("switches", SETTINGS.values(), ids=SETTINGS)
def test_what_has_changed_is_seen_as_a_complete_look_sees_it(scene: Scene) -> None:
    scene.drift()
    scene.edit("b", priority="LOW")
    scene.edit("c", metadata={"region": "apac"})

    found = scene.json("--incremental", code=2)

    assert drifted(found) == ["soc.b", "soc.c"]
    assert found["drift"] == scene.json(code=2)["drift"]


@pytest.mark.parametrize("switches", SETTINGS.values(), ids=SETTINGS)
def test_without_a_change_nothing_is_seen(scene: Scene) -> None:
    scene.drift()

    assert scene.json("--incremental")["drift"] == []


def test_drift_stays_until_it_is_repaired(scene: Scene) -> None:
    scene.edit("b", minutes=-30, priority="LOW")
    scene.system.tenant.remove(scene.id("d"))
    scene.drift(code=2)

    for _ in range(2):
        assert drifted(scene.json("--incremental", code=2)) == ["soc.b", "soc.d"]

    assert scene.rig.run("apply", "--auto-approve").code == 0
    assert drifted(scene.json("--incremental")) == []


def test_a_change_just_before_a_complete_look_is_read_again_since_lists_lag(scene: Scene) -> None:
    scene.drift()
    scene.edit("a", minutes=-4, priority="LOW")

    assert drifted(scene.json("--incremental", code=2)) == ["soc.a"]


def test_a_case_that_was_read_again_is_not_read_for_ever(scene: Scene) -> None:
    scene.drift()
    memory = json.loads((scene.rig.root / MEMORY).read_text())
    memory["seen_1"]["soc"]["since"] = "2020-01-01T00:00:00+00:00"
    scene.rig.write(MEMORY, json.dumps(memory))

    scene.drift("--incremental")
    assert len(scene.asked) > 1
    scene.drift("--incremental")
    assert len(scene.asked) == 1


def test_what_an_apply_made_is_read(scene: Scene) -> None:
    scene.drift()
    scene.rig.write("cases/cases.yaml", CASES.replace("name: B", "name: Bb") + "  e: {provider: soc, name: E}\n")
    scene.system.minutes_off = -30.0  # as if it had been long ago: the list would not tell
    assert scene.rig.run("apply", "--auto-approve").code == 0
    scene.edit("b", minutes=-30, name="X")
    scene.edit("e", minutes=-30, name="X")

    data = scene.json("--incremental", code=2)

    assert drifted(data) == ["soc.b", "soc.e"]
    assert data["unread"]["cases"] == 3


def test_a_case_whose_tags_are_ours_alone_now_is_read(scene: Scene) -> None:
    tagged = CASES.replace("name: A,", "name: A, tags: [x], ownership: {tags: shared},")
    scene.rig.write("cases/cases.yaml", tagged)
    assert scene.rig.run("apply", "--auto-approve").code == 0
    scene.edit("a", minutes=-30, tags=["x", "theirs"])
    scene.drift()

    scene.rig.write("cases/cases.yaml", tagged.replace("shared", "exact"))

    assert drifted(scene.json("--incremental", code=2)) == ["soc.a"]


def test_linked_cases_are_read_together_since_a_link_may_show_at_one_end(scene: Scene) -> None:
    scene.rig.write("cases/cases.yaml", CASES.replace("name: A,", "name: A, links: [b],"))
    scene.system.minutes_off = -300.0
    assert scene.rig.run("apply", "--auto-approve").code == 0
    scene.system.minutes_off = 0.0
    scene.drift()
    scene.edit("b", priority="LOW")

    data = scene.json("--incremental", code=2)

    assert drifted(data) == ["soc.b"]
    assert data["unread"]["cases"] == 2


# ---------------------------------------------------------------------------------------- what is not seen


def test_a_deleted_case_is_seen_by_a_complete_look_only_and_that_is_said(scene: Scene) -> None:
    scene.drift()
    scene.system.tenant.remove(scene.id("d"))

    ended = scene.drift("--incremental", "-q")

    assert b"only a complete one shows deleted cases, and all changes of metadata." in ended.out
    assert drifted(scene.json("--incremental", "--complete-after", "0s", code=2)) == ["soc.d"]


@pytest.mark.parametrize("switches", [{"metadata_bumps_updated_at": False}])
def test_drift_that_was_seen_by_a_complete_look_is_still_seen(scene: Scene) -> None:
    scene.drift()
    with scene.system.tenant.lock:
        scene.edit("c", minutes=-30, metadata={"region": "apac"})
    assert drifted(scene.json("--incremental")) == []

    scene.drift(code=2)

    assert drifted(scene.json("--incremental", code=2)) == ["soc.c"]


# ------------------------------------------------------------------------------------- when all is read


def test_all_is_read_and_said_where_nothing_is_remembered(scene: Scene) -> None:
    ended = scene.drift("--incremental", "--json")

    assert b"all cases of soc are read: no complete read is remembered" in ended.err
    assert ended.data["complete"] is True
    assert scene.json("--incremental")["last_complete"] == ended.data["last_complete"]


def test_all_is_read_where_the_last_complete_read_is_old(scene: Scene) -> None:
    scene.drift()

    ended = scene.drift("--incremental", "--complete-after", "0s")

    assert b"all cases of soc are read: the last complete read began at " in ended.err
    assert b"Incremental" not in ended.out


@pytest.mark.parametrize("switches", [{"v1_cases": "served"}])
def test_all_is_read_where_the_system_cannot_tell(scene: Scene) -> None:
    url = json.loads((scene.rig.root / "reconciler.yaml").read_text())["providers"]["soc"]["url"]
    scene.rig.configure({"soc": {**scene.system.settings, "url": url, "api_version": "v1"}})
    scene.drift()

    ended = scene.drift("--incremental", "--json")

    assert b"all cases of soc are read: its system cannot tell what has changed" in ended.err
    assert ended.data["complete"] is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"seen_1": {"soc": {}}}',
        '{"seen_1": {"soc": {"clean": {}, "system": "", "since": "2026-01-01"}}}',
    ],
)
def test_a_memory_that_cannot_be_understood_is_none(scene: Scene, text: str) -> None:
    scene.rig.write(MEMORY, text)

    ended = scene.drift("--incremental")

    assert b"state/w.json.seen cannot be understood; all cases are read" in ended.err
    assert len(scene.asked) == 1
    scene.drift("--incremental", "-q")
    assert b"Incremental" in scene.drift("--incremental", "-q").out


def test_a_memory_without_a_zone_is_none(scene: Scene) -> None:
    scene.drift()
    memory = json.loads((scene.rig.root / MEMORY).read_text())
    memory["seen_1"]["soc"]["since"] = "2026-01-01T00:00:00"
    scene.rig.write(MEMORY, json.dumps(memory))

    assert b"cannot be understood" in scene.drift("--incremental").err


def test_a_memory_of_another_tenant_or_of_the_future_is_of_no_use(scene: Scene) -> None:
    scene.drift()
    memory = json.loads((scene.rig.root / MEMORY).read_text())

    for change in ({"system": "another"}, {"complete": "9999-01-01T00:00:00+00:00"}):
        scene.rig.write(MEMORY, json.dumps({"seen_1": {"soc": {**memory["seen_1"]["soc"], **change}}}))
        assert scene.json("--incremental")["complete"] is True


def test_a_memory_that_cannot_be_written_is_no_failure(scene: Scene) -> None:
    scene.rig.write(f"{MEMORY}/x", "")

    ended = scene.drift("--incremental")

    assert b"state/w.json.seen cannot be written, so that the next look reads more" in ended.err


def test_a_look_at_some_cases_is_not_remembered(scene: Scene) -> None:
    scene.drift("--target", "soc.a")
    assert not (scene.rig.root / MEMORY).exists()
    assert "complete" not in scene.json("--target", "soc.a")

    scene.drift()
    before = (scene.rig.root / MEMORY).read_bytes()
    scene.edit("a", priority="LOW")
    scene.edit("b", priority="LOW")

    assert drifted(scene.json("--incremental", "--target", "soc.a", code=2)) == ["soc.a"]
    assert (scene.rig.root / MEMORY).read_bytes() == before


# ------------------------------------------------------------------------------------------------ formats


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_it_is_told_how_much_was_read(scene: Scene, format_: str) -> None:
    scene.drift()

    shown = scene.drift("--incremental", "--format", format_).out.decode()

    assert "Incremental: 4 of 4 cases were not read, since nothing tells that they have changed." in shown


def test_the_last_complete_read_is_a_gauge(scene: Scene) -> None:
    name = "reconciler_last_complete_read_timestamp_seconds"

    def gauge(*arguments: str) -> str:
        lines = scene.drift("--format", "prometheus", *arguments).out.decode().splitlines()
        return next(line for line in lines if line.startswith(name))

    first = gauge()

    assert gauge("--incremental") == first
    assert first.startswith(f'{name}{{workspace="w"}} 1')


def test_an_earlier_report_may_be_of_an_incremental_look(scene: Scene) -> None:
    scene.drift()
    scene.edit("b", priority="LOW")
    scene.rig.write("given", scene.drift("--incremental", "--json", code=2).out.decode())

    assert scene.json("--since", "given", "--incremental")["summary"]["as_before"] == 1
    assert scene.json("--since", "given")["summary"]["as_before"] == 1


def test_only_a_look_that_reads_all_makes_receivers_forget(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []

    def notify(*_: object, partial: bool) -> tuple[str, ...]:
        told.append(partial)
        return ()

    monkeypatch.setattr("reconciler.workspace.Workspace.notify", notify)

    scene.drift()
    scene.drift("--incremental")
    scene.drift("--target", "soc.a")

    assert told == [False, True, True]


def test_nothing_is_remembered_of_nothing(scene: Scene) -> None:
    scene.rig.run("state", "rm", "soc.a", "soc.b", "soc.c", "soc.d")

    assert scene.json("--incremental")["complete"] is True
    assert not (scene.rig.root / MEMORY).exists()
