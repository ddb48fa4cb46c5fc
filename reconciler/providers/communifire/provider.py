"""Communifire as a provider: reading, looking names up, and the request that a change takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import httpx

from reconciler.errors import Problem
from reconciler.model.case import Case, Live, OnRemove
from reconciler.model.change import Change
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation
from reconciler.model.values import Marker, Ref, Secret, Template, Value, known_as, leaves
from reconciler.providers.base import (
    Api,
    CaseModel,
    Expect,
    Meanings,
    Provider,
    ProviderSettings,
    Selection,
    Sought,
    Subject,
    Wanted,
    unheard,
)
from reconciler.providers.communifire import wire
from reconciler.providers.communifire.auth import ApiKey
from reconciler.providers.communifire.browsing import FILTERS, NARROWED_BY, browse
from reconciler.providers.communifire.names import look_up
from reconciler.providers.communifire.reading import find_marked, read_cases
from reconciler.providers.communifire.requests import NO_DELETE, requests
from reconciler.providers.communifire.schema import NAMES, SCHEMA, CommunifireCase, CommunifireSettings
from reconciler.providers.communifire.site import Site, Unknown
from reconciler.providers.filters import Filter
from reconciler.providers.shared import import_problems


class Communifire(Provider):
    """The adapter of one Communifire site."""

    settings_model: ClassVar[type[ProviderSettings]] = CommunifireSettings
    case_model: ClassVar[type[CaseModel]] = CommunifireCase
    schema: ClassVar[Schema] = SCHEMA
    filters: ClassVar[Mapping[str, Filter]] = FILTERS
    narrowed_by: ClassVar[Mapping[str, str]] = NARROWED_BY
    costly: ClassVar[frozenset[str]] = frozenset(wire.LONG)
    answers_in_strings: ClassVar[bool] = True

    def __init__(self, settings: CommunifireSettings) -> None:
        self._settings = settings

    @property
    def auth(self) -> httpx.Auth:
        """Return what puts the key into its header."""
        return ApiKey(self._settings.api_key.get_secret_value())

    @property
    def closing(self) -> Mapping[str, Value]:
        """Return the status that counts as closed: sites have their own."""
        return {"status": self._settings.closed_status}

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield what the site would refuse, or cannot do."""
        yield from import_problems(case, "Communifire")
        if not case.is_taken_over and "space" not in case.attributes and self._settings.space is None:
            yield Problem(
                case.source.at(), f"{case.address} has no `space`", "declare it, or set it on the provider"
            )
        if case.lifecycle.on_remove is OnRemove.DELETE and not self._settings.has_delete:
            where = case.source.at(("lifecycle", "on_remove"))
            yield Problem(where, f"{case.address}: Communifire has no delete", NO_DELETE)
        for name in (*NAMES, "watchers"):
            if any(isinstance(leaf, Ref | Template) for leaf in leaves(case.attributes.get(name))):
                yield Problem(
                    case.source.at((name,)), f"`{name}` cannot refer to another case: it is looked up first"
                )
        if any(isinstance(leaf, Secret) for leaf in leaves(case.attributes.get("tags"))):
            where = case.source.at(("tags",))
            yield Problem(where, "a tag cannot be a secret: all tags are sent, and shown, as one text")

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        """Read the cases, from lists where those show enough."""
        return read_cases(api, wanted, self.url_of)

    def browse(self, api: Api, selection: Selection, expect: Expect = unheard) -> Iterator[Live]:
        """Go through the list of cases."""
        for item, names in browse(api, selection, expect):
            yield wire.live(item, names, self.url_of(wire.case_id(item)))

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        """Turn names into ids."""
        return look_up(api, cases, self._settings.space)

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        """Return the ids of the cases of our own that carry the marker's tag."""
        space = sought.declared.get("space", self._settings.space)
        try:
            id = None if space is None or not isinstance(space, str | int) else Site(api).space(space)
        except Unknown:
            id = None
        found = find_marked(api, sought.marker, id, sought.since)
        return (
            found
            if found or id is None or not sought.earlier
            else find_marked(api, sought.marker, None, sought.since)
        )

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        """Yield the request of a change."""
        return requests(change, self._settings, marker, meanings)

    def refusal(self, answer: Any) -> str | None:
        """Return the message of an answer that is an error, which comes with success."""
        return wire.refusal(answer)

    def remark(self, answer: Any) -> str | None:
        """Return what the site says of a write beside that it is done."""
        said = wire.remark(answer)
        return None if said is None else f"the site says: {said}"

    def marker_text(self, marker: Marker) -> str:
        """Return the tag of a marker."""
        return wire.marker_tag(marker)

    def is_marked(self, live: Live, marker: Marker) -> bool:
        """Tell whether the site has kept the marker's tag."""
        return wire.marker_tag(marker) in map(wire.fold, live.listed.get("tags", ()))

    def added(self, change: Change, attribute: str) -> frozenset[str]:
        """Return the assignee that a change sets, whom some sites make a watcher."""
        assigned = change.field(("assignee",))
        known = known_as(assigned.after) if assigned and attribute == "watchers" else None
        if known is None:
            return frozenset()
        handles = change.record.handles if change.record else {}
        return frozenset({handles.get(f"assignee.{known}", known)})

    def url_of(self, id: str) -> str:
        """Return where a case is; no document tells another address of it."""
        return f"{self._settings.url}{wire.CASES}/{id}"
