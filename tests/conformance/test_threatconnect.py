"""ThreatConnect keeps the promises, under every setting of what nobody knows about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest

from reconciler.model.result import Status
from reconciler.providers.emulation import Call, Outcome, utc_now
from reconciler.providers.threatconnect import ThreatConnect
from reconciler.providers.threatconnect.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    SWITCH_SETTINGS,
    ThreatConnectEmulator,
)
from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.harness import Harness
from reconciler.testing.samples import DROPPED, Edit, OutsideEdit, Respelling, Sample, SharedSet, Write

SECONDS_A_REQUEST: Final = 0.7
"""Three requests outlast the lag of a list, and hundreds the validity of a signature do not."""

CASE: Final = "/api/v3/cases/{id}"


def put(**body: object) -> Write:
    return ("PUT", CASE, body)


def mode(how: str, *elements: object) -> dict[str, Any]:
    return {"data": list(elements), "mode": how}


def names(how: str, *tags: str) -> dict[str, Any]:
    return mode(how, *({"name": tag} for tag in tags))


def child(tenant: Any, id: int, kind: str, text: str = "") -> int:
    """Return the id of the first thing of a kind in a case that says the text."""
    found = tenant.case(id)[kind]["data"]
    return next(int(item["id"]) for item in found if text in str(item))


ATTRIBUTES: Final = {
    "rate": {"type": "Phishing Open Rate", "value": "30"},
    "ticket": {"type": "Ticket", "value": "INC-1", "source": "desk"},
}
TASKS: Final = {
    "call": {"name": "Call user", "status": "Open"},
    "write": {"name": "Write up", "workflow_phase": 1},
}

FULL: Final = Sample(
    name="full",
    declared={
        "name": "Phishing wave, November",
        "description": "Staff were asked to re-confirm their bank details → 3 clicked.",
        "status": "Open",
        "severity": "High",
        "resolution": "In Progress / Investigating",
        "assignee": {"user": "jane@acme.example"},
        "case_detection_time": "2026-11-02T08:15:00Z",
        "case_occurrence_time": "2026-11-01T20:00:00Z",
        "tags": ["lure", "q4"],
        "attributes": ATTRIBUTES,
        "associated_indicators": ["9001"],
        "associated_groups": ["8001", {"type": "Adversary", "name": "Extreme Bad Guy"}],
        "artifacts": {"host": {"type": "Host", "summary": "badguy.com", "source": "mail"}},
        "notes": {"first": {"text": "first look"}, "second": {"text": "second look"}},
        "tasks": TASKS,
    },
    secret="description",
    edits=(
        Edit(
            name="a new name",
            to={"name": "Phishing"},
            writes=(put(name="Phishing"),),
            rival=lambda tenant, id: tenant.edit(id, name="Theirs"),
        ),
        Edit(name="no text", to={"description": None}, writes=(put(description=""),)),
        Edit(
            name="resolved and closed",
            to={"status": "closed", "resolution": "False Positive"},
            writes=(put(resolution="False Positive", status="Closed"),),
        ),
        Edit(
            name="given to a group",
            to={"assignee": {"group": "SOC Team"}},
            writes=(put(assignee={"type": "Group", "data": {"name": "SOC Team"}}),),
        ),
        Edit(name="given to nobody", to={"assignee": None}, writes=(put(assignee={"type": "None"}),)),
        Edit(
            name="another time",
            to={"case_detection_time": "2026-11-02T09:15:00+02:00"},
            writes=(put(caseDetectionTime="2026-11-02T07:15:00Z"),),
        ),
        Edit(
            name="a note changes",
            to={"notes": {"first": {"text": "first look, again"}, "second": {"text": "second look"}}},
            writes=(("PUT", "/api/v3/notes/{notes.first}", {"text": "first look, again"}),),
            rival=lambda tenant, id: tenant.edit_note(child(tenant, id, "notes", "first look"), "theirs"),
        ),
        Edit(
            name="a note comes and one goes",
            to={"notes": {"first": {"text": "first look"}, "third": {"text": "third look"}}},
            writes=(
                ("DELETE", "/api/v3/notes/{notes.second}", None),
                ("POST", "/api/v3/notes", {"caseId": "{id:n}", "text": "third look"}),
            ),
        ),
        Edit(
            name="no notes",
            to={"notes": DROPPED},
            writes=(
                ("DELETE", "/api/v3/notes/{notes.first}", None),
                ("DELETE", "/api/v3/notes/{notes.second}", None),
            ),
        ),
        Edit(
            name="a task is done",
            to={"tasks": {**TASKS, "call": {"name": "Call user", "status": "Closed"}}},
            writes=(("PUT", "/api/v3/tasks/{tasks.call}", {"status": "Closed"}),),
        ),
        Edit(
            name="an artifact is found elsewhere",
            to={"artifacts": {"host": {"type": "Host", "summary": "badguy.com", "source": "proxy"}}},
            writes=(("PUT", "/api/v3/artifacts/{artifacts.host}", {"source": "proxy"}),),
        ),
        Edit(
            name="an attribute has another value",
            to={"attributes": {**ATTRIBUTES, "rate": {"type": "Phishing Open Rate", "value": "75"}}},
            writes=(("PUT", "/api/v3/caseAttributes/{attributes.rate}", {"value": "75"}),),
        ),
        Edit(
            name="an attribute comes",
            to={"attributes": {**ATTRIBUTES, "chain": {"type": "Kill Chain", "value": "Recon"}}},
            writes=(put(attributes=mode("append", {"type": "Kill Chain", "value": "Recon"})),),
        ),
        Edit(
            name="an attribute goes",
            to={"attributes": {"ticket": ATTRIBUTES["ticket"]}},
            writes=(put(attributes=mode("delete", {"id": "{attributes.rate:n}"})),),
        ),
        Edit(
            name="an attribute at its most is replaced",
            to={
                "attributes": {
                    "ticket": ATTRIBUTES["ticket"],
                    "clicks": {"type": "Phishing Open Rate", "value": "9"},
                }
            },
            writes=(
                put(attributes=mode("delete", {"id": "{attributes.rate:n}"})),
                put(attributes=mode("append", {"type": "Phishing Open Rate", "value": "9"})),
            ),
        ),
        Edit(
            name="groups change",
            to={"associated_groups": ["8002", {"type": "Adversary", "name": "Extreme Bad Guy"}]},
            writes=(
                put(
                    associatedGroups=mode(
                        "replace", {"id": 8002}, {"id": "{associated_groups.Adversary: Extreme Bad Guy:n}"}
                    )
                ),
            ),
        ),
        Edit(
            name="an indicator less",
            to={"associated_indicators": []},
            writes=(put(associatedIndicators=mode("delete", {"id": 9001})),),
        ),
        Edit(
            name="indicators by what they are",
            to={"associated_indicators": ["9001", {"type": "Host", "summary": "new.example"}]},
            writes=(put(associatedIndicators=mode("append", {"type": "Host", "hostName": "new.example"})),),
        ),
        Edit(
            name="everything at once",
            to={
                "severity": "Low",
                "associated_indicators": ["9001", "9002"],
                "associated_groups": ["8001"],
                "attributes": {**ATTRIBUTES, "chain": {"type": "Kill Chain", "value": "Recon"}},
            },
            writes=(
                put(
                    severity="Low",
                    associatedGroups=mode("delete", {"id": "{associated_groups.Adversary: Extreme Bad Guy:n}"}),
                    associatedIndicators=mode("append", {"id": 9002}),
                    attributes=mode("append", {"type": "Kill Chain", "value": "Recon"}),
                ),
            ),
            rival=lambda tenant, id: tenant.edit(id, severity="Critical"),
        ),
    ),
    outside=(
        OutsideEdit(
            name="severity",
            act=lambda tenant, id: tenant.edit(id, severity="Low"),
            paths=(("severity",),),
            writes=(put(severity="High"),),
        ),
        OutsideEdit(
            name="a note is changed",
            act=lambda tenant, id: tenant.edit_note(child(tenant, id, "notes", "first look"), "changed"),
            paths=(("notes", "first", "text"),),
            writes=(("PUT", "/api/v3/notes/{notes.first}", {"text": "first look"}),),
        ),
        OutsideEdit(
            name="a note is gone",
            act=lambda tenant, id: tenant.remove_note(child(tenant, id, "notes", "second look")),
            paths=(("notes", "second"),),
            writes=(("POST", "/api/v3/notes", {"caseId": "{id:n}", "text": "second look"}),),
        ),
        OutsideEdit(
            name="an attribute is changed",
            act=lambda tenant, id: tenant.edit_attribute(child(tenant, id, "attributes", "Open Rate"), "99"),
            paths=(("attributes", "rate", "value"),),
            writes=(("PUT", "/api/v3/caseAttributes/{attributes.rate}", {"value": "30"}),),
        ),
        OutsideEdit(
            name="the group is unlinked",
            act=lambda tenant, id: tenant.unlink_group(id, child(tenant, id, "associatedGroups", "Extreme")),
            paths=(("associated_groups",),),
            writes=(
                put(associatedGroups=mode("append", {"id": "{associated_groups.Adversary: Extreme Bad Guy:n}"})),
            ),
        ),
    ),
    respelled=(
        Respelling(name="letter case of enums", to={"severity": "HIGH", "status": "open"}),
        Respelling(name="another time zone", to={"case_detection_time": "2026-11-02T10:15:00.000+02:00"}),
        Respelling(name="letter case of tags", to={"tags": ["Q4", "Lure"]}),
        Respelling(name="nothing in two ways", given={"description": ""}, to={"description": None}),
    ),
    shared=SharedSet(
        attribute="associated_indicators",
        first=("9001",),
        then=("9002",),
        joined=lambda tenant, id: tenant.link_indicator(id, 9003),
        theirs="9003",
        writes=(
            put(associatedIndicators=mode("append", {"id": 9002})),
            put(associatedIndicators=mode("delete", {"id": 9001})),
        ),
    ),
)

TAGGED: Final = Sample(
    name="tagged",
    declared={"name": "Travel", "status": "Open", "severity": "Low", "tags": ["a", "b", "c"]},
    edits=(
        Edit(
            name="a tag comes",
            to={"tags": ["a", "b", "c", "q4"]},
            writes=(put(tags=names("append", "q4")),),
            rival=lambda tenant, id: tenant.remove_tag(id, "a"),
        ),
        Edit(name="a tag goes", to={"tags": ["a", "b"]}, writes=(put(tags=names("delete", "c")),)),
        Edit(
            name="a tag for another",
            to={"tags": ["a", "b", "q4"]},
            writes=(put(tags=names("replace", "a", "b", "q4")),),
        ),
        Edit(name="tags left to others", to={"tags": DROPPED}, writes=()),
    ),
    outside=(
        OutsideEdit(
            name="a tag is added",
            act=lambda tenant, id: tenant.add_tag(id, "seen"),
            paths=(("tags",),),
            writes=(put(tags=names("delete", "seen")),),
        ),
    ),
    shared=SharedSet(
        attribute="tags",
        first=("phishing-x", "q4"),
        then=("q4", "vip"),
        joined=lambda tenant, id: tenant.add_tag(id, "seen"),
        theirs="seen",
        writes=(put(tags=names("append", "vip")), put(tags=names("delete", "phishing-x"))),
    ),
)

BARE: Final = Sample(
    name="bare",
    declared={"name": "Impossible travel", "status": "Open", "severity": "Low"},
    furnished=lambda tenant, id: (
        tenant.edit(id, description="Theirs.", resolution="Escalated"),
        tenant.add_tag(id, "theirs"),
        tenant.add_note(id, "theirs"),
        tenant.add_task(id, "Theirs"),
        tenant.add_attribute(id, "Ticket", "THEIRS"),
        tenant.link_group(id, 8002),
    ),
    edits=(
        Edit(
            name="a new name",
            to={"name": "Travel"},
            writes=(put(name="Travel"),),
            touches=frozenset({"name"}),
        ),
        Edit(
            name="a first note",
            to={"notes": {"ours": {"text": "theirs"}}},
            writes=(("POST", "/api/v3/notes", {"caseId": "{id:n}", "text": "theirs"}),),
            touches=frozenset({"notes"}),
        ),
    ),
)

RENAMED: Final = Sample(
    name="renamed",
    declared={
        "name": "Renamed",
        "status": "Open",
        "severity": "Low",
        "tags": ["T1566", "q4"],
    },
)


class Instance(ThreatConnectEmulator):
    """An instance with a third indicator, whose cases are shown without what moves with the tags of others."""

    def __init__(self, **more: Any) -> None:
        self._answers = 0
        super().__init__(clock=self._hasty_clock, **more)
        self.add_indicator("Address", "10.0.0.3")

    def _hasty_clock(self) -> datetime:
        """Tell a time that runs with the requests, since nobody here waits: lists must catch up with them."""
        return utc_now() + timedelta(seconds=self._answers * SECONDS_A_REQUEST)

    def answer(self, call: Call) -> Outcome:
        """Answer a call, which takes its time."""
        self._answers += 1
        return super().answer(call)

    def case(self, case_id: int) -> dict[str, Any]:
        """Show all of a case, but not when its tags were last used anywhere."""
        shown = super().case(case_id)
        for tag in shown["tags"]["data"]:
            tag.pop("lastUsed", None)
        return shown


SETTINGS: Final = {
    "type": "threatconnect",
    "url": "https://acme.threatconnect.com",
    "access_id": "${env.TC_ACCESS_ID}",
    "secret_key": "${env.TC_SECRET_KEY}",
}
ENV: Final = {"TC_ACCESS_ID": DEFAULT_ACCESS_ID, "TC_SECRET_KEY": DEFAULT_SECRET_KEY}
MOVING: Final = frozenset({"lastUpdated", "workflowEvents"})

WITHOUT_MODES: Final = "tags_mode_ignored=True"
"""A server that knows no modes for tags needs a second request where it was asked to append or delete."""


class TestThreatConnect(ProviderConformance):
    provider = ThreatConnect
    emulator = Instance
    switches = {  # noqa: RUF012 (the suite's own form)
        name: switches for name, switches in SWITCH_SETTINGS.items() if name != WITHOUT_MODES
    }
    settings = SETTINGS
    env = ENV
    samples = (FULL, TAGGED, BARE, RENAMED)
    beyond_a_page = 101
    moving = MOVING


class TestServerWithoutModes(ProviderConformance):
    """A server before 6.5: whatever is said of tags replaces them all."""

    provider = ThreatConnect
    emulator = partial(Instance, switches=SWITCH_SETTINGS[WITHOUT_MODES])
    settings = SETTINGS
    env = ENV
    samples = (FULL, replace(TAGGED, edits=TAGGED.edits[2:], outside=(), shared=None), BARE, RENAMED)
    beyond_a_page = 101
    moving = MOVING

    @pytest.mark.parametrize(
        ("tags", "sent"),
        [
            (["a", "b", "c", "q4"], names("append", "q4")),
            (["a", "b"], names("delete", "c")),
        ],
        ids=["one comes", "one goes"],
    )
    def test_tags_that_were_replaced_are_sent_whole_and_it_is_said(
        self, harness: Harness, tags: list[str], sent: dict[str, Any]
    ) -> None:
        """The server is asked for a part, does it to the whole, and is then told the whole."""
        harness.declare(one=TAGGED.declared)
        harness.apply()
        harness.forget_requests()
        harness.declare(one={**TAGGED.declared, "tags": tags})

        result = harness.apply()

        path = CASE.replace("{id}", harness.id_of("one"))
        assert harness.writes == [
            ("PUT", path, {"tags": sent}),
            ("PUT", path, {"tags": names("replace", *tags)}),
        ]
        (outcome,) = result.outcomes
        (warning,) = outcome.warnings
        assert "the whole set was sent" in warning
        assert harness.live == harness.desired
        assert harness.plan().is_empty

    def test_tags_that_cannot_be_emptied_are_an_error_and_stay_recorded(self, harness: Harness) -> None:
        """An empty set cannot be said to such a server: it is no success, and the next plan says so again."""
        harness.declare(one=TAGGED.declared)
        harness.apply()
        harness.declare(one={**TAGGED.declared, "tags": []})

        result = harness.apply(complete=False)

        (outcome,) = result.outcomes
        assert outcome.status is Status.FAILED
        assert "tags still has a, b, c" in (outcome.message or "")
        assert not harness.plan().is_empty

    def test_what_others_put_there_comes_back_before_anything_else_is_taken_away(self, harness: Harness) -> None:
        """Of a shared set the first request tells what the server does; the second is not sent any more."""
        shared = {**TAGGED.declared, "ownership": {"tags": "shared"}}
        harness.declare(one=shared)
        harness.apply()
        id = harness.id_of("one")
        harness.emulator.add_tag(int(id), "theirs")  # type: ignore[attr-defined] # people of this system
        harness.forget_requests()
        harness.declare(one={**shared, "tags": ["a", "b", "q4"]})

        (outcome,) = harness.apply().outcomes

        path = CASE.replace("{id}", id)
        assert harness.writes == [
            ("PUT", path, {"tags": names("append", "q4")}),
            ("PUT", path, {"tags": names("replace", "a", "b", "q4", "theirs")}),
        ]
        assert len(outcome.warnings) == 1
        assert harness.plan().is_empty
        assert not harness.drift().drift
