"""
The requests for tasks and notes, which have endpoints of their own under the case.

tasks   POST /tasks            one;  POST /tasks/batch  up to 25
        PUT  /tasks/ID         what has changed; a new task that is completed already, since none can be made so
notes   POST /notes            one each
        PUT  /notes/ID
both    DELETE …/ID            after everything else of the case
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.model.change import FieldChange, is_absent
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Path, Value
from reconciler.providers.shared import count
from reconciler.providers.tines.context import ITEM, Context, Items, chunked, ordered, paths_of

TASKS_A_BATCH: Final = 25
NOUNS: Final[Mapping[str, str]] = {"tasks": "task", "notes": "note"}


def task_requests(context: Context) -> Iterator[Operation]:
    """Yield the requests that make and change tasks."""
    items = Items.of(context.change, "tasks")
    for chunk in chunked(items.new, TASKS_A_BATCH):
        yield _make_task(context, chunk[0]) if len(chunk) == 1 else _make_tasks(context, chunk)
    yield from completions(context, items.new)
    for path, fields in items.edited:
        yield _update(context, path, fields, task_body({f.path[ITEM]: f.after for f in fields}))


def note_requests(context: Context) -> Iterator[Operation]:
    """Yield the requests that make and change notes."""
    items = Items.of(context.change, "notes")
    for f in items.new:
        yield Operation(
            "POST",
            f"{context.path}/notes",
            _note_body(f.after, is_new=True),
            f"add the note {f.path[1]}",
            fields=(f.path,),
            captures={".".join(f.path): ("id",)},
            makes={f.path: None},
            repeat=Repeat.LOOK,
        )
    for path, fields in items.edited:
        yield _update(context, path, fields, _note_body({f.path[ITEM]: f.after for f in fields}))


def removals(context: Context, attribute: str) -> Iterator[Operation]:
    """Yield the requests that remove items, one each."""
    for f in Items.of(context.change, attribute).gone:
        target = f"{context.path}/{attribute}/{context.handle(f.path)}"
        yield Operation("DELETE", target, None, f"remove the {_called(f.path)}", fields=(f.path,))


def completions(context: Context, new: Sequence[FieldChange]) -> Iterator[Operation]:
    """Yield the requests that complete new tasks, which Tines makes uncompleted."""
    for f in new:
        if f.after.get("completed"):
            yield Operation(
                "PUT",
                f"{context.path}/tasks/{context.made(f.path)}",
                {"completed": True},
                f"complete the new task {f.path[1]}, since none is made so",
                fields=(f.path,),
            )


def made_true(f: FieldChange) -> tuple[Path, ...]:
    """Return what is true of a task once it is made: all, but that it is completed."""
    if not f.after.get("completed"):
        return (f.path,)
    return tuple((*f.path, name) for name in sorted(f.after) if name != "completed")


def task_body(fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return fields of a task as a PUT takes them; `assignee_emails` is the whole list."""
    body = {name: value for name, value in fields.items() if name != "assignees" and not is_absent(value)}
    if "assignees" in fields:
        body["assignee_emails"] = ordered(fields["assignees"] or ())
    return body


def new_task(fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return a task as it is made; whether it is completed cannot be said then."""
    body = task_body(fields)
    return {name: value for name, value in body.items() if name != "completed" and value != []}


def _make_task(context: Context, f: FieldChange) -> Operation:
    return Operation(
        "POST",
        f"{context.path}/tasks",
        new_task(f.after),
        f"add the task {f.path[1]}",
        fields=made_true(f),
        captures={".".join(f.path): ("task", "id")},
        makes={f.path: None},
        repeat=Repeat.LOOK,
    )


def _make_tasks(context: Context, new: Sequence[FieldChange]) -> Operation:
    return Operation(
        "POST",
        f"{context.path}/tasks/batch",
        {"tasks": [new_task(f.after) for f in new]},
        f"add {count(len(new), 'task')}",
        fields=tuple(path for f in new for path in made_true(f)),
        captures={".".join(f.path): ("tasks", at, "id") for at, f in enumerate(new)},
        makes=dict.fromkeys(paths_of(new)),
        repeat=Repeat.LOOK,
    )


def _update(context: Context, path: Path, fields: Sequence[FieldChange], body: Mapping[str, Any]) -> Operation:
    names = ", ".join(f.path[ITEM] for f in fields)
    target = f"{context.path}/{path[0]}/{context.handle(path)}"
    return Operation("PUT", target, body, f"set {names} of the {_called(path)}", fields=paths_of(fields))


def _note_body(fields: Mapping[str, Value], *, is_new: bool = False) -> dict[str, Any]:
    """Return fields of a note; of a new one what is empty is left out."""
    body = {name: "" if name == "content" and is_absent(value) else value for name, value in fields.items()}
    return {name: value for name, value in body.items() if not (is_absent(value) or (is_new and value == ""))}


def _called(path: Path) -> str:
    return f"{NOUNS[path[0]]} {path[1]}"
