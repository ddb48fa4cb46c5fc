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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from reconciler.errors import NotFound, ProtocolError, Refused
from reconciler.model.values import Marker
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Params
from reconciler.providers.tines.wire import CASES, Item, case_id

PER_PAGE: Final = 500
"""What we ask for; tenants grant 50 or 500 and say so in `meta.per_page` (list page of 2026-05-26)."""
SMALL_PAGE: Final = 50
"""What every tenant has granted so far; asked for where more is refused and not just cut down."""
URL_BUDGET: Final = 7000
"""Characters of filter in one URL, about 200 ids: common servers and proxies stop at 8 kB."""

_ORDERED: Final[Params] = (("order", "CREATED_ASC"),)
"""Pages are offsets into an unsnapshotted list; in this order new cases come last and shift nothing."""


def read_items(api: Api, ids: frozenset[str], team: Params) -> Iterator[Item]:
    """Yield each of the cases once, from lists where that is shorter; those that are gone are left out."""
    missing = set(ids)
    for item in _listed(api, sorted_ids(ids), team) if len(ids) > 1 else ():
        if (id := case_id(item)) in missing:
            missing.discard(id)
            yield item
        if not missing:
            return
    yield from read_each(api, sorted_ids(missing))


def read_each(api: Api, ids: Iterable[str]) -> Iterator[Item]:
    """Yield the cases by one GET each; those that are gone are left out."""
    for answer in api.get_all((f"{CASES}/{id}", ()) for id in ids):
        if answer is not None:
            yield _object(answer)


def find_marked(api: Api, key: str, marker: Marker, team: Params) -> Sequence[str]:
    """
    Return the ids of cases whose metadata holds the marker, oldest first.

    The metadata filter's encoding is nowhere documented and its index may lag, so when it finds
    nothing the newest page of the list is looked through as well.
    """
    filtered = (*team, *_ORDERED, (f"filters[metadata][{key}]", marker.text))
    newest = (*team, ("order", "CREATED_DESC"))
    return _marked(api, walk(api, CASES, filtered), key, marker) or _marked(
        api, [first_of(api, CASES, newest)], key, marker
    )


def walk(api: Api, path: str, query: Params) -> Iterator[Any]:
    """Yield every page of a list, all but the first at the same time."""
    first = first_of(api, path, query)
    yield _object(first)
    yield from rest_of(api, path, query, first)


def first_of(api: Api, path: str, query: Params) -> Any:
    """Return the first page, as large as the server grants."""
    try:
        return api.get(path, _page(query, 1, PER_PAGE))
    except Refused as error:
        if error.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
        return api.get(path, _page(query, 1, SMALL_PAGE))


def rest_of(api: Api, path: str, query: Params, first: Any) -> Iterator[Any]:
    """Yield the pages after the first, following `meta` for as long as it names a later one."""
    size, last, number = _size(first), first, max(_pages(first), 1)
    for last in api.get_all((path, _page(query, page, size)) for page in range(2, number + 1)):
        yield _object(last)
    while (following := _next(last)) > number:
        number = following
        last = api.get(path, _page(query, number, size))
        yield _object(last)


def _listed(api: Api, ids: Sequence[str], team: Params) -> Iterator[Item]:
    if len(chunks(ids, PER_PAGE)) == 1:
        yield from _filtered(api, ids, PER_PAGE)
        return
    query = (*team, *_ORDERED)
    first = first_of(api, CASES, query)
    left = dict.fromkeys(ids)
    yield from _struck_off(left, first)
    if _pages(first) - 1 <= len(chunks([*left], _size(first))):
        for page in rest_of(api, CASES, query, first):
            yield from _struck_off(left, page)
    yield from _filtered(api, [*left], _size(first))


def _filtered(api: Api, ids: Sequence[str], size: int) -> Iterator[Item]:
    """Yield the cases with these ids, by filters that are asked for at the same time."""
    queries = [(*_ORDERED, *(("filters[case_ids][]", id) for id in chunk)) for chunk in chunks(ids, size)]
    if len(queries) == 1:
        firsts: Iterable[Any] = (first_of(api, CASES, queries[0]),)
    else:
        firsts = api.get_all((CASES, _page(query, 1, size)) for query in queries)
    wanted = frozenset(ids)
    for query, first in zip(queries, firsts, strict=True):
        yield from _cases(first)
        for page in rest_of(api, CASES, query, first):
            yield from _cases(page)
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


def _struck_off(left: dict[str, None], page: Any) -> Sequence[Item]:
    """Return the cases of a page, whose ids are no longer left to be found."""
    cases = _cases(page)
    for item in cases:
        left.pop(case_id(item), None)
    return cases


def _marked(api: Api, pages: Iterable[Any], key: str, marker: Marker) -> list[str]:
    items = (item for page in pages for item in _cases(page))
    return sorted_ids({case_id(item) for item in items if _marker_of(api, item, key) == marker.text})


def _marker_of(api: Api, item: Item, key: str) -> Any:
    if "metadata" not in item:
        try:
            item = _object(api.get(f"{CASES}/{case_id(item)}"))
        except NotFound:
            return None
    metadata = item.get("metadata")
    return metadata.get(key) if isinstance(metadata, dict) else None


def _page(query: Params, number: int, size: int) -> Params:
    return (*query, ("per_page", str(size)), ("page", str(number)))


def _cases(page: Any) -> Sequence[Item]:
    cases = _object(page).get("cases")
    if not isinstance(cases, list):
        raise ProtocolError(f"Tines answered a list of cases without cases (GET {CASES})")
    return cases


def _meta(page: Any) -> Mapping[str, Any]:
    meta = _object(page).get("meta")
    return meta if isinstance(meta, dict) else {}


def _pages(page: Any) -> int:
    """Return the number of pages, by their count or by that of what they hold; 1 if neither is told."""
    pages, count = (_meta(page).get(key) for key in ("pages", "count"))
    if isinstance(pages, int):
        return pages
    return -(-count // _size(page)) if isinstance(count, int) else 1


def _size(page: Any) -> int:
    """Return the page size that the server granted, whatever was asked for."""
    size = _meta(page).get("per_page")
    return size if isinstance(size, int) and size > 0 else PER_PAGE


def _next(page: Any) -> int:
    """
    Return the number of the next page, 0 on the last.

    Some lists leave `next_page_number` out; of the link in `next_page` only the number is used, never the host.
    """
    meta = _meta(page)
    if isinstance(number := meta.get("next_page_number"), int):
        return number
    link = meta.get("next_page")
    numbers = parse_qs(urlsplit(link).query).get("page", []) if isinstance(link, str) else []
    return int(numbers[0]) if numbers and numbers[0].isdecimal() else 0


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        raise ProtocolError("Tines answered something that is not an object")
    return answer
