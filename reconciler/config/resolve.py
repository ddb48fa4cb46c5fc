"""
All files of a workspace → its Configuration, or every problem of every file at once.

reconciler.yaml ──► settings ─────────┐
cases/**/*.yaml ──► blocks by name ──► cases ──► references, cycles ──► Configuration
"""

from __future__ import annotations

import gc
import graphlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reconciler.config import documents
from reconciler.config.attributes import Attributes
from reconciler.config.documents import Parsed, parse
from reconciler.config.expressions import Expressions, expressions_in
from reconciler.config.files import Missing, Unreadable, case_files, read, real
from reconciler.config.nodes import Block, Node, Placed
from reconciler.config.sentences import Complaints, nearest, one_of, quoted, unknown_key
from reconciler.config.settings import (
    FILE,
    LifecycleSettings,
    SetOwnership,
    Settings,
    SettingsReader,
    SettingsResult,
    lifecycle_of,
)
from reconciler.errors import ConfigError, Location, Problem
from reconciler.model.address import NAME, Address
from reconciler.model.case import Case, Lifecycle
from reconciler.model.fields import Kind, Ownership, Schema
from reconciler.model.values import Ref
from reconciler.providers.base import Provider
from reconciler.providers.registry import provider_types

SHOWN: Final = 100
"""Problems in one error; the rest is counted."""

MASKED_FROM: Final = 4
"""Characters from which on a secret is masked in messages; a shorter one would tear every sentence apart."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a workspace declares."""

    settings: Settings
    cases: Mapping[Address, Case]
    """Sorted by address."""
    secrets: frozenset[str]
    """Every value that must not be shown: read from the environment, and tokens."""
    warnings: tuple[str, ...] = ()


class MetaArguments(BaseModel):
    """What every case may say beside its attributes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    provider: str | None = Field(
        default=None, description="Instance of reconciler.yaml; may be left out where there is only one."
    )
    lifecycle: LifecycleSettings | None = Field(default=None, description="How the case is removed and protected.")
    ownership: dict[str, SetOwnership] = Field(
        default_factory=dict, description="Set attribute → exact (default) or shared (keep what others added)."
    )
    adopt: str | None = Field(
        default=None, alias="import", min_length=1, description="Id of the live case to take over."
    )
    depends_on: tuple[str, ...] = Field(default=(), description="Cases that must exist first.")


META: Final = tuple(info.alias or name for name, info in MetaArguments.model_fields.items())
"""The keys of a case that are no attributes."""

_META: Final = frozenset(META)
_NO_META: Final = MetaArguments()


def load(
    root: Path,
    *,
    env: Mapping[str, str],
    offline: bool = False,
    providers: Mapping[str, type[Provider]] | None = None,
) -> Configuration:
    """
    Return what the workspace in `root` declares.

    `offline` makes an unset environment variable a warning. Raises ConfigError with all problems of all files.
    """
    expressions = Expressions(root, env, offline)
    types = provider_types() if providers is None else providers
    with _collector_paused():
        return _Loading(root, types, expressions).configuration()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """
    Keep the cycle collector from walking a growing tree again and again: it would double the time.

    Nothing here makes cycles, so nothing is kept that would have been freed.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One declared case, before it is understood."""

    name: str
    placed: Placed
    """The case's block; its place is that of the name."""
    has_expressions: bool


@dataclass(frozen=True, slots=True)
class _Linked:
    """A case, and the names of others that it mentions, with their places."""

    case: Case
    mentions: Sequence[tuple[str, Location]]


class _Loading:
    """One load of a workspace."""

    def __init__(self, root: Path, providers: Mapping[str, type[Provider]], expressions: Expressions) -> None:
        self._root = root
        self._providers = providers
        self._expressions = expressions
        self._problems = expressions.problems
        self._broken = False
        """Some file could not be read whole: a name that is not found may be in there."""

    def configuration(self) -> Configuration:
        """Return the configuration; raise ConfigError."""
        settings = self._settings()
        entries = self._entries()
        linked = _Cases(settings, self._providers, self._expressions).read(entries.values())
        cases = self._link(linked, entries)
        if self._problems or settings.settings is None:
            raise self._error()
        secrets = frozenset(self._expressions.secrets)
        return Configuration(settings.settings, cases, secrets, self._warnings())

    def _warnings(self) -> tuple[str, ...]:
        slow = () if documents.FAST else ("PyYAML has no libyaml here: reading files takes thirty times longer",)
        return (*slow, *dict.fromkeys(self._expressions.warnings))

    def _error(self) -> ConfigError:
        problems = sorted(set(self._problems))
        shown = [self._masked(problem) for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            left = len(problems) - SHOWN
            shown.append(Problem(problems[SHOWN].location, f"and {left} more problems"))
        return ConfigError(shown)

    def _masked(self, problem: Problem) -> Problem:
        message = problem.message
        for secret in self._expressions.secrets:
            if len(secret) >= MASKED_FROM:
                message = message.replace(secret, "(secret)")
        return replace(problem, message=message)

    # files

    def _settings(self) -> SettingsResult:
        path = self._root / FILE
        try:
            parsed = parse(str(path), read(real(self._root, path), documents.MAX_BYTES))
        except Missing as error:
            self._problems.append(Problem(Location(str(path)), f"no {FILE} in {self._root}", self._advice()))
            raise self._error() from error
        except Unreadable as error:
            self._unreadable(path, error)
            return SettingsResult(None, None, {})
        return SettingsReader(self._root, self._providers, self._expressions).read(parsed)

    def _advice(self) -> str:
        found = any(self._root.glob("reconciler.yml"))
        return f"rename reconciler.yml to {FILE}" if found else "`reconciler init` writes one"

    def _parsed(self, path: Path) -> Parsed | None:
        try:
            return parse(str(path), read(path, documents.MAX_BYTES))
        except Unreadable as error:
            self._unreadable(path, error)
            return None

    def _unreadable(self, path: Path, error: Unreadable) -> None:
        self._broken = True
        self._problems.append(Problem(Location(str(path)), f"the file {error}"))

    def _case_files(self) -> Iterator[Parsed]:
        for path, error in case_files(self._root):
            if error is not None:
                self._unreadable(path, error)
            elif parsed := self._parsed(path):
                self._problems.extend(parsed.problems)
                self._broken |= bool(parsed.problems)
                yield parsed

    # declared cases

    def _entries(self) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}
        for parsed in self._case_files():
            for entry in self._entries_of(parsed):
                self._add(entries, entry)
        return entries

    def _add(self, entries: dict[str, _Entry], entry: _Entry) -> None:
        first = entries.setdefault(entry.name, entry)
        if first is not entry:
            message = f"the case {quoted(entry.name)} is declared already, at {first.placed.at()}"
            self._problems.append(Problem(entry.placed.at(), message, "give one of them another name"))

    def _entries_of(self, parsed: Parsed) -> Iterator[_Entry]:
        for document in parsed.documents:
            placed = Placed(parsed.file, document.node, document.place)
            if not isinstance(document.node, Block):
                self._problems.append(Problem(placed.at(), "this must be a mapping, beginning with `cases:`"))
                continue
            for key in document.node:
                if key != "cases":
                    self._problems.append(unknown_key(placed.key((key,)), key, ["cases"]))
            yield from self._blocks(placed, document.node.get("cases"), parsed)

    def _blocks(self, placed: Placed, cases: Node, parsed: Parsed) -> Iterator[_Entry]:
        if cases is None:
            return
        if not isinstance(cases, Block):
            self._problems.append(
                Problem(placed.at(("cases",)), "`cases` must be a mapping: names and their cases")
            )
            return
        for name, body, key_place, _ in cases.located():
            block = Placed(parsed.file, body, key_place)
            if self._is_case(name, block):
                yield _Entry(name, block, parsed.has_expressions)

    def _is_case(self, name: str, block: Placed) -> bool:
        if not NAME.fullmatch(name):
            message = f"{quoted(name)} cannot name a case: letters, digits, `_` and `-` only, at most 128"
            self._problems.append(Problem(block.at(), message))
        elif not isinstance(block.node, Block):
            message = f"the case {quoted(name)} must be a mapping of its attributes"
            self._problems.append(Problem(block.at(), message))
        else:
            return True
        return False

    # links between cases

    def _link(self, linked: Sequence[_Linked], entries: Mapping[str, _Entry]) -> Mapping[Address, Case]:
        by_name = {item.case.address.name: item.case.address for item in linked}
        cases = {}
        for item in linked:
            case = item.case
            if item.mentions:
                needed = {name for name, where in item.mentions if self._exists(case, name, where, entries)}
                addresses = sorted(by_name[name] for name in needed & by_name.keys())
                case = replace(case, depends_on=tuple(addresses))
            cases[case.address] = case
        self._refuse_cycles(cases)
        return dict(sorted(cases.items()))

    def _exists(self, case: Case, name: str, where: Location, entries: Mapping[str, _Entry]) -> bool:
        if name == case.address.name:
            self._problems.append(Problem(where, f"the case {quoted(name)} refers to itself"))
            return False
        if name not in entries and not self._broken:
            hint = nearest(name, entries)
            self._problems.append(Problem(where, f"there is no case {quoted(name)}", hint))
        return name in entries

    def _refuse_cycles(self, cases: Mapping[Address, Case]) -> None:
        graph = {address: case.depends_on for address, case in cases.items() if case.depends_on}
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            # graphlib walks from what is needed to what needs it.
            cycle: list[Address] = error.args[1][::-1]
            where = min(cases[address].source.at() for address in cycle)
            path = " → ".join(address.name for address in cycle)
            self._problems.append(
                Problem(where, f"these cases depend on each other: {path}", "remove one reference or depends_on")
            )


class _Cases:
    """Turns declared blocks into cases."""

    def __init__(
        self, settings: SettingsResult, providers: Mapping[str, type[Provider]], expressions: Expressions
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._expressions = expressions
        self._problems = expressions.problems
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
    def _shared(ownership: Mapping[str, Ownership], schema: Schema) -> Mapping[str, Ownership]:
        sets = {name for name in ownership if name in schema.fields and schema.kind(name) is Kind.SET}
        return {name: ownership[name] for name in sorted(sets) if ownership[name] is Ownership.SHARED}

    def read(self, entries: Iterable[_Entry]) -> list[_Linked]:
        """Return the cases that can be understood."""
        return [made for entry in entries if (made := self._case(entry))]

    def _case(self, entry: _Entry) -> _Linked | None:
        before = len(self._problems)
        meta = self._meta(entry)
        instance = self._instance(entry, meta)
        if instance is None:
            return None
        name, type_ = instance
        schema = self._providers[type_].schema
        nodes = {key: value for key, value in entry.placed.node.items() if key not in _META}
        self._check_required(entry, meta, schema, nodes)
        attributes, references = self._attributes[type_].read(
            entry.placed, nodes, has_expressions=entry.has_expressions
        )
        case = Case(
            address=Address(name, entry.name),
            type=type_,
            attributes=attributes,
            source=entry.placed,
            lifecycle=self._lifecycle_of(entry, meta, schema),
            ownership=self._ownership(entry, meta, type_),
            adopt=meta.adopt,
        )
        if len(self._problems) == before:
            self._check(case)
        return _Linked(case, self._mentions(entry, meta, references))

    def _check(self, case: Case) -> None:
        if instance := self._settings.instances.get(case.address.provider):
            self._problems.extend(instance.provider.check(case))

    def _mentions(
        self, entry: _Entry, meta: MetaArguments, references: Sequence[tuple[Ref, Location]]
    ) -> Sequence[tuple[str, Location]]:
        if not meta.depends_on and not references:
            return ()
        explicit = [(name, entry.placed.at(("depends_on", at))) for at, name in enumerate(meta.depends_on)]
        return [*explicit, *((reference.case, where) for reference, where in references)]

    # meta-arguments

    def _meta(self, entry: _Entry) -> MetaArguments:
        node = entry.placed.node
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

    def _refuse_expressions(self, entry: _Entry, written: Mapping[str, Node]) -> None:
        placed = entry.placed
        for key, value in written.items():
            self._problems.extend(
                Problem(found, f"`${{…}}` cannot stand in `{key}`")
                for found in expressions_in(value, placed.file, placed.node.place(key))
            )

    def _instance(self, entry: _Entry, meta: MetaArguments) -> tuple[str, str] | None:
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

    def _only_instance(self, entry: _Entry, types: Mapping[str, str | None]) -> tuple[str, str] | None:
        if len(types) == 1:
            name, type_ = next(iter(types.items()))
            return None if type_ is None else (name, type_)
        if not isinstance(entry.placed.node.get("provider"), Block | list):
            known = f"one of {one_of(types)}" if types else "reconciler.yaml declares none yet"
            message = f"the case {quoted(entry.name)} has no `provider`"
            self._problems.append(Problem(entry.placed.at(), message, known))
        return None

    def _check_required(
        self, entry: _Entry, meta: MetaArguments, schema: Schema, nodes: Mapping[str, Node]
    ) -> None:
        if meta.adopt is not None:
            return
        for name in sorted(schema.required - nodes.keys()):
            message = f"the case {quoted(entry.name)} has no `{name}`, which a new case needs"
            self._problems.append(Problem(entry.placed.at(), message))

    def _lifecycle_of(self, entry: _Entry, meta: MetaArguments, schema: Schema) -> Lifecycle:
        if meta.lifecycle is None:
            return self._lifecycle
        for at, name in enumerate(meta.lifecycle.ignore_changes):
            if name not in schema.fields:
                where = entry.placed.at(("lifecycle", "ignore_changes", at))
                self._problems.append(
                    Problem(where, f"there is no attribute {quoted(name)} to ignore", nearest(name, schema.fields))
                )
        return lifecycle_of(self._settings.lifecycle, meta.lifecycle)

    def _ownership(self, entry: _Entry, meta: MetaArguments, type_: str) -> Mapping[str, Ownership]:
        defaults = self._default_ownership[type_]
        if not meta.ownership:
            return defaults
        schema = self._providers[type_].schema
        for name in meta.ownership:
            self._check_set(entry, name, schema)
        return self._shared({**defaults, **meta.ownership}, schema)

    def _check_set(self, entry: _Entry, name: str, schema: Schema) -> None:
        where = entry.placed.key(("ownership", name))
        if name not in schema.fields:
            self._problems.append(
                unknown_key(where, name, [key for key in schema.fields if schema.kind(key) is Kind.SET])
            )
        elif (kind := schema.kind(name)) is not Kind.SET:
            self._problems.append(Problem(where, f"`ownership` is for sets, and `{name}` is a {kind.value}"))
