"""
Attributes whose values have parts of their own, which are validated by models within the case's model.

items    notes: {first: {text: a}}                   Kind.ITEMS; what is in them is addressed part by part
members  associated_groups: [a, {name: b, type: c}]  a set; an object in it becomes an Entry
objects  assignee: {user: jane}                      a scalar; in normal form a plain dict

Expressions are put in text by text, so that a secret is known by its place and not by its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from reconciler.config.expressions import ATTRIBUTES, Expressions, Found, has_reference
from reconciler.config.nodes import Block, Elsewhere, Listing, Node, Steps, unseen, value_at
from reconciler.config.reading import Parts, Reading
from reconciler.config.sentences import quoted, shown
from reconciler.config.shapes import KEY, models_in
from reconciler.errors import Problem
from reconciler.model.fields import CaseInsensitive, Field, Kind, Schema, Timestamp
from reconciler.model.values import Secret, Value, as_member, transform
from reconciler.providers.base import CaseModel

MAX_ITEM_KEY: Final = 128
"""Characters of an item's key."""

GIVE: Final = "give it a value, or leave it out"

_ITEM_FIELD: Final = 3
"""Steps to a field of an item: attribute, key, field."""


@dataclass(frozen=True, slots=True)
class _Items:
    """What the items of one attribute may hold."""

    fields: Mapping[str, Field]
    folded: frozenset[str]
    """Fields whose letter case means nothing."""
    instants: frozenset[str]

    @classmethod
    def of(cls, model: type[BaseModel], fields: Mapping[str, Field]) -> _Items:
        """Read the markings of an item's model."""
        return cls(fields, frozenset(_marked(model, CaseInsensitive)), frozenset(_marked(model, Timestamp)))


class Structures:
    """Reads those attributes of one system's cases that have parts."""

    def __init__(self, model: type[CaseModel], schema: Schema, expressions: Expressions) -> None:
        models = {name: models_in(info.annotation) for name, info in model.model_fields.items()}
        self.names = frozenset(name for name, found in models.items() if found)
        self._fields = schema.fields
        self._items = {
            name: _Items.of(models[name][0], schema.fields[name].items)
            for name in self.names
            if schema.kind(name) is Kind.ITEMS
        }
        self._expressions = expressions

    def _present(self, values: Mapping[str, Any]) -> list[str]:
        return [name for name in values if name in self.names]

    # expressions

    def evaluate(self, reading: Reading, parts: Parts, name: str) -> Found:
        """Put the expressions of an attribute in; return all that was found."""
        found = Found()
        node, place = reading.raw[name], reading.place(name)
        reading.raw[name] = self._evaluated(reading.placed.file, parts, node, place, (name,), found)
        return found

    def _evaluated(self, file: str, parts: Parts, node: Node, place: int, path: Steps, found: Found) -> Node:
        if type(place) is Elsewhere:
            file = place.file
        match node:
            case str() if "${" in node:
                part = Found()
                value = self._expressions.evaluate(node, file, place, ATTRIBUTES, part)
                _keep(parts, path, part)
                found.add(part)
                return value
            case Block():
                key = self._expressions.key
                return {
                    key(name, file, at): self._evaluated(file, parts, value, where, (*path, name), found)
                    for name, value, at, where in node.located()
                }
            case Listing():
                return [
                    self._evaluated(file, parts, value, where, (*path, index), found)
                    for index, (value, where) in enumerate(zip(node, node.places, strict=True))
                ]
            case _:
                return node

    # before the schema looks

    def prepare(self, reading: Reading, parts: Parts) -> None:
        """Settle what the schema need not or must not see: nothing, values that are not there, spellings."""
        unknown = {path[0] for path in parts.unknown}
        for name in self._present(reading.raw):
            if name in self._items:
                self._prepare_items(reading, parts, name)
            elif name in unknown:
                # The value is not there; that has been said, and the schema need not look at a stand-in.
                del reading.raw[name]
                reading.settled[name] = Secret("")
                parts.secrets = {path for path in parts.secrets if path[0] != name}
        parts.unknown = {path for path in parts.unknown if self._is_in_item(path)}

    def _is_in_item(self, path: Steps) -> bool:
        return path[0] in self._items and len(path) >= _ITEM_FIELD

    def _prepare_items(self, reading: Reading, parts: Parts, name: str) -> None:
        items = reading.raw[name]
        if isinstance(items, dict):
            for key in items:
                self._check_key(reading, parts, name, key)
            reading.raw[name] = {key: self._item(reading, parts, (name, key), item) for key, item in items.items()}
            return
        written = shown(value_at(reading.placed.node, (name,)))
        message = f"`{name}` must be a mapping, each item under a key of your choosing, not {written}"
        reading.report((name,), message)
        parts.said.add((name,))

    @staticmethod
    def _check_key(reading: Reading, parts: Parts, name: str, key: str) -> None:
        if unseen(key):  # which has been said, as of every key
            parts.said.add((name, key, KEY))
        elif not 0 < len(key) <= MAX_ITEM_KEY:
            message = f"{quoted(key) if key else 'empty text'} cannot be the key of an item"
            hint = f"1 to {MAX_ITEM_KEY} characters, none of them a control character"
            reading.problems.append(Problem(reading.placed.key((name, key)), message, hint))
            parts.said.add((name, key, KEY))

    def _item(self, reading: Reading, parts: Parts, path: Steps, item: Any) -> Any:
        """Return an item as the schema shall see it."""
        if item is None:
            message = f"{quoted(str(path[-1]))} must be a mapping of its fields, not nothing"
            reading.report(path, message, "leave it out")
            parts.said.add(path)
        if not isinstance(item, dict):
            return item
        kept = ((name, self._item_field(reading, parts, (*path, name), value)) for name, value in item.items())
        return {name: value for name, value in kept if (*path, name) not in parts.settled}

    def _item_field(self, reading: Reading, parts: Parts, path: Steps, value: Any) -> Any:
        attribute, _, name = path
        items = self._items[str(attribute)]
        known = items.fields.get(str(name))
        if value is None and known is not None:
            self._settle_nothing(reading, parts, path, known)
        elif name in items.instants and has_reference(value):
            reading.report(path, f"`{name}` cannot hold a reference: it is a time, not free text")
            parts.said.add(path)
        elif name in items.folded and isinstance(value, str):
            return items.fields[str(name)].normal(value)
        return value

    @staticmethod
    def _settle_nothing(reading: Reading, parts: Parts, path: Steps, known: Field) -> None:
        if known.clearable:
            parts.settled[path] = known.empty
        else:
            reading.report(path, f"`{known.name}` cannot be emptied", GIVE)
            parts.said.add(path)

    def leave_out(self, reading: Reading, parts: Parts) -> bool:
        """Take out the items in which a value is not there, as its stand-in is refused; tell if any was."""
        left_out = {path[:2] for path in parts.unknown}
        for name, key in left_out:
            written: Block = reading.placed.node[name][key]
            reading.raw[str(name)].pop(key)
            parts.settled[name, key] = dict.fromkeys(self._items[str(name)].fields.keys() & written, Secret(""))
        parts.settled = {
            path: value for path, value in parts.settled.items() if path in left_out or path[:2] not in left_out
        }
        parts.secrets = {path for path in parts.secrets if path[:2] not in left_out}
        parts.unknown.clear()
        return bool(left_out)

    # after the schema has looked

    def give_back(self, reading: Reading, parts: Parts, made: dict[str, Value]) -> None:
        """Put secrets and references where their texts and tokens stand; not yet in normal form."""
        left = set(parts.secrets)
        for name in self._present(made):
            plain = made[name]
            made[name] = self._given_back(reading, parts, plain, (name,), left)
            if self._fields[name].kind is Kind.SET:
                self._check_members(reading, name, plain, made[name])
        for path in left:
            message = f"{quoted(_name(path))} cannot hold a secret: only text can"
            reading.report(path, message, "write the value itself")

    def _given_back(self, reading: Reading, parts: Parts, value: Value, path: Steps, left: set[Steps]) -> Value:
        match value:
            case dict():
                return {
                    key: self._given_back(reading, parts, item, (*path, key), left) for key, item in value.items()
                }
            case list() | tuple():
                return [
                    self._given_back(reading, parts, item, (*path, index), left)
                    for index, item in enumerate(value)
                ]
            case str() if path in parts.unknown:
                return Secret("")
            case str() if path in left:
                left.discard(path)
                return Secret(self._normal(path, value))
            case None if len(path) > 1:
                reading.report(path, f"{quoted(_name(path))} cannot be emptied", GIVE)
            case _:
                pass
        return transform(value, self._expressions.restore)

    def _normal(self, path: Steps, text: str) -> str:
        """Return the normal form of a text, which cannot be had any more once it is a secret."""
        known = self._fields[str(path[0])]
        made: Value = text
        match known.kind, len(path):
            case Kind.ITEMS, 3:
                made = known.items[str(path[2])].normal(text)
            case Kind.SET, 2:
                (made,) = known.normal([text])
            case Kind.SCALAR, 1:
                made = known.normal(text)
            case _:
                pass
        return str(made)

    @staticmethod
    def _check_members(reading: Reading, name: str, plain: Sequence[Value], given: Sequence[Value]) -> None:
        """Refuse objects whose very name nobody may see, or knows yet: by it they are found again."""
        for index, (one, other) in enumerate(zip(plain, given, strict=True)):
            if not isinstance(one, Mapping):
                continue
            for key, value in other.items():
                if value != one[key] and as_member({**one, key: value}).key != as_member(one).key:
                    message = f"`{key}` cannot hold a secret or a reference: the object is known by it"
                    reading.report((name, index, key), message)

    def fill(self, parts: Parts, attributes: dict[str, Value]) -> None:
        """Add what was settled without the schema."""
        for path, value in parts.settled.items():
            within: Value = attributes
            for step in path[:-1]:
                within = within[step]
            within[path[-1]] = value


def _keep(parts: Parts, path: Steps, found: Found) -> None:
    if found.unknown:
        parts.unknown.add(path)
    elif found.secrets:
        parts.secrets.add(path)


def _name(path: Steps) -> str:
    """Return what the value at a path is called."""
    return next(step for step in reversed(path) if isinstance(step, str))


def _marked(model: type[BaseModel], marking: type) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if any(isinstance(item, marking) for item in info.metadata):
            yield name
