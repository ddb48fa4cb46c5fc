"""
The three systems, each in its own words; of every case three forms that agree.

declared     the attributes of a block of a case file      (desired, and recorded)
item         what the API shows of it                      (live)
read         the attributes in such an object, as somebody would read them who writes a script by hand

A case follows from its number. It has a second form, in which it has another priority and one tag more: that is
what a changed case is declared as, and how it is shown once it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from systems.communifire import Communifire
from systems.system import System
from systems.threatconnect import ThreatConnect
from systems.tines import Tines

SYSTEMS: Final[Mapping[str, System]] = {
    "tines": Tines(),
    "threatconnect": ThreatConnect(),
    "communifire": Communifire(),
}
"""By their `type` in the settings."""

__all__ = ["SYSTEMS", "System"]
