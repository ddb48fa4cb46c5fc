"""What the emulated site has at the beginning, and the one case that is put there on demand."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.providers.communifire.emulator.tenant import KEY_USER_ID, Tenant
from reconciler.providers.communifire.emulator.things import (
    Category,
    Milestone,
    Priority,
    Project,
    Space,
    Status,
    StoredCase,
    User,
)

FIXTURE_CASE_ID = 2304
"""The case that the vendor's page of the API updates."""

ANA_ID = 17
"""Ana Ruiz, by whom everything is that people do."""


def furnish(tenant: Tenant) -> None:
    """Put the users and both spaces there."""
    for user in (
        User(KEY_USER_ID, "Automation", "automation@acme.example"),
        User(ANA_ID, "Ana Ruiz", "ana@acme.example"),
        User(20, "Bo Chen", "bo@acme.example"),
        User(21, "Zoe Martin", "zoe@acme.example"),
    ):
        tenant.users.put(user)
    _soc(tenant)
    _red_team(tenant)


def _soc(tenant: Tenant) -> None:
    tenant.spaces.put(Space(61, "SOC"))
    tenant.statuses.put(Status(1, 61, "New", default=True))
    tenant.statuses.put(Status(2, 61, "Open"))
    tenant.statuses.put(Status(4, 61, "Closed"))
    tenant.priorities.put(Priority(5, 61, "High"))
    tenant.priorities.put(Priority(6, 61, "Normal", default=True))
    tenant.projects.put(Project(7, 61, "Incidents", default=True, assignable=(17, 20)))
    tenant.projects.put(Project(8, 61, "Requests", assignable=(20,)))
    tenant.categories.put(Category(231, 7, "Mail"))
    tenant.categories.put(Category(300, 8, "Access"))
    tenant.milestones.put(Milestone(40, 7, "Spring"))


def _red_team(tenant: Tenant) -> None:
    tenant.spaces.put(Space(62, "Red Team"))
    tenant.statuses.put(Status(11, 62, "Scoping", default=True))
    tenant.statuses.put(Status(12, 62, "Running"))
    tenant.statuses.put(Status(14, 62, "Closed"))
    tenant.priorities.put(Priority(15, 62, "Normal", default=True))
    tenant.priorities.put(Priority(16, 62, "Urgent"))
    tenant.projects.put(Project(70, 62, "Exercises", default=True, assignable=(17, 21)))
    tenant.categories.put(Category(700, 70, "Mail"))
    tenant.milestones.put(Milestone(90, 70, "Autumn"))


def fixture_case() -> StoredCase:
    """Make the case of the vendor's page; by the key's user, untouched since."""
    made = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)
    return StoredCase(
        id=FIXTURE_CASE_ID,
        space_id=61,
        title="Phishing wave 12",
        description="<p>Mail from <b>x</b></p>",
        project_id=7,
        section_id=231,
        status_id=1,
        priority_id=5,
        assignee_id=17,
        reporter_id=KEY_USER_ID,
        tags=("phishing", "urgent"),
        recipients=(17, 20),
        created=made,
        updated=made,
    )
