"""
GitHub: comments of a pull request, and issues.

Source: docs.github.com, REST API, "Issue comments", "Issues" and "Users" (2022-11-28); read in November 2026. The
token of a workflow belongs to no user: GET /user answers it 403, and what it writes is by github-actions[bot].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from reconciler.engine.http import HttpApi
from reconciler.errors import ProtocolError, Refused
from reconciler.forge.channel import member, pages
from reconciler.forge.talk import Text

LIMIT: Final = 65_536
"""Characters of a comment and of an issue."""
LONGEST: Final = 60_000
ACTIONS_BOT: Final = "github-actions[bot]"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The comments of a pull request."""

    api: HttpApi
    repository: str
    number: int
    known_author: str | None = None
    """Who the token belongs to, where it cannot tell: that of a GitHub App."""

    def author(self) -> str:
        """Return the login of the token's owner."""
        return self.known_author or login(self.api)

    def texts(self) -> Iterator[Text]:
        """Yield the comments, oldest first."""
        for item in pages(self.api, f"/repos/{self.repository}/issues/{self.number}/comments"):
            yield _text(item, "id")

    def post(self, body: str) -> None:
        """Add a comment."""
        self.api.send("POST", f"/repos/{self.repository}/issues/{self.number}/comments", {"body": body})

    def edit(self, id: str, body: str) -> None:
        """Change a comment."""
        self.api.send("PATCH", f"/repos/{self.repository}/issues/comments/{id}", {"body": body})


@dataclass(frozen=True, slots=True)
class Issues:
    """The open issues of a repository."""

    api: HttpApi
    repository: str
    title: str
    known_author: str | None = None

    def author(self) -> str:
        """Return the login of the token's owner."""
        return self.known_author or login(self.api)

    def texts(self) -> Iterator[Text]:
        """Yield the open issues, oldest first; a pull request, which is listed too, is none."""
        order = (("state", "open"), ("sort", "created"), ("direction", "asc"))
        for item in pages(self.api, f"/repos/{self.repository}/issues", order):
            if "pull_request" not in item:
                yield _text(item, "number")

    def post(self, body: str) -> None:
        """Open an issue."""
        self.api.send("POST", f"/repos/{self.repository}/issues", {"title": self.title, "body": body})

    def edit(self, id: str, body: str) -> None:
        """Change the text of an issue."""
        self.api.send("PATCH", f"/repos/{self.repository}/issues/{id}", {"body": body})

    def close(self, id: str) -> None:
        """Close an issue as done."""
        change = {"state": "closed", "state_reason": "completed"}
        self.api.send("PATCH", f"/repos/{self.repository}/issues/{id}", change)


def login(api: HttpApi) -> str:
    """Return the login of the token's owner."""
    try:
        name = member(api.get("/user"), "login")
    except Refused as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return ACTIONS_BOT
    if not name:
        raise ProtocolError("GET /user: the answer names nobody")
    return name


def _text(item: dict[str, object], key: str) -> Text:
    return Text(member(item, key), member(item, "user", "login"), member(item, "body"))
