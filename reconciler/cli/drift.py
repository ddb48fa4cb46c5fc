"""`drift` tells what was changed outside; it never proposes a write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.cli.options import budget, command, incremental, option, targets, variables
from reconciler.cli.run import Run

if TYPE_CHECKING:
    from datetime import timedelta

    from reconciler.model.change import DriftReport
    from reconciler.report.since import Told

DRIFTED = 2
FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "prometheus")

_EXAMPLES = """\b
Examples:
  reconciler drift
  reconciler drift --target soc.phishing-wave
  reconciler drift --json | jq .summary
  reconciler drift --since drift.json
  reconciler drift --format sarif > drift.sarif
  reconciler drift --accept soc.phishing-wave
  reconciler drift --incremental

Exit codes: 0 no drift, or all of it accepted; 1 error; 2 drift, with --since new drift.
"""


@command("drift", formats=FORMATS, epilog=_EXAMPLES)
@targets
@variables
@option(
    "--accept",
    "accepts",
    multiple=True,
    metavar="ADDR",
    help="Write what is live of this case into its file; may be given repeatedly.",
)
@budget
@option(
    "--since", "since", metavar="FILE", help="Tell only what is new compared with this earlier `drift --json`."
)
@incremental
def drift(
    run: Run,
    targets: Sequence[str],
    accepts: Sequence[str],
    budget: int,
    since: str | None,
    *,
    within: timedelta | None,
) -> int:
    """Show what was changed outside. Exits with 2 if there is drift."""
    from reconciler.report.lines import Style
    from reconciler.report.text import render_message

    told = None if since is None else _told(since)
    workspace = run.open()
    found = report = workspace.drift(targets=(*targets, *accepts), within=within)
    if told is not None:
        from reconciler.report.since import new_since

        report = new_since(report, told.about(report.workspace), run.output.redact)
    for warning in report.warnings:
        run.output.talk(render_message("Warning", warning, Style.WARNING))
    _show(run, report, budget)
    if accepts:
        from reconciler.cli.accept import accept

        accept(run, workspace, found, accepts)
        return DRIFTED if any(str(item.address) not in accepts for item in report.drift) else 0
    for trouble in workspace.notify(found, partial=bool(targets) or _is_partial(report)):
        run.output.talk(render_message("Warning", trouble, Style.WARNING))
    return DRIFTED if report.drift else 0


def _told(name: str) -> Told:
    """Read what an earlier report tells."""
    from reconciler.cli.planfiles import saved
    from reconciler.report.since import read_told

    with saved(name, "report", "drift --json >") as file:
        return read_told(file)


def _is_partial(report: DriftReport) -> bool:
    """Tell whether cases may be otherwise than the report has them, since they were not read."""
    return report.reading is not None and not report.reading.is_complete


def _show(run: Run, report: DriftReport, budget: int) -> None:
    match run.format:
        case "json":
            from reconciler.report.jsonplan import write_drift

            run.output.pieces(write_drift(report))
        case "markdown":
            from reconciler.report.markdown import drift_markdown

            run.output.pieces([drift_markdown(report, budget)])
        case "html":
            from reconciler.report.webpage import drift_html

            run.output.pieces(drift_html(report))
        case "sarif":
            from reconciler.report.sarif import drift_sarif

            run.output.pieces(drift_sarif(report))
        case "junit":
            from reconciler.report.junit import drift_junit

            run.output.pieces(drift_junit(report))
        case "prometheus":
            from reconciler.report.prometheus import drift_metrics

            run.output.pieces(drift_metrics(report, now=time.time()))
        case _:
            from reconciler.report.text import render_drift

            run.output.lines(render_drift(report))
