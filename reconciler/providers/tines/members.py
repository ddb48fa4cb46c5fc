"""
The requests for sets that have endpoints of their own: links, subscribers, records.

              added                       removed
links         /linked_cases, /batch 50    DELETE /linked_cases/CASE
subscribers   /subscribers, /batch 50     DELETE /subscribers/SUBSCRIPTION
records       /records                    DELETE /records/RECORD

A set is as it should be when the last of its requests is done. A link has two ends: where both cases gain or lose
it, one of them sends the request, and says so of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.change import FieldChange
from reconciler.model.operation import Operation, Part, Repeat
from reconciler.model.values import Ref, Value
from reconciler.providers.shared import count
from reconciler.providers.tines.context import Context, chunked, number, ordered

BATCH: Final = 50
"""Members of one batch; links took 50 until 2026-05, and 150 since."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the members of a set are added and removed."""

    path: str
    noun: str
    one: str
    """Key of a single member."""
    many: str | None = None
    """Key of a batch, where there is one."""
    numbers: bool = False
    """Members are sent as numbers; the documents' samples have ids of cases as text."""


ENDPOINTS: Final = {
    "links": Endpoint("linked_cases", "link", "id", "ids"),
    "subscribers": Endpoint("subscribers", "subscriber", "user_email", "user_emails"),
    "records": Endpoint("records", "record", "record_id", numbers=True),
}


@dataclass(frozen=True, slots=True)
class Members:
    """What a change does to one set."""

    context: Context
    field: FieldChange
    endpoint: Endpoint

    @classmethod
    def of(cls, context: Context, names: Sequence[str] = tuple(ENDPOINTS)) -> list[Members]:
        """Return those of a change."""
        found = ((name, context.change.field((name,))) for name in names)
        return [
            cls(context, f, ENDPOINTS[name]) for name, f in found if f is not None and name not in context.sets
        ]

    @property
    def other_end(self) -> frozenset[Value]:
        """What is done from the other end."""
        changing = self.field.add | self.field.remove
        return changing & frozenset(self.context.meanings.get("other_end", ()))

    @property
    def coming(self) -> list[Value]:
        """What is to be added and is there already."""
        return ordered(member for member in self.field.add - self.other_end if not self.context.is_later(member))

    @property
    def later(self) -> list[Value]:
        """Links to cases that come later."""
        return ordered(member for member in self.field.add - self.other_end if self.context.is_later(member))

    @property
    def going(self) -> list[Value]:
        """What is to go."""
        return ordered(self.field.remove - self.other_end)

    def added(self) -> Iterator[Operation]:
        """Yield the requests that add members which are there already."""
        return map(self._add, chunked(self.coming, BATCH if self.endpoint.many else 1))

    def removed(self) -> Iterator[Operation]:
        """Yield the requests that remove members."""
        return map(self._remove, self.going)

    def added_later(self) -> Iterator[Operation]:
        """Yield the requests that wait for cases which come later."""
        return map(self._add, chunked(self.later, BATCH))

    def _add(self, members: Sequence[Value]) -> Operation:
        path, endpoint = f"{self.context.path}/{self.endpoint.path}", self.endpoint
        sent = [number(member) if endpoint.numbers else member for member in members]
        several = len(sent) > 1 and endpoint.many is not None
        later = sorted({each.case for each in members if isinstance(each, Ref) and self.context.is_later(each)})
        return Operation(
            "POST",
            f"{path}/batch" if several else path,
            {str(endpoint.many): sent} if several else {endpoint.one: sent[0]},
            f"add {count(len(sent), endpoint.noun)}{' of a circle of links' if later else ''}",
            repeat=Repeat.LOOK,
            after=tuple(later),
            **self._makes_true(members),
        )

    def _remove(self, member: Value) -> Operation:
        return Operation(
            "DELETE",
            f"{self.context.path}/{self.endpoint.path}/{self._id(member)}",
            None,
            f"remove 1 {self.endpoint.noun}",
            **self._makes_true([member]),
        )

    def _id(self, member: Value) -> Any:
        """Return what a member is removed by: a subscriber by the subscription, everything else by itself."""
        return self.context.found("subscriptions").get(member, member)

    def _makes_true(self, members: Sequence[Value]) -> dict[str, Any]:
        """Return what a request does: to the set or to a part of it, and to that of the cases it leads to."""
        path, done = self.field.path, frozenset(members)
        ends = self.context.found("this_end")
        others = {ends[member]: (path,) for member in members if member in ends}
        if done >= self.field.add | self.field.remove:
            return {"fields": (path,), "others": others}
        part = Part(path, add=done & self.field.add, remove=done & self.field.remove)
        is_last = not self.other_end and [*self.coming, *self.going, *self.later][-1] in done
        return {"fields": (path,) if is_last else (), "others": others, "part": part}
