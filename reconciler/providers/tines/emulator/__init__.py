"""The local stand-in of a Tines tenant; `emulator` draws its parts."""

from reconciler.providers.tines.emulator.emulator import (
    DEFAULT_TOKEN,
    SWITCH_SETTINGS,
    TinesEmulator,
    TinesSwitches,
)

__all__ = ["DEFAULT_TOKEN", "SWITCH_SETTINGS", "TinesEmulator", "TinesSwitches"]
