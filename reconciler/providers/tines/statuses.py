"""Case statuses ("sub-statuses") of teams: names are declared, ids are sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.errors import Problem, ProtocolError
from reconciler.model.case import Case
from reconciler.model.values import Secret
from reconciler.providers.base import Api
from reconciler.providers.tines.lists import walk
from reconciler.providers.tines.wire import SUB_STATUSES, plain


@dataclass(frozen=True, slots=True)
class SubStatus:
    """One of the case statuses of a team."""

    id: int
    parent: str
    """The status that it implies: open or closed."""


def sub_statuses(api: Api, team: int | None) -> Mapping[str, SubStatus]:
    """Return the case statuses of a team by name; the list must be asked for team by team."""
    if team is None:
        return {}
    pages = walk(api, SUB_STATUSES, (("team_id", str(team)),))
    try:
        return {
            entry["name"]: SubStatus(entry["id"], str(entry["parent_status"]).lower())
            for page in pages
            for entry in page.get("case_sub_statuses", ())
        }
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"Tines answered case statuses in an unknown shape ({error!r})") from error


def sub_status_problems(case: Case, known: Mapping[str, SubStatus]) -> Iterator[Problem]:
    """Yield that the team of a case has no such status, or that it contradicts the declared one."""
    place, declared = case.source.at(("sub_status",)), case.attributes["sub_status"]
    secret, name = isinstance(declared, Secret), plain(declared)
    if name not in known:
        near = [] if secret else get_close_matches(str(name), known, 1)
        shown = "of that (secret) name" if secret else repr(name)
        hint = f"did you mean {near[0]!r}?" if near else None
        yield Problem(
            place, f"the team has no case status {shown}; it has {', '.join(sorted(known)) or 'none'}", hint
        )
        return
    parent, status = known[name].parent, case.attributes.get("status")
    if status is not None and plain(status) != parent:
        shown = "this one" if secret else repr(name)
        yield Problem(place, f"case status {shown} means {parent}, which status is not", "leave status out")
