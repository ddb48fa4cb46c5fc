"""The workflows of examples/github, step by step, against a bare remote, a tenant and a forge on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ci.runner import Runner
from tests.ci.scene import ROOT, Scene
from tests.cli.test_notify import inbox
from tests.forge.forges import TOKEN, GitHub


def planned(github: Runner, branch: str, **edits: tuple[str, str]) -> None:
    """Open pull request 7 and let its workflow plan."""
    sha = github.scene.edit(branch, **edits)
    github.event = {"pull_request": {"number": 7, "head": {"sha": sha}}}
    github.ref = "refs/pull/7/merge"
    assert github.job("plan.yml", "plan", branch=branch) == 0, github.log
    forge = github.scene.forge
    assert isinstance(forge, GitHub)
    forge.runs = [
        {
            "id": 4711,
            "head_sha": sha,
            "event": "pull_request",
            "conclusion": "success",
            "head_repository": {"full_name": "acme/soc"},
        }
    ]


def applied(github: Runner, branch: str) -> int:
    """Merge, and let the workflow apply."""
    github.scene.merge(branch)
    github.ref = "refs/heads/main"
    github.log = ""
    return github.job("apply.yml", "apply")


def recorded(scene: Scene) -> dict[str, str]:
    """Return the priorities that the state on the remote's main branch holds."""
    state = json.loads(scene.git("show", "main:state/acme.json", cwd=scene.remote))
    return {address: case["recorded"]["priority"] for address, case in state["cases"].items()}


def test_what_was_reviewed_is_applied_and_what_an_analyst_changed_elsewhere_stays(github: Runner) -> None:
    scene = github.scene
    planned(github, "raise-alpha", alpha=("priority", "high"))
    assert scene.tines.writes == []
    assert "soc.alpha" in scene.forge.comments[0]["body"]
    scene.analyst_sets("Beta", priority="critical")

    code = applied(github, "raise-alpha")

    assert code == 0, github.log
    assert scene.tines.writes == [("PUT", f"/api/v2/cases/{scene.id('Alpha')}", {"priority": "high"})]
    assert (scene.priority("Alpha"), scene.priority("Beta")) == ("high", "critical")
    assert recorded(scene) == {"soc.alpha": "high", "soc.beta": "low"}
    assert "[skip ci]" in scene.git("log", "-1", "--format=%s", "main", cwd=scene.remote)
    assert TOKEN not in github.log
    assert scene.key["TINES_API_KEY"] not in github.log


def test_a_field_that_an_analyst_changed_too_is_a_conflict_and_the_rest_is_applied(github: Runner) -> None:
    scene = github.scene
    planned(github, "raise-both", alpha=("priority", "high"), beta=("priority", "high"))
    scene.analyst_sets("Alpha", priority="critical")

    code = applied(github, "raise-both")

    assert code == 1
    assert "soc.alpha: priority is 'critical' now, unlike when it was planned; nothing was sent" in github.log
    assert scene.tines.writes == [("PUT", f"/api/v2/cases/{scene.id('Beta')}", {"priority": "high"})]
    assert (scene.priority("Alpha"), scene.priority("Beta")) == ("critical", "high")
    assert recorded(scene) == {"soc.alpha": "low", "soc.beta": "high"}


def test_a_second_push_edits_the_comment(github: Runner) -> None:
    planned(github, "one", alpha=("priority", "high"))
    planned(github, "two", beta=("priority", "high"))

    (comment,) = github.scene.forge.comments
    assert "soc.beta" in comment["body"]
    assert "soc.alpha" not in comment["body"]


def test_without_a_reviewed_plan_nothing_is_applied(github: Runner) -> None:
    planned(github, "raise-alpha", alpha=("priority", "high"))
    forge = github.scene.forge
    assert isinstance(forge, GitHub)
    forge.runs[0]["head_repository"] = {"full_name": "mallory/soc"}

    assert applied(github, "raise-alpha") != 0
    assert "no plan was made of this commit" in github.log
    assert github.scene.tines.writes == []


def test_drift_is_one_issue_until_it_is_repaired(github: Runner) -> None:
    scene = github.scene
    scene.analyst_sets("Beta", priority="critical")

    assert github.job("drift.yml", "drift") == 0, github.log
    assert github.job("drift.yml", "drift") == 0, github.log
    (issue,) = scene.forge.issues
    assert issue["state"] == "open"
    assert "soc.beta" in issue["body"]

    scene.analyst_sets("Beta", priority="low")

    assert github.job("drift.yml", "drift") == 0, github.log
    assert issue["state"] == "closed"
    assert scene.tines.writes == []


def test_each_drift_is_told_once_though_every_run_begins_anew(github: Runner) -> None:
    scene = github.scene
    with inbox() as receiver:
        scene.notify(receiver.url)
        scene.analyst_sets("Beta", priority="critical")
        runs = [github.job("drift.yml", "drift") for _ in range(2)]
        scene.analyst_sets("Alpha", priority="critical")
        runs += [github.job("drift.yml", "drift") for _ in range(2)]

    assert runs == [0] * 4, github.log
    assert [[case["address"] for case in post.data["cases"]] for post in receiver.posts] == [
        ["soc.beta"],
        ["soc.alpha"],
    ]


def test_a_fork_is_validated_without_any_secret(github: Runner) -> None:
    github.scene.edit("from-outside", alpha=("priority", "high"))
    github.secrets = {}

    assert github.job("plan.yml", "validate-fork", branch="from-outside") == 0, github.log
    assert github.scene.tines.requests == []
    assert "Valid: 2 cases" in github.log


def script(scene: Scene, name: str, **env: str) -> tuple[int, str]:
    folder = scene.clone(f"alone-{len(list(scene.folder.iterdir()))}")
    done = scene.run([str(ROOT / "ci" / name)], folder, {**scene.key, **env})
    return done.code, done.out + done.err


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "mode is validate, plan, apply or drift"),
        ({"INPUT_MODE": "destroy"}, "mode is validate, plan, apply or drift"),
        ({"INPUT_MODE": "apply"}, "there is no plan.json: nothing was reviewed"),
        ({"INPUT_MODE": "apply", "INPUT_PLAN_FILE": "cases/soc.yaml", "INPUT_APPROVAL": "x"}, "plan or digest"),
        ({"INPUT_MODE": "plan", "INPUT_PLAN_FILE": "a\nchanges=false"}, "a control character"),
        ({"INPUT_MODE": "plan", "TINES_API_KEY": "wrong-key-of-somebody"}, "401"),
    ],
)
def test_what_cannot_be_done_fails_the_step(github: Runner, env: dict[str, str], said: str) -> None:
    code, output = script(github.scene, "github/run.sh", **env)

    assert code == 1
    assert said in output
    assert github.scene.tines.writes == []


def test_an_equal_digest_is_applied_and_another_is_not(github: Runner) -> None:
    scene = github.scene
    planned(github, "raise-alpha", alpha=("priority", "high"))
    scene.merge("raise-alpha")
    shutil.copy(github.artefacts / "plan.json", scene.folder / "reviewed.json")
    given = {
        "INPUT_MODE": "apply",
        "INPUT_APPROVAL": "digest",
        "INPUT_PLAN_FILE": str(scene.folder / "reviewed.json"),
    }
    scene.analyst_sets("Beta", priority="critical")

    refused, why = script(scene, "github/run.sh", **given)
    scene.analyst_sets("Beta", priority="low")
    code, output = script(scene, "github/run.sh", **given)

    assert refused == 1
    assert "this is not the plan that was reviewed" in why
    assert (code, scene.priority("Alpha")) == (0, "high"), output


def test_outputs_and_the_summary_say_what_the_plan_says(github: Runner) -> None:
    scene = github.scene
    output, summary = scene.folder / "output", scene.folder / "step.md"
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}

    code, _ = script(scene, "github/run.sh", INPUT_MODE="plan", INPUT_COMMENT="false", **files)

    assert code == 0
    assert output.read_text() == "changes=false\nplan-file=plan.json\nsummary=No changes. 2 cases match.\n"
    assert "### Plan for `acme`" in summary.read_text()


def test_the_state_is_kept_though_others_push_meanwhile(github: Runner) -> None:
    scene = github.scene
    planned(github, "raise-alpha", alpha=("priority", "high"))
    job = scene.clone("slow", "raise-alpha")
    scene.must(["reconciler", "apply", "--auto-approve"], job, scene.key)
    scene.merge("raise-alpha")

    done = scene.run([str(ROOT / "ci" / "keep-state.sh")], job, {"STATE_BRANCH": "main", "STATE_TOKEN": TOKEN})
    again = scene.run([str(ROOT / "ci" / "keep-state.sh")], job, {"STATE_BRANCH": "main"})

    assert (done.code, done.out) == (0, "Recorded on main.\n"), done.err
    assert recorded(scene)["soc.alpha"] == "high"
    assert (again.code, again.out) == (0, "Nothing new was recorded.\n")


@pytest.mark.parametrize("version", ["0.1.0; id", "--index-url=x", "../elsewhere"])
def test_nothing_but_a_version_is_installed(tmp_path: Path, version: str) -> None:
    script = ROOT / "ci" / "github" / "install.sh"
    env = {"PATH": os.environ["PATH"], "INPUT_VERSION": version, "RUNNER_TEMP": str(tmp_path)}

    done = subprocess.run([script], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "is a version such as" in done.stderr
    assert list(tmp_path.iterdir()) == []
