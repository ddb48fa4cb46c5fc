"""
Making a plan true: cases side by side, dependent ones in order, every step written down.

for each case, as soon as what it depends on has ended well:
    read again, compare → for each request: announce → send → note → next

A case that fails stops what depends on it and nothing else. A wish to stop lets what is in flight end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

from reconciler.engine.perform import SETTLE, Captured, Request, UnexpectedAnswer, perform
from reconciler.engine.progress import Progress
from reconciler.engine.recorder import Recorder
from reconciler.engine.reread import pending, standing
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenants
from reconciler.errors import Conflict, Interrupted, ReconcilerError, Refused
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.result import Outcome, Result, Status
from reconciler.model.values import (
    ABSENT,
    Digest,
    Marker,
    Path,
    Ref,
    Secret,
    Template,
    Value,
    leaves,
    parse_template,
    transform,
)
from reconciler.planning.normalize import fill
from reconciler.planning.order import predecessors


class Known:
    """What references stand for, growing as cases are created; thread-safe."""

    def __init__(self, known: Mapping[str, Mapping[str, Value]]) -> None:
        self._lock = threading.Lock()
        self._known = dict(known)

    def learn(self, case: str, told: Captured) -> None:
        """Add what was told about a case."""
        with self._lock:
            self._known[case] = {**self._known.get(case, {}), **told}

    def fill(self, value: Value) -> Value:
        """Return the value with its references filled in."""
        with self._lock:
            known = dict(self._known)
        return fill(value, known)


@dataclass(frozen=True, slots=True)
class Means:
    """What an apply works with."""

    tenants: Tenants
    recorder: Recorder
    records: Mapping[Address, Record]
    """The records that the plan was made upon."""
    known: Known
    secrets: Mapping[str, str]
    """What digests stand for, by their text."""
    stop: Stop
    progress: Progress
    parallelism: int = 8
    settle: tuple[float, ...] = SETTLE


def apply(plan: Plan, means: Means) -> Result:
    """Send the plan's requests and return how each case ended; never raises for a single case."""
    changes = {change.address: change for change in plan.changes}
    means.progress.begin("Applying", len(changes))
    try:
        outcomes = list(_run(changes, plan, means))
    finally:
        means.progress.end()
    for record in plan.refresh:
        means.recorder.settle(record.address, record)
    ended = tuple(sorted(outcomes, key=lambda outcome: outcome.address))
    return Result(ended, interrupted=means.stop.is_set(), unchanged=plan.unchanged)


def _run(changes: Mapping[Address, Change], plan: Plan, means: Means) -> Iterator[Outcome]:
    before = predecessors(changes.values())
    sorter = TopologicalSorter(before)
    sorter.prepare()
    ended: dict[Address, Status] = {}
    running: dict[Future[Outcome], Address] = {}
    with ThreadPoolExecutor(means.parallelism, thread_name_prefix="apply") as pool:
        while sorter.is_active():
            for address in sorter.get_ready():
                failed = [other for other in sorted(before[address]) if ended[other] is not Status.DONE]
                running[pool.submit(_case, changes[address], plan, means, failed)] = address
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                outcome = future.result()
                ended[outcome.address] = outcome.status
                sorter.done(running.pop(future))
                means.progress.advance()
                yield outcome


def _case(change: Change, plan: Plan, means: Means, failed: list[Address]) -> Outcome:
    """Apply one change and tell how it ended."""
    work = _Work(change, plan, means, means.records.get(change.address))
    if failed:
        names = ", ".join(str(address) for address in failed)
        return work.outcome(Status.SKIPPED, f"not tried: {names} did not end well")
    try:
        means.stop.check()
        work.run()
    except Conflict as error:
        return work.outcome(Status.CONFLICT, str(error))
    except Interrupted:
        return work.outcome(
            Status.SKIPPED, "not finished: interrupted" if work.begun else "not tried: interrupted"
        )
    except ReconcilerError as error:
        return work.outcome(Status.FAILED, f"{error} ({error.hint})" if error.hint else str(error))
    return work.outcome(Status.DONE)


@dataclass(slots=True)
class _Work:
    """The progress of one case: what has been sent, and the record as far as it is true."""

    change: Change
    plan: Plan
    means: Means
    record: Record | None
    requests: int = 0
    begun: bool = False
    """A request was announced: whatever became of it, the case is no longer untried."""

    def outcome(self, status: Status, message: str | None = None) -> Outcome:
        return Outcome(self.change.address, self.change.action, status, self.requests, message)

    def run(self) -> None:
        change = self.change
        for operation in self._pending():
            self.means.stop.check()
            self._operation(operation)
        if change.record is None:
            self.means.recorder.settle(change.address, None)
        else:
            told = self.record or change.record
            self.means.recorder.settle(
                change.address,
                replace(self._filled(change.record), id=told.id, url=told.url, handles=told.handles),
            )

    def _pending(self) -> tuple[Operation, ...]:
        change = self.change
        if not change.operations or change.action is Action.CREATE:
            if change.action is Action.CREATE:
                self.record = None  # what was recorded is gone; nothing of the new case holds yet
            return change.operations
        tenant = self.means.tenants[change.address.provider]
        return pending(change, standing(change, tenant, self.plan.lineage))

    def _operation(self, operation: Operation) -> None:
        request = self._request(operation)
        if operation.droppable and _is_empty(request.body):
            self._advance(operation, {})
            return
        intent = self.means.recorder.announce(
            self.change,
            operation,
            request.path,
            request.marker.text if operation.creates else None,
            self._after(operation, {}),
        )
        self.begun = True
        tenant = self.means.tenants[self.change.address.provider]
        try:
            told = perform(request, tenant, self.means.stop, self.means.settle)
        except UnexpectedAnswer as error:
            self.requests += 1
            self._advance(operation, error.captured)
            self.means.recorder.done(intent, self.record)
            raise
        except (Refused, Conflict) as error:
            self.means.recorder.failed(intent, str(error))
            raise
        self.requests += 1
        self._advance(operation, told)
        deleted = self.change.action is Action.DELETE
        self.means.recorder.done(intent, None if deleted else self.record)

    def _request(self, operation: Operation) -> Request:
        marker = Marker(self.plan.lineage, str(self.change.address), self.plan.serial)
        path = self.means.known.fill(parse_template(operation.path))
        body = transform(self.means.known.fill(operation.body), self._sent)
        unknown = [leaf for leaf in leaves((path, body)) if isinstance(leaf, Ref | Template)]
        if unknown:
            raise ReconcilerError(f"{self.change.address}: {unknown[0].text} is not known; apply that case first")
        return Request(operation, path, body, self.change, marker)

    def _sent(self, leaf: Value) -> Any:
        """Return a leaf as it goes over the wire."""
        match leaf:
            case Marker():
                return leaf.text
            case Digest():
                return self._secret(leaf)
            case _:
                return leaf

    def _secret(self, digest: Digest) -> str:
        """Return what a digest stands for: a secret that is declared, or a member of a set that is to go."""
        if digest.text in self.means.secrets:
            return self.means.secrets[digest.text]
        names = frozenset(field.path[0] for field in self.change.fields)
        tenant = self.means.tenants[self.change.address.provider]
        live = tenant.read_one(self.change.id, names) if self.change.id else None
        for text in leaves(live.attributes) if live else ():
            if isinstance(text, str) and Secret(text).digest(self.plan.lineage) == digest:
                return text
        raise ReconcilerError(
            f"{self.change.address}: a secret is no longer what it was when the plan was made", hint="plan again"
        )

    def _advance(self, operation: Operation, told: Captured) -> None:
        if told:
            self.means.known.learn(self.change.address.name, told)
        self.record = self._after(operation, told)

    def _after(self, operation: Operation, told: Captured) -> Record:
        """Return the record as it will be true once the operation is done."""
        change, base = self.change, self.record
        target = change.record or base or self.means.records[change.address]
        recorded = dict(base.recorded) if base else {}
        for path in operation.fields:
            _take(recorded, target.recorded, path)
        return replace(
            self._filled(target),
            id=str(told.get("id") or (base.id if base else change.id) or ""),
            url=str(told.get("url") or (base.url if base else change.url) or ""),
            recorded=self.means.known.fill(recorded),
        )

    def _filled(self, record: Record) -> Record:
        return replace(record, recorded=self.means.known.fill(record.recorded))


def _take(recorded: dict[str, Value], target: Mapping[str, Value], path: Path) -> None:
    """Make `recorded` what `target` says at one path."""
    name, *rest = path
    if not rest:
        if name in target:
            recorded[name] = target[name]
        return
    inner = dict(recorded.get(name) or {})
    value = (target.get(name) or {}).get(rest[0], ABSENT)
    if value is ABSENT:
        inner.pop(rest[0], None)
    else:
        inner[rest[0]] = value
    recorded[name] = inner


def _is_empty(body: Value) -> bool:
    """Tell whether a body carries nothing: all its collections are empty."""
    return isinstance(body, Mapping) and not any(body.values())
