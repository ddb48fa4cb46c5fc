"""
How a text is written in YAML, so that it is read back the same by us and by others.

plain     what nobody takes for anything but text; other readers take `no`, `0412` and `12:30` for something else
"…"       everything else; what nobody sees is escaped, since whoever reviews the file shall see it
|         several lines
>         a long line, folded
"""

from __future__ import annotations

import re
from typing import Final

from reconciler.config.nodes import is_core, unseen

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW: Final = frozenset(',[]{}:?#"')
"""What is quoted within [ ] and { }, for readers who are stricter than libyaml."""
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "="})
"""What YAML 1.1 takes for no text."""
_NUMERIC: Final = frozenset("+-.0123456789")
_BLANKS: Final = re.compile(r"^[ \t]+$", re.MULTILINE)


def is_plain(text: str, *, flow: bool) -> bool:
    """Tell whether a text can stand without quotes and mean itself to every reader."""
    return may_be_plain(text, flow=flow) and text.lower() not in _WORDS and text[0] not in _NUMERIC


def may_be_plain(text: str, *, flow: bool) -> bool:
    """Tell whether we read a text that stands without quotes as that text; readers of YAML 1.1 may not."""
    if not text or text != text.strip() or unseen(text) or is_core(text) or text in {"~", "null", "Null", "NULL"}:
        return False
    if text[0] in _INDICATORS and not (text[0] in "-?:" and len(text) > 1 and text[1] not in " -?:,[]{}"):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")) or text == "<<":
        return False
    return not flow or _FLOW.isdisjoint(text)


def quoted(text: str) -> str:
    """Return a text in double quotes, in one line."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if not unseen(char) and char not in "\ufeff\u0085":
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def text_of(text: str, *, flow: bool) -> str:
    """Return a text in one line, with quotes if it needs them."""
    return text if is_plain(text, flow=flow) else quoted(text)


def literal(text: str) -> tuple[str, list[str]] | None:
    """Return the head and the lines, not indented yet, of a text as a block; None if it cannot be one."""
    if not text.strip() or any(unseen(char) for char in text if char != "\n") or _BLANKS.search(text):
        return None
    lines = text.split("\n")
    ended = lines[-1] == ""
    if ended:
        lines.pop()
    keep = ended and lines[-1] == ""
    indicator = "2" if next(line for line in lines if line)[0] == " " else ""
    return f"|{indicator}{'+' if keep else '' if ended else '-'}", lines


def folded(text: str, width: int) -> tuple[str, list[str]] | None:
    """Return the head and the lines of a single long line, folded at blanks; None if it cannot be."""
    words = text.split(" ")
    if not all(words) or unseen(text):
        return None
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return ">-", lines
