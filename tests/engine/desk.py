"""A toy system whose answers tell nothing of what was done, and which takes sets whole, as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from reconciler.errors import OutcomeUnknown, Refused
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.fields import Clearable, Field, Map, Schema, Set, Spelled
from reconciler.model.operation import Merge, Operation, Repeat
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.values import Marker, Value, known_as
from reconciler.planning import planner
from reconciler.planning.planner import HANDLES
from reconciler.providers.base import Api, Sought, Wanted
from tests.engine.fakes import Run, System, Write
from tests.planning.worlds import LINEAGE, world

PEOPLE: Mapping[str, int] = {"ana": 17, "bo": 20, "zoe": 21}
STATUSES: Mapping[str, int] = {"New": 1, "Open": 2, "Closed": 4}
SETS = ("tags", "watchers")
SCHEMA = Schema(
    {
        "title": Field.of("title", [Spelled(lambda text: text.replace("&amp;", "&"), digested=True)]),
        "status": Field.of("status", [Spelled(str.casefold)]),
        "rank": Field.of("rank", [Clearable()]),
        "assignee": Field.of("assignee", [Spelled(str.casefold), Clearable()]),
        "tags": Field.of("tags", [Set(key=str.casefold)]),
        "watchers": Field.of("watchers", [Set(key=str.casefold)]),
        "metadata": Field.of("metadata", [Map()]),
    }
)


@dataclass
class Desk(System):
    """Cases as stored: statuses by their names, people by their ids, tags with our marker among them."""

    schema: ClassVar[Schema] = SCHEMA

    keeps: frozenset[str] = frozenset()
    """What it does not write, whatever it says."""
    rewrites: Mapping[str, str] = field(default_factory=dict)
    """What a title is kept as."""
    loses: frozenset[str] = frozenset()
    """Tags that it does not take."""
    marks: bool = True
    """It keeps our marker."""
    adds_assignee: bool = False
    """Whoever is given a case watches it."""
    deletes: bool = True
    """A delete deletes."""
    remarks: str | None = None
    as_text: bool = True
    blind_after: int = 1 << 31
    """After so many writes it shows no case any more."""

    # -- as a provider

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        if len(self.writes) >= self.blind_after:
            raise OutcomeUnknown("no answer")
        for live in super().read(api, wanted):
            case = self.cases[live.id]
            status = case.get("status")
            tags = [tag for tag in case.get("tags", ()) if not tag.startswith(LINEAGE)]
            sets = {"tags": tags, "watchers": case.get("watchers", ())}
            attributes = {**live.attributes, **{name: frozenset(sets[name]) for name in SETS}}
            aliases = {"status": {status: frozenset({f"#{STATUSES[status]}"})}} if status else {}
            listed = {name: tuple(map(str, case.get(name, ()))) for name in SETS}
            names = wanted.attributes[live.id]
            kept = {name: value for name, value in attributes.items() if name in names}
            yield Live(live.id, live.url, kept, aliases, listed)

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        self.looks += 1
        return [id for id, case in self.cases.items() if sought.marker.text in case.get("tags", ())]

    def url_of(self, id: str) -> str:
        return f"https://toy/{id}"

    def remark(self, answer: Any) -> str | None:
        return self.remarks

    def is_marked(self, live: Live, marker: Marker) -> bool:
        return marker.text in live.listed["tags"]

    def added(self, change: Change, attribute: str) -> frozenset[str]:
        assigned = change.field(("assignee",))
        if attribute != "watchers" or assigned is None or assigned.after is None:
            return frozenset()
        return frozenset({f"#{_person(change, 'assignee', assigned.after)}"})

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        paths = tuple(each.path for each in change.fields)
        body = {".".join(each.path): _value(change, each) for each in change.fields if not each.is_set}
        if change.action is Action.DELETE:
            yield Operation("DELETE", f"/cases/{change.id}", None, "delete", reads_back=True)
            return
        sets = {each.path[0]: each for each in change.fields if each.is_set}
        listed = meanings.get("listed", {})
        more: dict[str, Any] = {"fields": paths, "as_text": self.as_text, "reads_back": True}
        if change.action is Action.CREATE:
            tags = [*_members(change, sets.get("tags"), ()), marker.text]
            body |= {name: _joined(change, each, ()) for name, each in sets.items()} | {"tags": ",".join(tags)}
            captures: dict[str, tuple[str | int, ...]] = {"id": ("case_id",)}
            yield Operation("POST", "/cases", body, "create", captures=captures, repeat=Repeat.LOOK, **more)
            return
        body |= {name: _joined(change, each, listed.get(name, ())) for name, each in sets.items()}
        merges = {name: Merge(name, tuple(listed.get(name, ()))) for name in sets}
        yield Operation("PUT", f"/cases/{change.id}", body, "write", merges=merges, **more)

    # -- as a channel

    def execute(self, write: Write) -> Any:
        method, path, _ = write
        id = path.removeprefix("/cases/")
        if method != "POST" and id not in self.cases:
            raise Refused(f"no case {id}", status=200)
        if method == "DELETE" and not self.deletes:
            return None
        return super().execute(write)

    def _set(self, case: dict[str, Any], body: Any) -> None:
        given = {name: value for name, value in _decoded(body).items() if name not in self.keeps}
        for name in SETS:
            if name in given:
                case[name] = self._taken(name, given.pop(name))
        if "title" in given:
            given["title"] = self.rewrites.get(given["title"], given["title"])
        super()._set(case, given)
        if self.adds_assignee and given.get("assignee"):
            case["watchers"] = [*dict.fromkeys((*case.get("watchers", ()), given["assignee"]))]

    def _taken(self, name: str, csv: str) -> list[Any]:
        members = [member for member in csv.split(",") if member and member not in self.loses]
        if name == "watchers":
            return list(map(int, members))
        return [tag for tag in members if self.marks or not tag.startswith(LINEAGE)]


def _decoded(body: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else dict(body)
    return found


def _value(change: Change, each: FieldChange) -> Value:
    if each.path == ("assignee",) and each.after is not None:
        return _person(change, "assignee", each.after)
    return each.after or None if each.path[0] == "metadata" else each.after


def _person(change: Change, name: str, who: Value) -> Value:
    """Return the id of somebody; a secret is known by its handle as well."""
    handles = change.record.handles if change.record else {}
    return int(handles.get(f"{name}.{known_as(who)}", str(known_as(who))).removeprefix("#"))


def _members(change: Change, each: FieldChange | None, before: Sequence[str]) -> list[str]:
    """Return what a set holds afterwards: what was there, less what goes, and what comes."""
    if each is None:
        return []

    def said(members: frozenset[Value]) -> list[str]:
        is_tag = each.path == ("tags",)
        return sorted(str(m) if is_tag else str(_person(change, "watchers", m)) for m in members)

    gone = {text.casefold() for text in said(each.remove)}
    return [*(text for text in before if text.casefold() not in gone), *said(each.add)]


def _joined(change: Change, each: FieldChange, before: Sequence[str]) -> str:
    return ",".join(_members(change, each, before))


# ------------------------------------------------------------------------------------ planning


def seen(desk: Desk) -> dict[str, Live]:
    """Read all cases."""
    return {live.id: live for live in desk.read(desk, Wanted(dict.fromkeys(desk.cases, frozenset(SCHEMA.fields))))}  # type: ignore[arg-type]


def planned(desk: Desk, *parts: Case | Record, records: Mapping[Address, Record] | None = None) -> Plan:
    """Plan upon what is live, names looked up."""
    made = world(*parts, *(records or {}).values(), lives=seen(desk), schema=SCHEMA)
    drafted = planner.draft(made)
    meanings = {
        change.address: {
            HANDLES: _looked_up(made.cases.get(change.address)),
            "listed": made.lives[change.address].listed if change.address in made.lives else {},
        }
        for change in drafted.changes
    }
    drafted = planner.draft(replace(made, handles=planner.handles_in(meanings)))
    operations = {"soc": desk.operations}
    return planner.finish(drafted, made, operations, meanings, now="2026-01-01T00:00:00Z")


def _looked_up(case: Case | None) -> dict[str, str]:
    """Return what a look-up finds of the people in a case."""
    if case is None:
        return {}
    people = {
        "assignee": [case.attributes.get("assignee")],
        "watchers": case.attributes.get("watchers", ()),
    }
    return {f"{name}.{who}": f"#{PEOPLE[who]}" for name, found in people.items() for who in found if who in PEOPLE}


def meet(desk: Desk, *parts: Case | Record) -> tuple[Run, Plan]:
    """Plan a world whose live cases are those of a desk."""
    plan = planned(desk, *parts)
    records = {part.address: part for part in parts if isinstance(part, Record)}
    state = world(*parts, lives={}, schema=SCHEMA).state
    assert state.records == records
    return Run(desk, state), plan


def again(run: Run, desk: Desk, *cases: Case) -> Plan:
    """Plan once more, upon what a run has left."""
    return planned(desk, *cases, records=(run.after or run.state).records)
