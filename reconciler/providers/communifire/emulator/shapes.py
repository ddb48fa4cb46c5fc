"""How the emulated site shows what it holds, in the API's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any

from reconciler.providers.communifire.emulator.markup import DESCRIPTIONS, TITLES
from reconciler.providers.communifire.emulator.tenant import Tenant
from reconciler.providers.communifire.emulator.things import (
    Category,
    Comment,
    Milestone,
    Priority,
    Project,
    Space,
    Status,
    StoredCase,
    User,
)

_SITE_ZONE = timezone(timedelta(hours=-5))
"""Where the site and the key's user are, for the times that have to do with them."""


def iso(moment: datetime) -> str:
    """Write a time as Json.NET does: no zeros at the end of a fraction, no fraction that is nothing."""
    seconds, _, fraction = moment.replace(tzinfo=None).isoformat(timespec="milliseconds").partition(".")
    fraction = fraction.rstrip("0")
    return f"{seconds}.{fraction}" if fraction else seconds


def _iso_offset(moment: datetime) -> str:
    return f"{iso(moment.astimezone(_SITE_ZONE))}-05:00"


def _milliseconds(moment: datetime) -> str:
    return f"/Date({round(moment.timestamp() * 1000)})/"


_TIMES: Mapping[str, Callable[[datetime], str]] = {"iso": iso, "iso_offset": _iso_offset, "ms": _milliseconds}


@dataclass(frozen=True, slots=True)
class Painter:
    """Shows things; a name whose id is none, or leads nowhere, is empty."""

    tenant: Tenant

    def case(self, case: StoredCase) -> dict[str, Any]:
        """Show a case with everything it has."""
        html = self.tenant.switches.html
        return self.item(case) | {
            "IssueDescription": DESCRIPTIONS[html](case.description),
            "TagsCSV": ",".join(case.tags),
            "RecipientUserIDCSV": ",".join(map(str, case.recipients)),
            "Attachments": [],
        }

    def item(self, case: StoredCase) -> dict[str, Any]:
        """Show a case as lists do: without its long fields."""
        return {
            "IssueID": case.id,
            "IssueTitle": TITLES[self.tenant.switches.html](case.title),
            **self._place(case),
            **self._labels(case),
            **self._people(case),
            **self._times(case),
            "CommentCount": len(case.comments),
        }

    def _place(self, case: StoredCase) -> dict[str, Any]:
        tenant = self.tenant
        space = tenant.spaces.get(case.space_id)
        project = tenant.projects.get(case.project_id)
        section = tenant.categories.get(case.section_id)
        milestone = tenant.milestones.get(case.milestone_id)
        return {
            "SpaceID": case.space_id,
            "SpaceName": space.name if space else "",
            "ProjectID": case.project_id,
            "ProjectTitle": project.title if project else "",
            "ProjectSectionID": case.section_id,
            "ProjectSectionName": section.name if section else "",
            "MilestoneID": case.milestone_id,
            "MilestoneTitle": milestone.title if milestone else "",
        }

    def _labels(self, case: StoredCase) -> dict[str, Any]:
        status = self.tenant.statuses.get(case.status_id)
        priority = self.tenant.priorities.get(case.priority_id)
        return {
            "IssueStatusID": case.status_id,
            "IssueStatusName": status.name if status else "",
            "StatusColorCssClass": f"status-{status.name.lower().replace(' ', '-')}" if status else "",
            "IssuePriorityID": case.priority_id,
            "IssuePriorityName": priority.name if priority else "",
            "Tagname": ", ".join(f'<a href="/tags">{escape(tag)}</a>' for tag in case.tags),
        }

    def _people(self, case: StoredCase) -> dict[str, Any]:
        assignee = self.tenant.users.get(case.assignee_id)
        reporter = self.tenant.users.get(case.reporter_id)
        return {
            "AssignedToUserID": case.assignee_id,
            "AssignedToUserDisplayName": assignee.display_name if assignee else "",
            "ReportedByUserID": case.reporter_id,
            "ReportedByUserName": reporter.user_name if reporter else "",
            "ReportedByUserDisplayName": reporter.display_name if reporter else "",
            "ReportedByUserAvatarImageUrl": _avatar(case.reporter_id),
            "UserID": case.reporter_id,
        }

    def _times(self, case: StoredCase) -> dict[str, Any]:
        write = _TIMES[self.tenant.switches.time_format]
        return {
            "DateCreated": write(case.created),
            "DateUpdated": write(case.updated),
            "DateCreatedWithRespectToUser": iso(case.created.astimezone(_SITE_ZONE)),
            "DateUpdatedWithRespectToUser": iso(case.updated.astimezone(_SITE_ZONE)),
        }

    def comment(self, comment: Comment) -> dict[str, Any]:
        """Show a comment."""
        user = self.tenant.users.get(comment.user_id)
        return {
            "CommentID": comment.id,
            "ParentCommentID": 0,
            "UserID": comment.user_id,
            "UserDisplayName": user.display_name if user else "",
            "CommentTextHtmlFormatted": DESCRIPTIONS[self.tenant.switches.html](comment.text),
            "CommentDateString": _TIMES[self.tenant.switches.time_format](comment.created),
            "CommentTags": "",
            "Attachments": [],
            "AvatarPath": _avatar(comment.user_id),
        }


def space(found: Space) -> dict[str, Any]:
    """Show a space."""
    return {"SpaceID": found.id, "SpaceName": found.name}


def status(found: Status) -> dict[str, Any]:
    """Show a status."""
    return {"IssueStatusID": found.id, "IssueStatusName": found.name, "IsDefault": found.default}


def priority(found: Priority) -> dict[str, Any]:
    """Show a priority."""
    return {"IssuePriorityID": found.id, "IssuePriorityName": found.name, "IsDefault": found.default}


def project(found: Project) -> dict[str, Any]:
    """Show a project."""
    return {"ProjectID": found.id, "ProjectTitle": found.title, "IsDefaultProject": found.default}


def category(found: Category) -> dict[str, Any]:
    """Show a category."""
    return {"ProjectSectionID": found.id, "ProjectSectionName": found.name}


def milestone(found: Milestone) -> dict[str, Any]:
    """Show a milestone."""
    return {"MilestoneID": found.id, "MilestoneTitle": found.title}


def assignable(found: User) -> dict[str, Any]:
    """Show somebody to whom cases can be given."""
    return {
        "UserID": found.id,
        "UserInfoDisplayName": found.display_name,
        "AvatarImageURL": _avatar(found.id),
    }


def user(found: User) -> dict[str, Any]:
    """Show somebody as searches do: without user name and address."""
    first, _, last = found.display_name.partition(" ")
    return {**assignable(found), "FirstName": first, "LastName": last}


def details(found: User) -> dict[str, Any]:
    """Show somebody with user name and address."""
    return {**user(found), "UserName": found.user_name, "Email": found.email}


def _avatar(user_id: int) -> str:
    return f"/avatars/{user_id}.png"
