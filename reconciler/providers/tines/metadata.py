"""
The requests for metadata, which the PUT of a case ignores (seen on a live tenant).

v2   POST   inserts, and answers 409 for a key that exists
     PUT    overwrites and inserts
v1   POST   inserts
     PUT    overwrites only: one of each where both are needed
both DELETE takes the names of keys
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconciler.model.change import FieldChange, is_absent
from reconciler.model.operation import Operation, Repeat
from reconciler.providers.shared import count
from reconciler.providers.tines.context import Context, paths_of


def metadata_of(fields: Iterable[FieldChange]) -> dict[str, Any]:
    """Return the metadata among fields, by key."""
    return {field.path[1]: field.after for field in fields if field.path[0] == "metadata"}


def metadata_requests(context: Context) -> Iterator[Operation]:
    """Yield the requests that set keys."""
    fields = [f for f in _changed(context) if not is_absent(f.after)]
    new = [f for f in fields if is_absent(f.before)]
    old = [f for f in fields if f not in new]
    if old and not context.is_v1:
        yield _set(context, "PUT", fields, len(new))
        return
    if new:
        yield _set(context, "POST", new, len(new))
    if old:
        yield _set(context, "PUT", old, 0)


def metadata_removals(context: Context) -> Iterator[Operation]:
    """Take keys away; twice is not once here: a key that is gone already makes the whole request fail."""
    fields = [f for f in _changed(context) if is_absent(f.after)]
    if fields:
        yield Operation(
            "DELETE",
            f"{context.path}/metadata",
            {"metadata": sorted(metadata_of(fields))},
            f"remove {count(len(fields), 'metadata key')}",
            fields=paths_of(fields),
            repeat=Repeat.LOOK,
        )


def _set(context: Context, method: str, fields: Sequence[FieldChange], new: int) -> Operation:
    why = [f"add {count(new, 'metadata key')}"] if new else []
    why += [f"change {count(len(fields) - new, 'metadata key')}"] if len(fields) > new else []
    return Operation(
        method,
        f"{context.path}/metadata",
        {"metadata": metadata_of(fields)},
        "; ".join(why),
        fields=paths_of(fields),
        repeat=Repeat.LOOK if method == "POST" else Repeat.SAFE,
    )


def _changed(context: Context) -> Sequence[FieldChange]:
    return [f for f in context.change.fields if f.path[0] == "metadata"]
