"""What a case declares once its drift has been accepted: values, whatever the files look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from reconciler.model.case import Case
from reconciler.model.change import Drift, DriftedField, is_absent, is_same
from reconciler.model.fields import Field, Kind, Schema
from reconciler.model.values import Value


def alike(one: Value, other: Value) -> bool:
    """Tell whether two values are the same, also in their parts."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {*one} == {*other} and all(alike(one[key], other[key]) for key in one)
    return is_same(one, other)


def expected(case: Case, drift: Drift, schema: Schema) -> Mapping[str, Value]:
    """Return the attributes of a case with what was accepted."""
    made = dict(case.attributes)
    for field in drift.fields:
        known = schema.fields[field.path[0]]
        made[field.path[0]] = _with(made.get(field.path[0]), field.path[1:], field, known)
    return {name: schema.fields[name].normal(value) for name, value in made.items()}


def _with(value: Value, path: Sequence[str], field: DriftedField, known: Field) -> Value:
    if not path:
        if isinstance(field.recorded, AbstractSet) and isinstance(value, AbstractSet):
            came, went = moved(field)
            return (value - went) | came
        return known.empty if is_absent(field.live) else field.live
    inner = dict(value or {})
    if len(path) == 1 and is_absent(field.live) and known.kind is not Kind.SCALAR:
        inner.pop(path[0], None)
    else:
        below = known.items.get(path[0], Field(path[0])) if known.kind is Kind.SCALAR else _below(known, path)
        inner[path[0]] = _with(inner.get(path[0]), path[1:], field, below)
    return inner


def _below(known: Field, path: Sequence[str]) -> Field:
    """Return what is known of a value in a map or an item."""
    if len(path) == 1:
        return Field(path[0])
    return Field(path[0], Kind.SCALAR, items={path[1]: known.items.get(path[1], Field(path[1]))})


def moved(field: DriftedField) -> tuple[frozenset[Value], frozenset[Value]]:
    """Return the members that came and those that went."""
    now = frozenset(field.live) if isinstance(field.live, AbstractSet) else frozenset()
    was = frozenset(field.recorded) if isinstance(field.recorded, AbstractSet) else frozenset()
    return now - was, was - now
