"""Every example is a workspace that runs: valid, planned, applied, and then there is nothing left to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.providers.registry import provider_types
from reconciler.sandbox import Standing, standing
from reconciler.sandbox.stand_ins import STAND_INS, pointed_at

EXAMPLES = Path(__file__).parents[1] / "examples"
WORKSPACES = sorted(path.parent for path in EXAMPLES.glob("*/reconciler.yaml"))


class Example:
    """A copy of an example, pointed at the stand-ins."""

    def __init__(self, folder: Path, stand_ins: tuple[Standing, ...]) -> None:
        self.folder = folder
        self.emulators = [each.emulator for each in stand_ins]
        self.credentials = {name: value for each in stand_ins for name, value in each.environment.items()}
        self._env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("RECONCILER_") and name not in self.credentials
        }

    @property
    def requests(self) -> int:
        return sum(len(emulator.requests) for emulator in self.emulators)

    @property
    def writes(self) -> int:
        return sum(len(emulator.writes) for emulator in self.emulators)

    def run(self, *arguments: str, knows: bool = True) -> tuple[int, str, str]:
        """Run a command in the example; return its exit code, its output and what it said beside it."""
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={**self._env, **(self.credentials if knows else {})},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def hurried(settings: str) -> str:
    """Return settings that spare a stand-in no bursts: waiting for a limit tells nothing about an example."""
    return re.sub(r"^( +)type: communifire$", r"\g<0>\n\1requests_per_minute: 60000", settings, flags=re.MULTILINE)


@contextmanager
def copied(workspace: Path, folder: Path) -> Iterator[Example]:
    shutil.copytree(workspace, folder, dirs_exist_ok=True)
    settings = folder / "reconciler.yaml"
    text = settings.read_text(encoding="utf-8")
    with standing(private=True) as stand_ins:
        pointed = pointed_at(text, stand_ins)
        assert pointed != text, f"{settings} must point where `reconciler sandbox --port 8765` listens"
        settings.write_text(hurried(pointed), encoding="utf-8")
        yield Example(folder, stand_ins)


def test_there_is_an_example_for_each_system() -> None:
    used = {instance["type"] for path in WORKSPACES for instance in settings_of(path)["providers"].values()}

    assert used == set(provider_types())


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_is_valid_applies_and_plans_to_nothing(workspace: Path, tmp_path: Path) -> None:
    with copied(workspace, tmp_path) as example:
        code, output, errors = example.run("validate", knows=False)
        assert (code, output[:7]) == (0, "Valid: "), errors
        assert example.requests == 0

        code, output, errors = example.run("plan", "--detailed-exitcode")
        assert code == 2, errors
        assert "Warning:" not in output
        assert example.writes == 0
        announced = re.search(r"(\d+) requests\.$", output.strip())

        code, output, errors = example.run("apply", "--auto-approve")
        assert code == 0, output + errors
        assert "Warning:" not in output
        assert announced is not None
        assert example.writes == int(announced[1])

        code, output, errors = example.run("plan", "--detailed-exitcode")
        assert (code, output[:11]) == (0, "No changes."), output + errors
        code, output, errors = example.run("drift")
        assert (code, output[:9]) == (0, "No drift."), output + errors
        kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "state").iterdir())
        assert [name for name, secret in example.credentials.items() if secret in kept] == []


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_tells_what_each_of_its_files_shows(workspace: Path) -> None:
    readme = (workspace / "README.md").read_text(encoding="utf-8")
    files = {path.relative_to(workspace).as_posix() for path in workspace.rglob("*.yaml")}

    assert set(re.findall(r"\]\(([^)#]+\.yaml)\)", readme)) == files


@pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)
def test_an_example_reads_its_credentials_from_the_environment_and_says_so(workspace: Path) -> None:
    readme = (workspace / "README.md").read_text(encoding="utf-8")
    credentials = {stand_in.type: stand_in.credentials for stand_in in STAND_INS}

    for instance in settings_of(workspace)["providers"].values():
        for name, variable in credentials[instance["type"]].items():
            assert instance[name] == f"${{env.{variable}}}"
            assert f"export {variable}=" in readme


def test_the_examples_use_every_attribute_of_their_systems() -> None:
    used: dict[str, set[str]] = {type_: set() for type_ in provider_types()}
    for workspace in WORKSPACES:
        types = {name: instance["type"] for name, instance in settings_of(workspace)["providers"].items()}
        for case in cases_of(workspace).values():
            used[types[case.get("provider", next(iter(types)))]].update(case)

    unused = {type_: set(provider_types()[type_].schema.fields) - names for type_, names in used.items()}
    assert not any(unused.values()), unused


def test_the_rules_of_an_example_are_tested_and_bind_its_plans(tmp_path: Path) -> None:
    with copied(EXAMPLES / "policies", tmp_path) as example:
        code, output, errors = example.run("policy", "test", knows=False)
        assert code == 0, output + errors
        assert "Without a test" not in output

        cases = tmp_path / "cases/cases.yaml"
        text = cases.read_text(encoding="utf-8")
        cases.write_text(text.replace("    metadata: {runbook: RB-31}\n", ""), encoding="utf-8")
        code, output, errors = example.run("plan")
        assert "\n  soft runbook: " in output
        assert "\n  advisory critical: " in output
        code, output, errors = example.run("apply", "--auto-approve")
        assert (code, example.writes) == (1, 0), errors


def test_an_example_shows_cases_that_refer_to_each_other_in_a_circle() -> None:
    cases = cases_of(EXAMPLES / "intel")

    def leads_to(name: str) -> set[str]:
        return cases.keys() & set(cases[name].get("associated_cases", ()))

    assert any(name in leads_to(other) for name in cases for other in leads_to(name))
    assert any(case.get("ownership", {}).get("tags") == "shared" for case in cases.values())


def settings_of(workspace: Path) -> Any:
    return yaml.safe_load((workspace / "reconciler.yaml").read_text(encoding="utf-8"))


def cases_of(workspace: Path) -> Mapping[str, Any]:
    documents = (
        document
        for path in sorted(workspace.glob("cases/**/*.yaml"))
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )
    return {name: case for document in documents for name, case in document.get("cases", {}).items()}
