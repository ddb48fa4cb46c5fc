"""
A saved plan, read back.

source ─ size ─ json ─┬─ format_version ─────────────────────────────────────┬─ Plan ─ digest, counts, checksum
                      └─ each change ─ shape (pydantic) ─ values (schemas) ──┘

A plan file is what a person has approved, perhaps days ago and on another machine: whatever in it is not as it was
written is a reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import StringIO
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import ValidationError

from reconciler.errors import Location, PlanRefused, StalePlan
from reconciler.model import window
from reconciler.model.address import Address
from reconciler.model.case import Lifecycle
from reconciler.model.change import Change, Drift, DriftedField, FieldChange
from reconciler.model.fields import Schema
from reconciler.model.operation import Each, Merge, Operation, Part
from reconciler.model.plan import FORMAT_VERSION, MAX_BYTES, Plan
from reconciler.model.policy import Objection
from reconciler.model.record import Record
from reconciler.model.strict import strict_json
from reconciler.model.values import ABSENT, NOTHING, Marker, Value
from reconciler.model.window import NoJson, Source
from reconciler.report import planshape as shape
from reconciler.report.encoding import Shared, decode, members
from reconciler.report.jsonplan import CHECKSUM, Checksum, summary_json

PROBLEMS_SHOWN: Final = 5

_M = TypeVar("_M", bound=shape.Model)
_Text: TypeAlias = Callable[[str], Value]
_AGAIN: Final = "make a new plan with `reconciler plan --out FILE`"


# -------------------------------------------------------------------------------------------- reading


def read_plan(text: str, schemas: Mapping[str, Schema]) -> Plan:
    """Make the plan of a plan file's text, as `read_plan_file` does."""
    return read_plan_file(StringIO(text), schemas)


def read_plan_file(source: Source, schemas: Mapping[str, Schema]) -> Plan:
    """
    Make the plan of a plan file, change by change; `schemas` are those of the installed systems, by type.

    Raise StalePlan if the file was altered, PlanRefused if it is no plan, a newer one, or of an unknown system;
    what `source` raises passes.
    """
    reading = _Reading(schemas)
    try:
        for name, value in window.members(_Bounded(source)):
            reading.take(name, value)
    except (NoJson, RecursionError) as error:
        raise _no_plan(f"it is not JSON ({error})") from error
    return reading.plan()


class _Bounded:
    """A source of which no more is read than a plan file may hold."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = MAX_BYTES

    def read(self, size: int, /) -> str:
        text = self._source.read(size)
        self._left -= len(text)
        if self._left < 0:
            raise PlanRefused(f"the plan file is larger than {MAX_BYTES // 2**20} MiB", hint=_AGAIN)
        return text


class _Reading:
    """What was read of a plan file so far."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._checksum = Checksum()
        self._members: dict[str, Any] = {}
        """As they stand in the file; of a list whose objects are made, nothing is left."""
        self._made: dict[str, tuple[Any, ...]] = {}
        self._shared = Shared()

    def take(self, name: str, value: Any) -> None:
        """Take in a member; a long list becomes objects item by item."""
        if not isinstance(value, Iterator):
            if name != CHECKSUM:
                self._checksum.member(name, value)
            self._members[name] = value
            return
        items = self._checksum.items(name, value)
        if name in _LONG and self._has_begun():
            self._make(name, items)
        else:
            self._members[name] = list(items)

    def _has_begun(self) -> bool:
        """Tell whether version and lineage are known: they stand first, unless the file was laid out anew."""
        if not {"format_version", "lineage"} <= self._members.keys():
            return False
        _check_version(self._members)
        return True

    def _make(self, name: str, items: Iterable[Any]) -> None:
        self._made[name] = tuple(self._objects(name, items))
        self._members[name] = []

    def _objects(self, name: str, items: Iterable[Any]) -> Iterator[Any]:
        kind, make = _LONG[name]
        text = partial(_marker_or_text, str(self._members.get("lineage")))
        for number, item in enumerate(items):
            with _told():
                made = make(_shaped(kind, self._shared(item), name, number), self._schemas, text)
            yield made

    def plan(self) -> Plan:
        """Return the plan, once all is taken in."""
        _check_version(self._members)
        for name in _LONG.keys() - self._made.keys():
            if isinstance(items := self._members.get(name), list):
                self._make(name, items)
        model = _shaped(shape.Plan, self._members)
        with _told():
            plan = _plan(model, **self._made)
        if (
            plan.digest != model.digest
            or _counts(model) != summary_json(plan.summary)
            or self._checksum.text != model.checksum
        ):
            raise StalePlan("the plan file was altered after it was made", hint=_AGAIN)
        return plan


def _no_plan(why: str) -> PlanRefused:
    return PlanRefused(f"this is not a plan file: {why}", hint=_AGAIN)


def _check_version(data: Mapping[str, Any]) -> None:
    """Refuse another major version; a minor one only adds keys."""
    version = data.get("format_version")
    major, dot, minor = version.partition(".") if isinstance(version, str) else ("", "", "")
    if not (dot and major.isdecimal() and minor.isdecimal()):
        raise _no_plan("it has no format_version")
    if major != FORMAT_VERSION.partition(".")[0]:
        raise PlanRefused(
            f"the plan file has format {version}; this version reads {FORMAT_VERSION}",
            hint="apply it with the version of reconciler that made it, or make a new plan",
        )


def _shaped(kind: type[_M], data: Any, *place: str | int) -> _M:
    """Return data as what it should be; `place` is where it stands."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        places = (f"{'.'.join(map(str, (*place, *d['loc'])))}: {d['msg']}" for d in details[:PROBLEMS_SHOWN])
        raise _no_plan("; ".join(places)) from error


def _counts(model: shape.Plan) -> dict[str, int]:
    return model.summary.model_dump(by_alias=True)


@contextmanager
def _told() -> Iterator[None]:
    """Say in words of ours what values are none of a plan's."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _no_plan(str(error)) from error


def _plan(
    model: shape.Plan, changes: tuple[Change, ...], drift: tuple[Drift, ...], refresh: tuple[Record, ...] = ()
) -> Plan:
    return Plan(
        workspace=model.workspace,
        lineage=model.lineage,
        serial=model.serial,
        created_at=model.created_at,
        changes=changes,
        drift=drift,
        unchanged=model.summary.unchanged,
        refresh=refresh,
        warnings=tuple(model.warnings),
        recorded=model.recorded,
        policies=tuple(map(_objection, model.policies)),
        rates={each.provider: each.requests_per_minute for each in model.forecast},
    )


def _objection(model: shape.Objection) -> Objection:
    return Objection(
        model.name,
        model.severity,
        model.message,
        Location(model.file, model.line),
        None if model.address is None else Address.parse(model.address),
        model.link,
        unclear=model.unclear,
        overridden=model.overridden,
    )


def _marker_or_text(lineage: str, text: str) -> Value:
    """Recognise the marker of one of this plan's cases; it names the lineage, which no other text does."""
    if not text.startswith(f"{lineage}/"):
        return text
    try:
        address, _, serial = text.removeprefix(f"{lineage}/").rpartition("/")
        marker = Marker(lineage, str(Address.parse(address)), int(serial))
    except ValueError:
        return text
    return marker if marker.text == text else text


def _change(model: shape.Change, schemas: Mapping[str, Schema], text: _Text) -> Change:
    return Change(
        address=Address.parse(model.address),
        type=model.type,
        action=model.action,
        id=model.id,
        url=model.url,
        fields=tuple(map(_field, model.fields)),
        operations=tuple(_operation(operation, text) for operation in model.operations),
        reason=model.reason,
        record=None if model.record is None else _record(model.record, schemas, text),
        base=model.base,
        depends_on=tuple(map(Address.parse, model.depends_on)),
        moved_from=None if model.moved_from is None else Address.parse(model.moved_from),
    )


def _field(model: shape.Scalar | shape.Set) -> FieldChange:
    if isinstance(model, shape.Scalar):
        before, after = (_value(name, getattr(model, name), model.kinds) for name in ("before", "after"))
        return FieldChange(tuple(model.path), before, after, model.cause)
    kinds: shape.Kinds = model.kinds if model.expected is None else {"before": "set"}
    before = _value("before", model.expected, kinds)
    kept = before if isinstance(before, frozenset) else frozenset()
    after = (kept - members(decode(model.remove))) | members(decode(model.add))
    return FieldChange(tuple(model.path), before, after, model.cause, shared=model.shared)


def _value(name: str, data: Any, kinds: Mapping[str, str]) -> Value:
    """Read the value called `name` of a field; null is nothing unless its kind says otherwise."""
    if kinds.get(name) == "set":
        return members(decode(data))
    value = ABSENT if data is None and name not in kinds else decode(data)
    if not kinds or not isinstance(value, dict):
        return value
    return {key: members(item) if kinds.get(f"{name}.{key}") == "set" else item for key, item in value.items()}


def _operation(model: shape.Operation, text: _Text) -> Operation:
    others = {Address.parse(other): tuple(map(tuple, paths)) for other, paths in model.others.items()}
    return Operation(
        method=model.method,
        path=model.path,
        body=decode(_body(model), text),
        why=model.why,
        fields=tuple(map(tuple, model.fields)),
        captures={name: tuple(steps) for name, steps in model.captures.items()} or NOTHING,
        expects=tuple((tuple(item.at), decode(item.value, text)) for item in model.expects),
        repeat=model.repeat,
        droppable=model.droppable,
        query=tuple(model.query),
        makes={made.path: made.name for made in model.makes} or NOTHING,
        verifies=tuple(model.verifies),
        after=tuple(model.after),
        as_text=model.as_text,
        merges={key: Merge(merge.attribute, merge.before) for key, merge in model.merges.items()} or NOTHING,
        along={name: decode(value) for name, value in model.along.items()} or NOTHING,
        otherwise=tuple(_operation(other, text) for other in model.otherwise),
        last=model.last,
        reads_back=model.reads_back,
        each=None if model.each is None else _each(model.each),
        others=others or NOTHING,
        part=None if model.part is None else _part(model.part),
    )


def _each(model: shape.Each) -> Each:
    return Each(model.key, model.at_most, tuple(model.shown))


def _part(model: shape.Part) -> Part:
    return Part(tuple(model.path), _members(model.add), _members(model.remove))


def _members(data: list[Any]) -> frozenset[Value]:
    return members(decode(data))


def _body(model: shape.Operation) -> Any:
    return strict_json(model.body) if model.as_text and isinstance(model.body, str) else model.body


def _record(model: shape.Record, schemas: Mapping[str, Schema], _: _Text) -> Record:
    if model.type not in schemas:
        raise PlanRefused(
            f"{model.address} is of type {model.type!r}, which is not installed here",
            hint=f"installed are: {', '.join(sorted(schemas)) or 'none'}",
        )
    recorded = {name: decode(value) for name, value in model.recorded.items()}
    return Record(
        address=Address.parse(model.address),
        type=model.type,
        id=model.id,
        url=model.url,
        recorded=schemas[model.type].normalize(recorded),
        handles=model.handles or NOTHING,
        depends_on=tuple(map(Address.parse, model.depends_on)),
        lifecycle=Lifecycle(
            model.lifecycle.on_remove, model.lifecycle.prevent_delete, tuple(model.lifecycle.ignore_changes)
        ),
        updated_at=model.updated_at,
    )


def _drift(model: shape.Drift, _: Mapping[str, Schema], __: _Text) -> Drift:
    return Drift(
        address=Address.parse(model.address),
        fields=tuple(
            DriftedField(
                tuple(field.path),
                _value("recorded", field.recorded, field.kinds),
                _value("live", field.live, field.kinds),
            )
            for field in model.fields
        ),
        missing=model.missing,
        id=model.id,
        url=model.url,
    )


_LONG: Final[Mapping[str, tuple[type[shape.Model], Callable[[Any, Mapping[str, Schema], _Text], Any]]]] = {
    "changes": (shape.Change, _change),
    "drift": (shape.Drift, _drift),
    "refresh": (shape.Record, _record),
}
"""The lists that may be long, with what makes their objects."""
