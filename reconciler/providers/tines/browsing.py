"""
Going through the cases of a tenant, page by page.

filters we send     what the page of the list documents
filters we apply    all of them, again; those that are not clear (`start_date`: of which time?) only here
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from reconciler.providers.base import Api, Expect, Params, Selection, unheard
from reconciler.providers.filters import KEY, Chosen, Filter, between, one_of
from reconciler.providers.tines.lists import elements, in_order
from reconciler.providers.tines.reading import ORDERED, read_each, read_items
from reconciler.providers.tines.whole import made_whole
from reconciler.providers.tines.wire import Item, as_v2, case_id, lacking, metadata_text

UNASSIGNED: Final = "unassigned"
AUTOMATION: Final = "tines"
"""What Tines calls the author of cases that automation made."""

Shown = Callable[[Item, str], Iterable[str] | None]


def _text(key: str) -> Shown:
    return lambda item, _: None if key not in item else () if item[key] is None else (str(item[key]),)


def _within(key: str, name: str) -> Shown:
    """Return the reader of one value of an object."""

    def shown(item: Item, _: str) -> Iterable[str] | None:
        about = item.get(key)
        return None if key not in item else (str(about[name]),) if isinstance(about, Mapping) else ()

    return shown


def _tags(item: Item, _: str) -> Iterable[str] | None:
    return [str(tag["name"]) for tag in item["tags"]] if "tags" in item else None


def _assignees(item: Item, _: str) -> Iterable[str] | None:
    emails = [str(user.get("email")) for user in item["assignees"]] if "assignees" in item else None
    return [UNASSIGNED] if emails == [] else emails


def _metadata(item: Item, key: str) -> Iterable[str] | None:
    if "metadata" not in item:
        return None
    metadata = item["metadata"] or {}
    return [metadata_text(metadata[key])] if key in metadata else []


def _searched(item: Item, _: str) -> Iterable[str]:
    return (" ".join(str(item.get(key) or "") for key in ("name", "description", "case_id")),)


def _has_words(shown: str, wanted: str) -> bool:
    """Tell whether a text holds all the words: how a tenant searches for several is not documented."""
    return all(word in shown.casefold() for word in wanted.casefold().split())


def _is_author(shown: str, wanted: str) -> bool:
    return wanted == AUTOMATION or shown.casefold() == wanted.casefold()


def _exactly(shown: str, wanted: str) -> bool:
    return shown == wanted


FILTERS: Final[Mapping[str, Filter]] = {
    "status": Filter("open or closed", _text("status"), one_of(("open", "closed"))),
    "sub_status": Filter("name of a case status", _within("sub_status", "name")),
    "priority": Filter(
        "critical, high, medium, low or info",
        _text("priority"),
        one_of(("critical", "high", "medium", "low", "info")),
    ),
    "tag": Filter("name of a tag", _tags),
    "assignee": Filter("e-mail address, or unassigned", _assignees),
    "author": Filter("e-mail address, or tines for automation", _within("author", "email"), fits=_is_author),
    "search": Filter("words in name, description or id", _searched, fits=_has_words),
    "team": Filter("id of the team", _within("team", "id")),
    f"metadata{KEY}": Filter("value of a metadata key", _metadata, fits=_exactly),
    **between("opened", "opened", _text("opened_at")),
    **between("created", "created", _text("created_at")),
    **between("updated", "updated", _text("updated_at")),
    **between("resolved", "resolved", _text("resolved_at")),
}

NARROWED_BY: Final[Mapping[str, str]] = {
    "status": "status",
    "sub_status": "sub_status",
    "priority": "priority",
    "tags": "tag",
    "assignees": "assignee",
    "team_id": "team",
}
"""Attribute → filter; not the name: what a search leaves out is not documented."""

_LISTS: Final[Mapping[str, str]] = {
    "sub_status": "filters[sub_status_names][]",
    "tag": "filters[or_tags][]",
    "assignee": "filters[assignees][]",
    "author": "filters[authors][]",
}
"""Filters that take several values, any of which will do."""
_SINGLE: Final[Mapping[str, str]] = {
    "status": "filters[status]",
    "priority": "filters[priority]",
    "search": "filters[search]",
    "team": "team_id",
    "updated_after": "filters[updated_at_start_date]",
    "updated_before": "filters[updated_at_end_date]",
    "resolved_after": "filters[resolved_at_start_date]",
    "resolved_before": "filters[resolved_at_end_date]",
}
"""Filters that take one value."""
_UPPER: Final = frozenset({"status", "priority"})
"""Filters take these in upper case, bodies in lower."""


def browse(api: Api, cases: str, selection: Selection, expect: Expect) -> Iterator[tuple[Item, frozenset[str]]]:
    """Yield case objects that fit, with the attributes that are to be read of each."""
    chosen = Chosen(selection.filters, FILTERS)
    seen: set[str] = set()
    for page, asked in _pages(api, cases, selection, chosen, expect):
        new = [item for item in page if case_id(item) not in seen]
        seen.update(map(case_id, new))
        fitting = _fitting(api, cases, new, chosen, asked)
        yield from _read(api, cases, fitting, selection)


def _pages(
    api: Api, cases: str, selection: Selection, chosen: Chosen, expect: Expect
) -> Iterator[tuple[list[Item], frozenset[str]]]:
    """Yield pages of cases, and the filters that were sent."""
    if selection.ids:
        yield [as_v2(item) for item in read_items(api, cases, frozenset(selection.ids), ())], frozenset()
        return
    sent = dict(_sent(chosen))
    query = tuple(param for params in sent.values() for param in params)
    told = expect if sent.keys() == chosen.values.keys() else unheard
    for answer in in_order(api, cases, (*ORDERED, *query), told):
        yield [as_v2(item) for item in elements(answer, "cases")], frozenset(sent)


def _sent(chosen: Chosen) -> Iterator[tuple[str, Params]]:
    """Yield the filters that the list knows, as parameters."""
    for name, values in chosen.values.items():
        if name in _LISTS:
            yield name, [(_LISTS[name], value) for value in values]
        elif (value := chosen.one(name)) is None:
            continue
        elif name in _SINGLE:
            yield name, [(_SINGLE[name], value.upper() if name in _UPPER else value)]
        elif name.startswith("metadata."):
            yield name, [(f"filters[metadata][{name.partition('.')[2]}]", value)]


def _fitting(api: Api, cases: str, items: list[Item], chosen: Chosen, asked: frozenset[str]) -> list[Item]:
    """Return the cases that fit; those that do not show it are got."""
    fits = {case_id(item): chosen.fits(item, asked) for item in items}
    unclear = [id for id, answer in fits.items() if answer is None]
    looked_at = {case_id(item): as_v2(item) for item in read_each(api, cases, unclear)}
    known = [looked_at.get(case_id(item), item) for item in items]
    return [item for item in known if fits[case_id(item)] or (case_id(item) in looked_at and chosen.fits(item))]


def _read(api: Api, cases: str, items: list[Item], selection: Selection) -> Iterator[tuple[Item, frozenset[str]]]:
    """Yield cases in the order in which they were listed, with what they lack if that was asked for."""
    wanted = {
        case_id(item): frozenset() if case_id(item) in selection.known else selection.attributes for item in items
    }
    whole = {case_id(item): item for item in made_whole(api, cases, items, wanted)}
    for id, item in ((id, whole[id]) for id in wanted if id in whole):
        names = wanted[id] | selection.attributes | selection.beside
        yield item, names - lacking(item, names)
