"""
Which Tines cases were changed lately: the list, filtered by the time of update.

A filter that the server does not understand is ignored and returns everything, so each case is held against the
moment that was asked for, wherever it shows when it was updated.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from reconciler.errors import Refused
from reconciler.planning.naming import sorted_ids
from reconciler.providers.base import Api
from reconciler.providers.filters import moment_of
from reconciler.providers.tines.lists import elements, first_of, pages_of, rest_of, size_of
from reconciler.providers.tines.reading import ORDERED, chunks
from reconciler.providers.tines.wire import LISTED, Item, case_id

UNSEEN: Final = frozenset({"metadata", *LISTED})
"""
What does not belong to the case's own update: whether it moves `updated_at` is not documented.

It is likely for metadata and fields, and unlikely for tasks and notes.
"""

_NO_SUCH_FILTER: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


def changed_since(api: Api, cases: str, ids: frozenset[str], moment: datetime) -> frozenset[str] | None:
    """
    Return those of the cases that were updated at a moment or later; None where the list cannot be asked.

    All of them if so many others were updated that the list is longer than what reads all of ours. The team is
    left out of the question: a case that was moved to another has changed.
    """
    bound = moment.astimezone(UTC)
    query = (*ORDERED, ("filters[updated_at_start_date]", bound.strftime("%Y-%m-%dT%H:%M:%SZ")))
    try:
        first = first_of(api, cases, query)
    except Refused as error:
        if error.status in _NO_SUCH_FILTER:
            return None
        raise
    if pages_of(first) > 1 + len(chunks(sorted_ids(ids), size_of(first))):
        return ids
    shown = (item for page in (first, *rest_of(api, cases, query, first)) for item in elements(page, "cases"))
    return frozenset(id for item in shown if (id := case_id(item)) in ids and _may_be_new(item, bound))


def _may_be_new(item: Item, bound: datetime) -> bool:
    updated = moment_of(item.get("updated_at"))
    return updated is None or updated >= bound.replace(microsecond=0)
