"""Rule files: what is read of them, and what is refused with its place."""

from __future__ import annotations

import os

import pytest

from reconciler.config.cel import Wrong
from reconciler.config.policies import MAX_RULES, Rules, Scope
from reconciler.errors import Location
from reconciler.model.policy import Severity, Verdict
from tests.config.toy import SETTINGS, Folder

RULE = "policies:\n  guard:\n    deny: change.action == 'delete'\n    message: No.\n"


def rules(folder: Folder, **files: str) -> Rules:
    """Load rule files, named without their ending."""
    named(folder, *(f"policies/{name}.yaml" for name in files))
    for name, text in files.items():
        folder.write(f"policies/{name}.yaml", text)
    return folder.load().rules


def named(folder: Folder, *patterns: str) -> None:
    listed = "".join(f"  - {pattern}\n" for pattern in patterns)
    folder.write("reconciler.yaml", f"{SETTINGS}policies:\n{listed}")


def problems(folder: Folder, text: str) -> list[str]:
    named(folder, "policies/a.yaml")
    folder.write("policies/a.yaml", text)
    return folder.problems()


def test_a_rule_is_read_with_what_is_usual(folder: Folder) -> None:
    (rule,) = rules(folder, a=RULE).rules

    assert (rule.name, rule.scope, rule.severity, rule.message) == ("guard", Scope.CHANGE, Severity.HARD, "No.")
    assert (rule.link, rule.source) == (None, Location("policies/a.yaml", 2, 3))


def test_a_rule_says_all_that_it_can(folder: Folder) -> None:
    text = """\
policies:
  größe-1:
    deny: x
  many:
    for: Plan
    severity: SOFT
    deny: |
      plan.summary.delete > 3  // größer 🎣
    message: |
      Zu viele.
      Frag Jane.
    link: https://wiki.acme.example/many
"""
    assert problems(folder, text) == [
        "policies/a.yaml:2:3: `größe-1` cannot name a rule: letters, digits, `_` and `-` only, at most 128"
    ]

    (rule,) = rules(folder, a=text.replace("  größe-1:\n    deny: x\n", "")).rules

    assert (rule.scope, rule.severity, rule.message) == (Scope.PLAN, Severity.SOFT, "Zu viele.\nFrag Jane.")
    assert rule.link == "https://wiki.acme.example/many"


def test_rules_stand_in_the_order_of_the_files_and_of_their_places(folder: Folder) -> None:
    made = rules(
        folder,
        b=RULE.replace("guard", "z"),
        a=RULE.replace("guard", "y") + "  x: {deny: 'true', message: m}\n",
    )

    assert [rule.name for rule in made.rules] == ["z", "y", "x"]


def test_without_policies_there_are_no_rules(folder: Folder) -> None:
    assert folder.load().rules.rules == ()


def test_a_wildcard_names_what_is_in_a_folder_but_hidden_files_and_other_kinds(folder: Folder) -> None:
    for name in ("a.yaml", "b.yml", ".hidden.yaml", "notes.md"):
        folder.write(f"policies/{name}", RULE.replace("guard", f"r-{len(name)}"))
    named(folder, "policies/*", "policies/a.yaml")

    assert [rule.source.file for rule in folder.load().rules.rules] == ["policies/a.yaml", "policies/b.yml"]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("policies/none.yaml", "`policies/none.yaml` does not exist"),
        ("policies/*.yml", "does not exist: nothing in that folder has such a name"),
        ("nowhere/*.yaml", "cannot be looked for: No such file or directory"),
        ("'*/a.yaml'", "a wildcard can stand in the name of a file, not in its folder"),
        ("../a.yaml", "must be inside the workspace"),
        ("../*.yaml", "must be inside the workspace"),
        ("/etc/*.yaml", "must be named relative to the workspace"),
        ("out/a.yaml", "is a link that leads out of the workspace"),
        ("out/*.yaml", "is a link that leads out of the workspace"),
    ],
)
def test_what_names_no_rule_file_is_an_error_at_its_place(folder: Folder, pattern: str, words: str) -> None:
    folder.write("policies/a.yaml", RULE)
    (folder.root / "out").symlink_to("/usr")
    named(folder, pattern)

    (problem,) = folder.problems()

    assert words in problem
    assert problem.startswith("reconciler.yaml:5:5: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: this must be a mapping, beginning with `policies:`"]),
        ("- a\n", ["1:1: this must be a mapping, beginning with `policies:`"]),
        ("policies:\n", ["1:10: `policies` must be a mapping: names and what they stand for"]),
        ("policies: {}\n", ["1:11: `policies` must be a mapping: names and what they stand for"]),
        ("rules: {}\n", ["1:1: unknown key `rules`; known are policies and tests"]),
        ("policies: {a: b}\n", ["1:15: `a` must be a mapping"]),
        (
            "policies: {a: {severity: Sft}}\n",
            [
                "1:12: `deny` is missing",
                "1:12: `message` is missing",
                "1:26: `severity` must be advisory, soft or hard, not `Sft`; did you mean `soft`?",
            ],
        ),
        (
            "policies: {a: {deny: x, message: ' ', for: plans, link: 'javascript:x', denny: x}}\n",
            [
                "1:34: `message` must not be empty",
                "1:44: `for` must be change or plan, not `plans`; did you mean `plan`?",
                "1:57: `link` must be an address without blanks and quotes, such as https://wiki.acme.example/rules",
                "1:73: unknown key `denny`; did you mean `deny`?",
            ],
        ),
        (
            "policies:\n  a:\n    message: m\n    deny: |\n      change.a &&\n        nope\n",
            [
                (
                    "6:9: `deny` is no condition: undeclared reference to 'nope'; "
                    "a rule for a change knows change, plan, drift and now"
                )
            ],
        ),
        (
            "policies: {a: {message: m, for: plan, deny: change.a}}\n",
            [
                (
                    "1:51: `deny` is no condition: undeclared reference to 'change.a'; "
                    "a rule for a plan knows plan and now"
                )
            ],
        ),
        ("policies: {a: {message: m, deny: '1 +'}}\n", ["1:38: `deny` is no condition: Syntax error"]),
        (
            "policies: {a: {message: m, deny: '\"x\"'}}\n",
            ["1:35: `deny` is no condition: the expression is of the type string, not true or false"],
        ),
        (
            f"policies: {{a: {{message: m, deny: '{'x' * 5000}'}}}}\n",
            ["1:35: `deny` is no condition: the expression is longer than 4,096 characters"],
        ),
        (f"policies: {{a: {{message: {'m' * 1001}, deny: 'true'}}}}\n", ["1:25: `message`"]),
        ("tests: {a: {rule: guard, expect: deny}}\n", ["1:19: there is no rule `guard`"]),
        (
            RULE + "tests: {a: {rule: gard, expect: deny}}\n",
            ["5:19: there is no rule `gard`; did you mean `guard`?"],
        ),
        (RULE + "tests: {a: {rule: guard, expect: no}}\n", ["5:34: `expect` must be deny or pass, not `no`"]),
        (RULE + "tests: {a: [rule]}\n", ["5:12: `a` must be a mapping"]),
        (
            RULE + "tests: {a: {rule: guard, expect: deny, change: {n: .inf}}}\n",
            ["5:48: `change`: this number cannot be written in JSON"],
        ),
        (
            RULE + "tests: {a: {rule: guard, expect: deny, plan: {changes: [x], summary: 1}}}\n",
            ["5:57: `changes` must be a mapping", "5:70: `summary` must be a mapping"],
        ),
        (
            RULE + "tests: {a: {rule: guard, expect: pass, change: {action: deleet}}}\n",
            ["5:57: there is no action `deleet`; did you mean `delete`?"],
        ),
        (
            RULE + "tests: {a: {rule: guard, expect: pass, plan: {changes: [{}, {action: zap}]}}}\n",
            [("5:70: there is no action `zap`; known are create, update, delete, release, import and no-op")],
        ),
        (
            RULE.replace("change.action", "plan.action")
            + "    for: plan\ntests: {a: {rule: guard, expect: deny, drift: {}}}\n",
            [
                (
                    "6:40: the rule `guard` looks at the plan as a whole: it sees no `drift`; "
                    "write `plan: {changes: […]}`"
                )
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(folder: Folder, text: str, expected: list[str]) -> None:
    found = problems(folder, text)

    assert len(found) == len(expected), found
    for problem, words in zip(found, expected, strict=True):
        assert problem.startswith(f"policies/a.yaml:{words}")


def test_a_name_stands_for_one_rule_in_all_files(folder: Folder) -> None:
    folder.write("policies/a.yaml", RULE)
    folder.write("policies/b.yaml", RULE)
    named(folder, "policies/*.yaml")

    assert folder.problems() == [
        "policies/b.yaml:2:3: there is a rule `guard` already, at policies/a.yaml:2:3; give one another name"
    ]


def test_a_broken_rule_is_no_reason_to_complain_about_its_tests(folder: Folder) -> None:
    text = (
        RULE.replace("'delete'", "") + "tests: {a: {rule: guard, expect: deny}, b: {rule: gone, expect: deny}}\n"
    )

    (problem,) = problems(folder, text)

    assert "`deny` is no condition" in problem


def test_a_file_that_cannot_be_read_is_an_error(folder: Folder) -> None:
    named(folder, "policies/a.yaml")
    (folder.root / "policies").mkdir()
    os.mkfifo(folder.root / "policies/a.yaml")

    assert folder.problems() == ["policies/a.yaml:1:1: the file is not a regular file"]


def test_there_are_bounds(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "policies:\n" + "".join(f"  r{n}: {{deny: 'true', message: m}}\n" for n in range(MAX_RULES + 1))
    assert problems(folder, many) == [
        f"policies/a.yaml:{MAX_RULES + 2}:17: more than 1,000 rules in one workspace"
    ]
    long = "policies:\n" + "".join(f"  r{n}: {{deny: '{' ' * 4000}true', message: m}}\n" for n in range(33))
    assert problems(folder, long) == [
        "policies/a.yaml:34:15: more than 131,072 characters of expressions in one workspace"
    ]
    monkeypatch.setattr("reconciler.config.rulefiles.MAX_FILES", 1)
    folder.write("policies/b.yaml", RULE)
    named(folder, "policies/*.yaml")
    assert folder.problems() == ["reconciler.yaml:5:5: more than 1 rule files"]


def test_a_rule_tells_true_from_false_and_from_what_is_neither(folder: Folder) -> None:
    made = rules(folder, a="policies: {a: {deny: change.x, message: m}}\n")
    (rule,) = made.rules

    def holds(value: object) -> bool:
        return rule.deny.holds(made.given(Scope.CHANGE, {"change": {"x": value}}))

    assert (holds(value=True), holds(value=False)) == (True, False)
    for value, words in ((1, "of the type int"), (None, "of the type null"), ("true", "of the type string")):
        with pytest.raises(Wrong, match=words):
            holds(value)
    with pytest.raises(Wrong, match="Key not found"):
        rule.deny.holds(made.given(Scope.CHANGE, {"change": {}}))
    with pytest.raises(Wrong, match="out of range"):
        holds(2**70)
    (loop,) = rules(folder, a="policies: {a: {deny: 'change.x.exists(n, n < 0)', message: m}}\n").rules
    assert loop.deny.holds(made.given(Scope.CHANGE, {"change": {"x": [*range(9000), -1]}}))
    with pytest.raises(Wrong, match="more than 10,000 iterations"):
        loop.deny.holds(made.given(Scope.CHANGE, {"change": {"x": list(range(10_001))}}))


def test_a_test_is_read_with_the_types_of_json(folder: Folder) -> None:
    text = (
        RULE
        + """\
tests:
  ein Löschen wird abgelehnt:
    rule: guard
    expect: DENY
    change: {action: delete, id: "42", n: 7, yes: true, none: null, list: [1, a]}
    now: 2026-12-31T18:00:00Z
"""
    )
    (trial,) = rules(folder, a=text).trials

    assert (trial.name, trial.rule.name, trial.expect) == ("ein Löschen wird abgelehnt", "guard", Verdict.DENY)
    assert trial.given == {
        "change": {"action": "delete", "id": "42", "n": 7, "yes": True, "none": None, "list": [1, "a"]},
        "now": "2026-12-31T18:00:00Z",
    }
