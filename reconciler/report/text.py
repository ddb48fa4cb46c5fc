"""
Plan, result, drift and state as lines of text.

    ~ soc.phishing-wave (id 42)
        ~ priority: "low" → "high"  (config)
        ~ tags  (both)
            + q4
            - triage
        → PUT /api/v2/cases/42  {"priority":"high","add_tag_names":["q4"],"remove_tag_names":["triage"]}

    Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 1 requests.

Everything is a generator: a plan of a hundred thousand changes is never one string.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from reconciler.model.case import Lifecycle
from reconciler.model.change import Action, Change, Drift, DriftedField, DriftReport
from reconciler.model.operation import Operation
from reconciler.model.plan import Carried, Plan
from reconciler.model.policy import Objection, Severity
from reconciler.model.record import Record, State
from reconciler.model.result import Outcome, Result, Status
from reconciler.model.values import Path, Value
from reconciler.planning.forecast import forecast
from reconciler.planning.policies import Group, grouped
from reconciler.report.hostile import inline, visible
from reconciler.report.lines import Line, Span, Style, line
from reconciler.report.values import VALUE_WIDTH, compact, difference, dotted, member, shown

BODY_WIDTH: Final = 2000
"""Characters of one request's body that are shown; the JSON of the plan has all of them."""
MESSAGE_WIDTH: Final = 4000
"""Characters of one message that are shown."""

_SIGNS: Final = {
    Action.CREATE: ("+", Style.ADD),
    Action.UPDATE: ("~", Style.CHANGE),
    Action.DELETE: ("-", Style.REMOVE),
    Action.RELEASE: (".", Style.RELEASE),
    Action.IMPORT: ("<", Style.CHANGE),
    Action.NO_OP: (" ", Style.QUIET),
}
_NOT_DONE: Final = (
    (Status.FAILED, "Failed:", Style.ERROR),
    (Status.CONFLICT, "Skipped, since somebody changed what was to be written:", Style.WARNING),
    (Status.SKIPPED, "Not tried:", Style.WARNING),
)
_MARGIN: Final = "      "
POLICIES: Final = "Policies object"
MOST_NAMED: Final = 20
"""Cases that are named for one rule; the JSON of the plan has all of them."""
WAIVED: Final = "Waived, which does not count"
GONE: Final = "gone from the system"
_FIELD: Final = 3
"""The length of the path of an item's field: attribute, key, field."""


# ------------------------------------------------------------------------------------------------ a plan


def render_plan(plan: Plan) -> Iterator[Line]:
    """Yield a plan: what drifted, what will change with its requests, warnings, policies, the summary line."""
    if plan.drift:
        yield line(Span("Changed outside of reconciler:", Style.STRONG))
        yield ()
        yield from _drifts(plan.drift)
        if plan.changes:
            yield line(Span("What will be done about it, and about the configuration:", Style.STRONG))
            yield ()
    carried = plan.carried
    for change in plan.changes:
        yield from render_change(change, carried.get(change.address, ()))
        yield ()
    for warning in plan.warnings:
        yield from render_message("Warning", warning, Style.WARNING)
        yield ()
    yield from _policies(plan.policies)
    yield from _forecasts(plan)
    yield line(Span(plan_summary(plan), Style.STRONG))


def _forecasts(plan: Plan) -> Iterator[Line]:
    """Yield what is asked of each system, and how long that takes at least."""
    expected = forecast(plan)
    yield from (line(Span(str(each), Style.QUIET)) for each in expected)
    if expected:
        yield ()


def _policies(objections: Sequence[Objection]) -> Iterator[Line]:
    """Yield what the rules of the workspace object to, the heaviest last: it stands next to the summary."""
    if not objections:
        return
    yield line(Span(f"{POLICIES}:", Style.STRONG))
    yield ()
    for group in reversed(grouped(objections)):
        yield from objection_lines(group)
        yield ()
    if said := verdict(objections):
        yield line(Span(said, Style.STRONG))
        yield ()


def objection_lines(group: Group) -> Iterator[Line]:
    """Yield what one rule has to say, where it stands, and about which cases."""
    first = group.first
    style = Style.ERROR if first.stops else Style.WARNING
    yield from render_message(f"  {weight(first)} {first.rule}", first.message, style)
    if group.addresses:
        yield line(_MARGIN, group.named(MOST_NAMED))
    where = f"{first.source.file}:{first.source.line}"
    yield line(_MARGIN, Span(f"{where}  {first.link}" if first.link else where, Style.QUIET))


def weight(objection: Objection) -> str:
    """Return in a word or two how much an objection counts."""
    return f"{objection.severity}, overridden" if objection.overridden else str(objection.severity)


def verdict(objections: Iterable[Objection]) -> str:
    """Return the sentence that says what apply will do about objections; nothing where it goes on."""
    stopping = [each for each in objections if each.stops]
    if any(each.severity is Severity.HARD for each in stopping):
        return "Apply will refuse this plan."
    names = dict.fromkeys(each.rule for each in stopping)
    flags = " ".join(f"--override-policy {name}" for name in names)
    return f"Apply will refuse this plan unless it is given {flags}." if flags else ""


def plan_summary(plan: Plan) -> str:
    """Return the one line that says how much a plan does."""
    count = plan.summary
    if plan.is_empty:
        return f"No changes. {count.unchanged} cases match."
    return (
        f"Plan: {count.create} to create, {count.update} to update, {count.delete} to delete, "
        f"{count.release} to release, {count.imported} to import. {count.requests} requests."
    )


def render_change(change: Change, carried: Carried = ()) -> Iterator[Line]:
    """Yield what is done about one case; `carried` are requests of other cases that are about it too."""
    yield change_heading(change)
    yield from change_lines(change, carried)


def change_heading(change: Change) -> Line:
    """Return the line that says which case it is, and what is done about it."""
    sign, style = _SIGNS[change.action]
    return _heading(sign, style, change_name(change), change.id, change_note(change))


def change_name(change: Change) -> str:
    """Return the address of a case; where that changes, both."""
    return f"{change.moved_from} → {change.address}" if change.moved_from else str(change.address)


def change_sign(action: Action) -> str:
    """Return the sign of an action."""
    return _SIGNS[action][0]


def change_lines(change: Change, carried: Carried = ()) -> Iterator[Line]:
    """Yield what becomes of the fields of a case, and the requests that this takes."""
    for field in change.fields:
        cause = "" if change.action is Action.CREATE else str(field.cause)
        yield from difference(field.path, field.before, field.after, margin=_MARGIN, note=cause)
    for operation in change.operations:
        yield from request_lines(operation)
    for text in carried_texts(carried):
        yield line(_MARGIN, Span(f"→ {text}", Style.QUIET))


def _heading(sign: str, style: Style, address: str, id: str | None, note: str) -> Line:
    identity = f" (id {inline(id, VALUE_WIDTH)})" if id else ""
    remark = f"  # {inline(note, VALUE_WIDTH)}" if note else ""
    return line("  ", Span(f"{sign} ", style), Span(address, Style.STRONG), identity, Span(remark, Style.QUIET))


def deletes_note(plan: Plan) -> str:
    """Return the sentence that warns of deletes; empty where there is none."""
    count = plan.summary.delete
    if not count:
        return ""
    return f"{count} {'case is' if count == 1 else 'cases are'} deleted, which is for good."


def change_note(change: Change) -> str:
    """Return what the sign alone does not tell."""
    parts = (change.reason, _usual_note(change))
    return "; ".join(part for part in parts if part)


def _usual_note(change: Change) -> str | None:
    match change.action:
        case Action.RELEASE if change.operations:
            return "close, then release"
        case Action.RELEASE if change.reason is None:
            return "left as it is, managed no more"
        case Action.IMPORT if not change.operations:
            return "recorded as ours, changed in nothing"
        case Action.NO_OP:
            return "goes under another address, changed in nothing"
        case _:
            return None


def request_lines(operation: Operation) -> Iterator[Line]:
    """Yield a request, what it cannot keep others from, and what is sent instead where it is refused."""
    yield _request(operation)
    yield from _race(operation)
    for place, other in enumerate(operation.otherwise):
        yield _request(other, "  then " if place else "  if that is refused: ")


def _request(operation: Operation, lead: str = "") -> Line:
    body = "" if operation.body is None else "  " + inline(compact(operation.body), BODY_WIDTH)
    target = f"{operation.method} {inline(operation.target, VALUE_WIDTH)}"
    form = " (as a JSON string)" if operation.as_text else ""
    return line(
        _MARGIN, Span(f"{lead}→ {target}", Style.QUIET), Span(f"{body}{form}{_wait(operation)}", Style.QUIET)
    )


def carried_texts(carried: Carried) -> Iterator[str]:
    """Yield the requests of other cases that are about a case too, in words."""
    return (f"with {carrier}: {o.method} {inline(o.target, VALUE_WIDTH)}" for carrier, o in carried)


def _race(operation: Operation) -> Iterator[Line]:
    """Yield what a request sets that nobody declares, and what it cannot keep others from."""
    if operation.along:
        yield line(_MARGIN, Span(f"  {', '.join(operation.along)} go with it", Style.QUIET))
    if operation.merges:
        names = " and ".join(merge.attribute for merge in operation.merges.values())
        said = f"all {names} are sent, read again just before: what others change in that very moment is lost"
        yield line(_MARGIN, Span(f"  {said}", Style.QUIET))


def _wait(operation: Operation) -> str:
    """Return for which cases a request waits: it links to them, and they come later."""
    if not operation.after:
        return ""
    cases = "case" if len(operation.after) == 1 else "cases"
    return f"  (after {cases} {inline(', '.join(operation.after), VALUE_WIDTH)})"


def render_message(label: str, text: str, style: Style) -> Iterator[Line]:
    """Yield a message behind its label; its further lines stand behind a gutter."""
    first, *rest = visible(text[:MESSAGE_WIDTH]).split("\n")
    yield line(Span(f"{label}:", style), f" {first}")
    for further in rest:
        yield line(Span("  │ ", style), further)
    if len(text) > MESSAGE_WIDTH:
        yield line(Span("  │ ", style), f"… (+{len(text) - MESSAGE_WIDTH} characters)")


# ------------------------------------------------------------------------------------------------- drift


def render_drift(report: DriftReport) -> Iterator[Line]:
    """Yield what is live otherwise than it was applied, and a line that counts it."""
    if report.drift:
        yield line(Span("Changed outside of reconciler:", Style.STRONG))
        yield ()
        yield from _drifts(report.drift)
    if report.waived:
        yield line(Span(f"{WAIVED}:", Style.STRONG))
        yield ()
        yield from _drifts(report.waived)
    yield line(Span(drift_summary(report), Style.STRONG))
    if note := reading_note(report):
        yield line(note)


def reading_note(report: DriftReport) -> str:
    """Return what an incremental look has not read, and what it cannot have seen; nothing if it has read all."""
    reading = report.reading
    if reading is None or reading.is_complete:
        return ""
    note = (
        f"Incremental: {reading.unread} of {len(report.checked)} cases were not read, since nothing tells that "
        f"they have changed. The last complete read began at {reading.at}; only a complete one shows deleted cases"
    )
    return f"{note}, and all changes of {', '.join(reading.unseen)}." if reading.unseen else f"{note}."


def drift_summary(report: DriftReport) -> str:
    """Return the one line that says how much has drifted."""
    apart = "".join(f", {number} {kind}" for kind, number in _apart(report))
    if apart and not report.drift:
        return f"No drift that counts: {report.clean} clean{apart}."
    if not report.drift:
        cases = "1 case is" if report.clean == 1 else f"{report.clean} cases are"
        return f"No drift. {cases} as applied."
    return f"Drift: {report.drifted} drifted, {report.missing} missing, {report.clean} clean{apart}."


def _apart(report: DriftReport) -> Iterator[tuple[str, int]]:
    """Yield what does not count, with how much of it there is."""
    if report.waived:
        yield "waived", report.waived_fields
    if report.as_before:
        yield "as before", report.told_before


def _drifts(drift: Iterable[Drift]) -> Iterator[Line]:
    for item in drift:
        yield from _drift(item)
        yield ()


def _drift(drift: Drift) -> Iterator[Line]:
    if drift.missing:
        yield _heading("-", Style.REMOVE, str(drift.address), drift.id, GONE)
        return
    yield _heading("~", Style.CHANGE, str(drift.address), drift.id, "")
    yield from drift_lines(drift)


def drift_lines(drift: Drift) -> Iterator[Line]:
    """Yield how the fields of a case are otherwise than they were applied."""
    for field in drift.fields:
        yield from difference(field.path, field.recorded, field.live, margin=_MARGIN)
        for remark in remarks(field):
            yield line(_MARGIN, Span(f"    {remark}", Style.QUIET))


def remarks(field: DriftedField) -> Iterator[str]:
    """Yield what is known about a drifted field beside its values."""
    if (edit := field.edit) is not None:
        parts = ("changed", f"by {edit.by}" if edit.by else "", f"at {edit.at}" if edit.at else "")
        yield inline(" ".join(filter(None, parts)), VALUE_WIDTH)
    if (waiver := field.waiver) is not None:
        holds = f"waiver ended on {waiver.until}" if waiver.expired else f"waived until {waiver.until}"
        yield inline(f"{holds} by {waiver.owner}: {waiver.reason}", VALUE_WIDTH)


# ---------------------------------------------------------------------------------------------- a result


def render_result(result: Result) -> Iterator[Line]:
    """Yield what an apply did, and then what it did not do and why."""
    count = result.summary
    yield line(
        Span(
            f"Applied: {count.create} created, {count.update} updated, {count.delete} deleted, "
            f"{count.release} released, {count.imported} imported. {count.requests} requests.",
            Style.STRONG,
        )
    )
    yield from _overridden(result.overridden)
    yield from _result_warnings(result)
    for status, title, style in _NOT_DONE:
        yield from _group(title, style, [item for item in result.not_done if item.status is status])
    if result.interrupted:
        yield ()
        yield line("Interrupted: what was in flight is finished and recorded; apply again to do the rest.")


def _overridden(objections: Iterable[Objection]) -> Iterator[Line]:
    for group in grouped(objections):
        about = f" ({group.named(MOST_NAMED)})" if group.addresses else ""
        yield from render_message("Overridden", f"{group.first.rule}: {group.first.message}{about}", Style.WARNING)


def _result_warnings(result: Result) -> Iterator[Line]:
    said = [(outcome.address, warning) for outcome in result.outcomes for warning in outcome.warnings]
    if said:
        yield ()
    for address, warning in said:
        yield from render_message("Warning", f"{address}: {warning}", Style.WARNING)


def _group(title: str, style: Style, outcomes: list[Outcome]) -> Iterator[Line]:
    if not outcomes:
        return
    yield ()
    yield line(Span(title, style))
    for outcome in outcomes:
        message = f"{outcome.action}: {outcome.reason}" if outcome.reason else str(outcome.action)
        yield from render_message(f"  {outcome.address}", message, style)


# ------------------------------------------------------------------------------------------------- state


def render_state_list(state: State) -> Iterator[Line]:
    """Yield the recorded addresses, sorted, one a line and nothing else, for other programs to read."""
    return (line(str(address)) for address in sorted(state.records))


def render_record(record: Record) -> Iterator[Line]:
    """Yield all that is remembered about one case."""
    yield line(Span(str(record.address), Style.STRONG))
    yield _entry("type", record.type)
    yield _entry("id", record.id)
    yield _entry("url", record.url)
    for name, value in sorted(record.recorded.items()):
        yield from _recorded((name,), value)
    for path, handle in sorted(record.handles.items()):
        yield line("  handle ", Span(path), f": {shown(handle)}")
    for address in record.depends_on:
        yield line(f"  depends on {address}")
    yield from _lifecycle(record.lifecycle)
    yield _entry("updated at", record.updated_at)


def _entry(name: str, value: str) -> Line:
    return line(f"  {name}: {shown(value)}")


def _recorded(path: Path, value: Value) -> Iterator[Line]:
    """Yield one attribute; of a map each key, of items each field."""
    head = ("  recorded ", Span(dotted(path)))
    match value:
        case AbstractSet():
            members = ", ".join(sorted(map(member, value)))
            yield line(*head, f": [{inline(members, BODY_WIDTH)}]")
        case Mapping() if len(path) < _FIELD and (value or len(path) == 1):
            for key, part in sorted(value.items()):
                yield from _recorded((*path, key), part)
        case str() if "\n" in value:
            yield line(*head, ":")
            for text in value.split("\n"):
                yield line("    │ ", inline(text, VALUE_WIDTH))
        case _:
            yield line(*head, f": {shown(value)}")


def _lifecycle(lifecycle: Lifecycle) -> Iterator[Line]:
    yield line(f"  on remove: {lifecycle.on_remove}")
    if lifecycle.prevent_delete:
        yield line("  prevent delete: yes")
    if lifecycle.ignore_changes:
        yield line(f"  ignore changes: {', '.join(lifecycle.ignore_changes)}")
