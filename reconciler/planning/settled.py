"""
Cases about which all sides say the same: most of them in most runs, and no other step of planning is for them.

what is read arrives ──► settled: it is counted and dropped
                    └──► anything else: it is kept, and compared in full

Only what is certain counts. Names that the system has for things of ours, links that show at both ends and items
under ids take more than a comparison, so a case that has any is never settled here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.fields import Kind, Ownership, Schema
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Value

IsSettled: TypeAlias = Callable[[Address, Live], bool]
"""Tells of a live case whether nothing is to be done or said about it."""
Settling: TypeAlias = Callable[[Mapping[Address, Case], Mapping[Address, Record], Mapping[str, Schema]], IsSettled]
"""Makes that of what is declared and recorded, and the schemas by system."""


def nothing_to_do(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema]
) -> IsSettled:
    """Return what tells whether a case is as declared, was applied so, and is remembered so."""
    plain = _plain(schemas)
    known = {
        address: record
        for address, record in records.items()
        if (case := cases.get(address)) is not None and _applied(case, record) and _is_plain(record, plain)
    }

    def is_settled(address: Address, live: Live) -> bool:
        record = known.get(address)
        return (
            record is not None
            and live.url == record.url
            and _as_recorded(record, live, cases.get(address), schemas[record.type])
        )

    return is_settled


def nothing_drifted(
    cases: Mapping[Address, Case], records: Mapping[Address, Record], schemas: Mapping[str, Schema]
) -> IsSettled:
    """Return what tells whether a case is as it was last applied."""
    plain = _plain(schemas)
    known = {address: record for address, record in records.items() if _is_plain(record, plain)}

    def is_settled(address: Address, live: Live) -> bool:
        record = known.get(address)
        return record is not None and _as_recorded(record, live, cases.get(address), schemas[record.type])

    return is_settled


def _plain(schemas: Mapping[str, Schema]) -> Mapping[str, frozenset[str]]:
    """Return by system the attributes that mean what they say."""
    return {
        type_: frozenset(
            name for name, field in schema.fields.items() if field.kind is not Kind.ITEMS and not field.links
        )
        for type_, schema in schemas.items()
    }


def _is_plain(record: Record, plain: Mapping[str, frozenset[str]]) -> bool:
    return not record.handles and record.recorded.keys() <= plain[record.type]


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


def _as_recorded(record: Record, live: Live, case: Case | None, schema: Schema) -> bool:
    shown = live.attributes
    return all(
        shown.get(name, ABSENT) == value or _holds(name, value, shown.get(name), case, schema)
        for name, value in record.recorded.items()
    )


def _holds(name: str, ours: Value, theirs: Value, case: Case | None, schema: Schema) -> bool:
    """Tell whether a live value that differs holds all that is ours, where the rest is others'."""
    match schema.kind(name):
        case Kind.MAP if isinstance(ours, dict) and isinstance(theirs, dict):
            return ours.items() <= theirs.items()
        case Kind.SET if isinstance(ours, frozenset) and isinstance(theirs, frozenset):
            return case is not None and case.owns(name) is Ownership.SHARED and ours <= theirs
        case _:
            return False
