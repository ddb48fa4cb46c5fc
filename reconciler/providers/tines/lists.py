"""
Pages of any Tines list.

A page says how many there are and which comes next, in `meta`; how large it is, is what the server grants. Of
links only the number of the page is used, never the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from reconciler.errors import ProtocolError, Refused
from reconciler.providers.base import Api, Expect, Params
from reconciler.providers.tines.wire import Item

PER_PAGE: Final = 500
"""What we ask for; tenants grant 50 or 500 and say so in `meta.per_page` (list page of 2026-05-26)."""
SMALL_PAGE: Final = 50
"""What every tenant has granted so far; asked for where more is refused and not just cut down."""

_PAGE: Final = re.compile(r"[?&]page=([0-9]{1,9})(?![^&#])")
"""Where a link says which page it leads to."""


def walk(api: Api, path: str, query: Params) -> Iterator[Any]:
    """Yield every page of a list, all but the first at the same time."""
    first = first_of(api, path, query)
    yield as_object(first)
    yield from rest_of(api, path, query, first)


def in_order(api: Api, path: str, query: Params, expect: Expect) -> Iterator[Any]:
    """Yield every page of a list, one after the other: no more than one is held; tell how much is on all."""
    answer, number = first_of(api, path, query), 1
    size, pages = size_of(answer), pages_of(answer)
    if isinstance(count := _meta(answer).get("count"), int):
        expect(count)
    yield as_object(answer)
    while (following := max(_next(answer), number + 1 if number < pages else 0)) > number:
        number = following
        answer = api.get(path, page(query, number, size))
        yield as_object(answer)


def first_of(api: Api, path: str, query: Params) -> Any:
    """Return the first page, as large as the server grants."""
    try:
        return api.get(path, page(query, 1, PER_PAGE))
    except Refused as error:
        if error.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
        return api.get(path, page(query, 1, SMALL_PAGE))


def rest_of(api: Api, path: str, query: Params, first: Any) -> Iterator[Any]:
    """Yield the pages after the first, following `meta` for as long as it names a later one."""
    size, last, number = size_of(first), first, max(pages_of(first), 1)
    for last in api.get_all((path, page(query, at, size)) for at in range(2, number + 1)):
        yield as_object(last)
    while (following := _next(last)) > number:
        number = following
        last = api.get(path, page(query, number, size))
        yield as_object(last)


def page(query: Params, number: int, size: int) -> Params:
    """Return the query of one page."""
    return (*query, ("per_page", str(size)), ("page", str(number)))


def elements(answer: Any, key: str) -> Sequence[Item]:
    """Return the objects on a page, which stand under `key`."""
    found = as_object(answer).get(key)
    if not isinstance(found, list):
        raise ProtocolError(f"Tines answered a list of {key} without {key}")
    return found


def pages_of(answer: Any) -> int:
    """Return the number of pages, by their count or by that of what they hold; 1 if neither is told."""
    pages, count = (_meta(answer).get(key) for key in ("pages", "count"))
    if isinstance(pages, int):
        return pages
    return -(-count // size_of(answer)) if isinstance(count, int) else 1


def size_of(answer: Any) -> int:
    """Return the page size that the server granted, whatever was asked for."""
    size = _meta(answer).get("per_page")
    return size if isinstance(size, int) and size > 0 else PER_PAGE


def as_object(answer: Any) -> Item:
    """Return an answer that has to be an object."""
    if not isinstance(answer, dict):
        raise ProtocolError("Tines answered something that is not an object")
    return answer


def _meta(answer: Any) -> Mapping[str, Any]:
    meta = as_object(answer).get("meta")
    return meta if isinstance(meta, dict) else {}


def _next(answer: Any) -> int:
    """Return the number of the next page, 0 on the last; some lists leave `next_page_number` out."""
    meta = _meta(answer)
    if isinstance(number := meta.get("next_page_number"), int):
        return number
    link = meta.get("next_page")
    number = _PAGE.search(link) if isinstance(link, str) else None
    return int(number[1]) if number else 0
