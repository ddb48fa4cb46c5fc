from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import LockHeld, StateError
from reconciler.model.address import Address
from reconciler.model.move import System
from reconciler.model.record import State
from reconciler.state import LocalStore, decode, encode
from reconciler.state.edit import Edited, Editor

from .support import SCHEMAS, creation, record, state, store_in

SYSTEMS = {
    "soc": System("tines", "https://acme.tines.com"),
    "same": System("tines", "https://acme.tines.com"),
    "other": System("tines", "https://other.tines.com"),
    "intel": System("threatconnect", "https://acme.threatconnect.com"),
}


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


@pytest.fixture
def editor(store: LocalStore) -> Editor:
    return Editor(store, SYSTEMS, SCHEMAS, 0)


def saved(store: LocalStore, *names: str) -> State:
    made = state(*(record(name, number) for number, name in enumerate(names, start=1)))
    store.save(made)
    return made


def kept(store: LocalStore) -> State:
    read = store.read()
    assert read is not None
    return read


def test_a_move_keeps_all_but_the_address_and_those_that_come_after_it_follow(
    editor: Editor, store: LocalStore
) -> None:
    a = record("a", 1)
    b = replace(record("b", 2), depends_on=(a.address, Address("soc", "x")))
    store.save(state(a, b))

    edited = editor.move("soc.a", "soc.c")

    c = Address("soc", "c")
    assert kept(store).records == {
        c: replace(a, address=c),
        b.address: replace(b, depends_on=(c, Address("soc", "x"))),
    }
    assert (edited.state, edited.records, kept(store).serial) == (kept(store), (a,), 8)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("other.a", "soc.a cannot become other.a: other is another system, at https://other.tines.com"),
        ("intel.a", "soc.a cannot become intel.a: it is a case of tines, and intel is threatconnect"),
        ("none.a", "soc.a cannot become none.a: there is no provider 'none' in reconciler.yaml"),
        ("soc.a", "soc.a is recorded already, as case 1"),
    ],
)
def test_a_case_does_not_move_to_another_system(editor: Editor, store: LocalStore, to: str, said: str) -> None:
    before = saved(store, "a")

    with pytest.raises(StateError) as caught:
        editor.move("soc.a", to)

    assert caught.value.message == said
    assert kept(store) == before


@pytest.mark.parametrize("gone", [False, True])
def test_a_case_moves_to_another_instance_of_the_same_system(store: LocalStore, gone: bool) -> None:  # noqa: FBT001 - pytest's way
    """That an instance was given another name is the usual reason: then the old one is there no more."""
    systems = {name: system for name, system in SYSTEMS.items() if not (gone and name == "soc")}
    saved(store, "a")

    Editor(store, systems, SCHEMAS, 0).move("soc.a", "same.a")

    assert list(kept(store).records) == [Address("same", "a")]


def test_an_instance_that_is_gone_was_another_system(store: LocalStore) -> None:
    saved(store, "a")

    with pytest.raises(StateError, match="other is another system"):
        Editor(store, {"other": SYSTEMS["other"]}, SCHEMAS, 0).move("soc.a", "other.a")


def test_nothing_is_forgotten_unless_all_of_it_is_recorded(editor: Editor, store: LocalStore) -> None:
    before = saved(store, "a", "b")

    with pytest.raises(StateError, match=r"soc\.bb is not recorded") as caught:
        editor.remove(["soc.a", "soc.bb"])

    assert caught.value.hint == "the nearest is soc.b"
    assert kept(store) == before


def test_the_backup_is_what_was_recorded_before(editor: Editor, store: LocalStore) -> None:
    before = saved(store, "a", "b")

    editor.remove(["soc.a", "soc.a"])

    assert store.backup_path.read_bytes() == encode(before)
    assert list(kept(store).records) == [Address("soc", "b")]


def test_what_a_killed_apply_has_done_is_in_the_backup_too(editor: Editor, store: LocalStore) -> None:
    journal = store.begin(state())
    journal.intent(creation(1))
    journal.done(creation(1), record("new"))
    journal.close()
    before = kept(store)
    assert store.pull() == encode(before)

    editor.remove(["soc.new"])

    assert store.backup_path.read_bytes() == encode(before)
    assert (kept(store).records, kept(store).serial) == ({}, before.serial + 1)
    assert not store.journal_path.exists()


def test_nothing_is_changed_while_a_request_is_open(editor: Editor, store: LocalStore) -> None:
    journal = store.begin(state(record("a")))
    journal.intent(creation(1))
    journal.close()
    content, lines = store.path.read_bytes(), store.journal_path.read_bytes()

    acts: list[Callable[[], Edited]] = [
        lambda: editor.move("soc.a", "soc.b"),
        lambda: editor.remove(["soc.a"]),
        lambda: editor.push(encode(state(serial=99)), source="mine.json", force=True),
    ]
    for act in acts:
        with pytest.raises(StateError, match=r"an apply was interrupted.*\(soc\.new\)") as caught:
            act()
        assert "reconciler apply" in str(caught.value.hint)

    assert (store.path.read_bytes(), store.journal_path.read_bytes()) == (content, lines)


def test_nothing_is_changed_while_somebody_applies(editor: Editor, store: LocalStore, tmp_path: Path) -> None:
    before = saved(store, "a")

    with store_in(tmp_path).lock(operation="apply", timeout=0), pytest.raises(LockHeld, match="for apply"):
        editor.remove(["soc.a"])

    assert kept(store) == before


# ------------------------------------------------------------------------------------------------- pushing


def test_what_was_pulled_is_pushed_to_the_next_serial(editor: Editor, store: LocalStore) -> None:
    saved(store, "a", "b")
    pulled = store.pull()
    assert pulled == store.path.read_bytes()
    changed = replace(decode(pulled, SCHEMAS, source=""), records={})

    edited = editor.push(encode(changed), source="mine.json", force=False)

    assert kept(store) == edited.state == replace(changed, serial=8)
    assert edited.overridden == ()


def test_a_state_is_pushed_where_there_is_none(editor: Editor, store: LocalStore) -> None:
    assert store.pull() is None

    editor.push(encode(state(record("a"), serial=3)), source="mine.json", force=False)

    assert kept(store) == state(record("a"), serial=4)


@pytest.mark.parametrize(
    ("pushed", "said"),
    [
        (state(serial=6), "it is older (serial 6) than what is recorded (serial 7)"),
        (
            state(serial=9, lineage="lineage-2"),
            "it is of another history (lineage lineage-2, recorded is lineage-1)",
        ),
    ],
)
def test_force_overrides_what_forbids_a_push_and_names_it(
    editor: Editor, store: LocalStore, pushed: State, said: str
) -> None:
    before = saved(store, "a")
    with pytest.raises(StateError) as caught:
        editor.push(encode(pushed), source="mine.json", force=False)
    assert caught.value.message == f"mine.json is not pushed: {said}"
    assert kept(store) == before

    edited = editor.push(encode(pushed), source="mine.json", force=True)

    assert edited.overridden == (said,)
    assert kept(store) == replace(pushed, serial=max(pushed.serial, 7) + 1)
    assert store.backup_path.read_bytes() == encode(before)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "mine.json:1:2 is not valid JSON"),
        (b'{"version": 2}', "written by a newer reconciler"),
        (encode(state()).replace(b'"serial": 7', b'"serial": -1'), "serial: Input should be greater"),
        (encode(state(record("a", 1), record("b", 1))), "soc.a and soc.b are one case, 1"),
        (encode(state(replace(record("a"), id=""))), "soc.a: '' is no id of a case"),
        (encode(state(replace(record("a"), id="../1"))), "soc.a: '../1' is no id of a case"),
        (
            encode(state(replace(record("a"), handles={"notes.a": "7", "notes.b": "7", "tasks.c": "7"}))),
            "mine.json is not pushed:\nsoc.a: `notes.a` and `notes.b` are one item, 7",
        ),
        (
            encode(state(replace(record("a"), handles={"groups.x": "a / b", "notes.a": "7", "notes.b": "../9"}))),
            "mine.json is not pushed:\nsoc.a: '../9' is no id of `notes.b`",
        ),
        (encode(state(record("a"))).replace(b"soc", b"sco"), "there is no provider 'sco' in reconciler.yaml"),
        (encode(state(record("a"))).replace(b"soc", b"intel"), "a case of tines, and intel is threatconnect"),
    ],
)
def test_what_is_no_state_of_this_workspace_is_not_pushed_by_force_either(
    editor: Editor, store: LocalStore, content: bytes, said: str
) -> None:
    before = saved(store, "z")

    with pytest.raises(StateError) as caught:
        editor.push(content, source="mine.json", force=True)

    assert said in caught.value.message
    assert kept(store) == before
