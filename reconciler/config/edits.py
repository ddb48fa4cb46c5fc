"""Values put into the text of a file, with nothing around them moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.config.expressions import as_text
from reconciler.config.marked import Collection, Comment, Entry, Piece, Scalar, all_comments
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


def like_the_others(text: str, others: Sequence[Entry]) -> str:
    """Return a text for a list whose members all have quotes, or are all numbers, as they are written."""
    olds = [each.value for each in others if isinstance(each.value, Scalar)]
    if olds and all(old.style == '"' for old in olds):
        return quoted(as_text(text))
    are_numbers = bool(olds) and all(old.style == "" and old.value.isdecimal() for old in olds)
    return text if are_numbers and text.isdecimal() else inline(text, flow=True)


def _end(text: str, piece: Piece) -> int:
    """Return where something ends, without the empty lines and the comments after it."""
    if isinstance(piece, Collection) and not piece.flow and piece.entries:
        return _end(text, piece.entries[-1].value)
    return piece.span.start + len(text[piece.span.start : piece.span.end].rstrip())


def _without_lines(
    text: str,
    bounds: tuple[int, int],
    column: int,
    comments: Iterable[Comment],
    instead: Sequence[str] = (),
) -> str:
    """Return the text with other lines instead of some; their comments stay, on lines of their own."""
    first, last = text.rfind("\n", 0, bounds[0]) + 1, text.index("\n", bounds[1]) + 1
    kept = (comment.text for comment in comments if first <= comment.index < last)
    made = "".join(f"{' ' * column}{line}\n" for line in (*kept, *instead))
    return f"{text[:first]}{made}{text[last:]}"


def _without_block(text: str, block: Collection, instead: Sequence[str] = ()) -> str:
    bounds = block.span.start, _end(text, block)  # a dash may stand in a line before that of its member
    return _without_lines(text, bounds, block.span.column, all_comments(text), instead)


def put(text: str, entry: Entry, value: str) -> str:
    """Return the text with another value of one line."""
    old = entry.value
    if isinstance(old, Collection) and not old.flow and entry.key is not None:
        start = end = text.index(":", entry.key.span.end) + 1
        text = _without_block(text, old)
    else:
        start, end = old.span.start, max(old.span.start, _end(text, old))
    comment = ""
    if isinstance(old, Scalar) and old.style in {"|", ">"} and entry.behind is not None:
        comment = f"  {entry.behind.text}"
    space = " " if text[start - 1] == ":" else ""
    return f"{text[:start]}{space}{value}{comment}{text[end:]}"


def put_fields(text: str, old: Collection, fields: Mapping[str, Value]) -> str:
    """Return the text with other lines in place of those of an object."""
    lines = [f"{text_of(key, flow=False)}: {inline(value, flow=False)}" for key, value in fields.items()]
    return _without_block(text, old, lines)


def put_lines(text: str, block: Collection, entry: Entry, value: str) -> str:
    """Return the text with another value of several lines."""
    found = literal(value)
    if found is None or "+" in found[0]:
        return put(text, entry, quoted(value))
    head, lines = found
    pad = " " * (block.span.column + 2)
    body = "".join(f"\n{pad}{line}" if line else "\n" for line in lines)
    start, end = entry.value.span.start, max(entry.value.span.start, _end(text, entry.value))
    space = " " if text[start - 1] == ":" else ""
    if isinstance(entry.value, Scalar) and entry.value.style in {"|", ">"}:
        comment = f" {entry.behind.text}" if entry.behind is not None else ""
        return f"{text[:start]}{space}{head}{comment}{body}{text[end:]}"
    line_end = text.index("\n", end)
    return f"{text[:start]}{space}{head}{text[end:line_end]}{body}{text[line_end:]}"


def put_members(text: str, old: Collection, kept: Sequence[Entry], added: Sequence[str]) -> str:
    """Return the text with lines of a list taken away and added behind the last one."""
    pad = " " * old.span.column
    comments = [*all_comments(text)]
    last = text.index("\n", _end(text, old)) + 1
    text = f"{text[:last]}{''.join(f'{pad}- {each}{chr(10)}' for each in added)}{text[last:]}"
    stays = {entry.start.start for entry in kept}
    for entry in reversed(old.entries):
        if entry.start.start not in stays:
            bounds = entry.start.start, _end(text, entry.value)
            text = _without_lines(text, bounds, old.span.column, comments)
    return text


def without(text: str, holder: Entry, block: Collection, entry: Entry) -> str:
    """Return the text without a key; an empty mapping is left where it was the only one."""
    others = [each for each in block.entries if each is not entry]
    if block.flow or not others:
        parts = [text[each.start.start : each.value.span.end].strip() for each in others]
        return put(text, holder, f"{{{', '.join(parts)}}}")
    bounds = entry.start.start, _end(text, entry.value)
    return _without_lines(text, bounds, block.span.column, all_comments(text))
