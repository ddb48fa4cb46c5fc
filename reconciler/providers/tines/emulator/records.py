"""The emulated records of a case: linked and unlinked; a record itself is the tenant's."""

from __future__ import annotations

from http import HTTPStatus

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.pages import page_of
from reconciler.providers.tines.emulator.params import Invalid, known, whole_number
from reconciler.providers.tines.emulator.sets import record_ids

_RECORDS = "/api/v2/cases/{case_id}/records"


class RecordRoutes:
    """`/records` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenant = desk.tenant

    @route("GET", _RECORDS)
    def records(self, call: Call, case_id: str) -> Reply:
        """List the records, in groups or flat; pages count records either way."""
        visit = self._desk.visit(call, case_id)
        found, meta = page_of(call, visit.case.records, asked=visit.asked, switches=self._tenant.switches)
        return visit.answer(HTTPStatus.OK, records=visit.shapes.records(found), meta=meta)

    @route("POST", _RECORDS)
    def link(self, call: Call, case_id: str) -> Reply:
        """Link a record: 201."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"record_id"}, "TeamCaseRecordInput")
        (record_id,) = record_ids(self._tenant, [body.get("record_id")])
        if record_id not in visit.case.records:
            visit.amend(records=(*visit.case.records, record_id))
        elif self._tenant.switches.record_repeated == "refuse":
            raise Invalid(f"Record {record_id} is already linked")
        return visit.answer(HTTPStatus.CREATED, record=visit.shapes.record(record_id))

    @route("GET", _RECORDS + "/{record_id}")
    def get(self, call: Call, case_id: str, record_id: str) -> Reply:
        """Show a linked record."""
        visit = self._desk.visit(call, case_id)
        return visit.answer(HTTPStatus.OK, record=visit.shapes.record(_linked(visit, record_id)))

    @route("DELETE", _RECORDS + "/{record_id}")
    def unlink(self, call: Call, case_id: str, record_id: str) -> Reply:
        """Unlink a record, which lives on: 204."""
        visit = self._desk.visit(call, case_id)
        gone = _linked(visit, record_id)
        visit.amend(records=tuple(each for each in visit.case.records if each != gone))
        return DELETED


def _linked(visit: Visit, record_id: str) -> int:
    number = whole_number(record_id, "record_id")
    if number not in visit.case.records:
        raise Refused(HTTPStatus.NOT_FOUND, f"Couldn't find record {record_id}")
    return number
