"""
Communifire: pages of 100 by `StartPage`, of a site whose lists show cases whole and tell how many there are.

(Of a site whose lists leave descriptions out every case would be read by itself, whoever reads it.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from systems.system import CREATED, LEVELS, PEOPLE, UPDATED, description, level, person, tags, title

_SPACE: Final = {"SpaceID": 61, "SpaceName": "SOC"}
_PROJECT: Final = {"ProjectID": 7, "ProjectTitle": "Incidents"}
_CATEGORY: Final = {"ProjectSectionID": 231, "ProjectSectionName": "Mail"}
_MILESTONE: Final = {"MilestoneID": 40, "MilestoneTitle": "Spring"}
_STATUS: Final = {"IssueStatusID": 2, "IssueStatusName": "Open"}
_PRIORITIES: Final = [
    {"IssuePriorityID": 5 + place, "IssuePriorityName": name.capitalize()} for place, name in enumerate(LEVELS)
]
_START: Final = re.compile(r"[?&]StartPage=(\d+)")
_MARKER: Final = re.compile(r"rc-[0-9a-f]{16}")


def _envelope(data: Any, **more: int) -> dict[str, Any]:
    return {"IsError": False, "ResponseMessage": "", "ResponseData": data, **more}


class Communifire:
    """A site with one space."""

    name = "communifire"
    cases = "/api/cases"
    where = "/api/cases/{}"
    page = 100
    settings = "api_key: {token}, space: SOC"
    lately = ""
    aside: Mapping[str, Any] = {
        "/api/spaces/61/cases/priorities": _envelope([{**each, "IsDefault": False} for each in _PRIORITIES]),
        "/api/permissions/access": _envelope({"Update": True, "AdminEntityUpdate": True}),
    }

    def declared(self, number: int, *, changed: bool) -> dict[str, Any]:
        """Return the attributes of a case."""
        return {
            "title": title(number),
            "description": description(number),
            "space": _SPACE["SpaceName"],
            "status": _STATUS["IssueStatusName"],
            "priority": _priority(number, changed=changed)["IssuePriorityName"],
            "project": _PROJECT["ProjectTitle"],
            "category": _CATEGORY["ProjectSectionName"],
            "milestone": _MILESTONE["MilestoneTitle"],
            "assignee": f"{person(number)[0]}@acme.example",
            "tags": tags(number, changed=changed),
            "watchers": [f"{person(number + 1)[0]}@acme.example"],
        }

    def handles(self, number: int) -> dict[str, str]:
        """Return the ids of its people: no case shows an e-mail address."""
        found = (("assignee", person(number)), ("watchers", person(number + 1)))
        return {f"{name}.{login}@acme.example": f"#{id}" for name, (login, id) in found}

    def item(self, number: int, url: str, *, changed: bool) -> dict[str, Any]:
        """Return a case object with its long fields."""
        declared = self.declared(number, changed=changed)
        login, id = person(number)
        names = (*declared["tags"], f"rc-{number:016x}")
        return {
            "IssueID": number,
            "IssueTitle": declared["title"],
            "IssueDescription": declared["description"],
            **_SPACE,
            **_PROJECT,
            **_CATEGORY,
            **_MILESTONE,
            **_STATUS,
            "StatusColorCssClass": "status-open",
            **_priority(number, changed=changed),
            "TagsCSV": ",".join(names),
            "Tagname": ", ".join(f'<a href="{url}/tags">{name}</a>' for name in names),
            "RecipientUserIDCSV": str(person(number + 1)[1]),
            "AssignedToUserID": id,
            "AssignedToUserDisplayName": f"{login.capitalize()} Example",
            "ReportedByUserID": 1,
            "ReportedByUserName": "api",
            "ReportedByUserDisplayName": "Api Example",
            "ReportedByUserAvatarImageUrl": "/avatars/1.png",
            "UserID": 1,
            "CommentCount": 0,
            "Attachments": [],
            "DateCreated": CREATED,
            "DateUpdated": UPDATED,
        }

    def listed(self, items: Sequence[Mapping[str, Any]], at: int, count: int, url: str) -> Any:  # noqa: ARG002
        """Return a page in its envelope, which names no other."""
        return _envelope(items, TotalRecords=count)

    def alone(self, item: Mapping[str, Any]) -> Any:
        """Return the case object in its envelope."""
        return _envelope(item)

    def target(self, at: int) -> str:
        """Return the request for a page."""
        return f"{self.cases}?StartPage={at}&PageLength={self.page}"

    def at(self, target: str) -> int:
        """Return the number of the page."""
        found = _START.search(target)
        return int(found[1]) if found else 1

    def shown(self, page: Any) -> tuple[int, int]:
        """Count the cases of a page, and of all."""
        return len(page["ResponseData"]), page["TotalRecords"]

    def read(self, answer: Any) -> dict[str, Any]:
        """Return the attributes of a case object; whoever writes this knows the ids of the people."""
        case = answer["ResponseData"]
        emails = {person(place)[1]: f"{person(place)[0]}@acme.example" for place in range(len(PEOPLE))}
        return {
            "title": case["IssueTitle"],
            "description": case["IssueDescription"],
            "space": case["SpaceName"],
            "status": case["IssueStatusName"],
            "priority": case["IssuePriorityName"],
            "project": case["ProjectTitle"],
            "category": case["ProjectSectionName"],
            "milestone": case["MilestoneTitle"],
            "assignee": emails[case["AssignedToUserID"]],
            "tags": sorted(tag for tag in case["TagsCSV"].split(",") if not _MARKER.fullmatch(tag)),
            "watchers": [emails[int(id)] for id in case["RecipientUserIDCSV"].split(",")],
        }


def _priority(number: int, *, changed: bool) -> dict[str, Any]:
    return _PRIORITIES[level(number, changed=changed)]
