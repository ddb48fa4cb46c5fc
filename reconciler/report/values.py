"""
Values and their differences as lines: one arrow, members of sets, text as a line diff, items field by field.

    ~ priority: "low" → "high"
    ~ assignee: user jane@acme.example → group SOC Team
    + notes.first
        + text: "Called the bank"
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final, TypeGuard

from reconciler.model.change import is_absent
from reconciler.model.values import Digest, Entry, Path, Ref, Template, Value, to_json
from reconciler.report.hostile import inline, quoted
from reconciler.report.lines import Line, Span, Style, line

VALUE_WIDTH: Final = 400
"""Characters of one value that are shown."""
DIFF_LINES: Final = 80
"""Lines of one text's diff, members of one set, and fields of one item, that are shown."""
DIFF_INPUT: Final = 1000
"""A text of more lines is not compared line by line: difflib's time grows with the square."""
CONTEXT: Final = 2
"""Unchanged lines around a changed one."""

_WORD: Final = re.compile(r"[\w.@:/-]+")
"""A member of a set that needs no quotes."""
_PHRASE: Final = re.compile(r"[\w.@:/-]+(?: [\w.@:/-]+)*")
"""A name that needs no quotes where another word says what it is: `group SOC Team`."""
_ITEM: Final = 2
"""The length of an item's path: attribute and key."""
_SIGN_STYLES: Final = {"+": Style.ADD, "-": Style.REMOVE, "~": Style.CHANGE}


def sign_style(sign: str) -> Style:
    """Return the style of `+`, `-` and `~`; anything else is quiet."""
    return _SIGN_STYLES.get(sign, Style.QUIET)


def compact(value: Value) -> str:
    """Return a value as JSON on one line, as it is sent."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def shown(value: Value) -> str:
    """Return a value as a reader would write it, cut to a line."""
    match value:
        case Ref():
            return f"(known after apply: {inline(value.text, VALUE_WIDTH)})"
        case Template():
            return f'(known after apply: "{inline(value.text, VALUE_WIDTH)}")'
        case Digest():
            return "(secret)"
        case str():
            return f'"{quoted(value, VALUE_WIDTH)}"'
        case Entry(key, _):
            return _name(key)
        case Mapping() if len(value) == 1:
            return _named_value(*next(iter(value.items())))
        case _:
            return inline(compact(value), VALUE_WIDTH)


def _named_value(name: str, value: Value) -> str:
    """Return an object that says in one word what its value is: `user jane@acme.example`."""
    match value:
        case str() if _WORD.fullmatch(name):
            return f"{name} {_name(value)}"
        case Ref() | Template() | Digest() if _WORD.fullmatch(name):
            return f"{name} {shown(value)}"
        case _:
            return inline(compact({name: value}), VALUE_WIDTH)


def _name(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH and _PHRASE.fullmatch(text) else shown(text)


def member(value: Value) -> str:
    """Return a member of a set; a plain word stands without quotes."""
    if isinstance(value, str) and len(value) <= VALUE_WIDTH and _WORD.fullmatch(value):
        return value
    return shown(value)


def dotted(path: Path) -> str:
    """Return a path as it is shown: `metadata.region`."""
    return ".".join(path)


def difference(path: Path, before: Value, after: Value, *, margin: str, note: str = "") -> Iterator[Line]:
    """Yield how one value becomes another, each line after `margin`; `note` stands behind the first."""
    name, tail = Span(dotted(path)), Span(f"  ({note})" if note else "", Style.QUIET)
    sign = "+" if is_absent(before) else "-" if is_absent(after) else "~"
    head = (margin, Span(f"{sign} ", sign_style(sign)), name)
    if isinstance(before, AbstractSet) or isinstance(after, AbstractSet):
        yield line(*head, "" if before or after else ": none", tail)
        yield from _members(before, after, f"{margin}    ")
    elif _is_item(path, before, after):
        yield line(*head, tail)
        yield from _item(before, after, f"{margin}    ")
    elif is_long(before) or is_long(after):
        yield line(*head, tail)
        yield from _text(before, after, f"{margin}    ")
    else:
        yield line(*head, ": ", _arrow(before, after), tail)


def _arrow(before: Value, after: Value) -> str:
    if is_absent(before):
        return shown(after)
    return shown(before) if is_absent(after) else f"{shown(before)} → {shown(after)}"


def _is_item(path: Path, before: Value, after: Value) -> bool:
    """Tell whether an item comes or goes; where one stays, each of its fields has a path of its own."""
    one, other = isinstance(before, Mapping), isinstance(after, Mapping)
    return len(path) == _ITEM and ((one and is_absent(after)) or (other and is_absent(before)))


def _item(before: Value, after: Value, margin: str) -> Iterator[Line]:
    """Yield the fields of an item that comes or goes; an empty one says nothing."""
    old, new = before or {}, after or {}
    names = sorted(name for name, value in {**old, **new}.items() if not is_absent(value))
    for name in names[:DIFF_LINES]:
        yield from difference((name,), old.get(name), new.get(name), margin=margin)
    if len(names) > DIFF_LINES:
        yield line(margin, Span(f"… (+{len(names) - DIFF_LINES} fields)", Style.QUIET))


def _members(before: Value, after: Value, margin: str) -> Iterator[Line]:
    old, new = _as_set(before), _as_set(after)
    signed = [("+", text) for text in sorted(map(member, new - old))]
    signed += [("-", text) for text in sorted(map(member, old - new))]
    lines = (line(margin, Span(f"{sign} {text}", sign_style(sign))) for sign, text in signed)
    yield from _limited(lines, len(signed), margin)


def _as_set(value: Value) -> frozenset[Value]:
    return frozenset(value) if isinstance(value, AbstractSet) else frozenset()


def is_long(value: Value) -> TypeGuard[str]:
    """Tell whether a value is a text of several lines."""
    return isinstance(value, str) and "\n" in value


def _text(before: Value, after: Value, margin: str) -> Iterator[Line]:
    """Yield a diff of two texts behind a gutter, so that no line begins with text of others."""
    old, new = _lines_of(before), _lines_of(after)
    if max(len(old), len(new)) > DIFF_INPUT:
        yield line(margin, Span(f"({len(old)} lines become {len(new)} lines)", Style.QUIET))
        return
    diff = list(_diff(old, new))
    lines = (line(margin, Span("│ ", Style.QUIET), Span(text, sign_style(text[:1]))) for text in diff)
    yield from _limited(lines, len(diff), margin)


def _lines_of(value: Value) -> Sequence[str]:
    """Return the lines of a text; what is no text (a reference, a secret) is one line as it is shown."""
    if is_absent(value):
        return ()
    return value.split("\n") if isinstance(value, str) else (shown(value),)


def _diff(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield `+ line`, `- line`, `  line`, and `…` where unchanged lines are left out."""
    for number, group in enumerate(difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT)):
        if number:
            yield "…"
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                yield from _prefixed("  ", old[start:end])
            else:
                yield from _prefixed("- ", old[start:end])
                yield from _prefixed("+ ", new[new_start:new_end])


def _prefixed(prefix: str, lines: Iterable[str]) -> Iterator[str]:
    return (prefix + inline(text, VALUE_WIDTH) for text in lines)


def _limited(lines: Iterator[Line], count: int, margin: str) -> Iterator[Line]:
    yield from islice(lines, DIFF_LINES)
    if count > DIFF_LINES:
        yield line(margin, Span(f"… (+{count - DIFF_LINES} lines)", Style.QUIET))
