"""
As much of GitHub's runner as our workflows use: steps, composite actions, outputs, expressions that name a value.

What others publish is played: checkout is a clone of the remote, artefacts and the cache are folders. Steps of our
own run as they are written, in bash. One thing differs: the action does not install itself, it takes what is on
the PATH.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from tests.ci.scene import ROOT, Scene
from tests.forge.forges import TOKEN

_EXPRESSION: Final = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
_OWN: Final = "acme/reconciler@"


@dataclass
class Runner:
    """Runs one job of a workflow at a time."""

    scene: Scene
    event: Mapping[str, Any]
    ref: str = "refs/heads/main"
    secrets: Mapping[str, str] = field(default_factory=dict)
    count: int = 0
    log: str = ""

    def job(self, file: str, name: str, *, branch: str = "main") -> int:
        """Run a job to its end, in a fresh folder; return the exit code of the step that failed, or 0."""
        workflow = yaml.safe_load((ROOT / "examples" / "github" / file).read_text())
        self.count += 1
        return _Job(self, workflow["jobs"][name]["steps"], branch, self.scene.folder / f"job-{self.count}").run()

    @property
    def artefacts(self) -> Path:
        return self.scene.folder / "artefacts"

    @property
    def cache(self) -> Path:
        return self.scene.folder / "cache"


@dataclass
class _Job:
    runner: Runner
    steps: list[dict[str, Any]]
    branch: str
    folder: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: int = 0
    kept: list[str] = field(default_factory=list)
    """What a job that succeeds leaves to the next: patterns."""

    def run(self) -> int:
        for step in self.steps:
            if not self.failed or step.get("if") == "always()":
                self.failed = self._step(step) or self.failed
        if not self.failed:
            keep(self.folder, self.kept, self.runner.cache)
        return self.failed

    def _step(self, step: Mapping[str, Any]) -> int:
        context = self._context({})
        env = _resolved(step.get("env", {}), context)
        given = _resolved(step.get("with", {}), context)
        uses = step.get("uses", "")
        if uses.startswith(_OWN):
            return self._action(step.get("id"), env, given)
        if uses:
            self._played(uses.partition("@")[0], given)
            return 0
        return self._bash(step, env, self.folder, step.get("id"), self.outputs)

    def _played(self, action: str, given: Mapping[str, str]) -> None:
        store = self.runner.artefacts
        match action:
            case "actions/checkout" if "path" in given:
                (self.folder / given["path"]).mkdir()
                shutil.copytree(ROOT / "ci", self.folder / given["path"] / "ci")
            case "actions/checkout":
                self.runner.scene.clone(self.folder.name, given.get("ref", self.branch))
            case "actions/cache":
                self.kept = given["path"].split()
                keep(self.runner.cache, self.kept, self.folder)
            case "actions/upload-artifact":
                store.mkdir(exist_ok=True)
                shutil.copy(self.folder / given["path"], store)
            case "actions/download-artifact":
                assert given["run-id"] == "4711"
                (self.folder / given["path"]).mkdir()
                shutil.copy(store / "plan.json", self.folder / given["path"])
            case _:
                raise AssertionError(action)

    def _action(self, id: str | None, env: Mapping[str, str], given: Mapping[str, str]) -> int:
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        assert set(given) <= set(action["inputs"])
        defaults = {name: str(each.get("default", "")) for name, each in action["inputs"].items()}
        inputs = _resolved({**defaults, **given, "reconciler-version": "installed"}, self._context({}))
        outputs: dict[str, dict[str, str]] = {}
        for step in action["runs"]["steps"]:
            context = self._context({"inputs": inputs})
            cwd = self.folder / _resolve(step.get("working-directory", "."), context)
            code = self._bash(step, {**env, **_resolved(step["env"], context)}, cwd, step.get("id"), outputs)
            if code:
                return code
        if id:
            context = {"steps": {name: {"outputs": values} for name, values in outputs.items()}}
            self.outputs[id] = _resolved({name: o["value"] for name, o in action["outputs"].items()}, context)
        return 0

    def _bash(
        self, step: Mapping[str, Any], env: Mapping[str, str], cwd: Path, id: str | None, outputs: dict[str, Any]
    ) -> int:
        assert "${{" not in step["run"]
        scene = self.runner.scene
        scratch = scene.folder / f"{self.folder.name}-scratch"
        scratch.mkdir(exist_ok=True)
        written = scratch / "output"
        written.write_text("")
        own = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": scene.forge_url,
            "GITHUB_REPOSITORY": "acme/soc",
            "GITHUB_REF": self.runner.ref,
            "GITHUB_OUTPUT": str(written),
            "GITHUB_PATH": str(scratch / "path"),
            "GITHUB_STEP_SUMMARY": str(scene.folder / "summary.md"),
            "RUNNER_TEMP": str(scratch),
        }
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = scene.run(shell, cwd, {**own, **env})
        self.runner.log += done.out + done.err
        if id:
            outputs[id] = dict(line.split("=", 1) for line in written.read_text().splitlines())
        return done.code

    def _context(self, more: Mapping[str, Any]) -> dict[str, Any]:
        run = str(self.runner.count)
        github = {"event": self.runner.event, "token": TOKEN, "action_path": str(ROOT), "run_id": run}
        steps = {name: {"outputs": values} for name, values in self.outputs.items()}
        return {"github": github, "secrets": self.runner.secrets, "steps": steps, **more}


def keep(source: Path, patterns: list[str], target: Path) -> None:
    """Copy what fits from one folder to another."""
    for path in (found for pattern in patterns for found in source.glob(pattern)):
        (target / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.relative_to(source))


def _resolved(texts: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    return {name: _resolve(str(text), context) for name, text in texts.items()}


def _resolve(text: str, context: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found: Any = context
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    resolved = _EXPRESSION.sub(value, text)
    assert "${{" not in resolved
    return resolved
