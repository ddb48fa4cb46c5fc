"""
The proof that a provider keeps the promises of this project: one class to subclass.

Welcome. You have written a provider (a schema, reading, requests) and an emulator for its system. Now say how the
system behaves, as data, and this suite tries your provider the way its users and its worst days will:

    from reconciler.testing.conformance import ProviderConformance
    from reconciler.testing.samples import Edit, OutsideEdit, Sample

    class TestAcme(ProviderConformance):
        provider = Acme
        emulator = AcmeEmulator
        switches = {"default": AcmeEmulator, "old paging": partial(AcmeEmulator, paging="old")}
        settings = {"type": "acme", "url": "https://acme.example", "token": "${env.ACME_TOKEN}"}
        env = {"ACME_TOKEN": "acme-demo-token"}
        samples = (
            Sample(
                name="full",
                declared={"title": "Phishing", "tags": ["a", "b"], "status": "open"},
                edits=(
                    Edit(
                        name="a tag comes",
                        to={"tags": ["a", "b", "c"]},
                        writes=(("PUT", "/api/cases/{id}", {"tags": ["a", "b", "c"]}),),
                        rival=lambda tenant, id: tenant.edit(id, tags=["z"]),
                    ),
                ),
                outside=(…),
            ),
        )

Four things beside:

* The provider must be installed under the entry point group `reconciler.providers`, as for any user.
* The emulator is a `reconciler.providers.emulation.Emulator` that also has the methods of
  `reconciler.testing.samples.Emulated`. Make it as strict as your system: it is your only witness. Whatever the
  vendor leaves open becomes a switch of the emulator, and every setting an entry of `switches`: all tests run
  under each of them.
* In your conftest.py say `pytest.register_assert_rewrite("reconciler.testing")` before the first import, so that a
  failure shows what differed.
* Begin with one sample and two edits. What a sample leaves out is skipped, and pytest says so.

When a test fails, believe it first. Its name is the promise; its body is short enough to be read as the story.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

import pytest

from reconciler.errors import StalePlan
from reconciler.model.case import OnRemove
from reconciler.model.change import Action, FieldChange
from reconciler.model.result import Status
from reconciler.model.values import to_json
from reconciler.providers.base import Provider
from reconciler.providers.emulation import Emulator, Fault, FaultKind, Match, Observer, Recorded
from reconciler.report.jsonplan import write_drift, write_plan, write_result
from reconciler.report.lines import plain
from reconciler.report.text import render_drift, render_plan, render_result
from reconciler.testing.harness import Harness
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
    Loss,
    bad_gateway,
    dies,
    limited,
    lost,
    quoted,
    refused,
    reset,
    sign_in_page,
)

Cases: TypeAlias = Mapping[str, Attributes]
"""The cases of a case file, by name."""

CANARY = "canary-7f3a91c2e5"
"""A secret that must come up nowhere."""


Test = TypeVar("Test", bound=Callable[..., None])
Example = TypeVar("Example", Edit, OutsideEdit, Respelling)


def _for_samples_with(part: str) -> Callable[[Test], Test]:
    """Have a test run for the samples that hold such a part."""

    def mark(test: Test) -> Test:
        test.__dict__["part"] = part
        return test

    return mark


@dataclass(frozen=True, slots=True)
class _World:
    """What must be there in the end."""

    people: Emulated
    foreign: Mapping[int, Mapping[str, Any]]
    """The cases that are not ours, by id, as they must stay."""
    declared: tuple[str, ...]


class ProviderConformance:
    """The promises, one test each; the module's text says what a subclass provides."""

    provider: ClassVar[type[Provider]]
    """The provider class under test."""
    emulator: ClassVar[Callable[..., Any]]
    """Makes an emulator of the system."""
    switches: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    """By name, makers of emulators that differ in what nobody knows about the system; {} is `emulator` alone."""
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

    # ------------------------------------------------------------------------------------------ what is tried

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test under every switch, and for each sample that says something about it."""
        if "make_emulator" in metafunc.fixturenames:
            makers = self.switches or {"default": self.emulator}
            metafunc.parametrize("make_emulator", makers.values(), ids=makers.keys())
        if "sample" in metafunc.fixturenames:
            part = getattr(metafunc.function, "part", "declared")
            samples = [sample for sample in self.samples if getattr(sample, part)]
            metafunc.parametrize("sample", samples, ids=[sample.name for sample in samples])

    @pytest.fixture
    def people(self, make_emulator: Callable[[], Any]) -> Any:
        """Return the system under this switch, and the people in front of it."""
        return make_emulator()

    @pytest.fixture
    def harness(self, tmp_path: Path, people: Any) -> Harness:
        """Return an empty workspace over the system."""
        return self._workspace(tmp_path / "workspace", people)

    def _workspace(self, root: Path, emulator: Emulator) -> Harness:
        harness = Harness(root, emulator, settings=self.settings, env={**self.env, "CANARY": CANARY})
        harness.configure(limits={"max_deletes": 1000, "max_changed_percent": 100})
        return harness

    def _least(self, sample: Sample) -> Attributes:
        """Return the least that a case must declare."""
        return {name: sample.declared[name] for name in sorted(self.provider.schema.required)}

    def _story(self) -> tuple[Cases, Cases]:
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

    def _second_day(self, root: Path, make_emulator: Callable[[], Any]) -> tuple[Harness, _World]:
        """Return a fresh system with the story up to the morning of the second day, and what is not ours there."""
        people = make_emulator()
        foreign = [people.seed_case() for _ in range(2)]
        harness = self._workspace(root, people)
        first, second = self._story()
        harness.declare(**first)
        harness.apply()
        left = [*foreign, int(harness.id_of("leaving"))]
        harness.declare(**second)
        harness.forget_requests()
        return harness, _World(people, {id: people.case(id) for id in left}, tuple(second))

    # ------------------------------------------------------------------------------------------ the narrative

    def test_the_provider_is_found_by_its_type(self, harness: Harness) -> None:
        """What reconciler.yaml calls `type` leads to the class under test."""
        harness.declare()
        (instance,) = harness.workspace().configuration.settings.instances.values()

        assert type(instance.provider) is self.provider

    def test_created_is_read_back_as_declared(self, harness: Harness) -> None:
        """What is declared of a new case is what the system then shows."""
        harness.declare(**{sample.name: sample.declared for sample in self.samples})

        harness.apply()

        assert harness.live == harness.desired

    def test_a_second_plan_is_empty(self, harness: Harness) -> None:
        """Nothing is left to do after an apply, and a second apply sends nothing."""
        harness.declare(**{sample.name: sample.declared for sample in self.samples})
        harness.apply()
        harness.forget_requests()

        assert _left_to_do(harness) == []
        assert not harness.drift().drift
        harness.apply()
        assert harness.writes == []

    @_for_samples_with("edits")
    def test_each_edit_sends_exactly_the_stated_requests(self, harness: Harness, sample: Sample) -> None:
        """Each edit, a case each: the plan shows these requests, apply sends these, and all is as declared."""
        edits = _by_name(sample.edits)
        before = {name: edited(sample.declared, edit.given) for name, edit in edits.items()}
        harness.declare(**before)
        harness.apply()
        stated = {name: addressed(edit.writes, harness.id_of(name)) for name, edit in edits.items()}
        harness.forget_requests()
        harness.declare(**{name: edited(before[name], edit.to) for name, edit in edits.items()})

        planned = _planned(harness)
        harness.apply()

        assert planned == {name: writes for name, writes in stated.items() if writes}
        assert harness.writes == [write for _, writes in sorted(stated.items()) for write in writes]
        assert _left_to_do(harness) == []
        assert harness.live == harness.desired

    @_for_samples_with("furnished")
    def test_undeclared_fields_survive(self, harness: Harness, people: Emulated, sample: Sample) -> None:
        """What the file does not mention is neither read into a plan nor written, whatever else is edited."""
        assert sample.furnished is not None
        edits = _by_name(sample.edits)
        harness.declare(**{name: edited(sample.declared, edit.given) for name, edit in edits.items()})
        harness.apply()
        ids = {name: int(harness.id_of(name)) for name in edits}
        for id in ids.values():
            sample.furnished(people, id)
        furnished = {name: people.case(id) for name, id in ids.items()}
        assert _left_to_do(harness) == []

        harness.declare(**{name: edited(sample.declared, edit.given, edit.to) for name, edit in edits.items()})
        harness.apply()

        moved = {name: _differing(furnished[name], people.case(id)) - self.moving for name, id in ids.items()}
        assert moved == {name: set(edit.touches) for name, edit in edits.items()}

    def test_what_the_system_fills_in_is_no_change(self, harness: Harness, sample: Sample) -> None:
        """A case that declares the least is left with the system's own defaults."""
        least = self._least(sample)
        harness.declare(one=least)
        harness.apply()
        harness.forget_requests()

        assert _left_to_do(harness) == []
        assert not harness.drift().drift
        (record,) = harness.state.records.values()
        assert set(record.recorded) == set(least)

    @_for_samples_with("respelled")
    def test_formatting_is_no_change(self, harness: Harness, sample: Sample) -> None:
        """The same thing said in other words sends nothing."""
        respelled = _by_name(sample.respelled)
        harness.declare(**{name: edited(sample.declared, other.given) for name, other in respelled.items()})
        harness.apply()
        harness.forget_requests()

        harness.declare(**{name: edited(sample.declared, x.given, x.to) for name, x in respelled.items()})

        assert _left_to_do(harness) == []
        harness.apply()
        assert harness.writes == []

    def test_the_order_of_a_set_is_no_change(self, harness: Harness, sample: Sample) -> None:
        """Lists are turned round in the file; nothing is to be done."""
        harness.declare(one=sample.declared)
        harness.apply()
        turned = {
            name: value[::-1] if isinstance(value, list) else value for name, value in sample.declared.items()
        }

        harness.declare(one=turned)

        assert _left_to_do(harness) == []

    @_for_samples_with("outside")
    def test_an_outside_edit_is_drift_and_is_repaired(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Each is seen where it happened and nowhere else, and exactly the stated requests undo it."""
        outside = _by_name(sample.outside)
        harness.declare(untouched=sample.declared, **dict.fromkeys(outside, sample.declared))
        harness.apply()
        ids = {name: harness.id_of(name) for name in outside}
        for name, edit in outside.items():
            edit.act(people, int(ids[name]))
        harness.forget_requests()

        drift = {item.address.name: tuple(field.path for field in item.fields) for item in harness.drift().drift}
        assert drift == {name: edit.paths for name, edit in outside.items()}
        harness.apply()

        assert harness.writes == [
            w for name, edit in sorted(outside.items()) for w in addressed(edit.writes, ids[name])
        ]
        assert _left_to_do(harness) == []
        assert harness.live == harness.desired

    def test_a_case_deleted_outside_is_created_again(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """It is drift, the plan says why, and there is one such case again."""
        harness.declare(one=sample.declared, two=sample.declared)
        harness.apply()
        people.remove(int(harness.id_of("one")))

        assert [(item.address.name, item.missing) for item in harness.drift().drift] == [("one", True)]
        (change,) = harness.plan().changes
        assert change.action is Action.CREATE
        assert "deleted outside" in (change.reason or "")
        harness.apply()

        assert len(people.cases()) == len(harness.desired)
        assert _left_to_do(harness) == []
        assert harness.live == harness.desired

    def test_what_is_not_ours_is_left_alone(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Cases that were never declared, and those that were released, stay as they are to the last byte."""
        harness, world = self._second_day(tmp_path, make_emulator)

        harness.apply()

        assert {id: world.people.case(id) for id in world.foreign} == world.foreign

    @_for_samples_with("shared")
    def test_a_shared_set_keeps_what_others_added(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Somebody joins, we come and go, and they stay; under exact ownership they would have to leave."""
        assert sample.shared is not None
        shared, attribute = sample.shared, sample.shared.attribute
        owned = {**sample.declared, "ownership": {attribute: "shared"}}
        harness.declare(one={**owned, attribute: list(shared.first)})
        harness.apply()
        id = harness.id_of("one")
        shared.joined(people, int(id))
        assert _left_to_do(harness) == []
        assert not harness.drift().drift
        harness.forget_requests()

        harness.declare(one={**owned, attribute: list(shared.then)})
        harness.apply()

        assert harness.writes == addressed(shared.writes, id)
        assert harness.live["one"][attribute] == frozenset({*shared.then, shared.theirs})
        assert _left_to_do(harness) == []
        harness.declare(one={**sample.declared, attribute: list(shared.then)})
        (change,) = harness.plan().changes
        assert [(field.path, field.remove) for field in change.fields] == [
            ((attribute,), frozenset({shared.theirs}))
        ]

    def test_every_page_is_followed(self, harness: Harness, people: Emulated) -> None:
        """More cases than a page holds, others among them: each is read, and in far fewer requests than cases."""
        least = self._least(self.samples[0])
        names = [f"case-{number}" for number in range(self.beyond_a_page)]
        people.seed_case()
        harness.parallelism = 8
        harness.declare(**dict.fromkeys(names, least))
        harness.apply()
        people.seed_case()
        people.remove(int(harness.id_of(names[-1])))
        harness.forget_requests()

        assert [item.address.name for item in harness.drift().drift] == [names[-1]]
        assert len(harness.reads) < self.beyond_a_page / 2

    def test_a_plan_sends_only_gets(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Planning and looking for drift leave the system and the state as they are."""
        harness, world = self._second_day(tmp_path, make_emulator)
        before, text = world.people.cases(), harness.state_text

        assert not harness.plan().is_empty
        harness.drift()

        assert {request.method for request in harness.emulator.requests} <= {"GET"}
        assert (world.people.cases(), harness.state_text) == (before, text)

    def test_a_block_that_leaves_the_file(self, harness: Harness, people: Emulated, sample: Sample) -> None:
        """Its case is released, closed or deleted, as it was last declared, and managed no more."""
        ways = {way.value: {**sample.declared, "lifecycle": {"on_remove": way}} for way in OnRemove}
        harness.declare(kept=sample.declared, **ways)
        harness.apply()
        ids = {way: harness.id_of(way) for way in ways}
        released = people.case(int(ids["release"]))

        harness.declare(kept=sample.declared)
        actions = {change.address.name: change.action for change in harness.plan().changes}
        harness.apply()

        assert actions == {"release": Action.RELEASE, "close": Action.RELEASE, "delete": Action.DELETE}
        assert [address.name for address in harness.state.records] == ["kept"]
        assert _left_to_do(harness) == []
        assert people.case(int(ids["release"])) == released
        closing = self.provider.schema.closing
        assert harness.seen(ids["close"], frozenset(closing)) == closing
        with pytest.raises(KeyError):
            people.case(int(ids["delete"]))

    @_for_samples_with("outside")
    def test_an_ignored_attribute_is_left_to_others(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Under ignore_changes it is set when the case is created, and then nobody's business."""
        outside = _by_name(sample.outside)
        ignored = {name: sorted({path[0] for path in edit.paths}) for name, edit in outside.items()}
        harness.declare(
            **{name: {**sample.declared, "lifecycle": {"ignore_changes": ignored[name]}} for name in outside}
        )
        harness.apply()
        assert harness.live == harness.desired
        for name, edit in outside.items():
            edit.act(people, int(harness.id_of(name)))

        assert _left_to_do(harness) == []
        assert not harness.drift().drift

    def test_an_import_adopts_without_a_write(self, tmp_path: Path, people: Any, sample: Sample) -> None:
        """A live case that is as declared is recorded as ours, and nothing is sent."""
        other = self._workspace(tmp_path / "other", people)
        other.declare(one=sample.declared)
        other.apply()
        id = other.id_of("one")
        before = people.case(int(id))
        harness = self._workspace(tmp_path / "workspace", people)
        harness.declare(adopted={**sample.declared, "import": id})
        harness.forget_requests()

        (change,) = harness.plan().changes
        harness.apply()

        assert (change.action, change.operations) == (Action.IMPORT, ())
        assert harness.writes == []
        assert people.case(int(id)) == before
        assert harness.id_of("adopted") == id
        assert _left_to_do(harness) == []

    def test_a_plan_survives_being_saved(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """What is read back from the file sends what the same plan sends at once, and only once."""
        expected, _ = self._second_day(tmp_path / "at once", make_emulator)
        expected.apply()
        harness, world = self._second_day(tmp_path / "saved", make_emulator)
        plan = harness.plan()

        harness.apply_saved(plan)

        assert [(method, path) for method, path, _ in harness.writes] == [
            (method, path) for method, path, _ in expected.writes
        ]
        with pytest.raises(StalePlan):
            harness.apply_saved(plan)
        self._assert_converged(harness, world)

    @_for_samples_with("edits")
    def test_a_conflicting_edit_is_skipped_and_said_and_the_others_are_applied(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Somebody changed what the plan would write: theirs stays, and only that case waits for a new plan."""
        contested = {name: edit for name, edit in _by_name(sample.edits).items() if edit.rival}
        both = {f"{name}{end}": edit for name, edit in contested.items() for end in ("", "-alone")}
        before = {name: edited(sample.declared, edit.given) for name, edit in both.items()}
        harness.declare(kept=sample.declared, **before)
        harness.apply()
        after = {name: edited(before[name], edit.to) for name, edit in both.items()}
        harness.declare(kept=sample.declared, **after)
        plan = harness.plan()
        ids = {name: harness.id_of(name) for name in both}
        for name, edit in contested.items():
            assert edit.rival is not None
            edit.rival(people, int(ids[name]))
        theirs = {name: people.case(int(ids[name])) for name in contested}
        harness.forget_requests()

        result = harness.apply_saved(plan, complete=False)

        ended = {outcome.address.name: outcome.status for outcome in result.outcomes}
        assert ended == {name: Status.CONFLICT if name in contested else Status.DONE for name in both}
        said = {outcome.address.name: outcome.message or "" for outcome in result.outcomes}
        for change in plan.changes:
            if change.address.name in contested:
                assert any(".".join(field.path) in said[change.address.name] for field in change.fields)
        alone = sorted(name for name in both if name not in contested)
        assert harness.writes == [w for name in alone for w in addressed(both[name].writes, ids[name])]
        assert {name: people.case(int(ids[name])) for name in contested} == theirs
        harness.apply()
        assert harness.live == harness.desired
        assert _left_to_do(harness) == []

    # ------------------------------------------------------------------------------------------ bad days

    def test_a_rate_limit_is_obeyed(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """A read and a write are answered "too many": both wait as long as they are told, and are done once."""
        harness, world = self._second_day(tmp_path, make_emulator)
        harness.emulator.faults.add(Fault(FaultKind.RATE_LIMITED, Match(method="GET"), retry_after=7))

        harness.apply(fate=limited(2, 11))

        assert not harness.emulator.faults.unspent
        assert sum(harness.slept) >= 7 + 11 - 1, "the second that passes between answer and wait counts"
        self._assert_converged(harness, world)

    def test_a_refused_write_leaves_the_state_true(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Two writes go through each time and the rest is refused: each time what is recorded is what is live."""
        harness, world = self._second_day(tmp_path, make_emulator)
        words, most, failures = "no, says the test", harness.plan().summary.requests, 0
        while not (result := harness.apply(complete=False, fate=refused(2, words))).is_complete:
            failed = [outcome for outcome in result.outcomes if outcome.status is Status.FAILED]
            assert failed
            assert all(words in (outcome.message or "") for outcome in failed)
            assert not harness.drift().drift
            assert harness.open_intents == ()
            failures += 1
            assert failures <= most, "the same requests are sent again and again"

        assert failures > 1
        self._assert_converged(harness, world)

    @pytest.mark.parametrize(("loss", "settled"), [(reset, True), (bad_gateway, True), (sign_in_page, False)])
    def test_a_lost_answer_makes_no_duplicate(
        self,
        tmp_path: Path,
        make_emulator: Callable[[], Any],
        loss: Loss,
        settled: bool,  # noqa: FBT001 (a column of the table above)
    ) -> None:
        """Every request is executed and its first answer lost: still each case exists once."""
        harness, world = self._second_day(tmp_path, make_emulator)

        harness.apply(fate=lost(loss), complete=settled)

        self._assert_converged(harness, world)

    @pytest.mark.parametrize(
        ("write", "executed"), [(1, True), (2, False)], ids=["answered never", "announced only"]
    )
    def test_a_crash_after_any_request_converges(
        self,
        tmp_path: Path,
        make_emulator: Callable[[], Any],
        write: int,
        executed: bool,  # noqa: FBT001 (a column of the table above)
    ) -> None:
        """
        The process ends again and again, one request further each time; the last run finds nothing amiss.

        It ends right after each request was executed; or having announced one that was not sent.
        """
        harness, world = self._second_day(tmp_path, make_emulator)
        most, crashes = harness.plan().summary.requests, 0
        while _crashes(harness, dies(write, executed=executed)):
            crashes += 1
            assert crashes <= most, "the same requests are sent again and again"

        self._assert_converged(harness, world)
        assert crashes > 1

    @_for_samples_with("secret")
    def test_no_secret_is_told(self, harness: Harness, sample: Sample, caplog: pytest.LogCaptureFixture) -> None:
        """A secret and the credentials come up in no plan, state, journal, log or error."""
        assert sample.secret is not None
        secret = sample.secret
        caplog.set_level(logging.DEBUG)
        told: list[str] = []
        watch = _journal_watch(harness, told)
        harness.declare(kept=sample.declared, one={**sample.declared, secret: "${env.CANARY}"})
        told += _everything_said_of(harness)
        harness.emulator.observer = watch
        told += write_result(harness.apply(complete=False, fate=quoted(2)))
        told += plain(render_result(harness.apply()))
        assert harness.seen(harness.id_of("one"), frozenset({secret})) == {secret: CANARY}
        assert _left_to_do(harness) == []
        harness.declare(kept=sample.declared, one=edited(sample.declared, {secret: "no secret"}))
        told += _everything_said_of(harness)
        result = harness.apply(complete=False, fate=quoted(1))
        told += [*write_result(result), plain(render_result(result))]
        told += [harness.state_text, caplog.text, *harness.listener.said]

        text = "\n".join(told)
        assert f"{harness.instance}.one" in text
        assert [name for name, value in harness.env.items() if value in text] == []

    # ------------------------------------------------------------------------------------------ the oracle

    def _assert_converged(self, harness: Harness, world: _World) -> None:
        """Apply once more; then every declared case exists once, as declared, and nothing else was touched."""
        harness.apply()

        assert _left_to_do(harness) == []
        assert harness.open_intents == ()
        assert sorted(address.name for address in harness.state.records) == sorted(world.declared)
        assert harness.live == harness.desired
        assert len(world.people.cases()) == len(world.foreign) + len(world.declared)
        assert {id: world.people.case(id) for id in world.foreign} == world.foreign


def _by_name(examples: Iterable[Example]) -> dict[str, Example]:
    """Return examples by their names, made fit to name a case."""
    return {re.sub("[^a-z0-9]+", "-", example.name.lower()): example for example in examples}


def _planned(harness: Harness) -> dict[str, list[Write]]:
    """Return the requests that the plan shows, by case."""
    return {
        change.address.name: [(step.method, step.path, to_json(step.body)) for step in change.operations]
        for change in harness.plan().changes
        if change.operations
    }


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {key for key in {*one, *other} if one.get(key) != other.get(key)}


def _crashes(harness: Harness, fate: Fate) -> bool:
    """Apply and tell whether the process died of it."""
    try:
        harness.apply(fate=fate)
    except Crash:
        return True
    return False


def _left_to_do(harness: Harness) -> list[str]:
    """Return what the plan would change, a line a field, so that a failure says it."""
    return [
        f"{change.action} {change.address} {'.'.join(field.path)}: {field.before!r} → {field.after!r}"
        for change in harness.plan().changes
        for field in change.fields or (FieldChange((), None, None),)
    ]


def _everything_said_of(harness: Harness) -> list[str]:
    """Return the plan and the drift in every form in which they are shown or saved."""
    plan, drift = harness.plan(), harness.drift()
    return [
        *write_plan(plan),
        plain(render_plan(plan)),
        *write_drift(drift),
        plain(render_drift(drift)),
        repr(plan),
    ]


def _journal_watch(harness: Harness, told: list[str]) -> Observer:
    """Return an observer that reads the state and the journal as they are at each request."""

    def watch(_: Literal["before", "after"], __: Recorded) -> None:
        told.append(harness.state_text)

    return watch
