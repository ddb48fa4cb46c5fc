from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.engine.surroundings import Surroundings
from reconciler.model.plan import Plan
from reconciler.report.jsonplan import write_plan
from reconciler.sandbox.server import serve
from tests.cli.stand_in import PLAN, Answer
from tests.forge.forges import TOKEN, Forge, GitHub, GitLab

CI = ("CI", "GITHUB_", "GITLAB_", "RECONCILER_", "NO_COLOR", "FORCE_COLOR")


@dataclass
class Job:
    """A job of a forge that is served on loopback."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    folder: Path

    def save(self, plan: Plan = PLAN) -> None:
        (self.folder / "plan.json").write_text("".join(write_plan(plan)), encoding="utf-8")

    def env(self, **variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Answer:
        code = main(arguments)
        out, err = self.capsys.readouterr()
        assert TOKEN not in out + err
        return Answer(code, out, err)

    def comment(self, *arguments: str) -> Answer:
        return self("comment", "--plan", "plan.json", *arguments)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text(encoding="utf-8")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    for name in [name for name in os.environ if name.startswith(CI)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    impatient = functools.partial(Surroundings, sleep=lambda _: None)
    monkeypatch.setattr("reconciler.engine.surroundings.Surroundings", impatient)
    made = Job(monkeypatch, capsys, tmp_path)
    made.save()
    return made


def served(job: Job, forge: Forge) -> Iterator[Forge]:
    with serve(forge) as server:
        if isinstance(forge, GitHub):
            job.env(
                GITHUB_API_URL=server.url,
                GITHUB_REPOSITORY="acme/soc",
                GITHUB_REF="refs/pull/7/merge",
                GITHUB_TOKEN=TOKEN,
            )
        else:
            job.env(
                CI_API_V4_URL=f"{server.url}/api/v4",
                CI_PROJECT_ID="12",
                CI_MERGE_REQUEST_IID="7",
                GITLAB_TOKEN=TOKEN,
            )
        yield forge


@pytest.fixture
def github(job: Job) -> Iterator[Forge]:
    yield from served(job, GitHub())


@pytest.fixture
def gitlab(job: Job) -> Iterator[Forge]:
    yield from served(job, GitLab())


@pytest.fixture(params=["github", "gitlab"])
def forge(job: Job, request: pytest.FixtureRequest) -> Iterator[Forge]:
    yield from served(job, GitHub() if request.param == "github" else GitLab())
