"""Tines as a provider: reading, looking names up, and the requests that a change takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import httpx

from reconciler.errors import Problem
from reconciler.model.case import Case, Live
from reconciler.model.change import Change, Drift
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation
from reconciler.model.values import Claim, Marker
from reconciler.providers.base import (
    Api,
    CaseModel,
    Expect,
    Meanings,
    Params,
    Provider,
    ProviderSettings,
    Selection,
    Sought,
    Subject,
    Wanted,
    unheard,
)
from reconciler.providers.filters import Filter
from reconciler.providers.tines import wire
from reconciler.providers.tines.auth import BearerToken
from reconciler.providers.tines.browsing import FILTERS, NARROWED_BY, browse
from reconciler.providers.tines.changes import UNSEEN, changed_since
from reconciler.providers.tines.checks import NOT_IN_V1, problems_of
from reconciler.providers.tines.context import Context
from reconciler.providers.tines.history import Edits, history
from reconciler.providers.tines.lookups import look_up
from reconciler.providers.tines.reading import find_marked
from reconciler.providers.tines.requests import requests
from reconciler.providers.tines.schema import SCHEMA, TinesCase, TinesSettings
from reconciler.providers.tines.whole import linked_from_both_ends, whole_cases


class Tines(Provider):
    """The adapter of one Tines tenant."""

    settings_model: ClassVar[type[ProviderSettings]] = TinesSettings
    case_model: ClassVar[type[CaseModel]] = TinesCase
    schema: ClassVar[Schema] = SCHEMA
    filters: ClassVar[Mapping[str, Filter]] = FILTERS
    narrowed_by: ClassVar[Mapping[str, str]] = NARROWED_BY
    costly: ClassVar[frozenset[str]] = frozenset({*wire.LISTED, "closure_conditions"})
    unseen: ClassVar[frozenset[str]] = UNSEEN

    def __init__(self, settings: TinesSettings) -> None:
        self._settings = settings
        self._cases = wire.CASES_OF[settings.api_version]

    @property
    def auth(self) -> httpx.Auth:
        """Return the bearer token."""
        return BearerToken(self._settings.token.get_secret_value())

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield what the system would refuse."""
        return problems_of(case, self._settings)

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        """Read the cases from lists, and what those lack by itself."""
        attributes = {id: _with(names) for id, names in wanted.attributes.items()}
        items = whole_cases(api, self._cases, attributes, self._team, wanted.keys.get("fields"))
        key = self._settings.marker_key
        lives = (wire.live(item, attributes[wire.case_id(item)], SCHEMA.normalize, key) for item in items)
        linking = any("links" in names for names in attributes.values())
        return linked_from_both_ends(lives) if linking else lives

    def changed_since(self, api: Api, ids: frozenset[str], moment: datetime) -> frozenset[str] | None:
        """Ask the list by the time of update; what the filters of v1 do is not documented well enough."""
        return changed_since(api, self._cases, ids, moment) if self._settings.api_version == "v2" else None

    def browse(self, api: Api, selection: Selection, expect: Expect = unheard) -> Iterator[Live]:
        """Go through the list of cases."""
        for item, names in browse(api, self._cases, selection, expect):
            yield wire.live(item, names, SCHEMA.normalize, self._settings.marker_key)

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        """Turn names into ids, and collect what requests are made of beside the values."""
        return look_up(api, cases, self._team_of, self.read)

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        """Return the ids of the cases whose metadata carries the marker."""
        return find_marked(api, self._cases, self._settings.marker_key, sought.marker)

    def claim_of(self, marker: str) -> Claim:
        """Tell who made a case: the metadata holds the marker as it is."""
        return Claim.of(marker) or Claim()

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        """Yield the requests of a change."""
        return requests(Context(change, self._settings, marker, meanings))

    def history(self, api: Api, drifts: Sequence[Drift]) -> Edits:
        """Return who changed drifted fields; v1 has a timeline of another kind, which is not read."""
        return history(api, drifts) if self._settings.api_version == "v2" else {}

    @property
    def offered(self) -> frozenset[str]:
        """Return the attributes that the version of the API knows."""
        return frozenset(SCHEMA.fields.keys() - (NOT_IN_V1 if self._settings.api_version == "v1" else ()))

    @property
    def _team(self) -> Params:
        team = self._settings.team_id
        return (("team_id", str(team)),) if team is not None else ()

    def _team_of(self, subject: Subject) -> int | None:
        declared = subject.case.attributes.get("team_id")
        if declared is not None:
            return int(wire.plain(declared))
        shown = subject.live.attributes.get("team_id") if subject.live else None
        return shown if isinstance(shown, int) else self._settings.team_id


@cache
def _with(names: frozenset[str]) -> frozenset[str]:
    """Return what is read with it: sub-statuses and fields have a meaning only within a team."""
    return names | {"team_id"} if names & {"sub_status", "fields"} else names
