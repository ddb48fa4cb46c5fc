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
else is looked for by reading the case: are the items there that it makes, are the fields as they should become?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.engine.reread import is_done, reread, standing
from reconciler.engine.stop import Stop
from reconciler.engine.tenant import Tenant
from reconciler.errors import (
    ApiError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ReconcilerError,
    Refused,
)
from reconciler.model.case import Live
from reconciler.model.change import Change
from reconciler.model.operation import Operation, Repeat, Steps
from reconciler.model.values import Marker, Path, Value, to_json
from reconciler.planning.naming import found_items
from reconciler.providers.base import Sought

SETTLE = (0.0, 2.0, 5.0)
"""Seconds before each look for a create whose answer was lost."""
SENDS = 3
"""How often a request whose outcome must be looked for is sent at most."""
ADMISSIONS = 10
"""How often a request is offered to a system that says "too often"."""

Captured = Mapping[str, Value]
"""What the answer to a request told, by the names in `Operation.captures`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known after a request was executed."""

    captured: Captured = field(default_factory=dict)
    handles: Mapping[str, str] = field(default_factory=dict)
    """The ids of the items that it made."""
    live: Live | None = None
    """The case afterwards, if the answer shows it."""
    remarks: tuple[str, ...] = ()
    """What the answer said beside."""
    adopted: bool = False
    """It was refused at once, since there is such a case of ours already: what is in it is not of this request."""


class UnexpectedAnswer(ApiError):
    """The system executed the request, but did something else than was asked."""

    def __init__(self, message: str, told: Told) -> None:
        super().__init__(message, hint="look at the case, then plan again")
        self.told = told
        """What the answer told all the same: a created case has an id."""


@dataclass(frozen=True, slots=True)
class Request:
    """An operation with everything filled in, on its way to one tenant."""

    operation: Operation
    path: str
    """With its query, encoded once: a signature covers these bytes."""
    body: Any
    change: Change
    marker: Marker
    wanted: Mapping[str, Value] = field(default_factory=dict)
    """What the case shall become, filled in."""
    known: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """For each item that it makes, the ids of those that said the same before."""
    since: str | None = None
    """ISO 8601, UTC: when it was announced."""


def perform(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float] = SETTLE) -> Told:
    """Send the request and return what its answer told; raise ApiError or Conflict if it did not happen."""
    if request.operation.repeat is Repeat.LOOK:
        return _looking(request, tenant, stop, settle)
    try:
        return _send(request, tenant)
    except Refused as error:
        if request.operation.method == "DELETE" and _is_gone(request, tenant, error):
            return Told()
        raise


def _is_gone(request: Request, tenant: Tenant, error: Refused) -> bool:
    """Tell whether a refused DELETE was refused because what it is about is not there any more; look for it."""
    if not (request.operation.reads_back or isinstance(error, NotFound)):
        return False
    live = reread(request.change, tenant)
    return live is None or _seen_inside(request, live, tenant) is not None


def find_created(tenant: Tenant, sought: Sought, names: Sequence[str]) -> tuple[Captured, Live] | None:
    """Return what a create made, None if there is no such case; two are an error."""
    ids = tenant.provider.find(tenant.channel, sought)
    if not ids:
        return None
    if len(ids) > 1:
        raise ReconcilerError(
            f"{sought.marker.address}: cases {', '.join(ids)} all carry its marker; one of them is too many",
            hint=f"delete all but one, then set `import: {ids[0]!r}` on it",
        )
    live = tenant.read_one(ids[0], frozenset(names))
    if live is None:
        raise OutcomeUnknown(f"{sought.marker.address}: case {ids[0]} carries its marker, and cannot be read")
    return {**to_json(live.attributes), "id": live.id, "url": live.url}, live


def _looking(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float]) -> Told:
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
            found = (
                _looked(error, request, tenant, stop, settle[:1])
                if sends
                else _look_at_once(request, tenant, stop)
            )
            if found is not None:  # it was done already: the key is there, or gone
                return replace(found, adopted=request.operation.creates and not sends)
            if sends:
                raise OutcomeUnknown(f"{error}; an attempt before it may yet be executed") from error
            raise
        found = _looked(lost, request, tenant, stop, waits)
        if found is not None:
            return found
    assert lost is not None
    raise lost


def _look_at_once(request: Request, tenant: Tenant, stop: Stop) -> Told | None:
    """Look for what was refused at once: only a marker of our own making tells a case of ours then."""
    try:
        return _look(request, tenant, stop, (0.0,), {})
    except OutcomeUnknown:  # nobody says that it was done
        return None


def _looked(lost: ApiError, request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float]) -> Told | None:
    """Look for what may have been executed; that the look is refused does not say that the request was."""
    try:
        return _look(request, tenant, stop, settle, request.wanted)
    except Refused as error:
        raise OutcomeUnknown(f"{lost}; looking whether it was executed failed too: {error}") from error


def _look(
    request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float], declared: Mapping[str, Value]
) -> Told | None:
    """
    Return what the request made if it turns out to have been executed.

    Nothing is `declared` where it was refused at once.
    """
    if not request.operation.creates:
        return _look_inside(request, tenant, stop, settle if request.operation.makes else (0.0,))
    names = (*(name for name in request.operation.captures if name != "id"), *_attributes(request.operation))
    for seconds in settle:
        stop.sleep(seconds)
        if found := find_created(tenant, Sought(request.marker, declared, request.since), names):
            captured = {
                name: value for name, value in found[0].items() if name in {*request.operation.captures, "url"}
            }
            live = found[1]
            return Told(captured, _items(request, live, request.operation.makes), live)
    return None


def _look_inside(request: Request, tenant: Tenant, stop: Stop, settle: Sequence[float]) -> Told | None:
    """Look whether a change within a case was made: its items are there, or its fields are as they should be."""
    for seconds in settle:
        stop.sleep(seconds)
        live = reread(request.change, tenant)
        if live is None:
            raise OutcomeUnknown(
                f"{request.change.address}: what became of the request is not known: no case is found"
            )
        if found := _seen_inside(request, live, tenant):
            return found
    return None


def _seen_inside(request: Request, live: Live, tenant: Tenant) -> Told | None:
    if makes := request.operation.makes:
        found = _items(request, live, makes)
        if found and len(found) < len(makes):
            raise Conflict(f"a part of it was made and a part was not: {request.operation.why}", hint="plan again")
        return Told({}, found, live) if found else None
    now = standing(request.change, live, tenant.provider.schema, request.marker.lineage)
    return Told({}, {}, live) if is_done(request.operation, now, tenant.provider.schema) else None


def _attributes(operation: Operation) -> Iterator[str]:
    """Yield the attributes that an answer must show."""
    yield from operation.verifies
    yield from (path[0] for path in operation.makes)


def _items(request: Request, live: Live, makes: Mapping[Path, str | None]) -> dict[str, str]:
    return found_items(live, makes, request.wanted, request.known, request.marker.lineage)


def _send(request: Request, tenant: Tenant) -> Told:
    operation = request.operation
    answer = tenant.channel.send(operation.method, request.path, request.body, repeat=operation.repeat)
    told = _told(request, tenant, answer)
    for steps, expected in operation.expects:
        found = next(_walk(answer, steps), None)
        if found != expected:
            where = ".".join(str(step) for step in steps)
            raise UnexpectedAnswer(
                f"{request.path}: it was done, but not as asked: {where} is {found} and not {expected}", told
            )
    return told


def _told(request: Request, tenant: Tenant, answer: Any) -> Told:
    """Read an answer; raise ProtocolError where it does not show what the request made."""
    operation = request.operation
    captured = dict(_captured(answer, request))
    if operation.creates and "url" not in captured:
        captured["url"] = tenant.provider.url_of(captured["id"])
    handles = {
        ".".join(path): str(captured.pop(name)) for path in operation.makes if (name := ".".join(path)) in captured
    }
    names = frozenset(_attributes(operation))
    live = tenant.provider.answered(answer, names) if names else None
    left = {path: alias for path, alias in operation.makes.items() if ".".join(path) not in handles}
    if left and live:
        handles |= _items(request, live, left)
    remark = tenant.provider.remark(answer)
    missing = [".".join(path) for path in left if ".".join(path) not in handles]
    if missing and not operation.reads_back:
        raise ProtocolError(f"{operation.method} {request.path}: the answer does not show {', '.join(missing)}")
    return Told(captured, handles, live, () if remark is None else (remark,))


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
    if isinstance(first, int) and isinstance(data, list):
        yield from (found for item in data[first : first + 1] for found in _walk(item, tuple(rest)))
    elif first == "*" and isinstance(data, list):
        for item in data:
            yield from _walk(item, tuple(rest))
    elif isinstance(data, Mapping) and first in data:
        yield from _walk(data[first], tuple(rest))
