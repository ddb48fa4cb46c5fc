"""A run says the same whether anything is kept of the case files or not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANARY = "canary-7f3a"

SETTINGS = """\
version: 1
providers:
  soc: {type: tines, url: "http://127.0.0.1:9", token: "${env.CANARY}", team_id: 2}
"""
CASES = "cases:\n" + "".join(f"  c{n}:\n    name: Case {n}\n    tags: [q4, phishing]\n" for n in range(30))


class Runs:
    """A workspace without a network, and processes that plan it from what is recorded: nothing."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "workspace"
        self.home = root / "home"
        self.home.mkdir()
        for name, text in (("reconciler.yaml", SETTINGS), ("cases/a.yaml", CASES)):
            self.write(name, text)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "XDG_"))}
        self.env = {**kept, "PYTHONPATH": str(ROOT), "HOME": str(self.home), "CANARY": CANARY}

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def begin(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "reconciler", *(arguments or ("plan", "--no-refresh"))]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **env: str) -> tuple[int, str, str]:
        process = self.begin(*arguments, **env)
        out, err = process.communicate()
        return process.returncode, out, err

    @property
    def kept(self) -> list[Path]:
        """The files in which something is kept."""
        return [path for path in self.home.rglob("*") if path.is_file() and path.parent.name == "cases"]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def test_a_plan_is_the_same_cold_warm_and_without(runs: Runs) -> None:
    without = runs.run(RECONCILER_CACHE_DIR="")
    assert runs.kept == []

    cold = runs.run()
    (kept,) = runs.kept
    made = kept.read_bytes()
    warm = runs.run()

    assert without == cold == warm
    assert without[0] == 0
    assert "30 to create" in without[1]
    assert b"phishing" in made
    assert CANARY.encode() not in made
    assert kept.read_bytes() == made


def test_validate_keeps_what_a_plan_then_uses(runs: Runs) -> None:
    assert runs.run("validate")[0] == 0

    (kept,) = runs.kept
    made = kept.stat().st_ino
    runs.run()

    assert kept.stat().st_ino == made


def test_a_change_is_seen(runs: Runs) -> None:
    runs.run()
    runs.write("cases/a.yaml", CASES.replace("Case 7", "Another case"))

    assert "Another case" in runs.run()[1]
    runs.write("cases/a.yaml", CASES.replace("Case 7", ""))
    code, _, err = runs.run()
    assert (code, "cases/a.yaml:24:" in err) == (1, True)
    assert runs.run(RECONCILER_CACHE_DIR="")[::2] == (code, err)


def test_other_settings_are_seen(runs: Runs) -> None:
    runs.run()
    runs.write("reconciler.yaml", SETTINGS.replace(", team_id: 2", ""))

    code, _, err = runs.run()

    assert code == 1
    assert "has no team" in err


def test_runs_side_by_side_say_the_same(runs: Runs) -> None:
    alone = runs.run(RECONCILER_CACHE_DIR="")
    several = [runs.begin() for _ in range(3)]

    found = [(*process.communicate(), process.returncode) for process in several]

    assert found == [(alone[1], alone[2], 0)] * 3
    assert len(runs.kept) == 1
    assert runs.run() == alone


@pytest.mark.parametrize("content", [b"", b"garbage" * 500])
def test_a_broken_cache_is_no_matter(runs: Runs, content: bytes) -> None:
    plain = runs.run()
    (kept,) = runs.kept
    kept.write_bytes(content)

    assert runs.run() == plain
    assert kept.read_bytes() != content


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": ""},
        {"HOME": "/proc/nowhere"},
        {"RECONCILER_CACHE_DIR": "/dev/null"},
    ],
    ids=str,
)
def test_a_place_that_is_none_is_told_to_those_only_who_ask_for_more(runs: Runs, env: Mapping[str, str]) -> None:
    plain = runs.run(RECONCILER_CACHE_DIR="")

    assert runs.run(**env) == plain
    code, out, err = runs.run("plan", "--no-refresh", "-v", **env)
    assert (code, out) == plain[:2]
    assert ("what was understood of the case files is not kept" in err) is (env != {"HOME": ""})


def test_the_folder_can_be_named(runs: Runs, tmp_path: Path) -> None:
    runs.run(RECONCILER_CACHE_DIR=str(tmp_path / "named"))

    assert len([*(tmp_path / "named" / "cases").iterdir()]) == 1
    assert runs.kept == []
