"""
Which live case is meant by what a declared one says of it: none, one or many, and never a guess.

scalar   equal; where the system spells it in ways of its own, equal but for those
set      has all the members that are named; none, if none are
map      has all the keys that are named, with these values
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from reconciler.errors import Problem
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import is_same
from reconciler.model.fields import Field, Fold, Kind, Schema
from reconciler.model.values import ABSENT, Value, known_as, member_text

SHOWN: Final = 10
"""Cases that are told where several fit."""

Sought: TypeAlias = Mapping[str, Value]


def fits(live: Live, sought: Sought, schema: Schema) -> bool:
    """Tell whether a live case says all that is sought."""
    return all(_says(live, name, value, schema.fields[name]) for name, value in sought.items())


def _says(live: Live, name: str, value: Value, known: Field) -> bool:
    shown, aliases = live.attributes.get(name, ABSENT), live.aliases.get(name, {})
    match known.kind:
        case Kind.SET if not value:
            return not shown
        case Kind.SET:
            theirs = {word for member in shown or () for word in _words(member, aliases, known.key)}
            return all(not theirs.isdisjoint(_words(member, {}, known.key)) for member in value)
        case Kind.MAP:
            return all(is_same((shown or {}).get(key), part) for key, part in value.items())
        case _:
            return is_same(shown, value) or not _words(shown, aliases, known.key).isdisjoint(
                _words(value, {}, known.key)
            )


def _words(value: Value, aliases: Mapping[str, AbstractSet[str]], key: Fold | None) -> set[Value]:
    """Return what a value may be called, in one spelling; nothing for nothing."""
    text = known_as(value)
    if text is None:
        return set()
    names = {text, *aliases.get(member_text(value) or "", ())}
    return {key(name) for name in names} if key else {text}


@dataclass(slots=True)
class Search:
    """What is sought in one system, and what has been found of it."""

    cases: Iterable[Case]
    schema: Schema
    found: dict[Address, list[tuple[str, str]]] = field(default_factory=dict)
    """By the declared case, ids and urls."""
    _by_word: dict[tuple[str, Value], list[Case]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort what is sought by one word of each, since thousands of cases are held against it."""
        for case in self.cases:
            self.found[case.address] = []
            self._by_word.setdefault(self._telling(case.find or {}), []).append(case)

    def look_at(self, live: Live) -> None:
        """Note for which declared cases a live one may be meant."""
        for case in self._candidates(live):
            if fits(live, case.find or {}, self.schema):
                self.found[case.address].append((live.id, live.url))

    def problems(self) -> Iterator[Problem]:
        """Yield what was not found, or more than once."""
        for case in self.cases:
            found = self.found[case.address]
            where, said = case.source.at(("import", "find")), _told(case.find or {})
            if not found:
                hint = "leave `import` out to create one; every letter counts"
                yield Problem(where, f"{case.address}: there is no case with {said} to import", hint)
            elif len(found) > 1:
                shown = ", ".join(f"{id} ({url})" if url else id for id, url in found[:SHOWN])
                more = ", …" if len(found) > SHOWN else ""
                message = f"{case.address}: {len(found)} cases have {said}: {shown}{more}"
                yield Problem(where, message, f'write the id of the one that is meant: `import: "{found[0][0]}"`')

    def _telling(self, sought: Sought) -> tuple[str, Value]:
        """Return an attribute with a word that a case must have to fit; nothing where there is none like that."""
        for name, value in sorted(sought.items()):
            known = self.schema.fields[name]
            if known.kind is Kind.SCALAR and known.key is None and isinstance(value, str):
                return name, value
        return "", None

    def _candidates(self, live: Live) -> Iterator[Case]:
        for name in {name for name, _ in self._by_word}:
            word = live.attributes.get(name) if name else None
            if not name or isinstance(word, str):
                yield from self._by_word.get((name, word), ())


def _told(sought: Sought) -> str:
    """Return what is sought, as a sentence tells it."""
    return ", ".join(f"{name} {_value(value)}" for name, value in sought.items())


def _value(value: Value) -> str:
    match value:
        case Mapping():
            return f"{{{', '.join(f'{key}: {_value(part)}' for key, part in sorted(value.items()))}}}"
        case AbstractSet():
            return f"[{', '.join(sorted(map(_value, value)))}]"
        case _:
            return repr(value)
