"""
The request of one change to a Communifire case: one, whatever changes, since people are told of each.

create   POST   /api/cases       an object; our marker among its tags
update   PUT    /api/cases/ID    a JSON string that holds an object with the keys that change, and no other
delete   DELETE /api/cases/ID    only where the settings say that the site has it

The answers tell an id and nothing of what was done, so the case is read again after each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.errors import PlanRefused
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.operation import Merge, Operation, Repeat
from reconciler.model.values import Marker, Template, Value, known_as
from reconciler.providers.communifire.names import IDS, LISTED, OF_PROJECT, SHOWN
from reconciler.providers.communifire.schema import NAMES, CommunifireSettings
from reconciler.providers.communifire.wire import CASES, LONG, NAMED, fold, marker_tag
from reconciler.providers.shared import count

NO_DELETE: Final = (
    "set `has_delete: true` on the provider if this site answers DELETE; otherwise `close` or `release`"
)

_KEYS: Final[Mapping[str, str]] = {
    "title": "IssueTitle",
    **{name: key for name, (key, _) in NAMED.items()},
    "assignee": "AssignedToUserID",
    **LONG,
}
"""Attribute → its key in bodies."""
_SETS: Final[Mapping[str, str]] = {"tags": "tag", "watchers": "watcher"}
"""Set → what one member is called."""


def requests(
    change: Change, settings: CommunifireSettings, marker: Marker, meanings: Mapping[str, Any]
) -> Iterator[Operation]:
    """Yield the requests of a change; raise PlanRefused for a delete where there is none."""
    match change.action:
        case Action.CREATE:
            yield _create(change, settings, marker, meanings)
        case Action.DELETE if not settings.has_delete:
            raise PlanRefused(f"{change.address}: Communifire has no delete", hint=NO_DELETE)
        case Action.DELETE:
            yield Operation("DELETE", f"{CASES}/{change.id}", None, "delete the case", reads_back=True)
        case _:
            yield _update(change, settings, meanings)


def _create(
    change: Change, settings: CommunifireSettings, marker: Marker, meanings: Mapping[str, Any]
) -> Operation:
    body = _scalars(change, meanings)
    sets = {name: _members(change, name, ()) for name in _SETS if change.field((name,))}
    sets["tags"] = (*sets.get("tags", ()), marker_tag(marker))
    return Operation(
        "POST",
        CASES,
        body | {_KEYS[name]: _joined(members) for name, members in sorted(sets.items())},
        "create the case",
        fields=tuple(field.path for field in change.fields),
        captures={"id": ("ResponseData",)},
        repeat=Repeat.LOOK,
        as_text=settings.create_body == "string",
        reads_back=True,
    )


def _update(change: Change, settings: CommunifireSettings, meanings: Mapping[str, Any]) -> Operation:
    body = _scalars(change, meanings)
    merges = {}
    for name in sorted(_SETS):
        if change.field((name,)):
            before = tuple(meanings.get(LISTED, {}).get(name, ()))
            body[_KEYS[name]] = _joined(_members(change, name, before))
            merges[_KEYS[name]] = Merge(name, before)
    return Operation(
        "PUT",
        f"{CASES}/{change.id}",
        body,
        "; ".join(_reasons(change, meanings)),
        fields=tuple(field.path for field in change.fields),
        as_text=settings.update_body == "string",
        merges=merges,
        along=_along(change, meanings),
        reads_back=True,
    )


def _along(change: Change, meanings: Mapping[str, Any]) -> dict[str, Value]:
    """Return what a case has of its project, and nobody changes but the move to another project."""
    return {name: value for name, value in meanings.get(SHOWN, {}).items() if not change.field((name,))}


def _scalars(change: Change, meanings: Mapping[str, Any]) -> dict[str, Value]:
    """Return what is not a set, by its keys in bodies: texts, then ids."""
    texts = {f.path[0]: f.after for f in change.fields if f.path[0] not in {*NAMES, *_SETS}}
    values = {**texts, **_ids(change, meanings)}
    return {key: values[name] for name, key in _KEYS.items() if name in values}


def _ids(change: Change, meanings: Mapping[str, Any]) -> dict[str, int]:
    """Return the ids to send: of what changes, of what changes with the project, and where a case is made."""
    names = {field.path[0] for field in change.fields}
    if "project" in names:
        names.update(OF_PROJECT)
    if change.action is Action.CREATE:
        names.add("space")
    return {name: id for name, id in meanings.get(IDS, {}).items() if name in names}


def _members(change: Change, name: str, before: tuple[str, ...]) -> tuple[Value, ...]:
    """Return what a set holds afterwards, in the site's words; what is hidden from us stays."""
    field = change.field((name,))
    assert field is not None
    words = _Words(change, name)
    gone = {fold(text) for text in words.of(field.remove) if isinstance(text, str)}
    kept = tuple(text for text in before if fold(text) not in gone)
    there = frozenset(map(fold, kept))
    return (
        *kept,
        *(text for text in words.of(field.add) if not isinstance(text, str) or fold(text) not in there),
    )


class _Words:
    """What the site calls the members of a set: tags as they are, users by their ids."""

    def __init__(self, change: Change, name: str) -> None:
        self._name = name
        self._handles = change.record.handles if change.record else {}

    def of(self, members: Iterable[Value]) -> list[Value]:
        """Return members in a fixed order."""
        return sorted(map(self._of, members), key=_order)

    def _of(self, member: Value) -> Value:
        if self._name == "tags":
            return member
        known = known_as(member) or ""
        return self._handles.get(f"{self._name}.{known}", known).removeprefix("#")


def _order(text: Value) -> tuple[int, str]:
    """Order ids by age, names by letters; what is not known yet comes last."""
    return (len(text) if str(text).isdecimal() else 0, text) if isinstance(text, str) else (1 << 31, str(text))


def _joined(members: Iterable[Value]) -> Value:
    """Return members as one text."""
    parts: list[Any] = []
    for member in members:
        parts += [",", *(member.parts if isinstance(member, Template) else [member])]
    return Template.joined(parts[1:])


def _reasons(change: Change, meanings: Mapping[str, Any]) -> Iterator[str]:
    scalars = [field.path[0] for field in change.fields if field.path[0] not in _SETS]
    if scalars:
        yield f"set {', '.join(scalars)}"
    if taken := [name for name in _ids(change, meanings) if name not in scalars]:
        yield f"set {', '.join(taken)} as the new project has it"
    for field in change.fields:
        if field.path[0] in _SETS:
            yield from _reason(field)


def _reason(field: FieldChange) -> Iterator[str]:
    noun = _SETS[field.path[0]]
    counts = [
        f"{verb} {count(len(members), noun)}"
        for verb, members in (("add", field.add), ("remove", field.remove))
        if members
    ]
    yield f"{' and '.join(counts)}: the whole list is sent, read again just before"
