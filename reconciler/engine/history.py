"""Who changed what has drifted, where a system keeps a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.progress import Progress
from reconciler.engine.tenant import Tenants
from reconciler.errors import ApiError
from reconciler.model.address import Address
from reconciler.model.change import Drift, Edit
from reconciler.model.values import Path


def traced(drifts: Sequence[Drift], tenants: Tenants, progress: Progress) -> Iterator[Drift]:
    """Yield drift with who changed what; a log that cannot be read is no reason to fail."""
    edits: dict[Address, Mapping[Path, Edit]] = {}
    for name, tenant in tenants.items():
        those = [drift for drift in drifts if drift.address.provider == name and drift.fields]
        try:
            edits |= tenant.provider.history(tenant.channel, those) if those else {}
        except ApiError as error:
            progress.say(f"who changed it is not known: {error.message}")
    for drift in drifts:
        known = edits.get(drift.address, {})
        fields = (replace(field, edit=known.get(field.path)) for field in drift.fields)
        yield replace(drift, fields=tuple(fields))
