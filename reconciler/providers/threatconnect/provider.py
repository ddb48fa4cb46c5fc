"""ThreatConnect as a provider: reading, looking names up, and the requests that a change takes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from reconciler.errors import ConfigError, Problem
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Change
from reconciler.model.fields import Schema
from reconciler.model.operation import Operation
from reconciler.model.values import Claim, Entry, Marker, Value
from reconciler.planning.planner import HANDLES
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
from reconciler.providers.threatconnect import bodies, reading, tql
from reconciler.providers.threatconnect.auth import Signature, Token
from reconciler.providers.threatconnect.browsing import FILTERS, NARROWED_BY, browse
from reconciler.providers.threatconnect.checks import problems_of
from reconciler.providers.threatconnect.requests import Context, all_tags, owner_of, requests
from reconciler.providers.threatconnect.schema import SCHEMA, ThreatConnectCase, ThreatConnectSettings
from reconciler.providers.threatconnect.wire import CASES, COLLECTIONS, GROUPS, TAGS, Item, object_id


class ThreatConnect(Provider):
    """The adapter of one ThreatConnect instance."""

    settings_model: ClassVar[type[ProviderSettings]] = ThreatConnectSettings
    case_model: ClassVar[type[CaseModel]] = ThreatConnectCase
    schema: ClassVar[Schema] = SCHEMA
    filters: ClassVar[Mapping[str, Filter]] = FILTERS
    narrowed_by: ClassVar[Mapping[str, str]] = NARROWED_BY
    query_language: ClassVar[str | None] = "TQL"
    costly: ClassVar[frozenset[str]] = frozenset(name for name, each in COLLECTIONS.items() if each.heavy)

    def __init__(self, settings: ThreatConnectSettings) -> None:
        self._settings = settings

    @property
    def auth(self) -> httpx.Auth:
        """Return the token, or what signs each request."""
        settings = self._settings
        if settings.token is not None:
            return Token(settings.token.get_secret_value())
        assert settings.access_id is not None
        assert settings.secret_key is not None
        return Signature(settings.access_id, settings.secret_key.get_secret_value(), time.time)

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield what the system would refuse."""
        return problems_of(case, self._settings)

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        """Read the cases from lists, with the collections that they declare."""
        return reading.read_cases(api, wanted, SCHEMA.normalize, self.url_of, self._owner({}))

    def browse(self, api: Api, selection: Selection, expect: Expect = unheard) -> Iterator[Live]:
        """Go through the list of cases; what lists show beside is nothing here: they show what is asked for."""
        for item, names in browse(api, selection, self._owner({}), expect):
            yield reading.live(api, item, names, SCHEMA.normalize, self.url_of(object_id(item)))

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        """Look for external ids that are taken, and for declared groups that exist already."""
        self._refuse_taken(api, cases)
        groups = [
            (subject, member)
            for subject in cases
            for member in bodies.ordered(subject.case.attributes.get("associated_groups", ()))
            if isinstance(member, Entry) and not _is_linked(member, subject.live)
        ]
        answers = api.get_all(self._group(subject.marker, group) for subject, group in groups)
        found: dict[Address, dict[str, str]] = {}
        new: list[tuple[Subject, Entry]] = []
        for (subject, group), answer in zip(groups, answers, strict=True):
            if answer is None:
                new.append((subject, group))
            else:
                shown = reading.data_of(answer)
                _refuse_other_name(subject, group, shown)
                id = object_id(shown)
                found.setdefault(subject.case.address, {})[f"associated_groups.{group.key}"] = id
        _refuse_one_for_two(new)
        return {address: {HANDLES: handles} for address, handles in found.items()}

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        """Return the id of the case whose external id is the marker, or what the user declared instead."""
        xid = bodies.case_xid(sought.marker, sought.declared.get("xid"))
        return list(reading.find_xid(api, [xid], self._owner(sought.declared)).values())

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:  # noqa: ARG002
        """Yield the requests of a change."""
        return requests(Context(change, self._settings, marker))

    def claim_of(self, marker: str) -> Claim:
        """Tell whose case has an external id that we made."""
        return bodies.claim_of(marker)

    def marker_text(self, marker: Marker) -> str:
        """Return the external id of a case that is created with a marker."""
        return bodies.case_xid(marker)

    def refusal(self, answer: Any) -> str | None:
        """Return the message of an answer that is no success, whatever its HTTP status."""
        if isinstance(answer, dict) and isinstance(answer.get("status"), str) and answer["status"] != "Success":
            return str(answer.get("message") or f"the answer's status is {answer['status']}")
        return None

    def answered(self, answer: Any, attributes: frozenset[str]) -> Live | None:
        """Read the case that the answer to a write shows."""
        item = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(item, dict):
            return None
        return reading.live(None, item, attributes, SCHEMA.normalize, self.url_of(object_id(item)))

    def renamed(
        self, api: Api, attribute: str, missing: frozenset[str], shown: frozenset[str]
    ) -> Mapping[str, str]:
        """Return which of the shown tags stand for missing ones: rules turn synonyms into a main tag."""
        if attribute != "tags":
            return {}
        by_name = {name.casefold(): name for name in missing}
        found: dict[str, str] = {}
        for query in tql.one_of("name", map(tql.text, sorted(shown)), most=reading.CHILDREN):
            asked = (("tql", query), ("fields", "synonymousTagNames"), ("resultLimit", "1000"))
            answer = api.get(TAGS, (*asked, *owner_of(self._settings)))
            for tag in reading.listed(answer):
                theirs = str(tag.get("name"))
                names = {name.casefold() for name in _names_in(tag.get("synonymousTagNames"))}
                found |= {by_name[name]: theirs for name in names & by_name.keys() if theirs in shown}
        return found

    def whole(self, change: Change, attribute: str, members: frozenset[Value]) -> Operation | None:
        """Return the PUT that replaces the tags; anything else might be made a second time."""
        return all_tags(change, self._settings, members) if attribute == "tags" else None

    def url_of(self, id: str) -> str:
        """Return where a case is; the API documents no other address of it."""
        return f"{self._settings.url}{CASES}/{id}"

    def _refuse_taken(self, api: Api, cases: Sequence[Subject]) -> None:
        """Raise ConfigError for an external id of the user's own that another case has, or shall have, already."""
        problems = []
        declared: dict[Params, dict[str, Case]] = {}
        for case in (subject.case for subject in cases if subject.live is None):
            if (xid := case.attributes.get("xid")) is not None:
                first = declared.setdefault(self._owner(case.attributes), {}).setdefault(str(xid), case)
                if first is not case:
                    problems.append(_taken(case, f"{first.address} declares", "choose another xid"))
        for owner, by_xid in declared.items():
            for xid, id in reading.find_xid(api, sorted(by_xid), owner).items():
                hint = f"adopt it with `import: {id!r}`, or choose another xid"
                problems.append(_taken(by_xid[xid], f"case {id} has", hint))
        if problems:
            raise ConfigError(problems)

    def _group(self, marker: Marker, group: Entry) -> tuple[str, Params]:
        path = f"{GROUPS}/{quote(bodies.group_xid(marker, group), safe='')}"
        return path, self._owner(group.fields)

    def _owner(self, declared: Mapping[str, Value]) -> Params:
        """Return the owner that is declared, or else the one of the settings."""
        owner = declared.get("owner") or self._settings.owner
        return (("owner", str(owner)),) if owner else ()


def _taken(case: Case, who: str, hint: str) -> Problem:
    xid = case.attributes["xid"]
    return Problem(case.source.at(("xid",)), f"{case.address}: {who} the xid {xid!r} already", hint)


def _refuse_one_for_two(new: Sequence[tuple[Subject, Entry]]) -> None:
    """Raise ConfigError where two cases would make one group in one run: the second would be refused."""
    first: dict[str, Subject] = {}
    problems = []
    for subject, group in new:
        xid = bodies.group_xid(subject.marker, group)
        if (other := first.setdefault(xid, subject)) is not subject:
            problems.append(
                Problem(
                    subject.case.source.at(("associated_groups",)),
                    f"{subject.case.address}: the group with xid {xid!r} is made by {other.case.address} as well",
                    f"apply that one first (--target {other.case.address})",
                )
            )
    if problems:
        raise ConfigError(problems)


def _refuse_other_name(subject: Subject, group: Entry, shown: Item) -> None:
    """Raise ConfigError where the user's own xid is that of a group of another name: a link renames nothing."""
    name, theirs = str(group.fields["name"]), str(shown.get("name"))
    if "xid" in group.fields and name.casefold() != theirs.casefold():
        raise ConfigError(
            [
                Problem(
                    subject.case.source.at(("associated_groups",)),
                    f"{subject.case.address}: the group with xid {group.fields['xid']!r} is called {theirs!r}",
                    f"declare it by that name, or link it by its id, {object_id(shown)}",
                )
            ]
        )


def _is_linked(group: Entry, live: Live | None) -> bool:
    aliases = live.aliases.get("associated_groups", {}) if live else {}
    return any(group.key in names for names in aliases.values())


def _names_in(shown: Any) -> Iterator[str]:
    """Yield the synonyms of a tag, whose shape is not documented: names, or objects with one, or under data."""
    match shown:
        case {"data": inner}:
            yield from _names_in(inner)
        case {"name": str(name)}:
            yield name
        case str():
            yield shown
        case list():
            for each in shown:
                yield from _names_in(each)
