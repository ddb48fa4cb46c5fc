"""What a change of a case adds to its timeline; only types of activity that the vendor names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.things import StoredCase

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant


def events(tenant: Tenant, before: StoredCase | None, after: StoredCase) -> Iterator[tuple[str, str]]:
    """
    Give type and value of what happened between two states of a case.

    Metadata is not among them, since every write of it is logged, and neither is what no type is named for:
    names, times, conditions, subscribers, actions, notes, blocks, and tasks beyond their completion.
    """
    if before is None:
        yield "CREATED", str(after.id)
        return
    yield from _scalars(tenant, before, after)
    yield from _sets(tenant, before, after)
    yield from _fields(tenant, before, after)
    yield from _tasks(before, after)


def gained(before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
    """List what is in the second only."""
    return [item for item in after if item not in before]


def _scalars(tenant: Tenant, before: StoredCase, after: StoredCase) -> Iterator[tuple[str, str]]:
    if before.description != after.description:
        yield "DESCRIPTION_UPDATED", after.description
    if before.priority != after.priority:
        yield "SEVERITY_UPDATED", after.priority
    if tenant.status(before) != tenant.status(after):
        yield "STATUS_UPDATED", tenant.status(after)
    if before.sub_status_id != after.sub_status_id:
        yield "SUB_STATUS_UPDATED", tenant.sub_statuses[after.sub_status_id].name


def _sets(tenant: Tenant, before: StoredCase, after: StoredCase) -> Iterator[tuple[str, str]]:
    for kind, ids in (
        ("ASSIGNED", gained(before.assignees, after.assignees)),
        ("UNASSIGNED", gained(after.assignees, before.assignees)),
    ):
        for user_id in ids:
            yield kind, tenant.users[user_id].email
    for kind, names in (
        ("TAGS_ADDED", gained(before.tags, after.tags)),
        ("TAGS_REMOVED", gained(after.tags, before.tags)),
    ):
        if names:
            yield kind, ", ".join(names)
    for kind, ids in (
        ("LINKED_CASE_ADDED", gained(before.links, after.links)),
        ("LINKED_CASE_REMOVED", gained(after.links, before.links)),
        ("RECORD_RESULT_SET_ADDED", gained(before.records, after.records)),
        ("RECORD_RESULT_SET_REMOVED", gained(after.records, before.records)),
    ):
        for number in ids:
            yield kind, str(number)


def _fields(tenant: Tenant, before: StoredCase, after: StoredCase) -> Iterator[tuple[str, str]]:
    changed = {*gained(before.fields, after.fields), *gained(after.fields, before.fields)}
    for input_id in sorted({found.input_id for found in changed}):
        yield "FIELD_UPDATED", tenant.inputs[input_id].name


def _tasks(before: StoredCase, after: StoredCase) -> Iterator[tuple[str, str]]:
    completed = {task.id: task.completed for task in before.tasks}
    for task in after.tasks:
        if completed.get(task.id, False) != task.completed:
            kind = "CHECKLIST_ITEM_COMPLETED" if task.completed else "CHECKLIST_ITEM_INCOMPLETE"
            yield kind, task.description
