"""
Holding a set against what the system shows of it after a write.

missing, and kept under another name   the system renames: remembered as a handle, said once
missing, or there although removed     it did something else, such as replacing where it was asked to add:
                                       the whole set is sent once, and then it has to be right
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from reconciler.engine.reread import in_words_of
from reconciler.engine.tenant import Tenant
from reconciler.model.case import Live
from reconciler.model.change import Change, FieldChange
from reconciler.model.fields import Fold
from reconciler.model.operation import Operation
from reconciler.model.values import Value, member_text
from reconciler.planning.naming import Handles, Named


@dataclass(frozen=True, slots=True)
class Deviation:
    """A set that is not as it was asked to be."""

    attribute: str
    expected: frozenset[Value]
    missing: frozenset[Value]
    left: frozenset[Value]
    """Members that should be gone."""

    @property
    def text(self) -> str:
        """Say what is wrong."""
        parts = [(self.missing, "lacks"), (self.left, "still has")]
        said = [f"{verb} {', '.join(sorted(map(_shown, members)))}" for members, verb in parts if members]
        return f"the system's {self.attribute} {' and '.join(said)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the sets of a request."""

    handles: Mapping[str, str]
    """What the system calls members that have another name there."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Those of them that it was not to be foreseen of."""
    deviations: tuple[Deviation, ...] = ()

    def warnings_beside(self, known: Handles) -> tuple[str, ...]:
        """Say which members have an unexpected name that is not known yet."""
        new = ((path, name) for path, name in sorted(self.renamed.items()) if known.get(path) != name)
        return tuple(f"{path} is kept by the system as {name!r}" for path, name in new)


@dataclass(frozen=True, slots=True)
class Written:
    """A change of which something has just been written, and the case as it is shown afterwards."""

    change: Change
    live: Live
    before: Mapping[str, Value]
    """What its sets held just before."""
    tenant: Tenant
    lineage: str

    def verdict(self, operation: Operation) -> Verdict:
        """Compare the sets that an operation verifies with what is live; what goes later may be there."""
        attributes = operation.verifies
        renamed: dict[str, str] = {}
        deviations = []
        for change in (each for each in self.change.fields if each.path[0] in attributes and each.is_set):
            is_whole = change.path in operation.fields
            found = self._deviation(change, renamed, is_whole=is_whole)
            if found and found.missing:
                renamed |= _renamed(found, self.live, self.tenant)
                found = self._deviation(change, renamed, is_whole=is_whole)
            if found:
                deviations.append(found)
        handles = {
            path: id for path, id in self._named(renamed).handles.items() if path.partition(".")[0] in attributes
        }
        return Verdict(handles, renamed, tuple(deviations))

    def _named(self, handles: Handles) -> Named:
        return in_words_of(self.change, self.live, self.tenant.provider.schema, self.lineage, handles)

    def _deviation(self, field: FieldChange, handles: Handles, *, is_whole: bool) -> Deviation | None:
        name = field.path[0]
        key = self.tenant.provider.schema.fields[name].key or str
        shown = self._named(handles).attributes.get(name) or frozenset()
        before = self.before.get(name)
        was = before if isinstance(before, AbstractSet) else frozenset()
        there, gone = _keys(shown, key), _keys(field.remove, key)
        expected = frozenset(member for member in was if _key(member, key) not in gone) | field.add
        missing = frozenset(member for member in expected if _key(member, key) not in there)
        left = frozenset(member for member in field.remove if is_whole and _key(member, key) in there)
        return Deviation(name, expected, missing, left) if missing or left else None


def _keys(members: Iterable[Value], key: Fold) -> frozenset[Value]:
    return frozenset(_key(member, key) for member in members)


def _renamed(found: Deviation, live: Live, tenant: Tenant) -> Iterator[tuple[str, str]]:
    texts = frozenset(text for member in found.missing if (text := member_text(member)) is not None)
    shown = frozenset(member for member in live.attributes[found.attribute] if isinstance(member, str))
    if texts and shown:
        for ours, theirs in tenant.provider.renamed(tenant.channel, found.attribute, texts, shown).items():
            yield f"{found.attribute}.{ours}", theirs


def _key(member: Value, key: Fold) -> Value:
    text = member_text(member)
    return member if text is None else key(text)


def _shown(member: Value) -> str:
    return member_text(member) or "a secret"
