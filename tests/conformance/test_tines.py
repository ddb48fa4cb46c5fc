"""Tines keeps the promises, under every setting of what nobody knows about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.model.record import Record
from reconciler.model.result import Status
from reconciler.providers.tines import Tines
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, SWITCH_SETTINGS, TinesEmulator
from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.harness import Harness
from reconciler.testing.samples import DROPPED, Edit, OutsideEdit, Respelling, Sample, SharedSet, Write

CASE: Final = "/api/v2/cases/{id}"
METADATA: Final = "/api/v2/cases/{id}/metadata"
INPUTS: Final = {
    key: TinesEmulator().case_input_id(2, key)
    for key in ("operating_system", "affected_hosts", "ticket", "impact_score")
}
IN_PROGRESS: Final = TinesEmulator().sub_status_id(2, "In progress")
HUNTING_IN_PROGRESS: Final = TinesEmulator().sub_status_id(3, "In progress")

DESCRIPTION: Final = "## What we know\n\nStaff were asked to *re-confirm* their bank details → 3 clicked.\n"


def put(**body: object) -> Write:
    return ("PUT", CASE, body)


def metadata(method: str, **pairs: str) -> Write:
    return (method, METADATA, {"metadata": pairs})


def forget(*keys: str) -> Write:
    return ("DELETE", METADATA, {"metadata": list(keys)})


def post(path: str, **body: object) -> Write:
    return ("POST", f"{CASE}/{path}", body)


def change(path: str, **body: object) -> Write:
    return ("PUT", f"{CASE}/{path}", body)


def remove(path: str) -> Write:
    return ("DELETE", f"{CASE}/{path}", None)


def fields(**values: str) -> Write:
    sent = [{"input_id": INPUTS[key], "value": value, "upsert": True} for key, value in values.items()]
    return ("POST", "/api/v2/cases/bulk/fields", {"case_ids": ["{id:n}"], "fields": sent})


def child(tenant: Any, id: int, kind: str, text: str) -> int:
    """Return the id of the first thing of a kind in a case that says the text."""
    return next(int(item["id"]) for item in tenant.case(id)[kind] if text in str(item))


def button(label: str, url: str, kind: str = "webhook", **more: str) -> dict[str, str]:
    return {"url": url, "label": label, "action_type": kind, "action_text": "", **more}


FULL: Final = Sample(
    name="full",
    declared={
        "name": "Phishing wave, November",
        "description": DESCRIPTION,
        "priority": "high",
        "status": "open",
        "opened_at": "2026-11-02T08:15:00Z",
        "assignees": ["jane@acme.example", "omar@acme.example"],
        "tags": ["phishing", "q4"],
        "metadata": {"runbook": "RB-17", "region": "emea"},
    },
    secret="description",
    edits=(
        Edit(name="a new name", to={"name": "Phishing wave"}, writes=(put(name="Phishing wave"),)),
        Edit(name="a new text", to={"description": "Closed."}, writes=(put(description="Closed."),)),
        Edit(name="no text", to={"description": None}, writes=(put(description=""),)),
        Edit(
            name="another priority",
            to={"priority": "critical"},
            writes=(put(priority="critical"),),
            rival=lambda tenant, id: tenant.edit(id, priority="LOW"),
        ),
        Edit(name="closed", to={"status": "closed"}, writes=(put(status="closed"),)),
        Edit(
            name="a sub-status",
            to={"sub_status": "In progress"},
            writes=(put(sub_status_id=IN_PROGRESS),),
        ),
        Edit(
            name="a sub-status of another team",
            given={"assignees": ["lin@acme.example"], "sub_status": "In progress"},
            to={"team_id": 3},
            writes=(put(team_id=3), put(sub_status_id=HUNTING_IN_PROGRESS)),
        ),
        Edit(
            name="another team",
            given={"assignees": ["lin@acme.example"]},
            to={"team_id": 3},
            writes=(put(team_id=3),),
        ),
        Edit(
            name="another opening time",
            to={"opened_at": "2026-11-02T09:15:00+02:00"},
            writes=(put(opened_at="2026-11-02T07:15:00Z"),),
        ),
        Edit(
            name="a time of resolution",
            to={"resolved_at": "2026-11-05T12:00:00Z"},
            writes=(put(resolved_at="2026-11-05T12:00:00Z"),),
        ),
        Edit(
            name="a tag comes",
            to={"tags": ["phishing", "q4", "vip"]},
            writes=(put(add_tag_names=["vip"]),),
            rival=lambda tenant, id: tenant.edit(id, tags=["phishing"]),
        ),
        Edit(name="a tag goes", to={"tags": ["q4"]}, writes=(put(remove_tag_names=["phishing"]),)),
        Edit(
            name="a tag for another",
            to={"tags": ["q4", "vip"]},
            writes=(put(add_tag_names=["vip"], remove_tag_names=["phishing"]),),
        ),
        Edit(name="no tags", to={"tags": []}, writes=(put(remove_tag_names=["phishing", "q4"]),)),
        Edit(name="tags left to others", to={"tags": DROPPED}, writes=()),
        Edit(
            name="an assignee for another",
            to={"assignees": ["lin@acme.example", "omar@acme.example"]},
            writes=(put(add_assignee_emails=["lin@acme.example"], remove_assignee_emails=["jane@acme.example"]),),
        ),
        Edit(
            name="no assignees",
            to={"assignees": []},
            writes=(put(remove_assignee_emails=["jane@acme.example", "omar@acme.example"]),),
        ),
        Edit(
            name="a new key",
            to={"metadata": {"runbook": "RB-17", "region": "emea", "ticket": "4711"}},
            writes=(metadata("POST", ticket="4711"),),
            rival=lambda tenant, id: tenant.edit(id, metadata={"ticket": "0815"}),
        ),
        Edit(
            name="another value",
            to={"metadata": {"runbook": "RB-18", "region": "emea"}},
            writes=(metadata("PUT", runbook="RB-18"),),
        ),
        Edit(
            name="another value and a new key",
            to={"metadata": {"runbook": "RB-18", "region": "emea", "ticket": "4711"}},
            writes=(metadata("PUT", runbook="RB-18", ticket="4711"),),
        ),
        Edit(name="a key less", to={"metadata": {"runbook": "RB-17"}}, writes=(forget("region"),)),
        Edit(
            name="a key that must not be there",
            to={"metadata": {"runbook": "RB-17", "region": None}},
            writes=(forget("region"),),
        ),
        Edit(name="no metadata", to={"metadata": DROPPED}, writes=(forget("region", "runbook"),)),
        Edit(
            name="everything at once",
            to={
                "name": "Phishing wave",
                "priority": "low",
                "tags": ["q4", "vip"],
                "assignees": ["omar@acme.example"],
                "metadata": {"runbook": "RB-18", "ticket": "4711"},
            },
            writes=(
                metadata("PUT", runbook="RB-18", ticket="4711"),
                put(
                    name="Phishing wave",
                    priority="low",
                    remove_assignee_emails=["jane@acme.example"],
                    add_tag_names=["vip"],
                    remove_tag_names=["phishing"],
                ),
                forget("region"),
            ),
            rival=lambda tenant, id: tenant.edit(id, name="Nothing to see here"),
        ),
    ),
    outside=(
        OutsideEdit(
            name="priority",
            act=lambda tenant, id: tenant.edit(id, priority="LOW"),
            paths=(("priority",),),
            writes=(put(priority="high"),),
        ),
        OutsideEdit(
            name="tags",
            act=lambda tenant, id: tenant.edit(id, tags=["q4", "seen"]),
            paths=(("tags",),),
            writes=(put(add_tag_names=["phishing"], remove_tag_names=["seen"]),),
        ),
        OutsideEdit(
            name="closed",
            act=lambda tenant, id: tenant.edit(id, status="CLOSED"),
            paths=(("status",),),
            writes=(put(status="open"),),
        ),
        OutsideEdit(
            name="metadata",
            act=lambda tenant, id: tenant.edit(
                id,
                metadata={k: v for k, v in tenant.case(id)["metadata"].items() if k != "region"}
                | {"runbook": "x"},
            ),
            paths=(("metadata", "region"), ("metadata", "runbook")),
            writes=(metadata("PUT", region="emea", runbook="RB-17"),),
        ),
    ),
    respelled=(
        Respelling(name="letter case of enums", to={"priority": "HIGH", "status": "Open"}),
        Respelling(name="another time zone", to={"opened_at": "2026-11-02T10:15:00.000+02:00"}),
        Respelling(name="letter case of addresses", to={"assignees": ["Jane@Acme.Example", "omar@acme.example"]}),
        Respelling(name="nothing in two ways", given={"description": ""}, to={"description": None}),
        Respelling(name="metadata in another order", to={"metadata": {"region": "emea", "runbook": "RB-17"}}),
    ),
    shared=SharedSet(
        attribute="tags",
        first=("phishing", "q4"),
        then=("q4", "vip"),
        joined=lambda tenant, id: tenant.edit(
            id, tags=[tag["name"] for tag in tenant.case(id)["tags"]] + ["seen"]
        ),
        theirs="seen",
        writes=(put(add_tag_names=["vip"], remove_tag_names=["phishing"]),),
    ),
)

BARE: Final = Sample(
    name="bare",
    declared={"name": "Impossible travel"},
    furnished=lambda tenant, id: tenant.edit(
        id,
        description="Ours.",
        priority="CRITICAL",
        sub_status="In progress",
        opened_at="2026-01-01T00:00:00Z",
        tags=["theirs"],
        assignees=["lin@acme.example"],
        metadata={**tenant.case(id)["metadata"], "theirs": "1"},
    ),
    edits=(
        Edit(
            name="a new name",
            to={"name": "Travel"},
            writes=(put(name="Travel"),),
            touches=frozenset({"name"}),
        ),
        Edit(
            name="a first key",
            to={"metadata": {"ours": "1"}},
            writes=(metadata("POST", ours="1"),),
            touches=frozenset({"metadata"}),
        ),
    ),
)

ACTIONS: Final[dict[str, Any]] = {
    "claim": {"label": "Claim", "url": "https://acme.tines.com/webhook/claim", "type": "webhook"},
    "wiki": {"label": "Runbook", "url": "https://acme.tines.com/pages/rb-17", "type": "page", "text": "Open"},
}
CLAIM: Final = button("Claim", "https://acme.tines.com/webhook/claim")
WIKI: Final = button("Runbook", "https://acme.tines.com/pages/rb-17", "page", action_text="Open")
TASKS: Final[dict[str, Any]] = {
    "call": {"description": "Call the user", "assignees": ["jane@acme.example"]},
    "block": {"description": "Block the sender", "completed": True},
    "write": {"description": "Write it up", "completed": False},
}
NOTES: Final[dict[str, Any]] = {
    "first": {"title": "First look", "content": "Mail from **nobody**.", "color": "gold"},
    "second": {"title": "Second look"},
}
ASSIGNED: Final = {"name": "somebody has it", "formula": "=SIZE(team_case.assignees) > 0"}
TAGGED: Final = {"name": "it is tagged", "formula": "=SIZE(team_case.tags) > 0"}
FIELDS: Final = {"operating_system": "Linux", "Affected hosts": ["db-7", "db-8"], "ticket": "SOC-12"}

PARTS: Final = Sample(
    name="parts",
    declared={
        "name": "Credential stuffing",
        "priority": "low",
        "assignees": ["jane@acme.example"],
        "metadata": {"runbook": "RB-17", "region": "emea"},
        "fields": FIELDS,
        "subscribers": ["jane@acme.example", "lin@acme.example"],
        "records": ["7001"],
        "actions": ACTIONS,
        "tasks": TASKS,
        "notes": NOTES,
        "closure_conditions": [ASSIGNED],
    },
    edits=(
        Edit(
            name="a field has another value",
            to={"fields": {**FIELDS, "ticket": "SOC-13"}},
            writes=(fields(ticket="SOC-13"),),
            rival=lambda tenant, id: tenant.edit_field(id, "ticket", "SOC-99"),
        ),
        Edit(
            name="three fields change",
            to={"fields": {"operating_system": "macOS", "Affected hosts": ["db-9", "db-7"], "Ticket": "SOC-13"}},
            writes=(fields(affected_hosts="db-7|db-9", ticket="SOC-13", operating_system="macOS"),),
        ),
        Edit(
            name="fields come and go",
            to={"fields": {"operating_system": "Linux", "Impact score": 7, "ticket": None}},
            writes=(
                fields(impact_score="7"),
                remove("fields/{fields.affected_hosts}"),
                remove("fields/{fields.ticket}"),
            ),
        ),
        Edit(
            name="a subscriber more",
            to={"subscribers": ["jane@acme.example", "lin@acme.example", "omar@acme.example"]},
            writes=(post("subscribers", user_email="omar@acme.example"),),
        ),
        Edit(
            name="no subscribers of ours",
            to={"subscribers": []},
            writes=(
                remove("subscribers/{subscribers.jane@acme.example}"),
                remove("subscribers/{subscribers.lin@acme.example}"),
            ),
        ),
        Edit(
            name="records come",
            to={"records": [7001, 7003, 7002]},
            writes=(post("records", record_id=7002), post("records", record_id=7003)),
            rival=lambda tenant, id: tenant.remove_record(id, 7001),
        ),
        Edit(name="a record goes", to={"records": []}, writes=(remove("records/7001"),)),
        Edit(
            name="a button changes",
            to={"actions": {**ACTIONS, "claim": {**ACTIONS["claim"], "label": "Take it"}}},
            writes=(change("actions/{actions.claim}", label="Take it"),),
            rival=lambda tenant, id: tenant.edit_action(child(tenant, id, "actions", "Claim"), label="Theirs"),
        ),
        Edit(
            name="a button goes",
            to={"actions": {"wiki": ACTIONS["wiki"]}},
            writes=(remove("actions/{actions.claim}"),),
        ),
        Edit(
            name="two buttons change",
            to={
                "actions": {
                    "claim": {**ACTIONS["claim"], "label": "Take it"},
                    "wiki": {**ACTIONS["wiki"], "label": "Wiki"},
                }
            },
            writes=(change("actions/batch", actions=[{**CLAIM, "label": "Take it"}, {**WIKI, "label": "Wiki"}]),),
        ),
        Edit(
            name="a button for another",
            to={
                "actions": {
                    "claim": ACTIONS["claim"],
                    "more": {"label": "More", "url": "https://acme.example", "type": "page"},
                }
            },
            writes=(
                change(
                    "actions/batch",
                    actions=[
                        CLAIM,
                        {"label": "More", "url": "https://acme.example", "action_type": "page"},
                    ],
                ),
            ),
        ),
        Edit(
            name="no buttons",
            to={"actions": DROPPED},
            writes=(remove("actions/{actions.claim}"), remove("actions/{actions.wiki}")),
        ),
        Edit(
            name="a task is done and one is not",
            to={
                "tasks": {
                    "call": {**TASKS["call"], "completed": True},
                    "block": {**TASKS["block"], "completed": False},
                    "write": TASKS["write"],
                }
            },
            writes=(
                change("tasks/{tasks.block}", completed=False),
                change("tasks/{tasks.call}", completed=True),
            ),
        ),
        Edit(
            name="a task for others",
            to={"tasks": {**TASKS, "call": {**TASKS["call"], "assignees": ["omar@acme.example"]}}},
            writes=(change("tasks/{tasks.call}", assignee_emails=["omar@acme.example"]),),
            rival=lambda tenant, id: tenant.edit_task(
                child(tenant, id, "tasks", "Call"), assignee_emails=["lin@acme.example"]
            ),
        ),
        Edit(
            name="five tasks come",
            to={"tasks": {**TASKS, **{f"task-{n}": {"description": f"Step {n}"} for n in range(5)}}},
            writes=(post("tasks/batch", tasks=[{"description": f"Step {n}"} for n in range(5)]),),
        ),
        Edit(
            name="a task comes and one goes",
            to={"tasks": {"call": TASKS["call"], "block": TASKS["block"], "tell": {"description": "Tell them"}}},
            writes=(post("tasks", description="Tell them"), remove("tasks/{tasks.write}")),
        ),
        Edit(
            name="notes change",
            to={
                "notes": {
                    "first": {"title": "First look", "content": None, "color": "red"},
                    "third": {"title": "C"},
                }
            },
            writes=(
                post("notes", title="C"),
                change("notes/{notes.first}", color="red", content=""),
                remove("notes/{notes.second}"),
            ),
            rival=lambda tenant, id: tenant.edit_note(child(tenant, id, "notes", "First"), color="blue"),
        ),
        Edit(
            name="other conditions",
            to={"closure_conditions": [TAGGED, ASSIGNED]},
            writes=(put(closure_conditions=[TAGGED, ASSIGNED]),),
        ),
        Edit(
            name="closed, which has conditions",
            to={"status": "closed", "name": "Closed", "notes": {"first": NOTES["first"]}},
            given={"status": "open"},
            writes=(put(name="Closed"), remove("notes/{notes.second}"), put(status="closed")),
        ),
        Edit(
            name="everything at once",
            to={
                "name": "Credential stuffing, again",
                "priority": "high",
                "assignees": ["omar@acme.example"],
                "metadata": {"runbook": "RB-18"},
                "fields": {"operating_system": "Windows", "Affected hosts": ["db-7"]},
                "subscribers": ["jane@acme.example", "omar@acme.example"],
                "records": [],
                "actions": {"claim": {**ACTIONS["claim"], "label": "Take it"}},
                "tasks": {
                    "call": {"description": "Call them", "assignees": []},
                    "block": TASKS["block"],
                    "tell": {"description": "Tell them"},
                    "sleep": {"description": "Sleep"},
                },
                "notes": {"first": {**NOTES["first"], "title": "Look"}, "third": {"title": "C"}},
            },
            writes=(
                metadata("PUT", runbook="RB-18"),
                fields(affected_hosts="db-7", operating_system="Windows"),
                post("tasks/batch", tasks=[{"description": "Sleep"}, {"description": "Tell them"}]),
                change("tasks/{tasks.call}", assignee_emails=[], description="Call them"),
                change("actions/batch", actions=[{**CLAIM, "label": "Take it"}]),
                post("notes", title="C"),
                change("notes/{notes.first}", title="Look"),
                post("subscribers", user_email="omar@acme.example"),
                put(
                    name="Credential stuffing, again",
                    priority="high",
                    add_assignee_emails=["omar@acme.example"],
                    remove_assignee_emails=["jane@acme.example"],
                ),
                forget("region"),
                remove("fields/{fields.ticket}"),
                remove("tasks/{tasks.write}"),
                remove("notes/{notes.second}"),
                remove("subscribers/{subscribers.lin@acme.example}"),
                remove("records/7001"),
            ),
        ),
    ),
    outside=(
        OutsideEdit(
            name="a field is changed",
            act=lambda tenant, id: tenant.edit_field(id, "Affected hosts", "db-8|web-1"),
            paths=(("fields", "Affected hosts"),),
            writes=(fields(affected_hosts="db-7|db-8"),),
        ),
        OutsideEdit(
            name="a field is gone",
            act=lambda tenant, id: tenant.remove_field(id, "ticket"),
            paths=(("fields", "ticket"),),
            writes=(fields(ticket="SOC-12"),),
        ),
        OutsideEdit(
            name="somebody unsubscribes",
            act=lambda tenant, id: tenant.remove_subscriber(id, "lin@acme.example"),
            paths=(("subscribers",),),
            writes=(post("subscribers", user_email="lin@acme.example"),),
        ),
        OutsideEdit(
            name="records are swapped",
            act=lambda tenant, id: (tenant.remove_record(id, 7001), tenant.add_record(id, 7002)),
            paths=(("records",),),
            writes=(post("records", record_id=7001), remove("records/7002")),
        ),
        OutsideEdit(
            name="a button is changed",
            act=lambda tenant, id: tenant.edit_action(child(tenant, id, "actions", "Claim"), label="Grab"),
            paths=(("actions", "claim", "label"),),
            writes=(change("actions/{actions.claim}", label="Claim"),),
        ),
        OutsideEdit(
            name="buttons are gone and one is theirs",
            act=lambda tenant, id: (
                tenant.remove_action(child(tenant, id, "actions", "Claim")),
                tenant.remove_action(child(tenant, id, "actions", "Runbook")),
                tenant.add_action(id, "Theirs", "https://acme.example/theirs", text="Go"),
            ),
            paths=(("actions", "claim"), ("actions", "wiki")),
            writes=(
                change(
                    "actions/batch",
                    actions=[
                        button("Theirs", "https://acme.example/theirs", action_text="Go"),
                        {key: value for key, value in CLAIM.items() if key != "action_text"},
                        WIKI,
                    ],
                ),
            ),
        ),
        OutsideEdit(
            name="a task is renamed",
            act=lambda tenant, id: tenant.edit_task(child(tenant, id, "tasks", "Call"), description="Ring them"),
            paths=(("tasks", "call", "description"),),
            writes=(change("tasks/{tasks.call}", description="Call the user"),),
        ),
        OutsideEdit(
            name="a task is gone and one like it is theirs",
            act=lambda tenant, id: (
                tenant.remove_task(child(tenant, id, "tasks", "Write")),
                tenant.add_task(id, "Write it up"),
            ),
            paths=(("tasks", "write"),),
            writes=(post("tasks", description="Write it up"),),
        ),
        OutsideEdit(
            name="a note is changed and one is gone",
            act=lambda tenant, id: (
                tenant.edit_note(child(tenant, id, "notes", "First"), content="Nothing."),
                tenant.remove_note(child(tenant, id, "notes", "Second")),
            ),
            paths=(("notes", "first", "content"), ("notes", "second")),
            writes=(
                post("notes", title="Second look"),
                change("notes/{notes.first}", content="Mail from **nobody**."),
            ),
        ),
        OutsideEdit(
            name="conditions are changed",
            act=lambda tenant, id: tenant.edit(id, closure_conditions=[ASSIGNED, TAGGED]),
            paths=(("closure_conditions",),),
            writes=(put(closure_conditions=[ASSIGNED]),),
        ),
    ),
    respelled=(
        Respelling(
            name="fields by other names",
            to={"fields": {"Operating system": "Linux", "affected_hosts": ["db-8", "db-7"], "Ticket": "SOC-12"}},
        ),
        Respelling(
            name="letter case of enums",
            to={"actions": {**ACTIONS, "claim": {**ACTIONS["claim"], "type": "WEBHOOK"}}},
        ),
        Respelling(
            name="conditions in another order",
            given={"closure_conditions": [ASSIGNED, TAGGED]},
            to={"closure_conditions": [TAGGED, ASSIGNED]},
        ),
    ),
    shared=SharedSet(
        attribute="records",
        first=("7001",),
        then=("7003",),
        joined=lambda tenant, id: tenant.add_record(id, 7002),
        theirs="7002",
        writes=(post("records", record_id=7003), remove("records/7001")),
    ),
)

UNASSIGNED: Final = Sample(name="unassigned", declared={"name": "Lost badge", "assignees": [], "tags": ["badge"]})


APPENDING: Final = "closure_conditions_update=append"
"""A tenant that adds conditions where it was asked to replace them; what is there cannot be taken away."""


class TestTines(ProviderConformance):
    provider = Tines
    emulator = TinesEmulator
    switches = {  # noqa: RUF012 (the suite's own form)
        name: switches for name, switches in SWITCH_SETTINGS.items() if name != APPENDING
    }
    settings = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TINES_TOKEN}", "team_id": 2}  # noqa: RUF012
    env = {"TINES_TOKEN": DEFAULT_TOKEN}  # noqa: RUF012
    samples = (PARTS, FULL, BARE, UNASSIGNED)
    beyond_a_page = 51
    moving = frozenset({"updated_at", "activities", "activities_meta"})

    def words(self, people: Any, record: Record) -> Mapping[str, str]:
        """Return the ids of fields and subscriptions, which have no handles."""
        case = people.case(int(record.id))
        return {
            **{f"fields.{each['case_input']['key']}": str(each["id"]) for each in case["fields"]},
            **{f"subscribers.{each['email']}": str(each["id"]) for each in case["subscribers"]},
        }


class TestTenantThatAppendsConditions(TestTines):
    """Everything holds, but that conditions which are there cannot be replaced: that is said, and not recorded."""

    switches = {APPENDING: SWITCH_SETTINGS[APPENDING]}  # noqa: RUF012
    samples = (
        replace(
            PARTS,
            edits=tuple(edit for edit in PARTS.edits if "closure_conditions" not in edit.to),
            outside=tuple(edit for edit in PARTS.outside if edit.paths != (("closure_conditions",),)),
        ),
        FULL,
        BARE,
        UNASSIGNED,
    )

    def test_conditions_that_were_added_to_are_an_error(self, harness: Harness) -> None:
        """The answer is looked at: what was asked is not what is there."""
        harness.declare(one=PARTS.declared)
        harness.apply()
        harness.declare(one={**PARTS.declared, "closure_conditions": [TAGGED]})

        (outcome,) = harness.apply(complete=False).outcomes

        assert outcome.status is Status.FAILED
        assert "closure_conditions is" in (outcome.message or "")
        assert not harness.plan().is_empty
