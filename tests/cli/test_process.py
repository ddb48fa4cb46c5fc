"""What only a real process shows: imports, streams that close, terminals, signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from reconciler.sandbox.stand_ins import STAND_INS

COMMAND = [sys.executable, "-m", "reconciler"]
ROOT = Path(__file__).parents[2]
HEAVY = re.compile(r"\| +(httpx|pydantic|deepdiff|yaml|rich)$", re.MULTILINE)

RENDERERS = {"text", "jsonplan", "markdown", "webpage", "sarif", "junit", "prometheus"}
STAND_IN = """
import sys, threading, time
import reconciler.cli.run as run
from tests.cli.stand_in import PLAN, STOPPED, StandIn
from dataclasses import replace
from reconciler.cli import main

workspace = StandIn()
run.workspace_type = lambda: workspace
def wait():
    print("ready", file=sys.stderr, flush=True)
    workspace.stop._event.wait(20)
"""


def script(*lines: str) -> list[str]:
    """Return the command that runs the command line against a stand-in."""
    return [sys.executable, "-c", STAND_IN + textwrap.dedent("\n".join(lines))]


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        kept.pop(name, None)
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm"}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("plan", "--help"), ("plna",)])
def test_help_and_version_import_nothing_heavy(env: dict[str, str], arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", *arguments]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert "reconciler.cli" in done.stderr
    assert HEAVY.findall(done.stderr) == []


def test_a_plan_without_changes_imports_nothing_that_it_has_no_use_for(
    env: dict[str, str], tmp_path: Path
) -> None:
    used = "{soc: {type: tines, url: 'https://acme.tines.com', token: x}}"
    (tmp_path / "reconciler.yaml").write_text(f"version: 1\nworkspace: acme\nproviders: {used}\n")
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", "plan", "-C", str(tmp_path)]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert done.stdout.endswith("No changes. 0 cases match.\n")
    assert "providers.tines" in done.stderr
    assert (
        re.findall(r"deepdiff|\brich\b|pygments|anyascii|threatconnect|communifire|emulat|sandbox", done.stderr)
        == []
    )


def test_the_version_is_told_before_click_is_imported(env: dict[str, str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "reconciler", "--version"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert done.stdout == "reconciler 0.1.0\n"
    assert "click" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "renderers"),
    [
        (["plan"], {"text"}),
        (["plan", "--json"], {"jsonplan"}),
        (["plan", "--format", "html"], {"webpage", "text", "markdown"}),  # whose words and order it shares
        (["drift"], {"text"}),
        (["drift", "--json"], {"jsonplan", "text"}),
        (["drift", "--format", "prometheus"], {"prometheus", "text"}),
    ],
)
def test_a_format_loads_its_own_renderer(env: dict[str, str], arguments: list[str], renderers: set[str]) -> None:
    code = f"main({arguments}); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run(script(code), env=env, capture_output=True, text=True, check=True)

    loaded = {name.removeprefix("reconciler.report.") for name in done.stderr.split()}
    assert loaded & RENDERERS == renderers


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1:strict"}]
)
def test_output_is_utf_8_whatever_the_locale(env: dict[str, str], locale: dict[str, str]) -> None:
    done = subprocess.run(
        script("sys.exit(main(['plan']))"), env={**env, **locale}, capture_output=True, check=True
    )

    assert "→ PUT /api/v2/cases/42" in done.stdout.decode()


def test_a_reader_that_goes_away_ends_the_command_quietly(env: dict[str, str]) -> None:
    command = script(
        "workspace.planned = replace(PLAN, changes=PLAN.changes * 20000)",
        "sys.exit(main(['plan']))",
    )
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.wait(20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&- <&-", 0), (">/dev/full", 1)]
)
def test_streams_that_are_closed_or_full_cause_no_traceback(
    env: dict[str, str], redirection: str, code: int
) -> None:
    shell = f'exec "$@" {redirection}'
    command = ["sh", "-c", shell, "sh", *script("sys.exit(main(['plan', '--verbose']))")]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert done.stderr == ("" if code == 0 else "Error: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("argument", ["--version", "--help"])
@pytest.mark.parametrize(("redirection", "code"), [(">&-", 0), (">/dev/full", 1)])
def test_help_and_version_that_cannot_be_written_cause_no_traceback(
    env: dict[str, str], argument: str, redirection: str, code: int
) -> None:
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, argument]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def spawn(env: dict[str, str], *lines: str, **more: str) -> pexpect.spawn[str]:
    program, *arguments = script(*lines)
    return pexpect.spawn(program, arguments, env={**env, **more}, encoding="utf-8", timeout=20)


def test_a_terminal_is_asked_and_coloured(env: dict[str, str]) -> None:
    terminal = spawn(env, "sys.exit(main(['apply']))")
    terminal.expect(r"Only 'yes' will be accepted: ")
    assert "\x1b[33m" in str(terminal.before)
    terminal.sendline("yes")
    terminal.expect(r"Applied: 0 created, 1 updated")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0


@pytest.mark.parametrize("setting", ["NO_COLOR", "CI", "TERM"])
def test_a_terminal_is_not_coloured_where_that_is_unwanted(env: dict[str, str], setting: str) -> None:
    terminal = spawn(env, "sys.exit(main(['plan']))", **{setting: "dumb"})
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert "Plan: " in str(terminal.before)
    assert "\x1b" not in str(terminal.before)


def test_colour_can_be_forced_into_a_pipe_and_the_flag_beats_it(env: dict[str, str]) -> None:
    forced = {**env, "FORCE_COLOR": "1"}

    painted = subprocess.run(script("sys.exit(main(['plan']))"), env=forced, capture_output=True, check=True)
    plain = subprocess.run(
        script("sys.exit(main(['plan', '--no-color']))"), env=forced, capture_output=True, check=True
    )

    assert b"\x1b[33m" in painted.stdout
    assert b"\x1b" not in plain.stdout


def test_a_bar_is_drawn_on_a_terminal_and_taken_away(env: dict[str, str]) -> None:
    terminal = spawn(
        env,
        "def meanwhile():",
        "    workspace.progress.begin('Reading [soc]', 3)",
        "    workspace.progress.advance(3)",
        "    workspace.progress.end()",
        "workspace.meanwhile = meanwhile",
        "sys.exit(main(['plan']))",
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    text = str(terminal.before)

    assert terminal.exitstatus == 0
    assert "\rReading [soc] ───" in text
    assert text.count("\r\x1b[K") == 1
    assert text.index("\r\x1b[K") < text.index("soc.a")
    assert "\x1b[?25l" not in text  # a killed run would leave the cursor hidden


@pytest.fixture
def waiting(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start an apply that waits for a wish to stop, and then says that it was interrupted."""
    command = script(
        "workspace.meanwhile = wait", "workspace.result = STOPPED", "sys.exit(main(['apply', '--auto-approve']))"
    )
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stdout is not None
    assert process.stderr.readline() == "ready\n"
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_an_apply_finish_what_is_in_flight(
    waiting: subprocess.Popen[str], number: signal.Signals
) -> None:
    waiting.send_signal(number)
    out, err = waiting.communicate(timeout=20)

    assert waiting.returncode == 130
    assert "finishing what is in flight; press Ctrl-C again to stop at once" in err
    assert "Interrupted: what was in flight is finished and recorded" in out


def test_the_second_signal_ends_an_apply_at_once(env: dict[str, str]) -> None:
    command = script(
        "def stubborn():",
        "    wait()",
        "    print('deaf', file=sys.stderr, flush=True)",
        "    time.sleep(20)",
        "workspace.meanwhile = stubborn",
        "sys.exit(main(['apply', '--auto-approve']))",
    )
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        while process.stderr.readline() != "deaf\n":
            pass
        process.send_signal(signal.SIGINT)

        assert process.wait(15) == 130  # the wait of the command is 20
        assert "Traceback" not in process.stderr.read()


def test_a_signal_at_the_question_ends_with_nothing_written(env: dict[str, str]) -> None:
    terminal = spawn(env, "sys.exit(main(['apply']))")
    terminal.expect("accepted: ")
    terminal.sendintr()
    terminal.expect("interrupted; nothing was written")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_any_other_command_at_once(env: dict[str, str], number: signal.Signals) -> None:
    command = script("workspace.meanwhile = wait", "sys.exit(main(['plan']))")
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        process.send_signal(number)

        assert process.wait(15) == 130  # the wait of the command is 20
        assert process.stderr.read() == "\nInterrupted.\n"


def test_the_sandbox_serves_until_it_is_told_to_stop(env: dict[str, str]) -> None:
    with subprocess.Popen([*COMMAND, "sandbox"], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = "".join(iter(process.stdout.readline, "Ctrl-C ends it; nothing is kept.\n"))
        process.send_signal(signal.SIGINT)

        assert process.wait(10) == 0
        for stand_in in STAND_INS:
            assert f"{stand_in.title}, as a stand-in on this machine: http://127.0.0.1:" in text
            for name, variable in stand_in.credentials.items():
                assert f"  export {variable}=" in text
                assert f"      {name}: ${{env.{variable}}}\n" in text


def test_the_sandbox_says_which_port_it_cannot_serve(env: dict[str, str]) -> None:
    done = subprocess.run(
        [*COMMAND, "sandbox", "--port", "65535"], env=env, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: port 65536 cannot be served: there is no such port\nHint: choose another"
    )
