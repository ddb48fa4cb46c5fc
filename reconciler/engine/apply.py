"""
Making a plan true: cases side by side, dependent ones in order, every step written down.

requests that are about several cases: see `together`
for each case, as soon as what it depends on has ended well:
    read again, compare → for each request: announce → send → note → next
then links to cases that come later; then cases of whose links others have sent some are settled

A case that fails stops what depends on it and nothing else. A wish to stop lets what is in flight end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from queue import SimpleQueue

from reconciler.engine.means import Means
from reconciler.engine.together import send_together
from reconciler.engine.work import Work
from reconciler.errors import Conflict, Interrupted, ReconcilerError
from reconciler.model.address import Address
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.model.result import Outcome, Result, Status
from reconciler.planning.order import predecessors


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
    """Yield how each case ended: first those that wait for nothing, then what links back in a circle."""
    before, works = predecessors(changes.values()), _works(changes, plan, means)
    sorter = TopologicalSorter(before)
    sorter.prepare()
    ended: dict[Address, Status] = {}
    running: dict[Future[Outcome], Work] = {}
    done: SimpleQueue[Future[Outcome]] = SimpleQueue()  # to ask all that run which has ended takes long of many
    waiting: list[Work] = []
    with ThreadPoolExecutor(means.parallelism, thread_name_prefix="apply") as pool:
        while sorter.is_active():
            for address in sorter.get_ready():
                failed = [str(other) for other in sorted(before[address]) if ended[other] is not Status.DONE]
                work = works.get(address) or Work(changes[address], plan, means)
                future = pool.submit(_case, work, failed)
                running[future] = work
                future.add_done_callback(done.put)
            future = done.get()
            outcome, work = future.result(), running.pop(future)
            ended[outcome.address] = outcome.status
            sorter.done(outcome.address)
            if work.is_waiting and outcome.status is Status.DONE:
                waiting.append(work)
            else:
                means.progress.advance()
                yield outcome
        names = {address.name: status for address, status in ended.items()}
        waiting.sort(key=lambda work: work.change.address)
        finished = list(pool.map(lambda work: _finish(work, names), waiting))
    for work, outcome in zip(waiting, finished, strict=True):
        means.progress.advance()
        yield _conclude(work, works) if work.is_waiting and outcome.status is Status.DONE else outcome


def _works(changes: Mapping[Address, Change], plan: Plan, means: Means) -> Mapping[Address, Work]:
    """Return the cases that have to do with others; requests that are about several of them are sent by now."""
    works = dict(send_together(plan, means))
    for address, carried in plan.carried.items():
        awaits = frozenset(carrier for carrier, operation in carried if operation.each is None)
        for other in {address, *awaits} - works.keys():
            works[other] = Work(changes[other], plan, means)
        works[address].awaits = awaits
    return works


def _case(work: Work, failed: Sequence[str]) -> Outcome:
    """Apply one change, but for what has to wait, and tell how it ended."""
    if failed:
        return work.outcome(Status.SKIPPED, f"not tried: {', '.join(failed)} did not end well")
    return _ending(work, work.run)


def _finish(work: Work, ended: Mapping[str, Status]) -> Outcome:
    """Send what had to wait for other cases, and tell how the change ended."""
    others = {name for operation in work.postponed for name in operation.after}
    if failed := sorted(name for name in others if ended.get(name, Status.DONE) is not Status.DONE):
        return work.outcome(Status.FAILED, f"not linked: {', '.join(failed)} did not end well")
    return _ending(work, work.finish)


def _conclude(work: Work, works: Mapping[Address, Work]) -> Outcome:
    """Settle a case that others have links with, if they have made them, and tell how the change ended."""
    mine = work.change.address
    missing = sorted(other.name for other in work.awaits if mine not in works[other].achieved)
    return _ending(work, lambda: work.conclude(missing))


def _ending(work: Work, act: Callable[[], None]) -> Outcome:
    try:
        act()
    except Conflict as error:
        return work.outcome(Status.CONFLICT, str(error))
    except Interrupted:
        return work.outcome(
            Status.SKIPPED, "not finished: interrupted" if work.begun else "not tried: interrupted"
        )
    except ReconcilerError as error:
        return work.outcome(Status.FAILED, f"{error} ({error.hint})" if error.hint else str(error))
    return work.outcome(Status.DONE)
