"""The emulators as servers on loopback, and the data they begin with."""

from reconciler.sandbox.seed import seed_tines
from reconciler.sandbox.server import LoopbackServer, serve

__all__ = ["LoopbackServer", "seed_tines", "serve"]
