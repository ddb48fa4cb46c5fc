"""Finding out what became of creates that were announced and never noted: the run was killed in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.engine.perform import find_created
from reconciler.engine.progress import Progress
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenant, Tenants
from reconciler.model.case import Live
from reconciler.model.record import Record, State
from reconciler.model.values import Marker, Path
from reconciler.planning.naming import found_items
from reconciler.providers.base import Sought
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
    Yield a record for each announced create, of a case or of items in one, that turns out to have been executed.

    Other requests need no recovery: planning compares with what is live, whether they happened or not. What is not
    there yet is looked for again after each wait, all of it together.
    """
    left = [intent for intent in intents if is_open_question(intent) and intent.address.provider in tenants]
    for seconds in settle if left else ():
        stop.sleep(seconds)
        for intent in tuple(left):
            record = _found(intent, tenants[intent.address.provider], state.lineage)
            if record is None:
                continue
            left.remove(intent)
            known = state.records.get(intent.address)
            if known is None or known.id != record.id or dict(known.handles) != dict(record.handles):
                made = "created" if intent.marker else "added to"
                progress.say(f"{intent.address} was {made} by a run that ended early: it is case {record.id}")
                yield record
        if not left:
            return


def is_open_question(intent: Intent) -> bool:
    """Tell whether a second such request would make a second thing."""
    return bool(intent.marker or intent.seeks)


def _found(intent: Intent, tenant: Tenant, lineage: str) -> Record | None:
    """Return the record of a create that was executed."""
    record = intent.record
    if record is None:
        return None
    if intent.marker is None:
        found = _items_of(intent, tenant.read_one(record.id, _attributes(intent)), lineage)
        return replace(record, handles={**record.handles, **found}) if found else None
    marker_lineage, address, serial = intent.marker.rsplit("/", 2)
    marker = Marker(marker_lineage, address, int(serial))
    told = find_created(
        tenant, Sought(marker, record.recorded, intent.at, earlier=True), tuple(_attributes(intent))
    )
    if told is None:
        return None
    captured, live = told
    handles = {**record.handles, **_items_of(intent, live, lineage)}
    return replace(record, id=str(captured["id"]), url=str(captured["url"]), handles=handles)


def _attributes(intent: Intent) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in intent.seeks)


def _items_of(intent: Intent, live: Live | None, lineage: str) -> dict[str, str]:
    """Return the handles of the items that the request was to make, as far as they are there."""
    if live is None or intent.record is None:
        return {}
    recorded = intent.record.recorded
    paths = {path: path.partition(".")[::2] for path in intent.seeks}
    paths = {path: (name, key) for path, (name, key) in paths.items() if key in (recorded.get(name) or ())}
    makes: dict[Path, str | None] = {within: intent.names.get(path) for path, within in paths.items()}
    return found_items(live, makes, recorded, intent.seeks, lineage)
