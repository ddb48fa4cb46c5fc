"""
The whole story in one go, told by the real commands against stand-ins on this machine.

write the files → validate → plan → apply → plan: nothing
      people edit five cases → drift → apply repairs → six lines of YAML change
            plan: five requests → apply → plan: nothing

Every step checks what it claims, on the exit code, on the text and on the requests that the stand-ins recorded;
the first claim that does not hold ends the demo with exit code 1. Only the telling is shortened, and it says so.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import reconciler
from reconciler.sandbox.stand_ins import Standing, pointed_at, standing
from reconciler.sandbox.story import (
    CASES,
    EDITS,
    FIRST_REQUESTS,
    MEDDLING,
    REPAIRS,
    SHOWN,
    CaseId,
    Edit,
    Write,
)

WIDTH: Final = 100
"""Columns of what the demo itself says."""
PATIENCE: Final = 120
"""Seconds that one command may take."""

_WORKSPACE: Final = "workspace"
_STATE: Final = "state/acme.json"
_MIRRORED: Final = "RECONCILER_"
_COLOUR: Final = frozenset({"FORCE_COLOR", "CLICOLOR_FORCE"})

_NEXT: Final = """\
Next, on your own:

  reconciler sandbox --port 8765   the same stand-ins, until Ctrl-C, for as long as you like
  reconciler init my-workspace     a small commented workspace; point it at the sandbox or at your tenant

README: "A first workspace in five minutes", "Tines", "ThreatConnect",
"Communifire", "In a pipeline"."""

Tell = Callable[[str], None]
Shorten = Callable[[str], str]


class ClaimBroken(Exception):
    """A step did not show what the demo says of it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the story takes place: the folder with the files, and the stand-ins."""

    tell: Tell
    folder: Path
    emulators: Mapping[str, Any]
    """By the name of the instance that talks to it."""
    credentials: Mapping[str, str]
    """Environment variable → what lets the commands in."""

    @property
    def writes(self) -> list[Write]:
        """Return what the stand-ins have got, besides questions, since they last forgot."""
        return [write for emulator in self.emulators.values() for write in emulator.writes]

    def say(self, text: str) -> None:
        """Tell a paragraph of our own."""
        self.tell(textwrap.fill(text, WIDTH))

    def run(self, command: str, *, exit_code: int = 0, contains: Iterable[str], shorten: Shorten = str) -> None:
        """Show a command and what it prints; raise ClaimBroken if it is not as told."""
        self.tell(f"\n$ reconciler {command}")
        done = subprocess.run(  # noqa: S603 - our own command, with the demo's own words
            [sys.executable, "-m", "reconciler", *command.split()],
            cwd=self.folder,
            env=_environment(self.credentials),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        printed = done.stdout + done.stderr
        for variable, secret in self.credentials.items():
            require(secret not in printed, f"`{command}` printed what {variable} holds")
        self.tell(shorten(done.stdout.rstrip("\n")))
        if done.returncode != exit_code:
            self.tell(done.stderr.rstrip("\n"))
        elif exit_code:
            self.tell(f"(exit code {exit_code})")
        require(done.returncode == exit_code, f"`{command}` ended with {done.returncode}, not {exit_code}")
        for text in contains:
            require(text in done.stdout, f"`{command}` did not show {text!r}")

    def require_writes(self, expected: Sequence[Write]) -> None:
        """Raise ClaimBroken unless the stand-ins have got just these writing requests since they last forgot."""
        ids = self.ids() if expected else {}
        known = [(method, _with_id(path, ids), _with_ids(body, ids)) for method, path, body in expected]
        got = self.writes
        require(_sorted(got) == _sorted(known), f"expected the requests {known}, the systems got {got}")

    def ids(self) -> Mapping[str, str]:
        """Return the ids of the recorded cases by name."""
        cases = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))["cases"]
        return {address.partition(".")[2]: record["id"] for address, record in cases.items()}


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion that python -O keeps
    """Raise ClaimBroken with these words unless it holds."""
    if not holds:
        raise ClaimBroken(otherwise)


def run_demo(write: Callable[[str], None]) -> int:
    """Tell the story, line by line, to `write`; return 0, or 1 if a step did not show what it claims."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as name, standing(private=True) as stand_ins:
        folder = Path(name)
        _lay_out(folder, stand_ins)
        emulators = {each.stand_in.instance: each.emulator for each in stand_ins}
        credentials = {key: value for each in stand_ins for key, value in each.environment.items()}
        return _play(Scene(write, folder, emulators, credentials))


def _play(scene: Scene) -> int:
    for number, (title, step) in enumerate(_STEPS, 1):
        scene.tell(f"\n── {number}. {title} ".ljust(WIDTH + 1, "─"))
        for emulator in scene.emulators.values():
            emulator.forget_requests()
        try:
            step(scene)
        except (ClaimBroken, subprocess.TimeoutExpired, OSError, LookupError, ValueError) as error:
            scene.tell(f"\nThe demo failed at step {number}, {title}: {error}")
            return 1
    scene.tell(f"\n{_NEXT}")
    return 0


def _lay_out(folder: Path, stand_ins: tuple[Standing, ...]) -> None:
    """Write the workspace, with the addresses of the stand-ins in its settings."""
    with as_file(files("reconciler.sandbox") / _WORKSPACE) as source:
        for path in (path for path in source.rglob("*") if path.is_file()):
            copy = folder / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    settings = folder / "reconciler.yaml"
    settings.write_text(pointed_at(settings.read_text(encoding="utf-8"), stand_ins), encoding="utf-8")


def _environment(credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the commands: nothing in it changes what they print or whom they talk to."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_MIRRORED) and name not in _COLOUR and not name.lower().endswith("_proxy")
    }
    package = str(Path(reconciler.__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, kept.get("PYTHONPATH"))))
    return {**kept, **credentials, "NO_COLOR": "1", "PYTHONPATH": path}


# ---------------------------------------------------------------------------------------------- the steps


def _introduce(scene: Scene) -> None:
    scene.say(
        "A security team keeps twenty cases in files: twelve of its Tines tenant, four of ThreatConnect, four of "
        "the company's intranet, a Communifire site. All three are stand-ins on this machine, with 144 cases of "
        "other people in them. These are the files, in a temporary folder:"
    )
    scene.tell("")
    for path in sorted(scene.folder.rglob("*")):
        if path.is_file():
            scene.tell(f"  {path.relative_to(scene.folder).as_posix()}")
    for file in ("cases/phishing.yaml", "cases/intel.yaml", "cases/community.yaml"):
        scene.tell(f"\nThe first case of {file}:\n")
        text = (scene.folder / file).read_text(encoding="utf-8")
        scene.tell(textwrap.indent(text.split("\n\n")[0], "  "))
    scene.run("validate", contains=[f"Valid: {CASES} cases in 7 files."])
    require(not any(each.requests for each in scene.emulators.values()), "`validate` talked to a system")


def _plan(scene: Scene) -> None:
    scene.say("Each request that would be sent stands under its case; nothing is sent but questions.")
    summary = f"Plan: {CASES} to create, 0 to update, 0 to delete, 0 to release, 0 to import."
    scene.run("plan", contains=[f"{summary} {FIRST_REQUESTS} requests."], shorten=_some_blocks)
    scene.require_writes(())


def _apply(scene: Scene) -> None:
    before = _live_cases(scene)
    applied = f"Applied: {CASES} created, 0 updated, 0 deleted, 0 released, 0 imported."
    scene.run("apply --auto-approve", contains=[f"{applied} {FIRST_REQUESTS} requests."], shorten=_after_the_plan)
    sent = len(scene.writes)
    require(sent == FIRST_REQUESTS, f"{sent} requests were sent, not {FIRST_REQUESTS}")
    require(_live_cases(scene) == before + CASES, f"the systems do not hold {CASES} cases more")


def _plan_nothing(scene: Scene) -> None:
    scene.run("plan --detailed-exitcode", contains=[f"No changes. {CASES} cases match."])
    scene.require_writes(())


def _meddle(scene: Scene) -> None:
    scene.say("Meanwhile, in front of the product:")
    ids = scene.ids()
    for item in MEDDLING:
        scene.tell(f"  · {item.told}")
        item.act(scene.emulators[item.instance], int(ids[item.case]))


def _drift(scene: Scene) -> None:
    scene.say(
        "Drift is what is live otherwise than we last applied it. The tags needs-legal and read-out, the "
        "sub-status, the ticket number and Jane's note are not in it: no file declares them, so they are nobody's "
        "business here."
    )
    drifted, clean = len(MEDDLING), CASES - len(MEDDLING)
    shown = [f"Drift: {drifted} drifted, 0 missing, {clean} clean.", *(item.drift for item in MEDDLING)]
    scene.run("drift", exit_code=2, contains=shown)
    scene.require_writes(())


def _repair(scene: Scene) -> None:
    scene.say("The files are what was agreed on, so apply puts back those five things, and touches nothing else.")
    applied = f"Applied: 0 created, {len(REPAIRS)} updated, 0 deleted, 0 released, 0 imported."
    applied = f"{applied} {len(REPAIRS)} requests."
    scene.run("apply --auto-approve", contains=[applied], shorten=_after_the_drift)
    scene.require_writes(REPAIRS)
    ids = scene.ids()
    for item in MEDDLING:
        attribute, kept = item.untouched
        live = json.dumps(scene.emulators[item.instance].case(int(ids[item.case]))[attribute])
        require(kept in live, f"{kept} in {attribute} of {item.case} did not survive the apply")


def _edit_files(scene: Scene) -> None:
    scene.say("A pull request changes six lines, of five cases:")
    scene.tell("")
    for edit in EDITS:
        for line in _edit(scene.folder, edit):
            scene.tell(f"  {line}")


def _plan_edits(scene: Scene) -> None:
    scene.say(
        "One request for each case, with what changed in it and nothing else. The plan is saved, to be reviewed."
    )
    summary = f"Plan: 0 to create, {len(EDITS)} to update, 0 to delete, 0 to release, 0 to import."
    summary = f"{summary} {len(EDITS)} requests."
    scene.run("plan --out plan.json --detailed-exitcode", exit_code=2, contains=[summary])
    scene.require_writes(())


def _apply_edits(scene: Scene) -> None:
    scene.say("What was reviewed is what is sent:")
    applied = f"Applied: 0 created, {len(EDITS)} updated, 0 deleted, 0 released, 0 imported."
    applied = f"{applied} {len(EDITS)} requests."
    scene.run("apply plan.json", contains=[applied], shorten=_after_the_plan)
    scene.require_writes([edit.write for edit in EDITS])
    scene.tell("\nThe stand-ins have received, since the plan, besides questions:\n")
    for method, path, body in scene.writes:
        scene.tell(f"  {method} {path}  {json.dumps(body, ensure_ascii=False)}")


_STEPS: Final[Sequence[tuple[str, Callable[[Scene], None]]]] = (
    ("Twenty cases in files", _introduce),
    ("What would be done: plan", _plan),
    ("Do it: apply", _apply),
    ("Plan again: nothing is left to do", _plan_nothing),
    ("Five cases are edited behind our back", _meddle),
    ("What they changed: drift", _drift),
    ("Repair it: apply", _repair),
    ("Six lines of YAML change", _edit_files),
    ("Five minimal requests: plan", _plan_edits),
    ("Apply the plan that was reviewed", _apply_edits),
    ("The last plan is empty", _plan_nothing),
)


# ---------------------------------------------------------------------------------------------- their hands


def _live_cases(scene: Scene) -> int:
    return sum(len(emulator.cases()) for emulator in scene.emulators.values())


def _edit(folder: Path, edit: Edit) -> Iterator[str]:
    """Change a line of a file and yield what changed, as a diff without context."""
    path = folder / edit.file
    old = path.read_text(encoding="utf-8")
    require(old.count(edit.before) >= 1, f"{edit.file} does not hold {edit.before!r}")
    new = old.replace(edit.before, edit.after, 1)
    path.write_text(new, encoding="utf-8")
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), edit.file, edit.file, n=0, lineterm="")
    return (line for line in lines if not line.startswith(("---", "@@")))


def _some_blocks(plan: str) -> str:
    """Return some cases of a plan, the forecast of its requests and its summary."""
    *blocks, forecast, summary = plan.split("\n\n")
    shown = [block for block in blocks if block.split()[1] in SHOWN]
    left_out = f"  … {len(blocks) - len(shown)} more cases, left out by the demo"
    return "\n\n".join((*shown, left_out, forecast, summary))


def _after_the_plan(output: str) -> str:
    """Return what an apply did, without the plan that it shows first."""
    plan, found, result = output.rpartition("\nApplied:")
    return f"  … the plan as above, {plan.count(chr(10)) + 1} lines, left out by the demo\n{found.strip()}{result}"


def _after_the_drift(output: str) -> str:
    """Return an apply without the drift that it tells first."""
    drift, found, rest = output.partition("What will be done about it")
    if not found:
        return output
    return f"  … the drift as above, {drift.count(chr(10))} lines, left out by the demo\n\n{found}{rest}"


def _with_id(path: str, ids: Mapping[str, str]) -> str:
    """Return a path of the story with the id of the case in place of its name."""
    return re.sub(r"(?<=/cases/)[^/]+", lambda match: ids[match[0]], path)


def _with_ids(body: Any, ids: Mapping[str, str]) -> Any:
    """Return a body of the story with the ids of cases where `CaseId` stands for them."""
    match body:
        case CaseId(case):
            return int(ids[case])
        case dict():
            return {key: _with_ids(value, ids) for key, value in body.items()}
        case _:
            return body


def _sorted(writes: Iterable[Write]) -> list[str]:
    """Return requests in an order of their own: independent cases are written side by side."""
    return sorted(json.dumps(write, sort_keys=True) for write in writes)
