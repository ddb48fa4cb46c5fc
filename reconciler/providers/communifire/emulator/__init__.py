"""The local stand-in of a Communifire site; `emulator` draws its parts."""

from reconciler.providers.communifire.emulator.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.providers.communifire.emulator.switches import (
    HARSH_SETTINGS,
    SWITCH_SETTINGS,
    CommunifireSwitches,
)

__all__ = [  # noqa: RUF022 (the letters of the alphabet, as in all other packages)
    "CommunifireEmulator",
    "CommunifireSwitches",
    "DEFAULT_KEY",
    "HARSH_SETTINGS",
    "SWITCH_SETTINGS",
]
