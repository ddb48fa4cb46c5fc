"""
Drift as SARIF 2.1.0: one finding for each field, at the place of the file that declares it.

    run ── tool ── rules            missing-case, drifted-field
        ── results                  ruleId · level · message · location · fingerprint
        ── invocations              what was left out, since code scanning keeps 5,000 findings of a run

A message is text, but links and placeholders in it are alive (SARIF 2.1.0, 3.11.5 and 3.11.6): brackets, braces
and backslashes are written as the standard says, and nothing of others is a link.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from reconciler import __version__
from reconciler.errors import Location
from reconciler.model.change import Drift, DriftedField, DriftReport
from reconciler.model.values import Path
from reconciler.report.encoding import Members, on_one_line, stream
from reconciler.report.hostile import shortened, unlinked, visible
from reconciler.report.lines import unstyled
from reconciler.report.text import GONE, remarks
from reconciler.report.values import difference, dotted

MOST: Final = 5000
"""Findings of one run that GitHub's code scanning keeps."""
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_WIDTH: Final = 2000
"""Characters of one message."""
_MISSING: Final = "missing-case"
_DRIFTED: Final = "drifted-field"
_RULES: Final = (
    (_MISSING, "error", "A case that was applied is gone from the system."),
    (_DRIFTED, "warning", "A field is live otherwise than it was applied."),
)
_LEVELS: Final = {id: level for id, level, _ in _RULES}


def drift_sarif(report: DriftReport) -> Iterator[str]:
    """Yield drift as one SARIF log, in pieces; what is missing stands first."""
    members: tuple[tuple[str, Any], ...] = (
        ("$schema", SCHEMA),
        ("version", "2.1.0"),
        ("runs", [on_one_line(_run(report))]),
    )
    return stream(members)


def _run(report: DriftReport) -> Members:
    left = sum(1 if drift.missing else len(drift.fields) for drift in report.drift) - MOST
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if left > 0:
        said = {"level": "warning", "message": {"text": f"{left} more findings were left out."}}
        invocation["toolExecutionNotifications"] = [said]
    yield "tool", {"driver": _driver()}
    yield "invocations", [invocation]
    yield "results", islice(_results(report), MOST)


def _driver() -> dict[str, Any]:
    rules = [
        {"id": id, "shortDescription": {"text": text}, "defaultConfiguration": {"level": level}}
        for id, level, text in _RULES
    ]
    return {"name": "reconciler", "version": __version__, "rules": rules}


def _results(report: DriftReport) -> Iterator[dict[str, Any]]:
    for drift in report.drift:
        if drift.missing:
            yield _result(report, drift, _MISSING, (), f"{drift.address} is {GONE}.", drift.source)
    for drift in report.drift:
        for field in drift.fields:
            yield _result(report, drift, _DRIFTED, field.path, _message(drift, field), field.source)


def _result(
    report: DriftReport, drift: Drift, rule: str, path: Path, text: str, source: Location | None
) -> dict[str, Any]:
    identity = "\n".join((report.workspace, str(drift.address), rule, *path))
    fingerprint = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    where = {} if source is None else {"locations": [{"physicalLocation": _place(source)}]}
    return {
        "ruleId": rule,
        "level": _LEVELS[rule],
        "message": {"text": unlinked(visible(shortened(text, _WIDTH)))},
        **where,
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint[:32]}:1"},
    }


def _message(drift: Drift, field: DriftedField) -> str:
    lines = difference(field.path, field.recorded, field.live, margin="")
    said = "\n".join((*remarks(field), *map(unstyled, lines)))  # who and when first: a long text is cut
    return f"{drift.address}: {dotted(field.path)} was changed outside of reconciler.\n{said}"


def _place(source: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": quote(source.file, errors="surrogatepass")},
        "region": {"startLine": source.line, "startColumn": source.column},
    }
