"""
Cases about which all sides say the same: most of them in most runs, and no other step of planning is for them.

what is read arrives ──► settled: it is counted and dropped
                    └──► anything else: it is kept, and compared in full

Only what is certain counts. Links that show at both ends take more than a comparison, so a case that has any is
never settled here. Where the system calls parts of a case otherwise than we do, its handles must tell all of it:

recorded                      handles                                  live, settled
----------------------------  ---------------------------------------  ------------------------------------------
notes   {first: {text: a}}    notes.first → 17                         {"17": {text: a, author: eve}, "18": …}
watched {ana, bob}            watched.ana → #17, watched.bob → #20     {17, 20}
lead    ana                   lead.ana → #17                           17
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import is_same
from reconciler.model.fields import Field, Fold, Kind, Ownership, Schema
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Value, known_as, member_text
from reconciler.planning.naming import OWN, Handles, handle_of

IsSettled: TypeAlias = Callable[[Address, Live], bool]
"""Tells of a live case whether nothing is to be done or said about it."""
Settling: TypeAlias = Callable[
    [Mapping[Address, Case], Mapping[Address, Record], Mapping[str, Schema], str], IsSettled
]
"""Makes that of what is declared and recorded, the schemas by system, and the lineage."""

_TEXT: Final = frozenset({str})


def nothing_to_do(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema], lineage: str
) -> IsSettled:
    """Return what tells whether a case is as declared, was applied so, and is remembered so."""
    certain = _certain(schemas)
    known = {
        address: record
        for address, record in records.items()
        if (case := cases.get(address)) is not None
        and _applied(case, record)
        and record.recorded.keys() <= certain[record.type]
    }

    def is_settled(address: Address, live: Live) -> bool:
        record = known.get(address)
        return (
            record is not None
            and live.url == record.url
            and _as_recorded(record, live, cases.get(address), schemas[record.type], lineage)
        )

    return is_settled


def nothing_drifted(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema], lineage: str
) -> IsSettled:
    """Return what tells whether a case is as it was last applied."""
    certain = _certain(schemas)
    known = {
        address: record for address, record in records.items() if record.recorded.keys() <= certain[record.type]
    }

    def is_settled(address: Address, live: Live) -> bool:
        record = known.get(address)
        return record is not None and _as_recorded(record, live, cases.get(address), schemas[record.type], lineage)

    return is_settled


def _certain(schemas: Mapping[str, Schema]) -> Mapping[str, AbstractSet[str]]:
    """Return by system the attributes of which a case alone tells enough."""
    return {type_: schema.fields.keys() - schema.linking for type_, schema in schemas.items()}


def _applied(case: Case, record: Record) -> bool:
    """Tell whether all that is declared is what is recorded."""
    return (
        case.attributes == record.recorded
        and case.type == record.type
        and case.lifecycle == record.lifecycle
        and not case.lifecycle.ignore_changes
        and case.depends_on == record.depends_on
        and case.adopt in {None, record.id}
    )


def _as_recorded(record: Record, live: Live, case: Case | None, schema: Schema, lineage: str) -> bool:
    shown, handles, items = live.attributes, _by_attribute(record.handles), schema.names(Kind.ITEMS)
    for name, ours in record.recorded.items():
        theirs = shown.get(name, ABSENT)
        if name in handles:
            is_ours = _says(schema.fields[name], ours, theirs, handles.pop(name), lineage)
        else:
            is_ours = (theirs == ours and name not in items) or _is_same(schema.fields[name], ours, theirs, case)
        if not is_ours:
            return False
    return not handles


def _by_attribute(handles: Handles) -> dict[str, dict[str, str]]:
    """Return handles by attribute and by our word."""
    found: dict[str, dict[str, str]] = {}
    for path, handle in handles.items():
        name, _, word = path.partition(".")
        found.setdefault(name, {})[word] = handle
    return found


def _is_same(field: Field, ours: Value, theirs: Value, case: Case | None) -> bool:
    """Tell whether a live value is ours, or holds all that is ours where the rest is others'."""
    match field.kind:
        case Kind.ITEMS:  # without handles none is ours
            return not ours and theirs is not ABSENT
        case Kind.MAP if isinstance(ours, dict) and isinstance(theirs, dict):
            return ours.items() <= theirs.items()
        case Kind.SET if isinstance(ours, frozenset) and isinstance(theirs, frozenset):
            is_shared = case is not None and case.owns(field.name) is Ownership.SHARED
            return ours <= theirs if is_shared else _is_spelled(field, ours, theirs)
        case Kind.SCALAR:
            return _is_spelled(field, (ours,), (theirs,))
        case _:
            return False


def _is_spelled(field: Field, ours: Collection[Value], theirs: Collection[Value]) -> bool:
    """Tell whether both hold the same texts, in whatever spelling."""
    if field.key is None or not _TEXT.issuperset(map(type, (*ours, *theirs))):
        return False
    return set(map(field.key, ours)) == set(map(field.key, theirs))


def _says(field: Field, ours: Value, theirs: Value, handles: Mapping[str, str], lineage: str) -> bool:
    """Tell whether a live value is ours in the system's words, and nothing else, as all of the handles say."""
    if field.kind is Kind.ITEMS:
        return ours.keys() == handles.keys() and all(
            _holds((theirs or {}).get(handles[key]), item) for key, item in ours.items()
        )
    if field.key is None or any(word.startswith(OWN) for word in handles):
        return False
    if theirs == ours:
        return True
    if field.kind is Kind.SET:
        return isinstance(theirs, frozenset) and _are_called(ours, theirs, handles, field.key)
    path, handle = handle_of(field, ours, theirs, lineage)
    return path is not None and {path: handle} == {f"{field.name}.{word}": it for word, it in handles.items()}


def _holds(item: Value, ours: Mapping[str, Value]) -> bool:
    return isinstance(item, Mapping) and all(
        is_same(item.get(name, ABSENT), value) for name, value in ours.items()
    )


def _are_called(ours: Value, theirs: Value, handles: Mapping[str, str], key: Fold) -> bool:
    """Tell whether members are called as the handles say, or as we call them; each spelled in one way."""
    words = [known_as(member) for member in ours]
    return (
        None not in words
        and len({key(word or "") for word in words}) == len(words)
        and handles.keys() <= set(words)
        and all(key(word) != key(handle) for word, handle in handles.items())
        and {handles.get(word or "", word) for word in words} == set(map(member_text, theirs))
    )
