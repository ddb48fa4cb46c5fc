"""The same JSON Schema in other words: in the older draft, and with its words in any letter case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

DRAFT_07: Final = "http://json-schema.org/draft-07/schema#"
"""What editors and the catalogue of schemas read best; newer drafts are still discouraged there."""

_OLDER: Final = {"$defs": "definitions", "prefixItems": "items"}


def draft_07(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema in draft-07, which accepts the same."""
    return {**_older(schema), "$schema": DRAFT_07}


def _older(schema: Any) -> Any:
    match schema:
        case {"$ref": str(reference), **beside}:
            older = {"$ref": reference.replace("#/$defs/", "#/definitions/")}
            # draft-07 looks at nothing beside a reference
            return {"allOf": [older], **_older(beside)} if beside else older
        case dict():
            return {_OLDER.get(key, key): _older(item) for key, item in schema.items()}
        case list():
            return [_older(item) for item in schema]
        case _:
            return schema


def any_case(schema: Any) -> Any:
    """Let words of a list be written in any letter case; an editor still offers the one spelling."""
    match schema:
        case {"enum": [str(), *_] as words, **beside}:
            described = {key: beside.pop(key) for key in ("title", "description") if key in beside}
            exact = {**beside, "enum": words}
            return {**described, "anyOf": [exact, {"type": "string", "pattern": _in_any_case(words)}]}
        case dict():
            return {key: any_case(item) for key, item in schema.items()}
        case list():
            return [any_case(item) for item in schema]
        case _:
            return schema


def _in_any_case(words: Sequence[str]) -> str:
    """Return a pattern; written so that every dialect of patterns reads it."""
    return f"^({'|'.join(''.join(map(_letter, word)) for word in words)})$"


def _letter(char: str) -> str:
    if char.isascii() and char.isalpha():
        return f"[{char.upper()}{char.lower()}]"
    return f"\\{char}" if char in ".*+?()[]{}|^$/\\" else char
