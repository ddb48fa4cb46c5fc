"""Cases under other addresses, imports and the state by hand, around an apply that was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ConfigError, PlanRefused, StalePlan, StateError
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.planning.adopting import Import
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.testing.harness import Harness, as_yaml
from reconciler.testing.transports import Crash, dies

WAVE = {"name": "Wave", "tags": ["q4"]}
CHANGED = {"name": "Wave", "tags": ["q4", "vip"]}


@pytest.fixture
def tenant() -> TinesEmulator:
    return TinesEmulator()


@pytest.fixture
def harness(tmp_path: Path, tenant: TinesEmulator) -> Harness:
    settings = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TOKEN}", "team_id": 2}
    return Harness(tmp_path, tenant, settings=settings, env={"TOKEN": DEFAULT_TOKEN})


def move(harness: Harness, **names: str) -> None:
    moved = [{"from": f"soc.{old}", "to": f"soc.{new}"} for old, new in names.items()]
    harness.write(as_yaml({"moved": moved}), file="cases/moves.yaml")


def recorded(harness: Harness) -> dict[str, str]:
    return {address.name: record.id for address, record in harness.state.records.items()}


def crash(harness: Harness, at: int, *, executed: bool) -> None:
    with pytest.raises(Crash):
        harness.apply(fate=dies(at, executed=executed))


@pytest.mark.parametrize("executed", [False, True])
def test_a_run_that_dies_in_a_change_of_a_moved_case_knows_it_by_its_new_address_only(
    harness: Harness,
    tenant: TinesEmulator,
    executed: bool,  # noqa: FBT001 - pytest's way
) -> None:
    harness.declare(a=WAVE)
    harness.apply()
    harness.declare(b=CHANGED)
    move(harness, a="b")

    crash(harness, 1, executed=executed)

    assert recorded(harness) == {"b": "1"}
    harness.apply()
    assert recorded(harness) == {"b": "1"}
    assert harness.plan().is_empty
    assert len(tenant.cases()) == 1


def test_a_create_whose_run_died_is_found_by_its_old_name_and_goes_under_the_new_one(
    harness: Harness, tenant: TinesEmulator
) -> None:
    harness.declare(a=WAVE)
    crash(harness, 1, executed=True)
    harness.declare(b=WAVE)
    move(harness, a="b")

    (change,) = harness.plan().changes
    harness.apply()

    assert (change.action, change.moved_from, change.id) == (Action.NO_OP, Address("soc", "a"), "1")
    assert recorded(harness) == {"b": "1"}
    assert len(tenant.cases()) == 1


def test_an_older_state_and_the_journal_of_a_moved_case_are_one_case(harness: Harness) -> None:
    harness.declare(a=WAVE)
    harness.apply()
    state = harness.root / "state/proof.json"
    before = state.read_bytes()
    harness.declare(b={**CHANGED, "metadata": {"k": "v"}})
    move(harness, a="b")
    crash(harness, 2, executed=True)
    state.write_bytes(before)
    assert recorded(harness) == {"a": "1", "b": "1"}

    harness.apply()

    assert recorded(harness) == {"b": "1"}
    assert harness.plan().is_empty


def test_a_saved_plan_of_a_move_holds_after_somebody_has_made_the_move_by_hand(harness: Harness) -> None:
    harness.declare(a=WAVE, x={"name": "X", "depends_on": ["a"]})
    harness.apply()
    harness.declare(b=CHANGED, x={"name": "X", "depends_on": ["b"]})
    move(harness, a="b")
    plan = harness.plan()
    harness.workspace().editor.move("soc.a", "soc.b")

    harness.apply_saved(plan)

    assert harness.plan().is_empty
    assert recorded(harness) == {"b": "1", "x": "2"}


def test_a_saved_plan_of_a_move_is_stale_when_the_case_has_been_applied_since(harness: Harness) -> None:
    harness.declare(a=WAVE)
    harness.apply()
    harness.declare(b=WAVE)
    move(harness, a="b")
    plan = harness.plan()
    harness.apply()

    with pytest.raises(StalePlan, match=r"soc\.b has been applied since"):
        harness.apply_saved(plan)


def test_an_instance_that_gets_another_name_keeps_its_cases(harness: Harness) -> None:
    harness.declare(a=WAVE)
    harness.apply()
    harness.instance = "security"
    harness.configure()
    harness.declare(a=WAVE)
    harness.write(as_yaml({"moved": [{"from": "soc.a", "to": "security.a"}]}), file="cases/moves.yaml")
    harness.forget_requests()

    harness.apply()

    assert harness.writes == []
    assert list(harness.state.records) == [Address("security", "a")]
    assert harness.plan().is_empty


def test_drift_is_told_under_the_new_address_and_a_waiver_follows(harness: Harness, tenant: TinesEmulator) -> None:
    harness.declare(a=WAVE, b=WAVE)
    harness.apply()
    for id in (1, 2):
        tenant.edit(id, name="Changed")
    harness.declare(c=WAVE, b=WAVE)
    move(harness, a="c")
    waiver = {"address": "soc.a", "field": "name", "reason": "so be it", "owner": "ana", "until": "9999-12-31"}
    (harness.root / "waivers.yaml").write_text(as_yaml([waiver]))

    report = harness.drift()

    assert [str(item.address) for item in report.drift] == ["soc.b"]
    assert [str(item.address) for item in report.waived] == ["soc.c"]
    assert report.warnings == ()


# ------------------------------------------------------------------------------- interrupted, and by hand


def test_by_hand_nothing_is_done_until_an_interrupted_apply_is_settled(harness: Harness) -> None:
    harness.declare(a=WAVE)
    crash(harness, 1, executed=True)

    with pytest.raises(StateError, match="an apply was interrupted"):
        harness.workspace().editor.remove(["soc.a"])
    assert harness.workspace().apply(confirm=lambda _: False) is None
    harness.workspace().editor.remove(["soc.a"])

    assert harness.state.records == {}


def test_an_import_settles_what_an_interrupted_apply_has_left(harness: Harness, tenant: TinesEmulator) -> None:
    theirs = tenant.seed_case(name="Theirs")
    harness.declare(a=WAVE, b={"name": "Theirs"})
    crash(harness, 1, executed=True)

    harness.workspace().adopt([Import("soc.b", str(theirs))])

    assert recorded(harness) == {"a": "2", "b": "1"}
    assert harness.open_intents == ()
    assert harness.plan().is_empty


def test_a_case_is_not_imported_where_another_one_moves_to(harness: Harness, tenant: TinesEmulator) -> None:
    harness.declare(a=WAVE)
    harness.apply()
    other = tenant.seed_case(name="Wave")
    harness.declare(b=WAVE)
    move(harness, a="b")

    with pytest.raises(PlanRefused, match=r"soc\.b is recorded already, as case 1"):
        harness.workspace().adopt([Import("soc.b", str(other))])


@pytest.mark.parametrize("import_", [{"id": "1"}, {"find": {"name": "Theirs"}}])
def test_what_is_marked_is_taken_over_on_purpose_only(
    harness: Harness, tenant: TinesEmulator, import_: dict[str, Any]
) -> None:
    tenant.seed_case(name="Theirs", metadata={"reconciler": "2f6c1a1e-0000-4000-8000-000000000001/intel.theirs/7"})
    harness.declare(a={"name": "Theirs", "import": import_})
    with pytest.raises(ConfigError, match="is managed by another workspace"):
        harness.plan()

    harness.declare(a={"name": "Theirs", "import": {**import_, "take_over": True}})
    harness.apply()

    assert recorded(harness) == {"a": "1"}
    assert harness.plan().is_empty


def test_a_case_must_be_named_in_one_way(harness: Harness) -> None:
    for import_ in ({"take_over": True}, {"id": "1", "find": {"name": "x"}}):
        harness.declare(a={"name": "A", "import": import_})
        with pytest.raises(ConfigError, match="must say which case it is"):
            harness.plan()
