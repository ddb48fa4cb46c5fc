"""
Reading cases whole: each with all that is declared or recorded of it, in as few requests as that takes.

lists of cases ── lacks ─┬─ nothing                   done
                         ├─ values of fields          the values of a field over all cases, if there are many
                         ├─ what a case object shows  GET the case
                         └─ what has only a list      GET that list under the case
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.providers.base import Api, Params
from reconciler.providers.tines.children import completed
from reconciler.providers.tines.inputs import values_of
from reconciler.providers.tines.reading import read_each, read_items
from reconciler.providers.tines.wire import APART, Item, TinesLive, as_v2, case_id, lacking

Attributes = Mapping[str, frozenset[str]]
"""Case id → what is to be read of it."""


def whole_cases(
    api: Api, cases: str, attributes: Attributes, team: Params, fields: frozenset[str] | None = None
) -> Iterator[Item]:
    """
    Yield the case objects with all their attributes, each once; those that are gone are left out.

    `fields` are the names and keys of the custom fields that matter; None if all do.
    """
    return made_whole(api, cases, read_items(api, cases, frozenset(attributes), team), attributes, fields)


def made_whole(
    api: Api, cases: str, items: Iterable[Item], attributes: Attributes, fields: frozenset[str] | None = None
) -> Iterator[Item]:
    """Yield case objects, as lists show them, with all their attributes; those that need nothing come first."""
    apart: list[Item] = []
    lean: list[Item] = []
    for item in map(as_v2, items):
        missing = lacking(item, attributes[case_id(item)])
        if missing - APART:
            lean.append(item)
        elif missing:
            apart.append(item)
        else:
            yield item
    for item in _shown_whole(api, cases, lean, attributes, fields):
        if lacking(item, attributes[case_id(item)]):
            apart.append(item)
        else:
            yield item
    yield from completed(api, cases, apart, {id: _lacking(item, attributes) for id, item in _by_id(apart)})


def linked_from_both_ends(lives: Iterable[TinesLive]) -> Iterator[TinesLive]:
    """
    Yield cases with the links that others of them show.

    A link has two ends, but whether both cases show it is not documented.
    """
    found = list(lives)
    seen: dict[str, set[str]] = {}
    for live in found:
        for other in live.attributes.get("links", ()):
            seen.setdefault(other, set()).add(live.id)
    for live in found:
        links = live.attributes.get("links")
        if links is None or links >= (more := seen.get(live.id, set())):
            yield live
        else:
            yield replace(live, attributes={**live.attributes, "links": links | more})


def _shown_whole(
    api: Api, cases: str, items: Sequence[Item], attributes: Attributes, fields: frozenset[str] | None
) -> Iterator[Item]:
    """Yield case objects with what a GET of the case shows; values of fields may come another way."""
    fieldless = [item for item in items if _lacking(item, attributes) - APART == {"fields"} and _team(item)]
    teams = frozenset(team for item in fieldless if (team := _team(item)) is not None)
    values = values_of(api, teams, len(fieldless), fields) if fieldless else None
    known = {id for id, _ in _by_id(fieldless)} if values is not None else frozenset()
    if values is not None:
        yield from ({**item, "fields": values.get(case_id(item), ())} for item in fieldless)
    yield from map(as_v2, read_each(api, cases, (id for id, _ in _by_id(items) if id not in known)))


def _by_id(items: Iterable[Item]) -> Iterator[tuple[str, Item]]:
    return ((case_id(item), item) for item in items)


def _lacking(item: Item, attributes: Attributes) -> frozenset[str]:
    return lacking(item, attributes[case_id(item)])


def _team(item: Item) -> int | None:
    team = item.get("team")
    id = team.get("id") if isinstance(team, Mapping) else None
    return id if isinstance(id, int) else None
