"""Case statuses ("sub-statuses") of teams: names are declared, ids are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


SubStatuses = Mapping[str, Sequence[SubStatus]]
"""By name; the open ones and the closed ones may share names."""


def sub_statuses(api: Api, team: int | None) -> SubStatuses:
    """Return the case statuses of a team; the list must be asked for team by team."""
    if team is None:
        return {}
    pages = walk(api, SUB_STATUSES, (("team_id", str(team)),))
    found: dict[str, list[SubStatus]] = {}
    try:
        for entry in (entry for page in pages for entry in page.get("case_sub_statuses", ())):
            parent = str(entry["parent_status"]).lower()
            found.setdefault(entry["name"], []).append(SubStatus(entry["id"], parent))
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"Tines answered case statuses in an unknown shape ({error!r})") from error
    return found


def meant(case: Case, known: SubStatuses) -> SubStatus | Problem:
    """Return the status that a case declares by its name, or what is wrong with that."""
    place, declared = case.source.at(("sub_status",)), case.attributes["sub_status"]
    name = str(plain(declared))
    shown = "of that (secret) name" if isinstance(declared, Secret) else repr(name)
    if name not in known:
        near = [] if isinstance(declared, Secret) else get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else None
        return Problem(
            place, f"the team has no case status {shown}; it has {', '.join(sorted(known)) or 'none'}", hint
        )
    status = case.attributes.get("status")
    fitting = [each for each in known[name] if status is None or plain(status) == each.parent]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        means = f"case status {shown} means {known[name][0].parent}, which status is not"
        return Problem(place, means, "leave status out")
    parents = " and ".join(sorted({each.parent for each in fitting}))
    return Problem(
        place,
        f"the team has {len(fitting)} case statuses {shown}: {parents}",
        "declare status too" if status is None and len({each.parent for each in fitting}) > 1 else "rename one",
    )
