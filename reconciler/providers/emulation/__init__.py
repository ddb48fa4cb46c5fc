"""
What the emulator of every system shares: routes, a recorder, faults, and one way out.

    httpx.MockTransport(emulator.handle) ──┐
                                           ├─► answer(Call) ─► Outcome ─► a response, half of one, or none
    the loopback server ───────────────────┘      │
                                                  ├─ decode         what the body says
                                                  ├─ faults.take    what is scripted for this request
                                                  ├─ observer       before and after it
                                                  └─ guard, route   under the emulator's lock

Waiting is left to the two transports, so that a slow answer holds up nobody else.
"""

from reconciler.providers.emulation.emulator import Clock, Emulator, Observer, route, utc_now
from reconciler.providers.emulation.exchange import Call, Outcome, Recorded, Refused, Reply
from reconciler.providers.emulation.faults import Fault, FaultKind, Faults, Match

__all__ = [
    "Call",
    "Clock",
    "Emulator",
    "Fault",
    "FaultKind",
    "Faults",
    "Match",
    "Observer",
    "Outcome",
    "Recorded",
    "Refused",
    "Reply",
    "route",
    "utc_now",
]
