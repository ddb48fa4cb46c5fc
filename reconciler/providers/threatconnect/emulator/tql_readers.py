"""The kinds of TQL parameters: how each reads a value off a query, and takes one out of a stored thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from reconciler.providers.emulation import Refused
from reconciler.providers.threatconnect.emulator.fields import moment
from reconciler.providers.threatconnect.emulator.tql import Parameter, Type
from reconciler.providers.threatconnect.emulator.tql_words import Token, TokenKind, misread

Getter = Callable[[Any], Any] | str
"""How a value is taken out of a thing: a function, or the name of an attribute."""


def parameter_table(*parameters: Parameter) -> Mapping[str, Parameter]:
    """Put parameters under their keywords in lower case, as the compiler wants them."""
    return {parameter.keyword.lower(): parameter for parameter in parameters}


def integer(keyword: str, get: Getter | None = None, *, many: bool = False) -> Parameter:
    """Describe a number, which a query writes bare."""
    return Parameter(
        keyword=keyword, type=Type.INTEGER, get=_getter(get or keyword), read=_read_integer, many=many
    )


def string(keyword: str, get: Getter | None = None, *, many: bool = False) -> Parameter:
    """Describe a text, which a query writes in quotes; an empty one is none."""
    taken = _getter(get or keyword)
    return Parameter(
        keyword=keyword,
        type=Type.STRING,
        get=taken if many else lambda thing: taken(thing) or None,
        read=_read_string,
        many=many,
    )


def lower(keyword: str, get: Getter | None = None, *, many: bool = False) -> Parameter:
    """Describe a text whose letter case makes no difference."""
    taken = _getter(get or keyword)
    return Parameter(
        keyword=keyword,
        type=Type.LOWER,
        get=(lambda thing: [value.casefold() for value in taken(thing)]) if many else _folded(taken),
        read=lambda token: _read_string(token).casefold(),
        many=many,
    )


def date(keyword: str, get: Getter, now: Callable[[], datetime]) -> Parameter:
    """Describe a date; a query writes it as ISO 8601 or as the function TODAY(), in quotes."""
    return Parameter(keyword=keyword, type=Type.DATE, get=_getter(get), read=lambda token: _read_date(token, now))


def boolean(keyword: str, get: Getter | None = None) -> Parameter:
    """Describe a yes or no, which a query writes bare."""
    return Parameter(keyword=keyword, type=Type.BOOLEAN, get=_getter(get or keyword), read=_read_boolean)


def nested(
    keyword: str, get: Callable[[Any], Iterable[Any]], within: Callable[[], Mapping[str, Parameter]]
) -> Parameter:
    """Describe things that belong to the thing, about which a query of their own is asked."""
    return Parameter(keyword=keyword, type=Type.NESTED, get=get, many=True, within=within)


def never(_thing: object) -> None:
    """Take what the emulated instance never has: a score, a due date."""


def false(_thing: object) -> bool:
    """Take what is never so on the emulated instance."""
    return False


def _getter(get: Getter) -> Callable[[Any], Any]:
    return attrgetter(get) if isinstance(get, str) else get


def _folded(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda thing: None if (value := get(thing)) is None else value.casefold()


def _read_integer(token: Token) -> int:
    if token.kind is not TokenKind.NUMBER:
        raise misread(f"{token.text!r} is not a number")
    return int(token.text)


def _read_string(token: Token) -> str:
    if token.kind is not TokenKind.STRING:
        raise misread(f"{token.text!r} is not a text in quotes")
    return token.text


def _read_boolean(token: Token) -> bool:
    if token.folded not in ("true", "false"):
        raise misread(f"{token.text!r} is neither true nor false")
    return token.folded == "true"


def _read_date(token: Token, now: Callable[[], datetime]) -> datetime:
    text = _read_string(token)
    if text.upper() == "TODAY()":
        return now().replace(hour=0, minute=0, second=0)
    try:
        return moment(text, "the value")
    except Refused:
        raise misread(f"{text!r} is not a date") from None
