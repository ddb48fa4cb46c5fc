"""A repository of cases with a bare remote, the systems they are in, and the forge where they are reviewed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from reconciler.sandbox.seed_tines import seeded_tines
from reconciler.sandbox.server import serve
from tests.forge.forges import Forge

ROOT: Final = Path(__file__).resolve().parents[2]

SETTINGS: Final = """\
version: 1
workspace: acme
providers:
  soc: {{type: tines, url: "{url}", token: "${{env.TINES_API_KEY}}", team_id: 2}}
limits: {{max_changed_percent: 100}}
"""
CASES: Final = """\
cases:
  alpha:
    provider: soc
    name: Alpha
    priority: low
  beta:
    provider: soc
    name: Beta
    priority: low
"""


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    out: str
    err: str


@dataclass
class Scene:
    """Everything that is there before a job starts."""

    folder: Path
    tines: Any
    forge: Forge
    forge_url: str

    @property
    def remote(self) -> Path:
        return self.folder / "soc.git"

    @property
    def base_env(self) -> dict[str, str]:
        """What a runner of the forge has in its environment before anybody adds to it."""
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "CI": "true",
        }

    @property
    def key(self) -> dict[str, str]:
        return {"TINES_API_KEY": str(self.tines.token)}

    def run(self, command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**self.base_env, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, command: list[str], cwd: Path, env: Mapping[str, str] | None = None) -> str:
        done = self.run(command, cwd, env)
        assert done.code == 0, f"{command}: {done.out}{done.err}"
        return done.out

    def git(self, *arguments: str, cwd: Path) -> str:
        identity = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
        return self.must(["git", *identity, *arguments], cwd).strip()

    def clone(self, name: str, branch: str = "main") -> Path:
        """Check out a branch as a job does, in a folder of its own."""
        self.git("clone", "-q", "--branch", branch, str(self.remote), name, cwd=self.folder)
        return self.folder / name

    def edit(self, branch: str, **edits: tuple[str, str]) -> str:
        """Push a branch in which fields of cases are changed; return its commit."""
        desk = self.folder / "desk"
        self.git("switch", "-q", "-c", branch, "main", cwd=desk)
        path = desk / "cases" / "soc.yaml"
        data = yaml.safe_load(path.read_text())
        for case, (field, value) in edits.items():
            data["cases"][case][field] = value
        path.write_text(yaml.safe_dump(data, sort_keys=False))
        self.git("commit", "-q", "-am", f"Edit {', '.join(edits)}", cwd=desk)
        self.git("push", "-q", "origin", branch, cwd=desk)
        return self.git("rev-parse", "HEAD", cwd=desk)

    def notify(self, url: str) -> None:
        """Let drift be told to a webhook."""
        desk = self.folder / "desk"
        with (desk / "reconciler.yaml").open("a") as file:
            file.write(f'notify: [{{type: webhook, url: "{url}"}}]\n')
        self.git("commit", "-q", "-am", "Tell of drift", cwd=desk)
        self.git("push", "-q", "origin", "main", cwd=desk)

    def merge(self, branch: str) -> None:
        desk = self.folder / "desk"
        self.git("switch", "-q", "main", cwd=desk)
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch, cwd=desk)
        self.git("push", "-q", "origin", "main", cwd=desk)

    def id(self, name: str) -> int:
        (found,) = [case["case_id"] for case in self.tines.cases() if case["name"] == name]
        return int(found)

    def priority(self, name: str) -> str:
        return str(self.tines.case(self.id(name))["priority"]).lower()

    def analyst_sets(self, name: str, **fields: Any) -> None:
        self.tines.edit(self.id(name), by="omar@acme.example", **fields)

    def _prepare(self, url: str) -> None:
        shim = self.folder / "bin" / "reconciler"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
        shim.chmod(0o755)
        self.git("init", "-q", "--bare", "--initial-branch=main", str(self.remote), cwd=self.folder)
        self.git("config", "receive.advertisePushOptions", "true", cwd=self.remote)
        desk = self.folder / "desk"
        self.git("clone", "-q", str(self.remote), "desk", cwd=self.folder)
        self.git("switch", "-q", "-C", "main", cwd=desk)
        (desk / "cases").mkdir()
        (desk / "cases" / "soc.yaml").write_text(CASES)
        (desk / "reconciler.yaml").write_text(SETTINGS.format(url=url))
        (desk / ".gitignore").write_text("state/*.backup\nstate/*.journal\nstate/*.lock*\n")
        self.must([str(shim), "apply", "--auto-approve"], desk, self.key)
        self.git("add", "-A", cwd=desk)
        self.git("commit", "-q", "-m", "Two cases", cwd=desk)
        self.git("push", "-q", "origin", "main", cwd=desk)


@contextmanager
def scene(folder: Path, forge: Forge) -> Iterator[Scene]:
    """Serve a tenant and a forge, and push a workspace with two cases that are applied."""
    tines = seeded_tines()
    with serve(tines) as system, serve(forge) as reviewed:
        made = Scene(folder, tines, forge, reviewed.url)
        made._prepare(system.url)
        tines.forget_requests()
        yield made
