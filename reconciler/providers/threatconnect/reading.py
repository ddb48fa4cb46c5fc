"""
Reading many ThreatConnect cases in few requests.

one case       GET /v3/cases/{id}
some           tql=id in (…), as many ids as a URL holds
many           tql=id >= first and id <= last, page by page, where that takes fewer requests;
               the first page says how many there are

`fields=` brings the collections along; those that are large only for the cases that declare them. What no list
shows is asked for by its own id: lists may lag behind, and only a 404 there says gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from reconciler.errors import ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Value
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Expect, Params, Wanted
from reconciler.providers.threatconnect import tql
from reconciler.providers.threatconnect.bodies import is_marker
from reconciler.providers.threatconnect.wire import (
    CASES,
    COLLECTIONS,
    MANY,
    SCALARS,
    Aliases,
    Item,
    elements,
    fields_of,
    object_id,
    scalar,
)

PAGE: Final = 2000
"""Cases of one page; the system allows 10,000, and a larger answer takes longer than it saves."""
HEAVY_PAGE: Final = 200
"""Cases of one page with their notes, tasks or artifacts: 65,500 characters a note."""
CHILDREN: Final = 1000
"""Elements of one page of a collection that is listed by itself."""

_COUNT: Final = ("count", "true")
"""Asks how many there are on all pages."""
_START: Final = re.compile(r"[0-9]{1,9}")

Normalize = Callable[[Mapping[str, Value]], dict[str, Value]]


def read_cases(
    api: Api, wanted: Wanted, normalize: Normalize, url_of: Callable[[str], str], owner: Params = ()
) -> Iterator[Live]:
    """Yield the wanted cases, each once; those that are gone are left out. Lists show those of one owner."""
    for ids, size in _parts(wanted):
        names = frozenset(name for id in ids for name in wanted.attributes[id])
        for item in read_items(api, ids, fields_of(names), size, owner):
            id = object_id(item)
            yield live(api, item, wanted.attributes[id], normalize, url_of(id))


def live(api: Api | None, item: Item, attributes: Iterable[str], normalize: Normalize, url: str) -> Live:
    """Read a case object into what was asked for; `api` completes collections that may have been cut."""
    id = object_id(item)
    values: dict[str, Value] = {}
    aliases: dict[str, Aliases] = {}
    try:
        for name in attributes:
            if name in SCALARS:
                values[name] = scalar(item, name)
            else:
                collection = COLLECTIONS[name]
                found = elements(item, collection.key)
                if len(found) >= MANY and collection.path and api is not None:
                    found = list(_listed(api, collection.path, collection.query.format(id=id)))
                values[name], aliases[name] = collection.read(found, id)
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"ThreatConnect answered case {id} in an unknown shape ({error!r})") from error
    names = {name: found for name, found in aliases.items() if found}
    return Live(id, url, normalize(values), names, marker=_marker(item))


def _marker(item: Item) -> str | None:
    """Return the external id of a case where it is one that we make."""
    xid = item.get("xid")
    return xid if isinstance(xid, str) and is_marker(xid) else None


def find_xid(api: Api, xids: Sequence[str], owner: Params = ()) -> Mapping[str, str]:
    """Return the ids of the owner's cases with these external ids."""
    found = {}
    for query in tql.one_of("xid", map(tql.text, xids), most=PAGE):
        for item in walk(api, CASES, (("tql", query), *owner, ("resultLimit", str(PAGE)))):
            if item.get("xid") in xids:
                found[str(item["xid"])] = object_id(item)
    return found


def _parts(wanted: Wanted) -> Iterator[tuple[list[str], int]]:
    """Yield the ids to read together, with the size of a page: those with large collections by themselves."""
    light: list[str] = []
    heavy: list[str] = []
    for id in sorted_ids(wanted.ids):
        large = any(name in COLLECTIONS and COLLECTIONS[name].heavy for name in wanted.attributes[id])
        (heavy if large else light).append(id)
    yield from ((ids, size) for ids, size in ((light, PAGE), (heavy, HEAVY_PAGE)) if ids)


def read_items(api: Api, ids: Sequence[str], fields: Params, size: int, owner: Params) -> Iterator[Item]:
    """Yield the case objects with these ids, each once; those that are gone are left out."""
    missing = dict.fromkeys(ids)
    for item in _from_lists(api, ids, (*fields, *owner), size) if len(ids) > 1 else ():
        id = object_id(item)
        if id in missing:
            del missing[id]
            yield item
    # by its id a case is shown whoever owns it
    for id, answer in zip(missing, api.get_all((f"{CASES}/{id}", fields) for id in missing), strict=True):
        if answer is not None:
            yield _case(answer, id)


def _from_lists(api: Api, ids: Sequence[str], fields: Params, size: int) -> Iterator[Item]:
    """Yield cases from lists, others among them; how many there are decides which way is shorter."""
    queries = list(tql.one_of("id", ids, most=size))
    if len(queries) > 1:
        span = f"id >= {ids[0]} and id <= {ids[-1]}"
        page = _object(api.get(CASES, (*_query(span, fields, size), _COUNT)))
        total, end, shown = page.get("count"), _end(page), {object_id(item) for item in _elements(page)}
        yield from _elements(page)
        del page
        if not isinstance(total, int) or -(-total // size) - 1 <= len(queries):
            yield from _rest(api, _query(span, fields, size), end, total, size)
            return
        queries = list(tql.one_of("id", (id for id in ids if id not in shown), most=size))
    for query, answer in zip(
        queries, api.get_all((CASES, _query(each, fields, size)) for each in queries), strict=True
    ):
        page = _object(answer)
        yield from _elements(page)
        yield from _following(api, CASES, _query(query, fields, size), _end(page))
        del answer, page


def _query(query: str, fields: Params, size: int) -> Params:
    """Sorted by id, so that new cases come last and shift no page."""
    return (("tql", query), *fields, ("sorting", "id asc"), ("resultLimit", str(size)))


def _rest(api: Api, query: Params, end: _End, total: object, size: int) -> Iterator[Item]:
    """Yield what comes after the first page: side by side as far as it is counted, then by `next`."""
    starts = range(size, total, size) if isinstance(total, int) and end.items == size else ()
    for answer in api.get_all((CASES, (*query, ("resultStart", str(start)))) for start in starts):
        page = _object(answer)
        end = _end(page)
        yield from _elements(page)
        del answer, page
    yield from _following(api, CASES, query, end, after=max(starts, default=0))


def walk(api: Api, path: str, query: Params, expect: Expect | None = None) -> Iterator[Item]:
    """Yield what is on the pages of a list, page after page; have it counted for whoever wants to know."""
    first = _object(api.get(path, (*query, _COUNT) if expect else query))
    if expect and isinstance(count := first.get("count"), int):
        expect(count)
    yield from _elements(first)
    yield from _following(api, path, query, _end(first))


class _End(NamedTuple):
    """All of a page that matters once its items are read: decoded it is large, and let go before the next."""

    items: int
    link: str
    """Where the list goes on; nothing where it does not."""


def _end(page: Item) -> _End:
    return _End(len(_elements(page)), str(page.get("next") or ""))


def _following(api: Api, path: str, query: Params, end: _End, *, after: int = 0) -> Iterator[Item]:
    """
    Yield the elements of the pages after the one that ends so.

    Of the address in `next` only where it goes on is used, with our own path and query: wherever it points,
    nothing leaves the host, and no page lacks a field that was asked for.
    """
    while end.link and end.items:
        start = _start_of(end.link)
        if start <= after:
            raise ProtocolError("ThreatConnect's list leads back to where it was")
        after = start
        page = _object(api.get(path, (*query, ("resultStart", str(start)))))
        end = _end(page)
        yield from _elements(page)
        del page


def _start_of(link: str) -> int:
    try:
        asked = parse_qsl(urlsplit(link).query)
    except ValueError as error:
        raise ProtocolError("ThreatConnect's list goes on at what is no address") from error
    return next((int(value) for name, value in asked if name == "resultStart" and _START.fullmatch(value)), 0)


def _listed(api: Api, path: str, query: str) -> Iterator[Item]:
    """Yield every element of one collection of one case."""
    asked = (("tql", query), ("sorting", "id asc"), ("resultLimit", str(CHILDREN)))
    seen: set[str] = set()
    for item in walk(api, path, asked):
        if (id := object_id(item)) not in seen:
            seen.add(id)
            yield item


def listed(answer: Any) -> Sequence[Item]:
    """Return the objects on a page of a list; raise ProtocolError where it is none."""
    return _elements(_object(answer))


def _elements(page: Item) -> Sequence[Item]:
    found = page.get("data", [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ProtocolError("ThreatConnect answered a list in an unknown shape")
    return found


def _case(answer: Any, id: str) -> Item:
    item = data_of(answer)
    if object_id(item) != id:
        raise ProtocolError(f"ThreatConnect answered another case than {id}, which was asked for")
    return item


def data_of(answer: Any) -> Item:
    """Return the object in an answer; raise ProtocolError where there is none."""
    data = _object(answer).get("data")
    if not isinstance(data, dict):
        raise ProtocolError("ThreatConnect answered an object without data")
    return data


def _object(answer: Any) -> Item:
    if answer is None:
        raise ProtocolError("ThreatConnect answered that it has no such list (404)", hint="check `url`")
    if not isinstance(answer, dict):
        raise ProtocolError("ThreatConnect answered something that is not an object")
    return answer
