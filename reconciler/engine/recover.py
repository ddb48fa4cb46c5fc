"""Finding out what became of creates that were announced and never noted: the run was killed in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.engine.perform import find_created
from reconciler.engine.progress import Progress
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenant, Tenants
from reconciler.model.record import Record, State
from reconciler.model.values import Marker
from reconciler.state import Intent


def recovered(
    intents: Iterable[Intent],
    state: State,
    tenants: Tenants,
    progress: Progress,
    stop: Stop,
    settle: Sequence[float],
) -> Iterator[Record]:
    """
    Yield a record for each announced create that turns out to have been executed.

    Other requests need no recovery: planning compares with what is live, whether they happened or not. What is not
    there yet is looked for again after each wait, all of it together.
    """
    left = [intent for intent in intents if intent.marker and intent.address.provider in tenants]
    for seconds in settle if left else ():
        stop.sleep(seconds)
        for intent in tuple(left):
            record = _found(intent, tenants[intent.address.provider])
            if record is None:
                continue
            left.remove(intent)
            known = state.records.get(intent.address)
            if known is None or known.id != record.id:
                progress.say(f"{intent.address} was created by a run that ended early: it is case {record.id}")
                yield record
        if not left:
            return


def _found(intent: Intent, tenant: Tenant) -> Record | None:
    """Return the record of a create that was executed."""
    assert intent.marker is not None
    lineage, address, serial = intent.marker.rsplit("/", 2)
    told = find_created(tenant, Marker(lineage, address, int(serial)), ())
    if told is None or intent.record is None:
        return None
    return replace(intent.record, id=str(told["id"]), url=str(told["url"]))
