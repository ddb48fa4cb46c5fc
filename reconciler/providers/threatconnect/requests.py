"""
The requests of one change to a ThreatConnect case: as few as the API allows, each as small as it allows.

create   POST   /v3/cases                 everything nested, the marker as its xid
update   1.     tasks                     only where the same change closes the case, which open tasks may forbid
         2.     PUT /v3/cases/ID          scalars, and of each collection one mode: append, delete or replace
         3.     PUT /v3/cases/ID          what the first could not say: a collection that both gains and loses
         4.     PUT /v3/caseAttributes/…  a changed value
         5.     notes, tasks, artifacts   DELETE, POST, PUT on their own endpoints
both     last   PUT /v3/cases/ID          links to cases that come later: a circle of links
delete   DELETE /v3/cases/ID

Which collection goes where:

                    gains         loses          both, exact             both, shared
tags, associations  2. append     2. delete      2. replace, all of it   2. append, 3. delete
  …to be made       2. append     2. delete      2. delete, 3. append    2. delete, 3. append
attributes          2. append     2. delete      2. delete, 3. append    (a type may be at its Max Allowed)

A set is replaced by what exists: a group or an indicator that is made on the way can only be appended, and that
comes last, so that a lost answer is no riddle: the set is as it should be, or nothing was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Entry, Marker, Path, Ref, Value
from reconciler.providers.shared import count
from reconciler.providers.threatconnect import bodies
from reconciler.providers.threatconnect.bodies import NOUNS
from reconciler.providers.threatconnect.children import (
    CHILDREN,
    attribute_edits,
    child_requests,
    gone_and_new,
    is_remade,
)
from reconciler.providers.threatconnect.schema import ThreatConnectSettings
from reconciler.providers.threatconnect.wire import CASES, COLLECTIONS, SCALARS

SETS: Final = ("tags", "associated_cases", "associated_groups", "associated_indicators")
"""The collections that take a mode, attributes aside."""

Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What a change is translated with."""

    change: Change
    settings: ThreatConnectSettings
    marker: Marker

    @property
    def owner(self) -> Query:
        """The owner, where the settings name one."""
        return owner_of(self.settings)

    @property
    def target(self) -> Mapping[str, Value]:
        """What the case shall become."""
        return self.change.record.recorded if self.change.record else {}

    @property
    def handles(self) -> Mapping[str, str]:
        """What the system calls the parts of the case."""
        return self.change.record.handles if self.change.record else {}

    @property
    def later(self) -> frozenset[Ref]:
        """References to cases that come after this one."""
        before = {address.name for address in self.change.depends_on}
        found = (member for f in self.change.fields if f.is_set for member in f.add)
        return frozenset(member for member in found if isinstance(member, Ref) and member.case not in before)


@dataclass(slots=True)
class Put:
    """One PUT on the case, as it grows."""

    body: dict[str, Any] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)
    fields: list[Path] = field(default_factory=list)
    makes: dict[Path, str | None] = field(default_factory=dict)
    verifies: list[str] = field(default_factory=list)

    def collect(self, attribute: str, data: Sequence[Any], mode: str, why: str) -> None:
        """Put a collection in, with its mode."""
        self.body[COLLECTIONS[attribute].key] = {"data": list(data), "mode": mode}
        self.why.append(why)

    def operation(self, context: Context) -> Iterator[Operation]:
        """Yield the request, if there is anything in it."""
        if not self.body:
            return
        safe = not self.makes and not any(_is_new(data) for data in self.body.values())
        yield Operation(
            "PUT",
            f"{CASES}/{context.change.id}",
            self.body,
            "; ".join(self.why),
            query=(*shown(self.makes, self.verifies), *context.owner),
            fields=tuple(self.fields),
            makes=self.makes,
            verifies=tuple(self.verifies),
            repeat=Repeat.SAFE if safe else Repeat.LOOK,
        )


def shown(makes: Mapping[Path, str | None], verifies: Sequence[str]) -> Query:
    """Return the `fields=` with which an answer shows what a request made."""
    names = {*verifies, *(path[0] for path in makes)}
    return tuple(("fields", key) for key in sorted(COLLECTIONS[name].key for name in names))


def _is_new(data: Any) -> bool:
    """Tell whether a collection holds something that would be made again if it were sent again."""
    return isinstance(data, Mapping) and any(
        isinstance(element, Mapping) and "name" in element and "type" in element
        for element in data.get("data", ())
    )


def requests(context: Context) -> Iterator[Operation]:
    """Yield the requests of a change, in the order in which they are sent."""
    match context.change.action:
        case Action.CREATE:
            yield from _create(context)
        case Action.DELETE:
            path = f"{CASES}/{context.change.id}"
            yield Operation("DELETE", path, None, "delete the case", query=context.owner)
        case _:
            yield from _edit(context)


def all_tags(change: Change, settings: ThreatConnectSettings, members: frozenset[Value]) -> Operation:
    """Return the request that makes these the tags of a case, whatever it has now."""
    data = [bodies.tag(member) for member in bodies.ordered(members)]
    return Operation(
        "PUT",
        f"{CASES}/{change.id}",
        {"tags": {"data": data, "mode": "replace"}},
        f"set all {count(len(members), NOUNS['tags'])}",
        query=(*shown({}, ("tags",)), *owner_of(settings)),
        fields=(("tags",),),
        verifies=("tags",),
    )


def owner_of(settings: ThreatConnectSettings) -> Query:
    """Return the owner, where the settings name one."""
    return (("owner", settings.owner),) if settings.owner else ()


# ------------------------------------------------------------------------------------------------ create


def _create(context: Context) -> Iterator[Operation]:
    change, marker = context.change, context.marker
    plain = {f.path[0]: f.after for f in change.fields if f.path[0] in SCALARS and f.path[0] != "owner"}
    body = bodies.scalars(plain) | {"xid": bodies.case_xid(marker, plain.get("xid"))}
    makes: dict[Path, str | None] = {}
    for path, value in ((f.path, f.after) for f in change.fields if f.path[0] in COLLECTIONS):
        name = path[0]
        if len(path) == 1:
            members = frozenset(value) - context.later
            data = bodies.added(name, members, marker, _known_members(context, name))
        else:
            makes[path] = _alias(context, path, value)
            data = [*body.get(COLLECTIONS[name].key, {}).get("data", ()), _new(context, path, value)]
        if data:
            body[COLLECTIONS[name].key] = {"data": data}
    linked = _linked_later(context)
    verifies = _verified(change.fields)
    yield Operation(
        "POST",
        CASES,
        body,
        "create the case",
        query=(*shown(makes, verifies), *_owner_of_new(context)),
        fields=tuple(f.path for f in change.fields if f.path not in {field.path for field in linked}),
        captures={"id": ("data", "id")},
        makes=makes,
        verifies=verifies,
        repeat=Repeat.LOOK,
    )
    yield from _link_later(context, linked, f"{CASES}/${{cases.{change.address.name}.id}}")


def _owner_of_new(context: Context) -> Query:
    owner = context.target.get("owner")
    return (("owner", str(owner)),) if owner else context.owner


def _verified(fields: Sequence[FieldChange]) -> tuple[str, ...]:
    """
    Return the sets that the answer must show: tags, which may be renamed, and those with new members.

    Whether users are replaced or added is not documented.
    """
    made = {f.path[0] for f in fields if f.is_set and any(isinstance(member, Entry) for member in f.add)}
    return tuple(sorted(made | ({"tags", "user_access"} & {f.path[0] for f in fields})))


def _alias(context: Context, path: Path, item: Mapping[str, Value]) -> str | None:
    """Return the external id of a new item, where the system has such."""
    if path[0] != "tasks":
        return None
    return str(item.get("xid") or bodies.item_xid(context.marker, *path))


def _new(context: Context, path: Path, item: Mapping[str, Value]) -> dict[str, Any]:
    body = bodies.new_item(path[0], item)
    alias = _alias(context, path, item)
    return body if alias is None else {**body, "xid": alias}


def _linked_later(context: Context) -> Sequence[FieldChange]:
    return [f for f in context.change.fields if f.is_set and f.add & context.later]


def _link_later(context: Context, linked: Sequence[FieldChange], path: str) -> Iterator[Operation]:
    """Yield the request that links to cases which come later, once they are there."""
    if not linked:
        return
    put = Put(fields=[f.path for f in linked])
    for f in linked:
        late = f.add & context.later
        data = bodies.added(f.path[0], late, context.marker, {})
        put.collect(f.path[0], data, "append", f"add {count(len(late), NOUNS[f.path[0]])} of a circle of links")
    names = tuple(sorted({reference.case for reference in context.later}))
    (operation,) = put.operation(context)
    yield Operation(
        operation.method,
        path,
        operation.body,
        operation.why,
        query=operation.query,
        fields=operation.fields,
        after=names,
    )


# ------------------------------------------------------------------------------------------------ update


def _edit(context: Context) -> Iterator[Operation]:
    change = context.change
    first, second = Put(), Put()
    _set_scalars(context, first)
    linked = _linked_later(context)
    for f in (f for f in change.fields if f.is_set):
        _set_members(context, f, first, second, is_last=f not in linked)
    _set_attributes(context, first, second)
    children = list(child_requests(change, context.marker, context.owner))
    is_closing = first.body.get("status") == "Closed"
    early = [each for each in children if is_closing and each.path.startswith(CHILDREN["tasks"])]
    yield from early
    yield from first.operation(context)
    yield from second.operation(context)
    yield from attribute_edits(change, context.owner)
    yield from (each for each in children if each not in early)
    yield from _link_later(context, linked, f"{CASES}/{change.id}")


def _set_scalars(context: Context, put: Put) -> None:
    fields = [f for f in context.change.fields if f.path[0] in SCALARS]
    put.body |= bodies.scalars({f.path[0]: f.after for f in fields})
    put.why += [f"set {f.path[0]}" for f in fields]
    put.fields += [f.path for f in fields]


def _set_members(context: Context, f: FieldChange, first: Put, second: Put, *, is_last: bool) -> None:
    name, late = f.path[0], context.later
    add, remove = f.add - late, f.remove
    marker, groups, noun = context.marker, _known_members(context, name), NOUNS[name]
    is_new = any(isinstance(member, Entry) and member.key not in groups for member in add)
    is_apart = bool(add and remove) and (f.shared or is_new)
    last = second if is_apart and name in SETS else first
    if name not in SETS:
        put_whole = bodies.added(name, f.after, marker, groups)
        first.body[COLLECTIONS[name].key] = {"data": put_whole}
        first.why.append(f"set all {count(len(f.after), noun)}")
    elif add and remove and not is_apart:
        data = bodies.added(name, frozenset(f.after) - late, marker, groups)
        why = f"add {count(len(add), noun)}, remove {count(len(remove), noun)}"
        first.collect(name, data, "replace", why)
    else:
        if add:
            data = bodies.added(name, add, marker, groups)
            adding = last if is_new else first
            adding.collect(name, data, "append", f"add {count(len(add), noun)}")
            adding.verifies += _verified([f]) if adding is not last else ()
        if remove:
            data = bodies.removed(name, remove, context.handles)
            removing = first if is_new else last
            removing.collect(name, data, "delete", f"remove {count(len(remove), noun)}")
    if is_last:
        last.fields.append(f.path)
        last.verifies += _verified([f])


def _known_members(context: Context, name: str) -> Mapping[str, str]:
    """Return the ids of members that are given whole and exist: linked already, or found by a look-up."""
    paths = ((path.partition("."), id) for path, id in context.handles.items())
    return {key: id for (attribute, _, key), id in paths if attribute == name}


def _set_attributes(context: Context, first: Put, second: Put) -> None:
    """Add and remove attributes; one whose type or source cannot be changed is removed and added again."""
    remade = sorted({f.path[:-1] for f in context.change.fields if f.path[0] == "attributes" and is_remade(f)})
    gone, new = gone_and_new(context.change, {"attributes"})
    paths = [*(f.path for f in gone), *remade]
    ids = [id for path in paths if (id := context.handles.get(".".join(path)))]
    added = [*((f.path, f.after) for f in new), *((path, context.target[path[0]][path[1]]) for path in remade)]
    if ids:
        why = f"remove {count(len(ids), NOUNS['attributes'])}"
        first.collect("attributes", [{"id": bodies.number(id)} for id in ids], "delete", why)
        first.fields += [f.path for f in gone]
    if added:
        put = second if ids else first
        data = [bodies.new_item("attributes", item) for _, item in added]
        put.collect("attributes", data, "append", f"add {count(len(added), NOUNS['attributes'])}")
        put.makes |= dict.fromkeys(path for path, _ in added)
        put.fields += [f.path for f in new]
        put.fields += [f.path for f in context.change.fields if f.path[:-1] in remade]
