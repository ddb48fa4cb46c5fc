"""The demo shows what it claims, fails loudly when it does not, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.providers.emulation import Emulator
from reconciler.sandbox import demo, story
from reconciler.sandbox.demo import ClaimBroken, Scene, run_demo

pytestmark = pytest.mark.xdist_group("demo")  # run once, for all
WORKSPACE = Path(demo.__file__).parent / "workspace"


@dataclass
class Told:
    """A whole run of the demo."""

    code: int
    lines: Sequence[str]
    left_behind: Sequence[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Stage:
    """A scene without the demo's steps before it."""

    folder: Path
    emulators: dict[str, Emulator] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def scene(self) -> Scene:
        return Scene(self.lines.append, self.folder, self.emulators, self.credentials)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo")
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("RECONCILER_FORMAT", "json")
        patch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        patch.setenv("FORCE_COLOR", "1")
        code = run_demo(lines.append)
    return Told(code, lines, [path.name for path in folder.iterdir()])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_the_demo_ends_well_and_leaves_nothing_behind(told: Told) -> None:
    assert told.code == 0, told.text
    assert told.left_behind == []


@pytest.mark.parametrize(
    ("nth", "command", "shown"),
    [
        (0, "validate", "Valid: 20 cases in 7 files."),
        (0, "plan\n", "Plan: 20 to create, 0 to update, 0 to delete, 0 to release, 0 to import. 21 requests."),
        (
            0,
            "apply --auto-approve",
            "Applied: 20 created, 0 updated, 0 deleted, 0 released, 0 imported. 21 requests.",
        ),
        (0, "plan --detailed-exitcode", "No changes. 20 cases match."),
        (0, "drift", "Drift: 5 drifted, 0 missing, 15 clean.\n(exit code 2)"),
        (
            1,
            "apply --auto-approve",
            "Applied: 0 created, 5 updated, 0 deleted, 0 released, 0 imported. 5 requests.",
        ),
        (
            0,
            "plan --out plan.json",
            "Plan: 0 to create, 5 to update, 0 to delete, 0 to release, 0 to import. 5 req",
        ),
        (0, "apply plan.json", "Applied: 0 created, 5 updated, 0 deleted, 0 released, 0 imported. 5 requests."),
        (1, "plan --detailed-exitcode", "No changes. 20 cases match."),
    ],
)
def test_each_command_is_shown_with_what_it_printed(told: Told, nth: int, command: str, shown: str) -> None:
    outputs = told.text.split(f"$ reconciler {command}")
    assert shown in outputs[nth + 1].split("\n── ")[0].split("$ reconciler")[0]


def test_the_five_edits_are_shown_as_five_minimal_requests(told: Told) -> None:
    plan = told.text.split("$ reconciler plan --out")[1].split("Plan: ")[0]

    requests = re.findall(r"→ (\w+) (/api(?:/v\d)?)/cases/\d+(\S*)  (.*)", plan)

    assert sorted(requests) == [
        ("POST", "/api/v2", "/metadata", '{"metadata":{"result":"confirmed"}}'),
        (
            "PUT",
            "/api",
            "",
            '{"IssueTitle":"Log-ins after the payroll mails & calls","IssueStatusID":18} (as a JSON string)',
        ),
        ("PUT", "/api/v2", "", '{"add_tag_names":["cctv"]}'),
        ("PUT", "/api/v2", "", '{"priority":"critical"}'),
        ("PUT", "/api/v3", "?fields=tags", '{"tags":{"data":[{"name":"q4"}],"mode":"append"}}'),
    ]


def test_a_note_that_was_deleted_outside_is_made_again_by_one_request(told: Told) -> None:
    repair = told.text.split("$ reconciler apply --auto-approve")[2].split("Plan: ")[0]

    (body,) = re.findall(r"→ POST /api/v3/notes  (.*)", repair)
    (case_id,) = re.findall(r"~ intel\.payroll-kit \(id (\d+)\)", repair)
    assert json.loads(body) == {
        "caseId": int(case_id),
        "text": "Kit downloaded; the drop mailbox is still live.",
    }


def test_a_body_that_goes_as_a_json_string_is_shown_as_it_has_arrived(told: Told) -> None:
    body = r'"{\"IssueTitle\":\"Log-ins after the payroll mails & calls\",\"IssueStatusID\":18}"'

    assert re.search(rf"^  PUT /api/cases/\d+  {re.escape(body)}$", told.text, re.MULTILINE)


def test_what_is_left_out_is_said(told: Told) -> None:
    first_plan = told.text.split("$ reconciler plan\n")[1].split("── 3.")[0]

    assert re.findall(r"^  \+ (\S+)$", first_plan, re.MULTILINE) == list(story.SHOWN)
    assert "… 16 more cases, left out by the demo" in first_plan


def test_it_fits_on_a_few_screens_and_ends_with_what_to_run_next(told: Told) -> None:
    assert told.text.count("\n") < 320
    assert "reconciler sandbox" in told.lines[-1]
    assert "reconciler init" in told.lines[-1]


def test_the_readme_has_the_sections_that_it_ends_with(told: Told) -> None:
    readme = (Path(demo.__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    named = re.findall(r'"(.+?)"', told.lines[-1].split("README:")[1])

    assert named
    assert [title for title in named if not re.search(rf"^#+ {re.escape(title)}$", readme, re.MULTILINE)] == []


def test_no_token_is_shown(told: Told) -> None:
    assert not re.search(r"demo-[0-9a-f]{8}", told.text)


def test_the_workspace_is_what_the_demo_says_of_it() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKSPACE.rglob("*.yaml"))

    assert [text.count(f"provider: {name}") for name in ("soc", "intel", "community")] == [12, 4, 4]
    assert story.CASES == 12 + 4 + 4
    for feature in ("assignees: []", "tags: shared", "depends_on:", ".url}", "${file(", "prevent_delete: true"):
        assert feature in text
    for feature in ("attributes:", "artifacts:", "notes:", "tasks:", "associated_groups:", "kit.id}", "T1566"):
        assert feature in text
    for feature in ("space: Red Team", 'milestone: "2027"', "watchers:", "assignee: null", "on_remove: close"):
        assert feature in text


def test_a_claim_that_does_not_hold_ends_it_with_1_and_names_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "FIRST_REQUESTS", 20)
    lines: list[str] = []

    assert run_demo(lines.append) == 1
    assert lines[-1].startswith(
        "\nThe demo failed at step 2, What would be done: plan: `plan` did not show 'Plan: 20"
    )


@pytest.mark.parametrize(
    ("command", "expected", "said"),
    [
        ("--version", 2, "`--version` ended with 0, not 2"),
        ("--help", 0, "`--help` did not show 'such words'"),
    ],
)
def test_a_command_that_does_otherwise_is_refused(stage: Stage, command: str, expected: int, said: str) -> None:
    with pytest.raises(ClaimBroken, match=re.escape(said)):
        stage.scene.run(command, exit_code=expected, contains=["such words"])


def test_a_printed_token_ends_the_demo_before_it_is_shown(stage: Stage) -> None:
    stage.credentials["TOKEN"] = "Usage: reconciler"

    with pytest.raises(ClaimBroken, match="printed what TOKEN holds"):
        stage.scene.run("--help", contains=[])
    assert stage.lines == ["\n$ reconciler --help"]


class Witness(Emulator):
    """A system that has got one request."""

    @property
    def writes(self) -> list[story.Write]:
        return [("PUT", "/api/v2/cases/61", {"priority": "high", "for": 62})]


@pytest.mark.parametrize(
    "write",
    [
        ("PUT", "/api/v2/cases/a", {"priority": "high", "for": story.CaseId("a")}),
        ("PUT", "/api/v2/cases/a", {"priority": "high", "for": story.CaseId("b"), "name": "x"}),
        ("PUT", "/api/v2/cases/b", {"priority": "high", "for": story.CaseId("b")}),
        ("POST", "/api/v2/cases/a", {"priority": "high", "for": story.CaseId("b")}),
    ],
)
def test_other_requests_than_told_are_refused(stage: Stage, write: story.Write) -> None:
    cases = {"soc.a": {"id": "61"}, "soc.b": {"id": "62"}}
    (stage.folder / "state").mkdir()
    (stage.folder / "state/acme.json").write_text(json.dumps({"cases": cases}))
    stage.emulators = {"soc": Witness(), "intel": Emulator()}

    stage.scene.require_writes([("PUT", "/api/v2/cases/a", {"priority": "high", "for": story.CaseId("b")})])
    with pytest.raises(ClaimBroken, match="expected the requests"):
        stage.scene.require_writes([write])
    with pytest.raises(ClaimBroken):
        stage.scene.require_writes([])


def test_an_apply_without_drift_is_shown_whole() -> None:
    assert demo._after_the_drift("No changes.") == "No changes."


def test_an_interrupt_removes_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[int] = []

    def write(line: str) -> None:
        seen.append(len(list(tmp_path.iterdir())))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_demo(write)
    assert (seen, list(tmp_path.iterdir())) == ([1], [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_with_130_and_removes_the_folder(tmp_path: Path, number: signal.Signals) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, b"Traceback" in errors) == (130, False)
    assert list(tmp_path.iterdir()) == []
