"""Looking once more, just before writing, whether anything that the plan writes has moved."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final, TypeAlias

from reconciler.engine.tenant import Tenant
from reconciler.errors import Conflict
from reconciler.model.case import Live
from reconciler.model.change import Change, FieldChange, is_same
from reconciler.model.fields import Kind, Schema
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Digest, Entry, Path, Value
from reconciler.planning.naming import Attributes, Handles, Named, worded
from reconciler.planning.normalize import seal_like

UNTOUCHED: Final = "nothing was sent for this case"


class Now(StrEnum):
    """How a field stands just before it is written."""

    AS_PLANNED = "as planned"
    DONE = "done"
    """It is as it should become already."""
    MOVED = "moved"


Standing: TypeAlias = Mapping[Path, tuple[Now, Value]]
"""For each field of a change how it stands, and its value now."""


def reread(change: Change, tenant: Tenant) -> Live | None:
    """Read the case of a change as it is now, as far as the change is about it; None if it is gone."""
    assert change.id is not None
    names = {field.path[0] for field in change.fields}
    names.update(name for operation in change.operations for name in operation.along)
    return tenant.read_one(change.id, frozenset(names))


def standing(change: Change, live: Live, schema: Schema, lineage: str, handles: Handles | None = None) -> Standing:
    """Tell how each field of a change stands in what was read just now; `handles` are known beside its own."""
    now = in_words_of(change, live, schema, lineage, handles).attributes
    return {field.path: _stands(field, now, schema, lineage) for field in change.fields}


def in_words_of(change: Change, live: Live, schema: Schema, lineage: str, handles: Handles | None = None) -> Named:
    """
    Return what is live in the words of a change: of what it shall become, then of what it was.

    Secrets are sealed in sets only: whether anything else is one depends on the side that it is held against.
    """
    record = change.record
    wholes = [field for field in change.fields if len(field.path) == 1]
    after = {**(record.recorded if record else {}), **{field.path[0]: field.after for field in wholes}}
    before: dict[str, Value] = {field.path[0]: field.before for field in wholes}
    for field in change.fields:
        if len(field.path) > 1 and schema.kind(field.path[0]) is Kind.MAP:
            before[field.path[0]] = {**before.get(field.path[0], {}), field.path[1]: field.before}
            after[field.path[0]] = {**after.get(field.path[0], {}), field.path[1]: field.after}
    known = {**(record.handles if record else {}), **(handles or {})}
    found = worded(live, schema, known, (after, before), lineage)
    sets = {name: value for name, value in found.attributes.items() if schema.kind(name) is Kind.SET}
    return Named({**found.attributes, **seal_like(sets, (after, before), lineage)}, found.handles)


def refuse_moved(change: Change, live: Live, sent: str = UNTOUCHED) -> None:
    """Raise Conflict if somebody changed what a request sets along; `sent` says what was sent for the case."""
    for operation in change.operations:
        for name, value in operation.along.items():
            now = _of_others(change, name, live.attributes.get(name))
            if not is_same(now, value):
                seen = f"{name} of others are others" if isinstance(now, Mapping) else f"{name} is {shown(now)}"
                raise Conflict(
                    f"{change.address}: {seen} now, unlike when it was planned; {sent}", hint="plan again"
                )


def _of_others(change: Change, name: str, now: Value) -> Value:
    """Return of items those that are not ours, by what the system calls them."""
    if not isinstance(now, Mapping):
        return now
    handles = change.record.handles if change.record else {}
    ours = {id for path, id in handles.items() if path.partition(".")[0] == name}
    return {id: item for id, item in now.items() if id not in ours}


def pending(change: Change, now: Standing, schema: Schema, sent: str = UNTOUCHED) -> tuple[Operation, ...]:
    """Return the requests that are still to be sent; raise Conflict if somebody changed what they write."""
    moved = [(path, value) for path, (how, value) in now.items() if how is Now.MOVED]
    if moved:
        seen = "; ".join(f"{'.'.join(path)} is {shown(value)} now" for path, value in moved)
        raise Conflict(f"{change.address}: {seen}, unlike when it was planned; {sent}", hint="plan again")
    return tuple(operation for operation in change.operations if not is_done(operation, now, schema))


def is_done(operation: Operation, now: Standing, schema: Schema) -> bool:
    """
    Tell whether all that a request would make true is true; raise Conflict if that is so in part only.

    A link between cases does not count as a part: it may have been made from its other end. Of a set that takes
    several requests, what this one adds and removes is looked for, whatever becomes of the rest.
    """
    if (part := operation.part) is not None:
        there = now[part.path][1] or frozenset()
        return part.add <= there and not part.remove & there
    states = {now[path][0] for path in operation.fields if path in now}
    ours = {now[path][0] for path in operation.fields if path in now and not schema.fields[path[0]].links}
    if operation.repeat is Repeat.LOOK and len(ours) > 1:
        raise Conflict(f"somebody made a part of the change in the meantime: {operation.why}", hint="plan again")
    return states == {Now.DONE}


def _stands(field: FieldChange, attributes: Attributes, schema: Schema, key: str) -> tuple[Now, Value]:
    """Compare with either side as that side is written: a secret there is a digest."""
    value: Value = attributes
    for step in field.path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if (
        schema.kind(field.path[0]) is Kind.ITEMS
        and isinstance(field.before, Mapping)
        and isinstance(value, Mapping)
    ):
        value = {name: item for name, item in value.items() if name in field.before}
    as_before, as_after = _sealed(value, field.before, key), _sealed(value, field.after, key)
    is_item = schema.kind(field.path[0]) is Kind.ITEMS
    if is_item and isinstance(field.after, Mapping) and isinstance(as_after, Mapping):
        as_after = {name: item for name, item in as_after.items() if name in field.after}
    shown = _sealed(as_before, field.after, key)
    before, after = field.before, field.after
    if field.shared and isinstance(shown, AbstractSet):
        as_before = as_after = shown & (field.add | field.remove)
        before, after = field.remove, field.add
    if is_same(as_after, after):
        return Now.DONE, shown
    if schema.fields[field.path[0]].links and isinstance(shown, AbstractSet):
        moved = as_before ^ frozenset(before or ())  # a part of it may have been made from its other end
        return (Now.AS_PLANNED if moved <= field.add | field.remove else Now.MOVED), shown
    return (Now.AS_PLANNED if is_same(as_before, before) else Now.MOVED), shown


def _sealed(value: Value, pattern: Value, key: str) -> Value:
    return seal_like({"it": value}, ({"it": pattern},), key)["it"]


def shown(value: Value) -> str:
    """Return a value of a case as it is told in a sentence."""
    match value:
        case Digest():
            return "a secret"
        case str():
            return repr(value)
        case Entry(key):
            return key
        case AbstractSet():
            return f"[{', '.join(sorted(_member(item) for item in value))}]"
        case _:
            return "gone" if value is None else str(value)


def _member(item: Value) -> str:
    return item if isinstance(item, str) else shown(item)
