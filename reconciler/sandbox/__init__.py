"""The emulators as servers on loopback, and the data they begin with."""

from reconciler.sandbox.server import LoopbackServer, serve
from reconciler.sandbox.stand_ins import Standing, standing

__all__ = ["LoopbackServer", "Standing", "serve", "standing"]
