"""
What the system calls the parts of a case, in our words: items by the user's keys, members as they are declared.

live, as it is read                          handles of the record              named
-------------------------------------------  ---------------------------------  --------------------------------
notes   {"17": {text: a}, "18": {text: b}}   notes.first → 17                   {"first": {text: a}}
tags    {Phishing Email, VIP}                tags.phish-syn → Phishing Email    {phish-syn, vip}
groups  {"12"}, alias Adversary: Known       (none)                             {the group that is declared whole}
watched {17, 20}                             watched.ana → #17, watched.+#20    {ana}; 20 is the system's own doing
text    "a &amp; b"                          text.DIGEST of ours → of theirs    "a & b", as it was sent

An item without a handle is somebody else's and is left out; only a case that is being adopted has none at all, and
there an item that says the same is taken for the declared one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.model.case import Live
from reconciler.model.change import is_same
from reconciler.model.fields import Field, Fold, Kind, Schema
from reconciler.model.values import ABSENT, Path, Secret, Value, known_as, member_text
from reconciler.planning.normalize import seal_like

Attributes: TypeAlias = Mapping[str, Value]
Handles: TypeAlias = Mapping[str, str]
"""Dotted path of an item, a member or a scalar's word → what the system calls it."""

OWN: Final = "+"
"""Before the member of a set in the path of a handle: the system has put it there by itself."""


@dataclass(frozen=True, slots=True)
class Named:
    """Live attributes in our words, and the handles that led there."""

    attributes: Attributes
    handles: Handles


def named(
    live: Live, schema: Schema, handles: Handles, ours: Sequence[Attributes], key: str, *, adopting: bool = False
) -> Named:
    """
    Return what is live in the words of `ours`, of which the first to know a word counts; secrets are sealed.

    `key` is the lineage. `adopting`: the case has never been ours, so declared items may be there already.
    """
    found = worded(live, schema, handles, ours, key, adopting=adopting)
    return Named(seal_like(found.attributes, tuple(ours), key), found.handles)


def worded(
    live: Live, schema: Schema, handles: Handles, ours: Sequence[Attributes], key: str, *, adopting: bool = False
) -> Named:
    """Return the same as `named`, with secrets in the clear."""
    if not schema.renames:
        return Named(live.attributes, handles)
    attributes, found = dict(live.attributes), dict[str, str]()
    for name, value in live.attributes.items():
        field = schema.fields[name]
        if field.kind is Kind.ITEMS:
            known = dict(_handles_of(name, handles, value))
            if adopting:
                known |= _adopted(ours[0].get(name) or {}, value, field, key)
            attributes[name] = {item: value[id] for item, id in known.items()}
            found |= {f"{name}.{item}": id for item, id in known.items()}
        elif field.key is not None and value == ours[0].get(name):
            found |= {f"{name}.{word}": handle for word, handle in _within(name, handles) if word[:1] != OWN}
        elif field.separator is not None and value != ours[0].get(name):
            attributes[name] = _keyed(field, value, live.aliases.get(name, {}), ours)
        elif field.key is not None:
            words = _words(field, handles, live.aliases.get(name, {}), ours, key)
            attributes[name] = words.of_all(value)
            found |= words.used
    return Named(attributes, found)


def _keyed(
    field: Field, theirs: Mapping[str, Value], aliases: Mapping[str, frozenset[str]], ours: Sequence[Attributes]
) -> dict[str, Value]:
    """Return a map under our names of its keys; a text where we have a set is taken for one."""
    maps: list[Mapping[str, Value]] = [attributes.get(field.name) or {} for attributes in ours]
    found: dict[str, Value] = {}
    for key, value in theirs.items():
        names = (key, *sorted(aliases.get(key, ())))
        words = [(name, mine[name]) for mine in maps for name in names if name in mine]
        is_set = isinstance(value, str) and any(isinstance(word, AbstractSet) for _, word in words)
        members = frozenset(filter(None, value.split(field.separator))) if is_set else value
        found[words[0][0] if words else key] = members
    return found


def _handles_of(name: str, handles: Handles, items: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield the keys of our items, and the ids under which they are still there."""
    return ((key, id) for key, id in _within(name, handles) if id in items)


def _within(name: str, handles: Handles) -> Iterator[tuple[str, str]]:
    """Yield what of one attribute has a handle, with its handle."""
    for path, handle in handles.items():
        attribute, _, key = path.partition(".")
        if attribute == name:
            yield key, handle


def _adopted(wanted: Mapping[str, Value], items: Mapping[str, Value], field: Field, seal: str) -> dict[str, str]:
    """
    Return for each declared item the live one that is meant, each taken once.

    It is one that says the same; or else the only one left with the same type or name, where no other is declared.
    """
    found: dict[str, str] = {}
    for key, item in wanted.items():
        left = (id for id in sorted_ids(items) if id not in found.values())
        if (id := next((id for id in left if says(items[id], item, seal)), None)) is not None:
            found[key] = id
    tells = [name for name, inner in field.items.items() if inner.known]
    for key, item in wanted.items():
        known = {name: item[name] for name in tells if name in item}
        left_ids = [id for id in items if id not in found.values() and says(items[id], known, seal)]
        rivals = [other for other in wanted if other not in found and says(wanted[other], known, seal)]
        if key not in found and known and len(left_ids) == 1 and rivals == [key]:
            found[key] = left_ids[0]
    return found


def says(item: Mapping[str, Value], wanted: Mapping[str, Value], key: str) -> bool:
    """Tell whether a live item holds all that is wanted of it."""
    seen = seal_like(item, (wanted,), key)
    return all(is_same(seen.get(field, ABSENT), value) for field, value in wanted.items())


def sorted_ids(ids: Iterable[str]) -> list[str]:
    """Return ids by age: the systems count them up."""
    return sorted(ids, key=lambda id: (len(id), id))


def _words(
    field: Field, handles: Handles, aliases: Mapping[str, frozenset[str]], ours: Sequence[Attributes], lineage: str
) -> _Word | _Words:
    assert field.key is not None
    if field.kind is Kind.SET:
        return _Words(field.name, field.key, handles, aliases, ours)
    return _Word(field, handles, aliases, ours, lineage)


class _Word:
    """Our word for a scalar: a name that may be spelled otherwise, an id, a text that the system has rewritten."""

    def __init__(
        self,
        field: Field,
        handles: Handles,
        aliases: Mapping[str, frozenset[str]],
        ours: Sequence[Attributes],
        lineage: str,
    ) -> None:
        self._field = field
        self._handles = handles
        self._aliases = aliases
        self._ours = [attributes.get(field.name) for attributes in ours]
        self._lineage = lineage
        self.used: dict[str, str] = {}

    def of_all(self, theirs: Value) -> Value:
        """Return the first of our words that means what is live; that itself where none does."""
        return next((word for word in self._ours if self._means(word, theirs)), theirs)

    def _means(self, word: Value, theirs: Value) -> bool:
        text, shown, key = member_text(word), member_text(theirs), self._field.key
        if shown is None or key is None:
            return False
        names = (shown, *self._aliases.get(shown, ()))
        by_name = text is not None and key(text) in {key(name) for name in names}
        path, digest = handle_of(self._field, word, theirs, self._lineage)
        handle = self._handles.get(path or "")
        if path is None or handle is None or handle not in {digest, *names}:
            return by_name
        self.used[path] = handle  # an id stays one: the name beside it may be secret
        return True


def handle_of(field: Field, ours: Value, theirs: Value, lineage: str) -> tuple[str | None, str]:
    """Return the path and the handle by which it is remembered that the system shows our scalar as theirs."""
    text, shown = known_as(ours), member_text(theirs) or ""
    if text is not None and field.digested:
        text = text if not isinstance(ours, str) else Secret(text).digest(lineage).text
        shown = Secret(shown).digest(lineage).text
    return (None if text is None else f"{field.name}.{text}"), shown


def words_of(ours: Value, lineage: str) -> frozenset[str]:
    """Return the texts by which handles may know a scalar of ours."""
    words = {known_as(ours), Secret(ours).digest(lineage).text if isinstance(ours, str) else None}
    return frozenset(word for word in words if word is not None)


class _Words:
    """Our words for the members of one set."""

    def __init__(
        self,
        name: str,
        key: Fold,
        handles: Handles,
        aliases: Mapping[str, frozenset[str]],
        ours: Sequence[Attributes],
    ) -> None:
        self._name = name
        self._key = key
        self._handles = handles
        self._aliases = aliases
        self._levels = [self._learned(attributes.get(name) or (), handles) for attributes in ours]
        self.used: dict[str, str] = {}

    def _learned(self, members: Iterable[Value], handles: Handles) -> dict[str, list[Value]]:
        """Return members by what a live one may be called to be meant by them."""
        found: dict[str, list[Value]] = {}
        names = {self._key(ours): theirs for ours, theirs in _within(self._name, handles)}
        for member in members:
            text = known_as(member)
            if text is not None:
                theirs = names.get(self._key(text), text)
                for key in dict.fromkeys((self._key(text), self._key(theirs))):
                    found.setdefault(key, []).append(member)
        return found

    def of_all(self, members: Iterable[Value]) -> Value:
        """Return our words for the live members."""
        return frozenset(word for member in members for word in self.of(member))

    def of(self, theirs: Value) -> Iterable[Value]:
        """Return our words for a live member, usually one; its own where we have none, none for the system's."""
        shown = member_text(theirs)
        if shown is None:
            return (theirs,)
        keys = [self._key(name) for name in (shown, *sorted(self._aliases.get(shown, ())))]
        for level in self._levels:
            if members := [member for key in keys for member in level.get(key, ())]:
                self._note(members, shown)
                return members
        if (path := f"{self._name}.{OWN}{shown}") in self._handles:
            self.used[path] = shown
            return ()
        return (theirs,)

    def _note(self, members: Iterable[Value], theirs: str) -> None:
        for member in members:
            text = known_as(member)
            if text is not None and self._key(text) != self._key(theirs):
                self.used[f"{self._name}.{text}"] = theirs


def unnamed(attributes: Attributes, schema: Schema, handles: Handles) -> Attributes:
    """Return what is recorded as if it had been read: in the system's words, items under their ids."""

    def theirs(name: str, text: str | None, otherwise: Value) -> Value:
        return handles.get(f"{name}.{text}", otherwise)

    found = dict(attributes)
    for name, value in attributes.items():
        field = schema.fields.get(name)
        if field and field.kind is Kind.ITEMS:
            found[name] = {theirs(name, key, f"?{key}"): item for key, item in value.items()}
        elif field and field.key and isinstance(value, AbstractSet):
            own = {handle for word, handle in _within(name, handles) if word.startswith(OWN)}
            found[name] = frozenset(theirs(name, known_as(member), member) for member in value) | own
    return found


def respelled(attributes: Attributes, like: Attributes, schema: Schema) -> Attributes:
    """Return attributes whose scalars and members of sets are spelled as in others, where those have them."""
    if not schema.renames:
        return attributes
    found = dict(attributes)
    for name, value in attributes.items():
        field = schema.fields.get(name)
        if field and field.key and value is not None and value != like.get(name):
            found[name] = _words(field, {}, {}, (like,), "").of_all(value)
    return found


def found_items(
    live: Live,
    makes: Mapping[Path, str | None],
    wanted: Attributes,
    known: Mapping[str, Iterable[str]],
    key: str,
) -> dict[str, str]:
    """
    Return handles for items that a request was to make, as far as they are there.

    Each is known by its name where it has one, else by saying what is wanted without being among the `known` ids
    of look-alikes that were there before.
    """
    found: dict[str, str] = {}
    for (name, within), alias in makes.items():
        items: Mapping[str, Value] = live.attributes.get(name) or {}
        aliases = live.aliases.get(name, {})
        path, item = f"{name}.{within}", wanted[name][within]
        for id in sorted_ids(items):
            named_so = alias is not None and alias in aliases.get(id, ())
            alike = id not in known.get(path, ()) and says(items[id], item, key)
            if id not in found.values() and (named_so or (alias is None and alike)):
                found[path] = id
                break
    return found


def lookalikes(
    live: Live, makes: Mapping[Path, str | None], wanted: Attributes, key: str
) -> dict[str, frozenset[str]]:
    """Return for each item that is to be made the ids of those that say the same already."""
    return {
        f"{name}.{within}": frozenset(
            id for id, item in (live.attributes.get(name) or {}).items() if says(item, wanted[name][within], key)
        )
        for name, within in makes
    }
