"""ThreatConnect, API v3: pages of 2,000 by `resultStart`, of the 10,000 that it allows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from systems.system import (
    CREATED,
    LEVELS,
    RUNBOOKS,
    UPDATED,
    description,
    level,
    name_of,
    person,
    tags,
    title,
)

_FIELDS: Final = "fields=attributes&fields=tags"
_START: Final = re.compile(r"[?&]resultStart=(\d+)")


class ThreatConnect:
    """An instance that shows collections where they are asked for."""

    name = "threatconnect"
    cases = "/api/v3/cases"
    where = "/api/v3/cases/{}"
    page = 2000
    settings = "token: {token}"
    lately = ""
    aside: Mapping[str, Any] = {}

    def declared(self, number: int, *, changed: bool) -> dict[str, Any]:
        """Return the attributes of a case."""
        return {
            "name": title(number),
            "description": description(number),
            "status": "Open",
            "severity": LEVELS[level(number, changed=changed)].capitalize(),
            "assignee": {"user": person(number)[0]},
            "case_open_time": CREATED,
            "tags": tags(number, changed=changed),
            "attributes": {"runbook": {"type": "Runbook", "value": f"RB-{number % RUNBOOKS}"}},
        }

    def handles(self, number: int) -> dict[str, str]:
        """Return the id of its attribute."""
        return {"attributes.runbook": str(_attribute_id(number))}

    def item(self, number: int, url: str, *, changed: bool) -> dict[str, Any]:
        """Return a case object with its tags and attributes."""
        declared = self.declared(number, changed=changed)
        return {
            "id": number,
            "name": declared["name"],
            "dateAdded": CREATED,
            "webLink": f"{url}/#/workflow/cases/{number}",
            "severity": declared["severity"],
            "status": declared["status"],
            "resolution": "Not Specified",
            "xid": f"soc-{name_of(number)}",
            "assignee": {"type": "User", "data": _user(*person(number))},
            "createdBy": _user("api", 1),
            "owner": "Acme",
            "ownerId": 1,
            "caseOpenTime": declared["case_open_time"],
            "lastUpdated": UPDATED,
            "description": declared["description"],
            "tags": {
                "data": [
                    {"id": number * 9 + place, "name": tag, "lastUsed": UPDATED}
                    for place, tag in enumerate(declared["tags"])
                ]
            },
            "attributes": {"data": [_attribute(number, **declared["attributes"]["runbook"])]},
        }

    def listed(self, items: Sequence[Mapping[str, Any]], at: int, count: int, url: str) -> Any:
        """Return a page, with the address of the next."""
        following = {"next": f"{url}{self.target(at + 1)}"} if at * self.page < count else {}
        return {**following, "data": items, "count": count, "status": "Success"}

    def alone(self, item: Mapping[str, Any]) -> Any:
        """Return the case object in its envelope."""
        return {"data": item, "status": "Success"}

    def target(self, at: int) -> str:
        """Return the request for a page with tags and attributes."""
        return f"{self.cases}?{_FIELDS}&resultLimit={self.page}&resultStart={(at - 1) * self.page}"

    def at(self, target: str) -> int:
        """Return the number of the page; the query is ignored, as it asks for every case."""
        found = _START.search(target)
        return int(found[1]) // self.page + 1 if found else 1

    def shown(self, page: Any) -> tuple[int, int]:
        """Count the cases of a page, and of all."""
        return len(page["data"]), page["count"]

    def read(self, answer: Any) -> dict[str, Any]:
        """Return the attributes of a case object."""
        case = answer["data"]
        attribute = case["attributes"]["data"][0]
        return {
            "name": case["name"],
            "description": case["description"],
            "status": case["status"],
            "severity": case["severity"],
            "assignee": {"user": case["assignee"]["data"]["userName"]},
            "case_open_time": case["caseOpenTime"],
            "tags": sorted(tag["name"] for tag in case["tags"]["data"]),
            "attributes": {"runbook": {"type": attribute["type"], "value": attribute["value"]}},
        }


def _attribute_id(number: int) -> int:
    return 1_000_000 + number


def _attribute(number: int, *, type: str, value: str) -> dict[str, Any]:
    return {
        "id": _attribute_id(number),
        "dateAdded": CREATED,
        "type": type,
        "value": value,
        "createdBy": _user("api", 1),
        "lastModified": UPDATED,
        "pinned": False,
        "default": False,
    }


def _user(login: str, number: int) -> dict[str, Any]:
    names = {"firstName": login.capitalize(), "lastName": "Example", "pseudonym": login}
    return {"id": number, "userName": login, **names, "owner": "Acme"}
