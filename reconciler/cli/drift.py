"""`drift` tells what was changed outside; it never proposes a write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.cli.options import budget, command, targets
from reconciler.cli.run import Run

if TYPE_CHECKING:
    from reconciler.model.change import DriftReport

DRIFTED = 2
FORMATS = ("text", "json", "markdown", "html")

_EXAMPLES = """\b
Examples:
  reconciler drift
  reconciler drift --target soc.phishing-wave
  reconciler drift --json | jq .summary

Exit codes: 0 no drift; 1 error; 2 drift.
"""


@command("drift", formats=FORMATS, epilog=_EXAMPLES)
@targets
@budget
def drift(run: Run, targets: Sequence[str], budget: int) -> int:
    """Show what was changed outside. Exits with 2 if there is drift."""
    report = run.open().drift(targets=targets)
    _show(run, report, budget)
    return DRIFTED if report.drift else 0


def _show(run: Run, report: DriftReport, budget: int) -> None:
    from reconciler.report.jsonplan import write_drift
    from reconciler.report.markdown import drift_markdown
    from reconciler.report.text import render_drift
    from reconciler.report.webpage import drift_html

    match run.format:
        case "json":
            run.output.pieces(write_drift(report))
        case "markdown":
            run.output.pieces([drift_markdown(report, budget)])
        case "html":
            run.output.pieces(drift_html(report))
        case _:
            run.output.lines(render_drift(report))
