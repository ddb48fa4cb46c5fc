"""
The sets of a case that change by what is added and what is removed: tags, assignees, subscribers, records.

Every function gives the case with the changed set and raises `Refused` for what it refuses. To add what is
there, or to remove what is not, is no change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.drafts import member
from reconciler.providers.tines.emulator.params import Invalid, numbers, texts
from reconciler.providers.tines.emulator.things import StoredCase, Subscription

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant


def with_tags(tenant: Tenant, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
    """Apply `add_tag_names` and `remove_tag_names`."""
    removed = {tenant.tag_key(name) for name in _names(asked, "remove_tag_names")}
    added = _names(asked, "add_tag_names")
    _refuse_both({tenant.tag_key(name) for name in added} & removed)
    kept = tuple(name for name in case.tags if tenant.tag_key(name) not in removed)
    return replace(case, tags=merged_tags(tenant, case.team_id, kept, added))


def merged_tags(tenant: Tenant, team_id: int, kept: Sequence[str], added: Any) -> tuple[str, ...]:
    """Give tags with more of them, each as its team spells it."""
    merged = {tenant.tag_key(name): name for name in kept}
    for name in texts(added, "tag names"):
        merged.setdefault(tenant.tag_key(name), _tag_name(tenant, team_id, name))
    return tuple(merged.values())


def _tag_name(tenant: Tenant, team_id: int, name: str) -> str:
    known = tenant.tag(team_id, name)
    if known is None and tenant.switches.unknown_tag == "refuse":
        raise Invalid(f"Tag {name} does not exist")
    return known.name if known else name


def first_assignees(tenant: Tenant, team_id: int, asked: Mapping[str, Any]) -> tuple[int, ...]:
    """Read who a new case is assigned to: the key's user where nobody is named (the docs of create say so)."""
    emails = _names(asked, "assignee_emails")
    nobody = "assignee_emails" in asked and tenant.switches.empty_assignees_means == "nobody"
    if not emails:
        return () if nobody else (tenant.key_user.id,)
    return tuple(dict.fromkeys(member(tenant, email, team_id).id for email in emails))


def with_assignees(tenant: Tenant, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
    """Apply `add_assignee_emails` and `remove_assignee_emails`."""
    leaving = [_leaver(tenant, email, case) for email in _names(asked, "remove_assignee_emails")]
    coming = [member(tenant, email, case.team_id).id for email in _names(asked, "add_assignee_emails")]
    _refuse_both(set(leaving) & set(coming))
    kept = [user_id for user_id in case.assignees if user_id not in leaving]
    return replace(case, assignees=tuple(dict.fromkeys([*kept, *coming])))


def _leaver(tenant: Tenant, email: str, case: StoredCase) -> int:
    user = tenant.user(email)
    return user.id if user and user.id in case.assignees else member(tenant, email, case.team_id).id


def subscribed(tenant: Tenant, case: StoredCase, user_ids: Iterable[int]) -> StoredCase:
    """Add subscribers by the ids of users; nobody is one twice."""
    there = {found.user_id for found in case.subscribers}
    new = [user_id for user_id in dict.fromkeys(user_ids) if user_id not in there]
    added = [Subscription(id=tenant.next_id(), user_id=user_id) for user_id in new]
    return replace(case, subscribers=(*case.subscribers, *added))


def with_records(tenant: Tenant, case: StoredCase, asked: Mapping[str, Any]) -> StoredCase:
    """Apply `add_record_ids` and `remove_record_ids`, which v1 knew."""
    removed = numbers(asked.get("remove_record_ids", []), "remove_record_ids")
    added = record_ids(tenant, asked.get("add_record_ids", []))
    _refuse_both(set(added) & set(removed))
    kept = [record_id for record_id in case.records if record_id not in removed]
    return replace(case, records=tuple(dict.fromkeys([*kept, *added])))


def record_ids(tenant: Tenant, value: Any) -> list[int]:
    """Read ids of records that there are."""
    ids = numbers(value, "record ids")
    for record_id in ids:
        if record_id not in tenant.records:
            raise Invalid(f"Record {record_id} does not exist")
    return ids


def _names(asked: Mapping[str, Any], key: str) -> list[str]:
    return texts(asked.get(key, []), key)


def _refuse_both(both: Collection[object]) -> None:
    if both:
        raise Invalid("The same name is both added and removed")
