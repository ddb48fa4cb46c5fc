from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from reconciler.cli import main
from reconciler.config import Given
from reconciler.errors import (
    ApiError,
    ConfigError,
    Interrupted,
    Location,
    LockHeld,
    Problem,
    ReconcilerError,
    StalePlan,
)
from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftReport
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.planning.limits import Allowed
from reconciler.providers.registry import provider_types
from tests.cli.stand_in import APPLIED, DONE, EMPTY, FAILED, PLAN, SECRET, STOPPED, SUMMARY, CommandLine

DRIFT = DriftReport("acme", (Drift(Address("soc", "gone"), missing=True),), 3)
RECORD = Record(Address("soc", "a"), "tines", "42", "https://acme.tines.com/cases/42", {"name": "A"})
STATE = State("lineage", 3, {RECORD.address: RECORD})


# ------------------------------------------------------------------------------------------------- plan


def test_a_plan_goes_to_stdout_and_exits_with_0(cli: CommandLine) -> None:
    answer = cli("plan")

    assert answer.code == 0
    assert answer.out.endswith(f"\n{SUMMARY}\n")
    assert answer.err == ""


@pytest.mark.parametrize(("planned", "code"), [(PLAN, 2), (EMPTY, 0)])
def test_a_detailed_exit_code_tells_whether_there_is_something_to_apply(
    cli: CommandLine, planned: Plan, code: int
) -> None:
    cli.workspace.planned = planned

    assert cli("plan", "--detailed-exitcode").code == code


def test_plan_hands_on_what_it_is_told(cli: CommandLine) -> None:
    cli(
        "plan",
        "--target",
        "soc.a",
        "--target",
        "soc.b",
        "--exclude",
        "soc.c",
        "--no-refresh",
        "--lock-timeout",
        "5m",
    )

    assert cli.workspace.calls == [
        ("open", {"parallelism": 8, "lock_timeout": 300.0}),
        ("plan", {"targets": ("soc.a", "soc.b"), "excludes": ("soc.c",), "refresh": False}),
    ]


@pytest.mark.parametrize("arguments", [("--json",), ("--format", "json")])
def test_a_plan_as_json_is_nothing_but_json(cli: CommandLine, arguments: tuple[str, ...]) -> None:
    answer = cli("plan", *arguments)

    assert json.loads(answer.out)["digest"] == PLAN.digest
    assert answer.err == ""


def test_a_saved_plan_is_private_shown_again_and_applied_without_a_question(
    cli: CommandLine, tmp_path: Path
) -> None:
    saved = cli("plan", "--out", "plan.json")
    shown = cli("show", "plan.json")
    as_json = cli("show", "plan.json", "--json")
    applied = cli("apply", "plan.json")

    assert "reconciler apply plan.json" in saved.err
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["plan.json"]  # noqa: PTH208 - hidden leftovers count too
    assert shown.out == saved.out
    assert as_json.out == (tmp_path / "plan.json").read_text()
    assert (applied.code, applied.out) == (0, f"{saved.out}{APPLIED}\n")
    assert cli.workspace.calls[-1] == ("apply_saved", {"plan": PLAN})


def test_an_altered_plan_is_not_applied(cli: CommandLine, tmp_path: Path) -> None:
    cli("plan", "--out", "plan.json")
    path = tmp_path / "plan.json"
    path.write_text(path.read_text().replace('"high"', '"critical"'))
    cli.workspace.calls.clear()

    answer = cli("apply", "plan.json")

    assert answer.code == 1
    assert answer.err.startswith("Error: the plan file was altered")
    assert [name for name, _ in cli.workspace.calls] == ["open"]


@pytest.mark.parametrize("by", ["digest", "file"])
def test_a_fresh_plan_that_means_what_was_reviewed_is_applied_without_a_question(
    cli: CommandLine, by: str
) -> None:
    cli("plan", "--out", "plan.json")
    cli.workspace.planned = replace(PLAN, created_at="2026-02-02T00:00:00Z", serial=9)

    answer = cli("apply", "--no-input", "--if-digest", PLAN.digest if by == "digest" else "plan.json")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.endswith(f"{SUMMARY}\n{APPLIED}\n")


@pytest.mark.parametrize("text", ["", "sha256:", f"sha256:{'A' * 64}", "sha256:12"])
def test_what_is_no_digest_is_said_before_anything_is_read(cli: CommandLine, text: str) -> None:
    cli("plan", "--out", "plan.json")
    cli.workspace.calls.clear()

    fresh, saved = cli("apply", "--if-digest", text), cli("apply", "plan.json", "--if-digest", text)

    assert (fresh.code, saved.code) == (1, 1)
    assert "64 hexadecimal digits" in fresh.err
    assert "do not go with PLANFILE" in saved.err
    assert "apply" not in [name for name, _ in cli.workspace.calls]


def test_a_fresh_plan_that_means_something_else_is_not_applied_and_what_differs_is_told(cli: CommandLine) -> None:
    one, other = PLAN.changes[0], replace(PLAN.changes[0], address=Address("soc", "b"))
    cli.workspace.planned = replace(PLAN, changes=(one, other))
    cli("plan", "--out", "plan.json")
    now = replace(one, fields=(replace(one.fields[0], after="critical"),))
    cli.workspace.planned = replace(PLAN, changes=(now, replace(one, address=Address("soc", "c"))))

    by_file = cli("apply", "--if-digest", "plan.json")
    by_digest = cli("apply", "--if-digest", PLAN.digest)
    digest = cli.workspace.planned.digest

    assert (by_file.code, by_file.out) == (by_digest.code, by_digest.out) == (1, "")
    assert [text for text in by_file.err.splitlines() if text and not text.startswith("    ")] == [
        "Reviewed, and not to be done now:",
        "  ~ soc.b (id 42)",
        "To be done now, and not reviewed:",
        "  ~ soc.c (id 42)",
        "To be done otherwise than it was reviewed; now:",
        "  ~ soc.a (id 42)",
        f"Error: this is not the plan that was reviewed: its digest is {digest} now; nothing was written",
        "Hint: review it again: `reconciler plan --out FILE`",
    ]
    assert '~ priority: "low" → "critical"' in by_digest.err


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_a_plan_has_the_formats_of_a_review(cli: CommandLine, format_: str) -> None:
    planned = cli("plan", "--out", "plan.json", "--format", format_)
    shown = cli("show", "plan.json", "--format", format_, "--budget", "2000")
    drift = cli("drift", "--format", format_)

    assert shown.out == planned.out
    assert SUMMARY in shown.out
    assert "No drift. 12 cases are as applied." in drift.out
    assert cli("apply", "--format", format_).code == 1


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "not UTF-8"), (b"{", "it is not JSON"), (b"{}", "no format_version")]
)
def test_a_file_that_is_no_plan_is_refused(cli: CommandLine, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(content)

    answer = cli("show", "x")

    assert answer.code == 1
    assert message in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "."), "Error: . is not a file\n"),
        (("show", "nowhere"), "Error: nowhere: No such file or directory\n"),
        (
            ("plan", "--out", "nowhere/plan.json"),
            "Error: cannot write nowhere/plan.json: No such file or directory\n",
        ),
        (("plan", "-C", "nowhere"), "Error: -C nowhere: No such file or directory\n"),
        (("apply", "x", "--target", "soc.a"), "Error: a saved plan is applied as it is"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(cli: CommandLine, arguments: tuple[str, ...], message: str) -> None:
    answer = cli(*arguments)

    assert answer.code == 1
    assert answer.err.startswith(message)


def test_a_plan_that_cannot_be_put_in_place_leaves_nothing_behind(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()

    assert cli("plan", "--out", "plan.json").code == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


# ------------------------------------------------------------------------------------------------- apply


def test_yes_applies_and_anything_else_does_not(cli: CommandLine) -> None:
    accepted = cli("apply", stdin="yes\n")
    declined = cli("apply", stdin="y\n")

    assert accepted.code == 0
    assert accepted.out.endswith(f"{SUMMARY}\n{APPLIED}\n")
    assert "Only 'yes' will be accepted:" in accepted.err
    assert declined.code == 1
    assert "Apply cancelled." in declined.err
    assert APPLIED not in declined.out


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve")])
def test_what_one_run_may_do_is_handed_on(cli: CommandLine, command: tuple[str, ...]) -> None:
    cli(*command)
    assert cli.workspace.allowed == Allowed()

    cli(*command, "--max-deletes", "12", "--max-changed-percent", "60", "--allow-empty")
    assert cli.workspace.allowed == Allowed(12, 60, empty=True)


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("drift",)])
def test_what_is_said_of_variables_is_handed_on(
    cli: CommandLine, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli(*command)
    assert cli.workspace.given == Given()

    cli(*command, "--var", "a=1", "--var-file", "one.yaml", "--var", "b=x y")
    assert cli.workspace.given == Given(("one.yaml",), ("a=1", "b=x y"))

    monkeypatch.setenv("RECONCILER_VAR", "c=1")
    monkeypatch.setenv("RECONCILER_VAR_FILE", "one.yaml two.yaml")
    cli(*command)
    assert cli.workspace.given == Given(("one.yaml", "two.yaml"))


def test_validate_knows_what_is_said_of_variables(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\nvariables: {a: {type: number}}\n", encoding="utf-8")

    assert "the variable `a` has no value" in cli("validate").err
    assert cli("validate", "--var", "a=1").err == ""
    assert "--var a:1:1: the variable `a` must be a number" in cli("validate", "--var", "a=x").err


def test_auto_approve_asks_nothing(cli: CommandLine) -> None:
    answer = cli("apply", "--auto-approve", "--parallelism", "3", "--exclude", "soc.x")

    assert (answer.code, answer.err) == (0, "")
    assert cli.workspace.calls == [
        ("open", {"parallelism": 3, "lock_timeout": 30.0}),
        ("apply", {"targets": (), "excludes": ("soc.x",)}),
    ]


@pytest.mark.parametrize(("arguments", "stdin"), [((), ""), ((), None), (("--no-input",), "yes\n")])
def test_without_an_answer_nothing_is_applied(
    cli: CommandLine, arguments: tuple[str, ...], stdin: str | None
) -> None:
    answer = cli("apply", *arguments, stdin=stdin)

    assert answer.code == 1
    assert "nothing was written" in answer.err
    assert "--auto-approve" in answer.err


def test_an_empty_plan_is_not_asked_about_but_carried_through(cli: CommandLine) -> None:
    cli.workspace.planned = EMPTY

    answer = cli("apply", "--no-input")

    assert (answer.code, answer.out) == (0, "No changes. 12 cases match.\n")


def test_an_apply_that_is_not_complete_exits_with_1_and_says_why(cli: CommandLine) -> None:
    cli.workspace.result = FAILED

    answer = cli("apply", "--auto-approve")

    assert answer.code == 1
    assert "Failed:\n  soc.a: update: Tines said: no\n" in answer.out


def test_an_interrupted_apply_exits_with_130(cli: CommandLine) -> None:
    cli.workspace.result = STOPPED

    assert cli("apply", "--auto-approve").code == 130


def test_apply_as_json_writes_the_result_alone_and_asks_on_stderr(cli: CommandLine) -> None:
    answer = cli("apply", "--json", stdin="yes\n")

    assert json.loads(answer.out)["outcomes"][0]["status"] == DONE.outcomes[0].status
    assert SUMMARY in answer.err


# --------------------------------------------------------------------------------- drift, state, local


@pytest.mark.parametrize(("report", "code"), [(DRIFT, 2), (DriftReport("acme", (), 4), 0)])
def test_drift_exits_with_2_if_there_is_any(cli: CommandLine, report: DriftReport, code: int) -> None:
    cli.workspace.report = report

    answer = cli("drift", "--target", "soc.gone")
    as_json = cli("drift", "--json")

    assert answer.code == as_json.code == code
    assert json.loads(as_json.out)["summary"]["clean"] == report.clean
    assert cli.workspace.calls[1] == ("drift", {"targets": ("soc.gone",), "within": None})


@pytest.mark.parametrize(
    ("arguments", "hours"),
    [
        (("--incremental",), 24),
        (("--incremental", "--complete-after", "90m"), 1.5),
        (("--complete-after", "90m"), None),
    ],
)
def test_drift_is_told_how_old_a_complete_read_may_be(
    cli: CommandLine, arguments: tuple[str, ...], hours: float | None
) -> None:
    cli.workspace.report = DRIFT

    cli("drift", *arguments)

    within = None if hours is None else timedelta(hours=hours)
    assert cli.workspace.calls[1] == ("drift", {"targets": (), "within": within})


def test_the_state_is_listed_and_shown(cli: CommandLine) -> None:
    cli.workspace.recorded = STATE

    assert cli("state", "list").out == "soc.a\n"
    assert json.loads(cli("state", "list", "--json").out)["cases"][0]["id"] == "42"
    assert 'id: "42"' in cli("state", "show", "soc.a").out
    assert json.loads(cli("state", "show", "soc.a", "--json").out)["recorded"] == {"name": "A"}


def test_a_case_that_is_not_recorded_is_answered_with_the_nearest(cli: CommandLine) -> None:
    cli.workspace.recorded = STATE

    assert cli("state", "show", "soc.b").err == "Error: soc.b is not recorded\nHint: the nearest is soc.a\n"
    assert "state list" in cli("state", "show", "zzz").err


def test_before_the_first_apply_nothing_is_recorded(cli: CommandLine) -> None:
    answer = cli("state", "list")

    assert (answer.code, answer.out) == (0, "")
    assert "Nothing is recorded yet" in answer.err


def test_init_writes_a_workspace_that_is_valid_and_never_overwrites(cli: CommandLine, tmp_path: Path) -> None:
    here = str(tmp_path / "here")
    assert cli("init", here).code == 0
    checked = cli("validate", "-C", here)
    again = cli("init", here)

    assert (checked.code, checked.out) == (0, "Valid: 1 case in 1 file.\n")
    assert json.loads(cli("validate", "-C", here, "--json").out)["cases"] == 1
    assert again.code == 1
    assert "already there; nothing was written" in again.err
    written = {path.relative_to(here).as_posix() for path in Path(here).rglob("*") if path.is_file()}
    schemas = {"schemas/cases.json", "schemas/settings.json"}
    assert written == {"reconciler.yaml", "cases/example.yaml", ".gitignore", *schemas}


def test_init_shows_every_setting_of_every_system_and_all_of_it_is_valid(cli: CommandLine, tmp_path: Path) -> None:
    here = tmp_path / "here"
    cli("init", str(here))
    settings = (here / "reconciler.yaml").read_text(encoding="utf-8")
    shown = {
        found[1]: block
        for block in re.split(r"^(?:  |  # )(?=\w+:)", settings, flags=re.MULTILINE)
        if (found := re.search(r" type: (\w+)", block))
    }

    assert set(shown) == set(provider_types())
    for type_, provider in provider_types().items():
        assert [name for name in provider.settings_model.model_fields if f" {name}: " not in shown[type_]] == []

    # What stands behind one `#` is active as soon as that is gone; alternatives stand behind two.
    for file in (here / "reconciler.yaml", here / "cases/example.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(
            re.sub(r"^( *)# (?!yaml-language)(?= *[\w-]+:)", r"\1", text, flags=re.MULTILINE), encoding="utf-8"
        )
    assert cli("validate", "-C", str(here)).out == "Valid: 3 cases in 1 file.\n"


def test_the_schemas_of_all_files_are_published(cli: CommandLine) -> None:
    assert {"settings", "cases", "plan", "state"} <= set(json.loads(cli("schema").out))


# -------------------------------------------------------------------------------------------- what goes wrong


PROBLEMS = ConfigError(
    [
        Problem(Location("cases/a.yaml", 3, 5), "unknown key 'nam'", "did you mean 'name'?"),
        Problem(Location("b"), "x"),
    ]
)


@pytest.mark.parametrize(
    ("fault", "code", "text"),
    [
        (ReconcilerError("what", hint="do this"), 1, "Error: what\nHint: do this\n"),
        (ApiError("Tines refused it:\n::error::x"), 1, "Error: Tines refused it:\n  │ ::error::x\n"),
        (PROBLEMS, 1, "Error: b:1:1: x\nError: cases/a.yaml:3:5: unknown key 'nam'; did you mean 'name'?\n"),
        (LockHeld("held by pid 5"), 1, "Error: held by pid 5\n"),
        (StalePlan("stale"), 1, "Error: stale\n"),
        (Interrupted("interrupted"), 130, "Error: interrupted\n"),
        (KeyboardInterrupt(), 130, "Error: interrupted\n"),
        (MemoryError(), 1, "Error: out of memory\nHint: work on a part of the workspace with --target\n"),
        (RecursionError(), 1, "Error: the input is nested too deeply\n"),
        (PermissionError(13, "Permission denied", "state/a.json"), 1, "Error: state/a.json: Permission denied\n"),
        (EOFError("x"), 1, "Error: unexpected EOFError in reconciler.cli.plan:"),
        (ReconcilerError(f"bad token {SECRET}"), 1, "Error: bad token (secret)\n"),
        (RuntimeError(f"bug\nwith {SECRET}\x1b[2J"), 1, "Error: unexpected RuntimeError in reconciler.cli.plan:"),
    ],
)
def test_every_error_is_told_in_words(cli: CommandLine, fault: BaseException, code: int, text: str) -> None:
    cli.workspace.fault = fault

    answer = cli("plan")

    assert answer.code == code
    assert answer.err.startswith(text)
    assert answer.out == ""
    assert SECRET not in answer.err
    assert "\x1b" not in answer.err
    assert "Traceback" not in answer.err


def test_the_causes_of_an_error_are_told_to_those_who_ask_twice(cli: CommandLine) -> None:
    cli.workspace.fault = ReconcilerError("what")
    cli.workspace.fault.__cause__ = ValueError(f"why {SECRET}")

    assert "caused by" not in cli("plan", "-v").err
    assert cli("plan", "-vv").err == "Error: what\n  │ caused by ValueError: why (secret)\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("plna",), "Error: no such command 'plna'; did you mean 'plan'?\n"),
        (("zzz",), "Error: no such command 'zzz'; there are init, validate, fmt, plan"),
        (("state", "lst"), "Error: no such command 'lst'; did you mean 'list'?\n"),
        (("plan", "--otu"), "Error: No such option"),
        (("show",), "Error: Missing argument"),
        (("apply", "--parallelism", "0"), "Error: Invalid value for '--parallelism'"),
        (("plan", "--format", "xml"), "Error: Invalid value for '--format'"),
        (("plan", "--lock-timeout", "soon"), "Error: Invalid value for '--lock-timeout': 'soon' is not a time"),
        (("plan", "--lock-timeout", "999999h"), "Error: Invalid value for '--lock-timeout'"),
        (("plan", "\x1b[2J"), "Error: Got unexpected extra argument"),
    ],
)
def test_a_command_line_that_means_nothing_exits_with_1(
    cli: CommandLine, arguments: tuple[str, ...], text: str
) -> None:
    answer = cli(*arguments)

    assert answer.code == 1
    assert answer.err.startswith(text)
    assert "--help`" in answer.err
    assert "\x1b" not in answer.err


# ------------------------------------------------------------------------------------ options everywhere


@pytest.mark.parametrize(
    "arguments", [("-C", "sub", "plan"), ("plan", "-C", "sub"), ("-C", "no", "plan", "-C", "sub")]
)
def test_the_folder_may_stand_before_or_after_the_command(
    cli: CommandLine, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "sub").mkdir()

    assert cli(*arguments, "--out", "p").code == 0
    assert (tmp_path / "sub" / "p").exists()


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("RECONCILER_FORMAT", "json", lambda out, calls: json.loads(out)),
        ("RECONCILER_JSON", "1", lambda out, calls: json.loads(out)),
        ("RECONCILER_TARGET", "soc.a soc.b", lambda out, calls: calls[1][1]["targets"] == ("soc.a", "soc.b")),
        ("RECONCILER_REFRESH", "0", lambda out, calls: calls[1][1]["refresh"] is False),
        ("RECONCILER_LOCK_TIMEOUT", "2m", lambda out, calls: calls[0][1]["lock_timeout"] == 120),
        ("RECONCILER_CHDIR", "sub", lambda out, calls: Path.cwd().name == "sub"),
        ("RECONCILER_OUT", "p.json", lambda out, calls: Path("p.json").exists()),
    ],
)
def test_options_can_be_set_by_the_environment(
    cli: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    check: Callable[[str, list[object]], object],
) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.setenv(name, value)

    answer = cli("plan")

    assert answer.code == 0
    assert check(answer.out, list(cli.workspace.calls))


def test_what_is_typed_beats_the_environment(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "typed").mkdir()
    monkeypatch.setenv("RECONCILER_CHDIR", "elsewhere")
    monkeypatch.setenv("RECONCILER_FORMAT", "json")

    assert cli("-C", "typed", "plan", "--format", "text").out.endswith(f"{SUMMARY}\n")
    assert Path.cwd() == tmp_path / "typed"


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "validate",
        "fmt",
        "plan",
        "apply",
        "show",
        "drift",
        "comment",
        "issue",
        "state list",
        "state show",
        "schema",
        "sandbox",
        "demo",
    ],
)
def test_every_command_takes_the_common_options(cli: CommandLine, command: str) -> None:
    text = cli(*command.split(), "--help").out

    for option in (
        "--chdir",
        "--format",
        "--json",
        "--no-color",
        "--quiet",
        "--verbose",
        "--lock-timeout",
        "--no-input",
    ):
        assert option in text


def test_a_plan_that_would_hold_a_secret_in_the_clear_is_not_saved(cli: CommandLine, tmp_path: Path) -> None:
    cli.workspace.planned = replace(PLAN, warnings=(f"found {SECRET}",))

    answer = cli("plan", "--out", "plan.json")
    shown = cli("plan")

    assert answer.code == 1
    assert "it would hold a secret in the clear" in answer.err
    assert list(tmp_path.iterdir()) == []
    assert "found (secret)" in shown.out
    assert SECRET not in shown.out + answer.out + answer.err


def test_warnings_of_the_files_are_told_by_validate(cli: CommandLine) -> None:
    cli("init", "-q")

    answer = cli("validate")

    assert answer.code == 0
    assert answer.err.startswith("Warning: ")
    assert "TINES_API_KEY" in answer.err


def test_a_group_without_a_command_shows_its_help_and_fails(cli: CommandLine) -> None:
    for arguments in ((), ("state",)):
        answer = cli(*arguments)

        assert answer.code == 1
        assert answer.out.startswith("Usage: reconciler")


def test_the_version_is_told_with_other_options_too(cli: CommandLine) -> None:
    assert cli("-C", "x", "--version").out == cli("--version").out


@pytest.mark.parametrize("fault", [click.Abort(), KeyboardInterrupt()])
def test_a_signal_before_the_command_has_begun_is_an_interruption(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def interrupted(*arguments: object, **settings: object) -> None:
        raise fault

    monkeypatch.setattr("reconciler.cli.group.group.main", interrupted)

    assert cli("plan").code == 130


def test_the_demo_ends_with_its_own_exit_code(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_demo(write: Callable[[str], None]) -> int:
        write("a story\n  in two lines \x1b")
        return 1

    monkeypatch.setitem(sys.modules, "reconciler.sandbox.demo", SimpleNamespace(run_demo=run_demo))
    answer = cli("demo")

    assert (answer.code, answer.out) == (1, "a story\n  in two lines \\u{1b}\n")


def test_a_file_too_large_to_be_a_plan_is_not_read(
    cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.planfiles.MAX_BYTES", 10)
    (tmp_path / "x").write_text("x" * 11)

    assert "x is larger than" in cli("show", "x").err


def test_an_answer_that_is_no_text_is_no(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8"))

    assert main(["apply"]) == 1
    assert [name for name, _ in cli.workspace.calls] == ["open", "apply"]


def test_out_overwrites_an_earlier_plan_and_nothing_else(cli: CommandLine, tmp_path: Path) -> None:
    state, link = tmp_path / "state.json", tmp_path / "link.json"
    state.write_text('{\n  "cases": {}\n}\n')
    link.symlink_to(tmp_path / "plan.json")

    refused = cli("plan", "--out", str(state))
    written = [cli("plan", "--out", str(link)).code for _ in range(2)]

    assert refused.code == 1
    assert "is there already and is not a plan" in refused.err
    assert state.read_text() == '{\n  "cases": {}\n}\n'
    assert written == [0, 0]
    assert link.is_symlink()


def test_out_writes_to_a_pipe_or_device(cli: CommandLine) -> None:
    assert cli("plan", "--out", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize(
    ("variables", "refresh"),
    [
        ({}, True),
        ({"RECONCILER_NO_REFRESH": "1"}, False),
        ({"RECONCILER_REFRESH": "0"}, False),
        ({"RECONCILER_NO_REFRESH": "0"}, True),
    ],
)
def test_either_half_of_a_pair_can_be_set_in_the_environment(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], *, refresh: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    cli("plan")

    assert cli.workspace.calls[-1] == ("plan", {"targets": (), "excludes": (), "refresh": refresh})
