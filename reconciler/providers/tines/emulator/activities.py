"""The emulated timeline of a case, read only, and the comments in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import pick
from reconciler.providers.tines.emulator.params import choice, filled, known, many
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.sets import subscribed
from reconciler.providers.tines.emulator.things import Activity, StoredCase, User

_ACTIVITIES = "/api/v2/cases/{case_id}/activities"
_COMMENTS = "/api/v2/cases/{case_id}/comments"
_REACTIONS = ("+1", "-1", "eyes", "heart", "white_check_mark")
_MOST_PER_PAGE = 50


def post_comment(rules: CaseRules, case: StoredCase, text: str, author: User) -> Activity:
    """Comment on a case, which subscribes the author (documented for the product)."""
    entry = rules.tenant.log(case.id, author.id, "COMMENTED", text)
    if rules.tenant.switches.comment_subscribes:
        rules.amend(case, author, subscribers=subscribed(rules.tenant, case, [author.id]).subscribers)
    return entry


class ActivityRoutes:
    """`/activities` and `/comments` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenant = desk.tenant

    @route("GET", _ACTIVITIES)
    def activities(self, call: Call, case_id: str) -> Reply:
        """List a case's timeline, of some types if asked."""
        visit = self._desk.visit(call, case_id)
        kinds = many(visit.asked["activity_type"]) if "activity_type" in visit.asked else None
        timeline = self._tenant.activities(visit.case.id)
        found = [entry for entry in timeline if kinds is None or entry.kind in kinds]
        return self._page(visit, "activities", found)

    @route("GET", _ACTIVITIES + "/{activity_id}")
    def activity(self, call: Call, case_id: str, activity_id: str) -> Reply:
        """Show one entry."""
        visit = self._desk.visit(call, case_id)
        entry = pick(self._tenant.activities(visit.case.id), activity_id, "activity")
        return _answer(HTTPStatus.OK, visit, entry)

    @route("GET", _COMMENTS)
    def comments(self, call: Call, case_id: str) -> Reply:
        """List the comments."""
        visit = self._desk.visit(call, case_id)
        return self._page(visit, "comments", self._comments(visit))

    @route("POST", _COMMENTS)
    def comment(self, call: Call, case_id: str) -> Reply:
        """Comment: 201."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"value", "author_email"}, "TeamCaseCommentInput")
        entry = post_comment(self._desk.rules, visit.case, filled(body, "value"), visit.actor)
        return _answer(HTTPStatus.CREATED, visit, entry)

    @route("GET", _COMMENTS + "/{comment_id}")
    def one_comment(self, call: Call, case_id: str, comment_id: str) -> Reply:
        """Show one comment."""
        visit = self._desk.visit(call, case_id)
        return _answer(HTTPStatus.OK, visit, self._comment(visit, comment_id))

    @route("PUT", _COMMENTS + "/{comment_id}")
    def edit_comment(self, call: Call, case_id: str, comment_id: str) -> Reply:
        """Change the text of a comment."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"value", "author_email"}, "TeamCaseCommentInput")
        entry = replace(self._comment(visit, comment_id), value=filled(body, "value"))
        return _answer(HTTPStatus.OK, visit, self._tenant.relog(visit.case.id, entry))

    @route("DELETE", _COMMENTS + "/{comment_id}")
    def delete_comment(self, call: Call, case_id: str, comment_id: str) -> Reply:
        """Delete a comment, which leaves a trace: 204."""
        visit = self._desk.visit(call, case_id)
        entry = self._comment(visit, comment_id)
        self._tenant.relog(visit.case.id, replace(entry, kind="DELETED_COMMENT", value="", reactions=()))
        return DELETED

    @route("POST", _COMMENTS + "/{comment_id}/reactions")
    def react(self, call: Call, case_id: str, comment_id: str) -> Reply:
        """React to a comment; nobody reacts twice alike: 201."""
        visit = self._desk.visit(call, case_id)
        entry, mine = self._comment(visit, comment_id), self._reaction(visit)
        given = tuple(dict.fromkeys([*entry.reactions, mine]))
        return _answer(
            HTTPStatus.CREATED, visit, self._tenant.relog(visit.case.id, replace(entry, reactions=given))
        )

    @route("DELETE", _COMMENTS + "/{comment_id}/reactions")
    def unreact(self, call: Call, case_id: str, comment_id: str) -> Reply:
        """Take a reaction back: 204."""
        visit = self._desk.visit(call, case_id)
        entry, mine = self._comment(visit, comment_id), self._reaction(visit)
        left = tuple(each for each in entry.reactions if each != mine)
        self._tenant.relog(visit.case.id, replace(entry, reactions=left))
        return DELETED

    def _comments(self, visit: Visit) -> list[Activity]:
        return [entry for entry in self._tenant.activities(visit.case.id) if entry.kind == "COMMENTED"]

    def _comment(self, visit: Visit, comment_id: str) -> Activity:
        return pick(self._comments(visit), comment_id, "comment")

    def _reaction(self, visit: Visit) -> tuple[str, int]:
        return choice(visit.asked.get("value"), _REACTIONS, "reaction"), self._tenant.key_user.id

    def _page(self, visit: Visit, key: str, found: Sequence[Activity]) -> Reply:
        maximum = min(_MOST_PER_PAGE, self._tenant.switches.sub_lists_per_page_max)
        return visit.page(key, found, visit.shapes.activity, maximum=maximum)


def _answer(status: int, visit: Visit, entry: Activity) -> Reply:
    shown: dict[str, Any] = visit.shapes.activity(entry)
    return visit.answer(status, **shown)
