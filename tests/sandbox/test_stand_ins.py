"""One place says what stands in for each system; and what those tenants hold."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.engine.progress import Silent
from reconciler.engine.stop import Stop
from reconciler.providers.registry import provider_types
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.sandbox import Standing, stand_ins, standing
from reconciler.sandbox.seed_threatconnect import seeded_threatconnect
from reconciler.sandbox.seed_tines import seeded_tines
from reconciler.sandbox.stand_ins import FIRST_PORT, STAND_INS, StandIn, pointed_at
from reconciler.workspace import Workspace

NOT_LASTING = {"activities", "dateAdded", "lastUpdated", "lastModified", "lastUsed", "eventDate", "completedDate"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Standing, ...]]:
    with standing(private=True) as running:
        yield running


def test_every_installed_system_has_a_stand_in_of_its_own() -> None:
    assert sorted(stand_in.type for stand_in in STAND_INS) == sorted(provider_types())
    assert len({stand_in.instance for stand_in in STAND_INS}) == len(STAND_INS)


@pytest.mark.parametrize("stand_in", STAND_INS, ids=lambda stand_in: stand_in.type)
def test_what_it_says_of_an_instance_are_settings_of_that_system(stand_in: StandIn) -> None:
    known = provider_types()[stand_in.type].settings_model.model_fields

    assert {*stand_in.credentials, *stand_in.settings} <= set(known)


def test_private_ones_take_other_credentials_than_everybody_knows(served: tuple[Standing, ...]) -> None:
    for each in served:
        known = each.stand_in.make()
        for name, variable in each.stand_in.credentials.items():
            assert getattr(known, name) != each.environment[variable]


def test_a_workspace_of_what_they_say_talks_to_each(served: tuple[Standing, ...], tmp_path: Path) -> None:
    lines = ["version: 1", "workspace: x", "providers:"]
    cases = ["cases:"]
    for each in served:
        each.emulator.forget_requests()
        lines += [f"  {each.stand_in.instance}:"]
        lines += [f"    {name}: {value}" for name, value in each.settings.items()]
        cases += [f"  {each.stand_in.type}:", f"    provider: {each.stand_in.instance}", '    import: "1"']
    (tmp_path / "cases").mkdir()
    (tmp_path / "reconciler.yaml").write_text("\n".join(lines))
    (tmp_path / "cases/a.yaml").write_text("\n".join(cases))
    env = {name: value for each in served for name, value in each.environment.items()}

    plan = Workspace.open(tmp_path, env=env, progress=Silent(), stop=Stop()).plan()

    assert [change.id for change in plan.changes] == ["1"] * len(served)
    assert all(recorded.status == 200 for each in served for recorded in each.emulator.requests)
    assert all(each.emulator.requests for each in served)


def test_they_take_ports_that_follow_each_other() -> None:
    first = _free_ports()
    with standing(port=first) as running:
        assert [each.url for each in running] == [
            f"http://127.0.0.1:{first + place}" for place in range(len(STAND_INS))
        ]


def test_a_port_that_is_taken_is_named_and_the_others_are_freed() -> None:
    first = _free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + 1))
        taken.listen()
        with pytest.raises(OSError, match="in use") as error, standing(port=first):
            pass
    assert error.value.filename == str(first + 1)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{first}", trust_env=False)


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(OSError, match="no such port") as error, standing(port=65535):
        pass
    assert error.value.filename == "65536"


def test_our_own_workspaces_are_pointed_at_what_is_served(served: tuple[Standing, ...]) -> None:
    written = " ".join(f"http://127.0.0.1:{FIRST_PORT + place}" for place in range(len(served)))

    assert pointed_at(written, served) == " ".join(each.url for each in served)


def test_the_demo_names_its_instances_as_the_stand_ins_do() -> None:
    settings = (Path(stand_ins.__file__).parent / "workspace/reconciler.yaml").read_text(encoding="utf-8")

    for place, stand_in in enumerate(STAND_INS):
        url = f"http://127.0.0.1:{FIRST_PORT + place}"
        assert f"  {stand_in.instance}:\n    type: {stand_in.type}\n    url: {url}" in settings


# ------------------------------------------------------------------------------------ what they hold


@pytest.fixture(scope="module")
def tines() -> TinesEmulator:
    return seeded_tines()


@pytest.fixture(scope="module")
def threatconnect() -> ThreatConnectEmulator:
    return seeded_threatconnect()


def test_tines_holds_a_believable_queue(tines: TinesEmulator) -> None:
    cases = tines.cases()

    assert len(cases) == 60
    assert {case["team"]["name"] for case in cases} == {"SOC", "Threat Hunting", "Cloud Security"}
    assert {case["status"] for case in cases} == {"OPEN", "CLOSED"}
    assert {case["priority"] for case in cases} == {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"}
    assert len({user["email"] for case in cases for user in case["assignees"]}) >= 10
    assert len({case["name"] for case in cases}) == 60
    assert any(not case["name"].isascii() for case in cases)
    assert tines.requests == []


def test_threatconnect_holds_a_believable_queue(threatconnect: ThreatConnectEmulator) -> None:
    cases = threatconnect.cases()

    assert len(cases) == 40
    assert {case["status"] for case in cases} == {"Open", "Closed"}
    assert {case["severity"] for case in cases} == {"Low", "Medium", "High", "Critical"}
    assert len({case["name"] for case in cases}) == len({case["xid"] for case in cases}) == 40
    assert any(not case["name"].isascii() for case in cases)
    assert {case.get("assignee", {}).get("type") for case in cases} == {"User", "Group", None}
    assert all(case["tags"]["data"] and case["attributes"]["data"] and case["notes"]["data"] for case in cases)
    assert len({tag["name"] for case in cases for tag in case["tags"]["data"]}) >= 20
    assert any("techniqueId" in tag for case in cases for tag in case["tags"]["data"])
    assert len({artifact["type"] for case in cases for artifact in case["artifacts"]["data"]}) >= 6
    for name in ("tasks", "associatedCases", "associatedGroups", "associatedIndicators"):
        assert sum(bool(case[name]["data"]) for case in cases) >= 10, name
    assert threatconnect.requests == []


@pytest.mark.parametrize("stand_in", STAND_INS, ids=lambda stand_in: stand_in.type)
def test_what_they_hold_is_the_same_every_time(stand_in: StandIn) -> None:
    one, other = stand_in.make(), stand_in.make()

    assert lasting(one.cases()) == lasting(other.cases())  # type: ignore[attr-defined]


def lasting(shown: Any) -> Any:
    """Return what is shown without the moments at which it was made."""
    match shown:
        case dict():
            return {key: lasting(value) for key, value in shown.items() if key not in NOT_LASTING}
        case list():
            return [lasting(value) for value in shown]
        case _:
            return shown


def _free_ports() -> int:
    """Return a port after which enough others are free too."""
    while True:
        with socket.socket() as probe, socket.socket() as following:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            try:
                following.bind(("127.0.0.1", port + len(STAND_INS) - 1))
            except (OSError, OverflowError):
                continue
            return port
