"""
Generated cases, each in three forms that agree; about 20 lines of YAML and 1.4 KB of JSON a case.

as_yaml      a block of a case file             (desired)
as_record    an entry of the state              (recorded)
as_item      what a list of the API answers     (live)

    python benchmarks/cases.py FOLDER COUNT URL      writes a workspace whose plan is empty
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TOKEN: Final = "BENCHMARK_TOKEN"  # noqa: S105 (the name of a variable)
"""The environment variable from which the workspace takes its token."""

CASES_A_FILE: Final = 500
LINEAGE: Final = "6f1c0b52-58b5-4f7e-9d6c-0c1f4d1f3b7a"

_PEOPLE: Final = ("jane", "omar", "li", "ada", "noor", "sven", "mara")
_TOPICS: Final = ("phishing", "malware", "exfiltration", "brute-force", "insider", "misconfiguration")
_UNITS: Final = ("finance", "legal", "research", "sales", "operations")
_REGIONS: Final = ("emea", "apac", "amer")


@dataclass(frozen=True, slots=True)
class Sample:
    """One case of the benchmark; everything about it follows from its number."""

    number: int

    @property
    def name(self) -> str:
        """The second half of its address."""
        return f"case-{self.number:06}"

    @property
    def attributes(self) -> dict[str, Any]:
        """What is declared, recorded and live alike."""
        n = self.number
        topic, unit = _TOPICS[n % len(_TOPICS)], _UNITS[n % len(_UNITS)]
        return {
            "name": f"{topic.capitalize()} reported by {unit}, number {n}",
            "description": f"Alert {n * 7} of the mail gateway was confirmed by {unit}. Follow the runbook, "
            "keep the evidence, note what was done and when, and hand over at the end of the shift.",
            "priority": ("low", "medium", "high", "critical")[n % 4],
            "status": "open",
            "assignees": [f"{_PEOPLE[n % 7]}@acme.example"],
            "tags": sorted([topic, unit, f"q{n % 4 + 1}", f"wave-{n % 97}", "soc", "triaged", "external", "mail"]),
            "metadata": {
                "runbook": f"RB-{n % 40}",
                "region": _REGIONS[n % 3],
                "source": "mail-gateway",
                "ticket": f"INC-{n:07}",
            },
        }

    def as_yaml(self) -> Iterator[str]:
        """Yield the lines of its block; JSON texts are YAML texts."""
        yield f"  {self.name}:"
        for key, value in self.attributes.items():
            match value:
                case list():
                    yield f"    {key}:"
                    yield from (f"      - {item}" for item in value)
                case dict():
                    yield f"    {key}:"
                    yield from (f"      {name}: {item}" for name, item in value.items())
                case _:
                    yield f"    {key}: {json.dumps(value)}"

    def as_record(self, url: str) -> dict[str, Any]:
        """Return its entry of the state."""
        return {
            "provider": "soc",
            "type": "tines",
            "id": str(self.number),
            "url": f"{url}/cases/{self.number}",
            "recorded": self.attributes,
            "handles": {},
            "depends_on": [],
            "lifecycle": {"on_remove": "release", "prevent_delete": False, "ignore_changes": []},
            "updated_at": "2026-03-01T10:00:00Z",
        }

    def as_item(self, url: str) -> dict[str, Any]:
        """Return what a list of cases answers (Tines, cases v2: the keys of its list page)."""
        n, attributes = self.number, self.attributes
        author = _user("api", 1)
        return {
            "case_id": n,
            "name": attributes["name"],
            "description": attributes["description"],
            "status": "OPEN",
            "sub_status": {"id": 1, "name": "To do"},
            "url": f"{url}/cases/{n}",
            "metadata": {**attributes["metadata"], "reconciler": f"{LINEAGE}/soc.{self.name}/0"},
            "author": author,
            "opened_by": author,
            "resolved_by": None,
            "assignees": [_user(_PEOPLE[n % 7], 10 + n % 7)],
            "tags": [{"id": n * 8 + place, "name": tag} for place, tag in enumerate(attributes["tags"])],
            "team": {"id": 2, "name": "SOC"},
            "priority": attributes["priority"].upper(),
            "opened_at": "2026-03-01T09:00:00Z",
            "resolved_at": None,
            "created_at": "2026-03-01T09:00:00Z",
            "updated_at": "2026-03-01T10:00:00Z",
        }


def _user(login: str, number: int) -> dict[str, Any]:
    return {
        "user_id": number,
        "first_name": login.capitalize(),
        "last_name": "Example",
        "email": f"{login}@acme.example",
        "avatar_url": "",
        "is_service_account": login == "api",
    }


def samples(count: int) -> list[Sample]:
    """Return so many cases."""
    return [Sample(number) for number in range(1, count + 1)]


def write_workspace(folder: Path, count: int, url: str) -> None:
    """Write the settings, the case files and the state of a workspace in which nothing differs."""
    (folder / "cases").mkdir(parents=True)
    (folder / "state").mkdir()
    settings = (
        "version: 1",
        "workspace: bench",
        "providers:",
        f'  soc: {{type: tines, url: "{url}", token: "${{env.{TOKEN}}}", team_id: 2}}',
    )
    _write(folder / "reconciler.yaml", settings)
    cases = samples(count)
    for start in range(0, count, CASES_A_FILE):
        lines = (line for sample in cases[start : start + CASES_A_FILE] for line in sample.as_yaml())
        _write(folder / "cases" / f"from-{start + 1:06}.yaml", ("cases:", *lines))
    _write(folder / "state" / "bench.json", (json.dumps(_state(cases, url), indent=2, sort_keys=True),))


def _state(cases: list[Sample], url: str) -> Mapping[str, Any]:
    return {
        "version": 1,
        "lineage": LINEAGE,
        "serial": 1,
        "reconciler_version": "0.1.0",
        "cases": {f"soc.{sample.name}": sample.as_record(url) for sample in cases},
    }


def _write(path: Path, lines: tuple[str, ...]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_workspace(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
