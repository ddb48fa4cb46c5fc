"""Finding out what became of creates that were announced and never noted: the run was killed in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.engine.perform import look_for_created
from reconciler.engine.progress import Progress
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenants
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

    Other requests need no recovery: planning compares with what is live, whether they happened or not.
    """
    for intent in intents:
        if intent.marker is None or intent.record is None or intent.address.provider not in tenants:
            continue
        lineage, address, serial = intent.marker.rsplit("/", 2)
        marker = Marker(lineage, address, int(serial))
        told = look_for_created(tenants[intent.address.provider], marker, (), stop, settle)
        known = state.records.get(intent.address)
        if told is None or (known is not None and known.id == told["id"]):
            continue
        progress.say(f"{intent.address} was created by a run that ended early: it is case {told['id']}")
        yield replace(intent.record, id=str(told["id"]), url=str(told["url"]))
