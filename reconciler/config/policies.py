"""
Rule files: what a plan must not be, in CEL over the JSON of the plan.

    policies:
      no-deletes:
        deny: change.action == "delete" && change.address.startsWith("soc.")
        severity: hard
        message: Cases are closed, never deleted.
    tests:
      a delete is refused: {rule: no-deletes, change: {action: delete}, expect: deny}

files ── documents ── rules, compiled ─┬─► Rules
                 └─── tests ───────────┘
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from reconciler.config import documents
from reconciler.config.cel import Given, Language, Program, Wrong
from reconciler.config.characters import MAX_BYTES
from reconciler.config.documents import parse
from reconciler.config.files import Unreadable, read, real
from reconciler.config.nodes import Block, Node, Placed, Steps, core_values, find, location
from reconciler.config.problems import Problems, TooMany
from reconciler.config.receivers import lower
from reconciler.config.rulefiles import rule_files
from reconciler.config.sentences import Complaints, nearest, one_of, quoted, unknown_key
from reconciler.config.spots import spot
from reconciler.errors import ConfigError, Location, Problem
from reconciler.model.address import NAME
from reconciler.model.change import Action
from reconciler.model.policy import Severity, Verdict

MAX_RULES: Final = 1000
"""Of a workspace."""
MAX_TEXT: Final = 128 * 1024
"""Characters of all expressions together: compiling them takes a second."""
MAX_MESSAGE: Final = 1000
"""Characters of a message: it is shown on a phone, too."""

LINK: Final = r"^https?://[^\s<>\"'`]+$"

_PARTS: Final = ("policies", "tests")
_Entry = TypeVar("_Entry", bound=BaseModel)


class Scope(StrEnum):
    """What a rule looks at."""

    CHANGE = "change"
    """Each change."""
    PLAN = "plan"
    """The plan as a whole, once."""


NAMES: Final[Mapping[Scope, tuple[str, ...]]] = {
    Scope.CHANGE: ("change", "plan", "drift", "now"),
    Scope.PLAN: ("plan", "now"),
}
"""What rules may name."""


class RuleEntry(BaseModel):
    """A rule: true means that it objects."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    deny: str = Field(min_length=1, description="CEL: true where the change (or the plan) must not be.")
    message: str = Field(
        min_length=1, max_length=MAX_MESSAGE, description="What is wrong then, and what to do, for people."
    )
    severity: Annotated[Severity, BeforeValidator(lower)] = Field(
        default=Severity.HARD,
        description="advisory: it is said; soft: apply needs --override-policy; hard: apply refuses.",
    )
    scope: Annotated[Scope, BeforeValidator(lower)] = Field(
        default=Scope.CHANGE,
        alias="for",
        description="change: looks at each change; plan: at the plan with all its changes, once.",
    )
    link: str | None = Field(
        default=None,
        max_length=MAX_MESSAGE,
        description="Where more is told about the rule.",
        json_schema_extra={"pattern": LINK},
    )

    @field_validator("message")
    @classmethod
    def _said(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must not be empty")
        return text

    @field_validator("link")
    @classmethod
    def _address(cls, text: str | None) -> str | None:
        if text is not None and not re.match(LINK, text):
            raise ValueError(
                "must be an address without blanks and quotes, such as https://wiki.acme.example/rules"
            )
        return text


class PlanEntry(BaseModel):
    """What a test says of the plan."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True, defer_build=True)

    changes: tuple[dict[str, Any], ...] = Field(
        default=(), description="As much of each change as the rule looks at; the rest is an empty update."
    )
    summary: dict[str, Any] = Field(default_factory=dict, description="Counts; the changes are counted otherwise.")


class TrialEntry(BaseModel):
    """A test of a rule: as much of a plan as the rule looks at, and what it must say."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    rule: str = Field(description="The name of the rule.")
    expect: Annotated[Verdict, BeforeValidator(lower)] = Field(description="deny: it objects; pass: it does not.")
    change: dict[str, Any] | None = Field(
        default=None,
        description="Keys of the change as in the JSON of a plan; what is left out is an empty update.",
    )
    plan: PlanEntry | None = Field(default=None, description="Keys of the plan, as in its JSON.")
    drift: dict[str, Any] | None = Field(default=None, description="How the case has drifted, as in the JSON.")
    now: str | None = Field(default=None, description="When it is judged: 2026-12-31T18:00:00Z.")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, compiled."""

    name: str
    scope: Scope
    severity: Severity
    message: str
    source: Location
    """From the root of the workspace."""
    link: str | None
    deny: Program = field(compare=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """A test of a rule."""

    name: str
    rule: Rule
    expect: Verdict
    given: Mapping[str, Any]
    """What it says of `change`, `plan`, `drift` and `now`."""
    source: Location


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a workspace, in the order of the files, and their tests."""

    rules: tuple[Rule, ...] = ()
    trials: tuple[Trial, ...] = ()
    languages: Mapping[Scope, Language] = field(default_factory=dict, compare=False)

    def of(self, scope: Scope) -> tuple[Rule, ...]:
        """Return the rules that look at one kind of thing."""
        return tuple(rule for rule in self.rules if rule.scope is scope)

    def given(self, scope: Scope, values: Mapping[str, Any]) -> Given:
        """Return what rules of one kind look at: JSON, which they see as it is."""
        return self.languages[scope].given(values)


NO_RULES: Final = Rules()


def read_rules(root: Path, files: Iterable[Path]) -> Rules:
    """Return the rules and tests of files, named from the root; raise ConfigError with every problem in them."""
    problems: list[Problem] = Problems()
    try:
        rules = RulesReader(root, problems).read(files)
    except TooMany:
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return rules


class RulesReader:
    """Reads rule files; what is wrong goes to `problems`."""

    def __init__(self, root: Path, problems: list[Problem]) -> None:
        self._root = root
        self._problems = problems
        self._languages = {scope: Language(names) for scope, names in NAMES.items()}
        self._rules: dict[str, Rule] = {}
        self._trials: list[tuple[str, TrialEntry, Placed]] = []
        self._room = MAX_TEXT
        self._broken = False
        """Some rule could not be read: a test may be about it."""

    def named(self, patterns: Mapping[str, Location]) -> Rules:
        """Return the rules of the files that the settings name."""
        before = len(self._problems)
        files = rule_files(self._root, patterns, self._problems)
        self._broken = len(self._problems) > before
        return self.read(files)

    def read(self, files: Iterable[Path]) -> Rules:
        """Return the rules and tests of files, named from the root."""
        for path in files:
            self._file(path)
        trials = tuple(self._tried())
        return Rules(tuple(self._rules.values()), trials, self._languages)

    def _file(self, path: Path) -> None:
        name = str(self._root / path)
        try:
            data = read(real(self._root, self._root / path), MAX_BYTES)
        except Unreadable as error:
            self._report(Location(name), f"the file {error}")
            return
        parsed = parse(name, data, most=documents.MAX_ENTRIES)
        self._problems.extend(parsed.problems)
        self._broken |= bool(parsed.problems)
        text = data.decode("utf-8-sig", "replace")
        for document in parsed.documents:
            self._document(Placed(name, document.node, document.place), path, text)
        if not parsed.documents and not parsed.problems:
            self._report(Location(name), "this must be a mapping, beginning with `policies:`")

    def _document(self, placed: Placed, path: Path, text: str) -> None:
        if not isinstance(placed.node, Block):
            self._report(placed.at(), "this must be a mapping, beginning with `policies:`")
            return
        for key, node, key_place, _ in placed.node.located():
            if key not in _PARTS:
                self._problems.append(unknown_key(location(placed.file, key_place), key, _PARTS))
            elif not isinstance(node, Block) or not node:
                self._report(placed.at((key,)), f"`{key}` must be a mapping: names and what they stand for")
            elif key == "policies":
                self._read_rules(placed, path, text)
            else:
                self._read_trials(placed)

    # -- rules -------------------------------------------------------------------------------------------------

    def _read_rules(self, placed: Placed, path: Path, text: str) -> None:
        for name in placed.node["policies"]:
            steps = ("policies", name)
            if not NAME.fullmatch(name):
                message = f"{quoted(name)} cannot name a rule: letters, digits, `_` and `-` only, at most 128"
                self._report(placed.key(steps), message)
            elif entry := self._entry(RuleEntry, placed, steps):
                self._rule(name, entry, placed, path, text)
            else:
                self._broken = True

    def _rule(self, name: str, entry: RuleEntry, placed: Placed, path: Path, text: str) -> None:
        where = placed.key(("policies", name))
        if name in self._rules:
            first = self._rules[name].source
            self._report(where, f"there is a rule {quoted(name)} already, at {first}", "give one another name")
            return
        deny = self._compiled(entry, placed, ("policies", name, "deny"), text)
        if deny is not None:
            source = Location(path.as_posix(), where.line, where.column)
            self._rules[name] = Rule(
                name, entry.scope, entry.severity, entry.message.strip(), source, entry.link, deny
            )

    def _compiled(self, entry: RuleEntry, placed: Placed, steps: tuple[str, ...], text: str) -> Program | None:
        self._room -= len(entry.deny)
        if self._room < 0 or len(self._rules) >= MAX_RULES:
            most = f"{MAX_RULES:,} rules" if self._room >= 0 else f"{MAX_TEXT:,} characters of expressions"
            self._report(placed.at(steps), f"more than {most} in one workspace")
            return None
        try:
            return self._languages[entry.scope].condition(str(entry.deny))
        except Wrong as wrong:
            place = find(placed.node, steps, placed.place)
            where = location(placed.file, spot(text, place, entry.deny, wrong.line, wrong.column))
            self._report(where, f"`deny` is no condition: {wrong.message}", _names_known(wrong, entry.scope))
            return None

    # -- tests -------------------------------------------------------------------------------------------------

    def _read_trials(self, placed: Placed) -> None:
        for name in placed.node["tests"]:
            if entry := self._entry(TrialEntry, placed, ("tests", name)):
                self._trials.append((name, entry, placed))

    def _tried(self) -> Iterator[Trial]:
        for name, entry, placed in self._trials:
            rule = self._rules.get(entry.rule)
            if rule is None:
                self._unknown(entry.rule, placed.at(("tests", name, "rule")))
            elif trial := self._trial(name, entry, rule, placed):
                yield trial

    def _trial(self, name: str, entry: TrialEntry, rule: Rule, placed: Placed) -> Trial | None:
        steps = ("tests", name)
        given: dict[str, Any] = {}
        for key in sorted(entry.model_fields_set - {"rule", "expect"}):
            if key not in NAMES[rule.scope]:
                message = f"the rule {quoted(rule.name)} looks at the plan as a whole: it sees no `{key}`"
                self._report(placed.key((*steps, key)), message, "write `plan: {changes: […]}`")
                return None
            try:
                given[key] = core_values(placed.node["tests"][name][key])
            except ValueError as error:
                self._report(placed.at((*steps, key)), f"`{key}`: {error}")
                return None
        for path, action in _actions(entry):
            if action not in [*Action]:
                hint = nearest(action, Action) or f"known are {one_of(Action, last='and')}"
                self._report(placed.at((*steps, *path)), f"there is no action {quoted(action)}", hint)
                return None
        return Trial(name, rule, entry.expect, given, placed.key(steps))

    def _unknown(self, name: str, where: Location) -> None:
        if not self._broken:
            self._report(where, f"there is no rule {quoted(name)}", nearest(name, self._rules))

    # -- both --------------------------------------------------------------------------------------------------

    def _entry(self, model: type[_Entry], placed: Placed, steps: tuple[str, ...]) -> _Entry | None:
        node: Node = placed.node[steps[0]][steps[1]]
        if not isinstance(node, Block):
            self._report(placed.at(steps), f"{quoted(steps[1])} must be a mapping")
            return None
        try:
            return model.model_validate(node)
        except ValidationError as error:
            self._problems.extend(Complaints(model, placed, steps).about(error))
            return None

    def _report(self, where: Location, message: str, hint: str | None = None) -> None:
        self._broken = True
        self._problems.append(Problem(where, message, hint))


def _actions(entry: TrialEntry) -> Iterator[tuple[Steps, str]]:
    """Yield what a test says is done: misspelt, it would pass for a reason of its own."""
    changes = entry.plan.changes if entry.plan else ()
    told: dict[Steps, Mapping[str, Any]] = {("change",): entry.change or {}}
    told |= {("plan", "changes", at): each for at, each in enumerate(changes)}
    yield from (((*path, "action"), str(change["action"])) for path, change in told.items() if "action" in change)


def _names_known(wrong: Wrong, scope: Scope) -> str | None:
    if "undeclared reference" not in wrong.message:
        return None
    return f"a rule for a {scope} knows {one_of(NAMES[scope], last='and')}"
