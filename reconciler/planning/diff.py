"""
What differs between two sides of one case, path by path, and why.

One function, `differences`, is called twice: (live, target) tells what to change, (recorded, live) what
has drifted. Both sides are first cut down to what is ours, so that the comparison itself knows no exceptions:

kind     target                                             of live, what is compared
-------  -------------------------------------------------  -----------------------------
scalar   desired                                            all
set      exact: desired                                     all
         shared: live, less recorded-and-dropped, + desired all
map      desired                                            keys declared or recorded
items    desired                                            items declared or recorded, of each the declared fields
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from reconciler.model.case import Case
from reconciler.model.change import Cause, DriftedField, FieldChange, is_same
from reconciler.model.fields import Kind, Ownership, Schema
from reconciler.model.values import ABSENT, Path, Value

Attributes: TypeAlias = Mapping[str, Value]

_KEYED = frozenset({Kind.MAP, Kind.ITEMS})
"""What is owned part by part."""


def changes(case: Case, recorded: Attributes, live: Attributes, schema: Schema) -> tuple[FieldChange, ...]:
    """Return what has to change so that live is as desired, sorted by path."""
    target: dict[str, Value] = {}
    before: dict[str, Value] = {}
    for name in _ours(case, recorded, schema):
        if live.get(name, ABSENT) == case.attributes.get(name, ABSENT):
            continue  # whoever owns it, and most of what is planned is as it should be
        before[name], target[name] = _sides(
            schema.kind(name),
            case.owns(name),
            case.attributes.get(name),
            recorded.get(name),
            live.get(name, ABSENT),
        )
    return tuple(
        FieldChange(
            path,
            old,
            new,
            _cause(case, path, recorded, live, schema),
            shared=case.owns(path[0]) is Ownership.SHARED,
        )
        for path, old, new in differences(before, target, schema)
    )


def creation(case: Case, schema: Schema) -> tuple[FieldChange, ...]:
    """Return everything that a new case is given: all that is declared and not empty anyhow."""
    made = []
    for name, value in sorted(case.attributes.items()):
        field = schema.fields[name]
        if field.kind in _KEYED:
            made += [
                FieldChange((name, key), ABSENT, item) for key, item in sorted(value.items()) if item is not None
            ]
        elif value != field.empty or (field.filled and case.owns(name) is Ownership.EXACT):
            made.append(FieldChange((name,), ABSENT, value))
    return tuple(made)


def drifted(recorded: Attributes, live: Attributes, case: Case | None, schema: Schema) -> tuple[DriftedField, ...]:
    """Return where live is no longer as we last applied it, within what is ours; sorted by path."""
    moved = {name: value for name, value in recorded.items() if live.get(name, ABSENT) != value}
    watched = {name: value for name, value in moved.items() if _is_watched(case, name)}
    seen = {name: _share(name, value, live.get(name, ABSENT), case, schema) for name, value in watched.items()}
    return tuple(DriftedField(path, old, new) for path, old, new in differences(watched, seen, schema))


def differences(before: Attributes, after: Attributes, schema: Schema) -> Iterator[tuple[Path, Value, Value]]:
    """Yield every path at which two sides differ, sorted; equality first, since looking inside costs far more."""
    for name in sorted(after):
        old, new = before.get(name, ABSENT), after[name]
        if is_same(old, new):
            continue
        match schema.kind(name):
            case Kind.MAP:
                yield from _inside(name, old or {}, new or {})
            case Kind.ITEMS:
                yield from _items(name, old or {}, new or {})
            case _:
                yield (name,), old, new


def _inside(name: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[tuple[Path, Value, Value]]:
    """Yield the keys that differ between two maps."""
    from deepdiff import DeepDiff  # noqa: PLC0415  # takes as long to import as a small plan to make

    # threshold 0: it would otherwise call two maps with few common keys one single change;
    # and it would not look at keys that begin with two underscores
    found = DeepDiff(dict(old), dict(new), view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False)
    keys = {level.path(output_format="list")[0] for group in found.values() for level in group}
    for key in sorted(keys):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if not is_same(before, after):
            yield (name, key), before, after


def _items(name: str, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[tuple[Path, Value, Value]]:
    """Yield the items that come or go, and of those that stay the fields that differ."""
    for path, before, after in _inside(name, old, new):
        if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
            yield path, before, after
            continue
        for field in sorted({**before, **after}):
            one, other = before.get(field, ABSENT), after.get(field, ABSENT)
            if not is_same(one, other):
                yield (*path, field), one, other


def _ours(case: Case, recorded: Attributes, schema: Schema) -> Iterator[str]:
    """Yield what is declared, and recorded maps and items: what is in them goes when it is declared no more."""
    for name in {**case.attributes, **recorded}:
        kept = name in case.attributes or (name in schema.fields and schema.kind(name) in _KEYED)
        if kept and name not in case.lifecycle.ignore_changes:
            yield name


def _sides(kind: Kind, owner: Ownership, desired: Value, recorded: Value, live: Value) -> tuple[Value, Value]:
    match kind:
        case Kind.MAP:
            wanted = {key: value for key, value in (desired or {}).items() if value is not None}
            given = (key for key, value in (recorded or {}).items() if value is not None)
            keys = {*(desired or ()), *given}
            return {key: value for key, value in (live or {}).items() if key in keys}, wanted
        case Kind.ITEMS:
            spoken_of = {**(recorded or {}), **(desired or {})}
            return _cut(live or {}, spoken_of), desired or {}
        case Kind.SET if owner is Ownership.SHARED:
            dropped = (recorded or frozenset()) - desired
            return live or frozenset(), ((live or frozenset()) - dropped) | desired
        case Kind.SET:
            return live or frozenset(), desired
        case _:
            return live, desired


def _cause(case: Case, path: Path, recorded: Attributes, live: Attributes, schema: Schema) -> Cause:
    """Tell which side has moved away from the record; what was never recorded can only come from the YAML."""
    was = _at(recorded, path)
    edited = not is_same(_at(case.attributes, path), was)
    if was is ABSENT:
        return Cause.CONFIG
    now = _share(path[0], _at(recorded, path[:1]), _at(live, path[:1]), case, schema)
    moved = not is_same(_at({path[0]: now}, path), was)
    if edited and moved:
        return Cause.BOTH
    return Cause.DRIFT if moved else Cause.CONFIG


def _share(name: str, recorded: Value, live: Value, case: Case | None, schema: Schema) -> Value:
    """Return of a live attribute what the record speaks of: its keys, or its members where others own the rest."""
    if live is ABSENT:
        return live
    kind = schema.kind(name)
    if kind is Kind.MAP and isinstance(recorded, Mapping):
        return {key: value for key, value in live.items() if key in recorded}
    if kind is Kind.ITEMS:
        return _cut(live, recorded)
    if kind is Kind.SET and case is not None and case.owns(name) is Ownership.SHARED:
        return live & recorded
    return live


def _cut(items: Mapping[str, Value], pattern: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return of live items those that the pattern has, and of each the fields that it has."""
    return {
        key: {field: value for field, value in item.items() if field in pattern[key]}
        for key, item in items.items()
        if key in pattern
    }


def _at(attributes: Attributes, path: Path) -> Value:
    value: Value = attributes
    for step in path:
        value = value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value


def _is_watched(case: Case | None, name: str) -> bool:
    """Tell whether an attribute is still ours: declared, and not ignored."""
    return case is None or (name in case.attributes and name not in case.lifecycle.ignore_changes)
