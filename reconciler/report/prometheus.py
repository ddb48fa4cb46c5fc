"""
Drift as gauges, in the text format of Prometheus, for the textfile collector or a push gateway.

    reconciler_drift_cases{workspace="acme",provider="soc",kind="drifted"} 1

No sample carries a time, since the collector refuses those; labels are few and never name a case, since each
combination is a series of its own that is kept for years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from reconciler.model.change import DriftReport
from reconciler.report.hostile import inline

_CASES: Final = "reconciler_drift_cases"
_FIELDS: Final = "reconciler_drift_fields"
_LAST_RUN: Final = "reconciler_last_run_timestamp_seconds"
_LAST_SUCCESS: Final = "reconciler_last_success_timestamp_seconds"
_LAST_COMPLETE: Final = "reconciler_last_complete_read_timestamp_seconds"


def drift_metrics(report: DriftReport, *, now: float) -> Iterator[str]:
    """Yield drift as gauges; `now` is the end of the run, in seconds since 1970."""
    providers = sorted(
        {address.provider for address in report.checked} | {d.address.provider for d in report.drift}
    )
    yield from _gauge(_CASES, "Recorded cases by how they are live.")
    for provider in providers:
        for kind, number in _kinds(report, provider).items():
            yield _sample(_CASES, number, workspace=report.workspace, provider=provider, kind=kind)
    yield from _gauge(_FIELDS, "Fields that are live otherwise than they were applied.")
    for provider in providers:
        number = sum(len(drift.fields) for drift in report.drift if drift.address.provider == provider)
        yield _sample(_FIELDS, number, workspace=report.workspace, provider=provider)
    for name, text in (
        (_LAST_RUN, "When drift was last looked for."),
        (_LAST_SUCCESS, "When that last succeeded."),
    ):
        yield from _gauge(name, text)
        yield _sample(name, int(now), workspace=report.workspace)
    if report.reading is not None:
        yield from _gauge(_LAST_COMPLETE, "When the last look that read every case began.")
        yield _sample(_LAST_COMPLETE, int(report.reading.last_complete.timestamp()), workspace=report.workspace)


def _kinds(report: DriftReport, provider: str) -> dict[str, int]:
    """Return how many cases of a provider are of which kind; each case is of one."""
    cases = sum(address.provider == provider for address in report.checked)
    found = Counter(drift.missing for drift in report.drift if drift.address.provider == provider)
    kinds = {"drifted": found[False], "missing": found[True]}
    seen = {drift.address for drift in report.drift}
    for kind, drifts in report.apart.items():
        those = {drift.address for drift in drifts} - seen
        kinds[kind] = sum(address.provider == provider for address in those)
        seen |= those
    return {**kinds, "clean": max(cases - sum(kinds.values()), 0)}


def _gauge(name: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"


def _sample(name: str, value: int, **labels: str) -> str:
    said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{said}}} {value}\n"


def _escaped(text: str) -> str:
    return inline(text).replace("\\", "\\\\").replace('"', '\\"')
