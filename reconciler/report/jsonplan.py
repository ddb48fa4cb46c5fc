"""
Plan, drift, result and state as JSON.

The plan is also the file that `apply` takes, so beside what a reader needs it holds what an apply needs; those
keys are left out where they hold nothing:

kinds      of a value: `null` where null is a value and not nothing, `set` where a list is one (`after.labels`: of
           an item its field)
expected   of a set: all its members before the change
others     of a request: by address, what it makes true of other cases, which send nothing for that
record     of a change: what is remembered once it is done; `base` names the record it was planned upon
moved_from of a change: the address under which the case is recorded, where that is another one
refresh    records to bring up to date without a request
forecast   of each system that is written to: requests by method, and how long they take at its limit
policies   what the rules of the workspace have against the plan
checksum   over every key and value of the file, whatever its layout: an altered plan is not applied
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from reconciler import __version__
from reconciler.model.case import Lifecycle
from reconciler.model.change import Change, Drift, DriftReport, FieldChange, Reading
from reconciler.model.operation import Each, Merge, Operation, Part, Repeat
from reconciler.model.plan import FORMAT_VERSION, Plan, Summary
from reconciler.model.policy import Objection
from reconciler.model.record import Record, State
from reconciler.model.result import Outcome, Result
from reconciler.model.values import Value, leaves
from reconciler.model.waiver import Waiver
from reconciler.planning.forecast import Forecast, forecast
from reconciler.report.encoding import Members, encode, stream

CHECKSUM: Final = "checksum"

_MOST_COUNTED: Final = 999_999


class Checksum:
    """Grows member by member; the order of the members and the layout of the file mean nothing."""

    def __init__(self) -> None:
        self._members: dict[str, str] = {}

    def member(self, name: str, value: Any) -> None:
        """Take in a member that is no list."""
        self._members[name] = hashlib.sha256(_canonical(value)).hexdigest()

    def items(self, name: str, items: Iterable[Any]) -> Iterator[Any]:
        """Take in a list while its items pass through."""
        digest = hashlib.sha256(b"list")
        for item in items:
            digest.update(_canonical(item))
            yield item
        self._members[name] = digest.hexdigest()

    @property
    def text(self) -> str:
        """The checksum of what was taken in."""
        return f"sha256:{hashlib.sha256(_canonical(self._members)).hexdigest()}"


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


# ------------------------------------------------------------------------------------------------ a plan


def write_plan(plan: Plan) -> Iterator[str]:
    """Yield the JSON of a plan in pieces; `read_plan` makes the same plan of it."""
    return stream(_checked(_plan(plan)))


def gitlab_counts(plan: Plan) -> str:
    """
    Return what GitLab shows of a plan beside a merge request: the JSON of `artifacts:reports:terraform`.

    It takes these three keys, and numbers up to 999,999 (its source, ci/reports/terraform). What is neither a
    create nor a delete is an update there.
    """
    summary = plan.summary
    update = len(plan.changes) - summary.create - summary.delete
    counts = {"create": summary.create, "update": update, "delete": summary.delete}
    return f"{json.dumps({key: min(count, _MOST_COUNTED) for key, count in counts.items()})}\n"


def _checked(members: Members) -> Members:
    """Pass members through and add their checksum as the last."""
    checksum = Checksum()
    for name, value in members:
        if isinstance(value, Iterator):
            yield name, checksum.items(name, value)
        else:
            checksum.member(name, value)
            yield name, value
    yield CHECKSUM, checksum.text


def _plan(plan: Plan) -> Members:
    yield "format_version", FORMAT_VERSION
    yield "reconciler_version", __version__
    yield "workspace", plan.workspace
    yield "lineage", plan.lineage
    yield "serial", plan.serial
    yield "created_at", plan.created_at
    yield "digest", plan.digest
    yield "changes", map(change_json, plan.changes)
    yield "drift", map(drift_item_json, plan.drift)
    yield "summary", summary_json(plan.summary)
    yield "warnings", iter(plan.warnings)
    if plan.rates:
        yield "forecast", map(forecast_json, forecast(plan))
    if plan.refresh:
        yield "refresh", map(addressed_record_json, plan.refresh)
    if plan.recorded:
        yield "recorded", plan.recorded
    if plan.policies:
        yield "policies", map(objection_json, plan.policies)


def forecast_json(expected: Forecast) -> dict[str, Any]:
    """Return what is asked of a system, and how long that takes at least."""
    return {
        "provider": expected.provider,
        "requests": expected.requests,
        "by_method": dict(expected.verbs),
        "cases_read_again": expected.read_again,
        "requests_per_minute": expected.per_minute,
        "seconds": expected.seconds,
    }


def objection_json(objection: Objection) -> dict[str, Any]:
    """Return what a rule has against a plan."""
    return {
        "name": objection.rule,
        "severity": str(objection.severity),
        "address": objection.address and str(objection.address),
        "message": objection.message,
        "file": objection.source.file,
        "line": objection.source.line,
        **_given(
            link=objection.link,
            unclear=objection.unclear or None,
            overridden=objection.overridden or None,
        ),
    }


def summary_json(summary: Summary) -> dict[str, int]:
    """Return the counts in the words of the contract."""
    return {
        "create": summary.create,
        "update": summary.update,
        "delete": summary.delete,
        "release": summary.release,
        "import": summary.imported,
        "unchanged": summary.unchanged,
        "requests": summary.requests,
    }


def change_json(change: Change) -> dict[str, Any]:
    """Return one change."""
    return {
        "address": str(change.address),
        "provider": change.address.provider,
        "type": change.type,
        "id": change.id,
        "url": change.url,
        "action": str(change.action),
        "cause": [str(cause) for cause in change.causes],
        "fields": [_field(field) for field in change.fields],
        "operations": [_operation(operation) for operation in change.operations],
        **_given(
            reason=change.reason,
            record=change.record and addressed_record_json(change.record),
            base=change.base,
            depends_on=[str(address) for address in change.depends_on] or None,
            moved_from=change.moved_from and str(change.moved_from),
        ),
    }


def _given(**members: Any) -> dict[str, Any]:
    """Return the members that hold something."""
    return {name: value for name, value in members.items() if value is not None}


def _field(field: FieldChange) -> dict[str, Any]:
    if not field.is_set:
        return {
            "path": list(field.path),
            "before": encode(field.before),
            "after": encode(field.after),
            "cause": str(field.cause),
            **_kinds(before=field.before, after=field.after),
        }
    before = field.before if isinstance(field.before, AbstractSet) else None
    return {
        "path": list(field.path),
        "add": encode(field.add),
        "remove": encode(field.remove),
        "cause": str(field.cause),
        **_given(expected=None if before is None else encode(before), shared=field.shared or None),
        **({} if before is not None else _kinds(before=field.before)),
    }


def _kinds(**values: Value) -> dict[str, Any]:
    """Name what JSON cannot tell: an explicit null from nothing, a set from a list."""
    kinds = {place: kind for name, value in values.items() for place, kind in _kind(name, value)}
    return {"kinds": kinds} if kinds else {}


def _kind(name: str, value: Value) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            yield name, "null"
        case AbstractSet():
            yield name, "set"
        case Mapping():
            yield from ((f"{name}.{key}", "set") for key, item in value.items() if isinstance(item, AbstractSet))


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "method": operation.method,
        "path": operation.path,
        "body": _body(operation),
        "why": operation.why,
        **_given(
            query=[list(pair) for pair in operation.query] or None,
            fields=[list(path) for path in operation.fields] or None,
            captures={name: list(steps) for name, steps in operation.captures.items()} or None,
            expects=[{"at": list(steps), "value": encode(value)} for steps, value in operation.expects] or None,
            repeat=None if operation.repeat is Repeat.SAFE else str(operation.repeat),
            droppable=operation.droppable or None,
            makes=[{"path": list(path), "name": name} for path, name in operation.makes.items()] or None,
            verifies=list(operation.verifies) or None,
            after=list(operation.after) or None,
            as_text=operation.as_text or None,
            merges={key: _merge(merge) for key, merge in operation.merges.items()} or None,
            along={name: encode(value) for name, value in operation.along.items()} or None,
            otherwise=[_operation(other) for other in operation.otherwise] or None,
            last=operation.last or None,
            reads_back=operation.reads_back or None,
            each=operation.each and _each(operation.each),
            others={str(other): list(map(list, paths)) for other, paths in operation.others.items()} or None,
            part=operation.part and _part(operation.part),
        ),
    }


def _merge(merge: Merge) -> dict[str, Any]:
    return {"attribute": merge.attribute, "before": list(merge.before)}


def _each(each: Each) -> dict[str, Any]:
    return {"key": each.key, "at_most": each.at_most, "shown": list(each.shown)}


def _part(part: Part) -> dict[str, Any]:
    return {"path": list(part.path), "add": encode(part.add), "remove": encode(part.remove)}


def _body(operation: Operation) -> Any:
    """Return what is sent: a text as one, unless something in it is not known yet or secret."""
    is_plain = all(isinstance(leaf, str | int | None) for leaf in leaves(operation.body))
    if operation.as_text and is_plain:
        return json.dumps(encode(operation.body), ensure_ascii=False, separators=(",", ":"))
    return encode(operation.body)


def drift_item_json(drift: Drift) -> dict[str, Any]:
    """Return how one case drifted."""
    return {
        "address": str(drift.address),
        "fields": [
            {
                "path": list(field.path),
                "recorded": encode(field.recorded),
                "live": encode(field.live),
                **_kinds(recorded=field.recorded, live=field.live),
                **_given(
                    changed_by=field.edit and field.edit.by,
                    changed_at=field.edit and field.edit.at,
                    waiver=field.waiver and _waiver(field.waiver),
                ),
            }
            for field in drift.fields
        ],
        **_given(missing=drift.missing or None, id=drift.id, url=drift.url),
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until,
        "expired": waiver.expired,
    }


# ------------------------------------------------------------------------------------- drift and results


def write_drift(report: DriftReport) -> Iterator[str]:
    """Yield the JSON of a drift report in pieces."""
    counts = {"drifted": report.drifted, "clean": report.clean, "missing": report.missing}
    members: tuple[tuple[str, Any], ...] = (
        ("format_version", FORMAT_VERSION),
        ("workspace", report.workspace),
        ("drift", map(drift_item_json, report.drift)),
        *((kind, map(drift_item_json, drifts)) for kind, drifts in report.apart.items() if drifts),
        (
            "summary",
            {**counts, **_given(waived=report.waived_fields or None, as_before=report.told_before or None)},
        ),
        *_reading(report.reading),
        *(("warnings", list(report.warnings)) for _ in report.warnings[:1]),
    )
    return stream(members)


def _reading(reading: Reading | None) -> Iterator[tuple[str, Any]]:
    if reading is None:
        return
    yield "complete", reading.is_complete
    yield "last_complete", reading.at
    if not reading.is_complete:
        yield "unread", {"cases": reading.unread, "unseen": list(reading.unseen)}


def write_result(result: Result) -> Iterator[str]:
    """Yield the JSON of an apply's result in pieces."""
    members: tuple[tuple[str, Any], ...] = (
        ("format_version", FORMAT_VERSION),
        ("complete", result.is_complete),
        ("interrupted", result.interrupted),
        ("outcomes", ({"address": str(o.address), **_outcome(o)} for o in result.outcomes)),
        ("summary", summary_json(result.summary)),
        *(("overridden", map(objection_json, result.overridden)) for _ in result.overridden[:1]),
    )
    return stream(members)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "action": str(outcome.action),
        "status": str(outcome.status),
        "requests": outcome.requests,
        "message": outcome.message,
        **_given(warnings=list(outcome.warnings) or None),
    }


# ------------------------------------------------------------------------------------------------- state


def record_json(record: Record) -> dict[str, Any]:
    """Return one record in the shape of the state file."""
    return {
        "provider": record.address.provider,
        "type": record.type,
        "id": record.id,
        "url": record.url,
        "recorded": {name: encode(value) for name, value in record.recorded.items()},
        "handles": dict(record.handles),
        "depends_on": [str(address) for address in record.depends_on],
        "lifecycle": _lifecycle(record.lifecycle),
        "updated_at": record.updated_at,
    }


def addressed_record_json(record: Record) -> dict[str, Any]:
    """Return one record with its address, for where it is no key."""
    return {"address": str(record.address), **record_json(record)}


def _lifecycle(lifecycle: Lifecycle) -> dict[str, Any]:
    base = {"on_remove": str(lifecycle.on_remove), "prevent_delete": lifecycle.prevent_delete}
    return {**base, **_given(ignore_changes=list(lifecycle.ignore_changes) or None)}


def write_state_list(state: State) -> Iterator[str]:
    """Yield the recorded cases as JSON, without what was applied to them."""
    records = (state.records[address] for address in sorted(state.records))
    cases = (
        {"address": str(r.address), "provider": r.address.provider, "type": r.type, "id": r.id, "url": r.url}
        for r in records
    )
    members: tuple[tuple[str, Any], ...] = (
        ("format_version", FORMAT_VERSION),
        ("lineage", state.lineage),
        ("serial", state.serial),
        ("cases", cases),
    )
    return stream(members)


def write_record(record: Record) -> Iterator[str]:
    """Yield all that is remembered about one case as JSON."""
    return stream((("format_version", FORMAT_VERSION), *addressed_record_json(record).items()))


def write_edited(edited: State | None, **said: Any) -> Iterator[str]:
    """Yield what was changed in the state by hand as JSON; None where the state is as before."""
    which = () if edited is None else (("lineage", edited.lineage), ("serial", edited.serial))
    return stream((("format_version", FORMAT_VERSION), *which, *said.items()))
