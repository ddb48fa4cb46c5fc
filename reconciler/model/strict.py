r"""
JSON as its standard has it, where Python's reader lets more through: what comes in is compared and stored.

A key that stands twice is found by counting: every pair that is written has a quote and a colon, as has `\":` in a
text. Where there are as many of these as there are keys in all objects made, each key stood once; where there are
not, Python looks at every object by itself, which takes more time than all the rest.
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
    if keys.are_all(text, 0, len(text)):
        return data
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)


class StrictReader:
    """Reads values where they stand, as `strict_json` reads a whole text with unique keys; for one thread."""

    def __init__(self) -> None:
        self._keys = _Keys()
        self._decoder = json.JSONDecoder(
            object_hook=self._keys.count, parse_constant=_no_constant, parse_float=_finite
        )

    def read(self, text: str, start: int) -> tuple[Any, int]:
        """Return a value and where it ends; raises as `strict_json` does."""
        self._keys.found = 0
        value, end = self._decoder.raw_decode(text, start)
        return (value, end) if self._keys.are_all(text, start, end) else _UNIQUE.raw_decode(text, start)


class _Keys:
    """How many keys the objects have that were made of a text."""

    def __init__(self) -> None:
        self.found = 0

    def count(self, made: dict[str, Any]) -> dict[str, Any]:
        """Count those of an object."""
        self.found += len(made)
        return made

    def are_all(self, text: str, start: int, end: int) -> bool:
        """Tell whether there is certainly no other; with space before a colon, which is rare, nobody can say."""
        return text.count('":', start, end) == self.found and not any(
            text.find(space, start, end) >= 0 and text.find(f"{space}:", start, end) >= 0 for space in " \t\n\r"
        )


def strict_decoder() -> json.JSONDecoder:
    """Return what decodes by the same rules, value by value."""
    return json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


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


_UNIQUE: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
