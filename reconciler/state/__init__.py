"""
What we remember between runs.

store      the contract of a state backend         Store, Journal, Intent
codec      State ⇄ JSON, validated at the edge     encode, state_schema
reading    a state file, case by case              decode, read
journal    what was announced and done since       an append-only file beside the snapshot
lock       one apply at a time                     the kernel's lock, and who holds it
local      a folder on this machine                LocalStore
edit       changing what is recorded by hand    Editor
notified   which drift has been told to whom
seen       what was seen when drift was last looked for
files      reading and replacing a file, safely
"""

from reconciler.state.codec import encode, state_schema
from reconciler.state.local import LocalStore
from reconciler.state.reading import decode
from reconciler.state.store import Intent, Journal, Store

__all__ = ["Intent", "Journal", "LocalStore", "Store", "decode", "encode", "state_schema"]
