"""
A state file → State, case by case: of 100,000 cases one at a time is there as JSON.

    text of the file ────► members ──► plain?  ──► Record, which shares its values with the declared case
         │                              │ no
         │                              └────────► checked as all else that comes from outside (codec)
         └─ nothing of that ──────────► the whole is read, and says what is wrong where (codec)

Plain is what we write for most cases: attributes, and what the system calls parts of them. Whatever is read here
is what `codec.decode_whole` makes of the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO, TextIOWrapper
from itertools import starmap
from sys import intern
from typing import Any, BinaryIO, Final

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.fields import Schema
from reconciler.model.record import Record, State
from reconciler.model.values import Value
from reconciler.model.window import members
from reconciler.state.codec import RecordData, StateData, decode_whole, read_value, record_from
from reconciler.state.store import NO_CASES, Cases

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


def decode(content: bytes, schemas: Mapping[str, Schema], *, source: str, hint: str | None = None) -> State:
    """Read the content of a state file; see `read`."""
    return read(BytesIO(content), schemas, source=source, hint=lambda: hint)


def read(
    file: BinaryIO,
    schemas: Mapping[str, Schema],
    *,
    source: str,
    hint: Callable[[], str | None],
    beside: Cases = NO_CASES,
) -> State:
    """
    Read a state file that can be read twice.

    `schemas` (by provider type) turn recorded values back into their normal form; values of a type that is not
    among them are kept as they are. `source` is how messages call the file, `hint` the way back if it is broken.
    Values that are equal to those of the case declared at the same address, in `beside`, are one object with them:
    in most workspaces these are nearly all. Raises StateError.
    """
    with suppress(ValueError, TypeError, RecursionError):  # something is unusual; what it is the whole has to say
        return _by_case(file, _Maker(schemas, beside))
    file.seek(0)
    return decode_whole(file.read(), schemas, source=source, hint=hint())


def _by_case(file: BinaryIO, make: _Maker) -> State:
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    head: dict[str, Any] = {}
    records: dict[Address, Record] = {}
    try:
        for name, value in members(text, "cases"):
            head[name] = value
            if name == "cases":
                records = {record.address: record for record in starmap(make.record, value)}
                head[name] = {}
    finally:
        text.detach()  # which else closes the file with itself
    data = StateData.model_validate(head)
    return State(data.lineage, data.serial, records)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the records of cases."""

    schemas: Mapping[str, Schema]
    beside: Cases

    def record(self, key: str, data: Any) -> Record:
        """Return the record of a case; raise ValueError or TypeError for what is none."""
        return self._plain(key, data) or record_from(key, RecordData.model_validate(data), self.schemas)

    def _plain(self, key: str, data: Any) -> Record | None:
        """Return the record of a case that depends on no other; None for any other."""
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
            intern(data["type"]),
            data["id"],
            data["url"],
            recorded,
            _handles(tuple(data["handles"].items())),
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
        and _TEXTS.issuperset(map(type, (handles := data["handles"]).values()))
        and data["lifecycle"].keys() == _LIFECYCLE
        and "".join((data["id"], data["url"], data["updated_at"], *handles, *handles.values())).isascii()
    )


@lru_cache(maxsize=16, typed=True)
def _lifecycle(*, on_remove: Any, prevent_delete: Any) -> Lifecycle | None:
    """Return one value for all that are treated alike; raise ValueError or TypeError for what is no lifecycle."""
    return Lifecycle(OnRemove(on_remove), prevent_delete) if isinstance(prevent_delete, bool) else None


@lru_cache(maxsize=4096)
def _handles(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return one value for cases whose parts are called alike, as those are that the same people work on."""
    return {intern(path): handle for path, handle in pairs}


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
    if kind is not dict or type(value) is not dict:
        return False
    kinds = set(map(type, data.values()))
    if kinds == {dict}:
        return data.keys() == value.keys() and all(_is_text_of(item, value[key]) for key, item in data.items())
    return kinds <= _TEXTS and value == data
