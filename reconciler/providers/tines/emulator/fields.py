"""
The emulated values of custom fields: on one case, and the same ones on many cases at once.

    POST    /cases/{id}/fields        an input the case already has is overwritten, its id stays
    PUT     /cases/{id}/fields/{id}
    POST    /cases/bulk/fields        without upsert only where the case has the field already
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit, find_case
from reconciler.providers.tines.emulator.drafts import Drafts, pick, swapped, without
from reconciler.providers.tines.emulator.params import (
    Invalid,
    known,
    limited,
    numbers,
    objects,
    params,
    truth,
    whole_number,
)
from reconciler.providers.tines.emulator.shapes import Shapes
from reconciler.providers.tines.emulator.things import FieldValue, StoredCase

_FIELDS = "/api/v2/cases/{case_id}/fields"
_SHOWN = ("id", "key", "name", "validation_type", "validation_options")
_MOST_FIELDS = 50


def with_field(drafts: Drafts, case: StoredCase, asked: Mapping[str, Any]) -> tuple[FieldValue, StoredCase]:
    """Give a case one value, `asked` with input_id and value, in the place of a former one."""
    of = drafts.input(asked.get("input_id"), case)
    written = drafts.field_text(of, asked.get("value"))
    for there in case.fields:
        if there.input_id == of.id:
            value = replace(there, value=written)
            return value, replace(case, fields=swapped(case.fields, value))
    value = drafts.field(of, asked.get("value"))
    return value, replace(case, fields=(*case.fields, value))


class FieldRoutes:
    """`/fields` of a case, and `/api/v2/cases/bulk/fields`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._switches = desk.tenant.switches

    @route("GET", _FIELDS)
    def fields(self, call: Call, case_id: str) -> Reply:
        """List the values."""
        visit = self._desk.visit(call, case_id)
        return visit.page("fields", visit.case.fields, lambda value: visit.shapes.field(value, _SHOWN))

    @route("POST", _FIELDS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Give the case a value: 201; `input_id` and `value` may stand in the query."""
        visit = self._desk.visit(call, case_id)
        asked = known(visit.asked, {"input_id", "value"}, "TeamCaseFieldInput")
        value, after = with_field(visit.drafts, visit.case, asked)
        repeated = len(after.fields) == len(visit.case.fields)
        if repeated and self._switches.field_post_repeated == "refuse":
            raise Invalid("The case already has a field of this case input")
        visit.amend(fields=after.fields)
        return _answer(HTTPStatus.CREATED, visit, value)

    @route("GET", _FIELDS + "/{field_id}")
    def get(self, call: Call, case_id: str, field_id: str) -> Reply:
        """Show a value."""
        visit = self._desk.visit(call, case_id)
        return _answer(HTTPStatus.OK, visit, pick(visit.case.fields, field_id, "field"))

    @route("PUT", _FIELDS + "/{field_id}")
    def update(self, call: Call, case_id: str, field_id: str) -> Reply:
        """Change a value: 200."""
        visit = self._desk.visit(call, case_id)
        found = pick(visit.case.fields, field_id, "field")
        asked = known(visit.asked, {"value"}, "TeamCaseFieldInput")
        value, after = with_field(visit.drafts, visit.case, {"input_id": found.input_id, **asked})
        visit.amend(fields=after.fields)
        return _answer(HTTPStatus.OK, visit, value)

    @route("DELETE", _FIELDS + "/{field_id}")
    def delete(self, call: Call, case_id: str, field_id: str) -> Reply:
        """Take a value off the case: 204."""
        visit = self._desk.visit(call, case_id)
        visit.amend(fields=without(visit.case.fields, pick(visit.case.fields, field_id, "field")))
        return DELETED

    @route("POST", "/api/v2/cases/bulk/fields")
    def bulk(self, call: Call) -> Reply:
        """Give all listed cases all listed values, or nothing to anybody."""
        asked = known(params(call), {"case_ids", "fields"}, "TeamCaseBulkFieldsInput")
        values = [known(each, {"input_id", "value", "upsert"}, "TeamCaseFieldInput") for each in _values(asked)]
        touched = {whole_number(each.get("input_id"), "input_id") for each in values}
        changed = [(case, self._with_all(case, values)) for case in self._cases(asked)]
        rules = self._desk.rules
        for case, after in changed:
            rules.amend(case, rules.tenant.key_user, fields=after.fields)
        shapes = Shapes(self._desk.tenant, call.origin)
        shown = [{"case_id": after.id, "fields": _written(shapes, after, touched)} for _, after in changed]
        return Reply.json(self._switches.bulk_fields_status, {"cases": shown})

    def _cases(self, asked: Mapping[str, Any]) -> list[StoredCase]:
        ids = limited(numbers(asked.get("case_ids"), "case_ids"), "case_ids", self._switches.bulk_fields_max)
        there = self._desk.tenant.cases
        if not ids or (self._switches.bulk_fields_unknown_case == "refuse" and not set(ids) <= set(there)):
            raise Invalid("case_ids must name cases that exist")
        return [find_case(self._desk.tenant, str(id)) for id in dict.fromkeys(ids) if id in there]

    def _with_all(self, case: StoredCase, values: list[dict[str, Any]]) -> StoredCase:
        drafts = Drafts(self._desk.tenant, case.team_id)
        for each in values:
            _, after = with_field(drafts, case, each)
            if truth(each.get("upsert", False)) or len(after.fields) == len(case.fields):
                case = after
        return case


def _values(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not asked.get("fields"):
        raise Invalid("fields must not be empty")
    return objects(asked["fields"], "fields", _MOST_FIELDS)


def _written(shapes: Shapes, case: StoredCase, touched: set[int]) -> list[dict[str, Any]]:
    return [shapes.field(value, ("id", "name")) for value in case.fields if value.input_id in touched]


def _answer(status: int, visit: Visit, value: FieldValue) -> Reply:
    return visit.answer(status, field=visit.shapes.field(value, _SHOWN))
