"""Workspaces of the real systems, read with and without a cache, and compared to the last type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from reconciler.config import Configuration, load
from reconciler.config.cache import NOT_KEPT, Cache
from reconciler.errors import ConfigError
from reconciler.model.case import Case
from reconciler.model.values import Entry, Value

SETTINGS = """\
version: 1
workspace: kept
providers:
  soc: {type: tines, url: "https://acme.example", token: "${env.TOKEN}", team_id: 2}
  intel: {type: threatconnect, url: "https://tc.example", token: "${env.TC}", owner: Acme}
  club: {type: communifire, url: "https://cf.example", api_key: "${env.CF}", space: SOC}
"""
ENV = {"TOKEN": "canary-of-tines", "TC": "canary-of-tc", "CF": "canary-of-cf", "WORD": "canary-of-a-case"}


CASES: Mapping[str, Mapping[str, Any]] = {
    "wave": {
        "provider": "soc",
        "name": "Wave",
        "priority": "HIGH",
        "tags": ["Q4", "phishing"],
        "links": ["intel"],
    },
    "intel": {"provider": "soc", "name": "Intel", "depends_on": ["wave"], "lifecycle": {"on_remove": "close"}},
    "tasks": {
        "provider": "soc",
        "name": "Tasks",
        "tasks": {"first": {"description": "Call"}},
        "links": [17, "wave"],
    },
    "actor": {
        "provider": "intel",
        "name": "Actor",
        "status": "Open",
        "severity": "High",
        "assignee": {"user": "jane"},
        "associated_groups": [{"type": "Adversary", "name": "Bad Guy"}, "4711"],
        "attributes": {"why": {"type": "Description", "value": "text"}},
        "ownership": {"tags": "shared"},
    },
    "topic": {
        "provider": "club",
        "title": "Topic",
        "description": "<p>",
        "status": "In Progress",
        "milestone": 7,
        "watchers": [1, "Li"],
    },
}


class Kept:
    """A workspace on disk, and a cache beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "workspace"
        self.folder = root / "cache"
        self.said: list[str] = []
        self.write("reconciler.yaml", SETTINGS)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def declare(self, cases: Mapping[str, Mapping[str, Any]], name: str = "a") -> None:
        """Write cases, a line for each attribute: what is JSON is YAML."""
        lines = (
            (f"  {case}:", *(f"    {key}: {json.dumps(value)}" for key, value in block.items()))
            for case, block in cases.items()
        )
        self.write(f"cases/{name}.yaml", "\n".join(["cases:", *(line for block in lines for line in block), ""]))

    def load(self, *, is_kept: bool = True, **more: Any) -> Configuration:
        cache = Cache(self.folder, self.said.append) if is_kept else NOT_KEPT
        return load(self.root, env=ENV, cache=cache, **more)

    @property
    def stored(self) -> list[Path]:
        """The files of the cache."""
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []


def outcome(kept: Kept, **more: Any) -> list[Any]:
    """Return what is read, or each problem."""
    try:
        return [*told(kept.load(**more))]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


def told(configuration: Configuration) -> Iterator[Any]:
    """Yield all that is known of the cases: types of values, their order, places of all parts."""
    for address, case in configuration.cases.items():
        yield (
            address,
            case.address,
            case.type,
            exact(dict(case.attributes)),
            (case.lifecycle, {**case.ownership}, case.depends_on, case.adopt, case.find, case.take_over),
            [case.source.at(path) for path in paths(case)],
        )
    yield configuration.warnings, configuration.secrets, configuration.moves, configuration.removed


def exact(value: Value) -> Any:
    """Return a value with the types of all that is in it: 1, True and 1.0 are equal to Python."""
    match value:
        case dict():
            return type(value), [(exact(key), exact(item)) for key, item in value.items()]
        case Entry(key, fields):
            return type(value), key, exact(dict(fields))
        case AbstractSet():
            return type(value), sorted(map(repr, map(exact, value)))
        case list() | tuple():
            return type(value), [*map(exact, value)]
        case _:
            return type(value), value


def paths(case: Case) -> Iterator[tuple[Any, ...]]:
    """Yield ways into a case, some of which lead nowhere."""
    yield ()
    for name, value in case.attributes.items():
        yield (name,)
        yield from ((name, key) for key in value) if isinstance(value, dict) else [(name, 1)]
    yield from (("nowhere",), ("lifecycle", "on_remove"), ("depends_on", 0), ("import",))
