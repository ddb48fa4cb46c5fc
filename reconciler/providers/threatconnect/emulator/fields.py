"""
How the emulated instance judges a body by the field table of its object.

    what is wrong                                            errCode
    ------------------------------------------------------   -----------------
    a required field is missing                              0x2003
    an unknown, a read-only or a fixed field is sent         0x2005, or nothing where the instance is lenient
    a type, a length, an enumeration, a date; null           0x2005
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.answers import MISSING, improper
from reconciler.providers.threatconnect.emulator.field_tables import ENRICHMENTS, FIELDS
from reconciler.providers.threatconnect.emulator.field_types import Field, Fields, Kind

__all__ = ["ENRICHMENTS", "FIELDS", "Field", "Fields", "Kind", "checked", "moment", "whole_number"]


def checked(object_name: str, body: Any, *, creating: bool, strict: bool) -> dict[str, Any]:
    """
    Check a body by the table of its object, and give it with ids as numbers.

    Objects and collections are checked for their shape only, parents not for being there. Raises `Refused`;
    where the instance is not strict, keys that may not be sent are left out instead.
    """
    if not isinstance(body, Mapping):
        raise improper(f"The {object_name} body must be a JSON object")
    fields = FIELDS[object_name]
    sent = {
        name: value for name, value in body.items() if _welcome(fields, name, creating=creating, strict=strict)
    }
    if creating:
        _require(fields, sent)
    return {name: _value(fields[name], value, name) for name, value in sent.items()}


def _welcome(fields: Fields, name: str, *, creating: bool, strict: bool) -> bool:
    field = fields.get(name)
    if field is not None and field.accepts(creating=creating):
        return True
    if strict:
        raise improper(f"{name} cannot be {'set' if creating else 'updated'}")
    return False


def _require(fields: Fields, sent: Mapping[str, Any]) -> None:
    for name, field in fields.items():
        if field.required and not field.parent and name not in sent and field.alternative not in sent:
            raise Refused(HTTPStatus.BAD_REQUEST, f"{name} is required", MISSING)


def _value(field: Field, value: Any, name: str) -> Any:
    _no_null(value, name)
    return _READERS[field.kind](field, value, name)


def _no_null(value: Any, name: str) -> None:
    match value:
        case None:
            raise improper(f"{name} must not be null")
        case dict():
            for key, inner in value.items():
                _no_null(inner, f"{name}.{key}")
        case list():
            for inner in value:
                _no_null(inner, name)


def _text(field: Field, value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise improper(f"{name} must be a string")
    if field.allowed and value not in field.allowed:
        raise improper(f"{name} must be one of {', '.join(field.allowed)}")
    if not _between(field, len(value)):
        raise improper(
            f"{name} must be {field.minimum or 0} to {field.maximum or 'any number of'} characters long"
        )
    return value


def _number(field: Field, value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not _between(field, value):
        raise improper(f"{name} must be a number from {field.minimum} to {field.maximum}")
    return value


def _id(_field: Field, value: Any, name: str) -> int:
    return whole_number(value, name)


def _truth(_field: Field, value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise improper(f"{name} must be true or false")
    return value


def _moment(_field: Field, value: Any, name: str) -> str:
    moment(value, name)
    return str(value)


def _object(_field: Field, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise improper(f"{name} must be an object")
    return value


def _collection(field: Field, value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= {"data", "mode"} or not _listed(value.get("data")):
        raise improper(f'{name} must be {{"data": [...]}}, with a mode where it has one')
    if not _between(field, len(value["data"])):
        raise improper(f"{name} may have {field.maximum} items")
    return value


def _listed(data: Any) -> bool:
    return isinstance(data, list) and all(isinstance(item, dict) for item in data)


def _between(field: Field, size: int) -> bool:
    return (field.minimum is None or size >= field.minimum) and (field.maximum is None or size <= field.maximum)


_READERS: Mapping[Kind, Callable[[Field, Any, str], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.ID: _id,
    Kind.TRUTH: _truth,
    Kind.MOMENT: _moment,
    Kind.OBJECT: _object,
    Kind.COLLECTION: _collection,
}


def whole_number(value: Any, name: str) -> int:
    """Read an id, also one written as digits, as the vendor's own samples do; raises `Refused`."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        raise improper(f"{name} is not a number: {value!r}")
    return int(value)


def moment(value: Any, name: str) -> datetime:
    """Read an ISO 8601 date, to the second; without an offset it is UTC. Raises `Refused`."""
    try:
        read = datetime.fromisoformat(value)
        zoned = read if read.tzinfo else read.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError):
        raise improper(f"{name} is not a valid date: {value!r}") from None
