from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.emulation import Fault, FaultKind, Match
from tests.forge.conftest import Job
from tests.forge.forges import BOT, ME, TOKEN, Forge, GitHub

MARK = "<!-- reconciler:drift workspace=acme -->"
SETTINGS = """\
version: 1
workspace: acme
providers:
  soc: {type: tines, url: "https://acme.tines.com", token: "${env.TINES_API_KEY}", team_id: 2}
"""


@pytest.fixture(autouse=True)
def _workspace(job: Job) -> None:
    (job.folder / "reconciler.yaml").write_text(SETTINGS)
    (job.folder / "drift.md").write_text("### Drift in `acme`\n")
    job.env(TINES_API_KEY="tines-key-of-the-workspace")


def body(issue: dict[str, Any]) -> str:
    return str(issue.get("description", issue.get("body")))


def is_open(issue: dict[str, Any]) -> bool:
    return bool(issue["state"].startswith("open"))


def test_drift_is_one_issue_until_there_is_none(job: Job, forge: Forge) -> None:
    opened = job("issue", "--drift", "drift.md")
    (job.folder / "drift.md").write_text("more\n")
    updated = job("issue", "--drift", "drift.md")

    assert [opened.out.split(":")[0], updated.out.split(":")[0]] == ["Posted", "Edited"]
    assert [body(issue) for issue in forge.issues] == [f"{MARK}\nmore\n"]
    assert forge.issues[0]["title"] == "Drift in acme"

    closed = job("issue", "--clean")
    again = job("issue", "--clean")

    assert [closed.out.split(":")[0], again.out.split(":")[0]] == ["Closed", "Nothing"]
    assert not is_open(forge.issues[0])

    job("issue", "--drift", "drift.md")

    assert [is_open(issue) for issue in forge.issues] == [False, True]


def test_an_issue_of_somebody_else_and_a_pull_request_stay_as_they_are(job: Job, forge: Forge) -> None:
    if isinstance(forge, GitHub):
        forge.open("mallory", f"{MARK}\nplanted")
        forge.open(BOT, f"{MARK}\na pull request", pull_request={})
    else:
        forge.open(666, f"{MARK}\nplanted")
        forge.open(ME, "of ours, about something else")

    assert job("issue", "--clean").out.startswith("Nothing")
    assert job("issue", "--drift", "drift.md").out.startswith("Posted")
    assert len(forge.issues) == 3


def test_a_permission_that_is_missing_fails_the_job(job: Job, forge: Forge) -> None:
    forge.faults.add(Fault(FaultKind.SERVER_ERROR, Match("POST"), status=403))

    answer = job("issue", "--drift", "drift.md")

    assert answer.code == 1
    assert answer.err.startswith("Error: POST ")


def test_no_secret_of_the_workspace_or_token_stands_in_an_issue(job: Job, forge: Forge) -> None:
    (job.folder / "drift.md").write_text(f"{TOKEN} and tines-key-of-the-workspace\n")

    job("issue", "--drift", "drift.md")

    assert body(forge.issues[0]) == f"{MARK}\n(secret) and (secret)\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give either --drift FILE or --clean"),
        (("--clean", "--drift", "drift.md"), "give either --drift FILE or --clean"),
        (("--drift", "nowhere.md"), "nowhere.md: No such file"),
        (("--drift", "empty.md"), "empty.md is empty"),
        (("--drift", "long.md"), "long.md is longer than the 65495 characters of an issue"),
    ],
)
def test_what_cannot_be_meant_is_told(job: Job, github: GitHub, arguments: tuple[str, ...], said: str) -> None:
    Path("empty.md").write_text("\n")
    Path("long.md").write_text("x" * 70_000)

    answer = job("issue", *arguments)

    assert answer.code == 1
    assert said in answer.err
    assert github.requests == []


def test_outside_of_a_forge_there_is_no_issue(job: Job) -> None:
    answer = job("issue", "--clean")

    assert answer.code == 1
    assert "no job of GitHub Actions or GitLab CI" in answer.err
