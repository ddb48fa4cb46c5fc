"""
Which live cases to import, many at once: a file of `reconciler import --from`.

    soc.wave,42          lines: address and id, with a comma, a tab or a blank between them; a heading is left out
    # taken over         comments and empty lines are nothing

    soc.wave: 42         or a mapping of addresses to ids, YAML or JSON
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.config import documents
from reconciler.config.documents import parse
from reconciler.config.nodes import Block, Placed
from reconciler.config.sentences import shown
from reconciler.errors import ConfigError, Location, Problem
from reconciler.planning.adopting import Import

_LINE: Final = re.compile(r'\s*"?([^\s,":{}]+)"?\s*[,\s]\s*"?([^\s,"{}]+)"?\s*')
_MAPPING: Final = re.compile(r"""\s*(\{|---|[^\s,]+\s*:(\s|$))""")
"""How a mapping begins."""
_HEADING: Final = ("address", "id")


def read_imports(file: str, data: bytes) -> tuple[Import, ...]:
    """Return what a file says, with its places; raise ConfigError with all that is wrong in it."""
    problems: list[Problem] = []
    text = data.decode("utf-8-sig", "replace")
    first = next((line for line in text.splitlines() if _says(line)), "")
    read = _mapping(file, data, problems) if _MAPPING.match(first) else _lines(file, text, problems)
    found = tuple(read)
    if not found and not problems:
        problems.append(Problem(Location(file), "there is nothing to import in it"))
    if problems:
        raise ConfigError(problems)
    return found


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _lines(file: str, text: str, problems: list[Problem]) -> Iterator[Import]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not _says(line):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            problems.append(Problem(Location(file, number), "a line is an address and an id: soc.wave,42"))
        elif match.groups() != _HEADING:
            yield Import(match[1], match[2], Location(file, number, match.start(1) + 1))


def _mapping(file: str, data: bytes, problems: list[Problem]) -> Iterator[Import]:
    parsed = parse(file, data, most=documents.MAX_ENTRIES)
    problems.extend(parsed.problems)
    for document in parsed.documents:
        placed = Placed(parsed.file, document.node, document.place)
        if not isinstance(document.node, Block):
            problems.append(
                Problem(placed.at(), "this must be lines of ADDRESS,ID, or a mapping of addresses to ids")
            )
            continue
        for address, id in document.node.items():
            if isinstance(id, str) and id:
                yield Import(address, id, placed.key((address,)))
            else:
                said = f"the id of {address} must be a number or a text, not {shown(id or None)}"
                problems.append(Problem(placed.at((address,)), said))
