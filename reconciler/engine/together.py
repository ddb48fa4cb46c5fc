"""
Requests that are about several cases: sent first, before anything else of these cases.

    each case is read again, all at the same time, and compared    differs: left out
    an intent for each case → one request → each case is noted     refused: all are left out
                                                                   answer lost: all fail, and the intents stay open

Nothing is lost for a case that is left out, or of which the answer says nothing: it gets back the request that is
about it alone, and that is sent in its turn like any other, after another look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from reconciler.engine.means import Means
from reconciler.engine.perform import perform
from reconciler.engine.work import Work
from reconciler.errors import ReconcilerError, Refused
from reconciler.model.address import Address
from reconciler.model.change import Change
from reconciler.model.operation import Each, Operation
from reconciler.model.plan import Plan
from reconciler.planning.together import about, apart

SHOWN: Final = "shown"
"""What is captured of the answer: the cases that it names."""


def send_together(plan: Plan, means: Means) -> Mapping[Address, Work]:
    """Send what is about several cases; return these cases, each with what is left to be sent for it alone."""
    found = list(_shared(plan, means))
    if found:
        with (
            ThreadPoolExecutor(means.parallelism, thread_name_prefix="look") as lookers,
            ThreadPoolExecutor(means.parallelism, thread_name_prefix="together") as senders,
        ):
            list(senders.map(lambda shared: shared.send(lookers), found))
    return {one.work.change.address: one.work for shared in found for one in shared.ones}


def _shared(plan: Plan, means: Means) -> Iterator[Shared]:
    changes = {change.address: change for change in plan.changes}
    for change in plan.changes:
        for operation in change.operations:
            if (each := operation.each) is not None and operation.others:
                alone = apart(change.address, operation)
                ones = (
                    _one(changes[address], operation, own, each, plan, means) for address, own in alone.items()
                )
                yield Shared(operation, each, tuple(ones))


def _one(change: Change, operation: Operation, own: Operation, each: Each, plan: Plan, means: Means) -> One:
    """Return a case whose own request is the one about it alone."""
    others = (other for other in change.operations if other is not operation)
    return One(Work(replace(change, operations=(own, *others)), plan, means), own, own.body[each.key][0])


@dataclass(frozen=True, slots=True)
class One:
    """A case, and the request that is about it alone."""

    work: Work
    operation: Operation
    id: str | int
    """What the body calls the case."""

    @property
    def is_ready(self) -> bool:
        """Tell whether the case is as it was when it was planned; if it is not, its own turn tells why."""
        try:
            return self.operation in self.work.pending()
        except ReconcilerError:
            return False


@dataclass(frozen=True, slots=True)
class Shared:
    """A request that is about several cases."""

    operation: Operation
    each: Each
    ones: tuple[One, ...]

    def send(self, lookers: Executor) -> None:
        """Send it for the cases that are ready, if that is more than one."""
        stop = self.ones[0].work.means.stop
        are_ready = [] if stop.is_set() else list(lookers.map(lambda one: one.is_ready, self.ones))
        ready = tuple(one for one, is_ready in zip(self.ones, are_ready, strict=False) if is_ready)
        if len(ready) > 1 and not stop.is_set():
            replace(self, operation=about(self.operation, [one.id for one in ready]), ones=ready).settle()

    def settle(self) -> None:
        """Send it; a case of which it is not known what became fails with the reason."""
        try:
            self._sent()
        except ReconcilerError as error:
            for one in self.ones:
                if one.operation in one.work.change.operations:
                    one.work.error = error

    def _sent(self) -> None:
        first = self.ones[0].work
        means, recorder = first.means, first.means.recorder
        request = first.request(replace(self.operation, captures={SHOWN: self.each.shown}))
        intents = [one.work.announce(one.operation, request) for one in self.ones]
        try:
            told = perform(request, means.tenants[first.change.address.provider], means.stop, means.settle)
        except Refused as error:
            for intent in intents:
                recorder.failed(intent, str(error))
            return
        first.requests += 1
        first.warnings += told.remarks
        shown = {str(id) for id in told.captured[SHOWN]}
        for one, intent in zip(self.ones, intents, strict=True):
            if str(one.id) in shown:
                one.work.shared(one.operation, intent)
