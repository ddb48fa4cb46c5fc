r"""
The boundary between text that others wrote and the places where it is shown.

A title, a tag, a metadata value or an error message of a live system may hold anything: escape sequences that
move a terminal's cursor, bidirectional controls that reorder what is read, zero-width characters that make two
tags look alike, `##[…]` and `##vso[…]` commands that a CI runner obeys. Here each becomes visible and inert:

    ESC ] 0 ; x BEL     →  \u{1b}]0;x\u{7}
    vip + U+200B        →  vip\u{200b}
    ##[add-mask]        →  ##\u{5b}add-mask]

GitHub's runner also obeys `::command::` where a line begins with it, blanks aside (runner source,
ActionCommand.TryParseV2). No line of ours begins with text of others: each has a gutter or a word before it.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Final

NEWLINE: Final = "⏎"
"""What stands for a line feed where there is only one line."""

_UNUSUAL: Final = re.compile(r"[^\x20-\x7e→…│⏎]")
"""What is neither plain text nor a sign that we put into every other line ourselves."""
_SUSPECT: Final = re.compile(r"[^\x20-\x7e\n\t]")
_HIDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing, though Unicode does not count them as format characters."""
_VARIATION: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f]")
_RUNNER: Final = re.compile(r"##(\w*)\[")
_JSON_SUSPECT: Final = re.compile(r"[^\x20-\x7e\n]")
_ASTRAL: Final = 0x10000
_ALIVE: Final = str.maketrans({"\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}"})


def visible(text: str) -> str:
    """Return text of several lines in which only line feeds and tabs are left of what a terminal would obey."""
    return text if is_harmless(text) else _RUNNER.sub(r"##\1\\u{5b}", _SUSPECT.sub(_shown, text))


def inline(text: str, width: int | None = None) -> str:
    """Return text as one line; what is beyond `width` characters is counted instead of shown."""
    if is_harmless(text) and (width is None or len(text) <= width):
        return text
    cut = text if width is None or len(text) <= width else text[:width]
    shown = visible(cut).replace("\n", NEWLINE).replace("\t", r"\u{9}")
    return shown if cut is text else f"{shown}… (+{len(text) - len(cut)} characters)"


def quoted(text: str, width: int | None = None) -> str:
    """Return text as it stands between quotes on one line."""
    return inline(text, width).replace('"', r"\"")


def shortened(text: str, most: int) -> str:
    """Return at most so many characters of a text, and a sign where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def inert_json(text: str) -> str:
    r"""Return JSON text of the same meaning in which hostile characters are written as `\u` escapes."""
    return text if is_harmless(text) else _RUNNER.sub(r"##\1\\u005b", _JSON_SUSPECT.sub(_escaped, text))


def ways(text: str) -> tuple[str, ...]:
    """Return the ways in which a text is written where it is shown: a secret has to be masked in each."""
    plain = (visible(text), inline(text), quoted(text), _in_json(text))
    messages = tuple(map(unlinked, plain))
    return *plain, *messages, *map(_in_json, messages), *map(html.escape, plain)


def unlinked(text: str) -> str:
    """Return text as a SARIF message means it: no link, no placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return text.translate(_ALIVE)


def _in_json(text: str) -> str:
    return inert_json(json.dumps(text, ensure_ascii=False))[1:-1]


def is_harmless(text: str) -> bool:
    """Tell at once of the usual text that there is nothing to do: this is asked of every piece of every line."""
    is_plain = text.isprintable() if text.isascii() else _UNUSUAL.search(text) is None
    return is_plain and "##" not in text


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    return rf"\u{{{ord(character):x}}}" if _is_hostile(match) else character


def _escaped(match: re.Match[str]) -> str:
    if not _is_hostile(match):
        return match[0]
    code = ord(match[0])
    if code < _ASTRAL:
        return rf"\u{code:04x}"
    high, low = divmod(code - _ASTRAL, 0x400)
    return rf"\u{0xD800 + high:04x}\u{0xDC00 + low:04x}"


def _is_hostile(match: re.Match[str]) -> bool:
    character = match[0]
    if _VARIATION.match(character):
        return not _follows_symbol(match)
    return character in _BLANK or unicodedata.category(character) in _HIDING


def _follows_symbol(match: re.Match[str]) -> bool:
    """Tell whether a variation selector does its honest work: it makes the symbol before it an emoji."""
    before = match.string[match.start() - 1 : match.start()]
    return match[0] in "\ufe0e\ufe0f" and bool(before) and unicodedata.category(before) == "So"
