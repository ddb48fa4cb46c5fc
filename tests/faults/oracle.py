"""
The one judge of every trial: what must be true whatever went wrong.

each marker exists once, and exactly once where it is recorded     nothing of others has changed
each request that was executed stood in the plan                   no open intent, and nothing left half written
live is as recorded, and as declared: the second plan is empty     the exit code says what happened
no secret and no control character in any byte, no traceback       no request went to somebody else
"""

from __future__ import annotations

import re
import signal
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reconciler.model.case import OnRemove
from reconciler.model.operation import Operation
from reconciler.model.values import Digest, Marker, Ref, Template, leaves, parse_template
from reconciler.providers.emulation import Recorded
from reconciler.testing.harness import Harness
from tests.faults.scenes import CANARY, Scene
from tests.faults.stage import Ended

KILLED: Final = -signal.SIGKILL
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood before the trial."""

    foreign: dict[int, Any]
    """The cases that are not ours, whole; those that are given up but for what closes them."""
    ours: Mapping[int, dict[str, Any]]
    """Of our own, what nobody manages."""
    given_up: frozenset[int]
    """Those that are recorded and declared no more."""
    doomed: frozenset[int]
    """Those of them that are to be deleted."""

    @classmethod
    def of(cls, scene: Scene, harness: Harness) -> Before:
        records = {a.name: record for a, record in harness.state.records.items()}
        there = scene.names().keys()
        ids = {name: int(record.id) for name, record in records.items() if int(record.id) in there}
        kept = scene.today.keys() | scene.moved.keys()
        given_up = frozenset(id for name, id in ids.items() if name not in kept)
        ends = {ids[name]: record.lifecycle.on_remove for name, record in records.items() if name in ids}
        doomed = frozenset(id for id in given_up if ends[id] is OnRemove.DELETE)
        left = {id for id in given_up if ends[id] is OnRemove.RELEASE}
        foreign = {id: scene.shown(id) for id in there if id not in ids.values() or id in left}
        ours = {id: dict(scene.rest(id)) for name, id in ids.items() if name in kept}
        return cls(foreign, ours, given_up, doomed)


@dataclass(slots=True)
class Run:
    """What one run did."""

    ended: Ended
    executed: Sequence[Recorded] = ()
    planned: Sequence[Operation] = ()
    empty: bool = False
    """Whether its plan was empty, and showed no drift."""
    strangers: Sequence[str] = ()
    signalled: bool = False
    killed: bool = False
    disturbed: bool = False
    """Whether somebody edited meanwhile: success does not mean that nothing is left to do."""


@dataclass(slots=True)
class Evidence:
    """All that is known when a trial is over."""

    scene: Scene
    harness: Harness
    before: Before
    runs: Sequence[Run]
    empty_at_once: bool | None = None
    """Whether the plan was empty right after the last run of the script, if that said that all was done."""
    complaints: list[str] = field(default_factory=list)
    """What the trial itself has found."""


def judge(evidence: Evidence) -> list[str]:
    """Return what is wrong; nothing if all is as promised."""
    found = list(evidence.complaints)
    for rule in _RULES:
        try:
            found += rule(evidence)
        except Exception as error:  # noqa: BLE001 (a rule that breaks is a finding)
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.append(f"{rule.__name__}: {type(error).__name__} {error} ({place.name}: {place.line})")
    return found


def _once(evidence: Evidence) -> Iterator[str]:
    markers = evidence.scene.markers()
    for marker, count in Counter(marker for _, marker in markers).items():
        if count > 1:
            yield f"doubled: marker {marker} is in {count} cases"
    marked = {id for id, _ in markers}
    recorded = {int(record.id) for record in evidence.harness.state.records.values()}
    if missing := recorded - marked:
        yield f"lost: recorded cases {sorted(missing)} carry no marker or are gone"
    if strays := marked - recorded - evidence.before.given_up:
        yield f"doubled: cases {sorted(strays)} carry our marker and are not recorded"


def _declared(evidence: Evidence) -> Iterator[str]:
    scene = evidence.scene
    aside = evidence.before.foreign.keys() | evidence.before.given_up
    names = sorted(name for id, name in scene.names().items() if id not in aside)
    wanted = sorted(str(case[scene.called]).replace("${env.CANARY}", CANARY) for case in scene.today.values())
    if names != wanted:
        yield f"lost or doubled: cases {names}, declared are {wanted}"
    recorded = sorted(address.name for address in evidence.harness.state.records)
    if recorded != sorted(scene.today):
        yield f"recorded are {recorded}, declared {sorted(scene.today)}"
    if spared := evidence.before.doomed & scene.names().keys():
        yield f"lost: cases {sorted(spared)} were to be deleted, and nobody remembers"
    scene.assert_complete(evidence.harness)


def _untouched(evidence: Evidence) -> Iterator[str]:
    for id, shown in evidence.before.foreign.items():
        if evidence.scene.shown(id) != shown:
            yield f"overwritten: case {id} of others has changed"
    for id, rest in evidence.before.ours.items():
        now = evidence.scene.rest(id)
        if changed := sorted(key for key in rest if now.get(key) != rest[key]):
            yield f"overwritten: {', '.join(changed)} of case {id}, which nobody declared"


def _planned(evidence: Evidence) -> Iterator[str]:
    for number, run in enumerate(evidence.runs, start=1):
        for sent in run.executed:
            if not any(_is_of(sent, operation) for operation in run.planned):
                yield f"run {number}: {sent.method} {sent.path} {sent.body} was not planned"


def _is_of(sent: Recorded, operation: Operation) -> bool:
    if sent.method != operation.method or not _fits(sent.path, operation.path):
        return False
    if not (isinstance(sent.body, Mapping) and isinstance(operation.body, Mapping)):
        return True  # a body inside a JSON string, or none
    if sent.body.keys() - operation.body.keys():
        return False
    return all(
        value == operation.body[key] or _is_part(value, operation.body[key])
        for key, value in sent.body.items()
        if key not in operation.merges and not _is_open(operation.body[key])
    )


def _is_part(value: Any, whole: Any) -> bool:
    """Tell whether a list is a part of another: a case that has moved is left out of what is about several."""
    return isinstance(value, list) and all(each in whole for each in value)


def _is_open(value: Any) -> bool:
    return any(isinstance(leaf, Ref | Template | Digest | Marker) for leaf in leaves(value))


def _fits(path: str, template: str) -> bool:
    parsed = parse_template(template)
    parts = parsed.parts if isinstance(parsed, Template) else (parsed,)
    return bool(re.fullmatch("".join(".+" if isinstance(p, Ref) else re.escape(p) for p in parts), path))


def _settled(evidence: Evidence) -> Iterator[str]:
    if intents := evidence.harness.open_intents:
        yield f"intents are open: {[intent.path for intent in intents]}"
    if left := [path.name for path in (evidence.harness.root / "state").iterdir() if path.name.endswith("tmp")]:
        yield f"left half written: {left}"
    last = evidence.runs[-1]
    if not last.empty:
        yield f"the second plan is not empty, or shows drift: {last.ended.told}"


def _codes(evidence: Evidence) -> Iterator[str]:
    for number, run in enumerate(evidence.runs, start=1):
        said = run.ended.err
        match run.ended.code:
            case 0:
                wrong = "Error:" in said
            case 1:
                wrong = "Error:" not in said
            case 130:
                wrong = not run.signalled or "Interrupted" not in said
            case _ if run.killed:
                wrong = run.ended.code != KILLED
            case _:
                wrong = True
        if wrong:
            yield f"run {number}: exit code {run.ended.code} beside: {said[-500:]}"
    last = evidence.runs[-1]
    if last.ended.code:
        yield f"the last run, which nothing happened to, ended with {last.ended.code}: {last.ended.told}"
    if evidence.empty_at_once is False:
        yield "a run that said all is done left something to do"


def _discreet(evidence: Evidence) -> Iterator[str]:
    told = [run.ended.told for run in evidence.runs]
    written = [path.read_text(errors="replace") for path in _files(evidence.harness.root)]
    for text in (*told, *written):
        if "Traceback" in text:
            yield f"a traceback: {text[text.index('Traceback') :][:2000]}"
        for secret in (CANARY, *evidence.scene.env.values()):
            if secret in text:
                yield f"leaked: a secret stands in {text[max(0, text.index(secret) - 60) :][:60]!r}"
        if control := _CONTROL.search(text):
            yield f"a control character {control[0]!r} in {text[max(0, control.start() - 60) :][:100]!r}"
    for run in evidence.runs:
        if run.strangers:
            yield f"requests went to {run.strangers}"


def _files(root: Path) -> Iterable[Path]:
    return (path for path in root.rglob("*") if path.is_file() and path.parent.name != "cases")


_RULES: Final = (_once, _declared, _untouched, _planned, _settled, _codes, _discreet)
