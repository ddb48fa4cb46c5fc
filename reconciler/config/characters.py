"""The bytes of a file: what is no text, or holds characters that no YAML may hold. The text itself is not kept."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from reconciler.config.problems import Stop
from reconciler.errors import Location

MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one file: 20,000 cases of usual size, and little enough to be held in memory as bytes and as text."""
MAX_DIRECTIVES: Final = 100
"""Lines that begin with `%`; libyaml compares each %TAG with all others before it says a word."""

_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_DIRECTIVE: Final = re.compile(r"[\r\n]%")
_BREAKS: Final = {"\x85": "NEL", "\u2028": "LS", "\u2029": "PS"}
_WIDE: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def check(file: str, data: bytes) -> bool:
    """Refuse what is no text of YAML, by raising Stop; return whether all of it is ASCII."""
    if len(data) > MAX_BYTES:
        raise Stop(Location(file), f"the file is larger than {MAX_BYTES >> 20} MiB", "split it")
    for mark, name in _WIDE:
        if data.startswith(mark):
            raise Stop(Location(file), f"the file is {name}", "save it as UTF-8")
    text = _decode(file, data)
    if found := _FORBIDDEN.search(text):
        raise Stop(_place_in(file, text, found.start()), *_forbidden(found[0]))
    if text.count("\n%") + text.count("\r%") > MAX_DIRECTIVES:
        where = _place_in(file, text, next(islice(_DIRECTIVE.finditer(text), MAX_DIRECTIVES, None)).end() - 1)
        raise Stop(where, f"more than {MAX_DIRECTIVES} lines begin with %", "remove them")
    return text.isascii()


def _decode(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        where = _place_in(file, before, len(before))
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        raise Stop(where, message, "save the file as UTF-8") from error


def _forbidden(character: str) -> tuple[str, str]:
    code = f"U+{ord(character):04X}"
    if name := _BREAKS.get(character):
        return (
            f"{code} ({name}) ends a line in YAML although editors do not show it as one",
            f'remove it, or write "\\u{ord(character):04X}" in double quotes',
        )
    return f"the character {code} is not allowed", "remove it"


def _place_in(file: str, text: str, index: int) -> Location:
    """Return the place of a character; counts instead of splitting, for a file may hold 16 million lines."""
    breaks = text.count("\n", 0, index) + text.count("\r", 0, index) - text.count("\r\n", 0, index)
    begin = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return Location(file, breaks + 1, index - begin + 1)
