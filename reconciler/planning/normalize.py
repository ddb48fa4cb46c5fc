"""
Before anything is compared: fill in what is known, and hide what is secret.

Secrets never take part in a comparison. Desired secrets become keyed digests; a live value that stands where a
secret is declared or recorded becomes the digest of itself, so that equal secrets are equal and different ones
differ without either being seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TypeAlias

from reconciler.model.values import Digest, Ref, Secret, Template, Value, leaves, transform

Known: TypeAlias = Mapping[str, Mapping[str, Value]]
"""What references stand for so far: case name → attribute → value."""


def fill(value: Value, known: Known) -> Value:
    """Return the value with every reference that is known replaced by what it stands for."""

    def leaf(item: Value) -> Value:
        match item:
            case Ref(case, attribute):
                return known.get(case, {}).get(attribute, item)
            case Template(parts):
                return Template.joined(_part(fill(part, known)) for part in parts)
            case _:
                return item

    return transform(value, leaf)


def _part(value: Value) -> str | Ref:
    return value if isinstance(value, Ref) else str(value)


def seal(attributes: Mapping[str, Value], key: str) -> dict[str, Value]:
    """Return the attributes with every secret replaced by its digest."""

    def leaf(item: Value) -> Value:
        return item.digest(key) if isinstance(item, Secret) else item

    return {name: transform(value, leaf) for name, value in attributes.items()}


def seal_like(live: Mapping[str, Value], patterns: tuple[Mapping[str, Value], ...], key: str) -> dict[str, Value]:
    """
    Return live attributes with a digest wherever one of the patterns (desired, recorded) holds one.

    What equals its pattern is not looked into: text in the clear equals no digest, so there is nothing to hide.
    """
    sealed = dict(live)
    for name, value in live.items():
        for pattern in patterns:
            if value != pattern.get(name) and any(isinstance(leaf, Digest) for leaf in leaves(pattern.get(name))):
                sealed[name] = _sealed(sealed.get(name, value), pattern[name], key)
    return sealed


def _sealed(live: Value, pattern: Value, key: str) -> Value:
    match pattern:
        case Digest():
            return Secret(live).digest(key) if isinstance(live, str) else live
        case Mapping() if isinstance(live, Mapping):
            return {name: _sealed(item, pattern.get(name), key) for name, item in live.items()}
        case AbstractSet() if isinstance(live, AbstractSet):
            return frozenset(_sealed_member(item, pattern, key) for item in live)
        case _:
            return live


def _sealed_member(item: Value, pattern: AbstractSet[Value], key: str) -> Value:
    digest = Secret(item).digest(key) if isinstance(item, str) else item
    return digest if digest in pattern else item
