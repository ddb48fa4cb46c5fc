"""
How the emulated tenant reads a request.

The server is a Rails application: brackets in a query make lists and objects, and query and body are one set
of parameters, the body's first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.providers.emulation import Refused

if TYPE_CHECKING:
    from reconciler.providers.emulation import Call

_Kind = TypeVar("_Kind")


class Invalid(Refused):
    """A value that the tenant refuses; Tines' status for it is not documented, so a switch may change it."""

    def __init__(self, message: str, details: str | None = None) -> None:
        super().__init__(HTTPStatus.UNPROCESSABLE_ENTITY, message, details)


def params(call: Call) -> dict[str, Any]:
    """Merge a call's query and JSON body; raises `Invalid` where the body is no object."""
    if call.body is not None and not isinstance(call.body, dict):
        raise Invalid("The request body must be a JSON object")
    return nested(call.query) | (call.body or {})


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read `a[b][]=1&a[b][]=2` as `{"a": {"b": ["1", "2"]}}`; raises `Invalid` where a name is two things."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        first, _, brackets = name.partition("[")
        _place(result, first, re.findall(r"\[([^\]]*)\]", "[" + brackets), value)
    return result


def _place(target: dict[str, Any], name: str, path: list[str], value: str) -> None:
    match path:
        case []:
            target[name] = value
        case [""]:
            _shaped(list, target.setdefault(name, []), name).append(value)
        case _:
            inner, *rest = path
            _place(_shaped(dict, target.setdefault(name, {}), name), inner, rest, value)


def _shaped(kind: type[_Kind], value: Any, name: str) -> _Kind:
    if not isinstance(value, kind):
        raise Invalid(f"Parameter {name} is given in two shapes")
    return value


def known(asked: Mapping[str, Any], keys: Collection[str], input_type: str) -> dict[str, Any]:
    """Refuse unknown keys; drop nulls, which mean "unchanged" (seen on a live tenant)."""
    for key in asked:
        if key not in keys:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{key}: Field is not defined on {input_type}",
                f"Variable $input was provided invalid value for {key}",
            )
    return {key: value for key, value in asked.items() if value is not None}


def many(value: Any) -> list[Any]:
    """Take one value or a list of them as a list."""
    return value if isinstance(value, list) else [value]


def texts(value: Any, name: str) -> list[str]:
    """Read a list of strings that are not blank."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise Invalid(f"{name} must be a list of strings")
    return value


def text(value: Any, name: str) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a string")
    return value


def filled(asked: Mapping[str, Any], name: str) -> str:
    """Read a string that must be there and not be blank."""
    if not text(asked.get(name, ""), name).strip():
        raise Invalid(f"Validation failed: {name.capitalize()} can't be blank")
    return str(asked[name])


def objects(value: Any, name: str, maximum: int) -> list[dict[str, Any]]:
    """Read a list of at most so many objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Invalid(f"{name} must be a list of objects")
    return limited(value, name, maximum)


def limited(items: list[_Kind], name: str, maximum: int) -> list[_Kind]:
    """Refuse a batch of more than so many."""
    if len(items) > maximum:
        raise Invalid(f"{name} must be at most {maximum}")
    return items


def numbers(value: Any, name: str) -> list[int]:
    """Read a list of integers, also ones written as digits."""
    if not isinstance(value, list):
        raise Invalid(f"{name} must be a list of numbers")
    return [whole_number(item, name) for item in value]


def whole_number(value: Any, name: str) -> int:
    """Read an integer, also one written as digits."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
        raise Invalid(f"{name} is not a number: {value!r}")
    return int(value)


def truth(value: Any) -> bool:
    """Read a boolean as Rails does: what is not false is true."""
    return str(value).lower() not in {"", "0", "false", "f", "off", "none"}


def moment(value: Any, name: str) -> datetime:
    """Read an ISO 8601 timestamp, to the second; without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid(f"{name} is not a valid timestamp") from None
    zoned = read if read.tzinfo else read.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).replace(microsecond=0)


def choice(value: Any, allowed: Collection[str], name: str) -> str:
    """Read an enum that is in lower case everywhere."""
    if value not in allowed:
        raise Invalid(f"{value!r} is not a valid {name}")
    return str(value)


def one_of(value: Any, allowed: tuple[str, ...], name: str) -> str:
    """Read an enum in any letter case; the API's own is upper."""
    if not isinstance(value, str) or value.upper() not in allowed:
        raise Invalid(f"{value!r} is not a valid {name}")
    return value.upper()
