"""What is wrong with the YAML of a file, in our words instead of libyaml's."""

from __future__ import annotations

from typing import Any, Final

from reconciler.config.nodes import at_mark, location
from reconciler.errors import Location, Problem

_SENTENCES: Final = (
    ("tab character", "a tab in the indentation", "indent with spaces"),
    ("\\t", "a tab in the indentation", "indent with spaces"),
    ("cannot start any token", "a value cannot begin with {character}", "quote it"),
    ("mapping values are not allowed", "a `: ` cannot stand here", "quote the text, or check the indentation"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on the next line"),
    ("unexpected end of stream", "the quote is not closed", None),
    ("unknown escape character", "unknown escape in double quotes", "write \\\\ for a backslash"),
    ("Unicode character escape", "no such character", None),
    ("hexdecimal number", "an escape ends too soon", "\\x takes two digits, \\u four and \\U eight, each 0 to f"),
    ("undefined tag handle", "tags are not allowed", "remove it"),
    ("alphabetic or numeric character", "a name is missing after & or *", "quote the text"),
    ("indentation indicator equal to 0", "a text cannot be indented by 0", "leave the number out"),
    ("',' or ']'", "the list `[` is not closed here", "separate items by commas and end with `]`"),
    ("',' or '}'", "the mapping `{{` is not closed here", "separate items by commas and end with `}}`"),
    ("expected <document start>", "text after the end of a document", "begin a new one with `---`"),
    ("expected '-' indicator", "this does not fit the list", "check the indentation"),
    ("expected <block end>", "this does not fit what stands above", "check the indentation and the quotes"),
    ("did not find expected key", "this does not fit what stands above", "check the indentation and the quotes"),
    ("expected node content", "a value cannot begin with {character}", "quote it"),
    ("incompatible YAML", "only YAML 1.1 and 1.2 are known", "remove the %YAML line"),
    ("directive", "unknown % directive", "remove it"),
)
"""libyaml's words, and ours; the first that fits is taken."""


def syntax_problem(file: str, data: bytes, error: Exception) -> Problem:
    """Return the problem that an error of PyYAML tells."""
    problem = str(getattr(error, "problem", None) or error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Problem(Location(file), f"this is not YAML: {problem}")
    place = location(file, at_mark(mark))
    character = data.decode("utf-8-sig")[mark.index : mark.index + 1]
    if character == "\t":
        problem = "\\t"
    message, hint = _sentence(problem, character)
    return Problem(place, message + _begun(error, mark), hint)


def _sentence(problem: str, character: str) -> tuple[str, str | None]:
    for words, message, hint in _SENTENCES:
        if words in problem:
            if "{character}" in message and not character.strip():
                return "a value is missing here", None
            return message.format(character=f"`{character}`"), hint and hint.format()
    return f"this is not YAML: {problem}", None


def _begun(error: Exception, mark: Any) -> str:
    """Say where the thing began that did not end."""
    begin = getattr(error, "context_mark", None)
    if begin is None or begin.line == mark.line:
        return ""
    words = str(getattr(error, "context", "")).removeprefix("while ")
    return f" ({words} that began at line {begin.line + 1})"
