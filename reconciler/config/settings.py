"""`reconciler.yaml`: its models, and what is made of them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator

from reconciler.config.binding import Binder
from reconciler.config.documents import Parsed
from reconciler.config.expressions import SETTINGS, Expressions, Found, expressions_in
from reconciler.config.nodes import Block, Listing, Placed, unseen
from reconciler.config.receivers import Receiver, ReceiversReader, lower
from reconciler.config.sentences import Complaints, nearest, one_of, quoted
from reconciler.config.variables import Given, Variables, VariablesReader
from reconciler.errors import Location, Problem, ReconcilerError
from reconciler.model.address import NAME
from reconciler.model.case import Lifecycle, OnRemove, Source
from reconciler.model.fields import Kind, Ownership, Schema
from reconciler.planning.limits import Limits
from reconciler.providers.base import Provider, ProviderSettings, Whole

FILE: Final = "reconciler.yaml"
"""The name of the settings file; its folder is the workspace."""

VERSION: Final = 1

MAX_PROVIDERS: Final = 1000
"""Instances in one workspace: each has its own connections, and its own tenant."""

_WORKSPACE: Final = re.compile(r"(?!\.)[^/\\\x00-\x1f\x7f]{1,100}")
_LATER_BACKENDS: Final = frozenset({"postgres", "s3", "http"})
_STAND_INS: Final = ("https://unset.invalid", "1", "true")
"""Tried in turn for an unset variable that is a whole value, when validating offline."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class StateSettings(_Strict):
    """Where the state is kept."""

    backend: str = Field(
        default="local",
        description="local: a file. Nothing else in this version.",
        json_schema_extra={"enum": ["local"]},
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="File of the state, from the workspace; default state/WORKSPACE.json.",
    )

    @field_validator("backend")
    @classmethod
    def _known(cls, backend: str) -> str:
        if backend in _LATER_BACKENDS:
            raise ValueError(f"the {backend} backend is not available in this version; write local")
        if backend != "local":
            raise ValueError(f"must be local, not {quoted(backend)}")
        return backend


class LifecycleSettings(_Strict):
    """How a case is treated when it is removed, protected or partly ignored."""

    on_remove: Annotated[OnRemove, BeforeValidator(lower)] = Field(
        default=OnRemove.RELEASE,
        description="When the block leaves the files: release (leave it, manage it no more), close or delete it.",
    )
    prevent_delete: bool = Field(default=False, description="Refuse every plan that deletes the case.")
    ignore_changes: tuple[str, ...] = Field(
        default=(), description="Attributes that are set at creation and not looked at afterwards."
    )


SetOwnership = Annotated[Ownership, BeforeValidator(lower)]
"""`exact` or `shared`, in any letter case."""


class Defaults(_Strict):
    """What holds for every case that does not say otherwise."""

    lifecycle: LifecycleSettings = Field(default_factory=LifecycleSettings, description="Default lifecycle.")
    ownership: dict[str, SetOwnership] = Field(
        default_factory=dict, description="Set attribute → exact (ours alone) or shared (others add to it)."
    )


class LimitSettings(_Strict):
    """What stops an apply before its first write."""

    max_deletes: Whole | None = Field(default=None, ge=0, description="Most cases that one apply may delete.")
    max_changed_percent: Whole | None = Field(
        default=None, ge=0, le=100, description="Most of the recorded cases that one apply may change, in percent."
    )


class SettingsFile(_Strict):
    """The settings of a workspace."""

    version: Whole = Field(description="Version of this format: 1.", json_schema_extra={"const": VERSION})
    workspace: str | None = Field(default=None, description="Name of the workspace; default: the folder's name.")
    variables: dict[str, Any] = Field(
        default_factory=dict, description="Name → default, or its type, default and description: ${var.NAME}."
    )
    providers: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Instance name (first half of every address) → its settings."
    )
    state: StateSettings = Field(default_factory=StateSettings, description="Where the state is kept.")
    defaults: Defaults = Field(default_factory=Defaults, description="What holds for every case.")
    limits: LimitSettings = Field(default_factory=LimitSettings, description="Brakes of apply.")
    notify: tuple[dict[str, Any], ...] = Field(default=(), description="Who is told of new drift.")
    policies: tuple[str, ...] = Field(
        default=(), description="Rule files, from the workspace: policies/guard.yaml, policies/*.yaml."
    )

    @field_validator("version")
    @classmethod
    def _supported(cls, version: int) -> int:
        if version != VERSION:
            raise ValueError(f"must be {VERSION}: this release reads no other version")
        return version

    @field_validator("workspace")
    @classmethod
    def _filename(cls, workspace: str | None) -> str | None:
        """Refuse what cannot name the state file."""
        if workspace is not None and not _WORKSPACE.fullmatch(workspace):
            raise ValueError("must be usable as a file name: no slash, no leading dot, at most 100 characters")
        if workspace is not None and (unseen(workspace) or not unicodedata.is_normalized("NFC", workspace)):
            raise ValueError("must be one that people can tell from others: no invisible characters, and in NFC")
        return workspace


@dataclass(frozen=True, slots=True)
class Instance:
    """One provider instance of `reconciler.yaml`."""

    name: str
    type: str
    settings: ProviderSettings
    provider: Provider
    source: Source
    """Where its settings stand."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a workspace, checked."""

    root: Path
    workspace: str
    instances: Mapping[str, Instance]
    state_path: Path
    limits: Limits
    receivers: tuple[Receiver, ...] = ()
    """Who is told of new drift."""
    policies: Mapping[str, Location] = field(default_factory=dict)
    """What names rule files, each with its place."""

    def instance(self, name: str) -> Instance:
        """Return a provider instance; raise ReconcilerError for one that is not declared."""
        if name not in self.instances:
            hint = f"there are {', '.join(sorted(self.instances))}" if self.instances else "it declares none yet"
            raise ReconcilerError(f"there is no provider {name!r} in {FILE}", hint=hint)
        return self.instances[name]

    @property
    def schemas(self) -> Mapping[str, Schema]:
        """Return the schemas of the systems in use, by provider type."""
        return {each.type: each.provider.schema for each in self.instances.values()}

    @property
    def rates(self) -> Mapping[str, int]:
        """Return how many requests a minute each instance gets at most."""
        return {name: instance.settings.requests_per_minute for name, instance in self.instances.items()}

    @property
    def first_lineage(self) -> str:
        """
        Return the lineage of a workspace that has no state yet.

        It is made from what the workspace is, so that a first plan shows to the byte what a first apply sends.
        """
        urls = (f"{name}={instance.settings.url}" for name, instance in sorted(self.instances.items()))
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "\n".join((str(self.root.resolve()), self.workspace, *urls))))


@dataclass(frozen=True, slots=True)
class SettingsResult:
    """What could be made of `reconciler.yaml`; where it has problems, as much as the case files need."""

    settings: Settings | None
    types: Mapping[str, str | None] | None
    """The type of every declared instance, None for an unknown one; None if that cannot be told at all."""
    instances: Mapping[str, Instance]
    lifecycle: LifecycleSettings = field(default_factory=LifecycleSettings)
    ownership: Mapping[str, Ownership] = field(default_factory=dict)


class SettingsReader:
    """Reads the settings file of a workspace; problems go to `expressions.problems`, variables to `binder`."""

    def __init__(
        self,
        root: Path,
        providers: Mapping[str, type[Provider]],
        expressions: Expressions,
        binder: Binder,
        given: Given,
    ) -> None:
        self._root = root
        self._providers = providers
        self._expressions = expressions
        self._binder = binder
        self._given = given
        self._problems = expressions.problems

    def read(self, parsed: Parsed) -> SettingsResult:
        """Return what the file says."""
        self._problems.extend(parsed.problems)
        placed = self._document(parsed)
        if placed is None:
            return SettingsResult(None, None, {})
        self._binder.variables = self._variables(placed)
        declared = placed.node.get("providers")
        instances, types = self._instances(placed, declared) if isinstance(declared, Block) else ({}, {})
        model = self._model(placed)
        if model is None:
            return SettingsResult(None, types, instances)
        self._check_default_ownership(placed, model.defaults, types)
        receivers = ReceiversReader(self._expressions, self._binder).read(placed)
        settings = self._settings(placed, model, instances, receivers)
        return SettingsResult(settings, types, instances, model.defaults.lifecycle, model.defaults.ownership)

    def _variables(self, placed: Placed) -> Variables:
        ours = self._expressions
        reader = VariablesReader(ours.env, self._given, self._problems, ours.warnings, offline=ours.offline)
        return reader.read(placed)

    def _document(self, parsed: Parsed) -> Placed | None:
        if parsed.problems and not parsed.documents:
            return None
        if len(parsed.documents) != 1 or not isinstance(parsed.documents[0].node, Block):
            place = parsed.documents[-1].place if parsed.documents else 0
            where = Placed(parsed.file, None, place).at()
            self._problems.append(Problem(where, "this must be one mapping, beginning with `version: 1`"))
            return None
        return Placed(parsed.file, parsed.documents[0].node, parsed.documents[0].place)

    def _model(self, placed: Placed) -> SettingsFile | None:
        top = {key: value for key, value in placed.node.items() if value is not None}
        self._refuse_expressions(placed)
        self._only_backend(top)
        if isinstance(top.get("providers"), Block):
            top["providers"] = {}
        if isinstance(top.get("notify"), Listing):
            top["notify"] = ()
        if isinstance(top.get("variables"), Block):
            top["variables"] = {}
        try:
            return SettingsFile.model_validate(top)
        except ValidationError as error:
            self._problems.extend(Complaints(SettingsFile, placed).about(error))
            return None

    def _refuse_expressions(self, placed: Placed) -> None:
        for key, value, _, place in placed.node.located():
            if key in SettingsFile.model_fields and key not in {"providers", "notify", "variables"}:
                self._problems.extend(
                    Problem(found, "`${…}` can stand in the settings of providers and in attributes of cases only")
                    for found in expressions_in(value, placed.file, place)
                )

    @staticmethod
    def _only_backend(top: dict[str, Any]) -> None:
        """Spare a backend that is not there the complaints about its other keys."""
        state = top.get("state")
        if isinstance(state, Block) and state.get("backend") in _LATER_BACKENDS:
            top["state"] = {"backend": state["backend"]}

    def _settings(
        self,
        placed: Placed,
        model: SettingsFile,
        instances: Mapping[str, Instance],
        receivers: tuple[Receiver, ...],
    ) -> Settings | None:
        workspace = model.workspace or self._root.resolve().name
        if not _WORKSPACE.fullmatch(workspace):
            message = f"the folder's name {quoted(workspace)} cannot name a workspace"
            self._problems.append(Problem(placed.at(), message, "write `workspace: NAME`"))
            return None
        path = self._root / (model.state.path or f"state/{workspace}.json")
        limits = Limits(model.limits.max_deletes, model.limits.max_changed_percent)
        policies = {name: placed.at(("policies", number)) for number, name in enumerate(model.policies)}
        return Settings(self._root, workspace, instances, path, limits, receivers, policies)

    def _check_default_ownership(
        self, placed: Placed, defaults: Defaults, types: Mapping[str, str | None]
    ) -> None:
        """Allow a default for a set that one system lacks, but not for one that none has."""
        used = [self._providers[type_].schema for type_ in types.values() if type_ is not None]
        sets = {name for schema in used for name in schema.fields if schema.kind(name) is Kind.SET}
        for name in defaults.ownership:
            if used and name not in sets:
                message = f"`ownership` is for sets, and {quoted(name)} is a set of no provider here"
                where = placed.key(("defaults", "ownership", name))
                self._problems.append(Problem(where, message, nearest(name, sets)))

    # provider instances

    def _instances(
        self, placed: Placed, declared: Block
    ) -> tuple[Mapping[str, Instance], Mapping[str, str | None]]:
        instances: dict[str, Instance] = {}
        types: dict[str, str | None] = {}
        if len(declared) > MAX_PROVIDERS:
            message = f"{len(declared):,} providers: a workspace has {MAX_PROVIDERS:,} at most"
            self._problems.append(Problem(placed.key(("providers",)), message, "split it into workspaces"))
            return {}, dict.fromkeys(declared)
        for name, node in declared.items():
            types[name] = self._type(placed, name, node)
            if (type_ := types[name]) is not None and (made := self._instance(placed, name, type_, node)):
                instances[name] = made
        return instances, types

    def _type(self, placed: Placed, name: str, node: Any) -> str | None:
        """Return the type of an instance if there is such a system."""
        path = ("providers", name)
        if not NAME.fullmatch(name):
            message = f"{quoted(name)} cannot name a provider: letters, digits, `_` and `-` only"
            self._problems.append(Problem(placed.key(path), message))
        if not isinstance(node, Block):
            self._problems.append(Problem(placed.at(path), f"the provider {quoted(name)} must be a mapping"))
            return None
        type_ = node.get("type")
        if isinstance(type_, str) and type_ in self._providers:
            return str(type_)
        known = f"known are {one_of(self._providers, last='and')}" if self._providers else "none is installed"
        if not isinstance(type_, str):
            self._problems.append(Problem(placed.key(path), f"the provider {quoted(name)} has no `type`", known))
            return None
        hint = "; ".join(filter(None, (nearest(type_, self._providers), known)))
        message = f"unknown provider type {quoted(type_)}"
        self._problems.append(Problem(placed.at((*path, "type")), message, hint))
        return None

    def _instance(self, placed: Placed, name: str, type_: str, node: Block) -> Instance | None:
        provider = self._providers[type_]
        known = frozenset(self._expressions.secrets)
        source = Placed(placed.file, node, placed.node["providers"].place(name))
        values, unset = self._evaluated(source)
        addresses = self._addresses(values, known)
        before = len(self._problems)
        settings = self._validated(provider.settings_model, placed, name, values, unset)
        if settings is None or len(self._problems) > before:
            return None
        self._expressions.secrets -= addresses
        self._keep_secrets(placed, name, settings)
        self._expressions.warnings.extend(_cautions(placed, name, settings))
        return Instance(name, type_, settings, provider(settings), source)

    def _evaluated(self, placed: Placed) -> tuple[dict[str, Any], set[str]]:
        """Return the settings of an instance, and the names of those that have no value yet."""
        values: dict[str, Any] = {}
        unset: set[str] = set()
        node = self._binder.bound(placed.node, placed.file, placed.place, ("var",))
        for key, value, _, place in node.located():
            found = Found()
            values[key] = self._expressions.evaluate(value, placed.file, place, SETTINGS, found)
            if found.unknown:
                unset.add(key)
        return values, unset

    def _addresses(self, values: Mapping[str, Any], known: frozenset[str]) -> set[str]:
        """
        Return what was read from the environment for `url` alone.

        An address is no secret once it is known to hold no user or password: every case is shown with it.
        """
        url = str(values.get("url"))
        elsewhere = [str(value) for key, value in values.items() if key != "url"]
        return {
            text
            for text in self._expressions.secrets - known
            if text in url and not any(text in other for other in elsewhere)
        }

    def _validated(
        self, model: type[ProviderSettings], placed: Placed, name: str, values: dict[str, Any], unset: set[str]
    ) -> ProviderSettings | None:
        stand_ins = iter(_STAND_INS)
        while True:
            try:
                return model.model_validate(values)
            except ValidationError as error:
                wrong = {str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"]}
                stand_in = next(stand_ins, None)
                if stand_in is None or not wrong or not wrong <= unset:
                    self._problems.extend(self._complaints(error, model, placed, name, unset))
                    return None
                values |= dict.fromkeys(wrong, stand_in)

    def _complaints(
        self, error: ValidationError, model: type[ProviderSettings], placed: Placed, name: str, unset: set[str]
    ) -> Iterator[Problem]:
        secrets = self._expressions.secrets
        return Complaints(model, placed, ("providers", name), secrets=secrets).about(error, but=unset)

    def _keep_secrets(self, placed: Placed, name: str, settings: ProviderSettings) -> None:
        for key, value in settings:
            if isinstance(value, SecretStr):
                self._expressions.secrets.add(value.get_secret_value())
                self._expressions.warnings.extend(self._in_the_clear(placed, name, key))

    @staticmethod
    def _in_the_clear(placed: Placed, name: str, key: str) -> Iterator[str]:
        written = placed.node["providers"][name].get(key)
        if isinstance(written, str) and "${" not in written:
            where = placed.at(("providers", name, key))
            yield f"{where}: `{key}` stands in the file in the clear; write ${{env.NAME}} instead"


def _cautions(placed: Placed, name: str, settings: ProviderSettings) -> Iterator[str]:
    for key, caution in settings.cautions():
        yield f"{placed.at(('providers', name, key))}: {caution}"


def lifecycle_of(defaults: LifecycleSettings, own: LifecycleSettings | None) -> Lifecycle:
    """Return the lifecycle of a case: its own words over the defaults, key by key."""
    said = own.model_fields_set if own is not None else frozenset()

    def pick(key: str) -> Any:
        return getattr(own if key in said else defaults, key)

    return Lifecycle(pick("on_remove"), pick("prevent_delete"), pick("ignore_changes"))
