"""
Write a workspace of generated cases, about 20 lines of YAML each, and the state that remembers them.

    python benchmarks/workspaces.py SYSTEM FOLDER COUNT URL [EVERY]

With EVERY, each so-many-th case is declared otherwise than it is recorded and live.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from systems import SYSTEMS, System
from systems.system import LINEAGE, UPDATED, name_of

TOKEN: Final = "BENCHMARK_TOKEN"  # noqa: S105 (the name of a variable)
"""The environment variable from which the workspace takes its token."""

_CASES_A_FILE: Final = 500


def write_workspace(system: System, folder: Path, count: int, url: str, every: int = 0) -> None:
    """Write settings, case files and state; the limits leave room for a change of everything."""
    (folder / "cases").mkdir(parents=True)
    (folder / "state").mkdir()
    # no limit of requests shall be what is measured
    common = f'type: {system.name}, url: "{url}", requests_per_minute: 1000000, concurrency: 8'
    own = system.settings.format(token=f'"${{env.{TOKEN}}}"')
    settings = ("version: 1", "workspace: bench", "providers:", f"  soc: {{{common}, {own}}}")
    _write(folder / "reconciler.yaml", (*settings, "limits: {max_changed_percent: 100}"))
    for start in range(1, count + 1, _CASES_A_FILE):
        numbers = range(start, min(start + _CASES_A_FILE, count + 1))
        lines = (line for number in numbers for line in _block(system, number, every))
        _write(folder / "cases" / f"from-{start:06}.yaml", ("cases:", *lines))
    _write(folder / "state" / "bench.json", (json.dumps(_state(system, count, url), indent=2, sort_keys=True),))


def _block(system: System, number: int, every: int) -> Iterator[str]:
    """Yield the lines of a case; JSON texts are YAML texts."""
    yield f"  {name_of(number)}:"
    changed = bool(every) and number % every == 0
    for key, value in system.declared(number, changed=changed).items():
        yield from _lines(key, value, "    ")


def _lines(key: str, value: Any, indent: str) -> Iterator[str]:
    match value:
        case list():
            yield f"{indent}{key}:"
            yield from (f"{indent}  - {item}" for item in value)
        case dict():
            yield f"{indent}{key}:"
            for name, inner in value.items():
                yield from _lines(name, inner, f"{indent}  ")
        case _:
            yield f"{indent}{key}: {json.dumps(value) if ' ' in value else value}"


def _state(system: System, count: int, url: str) -> dict[str, Any]:
    return {
        "version": 1,
        "lineage": LINEAGE,
        "serial": 1,
        "reconciler_version": "0.1.0",
        "cases": {f"soc.{name_of(number)}": _record(system, number, url) for number in range(1, count + 1)},
    }


def _record(system: System, number: int, url: str) -> dict[str, Any]:
    return {
        "provider": "soc",
        "type": system.name,
        "id": str(number),
        "url": f"{url}{system.where.format(number)}",
        "recorded": system.declared(number, changed=False),
        "handles": system.handles(number),
        "depends_on": [],
        "lifecycle": {"on_remove": "release", "prevent_delete": False},
        "updated_at": UPDATED,
    }


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    name, place, how_many, address, *rest = sys.argv[1:]
    write_workspace(SYSTEMS[name], Path(place), int(how_many), address, *map(int, rest))
