"""
GitLab: notes of a merge request, and issues.

Source: docs.gitlab.com, REST API, "Notes", "Issues" and "Users"; read in November 2026. The token of a job may not
write notes, so it takes one of a project or a group, with the scope `api`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.engine.http import HttpApi
from reconciler.errors import ProtocolError
from reconciler.forge.channel import member, pages
from reconciler.forge.talk import Text

LIMIT: Final = 1_000_000
"""Characters of a note and of an issue."""
LONGEST: Final = 990_000

_OLDEST_FIRST: Final = (("order_by", "created_at"), ("sort", "asc"))


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The notes of a merge request."""

    api: HttpApi
    project: int
    number: int

    @property
    def _notes(self) -> str:
        return f"/projects/{self.project}/merge_requests/{self.number}/notes"

    def author(self) -> str:
        """Return the id of the token's owner."""
        return owner(self.api)

    def texts(self) -> Iterator[Text]:
        """Yield the notes of people, oldest first."""
        for item in pages(self.api, self._notes, _OLDEST_FIRST):
            if not item.get("system"):
                yield Text(member(item, "id"), member(item, "author", "id"), member(item, "body"))

    def post(self, body: str) -> None:
        """Add a note."""
        self.api.send("POST", self._notes, {"body": body})

    def edit(self, id: str, body: str) -> None:
        """Change a note."""
        self.api.send("PUT", f"{self._notes}/{id}", {"body": body})


@dataclass(frozen=True, slots=True)
class Issues:
    """The open issues of a project."""

    api: HttpApi
    project: int
    title: str

    @property
    def _issues(self) -> str:
        return f"/projects/{self.project}/issues"

    def author(self) -> str:
        """Return the id of the token's owner."""
        return owner(self.api)

    def texts(self) -> Iterator[Text]:
        """Yield the open issues, oldest first."""
        for item in pages(self.api, self._issues, (("state", "opened"), *_OLDEST_FIRST)):
            yield Text(member(item, "iid"), member(item, "author", "id"), member(item, "description"))

    def post(self, body: str) -> None:
        """Open an issue."""
        self.api.send("POST", self._issues, {"title": self.title, "description": body})

    def edit(self, id: str, body: str) -> None:
        """Change the text of an issue."""
        self.api.send("PUT", f"{self._issues}/{id}", {"description": body})

    def close(self, id: str) -> None:
        """Close an issue."""
        self.api.send("PUT", f"{self._issues}/{id}", {"state_event": "close"})


def owner(api: HttpApi) -> str:
    """Return the id of the token's owner."""
    id = member(api.get("/user"), "id")
    if not id:
        raise ProtocolError("GET /user: the answer names nobody")
    return id
