"""`plan` makes a plan and may save it; `show` shows a saved one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import brakes, budget, command, excludes, option, targets, variables
from reconciler.cli.run import Run

if TYPE_CHECKING:
    from reconciler.planning.limits import Allowed

CHANGES = 2
FORMATS = ("text", "json", "markdown", "html", "gitlab")

_PLAN_EXAMPLES = """\b
Examples:
  reconciler plan
  reconciler plan --out plan.json && reconciler apply plan.json
  reconciler plan --target soc.phishing-wave
  reconciler plan --detailed-exitcode --json > plan.json
  reconciler plan --format markdown --budget 20000 > comment.md
"""


@command("plan", formats=FORMATS, epilog=_PLAN_EXAMPLES)
@option("--out", "out", metavar="FILE", help="Save the plan, for `apply FILE`.")
@option(
    "--detailed-exitcode", "detailed", is_flag=True, help="Exit with 2 if there is something to apply, 0 if not."
)
@targets
@excludes
@variables
@option("--refresh/--no-refresh", "refresh", help="Whether to read the live cases.")
@budget
@brakes
def plan(
    run: Run,
    *,
    out: str | None,
    detailed: bool,
    targets: Sequence[str],
    excludes: Sequence[str],
    refresh: bool,
    budget: int,
    allowed: Allowed,
) -> int:
    """Show what apply would do. Sends nothing but reading requests."""
    from reconciler.cli.planfiles import save_plan, show_plan

    made = run.open(allowed=allowed).plan(targets=targets, excludes=excludes, refresh=refresh)
    if out is not None:
        save_plan(run, made, out)
    show_plan(run, made, budget)
    if out is not None:
        run.output.note(f"Saved to {out}; apply it with: reconciler apply {out}")
    return CHANGES if detailed and not made.is_empty else 0


@command("show", formats=FORMATS)
@click.argument("planfile", metavar="PLANFILE")
@budget
def show(run: Run, planfile: str, budget: int) -> int:
    """Show a saved plan."""
    from reconciler.cli.planfiles import load_plan, show_plan

    show_plan(run, load_plan(planfile), budget)
    return 0
