"""Tines, cases v2: pages of 500 by number, which tell in `meta` how many there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from systems.system import (
    CREATED,
    LEVELS,
    LINEAGE,
    RUNBOOKS,
    UPDATED,
    description,
    level,
    name_of,
    person,
    tags,
    title,
)

_REGIONS: Final = ("emea", "apac", "amer")
_PAGE: Final = re.compile(r"[?&]page=(\d+)")


class Tines:
    """A tenant that grants the largest pages."""

    name = "tines"
    cases = "/api/v2/cases"
    where = "/cases/{}"
    page = 500
    settings = "token: {token}, team_id: 2"
    lately = "updated_at_start_date"
    aside: Mapping[str, Any] = {}

    def declared(self, number: int, *, changed: bool) -> dict[str, Any]:
        """Return the attributes of a case."""
        return {
            "name": title(number),
            "description": description(number),
            "priority": LEVELS[level(number, changed=changed)],
            "status": "open",
            "assignees": [_address(person(number)[0])],
            "tags": tags(number, changed=changed),
            "metadata": {
                "runbook": f"RB-{number % RUNBOOKS}",
                "region": _REGIONS[number % len(_REGIONS)],
                "source": "mail-gateway",
                "ticket": f"INC-{number:07}",
            },
        }

    def handles(self, number: int) -> dict[str, str]:  # noqa: ARG002 (names are enough here)
        """Return nothing: all parts are known by what they say."""
        return {}

    def item(self, number: int, url: str, *, changed: bool) -> dict[str, Any]:
        """Return a case object with the keys of its list page."""
        declared = self.declared(number, changed=changed)
        author = _user("api", 1)
        return {
            "case_id": number,
            "name": declared["name"],
            "description": declared["description"],
            "status": "OPEN",
            "sub_status": {"id": 1, "name": "To do"},
            "url": f"{url}{self.where.format(number)}",
            "metadata": {**declared["metadata"], "reconciler": f"{LINEAGE}/soc.{name_of(number)}/0"},
            "author": author,
            "opened_by": author,
            "resolved_by": None,
            "assignees": [_user(*person(number))],
            "tags": [{"id": number * 9 + place, "name": tag} for place, tag in enumerate(declared["tags"])],
            "team": {"id": 2, "name": "SOC"},
            "priority": declared["priority"].upper(),
            "opened_at": CREATED,
            "resolved_at": None,
            "created_at": CREATED,
            "updated_at": UPDATED,
        }

    def listed(self, items: Sequence[Mapping[str, Any]], at: int, count: int, url: str) -> Any:
        """Return a page and what `meta` tells of the others."""
        pages = -(-count // self.page)
        following = at + 1 if at < pages else None
        address = f"{url}{self.cases}?per_page={self.page}&page="
        return {
            "cases": items,
            "meta": {
                "current_page": f"{address}{at}",
                "previous_page": f"{address}{at - 1}" if at > 1 else None,
                "next_page": f"{address}{following}" if following else None,
                "next_page_number": following,
                "per_page": self.page,
                "pages": pages,
                "count": count,
            },
        }

    def alone(self, item: Mapping[str, Any]) -> Any:
        """Return the case object: there is nothing around it."""
        return item

    def target(self, at: int) -> str:
        """Return the request for a page of the team's cases."""
        return f"{self.cases}?per_page={self.page}&page={at}"

    def at(self, target: str) -> int:
        """Return the number of the page; a filter is ignored, as every case of the tenant is asked for."""
        found = _PAGE.search(target)
        return int(found[1]) if found else 1

    def shown(self, page: Any) -> tuple[int, int]:
        """Count the cases of a page, and of all."""
        return len(page["cases"]), page["meta"]["count"]

    def read(self, answer: Any) -> dict[str, Any]:
        """Return the attributes of a case object."""
        return {
            "name": answer["name"],
            "description": answer["description"],
            "priority": answer["priority"].lower(),
            "status": answer["status"].lower(),
            "assignees": [user["email"] for user in answer["assignees"]],
            "tags": sorted(tag["name"] for tag in answer["tags"]),
            "metadata": {key: value for key, value in answer["metadata"].items() if key != "reconciler"},
        }


def _address(login: str) -> str:
    return f"{login}@acme.example"


def _user(login: str, number: int) -> dict[str, Any]:
    return {
        "user_id": number,
        "first_name": login.capitalize(),
        "last_name": "Example",
        "email": _address(login),
        "avatar_url": "",
        "is_service_account": login == "api",
    }
