"""A system that exists in these tests only: one attribute of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import httpx
from pydantic import Field, SecretStr

from reconciler.config import Configuration, load
from reconciler.errors import ConfigError, Problem
from reconciler.model.case import Case, Live
from reconciler.model.change import Change
from reconciler.model.fields import CaseInsensitive, Clearable, Map, Schema, Set, Timestamp
from reconciler.model.operation import Operation
from reconciler.model.values import Marker, Value
from reconciler.providers.base import (
    Api,
    CaseModel,
    Meanings,
    Provider,
    ProviderSettings,
    Sought,
    Subject,
    Wanted,
    schema_of,
)

MOVING = 13


class ToySettings(ProviderSettings):
    type: Literal["toy"]
    token: SecretStr
    team_id: int | None = None

    def cautions(self) -> Iterator[tuple[str, str]]:
        if self.team_id == MOVING:
            yield "team_id", f"team {MOVING} is about to move"


class ToyCase(CaseModel):
    name: str = ""
    description: Annotated[str | None, Clearable("")] = None
    status: Annotated[Literal["open", "closed"], CaseInsensitive()] = "open"
    priority: Annotated[Literal["low", "high"], CaseInsensitive()] = "low"
    team_id: int = 0
    code: Annotated[str, Field(max_length=5)] = ""
    opened_at: Annotated[str, Timestamp()] = ""
    tags: Annotated[frozenset[str], Set()] = frozenset()
    people: Annotated[frozenset[str], Set(fold=str.lower)] = frozenset()
    metadata: Annotated[dict[str, str | None], Map()] = Field(default_factory=dict)


class Toy(Provider):
    settings_model: ClassVar[type[ProviderSettings]] = ToySettings
    case_model: ClassVar[type[CaseModel]] = ToyCase
    schema: ClassVar[Schema] = schema_of(ToyCase, required=("name",), closing={"status": "closed"})

    def __init__(self, settings: ToySettings) -> None:
        self.settings = settings

    @property
    def auth(self) -> httpx.Auth:
        return httpx.Auth()

    def check(self, case: Case) -> Iterator[Problem]:
        if case.attributes.get("name") == "forbidden":
            yield Problem(case.source.at(("name",)), "this name is forbidden")

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        raise NotImplementedError

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        raise NotImplementedError

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        raise NotImplementedError

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        raise NotImplementedError


TYPES: Mapping[str, type[Provider]] = {"toy": Toy}

SETTINGS = """\
version: 1
providers:
  soc: {type: toy, url: "https://acme.example", token: "${env.TOKEN}"}
"""

ENV = {"TOKEN": "s3cr3t-token", "WORD": "Hush-Hush", "SHORT": "high", "TWO": "2", "EMPTY": "", "LINE": "one\n"}


class Folder:
    """A workspace on disk."""

    types: ClassVar[Mapping[str, type[Provider]]] = TYPES

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("reconciler.yaml", SETTINGS)

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(
        self, cases: str | None = None, *, offline: bool = False, env: Mapping[str, str] = ENV
    ) -> Configuration:
        if cases is not None:
            self.write("cases/a.yaml", cases)
        return load(self.root, env=env, offline=offline, providers=self.types)

    def problems(
        self, cases: str | None = None, *, offline: bool = False, env: Mapping[str, str] = ENV
    ) -> list[str]:
        """Load, and return each problem as `file:line:column: message; hint`, files relative to the workspace."""
        try:
            self.load(cases, offline=offline, env=env)
        except ConfigError as error:
            return [str(problem).replace(f"{self.root}/", "") for problem in error.problems]
        return []

    def case(self, body: str, name: str = "one") -> Case:
        """Load one case, given the lines of its block."""
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        configuration = self.load(f"cases:\n  {name}:\n    name: One\n{lines}")
        (case,) = configuration.cases.values()
        return case

    def value(self, body: str) -> Value:
        """Load one case that declares one attribute beside its name, and return that."""
        attributes = dict(self.case(body).attributes)
        del attributes["name"]
        (value,) = attributes.values()
        return value
