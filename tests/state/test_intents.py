from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import StateError
from reconciler.state import Intent, LocalStore

from .support import creation, state, store_in

ADDITION = replace(
    creation(1),
    path="/v3/notes?fields=all",
    marker=None,
    seeks={"notes.first": ("17", "18"), "tasks.triage": (), "notes.a.b": ("",)},
    names={"tasks.triage": "lineage-1/soc.new/7/tasks.triage"},
)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def announced(store: LocalStore, intent: Intent) -> dict[str, Any]:
    """Announce an intent and return its line of the journal."""
    journal = store.begin(state())
    journal.intent(intent)
    journal.close()
    line: dict[str, Any] = json.loads(store.journal_path.read_text().splitlines()[-1])
    return line


def test_an_intent_remembers_how_the_items_that_it_makes_are_found_again(store: LocalStore) -> None:
    announced(store, ADDITION)

    assert store.open_intents() == (ADDITION,)


def test_an_intent_that_makes_no_items_is_written_without_them(store: LocalStore) -> None:
    line = announced(store, creation(1))

    assert not {"seeks", "names", "at"} & line.keys()
    assert store.open_intents() == (creation(1),)


def test_an_intent_remembers_when_it_was_announced(store: LocalStore) -> None:
    intent = replace(creation(1), at="2026-01-01T00:00:00.123456Z")

    line = announced(store, intent)

    assert line["at"] == "2026-01-01T00:00:00.123456Z"
    assert store.open_intents() == (intent,)


def test_a_journal_from_before_such_a_time_was_written_is_read(store: LocalStore) -> None:
    line = announced(store, replace(creation(1), at="2026-01-01T00:00:00Z"))
    header = store.journal_path.read_text().splitlines()[0]
    store.journal_path.write_text(f"{header}\n{json.dumps({key: line[key] for key in line if key != 'at'})}\n")

    assert store.open_intents() == (creation(1),)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("seeks", ["notes.first"], "intent.seeks: "),
        ("seeks", {"notes.first": "17"}, "intent.seeks.notes.first: "),
        ("seeks", {"notes.first": [17]}, "intent.seeks.notes.first.0: "),
        ("names", {"notes.first": None}, "intent.names.notes.first: "),
        ("at", 5, "intent.at: "),
    ],
)
def test_other_shapes_of_what_is_sought_are_damage(store: LocalStore, key: str, value: object, said: str) -> None:
    line = announced(store, ADDITION)
    header = store.journal_path.read_text().splitlines()[0]
    store.journal_path.write_text(f"{header}\n{json.dumps({**line, key: value})}\n")

    with pytest.raises(StateError) as caught:
        store.open_intents()
    assert f"line 2: {said}" in caught.value.message
