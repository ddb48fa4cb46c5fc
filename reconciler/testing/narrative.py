"""The good days: what is declared comes true, by the stated requests and no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import StalePlan
from reconciler.model.case import OnRemove
from reconciler.model.change import Action
from reconciler.model.result import Status
from reconciler.testing.harness import Harness
from reconciler.testing.samples import (
    Emulated,
    Sample,
    edited,
)
from reconciler.testing.story import (
    Story,
    by_name,
    differing,
    for_samples_with,
    left_to_do,
    planned_writes,
)


class Narrative(Story):
    """What a user sees when nothing goes wrong."""

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

        assert left_to_do(harness) == []
        assert not harness.drift().drift
        harness.apply()
        assert harness.writes == []

    @for_samples_with("edits")
    def test_each_edit_sends_exactly_the_stated_requests(self, harness: Harness, sample: Sample) -> None:
        """Each edit, a case each: the plan shows these requests, apply sends these, and all is as declared."""
        edits = by_name(sample.edits)
        before = {name: edited(sample.declared, edit.given) for name, edit in edits.items()}
        harness.declare(**before)
        harness.apply()
        stated = {name: self.stated(harness, edit.writes, harness.record_of(name)) for name, edit in edits.items()}
        harness.forget_requests()
        harness.declare(**{name: edited(before[name], edit.to) for name, edit in edits.items()})

        planned = planned_writes(harness)
        harness.apply()

        assert planned == {name: writes for name, writes in stated.items() if writes}
        assert harness.writes == [write for _, writes in sorted(stated.items()) for write in writes]
        assert left_to_do(harness) == []
        assert harness.live == harness.desired

    @for_samples_with("furnished")
    def test_undeclared_fields_survive(self, harness: Harness, people: Emulated, sample: Sample) -> None:
        """What the file does not mention is neither read into a plan nor written, whatever else is edited."""
        assert sample.furnished is not None
        edits = by_name(sample.edits)
        harness.declare(**{name: edited(sample.declared, edit.given) for name, edit in edits.items()})
        harness.apply()
        ids = {name: int(harness.id_of(name)) for name in edits}
        for id in ids.values():
            sample.furnished(people, id)
        furnished = {name: people.case(id) for name, id in ids.items()}
        assert left_to_do(harness) == []

        harness.declare(**{name: edited(sample.declared, edit.given, edit.to) for name, edit in edits.items()})
        harness.apply()

        moved = {name: differing(furnished[name], people.case(id)) - self.moving for name, id in ids.items()}
        assert moved == {name: set(edit.touches) for name, edit in edits.items()}

    def test_what_the_system_fills_in_is_no_change(self, harness: Harness, sample: Sample) -> None:
        """A case that declares the least is left with the system's own defaults."""
        least = self.least(sample)
        harness.declare(one=least)
        harness.apply()
        harness.forget_requests()

        assert left_to_do(harness) == []
        assert not harness.drift().drift
        (record,) = harness.state.records.values()
        assert set(record.recorded) == set(least)

    @for_samples_with("respelled")
    def test_formatting_is_no_change(self, harness: Harness, sample: Sample) -> None:
        """The same thing said in other words sends nothing."""
        respelled = by_name(sample.respelled)
        harness.declare(**{name: edited(sample.declared, other.given) for name, other in respelled.items()})
        harness.apply()
        harness.forget_requests()

        harness.declare(**{name: edited(sample.declared, x.given, x.to) for name, x in respelled.items()})

        assert left_to_do(harness) == []
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

        assert left_to_do(harness) == []

    @for_samples_with("outside")
    def test_an_outside_edit_is_drift_and_is_repaired(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Each is seen where it happened and nowhere else, and exactly the stated requests undo it."""
        outside = by_name(sample.outside)
        harness.declare(untouched=sample.declared, **dict.fromkeys(outside, sample.declared))
        harness.apply()
        ids = {name: harness.record_of(name) for name in outside}
        for name, edit in outside.items():
            edit.act(people, int(ids[name].id))
        harness.forget_requests()

        drift = {item.address.name: tuple(field.path for field in item.fields) for item in harness.drift().drift}
        assert drift == {name: edit.paths for name, edit in outside.items()}
        harness.apply()

        assert harness.writes == [
            w for name, edit in sorted(outside.items()) for w in self.stated(harness, edit.writes, ids[name])
        ]
        assert left_to_do(harness) == []
        assert harness.live == harness.desired

    def test_an_outside_edit_is_seen_by_a_look_at_what_has_changed(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Where the system tells what has changed, it tells of all but what is said to be `unseen`."""
        outside = by_name(sample.outside)
        harness.declare(untouched=sample.declared, **dict.fromkeys(outside, sample.declared))
        harness.apply()
        harness.drift()
        for name, edit in outside.items():
            edit.act(people, int(harness.id_of(name)))

        lately = {item.address.name: item for item in harness.drift(within=timedelta(days=1)).drift}
        complete = {item.address.name: item for item in harness.drift().drift}

        assert {**complete, **lately} == complete
        for name in complete.keys() - lately.keys():
            assert {path[0] for path in outside[name].paths} <= self.provider.unseen

    @for_samples_with("outside")
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
        assert left_to_do(harness) == []
        assert harness.live == harness.desired

    def test_what_is_not_ours_is_left_alone(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Cases that were never declared, and those that were released, stay as they are to the last byte."""
        harness, world = self.second_day(tmp_path, make_emulator)

        harness.apply()

        assert {id: world.people.case(id) for id in world.foreign} == world.foreign

    @for_samples_with("shared")
    def test_a_shared_set_keeps_what_others_added(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Somebody joins, we come and go, and they stay; under exact ownership they would have to leave."""
        assert sample.shared is not None
        shared, attribute = sample.shared, sample.shared.attribute
        owned = {**sample.declared, "ownership": {attribute: "shared"}}
        harness.declare(one={**owned, attribute: list(shared.first)})
        harness.apply()
        record = harness.record_of("one")
        shared.joined(people, int(record.id))
        assert left_to_do(harness) == []
        assert not harness.drift().drift
        harness.forget_requests()

        harness.declare(one={**owned, attribute: list(shared.then)})
        harness.apply()

        assert harness.writes == self.stated(harness, shared.writes, record)
        assert harness.live["one"][attribute] == frozenset({*shared.then, shared.theirs})
        assert left_to_do(harness) == []
        harness.declare(one={**sample.declared, attribute: list(shared.then)})
        (change,) = harness.plan().changes
        assert [(field.path, field.remove) for field in change.fields] == [
            ((attribute,), frozenset({shared.theirs}))
        ]

    def test_every_page_is_followed(self, harness: Harness, people: Emulated) -> None:
        """More cases than a page holds, others among them: each is read, and in far fewer requests than cases."""
        least = self.least(self.samples[0])
        names = [f"case-{number}" for number in range(self.beyond_a_page)]
        people.seed_case()
        harness.parallelism = 8
        harness.declare(**dict.fromkeys(names, least))
        harness.apply()
        people.seed_case()
        people.remove(int(harness.id_of(names[-1])))
        harness.forget_requests()

        assert [item.address.name for item in harness.drift().drift] == [names[-1]]
        assert len(harness.reads) < self.beyond_a_page * self.reads_a_case

    def test_a_plan_sends_only_gets(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """Planning and looking for drift leave the system and the state as they are."""
        harness, world = self.second_day(tmp_path, make_emulator)
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
        assert left_to_do(harness) == []
        assert people.case(int(ids["release"])) == released
        closing = self.provider.schema.closing
        assert harness.seen(ids["close"], frozenset(closing)) == closing
        with pytest.raises(KeyError):
            people.case(int(ids["delete"]))

    @for_samples_with("outside")
    def test_an_ignored_attribute_is_left_to_others(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Under ignore_changes it is set when the case is created, and then nobody's business."""
        outside = by_name(sample.outside)
        ignored = {name: sorted({path[0] for path in edit.paths}) for name, edit in outside.items()}
        harness.declare(
            **{name: {**sample.declared, "lifecycle": {"ignore_changes": ignored[name]}} for name in outside}
        )
        harness.apply()
        assert harness.live == harness.desired
        for name, edit in outside.items():
            edit.act(people, int(harness.id_of(name)))

        assert left_to_do(harness) == []
        assert not harness.drift().drift

    def test_an_import_adopts_without_a_write(self, tmp_path: Path, people: Any, sample: Sample) -> None:
        """A live case that is as declared is recorded as ours, here on purpose that of others; nothing is sent."""
        other = self.workspace(tmp_path / "other", people)
        other.declare(one=sample.declared)
        other.apply()
        id = other.id_of("one")
        before = people.case(int(id))
        harness = self.workspace(tmp_path / "workspace", people)
        harness.declare(adopted={**sample.declared, "import": {"id": id, "take_over": True}})
        harness.forget_requests()

        (change,) = harness.plan().changes
        harness.apply()

        assert (change.action, change.operations) == (Action.IMPORT, ())
        assert harness.writes == []
        assert people.case(int(id)) == before
        assert harness.id_of("adopted") == id
        assert left_to_do(harness) == []

    def test_a_plan_survives_being_saved(self, tmp_path: Path, make_emulator: Callable[[], Any]) -> None:
        """What is read back from the file sends what the same plan sends at once, and only once."""
        expected, _ = self.second_day(tmp_path / "at once", make_emulator)
        expected.apply()
        harness, world = self.second_day(tmp_path / "saved", make_emulator)
        plan = harness.plan()

        harness.apply_saved(plan)

        assert [(method, path) for method, path, _ in harness.writes] == [
            (method, path) for method, path, _ in expected.writes
        ]
        with pytest.raises(StalePlan):
            harness.apply_saved(plan)
        self.assert_converged(harness, world)

    @for_samples_with("edits")
    def test_a_conflicting_edit_is_skipped_and_said_and_the_others_are_applied(
        self, harness: Harness, people: Emulated, sample: Sample
    ) -> None:
        """Somebody changed what the plan would write: theirs stays, and only that case waits for a new plan."""
        contested = {name: edit for name, edit in by_name(sample.edits).items() if edit.rival}
        both = {f"{name}{end}": edit for name, edit in contested.items() for end in ("", "-alone")}
        before = {name: edited(sample.declared, edit.given) for name, edit in both.items()}
        harness.declare(kept=sample.declared, **before)
        harness.apply()
        after = {name: edited(before[name], edit.to) for name, edit in both.items()}
        harness.declare(kept=sample.declared, **after)
        plan = harness.plan()
        ids = {name: harness.record_of(name) for name in both}
        for name, edit in contested.items():
            assert edit.rival is not None
            edit.rival(people, int(ids[name].id))
        theirs = {name: people.case(int(ids[name].id)) for name in contested}
        harness.forget_requests()

        result = harness.apply_saved(plan, complete=False)

        ended = {outcome.address.name: outcome.status for outcome in result.outcomes}
        assert ended == {name: Status.CONFLICT if name in contested else Status.DONE for name in both}
        said = {outcome.address.name: outcome.message or "" for outcome in result.outcomes}
        for change in plan.changes:
            if change.address.name in contested:
                assert any(".".join(field.path) in said[change.address.name] for field in change.fields)
        alone = sorted(name for name in both if name not in contested)
        assert harness.writes == [w for name in alone for w in self.stated(harness, both[name].writes, ids[name])]
        assert {name: people.case(int(ids[name].id)) for name in contested} == theirs
        harness.apply()
        assert harness.live == harness.desired
        assert left_to_do(harness) == []
