"""
Which forge this job runs in, and what it is about, from what the CI puts into the environment.

              GitHub Actions                                    GitLab CI
    address   GITHUB_API_URL                                    CI_API_V4_URL
    project   GITHUB_REPOSITORY                                 CI_MERGE_REQUEST_PROJECT_ID, else CI_PROJECT_ID
    request   GITHUB_EVENT_PATH, or refs/pull/N/… of GITHUB_REF CI_MERGE_REQUEST_IID
    token     GITHUB_TOKEN                                      RECONCILER_GITLAB_TOKEN, GITLAB_TOKEN
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from reconciler.engine.http import HttpApi
from reconciler.engine.surroundings import Surroundings
from reconciler.forge import github, gitlab
from reconciler.forge.channel import Header, connect
from reconciler.forge.talk import Closable, Thread

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_REF: Final = re.compile(r"refs/pull/([1-9][0-9]{0,17})/(?:merge|head)")
_LARGEST_EVENT: Final = 32 * 2**20
"""Bytes; GitHub sends no event above 25 MB."""


class Kind(StrEnum):
    """A forge."""

    GITHUB = "GitHub"
    GITLAB = "GitLab"


@dataclass(frozen=True, slots=True)
class Here:
    """A job in a forge."""

    kind: Kind
    url: str
    project: str
    number: int | None
    """Of the pull or merge request that this job is about."""
    token: str

    @property
    def longest(self) -> int:
        """Return how many characters a text of ours should have: somebody may add a few."""
        return github.LONGEST if self.kind is Kind.GITHUB else gitlab.LONGEST

    @property
    def limit(self) -> int:
        """Return how many characters a text may have at most."""
        return github.LIMIT if self.kind is Kind.GITHUB else gitlab.LIMIT

    @property
    def sources(self) -> str:
        """Return where the address and the token come from, in words."""
        if self.kind is Kind.GITHUB:
            return "the address comes from GITHUB_API_URL, the token from GITHUB_TOKEN"
        return "the address comes from CI_API_V4_URL, the token from RECONCILER_GITLAB_TOKEN or GITLAB_TOKEN"

    @property
    def lacks(self) -> str | None:
        """Return what is missing to write anything there, in words."""
        match self.kind:
            case _ if not self.project:
                return f"the environment names no project of {self.kind}"
            case Kind.GITHUB if not self.token:
                return "there is no GITHUB_TOKEN"
            case Kind.GITLAB if not self.token:
                return "there is no RECONCILER_GITLAB_TOKEN and no GITLAB_TOKEN"
            case _:
                return None

    def connect(self, around: Surroundings) -> HttpApi:
        """Return the channel; close it. Raises ReconcilerError for an address to which no token may go."""
        name, value = (
            ("Authorization", f"Bearer {self.token}")
            if self.kind is Kind.GITHUB
            else ("PRIVATE-TOKEN", self.token)
        )
        return connect(self.kind, self.url, auth=Header(name, value), secret=self.token, around=around)

    def request(self, api: HttpApi, number: int, author: str | None) -> Thread:
        """Return the comments of a request; `author` is who the token belongs to, if that is known."""
        if self.kind is Kind.GITHUB:
            return github.PullRequest(api, self.project, number, author)
        return gitlab.MergeRequest(api, int(self.project), number)

    def issues(self, api: HttpApi, title: str, author: str | None) -> Closable:
        """Return the open issues; `title` is that of a new one."""
        if self.kind is Kind.GITHUB:
            return github.Issues(api, self.project, title, author)
        return gitlab.Issues(api, int(self.project), title)


def look_around(env: Mapping[str, str]) -> Here | None:
    """Return where this job runs; None outside of both forges."""
    if env.get("GITHUB_REPOSITORY"):
        project = env["GITHUB_REPOSITORY"]
        return Here(
            Kind.GITHUB,
            env.get("GITHUB_API_URL") or "https://api.github.com",
            project if _REPOSITORY.fullmatch(project) else "",
            _pull_request(env),
            env.get("GITHUB_TOKEN", "").strip(),
        )
    if env.get("CI_API_V4_URL"):
        # In a pipeline of a fork, CI_PROJECT_ID is the fork, where the merge request is not.
        project = env.get("CI_MERGE_REQUEST_PROJECT_ID") or env.get("CI_PROJECT_ID", "")
        return Here(
            Kind.GITLAB,
            env["CI_API_V4_URL"],
            project if _NUMBER.fullmatch(project) else "",
            _number(env.get("CI_MERGE_REQUEST_IID")),
            (env.get("RECONCILER_GITLAB_TOKEN") or env.get("GITLAB_TOKEN") or "").strip(),
        )
    return None


def _pull_request(env: Mapping[str, str]) -> int | None:
    """Return the number of the pull request, from the event or from the ref."""
    event = _event(env.get("GITHUB_EVENT_PATH"))
    issue = event.get("issue")
    for place in (
        event.get("pull_request"),
        issue if isinstance(issue, dict) and "pull_request" in issue else None,
    ):
        if isinstance(place, dict) and (number := _number(place.get("number"))):
            return number
    ref = _REF.fullmatch(env.get("GITHUB_REF", ""))
    return int(ref[1]) if ref else None


def _event(name: str | None) -> dict[str, Any]:
    """Return what the job was started by; empty where that cannot be read."""
    if name:
        with suppress(OSError, ValueError, RecursionError), Path(name).open("rb") as file:
            event = json.loads(file.read(_LARGEST_EVENT))
            return event if isinstance(event, dict) else {}
    return {}


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if _NUMBER.fullmatch(text) else None
