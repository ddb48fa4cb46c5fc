"""
The emulated list of cases: orders and pages of what passes the filters.

What a query found is remembered until the tenant changes, so that walking the pages of 10,000 cases filters
and sorts them once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import Desk
from reconciler.providers.tines.emulator.filters import Filters
from reconciler.providers.tines.emulator.pages import paginated
from reconciler.providers.tines.emulator.painter import Painter
from reconciler.providers.tines.emulator.params import one_of, params, whole_number
from reconciler.providers.tines.emulator.things import PRIORITIES, StoredCase

if TYPE_CHECKING:
    from datetime import datetime


def _seconds(point: datetime | None) -> float:
    return 0.0 if point is None else point.timestamp()


_ORDERS: Mapping[str, tuple[Callable[[StoredCase], Any], bool]] = {
    "RECENTLY_EDITED": (attrgetter("updated_at", "id"), True),
    "LEAST_RECENTLY_EDITED": (attrgetter("updated_at", "id"), False),
    "PRIORITY_ASC": (lambda case: (PRIORITIES.index(case.priority), case.id), False),
    "PRIORITY_DESC": (lambda case: (PRIORITIES.index(case.priority), case.id), True),
    "OPENED_ASC": (lambda case: (_seconds(case.opened_at), case.id), False),
    "OPENED_DESC": (lambda case: (_seconds(case.opened_at), case.id), True),
    "CREATED_ASC": (attrgetter("created_at", "id"), False),
    "CREATED_DESC": (attrgetter("created_at", "id"), True),
}


class ListRoutes:
    """`GET /api/v2/cases`."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant
        self._filters = Filters(desk.tenant)
        self._found: dict[str, Sequence[StoredCase]] = {}
        self._found_at = desk.tenant.revision

    @route("GET", "/api/v2/cases")
    def list_cases(self, call: Call) -> Reply:
        """List the cases that pass every filter, one page of them."""
        return self.page(call, Painter(self._tenant, call.origin).list_item)

    def page(self, call: Call, show: Callable[[StoredCase], dict[str, Any]]) -> Reply:
        """Answer with a page of cases, each as `show` shows it."""
        asked = params(call)
        self._tenant.lists_served += 1
        switches = self._tenant.switches
        return paginated(
            call,
            "cases",
            self._find(asked),
            show,
            asked=asked,
            switches=switches,
            maximum=switches.per_page_max,
        )

    def _find(self, asked: Mapping[str, Any]) -> Sequence[StoredCase]:
        if self._tenant.switches.metadata_filter == "lagging":
            return self._search(asked)
        if self._found_at != self._tenant.revision:
            self._found, self._found_at = {}, self._tenant.revision
        query = json.dumps([asked.get(key) for key in ("team_id", "order", "filters")], sort_keys=True)
        if query not in self._found:
            self._found[query] = self._search(asked)
        return self._found[query]

    def _search(self, asked: Mapping[str, Any]) -> Sequence[StoredCase]:
        default = self._tenant.switches.default_order
        key, descending = _ORDERS[one_of(asked.get("order", default), tuple(_ORDERS), "order")]
        given = asked.get("filters")
        filters = given if isinstance(given, dict) else {}
        tests = list(self._filters.tests(filters))
        if "team_id" in asked:
            team_id = whole_number(asked["team_id"], "team_id")
            tests.append(lambda case: case.team_id == team_id)
        found = [case for case in self._filters.candidates(filters) if all(test(case) for test in tests)]
        return sorted(found, key=key, reverse=descending)
