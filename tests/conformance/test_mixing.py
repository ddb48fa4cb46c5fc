"""All settings of what nobody knows are tried, though several at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from reconciler.providers.communifire.emulator import SWITCH_SETTINGS as COMMUNIFIRE
from reconciler.providers.threatconnect.emulator import SWITCH_SETTINGS as THREATCONNECT
from reconciler.providers.tines.emulator import SWITCH_SETTINGS as TINES
from reconciler.testing.mixing import Settings, mixed, moved


@dataclass(frozen=True, slots=True)
class Switches:
    a: int = 0
    b: int = 0
    c: int = 0


def test_settings_of_different_switches_stand_together() -> None:
    settings = {"default": Switches(), **{f"a{n}": Switches(a=n) for n in range(1, 5)}, "b": Switches(b=1)}

    assert mixed(settings) == {
        "default": (Switches(), ()),
        "mixture 0": (Switches(a=1, b=1), ("a1", "b")),
        "mixture 1": (Switches(a=2), ("a2",)),
        "mixture 2": (Switches(a=3), ("a3",)),
        "mixture 3": (Switches(a=4), ("a4",)),
    }


def test_what_moves_the_same_switch_never_does() -> None:
    settings = {"default": Switches(), **{f"{n}": Switches(a=n, b=n) for n in range(1, 8)}}

    assert [names for _, names in mixed(settings).values()] == [(), *((f"{n}",) for n in range(1, 8))]


@pytest.mark.parametrize("settings", [{}, {"default": Switches()}])
def test_what_has_no_settings_is_not_mixed(settings: Settings) -> None:
    assert list(mixed(settings)) == list(settings)


@pytest.mark.parametrize(
    "settings", [TINES, THREATCONNECT, COMMUNIFIRE], ids=["tines", "threatconnect", "communifire"]
)
def test_every_setting_is_in_a_mixture_as_it_is(settings: Settings) -> None:
    mixtures = mixed(settings)
    first: Any = next(iter(settings.values()))
    seen = {name: moved(first, switches) for switches, names in mixtures.values() for name in names}

    assert seen.keys() == settings.keys() - {"default"}
    for name, now in seen.items():
        assert moved(first, settings[name]).items() <= now.items()
    assert len(mixtures) < len(settings) / 2
