"""
Making a plan true: cases side by side, dependent ones in order, every step written down.

for each case, as soon as what it depends on has ended well:
    read again, compare → for each request: announce → send → note → next

A case that fails stops what depends on it and nothing else. A wish to stop lets what is in flight end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from reconciler.engine.work import Means, Work
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
    before = predecessors(changes.values())
    sorter = TopologicalSorter(before)
    sorter.prepare()
    ended: dict[Address, Status] = {}
    running: dict[Future[Outcome], Work] = {}
    waiting: list[Work] = []
    with ThreadPoolExecutor(means.parallelism, thread_name_prefix="apply") as pool:
        while sorter.is_active():
            for address in sorter.get_ready():
                failed = [str(other) for other in sorted(before[address]) if ended[other] is not Status.DONE]
                work = Work(changes[address], plan, means, means.records.get(address))
                running[pool.submit(_case, work, failed)] = work
            there = wait(running, return_when=FIRST_COMPLETED).done
            for future in sorted(there, key=lambda future: running[future].change.address):
                outcome, work = future.result(), running.pop(future)
                ended[outcome.address] = outcome.status
                sorter.done(outcome.address)
                if work.postponed and outcome.status is Status.DONE:
                    waiting.append(work)
                else:
                    means.progress.advance()
                    yield outcome
        names = {address.name: status for address, status in ended.items()}
        waiting.sort(key=lambda work: work.change.address)
        for outcome in pool.map(lambda work: _finish(work, names), waiting):
            means.progress.advance()
            yield outcome


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


def _ending(work: Work, act: Callable[[], None]) -> Outcome:
    try:
        work.means.stop.check()
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
