"""
New drift as it is told where people talk: which cases and fields, never their values, and how much of it.

slack     a message of few blocks; plain text, `&`, `<` and `>` escaped, so that nothing mentions or links
teams     an Adaptive Card in the envelope of a Workflows webhook; runs of text, which know no Markdown
webhook   JSON for programs
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from reconciler.model.change import Drift, DriftReport
from reconciler.report.encoding import dumps
from reconciler.report.hostile import inline, shortened
from reconciler.report.text import GONE, drift_summary
from reconciler.report.values import dotted

LARGEST_CARD: Final = 20_000
"""Bytes of a card; Teams refuses 28 KB."""
LONGEST_MESSAGE: Final = 2_900
"""Characters of Slack's text; a section takes 3,000."""

_CASES: Final = 20
"""Cases that people are told of one by one."""
_LISTED: Final = 100
"""Cases that programs are told of one by one."""
_FIELDS: Final = 50
"""Fields of one of those."""
_LINE: Final = 200
"""Characters of what is said about a case."""

Redact = Callable[[str], str]


def message(kind: str, report: DriftReport, redact: Redact) -> bytes:
    """Return what a receiver of this kind is sent about the drift of a report, which is what is new."""
    return _KINDS[kind](report, redact)


def _slack(report: DriftReport, redact: Redact) -> bytes:
    lines = [html.escape(line, quote=False) for line in _lines(report, redact, _CASES)]
    title, *rest = lines
    parts = [title, _fitting(rest, LONGEST_MESSAGE)]
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": part}} for part in parts if part]
    return _encoded({"text": title, "blocks": blocks})


def _teams(report: DriftReport, redact: Redact) -> bytes:
    most = _CASES
    while len(made := _encoded(_card(list(_lines(report, redact, most))))) > LARGEST_CARD:
        most //= 2
    return made


def _card(lines: list[str]) -> dict[str, Any]:
    weights = ["bolder", *("default" for _ in lines[1:])]
    body = [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line, "weight": weight}]}
        for line, weight in zip(lines, weights, strict=True)
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _webhook(report: DriftReport, redact: Redact) -> bytes:
    shown = report.drift[:_LISTED]
    counts = {"drifted": report.drifted, "missing": report.missing, "clean": report.clean}
    said = {
        "event": "drift",
        "workspace": report.workspace,
        "summary": {**counts, "as_before": report.told_before, "waived": report.waived_fields},
        "cases": [_case(drift) for drift in shown],
        "more": len(report.drift) - len(shown),
    }
    return redact(dumps(said)).encode()


def _case(drift: Drift) -> dict[str, Any]:
    fields = [shortened(dotted(field.path), _LINE) for field in drift.fields[:_FIELDS]]
    return {
        "address": str(drift.address),
        "id": drift.id,
        "url": drift.url,
        "missing": drift.missing,
        "fields": fields,
        "more": len(drift.fields) - len(fields),
    }


_KINDS: Final[dict[str, Callable[[DriftReport, Redact], bytes]]] = {
    "slack": _slack,
    "teams": _teams,
    "webhook": _webhook,
}


def _lines(report: DriftReport, redact: Redact, most: int) -> Iterator[str]:
    """Yield the title, the summary, the new cases and how many more there are."""
    yield inline(f"New drift in {report.workspace}")
    yield drift_summary(report)
    for drift in report.drift[:most]:
        what = GONE if drift.missing else ", ".join(dotted(field.path) for field in drift.fields)
        yield inline(redact(f"{drift.address}: {what}"), _LINE)
    if len(report.drift) > most:
        yield f"and {len(report.drift) - most} more cases"


def _fitting(lines: list[str], most: int) -> str:
    """Return as many lines as there is room for."""
    taken: list[str] = []
    for line in lines:
        if sum(map(len, taken)) + len(taken) + len(line) > most:
            return "\n".join([*taken, "…"])
        taken.append(line)
    return "\n".join(taken)


def _encoded(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode()
