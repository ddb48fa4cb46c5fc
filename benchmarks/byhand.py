"""
What one writes by hand: every case file loaded, every case asked for by itself, every pair given to DeepDiff.

python benchmarks/byhand.py SYSTEM FOLDER URL
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from deepdiff import DeepDiff
from systems import SYSTEMS, System


def differences(system: System, folder: Path, url: str) -> Iterator[Any]:
    """Yield what differs, case by case."""
    records = json.loads((folder / "state" / "bench.json").read_text(encoding="utf-8"))["cases"]
    with httpx.Client(base_url=url) as client:
        for path in sorted((folder / "cases").iterdir()):
            cases = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)["cases"]
            for name, declared in cases.items():
                answer = client.get(f"{system.cases}/{records[f'soc.{name}']['id']}").json()
                if found := DeepDiff(system.read(answer), _plain(declared), ignore_order=True):
                    yield found


def _plain(declared: dict[str, Any]) -> dict[str, Any]:
    """Return attributes in which a time that YAML takes for one is the text that was written."""
    return {
        key: value if isinstance(value, str | list | dict) else f"{value:%Y-%m-%dT%H:%M:%SZ}"
        for key, value in declared.items()
    }


if __name__ == "__main__":
    for found in differences(SYSTEMS[sys.argv[1]], Path(sys.argv[2]), sys.argv[3]):
        raise SystemExit(f"a case differs: {found}")
