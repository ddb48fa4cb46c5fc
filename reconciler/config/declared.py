"""One declared case: its meta-arguments, its attributes, and the other cases that it mentions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from reconciler.config.attributes import Attributes
from reconciler.config.expressions import Expressions, expressions_in
from reconciler.config.finding import sought
from reconciler.config.nodes import Block, Node, Placed
from reconciler.config.sentences import Complaints, nearest, one_of, quoted, unknown_key
from reconciler.config.settings import (
    LifecycleSettings,
    SetOwnership,
    SettingsResult,
    lifecycle_of,
)
from reconciler.config.shared import Shared
from reconciler.config.uses import Uses
from reconciler.errors import Location, Problem
from reconciler.model.address import ID, Address
from reconciler.model.case import Case, Lifecycle, Source
from reconciler.model.fields import Kind, Ownership, Schema
from reconciler.model.values import Ref
from reconciler.providers.base import Provider

_TEXT: Final = {"type": ["string", "number", "boolean"]}
_MEMBERS: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "object"},
        {"type": "array", "items": {"anyOf": [_TEXT, {"type": "object", "required": ["key"]}]}},
        {"type": "string", "pattern": r"^\s*\$\{"},
    ]
}
"""What `for_each` may be, for editors."""


def _id(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise ValueError('must be the id of a case, such as "42"')
    return text


CaseId = Annotated[str, Field(min_length=1), AfterValidator(_id)]


class Adoption(BaseModel):
    """Which live case to take over, by its id or by what it says, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    id: CaseId | None = Field(default=None, description="Id of the live case.")
    find: dict[str, Any] | None = Field(default=None, description="What the one case that is meant says.")
    take_over: bool = Field(default=False, description="Also if another workspace has marked the case as its own.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.id is None) == (self.find is None):
            raise ValueError("must say which case it is: {id: …} or {find: …}")
        return self


class MetaArguments(BaseModel):
    """What every case may say beside its attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    extends: str | tuple[str, ...] = Field(
        default=(), description="Templates that the case builds upon; what comes later counts."
    )
    for_each: Any = Field(
        default=None,
        description="One case for each member of this mapping or list, named NAME-KEY: ${each.key}.",
        json_schema_extra=_MEMBERS,
    )
    provider: str | None = Field(
        default=None, description="Instance of reconciler.yaml; may be left out where there is only one."
    )
    lifecycle: LifecycleSettings | None = Field(default=None, description="How the case is removed and protected.")
    ownership: dict[str, SetOwnership] = Field(
        default_factory=dict, description="Set attribute → exact (default) or shared (keep what others added)."
    )
    adopt: CaseId | Adoption | None = Field(
        default=None, alias="import", description="The live case to take over: its id, or what it says."
    )
    depends_on: tuple[str, ...] = Field(default=(), description="Cases that must exist first.")

    @property
    def adoption(self) -> Adoption | None:
        """Which live case to take over, however it is written."""
        return Adoption(id=self.adopt) if isinstance(self.adopt, str) else self.adopt


META: Final = tuple(info.alias or name for name, info in MetaArguments.model_fields.items())
"""The keys of a case that are no attributes."""

_META: Final = frozenset(META)
_NO_META: Final = MetaArguments()


@dataclass(frozen=True, slots=True)
class Entry:
    """One declared case, before it is understood."""

    name: str
    placed: Placed
    """The case's block; its place is that of the name."""
    has_expressions: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """A case, and the names of others that it mentions, with their places."""

    case: Case
    mentions: Sequence[tuple[str, Location]]
    """Those that must exist first."""
    links: Sequence[tuple[str, Location]] = ()
    """Those that exist first if they can: links may form a circle."""


class Cases:
    """Turns declared blocks into cases."""

    def __init__(
        self,
        settings: SettingsResult,
        providers: Mapping[str, type[Provider]],
        expressions: Expressions,
        uses: Uses,
        shared: Shared,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._expressions = expressions
        self._problems = expressions.problems
        self._uses = uses
        self.shared = shared
        """What cases have in common."""
        self._attributes = {
            type_: Attributes(providers[type_], META, expressions)
            for type_ in set((settings.types or {}).values())
            if type_ is not None
        }
        self._lifecycle = lifecycle_of(settings.lifecycle, None)
        self._default_ownership = {
            type_: self._shared(settings.ownership, providers[type_].schema) for type_ in self._attributes
        }

    @staticmethod
    def _shared(said: Mapping[str, Ownership], schema: Schema) -> Mapping[str, Ownership]:
        """Return the sets that are not ours alone: as it is said, or else as the system has it."""
        usual = {name: Ownership.SHARED for name, field in schema.fields.items() if field.shared}
        owners = {**usual, **said}
        sets = {name for name in owners if name in schema.fields and schema.kind(name) is Kind.SET}
        return {name: owners[name] for name in sorted(sets) if owners[name] is Ownership.SHARED}

    def read(self, entry: Entry, source: Source | None = None) -> Linked | None:
        """Return a case, whose source is its block unless it has another; None if it cannot be understood."""
        since = len(self._problems)
        made = self._case(entry, source or entry.placed)
        self._uses.note(entry.placed, entry.name, since)
        return made

    def _case(self, entry: Entry, source: Source) -> Linked | None:
        before = len(self._problems)
        meta = self._meta(entry)
        instance = self._instance(entry, meta)
        if instance is None:
            return None
        name, type_ = instance
        schema = self._providers[type_].schema
        nodes = {key: value for key, value in entry.placed.node.items() if key not in _META}
        self._check_required(entry, meta, schema, nodes)
        adoption = meta.adoption
        declared = self._attributes[type_].read(entry.placed, nodes, has_expressions=entry.has_expressions)
        case = Case(
            address=Address(name, entry.name),
            type=type_,
            attributes=self.shared.all_of(declared.attributes),
            source=source,
            lifecycle=self._lifecycle_of(entry, meta, schema),
            ownership=self._ownership(entry, meta, type_),
            adopt=adoption.id if adoption else None,
            find=sought(entry.placed, self._attributes[type_]) if adoption and adoption.find is not None else None,
            take_over=adoption is not None and adoption.take_over,
        )
        if len(self._problems) == before:
            self._check(case)
        links = [(reference.case, where) for reference, where in declared.links] if declared.links else ()
        return Linked(case, self._mentions(entry, meta, declared.references), links)

    def _check(self, case: Case) -> None:
        if instance := self._settings.instances.get(case.address.provider):
            self._problems.extend(instance.provider.check(case))

    def _mentions(
        self, entry: Entry, meta: MetaArguments, references: Sequence[tuple[Ref, Location]]
    ) -> Sequence[tuple[str, Location]]:
        if not meta.depends_on and not references:
            return ()
        explicit = [(name, entry.placed.at(("depends_on", at))) for at, name in enumerate(meta.depends_on)]
        return [*explicit, *((reference.case, where) for reference, where in references)]

    # meta-arguments

    def _meta(self, entry: Entry) -> MetaArguments:
        node = entry.placed.node
        if _META.isdisjoint(node):  # as nearly every case: ask for none by name
            return _NO_META
        written = {key: node[key] for key in META if node.get(key) is not None}
        if not written:
            return _NO_META
        if entry.has_expressions:
            self._refuse_expressions(entry, written)
        try:
            return MetaArguments.model_validate(written)
        except ValidationError as error:
            self._problems.extend(Complaints(MetaArguments, entry.placed).about(error))
            provider = node.get("provider")
            return MetaArguments(provider=provider if isinstance(provider, str) else None)

    def _refuse_expressions(self, entry: Entry, written: Mapping[str, Node]) -> None:
        placed = entry.placed
        for key, value in written.items():
            self._problems.extend(
                Problem(found, f"`${{…}}` cannot stand in `{key}`")
                for found in expressions_in(value, placed.file, placed.node.place(key))
            )

    def _instance(self, entry: Entry, meta: MetaArguments) -> tuple[str, str] | None:
        """Return the instance of a case and its type; None if it has none, which is reported."""
        types = self._settings.types
        if types is None:
            return None
        name = meta.provider
        if name is None:
            return self._only_instance(entry, types)
        if name not in types:
            known = f"known are {one_of(types, last='and')}" if types else "reconciler.yaml declares none"
            message = f"unknown provider {quoted(name)}"
            hint = nearest(name, types) or known
            self._problems.append(Problem(entry.placed.at(("provider",)), message, hint))
            return None
        type_ = types[name]
        return None if type_ is None else (name, type_)

    def _only_instance(self, entry: Entry, types: Mapping[str, str | None]) -> tuple[str, str] | None:
        if len(types) == 1:
            name, type_ = next(iter(types.items()))
            return None if type_ is None else (name, type_)
        if not isinstance(entry.placed.node.get("provider"), Block | list):
            known = f"one of {one_of(types)}" if types else "reconciler.yaml declares none yet"
            message = f"the case {quoted(entry.name)} has no `provider`"
            self._problems.append(Problem(entry.placed.at(), message, known))
        return None

    def _check_required(
        self, entry: Entry, meta: MetaArguments, schema: Schema, nodes: Mapping[str, Node]
    ) -> None:
        if meta.adopt is not None or nodes.keys() >= schema.required:
            return
        for name in sorted(schema.required - nodes.keys()):
            message = f"the case {quoted(entry.name)} has no `{name}`, which a new case needs"
            self._problems.append(Problem(entry.placed.at(), message))

    def _lifecycle_of(self, entry: Entry, meta: MetaArguments, schema: Schema) -> Lifecycle:
        if meta.lifecycle is None:
            return self._lifecycle
        for at, name in enumerate(meta.lifecycle.ignore_changes):
            if name not in schema.fields:
                where = entry.placed.at(("lifecycle", "ignore_changes", at))
                self._problems.append(
                    Problem(where, f"there is no attribute {quoted(name)} to ignore", nearest(name, schema.fields))
                )
        return lifecycle_of(self._settings.lifecycle, meta.lifecycle)

    def _ownership(self, entry: Entry, meta: MetaArguments, type_: str) -> Mapping[str, Ownership]:
        if not meta.ownership:
            return self._default_ownership[type_]
        schema = self._providers[type_].schema
        for name in meta.ownership:
            self._check_set(entry, name, schema)
        return self._shared({**self._settings.ownership, **meta.ownership}, schema)

    def _check_set(self, entry: Entry, name: str, schema: Schema) -> None:
        where = entry.placed.key(("ownership", name))
        if name not in schema.fields:
            self._problems.append(
                unknown_key(where, name, [key for key in schema.fields if schema.kind(key) is Kind.SET])
            )
        elif (kind := schema.kind(name)) is not Kind.SET:
            what = "holds items" if kind is Kind.ITEMS else f"is a {kind.value}"
            self._problems.append(Problem(where, f"`ownership` is for sets, and `{name}` {what}"))
