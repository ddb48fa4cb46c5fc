"""
Reading many Communifire cases in few requests, of lists that show less than the cases.

one, or a few         GET /api/cases/{id} each
more                  the first page of GET /api/cases tells whether lists show all that is wanted, and how many
                      pages come after it: lists where that takes fewer requests, the rest one by one

A site says the same of a case that is gone and of one that it keeps from us just now, and says it with success. So
what cannot be got is looked for in the whole list, and is an error where it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final

from reconciler.errors import NotFound, ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Marker
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Params, Wanted
from reconciler.providers.communifire.lists import Page, pages, walk
from reconciler.providers.communifire.wire import (
    CASES,
    LONG,
    ME,
    Item,
    case_id,
    fold,
    instant,
    lacks,
    live,
    marker_tag,
    number,
    object_in,
    split_tags,
    text,
)

FEW: Final = 5
"""Up to so many cases are got one by one: looking at a list costs more than it is likely to save."""
ZONES: Final = timedelta(hours=26)
"""How far a time may be off that has no offset and is not in UTC, as we take it to be: from -12 to +14 hours."""

_SCANS: Final = 2
"""A case that is updated while a list is walked goes to its top, and is seen by nobody."""

_UrlOf = Callable[[str], str]


def read_cases(api: Api, wanted: Wanted, url_of: _UrlOf) -> Iterator[Live]:
    """
    Yield the wanted cases, each once; one that is gone, or is hidden from the key, is left out.

    Raises Refused for one that is in the list of cases and is not to be got.
    """
    for item in _items(api, wanted):
        id = case_id(item)
        yield live(item, wanted.attributes[id], url_of(id))


def find_marked(api: Api, marker: Marker, space: int | None, since: str | None) -> list[str]:
    """Return the ids of the cases of our own that carry the marker's tag, oldest first; `since` is ISO 8601."""
    me = number(object_in(api.get(ME), "the user of the key"), "UserID")
    within = () if space is None else (("spaceid", str(space)),)
    query = (("reportedByUserID", str(me)), *within)
    earliest, tag = instant(since), marker_tag(marker)
    checked: dict[str, bool] = {}
    for _ in range(_SCANS):
        if not any(checked.values()):
            checked |= _marked(api, query, earliest, tag, checked)
    return sorted_ids(id for id, is_marked in checked.items() if is_marked)


# ----------------------------------------------------------------------------------------------- reading


def _items(api: Api, wanted: Wanted) -> Iterator[Item]:
    left = dict.fromkeys(sorted_ids(wanted.ids))
    for item in _from_lists(api, wanted) if _is_worth_a_look(wanted) else ():
        del left[case_id(item)]
        yield item
    refused = []
    for id, answer in zip(left, _got(api, left), strict=True):
        if answer is None:
            refused.append(id)
        else:
            yield _case(answer, id)
    for id in _listed(api, refused):
        yield _case(api.get(_path(id)), id)


def _is_worth_a_look(wanted: Wanted) -> bool:
    short = sum(LONG.keys().isdisjoint(names) for names in wanted.attributes.values())
    return short > 1 or len(wanted.ids) > FEW


def _from_lists(api: Api, wanted: Wanted) -> Iterator[Item]:
    """Yield what lists show whole, each case once, while that takes fewer requests than to get the rest."""
    hoped = set(wanted.ids)
    for page in pages(api, CASES, (), case_id):
        for item in page.items:
            if (id := case_id(item)) in hoped:
                hoped.remove(id)
                if not lacks(item, wanted.attributes[id]):
                    yield item
        left_out = {name for name in LONG if all(lacks(item, (name,)) for item in page.items)}
        if left_out:
            hoped = {id for id in hoped if left_out.isdisjoint(wanted.attributes[id])}
        if _cost(page) >= len(hoped):
            return


def _cost(page: Page) -> float:
    """Return how many requests the rest of a list may take; as many as it took so far, where nobody knows."""
    if page.left is None:
        return page.number
    return page.left or inf


def got(api: Api, ids: Iterable[str]) -> Iterator[Item]:
    """Yield the cases with these ids, each by a request; those that the site does not show are left out."""
    wanted = tuple(ids)
    for id, answer in zip(wanted, _got(api, wanted), strict=True):
        if answer is not None:
            yield _case(answer, id)


def _got(api: Api, ids: Iterable[str]) -> Iterator[Any]:
    """Yield the answers for cases by their ids, None where the site says no."""
    return api.get_all(((_path(id), ()) for id in ids), denied=True)


def _listed(api: Api, ids: Sequence[str]) -> Iterator[str]:
    """Yield those of the ids that a list shows; all of it is looked at for those that it does not."""
    left = set(ids)
    for item in walk(api, CASES, (), case_id) if left else ():
        if (id := case_id(item)) in left:
            left.remove(id)
            yield id
        if not left:
            return


def _case(answer: Any, id: str) -> Item:
    item = object_in(answer, f"case {id}")
    if case_id(item) != id:
        raise ProtocolError(f"Communifire answered another case than {id}, which was asked for")
    return item


def _path(id: str) -> str:
    return f"{CASES}/{id}"


# ------------------------------------------------------------------------------------------ found by tag


def _marked(
    api: Api, query: Params, earliest: datetime | None, tag: str, checked: Mapping[str, bool]
) -> dict[str, bool]:
    """Tell of each case of a list that is not checked, nor too old, whether it carries the tag."""
    found: dict[str, bool] = {}
    asked = []
    for item in walk(api, CASES, query, case_id):
        id = case_id(item)
        if id in checked or _is_older(item, earliest):
            continue
        if lacks(item, ("tags",)):
            asked.append(id)
        else:
            found[id] = _carries(item, tag)
    for id, answer in zip(asked, _got(api, asked), strict=True):
        shown = _again(api, id) if answer is None else answer
        found[id] = shown is not None and _carries(_case(shown, id), tag)
    return found


def _again(api: Api, id: str) -> Any | None:
    """Ask again for a case that a list shows, and that was not to be got; None if it is gone for certain."""
    try:
        return api.get(_path(id))
    except NotFound:
        return None


def _is_older(item: Item, earliest: datetime | None) -> bool:
    created = instant(item.get("DateCreated"))
    return earliest is not None and created is not None and created < earliest - ZONES


def _carries(item: Item, tag: str) -> bool:
    return tag in map(fold, split_tags(text(item, LONG["tags"])))
