"""
All files of a workspace → its Configuration, or every problem of every file at once.

reconciler.yaml ──► settings, variables ──────┐
cases/**/*.yaml ──► blocks by name ──► expanded ──► cases ──► references, cycles ──► Configuration
waivers.yaml ─────► waivers ───────────────────────────────────────────────────────────┤
rule files ───────► rules ─────────────────────────────────────────────────────────────┘
"""

from __future__ import annotations

import gc
import graphlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reconciler.config import documents
from reconciler.config.binding import Binder
from reconciler.config.cache import NOT_KEPT, Cache
from reconciler.config.casefiles import CaseFiles, Files, Part, Understood
from reconciler.config.characters import MAX_BYTES
from reconciler.config.declared import Cases, Linked
from reconciler.config.documents import parse
from reconciler.config.expansion import Expansion
from reconciler.config.expressions import MASKED_FROM, Expressions
from reconciler.config.files import Missing, Unreadable, read, real
from reconciler.config.links import Edges, predecessors
from reconciler.config.moves import Declared, MovesReader
from reconciler.config.namespace import kept_types, namespace
from reconciler.config.nodes import Expanded
from reconciler.config.policies import NO_RULES, Rules, RulesReader
from reconciler.config.problems import MOST, TooMany
from reconciler.config.sentences import nearest, quoted
from reconciler.config.settings import (
    FILE,
    Settings,
    SettingsReader,
    SettingsResult,
)
from reconciler.config.shared import Shared
from reconciler.config.templates import Templates
from reconciler.config.uses import Uses
from reconciler.config.variables import NOTHING_GIVEN, Given
from reconciler.config.waivers import WaiversReader, undeclared
from reconciler.errors import ConfigError, Location, Problem
from reconciler.model.address import Address
from reconciler.model.case import Case, Source
from reconciler.model.move import Move
from reconciler.model.waiver import Waiver
from reconciler.providers.base import Provider
from reconciler.providers.registry import provider_types

SHOWN: Final = 100
"""Problems in one error; the rest is counted."""

LONGEST_PATH: Final = 20
"""Cases of a cycle that are named."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a workspace declares."""

    settings: Settings
    cases: Mapping[Address, Case]
    """Sorted by address."""
    secrets: frozenset[str]
    """Every value that must not be shown: read from the environment, and tokens."""
    warnings: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    """What may have drifted."""
    rules: Rules = NO_RULES
    """What plans are judged by."""
    moves: tuple[Move, ...] = ()
    """Cases that were applied under another address, each with where it is declared now."""
    removed: frozenset[Address] = frozenset()
    """Cases to be given up and left as they are."""


def load(
    root: Path,
    *,
    env: Mapping[str, str],
    given: Given = NOTHING_GIVEN,
    offline: bool = False,
    providers: Mapping[str, type[Provider]] | None = None,
    instead: Mapping[str, bytes] | None = None,
    cache: Cache = NOT_KEPT,
) -> Configuration:
    """
    Return what the workspace in `root` declares, with the variables that are `given`.

    `offline` makes a variable without a value a warning, of the environment or of the workspace; `instead` is what
    some case files, by their paths, are about to hold; what was understood of them is kept in the `cache`. Raises
    ConfigError with all problems of all files.
    """
    expressions = Expressions(root, env, offline)
    types = provider_types() if providers is None else providers
    with _collector_paused():
        return _Loading(root, types, expressions, instead or {}, given, cache).configuration()


def look_over(
    root: Path, *, env: Mapping[str, str], providers: Mapping[str, type[Provider]] | None = None
) -> tuple[Mapping[str, str | None], Sequence[Problem]]:
    """Return the type of each declared instance, and every problem of every file; an unset variable is none."""
    types = provider_types() if providers is None else providers
    with _collector_paused():
        loading = _Loading(root, types, Expressions(root, env, offline=True), {})
        try:
            loading.configuration()
        except ConfigError as error:
            return loading.types, loading.problems or error.problems
        return loading.types, ()


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


class _Loading:
    """One load of a workspace."""

    def __init__(
        self,
        root: Path,
        providers: Mapping[str, type[Provider]],
        expressions: Expressions,
        instead: Mapping[str, bytes],
        given: Given = NOTHING_GIVEN,
        cache: Cache = NOT_KEPT,
    ) -> None:
        self._root = root
        self._cache = cache
        self._instead = instead
        self._given = given
        self._providers = providers
        self._expressions = expressions
        self._problems = expressions.problems
        self._moves = MovesReader(self._problems)
        self._binder = Binder(self._problems)
        self._uses = Uses(self._problems)
        self._templates = Templates(self._problems)
        self.types: Mapping[str, str | None] = {}
        """Of the instances that are declared."""
        self._broken = False
        """Some file could not be read whole: a name that is not found may be in there."""

    def configuration(self) -> Configuration:
        """Return the configuration; raise ConfigError."""
        try:
            return self._configuration()
        except TooMany:
            with suppress(TooMany):
                self._uses.tell()
            raise self._error() from None

    @property
    def problems(self) -> Sequence[Problem]:
        """Every problem so far, by place, with secrets masked."""
        return [self._masked(problem) for problem in sorted(set(self._problems))]

    def _configuration(self) -> Configuration:
        settings = self._settings()
        self.types = settings.types or {}
        linked, sources = self._cases(settings)
        cases = self._link(linked, sources)
        self._uses.tell()
        moves, removed = self._moves.resolved(self._declared(linked, sources))
        waivers = self._waivers(settings, cases, moves)
        rules = self._rules(settings)
        if self._problems or settings.settings is None:
            raise self._error()
        secrets = frozenset(self._expressions.secrets)
        return Configuration(settings.settings, cases, secrets, self._warnings(), waivers, rules, moves, removed)

    def _rules(self, settings: SettingsResult) -> Rules:
        named = settings.settings.policies if settings.settings else {}
        return RulesReader(self._root, self._problems).named(named) if named else NO_RULES

    def _declared(self, linked: Sequence[Linked], sources: Mapping[str, Source]) -> Declared:
        addresses = {item.case.address.name: item.case.address for item in linked}
        return Declared(addresses, sources.keys(), self.types, not self._broken)

    def _waivers(
        self, settings: SettingsResult, cases: Mapping[Address, Case], moves: Sequence[Move]
    ) -> tuple[Waiver, ...]:
        """Return the waivers; one of a case that has moved is about it where it is now."""
        schemas = {name: instance.provider.schema for name, instance in settings.instances.items()}
        names = {move.origin: move.to for move in moves}
        read = WaiversReader(self._root, schemas, self._problems).read()
        waivers = tuple(replace(each, address=names.get(each.address, each.address)) for each in read)
        self._expressions.warnings.extend(undeclared(waivers, cases))
        return waivers

    def _warnings(self) -> tuple[str, ...]:
        slow = () if documents.FAST else ("PyYAML has no libyaml here: reading files takes thirty times longer",)
        return (*slow, *dict.fromkeys(self._expressions.warnings))

    def _error(self) -> ConfigError:
        problems = sorted(set(self._problems))
        shown = [self._masked(problem) for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            more = "more" if len(self._problems) < MOST else "or more other"
            shown.append(Problem(problems[SHOWN].location, f"and {len(problems) - SHOWN} {more} problems"))
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
            data = read(real(self._root, path), MAX_BYTES)
            parsed = parse(str(path), data, most=documents.MAX_ENTRIES)
        except Missing as error:
            self._problems.append(Problem(Location(str(path)), f"no {FILE} in {self._root}", self._advice()))
            raise self._error() from error
        except Unreadable as error:
            self._unreadable(path, error)
            return SettingsResult(None, None, {})
        reader = SettingsReader(self._root, self._providers, self._expressions, self._binder, self._given)
        return reader.read(parsed)

    def _advice(self) -> str:
        found = any(self._root.glob("reconciler.yml"))
        return f"rename reconciler.yml to {FILE}" if found else "`reconciler init` writes one"

    def _unreadable(self, path: Path, error: Unreadable) -> None:
        self._broken = True
        self._problems.append(Problem(Location(str(path)), f"the file {error}"))

    # declared cases

    def _cases(self, settings: SettingsResult) -> tuple[list[Linked], dict[str, Source]]:
        """Return the cases that can be understood, and where each one stands that is declared, by name."""
        cases = Cases(settings, self._providers, self._expressions, self._uses, Shared())
        parts = self._parts(settings, cases)
        self._templates.is_whole = not self._broken
        self._templates.check()
        used = filter(None, (settings.types or {}).values())
        schemas = {type_: self._providers[type_].schema for type_ in used}
        expansion = Expansion(self._templates, self._binder, self._uses, settings.types, schemas)
        # All are expanded before the first one is read: what is too much is refused while it takes no room yet.
        expanded = [part if isinstance(part, Understood) else [*expansion.cases(part)] for part in parts]
        linked: list[Linked] = []
        sources: dict[str, Source] = {}
        for part in expanded:
            if isinstance(part, Understood):
                found = ((each, each.case) for each in part.cases)
                linked += (each for each, case in found if self._is_new(sources, case.address.name, case.source))
                for name, source in part.others:
                    self._is_new(sources, name, source)
            else:
                entries = (each for each in part if self._is_new(sources, each.name, each.placed))
                linked += (made for entry in entries if (made := cases.read(entry)))
        self._broken |= not expansion.is_whole
        return linked, sources

    def _parts(self, settings: SettingsResult, cases: Cases) -> Sequence[Part]:
        files = CaseFiles(Files(self._root, self._instead), self._expressions, cases, self._templates, self._moves)
        may_keep = settings.settings is not None and not self._problems and self._cache.folder is not None
        types = kept_types(settings, self._providers) if may_keep else {}
        with self._cache.opened(self._root, namespace(settings) if types else None) as kept:
            parts = list(files.parts(kept, types))
            kept.finish()
        self._broken |= not files.is_whole
        return parts

    def _is_new(self, sources: dict[str, Source], name: str, source: Source) -> bool:
        """Note where a case stands; False if there is another one of its name, which is reported."""
        first = sources.setdefault(name, source)
        if first is source:
            return True
        message = f"the case {quoted(name)} is declared already, at {first.at()}"
        self._problems.append(Problem(source.at(), message, "give one of them another name"))
        return False

    # links between cases

    def _link(self, linked: Sequence[Linked], sources: Mapping[str, Source]) -> Mapping[Address, Case]:
        linked = sorted(linked, key=_position)
        cases = {item.case.address.name: item.case for item in linked}
        needs, links = self._edges([item for item in linked if item.mentions or item.links], cases, sources)
        if self._has_cycle(needs, cases):
            return {}
        rank = _ranks(cases) if needs or links else {}
        for name, before in predecessors(needs, links).items():
            addresses = (cases[other].address for other in sorted(before, key=rank.__getitem__))
            cases[name] = replace(cases[name], depends_on=tuple(addresses))
        return {case.address: case for case in cases.values()}

    def _edges(
        self, linked: Sequence[Linked], cases: Mapping[str, Case], sources: Mapping[str, Source]
    ) -> tuple[Edges, Edges]:
        """Return for each case that mentions others which ones it needs, and which ones it links to."""
        rank = _ranks(cases) if linked else {}

        def edges(item: Linked, mentions: Sequence[tuple[str, Location]]) -> list[str]:
            found = {name for name, where in mentions if self._exists(item.case, name, where, sources)}
            return sorted(found & rank.keys(), key=rank.__getitem__)

        needs, links = {}, {}
        for item in linked:
            since, name = len(self._problems), item.case.address.name
            if item.mentions:
                needs[name] = edges(item, item.mentions)
            if item.links:
                links[name] = edges(item, item.links)
            self._problems.extend(_links_elsewhere(item, cases))
            self._uses.note(item.case.source, name, since)
        return needs, links

    def _exists(self, case: Case, name: str, where: Location, sources: Mapping[str, Source]) -> bool:
        if name == case.address.name:
            self._problems.append(Problem(where, f"the case {quoted(name)} refers to itself"))
            return False
        if name not in sources and not self._broken:
            hint = _made_of(name, sources) or nearest(name, sources)
            self._problems.append(Problem(where, f"there is no case {quoted(name)}", hint))
        return name in sources

    def _has_cycle(self, needs: Edges, cases: Mapping[str, Case]) -> bool:
        """Tell whether cases need each other, and report it."""
        try:
            graphlib.TopologicalSorter(needs).prepare()
        except graphlib.CycleError as error:
            # graphlib walks from what is needed to what needs it.
            cycle: list[str] = error.args[1][::-1]
            where = min(cases[name].source.at() for name in cycle)
            path = " → ".join(cycle if len(cycle) <= LONGEST_PATH else [*cycle[:LONGEST_PATH], "…", cycle[-1]])
            self._problems.append(
                Problem(where, f"these cases depend on each other: {path}", "remove one reference or depends_on")
            )
            return True
        return False


def _made_of(name: str, sources: Mapping[str, Source]) -> str | None:
    """Return the hint for the name of a block with `for_each`, which is none of a case."""
    for made, source in sources.items():
        if isinstance(source, Expanded) and source.is_instance and source.name == name:
            return f"{quoted(name)} has `for_each`: name one of its cases, such as {quoted(made)}"
    return None


def _links_elsewhere(item: Linked, cases: Mapping[str, Case]) -> Iterator[Problem]:
    """Yield links to cases of another tenant, where their ids stand for other cases or for none."""
    here = item.case.address.provider
    for name, where in item.links:
        if name in cases and (there := cases[name].address.provider) != here:
            yield Problem(where, f"the case {quoted(name)} is of provider {there}: {here} knows no such case")


def _position(item: Linked) -> tuple[str, str]:
    """Return what cases are sorted by; comparing addresses themselves takes much longer."""
    return item.case.address.provider, item.case.address.name


def _ranks(cases: Iterable[str]) -> Mapping[str, int]:
    return {name: at for at, name in enumerate(cases)}
