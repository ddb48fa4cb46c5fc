r"""
JSON as its standard has it, where Python's reader lets more through: what comes in is compared and stored.

In a whole text a key that stands twice is found by counting: every pair that is written has a quote and a colon,
as has `\":` in a text. Where there are as many of these as keys in all objects made, each key stood once; where
there are not, `STRICT` looks at every object by itself, which takes longer.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, Final


def strict_json(text: str, *, unique: bool = False) -> Any:
    """
    Decode JSON without NaN, without numbers that overflow and, if `unique`, without a key that stands twice.

    Raises ValueError (json.JSONDecodeError where the text is no JSON at all) and RecursionError.
    """
    if not unique:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    keys = _Keys()
    data = json.loads(text, object_hook=keys.count, parse_constant=_no_constant, parse_float=_finite)
    return data if keys.are_all(text) else STRICT.decode(text)


class _Keys:
    """How many keys the objects have that were made of a text."""

    def __init__(self) -> None:
        self._found = 0

    def count(self, made: dict[str, Any]) -> dict[str, Any]:
        """Count those of an object."""
        self._found += len(made)
        return made

    def are_all(self, text: str) -> bool:
        """Tell whether there is certainly no other; with space before a colon, which is rare, nobody can say."""
        return text.count('":') == self._found and not any(
            space in text and f"{space}:" in text for space in " \t\n\r"
        )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice, as a merge of two branches leaves it: readers differ in which counts."""
    made = dict(pairs)
    if len(made) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {key!r} stands there twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


STRICT: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
"""Decodes as `strict_json` does with unique keys; of a small value within a text this is the faster way."""
