"""Tines keeps the promises, under every setting of what nobody knows about it."""

from __future__ import annotations

from functools import partial
from typing import Final

from reconciler.providers.tines import Tines
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, SWITCH_SETTINGS, TinesEmulator
from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.samples import DROPPED, Edit, OutsideEdit, Respelling, Sample, SharedSet, Write

CASE: Final = "/api/v2/cases/{id}"
METADATA: Final = "/api/v2/cases/{id}/metadata"
IN_PROGRESS: Final = TinesEmulator().sub_status_id(2, "In progress")
HUNTING_IN_PROGRESS: Final = TinesEmulator().sub_status_id(3, "In progress")

DESCRIPTION: Final = "## What we know\n\nStaff were asked to *re-confirm* their bank details → 3 clicked.\n"


def put(**body: object) -> Write:
    return ("PUT", CASE, body)


def metadata(method: str, **pairs: str) -> Write:
    return (method, METADATA, {"metadata": pairs})


def forget(*keys: str) -> Write:
    return ("DELETE", METADATA, {"metadata": list(keys)})


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

UNASSIGNED: Final = Sample(name="unassigned", declared={"name": "Lost badge", "assignees": [], "tags": ["badge"]})


class TestTines(ProviderConformance):
    provider = Tines
    emulator = TinesEmulator
    switches = {name: partial(TinesEmulator, switches=switches) for name, switches in SWITCH_SETTINGS.items()}  # noqa: RUF012 (the suite's own form)
    settings = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TINES_TOKEN}", "team_id": 2}  # noqa: RUF012
    env = {"TINES_TOKEN": DEFAULT_TOKEN}  # noqa: RUF012
    samples = (FULL, BARE, UNASSIGNED)
    beyond_a_page = 51
    moving = frozenset({"updated_at", "activities", "activities_meta"})
