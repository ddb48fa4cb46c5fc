"""
The requests of one change to a Tines case: as few as the API allows, each as small as it allows.

create   POST /cases              everything that it takes, with our marker in the metadata
         …/links, subscribers     what a new case cannot be given
         PUT  /cases/ID           only for a case without assignees: Tines assigns the key's user
update   PUT  /cases/ID           the team alone, where anything follows that the team owns
         …/metadata               POST for new keys only, PUT where one changes, with the new ones
         fields, sub-resources    what comes and what changes
         PUT  /cases/ID           scalars, add_*, remove_*
         DELETE …                 metadata keys, fields, sub-resources
both     PUT  /cases/ID           the status, where closure conditions look at the rest
delete   DELETE /cases/ID

What comes goes before the case and what goes after it, so that a crash between leaves too much, never too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reconciler.model.change import Action, FieldChange
from reconciler.model.operation import Operation, Repeat, Steps
from reconciler.model.values import Path, Ref, Value
from reconciler.providers.shared import count
from reconciler.providers.tines import closing
from reconciler.providers.tines.buttons import button_removals, button_requests, with_buttons
from reconciler.providers.tines.context import Context, Items, number, ordered, paths_of
from reconciler.providers.tines.custom import field_removals, field_requests, first_values
from reconciler.providers.tines.items import (
    completions,
    made_true,
    new_task,
    note_requests,
    removals,
    task_requests,
)
from reconciler.providers.tines.members import Members
from reconciler.providers.tines.metadata import metadata_of, metadata_removals, metadata_requests

SCALARS: Final = frozenset(
    {
        "name",
        "description",
        "priority",
        "status",
        "sub_status",
        "team_id",
        "opened_at",
        "resolved_at",
        "closure_conditions",
    }
)


def requests(context: Context) -> Iterator[Operation]:
    """Yield the requests of a change, in the order in which they are sent."""
    match context.change.action:
        case Action.CREATE:
            yield from _create(context)
        case Action.DELETE:
            yield Operation("DELETE", context.path, None, "delete the case")
        case _:
            yield from _edit(context)


# ------------------------------------------------------------------------------------------------ create


def _create(context: Context) -> Iterator[Operation]:
    fields = context.change.fields
    last = _closing_fields(context, fields)
    names_status = _names_status(context, fields)
    unassigned = next((f.path for f in fields if f.path == ("assignees",) and not f.after), None)
    tasks = Items.of(context.change, "tasks").new
    given = [f for f in fields if f not in last and f.path != unassigned]
    yield from _present(with_buttons(context, _post(context, given, unassigned, tasks)))
    yield from completions(context, tasks)
    members = Members.of(context)
    yield from button_requests(context)
    yield from note_requests(context)
    yield from _added(members)
    if unassigned:
        yield _unassign(context, unassigned)
    if last:
        yield _put(context, last, names_status=names_status)
    yield from (operation for each in members for operation in each.added_later())


def _post(
    context: Context, fields: Sequence[FieldChange], unassigned: Path | None, tasks: Sequence[FieldChange]
) -> Operation:
    body = {
        "team_id": context.settings.team_id,
        **_scalars(context, fields, names_status=_names_status(context, fields)),
        **{context.sets[f.path[0]][0]: _sent(f, f.after) for f in fields if f.path[0] in context.sets and f.after},
        "metadata": {**metadata_of(fields), context.settings.marker_key: context.marker},
    }
    if values := first_values(context):
        body["field_values"] = values
    if tasks:
        body["tasks"] = [new_task(f.after) for f in tasks]
    captures: dict[str, Steps] = {"id": ("case_id",), "url": ("url",)}
    if unassigned:
        captures["assignees"] = ("assignees", "*", "email")
    true = tuple(f.path for f in fields if f.path[0] in {*_WITH_THE_CASE, *context.sets})
    return Operation(
        "POST",
        context.cases,
        body,
        "create the case",
        fields=(*true, *(path for f in tasks for path in made_true(f))),
        captures=captures,
        expects=((("team", "id"), body["team_id"]),),
        makes={f.path: _name_of(f) for f in sorted(tasks, key=lambda f: bool(f.after.get("completed")))},
        reads_back=bool(tasks),
        repeat=Repeat.LOOK,
    )


_WITH_THE_CASE: Final = SCALARS | {"metadata", "fields"}
"""What a new case is given in one request, beside its sets and its tasks."""


def _name_of(f: FieldChange) -> str | None:
    """Return by what a new task is known: by all that it says, or, if it is yet to be completed, by its text."""
    text = f.after.get("description")
    return text if f.after.get("completed") and isinstance(text, str) else None


def _unassign(context: Context, path: Path) -> Operation:
    return Operation(
        "PUT",
        context.path,
        {"remove_assignee_emails": Ref(context.change.address.name, "assignees")},
        "remove the API key's user, whom Tines assigns to a case created without assignees",
        fields=(path,),
        droppable=True,
    )


# ------------------------------------------------------------------------------------------------ update


def _edit(context: Context) -> Iterator[Operation]:
    fields = [f for f in context.change.fields if f.path[0] in SCALARS or f.path[0] in context.sets]
    coming, members = list(_coming(context)), Members.of(context)
    going = list(_going(context, members))
    names_status = _names_status(context, fields)
    if moves := _moves_apart(context, fields, coming):
        yield _put(context, moves)
        fields = [f for f in fields if f not in moves]
    final = _closing_fields(context, fields)
    now = [f for f in fields if f not in final]
    yield from coming
    is_said = now or (names_status and not final)
    put = _put(context, now, names_status=names_status and not final) if is_said else None
    for operation in _present(with_buttons(context, put)):
        yield closing.in_two(operation, going) if closing.is_closing(context, now) else operation
    yield from going
    if final:
        yield _put(context, final, names_status=names_status)
    yield from (operation for each in members for operation in each.added_later())


def _present(operation: Operation | None) -> Sequence[Operation]:
    return () if operation is None else (operation,)


def _names_status(context: Context, fields: Sequence[FieldChange]) -> bool:
    """Tell whether a sub-status is to be set: another one, or the one of that name elsewhere."""
    names = {f.path[0] for f in fields}
    return "sub_status_id" in context.meanings and bool(names & {"sub_status", "status", "team_id"})


def _moves_apart(
    context: Context, fields: Sequence[FieldChange], coming: Sequence[Operation]
) -> Sequence[FieldChange]:
    """Return the move to another team, where something follows that only the new team knows."""
    moves = [f for f in fields if f.path == ("team_id",)]
    follows = _names_status(context, fields) or any(not op.path.endswith("/metadata") for op in coming)
    return moves if follows else []


def _closing_fields(context: Context, fields: Sequence[FieldChange]) -> Sequence[FieldChange]:
    """Return what closes the case, where it has to be the last thing that is said of it."""
    if not (closing.is_closing(context, fields) and closing.has_conditions(context)):
        return []
    return [f for f in fields if f.path[0] in closing.STATUS]


def _coming(context: Context) -> Iterator[Operation]:
    """Yield the requests that add and change what has endpoints of its own."""
    yield from metadata_requests(context)
    yield from field_requests(context)
    yield from task_requests(context)
    yield from _added(Members.of(context, ("links",)))
    yield from button_requests(context)
    yield from note_requests(context)
    yield from _added(Members.of(context, ("subscribers", "records")))


def _added(members: Sequence[Members]) -> Iterator[Operation]:
    return (operation for each in members for operation in each.added())


def _going(context: Context, members: Sequence[Members]) -> Iterator[Operation]:
    """Yield the requests that remove what has endpoints of its own."""
    yield from metadata_removals(context)
    yield from field_removals(context)
    yield from removals(context, "tasks")
    yield from removals(context, "notes")
    yield from button_removals(context)
    yield from (operation for each in members for operation in each.removed())


def _put(context: Context, fields: Sequence[FieldChange], *, names_status: bool = False) -> Operation:
    body = _scalars(context, fields, names_status=names_status)
    why = [f"set {name}" for name in body]
    for f in (f for f in fields if f.path[0] in context.sets):
        _, add, remove, noun = context.sets[f.path[0]]
        for verb, key, members in (("add", add, f.add), ("remove", remove, f.remove)):
            if members:
                body[key] = _sent(f, members)
                why.append(f"{verb} {count(len(members), noun)}")
    # whether conditions are replaced or added to is not documented, so those that were there are looked for
    reads_back = any(f.path == ("closure_conditions",) and bool(f.before) for f in fields)
    return Operation("PUT", context.path, body, "; ".join(why), fields=paths_of(fields), reads_back=reads_back)


def _sent(f: FieldChange, members: Iterable[Value]) -> list[Value]:
    """Return members as they are sent: ids of records as numbers."""
    return [number(member) if f.path[0] == "records" else member for member in ordered(members)]


def _scalars(context: Context, fields: Sequence[FieldChange], *, names_status: bool) -> dict[str, Value]:
    """Return the scalars as parameters; a sub-status implies the status, so only its id is sent."""
    values = {f.path[0]: f.after for f in fields if f.path[0] in SCALARS}
    if names_status:
        values = {name: value for name, value in values.items() if name not in {"status", "sub_status"}}
        values["sub_status_id"] = context.meanings["sub_status_id"]
    return {**values, **closing.resolution(context, fields)}
