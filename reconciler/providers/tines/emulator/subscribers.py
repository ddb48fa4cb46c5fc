"""The emulated subscribers of a case: flat in a list, with a `user` in the answer to a create."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import member, pick, without
from reconciler.providers.tines.emulator.params import Invalid, filled, known, limited, texts
from reconciler.providers.tines.emulator.sets import subscribed
from reconciler.providers.tines.emulator.things import Subscription

_SUBSCRIBERS = "/api/v2/cases/{case_id}/subscribers"
_MOST_EMAILS = 50


class SubscriberRoutes:
    """`/subscribers` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenant = desk.tenant

    @route("GET", _SUBSCRIBERS)
    def subscribers(self, call: Call, case_id: str) -> Reply:
        """List the subscribers, with the ids of the subscriptions (seen on a live tenant; the docs have none)."""
        visit = self._desk.visit(call, case_id)
        return visit.page("subscribers", visit.case.subscribers, visit.shapes.subscriber)

    @route("POST", _SUBSCRIBERS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Subscribe somebody of the team: 201."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"user_email"}, "TeamCaseSubscriberInput")
        (added,) = self._subscribe(visit, [filled(body, "user_email")])
        return visit.answer(HTTPStatus.CREATED, **_nested(visit, added))

    @route("POST", _SUBSCRIBERS + "/batch")
    def create_all(self, call: Call, case_id: str) -> Reply:
        """Subscribe several, all or none: 201."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"user_emails"}, "TeamCaseSubscriberBatchInput")
        emails = limited(texts(body.get("user_emails"), "user_emails"), "user_emails", _MOST_EMAILS)
        added = self._subscribe(visit, emails)
        return visit.answer(HTTPStatus.CREATED, subscribers=[_nested(visit, each) for each in added])

    @route("DELETE", _SUBSCRIBERS + "/{subscription_id}")
    def delete(self, call: Call, case_id: str, subscription_id: str) -> Reply:
        """End a subscription, named by its own id and not the user's: 204."""
        visit = self._desk.visit(call, case_id)
        gone = pick(visit.case.subscribers, subscription_id, "subscriber")
        visit.amend(subscribers=without(visit.case.subscribers, gone))
        return DELETED

    def _subscribe(self, visit: Visit, emails: list[str]) -> list[Subscription]:
        ids = [member(self._tenant, email, visit.case.team_id).id for email in emails]
        there = {found.user_id for found in visit.case.subscribers}
        if self._tenant.switches.subscriber_repeated == "refuse" and not there.isdisjoint(ids):
            raise Invalid("User is already subscribed")
        after = subscribed(self._tenant, visit.case, ids).subscribers
        visit.amend(subscribers=after)
        return [found for found in after if found.user_id in ids]


def _nested(visit: Visit, subscription: Subscription) -> dict[str, Any]:
    return {"id": subscription.id, "user": visit.shapes.user(subscription.user_id)}
