"""
`${…}` in texts: what it stands for, and what becomes of it.

${var.x + "…"}       CEL: put in before all else, by `binding`            settings of providers, cases
${env.NAME}          the environment's value, a secret from here on      settings of providers, attributes
${cases.NAME.id}     what another case will have (also .url)             attributes
${file("notes.md")}  the text of a file inside the workspace             attributes
$${                  the two characters `${`

env and file are put in before the schema looks at a value. A reference has no value yet: a private token, made of
a character that no file may hold, takes its place until the schema is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Final

from reconciler.config.files import Unreadable, inside, read
from reconciler.config.nodes import Block, Bound, Elsewhere, Listing, Node, location
from reconciler.config.problems import Problems
from reconciler.config.sentences import nearest, one_of, quoted
from reconciler.errors import Location, Problem
from reconciler.model.values import Ref, Secret, Template

MAX_FILE: Final = 1024 * 1024
"""Bytes of a file that `${file(…)}` reads."""
MAX_TEXT: Final = 1024 * 1024
"""Characters that expressions may put into one text."""
MAX_TEXTS: Final = 64 * MAX_TEXT
"""Characters that they may put into all texts of a workspace."""

MASKED_FROM: Final = 4
"""Characters from which on a secret is masked in messages; a shorter one would tear every sentence apart."""

UNSET: Final = "unset"
"""What stands for an expression that has no value."""

SETTINGS: Final = ("env",)
"""The expressions of provider settings."""
ATTRIBUTES: Final = ("env", "cases", "file")
"""The expressions of case attributes."""

MIXED: Final = "one value cannot hold both a secret and a reference"
SPLIT: Final = "split it into two"

_TEXT: Final = r"""[rR]"[^"\n]*"|[rR]'[^'\n]*'|"(?:\\.|[^"\\\n])*+"|'(?:\\.|[^'\\\n])*+'"""
_INNER: Final = reduce(lambda inner, _: rf"(?:{_TEXT}|[^\"'{{}}\n]|\{{{inner}\}})*+", range(4), r"[^\"'{}\n]*+")
"""What stands between the braces: texts may hold any, else they come in pairs."""
EXPRESSION: Final = re.compile(rf"\$\$\{{|\$\{{({_INNER})(\}})?")
"""`${…}`, or what stands for `${`."""
_ENV: Final = re.compile(r"env\.([A-Za-z_][A-Za-z0-9_]*)")
_CASES: Final = re.compile(r"cases\.([A-Za-z0-9_-]+)\.([A-Za-z_]+)")
_FILE: Final = re.compile(r'file\(\s*"([^"]*)"\s*\)')
_HEAD: Final = re.compile(r"[A-Za-z_]*")

_EDGE: Final = "\ufffe"
_TOKEN: Final = re.compile(f"{_EDGE}([0-9]+){_EDGE}")
_NO_TEXT: Final = re.compile("[\x00\ufffe\uffff]")

_REF_ATTRIBUTES: Final = ("id", "url")
_FORMS: Final = {"env": "${env.NAME}", "cases": "${cases.NAME.id}", "file": '${file("notes.md")}'}


@dataclass(slots=True)
class Found:
    """What expressions brought into a value."""

    secrets: set[str] = field(default_factory=set)
    """Whole texts that hold a secret."""
    references: list[tuple[Ref, Location]] = field(default_factory=list)
    unknown: bool = False
    """An expression has no value here, which has been said: the whole says nothing."""

    def add(self, other: Found) -> None:
        """Take in what was found in a part."""
        self.secrets |= other.secrets
        self.references += other.references
        self.unknown |= other.unknown


class _Wrong(Exception):
    """An expression that stands for nothing."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(slots=True)
class Expressions:
    """Evaluates the expressions of one workspace; remembers secrets, warnings and problems."""

    root: Path
    env: Mapping[str, str]
    offline: bool = False
    problems: list[Problem] = field(default_factory=Problems)
    secrets: set[str] = field(default_factory=set)
    """Every value read from the environment."""
    warnings: list[str] = field(default_factory=list)
    _references: list[Ref] = field(default_factory=list)
    _files: dict[str, str] = field(default_factory=dict)
    _put_in: int = 0
    """Characters, in all texts so far."""

    def evaluate(self, node: Node, file: str, place: int, allowed: tuple[str, ...], found: Found) -> Node:
        """Return a value with its expressions put in; what they were goes into `found`."""
        if type(place) is Elsewhere:
            file = place.file
        match node:
            case str() if "${" in node:
                return self._text(node, location(file, place), allowed, found)
            case Block():
                return {
                    self.key(key, file, key_place): self.evaluate(value, file, at, allowed, found)
                    for key, value, key_place, at in node.located()
                }
            case Listing():
                items = zip(node, node.places, strict=True)
                return [self.evaluate(value, file, at, allowed, found) for value, at in items]
            case _:
                return node

    def key(self, key: str, file: str, place: int) -> str:
        """Return a key; report one that holds an expression."""
        if "${" in key:
            self._report(location(file, place), "`${…}` cannot stand in a key", None)
        return key

    def restore(self, value: object) -> object:
        """Return a text that holds tokens as the Ref or Template that it stands for; anything else as it is."""
        if not isinstance(value, str) or _EDGE not in value:
            return value
        parts = [
            self._references[int(part)] if odd % 2 else part
            for odd, part in enumerate(_TOKEN.split(value))
            if part
        ]
        return parts[0] if len(parts) == 1 else Template(tuple(parts))

    def _text(self, text: str, place: Location, allowed: tuple[str, ...], found: Found) -> str:
        here = Found()
        most = min(self._put_in + MAX_TEXT, MAX_TEXTS)
        if isinstance(text, Bound):
            made = "".join(self._part(part, place, allowed, here, most) for part in text.parts)
        else:
            made = EXPRESSION.sub(lambda match: self._one(match, place, allowed, here, most), text)
        if here.secrets and here.references:
            self._report(place, MIXED, SPLIT)
        if here.secrets:
            here.secrets = {made}
        found.add(here)
        return made

    def _part(self, part: Any, place: Location, allowed: tuple[str, ...], found: Found, most: int) -> str:
        match part:
            case str():
                return part
            case None:
                found.unknown = True
                return UNSET
            case Secret(value):
                self.secrets.add(value)
                found.secrets.add(value)
                return value
            case _:
                return self._one(part, place, allowed, found, most)

    def _one(
        self, match: re.Match[str], place: Location, allowed: tuple[str, ...], found: Found, most: int
    ) -> str:
        if match[1] is None:
            return "${"
        if self._put_in > most:
            return UNSET
        try:
            return self._counted(self._value(match, place, allowed, found), most)
        except _Wrong as wrong:
            self._report(place, wrong.message, wrong.hint)
            found.unknown = True
            return UNSET

    def _counted(self, value: str, most: int) -> str:
        """Refuse a few words that stand for gigabytes."""
        self._put_in += len(value)
        if self._put_in <= most:
            return value
        if most == MAX_TEXTS:
            raise _Wrong(f"expressions put more than {MAX_TEXTS:,} characters into the texts of this workspace")
        raise _Wrong(f"expressions put more than {MAX_TEXT:,} characters into one text")

    def _value(self, match: re.Match[str], place: Location, allowed: tuple[str, ...], found: Found) -> str:
        if match[2] is None:
            raise _Wrong(f"{quoted(match[0])} is not closed", "end it with `}`, or write `$${` for the text `${`")
        inner = match[1].strip()
        kind = _HEAD.match(inner)[0]  # type: ignore[index] # matches every text
        if kind in _FORMS and kind not in allowed:
            raise _Wrong(f"{quoted(match[0])} cannot stand in the settings", f"only {_FORMS['env']} can")
        if env := _ENV.fullmatch(inner):
            return self._env(env[1], place, found)
        if cases := _CASES.fullmatch(inner):
            return self._reference(cases[1], cases[2], place, found)
        if file := _FILE.fullmatch(inner):
            return self._file(file[1])
        raise _Wrong(f"unknown expression {quoted(match[0])}", _form(kind, allowed))

    def _env(self, name: str, place: Location, found: Found) -> str:
        value = self.env.get(name, "").rstrip("\r\n")
        if value:
            self.secrets.add(value)
            found.secrets.add(_checked(value, f"the environment variable {name}"))
            return value
        trouble = f"the environment variable {name} is {'empty' if name in self.env else 'not set'}"
        if not self.offline:
            raise _Wrong(trouble, f"set it: export {name}=…")
        self.warnings.append(f"{place}: {trouble}")
        found.unknown = True
        return UNSET

    def _reference(self, case: str, attribute: str, place: Location, found: Found) -> str:
        if attribute not in _REF_ATTRIBUTES:
            raise _Wrong(
                f"a case has no `{attribute}` to refer to",
                nearest(attribute, _REF_ATTRIBUTES) or f"use {one_of(_REF_ATTRIBUTES)}",
            )
        reference = Ref(case, attribute)
        found.references.append((reference, place))
        self._references.append(reference)
        return f"{_EDGE}{len(self._references) - 1}{_EDGE}"

    def _file(self, name: str) -> str:
        if name not in self._files:
            self._files[name] = _checked(self._read(name), f"the file {quoted(name)}")
        return self._files[name]

    def _read(self, name: str) -> str:
        try:
            return read(inside(self.root, name), MAX_FILE).decode("utf-8-sig")
        except Unreadable as error:
            raise _Wrong(f"the file {quoted(name)} {error}") from error
        except UnicodeDecodeError as error:
            raise _Wrong(f"the file {quoted(name)} is not UTF-8 text") from error

    def _report(self, place: Location, message: str, hint: str | None) -> None:
        self.problems.append(Problem(place, message, hint))


def has_reference(value: object) -> bool:
    """Tell whether an evaluated text holds the token of a reference."""
    return isinstance(value, str) and _EDGE in value


def stays(inner: str) -> bool:
    """Tell whether what stands in `${…}` is of the forms that are put in here, or is taken for one of them."""
    return _HEAD.match(inner)[0] in _FORMS  # type: ignore[index] # matches every text


def has_expression(text: str) -> bool:
    """Tell whether a written text holds `${…}` that stands for something; `$${` is text."""
    return any(found[1] is not None for found in EXPRESSION.finditer(text))


def as_text(text: str) -> str:
    """Return how a text is written so that nothing in it is an expression."""
    return text.replace("${", "$${")


def expressions_in(node: Node, file: str, place: int) -> list[Location]:
    """Return the places of the texts below a node that hold `${`, for where none may stand."""
    if type(place) is Elsewhere:
        file = place.file
    match node:
        case str():
            return [location(file, place)] if "${" in node else []
        case Block():
            return [found for _, value, _, at in node.located() for found in expressions_in(value, file, at)]
        case Listing():
            items = zip(node, node.places, strict=True)
            return [found for value, at in items for found in expressions_in(value, file, at)]
        case _:
            return []


def _form(kind: str, allowed: tuple[str, ...]) -> str:
    """Return the hint for an unknown expression."""
    if kind in allowed:
        return f"write {_FORMS[kind]}"
    close = next((name for name in allowed if nearest(kind, [name])), None)
    if close:
        return f"did you mean {_FORMS[close]}?"
    forms = [_FORMS[name] for name in allowed]
    known = one_of([*forms, "CEL over var, each or case"] if allowed == ATTRIBUTES else forms, last="and")
    return f"known are {known}; `$${{` is the text `${{`"


def checked(text: str) -> str:
    """Return a text; raise ValueError for what is none, and for what could be taken for a token of ours."""
    if _NO_TEXT.search(text) or not _encodable(text):
        raise ValueError("is not text")
    return text


def _checked(text: str, what: str) -> str:
    try:
        return checked(text)
    except ValueError as error:
        raise _Wrong(f"{what} {error}") from None


def _encodable(text: str) -> bool:
    """Tell a text from what a foreign environment left undecoded (lone surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
