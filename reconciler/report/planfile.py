"""
A saved plan, read back.

text ─ size ─ json ─ format_version ─ shape (pydantic) ─ values (schemas) ─ Plan ─ digest, counts, checksum

A plan file is what a person has approved, perhaps days ago and on another machine: whatever in it is not as it was
written is a reason to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from pydantic import ValidationError

from reconciler.errors import Location, PlanRefused, StalePlan
from reconciler.model.address import Address
from reconciler.model.case import Lifecycle
from reconciler.model.change import Change, Drift, DriftedField, FieldChange
from reconciler.model.fields import Schema
from reconciler.model.operation import Each, Merge, Operation, Part
from reconciler.model.plan import FORMAT_VERSION, Plan
from reconciler.model.policy import Objection
from reconciler.model.record import Record
from reconciler.model.strict import strict_json
from reconciler.model.values import ABSENT, Marker, Value
from reconciler.report import planshape as shape
from reconciler.report.encoding import decode, members
from reconciler.report.jsonplan import CHECKSUM, Checksum, summary_json

MAX_BYTES: Final = 256 * 1024 * 1024
"""A larger plan file is not read."""
PROBLEMS_SHOWN: Final = 5

_AGAIN: Final = "make a new plan with `reconciler plan --out FILE`"


# -------------------------------------------------------------------------------------------- reading


def read_plan(text: str, schemas: Mapping[str, Schema]) -> Plan:
    """
    Make the plan of a plan file's text; `schemas` are those of the installed systems, by type.

    Raise StalePlan if the file was altered, PlanRefused if it is no plan, a newer one, or of an unknown system.
    """
    data = _json(text)
    _check_version(data)
    model = _shaped(data)
    plan = _made(model, schemas)
    if (
        plan.digest != model.digest
        or _counts(model) != summary_json(plan.summary)
        or _checksum(data) != model.checksum
    ):
        raise StalePlan("the plan file was altered after it was made", hint=_AGAIN)
    return plan


def _json(text: str) -> dict[str, Any]:
    if len(text) > MAX_BYTES:
        raise PlanRefused(f"the plan file is larger than {MAX_BYTES // 2**20} MiB", hint=_AGAIN)
    try:
        data = strict_json(text)
    except (ValueError, RecursionError) as error:
        raise _no_plan(f"it is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise _no_plan("it is no JSON object")
    return data


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


def _shaped(data: Mapping[str, Any]) -> shape.Plan:
    try:
        return shape.Plan.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        places = (f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in details[:PROBLEMS_SHOWN])
        raise _no_plan("; ".join(places)) from error


def _checksum(data: Mapping[str, Any]) -> str:
    checksum = Checksum()
    for name, value in data.items():
        if isinstance(value, list):
            for _ in checksum.items(name, value):
                pass
        elif name != CHECKSUM:
            checksum.member(name, value)
    return checksum.text


def _counts(model: shape.Plan) -> dict[str, int]:
    return model.summary.model_dump(by_alias=True)


def _made(model: shape.Plan, schemas: Mapping[str, Schema]) -> Plan:
    try:
        return _plan(model, schemas)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _no_plan(str(error)) from error


def _plan(model: shape.Plan, schemas: Mapping[str, Schema]) -> Plan:
    text = partial(_marker_or_text, model.lineage)
    return Plan(
        workspace=model.workspace,
        lineage=model.lineage,
        serial=model.serial,
        created_at=model.created_at,
        changes=tuple(_change(change, schemas, text) for change in model.changes),
        drift=tuple(map(_drift, model.drift)),
        unchanged=model.summary.unchanged,
        refresh=tuple(_record(record, schemas) for record in model.refresh),
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


def _change(model: shape.Change, schemas: Mapping[str, Schema], text: Callable[[str], Value]) -> Change:
    return Change(
        address=Address.parse(model.address),
        type=model.type,
        action=model.action,
        id=model.id,
        url=model.url,
        fields=tuple(map(_field, model.fields)),
        operations=tuple(_operation(operation, text) for operation in model.operations),
        reason=model.reason,
        record=None if model.record is None else _record(model.record, schemas),
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


def _operation(model: shape.Operation, text: Callable[[str], Value]) -> Operation:
    return Operation(
        method=model.method,
        path=model.path,
        body=decode(_body(model), text),
        why=model.why,
        fields=tuple(map(tuple, model.fields)),
        captures={name: tuple(steps) for name, steps in model.captures.items()},
        expects=tuple((tuple(item.at), decode(item.value, text)) for item in model.expects),
        repeat=model.repeat,
        droppable=model.droppable,
        query=tuple(model.query),
        makes={made.path: made.name for made in model.makes},
        verifies=tuple(model.verifies),
        after=tuple(model.after),
        as_text=model.as_text,
        merges={key: Merge(merge.attribute, merge.before) for key, merge in model.merges.items()},
        along={name: decode(value) for name, value in model.along.items()},
        otherwise=tuple(_operation(other, text) for other in model.otherwise),
        last=model.last,
        reads_back=model.reads_back,
        each=None if model.each is None else _each(model.each),
        others={Address.parse(other): tuple(map(tuple, paths)) for other, paths in model.others.items()},
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


def _record(model: shape.Record, schemas: Mapping[str, Schema]) -> Record:
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
        handles=model.handles,
        depends_on=tuple(map(Address.parse, model.depends_on)),
        lifecycle=Lifecycle(
            model.lifecycle.on_remove, model.lifecycle.prevent_delete, tuple(model.lifecycle.ignore_changes)
        ),
        updated_at=model.updated_at,
    )


def _drift(model: shape.Drift) -> Drift:
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
