from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.reread import Now, Standing, is_done, pending, reread, standing
from reconciler.errors import Conflict
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.operation import Operation, Part, Repeat
from reconciler.model.values import ABSENT, Secret
from tests.engine.fakes import System
from tests.planning.worlds import LINEAGE, SCHEMA, address, record

AS_PLANNED, DONE, MOVED = Now.AS_PLANNED, Now.DONE, Now.MOVED
NAME = FieldChange(("name",), "A", "B")
TAGS = FieldChange(("tags",), frozenset("ab"), frozenset("bc"))
SHARED = FieldChange(("tags",), frozenset("abz"), frozenset("bcz"), shared=True)
NEW = FieldChange(("metadata", "k"), ABSENT, "1")
GONE = FieldChange(("metadata", "k"), "1", ABSENT)


def change(*fields: FieldChange, **more: Any) -> Change:
    operations = tuple(
        Operation("PUT", f"/cases/1/{number}", None, "set", fields=(field.path,))
        for number, field in enumerate(fields)
    )
    return Change(address("a"), "toy", Action.UPDATE, id="1", fields=fields, **{"operations": operations, **more})


def stands(it: Change, **live: Any) -> Any:
    read = reread(it, System({"1": live}).tenant)
    assert read is not None
    return standing(it, read, SCHEMA, LINEAGE)


@pytest.mark.parametrize(
    ("field", "live", "now"),
    [
        (NAME, {"name": "A"}, AS_PLANNED),
        (NAME, {"name": "B"}, DONE),
        (NAME, {"name": "C"}, MOVED),
        (NAME, {}, MOVED),
        (FieldChange(("name",), None, "B"), {}, AS_PLANNED),
        (FieldChange(("name",), ABSENT, "B"), {"name": None}, AS_PLANNED),
        (FieldChange(("description",), "x", ""), {"description": None}, DONE),
        (TAGS, {"tags": ["b", "a"]}, AS_PLANNED),
        (TAGS, {"tags": ["c", "b"]}, DONE),
        (TAGS, {"tags": ["a", "b", "z"]}, MOVED),
        (TAGS, {"tags": ["b"]}, MOVED),
        (SHARED, {"tags": ["a", "b", "z"]}, AS_PLANNED),
        (SHARED, {"tags": ["a", "y"]}, AS_PLANNED),
        (SHARED, {"tags": ["c", "y"]}, DONE),
        (SHARED, {"tags": ["z"]}, MOVED),
        (SHARED, {"tags": ["a", "c"]}, MOVED),
        (NEW, {"metadata": {}}, AS_PLANNED),
        (NEW, {}, AS_PLANNED),
        (NEW, {"metadata": {"k": "1", "z": "9"}}, DONE),
        (NEW, {"metadata": {"k": "2"}}, MOVED),
        (GONE, {"metadata": {"k": "1"}}, AS_PLANNED),
        (GONE, {"metadata": {"z": "9"}}, DONE),
        (GONE, {"metadata": {"k": "2"}}, MOVED),
    ],
)
def test_a_field_stands_as_planned_is_done_or_has_moved(
    field: FieldChange, live: dict[str, Any], now: Now
) -> None:
    found, _ = stands(change(field), **live)[field.path]

    assert found is now


def test_only_what_is_written_is_read_again() -> None:
    assert stands(change(NAME), name="A", tags=["z"]) == {("name",): (AS_PLANNED, "A")}


def test_requests_whose_fields_are_done_already_are_not_sent() -> None:
    it = change(NAME, NEW, TAGS)

    assert pending(it, stands(it, name="B", tags=["a", "b"]), SCHEMA) == it.operations[1:]
    assert pending(it, stands(it, name="B", tags=["b", "c"], metadata={"k": "1"}), SCHEMA) == ()


def test_requests_that_name_no_field_are_always_sent() -> None:
    it = change(NAME, operations=(Operation("PUT", "/cases/1", None, "move"),))

    assert pending(it, stands(it, name="B"), SCHEMA) == it.operations


def test_what_somebody_changed_is_a_conflict_that_names_it() -> None:
    it = change(NAME, TAGS, GONE)

    with pytest.raises(Conflict, match="nothing was sent") as caught:
        pending(it, stands(it, name="C", tags=["z", "y"], metadata={"k": "2"}), SCHEMA)

    assert str(caught.value).startswith("soc.a: name is 'C' now; tags is [y, z] now; metadata.k is '2' now")
    assert caught.value.hint == "plan again"


def test_a_case_that_is_gone_is_not_read() -> None:
    assert reread(change(NAME), System().tenant) is None


def test_a_request_that_must_not_be_repeated_is_not_done_by_halves() -> None:
    paths = (("metadata", "j"), ("metadata", "k"))
    operation = Operation("POST", "/m", None, "add 2", fields=paths, repeat=Repeat.LOOK)
    now: Standing = {("metadata", "j"): (DONE, "1"), ("metadata", "k"): (AS_PLANNED, None)}

    with pytest.raises(Conflict, match="add 2"):
        is_done(operation, now, SCHEMA)


# ------------------------------------------------------------------------------------ secrets

SECRET, OLD = (Secret(text).digest(LINEAGE) for text in ("hunter2", "old"))


@pytest.mark.parametrize(
    ("field", "recorded"),
    [
        (FieldChange(("name",), OLD, SECRET), {"name": SECRET}),
        (FieldChange(("name",), SECRET, "B"), {"name": "B"}),
        (FieldChange(("metadata", "k"), OLD, SECRET), {"metadata": {"k": SECRET}}),
        (FieldChange(("metadata", "k"), SECRET, "plain"), {"metadata": {"k": "plain"}}),
        (FieldChange(("metadata", "k"), SECRET, ABSENT), {"metadata": {}}),
        (FieldChange(("tags",), frozenset({SECRET}), frozenset({OLD})), {"tags": frozenset({OLD})}),
    ],
)
def test_secrets_are_compared_and_shown_as_digests(field: FieldChange, recorded: dict[str, Any]) -> None:
    it = change(field, record=record("a", "1", recorded))
    reveal = {SECRET: "hunter2", OLD: "old", "A": "A", "B": "B", "plain": "plain"}

    def live(value: Any, name: str = field.path[0]) -> dict[str, Any]:
        shown = [reveal[each] for each in value] if isinstance(value, frozenset) else reveal.get(value)
        return {name: {field.path[1]: shown} if field.path[1:] and shown else shown}

    assert stands(it, **live(field.before))[field.path][0] is AS_PLANNED
    if field.after is not ABSENT:
        assert stands(it, **live(field.after))[field.path][0] is DONE


def test_a_secret_that_has_moved_is_not_shown() -> None:
    it = change(FieldChange(("metadata", "k"), OLD, ABSENT), record=record("a", "1", {}))

    with pytest.raises(Conflict) as caught:
        pending(it, stands(it, metadata={"k": "hunter2"}), SCHEMA)

    assert "hunter2" not in str(caught.value)
    assert "metadata.k is a secret now" in str(caught.value)


SEVERAL = FieldChange(("tags",), frozenset("ab"), frozenset("bcd"))


@pytest.mark.parametrize(
    ("part", "live", "done"),
    [
        (Part(("tags",), add=frozenset("c")), "abc", True),
        (Part(("tags",), add=frozenset("cd")), "abc", False),
        (Part(("tags",), remove=frozenset("a")), "bc", True),
        (Part(("tags",), remove=frozenset("a")), "abcd", False),
        (Part(("tags",), add=frozenset("c"), remove=frozenset("a")), "c", True),
        (Part(("tags",), add=frozenset("c")), "", False),
        (Part(("tags",), remove=frozenset("a")), "", True),
    ],
)
def test_of_a_set_that_takes_several_requests_each_is_held_against_what_it_does(
    *, part: Part, live: str, done: bool
) -> None:
    operation = Operation("POST", "/cases/1/tags", None, "add", repeat=Repeat.LOOK, part=part)
    shown = {"tags": list(live)} if live else {}

    assert is_done(operation, stands(change(SEVERAL), **shown), SCHEMA) is done
