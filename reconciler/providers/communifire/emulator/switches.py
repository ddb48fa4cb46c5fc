"""
What nobody says about Communifire, one switch each.

A default is what a careful client must survive at least; another setting is as likely in reality. Answers that are
lost, late or no JSON are no switches: script them as faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunifireSwitches:
    """
    One site's answers to the open questions of the Communifire REST API.

    Updates. `put_form`: what a plain object does on PUT, where the vendor's page shows a string that holds one:
    the same, an error, or nothing under the name of success. `project_change`: what becomes of the category,
    milestone and assignee of the old project: refused, set to none, or kept. `adds_assignee_as_recipient`:
    whoever is given a case also watches it. `keeps_tags`: False for a site that drops tags. `folds_tags`: tags
    come back sorted and in lower case. `message`: what a successful write says.

    Rights. `denied`: the permissions on cases that the key's user lacks (Create, Update, AdminEntityUpdate,
    AssignToUser, UpdateIssuePriority, UpdateIssueStatus, AddRecipients). `may_comment`: Create on case comments.
    `rights`: a field without a right is refused with all its body, or silently left as it was.

    Answers. `missing`: how a case that is not there is told. `delete`: whether there is a route for it. `html`:
    how titles and descriptions come back: as they were sent, with entities, or as a sanitizer writes HTML anew.
    `time_format`: without an offset (which is UTC), with the site's, or milliseconds as `/Date(…)/`. `bare`: what
    comes without the envelope: `users/me`, nothing, or all look-ups. `double_wrapped`: the answer of a PUT is a
    JSON string that holds the envelope.

    Lists. `total_records`: whether a list of cases says how many there are. `list_order`: last updated first, or
    first made first. `longest_page`: what a longer PageLength is cut down to.

    Transport. `rate_limit`: every n-th request is answered 429 (None: no limit), with `retry_after_seconds` in
    its Retry-After.
    """

    put_form: Literal["any", "string_only", "object_ignored"] = "any"
    project_change: Literal["strict", "clears", "keeps"] = "strict"
    adds_assignee_as_recipient: bool = False
    keeps_tags: bool = True
    folds_tags: bool = False
    message: str = "ToBePublished"

    denied: frozenset[str] = frozenset()
    may_comment: bool = True
    rights: Literal["error", "silent"] = "error"

    missing: Literal["error", "404"] = "error"
    delete: bool = False
    html: Literal["as_is", "entities", "rewritten"] = "as_is"
    time_format: Literal["iso", "iso_offset", "ms"] = "iso"
    bare: Literal["me", "nothing", "look_ups"] = "me"
    double_wrapped: bool = False

    total_records: bool = True
    list_order: Literal["updated", "oldest"] = "updated"
    longest_page: int = 100

    rate_limit: int | None = None
    retry_after_seconds: int = 0


SWITCH_SETTINGS: Mapping[str, CommunifireSwitches] = MappingProxyType(
    {
        "default": CommunifireSwitches(),
        "put_form=string_only": CommunifireSwitches(put_form="string_only"),
        "project_change=clears": CommunifireSwitches(project_change="clears"),
        "project_change=keeps": CommunifireSwitches(project_change="keeps"),
        "adds_assignee_as_recipient=True": CommunifireSwitches(adds_assignee_as_recipient=True),
        "folds_tags=True": CommunifireSwitches(folds_tags=True),
        "message=PendingApproval": CommunifireSwitches(message="PendingApproval"),
        "missing=404": CommunifireSwitches(missing="404"),
        "delete=True": CommunifireSwitches(delete=True),
        "html=entities": CommunifireSwitches(html="entities"),
        "html=rewritten": CommunifireSwitches(html="rewritten"),
        "time_format=iso_offset": CommunifireSwitches(time_format="iso_offset"),
        "time_format=ms": CommunifireSwitches(time_format="ms"),
        "bare=nothing": CommunifireSwitches(bare="nothing"),
        "bare=look_ups": CommunifireSwitches(bare="look_ups"),
        "double_wrapped=True": CommunifireSwitches(double_wrapped=True),
        "total_records=False": CommunifireSwitches(total_records=False),
        "list_order=oldest": CommunifireSwitches(list_order="oldest"),
        "longest_page=2": CommunifireSwitches(longest_page=2),
        "longest_page=20": CommunifireSwitches(longest_page=20),
        "rate_limit=7": CommunifireSwitches(rate_limit=7),
    }
)
"""Every single-switch variation a careful client must get through, by name."""

_NO_STATUS = frozenset({"UpdateIssueStatus"})

HARSH_SETTINGS: Mapping[str, CommunifireSwitches] = MappingProxyType(
    {
        "put_form=object_ignored": CommunifireSwitches(put_form="object_ignored"),
        "keeps_tags=False": CommunifireSwitches(keeps_tags=False),
        "denied=UpdateIssueStatus": CommunifireSwitches(denied=_NO_STATUS),
        "denied=UpdateIssuePriority": CommunifireSwitches(denied=frozenset({"UpdateIssuePriority"})),
        "denied=AssignToUser": CommunifireSwitches(denied=frozenset({"AssignToUser"})),
        "denied=AddRecipients": CommunifireSwitches(denied=frozenset({"AddRecipients"})),
        "denied=Update": CommunifireSwitches(denied=frozenset({"Update"})),
        "denied=Create": CommunifireSwitches(denied=frozenset({"Create"})),
        "rights=silent": CommunifireSwitches(denied=_NO_STATUS, rights="silent"),
    }
)
"""The variations that take something away: a client cannot do its work, and must say so."""
