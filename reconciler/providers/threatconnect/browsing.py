"""
Going through the cases of an instance, page by page: filters become TQL, and are applied once more to what comes.

How TQL's `assigneeName` names people is not documented, so that one is applied here only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api, Expect, Params, Selection
from reconciler.providers.filters import Chosen, Filter, between, one_of
from reconciler.providers.threatconnect import tql
from reconciler.providers.threatconnect.reading import HEAVY_PAGE, PAGE, read_items, walk
from reconciler.providers.threatconnect.schema import Resolution, Severity, Status
from reconciler.providers.threatconnect.wire import CASES, COLLECTIONS, Item, fields_of, object_id

Shown = Callable[[Item, str], Iterable[str] | None]


def _text(key: str) -> Shown:
    """Return the reader of a scalar; one that is not set is not there at all."""
    return lambda item, _: (str(item[key]),) if item.get(key) is not None else ()


def _tags(item: Item, _: str) -> Iterable[str] | None:
    """Read tags, which are there because they were asked for; an ATT&CK tag by its technique, too."""
    shown: Any = item.get("tags") or {}
    return [str(tag[key]) for tag in shown.get("data", ()) for key in ("name", "techniqueId") if tag.get(key)]


def _assignee(item: Item, _: str) -> Iterable[str] | None:
    match item.get("assignee"):
        case {"data": {"userName": str(name)}} | {"data": {"name": str(name)}}:
            return (name,)
        case _:
            return ()


def _creator(item: Item, _: str) -> Iterable[str] | None:
    match item.get("createdBy"):
        case {"userName": str(name)}:
            return (name,)
        case _:
            return None


FILTERS: Final[Mapping[str, Filter]] = {
    "status": Filter("Open or Closed", _text("status"), one_of(get_args(Status))),
    "severity": Filter(", ".join(get_args(Severity)), _text("severity"), one_of(get_args(Severity))),
    "resolution": Filter("how it ended", _text("resolution"), one_of(get_args(Resolution))),
    "name": Filter("the whole name", _text("name")),
    "xid": Filter("external id", _text("xid")),
    "tag": Filter("name of a tag, or ATT&CK technique id", _tags),
    "assignee": Filter("login of a user, or name of a group", _assignee),
    "created_by": Filter("login of a user", _creator),
    "owner": Filter("name of an owner", _text("owner")),
    **between("opened", "opened", _text("caseOpenTime")),
    **between("closed", "closed", _text("caseCloseTime")),
    **between("detected", "detected", _text("caseDetectionTime")),
    **between("occurred", "occurred", _text("caseOccurrenceTime")),
    **between("added", "added", _text("dateAdded")),
    **between("updated", "updated", _text("lastUpdated")),
}

NARROWED_BY: Final[Mapping[str, str]] = {
    **{name: name for name in ("name", "xid", "status", "severity", "resolution")},
    "tags": "tag",
}
"""Attribute → filter."""

_ANY_OF: Final[Mapping[str, str]] = {
    "status": "status",
    "severity": "severity",
    "resolution": "resolution",
    "name": "name",
    "xid": "xid",
    "created_by": "createdBy",
    "owner": "ownerName",
}
"""Filters whose values are asked for as they are, any of them."""
_TIMES: Final[Mapping[str, str]] = {
    "opened": "caseOpenTime",
    "closed": "caseCloseTime",
    "detected": "caseDetectionTime",
    "occurred": "caseOccurrenceTime",
    "added": "dateAdded",
    "updated": "lastUpdated",
}
_COMPARED: Final[Mapping[str, str]] = {"after": ">=", "before": "<"}


def browse(api: Api, selection: Selection, owner: Params, expect: Expect) -> Iterator[tuple[Item, frozenset[str]]]:
    """Yield case objects that fit, with the attributes that are to be read of each."""
    chosen = Chosen(selection.filters, FILTERS)
    read = selection.attributes | ({"tags"} if "tag" in chosen.values else frozenset())
    is_heavy = any(name in COLLECTIONS and COLLECTIONS[name].heavy for name in read)
    size, fields = HEAVY_PAGE if is_heavy else PAGE, fields_of(read)
    seen: set[str] = set()
    for item in _items(api, selection, chosen, (fields, owner), size, expect):
        if (id := object_id(item)) not in seen and chosen.fits(item, chosen.values) is not False:
            seen.add(id)
            yield item, selection.attributes


def _items(
    api: Api, selection: Selection, chosen: Chosen, params: tuple[Params, Params], size: int, expect: Expect
) -> Iterator[Item]:
    (fields, owner), asked = params, list(_conditions(chosen))
    conditions = [*asked, *([f"({selection.query})"] if selection.query else [])]
    if not selection.ids:
        told = expect if len(asked) == len(chosen.values) else None
        yield from walk(api, CASES, _query(conditions, (*fields, *owner), size), told)
    elif not selection.query:
        yield from read_items(api, sorted_ids(selection.ids), fields, size, owner)
    else:
        for ids in tql.one_of("id", selection.ids, most=size):
            yield from walk(api, CASES, _query([*conditions, ids], (*fields, *owner), size))


def _query(conditions: Iterable[str], params: Params, size: int) -> Params:
    """Sorted by id, so that new cases come last and shift no page."""
    query = " and ".join(conditions)
    asked = (("tql", query),) if query else ()
    return (*asked, *params, ("sorting", "id asc"), ("resultLimit", str(size)))


def _conditions(chosen: Chosen) -> Iterator[str]:
    """Yield the filters as TQL."""
    for name, values in chosen.values.items():
        what, _, side = name.rpartition("_")
        if name in _ANY_OF:
            yield f"{_ANY_OF[name]} in ({', '.join(map(tql.text, values))})"
        elif name == "tag" and not any(map(_is_technique, values)):
            yield f"tag in ({', '.join(tql.text(value.lower()) for value in values)})"
        elif what in _TIMES:
            compared = (f"{_TIMES[what]} {_COMPARED[side]} {tql.text(value)}" for value in values)
            yield f"({' or '.join(compared)})"


def _is_technique(tag: str) -> bool:
    """Tell whether a tag may be meant by its technique, which another parameter asks for."""
    return tag[:1] in "Tt" and tag[1:2].isdecimal()
