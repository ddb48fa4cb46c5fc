"""
The lists of the emulated instance: what is asked of one, what it finds, and one page of that.

    GET …?tql=…&sorting=…&fields=…&resultStart=…&resultLimit=…&count=true
    GET …  with the body {"data": {"tql": …, "fields": […], …}}          means the same
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

from reconciler.providers.emulation import Call, Reply
from reconciler.providers.threatconnect.emulator.answers import bad
from reconciler.providers.threatconnect.emulator.fields import ENRICHMENTS, FIELDS
from reconciler.providers.threatconnect.emulator.tql import Parameter, compile_query

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 10_000
_PAGING = {"resultStart", "resultLimit"}
_DIRECTIONS = {"asc", "desc", "nullsfirst", "nullslast"}
_MAX_PARTS = 2
_Thing = TypeVar("_Thing")


def fields_of(call: Call, kind: str) -> list[str]:
    """
    Read the `fields` of a request for a kind of object; raises `Refused` for an unknown one.

    A name with a dot goes one level down, and no further.
    """
    names = [value for name, value in _asked(call) if name == "fields"]
    for name in names:
        parts = name.split(".")
        known = parts[0] in FIELDS[kind] or parts[0] in ENRICHMENTS.get(kind, ())
        if not known or len(parts) > _MAX_PARTS:
            raise bad(f"{name} is not a field of {kind}.")
    return names


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a list; `pairs` is all of it but the page, as it is repeated in the links."""

    tql: str
    sorting: str
    owner: str | None
    start: int
    limit: int
    count: bool
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, call: Call) -> Self:
        """Read a request's query and body; raises `Refused` for a page that cannot be."""
        pairs = tuple(_asked(call))
        given = dict(pairs)
        return cls(
            tql=given.get("tql", ""),
            sorting=given.get("sorting", ""),
            owner=given.get("owner"),
            start=_number(given, "resultStart", 0, range(10**9)),
            limit=_number(given, "resultLimit", _DEFAULT_LIMIT, range(1, _MAX_LIMIT + 1)),
            count=given.get("count", "").lower() == "true",
            pairs=tuple(pair for pair in pairs if pair[0] not in _PAGING),
        )


def listing(
    call: Call,
    *,
    things: Iterable[_Thing],
    parameters: Mapping[str, Parameter],
    show: Callable[[_Thing], Mapping[str, Any]],
) -> Reply:
    """Answer with one page of the things that the request's query lets through, in the order it wants."""
    query = Query.read(call)
    return page(call, query, find(query, things, parameters), show)


def find(query: Query, things: Iterable[_Thing], parameters: Mapping[str, Parameter]) -> Sequence[_Thing]:
    """Find what a query lets through, sorted; raises `Refused` for a query that makes no sense."""
    fits = compile_query(query.tql, parameters) if query.tql else None
    found = [thing for thing in things if fits is None or fits(thing)]
    # The last criterion sorts first: a later sort keeps the order of what it finds equal.
    for parameter, directions in reversed(list(_criteria(query.sorting, parameters))):
        found = _sorted(found, parameter.get, directions)
    return found


def page(call: Call, query: Query, found: Sequence[_Thing], show: Callable[[_Thing], Mapping[str, Any]]) -> Reply:
    """Answer with one page of what was found, and with links to its neighbours."""
    start, limit = query.start, query.limit
    answer: dict[str, Any] = {"data": [show(thing) for thing in found[start : start + limit]]}
    if start + limit < len(found):
        answer = {"next": _link(call, query, start + limit), **answer}
    if query.count and start == 0:
        answer["count"] = len(found)
    if start > 0:
        answer["prev"] = _link(call, query, max(0, start - limit))
    return Reply.json(HTTPStatus.OK, {**answer, "status": "Success"})


def _link(call: Call, query: Query, start: int) -> str:
    pairs = [*query.pairs, ("resultStart", str(start)), ("resultLimit", str(query.limit))]
    return f"{call.origin}{call.path}?{urlencode(pairs, quote_via=quote)}"


def _asked(call: Call) -> Iterator[tuple[str, str]]:
    yield from call.query
    data = call.body.get("data") if call.method == "GET" and isinstance(call.body, dict) else None
    for name, value in data.items() if isinstance(data, dict) else ():
        for item in value if isinstance(value, list) else [value]:
            yield name, str(item).lower() if isinstance(item, bool) else str(item)


def _number(given: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    value = given.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) not in allowed:
        raise bad(f"{name} must be a number from {allowed.start} to {allowed.stop - 1}, not {value!r}.")
    return int(value)


def _criteria(sorting: str, parameters: Mapping[str, Parameter]) -> Iterator[tuple[Parameter, set[str]]]:
    name, directions = "", set[str]()
    for word in [*sorting.lower().split(), ""]:
        if name and word in _DIRECTIONS:
            directions.add(word)
            continue
        if name:
            yield _sortable(name, parameters), directions
        name, directions = word, set()


def _sortable(name: str, parameters: Mapping[str, Parameter]) -> Parameter:
    found = parameters.get(name)
    if found is None or not found.sortable:
        raise bad(f"{name} is nothing to sort by.")
    return found


def _sorted(found: list[_Thing], get: Callable[[_Thing], Any], directions: set[str]) -> list[_Thing]:
    nulls = [thing for thing in found if get(thing) is None]
    others = sorted((thing for thing in found if get(thing) is not None), key=get, reverse="desc" in directions)
    return [*nulls, *others] if "nullsfirst" in directions else [*others, *nulls]
