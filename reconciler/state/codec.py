"""
State ⇄ JSON, format version 1: sorted keys and one trailing newline, so that a commit shows a small diff.

What is read is validated whole before any of it is used, and nothing is guessed: a file that is broken, newer or
unknown in part is refused, because the next save would write our guess over it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from reconciler import __version__
from reconciler.errors import StateError
from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.fields import Field as SchemaField
from reconciler.model.fields import Kind, Schema
from reconciler.model.record import Record, State
from reconciler.model.strict import strict_json
from reconciler.model.values import Value, from_json, to_json

VERSION: Final = 1

_SHAPES: Final = {Kind.SET: "a set", Kind.MAP: "a map", Kind.ITEMS: "items by key"}

_Strict = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class LifecycleData(BaseModel):
    """How a recorded case is treated when its block has left the files."""

    model_config = _Strict

    on_remove: OnRemove = OnRemove.RELEASE
    prevent_delete: StrictBool = False
    ignore_changes: tuple[StrictStr, ...] = ()


class RecordData(BaseModel):
    """What was last applied to one case."""

    model_config = _Strict

    provider: StrictStr = Field(description="The provider instance; the first half of the address.")
    type: StrictStr = Field(description="The system, as `type` in the settings names it.")
    id: StrictStr = Field(description="The id of the case in the system.")
    url: StrictStr = ""
    recorded: dict[StrictStr, Any] = Field(description="Attributes; sets are sorted lists, secrets keyed digests.")
    handles: dict[StrictStr, StrictStr] = Field(
        default={}, description="Ids of items in the case, by dotted path."
    )
    depends_on: tuple[StrictStr, ...] = Field(default=(), description="Addresses.")
    lifecycle: LifecycleData = LifecycleData()
    updated_at: StrictStr = Field(default="", description="When it was last applied: ISO 8601, UTC.")


class StateData(BaseModel):
    """The state of a workspace, as reconciler keeps it."""

    model_config = _Strict

    version: Annotated[StrictInt, Field(ge=VERSION, le=VERSION, description="The version of this format.")]
    lineage: Annotated[
        StrictStr, Field(min_length=1, description="Made once; another lineage is another history.")
    ]
    serial: Annotated[StrictInt, Field(ge=0, description="Grows with every saved state.")]
    reconciler_version: StrictStr = Field(description="The version that wrote it.")
    cases: dict[StrictStr, RecordData] = Field(description="What was last applied, by address.")


def state_schema() -> dict[str, Any]:
    """Return the JSON Schema of a state file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **StateData.model_json_schema(),
        "title": "reconciler state",
    }


# ------------------------------------------------------------------------------------------------ writing


def encode(state: State) -> bytes:
    """Return the content of a state file."""
    data = {
        "version": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "reconciler_version": __version__,
        "cases": {str(address): record_to_json(record) for address, record in state.records.items()},
    }
    return as_utf8(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def record_to_json(record: Record) -> dict[str, Any]:
    """Return the JSON form of a record, its name left out: that is the key under which it stands."""
    return {
        "provider": record.address.provider,
        "type": record.type,
        "id": record.id,
        "url": record.url,
        "recorded": to_json(record.recorded),
        "handles": dict(record.handles),
        "depends_on": [str(address) for address in record.depends_on],
        "lifecycle": _lifecycle_to_json(record.lifecycle),
        "updated_at": record.updated_at,
    }


def _lifecycle_to_json(lifecycle: Lifecycle) -> dict[str, Any]:
    data: dict[str, Any] = {"on_remove": lifecycle.on_remove.value, "prevent_delete": lifecycle.prevent_delete}
    if lifecycle.ignore_changes:
        data["ignore_changes"] = list(lifecycle.ignore_changes)
    return data


def as_utf8(text: str) -> bytes:
    r"""Return JSON text in UTF-8; a lone surrogate, which UTF-8 cannot hold, becomes JSON's own escape \ud800."""
    return text.encode("utf-8", "backslashreplace")


# ------------------------------------------------------------------------------------------------ reading


def decode_whole(content: bytes, schemas: Mapping[str, Schema], *, source: str, hint: str | None) -> State:
    """
    Read the content of a state file at once.

    `schemas` (by provider type) turn recorded values back into their normal form; values of a type that is not
    among them are kept as they are. `source` is how messages call the file, `hint` the way back if it is broken.
    Raises StateError.
    """
    data = parse_json(content, source=source, hint=hint)
    _refuse_newer(data, source)
    try:
        read = StateData.model_validate(data)
    except ValidationError as error:
        raise StateError(f"{source} is no valid state: {first_problem(error)}", hint=hint) from error
    try:
        records = [record_from(address, item, schemas) for address, item in read.cases.items()]
    except ValueError as error:
        raise StateError(f"{source} is no valid state: {error}", hint=hint) from error
    return State(read.lineage, read.serial, {record.address: record for record in records})


def _refuse_newer(data: Any, source: str) -> None:
    version = data.get("version") if isinstance(data, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise StateError(
            f"{source} was written by a newer reconciler (version {version}; this one reads {VERSION})",
            hint="Upgrade reconciler; the file has not been touched.",
        )


def parse_json(content: bytes, *, source: str, hint: str | None = None) -> Any:
    """Read strict JSON: no NaN, no infinity, no key twice, no byte order mark. Raises StateError."""
    try:
        return strict_json(content.decode(), unique=True)
    except UnicodeDecodeError as error:
        place = _place(content, error.start)
        raise StateError(f"{source}:{place} is not valid UTF-8", hint=hint) from error
    except json.JSONDecodeError as error:
        raise StateError(
            f"{source}:{error.lineno}:{error.colno} is not valid JSON: {error.msg}", hint=hint
        ) from error
    except ValueError as error:
        raise StateError(f"{source} is not valid JSON: {error}", hint=hint) from error
    except RecursionError as error:
        raise StateError(f"{source} is not valid JSON: it is nested too deeply", hint=hint) from error


def _place(content: bytes, offset: int) -> str:
    """Return line and column, both from 1, of a byte."""
    lines = content[:offset].split(b"\n")
    return f"{len(lines)}:{len(lines[-1]) + 1}"


def first_problem(error: ValidationError) -> str:
    """Say the first thing that is wrong, and where: `cases.soc.a.id: Input should be a valid string`."""
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in problem["loc"]) or "the whole"
    return f"{where}: {problem['msg']}"


def record_from(address: str, data: RecordData, schemas: Mapping[str, Schema]) -> Record:
    """Make a record of validated data; raise ValueError for what the model cannot say."""
    parsed = Address.parse(address)
    if parsed.provider != data.provider:
        raise ValueError(f"cases.{address}: provider is {data.provider!r}, the address says {parsed.provider!r}")
    try:
        recorded = _attributes(data.recorded, schemas.get(data.type))
    except (TypeError, ValueError) as error:
        raise ValueError(f"cases.{address}.recorded: {error}") from error
    return Record(
        address=parsed,
        type=data.type,
        id=data.id,
        url=data.url,
        recorded=recorded,
        handles=data.handles,
        depends_on=tuple(Address.parse(other) for other in data.depends_on),
        lifecycle=_lifecycle(data.lifecycle),
        updated_at=data.updated_at,
    )


def _lifecycle(data: LifecycleData) -> Lifecycle:
    return Lifecycle(data.on_remove, data.prevent_delete, data.ignore_changes)


def _attributes(data: Mapping[str, Any], schema: Schema | None) -> Mapping[str, Value]:
    if schema is None:
        return {name: from_json(item) for name, item in data.items()}
    return schema.normalize(_values(data, schema.fields))


def _values(data: Mapping[str, Any], fields: Mapping[str, SchemaField], place: str = "") -> dict[str, Value]:
    """Read attributes, or the fields of an item; what the schema does not know is left out."""
    known = ((name, item) for name, item in data.items() if name in fields)
    return {name: read_value(f"{place}{name}", item, fields[name]) for name, item in known}


def read_value(place: str, data: Any, field: SchemaField) -> Value:
    """Read one value; maps and items are read key by key, so that a user's key `unknown` is no reference."""
    if type(data) is str and field.kind is Kind.SCALAR:
        return data  # most are
    match field.kind, data:
        case _, None:
            return None
        case Kind.MAP, dict():
            return {key: from_json(item) for key, item in data.items()}
        case Kind.ITEMS, dict():
            return {key: _item(f"{place}.{key}", item, field) for key, item in data.items()}
        case Kind.SET, list():
            return from_json(data)
        case Kind.SCALAR, _:
            return from_json(data)
        case _:
            raise TypeError(f"{place} must be {_SHAPES[field.kind]}")


def _item(place: str, data: Any, field: SchemaField) -> Value:
    if not isinstance(data, dict):
        raise TypeError(f"{place} must be an item with its fields")
    return _values(data, field.items, f"{place}.")
