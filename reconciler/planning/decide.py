"""
Which action a case calls for.

desired       recorded  live      action
------------  --------  --------  -----------------------------------------------
yes           -         -         create
yes + import  -         yes       import (and update where it differs)
yes           yes       equal     no-op
yes           yes       differs   update
yes           yes       gone      create again
-             yes       yes       release, close or delete, as recorded
-             yes       gone      release
"""

from __future__ import annotations

from reconciler.model.case import Case, Live, OnRemove
from reconciler.model.change import Action
from reconciler.model.record import Record


def decide(desired: Case | None, recorded: Record | None, live: Live | None, *, differs: bool) -> Action:
    """Return the action; a case that is neither desired nor recorded is not ours and never gets here."""
    match desired, recorded, live:
        case Case(), None, Live():
            return Action.IMPORT
        case Case(), _, None:
            return Action.CREATE
        case Case(), _, _:
            return Action.UPDATE if differs else Action.NO_OP
        case None, Record(lifecycle=lifecycle), Live() if lifecycle.on_remove is OnRemove.DELETE:
            return Action.DELETE
        case _:
            return Action.RELEASE
