"""On what the time is spent where an aim is missed: a profile of the process, by room of the house."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping

from places import HERE
from rows import MISSED, Row, Taken


def spent(rows: Mapping[str, Row], taken: Taken) -> Iterator[str]:
    """Yield lines of Markdown; none if every aim is met that a profile can say something about."""
    for key, row in rows.items():
        for line in row.lines(taken) if row.is_profiled else ():
            if any(verdict.endswith(MISSED) for verdict in line.verdicts):
                system, cases = line.spot
                yield from ("", f"## On what `{key}` spends its time: {system}, {cases:,} cases", "", "```text")
                yield from (*_profile(row.of, system, cases), "```")


def _profile(kind: str, system: str, cases: int) -> Iterator[str]:
    arguments = (kind, "--system", system, "--cases", str(cases))
    command = (sys.executable, str(HERE / "profiling.py"), *arguments)
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE).stdout
    yield from shown.rstrip().splitlines()
