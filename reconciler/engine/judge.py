"""
Plans before the rules of their workspace.

plan ── as its JSON has it ──► rules ──► objections, by rule and then by address
                                 │
                                 └─ one that cannot be evaluated objects too, and is hard: who knows what it says

A rule about a change sees `change`, as in the JSON of the plan, `drift` of that case, `plan` without its changes,
and `now`; a rule about the plan sees `plan` whole and `now`. Secrets are digests there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.config.cel import Given, Wrong
from reconciler.config.policies import Rule, Rules, Scope, Trial
from reconciler.errors import PlanRefused
from reconciler.model.address import Address
from reconciler.model.plan import Plan, Summary
from reconciler.model.policy import Objection, Severity, Tried, Verdict
from reconciler.report.jsonplan import change_json, drift_item_json, summary_json

REASON: Final = 300
"""Characters of the reason why a rule cannot be evaluated: it may hold text of others."""

_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_LONGEST_INTEGER: Final = 18
"""Digits; CEL knows no integer beyond 64 bits."""


def judged(plan: Plan, rules: Rules, *, now: str, overridden: Collection[str] = ()) -> Plan:
    """
    Return a plan with what the rules have against it now.

    An objection of a saved plan whose rule is there no more stays: to remove a rule is no way past it. A plan
    without a change is not judged, since nothing would be written.
    """
    if plan.is_empty:
        return replace(plan, policies=())
    names = {rule.name for rule in rules.rules}
    gone = (each for each in plan.policies if each.rule not in names)
    found = (*gone, *(_objections(plan, rules, now) if names else ()))
    return replace(plan, policies=tuple(_answered(each, overridden) for each in found))


def refuse_overrides(rules: Rules, overridden: Collection[str]) -> None:
    """Raise PlanRefused if something is to be overridden that is no soft rule."""
    severities = {rule.name: rule.severity for rule in rules.rules}
    for name in sorted(overridden):
        if name not in severities:
            known = ", ".join(each for each, severity in severities.items() if severity is Severity.SOFT)
            raise PlanRefused(f"there is no policy {name!r} to override", hint=f"soft are: {known or 'none'}")
        if severities[name] is not Severity.SOFT:
            raise PlanRefused(
                f"the policy {name!r} is {severities[name]}, and only a soft one is overridden",
                hint="nothing was sent",
            )


def _answered(objection: Objection, overridden: Collection[str]) -> Objection:
    answered = objection.severity is Severity.SOFT and objection.rule in overridden
    return replace(objection, overridden=answered) if answered != objection.overridden else objection


def _objections(plan: Plan, rules: Rules, now: str) -> Iterator[Objection]:
    facts = _plan_facts(plan)
    found: dict[str, list[Objection]] = {rule.name: [] for rule in rules.rules}
    of_changes = rules.of(Scope.CHANGE)
    for address, given in _given_changes(plan, rules, facts, now) if of_changes else ():
        for rule in of_changes:
            found[rule.name].extend(_objection(rule, given, address))
    if of_plan := rules.of(Scope.PLAN):
        whole = {
            **facts,
            "changes": list(map(change_json, plan.changes)),
            "drift": list(map(drift_item_json, plan.drift)),
        }
        given = rules.given(Scope.PLAN, {"plan": _as_read(whole), "now": now})
        for rule in of_plan:
            found[rule.name].extend(_objection(rule, given, None))
    return (objection for those in found.values() for objection in those)


def _given_changes(
    plan: Plan, rules: Rules, facts: Mapping[str, Any], now: str
) -> Iterator[tuple[Address, Given]]:
    """Yield what the rules about changes look at."""
    drifts = {drift.address: drift for drift in plan.drift}
    for change in plan.changes:
        drift = drifts.get(change.address)
        drifted = _as_read({**_NO_DRIFT, **drift_item_json(drift)}) if drift else _NO_DRIFT
        values = {
            "change": _as_read(change_json(change)),
            "drift": drifted,
            "plan": facts,
            "now": now,
        }
        yield change.address, rules.given(Scope.CHANGE, values)


def _plan_facts(plan: Plan) -> dict[str, Any]:
    """Return what a rule about a change sees of the plan."""
    facts: dict[str, Any] = _as_read(
        {
            "workspace": plan.workspace,
            "serial": plan.serial,
            "created_at": plan.created_at,
            "recorded": plan.recorded,
            "drifted": len(plan.drift),
            "summary": summary_json(plan.summary),
        }
    )
    return facts


def _objection(rule: Rule, given: Given, address: Address | None) -> Iterator[Objection]:
    try:
        if not rule.deny.holds(given):
            return
        severity, message, unclear = rule.severity, rule.message, False
    except Wrong as wrong:
        severity, message, unclear = Severity.HARD, f"cannot be evaluated: {wrong.message[:REASON]}", True
    yield Objection(rule.name, severity, message, rule.source, address, rule.link, unclear=unclear)


def _as_read(data: Any) -> Any:
    """
    Return JSON as it is read back, with `?` for what CEL cannot hold: half of a surrogate pair, and U+0000.

    cel-expr-python 0.1.3 ends a text at U+0000: a rule would not see what stands behind it.
    """
    text = json.dumps(data, ensure_ascii=False)
    if "\\u0000" in text:
        text = _NUL.sub(r"\1?", text)
    return json.loads(text if text.isascii() else text.encode("utf-8", "replace"), parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


# ----------------------------------------------------------------------------------------------- tests of rules

_NO_DRIFT: Final[Mapping[str, Any]] = {"fields": [], "missing": False}
_ADDRESS: Final = "soc.example"
_MOMENT: Final = "2026-01-01T00:00:00Z"


def tried(trial: Trial, rules: Rules) -> Tried:
    """Judge what a test describes by its rule."""
    scope = trial.rule.scope
    plan = _described_plan(trial.given.get("plan") or {})
    now = trial.given.get("now", _MOMENT)
    values: dict[str, Any] = {"plan": plan, "now": now}
    if scope is Scope.CHANGE:
        values["change"] = _described_change(trial.given.get("change") or {})
        values["drift"] = {**_NO_DRIFT, **(trial.given.get("drift") or {})}
    found = next(_objection(trial.rule, rules.given(scope, _as_read(values)), None), None)
    made = Tried(trial.name, trial.rule.name, trial.expect, Verdict.PASS, trial.source)
    if found is None:
        return made
    return replace(made, said=None if found.unclear else Verdict.DENY, reason=found.message)


def _described_change(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change with the keys that every change has, whatever a test says of it."""
    address = str(given.get("address", _ADDRESS))
    usual = {
        "address": address,
        "provider": address.partition(".")[0],
        "type": "",
        "id": "1",
        "url": None,
        "action": "update",
        "cause": ["config"],
        "fields": [],
        "operations": [],
    }
    return {**usual, **given}


def _described_plan(given: Mapping[str, Any]) -> dict[str, Any]:
    changes = [_described_change(each) for each in given.get("changes", ())]
    counts = Counter(str(change["action"]) for change in changes)
    summary = {name: counts[name] for name in summary_json(Summary())}
    usual = {**_plan_facts(Plan("example", "", 1, _MOMENT, ())), "drift": []}
    return {**usual, **given, "changes": changes, "summary": {**summary, **given.get("summary", {})}}
