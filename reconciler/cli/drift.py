"""`drift` tells what was changed outside; it never proposes a write."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.cli.options import command, targets
from reconciler.cli.run import Run

DRIFTED = 2

_EXAMPLES = """\b
Examples:
  reconciler drift
  reconciler drift --target soc.phishing-wave
  reconciler drift --json | jq .summary

Exit codes: 0 no drift; 1 error; 2 drift.
"""


@command("drift", epilog=_EXAMPLES)
@targets
def drift(run: Run, targets: Sequence[str]) -> int:
    """Show what was changed outside. Exits with 2 if there is drift."""
    from reconciler.report.jsonplan import write_drift
    from reconciler.report.text import render_drift

    report = run.open().drift(targets=targets)
    if run.as_json:
        run.output.pieces(write_drift(report))
    else:
        run.output.lines(render_drift(report))
    return DRIFTED if report.drift else 0
