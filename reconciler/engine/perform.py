"""
Sending one request so that it happens once, whatever becomes of its answer.

outcome of sending                   repeat is SAFE      repeat is LOOK
-----------------------------------  ------------------  ------------------------------------------------
2xx                                  done                done
never left (no connection)           sent again          sent again
answer lost, 5xx, unreadable         sent again          look: done → done; not done → sent again, thrice at most
429                                  sent again          look, sent again when the pause is over
other 4xx                            failed              look: done → done; else failed

A create is looked for by its marker, a few times, since a slow system may finish it after we gave up. Anything
else is looked for by reading the case: are the fields as they should become?
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.engine.reread import is_done, standing
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenant
from reconciler.errors import (
    ApiError,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ReconcilerError,
    Refused,
)
from reconciler.model.change import Change
from reconciler.model.operation import Operation, Repeat, Steps
from reconciler.model.values import Marker, Value, to_json

SETTLE = (0.0, 2.0, 5.0)
"""Seconds before each look for a create whose answer was lost."""
SENDS = 3
"""How often a request whose outcome must be looked for is sent at most."""
ADMISSIONS = 10
"""How often a request is offered to a system that says "too often"."""

Captured = Mapping[str, Value]
"""What the answer to a request told, by the names in `Operation.captures`."""


class UnexpectedAnswer(ApiError):
    """The system executed the request, but did something else than was asked."""

    def __init__(self, message: str, captured: Captured) -> None:
        super().__init__(message, hint="look at the case, then plan again")
        self.captured = captured
        """What the answer told all the same: a created case has an id."""


@dataclass(frozen=True, slots=True)
class Request:
    """An operation with everything filled in, on its way to one tenant."""

    operation: Operation
    path: str
    body: Any
    change: Change
    marker: Marker


def perform(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float] = SETTLE) -> Captured:
    """Send the request and return what its answer told; raise ApiError or Conflict if it did not happen."""
    if request.operation.repeat is Repeat.LOOK:
        return _looking(request, tenant, stop, settle)
    try:
        return _send(request, tenant)
    except NotFound:
        if request.operation.method == "DELETE":
            return {}  # it is gone, which is what was wanted
        raise


def find_created(tenant: Tenant, marker: Marker, names: Sequence[str]) -> Captured | None:
    """Return what the create that carried a marker made, None if there is no such case; two are an error."""
    ids = tenant.provider.find(tenant.channel, marker)
    if not ids:
        return None
    if len(ids) > 1:
        raise ReconcilerError(
            f"{marker.address}: cases {', '.join(ids)} all carry its marker; one of them is too many",
            hint=f"delete all but one, then set `import: {ids[0]!r}` on it",
        )
    live = tenant.read_one(ids[0], frozenset(names))
    return {**to_json(live.attributes), "id": live.id, "url": live.url} if live else None


def _looking(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float]) -> Captured:
    lost: ApiError | None = None
    sends, refusals = 0, 0
    while sends < SENDS and refusals < ADMISSIONS:
        try:
            return _send(request, tenant)
        except RateLimited as error:  # not executed, says the system: one look is enough
            lost, refusals, waits = error, refusals + 1, settle[:1]
        except (OutcomeUnknown, ProtocolError) as error:
            lost, sends, waits = error, sends + 1, settle
        except Refused as error:
            found = _look(request, tenant, stop, settle[:1])
            if found is not None:
                return found  # it was done already: the key is there, or gone
            if sends:
                raise OutcomeUnknown(f"{error}; an attempt before it may yet be executed") from error
            raise
        found = _look(request, tenant, stop, waits)
        if found is not None:
            return found
    assert lost is not None
    raise lost


def _look(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float]) -> Captured | None:
    """Return what the request made if it turns out to have been executed."""
    if not request.operation.creates:
        now = standing(request.change, tenant, request.marker.lineage)
        return {} if now is not None and is_done(request.operation, now) else None
    for seconds in settle:
        stop.sleep(seconds)
        found = find_created(tenant, request.marker, tuple(request.operation.captures))
        if found is not None:
            return found
    return None


def _send(request: Request, tenant: Tenant) -> Captured:
    operation = request.operation
    answer = tenant.channel.send(operation.method, request.path, request.body, repeat=operation.repeat)
    captured = dict(_captured(answer, request))
    for steps, expected in operation.expects:
        found = next(_walk(answer, steps), None)
        if found != expected:
            where = ".".join(str(step) for step in steps)
            raise UnexpectedAnswer(
                f"{request.path}: it was done, but not as asked: {where} is {found} and not {expected}", captured
            )
    return captured


def _captured(answer: Any, request: Request) -> Iterator[tuple[str, Value]]:
    """Yield what the answer tells; without an id a create may have failed, so it has to be looked for."""
    for name, steps in request.operation.captures.items():
        values = [value for value in _walk(answer, steps) if value is not None]
        if "*" in steps:
            yield name, values
        elif values:
            yield name, str(values[0])
        elif name == "id":
            raise ProtocolError(f"{request.operation.method} {request.path}: the answer names no id")


def _walk(data: Any, steps: Steps) -> Iterator[Any]:
    """Yield what stands at the end of the steps; nothing where the way breaks off."""
    if not steps:
        yield data
        return
    first, *rest = steps
    if first == "*" and isinstance(data, list):
        for item in data:
            yield from _walk(item, tuple(rest))
    elif isinstance(data, Mapping) and first in data:
        yield from _walk(data[first], tuple(rest))
