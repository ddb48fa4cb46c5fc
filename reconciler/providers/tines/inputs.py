"""
Custom fields: what a team has defined ("case inputs"), and the values of one over all cases.

one value on one case    in the case object
a thousand cases         GET /api/v1/case_inputs/{id}/fields, where that takes fewer requests than the cases
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.errors import ProtocolError
from reconciler.providers.base import Api
from reconciler.providers.tines.lists import elements, first_of, page, pages_of, rest_of, size_of, walk
from reconciler.providers.tines.wire import INPUTS, Item

FEW: Final = 3
"""Cases that are read one by one without asking what their team has defined."""


@dataclass(frozen=True, slots=True)
class Input:
    """A field that a team has defined for its cases."""

    id: int
    key: str
    name: str


def inputs_of(api: Api, team: int | None) -> Sequence[Input]:
    """Return the fields that a team has defined."""
    if team is None:
        return ()
    pages = walk(api, INPUTS, (("team_id", str(team)),))
    try:
        return [_input(shown) for each in pages for shown in elements(each, "case_inputs")]
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"Tines answered case inputs in an unknown shape ({error!r})") from error


def _input(shown: Item) -> Input:
    return Input(int(shown["id"]), str(shown.get("key") or shown["name"]), str(shown["name"]))


def values_of(
    api: Api, teams: Iterable[int], cases: int, names: frozenset[str] | None
) -> Mapping[str, Sequence[Item]] | None:
    """
    Return by case id the values of the fields of these teams that have one of the names or keys; all if None.

    None where the cases themselves take no more requests.
    """
    if cases <= FEW:
        return None
    known = (each for team in sorted(teams) for each in inputs_of(api, team))
    inputs = [each for each in known if names is None or {each.key, each.name} & names]
    if len(inputs) >= cases:
        return None
    firsts = _first_pages(api, inputs)
    if sum(max(pages_of(first) - 1, 0) for first in firsts) >= cases:
        return None
    found: dict[str, list[Item]] = {}
    for each, first in zip(inputs, firsts, strict=True):
        pages = (first, *rest_of(api, _path(each), (), first))
        for shown in (shown for answer in pages for shown in elements(answer, "fields")):
            _keep(found, each, shown)
    return found


def _first_pages(api: Api, inputs: Sequence[Input]) -> Sequence[Any]:
    """Return the first page of each, of the size that is granted to the first of them."""
    if not inputs:
        return ()
    first = first_of(api, _path(inputs[0]), ())
    query = page((), 1, size_of(first))
    return [first, *api.get_all((_path(each), query) for each in inputs[1:])]


def _keep(found: dict[str, list[Item]], of: Input, shown: Item) -> None:
    try:
        id, about = str(shown["case"]["id"]), shown["case_input"]
        mine = found.setdefault(id, [])
        if all(each["id"] != shown["id"] for each in mine):  # pages shift while they are read
            mine.append({**shown, "case_input": {**about, "id": of.id, "key": of.key, "name": of.name}})
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"Tines answered values of a field in an unknown shape ({error!r})") from error


def _path(each: Input) -> str:
    return f"{INPUTS}/{each.id}/fields"
