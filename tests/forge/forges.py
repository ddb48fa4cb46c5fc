"""Stand-ins of two forges: as much of their interfaces as a comment and an issue need, paged as theirs are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, TypeAlias

from reconciler.providers.emulation import Call, Emulator, Refused, Reply, route

TOKEN: Final = "ghs_sixteenCharactersAndMore"
BOT: Final = "github-actions[bot]"
ME: Final = 71


class _Forge(Emulator):
    """What both have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.count = 0

    def next_id(self) -> int:
        self.count += 1
        return self.count

    def page(self, call: Call, items: list[dict[str, Any]]) -> Reply:
        query = dict(call.query)
        size = min(int(query.get("per_page", "20")), 100)
        first = (int(query.get("page", "1")) - 1) * size
        return Reply.json(HTTPStatus.OK, items[first : first + size])

    def found(self, items: list[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
        for item in items:
            if str(item[key]) == value:
                return item
        raise Refused(HTTPStatus.NOT_FOUND, "Not Found")


class GitHub(_Forge):
    """`acme/soc`, with pull request 7; the token is that of a workflow unless `login` says otherwise."""

    def __init__(self, login: str | None = None) -> None:
        super().__init__()
        self.login = login
        self.runs: list[dict[str, Any]] = []

    def guard(self, call: Call) -> None:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(HTTPStatus.UNAUTHORIZED, f"Bad credentials: {call.headers.get('authorization')}")

    def say(self, author: Any, body: str, **more: Any) -> dict[str, Any]:
        comment = {"id": self.next_id(), "user": {"login": author}, "body": body, **more}
        self.comments.append(comment)
        return comment

    def open(self, author: Any, body: str, **more: Any) -> dict[str, Any]:
        issue = {"number": self.next_id(), "user": {"login": author}, "body": body, "state": "open", **more}
        self.issues.append(issue)
        return issue

    @route("GET", "/user")
    def user(self, call: Call) -> Reply:
        if self.login is None:
            raise Refused(HTTPStatus.FORBIDDEN, "Resource not accessible by integration")
        return Reply.json(HTTPStatus.OK, {"login": self.login, "id": 1})

    @route("GET", "/repos/acme/soc/issues/7/comments")
    def list_comments(self, call: Call) -> Reply:
        return self.page(call, self.comments)

    @route("POST", "/repos/acme/soc/issues/7/comments")
    def post(self, call: Call) -> Reply:
        if len(call.body["body"]) > 65536:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Body is too long (maximum is 65536 characters)")
        return Reply.json(HTTPStatus.CREATED, self.say(self.login or BOT, call.body["body"]))

    @route("PATCH", "/repos/acme/soc/issues/comments/{id}")
    def patch(self, call: Call, id: str) -> Reply:
        comment = self.found(self.comments, "id", id)
        comment["body"] = call.body["body"]
        return Reply.json(HTTPStatus.OK, comment)

    @route("GET", "/repos/acme/soc/issues")
    def list_issues(self, call: Call) -> Reply:
        assert ("state", "open") in call.query
        return self.page(call, [issue for issue in self.issues if issue["state"] == "open"])

    @route("POST", "/repos/acme/soc/issues")
    def post_issue(self, call: Call) -> Reply:
        return Reply.json(
            HTTPStatus.CREATED, self.open(self.login or BOT, call.body["body"], title=call.body["title"])
        )

    @route("PATCH", "/repos/acme/soc/issues/{number}")
    def patch_issue(self, call: Call, number: str) -> Reply:
        issue = self.found(self.issues, "number", number)
        issue.update(call.body)
        return Reply.json(HTTPStatus.OK, issue)

    @route("GET", "/repos/acme/soc/actions/workflows/plan.yml/runs")
    def list_runs(self, call: Call) -> Reply:
        assert dict(call.query).items() >= {"event": "pull_request", "status": "success"}.items()
        return Reply.json(HTTPStatus.OK, {"total_count": len(self.runs), "workflow_runs": self.runs})


class GitLab(_Forge):
    """Project 12, with merge request 7. A note that the token may not see makes its page shorter."""

    def guard(self, call: Call) -> None:
        if call.headers.get("private-token") != TOKEN:
            raise Refused(HTTPStatus.UNAUTHORIZED, f"401 Unauthorized: {call.headers.get('private-token')}")

    def say(self, author: Any, body: str, **more: Any) -> dict[str, Any]:
        note = {"id": self.next_id(), "author": {"id": author}, "body": body, "system": False, **more}
        self.comments.append(note)
        return note

    def open(self, author: Any, body: str, **more: Any) -> dict[str, Any]:
        issue = {
            "iid": self.next_id(),
            "author": {"id": author},
            "description": body,
            "state": "opened",
            **more,
        }
        self.issues.append(issue)
        return issue

    @route("GET", "/api/v4/user")
    def user(self, call: Call) -> Reply:
        return Reply.json(HTTPStatus.OK, {"id": ME, "username": "project_12_bot"})

    @route("GET", "/api/v4/projects/12/merge_requests/7/notes")
    def list_notes(self, call: Call) -> Reply:
        query = dict(call.query)
        assert (query["sort"], query["order_by"]) == ("asc", "created_at")
        first = (int(query["page"]) - 1) * 100
        notes = self.comments[first : first + 100]
        return Reply.json(HTTPStatus.OK, [note for note in notes if not note.get("internal")])

    @route("POST", "/api/v4/projects/12/merge_requests/7/notes")
    def post(self, call: Call) -> Reply:
        return Reply.json(HTTPStatus.CREATED, self.say(ME, call.body["body"]))

    @route("PUT", "/api/v4/projects/12/merge_requests/7/notes/{id}")
    def put(self, call: Call, id: str) -> Reply:
        note = self.found(self.comments, "id", id)
        note["body"] = call.body["body"]
        return Reply.json(HTTPStatus.OK, note)

    @route("GET", "/api/v4/projects/12/issues")
    def list_issues(self, call: Call) -> Reply:
        assert ("state", "opened") in call.query
        return self.page(call, [issue for issue in self.issues if issue["state"] == "opened"])

    @route("POST", "/api/v4/projects/12/issues")
    def post_issue(self, call: Call) -> Reply:
        return Reply.json(HTTPStatus.CREATED, self.open(ME, call.body["description"], title=call.body["title"]))

    @route("PUT", "/api/v4/projects/12/issues/{iid}")
    def put_issue(self, call: Call, iid: str) -> Reply:
        issue = self.found(self.issues, "iid", iid)
        if call.body.get("state_event") == "close":
            issue["state"] = "closed"
        issue["description"] = call.body.get("description", issue["description"])
        return Reply.json(HTTPStatus.OK, issue)


Forge: TypeAlias = GitHub | GitLab
