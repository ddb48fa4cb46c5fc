"""
What the stand-in of Communifire holds: an intranet on which a security team keeps its cases, the same every time.

    SOC                   Incidents · Requests · Vulnerabilities
    Red Team              Exercises
    Facilities & Safety   Sites, whose last status is Done

Forty-four cases: the matters below, each told of several subjects. Colleagues wrote them in the product's editor,
and some came through the API, by the user of its key; they were made one after the other, and moved on since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.providers.emulation import utc_now

_FIRST_DAY: Final = datetime(2026, 9, 1, 8, 15, tzinfo=UTC)

_SOC, _RED_TEAM, _SAFETY = "SOC", "Red Team", "Facilities & Safety"

_Ids = Mapping[tuple[str, str], int]
"""Where something is (a space, a project) and what it is called → its id."""

_THERE: Final[_Ids] = {
    ("", _SOC): 61,
    ("", _RED_TEAM): 62,
    (_SOC, "New"): 1,
    (_SOC, "Open"): 2,
    (_SOC, "Closed"): 4,
    (_SOC, "High"): 5,
    (_SOC, "Normal"): 6,
    (_SOC, "Incidents"): 7,
    (_SOC, "Requests"): 8,
    (_RED_TEAM, "Scoping"): 11,
    (_RED_TEAM, "Running"): 12,
    (_RED_TEAM, "Closed"): 14,
    (_RED_TEAM, "Normal"): 15,
    (_RED_TEAM, "Urgent"): 16,
    (_RED_TEAM, "Exercises"): 70,
    ("Incidents", "Mail"): 231,
    ("Incidents", "Spring"): 40,
    ("Requests", "Access"): 300,
    ("Exercises", "Mail"): 700,
    ("Exercises", "Autumn"): 90,
}
"""What every emulated site begins with; it has nothing of the third space."""

_FLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    _SOC: ("New", "Open", "In Progress", "Waiting for reporter", "Closed"),
    _RED_TEAM: ("Scoping", "Running", "Closed"),
    _SAFETY: ("Reported", "Scheduled", "Done"),
}
"""The statuses of a space, from the first to the one that ends a case."""

_CATEGORIES: Final = (
    (_SOC, "Incidents", "Malware"),
    (_SOC, "Incidents", "Identity"),
    (_SOC, "Incidents", "Lost & stolen"),
    (_SOC, "Requests", "Allow-list"),
    (_SOC, "Vulnerabilities", "Patch"),
    (_SOC, "Vulnerabilities", "Exposure"),
    (_RED_TEAM, "Exercises", "Physical"),
    (_SAFETY, "Sites", "Doors"),
    (_SAFETY, "Sites", "Caméras"),
)
_MILESTONES: Final = (
    (_SOC, "Incidents", "Autumn"),
    (_SOC, "Incidents", "Year's end"),
    (_SOC, "Vulnerabilities", "Q4 2026"),
    (_SOC, "Vulnerabilities", "2027"),
    (_SAFETY, "Sites", "Umbau Düsseldorf"),
)
_ASSIGNABLE: Final[Mapping[str, tuple[int, ...]]] = {
    "Incidents": (17, 20),
    "Requests": (20,),
    "Vulnerabilities": (),
    "Exercises": (17, 21),
    "Sites": (),
}
"""To whom the cases of a project can be given before more people come."""
_PEOPLE: Final = (
    ("Marta Kowalczyk", "marta@acme.example", ((_SOC, "Incidents"), (_SOC, "Vulnerabilities"))),
    ("Søren Østergaard", "soeren@acme.example", ((_SOC, "Incidents"), (_SOC, "Requests"))),
    ("Aiko 田中", "aiko@acme.example", ((_SOC, "Vulnerabilities"), (_RED_TEAM, "Exercises"))),
    ("Dana O'Neill", "dana@acme.example", ((_SOC, "Requests"), (_SAFETY, "Sites"))),
    ("Noor El-Amin", "noor@acme.example", ((_SOC, "Incidents"), (_SOC, "Requests"))),
    ("Guillaume Lefèvre", "guillaume.lefevre@acme.example", ((_SAFETY, "Sites"),)),
)
"""Who else has an account, and the projects whose cases they can be given."""

_AUTOMATION: Final = 3
"""The user of the key."""

_TABLE: Final = (
    "<table><tbody><tr><th>sender</th><td>hr@acme-payroll.example</td></tr>"
    "<tr><th>page</th><td>https://acme-payroll.example/login?a=1&amp;b=2</td></tr></tbody></table>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A kind of matter, told once for each subject; titles are text, the rest is what the editor makes of it."""

    space: str
    project: str
    category: str
    title: str
    description: str
    priority: str
    tags: str
    subjects: tuple[str, ...]
    milestone: str = ""
    comment: str = ""


_STORIES: Final = (
    _Story(
        space=_SOC,
        project="Incidents",
        category="Mail",
        milestone="Autumn",
        title="Phishing wave: {subject}",
        description=f"<p>Staff of <strong>{{subject}}</strong> were asked for their bank details.</p>{_TABLE}",
        priority="High",
        tags="phishing,payroll,q4",
        subjects=("payroll portal", 'the "board pack"', "parcel tracking", "Werk Düsseldorf", "大阪支社"),
        comment="<p>Sender is blocked. Mailboxes are being searched&hellip;</p>",
    ),
    _Story(
        space=_SOC,
        project="Incidents",
        category="Malware",
        title="Malware on {subject}",
        description=(
            "<p>Beacon every 61&nbsp;s &plusmn; 3&nbsp;s; host isolated.</p>"
            "<ul><li>memory image: <em>taken</em></li><li>disk image: pending</li></ul>"
        ),
        priority="Critical",
        tags="malware,containment",
        subjects=("LAPTOP-3307", "KIOSK-09", "MEETING-ROOM-Ä2", "the label printer server"),
        comment="<p>Same tooling as in <a href='/spaces/61/soc'>Lyon</a>.</p>",
    ),
    _Story(
        space=_SOC,
        project="Incidents",
        category="Identity",
        milestone="Year's end",
        title="Impossible travel: {subject}",
        description="<p>Two log-ins, 40 minutes &amp; 6,000 km apart.<br />The user has been called.</p>",
        priority="Normal",
        tags="identity",
        subjects=("Zürich → Lagos", "São Paulo → Hà Nội", "Austin → Reykjavík", "Oslo → Lima"),
    ),
    _Story(
        space=_SOC,
        project="Incidents",
        category="Lost & stolen",
        title="Lost device: {subject}",
        description="<p>Encrypted, wipe sent, police report &lt;pending&gt;.</p>",
        priority="Low",
        tags="lost device,vip",
        subjects=("phone, taxi in Athens", "laptop, train to Malmö", "token, airport", "badge, gym 🏋️"),
        comment="<p>Wipe confirmed.</p>",
    ),
    _Story(
        space=_SOC,
        project="Requests",
        category="Access",
        title="Access to {subject}",
        description="<p>Asked by the team lead of <em>{subject}</em>; needs two approvals.</p>",
        priority="Normal",
        tags="access,request",
        subjects=("the R&D file share", "the payroll system", "the badge database", "the CI runners"),
        comment="<p>First approval: yes.</p>",
    ),
    _Story(
        space=_SOC,
        project="Requests",
        category="Allow-list",
        title="Let {subject} through",
        description='<p style="margin-left: 20px;">Blocked by the proxy since Monday.</p>',
        priority="Low",
        tags="proxy,request",
        subjects=("survey-tool.example", "the supplier's portal", "<cdn>.example", "a trade fair's app"),
    ),
    _Story(
        space=_SOC,
        project="Vulnerabilities",
        category="Patch",
        milestone="Q4 2026",
        title="Patch {subject}",
        description=(
            "<p>Exploited elsewhere; window is Sunday, 02:00&ndash;05:00 UTC.</p>"
            "<pre>apt  list\n  --upgradable</pre>"
        ),
        priority="High",
        tags="vulnerability,patch,q4",
        subjects=("the edge VPN", "the file transfer server", "the hypervisors", "the PDF viewer"),
    ),
    _Story(
        space=_SOC,
        project="Vulnerabilities",
        category="Exposure",
        milestone="2027",
        title="Exposed to the world: {subject}",
        description="<p>Port 22 from 0.0.0.0/0, &quot;for five minutes&quot;.</p>",
        priority="Normal",
        tags="exposure",
        subjects=("staging-bastion", "legacy-erp", "gpu-sandbox"),
        comment="<p>Closed at the firewall; owner is told.</p>",
    ),
    _Story(
        space=_RED_TEAM,
        project="Exercises",
        category="Mail",
        milestone="Autumn",
        title="Exercise: {subject}",
        description="<p>Only the board knows.</p><ol><li>lure</li><li>landing page</li><li>debrief</li></ol>",
        priority="Normal",
        tags="exercise,need to know",
        subjects=("fake invoice", "fake director", "QR code in the canteen", "Тихий Лис"),
    ),
    _Story(
        space=_RED_TEAM,
        project="Exercises",
        category="Physical",
        title="Finding: {subject}",
        description="<p>Photographed; nobody asked. &#128273;</p>",
        priority="Urgent",
        tags="exercise,finding",
        subjects=("tailgating at gate 2", "server room door", "visitor badges, no date"),
    ),
    _Story(
        space=_SAFETY,
        project="Sites",
        category="Doors",
        milestone="Umbau Düsseldorf",
        title="Badge reader: {subject}",
        description="<p>Opens for everybody who <u>pulls</u>.</p>",
        priority="Soon",
        tags="doors",
        subjects=("main entrance", "loading bay", "Kraków, 2nd floor"),
        comment="<p>Technician comes on Thursday.</p>",
    ),
    _Story(
        space=_SAFETY,
        project="Sites",
        category="Caméras",
        title="Camera dark: {subject}",
        description="<p>No picture since the storm.</p>",
        priority="Some day",
        tags="cameras,doors",
        subjects=("car park, north", "Lyon, quai 3"),
    ),
)


class _Calendar:
    """The clock of a site with a past: it stands where the story is, then goes with the world's."""

    def __init__(self) -> None:
        self.moment: datetime | None = _FIRST_DAY

    def __call__(self) -> datetime:
        return self.moment or utc_now()


def seeded_communifire(*, api_key: str = DEFAULT_KEY) -> CommunifireEmulator:
    """Return a site with all of this in it, that lets in who has the key."""
    calendar = _Calendar()
    emulator = CommunifireEmulator(api_key=api_key, clock=calendar)
    ids = _furnish(emulator)
    assignable = _populate(emulator, ids)
    for number, (story, subject) in enumerate(_told(), 1):
        calendar.moment = _FIRST_DAY + timedelta(hours=29 * number, minutes=13 * number)
        body = _case(story, subject, number, ids, assignable[story.project])
        id = emulator.seed_case(**body)
        calendar.moment += timedelta(hours=6)
        _move_on(emulator, id, story, number, ids)
    calendar.moment = None
    return emulator


def _furnish(emulator: CommunifireEmulator) -> _Ids:
    """Add what cases refer to, and give the ids of it all."""
    ids = dict(_THERE)
    emulator.add_space("Legal hold (draft)", state=0)
    safety = ids["", _SAFETY] = emulator.add_space(_SAFETY)
    for name in _FLOWS[_SAFETY]:
        ids[_SAFETY, name] = emulator.add_status(safety, name, default=name == "Reported")
    for name in ("Soon", "Some day"):
        ids[_SAFETY, name] = emulator.add_priority(safety, name, default=name == "Soon")
    ids[_SAFETY, "Sites"] = emulator.add_project(safety, "Sites", default=True)
    for name in ("In Progress", "Waiting for reporter"):
        ids[_SOC, name] = emulator.add_status(ids["", _SOC], name)
    for name in ("Critical", "Low"):
        ids[_SOC, name] = emulator.add_priority(ids["", _SOC], name)
    ids[_SOC, "Vulnerabilities"] = emulator.add_project(ids["", _SOC], "Vulnerabilities")
    for space, project, name in _CATEGORIES:
        ids[project, name] = emulator.add_category(ids[space, project], name)
    for space, project, name in _MILESTONES:
        ids[project, name] = emulator.add_milestone(ids[space, project], name)
    return ids


def _populate(emulator: CommunifireEmulator, ids: _Ids) -> Mapping[str, Sequence[int]]:
    """Add the people, and give those to whom the cases of each project can be given."""
    assignable = {project: list(users) for project, users in _ASSIGNABLE.items()}
    for name, email, places in _PEOPLE:
        user = emulator.add_user(name, email, projects=[ids[place] for place in places])
        for _, project in places:
            assignable[project].append(user)
    return assignable


def _told() -> Iterator[tuple[_Story, str]]:
    return ((story, subject) for story in _STORIES for subject in story.subjects)


def _case(story: _Story, subject: str, number: int, ids: _Ids, people: Sequence[int]) -> Mapping[str, Any]:
    """Word a case as it was on its first day."""
    space, project = story.space, story.project
    return {
        "SpaceID": ids["", space],
        "ProjectID": ids[space, project],
        "ProjectSectionID": ids[project, story.category],
        "MilestoneID": ids[project, story.milestone] if story.milestone and number % 3 else 0,
        "IssueTitle": story.title.format(subject=subject),
        "IssueDescription": story.description.format(subject=escape(subject, quote=False)),
        "IssueStatusID": ids[space, _FLOWS[space][0]],
        "IssuePriorityID": ids[space, story.priority],
        "AssignedToUserID": people[number % len(people)] if number % 4 else 0,
        "TagsCSV": story.tags if number % 9 else "",
        "RecipientUserIDCSV": ",".join(map(str, people[: number % 3])),
        "ReportedByUserID": people[number // 2 % len(people)] if number % 5 else _AUTOMATION,
    }


def _move_on(emulator: CommunifireEmulator, id: int, story: _Story, number: int, ids: _Ids) -> None:
    """Let people go on with a case, as far as they have come."""
    flow = _FLOWS[story.space]
    if number % len(flow):
        emulator.edit(id, IssueStatusID=ids[story.space, flow[number % len(flow)]])
    if story.comment and number % 2:
        emulator.add_comment(id, story.comment)
