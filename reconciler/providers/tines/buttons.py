"""
The requests for the buttons ("actions") of a case.

one differs    POST, PUT or DELETE of that button
more differ    the whole set, which carries the buttons of others as they were shown:
               v2  PUT /actions/batch
               v1  team_case_buttons, in the create or the PUT of the case

The whole set is sent only if nobody changed the buttons of others in the meantime. An empty one is avoided, since
nobody says whether it clears: the buttons are removed one by one. So is one that would carry a secret that stands
in a button of others, since a plan could not be saved with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from reconciler.model.change import Action, FieldChange, is_absent
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Path, Value
from reconciler.providers.shared import count
from reconciler.providers.tines import wire
from reconciler.providers.tines.context import ITEM, Context, Items, paths_of
from reconciler.providers.tines.schema import SCHEMA
from reconciler.providers.tines.wire import Item

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "v1": {"label": "label", "url": "url", "type": "button_type", "text": "button_text"},
    "v2": {"label": "label", "url": "url", "type": "action_type", "text": "action_text"},
}
"""By version of the API: field of a button → its key."""
_KEPT: Final = ("query_params",)
"""What others may have said of a button beside; everything else that is shown is made by the system."""
_PATHS: Final[Mapping[str, str]] = {"v1": "buttons", "v2": "actions"}
_WITH_THE_CASE: Final = "team_case_buttons"


def button_requests(context: Context) -> Iterator[Operation]:
    """Yield the requests that make and change buttons; of several also those that go."""
    items = Items.of(context.change, "actions")
    if is_whole(context, items):
        yield from () if context.is_v1 else (_batch(context, items),)
        return
    for f in items.new:
        yield _make(context, f)
    for path, fields in items.edited:
        names = ", ".join(f.path[ITEM] for f in fields)
        yield Operation(
            "PUT",
            f"{_path(context)}/{context.handle(path)}",
            _body(context, {f.path[ITEM]: f.after for f in fields}),
            f"set {names} of the button {path[1]}",
            fields=paths_of(fields),
        )


def button_removals(context: Context) -> Iterator[Operation]:
    """Yield the requests that remove buttons, where not all is done at once."""
    items = Items.of(context.change, "actions")
    if is_whole(context, items):
        return
    for f in items.gone:
        target = f"{_path(context)}/{context.handle(f.path)}"
        yield Operation("DELETE", target, None, f"remove the button {f.path[1]}", fields=(f.path,))


def is_whole(context: Context, items: Items) -> bool:
    """Tell whether the whole set is sent at once."""
    with_the_case = context.is_v1 and context.change.action is Action.CREATE
    is_shorter = items.count > (0 if with_the_case else 1)
    return is_shorter and not context.meanings.get("buttons_hold_secrets") and bool(_whole(context, items))


def with_buttons(context: Context, operation: Operation | None) -> Operation | None:
    """Return a request of v1 about the case with all its buttons, where they are sent at once."""
    items = Items.of(context.change, "actions")
    if not (context.is_v1 and is_whole(context, items)):
        return operation
    batch = _batch(context, items)
    buttons = {_WITH_THE_CASE: batch.body["actions"]}
    captures = {name: (_WITH_THE_CASE, *steps[1:]) for name, steps in batch.captures.items()}
    if operation is None:
        return replace(batch, path=context.path, body=buttons, captures=captures)
    return replace(
        operation,
        body={**operation.body, **buttons},
        why=f"{operation.why}; {batch.why}",
        fields=(*operation.fields, *batch.fields),
        captures={**operation.captures, **captures},
        makes={**operation.makes, **batch.makes},
        along={**operation.along, **batch.along},
    )


def _whole(context: Context, items: Items) -> list[tuple[Path | None, dict[str, Any]]]:
    """Return all buttons as they shall be, ours with their paths: those that are there, then new ones."""
    gone = frozenset(paths_of(items.gone))
    ours = {id: ("actions", path.partition(".")[2]) for path, id in _handles(context)}
    found: list[tuple[Path | None, dict[str, Any]]] = []
    for shown in _shown(context):
        path = ours.get(str(shown["id"]))
        if path not in gone:
            target = context.target.get("actions", {}).get(path[1], {}) if path else {}
            found.append((path, {**_verbatim(context, shown), **_body(context, target)}))
    found += [(f.path, _body(context, f.after)) for f in items.new]
    return found


def _shown(context: Context) -> Sequence[Item]:
    found: Sequence[Item] = context.meanings.get("buttons", ())
    return found


def _of_others(context: Context) -> Mapping[str, Value]:
    """Return the buttons of others as they are read again before anything is sent."""
    ours = {id for _, id in _handles(context)}
    theirs = wire.buttons(each for each in _shown(context) if str(each["id"]) not in ours)
    found: Mapping[str, Value] = SCHEMA.normalize({"actions": theirs})["actions"]
    return found


def _handles(context: Context) -> Iterator[tuple[str, str]]:
    return ((path, id) for path, id in context.handles.items() if path.startswith("actions."))


def _path(context: Context) -> str:
    return f"{context.path}/{_PATHS[context.settings.api_version]}"


def _verbatim(context: Context, shown: Item) -> dict[str, Any]:
    keys = (*WORDS[context.settings.api_version].values(), *_KEPT)
    return {key: shown[key] for key in keys if shown.get(key) is not None}


def _batch(context: Context, items: Items) -> Operation:
    whole = _whole(context, items)
    others = sum(path is None for path, _ in whole)
    kept = f"; it carries {count(others, 'button')} of others as shown when this was planned" if others else ""
    paths = {path: at for at, (path, _) in enumerate(whole) if path is not None}
    return Operation(
        "PUT",
        f"{_path(context)}/batch",
        {"actions": [body for _, body in whole]},
        f"set all {count(len(whole), 'button')}, of which {items.count} differ{kept}",
        fields=items.paths,
        captures={".".join(path): ("actions", at, "id") for path, at in paths.items()},
        makes=dict.fromkeys(paths),
        along={} if context.change.action is Action.CREATE else {"actions": _of_others(context)},
    )


def _make(context: Context, f: FieldChange) -> Operation:
    return Operation(
        "POST",
        _path(context),
        _body(context, f.after),
        f"add the button {f.path[1]}",
        fields=(f.path,),
        captures={".".join(f.path): ("id",)},
        makes={f.path: None},
        repeat=Repeat.LOOK,
    )


def _body(context: Context, fields: Mapping[str, Value]) -> dict[str, Any]:
    words = WORDS[context.settings.api_version]
    return {words[name]: value for name, value in fields.items() if not is_absent(value)}
