"""What we publish for others' pipelines passes the validators of those pipelines; none asks the network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.scene import ROOT

WORKFLOWS = sorted((ROOT / "examples" / "github").glob("*.yml"))
ACTION = ROOT / "action.yml"
COMPONENT = ROOT / "examples" / "gitlab" / "templates" / "reconciler.yml"
MANIFESTS = sorted((ROOT / "examples" / "kubernetes").glob("*.yaml"))
ATLANTIS = ROOT / "examples" / "atlantis"
SCRIPTS = sorted((ROOT / "ci").rglob("*.sh"))


def check(tool: str, *arguments: object) -> None:
    command = shutil.which(tool, path=str(Path(sys.executable).parent))
    assert command, "install the development dependencies: pip install -e '.[dev]'"
    done = subprocess.run([command, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}:{name}", job)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    ]


def test_there_is_a_workflow_for_each_way_of_use() -> None:
    assert [path.stem for path in WORKFLOWS] == ["apply", "drift", "plan"]


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_workflows_have_the_form_of_workflows(schema: str) -> None:
    check("check-jsonschema", "--builtin-schema", schema, *WORKFLOWS)


def test_the_action_has_the_form_of_an_action() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)


def test_workflows_mean_something() -> None:
    check("actionlint", "-no-color", *WORKFLOWS)


def test_no_pull_request_can_turn_a_workflow_against_its_owner() -> None:
    check("zizmor", "--offline", "--no-progress", "--pedantic", "--no-config", ACTION, *WORKFLOWS)


def test_the_component_has_the_form_of_a_pipeline(tmp_path: Path) -> None:
    header, _, body = COMPONENT.read_text().partition("\n---\n")
    pipeline = tmp_path / "pipeline.yml"
    pipeline.write_text(body)

    check(
        "check-jsonschema",
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--data-transform",
        "gitlab-ci",
        pipeline,
    )
    declared = set(yaml.safe_load(header)["spec"]["inputs"])
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", body)) == declared


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_one_that_kubernetes_knows(manifest: Path) -> None:
    check("kubernetes-validate", "--strict", "--quiet", manifest)


def test_the_job_in_the_cluster_may_do_nothing_but_look() -> None:
    (cron,) = [each for each in yaml.safe_load_all(MANIFESTS[0].read_text()) if each["kind"] == "CronJob"]
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in (*pod["containers"], *pod["initContainers"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    assert pod["containers"][0]["args"][0] == "drift"


def test_atlantis_runs_what_the_server_says_and_nothing_of_a_pull_request() -> None:
    server = yaml.safe_load((ATLANTIS / "repos.yaml").read_text())
    project = yaml.safe_load((ATLANTIS / "atlantis.yaml").read_text())

    (repo,) = server["repos"]
    assert (repo["allow_custom_workflows"], repo["allowed_overrides"]) == (False, [])
    assert repo["workflow"] in server["workflows"]
    assert "workflows" not in project
    assert "workflow" not in project["projects"][0]
    for stage in server["workflows"]["reconciler"].values():
        assert all('"$PLANFILE"' in step["run"]["command"] for step in stage["steps"])


@pytest.mark.parametrize("name", ["cases/a/b.yml", "policies/guard.yaml", "reconciler.yaml", "waivers.yaml"])
def test_a_request_is_planned_whichever_file_of_a_workspace_it_changes(name: str) -> None:
    # "on" is a truth value to a reader of YAML 1.1
    triggers = [
        yaml.safe_load(path.read_text())[True]["pull_request"] for path in WORKFLOWS if path.stem != "drift"
    ]
    project = yaml.safe_load((ATLANTIS / "atlantis.yaml").read_text())["projects"][0]

    planned_for = [each["paths"] for each in triggers] + [project["autoplan"]["when_modified"]]

    assert len(planned_for) == 3
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for patterns in planned_for)


def test_only_what_is_pinned_to_a_commit_is_used() -> None:
    used = re.findall(r"uses: (.*)", "".join(path.read_text() for path in WORKFLOWS))

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+.*", each)] == []


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _ in jobs()])
def test_a_job_asks_for_its_own_permissions_and_ends_in_time(name: str, job: dict[str, Any]) -> None:
    assert job["permissions"].get("contents") in {"read", "write"}
    assert job["timeout-minutes"] <= 60
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_a_job_that_runs_for_a_fork_sees_no_secret() -> None:
    of_a_fork = [job for _, job in jobs() if "!= github.repository" in job.get("if", "")]
    of_pull_requests = [job for name, job in jobs() if not name.startswith("drift")]

    assert len(of_a_fork) == 1
    assert "secrets." not in json.dumps(of_a_fork)
    assert of_a_fork[0]["permissions"] == {"contents": "read"}
    assert all("head.repo.full_name" in job["if"] for job in of_pull_requests)
    assert "pull_request_target" not in "".join(path.read_text() for path in WORKFLOWS)


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_nothing_of_an_event_is_pasted_into_a_script(path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    steps = data["runs"]["steps"] if path == ACTION else [s for job in data["jobs"].values() for s in job["steps"]]

    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_stops_at_the_first_failure(path: Path) -> None:
    assert path.stat().st_mode & 0o111
    assert "\nset -euo pipefail\n" in path.read_text()
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
