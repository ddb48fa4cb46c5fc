"""The emulated links between cases: symmetric, so that one request makes or breaks both sides."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.params import Invalid, known, limited, numbers, whole_number
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.things import User

_LINKS = "/api/v2/cases/{case_id}/linked_cases"


def link(rules: CaseRules, case_id: int, others: list[int], actor: User) -> None:
    """Link a case to others, from both sides; all of them or none."""
    switches, cases = rules.tenant.switches, rules.tenant.cases
    there = cases[case_id].links
    for other in others:
        if other == case_id or other not in cases:
            raise Invalid(f"Case {case_id} can't be linked to case {other}")
        if switches.link_repeated == "refuse" and (other in there or others.count(other) > 1):
            raise Invalid(f"Case {case_id} is already linked to case {other}")
    new = [other for other in dict.fromkeys(others) if other not in there]
    rules.amend(cases[case_id], actor, links=(*there, *new))
    for other in new if switches.links_symmetric else ():
        rules.amend(cases[other], actor, links=(*cases[other].links, case_id))


def unlink(rules: CaseRules, case_id: int, other: int, actor: User) -> None:
    """Take a link away, from both sides; raises `KeyError` where there is none."""
    cases = rules.tenant.cases
    if other not in cases[case_id].links:
        raise KeyError(other)
    for here, there in ((case_id, other), (other, case_id)):
        left = tuple(linked for linked in cases[here].links if linked != there)
        rules.amend(cases[here], actor, links=left)


class LinkRoutes:
    """`/linked_cases` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._switches = desk.tenant.switches

    @route("GET", _LINKS)
    def links(self, call: Call, case_id: str) -> Reply:
        """List the cases that a case is linked to."""
        visit = self._desk.visit(call, case_id)
        found = tuple(visit.shapes.ordered(visit.case.links))
        extra = {"case_id": visit.case.id, "name": visit.case.name}
        return visit.page("linked_cases", found, visit.shapes.link, extra=extra)

    @route("POST", _LINKS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Link one case: 201."""
        visit = self._desk.visit(call, case_id)
        other = whole_number(known(visit.asked, {"id"}, "TeamCaseLinkInput").get("id"), "id")
        link(self._desk.rules, visit.case.id, [other], visit.actor)
        return _answer(visit, linked_case=visit.shapes.link(other))

    @route("POST", _LINKS + "/batch")
    def create_all(self, call: Call, case_id: str) -> Reply:
        """Link several cases, all or none: 201."""
        visit = self._desk.visit(call, case_id)
        ids = numbers(known(visit.asked, {"ids"}, "TeamCaseLinkBatchInput").get("ids"), "ids")
        others = limited(ids, "ids", self._switches.linked_batch_max)
        link(self._desk.rules, visit.case.id, others, visit.actor)
        return _answer(visit, linked_cases=[visit.shapes.link(other) for other in dict.fromkeys(others)])

    @route("DELETE", _LINKS + "/{other_id}")
    def delete(self, call: Call, case_id: str, other_id: str) -> Reply:
        """Take a link away: 204; there is no batch of this."""
        visit = self._desk.visit(call, case_id)
        try:
            unlink(self._desk.rules, visit.case.id, whole_number(other_id, "id"), visit.actor)
        except KeyError:
            if self._switches.link_delete_absent == "missing":
                raise Refused(HTTPStatus.NOT_FOUND, f"Couldn't find a link to case {other_id}") from None
        return DELETED


def _answer(visit: Visit, **more: Any) -> Reply:
    return visit.answer(HTTPStatus.CREATED, name=visit.case.name, **more)
