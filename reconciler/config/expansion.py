"""
Written blocks → the blocks of cases: upon their templates, one for each member of `for_each`, expressions put in.

cases:
  wave:
    extends: campaign                                wave-emea
    for_each: {emea: {lead: jane}, apac: {lead: li}}   ──►   wave-apac
    name: Wave ${each.key}, ${each.value.lead}

Blocks that have none of that pass through untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.config.binding import Binder, Draft, literal
from reconciler.config.declared import META, Entry
from reconciler.config.documents import MAX_BLOCK
from reconciler.config.merging import merged
from reconciler.config.nodes import Block, Bound, Expanded, Listing, Node, Placed, Steps, core_values
from reconciler.config.problems import TooMany
from reconciler.config.sentences import quoted, shown
from reconciler.config.templates import EXTENDS, FOR_EACH, Templates, size_of
from reconciler.config.uses import Uses
from reconciler.errors import Problem
from reconciler.model.address import NAME
from reconciler.model.fields import Schema
from reconciler.model.values import Value

MAX_INSTANCES: Final = 10_000
"""Cases of one `for_each`."""
MAX_EXPANDED: Final = 2_000_000
"""Values in all cases of a workspace that are expanded: a second's reading for every 300,000."""

_WITHOUT: Final = frozenset({EXTENDS, FOR_EACH})
_KEY: Final = "key"


@dataclass(frozen=True, slots=True)
class _Member:
    """One of `for_each`."""

    key: str
    value: Value
    path: Steps
    """Where it stands in `for_each`."""


_ITSELF: Final = _Member("", None, ())
"""What a block without `for_each` is made for."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """A block with all that it builds upon."""

    node: Block
    size: int
    draft: Draft | None
    has_expressions: bool
    """Some stay even when what is drafted has been put in."""


class Expansion:
    """Expands the blocks of a workspace; what is wrong goes to the problems of its binder."""

    def __init__(
        self,
        templates: Templates,
        binder: Binder,
        uses: Uses,
        types: Mapping[str, str | None] | None,
        schemas: Mapping[str, Schema],
    ) -> None:
        self._templates = templates
        self._binder = binder
        self._uses = uses
        self._problems = binder.problems
        self._types = types or {}
        self._schemas = schemas
        self._expanded = 0
        self.is_whole = True
        """Every block was expanded: otherwise a name that is not found may be that of a case."""

    def cases(self, entry: Entry) -> Iterator[Entry]:
        """Yield the cases of a block, once all templates are known; raise TooMany."""
        node = entry.placed.node
        if EXTENDS in node or FOR_EACH in node:
            yield from self._several(entry)
        elif entry.has_expressions:
            yield from self._one(entry)
        else:
            yield entry

    def _one(self, entry: Entry) -> Iterator[Entry]:
        """Yield a case that builds upon nothing, with its expressions put in."""
        placed = entry.placed
        draft = self._binder.draft(placed.node, placed.file, placed.place, ("var", "case"))
        if draft is None:
            yield entry
            return
        node = self._binder.filled(draft, {"case": {"name": entry.name}})
        if self._is_known(node):
            yield replace(entry, placed=replace(placed, node=node))

    def _several(self, entry: Entry) -> Iterator[Entry]:
        since, placed = len(self._problems), entry.placed
        is_instance = FOR_EACH in placed.node
        source = Expanded(
            placed.file, placed.node, placed.place, placed.node, entry.name, is_instance=False, case=entry.name
        )
        members = self._members(placed) if is_instance else [_ITSELF]
        whole = self._whole(entry, ("var", "case", "each") if is_instance else ("var", "case"))
        self._uses.note(source, entry.name, since)
        if whole is None or members is None:
            self.is_whole = False
            return
        source = replace(source, is_instance=is_instance)
        for member in members:
            name = f"{entry.name}-{member.key}" if is_instance else entry.name
            if NAME.fullmatch(name):
                yield from self._made(name, source, whole, member)
            else:
                message = f"{quoted(name)} cannot name a case: letters, digits, `_` and `-` only, at most 128"
                self._problems.append(Problem(source.key((FOR_EACH, *member.path)), message))

    def _made(self, name: str, source: Expanded, whole: _Whole, member: _Member) -> Iterator[Entry]:
        since, values, left = len(self._problems), self._binder.values, self._binder.left
        node: Node = whole.node
        if whole.draft is not None:
            each = {"key": member.key, "value": member.value}
            node = self._binder.filled(whole.draft, {"case": {"name": name}, "each": each})
        self._count(whole.size + self._binder.values - values, source)
        self._uses.note(source, name, since)
        if self._is_known(node):
            placed = replace(source, node=node, case=name)
            yield Entry(name, placed, whole.has_expressions or self._binder.left > left)

    def _count(self, values: int, source: Placed) -> None:
        self._expanded += values
        if self._expanded > MAX_EXPANDED:
            message = f"templates and `for_each` make more than {MAX_EXPANDED:,} values of this workspace"
            self._problems.append(Problem(source.at(), message, "split it into workspaces"))
            raise TooMany

    def _is_known(self, node: Block) -> bool:
        """Tell whether the meta-arguments of a case have values; if not, that has been said."""
        is_known = not any(_has_no_value(node[key]) for key in META if key in node)
        self.is_whole = self.is_whole and is_known
        return is_known

    # what it builds upon

    def _whole(self, entry: Entry, names: Sequence[str]) -> _Whole | None:
        """Return a block upon its templates, whose expressions may look at what is named."""
        placed, left = entry.placed, self._binder.left
        extended = self._templates.names_of(placed)
        if extended is None:
            return None
        schema = self._schema(placed, extended)
        lower = self._templates.layers(extended, schema)
        own = sum(size_of(value) for key, value in placed.node.items() if key not in _WITHOUT)
        size = lower.size + own
        if size > MAX_BLOCK:
            message = f"more than {MAX_BLOCK:,} values in one block, those of its templates counted"
            self._problems.append(Problem(placed.at(), message))
            return None
        node = merged(lower.block, placed.node, schema, without=_WITHOUT)
        if not entry.has_expressions and not lower.has_expressions:
            return _Whole(node, size, None, has_expressions=False)
        draft = self._binder.draft(node, placed.file, placed.place, names)
        return _Whole(node, size, draft, has_expressions=self._binder.left > left)

    def _schema(self, placed: Placed, names: tuple[str, ...]) -> Schema | None:
        """Return the schema of the case that is made; None if it cannot be told, which is reported later."""
        if len(set(self._types.values())) == 1:
            return self._schemas.get(next(iter(self._types.values())) or "")
        said = placed.node.get("provider")
        name, where = (said, placed) if said is not None else self._templates.provider(names) or (None, placed)
        if isinstance(name, str) and "${" in name:
            if "each" in name:
                message = "`provider` cannot look at `each`: it says how templates are merged"
                self._problems.append(Problem(where.at(("provider",)), message))
                return None
            name = self._binder.bound(name, where.file, where.place, ("var",))
        return self._schemas.get(self._types.get(name) or "") if isinstance(name, str) else None

    # for_each

    def _members(self, placed: Placed) -> Sequence[_Member] | None:
        """Return what a block is made for; None if that cannot be told."""
        since = len(self._problems)
        place = placed.node.place(FOR_EACH)
        node = self._binder.bound(placed.node[FOR_EACH], placed.file, place, ("var",))
        if _has_no_value(node):
            self.is_whole = False
            return None
        members = list(self._read(placed, node))
        self._check_twins(placed, members)
        if len(self._problems) == since:
            return members
        self.is_whole = False
        return None

    def _read(self, placed: Placed, node: Node) -> Iterator[_Member]:
        if isinstance(node, Block | Listing) and len(node) > MAX_INSTANCES:
            self._report(placed, (), f"`for_each` has {len(node):,} members: {MAX_INSTANCES:,} are the most")
            return
        try:
            match node:
                case Block():
                    yield from (
                        _Member(key, self._value(placed, value, (key,)), (key,)) for key, value in node.items()
                    )
                case Listing():
                    yield from self._listed(placed, node)
                case _:
                    what = f"must be a mapping or a list, not {shown(node)}"
                    self._report(placed, (), f"`for_each` {what}; for none write {{}}")
        except ValueError as error:
            self._report(placed, (), f"`for_each`: {error}")

    def _listed(self, placed: Placed, node: Listing) -> Iterator[_Member]:
        for at, member in enumerate(node):
            key = member.get(_KEY) if isinstance(member, Block) else member
            if isinstance(key, str):
                yield _Member(str(key), self._value(placed, member, (at,)), (at,))
            else:
                self._report(placed, (at,), f"a member must be a text, or a mapping with `{_KEY}`")

    def _value(self, placed: Placed, node: Node, path: Steps) -> Value:
        """Return a value of a member; raise ValueError."""
        match node:
            case Block():
                return {key: self._value(placed, item, (*path, key)) for key, item in node.items()}
            case Listing():
                return [self._value(placed, item, (*path, at)) for at, item in enumerate(node)]
            case str() if "${" in node:
                text = literal(node)
                if text is None:
                    self._report(placed, path, "only `${var.…}` can stand in `for_each`, and no secret")
                return text
            case _:
                return core_values(node)

    def _check_twins(self, placed: Placed, members: Iterable[_Member]) -> None:
        seen: set[str] = set()
        for member in members:
            if member.key in seen:
                self._report(placed, member.path, f"{quoted(member.key)} is in the list already")
            seen.add(member.key)

    def _report(self, placed: Placed, path: Steps, message: str) -> None:
        self._problems.append(Problem(placed.at((FOR_EACH, *path)), message))


def _has_no_value(node: Node) -> bool:
    """Tell whether an expression in a node has no value."""
    match node:
        case Bound(parts=parts):
            return None in parts
        case Block():
            return any(map(_has_no_value, node.values()))
        case Listing():
            return any(map(_has_no_value, node))
        case _:
            return False
