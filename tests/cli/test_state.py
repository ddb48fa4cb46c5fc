"""Changing what is recorded, as a shell sees it: pipes, JSON, and locks of processes that have died."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.sandbox.server import serve
from tests.hostile.rig import Rig, within
from tests.state.test_lock import HOLDER


@pytest.fixture
def tenant() -> TinesEmulator:
    return TinesEmulator()


@pytest.fixture
def rig(tmp_path: Path, tenant: TinesEmulator) -> Iterator[Rig]:
    with serve(tenant) as served:
        made = Rig(tmp_path / "w", {"TOKEN": DEFAULT_TOKEN})
        settings = {"type": "tines", "url": served.url, "token": "${env.TOKEN}", "team_id": 2}
        made.configure({"soc": settings})
        made.declare(a={"name": "A"}, b={"name": "B"})
        yield made


def piped(rig: Rig, content: bytes, *arguments: str, patch: pytest.MonkeyPatch) -> int:
    """Run a command with something in its stdin."""
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    for name, value in rig.env.items():
        patch.setenv(name, value)
    with within(rig.root):
        return main(list(arguments))


def test_what_is_pulled_is_pushed_through_a_pipe(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rig.run("apply", "--auto-approve").code == 0
    pulled = rig.run("state", "pull")
    assert pulled.out == (rig.root / "state/w.json").read_bytes()
    changed = pulled.out.replace(b'"serial": 1', b'"serial": 5')

    assert piped(rig, changed, "state", "push", "-", patch=monkeypatch) == 0

    assert json.loads((rig.root / "state/w.json").read_bytes())["serial"] == 6


def test_what_is_imported_comes_through_a_pipe(
    rig: Rig, tenant: TinesEmulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "AB":
        tenant.seed_case(name=name)

    assert piped(rig, b"soc.a,1\nsoc.c,7\n", "import", "--from", "-", patch=monkeypatch) == 1
    assert "stdin:2:1: soc.c is not declared" in capsys.readouterr().err
    assert piped(rig, b"soc.a,1\nsoc.b,2\n", "import", "--from", "-", patch=monkeypatch) == 0

    assert rig.run("plan", "--detailed-exitcode").code == 0


def test_a_closed_stdin_is_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for name, value in rig.env.items():
        monkeypatch.setenv(name, value)
    with within(rig.root):
        assert main(["import", "--from", "-"]) == 1


@pytest.mark.parametrize(("command", "limit"), [("state push list", "state"), ("import --from list", "adopt")])
def test_what_is_too_large_is_not_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, command: str, limit: str
) -> None:
    monkeypatch.setattr(f"reconciler.cli.{limit}.MAX_BYTES", 1 << 20)
    rig.write("list", "x" * ((1 << 20) + 1))

    ended = rig.run(*command.split())

    assert (ended.code, b"list is larger than 1 MiB" in ended.err) == (1, True)


def test_what_was_forgotten_is_told_as_json(rig: Rig) -> None:
    assert rig.run("apply", "--auto-approve", "--parallelism", "1").code == 0
    rig.declare(b={"name": "B", "import": "2"})

    ended = rig.run("state", "rm", "soc.a", "soc.b", "--json")

    assert [(each["address"], each["id"], each["next_plan"]) for each in ended.data["removed"]] == [
        ("soc.a", "1", None),
        ("soc.b", "2", "import"),
    ]
    assert b"the next plan imports it again" in ended.err
    assert ended.data["serial"] == 2


def test_a_state_that_holds_a_secret_in_the_clear_is_not_shown(rig: Rig) -> None:
    rig.declare(a={"name": "the word is opensesame"}, b={"name": "B", "description": "${env.WORD}"})
    assert rig.run("apply", "--auto-approve", WORD="opensesame").code == 0

    ended = rig.run("state", "pull", WORD="opensesame")

    assert ended.code == 1
    assert b"a recorded value equals a secret" in ended.err
    assert b"opensesame" not in ended.all


def test_the_lock_of_a_dead_process_is_removed_by_its_name(rig: Rig) -> None:
    assert rig.run("apply", "--auto-approve").code == 0
    path = rig.root / "state/w.json"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        id = json.loads(path.with_name("w.json.lock.info").read_text())["id"]
        alive = rig.run("state", "unlock", id)
        os.kill(child.pid, signal.SIGKILL)
    as_json = path.with_name("w.json.lock.info").read_text()
    dead = rig.run("state", "unlock", id, "--json")
    path.with_name("w.json.lock.info").write_text(as_json)
    in_words = rig.run("state", "unlock", id)

    assert alive.code == 1
    assert b"It is alive, so it keeps its lock" in alive.err
    assert dead.data["unlocked"] == json.loads(as_json)
    assert in_words.out.startswith(b"Unlocked; the lock was left by ")


def need(rig: Rig, variable: str) -> None:
    """Let a workspace ask for a variable."""
    settings = rig.root / "reconciler.yaml"
    said = json.loads(settings.read_bytes())
    settings.write_text(json.dumps({**said, "variables": {variable: {}}}))


@pytest.mark.parametrize("command", ["list", "show soc.a", "pull", "rm soc.a"])
def test_what_asks_no_system_needs_neither_its_token_nor_a_variable(rig: Rig, command: str) -> None:
    assert rig.run("apply", "--auto-approve").code == 0
    need(rig, "quarter")
    rig.env = {}

    assert rig.run("state", *command.split()).code == 0


@pytest.mark.parametrize("command", ["import soc.a 1", "coverage soc", "export soc"])
def test_what_looks_at_a_system_takes_variables(rig: Rig, tenant: TinesEmulator, command: str) -> None:
    tenant.seed_case(name="A")
    need(rig, "quarter")
    rig.declare(a={"name": "A", "description": "${var.quarter}"})

    refused = rig.run(*command.split())
    assert (refused.code, b"quarter" in refused.err) == (1, True)
    assert rig.run(*command.split(), "--var", "quarter=q4").code == 0
