"""
Live cases, written as the blocks of case files that plan to nothing but their import.

live case ──► attributes that say something ──► text ──► read again, compared with live ──► block
                                                              │
                             what would be refused, or changed, is left out: a key, an item, an attribute

The proof is made case by case with the same reader and the same comparison that planning uses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.config.attributes import Attributes
from reconciler.config.casenames import slug
from reconciler.config.declared import META
from reconciler.config.documents import parse
from reconciler.config.edits import inline
from reconciler.config.expressions import MASKED_FROM, Expressions, as_text
from reconciler.config.layout import WIDTH
from reconciler.config.nodes import Placed
from reconciler.config.problems import TooMany
from reconciler.config.scalars import literal, quoted, text_of
from reconciler.config.sentences import cut
from reconciler.config.settings import Instance
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.fields import Field, Kind
from reconciler.model.values import Value
from reconciler.planning import diff
from reconciler.planning.naming import named

_FILE: Final = "case"
"""What the text is called while it is proved; nobody is told."""
_PAD: Final = "  "
_KEY_LENGTH: Final = 40
"""Characters of an item's key that come from what it says."""
_DIFFERS: Final = "it would not be read back as it is live"
_SECRET: Final = "it holds a secret of this workspace"  # noqa: S105 (a sentence)


@dataclass(frozen=True, slots=True)
class Exported:
    """A live case as a block of a file."""

    id: str
    name: str
    text: str
    """The lines of its block below `cases:`, with the end of the last one."""
    left_out: tuple[str, ...] = ()
    """What could not be declared, and why; one sentence each."""


class Exporter:
    """Writes the cases of one provider instance."""

    def __init__(self, instance: Instance, attributes: Collection[str], secrets: Iterable[str] = ()) -> None:
        """Declare these attributes, as far as they are read, and none of the secrets."""
        self._instance = instance
        self._schema = instance.provider.schema
        self._order = [name for name in type(instance.provider).case_model.model_fields if name in attributes]
        self._secrets = [secret for secret in secrets if len(secret) >= MASKED_FROM]
        self._expressions = Expressions(Path(), {}, offline=True)
        self._reader = Attributes(type(instance.provider), META, self._expressions)

    def export(self, live: Live, name: str, *, take_over: bool = False) -> Exported:
        """Return the block of a case; `take_over`: although another workspace has marked it."""
        declared = {key: value for key, value in self._declared(live) if not _is_empty(value)}
        left_out: list[str] = []
        if self._wrong(live, name, declared) is not None:
            declared = self._sound(live, name, declared, left_out)
        block = self._block(live.id, name, declared, left_out, take_over=take_over)
        return Exported(live.id, name, block, tuple(left_out))

    # what is declared

    def _declared(self, live: Live) -> Iterator[tuple[str, Value]]:
        for name in self._order:
            if name in live.attributes:
                known = self._schema.fields[name]
                value = live.attributes[name]
                yield name, dict(_items(name, known, value)) if known.kind is Kind.ITEMS else value

    def _sound(
        self, live: Live, name: str, declared: Mapping[str, Value], left_out: list[str]
    ) -> dict[str, Value]:
        """Return what can be declared, each in the company of what is before it; of maps and items, the keys."""
        kept: dict[str, Value] = {}
        for attribute, value in declared.items():
            wrong = self._wrong(live, name, {**kept, attribute: value})
            if wrong is None:
                kept[attribute] = value
            elif self._schema.kind(attribute) not in {Kind.MAP, Kind.ITEMS}:
                left_out.append(f"`{attribute}` is left out: {wrong}")
            elif parts := self._sound_parts(live, name, attribute, value, left_out):
                kept[attribute] = parts
        return kept

    def _sound_parts(
        self, live: Live, name: str, attribute: str, value: Mapping[str, Value], left_out: list[str]
    ) -> dict[str, Value]:
        """Return the keys that can be declared, of those that say the same the first."""
        alone = {key: self._wrong(live, name, {attribute: {key: part}}) for key, part in value.items()}
        kept = {key: part for key, part in value.items() if alone[key] is None}
        if kept and self._wrong(live, name, {attribute: kept}) is not None:
            kept = {}
            for key in (key for key, wrong in alone.items() if wrong is None):
                alone[key] = self._wrong(live, name, {attribute: {**kept, key: value[key]}})
                if alone[key] is None:
                    kept[key] = value[key]
        left_out += (f"`{attribute}.{cut(key)}` is left out: {wrong}" for key, wrong in alone.items() if wrong)
        return kept

    # proof

    def _wrong(self, live: Live, name: str, declared: Mapping[str, Value]) -> str | None:
        """Return why a case cannot be declared so; None if it can."""
        if any(self._is_secret(leaf) for leaf in _texts(declared)):
            return _SECRET
        parsed = parse(_FILE, f"cases:\n{self._block(live.id, name, declared)}".encode(errors="replace"))
        if parsed.problems:
            return parsed.problems[0].message
        document = parsed.documents[0]
        block = document.node["cases"][name]
        placed = Placed(_FILE, block, document.node["cases"].key_place(name))
        return self._misread(live, name, placed, has_expressions=parsed.has_expressions)

    def _misread(self, live: Live, name: str, placed: Placed, *, has_expressions: bool) -> str | None:
        nodes = {key: value for key, value in placed.node.items() if key not in META}
        self._expressions.problems.clear()
        try:
            found = self._reader.read(placed, nodes, has_expressions=has_expressions)
        except TooMany:
            return self._expressions.problems[0].message
        case = Case(
            Address(self._instance.name, name), self._instance.type, found.attributes, placed, adopt=live.id
        )
        problems = self._expressions.problems or list(self._instance.provider.check(case))
        if problems:
            return problems[0].message
        seen = named(live, self._schema, {}, (case.attributes, {}), "", adopting=True)
        return _DIFFERS if diff.changes(case, {}, seen.attributes, self._schema) else None

    def _is_secret(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)

    # text

    def _block(
        self,
        id: str,
        name: str,
        declared: Mapping[str, Value],
        notes: Iterable[str] = (),
        *,
        take_over: bool = False,
    ) -> str:
        taken = f"{{id: {quoted(id)}, take_over: true}}" if take_over else quoted(id)
        lines = [f"{_PAD}{name}:"]
        lines += (f"{_PAD * 2}# {note}" for note in notes)
        lines += (
            f"{_PAD * 2}provider: {text_of(self._instance.name, flow=False)}",
            f"{_PAD * 2}import: {taken}",
        )
        for attribute, value in declared.items():
            lines += _entry(attribute, value, 2, self._schema.fields[attribute])
        return "".join(f"{line}\n" for line in lines)


def _is_empty(value: Value) -> bool:
    """Tell whether a value says nothing; 0 and no do."""
    return value is None or (isinstance(value, str | Mapping | AbstractSet | list | tuple) and not value)


def _items(attribute: str, known: Field, items: Mapping[str, Mapping[str, Value]]) -> Iterator[tuple[str, Value]]:
    """Yield items under keys that say what they are and stay the same: their ids are in them."""
    tells = [name for name, inner in known.items.items() if inner.known]
    for id, item in items.items():
        said = next((made for name in tells if (made := slug(str(item.get(name) or ""), _KEY_LENGTH))), None)
        key = said or attribute.removesuffix("s")
        yield f"{key}-{id}", {name: value for name, value in item.items() if not _is_empty(value)}


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for key, item in value.items():
                yield key
                yield from _texts(item)
        case AbstractSet() | list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            pass


# ------------------------------------------------------------------------------------ lines


def _entry(key: str, value: Value, depth: int, known: Field | None = None) -> Iterator[str]:
    """Yield the lines of a key and its value, in the form that `fmt` leaves alone."""
    pad = _PAD * depth
    begun = f"{pad}{text_of(key, flow=False)}:"
    if isinstance(value, str):
        yield from _text(begun, value, depth)
    elif isinstance(value, Mapping) and known is not None and known.kind in {Kind.MAP, Kind.ITEMS}:
        yield begun
        for name, item in value.items():
            yield from _entry(name, item, depth + 1, _PARTS if isinstance(item, Mapping) else None)
    else:
        yield from _short(begun, value, depth)


_PARTS: Final = Field("", Kind.MAP)
"""An item: its fields stand below each other."""


def _text(begun: str, value: str, depth: int) -> Iterator[str]:
    text = as_text(value)
    block = literal(text) if "\n" in text else None
    if block is None or "+" in block[0] or "2" in block[0]:
        yield f"{begun} {text_of(text, flow=False)}"
        return
    head, lines = block
    yield f"{begun} {head}"
    pad = _PAD * (depth + 1)
    yield from (f"{pad}{line}" if line else "" for line in lines)


def _short(begun: str, value: Value, depth: int) -> Iterator[str]:
    """Yield a value in one line, or, if that would be long, its members below each other."""
    line = f"{begun} {inline(value, flow=False)}"
    if len(line) <= WIDTH or isinstance(value, int):
        yield line
        return
    yield begun
    pad = _PAD * (depth + 1)
    if isinstance(value, Mapping):
        yield from (f"{pad}{text_of(key, flow=False)}: {inline(item, flow=False)}" for key, item in value.items())
    else:
        yield from sorted(f"{pad}- {inline(member, flow=False)}" for member in value)
