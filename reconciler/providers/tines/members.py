"""
The requests for sets that have endpoints of their own: links, subscribers, records.

              added                       removed
links         /linked_cases, /batch 50    DELETE /linked_cases/CASE
subscribers   /subscribers, /batch 50     DELETE /subscribers/SUBSCRIPTION
records       /records                    DELETE /records/RECORD

A set is as it should be when the last of its requests is done. A link has two ends: where both cases gain or lose
it, one of them sends the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.change import FieldChange
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import Path, Ref, Value
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
    def mine(self) -> frozenset[Value]:
        """What is to be done from this end."""
        return (self.field.add | self.field.remove) - frozenset(self.context.meanings.get("other_end", ()))

    @property
    def later(self) -> list[Value]:
        """Links to cases that come later."""
        return ordered(member for member in self.field.add & self.mine if self.context.is_later(member))

    def added(self) -> Iterator[Operation]:
        """Yield the requests that add members which are there already."""
        adding = ordered(member for member in self.field.add & self.mine if not self.context.is_later(member))
        goes_on = bool(self.removing or self.later)
        chunks = list(chunked(adding, BATCH if self.endpoint.many else 1))
        for at, chunk in enumerate(chunks, 1):
            yield self._add(chunk, () if goes_on or at < len(chunks) else (self.field.path,))

    def added_later(self) -> Iterator[Operation]:
        """Yield the requests that wait for cases which come later."""
        chunks = list(chunked(self.later, BATCH))
        for at, chunk in enumerate(chunks, 1):
            names = tuple(sorted({member.case for member in chunk if isinstance(member, Ref)}))
            yield self._add(chunk, () if at < len(chunks) else (self.field.path,), after=names)

    @property
    def removing(self) -> list[Value]:
        """What is to go."""
        return ordered(self.field.remove & self.mine)

    def removed(self) -> Iterator[Operation]:
        """Yield the requests that remove members."""
        left = len(self.removing)
        for member in self.removing:
            left -= 1
            yield Operation(
                "DELETE",
                f"{self.context.path}/{self.endpoint.path}/{self._id(member)}",
                None,
                f"remove 1 {self.endpoint.noun}",
                fields=() if left or self.later else (self.field.path,),
            )

    def _id(self, member: Value) -> Any:
        """Return what a member is removed by: a subscriber by the subscription, everything else by itself."""
        return self.context.found("subscriptions").get(member, member)

    def _add(self, members: Sequence[Value], fields: tuple[Path, ...], after: tuple[str, ...] = ()) -> Operation:
        path, endpoint = f"{self.context.path}/{self.endpoint.path}", self.endpoint
        sent = [number(member) if endpoint.numbers else member for member in members]
        several = len(sent) > 1 and endpoint.many is not None
        circle = " of a circle of links" if after else ""
        return Operation(
            "POST",
            f"{path}/batch" if several else path,
            {str(endpoint.many): sent} if several else {endpoint.one: sent[0]},
            f"add {count(len(sent), endpoint.noun)}{circle}",
            fields=fields,
            repeat=Repeat.LOOK,
            after=after,
        )
