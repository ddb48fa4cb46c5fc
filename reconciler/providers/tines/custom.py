"""
The requests for custom fields: one for all that are set, also on many cases, and one for each that is removed.

    POST   /api/v2/cases/bulk/fields   upserts: what the case has is overwritten, what it lacks is added
    DELETE /cases/ID/fields/FIELD
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.model.change import FieldChange, is_absent
from reconciler.model.operation import Each, Operation
from reconciler.model.values import Ref, Template, Value
from reconciler.providers.shared import count
from reconciler.providers.tines.context import Context, number, ordered, paths_of
from reconciler.providers.tines.wire import SEPARATOR

EACH: Final = Each("case_ids", 50, ("cases", "*", "case_id"))
"""All cases get all values; no limit is documented, so it is that of other batches."""


def field_requests(context: Context) -> Iterator[Operation]:
    """Yield the request that sets fields, if any are to be set."""
    fields = [f for f in _changed(context) if not is_absent(f.after)]
    kept = _kept_on_a_move(context)
    named = [*((f.path[1], f.after) for f in fields), *kept.items()]
    if not named:
        return
    values = [
        {"input_id": _input(context, name), "value": field_text(value), "upsert": True} for name, value in named
    ]
    yield Operation(
        "POST",
        f"{context.cases}/bulk/fields",
        {"case_ids": [number(context.id)], "fields": values},
        f"set {count(len(named), 'field')}{' in the new team' if kept else ''}",
        fields=paths_of(fields),
        each=None if context.moves else EACH,
    )


def _kept_on_a_move(context: Context) -> Mapping[str, Value]:
    """Return the fields that stay as they are in another team: which may have dropped them."""
    if not context.moves:
        return {}
    changed = {f.path[1] for f in _changed(context)}
    declared: Mapping[str, Value] = context.target.get("fields", {})
    return {
        name: value for name, value in sorted(declared.items()) if name not in changed and not is_absent(value)
    }


def field_removals(context: Context) -> Iterator[Operation]:
    """Yield the requests that remove fields."""
    for f in (f for f in _changed(context) if is_absent(f.after)):
        id = context.found("fields").get(f.path[1])
        yield Operation(
            "DELETE",
            f"{context.path}/fields/{id}",
            None,
            f"remove the field {f.path[1]}",
            fields=(f.path,),
        )


def first_values(context: Context) -> Mapping[str, Value]:
    """Return the values of a new case, by the ids of their inputs."""
    return {str(_input(context, f.path[1])): field_text(f.after) for f in _changed(context)}


def field_text(value: Value) -> Value:
    """Return a value as it is sent: several of them joined."""
    if not isinstance(value, frozenset):
        return value
    parts: list[str | Ref] = []
    for member in ordered(value):
        parts += [SEPARATOR] if parts else []
        parts += member.parts if isinstance(member, Template) else [member]
    return Template.joined(parts)


def _changed(context: Context) -> Sequence[FieldChange]:
    return [f for f in context.change.fields if f.path[0] == "fields"]


def _input(context: Context, name: str) -> Any:
    return context.found("inputs").get(name)
