"""
What an attribute may hold.

plain       str, int, None, frozenset of plain values, mapping of plain values
Entry       a member of a set that is given whole: an object, to be made if it is not there
Ref         a value that another case will have: known once that case exists
Template    text with references inside
Secret      text that must never be shown: exists in the desired state only
Digest      what stands for a secret everywhere else: plan, record, comparison
Marker      the text by which a case of ours is found again

In JSON a reference is `{"unknown": …}`, a digest `{"secret": …}`; nothing else is an object there but a map.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""Where a value stands in a case: `("priority",)`, `("metadata", "region")`."""

Value: TypeAlias = Any
"""A value of an attribute; see the module's table."""


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent.ABSENT
"""Nothing is there. Not None, which a system may hold as a value."""

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
"""An empty mapping for all: of a hundred thousand changes each would have several of its own."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """
    A value that the case called `case` will have: its `id`, its `url`, or what its creation answers.

    `tasks.first` is the id of an item that a request is still to make.
    """

    case: str
    attribute: str

    @property
    def text(self) -> str:
        """The reference as it is written inside `${…}`."""
        return f"cases.{self.case}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class Template:
    """Text with references inside: `"see ${cases.other.url}"`."""

    parts: tuple[str | Ref, ...]

    @classmethod
    def joined(cls, parts: Iterable[str | Ref]) -> str | Ref | Template:
        """Make a value of parts; neighbouring texts become one, so that equal values are `==`."""
        made: list[str | Ref] = [""]
        for part in parts:
            last = made[-1]
            if isinstance(part, str) and isinstance(last, str):
                made[-1] = last + part
            else:
                made.append(part)
        kept = tuple(part for part in made if part != "")
        if len(kept) == 1:
            return kept[0]
        return cls(kept) if kept else ""

    @property
    def text(self) -> str:
        """The template as it is written, literal `${` escaped."""
        pairs = zip(self.parts, (*self.parts[1:], ""), strict=True)
        return "".join(_written(part, following) for part, following in pairs)


@dataclass(frozen=True, slots=True)
class Secret:
    """Text from `${env.…}`: sent to the system it belongs to, shown to nobody."""

    value: str = field(repr=False)

    def digest(self, key: str) -> Digest:
        """Return what stands for this secret in a workspace whose lineage is `key`."""
        code = hmac.new(key.encode(), self.value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return Digest(f"sha256:{code}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A keyed hash of a secret: equal secrets have equal digests within one workspace."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A member of a set that is given whole: what to make if the system does not have it yet.

    Two are the same member if they have one key; what else they say matters only when one is made.
    """

    key: str
    """`Adversary: Extreme Bad Guy`."""
    fields: Mapping[str, Value] = field(compare=False)

    @classmethod
    def of(cls, fields: Mapping[str, Value]) -> Entry:
        """Make a member of an object, which is known by its type and its name or summary."""
        known_by = (fields.get(name) for name in ("type", "name", "summary"))
        return cls(": ".join(_name(part) for part in known_by if part is not None), dict(fields))


@dataclass(frozen=True, slots=True)
class Marker:
    """
    The text that a create carries so that the case can be found again when the answer is lost.

    The serial makes it one of its kind: a case that was released and is declared anew gets another marker.
    """

    lineage: str
    address: str
    serial: int

    @property
    def text(self) -> str:
        """The marker as the system stores it."""
        return f"{self.lineage}/{self.address}/{self.serial}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a marker tells about who made the case that carries it; systems that shorten markers tell less."""

    lineage: str | None = None
    """Of the workspace."""
    address: str | None = None
    """Of the case in it; ends with … where the marker holds its beginning only."""

    @classmethod
    def of(cls, text: str) -> Claim | None:
        """Read the text of a marker as `Marker` writes it; None if it is none."""
        found = _MARKER.fullmatch(text)
        return cls(found[1], found[2]) if found else None


_MARKER: Final = re.compile(r"([^/\s]+)/([^/\s.]+\.[^/\s.]+)/[0-9]{1,18}")
_REFERENCE: Final = re.compile(r"\$\$\{|\$\{\$\}|\$\{cases\.([A-Za-z0-9_-]+)\.([a-z_]+(?:\.[^{}]+)?)\}")
_LITERALS: Final = {"$${": "${", "${$}": "$"}
_BARE: Final = re.compile(r"cases\.([A-Za-z0-9_-]+)\.([a-z_]+(?:\.[^{}]+)?)")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def parse_template(text: str) -> str | Ref | Template:
    """
    Read text in which `${cases.NAME.ATTRIBUTE}` stands for a reference and `$${` for `${`.

    `${$}` is a dollar sign; it is needed just before a reference only, which would be escaped otherwise.
    """
    return Template.joined(_parts(text))


def _parts(text: str) -> Iterable[str | Ref]:
    end = 0
    for match in _REFERENCE.finditer(text):
        yield text[end : match.start()]
        end = match.end()
        yield Ref(match[1], match[2]) if match[1] else _LITERALS[match[0]]
    yield text[end:]


def _written(part: str | Ref, following: str | Ref) -> str:
    """Return a part as it stands in a template; dollars just before a reference would escape it."""
    if isinstance(part, Ref):
        return f"${{{part.text}}}"
    kept = part.rstrip("$") if isinstance(following, Ref) else part
    return kept.replace("${", "$${") + "${$}" * (len(part) - len(kept))


def to_json(value: Value) -> Any:
    """Return the JSON form of a value: sets sorted, references, digests and markers in their written form."""
    if (written := _LEAVES.get(type(value))) is not None:  # nearly everything is one, and Mapping is slow to ask
        return written(value)
    match value:
        case Entry():
            return to_json(value.fields)
        case Secret():
            raise TypeError("a secret is never written; seal it first")
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
        case AbstractSet():
            return in_order(map(to_json, value))
        case tuple() | list():
            return [to_json(item) for item in value]
        case _:
            return value


def _same(value: Value) -> Value:
    return value


def _unknown(value: Ref | Template) -> Any:
    return {"unknown": value.text}


_LEAVES: Final[Mapping[type, Callable[[Any], Any]]] = {
    str: _same,
    Ref: _unknown,
    Template: _unknown,
    Digest: lambda digest: {"secret": digest.text},
    Marker: lambda marker: marker.text,
    _Absent: lambda _: None,
}


def from_json(data: Any) -> Value:
    """Read back what `to_json` wrote; sets stay lists until the schema says what they are."""
    match data:
        case str():
            return data
        case {"unknown": str(text), **rest} if not rest and (unknown := _parse_unknown(text)):
            return unknown
        case {"secret": str(text), **rest} if not rest and _DIGEST.fullmatch(text):
            return Digest(text)
        case dict():
            return {key: from_json(item) for key, item in data.items()}
        case list():
            return [from_json(item) for item in data]
        case _:
            return data


def as_member(value: Value) -> Value:
    """Return a value as the member of a set that it is: an object becomes an Entry."""
    is_text = isinstance(value, str)  # nearly every one is, and Mapping is slow to ask
    return Entry.of(value) if not is_text and isinstance(value, Mapping) else value


def _name(part: Value) -> str:
    return part.text if isinstance(part, Ref | Template | Digest) else str(part)


def member_text(member: Value) -> str | None:
    """
    Return what a member of a set, or a scalar with a key, is called; None for what is secret or not known yet.

    A number is an id and no name: `#17`.
    """
    match member:
        case str():
            return member
        case int() if not isinstance(member, bool):
            return f"#{member}"
        case Entry():
            return member.key
        case _:
            return None


def known_as(member: Value) -> str | None:
    """Return the text by which handles know a value: as it is called, or as the digest of a secret."""
    return member.text if isinstance(member, Digest) else member_text(member)


def _parse_unknown(text: str) -> Ref | Template | None:
    """Return what `{"unknown": text}` stands for; None if it is a user's own map with such a key."""
    if bare := _BARE.fullmatch(text):
        return Ref(bare[1], bare[2])
    parsed = parse_template(text)
    return None if isinstance(parsed, str) else parsed


def in_order(data: Iterable[Any]) -> list[Any]:
    """Return JSON values sorted, without comparing those of unlike types."""
    values = list(data)
    return sorted(values, key=None if set(map(type, values)) <= {str} else _kind_and_text)


def _kind_and_text(data: Any) -> tuple[str, str]:
    return (type(data).__name__, str(data))


def transform(value: Value, leaf: Callable[[Value], Value]) -> Value:
    """Return the value with `leaf` applied to everything in it that is not a collection."""
    match value:
        case str() | int() | None:  # nearly everything is, and Mapping is slow to ask
            return leaf(value)
        case Mapping():
            return {key: transform(item, leaf) for key, item in value.items()}
        case AbstractSet():
            return frozenset(transform(item, leaf) for item in value)
        case tuple():
            return tuple(transform(item, leaf) for item in value)
        case list():
            return [transform(item, leaf) for item in value]
        case Entry(_, fields):
            return Entry.of(transform(fields, leaf))
        case _:
            return leaf(value)


def leaves(value: Value) -> tuple[Value, ...]:
    """Return everything in the value that is not a collection."""
    found: list[Value] = []
    transform(value, found.append)
    return tuple(found)
