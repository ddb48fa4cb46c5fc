"""Tines keeps the promises through v1 of its cases API, for tenants that have no other."""

from __future__ import annotations

from typing import Any, Final

from reconciler.providers.tines import Tines
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.samples import DROPPED, Edit, OutsideEdit, Respelling, Sample, SharedSet, Write

CASE: Final = "/api/v1/cases/{id}"
METADATA: Final = "/api/v1/cases/{id}/metadata"

ACTIONS: Final = {
    "claim": {"label": "Claim", "url": "https://acme.tines.com/webhook/claim", "type": "webhook"},
    "wiki": {"label": "Runbook", "url": "https://acme.tines.com/pages/rb-17", "type": "page", "text": "Open"},
}
CLAIM: Final = {
    "label": "Claim",
    "url": "https://acme.tines.com/webhook/claim",
    "button_type": "webhook",
    "button_text": "",
}
WIKI: Final = {
    "label": "Runbook",
    "url": "https://acme.tines.com/pages/rb-17",
    "button_type": "page",
    "button_text": "Open",
}


def put(**body: object) -> Write:
    return ("PUT", CASE, body)


def metadata(method: str, **pairs: str) -> Write:
    return (method, METADATA, {"metadata": pairs})


def child(tenant: Any, id: int, text: str) -> int:
    """Return the id of the first button that says the text."""
    return next(int(item["id"]) for item in tenant.case(id)["actions"] if text in str(item))


FULL: Final = Sample(
    name="full",
    declared={
        "name": "Phishing wave",
        "description": "What we know.",
        "priority": "high",
        "status": "open",
        "opened_at": "2026-11-02T08:15:00Z",
        "assignees": ["jane@acme.example"],
        "tags": ["phishing", "q4"],
        "metadata": {"runbook": "RB-17", "region": "emea"},
        "records": ["7001"],
        "actions": ACTIONS,
    },
    secret="description",
    edits=(
        Edit(
            name="records travel with tags",
            to={"records": ["7002", "7003"], "tags": ["q4", "vip"], "assignees": ["omar@acme.example"]},
            writes=(
                put(
                    add_assignee_emails=["omar@acme.example"],
                    remove_assignee_emails=["jane@acme.example"],
                    add_record_ids=[7002, 7003],
                    remove_record_ids=[7001],
                    add_tag_names=["vip"],
                    remove_tag_names=["phishing"],
                ),
            ),
            rival=lambda tenant, id: tenant.edit(id, tags=["theirs"]),
        ),
        Edit(
            name="a new and a changed key",
            to={"metadata": {"runbook": "RB-18", "region": "emea", "ticket": "4711"}},
            writes=(metadata("POST", ticket="4711"), metadata("PUT", runbook="RB-18")),
        ),
        Edit(
            name="a key less",
            to={"metadata": {"runbook": "RB-17"}},
            writes=(("DELETE", METADATA, {"metadata": ["region"]}),),
        ),
        Edit(
            name="a button changes",
            to={"actions": {**ACTIONS, "claim": {**ACTIONS["claim"], "label": "Take it"}}},
            writes=(("PUT", f"{CASE}/buttons/{{actions.claim}}", {"label": "Take it"}),),
        ),
        Edit(
            name="a button goes",
            to={"actions": {"claim": ACTIONS["claim"]}},
            writes=(("DELETE", f"{CASE}/buttons/{{actions.wiki}}", None),),
        ),
        Edit(
            name="two buttons change, and the name",
            to={
                "name": "Phishing",
                "actions": {
                    "claim": {**ACTIONS["claim"], "label": "Take it"},
                    "more": {"label": "More", "url": "https://acme.example", "type": "page"},
                },
            },
            writes=(
                put(
                    name="Phishing",
                    team_case_buttons=[
                        {**CLAIM, "label": "Take it"},
                        {"label": "More", "url": "https://acme.example", "button_type": "page"},
                    ],
                ),
            ),
        ),
        Edit(
            name="no buttons",
            to={"actions": DROPPED},
            writes=(
                ("DELETE", f"{CASE}/buttons/{{actions.claim}}", None),
                ("DELETE", f"{CASE}/buttons/{{actions.wiki}}", None),
            ),
        ),
        Edit(name="closed", to={"status": "closed"}, writes=(put(status="closed"),)),
        Edit(
            name="everything at once",
            to={
                "name": "Phishing",
                "priority": "low",
                "tags": ["q4"],
                "records": ["7001", "7002"],
                "metadata": {"runbook": "RB-18", "ticket": "4711"},
                "actions": {
                    "claim": {**ACTIONS["claim"], "label": "Take it"},
                    "wiki": {**ACTIONS["wiki"], "label": "Wiki"},
                },
            },
            writes=(
                metadata("POST", ticket="4711"),
                metadata("PUT", runbook="RB-18"),
                put(
                    name="Phishing",
                    priority="low",
                    add_record_ids=[7002],
                    remove_tag_names=["phishing"],
                    team_case_buttons=[{**CLAIM, "label": "Take it"}, {**WIKI, "label": "Wiki"}],
                ),
                ("DELETE", METADATA, {"metadata": ["region"]}),
            ),
        ),
    ),
    outside=(
        OutsideEdit(
            name="records are swapped",
            act=lambda tenant, id: (tenant.remove_record(id, 7001), tenant.add_record(id, 7002)),
            paths=(("records",),),
            writes=(put(add_record_ids=[7001], remove_record_ids=[7002]),),
        ),
        OutsideEdit(
            name="a button is gone",
            act=lambda tenant, id: tenant.remove_action(child(tenant, id, "Claim")),
            paths=(("actions", "claim"),),
            writes=(
                (
                    "POST",
                    f"{CASE}/buttons",
                    {key: value for key, value in CLAIM.items() if key != "button_text"},
                ),
            ),
        ),
    ),
    respelled=(Respelling(name="letter case of enums", to={"priority": "HIGH", "status": "Open"}),),
    shared=SharedSet(
        attribute="records",
        first=("7001",),
        then=("7003",),
        joined=lambda tenant, id: tenant.add_record(id, 7002),
        theirs="7002",
        writes=(put(add_record_ids=[7003], remove_record_ids=[7001]),),
    ),
)
BARE: Final = Sample(
    name="bare",
    declared={"name": "Impossible travel"},
    furnished=lambda tenant, id: (
        tenant.edit(id, description="Theirs.", tags=["theirs"]),
        tenant.add_record(id, 7001),
        tenant.add_action(id, "Theirs", "https://acme.example"),
    ),
    edits=(
        Edit(name="a new name", to={"name": "Travel"}, writes=(put(name="Travel"),), touches=frozenset({"name"})),
    ),
)
UNASSIGNED: Final = Sample(name="unassigned", declared={"name": "Lost badge", "assignees": []})


def served(**more: Any) -> TinesSwitches:
    """Return the switches of a tenant that is older than v2."""
    return TinesSwitches(v1_cases="served", v2_cases="missing", **more)


class TestTinesV1(ProviderConformance):
    provider = Tines
    emulator = TinesEmulator
    switches = {  # noqa: RUF012 (the suite's own form)
        "default": served(),
        "metadata_post_existing=keep": served(v1_metadata_post_existing="keep"),
        "metadata_put_missing=missing": served(v1_metadata_put_missing="missing"),
        "list_items_full": served(list_items_full=True),
        "records_list=flat": served(records_list="flat"),
        "actions_batch_ids=kept": served(actions_batch_ids="kept"),
    }
    settings = {  # noqa: RUF012
        "type": "tines",
        "url": "https://acme.tines.com",
        "token": "${env.TINES_TOKEN}",
        "team_id": 2,
        "api_version": "v1",
    }
    env = {"TINES_TOKEN": DEFAULT_TOKEN}  # noqa: RUF012
    samples = (FULL, BARE, UNASSIGNED)
    beyond_a_page = 51
    moving = frozenset({"updated_at", "activities", "activities_meta"})
