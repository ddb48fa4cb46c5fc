"""
What the proof is told upon: a workspace over the emulator, the cases of two days, and the oracle.

Every test is told under every setting of what nobody knows about the system: several at the same time (see
`mixing`), or each alone with pytest's option `--each-setting`, which tells which one it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

import pytest

from reconciler.engine.bodies import as_text
from reconciler.model.change import FieldChange
from reconciler.model.operation import Operation
from reconciler.model.record import Record
from reconciler.model.values import to_json
from reconciler.providers.base import Provider
from reconciler.providers.emulation import Emulator, Observer, Recorded
from reconciler.report.jsonplan import write_drift, write_plan
from reconciler.report.lines import plain
from reconciler.report.text import render_drift, render_plan
from reconciler.testing.harness import Harness
from reconciler.testing.mixing import Settings, mixed
from reconciler.testing.samples import (
    Attributes,
    Edit,
    Emulated,
    OutsideEdit,
    Respelling,
    Sample,
    Write,
    addressed,
    edited,
)
from reconciler.testing.transports import (
    Crash,
    Fate,
)

Cases: TypeAlias = Mapping[str, Attributes]
"""The cases of a case file, by name."""

CANARY = "canary-7f3a91c2e5"
"""A secret that must come up nowhere."""


Test = TypeVar("Test", bound=Callable[..., None])
Example = TypeVar("Example", Edit, OutsideEdit, Respelling)


def for_samples_with(part: str) -> Callable[[Test], Test]:
    """Have a test run for the samples that hold such a part."""

    def mark(test: Test) -> Test:
        test.__dict__["part"] = part
        return test

    return mark


@dataclass(frozen=True, slots=True)
class World:
    """What must be there in the end."""

    people: Emulated
    foreign: Mapping[int, Mapping[str, Any]]
    """The cases that are not ours, by id, as they must stay."""
    declared: tuple[str, ...]


class Story:
    """What a subclass provides, and what the tests of all days share."""

    provider: ClassVar[type[Provider]]
    """The provider class under test."""
    emulator: ClassVar[Callable[..., Any]]
    """Makes an emulator of the system."""
    switches: ClassVar[Settings] = {}
    """By name, settings of what nobody knows about the system, which the emulator takes as `switches`."""
    settings: ClassVar[Mapping[str, Any]]
    """The provider instance as reconciler.yaml has it."""
    env: ClassVar[Mapping[str, str]]
    """The environment, with the credentials that the emulator accepts."""
    samples: ClassVar[tuple[Sample, ...]]
    """Examples; the first should declare as much as the system has."""
    moving: ClassVar[frozenset[str]] = frozenset()
    """Keys of `Emulated.case` that move by themselves with any write: `updated_at`."""
    beyond_a_page: ClassVar[int] = 60
    """More cases than the system lists on one page."""

    reads_a_case: ClassVar[float] = 0.5
    """So many requests it takes at most to read a case of many; more than 1 where lists do not show enough."""

    def words(self, people: Any, record: Record) -> Mapping[str, str]:  # noqa: ARG002 (for those that have some)
        """Return what else may stand in braces in the stated requests of a case."""
        return {}

    def stated(self, harness: Harness, writes: tuple[Write, ...], record: Record) -> list[Write]:
        """Return the stated requests of a case with everything filled in."""
        return addressed(writes, record, self.words(harness.emulator, record))

    # ------------------------------------------------------------------------------------------ what is tried

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test under every switch, and for each sample that says something about it."""
        if "make_emulator" in metafunc.fixturenames:
            alone = metafunc.config.getoption("--each-setting", default=False)
            names = list(self.switches if alone else mixed(self.switches)) or ["default"]
            metafunc.parametrize("make_emulator", names, indirect=True, ids=names)
        if "sample" in metafunc.fixturenames:
            part = getattr(metafunc.function, "part", "declared")
            samples = [sample for sample in self.samples if getattr(sample, part)]
            metafunc.parametrize("sample", samples, ids=[sample.name for sample in samples])

    @pytest.fixture
    def make_emulator(self, request: pytest.FixtureRequest) -> Callable[[], Any]:
        """Return what makes the system under these settings."""
        if not self.switches:
            return self.emulator
        if request.param in self.switches:
            return partial(self.emulator, switches=self.switches[request.param])
        switches, names = mixed(self.switches)[request.param]
        print(f"{request.param} is {', '.join(names)}")  # noqa: T201 (pytest shows it with a failure)
        return partial(self.emulator, switches=switches)

    @pytest.fixture
    def people(self, make_emulator: Callable[[], Any]) -> Any:
        """Return the system under this switch, and the people in front of it."""
        return make_emulator()

    @pytest.fixture
    def harness(self, tmp_path: Path, people: Any) -> Harness:
        """Return an empty workspace over the system."""
        return self.workspace(tmp_path / "workspace", people)

    def workspace(self, root: Path, emulator: Emulator) -> Harness:
        """Return an empty workspace over a system, without limits that a story could meet."""
        harness = Harness(root, emulator, settings=self.settings, env={**self.env, "CANARY": CANARY})
        harness.configure(limits={"max_deletes": 1000, "max_changed_percent": 100})
        return harness

    def least(self, sample: Sample) -> Attributes:
        """Return the least that a case must declare."""
        return {name: sample.declared[name] for name in sorted(self.provider.schema.required)}

    def story(self) -> tuple[Cases, Cases]:
        """Return a case file on two days; between them lie creates, updates, a release and a delete."""
        sample = self.samples[0]
        edit = max(sample.edits, key=lambda edit: len(edit.writes))
        before = edited(sample.declared, edit.given)
        first = {
            "kept": sample.declared,
            "edited": before,
            "fading": {**sample.declared, "lifecycle": {"on_remove": "delete"}},
            "leaving": sample.declared,
        }
        new = {
            f"new-{number}": {**each.declared, "depends_on": ["kept"]} for number, each in enumerate(self.samples)
        }
        return first, {"kept": sample.declared, "edited": edited(before, edit.to), **new}

    def second_day(self, root: Path, make_emulator: Callable[[], Any]) -> tuple[Harness, World]:
        """Return a fresh system with the story up to the morning of the second day, and what is not ours there."""
        people = make_emulator()
        foreign = [people.seed_case() for _ in range(2)]
        harness = self.workspace(root, people)
        first, second = self.story()
        harness.declare(**first)
        harness.apply()
        left = [*foreign, int(harness.id_of("leaving"))]
        harness.declare(**second)
        harness.forget_requests()
        return harness, World(people, {id: people.case(id) for id in left}, tuple(second))

    def assert_converged(self, harness: Harness, world: World) -> None:
        """Apply once more; then every declared case exists once, as declared, and nothing else was touched."""
        harness.apply()

        assert left_to_do(harness) == []
        assert harness.open_intents == ()
        assert sorted(address.name for address in harness.state.records) == sorted(world.declared)
        assert harness.live == harness.desired
        assert len(world.people.cases()) == len(world.foreign) + len(world.declared)
        assert {id: world.people.case(id) for id in world.foreign} == world.foreign


def by_name(examples: Iterable[Example]) -> dict[str, Example]:
    """Return examples by their names, made fit to name a case."""
    return {re.sub("[^a-z0-9]+", "-", example.name.lower()): example for example in examples}


def planned_writes(harness: Harness) -> dict[str, list[Write]]:
    """Return the requests that the plan shows, by case."""
    return {
        change.address.name: [(step.method, step.path, _sent(step)) for step in change.operations]
        for change in harness.plan().changes
        if change.operations
    }


def _sent(step: Operation) -> Any:
    """Return a body as it is sent."""
    return as_text(to_json(step.body)) if step.as_text else to_json(step.body)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """Return the keys at which two objects differ."""
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}


def is_crashed(harness: Harness, fate: Fate) -> bool:
    """Apply and tell whether the process died of it."""
    try:
        harness.apply(fate=fate)
    except Crash:
        return True
    return False


def left_to_do(harness: Harness) -> list[str]:
    """Return what the plan would change, a line a field, so that a failure says it."""
    return [
        f"{change.action} {change.address} {'.'.join(field.path)}: {field.before!r} → {field.after!r}"
        for change in harness.plan().changes
        for field in change.fields or (FieldChange((), None, None),)
    ]


def everything_said_of(harness: Harness) -> list[str]:
    """Return the plan and the drift in every form in which they are shown or saved."""
    plan, drift = harness.plan(), harness.drift()
    return [
        *write_plan(plan),
        plain(render_plan(plan)),
        *write_drift(drift),
        plain(render_drift(drift)),
        repr(plan),
    ]


def journal_watch(harness: Harness, told: list[str]) -> Observer:
    """Return an observer that reads the state and the journal as they are at each request."""

    def watch(_: Literal["before", "after"], __: Recorded) -> None:
        told.append(harness.state_text)

    return watch
