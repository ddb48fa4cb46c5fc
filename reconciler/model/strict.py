"""JSON as its standard has it, where Python's reader lets more through: what comes in is compared and stored."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any


def strict_json(text: str, *, unique: bool = False) -> Any:
    """
    Decode JSON without NaN, without numbers that overflow and, if `unique`, without a key that stands twice.

    Raises ValueError (json.JSONDecodeError where the text is no JSON at all) and RecursionError.
    """
    pairs = _unique if unique else None
    return json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant, parse_float=_finite)


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
