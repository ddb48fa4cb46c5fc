"""Values put into the text of a file, with nothing around them moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.config.expressions import as_text
from reconciler.config.marked import Collection, Entry, Scalar
from reconciler.config.scalars import is_plain, literal, may_be_plain, quoted, text_of
from reconciler.model.values import ABSENT, Value
from reconciler.model.values import Entry as Member


def inline(value: Value, *, flow: bool) -> str:
    """Return a value in one line."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return text_of(as_text(value), flow=flow)
        case Member(_, fields):
            return inline(fields, flow=True)
        case Mapping():
            parts = (
                f"{text_of(key, flow=True)}: {inline(item, flow=True)}"
                for key, item in value.items()
                if item is not None and item is not ABSENT
            )
            return f"{{{', '.join(parts)}}}"
        case _:
            return f"[{', '.join(sorted(inline(item, flow=True) for item in value))}]"


def as_it_was(text: str, old: Scalar, *, flow: bool) -> str:
    """Return a text with quotes if the old one had some; a time without, if the old one had none."""
    if old.style == '"' or "\n" in text:
        return quoted(text)
    is_alike = old.style == "" and not is_plain(old.value, flow=flow) and may_be_plain(old.value, flow=flow)
    return text if is_alike and may_be_plain(text, flow=flow) else text_of(text, flow=flow)


def _bounds(text: str, entry: Entry) -> tuple[int, int]:
    """Return where a value stands, without the empty lines after it; where there is none, behind the colon."""
    start, end = entry.value.span.start, entry.value.span.end
    end = start + len(text[start:end].rstrip())
    if entry.key is not None and (start == end or (isinstance(entry.value, Collection) and not entry.value.flow)):
        start = text.index(":", entry.key.span.end) + 1
    return start, max(start, end)


def put(text: str, entry: Entry, value: str) -> str:
    """Return the text with another value of one line."""
    start, end = _bounds(text, entry)
    comment = ""
    if isinstance(entry.value, Scalar) and entry.value.style in {"|", ">"} and entry.behind is not None:
        comment = f"  {entry.behind.text}"
    space = " " if text[start - 1] == ":" else ""
    return f"{text[:start]}{space}{value}{comment}{text[end:]}"


def put_lines(text: str, block: Collection, entry: Entry, value: str) -> str:
    """Return the text with another value of several lines."""
    found = literal(value)
    if found is None or "+" in found[0]:
        return put(text, entry, quoted(value))
    head, lines = found
    pad = " " * (block.span.column + 2)
    body = "".join(f"\n{pad}{line}" if line else "\n" for line in lines)
    start, end = _bounds(text, entry)
    space = " " if text[start - 1] == ":" else ""
    if isinstance(entry.value, Scalar) and entry.value.style in {"|", ">"}:
        comment = f" {entry.behind.text}" if entry.behind is not None else ""
        return f"{text[:start]}{space}{head}{comment}{body}{text[end:]}"
    line_end = text.index("\n", end)
    return f"{text[:start]}{space}{head}{text[end:line_end]}{body}{text[line_end:]}"


def put_members(text: str, old: Collection, kept: Sequence[Entry], added: Sequence[str]) -> str:
    """Return the text with lines of a list taken away and added behind the last one."""
    pad = " " * old.span.column
    last = _line_end(text, old.entries[-1])
    text = f"{text[:last]}{''.join(f'{pad}- {each}{chr(10)}' for each in added)}{text[last:]}"
    for entry in reversed(old.entries):
        if entry not in kept:
            text = f"{text[: text.rfind(chr(10), 0, entry.start.start) + 1]}{text[_line_end(text, entry) :]}"
    return text


def _line_end(text: str, entry: Entry) -> int:
    """Return where the line after an entry begins."""
    start, end = entry.value.span.start, entry.value.span.end
    return text.index("\n", start + len(text[start:end].rstrip())) + 1


def without(text: str, holder: Entry, block: Collection, entry: Entry) -> str:
    """Return the text without a key; an empty mapping is left where it was the only one."""
    others = [each for each in block.entries if each is not entry]
    if block.flow or not others:
        parts = [text[each.start.start : each.value.span.end].strip() for each in others]
        return put(text, holder, f"{{{', '.join(parts)}}}")
    return f"{text[: text.rfind(chr(10), 0, entry.start.start) + 1]}{text[_line_end(text, entry) :]}"
