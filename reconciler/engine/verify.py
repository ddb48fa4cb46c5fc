"""
Holding what was written against what the system shows of it afterwards.

of a set
    missing, and kept under another name   the system renames: remembered as a handle, said once
    missing, or there although removed     it did something else, such as replacing where it was asked to add:
                                           the whole set is sent once, and then it has to be right
    there, put in by the system itself     remembered as its own doing, said once
of a scalar, where the case is read back
    as it was, or something else           it was not done, whatever the answer said
    a text in other words                  the system rewrites: which words those are is remembered, said once
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from reconciler.engine.reread import Now, in_words_of, shown, standing
from reconciler.engine.tenant import Tenant
from reconciler.model.case import Live
from reconciler.model.change import Change, FieldChange, is_absent
from reconciler.model.fields import Fold, Kind
from reconciler.model.operation import Operation
from reconciler.model.values import Path, Value, known_as, member_text
from reconciler.planning.naming import OWN, Handles, Named, handle_of


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
class Kept:
    """A scalar that is not as it was asked to be."""

    path: Path
    text: str
    """What is wrong."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the fields of a request."""

    handles: Mapping[str, str] = field(default_factory=dict)
    """What the system calls members and scalars that have another name there."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Those members of which it was not to be foreseen."""
    deviations: tuple[Deviation, ...] = ()
    kept: tuple[Kept, ...] = ()
    remarks: tuple[str, ...] = ()
    """What the system did otherwise than one would expect, though not wrong."""

    @property
    def wrong(self) -> frozenset[Path]:
        """The fields that are not as they were to become."""
        return frozenset((each.attribute,) for each in self.deviations) | {each.path for each in self.kept}

    @property
    def text(self) -> str:
        """Say everything that is wrong."""
        said = [each.text for each in self.kept] + [each.text for each in self.deviations]
        return "; ".join(said)

    def warnings_beside(self, known: Handles) -> tuple[str, ...]:
        """Say which members have an unexpected name that is not known yet."""
        new = ((path, name) for path, name in sorted(self.renamed.items()) if known.get(path) != name)
        return (*self.remarks, *(f"{path} is kept by the system as {name!r}" for path, name in new))


@dataclass(frozen=True, slots=True)
class Written:
    """A change of which something has just been written, and the case as it is shown afterwards."""

    change: Change
    live: Live
    before: Mapping[str, Value]
    """What its sets held just before."""
    tenant: Tenant
    lineage: str
    handles: Handles = field(default_factory=dict)
    """What the system calls what has just been made."""

    def verdict(self, operation: Operation) -> Verdict:
        """Compare what an operation verifies with what is live; what goes later may be there."""
        scalars = self._scalars(operation) if operation.reads_back else Verdict()
        own = self._own_doing(operation) if operation.reads_back else {}
        sets = self._sets(operation, own)
        remarks = (
            f"the system has added {path.partition(OWN)[2].removeprefix('#')} to {path.partition('.')[0]}"
            for path in own
        )
        return Verdict(
            {**sets.handles, **scalars.handles, **own},
            sets.renamed,
            sets.deviations,
            scalars.kept,
            (*scalars.remarks, *remarks),
        )

    def _scalars(self, operation: Operation) -> Verdict:
        """Compare the scalars that an operation was to change."""
        schema = self.tenant.provider.schema
        now = standing(self.change, self.live, schema, self.lineage, self.handles)
        handles: dict[str, str] = {}
        kept, remarks = [], []
        for change in self.change.fields:
            how, value = now[change.path]
            if change.path not in operation.fields or _is_set(change) or how is Now.DONE:
                continue
            name = change.path[0]
            path, handle = handle_of(
                schema.fields[name], change.after, self.live.attributes.get(name), self.lineage
            )
            stayed = how is Now.AS_PLANNED and not self._is_rewritten(change)
            if stayed or is_absent(value) or not schema.fields[name].digested or path is None:
                still = "still " if how is Now.AS_PLANNED else ""
                kept.append(Kept(change.path, f"{'.'.join(change.path)} is {still}{shown(value)}"))
            else:
                handles[path] = handle
                remarks.append(f"the system keeps {name} in other words than were sent; it is known by them now")
        return Verdict(handles, kept=tuple(kept), remarks=tuple(remarks))

    def _is_rewritten(self, change: FieldChange) -> bool:
        """Tell whether the system had a text in words of its own before: then the same words prove nothing."""
        name = change.path[0]
        shown = self.live.attributes.get(name)
        path, handle = handle_of(self.tenant.provider.schema.fields[name], change.before, shown, self.lineage)
        known = self.change.record.handles if self.change.record else {}
        return path is not None and known.get(path) == handle

    def _own_doing(self, operation: Operation) -> dict[str, str]:
        """Return handles for members that nobody asked for, and that the system puts in because of the change."""
        found: dict[str, str] = {}
        shown = self._named({})
        for name, added in may_add(self.change, self.tenant, operation).items():
            there = frozenset(shown.attributes.get(name) or ()) - frozenset(_target(self.change)[name])
            extra = frozenset(_theirs(name, member, shown.handles) for member in there)
            found |= {f"{name}.{OWN}{text}": text for text in (extra if operation.creates else extra & added)}
        return found

    def _sets(self, operation: Operation, own: Handles) -> Verdict:
        """Compare sets; what the system puts in by itself may be there."""
        attributes = operation.verifies
        if operation.reads_back:
            attributes = tuple(path[0] for path in operation.fields)
        renamed: dict[str, str] = {}
        deviations = []
        for change in (each for each in self.change.fields if each.path[0] in attributes and _is_set(each)):
            is_whole = change.path in operation.fields
            found = self._deviation(change, {**renamed, **own}, is_whole=is_whole)
            if found and found.missing:
                renamed |= _renamed(found, self.live, self.tenant)
                found = self._deviation(change, {**renamed, **own}, is_whole=is_whole)
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
        known = self._named(handles).handles
        own = frozenset(m for m in field.remove if f"{name}.{OWN}{_theirs(name, m, known)}" in handles)
        left = frozenset(member for member in field.remove - own if is_whole and _key(member, key) in there)
        return Deviation(name, expected, missing, left) if missing or left else None


def _is_set(change: FieldChange) -> bool:
    """Tell whether a change is about an attribute that is a set, and no value in a map."""
    return change.is_set and len(change.path) == 1


def may_add(change: Change, tenant: Tenant, operation: Operation) -> dict[str, frozenset[str]]:
    """Return what the system may put into sets of ours because of a change; into new ones, anything."""
    schema = tenant.provider.schema
    sets = (name for name in _target(change) if schema.fields[name].kind is Kind.SET)
    found = {name: tenant.provider.added(change, name) for name in sets}
    return found if operation.creates else {name: added for name, added in found.items() if added}


def _theirs(name: str, member: Value, handles: Handles) -> str:
    """Return what the system calls a member of a set."""
    text = known_as(member) or ""
    return handles.get(f"{name}.{text}", text)


def _target(change: Change) -> Mapping[str, Value]:
    return change.record.recorded if change.record else {}


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
