"""What rules see of a plan, and what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.config.policies import Rules, read_rules
from reconciler.engine.judge import judged, refuse_overrides, tried
from reconciler.errors import ConfigError, Location, PlanRefused
from reconciler.model.policy import Objection, Severity, Verdict
from tests.report import worlds

NOW = "2026-03-06T18:00:00Z"  # a Friday
PLAN = worlds.plan(
    worlds.DELETE, worlds.UPDATE, worlds.CREATE, drift=worlds.DRIFT, unchanged=11, recorded=17, warnings=("w",)
)


def rules(folder: Path, text: str) -> Rules:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return read_rules(folder, [Path("a.yaml")])


def rule(folder: Path, deny: str, more: str = "") -> Rules:
    return rules(folder, f"policies:\n  r:\n    message: m\n    deny: |\n      {deny}\n{more}")


def denied(folder: Path, deny: str) -> list[str]:
    found = judged(PLAN, rule(folder, deny), now=NOW).policies
    assert not any(each.unclear for each in found), found
    return [each.address.name for each in found if each.address]


@pytest.mark.parametrize(
    ("deny", "names"),
    [
        ('change.action == "delete"', ["gone"]),
        ('change.address.startsWith("soc.n") && change.provider == "soc" && change.type == "tines"', ["new"]),
        ('change.fields.exists(f, f.path == ["tags"] && has(f.add) && "q4" in f.add)', ["phishing-wave"]),
        ('change.operations.exists(o, o.method == "PUT" && o.body.priority == "high")', ["phishing-wave"]),
        ('"drift" in change.cause', ["phishing-wave"]),
        ('has(change.reason) && change.reason.contains("outside")', ["new"]),
        ('has(change.record) && change.record.recorded.tags == ["a"]', ["new"]),
        (
            'plan.summary.delete == 1 && plan.workspace == "acme" && plan.recorded == 17',
            ["gone", "phishing-wave", "new"],
        ),
        ("plan.drifted > 0 && timestamp(now).getDayOfWeek() == 5", ["gone", "phishing-wave", "new"]),
        ("has(plan.changes)", []),
        ("drift.missing || drift.fields.size() > 0", ["phishing-wave"]),
        ("change.fields.exists(f, has(f.nope))", []),
    ],
)
def test_a_rule_sees_a_change_as_the_json_of_the_plan_has_it(tmp_path: Path, deny: str, names: list[str]) -> None:
    assert sorted(denied(tmp_path, deny)) == sorted(names)


def test_a_rule_for_the_plan_sees_all_of_it_once(tmp_path: Path) -> None:
    deny = (
        "plan.changes.filter(c, c.action != 'update').size() == 2 && plan.drift.size() > 0 "
        "&& plan.summary.unchanged == 11 && now.startsWith('2026')"
    )

    found = judged(PLAN, rule(tmp_path, deny, "    for: plan\n    severity: advisory\n"), now=NOW)

    assert found.policies == (Objection("r", Severity.ADVISORY, "m", Location("a.yaml", 2, 3)),)
    assert found.digest == PLAN.digest


def test_a_secret_is_a_digest_to_a_rule(tmp_path: Path) -> None:
    deny = "change.fields.exists(f, f.path == ['metadata', 'token'] && f.after.secret.startsWith('sha256:'))"

    assert denied(tmp_path, deny) == ["new"]


def test_a_rule_that_cannot_be_evaluated_objects_and_is_hard(tmp_path: Path) -> None:
    found = judged(PLAN, rule(tmp_path, "change.reason == ''", "    severity: advisory\n"), now=NOW).policies

    assert {each.address.name: each.severity for each in found if each.address} == {
        "gone": Severity.HARD,
        "phishing-wave": Severity.HARD,
    }
    assert {each.message for each in found} == {'cannot be evaluated: Key not found in map : "reason"'}
    assert all(each.unclear for each in found)


def test_a_reason_is_cut(tmp_path: Path) -> None:
    long = replace(PLAN, changes=(replace(worlds.UPDATE, id="x" * 1000),))

    (found,) = judged(long, rule(tmp_path, "plan[change.id] == 1"), now=NOW).policies

    assert len(found.message) < 350


@pytest.mark.parametrize(
    ("id", "deny"),
    [
        ("\ud800x", 'change.id == "?x"'),
        ("größe 🎣", 'change.id == "größe 🎣"'),
        ("a\x00\x00b\\\\u0000\\\x00", 'change.id == "a??b\\\\\\\\u0000\\\\?"'),
    ],
)
def test_no_text_of_others_keeps_a_rule_from_its_work(tmp_path: Path, id: str, deny: str) -> None:
    plan = replace(PLAN, changes=(replace(worlds.UPDATE, id=id),))

    (found,) = judged(plan, rule(tmp_path, deny), now=NOW).policies

    assert found.message == "m"


def test_no_number_of_others_keeps_a_rule_from_its_work(tmp_path: Path) -> None:
    field = replace(worlds.UPDATE.fields[0], before=2**70)
    plan = replace(PLAN, changes=(replace(worlds.UPDATE, fields=(field,)),))

    (found,) = judged(plan, rule(tmp_path, "change.fields[0].before > 1e20"), now=NOW).policies

    assert found.message == "m"


def test_objections_stand_by_rule_and_then_by_address(tmp_path: Path) -> None:
    text = "policies:\n" + "".join(
        f"  {name}: {{message: m, deny: '{deny}'{more}}}\n"
        for name, deny, more in (("b", "true", ""), ("p", "true", ", for: plan"), ("a", "true", ""))
    )
    plan = worlds.plan(worlds.DELETE, worlds.UPDATE)

    found = judged(plan, rules(tmp_path, text), now=NOW).policies

    assert [(each.rule, each.address and each.address.name) for each in found] == [
        ("b", "gone"),
        ("b", "phishing-wave"),
        ("p", None),
        ("a", "gone"),
        ("a", "phishing-wave"),
    ]


def test_a_plan_of_nothing_is_not_judged(tmp_path: Path) -> None:
    old = Objection("gone", Severity.HARD, "m", Location("a.yaml"))

    found = judged(replace(worlds.plan(), policies=(old,)), rule(tmp_path, "true", "    for: plan\n"), now=NOW)

    assert found.policies == ()


def test_what_a_saved_plan_was_told_is_told_anew_but_by_rules_that_are_gone(tmp_path: Path) -> None:
    stale = Objection("r", Severity.HARD, "stale", Location("a.yaml"))
    gone = Objection("gone", Severity.SOFT, "m", Location("b.yaml"))
    saved = replace(PLAN, policies=(stale, gone))

    found = judged(saved, rule(tmp_path, "false"), now=NOW)

    assert found.policies == (gone,)
    assert judged(saved, Rules(), now=NOW).policies == (stale, gone)


def test_only_soft_rules_are_overridden(tmp_path: Path) -> None:
    text = "policies:\n  s: {message: m, severity: soft, deny: 'true'}\n  h: {message: m, deny: 'true'}\n"
    made = rules(tmp_path, text)
    plan = worlds.plan(worlds.DELETE)

    found = judged(plan, made, now=NOW, overridden={"s", "h"}).policies
    again = judged(replace(plan, policies=found), Rules(), now=NOW).policies

    assert [each.overridden for each in found] == [True, False]
    assert [each.overridden for each in again] == [False, False]
    refuse_overrides(made, ["s"])
    with pytest.raises(PlanRefused, match="the policy 'h' is hard"):
        refuse_overrides(made, ["s", "h"])
    with pytest.raises(PlanRefused, match="there is no policy 'x' to override") as refused:
        refuse_overrides(made, ["x"])
    assert refused.value.hint == "soft are: s"


def test_a_soft_rule_that_cannot_be_evaluated_is_not_overridden(tmp_path: Path) -> None:
    found = judged(PLAN, rule(tmp_path, "change.nope", "    severity: soft\n"), now=NOW, overridden={"r"}).policies

    assert {(each.severity, each.overridden) for each in found} == {(Severity.HARD, False)}


# ------------------------------------------------------------------------------------------------- tests of rules


@pytest.mark.parametrize(
    ("deny", "given", "said"),
    [
        ("change.action == 'delete'", "change: {action: delete}", Verdict.DENY),
        ("change.action == 'delete'", "", Verdict.PASS),
        ("change.provider == 'intel'", "change: {address: intel.x}", Verdict.DENY),
        ("change.fields.size() + change.operations.size() == 0 && change.cause == ['config']", "", Verdict.DENY),
        ("change.reason == 'x'", "", None),
        ("drift.missing", "drift: {missing: true}", Verdict.DENY),
        ("drift.missing || drift.fields.size() > 0", "", Verdict.PASS),
        ("plan.summary.delete > 3", "plan: {summary: {delete: 4}}", Verdict.DENY),
        ("plan.summary.delete > 3 || plan.drifted > 0 || plan.workspace == ''", "", Verdict.PASS),
        ("timestamp(now).getDayOfWeek() == 5", 'now: "2026-03-06T18:00:00Z"', Verdict.DENY),
        ("timestamp(now).getDayOfWeek() == 5", "", Verdict.PASS),
    ],
)
def test_a_test_describes_as_much_of_a_change_as_matters(
    tmp_path: Path, deny: str, given: str, said: Verdict | None
) -> None:
    made = rule(tmp_path, deny, f"tests:\n  t:\n    rule: r\n    expect: deny\n    {given}\n")
    (trial,) = made.trials

    found = tried(trial, made)

    assert found.said is said
    assert found.is_right is (said is Verdict.DENY)
    assert (found.reason[:19] == "cannot be evaluated") is (said is None)


def test_a_test_of_a_rule_for_the_plan_describes_its_changes(tmp_path: Path) -> None:
    deny = "plan.summary.delete == 2 && plan.changes.all(c, c.provider == 'soc') && plan.drift == [] && now != ''"
    given = "plan: {changes: [{action: delete}, {action: delete}, {}]}"
    made = rule(tmp_path, deny, f"    for: plan\ntests:\n  t: {{rule: r, expect: deny, {given}}}\n")

    assert tried(made.trials[0], made).said is Verdict.DENY


def test_files_that_are_wrong_are_told_all_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        rules(tmp_path, "policies: {a: {deny: x}, b: {deny: x}}\n")
    assert len(refused.value.problems) == 2
    many = "policies:\n" + "".join(f"  r{n}: {{deny: x}}\n" for n in range(400))
    with pytest.raises(ConfigError) as refused:
        rules(tmp_path, many)
    assert len(refused.value.problems) == 300
