"""Completion of the command line, as docs/editors.md tells to switch it on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/editors.md").read_text(encoding="utf-8")
SOURCES = re.findall(r"_RECONCILER_COMPLETE=(\w+)_source reconciler", PAGE)


def complete(instruction: str, **env: str) -> str:
    """Return what the program says to a shell that asks it."""
    asked = {**os.environ, "_RECONCILER_COMPLETE": instruction, **env}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler"], env=asked, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_us(shell: str) -> None:
    assert sorted(SOURCES) == ["bash", "fish", "zsh"]
    assert f"_RECONCILER_COMPLETE={shell}_complete" in complete(f"{shell}_source")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("reconciler dr", ["drift"]),
        ("reconciler drift --acc", ["--accept"]),
        ("reconciler schema --draft ", ["2020-12", "07"]),
    ],
)
def test_commands_options_and_choices_are_completed(words: str, expected: list[str]) -> None:
    said = complete("bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))

    assert [line.partition(",")[2] for line in said.splitlines()] == expected


def test_bash_runs_the_script(tmp_path: Path) -> None:
    (tmp_path / "reconciler").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    (tmp_path / "reconciler").chmod(0o755)
    script = (
        'eval "$(_RECONCILER_COMPLETE=bash_source reconciler)"\n'
        "COMP_WORDS=(reconciler val); COMP_CWORD=1; _reconciler_completion reconciler; echo ${COMPREPLY[@]}\n"
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, encoding="utf-8", check=False)

    assert done.stdout == "validate\n", done.stderr
