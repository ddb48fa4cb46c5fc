"""A toy system for the tests of this folder, and short ways to say what is desired, recorded and live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live
from reconciler.model.change import Action, Change
from reconciler.model.fields import CaseInsensitive, Clearable, Field, Items, Map, Once, Ownership, Schema, Set
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.values import Marker, Path
from reconciler.planning import planner
from reconciler.planning.planner import World

LINEAGE = "2f6c1a1e-0000-4000-8000-000000000001"
SCHEMA = Schema(
    {
        "name": Field("name"),
        "priority": Field.of("priority", [CaseInsensitive()]),
        "status": Field.of("status", [CaseInsensitive()]),
        "description": Field.of("description", [Clearable("")]),
        "tags": Field.of("tags", [Set()]),
        "assignees": Field.of("assignees", [Set(fold=str.lower, filled=True)]),
        "metadata": Field.of("metadata", [Map()]),
    },
    required=frozenset({"name"}),
    closing={"status": "closed"},
)

RICH = Schema(
    {
        **SCHEMA.fields,
        "owner": Field.of("owner", [Once()]),
        "notes": Field.of("notes", [Items({name: Field(name) for name in ("text", "pinned", "rank", "author")})]),
        "groups": Field.of("groups", [Set(key=str.casefold)]),
        "related": Field.of("related", [Set(links=True)]),
    },
    closing={"status": "closed"},
)
"""The toy, and what a system with names of its own has."""


class Somewhere:
    """A source whose line is the length of the path."""

    def at(self, path: Path = ()) -> Location:
        return Location("cases/a.yaml", len(path) + 1, 1)


def address(name: str) -> Address:
    return Address("soc", name)


def case(name: str, attributes: Mapping[str, Any], **more: Any) -> Case:
    return Case(address(name), "toy", attributes, Somewhere(), **more)


def shared(name: str, attributes: Mapping[str, Any], *sets: str) -> Case:
    return case(name, attributes, ownership=dict.fromkeys(sets, Ownership.SHARED))


def record(name: str, id: str, recorded: Mapping[str, Any], **more: Any) -> Record:
    return Record(address(name), "toy", id, f"https://toy/{id}", recorded, **more)


def live(id: str, attributes: Mapping[str, Any]) -> Live:
    return Live(id, f"https://toy/{id}", attributes)


def ignoring(*names: str) -> Lifecycle:
    return Lifecycle(ignore_changes=names)


def world(
    *parts: Case | Record,
    lives: Mapping[str, Mapping[str, Any] | Live] | None = None,
    outside: tuple[Record, ...] = (),
    schema: Schema = SCHEMA,
) -> World:
    """Make a world of cases and records; `lives` is by id, `outside` is recorded but out of scope."""
    cases = {part.address: part for part in parts if isinstance(part, Case)}
    records = {part.address: part for part in parts if isinstance(part, Record)}
    ids = {part.address: part.adopt for part in cases.values()} | {
        part.address: part.id for part in records.values()
    }
    shown = lives or {}
    found = {where: _live(id, shown[id]) for where, id in ids.items() if id is not None and id in shown}
    everything = {**records, **{part.address: part for part in outside}}
    return World("acme", State(LINEAGE, 7, everything), cases, records, found, {"toy": schema})


def _live(id: str, shown: Mapping[str, Any] | Live) -> Live:
    return shown if isinstance(shown, Live) else live(id, shown)


def toy(change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
    """Name one request for each change, with all that it sets."""
    body = {".".join(field.path): field.after for field in change.fields}
    if change.action is Action.CREATE:
        yield Operation("POST", "/cases", {**body, "marker": marker}, "create")
    else:
        method = "DELETE" if change.action is Action.DELETE else "PUT"
        yield Operation(method, f"/cases/{change.id}", {**body, **meanings}, "write")


def plan(made: World, meanings: Mapping[Address, Mapping[str, Any]] | None = None) -> Plan:
    """Plan a world from beginning to end."""
    return planner.finish(planner.draft(made), made, {"soc": toy}, meanings or {}, now="2026-01-01T00:00:00Z")


def only(made: World) -> Change:
    """Return the one change of a world."""
    (change,) = plan(made).changes
    return change


def applied(made: World) -> World:
    """Return the world after its plan was applied by a system that does as it is told."""
    done = plan(made)
    records = dict(made.records)
    lives = dict(made.lives)
    for number, change in enumerate(done.changes, start=100):
        before = lives.get(change.address)
        records.pop(change.address, None)
        lives.pop(change.address, None)
        if change.record is not None:
            id = change.id or str(number)
            lives[change.address] = Live(
                id, f"https://toy/{id}", after(before.attributes if before else {}, change)
            )
            records[change.address] = replace(change.record, id=id, url=f"https://toy/{id}")
    records |= {refreshed.address: refreshed for refreshed in done.refresh}
    state = replace(made.state, serial=made.state.serial + 1, records=records)
    return replace(made, state=state, records=records, lives=lives)


def after(attributes: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return what a system shows after the field changes of a change, read as a person would."""
    now: dict[str, Any] = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in attributes.items()
    }
    for field in change.fields:
        name, *key = field.path
        if key and not field.after and field.after != "":
            now[name].pop(key[0], None)
        elif key:
            now.setdefault(name, {})[key[0]] = field.after
        elif field.is_set:
            now[name] = (now.get(name, frozenset()) | field.add) - field.remove
        else:
            now[name] = field.after
    return now
