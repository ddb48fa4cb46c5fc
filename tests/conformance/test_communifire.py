"""Communifire keeps the promises, under every setting of what nobody knows about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.model.record import Record
from reconciler.providers.communifire import Communifire
from reconciler.providers.communifire.emulator import DEFAULT_KEY, SWITCH_SETTINGS, CommunifireEmulator
from reconciler.providers.communifire.wire import is_marker_tag
from reconciler.testing.conformance import ProviderConformance
from reconciler.testing.samples import DROPPED, Edit, OutsideEdit, Respelling, Sample, SharedSet, Write

CASE: Final = "/api/cases/{id}"
HTML: Final = """<p>Mail from <b>„Ämter & Co.“</b>: "don't wait" &mdash; 3 &lt; 5 &#8364;</p>
<ul><li class='x' id=y>läuft</li></ul><p>Ende<br/>🎣</p>"""


def put(**body: object) -> Write:
    return ("PUT", CASE, json.dumps(body, ensure_ascii=False, separators=(",", ":")))


FULL: Final = Sample(
    name="full",
    declared={
        "title": 'Phishing <wave> 12 & "Söhne\'s" 🎣',
        "description": HTML,
        "space": "SOC",
        "project": "Incidents",
        "category": "Mail",
        "milestone": "Spring",
        "status": "New",
        "priority": "High",
        "assignee": "ana@acme.example",
        "tags": ["lure", "q4"],
        "watchers": ["bo@acme.example", 17],
    },
    secret="title",
    edits=(
        Edit(
            name="a new title and status",
            to={"title": "R&D's <1>", "status": "Open"},
            writes=(put(IssueTitle="R&D's <1>", IssueStatusID=2),),
            rival=lambda tenant, id: tenant.edit(id, IssueTitle="Theirs"),
        ),
        Edit(name="another text", to={"description": "a & b < c"}, writes=(put(IssueDescription="a & b < c"),)),
        Edit(name="a priority by its id", to={"priority": 6}, writes=(put(IssuePriorityID=6),)),
        Edit(name="given to another", to={"assignee": "bo@acme.example"}, writes=(put(AssignedToUserID=20),)),
        Edit(name="given to nobody", to={"assignee": None}, writes=(put(AssignedToUserID=0),)),
        Edit(
            name="no category and no milestone",
            to={"category": None, "milestone": None},
            writes=(put(ProjectSectionID=0, MilestoneID=0),),
        ),
        Edit(
            name="another project",
            to={"project": "Requests", "category": "Access", "milestone": None, "assignee": "bo@acme.example"},
            writes=(put(ProjectID=8, ProjectSectionID=300, MilestoneID=0, AssignedToUserID=20),),
        ),
        Edit(
            name="a tag comes and one goes",
            to={"tags": ["q4", "vip"]},
            writes=(put(TagsCSV="q4,{marker},vip"),),
            rival=lambda tenant, id: tenant.edit(id, TagsCSV="theirs"),
        ),
        Edit(name="no tags", to={"tags": []}, writes=(put(TagsCSV="{marker}"),)),
        Edit(name="tags left to others", to={"tags": DROPPED}, writes=()),
        Edit(
            name="a watcher for another",
            to={"watchers": ["ana@acme.example", "zoe@acme.example"]},
            writes=(put(RecipientUserIDCSV="17,21"),),
        ),
        Edit(
            name="everything at once",
            to={"title": "All", "priority": "normal", "tags": ["lure", "q4", "vip"]},
            writes=(put(IssueTitle="All", IssuePriorityID=6, TagsCSV="lure,q4,{marker},vip"),),
            rival=lambda tenant, id: tenant.edit(id, IssuePriorityID=6, IssueTitle="Mine"),
        ),
    ),
    outside=(
        OutsideEdit(
            name="status",
            act=lambda tenant, id: tenant.edit(id, IssueStatusID=2),
            paths=(("status",),),
            writes=(put(IssueStatusID=1),),
        ),
        OutsideEdit(
            name="title",
            act=lambda tenant, id: tenant.edit(id, IssueTitle="Phishing"),
            paths=(("title",),),
            writes=(put(IssueTitle='Phishing <wave> 12 & "Söhne\'s" 🎣'),),
        ),
        OutsideEdit(
            name="assignee",
            act=lambda tenant, id: tenant.edit(id, AssignedToUserID=20),
            paths=(("assignee",),),
            writes=(put(AssignedToUserID=17),),
        ),
    ),
    respelled=(
        Respelling(name="letter case", to={"status": "new", "project": "INCIDENTS", "tags": ["Q4", "Lure"]}),
        Respelling(name="ids", to={"status": 1, "priority": 5, "project": 7, "category": 231, "space": 61}),
        Respelling(name="a user by id", to={"assignee": 17, "watchers": [20, 17]}),
        Respelling(name="a user in capitals", to={"assignee": "ANA@acme.example"}),
        Respelling(
            name="other HTML",
            given={"description": "<p class='a' id=b>x &amp; y<br></p>"},
            to={"description": '<P id="b" class="a">x &  y<br/>\n</P>'},
        ),
    ),
    shared=SharedSet(
        attribute="tags",
        first=("phishing", "q4"),
        then=("q4", "vip"),
        joined=lambda tenant, id: tenant.edit(id, TagsCSV=f"{tenant.case(id)['TagsCSV']},seen"),
        theirs="seen",
        writes=(put(TagsCSV="q4,{marker},seen,vip"),),
    ),
)

BARE: Final = Sample(
    name="bare",
    declared={"title": "Impossible travel", "description": "Two countries."},
    furnished=lambda tenant, id: tenant.edit(
        id,
        AssignedToUserID=17,
        ProjectSectionID=231,
        TagsCSV=f"{tenant.case(id)['TagsCSV']},theirs",
        RecipientUserIDCSV="20",
    ),
    edits=(
        Edit(
            name="a new title",
            to={"title": "Travel"},
            writes=(put(IssueTitle="Travel"),),
            touches=frozenset({"IssueTitle"}),
        ),
        Edit(
            name="a status",
            to={"status": 2},
            writes=(put(IssueStatusID=2),),
            touches=frozenset({"IssueStatusID", "IssueStatusName", "StatusColorCssClass"}),
        ),
    ),
)


SETTINGS: Final = {
    "type": "communifire",
    "url": "https://community.acme.example",
    "api_key": "${env.COMMUNIFIRE_API_KEY}",
    "space": "SOC",
    "has_delete": True,
}


class TestCommunifire(ProviderConformance):
    provider = Communifire
    emulator = CommunifireEmulator
    switches = {  # noqa: RUF012 (the suite's own form)
        name: replace(switches, delete=True)
        for name, switches in SWITCH_SETTINGS.items()
        if not switches.delete  # all of them have it here
    }
    settings = SETTINGS
    env = {"COMMUNIFIRE_API_KEY": DEFAULT_KEY}  # noqa: RUF012 (the suite's own form)
    samples = (FULL, BARE)
    beyond_a_page = 101
    reads_a_case = 2.1
    moving = frozenset({"DateUpdated", "DateUpdatedWithRespectToUser"})

    def words(self, people: Any, record: Record) -> Mapping[str, str]:
        """Return the marker of a case."""
        return {"marker": next(filter(is_marker_tag, people.case(int(record.id))["TagsCSV"].split(",")))}
