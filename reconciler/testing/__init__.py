"""
For authors of a new provider: prove it against its emulator.

harness      a workspace over an emulated system, spoken to in sentences
transports   the way there, and how it fails
samples      what an author says about a system, as data
conformance  the proof itself, a class to subclass (needs pytest, which nothing else here does)
"""
