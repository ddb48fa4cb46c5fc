"""
The attributes of one case: what stands in the file → values in the schema's normal form.

node ── null ── expressions ── maps to text ── pydantic ── normal form ── secrets and references ── attributes

What has parts of its own (items, objects) takes a way of its own through `structures`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from reconciler.config.expressions import ATTRIBUTES, MIXED, SPLIT, Expressions, Found, has_reference
from reconciler.config.nodes import Elsewhere, Node, Placed, Plain, core_values
from reconciler.config.reading import Declared, Parts, Reading
from reconciler.config.sentences import Complaints, quoted
from reconciler.config.structures import GIVE, Structures
from reconciler.errors import Problem
from reconciler.model.address import NAME
from reconciler.model.fields import CaseInsensitive, Field, Kind, Timestamp
from reconciler.model.values import Ref, Secret, Value, transform
from reconciler.providers.base import Provider

_TEXTS: Final = frozenset({str, Plain, type(None)})
"""What a value of a map usually is."""

_MOST_DIGITS: Final = 18
"""An id has no more: the systems count in 64 bits. Python reads no number of thousands of digits."""


def findable(provider: type[Provider]) -> frozenset[str]:
    """Return the attributes by which live cases of a system can be found: those that its lists show."""
    fields = provider.schema.fields.items()
    return frozenset(name for name, known in fields if known.kind is not Kind.ITEMS) - provider.costly


class Attributes:
    """Reads the attributes of one system's cases."""

    def __init__(self, provider: type[Provider], known: tuple[str, ...], expressions: Expressions) -> None:
        self._model = provider.case_model
        self._schema = provider.schema
        self._known = known
        """Keys that may stand beside attributes, for hints."""
        self._expressions = expressions
        self.problems = self._problems = expressions.problems
        self.names = frozenset(provider.schema.fields)
        self.findable = findable(provider)
        self._structures = Structures(self._model, self._schema, expressions)
        self._structured = self._structures.names
        self._sets = frozenset(name for name, made in self._schema.fields.items() if made.kind is Kind.SET)
        self._maps = frozenset(name for name, made in self._schema.fields.items() if made.kind is Kind.MAP)
        self._numbered = frozenset(name for name, made in self._schema.fields.items() if made.numbered)
        self._links = self._schema.linking
        self._folded = self._marked(CaseInsensitive)
        self._instants = self._marked(Timestamp)

    def _marked(self, marking: type) -> tuple[Field, ...]:
        return tuple(
            self._schema.fields[name]
            for name, info in self._model.model_fields.items()
            if any(isinstance(item, marking) for item in info.metadata)
        )

    def read(self, placed: Placed, nodes: Mapping[str, Node], *, has_expressions: bool) -> Declared:
        """Return the attributes in normal form, and the references in them with their places."""
        reading = Reading(placed, dict(nodes), self._problems)
        if self._structured and not self._structured.isdisjoint(reading.raw):
            reading.parts = Parts()
        if None in reading.raw.values():
            self._settle_nulls(reading)
        if has_expressions:
            self._evaluate(reading)
        if reading.parts is not None:
            self._structures.prepare(reading, reading.parts)
        self._respell(reading)
        attributes = self._validated(reading)
        if reading.found:
            self._give_back(reading, attributes)
        for name in self._links & attributes.keys():
            attributes[name] = self._linked(reading, name, attributes[name])
        return Declared({**attributes, **reading.settled}, reading.references, reading.links)

    def _respell(self, reading: Reading) -> None:
        """Write numbers, maps and enums as the schema knows them."""
        for name in self._numbered & reading.raw.keys():
            reading.raw[name] = transform(reading.raw[name], _number)
        for name in self._sets & reading.raw.keys():
            self._check_form(reading, name)
        for name in self._maps & reading.raw.keys():
            reading.raw[name] = self._texts(reading, name)
        for folded in self._folded:
            if isinstance(text := reading.raw.get(folded.name), str):
                reading.raw[folded.name] = folded.normal(text)

    # nulls

    def _settle_nulls(self, reading: Reading) -> None:
        for name in [name for name, value in reading.raw.items() if value is None]:
            known = self._schema.fields.get(name)
            if known is None:
                continue
            del reading.raw[name]
            if known.kind is Kind.MAP:
                reading.report((name,), f"`{name}` cannot be emptied as a whole", "write `KEY: null` for one key")
            elif known.kind is Kind.ITEMS:
                reading.report(
                    (name,), f"`{name}` cannot be emptied as a whole", "leave it out, or write each item"
                )
            elif known.clearable:
                reading.settled[name] = known.empty
            else:
                reading.report((name,), f"`{name}` cannot be emptied", GIVE)

    # expressions

    def _evaluate(self, reading: Reading) -> None:
        for name, node in reading.raw.items():
            if reading.parts is not None and name in self._structured:
                self._refer(reading, name, self._structures.evaluate(reading, reading.parts, name))
                continue
            found = Found()
            if name not in self._maps or not isinstance(node, dict):
                place = reading.place(name)
                reading.raw[name] = self._expressions.evaluate(node, reading.placed.file, place, ATTRIBUTES, found)
            else:
                reading.raw[name] = self._evaluated_map(reading, name, node, found)
            self._refer(reading, name, found)
            if found.secrets or found.references or found.unknown:
                reading.found[name] = found
        for instant in self._instants:
            self._refuse_reference(reading, instant.name)
        for name in [name for name, found in reading.found.items() if found.unknown]:
            # The value is not there; that has been said, and the schema need not look at a stand-in.
            reading.raw.pop(name)
            if self._schema.kind(name) is Kind.SCALAR:
                reading.settled[name] = Secret("")

    def _refer(self, reading: Reading, name: str, found: Found) -> None:
        mentions = reading.links if name in self._links else reading.references
        mentions += found.references

    def _evaluated_map(self, reading: Reading, name: str, node: Node, found: Found) -> dict[str, Any]:
        """Evaluate a map value by value: one that is structured becomes one text, which is a secret as a whole."""
        made: dict[str, Any] = {}
        evaluated = self._expressions.evaluate
        around = reading.place(name)
        file = around.file if isinstance(around, Elsewhere) else reading.placed.file
        for key, item, key_place, place in node.located():
            part = Found()
            value = evaluated(item, file, place, ATTRIBUTES, part)
            made[self._expressions.key(key, file, key_place)] = value
            if part.secrets and self._becomes_text(name, value):
                self._refuse_mixture(reading, (name, key), part)
                part.secrets = {self._text(reading, (name, key), value)}
            found.add(part)
        return made

    def _refuse_mixture(self, reading: Reading, path: tuple[str, str], part: Found) -> None:
        if part.references:
            self._problems.append(Problem(reading.placed.at(path), MIXED, SPLIT))

    def _refuse_reference(self, reading: Reading, name: str) -> None:
        if has_reference(reading.raw.get(name)):
            del reading.raw[name]
            reading.report((name,), f"`{name}` cannot hold a reference: it is a time, not free text")

    # sets

    @staticmethod
    def _check_form(reading: Reading, name: str) -> None:
        """Refuse members with accents encoded in an unusual form: beside the usual one they look like twins."""
        members = reading.raw[name]
        for index, member in enumerate(members if isinstance(members, list) else ()):
            if isinstance(member, str) and not (member.isascii() or unicodedata.is_normalized("NFC", member)):
                normal = quoted(unicodedata.normalize("NFC", member))
                message = f"{quoted(member)} is not in the usual Unicode form (NFC)"
                reading.report((name, index), message, f"type it anew: {normal}")

    # links

    def _linked(self, reading: Reading, name: str, members: frozenset[Value]) -> frozenset[Value]:
        """Return links with references for names of cases; a number is an id."""
        steps = {text: (name, at) for at, text in enumerate(reading.raw[name]) if isinstance(text, str)}
        texts = {text for text in members if isinstance(text, str) and NAME.fullmatch(text)}
        named = {text: Ref(text, "id") for text in sorted(texts) if not text.isdecimal()}
        reading.links += ((ref, reading.placed.at(steps.get(text, (name,)))) for text, ref in named.items())
        return frozenset(named.get(member, member) if isinstance(member, str) else member for member in members)

    # maps

    def _texts(self, reading: Reading, name: str) -> Any:
        """Return a map with its structured values as text."""
        node = reading.raw[name]
        if not isinstance(node, dict) or _TEXTS.issuperset(map(type, node.values())):
            return node
        return {key: self._text(reading, (name, key), value) for key, value in node.items()}

    def _becomes_text(self, name: str, value: Any) -> bool:
        """Tell whether a value of a map is written as text: structures are, but where lists are sets."""
        return isinstance(value, dict | list) and self._schema.fields[name].separator is None

    def _text(self, reading: Reading, path: tuple[str, str], value: Any) -> Any:
        if not self._becomes_text(path[0], value):
            return value
        try:
            return json.dumps(core_values(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        except ValueError as error:
            self._problems.append(Problem(reading.placed.at(path), f"`{path[-1]}`: {error}", "quote it"))
            return ""

    # validation

    def _validated(self, reading: Reading) -> dict[str, Value]:
        try:
            made = self._model.model_validate(reading.raw)
        except ValidationError as error:
            if self._complain(reading, error) or not self._left_out(reading):
                return {}
            return self._validated(reading)
        if reading.parts is None:
            given = (
                made.model_fields_set
            )  # nothing in it has a model of its own: a dump would be no other, and slow
            return self._schema.normalize({name: value for name, value in vars(made).items() if name in given})
        values = made.model_dump(exclude_unset=True)
        self._structures.give_back(reading, reading.parts, values)
        attributes = self._schema.normalize(values)
        self._structures.fill(reading.parts, attributes)
        return attributes

    def _left_out(self, reading: Reading) -> bool:
        return reading.parts is not None and self._structures.leave_out(reading, reading.parts)

    def _complain(self, reading: Reading, error: ValidationError) -> bool:
        """Report what the schema says; return whether there is anything that has not been said."""
        secrets = self._expressions.secrets
        complaints = Complaints(
            self._model, reading.placed, known=self._known, secrets=secrets, is_reference=has_reference
        )
        parts = reading.parts or Parts()
        before = len(self._problems)
        self._problems.extend(complaints.about(error, said=parts.said | parts.unknown))
        return len(self._problems) > before

    # secrets and references

    def _give_back(self, reading: Reading, attributes: dict[str, Value]) -> None:
        """Put secrets and references where their texts and tokens stand."""
        for name in reading.found.keys() & attributes.keys():
            found = reading.found[name]
            value = attributes[name]
            if found.secrets:
                value = self._sealed(reading, name, value, found.secrets)
            attributes[name] = transform(value, self._expressions.restore)

    def _sealed(self, reading: Reading, name: str, value: Value, secrets: set[str]) -> Value:
        """Return a value whose secret texts are wrapped; a scalar is secret as a whole, in any normal form."""
        if isinstance(value, str):
            return Secret(value)
        left = {text.casefold() for text in secrets}
        seen: set[str] = set()

        def wrap(leaf: Value) -> Value:
            if not isinstance(leaf, str) or leaf.casefold() not in left:
                return leaf
            seen.add(leaf.casefold())
            return Secret(leaf)

        wrapped = transform(value, wrap)
        if seen != left:
            reading.report((name,), f"`{name}` cannot hold a secret: only text can", "write the value itself")
        return wrapped


def _number(leaf: Value) -> Value:
    """Return an unquoted whole number as one, unless no id is as long."""
    is_number = isinstance(leaf, Plain) and leaf.isdecimal() and len(leaf) <= _MOST_DIGITS
    return int(leaf) if is_number else leaf
