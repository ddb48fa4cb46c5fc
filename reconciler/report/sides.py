"""
How one value becomes another, as lines that stand side by side.

"low"           "high"
- triage        + q4               sets: members that go, members that come
the same        the same           texts of several lines, cut to what differs
- old line      + new line
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import zip_longest
from typing import Final, NamedTuple, TypeAlias

from reconciler.model.change import is_absent
from reconciler.model.values import Value
from reconciler.report.values import CONTEXT, DIFF_INPUT, DIFF_LINES, is_long, member, shown


class Side(NamedTuple):
    """One line on one side."""

    text: str | None
    """None where the other side alone has a line."""
    kind: str = ""
    """`del` or `ins`; empty where both sides are the same."""


Pair: TypeAlias = tuple[Side, Side]
"""Before, after."""

NOTHING: Final = Side(None)
_REST: Final = "…"


def side_by_side(before: Value, after: Value) -> Iterator[Pair]:
    """Yield the lines of both values; at most `DIFF_LINES` of them."""
    for number, pair in enumerate(_pairs(before, after)):
        if number == DIFF_LINES:
            yield Side(_REST), Side(_REST)
            return
        yield pair


def _pairs(before: Value, after: Value) -> Iterator[Pair]:
    if isinstance(before, AbstractSet) or isinstance(after, AbstractSet):
        old, new = (value if isinstance(value, AbstractSet) else frozenset() for value in (before, after))
        return _beside(sorted(map(member, old - new)), sorted(map(member, new - old)))
    if is_long(before) or is_long(after):
        return _texts(_lines(before), _lines(after))
    return _beside(_lines(before), _lines(after))


def _lines(value: Value) -> Sequence[str]:
    """Return a value as lines: of a text its own, of an item one a field."""
    if is_absent(value):
        return ()
    if isinstance(value, Mapping):
        return [f"{name}: {shown(part)}" for name, part in sorted(value.items()) if not is_absent(part)]
    return value.split("\n") if is_long(value) else (shown(value),)


def _beside(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    for left, right in zip_longest(old, new):
        yield (
            NOTHING if left is None else Side(left, "del"),
            NOTHING if right is None else Side(right, "ins"),
        )


def _texts(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    """Yield two texts with what is the same side by side, cut to a few lines around what differs."""
    if max(len(old), len(new)) > DIFF_INPUT:
        yield Side(f"({len(old)} lines)", "del"), Side(f"({len(new)} lines)", "ins")
        return
    for number, group in enumerate(difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)):
        if number:
            yield Side(_REST), Side(_REST)
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from ((Side(text), Side(text)) for text in old[start:end])
            else:
                yield from _beside(old[start:end], new[new_start:new_end])
