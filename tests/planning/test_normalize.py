from __future__ import annotations

import pytest

from reconciler.model.values import Digest, Ref, Secret, Template, Value
from reconciler.planning.normalize import fill, seal, seal_like
from tests.planning.worlds import LINEAGE

KNOWN = {"a": {"id": "42", "url": "https://t/42", "people": ["x"]}, "b": {}}
A, B = Ref("a", "id"), Ref("b", "id")
SECRET = Secret("hunter2")
SEALED = SECRET.digest(LINEAGE)
OTHER = Secret("other").digest(LINEAGE)


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        (A, "42"),
        (B, B),
        (Ref("never", "id"), Ref("never", "id")),
        (Ref("a", "people"), ["x"]),
        (Template(("see ", Ref("a", "url"), "!")), "see https://t/42!"),
        (Template((A, "/", B)), Template(("42/", B))),
        (Template(("x", A, B)), Template(("x42", B))),
        ({"k": A, "l": [B, A]}, {"k": "42", "l": [B, "42"]}),
        (frozenset({A, "43"}), frozenset({"42", "43"})),
        ("plain ${cases.a.id}", "plain ${cases.a.id}"),
        (SECRET, SECRET),
    ],
)
def test_known_references_are_filled_in(value: Value, filled: Value) -> None:
    assert fill(value, KNOWN) == filled


def test_every_secret_becomes_a_digest() -> None:
    sealed = seal({"name": SECRET, "tags": frozenset({SECRET, "x"}), "metadata": {"k": SECRET, "l": "y"}}, LINEAGE)

    assert sealed == {"name": SEALED, "tags": {SEALED, "x"}, "metadata": {"k": SEALED, "l": "y"}}
    assert "hunter2" not in repr(sealed)


@pytest.mark.parametrize(
    ("live", "pattern", "sealed"),
    [
        ("hunter2", SEALED, SEALED),
        ("other", SEALED, OTHER),
        ("hunter2", "plain", "hunter2"),
        (None, SEALED, None),
        ({"k": "hunter2", "z": "hunter2"}, {"k": SEALED}, {"k": SEALED, "z": "hunter2"}),
        ({"k": "other"}, {"k": SEALED, "l": "x"}, {"k": OTHER}),
        (frozenset({"hunter2", "x"}), frozenset({SEALED, "y"}), frozenset({SEALED, "x"})),
        ("text", {"k": SEALED}, "text"),
        ("\ud800", SEALED, Secret("\ud800").digest(LINEAGE)),
    ],
)
def test_a_live_value_is_hidden_where_a_secret_is_declared_or_recorded(
    live: Value, pattern: Value, sealed: Value
) -> None:
    for patterns in ({"it": pattern}, {}), ({}, {"it": pattern}), ({"it": pattern}, {"it": pattern}):
        assert seal_like({"it": live, "more": "x"}, patterns, LINEAGE) == {"it": sealed, "more": "x"}


def test_both_patterns_hide_their_keys() -> None:
    live = {"metadata": {"old": "hunter2", "new": "hunter2", "plain": "hunter2"}}
    patterns = ({"metadata": {"new": SEALED}}, {"metadata": {"old": Digest("sha256:" + "0" * 64)}})

    assert seal_like(live, patterns, LINEAGE) == {
        "metadata": {"old": SEALED, "new": SEALED, "plain": "hunter2"},
    }
