"""
Sub-resources of cases that no case object shows: each has a list of its own under the case.

They are read for the cases that declare or recorded them, all at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.errors import ProtocolError
from reconciler.providers.base import Api
from reconciler.providers.tines.lists import SMALL_PAGE, elements, page, rest_of
from reconciler.providers.tines.wire import CASES, LISTED, Item, case_id


def completed(
    api: Api, cases: str, items: Sequence[Item], lacking: Mapping[str, frozenset[str]]
) -> Iterator[Item]:
    """Yield case objects with what they lack, by case id, added to them; those that vanish are left out."""
    if cases != CASES and (id := next((case_id(item) for item in items), None)):
        raise ProtocolError(f"Tines shows a part of case {id} only, and v1 of its API has no way to the rest")
    wanted = [(item, sorted(lacking[case_id(item)] & LISTED.keys())) for item in items]
    paths = [f"{cases}/{case_id(item)}/{LISTED[name]}" for item, names in wanted for name in names]
    answers = api.get_all((path, page((), 1, SMALL_PAGE)) for path in paths)
    for item, names in wanted:
        found = {LISTED[name]: next(answers) for name in names}
        if None in found.values():
            continue
        id = case_id(item)
        more = {key: _all(api, f"{cases}/{id}/{key}", key, first) for key, first in found.items()}
        yield {**item, **more, **{f"{key}_meta": None for key in more}}


def _all(api: Api, path: str, key: str, first: Any) -> list[Item]:
    """Return what is on all pages; what moves from one to the next while they are read is there once."""
    found = [*elements(first, key)]
    for following in rest_of(api, path, (), first):
        found += elements(following, key)
    return [each for at, each in enumerate(found) if each not in found[:at]]
