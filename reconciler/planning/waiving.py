"""
Drift that somebody answers for is told apart and does not count.

waiver               the field
-------------------  ------------------------------------------------
none                 counts
holds                is told apart, with its reason and owner
its last day is over counts, and it is told that there was a waiver
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftedField, DriftReport
from reconciler.model.waiver import Waiver


def told_apart(
    report: DriftReport, waivers: Sequence[Waiver], *, today: str, known: Collection[Address]
) -> DriftReport:
    """Return drift with what is waived apart from it; `today` is a day in ISO 8601, UTC, `known` every case."""
    if not waivers:
        return report
    marked = [_marked(drift, waivers, today) for drift in report.drift]
    counting = (_part(drift, waived=False) for drift in marked)
    return replace(
        report,
        drift=tuple(drift for drift in counting if drift.missing or drift.fields),
        waived=tuple(drift for drift in (_part(each, waived=True) for each in marked) if drift.fields),
        warnings=(*report.warnings, *_unknown(waivers, known), *_expired(marked)),
    )


def _marked(drift: Drift, waivers: Sequence[Waiver], today: str) -> Drift:
    """Return drift whose fields know their waivers."""
    fields = (replace(field, waiver=_of(drift.address, field, waivers, today)) for field in drift.fields)
    return replace(drift, fields=tuple(fields))


def _of(address: Address, field: DriftedField, waivers: Sequence[Waiver], today: str) -> Waiver | None:
    """Return the waiver of a field that holds the longest."""
    found = [waiver for waiver in waivers if waiver.covers(address, field.path)]
    last = max(found, key=lambda waiver: waiver.until, default=None)
    return last and replace(last, expired=last.ended(today))


def _part(drift: Drift, *, waived: bool) -> Drift:
    fields = (field for field in drift.fields if (field.waiver is not None and not field.waiver.expired) is waived)
    return replace(drift, fields=tuple(fields))


def _unknown(waivers: Sequence[Waiver], known: Collection[Address]) -> Iterator[str]:
    for waiver in waivers:
        if waiver.address not in known:
            yield f"{waiver.source}: {waiver.address} is no case of this workspace; nothing is waived by this"


def _expired(drifts: Sequence[Drift]) -> Iterator[str]:
    said = {field.waiver: None for drift in drifts for field in drift.fields if field.waiver is not None}
    for waiver in said:
        if waiver.expired:
            yield (
                f"{waiver.source}: the waiver of {waiver.address} {waiver.path} ended on {waiver.until}, so that "
                f"drift counts again; its owner is {waiver.owner}"
            )
