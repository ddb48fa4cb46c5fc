"""The jobs of examples/gitlab: their scripts, in one shell each as a runner has it, against a bare remote."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.runner import keep
from tests.ci.scene import ROOT, Done, Scene
from tests.cli.test_notify import inbox
from tests.forge.forges import TOKEN

PUSHED_MEANWHILE = """\
#!/bin/sh
case "$1 $2" in
  "push --quiet")
    if ! [ -e ../pushed ]; then
      touch ../pushed
      (cd ../desk && echo hello >hello && {git} add hello &&
        {git} -c user.name=Dana -c user.email=dana@acme.example commit -qm Hello && {git} push -q origin main)
    fi
    ;;
esac
exec {git} "$@"
"""
"""Before the first push of a job, somebody else pushes."""
COMPONENT = ROOT / "examples" / "gitlab" / "templates" / "reconciler.yml"


def jobs() -> dict[str, Any]:
    """Return the jobs with the defaults of the inputs in their places."""
    header, _, body = COMPONENT.read_text().partition("\n---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]
    filled = re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: str(inputs[match[1]]["default"]), body)
    found: dict[str, Any] = yaml.safe_load(filled)
    return found


def run(scene: Scene, job: str, folder: Path, **env: str) -> Done:
    lines = jobs()[f"reconciler-{job}-default"]["script"]
    given = {
        "CI_API_V4_URL": f"{scene.forge_url}/api/v4",
        "CI_SERVER_URL": scene.forge_url,
        "CI_PROJECT_ID": "12",
        "CI_PROJECT_URL": str(scene.remote).removesuffix(".git"),
        "CI_DEFAULT_BRANCH": "main",
        "RECONCILER_GITLAB_TOKEN": TOKEN,
        **scene.key,
        **env,
    }
    return scene.run(["bash", "-eo", "pipefail", "-c", "\n".join(lines)], folder, given)


def test_a_merge_request_gets_its_plan_and_what_is_merged_is_applied(gitlab: Scene) -> None:
    gitlab.edit("raise-alpha", alpha=("priority", "high"))
    review = gitlab.clone("review", "raise-alpha")

    planned = run(gitlab, "plan", review, CI_MERGE_REQUEST_IID="7")

    assert planned.code == 0, planned.err
    assert json.loads((review / "tfplan.json").read_text()) == {"create": 0, "update": 1, "delete": 0}
    assert "soc.alpha" in gitlab.forge.comments[0]["body"]

    gitlab.merge("raise-alpha")
    main = gitlab.clone("main")
    replanned = run(gitlab, "plan", main)
    gitlab.analyst_sets("Beta", priority="critical")
    applied = run(gitlab, "apply", main)

    assert (replanned.code, applied.code) == (0, 0), replanned.err + applied.err
    assert gitlab.tines.writes == [("PUT", f"/api/v2/cases/{gitlab.id('Alpha')}", {"priority": "high"})]
    assert recorded(gitlab, "alpha") == "high"
    assert len(gitlab.forge.comments) == 1
    assert TOKEN not in planned.out + planned.err + applied.out + applied.err


def merged_and_planned(gitlab: Scene, branch: str, **edits: tuple[str, str]) -> Path:
    gitlab.edit(branch, **edits)
    gitlab.merge(branch)
    folder = gitlab.clone(f"after-{branch}")
    assert run(gitlab, "plan", folder).code == 0
    return folder


def recorded(gitlab: Scene, case: str) -> str:
    state = json.loads(gitlab.git("show", "main:state/acme.json", cwd=gitlab.remote))
    return str(state["cases"][f"soc.{case}"]["recorded"]["priority"])


def test_an_older_pipeline_does_not_undo_what_a_newer_one_applied(gitlab: Scene) -> None:
    older = merged_and_planned(gitlab, "raise-alpha", alpha=("priority", "high"))
    newer = merged_and_planned(gitlab, "raise-alpha-more", alpha=("priority", "critical"))
    assert run(gitlab, "apply", newer).code == 0

    refused = run(gitlab, "apply", older)

    assert refused.code == 1
    assert "soc.alpha has been applied since the plan was made" in refused.err
    assert recorded(gitlab, "alpha") == "critical"


def test_what_others_push_while_a_job_applies_stays(gitlab: Scene) -> None:
    folder = merged_and_planned(gitlab, "raise-alpha", alpha=("priority", "high"))
    (gitlab.folder / "bin" / "git").write_text(PUSHED_MEANWHILE.format(git=shutil.which("git")))
    (gitlab.folder / "bin" / "git").chmod(0o755)

    applied = run(gitlab, "apply", folder)

    assert applied.code == 0, applied.err
    assert recorded(gitlab, "alpha") == "high"
    assert gitlab.git("show", "main:hello", cwd=gitlab.remote) == "hello"


def test_drift_is_told_by_the_exit_code_and_by_one_issue(gitlab: Scene) -> None:
    gitlab.analyst_sets("Beta", priority="critical")
    drifted = run(gitlab, "drift", gitlab.clone("one"))
    gitlab.analyst_sets("Beta", priority="low")
    clean = run(gitlab, "drift", gitlab.clone("two"))

    assert (drifted.code, clean.code) == (2, 0), drifted.err + clean.err
    assert [issue["state"] for issue in gitlab.forge.issues] == ["closed"]


def test_each_drift_is_told_once_though_every_job_begins_anew(gitlab: Scene) -> None:
    cache = jobs()["reconciler-drift-default"]["cache"]
    gitlab.analyst_sets("Beta", priority="critical")
    with inbox() as receiver:
        gitlab.notify(receiver.url)
        for name in ("one", "two"):
            folder = gitlab.clone(name)
            keep(gitlab.folder / "cache", cache["paths"], folder)
            assert run(gitlab, "drift", folder).code == 2
            keep(folder, cache["paths"], gitlab.folder / "cache")

    assert cache["when"] == "always"  # a job that found drift has failed
    assert len(receiver.posts) == 1


def test_a_fork_is_validated_without_any_secret(gitlab: Scene) -> None:
    validated = run(gitlab, "validate", gitlab.clone("fork"), TINES_API_KEY="", RECONCILER_GITLAB_TOKEN="")

    assert validated.code == 0, validated.err
    assert gitlab.tines.requests == []
    assert gitlab.forge.requests == []


@pytest.mark.parametrize("job", ["plan", "apply", "drift"])
def test_a_job_fails_where_its_command_does(gitlab: Scene, job: str) -> None:
    done = run(gitlab, job, gitlab.clone("broken"), TINES_API_KEY="wrong-key-of-somebody")

    assert done.code == 1
    assert gitlab.tines.writes == []
    assert gitlab.forge.writes == []
