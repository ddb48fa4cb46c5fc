"""Queries in TQL, ThreatConnect's query language: values quoted, lists cut so that a URL stays short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

BUDGET: Final = 1500
"""Characters of one encoded query; the vendor's own client stops at about 2,000 for the whole address."""


def text(value: str) -> str:
    r"""
    Return a value as TQL writes it; what would end it is escaped, whoever chose it.

    Half of a surrogate pair, which a name from a server may hold and no address can, becomes a question mark.

    >>> print(text('5" \\ disk'))
    "5\" \\ disk"
    """
    sound = value.encode(errors="replace").decode()
    escaped = sound.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def one_of(parameter: str, values: Iterable[str], *, most: int) -> Iterator[str]:
    """Yield queries for the values, as many in each as a URL holds, at most `most`; none for no value."""
    chunk: list[str] = []
    room = BUDGET
    for value in values:
        cost = len(quote(value, safe="")) + len("%2C")
        if chunk and (cost > room or len(chunk) == most):
            yield f"{parameter} in ({','.join(chunk)})"
            chunk, room = [], BUDGET
        chunk.append(value)
        room -= cost
    if chunk:
        yield f"{parameter} in ({','.join(chunk)})"
