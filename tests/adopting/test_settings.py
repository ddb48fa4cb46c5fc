"""
Whatever a system does where its documents are silent: what is exported is imported, and nothing else.

A few mixtures hold all settings; `--each-setting` tries each alone, and tells which one it was.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.providers.communifire.emulator import CommunifireEmulator
from reconciler.providers.communifire.emulator.switches import SWITCH_SETTINGS as COMMUNIFIRE
from reconciler.providers.registry import provider_types
from reconciler.providers.threatconnect.emulator import SWITCH_SETTINGS as THREATCONNECT
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import SWITCH_SETTINGS as TINES
from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.testing.mixing import mixed
from tests.adopting.conftest import Desk
from tests.adopting.tenants import filled

COUNT = 24
MAKERS: dict[str, Any] = {
    "tines": (TinesEmulator, TINES),
    "threatconnect": (ThreatConnectEmulator, THREATCONNECT),
    "communifire": (CommunifireEmulator, COMMUNIFIRE),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each system under each mixture of settings, or under each setting alone."""
    alone = metafunc.config.getoption("--each-setting")
    chosen = [
        pytest.param(kind, make(switches=switches), id=f"{kind}-{name}")
        for kind, (make, known) in MAKERS.items()
        for name, switches in (
            known.items() if alone else ((name, mixture) for name, (mixture, _) in mixed(known).items())
        )
    ]
    metafunc.parametrize(("kind", "emulator"), chosen)


def test_under_every_setting_an_import_changes_nothing(desk: Desk, kind: str, emulator: Any) -> None:
    desk.serve(it=filled(kind, emulator, COUNT))
    costly = ",".join(sorted(provider_types()[kind].costly))

    desk.done("export", "it", "--out", "cases/it.yaml", "--with", costly)

    assert f"{COUNT} to import. 0 requests." in desk.done("plan")
    desk.done("apply", "--auto-approve")
    assert desk.writes == []
    assert f"No changes. {COUNT} cases match." in desk.done("plan")
