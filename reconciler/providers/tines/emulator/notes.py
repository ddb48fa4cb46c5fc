"""The emulated notes of a case: bare, beside the case's id."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import pick, swapped, without
from reconciler.providers.tines.emulator.params import Invalid, known, text
from reconciler.providers.tines.emulator.things import Note

_NOTES = "/api/v2/cases/{case_id}/notes"


class NoteRoutes:
    """`/notes` of a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._most = desk.tenant.switches.notes_max

    @route("GET", _NOTES)
    def notes(self, call: Call, case_id: str) -> Reply:
        """List the notes."""
        visit = self._desk.visit(call, case_id)
        return visit.page("notes", visit.case.notes, visit.shapes.note)

    @route("POST", _NOTES)
    def create(self, call: Call, case_id: str) -> Reply:
        """Make a note: 201; a case holds only so many."""
        visit = self._desk.visit(call, case_id)
        if self._most is not None and len(visit.case.notes) >= self._most:
            raise Invalid(f"A case has at most {self._most} notes")
        note = visit.drafts.note(visit.asked, visit.actor)
        visit.amend(notes=(*visit.case.notes, note))
        return _answer(HTTPStatus.CREATED, visit, note)

    @route("GET", _NOTES + "/{note_id}")
    def get(self, call: Call, case_id: str, note_id: str) -> Reply:
        """Show a note."""
        visit = self._desk.visit(call, case_id)
        return _answer(HTTPStatus.OK, visit, pick(visit.case.notes, note_id, "note"))

    @route("PUT", _NOTES + "/{note_id}")
    def update(self, call: Call, case_id: str, note_id: str) -> Reply:
        """Change what is given."""
        visit = self._desk.visit(call, case_id)
        found = pick(visit.case.notes, note_id, "note")
        return _put(visit, visit.drafts.changed_note(found, visit.asked, visit.actor), HTTPStatus.OK)

    @route("POST", _NOTES + "/{note_id}/content")
    def append(self, call: Call, case_id: str, note_id: str) -> Reply:
        """Put more text after what the note says: 201."""
        visit = self._desk.visit(call, case_id)
        body = known(visit.asked, {"content", "author_email"}, "TeamCaseNoteInput")
        found, more = pick(visit.case.notes, note_id, "note"), text(body.get("content"), "content")
        note = replace(found, content=found.content + more, updated_at=self._desk.tenant.now())
        return _put(visit, note, HTTPStatus.CREATED)

    @route("DELETE", _NOTES + "/{note_id}")
    def delete(self, call: Call, case_id: str, note_id: str) -> Reply:
        """Delete a note: 204."""
        visit = self._desk.visit(call, case_id)
        visit.amend(notes=without(visit.case.notes, pick(visit.case.notes, note_id, "note")))
        return DELETED


def _put(visit: Visit, note: Note, status: int) -> Reply:
    visit.amend(notes=swapped(visit.case.notes, note))
    return _answer(status, visit, note)


def _answer(status: int, visit: Visit, note: Note) -> Reply:
    shown: dict[str, Any] = visit.shapes.note(note)
    return visit.answer(status, **shown)
