"""A toy system with names of its own: notes by id, groups that it may call otherwise, links between cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from reconciler.engine.progress import Silent
from reconciler.engine.recover import recovered
from reconciler.engine.stop import Stop
from reconciler.errors import NotFound
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, Change, FieldChange, is_absent
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation, Repeat
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.values import Entry, Marker, Path, Ref, Value
from reconciler.planning import planner
from reconciler.planning.planner import World
from reconciler.providers.base import Api, Wanted
from tests.engine.fakes import Run, System, Write
from tests.planning.worlds import RICH, address, world

SETS = ("groups", "related")


@dataclass
class Shop(System):
    """Cases as stored: notes by id, sets as lists."""

    schema: ClassVar[Schema] = RICH

    tells: bool = True
    """An answer tells the ids of the notes that were made."""
    shows: bool = False
    """An answer shows the whole case."""
    named: bool = False
    """A note is given a name by which it is found again."""
    renames: dict[str, str] = field(default_factory=dict)
    """What a group is kept as."""
    replaces: int = 0
    """How often it forgets what a set held when it is asked to add to it."""
    loses: frozenset[str] = frozenset()
    """Groups that it does not take."""
    rewrites: bool = True
    """A set may be sent whole."""
    names: dict[str, str] = field(default_factory=dict)
    """Names of notes and of groups, by id."""
    number: int = 500

    # -- as a provider

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        for live in super().read(api, wanted):
            yield self._with_names(live)

    def answered(self, answer: Any, attributes: frozenset[str]) -> Live | None:
        shown = answer.get("case") if isinstance(answer, Mapping) else None
        if shown is None:
            return None
        kept = {name: value for name, value in shown.items() if name in attributes}
        return self._with_names(Live(answer["case_id"], "", self.schema.normalize(kept)))

    def renamed(
        self, api: Api, attribute: str, missing: frozenset[str], shown: frozenset[str]
    ) -> Mapping[str, str]:
        return {name: self.renames[name] for name in missing if self.renames.get(name) in shown}

    def whole(self, change: Change, attribute: str, members: frozenset[Value]) -> Operation | None:
        if not self.rewrites:
            return None
        return Operation(
            "POST",
            f"/cases/{change.id}/{attribute}",
            {"set": _ordered(members)},
            f"set all {attribute}",
            fields=((attribute,),),
            verifies=(attribute,),
        )

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        match change.action:
            case Action.CREATE:
                yield from self._create(change, marker)
            case Action.DELETE:
                yield Operation("DELETE", f"/cases/{change.id}", None, "delete")
            case _:
                for each in change.fields:
                    yield self._edit(change, each, f"/cases/{change.id}")

    def _create(self, change: Change, marker: Marker) -> Iterator[Operation]:
        later = [each for each in change.fields if _links_to(each)]
        now = [each for each in change.fields if each not in later]
        body: dict[str, Any] = {"marker": marker}
        for each in now:
            if len(each.path) == 1:
                body[each.path[0]] = _ordered(each.after) if each.is_set else each.after
            else:
                body.setdefault(each.path[0], {})[each.path[1]] = each.after
        makes = {each.path: self._name_of(each.path) for each in now if each.path[0] == "notes"}
        told: dict[str, tuple[str | int, ...]] = {".".join(path): ("made", path[1]) for path in makes}
        yield Operation(
            "POST",
            "/cases",
            body,
            "create",
            fields=tuple(each.path for each in now),
            captures={"id": ("case_id",), "url": ("url",), **(told if self.tells else {})},
            repeat=Repeat.LOOK,
            makes=makes,
            verifies=tuple(each.path[0] for each in now if each.path[0] == "groups"),
        )
        for each in later:
            yield self._edit(change, each, f"/cases/${{cases.{change.address.name}.id}}")

    def _edit(self, change: Change, each: FieldChange, case: str) -> Operation:
        name = ".".join(each.path)
        match each.path:
            case ("notes", key) if is_absent(each.after):
                path = f"{case}/notes/{change.record.handles[name]}" if change.record else ""
                return Operation("DELETE", path, None, f"remove {key}", fields=(each.path,))
            case ("notes", key):
                return Operation(
                    "POST",
                    f"{case}/notes",
                    {"key": key, **each.after},
                    f"add {key}",
                    fields=(each.path,),
                    captures={name: ("made", key)} if self.tells else {},
                    repeat=Repeat.LOOK,
                    makes={each.path: self._name_of(each.path)},
                )
            case ("notes", key, part):
                id = change.record.handles[f"notes.{key}"] if change.record else ""
                body = {part: each.after}
                return Operation("PUT", f"{case}/notes/{id}", body, f"set {part}", fields=(each.path,))
            case (set_, *_) if set_ in SETS:
                return Operation(
                    "POST",
                    f"{case}/{set_}",
                    {"add": _ordered(each.add), "remove": _ordered(each.remove)},
                    f"edit {set_}",
                    fields=(each.path,),
                    verifies=(set_,),
                    after=_links_to(each),
                )
            case _:
                return Operation("PUT", case, {name: each.after}, f"set {name}", fields=(each.path,))

    def _name_of(self, path: Path) -> str | None:
        return f"name of {path[1]}" if self.named else None

    def _with_names(self, live: Live) -> Live:
        known = {id: frozenset({name}) for id, name in self.names.items()}
        return replace(live, aliases={"notes": known, "groups": known})

    # -- as a channel

    def execute(self, write: Write) -> Any:
        method, path, body = write
        _, _, id, *inside = path.split("/") if path != "/cases" else ("", "", "")
        if not inside and method != "POST":
            return super().execute(write)
        if id and id not in self.cases:
            raise NotFound(f"no case {id}", status=404)
        with self.lock:
            id = id or str(len(self.cases) + 100)
            made = self._write(id, method, inside, body)
            shown = {"case": deepcopy(self.cases[id])} if self.shows else {}
            return {"case_id": id, "url": f"https://toy/{id}", "made": made if self.tells else {}, **shown}

    def _write(self, id: str, method: str, inside: Sequence[str], body: Any) -> Mapping[str, str]:
        """Do what is asked within a case and return the ids of the notes that were made."""
        case = self.cases.setdefault(id, {})
        notes = case.setdefault("notes", {})
        match method, inside:
            case "POST", []:
                case |= {name: value for name, value in body.items() if name not in {*SETS, "notes"}}
                for name in SETS:
                    self._edit_set(case, name, {"add": body.get(name, ())})
                return {key: self._new_note(notes, key, note) for key, note in body.get("notes", {}).items()}
            case "POST", ["notes"]:
                key = body["key"]
                return {key: self._new_note(notes, key, {k: v for k, v in body.items() if k != "key"})}
            case "PUT", ["notes", note]:
                notes[note] |= body
            case "DELETE", ["notes", note]:
                if note not in notes:
                    raise NotFound(f"no note {note}", status=404)
                del notes[note]
            case _:
                self._edit_set(case, inside[0], body)
        return {}

    def _new_note(self, notes: dict[str, Any], key: str, note: Mapping[str, Any]) -> str:
        id = self._next_id()
        notes[id] = dict(note)
        if self.named:
            self.names[id] = f"name of {key}"
        return id

    def _edit_set(self, case: dict[str, Any], name: str, body: Mapping[str, Any]) -> None:
        kept = list(case.get(name, ()))
        if "set" in body or (self.replaces and kept):
            kept, self.replaces = [], max(0, self.replaces - ("set" not in body))
        gone = {self.renames.get(member, member) for member in body.get("remove", ())}
        come = [self._kept_as(member) for member in (*body.get("set", ()), *body.get("add", ()))]
        kept = [member for member in kept if member not in gone]
        case[name] = [*kept, *(member for member in come if member not in {*kept, *self.loses})]

    def _kept_as(self, member: Any) -> str:
        if not isinstance(member, Entry):
            return str(self.renames.get(member, member))
        id = self._next_id()
        self.names[id] = member.key
        return id

    def _next_id(self) -> str:
        self.number += 1
        return str(self.number)


def _links_to(change: FieldChange) -> tuple[str, ...]:
    """Return the names of the cases that a set comes to link to and that are not there yet."""
    if change.path[0] != "related":
        return ()
    return tuple(sorted(member.case for member in change.add if isinstance(member, Ref)))


def _ordered(members: frozenset[Value]) -> tuple[Value, ...]:
    return tuple(sorted(members, key=str))


# ------------------------------------------------------------------------------------ planning and applying


def planned(made: World, shop: Shop) -> Plan:
    return planner.finish(planner.draft(made), made, {"soc": shop.operations}, {}, now="2026-01-01T00:00:00Z")


def seen(shop: Shop) -> dict[str, Live]:
    """Read all cases."""
    return {live.id: live for live in shop.read(shop, Wanted(dict.fromkeys(shop.cases, frozenset(RICH.fields))))}  # type: ignore[arg-type]


def meet(*parts: Case | Record, shop: Shop | None = None, **more: Any) -> tuple[Run, Shop, Plan]:
    """Plan a world whose live cases are those of a shop."""
    shop = shop or Shop()
    made = world(*parts, lives=seen(shop), schema=RICH)
    return Run(shop, made.state, **more), shop, planned(made, shop)


def again(run: Run, shop: Shop, *cases: Case) -> Plan:
    """Plan once more, upon what a run has left."""
    records = (run.after or run.state).records
    return planned(world(*cases, *records.values(), lives=seen(shop), schema=RICH), shop)


def is_settled(run: Run, shop: Shop, *cases: Case) -> bool:
    """Tell whether nothing is left to do, to remember or to report."""
    plan = again(run, shop, *cases)
    return plan.is_empty and not plan.refresh and not plan.drift


def recover(run: Run, shop: Shop) -> list[Record]:
    """Find out what became of the open intents of a run."""
    state = run.after or run.state
    return list(recovered(run.notes.open.values(), state, {"soc": shop.tenant}, Silent(), Stop(), (0.0, 0.0)))


def handles(run: Run, name: str = "a") -> Mapping[str, str]:
    """Return the handles that are recorded of a case."""
    return (run.after or run.state).records[address(name)].handles
