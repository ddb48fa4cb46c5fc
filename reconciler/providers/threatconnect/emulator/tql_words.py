r"""
The words of TQL: a query cut into tokens.

    xid in ("a-1", 'b \'2\'')    WORD xid · WORD in · SYMBOL ( · STRING a-1 · SYMBOL , · STRING b '2' · SYMBOL )

Inside a string a backslash escapes a quote of any kind and itself, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

from reconciler.providers.emulation import Refused

TQL_ERROR = "0x2001"
"""The errCode of a query that cannot be understood."""


class TokenKind(Enum):
    """What a token is."""

    STRING = auto()
    NUMBER = auto()
    WORD = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is without quotes and escapes."""

    kind: TokenKind
    text: str

    @property
    def folded(self) -> str:
        """Give a word as it is compared: in lower case. A string is no word, whatever it says."""
        return self.text.lower() if self.kind in (TokenKind.WORD, TokenKind.SYMBOL) else ""


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<STRING>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
      | (?P<NUMBER>-?[0-9]+(?![\w.]))
      | (?P<WORD>[A-Za-z_]\w*)
      | (?P<SYMBOL>==|!=|>=|<=|[=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def misread(message: str) -> Refused:
    """Make the refusal of a query that cannot be understood."""
    return Refused(HTTPStatus.BAD_REQUEST, f"TQL: {message}", TQL_ERROR)


def tokens(query: str) -> Iterator[Token]:
    """Cut a query into tokens, END the last; raises `Refused` for what is none."""
    position, end = 0, len(query.rstrip())
    while position < end:
        match = _TOKEN.match(query, position)
        if match is None:
            raise misread(f"cannot read {query[position : position + 40]!r}")
        position = match.end()
        kind = TokenKind[str(match.lastgroup)]
        text = match[str(match.lastgroup)]
        yield Token(kind, _unquoted(text) if kind is TokenKind.STRING else text)
    yield Token(TokenKind.END, "")


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]


def _unescaped(match: re.Match[str]) -> str:
    if match[1] not in "\"'`\\":
        raise misread(f"unknown escape {match[0]}")
    return match[1]
