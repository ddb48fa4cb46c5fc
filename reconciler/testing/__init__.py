"""
For authors of a new provider: prove it against its emulator. Needs pytest.

harness      a workspace over an emulated system, spoken to in sentences
transports   the way there, and how it fails
samples      what an author says about a system, as data
mixing       settings of what nobody knows about a system, several at the same time
story        what the proof is told upon: workspaces, cases of two days, the oracle
narrative    the good days: what is declared comes true, by the stated requests and no other
trouble      the bad days: refusals, lost answers, crashes, secrets
conformance  all of it, a class to subclass
"""

from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.harness import Harness
from reconciler.testing.samples import Edit, OutsideEdit, Respelling, Sample, SharedSet

__all__ = ["Edit", "Harness", "OutsideEdit", "ProviderConformance", "Respelling", "Sample", "SharedSet"]
