"""The commands of the recipes for Atlantis and Kubernetes, as they are written there."""

from __future__ import annotations

from typing import Any

import yaml

from tests.ci.runner import Runner
from tests.ci.scene import ROOT, Scene


def command(stage: str) -> str:
    server = yaml.safe_load((ROOT / "examples" / "atlantis" / "repos.yaml").read_text())
    (step,) = server["workflows"]["reconciler"][stage]["steps"]
    return str(step["run"]["command"])


def test_atlantis_applies_the_file_that_it_planned(github: Runner) -> None:
    scene = github.scene
    scene.edit("raise-alpha", alpha=("priority", "high"))
    folder = scene.clone("atlantis", "raise-alpha")
    env = {**scene.key, "PLANFILE": str(scene.folder / "default.tfplan")}

    shown = scene.must(["sh", "-c", command("plan")], folder, env)
    scene.analyst_sets("Beta", priority="critical")
    applied = scene.must(["sh", "-c", command("apply")], folder, env)

    assert "Plan: 0 to create, 1 to update" in shown
    assert "Applied: 0 created, 1 updated" in applied
    assert (scene.priority("Alpha"), scene.priority("Beta")) == ("high", "critical")


def drift_of_the_cluster(scene: Scene, folder: str) -> int:
    documents: list[dict[str, Any]] = list(
        yaml.safe_load_all((ROOT / "examples" / "kubernetes" / "drift.yaml").read_text())
    )
    pod = documents[-1]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    arguments = [folder if each == "/scratch/cases" else each for each in pod["containers"][0]["args"]]
    return scene.run(["reconciler", *arguments], scene.folder, scene.key).code


def test_the_job_in_the_cluster_fails_while_there_is_drift(github: Runner) -> None:
    scene = github.scene
    scene.clone("cases")

    assert drift_of_the_cluster(scene, "cases") == 0
    scene.analyst_sets("Beta", priority="critical")
    assert drift_of_the_cluster(scene, "cases") == 2
