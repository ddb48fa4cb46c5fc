"""
Going through the cases of a site, page by page.

The list filters by ids, one of each kind. So names are looked up where the space is known, which they belong to;
otherwise, and for several values, we choose among what comes. Tags have no filter, and usually no place in lists:
to choose by them takes a request for each case.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from reconciler.errors import ReconcilerError
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Expect, Selection
from reconciler.providers.communifire.lists import pages
from reconciler.providers.communifire.reading import got
from reconciler.providers.communifire.site import Site, Unknown
from reconciler.providers.communifire.wire import (
    CASES,
    LONG,
    NAMED,
    Item,
    case_id,
    instant,
    lacks,
    split_tags,
    text,
)
from reconciler.providers.filters import Chosen, Filter, between

Shown = Callable[[Item, str], Iterable[str] | None]

NOBODY: Final = "0"
"""The id of the user that a case has which is not assigned."""


def _named(kind: str) -> Shown:
    """Return the reader of what is called by its name, or by its id."""
    return lambda item, _: [str(item[key]) for key in NAMED[kind] if key in item]


def _id(key: str) -> Shown:
    return lambda item, _: [str(item[key])] if key in item else None


def _tags(item: Item, _: str) -> Iterable[str] | None:
    return None if lacks(item, ("tags",)) else split_tags(text(item, LONG["tags"]))


def _words(item: Item, _: str) -> Iterable[str] | None:
    """Read the texts that a keyword may be in; a title alone says nothing of the description."""
    shown = [str(item.get(key) or "") for key in ("IssueTitle", LONG["description"])]
    return None if lacks(item, ("description",)) else shown


def _contains(shown: str, wanted: str) -> bool:
    return wanted.casefold() in shown.casefold()


def _time(key: str) -> Shown:
    def shown(item: Item, _: str) -> Iterable[str] | None:
        moment = instant(item.get(key))
        return [] if moment is None else [moment.isoformat()]

    return shown


FILTERS: Final[Mapping[str, Filter]] = {
    "space": Filter("name or id", _named("space")),
    "project": Filter("name or id", _named("project")),
    "category": Filter("name or id", _named("category")),
    "milestone": Filter("name or id", _named("milestone")),
    "status": Filter("name or id", _named("status")),
    "priority": Filter("name or id", _named("priority")),
    "assignee": Filter("e-mail address, user name or id; 0 is nobody", _id("AssignedToUserID")),
    "reporter": Filter("e-mail address, user name or id", _id("ReportedByUserID")),
    "tag": Filter("name of a tag; takes a request for each case that is looked at", _tags),
    "keyword": Filter("text in title or description", _words, fits=_contains),
    **between("created", "created", _time("DateCreated")),
    **between("updated", "updated", _time("DateUpdated")),
}

NARROWED_BY: Final[Mapping[str, str]] = {
    name: name for name in ("space", "project", "category", "milestone", "status", "priority", "assignee")
}
"""Attribute → filter."""

_PEOPLE: Final = ("assignee", "reporter")
_ASKED: Final[Mapping[str, str]] = {
    "space": "spaceid",
    "project": "projectID",
    "category": "categoryID",
    "milestone": "milestoneID",
    "status": "issueStatusID",
    "priority": "priorityID",
    "assignee": "assignedToUserID",
    "reporter": "reportedByUserID",
    "keyword": "keyword",
}
"""Filter → parameter of the list."""


def browse(api: Api, selection: Selection, expect: Expect) -> Iterator[tuple[Item, frozenset[str]]]:
    """Yield case objects that fit, with the attributes that are to be read of each."""
    try:
        chosen, sent = _resolved(Site(api), selection)
    except Unknown as error:
        raise ReconcilerError(error.message, hint=error.hint) from error
    if selection.ids:
        found = ((item, chosen.fits(item)) for item in got(api, sorted_ids(selection.ids)))
        yield from ((item, selection.attributes | selection.beside) for item, fits in found if fits)
        return
    for page in pages(api, CASES, tuple((_ASKED[name], value) for name, value in sent.items()), case_id):
        if page.number == 1 and page.total is not None and sent.keys() == chosen.values.keys():
            expect(page.total)
        ordered = sorted(page.items, key=lambda item: int(case_id(item)))
        yield from _read(api, ordered, selection, chosen, sent)


def _resolved(site: Site, selection: Selection) -> tuple[Chosen, Mapping[str, str]]:
    """Return the filters with people as ids, and those that the list can be asked for."""
    Chosen(selection.filters, FILTERS)
    known = [(name, str(_user(site, value)) if name in _PEOPLE else value) for name, value in selection.filters]
    chosen = Chosen(known, FILTERS)
    sent = {name: value for name in _ASKED if (value := chosen.one(name)) is not None}
    space = _looked_up(sent, "space", site.space)
    for name, ask in (("status", site.status), ("priority", site.priority), ("project", site.project)):
        _looked_up(sent, name, (lambda _: None) if space is None else partial(ask, space))
    for name in ("category", "milestone"):
        _looked_up(sent, name, lambda _: None)
    return chosen, sent


def _user(site: Site, who: str) -> int:
    return int(who) if who.isdecimal() else site.user(who)


def _looked_up(sent: dict[str, str], name: str, ask: Callable[[str], int | None]) -> int | None:
    """Put the id of what has a name in its place, or take it away where the id is not to be had."""
    value = sent.pop(name, None)
    id = None if value is None else int(value) if value.isdecimal() else ask(value)
    if id is not None:
        sent[name] = str(id)
    return id


def _read(
    api: Api, items: Iterable[Item], selection: Selection, chosen: Chosen, sent: Collection[str]
) -> Iterator[tuple[Item, frozenset[str]]]:
    """Yield cases that fit, in the order given; those that show too little are got, all at the same time."""
    listed = {case_id(item): (item, chosen.fits(item, sent)) for item in items}
    lean = [id for id, (item, fits) in listed.items() if fits is not False and _is_lean(item, fits, selection)]
    whole = {case_id(item): item for item in got(api, lean)}
    names = selection.attributes | selection.beside
    for id, (item, fits) in listed.items():
        if id in whole and chosen.fits(whole[id], sent):  # None, too, is no: what it does not show it has not
            yield whole[id], names
        elif id not in whole and fits:
            yield item, frozenset(name for name in names if not lacks(item, (name,)))


def _is_lean(item: Item, fits: bool | None, selection: Selection) -> bool:  # noqa: FBT001 (an answer, no switch)
    """Tell whether a case has to be got by itself."""
    is_known = case_id(item) in selection.known
    return not is_known and (fits is None or lacks(item, selection.attributes))
