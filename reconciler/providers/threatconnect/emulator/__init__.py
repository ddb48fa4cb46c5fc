"""The local stand-in of a ThreatConnect instance; `emulator` draws its parts."""

from reconciler.providers.threatconnect.emulator.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    DEFAULT_TOKEN,
    SWITCH_SETTINGS,
    ThreatConnectEmulator,
    ThreatConnectSwitches,
)

__all__ = [
    "DEFAULT_ACCESS_ID",
    "DEFAULT_SECRET_KEY",
    "DEFAULT_TOKEN",
    "SWITCH_SETTINGS",
    "ThreatConnectEmulator",
    "ThreatConnectSwitches",
]
