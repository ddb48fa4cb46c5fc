"""The last touch to a body: what others did to a set that is sent whole is taken in, and it may become a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from reconciler.model.operation import Merge
from reconciler.model.values import Value


def merged(body: Value, merges: Mapping[str, Merge], now: Mapping[str, tuple[str, ...]]) -> Value:
    """
    Return a body whose sets hold what was planned, less what others took away since, and what they put in.

    `now` are the members of sets just before the request, in the system's words.

    >>> merged({"Tags": "a,new"}, {"Tags": Merge("tags", ("a", "old"))}, {"tags": ("old", "theirs")})
    {'Tags': 'new,theirs'}
    """
    if not merges:
        return body
    texts = {key: _merged(body[key], merge.before, now.get(merge.attribute)) for key, merge in merges.items()}
    return {**body, **texts}


def _merged(planned: str, before: tuple[str, ...], now: tuple[str, ...] | None) -> str:
    if now is None or now == before:
        return planned
    was, there, wanted = _folded(before), _folded(now), _folded(planned.split(",") if planned else ())
    kept = (member for key, member in wanted.items() if key not in was or key in there)
    come = (member for key, member in there.items() if key not in was and key not in wanted)
    return ",".join((*kept, *come))


def _folded(members: Iterable[str]) -> dict[str, str]:
    return {member.strip().casefold(): member for member in members}


def as_text(body: Value) -> str:
    """Return the JSON text of a body, for a system that takes it inside a JSON string."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
