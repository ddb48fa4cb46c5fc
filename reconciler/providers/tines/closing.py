"""
Closing a case: merged into the PUT of everything else, or alone and last.

closure conditions              the status goes
------------------------------  ------------------------------------------------------------------
declared, or seen on the case   alone, as the last request of the case: they read the rest of it
none that we know of            with the rest; where that is refused (422): the rest first, then it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.model.change import FieldChange, is_absent
from reconciler.model.operation import Operation
from reconciler.model.values import Path, Value
from reconciler.providers.tines.context import Context

STATUS: Final = ("status", "sub_status", "sub_status_id", "resolved_at")
"""What is said of a case when it is closed: its time too, which would be the present otherwise."""


def is_closing(context: Context, fields: Iterable[FieldChange]) -> bool:
    """Tell whether a change closes the case, by its status or by a sub-status under it."""
    names = {f.path[0]: f.after for f in fields}
    if "sub_status" in names:
        return context.meanings.get("sub_status_parent") == "closed"
    return names.get("status") == "closed"


def has_conditions(context: Context) -> bool:
    """Tell whether the case has, or is to have, closure conditions."""
    changed = context.change.field(("closure_conditions",))
    if changed is not None and (changed.before or changed.after):
        return True
    return bool(context.target.get("closure_conditions") or context.meanings.get("conditions"))


def resolution(context: Context, fields: Iterable[FieldChange]) -> Mapping[str, Value]:
    """Return the declared time of resolution where the status changes, since Tines would set its own."""
    names = {f.path[0] for f in fields}
    declared = context.target.get("resolved_at")
    return {} if is_absent(declared) or not names & {"status", "sub_status"} else {"resolved_at": declared}


def in_two(operation: Operation, more: Sequence[Operation]) -> Operation:
    """Return a PUT that closes the case with what is sent instead, if the system wants the rest done first."""
    closing = {name: value for name, value in operation.body.items() if name in STATUS}
    rest = {name: value for name, value in operation.body.items() if name not in STATUS}
    if not rest and not more:
        return operation
    about = tuple(path for path in operation.fields if path[0] in STATUS)
    last = Operation("PUT", operation.path, closing, "close the case", fields=about, last=True)
    if not rest:
        return replace(operation, otherwise=(last,))
    others: tuple[Path, ...] = tuple(path for path in operation.fields if path not in about)
    return replace(operation, otherwise=(replace(operation, body=rest, fields=others), last))
