"""
A state file → State, case by case: of 100,000 cases one at a time is there as JSON.

    pieces of the file ──► members ──► plain?  ──► Record, which shares its values with the declared case
         │                              │ no
         │                              └────────► checked as all else that comes from outside (codec)
         └─ nothing of that ──────────► the whole is read, and says what is wrong where (codec)

Plain is what we write for most cases: attributes, and nothing else. Whatever is read here is what
`codec.decode_whole` makes of the same file.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO, Final

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.fields import Schema
from reconciler.model.pieces import UnusualError, members
from reconciler.model.record import Record, State
from reconciler.model.values import Value
from reconciler.state.codec import RecordData, StateData, decode_whole, read_value, record_from
from reconciler.state.store import NO_CASES, Cases

PIECE: Final = 1 << 18
"""Bytes that are read at once: some hundred records."""

_PLAIN: Final = {
    "depends_on": list,
    "handles": dict,
    "id": str,
    "lifecycle": dict,
    "provider": str,
    "recorded": dict,
    "type": str,
    "updated_at": str,
    "url": str,
}
_NAMES: Final = tuple(_PLAIN)
_TYPES: Final = tuple(_PLAIN.values())
_LIFECYCLE: Final = {"on_remove", "prevent_delete"}
_TEXTS: Final = frozenset({str})
_NO_HANDLES: Final[Mapping[str, str]] = {}


def decode(content: bytes, schemas: Mapping[str, Schema], *, source: str, hint: str | None = None) -> State:
    """Read the content of a state file; see `read`."""
    pieces = (content[start : start + PIECE] for start in range(0, len(content), PIECE))
    state = _by_case(pieces, schemas, NO_CASES)
    return decode_whole(content, schemas, source=source, hint=hint) if state is None else state


def read(
    file: BinaryIO,
    schemas: Mapping[str, Schema],
    *,
    source: str,
    hint: Callable[[], str],
    beside: Cases = NO_CASES,
) -> State:
    """
    Read a state file that can be read twice.

    `schemas` (by provider type) turn recorded values back into their normal form; values of a type that is not
    among them are kept as they are. `source` is how messages call the file, `hint` the way back if it is broken.
    Values that are equal to those of the case declared at the same address, in `beside`, are one object with them:
    in most workspaces these are nearly all. Raises StateError.
    """
    state = _by_case(iter(lambda: file.read(PIECE), b""), schemas, beside)
    if state is not None:
        return state
    file.seek(0)
    return decode_whole(file.read(), schemas, source=source, hint=hint())


def _by_case(pieces: Iterable[bytes], schemas: Mapping[str, Schema], beside: Cases) -> State | None:
    """Return the state; None where nothing can be said but by a look at the whole."""
    reader = _Reader(schemas, beside)
    try:
        head = StateData.model_validate(members(_decoded(pieces), "cases", reader.take))
    except (UnusualError, ValueError, TypeError, RecursionError):  # ValidationError is a ValueError
        return None
    return State(head.lineage, head.serial, reader.records)


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes records, and keeps them."""

    schemas: Mapping[str, Schema]
    beside: Cases
    records: dict[Address, Record] = field(default_factory=dict)

    def take(self, key: str, data: Any) -> None:
        """Keep the record of a case; raise ValueError or TypeError for what is none, and for a second one."""
        record = self._plain(key, data) or record_from(key, RecordData.model_validate(data), self.schemas)
        if record.address in self.records:
            raise UnusualError
        self.records[record.address] = record

    def _plain(self, key: str, data: Any) -> Record | None:
        """Return the record of a case of which nothing but its attributes is remembered; None for any other."""
        if not _is_plain(data) or (schema := self.schemas.get(data["type"])) is None:
            return None
        provider, _, name = key.partition(".")
        case = self.beside.get(Address(provider, name))
        is_alike = case is not None and case.type == data["type"]  # otherwise its normal form is another
        recorded = _attributes(data["recorded"], schema, case.attributes if case and is_alike else {})
        lifecycle = _lifecycle(**data["lifecycle"])
        if recorded is None or lifecycle is None or data["provider"] != provider:
            return None
        return Record(
            case.address if case else Address.parse(key),
            sys.intern(data["type"]),
            data["id"],
            data["url"],
            recorded,
            _NO_HANDLES,
            (),
            lifecycle,
            data["updated_at"],
        )


def _is_plain(data: Any) -> bool:
    """Tell whether a record has the form that we write, in ASCII, and says little."""
    return (
        type(data) is dict
        and tuple(data) == _NAMES
        and tuple(map(type, data.values())) == _TYPES
        and not data["depends_on"]
        and not data["handles"]
        and data["lifecycle"].keys() == _LIFECYCLE
        and f"{data['id']}{data['url']}{data['updated_at']}".isascii()
    )


@lru_cache(maxsize=16, typed=True)
def _lifecycle(*, on_remove: Any, prevent_delete: Any) -> Lifecycle | None:
    """Return one value for all that are treated alike; raise ValueError or TypeError for what is no lifecycle."""
    return Lifecycle(OnRemove(on_remove), prevent_delete) if isinstance(prevent_delete, bool) else None


def _attributes(
    data: Mapping[str, Any], schema: Schema, declared: Mapping[str, Value]
) -> Mapping[str, Value] | None:
    """
    Return attributes in normal form: the declared ones where all are equal, or else those of them that are.

    None where there is something that the schema does not know.
    """
    made = {}
    is_declared = len(data) == len(declared)
    for name, item in data.items():
        value = declared.get(name)
        if not _is_text_of(item, value):
            if (field := schema.fields.get(name)) is None:
                return None
            value = field.normal(read_value(name, item, field))
            is_declared = False
        made[name] = value
    return declared if is_declared else made


def _is_text_of(data: Any, value: Value) -> bool:
    """
    Tell whether a value holds nothing but texts, and stands in the state as `data`.

    A number or a truth is left out here: Python calls some equal that are not written alike.
    """
    kind = type(data)
    if kind is str:
        return bool(data == value)
    if kind is list:
        return type(value) is frozenset and set(map(type, data)) <= _TEXTS and value == frozenset(data)
    return kind is dict and type(value) is dict and set(map(type, data.values())) <= _TEXTS and value == data
