"""Tines as a provider: reading, looking names up, and the requests that a change takes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

import httpx

from reconciler.errors import ConfigError, Problem, ProtocolError
from reconciler.model.case import Case, Live
from reconciler.model.change import Change
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation
from reconciler.model.values import Marker, Secret, Value
from reconciler.providers.base import (
    Api,
    CaseModel,
    Meanings,
    Params,
    Provider,
    ProviderSettings,
    Sought,
    Subject,
    Wanted,
)
from reconciler.providers.shared import import_problems
from reconciler.providers.tines import wire
from reconciler.providers.tines.reading import find_marked, read_each, read_items, walk
from reconciler.providers.tines.requests import requests
from reconciler.providers.tines.schema import SCHEMA, TinesCase, TinesSettings


class BearerToken(httpx.Auth):
    """Signs each request with the tenant's API key."""

    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header."""
        request.headers["Authorization"] = self._header
        yield request


class Tines(Provider):
    """The adapter of one Tines tenant."""

    settings_model: ClassVar[type[ProviderSettings]] = TinesSettings
    case_model: ClassVar[type[CaseModel]] = TinesCase
    schema: ClassVar[Schema] = SCHEMA

    def __init__(self, settings: TinesSettings) -> None:
        self._settings = settings

    @property
    def auth(self) -> httpx.Auth:
        """Return the bearer token."""
        return BearerToken(self._settings.token.get_secret_value())

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield an id that is none, a team that is missing and a metadata key that is ours."""
        yield from import_problems(case, "Tines")
        if self._team_of(case) is None and case.adopt is None:
            yield Problem(
                case.source.at(),
                f"{case.address} has no team",
                "set team_id here or on the provider in reconciler.yaml",
            )
        if (key := self._settings.marker_key) in case.attributes.get("metadata", {}):
            yield Problem(
                case.source.at(("metadata", key)),
                f"metadata key {key!r} carries the marker of managed cases",
                "choose another key, or another marker_key on the provider",
            )

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        """Read the cases from lists; those whose list item lacks something, one by one."""
        lean: list[str] = []
        for item in read_items(api, wanted.ids, self._team):
            id = wire.case_id(item)
            if wire.lacks(item, wanted.attributes[id]):
                lean.append(id)
            else:
                yield self._live(item, wanted)
        for item in read_each(api, lean):
            yield self._live(item, wanted)

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        """Turn the names of sub-statuses into ids; one list a team, and only where one is declared."""
        named = [(each.case, self._team_of(each.case, each.live)) for each in cases if _sets_sub_status(each)]
        lists = {team: _sub_statuses(api, team) for team in {team for _, team in named}}
        problems = [problem for case, team in named for problem in _sub_status_problems(case, lists[team])]
        if problems:
            raise ConfigError(problems)
        return {
            case.address: {"sub_status_id": lists[team][_text(case.attributes["sub_status"])].id}
            for case, team in named
        }

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        """Return the ids of the cases whose metadata carries the marker."""
        return find_marked(api, self._settings.marker_key, sought.marker, ())

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        """Yield the requests of a change."""
        return requests(change, self._settings, marker, meanings)

    @property
    def _team(self) -> Params:
        team = self._settings.team_id
        return (("team_id", str(team)),) if team is not None else ()

    def _team_of(self, case: Case, live: Live | None = None) -> int | None:
        declared = case.attributes.get("team_id")
        if declared is not None:
            return int(_text(declared))
        shown = live.attributes.get("team_id") if live else None
        return shown if isinstance(shown, int) else self._settings.team_id

    def _live(self, item: wire.Item, wanted: Wanted) -> Live:
        attributes = wanted.attributes[wire.case_id(item)]
        if "sub_status" in attributes:  # a sub-status has a meaning only within its team
            attributes |= {"team_id"}
        return wire.live(item, attributes, SCHEMA.normalize)


def _text(value: Value) -> Any:
    return value.value if isinstance(value, Secret) else value


def _sets_sub_status(subject: Subject) -> bool:
    ignored = subject.live is not None and "sub_status" in subject.case.lifecycle.ignore_changes
    return "sub_status" in subject.case.attributes and not ignored


@dataclass(frozen=True, slots=True)
class _SubStatus:
    """One of the case statuses of a team."""

    id: int
    parent: str
    """The status that it implies: open or closed."""


def _sub_statuses(api: Api, team: int | None) -> Mapping[str, _SubStatus]:
    """Return the case statuses of a team by name; the list must be asked for team by team."""
    if team is None:
        return {}
    pages = walk(api, wire.SUB_STATUSES, (("team_id", str(team)),))
    try:
        return {
            entry["name"]: _SubStatus(entry["id"], str(entry["parent_status"]).lower())
            for page in pages
            for entry in page.get("case_sub_statuses", ())
        }
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"Tines answered case statuses in an unknown shape ({error!r})") from error


def _sub_status_problems(case: Case, known: Mapping[str, _SubStatus]) -> Iterator[Problem]:
    place, declared = case.source.at(("sub_status",)), case.attributes["sub_status"]
    secret, name = isinstance(declared, Secret), _text(declared)
    if name not in known:
        near = [] if secret else get_close_matches(str(name), known, 1)
        shown = "of that (secret) name" if secret else repr(name)
        hint = f"did you mean {near[0]!r}?" if near else None
        yield Problem(place, f"the team has no case status {shown}; it has {', '.join(sorted(known))}", hint)
        return
    parent, status = known[name].parent, case.attributes.get("status")
    if status is not None and _text(status) != parent:
        shown = "this one" if secret else repr(name)
        yield Problem(place, f"case status {shown} means {parent}, which status is not", "leave status out")
