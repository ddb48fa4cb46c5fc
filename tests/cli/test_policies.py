"""Policies at the boundary: a real workspace, the real command line, a stand-in of a system on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reconciler.config.policies import read_rules
from reconciler.engine.judge import tried
from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.hostile.strings import STRINGS, assert_inert
from tests.hostile.systems import SYSTEMS

WRITABLE = [text for text in STRINGS if not re.search("[\x00\ufffe\uffff\ud800-\udfff]", text)]
"""Hostile text that a YAML file can hold."""
SUMMARY = "Plan: 2 to create, 0 to update, 0 to delete, 0 to release, 0 to import. 2 requests."


def quoted(text: str) -> str:
    """Return a text as YAML, each character by its number."""
    numbers = "".join(f"\\U{ord(char):08x}" for char in text)
    return f'"{numbers}"'


@dataclass
class Scene:
    """Two cases to create, and rules about them."""

    rig: Rig
    emulator: TinesEmulator
    url: str

    def configure(self, *policies: str) -> None:
        soc = {**SYSTEMS["tines"].settings, "url": self.url}
        self.rig.configure({"soc": soc}, **({"policies": list(policies)} if policies else {}))

    def run(self, *arguments: str, **env: str) -> Ended:
        ended = self.rig.run(*arguments, **env)
        assert b"Traceback" not in ended.all
        return ended

    def text(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        ended = self.run(*arguments, **env)
        return ended.code, ended.out.decode(), ended.err.decode()

    def rule(self, severity: str = "hard", deny: str = 'change.address == "soc.a"', more: str = "") -> None:
        self.rules(f"policies:\n  guard: {{severity: {severity}, deny: '{deny}', message: Not so.{more}}}\n")

    def rules(self, text: str) -> None:
        self.rig.write("policies/a.yaml", text)

    @property
    def writes(self) -> int:
        return len(self.emulator.writes)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    emulator = TinesEmulator()
    with serve(emulator) as served:
        scene = Scene(Rig(tmp_path, SYSTEMS["tines"].env), emulator, served.url)
        scene.configure("policies/*.yaml")
        scene.rig.declare(a={"name": "A"}, b={"name": "B"})
        yield scene


# ----------------------------------------------------------------------------------------- severity and command


APPLIES = (
    ("apply", "--auto-approve"),
    ("apply", "--auto-approve", "--json"),
    ("apply", "--auto-approve", "--target", "soc.a"),
    ("apply", "--no-input", "plan.json"),
    ("apply", "--no-input", "--if-digest", "plan.json"),
)


@pytest.mark.parametrize("command", APPLIES, ids=" ".join)
@pytest.mark.parametrize(
    ("severity", "flags", "passes"),
    [
        ("advisory", (), True),
        ("soft", (), False),
        ("soft", ("--override-policy", "guard"), True),
        ("hard", (), False),
        ("hard", ("--override-policy", "guard"), False),
        ("advisory", ("--override-policy", "guard"), False),
    ],
)
def test_apply_stops_before_its_first_write_or_goes_on(
    scene: Scene, command: tuple[str, ...], severity: str, flags: tuple[str, ...], *, passes: bool
) -> None:
    scene.rule(severity)
    assert scene.text("plan", "--out", "plan.json", "--detailed-exitcode")[0] == 2

    code, out, err = scene.text(*command, *flags)

    assert (code, bool(scene.writes)) == ((0, True) if passes else (1, False)), err
    if passes and flags:
        assert "Not so." in out
        assert "verridden" in out
    if not passes and not flags:
        assert err.startswith("Error: the policies of this workspace do not let the plan pass\n  │ ")
        assert f"  │ {severity} guard: Not so. (soc.a)\n" in err
        assert "nothing was sent" in err
    if not passes and flags:
        assert f"the policy 'guard' is {severity}, and only a soft one is overridden" in err


def test_a_person_who_says_yes_is_not_asked_what_is_refused_anyway(scene: Scene) -> None:
    scene.rule()

    code, _, err = scene.text("apply")

    assert (code, scene.writes) == (1, 0)
    assert "Only 'yes'" not in err
    assert "guard: Not so." in err


def test_a_case_that_is_not_in_the_plan_is_not_judged(scene: Scene) -> None:
    scene.rule()

    assert scene.run("apply", "--auto-approve", "--target", "soc.b").code == 0
    assert scene.writes == 1


def test_an_apply_of_nothing_is_no_reason_to_judge(scene: Scene) -> None:
    scene.rule("hard", "true", ", for: plan")
    assert scene.run("apply", "--auto-approve").code == 1
    scene.rule("advisory", "true")
    assert scene.run("apply", "--auto-approve").code == 0
    scene.rule("hard", "true", ", for: plan")

    assert scene.text("apply", "--auto-approve", "-q") == (0, "No changes. 2 cases match.\n", "")
    assert "Not so." not in scene.text("plan")[1]


def test_the_environment_overrides_nothing(scene: Scene) -> None:
    scene.rule("soft")

    ended = scene.run("apply", "--auto-approve", RECONCILER_OVERRIDE_POLICY="guard", RECONCILER_OVERRIDDEN="guard")

    assert (ended.code, scene.writes) == (1, 0)


def test_what_was_overridden_is_said_in_the_result(scene: Scene) -> None:
    scene.rule("soft")

    ended = scene.run("apply", "--auto-approve", "--json", "--override-policy", "guard")

    (overridden,) = ended.data["overridden"]
    assert (overridden["name"], overridden["address"], overridden["overridden"]) == ("guard", "soc.a", True)
    scene.rig.declare(c={"name": "C"}, a={"name": "A2"}, b={"name": "B"})
    out = scene.text("apply", "--auto-approve", "--override-policy", "guard")[1]
    assert out.endswith(
        "Applied: 1 created, 1 updated, 0 deleted, 0 released, 0 imported. 2 requests.\n"
        "Overridden: guard: Not so. (soc.a)\n"
    )


def test_an_unknown_policy_cannot_be_overridden(scene: Scene) -> None:
    scene.rule("soft")

    code, out, err = scene.text("apply", "--auto-approve", "--override-policy", "gaurd")

    assert (code, out, scene.writes) == (1, "", 0)
    assert err == "Error: there is no policy 'gaurd' to override\nHint: soft are: guard\n"


# ---------------------------------------------------------------------------------------------- what is shown


def test_a_plan_tells_what_policies_object_to_in_every_format(scene: Scene) -> None:
    scene.rules(
        "policies:\n"
        "  mind: {severity: advisory, deny: plan.summary.create > 1, for: plan, message: Many.}\n"
        "  ask: {severity: soft, deny: 'true', message: Ask., link: 'https://wiki.acme.example/ask'}\n"
    )

    code, text, err = scene.text("plan", "--out", "plan.json")
    assert (code, err[:8]) == (0, "Saved to")
    assert text.endswith(
        "Policies object:\n"
        "\n"
        "  advisory mind: Many.\n"
        "      policies/a.yaml:2\n"
        "\n"
        "  soft ask: Ask.\n"
        "      soc.a, soc.b\n"
        "      policies/a.yaml:3  https://wiki.acme.example/ask\n"
        "\n"
        "Apply will refuse this plan unless it is given --override-policy ask.\n"
        "\n"
        "soc: 2 POST; 1 s at 1000000 requests a minute\n"
        "\n"
        f"{SUMMARY}\n"
    )
    assert scene.text("show", "plan.json")[1] == text
    markdown = scene.text("plan", "--format", "markdown")[1]
    order = ["Apply will refuse", "#### Policies object", "soft ask: Ask.", "advisory mind: Many.", "#### Create"]
    assert sorted(order, key=markdown.index) == order
    page = scene.text("show", "plan.json", "--format", "html")[1]
    assert page.index("Policies object") < page.index("soc.a") < page.index("Changes")
    assert scene.run("plan", "--json").data["policies"] == [
        {
            "name": "mind",
            "severity": "advisory",
            "address": None,
            "message": "Many.",
            "file": "policies/a.yaml",
            "line": 2,
        },
        *(
            {
                "name": "ask",
                "severity": "soft",
                "address": address,
                "message": "Ask.",
                "file": "policies/a.yaml",
                "line": 3,
                "link": "https://wiki.acme.example/ask",
            }
            for address in ("soc.a", "soc.b")
        ),
    ]


def test_policies_are_no_part_of_what_a_plan_means(scene: Scene) -> None:
    scene.rule("advisory")
    judged = scene.run("plan", "--json").data
    scene.rule("advisory", "false")
    plain = scene.run("plan", "--json").data

    assert judged["digest"] == plain["digest"]
    assert judged["summary"] == plain["summary"]
    assert "policies" not in plain


def test_drift_and_state_are_not_judged(scene: Scene) -> None:
    scene.rule("advisory", "true")
    assert scene.run("apply", "--auto-approve").code == 0
    scene.rule("hard", "true")

    assert scene.text("drift", "-q") == (0, "No drift. 2 cases are as applied.\n", "")
    assert scene.run("state", "list").code == 0


# ------------------------------------------------------------------------------------------ rules that changed


def test_a_saved_plan_is_judged_anew_by_the_rules_of_now(scene: Scene) -> None:
    scene.rule("hard", "false")
    assert scene.run("plan", "--out", "plan.json").code == 0
    scene.rule("hard")

    code, out, err = scene.text("apply", "plan.json")

    assert (code, scene.writes) == (1, 0)
    assert "hard guard: Not so." in out
    assert "hard guard: Not so." in err
    scene.rule("hard", "false")
    assert scene.run("apply", "plan.json").code == 0


def test_to_remove_a_rule_is_no_way_past_what_it_said_of_a_saved_plan(scene: Scene) -> None:
    scene.rule()
    assert scene.run("plan", "--out", "plan.json").code == 0
    scene.rules("policies: {other: {deny: 'false', message: m}}\n")

    code, _, err = scene.text("apply", "plan.json")

    assert (code, scene.writes) == (1, 0)
    assert "hard guard: Not so." in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "the file `policies/*.yaml` cannot be looked for: No such file or directory"),
        ("", "policies/a.yaml:1:1: this must be a mapping, beginning with `policies:`"),
        (
            "policies: {guard: {deny: change., message: m}}\n",
            "policies/a.yaml:1:33: `deny` is no condition: Syntax",
        ),
        (
            "policies: {guard: {deny: chnge.id == '1', message: m}}\n",
            "policies/a.yaml:1:31: `deny` is no condition",
        ),
        ("policies: [\n", "policies/a.yaml:"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
def test_a_rule_file_that_is_gone_or_broken_is_an_error(
    scene: Scene, text: str | None, words: str, command: str
) -> None:
    if text is not None:
        scene.rules(text)

    code, out, err = scene.text(command)

    assert (code, out, scene.writes) == (1, "", 0)
    assert words in err


def test_a_rule_that_cannot_be_evaluated_refuses_whatever_its_severity(scene: Scene) -> None:
    scene.rule("soft", 'change.reason == "x"')

    code, out, err = scene.text("apply", "--auto-approve", "--override-policy", "guard")

    assert (code, scene.writes) == (1, 0)
    assert '  hard guard: cannot be evaluated: Key not found in map : "reason"\n      soc.a, soc.b\n' in out
    assert "what is hard cannot be overridden" in err
    scene.rule("soft", 'has(change.reason) && change.reason == "x"')
    assert scene.run("apply", "--auto-approve").code == 0


# --------------------------------------------------------------------------------------- hostile text, secrets


def test_hostile_text_in_rules_is_inert_in_every_format(scene: Scene) -> None:
    rules = "".join(
        f"  r{number}: {{deny: 'true', severity: advisory, message: {quoted(f'm {text[:900]}')}}}\n"
        for number, text in enumerate(WRITABLE)
    )
    scene.rules(f"policies:\n{rules}")
    assert scene.run("plan", "--out", "plan.file").code == 0

    for command in (
        ("plan",),
        ("plan", "--json"),
        ("show", "plan.file", "--format", "html"),
        ("show", "plan.file", "--format", "markdown", "--budget", "10000000"),
        ("apply", "plan.file"),
    ):
        ended = scene.run(*command)
        assert ended.code == 0
        assert_inert(ended.all)
        assert b"r0" in ended.out or command[0] == "apply"


def test_hostile_live_text_in_a_reason_is_inert(scene: Scene) -> None:
    scene.rule("hard", "plan[change.fields[0].after] == 1")
    cases = "".join(f"  c{number}: {{name: {quoted(text or 'x')}}}\n" for number, text in enumerate(WRITABLE))
    scene.rig.write("cases/cases.yaml", f"cases:\n{cases}")

    for format_ in ("text", "json", "markdown", "html"):
        ended = scene.run("plan", "--format", format_)
        assert_inert(ended.all)
        assert ended.code == 0, ended.err.decode()
        assert b"cannot be evaluated" in ended.out


def test_no_rule_tells_a_secret(scene: Scene) -> None:
    scene.rig.declare(a={"name": "A", "metadata": {"hook": "${env.HOOK}"}})
    hook = 'change.fields.filter(f, f.path[1] == "hook")[0].after'
    for deny in (
        f"{hook}.nope == 1",
        f"plan[{hook}.secret] == 1",
        f"string({hook}) == 'x'",
        f"{hook} != {hook} || 1 / 0 > 0",
    ):
        scene.rules(
            json.dumps(
                {"policies": {"guard": {"deny": deny.replace("[1]", "[f.path.size() - 1]"), "message": "m"}}}
            )
        )
        for command in (("plan", "-vv"), ("plan", "--json"), ("apply", "--auto-approve", "-vv")):
            ended = scene.run(*command, HOOK="canary-hook-51c0ffee")
            assert b"canary" not in ended.all
            assert b"guard" in ended.all


# ------------------------------------------------------------------------------------------------- policy test


TESTS = """\
policies:
  guard:
    deny: change.action == "delete"
    message: Never.
  spare: {deny: 'false', message: m}
tests:
  "ein Löschen wird abgelehnt": {rule: guard, change: {action: delete}, expect: deny}
  a release is none: {rule: guard, change: {action: release}, expect: pass}
"""
WRONG = """\
tests:
  an update is refused: {rule: guard, expect: deny}
"""


def test_tests_of_rules_are_run_without_a_network(scene: Scene) -> None:
    scene.rules(TESTS)

    code, out, err = scene.text("policy", "test")

    assert (code, err) == (0, "")
    assert out == (
        "ok    ein Löschen wird abgelehnt (guard)\n"
        "ok    a release is none (guard)\n"
        "2 tests: 2 passed, 0 failed.\n"
        "Without a test: spare\n"
    )
    assert scene.emulator.requests == []


@pytest.mark.parametrize("files", [(), ("policies/a.yaml",), ("policies/a_test.yaml",), ("policies/*.yaml",)])
def test_a_test_that_fails_is_told_with_its_place(scene: Scene, files: tuple[str, ...]) -> None:
    scene.rules(TESTS)
    scene.rig.write("policies/a_test.yaml", WRONG)

    code, out, err = scene.text("policy", "test", *files)

    assert (code, err) == (1, "")
    assert "FAIL  an update is refused (guard): expected deny, but it passes\n" in out
    assert "      policies/a_test.yaml:2:3\n3 tests: 2 passed, 1 failed.\n" in out


def test_tests_beside_the_rules_are_found_though_no_pattern_names_them(scene: Scene) -> None:
    scene.rules(TESTS)
    scene.rig.write("policies/a_test.yaml", WRONG)
    scene.configure("policies/a.yaml")

    assert "3 tests: 2 passed, 1 failed." in scene.text("policy", "test")[1]


def test_a_rule_that_denies_or_breaks_where_it_should_pass_fails(scene: Scene) -> None:
    scene.rules(
        TESTS.replace("expect: pass", "expect: deny").replace("delete}, expect: deny", "delete}, expect: pass")
        + "  broken: {rule: spare, expect: pass}\n"
    )
    scene.rules((scene.rig.root / "policies/a.yaml").read_text().replace("'false'", "change.nope"))

    out = scene.text("policy", "test")[1]

    assert "(guard): expected pass, but the rule denies\n" in out
    assert "(guard): expected deny, but it passes\n" in out
    assert 'expected pass, but the rule cannot be evaluated: Key not found in map : "nope"\n' in out
    assert out.endswith("3 tests: 0 passed, 3 failed.\n")


def test_the_outcome_of_tests_is_for_programs_too(scene: Scene) -> None:
    scene.rules(TESTS)
    scene.rig.write("policies/a_test.yaml", WRONG)

    data: dict[str, Any] = scene.run("policy", "test", "--json").data
    suite = ET.fromstring(scene.run("policy", "test", "--format", "junit").out)  # noqa: S314 - our own output

    assert data["summary"] == {"passed": 2, "failed": 1}
    assert data["untested"] == ["spare"]
    assert data["tests"][2] == {
        "name": "an update is refused",
        "rule": "guard",
        "expect": "deny",
        "said": "pass",
        "passed": False,
        "message": "expected deny, but it passes",
        "file": "policies/a_test.yaml",
        "line": 2,
    }
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("3", "1")
    assert [case.find("failure") is None for case in suite.iter("testcase")] == [True, True, False]


def test_one_test_is_no_plural_and_hostile_names_are_inert(scene: Scene) -> None:
    scene.rules(json.dumps({"policies": {"g": {"deny": "false", "message": "m"}}}))
    name = "##[error] ]]> & <x>"
    scene.rig.write("policies/b.yaml", json.dumps({"tests": {name: {"rule": "g", "expect": "deny"}}}))

    for format_ in ("text", "json", "junit"):
        ended = scene.run("policy", "test", "--format", format_)
        assert ended.code == 1
        assert_inert(ended.all)
    assert "\n1 test: 0 passed, 1 failed.\n" in scene.text("policy", "test")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.yaml",), "Error: none.yaml:1:1: the file `none.yaml` does not exist"),
        (("/etc/passwd",), "must be named relative to the workspace"),
        (("cases/cases.yaml",), "unknown key `cases`; known are policies and tests"),
    ],
)
def test_a_file_that_holds_no_rules_is_an_error(scene: Scene, arguments: tuple[str, ...], words: str) -> None:
    scene.rules(TESTS)

    code, out, err = scene.text("policy", "test", *arguments)

    assert (code, out) == (1, "")
    assert words in err


def test_a_workspace_without_policies_has_nothing_to_test(scene: Scene) -> None:
    scene.configure()

    code, out, err = scene.text("policy", "test")

    assert (code, out) == (1, "")
    assert err.startswith("Error: this workspace has no policies\nHint: name rule files in reconciler.yaml")


def test_policy_alone_shows_its_help(scene: Scene) -> None:
    code, out, _ = scene.text("policy")

    assert code == 1
    assert "test" in out


def test_the_rules_and_tests_that_the_documentation_shows_are_right(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/policies.md").read_text(encoding="utf-8")
    shown = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "tests:" in block]
    few = "policies:\n  few-deletes: {for: plan, deny: plan.summary.delete > 2, message: m}\n"
    for number, block in enumerate(shown):
        text = block if "policies:" in block else few + block
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")

        found = read_rules(tmp_path, [Path(f"{number}.yaml")])

        assert found.trials
        assert [tried(trial, found).is_right for trial in found.trials] == [True] * len(found.trials)
    assert len(shown) == 2
