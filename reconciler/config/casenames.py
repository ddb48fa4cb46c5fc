"""
What exported cases are called: by a pattern, in letters that every name may have, each name once.

    {title}-{id}     Phishing wave, Ünterföhring, case 42  →  phishing-wave-unterfohring-42

A name is made of its case alone, so it stays the same whatever else is exported; with the id in the pattern no two
cases have the same. Otherwise the id is put behind a name that is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from string import Formatter
from typing import Final

from anyascii import anyascii

from reconciler.config.expressions import MASKED_FROM
from reconciler.errors import ReconcilerError
from reconciler.model.address import NAME
from reconciler.model.case import Live
from reconciler.model.fields import Kind, Schema

LONGEST: Final = 128
"""Characters of a name."""

_TITLE: Final = "title"
_TITLES: Final = ("title", "name")
"""Attributes that `{title}` may mean, whichever a system has."""
_PART: Final = 60
"""Characters of one value in a name."""
_EXAMINED: Final = 400
"""Characters of a text that are looked at: what comes after them is not in the name."""
_OTHERS: Final = re.compile("[^a-z0-9]+")


def slug(text: str, longest: int = _PART) -> str:
    """
    Return what a text says in small letters, digits and hyphens; empty where it has none of them.

    >>> slug("Phishing: Wave №7 (Überfall!)")
    'phishing-wave-no7-uberfall'
    """
    return _OTHERS.sub("-", anyascii(text[:_EXAMINED]).lower()).strip("-")[:longest].strip("-")


class Names:
    """Gives names to the cases of one system."""

    def __init__(
        self, pattern: str, schema: Schema, taken: Collection[str] = (), secrets: Collection[str] = ()
    ) -> None:
        """
        Read a pattern, such as `{title}-{id}`; raise ReconcilerError for one that makes no names.

        No name is one of those `taken`, or tells one of the secrets.
        """
        self._secrets = [made for secret in secrets if len(made := slug(secret)) >= MASKED_FROM]
        self._parts = [(text, field) for text, field, *_ in _parsed(pattern)]
        self._taken = set(taken)
        self._sources = {field: _attribute(field, schema) for _, field in self._parts if field and field != "id"}
        for text, _ in self._parts:
            if not re.fullmatch("[A-Za-z0-9_-]*", text):
                raise ReconcilerError(
                    f"--name {pattern}: {text!r} cannot be in a name", hint="letters, digits, `_` and `-` only"
                )

    @property
    def attributes(self) -> frozenset[str]:
        """Return the attributes that names are made of."""
        return frozenset(self._sources.values())

    def take(self, name: str) -> None:
        """Let no other case have this name."""
        self._taken.add(name)

    def name(self, live: Live) -> str:
        """Return the name of a case, which no other case has, nor will have."""
        made = self._made(live)
        while made in self._taken:
            made = f"{made[: LONGEST - len(live.id) - 1]}-{live.id}" if made != f"case-{live.id}" else f"{made}-x"
        self._taken.add(made)
        return made

    def _made(self, live: Live) -> str:
        said = (f"{text}{self._value(field, live)}" for text, field in self._parts)
        name = re.sub("--+", "-", "".join(said)).strip("-")[:LONGEST]
        is_sound = NAME.fullmatch(name) and not any(secret in name for secret in self._secrets)
        return (
            name if is_sound and not name.isdecimal() else f"case-{live.id}"
        )  # a number would be taken for an id

    def _value(self, field: str | None, live: Live) -> str:
        if field is None:
            return ""
        if field == "id":
            return live.id
        value = live.attributes.get(self._sources[field])
        return slug(str(value)) if isinstance(value, str | int) else ""


def _parsed(pattern: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise ReconcilerError(f"--name {pattern}: {error}", hint="write a pattern such as {title}-{id}") from error
    if not any(field for _, field, _, _ in parts) or any(spec or how for _, _, spec, how in parts):
        raise ReconcilerError(f"--name {pattern} is no pattern", hint="write one such as {title}-{id}")
    return parts


def _attribute(field: str, schema: Schema) -> str:
    """Return the attribute that a field of the pattern means."""
    scalars: Mapping[str, None] = dict.fromkeys(name for name in schema.fields if schema.kind(name) is Kind.SCALAR)
    if field == _TITLE:
        return next(name for name in _TITLES if name in scalars)
    if field not in scalars:
        raise ReconcilerError(
            f"--name: there is no {{{field}}}", hint=f"there are id, title, {', '.join(scalars)}"
        )
    return field
