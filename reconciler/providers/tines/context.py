"""What a change to a Tines case is translated with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from reconciler.model.change import Action, Change, FieldChange, is_absent
from reconciler.model.values import Marker, Path, Ref, Value, member_text
from reconciler.providers.tines.schema import TinesSettings
from reconciler.providers.tines.wire import CASES_OF

SETS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "assignees": ("assignee_emails", "add_assignee_emails", "remove_assignee_emails", "assignee"),
    "tags": ("tag_names", "add_tag_names", "remove_tag_names", "tag"),
}
"""Attribute → parameter on create, to add, to remove; and what one member is called."""
_SETS_OF: Final[Mapping[str, Mapping[str, tuple[str, str, str, str]]]] = {
    "v1": {**SETS, "records": ("record_ids", "add_record_ids", "remove_record_ids", "record")},
    "v2": SETS,
}
"""By version of the API; v1 takes records with the case itself."""

ITEM: Final = 2
"""Steps of a path that leads to an item; a further one leads to a field of it."""


@dataclass(frozen=True, slots=True)
class Context:
    """A change, and what is known beside it."""

    change: Change
    settings: TinesSettings
    marker: Marker
    meanings: Mapping[str, Any]
    """What the look-up found; see `lookups`."""

    @property
    def path(self) -> str:
        """The path of the case, which may be about to be made."""
        return f"{self.cases}/{self.id}"

    @property
    def cases(self) -> str:
        """The path of all cases."""
        return CASES_OF[self.settings.api_version]

    @property
    def is_v1(self) -> bool:
        """Tell whether the tenant is spoken to in v1."""
        return self.settings.api_version == "v1"

    @property
    def moves(self) -> bool:
        """Tell whether the case goes to another team."""
        return self.change.action is not Action.CREATE and self.change.field(("team_id",)) is not None

    @property
    def sets(self) -> Mapping[str, tuple[str, str, str, str]]:
        """The sets that are part of the case itself."""
        return _SETS_OF[self.settings.api_version]

    @property
    def id(self) -> str:
        """The id of the case, or what stands for it."""
        is_new = self.change.action is Action.CREATE or self.change.id is None
        return f"${{cases.{self.change.address.name}.id}}" if is_new else str(self.change.id)

    @property
    def target(self) -> Mapping[str, Value]:
        """What the case shall become."""
        return self.change.record.recorded if self.change.record else {}

    @property
    def handles(self) -> Mapping[str, str]:
        """What Tines calls the items of the case."""
        return self.change.record.handles if self.change.record else {}

    def handle(self, path: Path) -> str | None:
        """Return the id of an item."""
        return self.handles.get(".".join(path))

    def made(self, path: Path) -> str:
        """Return what stands for the id of an item that an earlier request of the change makes."""
        return f"${{cases.{self.change.address.name}.{'.'.join(path)}}}"

    def found(self, name: str) -> Mapping[str, Any]:
        """Return what the look-up found about the parts of one attribute."""
        parts: Mapping[str, Any] = self.meanings.get(name, {})
        return parts

    def is_later(self, member: Value) -> bool:
        """Tell whether a link leads to a case that comes after this one."""
        return isinstance(member, Ref) and member.case not in {each.name for each in self.change.depends_on}


@dataclass(frozen=True, slots=True)
class Items:
    """What a change does to the items of one attribute."""

    new: Sequence[FieldChange]
    gone: Sequence[FieldChange]
    edited: Sequence[tuple[Path, Sequence[FieldChange]]]

    @classmethod
    def of(cls, change: Change, attribute: str) -> Items:
        """Sort the changes to items by what has to be done about them."""
        fields = [f for f in change.fields if f.path[0] == attribute]
        whole = [f for f in fields if len(f.path) == ITEM]
        parts = groupby((f for f in fields if len(f.path) > ITEM), key=lambda f: f.path[:ITEM])
        return cls(
            [f for f in whole if not is_absent(f.after)],
            [f for f in whole if is_absent(f.after)],
            [(path, list(group)) for path, group in parts],
        )

    @property
    def count(self) -> int:
        """How many items differ."""
        return len(self.new) + len(self.gone) + len(self.edited)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of all changes."""
        edited = (f.path for _, fields in self.edited for f in fields)
        return (*(f.path for f in (*self.new, *self.gone)), *edited)


def chunked(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut a sequence into pieces that are sent together."""
    return (things[at : at + size] for at in range(0, len(things), size))


def ordered(members: Iterable[Value]) -> list[Value]:
    """Sort members by their names, ids as numbers; those that are secret or not known yet come last."""

    def rank(member: Value) -> tuple[int, int, str]:
        text = member_text(member)
        if text is None:
            return (2, 0, member.text if isinstance(member, Ref) else str(member))
        return (0, int(text), "") if text.isdecimal() else (1, 0, text)

    return sorted(members, key=rank)


def number(id: Value) -> Any:
    """Return an id as the number that it is; one that is not known yet stays what stands for it."""
    return int(id) if isinstance(id, str) and id.isdecimal() else id


def paths_of(fields: Collection[FieldChange]) -> tuple[Path, ...]:
    """Return the paths of changes."""
    return tuple(f.path for f in fields)
