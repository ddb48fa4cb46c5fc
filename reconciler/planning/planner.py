"""
The steps of planning, in order. Everything here is a pure function of the world that was read.

normalize → diff → decide → [names are looked up] → operations → together → Plan

The look-up of names stands between `draft` and `finish`, since only cases that change need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

from reconciler.errors import ConfigError, PlanRefused, Problem
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.change import Action, Cause, Change, Drift, FieldChange, is_absent
from reconciler.model.fields import Schema
from reconciler.model.move import Move
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.values import Claim, Digest, Marker, Value
from reconciler.planning import diff
from reconciler.planning.adopting import marked_elsewhere
from reconciler.planning.decide import decide
from reconciler.planning.links import Claims, claims, disagreements, with_claims
from reconciler.planning.naming import Attributes, Handles, Named, named, respelled
from reconciler.planning.normalize import Known, fill, seal
from reconciler.planning.renaming import renamed
from reconciler.planning.together import together

HANDLES: Final = "handles"
"""Among the meanings of a case: what the system calls parts of it that a look-up has found."""

Operations: TypeAlias = Callable[[Change, Marker, Mapping[str, Any]], Iterator[Operation]]
"""A provider's translation of a change into requests."""


@dataclass(frozen=True)
class World:
    """Desired, recorded and live, read at one moment and cut down to what the run is about."""

    workspace: str
    state: State
    cases: Mapping[Address, Case]
    records: Mapping[Address, Record]
    lives: Mapping[Address, Live]
    schemas: Mapping[str, Schema]
    """By provider type."""
    closing: Mapping[str, Attributes] = field(default_factory=dict)
    """By provider instance, what an open case gets when it is closed, where the schema does not say it."""
    handles: Mapping[Address, Handles] = field(default_factory=dict)
    """What look-ups have found of what the system calls parts of cases, beside what is recorded."""
    settled: int = 0
    """Cases that were read and need no second look; nothing else here is about them."""
    moves: tuple[Move, ...] = ()
    """What was recorded under another address; `state` and `records` have it under the new one."""
    removed: frozenset[Address] = frozenset()
    """Cases that are given up and left as they are, whatever is recorded of how they are removed."""
    foreign: Mapping[Address, Claim] = field(default_factory=dict)
    """Cases to be taken over that another workspace has marked as its own."""

    @cached_property
    def origins(self) -> Mapping[Address, Address]:
        """Return under which address a case is recorded, where that is another one."""
        return {move.to: move.origin for move in self.moves}

    @cached_property
    def claims(self) -> Claims:
        """Who declares a link to whom."""
        given_up = self.records.keys() - self.cases.keys()
        return claims(self.cases, given_up, self.state.records, self.lives, self.schemas)

    @cached_property
    def recorded_claims(self) -> Claims:
        """Who was last applied with a link to whom."""
        return claims({}, (), self.state.records, self.lives, self.schemas)

    def closed(self, address: Address) -> Attributes:
        """Return what a case gets when it is closed."""
        return self.closing.get(address.provider, self.schemas[self.of(address).type].closing)

    def known_handles(self, address: Address) -> Handles:
        """Return what the system calls parts of a case, as it is recorded and as it was looked up."""
        record = self.records.get(address)
        return {**self.handles.get(address, {}), **(record.handles if record else {})}

    def of(self, address: Address) -> Case | Record:
        """Return the case as it is declared, or else as it is recorded."""
        return self.cases.get(address) or self.records[address]

    def apart_from(self, settled: frozenset[Address]) -> World:
        """Return the world without cases that need no second look; they are counted."""
        cases = {address: case for address, case in self.cases.items() if address not in settled}
        records = {address: record for address, record in self.records.items() if address not in settled}
        lives = {address: live for address, live in self.lives.items() if address not in settled}
        return replace(self, cases=cases, records=records, lives=lives, settled=len(settled))

    @property
    def addresses(self) -> list[Address]:
        """Every case that is declared or recorded, sorted."""
        return sorted({**self.cases, **self.records})  # not of a set: that would undo the order they mostly have


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to change, before it is known which requests that takes."""

    changes: tuple[Change, ...]
    drift: tuple[Drift, ...]
    unchanged: int
    refresh: tuple[Record, ...]
    warnings: tuple[str, ...] = field(default=())


def draft(world: World) -> Draft:
    """Compare the three sides of every case; raise ConfigError or PlanRefused for what must not be."""
    world = _normalized(world)
    _refuse_impossible(world)
    changes = [_change(address, world) for address in world.addresses]
    _refuse_fixed(changes, world)
    unchanged = [change for change in changes if change.action is Action.NO_OP]
    silent = (change.record for change in unchanged if not change.moved_from)
    return Draft(
        changes=tuple(change for change in changes if change.action is not Action.NO_OP or change.moved_from),
        drift=drift(world),
        unchanged=len(unchanged) + world.settled,
        refresh=tuple(record for record in silent if record and _is_news(record, world)),
        warnings=(*_renames(changes, world), *_warnings(world)),
    )


def finish(
    drafted: Draft,
    world: World,
    operations: Mapping[str, Operations],
    meanings: Mapping[Address, Mapping[str, Any]],
    *,
    now: str,
) -> Plan:
    """Add the requests; `operations` is by provider instance, `now` is ISO 8601."""

    def with_requests(change: Change) -> Change:
        address = change.address
        marker = marker_of(address, world.state)
        make = operations.get(address.provider)
        meaning = meanings.get(address, {})
        change = _with_handles(change, meaning.get(HANDLES, {}))
        made = make(change, marker, meaning) if make and _writes(change) else ()
        return replace(change, operations=tuple(made))

    return Plan(
        workspace=world.workspace,
        lineage=world.state.lineage,
        serial=world.state.serial,
        created_at=now,
        changes=together([with_requests(change) for change in drafted.changes]),
        drift=drafted.drift,
        unchanged=drafted.unchanged,
        refresh=drafted.refresh,
        warnings=drafted.warnings,
        recorded=len(world.state.records),
    )


def handles_in(meanings: Mapping[Address, Mapping[str, Any]]) -> dict[Address, Handles]:
    """Return what look-ups have found of what the system calls parts of cases."""
    return {address: meaning[HANDLES] for address, meaning in meanings.items() if HANDLES in meaning}


def _with_handles(change: Change, handles: Handles) -> Change:
    """Return a change that remembers what was looked up about parts of its case."""
    if change.record is None or not handles:
        return change
    return replace(change, record=replace(change.record, handles={**handles, **change.record.handles}))


def marker_of(address: Address, state: State) -> Marker:
    """Return the marker of a case that is created upon this state."""
    return Marker(state.lineage, str(address), state.serial)


def drift(world: World) -> tuple[Drift, ...]:
    """Return every recorded case that is gone or no longer as it was last applied."""
    found = (_drift(world.records[address], world) for address in sorted(world.records))
    return tuple(item for item in found if item.missing or item.fields)


def _renames(changes: Iterable[Change], world: World) -> Iterator[str]:
    """Yield a warning for what looks like a rename, unless the files say that it is none."""
    unsaid = (change for change in changes if change.address not in world.removed)
    return renamed(unsaid, world.records, world.cases, world.schemas)


def _normalized(world: World) -> World:
    """Fill in the ids that are known and seal the secrets of what is declared."""
    if not world.cases:
        return world
    known = _known(world)
    key = world.state.lineage
    cases = {
        address: _sealed(case, world.records.get(address), known, key) for address, case in world.cases.items()
    }
    return replace(world, cases=cases)


def _seen(address: Address, live: Live, world: World, ours: tuple[Attributes, ...]) -> Named:
    """Return what is live in our words, its secrets sealed as in `ours`."""
    schema, handles = world.schemas[world.of(address).type], world.known_handles(address)
    return named(live, schema, handles, ours, world.state.lineage, adopting=address not in world.records)


def _sealed(case: Case, record: Record | None, known: Known, key: str) -> Case:
    """Return the case filled in and sealed; one that is as recorded is so already, since records are."""
    if record is not None and case.attributes == record.recorded:
        return case
    filled = {name: fill(value, known) for name, value in case.attributes.items()}
    return replace(case, attributes=seal(filled, key))


def _known(world: World) -> Known:
    """Return what references stand for: cases that are live, and recorded ones that this run is not about."""
    records = world.state.records
    known: dict[str, dict[str, Value]] = {
        address.name: {"id": record.id, "url": record.url} for address, record in records.items()
    }
    for address in world.cases:
        live, record = world.lives.get(address), records.get(address)
        url = (live.url if live else "") or (record.url if record else "")
        known[address.name] = {"id": live.id, "url": url} if live else {}
    return known


def _change(address: Address, world: World) -> Change:
    case, record, live = world.cases.get(address), world.records.get(address), world.lives.get(address)
    ours = (case.attributes if case else world.closed(address), record.recorded if record else {})
    seen = _seen(address, live, world, ours) if live else None
    record = replace(record, lifecycle=Lifecycle()) if record and address in world.removed else record
    fields = _fields(address, seen, record, world)
    action = decide(case, record, live, differs=bool(fields))
    origin = world.origins.get(address)
    id, url = _whereabouts(record, live, action)
    return Change(
        address=address,
        type=world.of(address).type,
        action=action,
        id=id,
        url=url,
        fields=fields,
        reason=_reason(case, record, live, action),
        record=_outcome(case, id, url, seen) if case else None,
        base=_base(world.records.get(address), action, origin),
        depends_on=case.depends_on if case else record.depends_on if record else (),
        moved_from=origin,
    )


def _base(record: Record | None, action: Action, origin: Address | None) -> str | None:
    """Return which record a change is planned upon; where nothing is done, none."""
    return record.fingerprint if record and (action is not Action.NO_OP or origin) else None


def _fields(address: Address, live: Named | None, record: Record | None, world: World) -> tuple[FieldChange, ...]:
    case = world.cases.get(address)
    schema, recorded = world.schemas[world.of(address).type], record.recorded if record else {}
    if case is None:
        return _closing(record, live, schema, world.closed(address))
    if live is None:
        made = diff.creation(case, schema)
        return tuple(replace(item, cause=Cause.DRIFT) for item in made) if record else made
    recorded = respelled(recorded, case.attributes, schema)
    now, before = world.claims.get(address, {}), world.recorded_claims.get(address, {})
    desired = replace(case, attributes=with_claims(case.attributes, live.attributes, now))
    return diff.changes(desired, with_claims(recorded, live.attributes, before), live.attributes, schema)


def _closing(
    record: Record | None, live: Named | None, schema: Schema, closed: Attributes
) -> tuple[FieldChange, ...]:
    """Return what closes a case whose block has left the files, if it is to be closed and still open."""
    if record is None or live is None or record.lifecycle.on_remove is not OnRemove.CLOSE:
        return ()
    now = {name: live.attributes.get(name) for name in closed}
    return tuple(FieldChange(*found) for found in diff.differences(now, closed, schema))


def _watched(case: Case) -> Case:
    """Return the case without the attributes whose changes are ignored."""
    ignored = case.lifecycle.ignore_changes
    if not ignored:
        return case
    kept = {name: value for name, value in case.attributes.items() if name not in ignored}
    return replace(case, attributes=kept)


def _whereabouts(record: Record | None, live: Live | None, action: Action) -> tuple[str | None, str | None]:
    """Return the id and address of the case; a case that is to be created has none yet."""
    if action is Action.CREATE:
        return None, None
    if live is not None:
        return live.id, live.url or (record.url if record else None)
    return (record.id, record.url) if record else (None, None)


def _reason(case: Case | None, record: Record | None, live: Live | None, action: Action) -> str | None:
    if record is None or action is Action.NO_OP:
        return None
    if live is None:
        return f"case {record.id} was deleted outside" if case else "it is gone already"
    return None


def _outcome(case: Case, id: str | None, url: str | None, seen: Named | None) -> Record:
    """Return what is remembered once the case is as desired; an ignored attribute is not ours to remember."""
    return Record(
        address=case.address,
        type=case.type,
        id=id or "",
        url=url or "",
        recorded=dict(_watched(case).attributes),
        handles=seen.handles if seen else {},
        depends_on=case.depends_on,
        lifecycle=case.lifecycle,
    )


def _is_news(record: Record, world: World) -> bool:
    old = world.records.get(record.address)
    return old is None or not record.means_the_same_as(old)


def _writes(change: Change) -> bool:
    """Tell whether a change takes requests; one that is released needs one only to be closed."""
    return change.action is Action.CREATE or change.action is Action.DELETE or bool(change.fields)


def _drift(record: Record, world: World) -> Drift:
    live = world.lives.get(record.address)
    if live is None:
        return Drift(record.address, missing=True, id=record.id, url=record.url)
    case, schema = world.cases.get(record.address), world.schemas[record.type]
    seen = _seen(record.address, live, world, (record.recorded,))
    recorded = with_claims(record.recorded, seen.attributes, world.recorded_claims.get(record.address, {}))
    fields = diff.drifted(recorded, seen.attributes, case, schema)
    return Drift(record.address, fields, id=live.id, url=live.url)


def _refuse_impossible(world: World) -> None:
    """Raise for what the YAML asks and cannot be had, before anything is planned."""
    imports = (*_missing_imports(world), *_taken_imports(world), *_foreign_imports(world))
    problems = [*imports, *_changed_types(world)]
    if problems:
        raise ConfigError(problems)
    protected = [
        str(address)
        for address, record in sorted(world.records.items())
        if address not in world.cases
        and address not in world.removed
        and address in world.lives
        and record.lifecycle.prevent_delete
        and record.lifecycle.on_remove is OnRemove.DELETE
    ]
    if protected:
        raise PlanRefused(
            f"prevent_delete forbids deleting {', '.join(protected)}, whose block has left the files",
            hint="put the block back, or apply it once with prevent_delete: false; "
            "to give the case up and leave it as it is, name it under `removed:`",
        )


def _refuse_fixed(changes: Iterable[Change], world: World) -> None:
    """Raise for attributes that the system takes only once, and which it has otherwise."""
    problems = [
        Problem(
            world.cases[change.address].source.at(field.path),
            f"{change.address}: `{field.path[0]}` is {_shown(field.before)} and cannot be changed once it is set",
            "declare it as it is, or leave it out",
        )
        for change in changes
        for field in change.fields
        if change.id is not None and change.address in world.cases
        if world.schemas[change.type].fields[field.path[0]].once and not is_absent(field.before)
    ]
    if problems:
        raise ConfigError(problems)


def _shown(value: Value) -> str:
    return "a secret" if isinstance(value, Digest) else repr(value)


def _missing_imports(world: World) -> Iterator[Problem]:
    for address, case in world.cases.items():
        if case.adopt and address not in world.records and address not in world.lives:
            yield Problem(case.source.at(("import",)), f"{address}: there is no case {case.adopt!r} to import")


def _taken_imports(world: World) -> Iterator[Problem]:
    owners = {(record.address.provider, record.id): record.address for record in world.state.records.values()}
    for address, case in world.cases.items():
        if address in world.records or not case.adopt:
            continue
        place = (address.provider, case.adopt)
        owner = owners.setdefault(place, address)
        if owner != address:
            hint = (
                None
                if owner in world.cases
                else f"if it is the same case: `moved: [{{from: {owner}, to: {address}}}]`"
            )
            message = f"{address}: case {case.adopt!r} is managed as {owner} already"
            yield Problem(case.source.at(("import",)), message, hint)


def _foreign_imports(world: World) -> Iterator[Problem]:
    for address, claim in world.foreign.items():
        case = world.cases[address]
        message = f"{address}: {marked_elsewhere(case.adopt or '', claim)}"
        over = f'`import: {{id: "{case.adopt}", take_over: true}}`'
        hint = f"release it there first; {over} takes it over all the same"
        yield Problem(case.source.at(("import",)), message, hint)


def _changed_types(world: World) -> Iterator[Problem]:
    for address, case in world.cases.items():
        record = world.records.get(address)
        if record is not None and record.type != case.type:
            yield Problem(
                case.source.at(),
                f"{address} was applied to a {record.type} system and is declared for {case.type} now",
            )


def _warnings(world: World) -> Iterator[str]:
    for address, case in world.cases.items():
        record = world.records.get(address)
        if record and case.adopt and case.adopt != record.id:
            yield f"{address}: import {case.adopt!r} is ignored, since it is case {record.id} already"
    yield from disagreements(world.cases, world.lives, world.claims, world.schemas)
