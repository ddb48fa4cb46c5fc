"""One case on its way: what has been sent for it, what was told, and the record as far as it is true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, NoReturn

from reconciler.engine.filling import Filling
from reconciler.engine.means import Means
from reconciler.engine.perform import Request, Told, UnexpectedAnswer, perform
from reconciler.engine.remember import Memory
from reconciler.engine.reread import UNTOUCHED, Now, pending, refuse_moved, reread, standing
from reconciler.engine.tenant import Tenant
from reconciler.engine.verify import Deviation, Kept, Verdict, Written, may_add
from reconciler.errors import Conflict, ReconcilerError, Refused
from reconciler.model.address import Address
from reconciler.model.case import Live
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.result import Outcome, Status
from reconciler.model.values import Marker, Path, Ref, Template, Value, leaves
from reconciler.planning.naming import found_items, lookalikes
from reconciler.state import Intent

ITEM: Final = 2
"""Steps of a path that leads to an item."""


_NOT_SO: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
"""How a system says that it understood a request and will not do it like that."""


@dataclass(slots=True)
class Work:
    """The progress of one case: what has been sent, and the record as far as it is true."""

    change: Change
    plan: Plan
    means: Means
    record: Record | None = field(init=False)
    requests: int = 0
    begun: bool = False
    """A request was announced: whatever became of it, the case is no longer untried."""
    postponed: tuple[Operation, ...] = ()
    """What is sent when cases that come later are done."""
    before: Mapping[str, Value] = field(default_factory=dict)
    """The sets as they were just before the first write."""
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same of sets that are written whole, in the system's words."""
    lookalikes: dict[str, frozenset[str]] = field(default_factory=dict)
    """For items to be made, the ids of those that said the same just before the first write."""
    handles: dict[str, str] = field(default_factory=dict)
    """What the system calls the items and members that this run has made."""
    warnings: list[str] = field(default_factory=list)
    late: list[Operation] = field(default_factory=list)
    """What is sent when everything else of the case is done."""
    repaired: set[Path] = field(default_factory=set)
    """Sets that were sent whole: what else was planned for them is done."""
    awaits: frozenset[Address] = frozenset()
    """Cases whose requests make something of this one true: it is settled when they are done."""
    achieved: set[Address] = field(default_factory=set)
    """Cases of which a request of this one has made something true."""
    error: ReconcilerError | None = None
    """Why it is not known what became of a request that was sent together with other cases."""
    refers: bool = field(init=False)
    """Something in it stands for what is told about another case; where nothing does, nothing is filled in."""

    def __post_init__(self) -> None:
        self.record = self.means.records.get(self.change.address)
        values = [value for each in self.change.fields for value in (each.before, each.after)]
        values += [record.recorded for record in (self.change.record, self.record) if record]
        self.refers = any(isinstance(leaf, Ref | Template) for leaf in leaves(tuple(values)))

    def outcome(self, status: Status, message: str | None = None) -> Outcome:
        """Return how the case ended, with what it took until then."""
        change = self.change
        return Outcome(change.address, change.action, status, self.requests, message, tuple(self.warnings))

    def run(self) -> None:
        """Send what need not wait for others, and settle the record if that is all; raises ReconcilerError."""
        if self.error is not None:
            raise self.error
        if self.change.operations or not self.begun:
            self.means.stop.check()
        operations = self.pending()
        self.postponed = tuple(operation for operation in operations if operation.after)
        self._send(operation for operation in operations if not operation.after)
        if not self.is_waiting:
            self._end()

    def finish(self) -> None:
        """Send what had to wait, and settle the record if that is all; raises ReconcilerError."""
        postponed, self.postponed = self.postponed, ()
        self._send(postponed)
        if not self.is_waiting:
            self._end()

    def conclude(self, missing: Sequence[str]) -> None:
        """Settle the record, unless cases that it waited for have not done their part; raises ReconcilerError."""
        if missing:
            self.means.stop.check()
            raise ReconcilerError(f"not linked: {', '.join(missing)} did not end well")
        self._end()

    @property
    def is_waiting(self) -> bool:
        """Tell whether something is left that waits for other cases."""
        return bool(self.postponed or self.awaits)

    def _send(self, operations: Iterable[Operation]) -> None:
        for operation in operations:
            self.means.stop.check()
            if not operation.fields or not self.repaired.issuperset(operation.fields):
                self._attempt(operation)

    def _attempt(self, operation: Operation) -> None:
        """Send a request, or what is to be sent instead where the system cannot do all of it at once."""
        try:
            self._operation(operation)
            self.achieved.update(operation.others)
        except Refused as error:
            if error.status not in _NOT_SO or not operation.otherwise:
                raise
            self.late += (each for each in operation.otherwise if each.last)
            self._send(each for each in operation.otherwise if not each.last)

    def _end(self) -> None:
        """Send what comes last, and settle the record."""
        late, self.late = self.late, []
        self._send(late)
        self._settle()

    def _settle(self) -> None:
        change = self.change
        if change.record is None:
            self.means.recorder.settle(change.address, None)
            return
        memory = Memory(change, self._filled(change.record), self.plan.lineage)
        self.means.recorder.settle(change.address, memory.complete(self.record, self._known_handles))

    @property
    def _tenant(self) -> Tenant:
        return self.means.tenants[self.change.address.provider]

    @property
    def _marker(self) -> Marker:
        return Marker(self.plan.lineage, str(self.change.address), self.plan.serial)

    @property
    def _known_handles(self) -> Mapping[str, str]:
        """What the system calls the parts of the case: as it was planned, and as this run was told."""
        return {**(self.change.record.handles if self.change.record else {}), **self.handles}

    def pending(self) -> tuple[Operation, ...]:
        """Return the requests that are left to be sent, after another look at the case; raises ReconcilerError."""
        change = self.change
        if change.action is Action.CREATE:
            self._refuse_second()
            self.record = None  # what was recorded is gone; nothing of the new case holds yet
            return change.operations
        if not change.operations:
            return ()
        live = reread(change, self._tenant)
        if live is None and change.action is Action.DELETE:
            return ()
        if live is None:
            raise Conflict(f"{change.address}: the case was deleted after the plan was made")
        schema, lineage = self._tenant.provider.schema, self.plan.lineage
        for operation in change.operations:
            self.lookalikes |= lookalikes(live, operation.makes, self._made_by(operation), lineage)
        said = "nothing more was sent for this case" if self.begun else UNTOUCHED
        refuse_moved(change, live, said)
        now = standing(self._filled_change, live, schema, lineage)
        self.before = {path[0]: value for path, (_, value) in now.items() if len(path) == 1}
        self.listed = live.listed
        operations = tuple(map(self._filling.with_part, change.operations))
        left = pending(replace(change, operations=operations), now, schema, said)
        self.achieved.update(
            other for operation in operations if operation not in left for other in operation.others
        )
        return left

    def _refuse_second(self) -> None:
        """Raise Conflict if a case that was gone, and is to be made again, is there after all."""
        if self.record is not None and self._tenant.read_one(self.record.id, frozenset()) is not None:
            raise Conflict(
                f"{self.change.address}: case {self.record.id} is there, unlike when it was planned; "
                "nothing was sent for it",
                hint="plan again",
            )

    @property
    def _wanted(self) -> Mapping[str, Value]:
        """What the case shall become, with items that are made now and not looked at afterwards."""
        wanted = dict(self.change.record.recorded) if self.change.record else {}
        for f in self.change.fields:
            if len(f.path) == ITEM and isinstance(f.after, Mapping):
                wanted[f.path[0]] = {**wanted.get(f.path[0], {}), f.path[1]: f.after}
        return dict(self._fill(wanted))

    def _made_by(self, operation: Operation) -> Mapping[str, Value]:
        """Return what the case shall become; of items that take several requests, what this one makes."""
        wanted = dict(self._wanted)
        for name, key in operation.makes:
            inner = [path[2] for path in operation.fields if path[:2] == (name, key) and path[ITEM:]]
            if inner:
                wanted[name] = {**wanted[name], key: {f: wanted[name][key][f] for f in inner}}
        return wanted

    def _operation(self, operation: Operation, *, again: bool = False) -> None:
        request = self.request(operation)
        if operation.droppable and _is_empty(request.body):
            self._advance(operation, Told())
            return
        intent = self.announce(operation, request)
        try:
            told = perform(replace(request, since=intent.at), self._tenant, self.means.stop, self.means.settle)
        except UnexpectedAnswer as error:
            self.requests += 1
            self._advance(operation, error.told)
            self.means.recorder.done(intent, self.record)
            raise
        except Refused as error:
            self.means.recorder.failed(intent, str(error))
            raise
        if told.adopted and not self._is_as_asked(operation, told):
            self._adopt(operation, told, intent)
        self.requests += 1
        self.warnings += told.remarks
        if operation.reads_back:
            told = self._read_back(operation, told, intent)
        verdict = self._verdict(operation, told)
        self.warnings += verdict.warnings_beside(self.handles)
        self.handles |= verdict.handles
        true = tuple(path for path in operation.fields if path not in verdict.wrong)
        self._advance(replace(operation, fields=true), told)
        deleted = self.change.action is Action.DELETE
        self.means.recorder.done(intent, None if deleted else self.record)
        if verdict.kept:
            raise _not_as_asked(verdict.text, told)
        for deviation in verdict.deviations:
            self._repair(deviation, told, again=again)

    def _read_back(self, operation: Operation, told: Told, intent: Intent) -> Told:
        """
        Read the case after a request whose answer tells nothing; nothing is recorded that nobody has seen.

        Where it made items that could not be seen, the question stays open: the next run looks for them, while
        without their ids it would make them again.
        """
        try:
            with self.means.stop.finishing():
                live = self._seen_again(operation, told)
        except ReconcilerError as error:
            self._advance(replace(operation, fields=()), told)
            if not operation.makes:
                self.means.recorder.done(intent, self.record)
            raise UnexpectedAnswer(f"it was sent, but what became of it is not known: {error}", told) from error
        return replace(told, live=live, handles=self._made(operation, told, live))

    def _made(self, operation: Operation, told: Told, live: Live | None) -> Mapping[str, str]:
        """Return the handles of the items that a request has made, as far as they are there."""
        left = {path: alias for path, alias in operation.makes.items() if ".".join(path) not in told.handles}
        if live is None or not left:
            return told.handles
        known = self._known(operation)
        return {**told.handles, **found_items(live, left, self._made_by(operation), known, self.plan.lineage)}

    def _seen_again(self, operation: Operation, told: Told) -> Live | None:
        id = str(told.captured.get("id") or self.change.id)
        names = {path[0] for path in (*operation.fields, *operation.makes)}
        names.update(may_add(self._filled_change, self._tenant, operation))
        live = self._tenant.read_one(id, frozenset(names))
        if (live is None) is not (operation.method == "DELETE"):
            raise ReconcilerError(f"case {id} is {'still there' if live else 'not to be found'}")
        return live

    def _is_as_asked(self, operation: Operation, told: Told) -> bool:
        """Tell whether a case that was there before holds all that it was to get."""
        change = replace(self._filled_change, id=str(told.captured["id"]))
        live = reread(change, self._tenant)
        if live is None:
            return False
        now = standing(change, live, self._tenant.provider.schema, self.plan.lineage)
        left = (path for path in operation.fields if path in now and ".".join(path) not in told.handles)
        return all(now[path][0] is Now.DONE for path in left)

    def _adopt(self, operation: Operation, told: Told, intent: Intent) -> NoReturn:
        """Record a case of ours that was there before, with nothing of what it was to get; raise Conflict."""
        self._advance(replace(operation, fields=()), replace(told, handles={}))
        self.means.recorder.done(intent, self.record)
        raise Conflict(
            f"{self.change.address}: it exists already, as case {told.captured['id']}, from a run that is not "
            "recorded; it is ours again and was left as it is",
            hint="plan again to see how it differs",
        )

    def _verdict(self, operation: Operation, told: Told) -> Verdict:
        if told.live is None or not (operation.verifies or operation.reads_back):
            return Verdict()
        before = {} if operation.creates else self.before
        change, handles = self._filled_change, {**self.handles, **told.handles}
        written = Written(change, told.live, before, self._tenant, self.plan.lineage, handles)
        verdict = written.verdict(operation)
        if not operation.creates or self._tenant.provider.is_marked(told.live, self._marker):
            return verdict
        lost = "the marker is not in it, so that a create whose answer is lost could not be found again"
        return replace(verdict, kept=(*verdict.kept, Kept((), lost)))

    def _repair(self, deviation: Deviation, told: Told, *, again: bool) -> None:
        """Send the whole set to a system that did something else than adding and taking away."""
        whole = self._tenant.provider.whole(self._filled_change, deviation.attribute, deviation.expected)
        if again or whole is None or not deviation.expected:
            raise _not_as_asked(deviation.text, told)
        self.warnings.append(f"{deviation.text} although it was asked otherwise; the whole set was sent")
        self._operation(whole, again=True)
        self.repaired.update(whole.fields)

    def announce(self, operation: Operation, request: Request) -> Intent:
        """Write down that a request is about to be sent; it may be about other cases as well as this operation."""
        intent = self.means.recorder.announce(self.change, request, self._after(operation, Told()))
        self.begun = True
        return intent

    def shared(self, operation: Operation, intent: Intent) -> None:
        """Note what a request has done that was sent for several cases; nothing of it is left to do."""
        self._advance(operation, Told())
        self.means.recorder.done(intent, self.record)
        change = self.change
        fields = tuple(field for field in change.fields if field.path not in operation.fields)
        left = tuple(other for other in change.operations if other is not operation)
        self.change = replace(change, fields=fields, operations=left)

    def request(self, operation: Operation) -> Request:
        """Return an operation with everything filled in; raises ReconcilerError for what is not known."""
        path, body = self._filling.address_and_body(operation, self.listed)
        change, known = self._filled_change, self._known(operation)
        operation = self._filling.with_part(operation)
        return Request(operation, path, body, change, self._marker, self._made_by(operation), known)

    @property
    def _filling(self) -> Filling:
        return Filling(self.change, self.means, self.plan.lineage)

    def _known(self, operation: Operation) -> dict[str, frozenset[str]]:
        """Return for each item that is to be made the ids that are others': look-alikes, and our other items."""
        handles = self._known_handles

        def ours(name: str) -> frozenset[str]:
            return frozenset(id for path, id in handles.items() if path.partition(".")[0] == name)

        paths = {".".join(path): path[0] for path in operation.makes}
        return {path: self.lookalikes.get(path, frozenset()) | ours(name) for path, name in paths.items()}

    @property
    def _filled_change(self) -> Change:
        """The change as it is known by now: with the ids of cases that were made before."""
        change = self.change
        if self.refers:
            fields = (replace(f, before=self._fill(f.before), after=self._fill(f.after)) for f in change.fields)
            change = replace(change, fields=tuple(fields))
        if change.id is None and self.record is not None:
            change = replace(change, id=self.record.id)
        return change

    def _advance(self, operation: Operation, told: Told) -> None:
        if told.captured or told.handles:
            self.means.known.learn(self.change.address.name, {**told.captured, **told.handles})
        self.handles |= told.handles
        self.record = self._after(operation, told)

    def _after(self, operation: Operation, told: Told) -> Record:
        """Return the record as it will be true once the operation is done."""
        target = self.change.record or self.record or self.means.records[self.change.address]
        memory = Memory(self.change, self._filled(target), self.plan.lineage)
        record = memory.after(self.record, operation.fields, told.captured, self._known_handles)
        return self._filled(record)

    def _filled(self, record: Record) -> Record:
        return replace(record, recorded=self._fill(record.recorded)) if self.refers else record

    def _fill(self, value: Value) -> Value:
        """Return a value with what is known by now; of nearly all cases that is the value itself."""
        return self.means.known.fill(value) if self.refers else value


def _not_as_asked(what: str, told: Told) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"it was done, but not as asked: {what}", told)


def _is_empty(body: Value) -> bool:
    """Tell whether a body carries nothing: all its collections are empty."""
    return isinstance(body, Mapping) and not any(body.values())
