"""
Reading many Tines cases in few requests.

Two ways lead to the recorded cases; the first answer's `meta` tells which is shorter:

walk      the team's list, page by page                     pages = meta.pages
filter    `filters[case_ids][]`, as many ids as a URL holds   pages = ids / chunk

A filter that the server does not understand is ignored and returns everything, so each case is held against
the ids that were asked for, and a list that shows others is walked. What no list shows is asked for by its own
id: only a 404 there says gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from reconciler.errors import NotFound, ProtocolError
from reconciler.model.values import Marker
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Params
from reconciler.providers.tines.lists import (
    PER_PAGE,
    as_object,
    elements,
    first_of,
    page,
    pages_of,
    rest_of,
    size_of,
    walk,
)
from reconciler.providers.tines.wire import Item, case_id

URL_BUDGET: Final = 7000
"""Characters of filter in one URL, about 200 ids: common servers and proxies stop at 8 kB."""

ORDERED: Final[Params] = (("order", "CREATED_ASC"),)
"""Pages are offsets into an unsnapshotted list; in this order new cases come last and shift nothing."""


def read_items(api: Api, cases: str, ids: frozenset[str], team: Params) -> Iterator[Item]:
    """Yield each of the cases once, from lists where that is shorter; those that are gone are left out."""
    missing = set(ids)
    for item in _listed(api, cases, sorted_ids(ids), team) if len(ids) > 1 else ():
        if (id := case_id(item)) in missing:
            missing.discard(id)
            yield item
        if not missing:
            return
    yield from read_each(api, cases, sorted_ids(missing))


def read_each(api: Api, cases: str, ids: Iterable[str]) -> Iterator[Item]:
    """Yield the cases by one GET each; those that are gone are left out."""
    wanted = tuple(ids)
    for id, answer in zip(wanted, api.get_all((f"{cases}/{id}", ()) for id in wanted), strict=True):
        if answer is not None:
            yield _case(answer, id)


def _case(answer: Any, id: str) -> Item:
    item = as_object(answer)
    if case_id(item) != id:
        raise ProtocolError(f"Tines answered another case than {id}, which was asked for")
    return item


def find_marked(api: Api, cases: str, key: str, marker: Marker) -> Sequence[str]:
    """
    Return the ids of cases whose metadata holds the marker, oldest first.

    The metadata filter's encoding is nowhere documented and its index may lag, so when it finds
    nothing the newest page of the list is looked through as well.
    """
    filtered = (*ORDERED, (f"filters[metadata][{key}]", marker.text))
    newest = (("order", "CREATED_DESC"),)
    found = _marked(api, cases, walk(api, cases, filtered), key, marker)
    return found or _marked(api, cases, [first_of(api, cases, newest)], key, marker)


def _listed(api: Api, cases: str, ids: Sequence[str], team: Params) -> Iterator[Item]:
    if len(chunks(ids, PER_PAGE)) == 1:
        yield from _filtered(api, cases, ids, PER_PAGE)
        return
    query = (*team, *ORDERED)
    first = first_of(api, cases, query)
    left = dict.fromkeys(ids)
    yield from _struck_off(left, first)
    if pages_of(first) - 1 <= len(chunks([*left], size_of(first))):
        for following in rest_of(api, cases, query, first):
            yield from _struck_off(left, following)
    yield from _filtered(api, cases, [*left], size_of(first))


def _filtered(api: Api, cases: str, ids: Sequence[str], size: int) -> Iterator[Item]:
    """Yield the cases with these ids, by filters that are asked for at the same time."""
    queries = [(*ORDERED, *(("filters[case_ids][]", id) for id in chunk)) for chunk in chunks(ids, size)]
    if len(queries) == 1:
        firsts: Iterable[Any] = (first_of(api, cases, queries[0]),)
    else:
        firsts = api.get_all((cases, page(query, 1, size)) for query in queries)
    wanted = frozenset(ids)
    for query, first in zip(queries, firsts, strict=True):
        yield from _cases(first)
        for following in rest_of(api, cases, query, first):
            yield from _cases(following)
        if not wanted.issuperset(case_id(item) for item in _cases(first)):
            return  # the filter is ignored: this was the whole list, and the next would be again


def chunks(ids: Sequence[str], size: int) -> list[list[str]]:
    """Cut ids into filters that fit into a URL and fill at most one page."""
    made: list[list[str]] = []
    room = 0
    for id in ids:
        cost = len("filters%5Bcase_ids%5D%5B%5D=&") + len(id)
        if not made or room < cost or len(made[-1]) == size:
            made.append([])
            room = URL_BUDGET
        made[-1].append(id)
        room -= cost
    return made


def _struck_off(left: dict[str, None], shown: Any) -> Sequence[Item]:
    """Return the cases of a page, whose ids are no longer left to be found."""
    found = _cases(shown)
    for item in found:
        left.pop(case_id(item), None)
    return found


def _marked(api: Api, cases: str, pages: Iterable[Any], key: str, marker: Marker) -> list[str]:
    items = (item for shown in pages for item in _cases(shown))
    return sorted_ids({case_id(item) for item in items if _marker_of(api, cases, item, key) == marker.text})


def _marker_of(api: Api, cases: str, item: Item, key: str) -> Any:
    if "metadata" not in item:
        try:
            item = as_object(api.get(f"{cases}/{case_id(item)}"))
        except NotFound:
            return None
    metadata = item.get("metadata")
    return metadata.get(key) if isinstance(metadata, dict) else None


def _cases(shown: Any) -> Sequence[Item]:
    return elements(shown, "cases")
