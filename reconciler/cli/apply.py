"""`apply` does what a plan says, after a person has said yes to it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.faults import FAILURE, INTERRUPTED
from reconciler.cli.options import brakes, command, excludes, option, targets, variables
from reconciler.cli.run import PARALLELISM, Run
from reconciler.errors import Incomplete, PlanRefused, ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.signals import Stopping
    from reconciler.model.plan import Plan
    from reconciler.model.result import Result
    from reconciler.planning.limits import Allowed
    from reconciler.report.lines import Line
    from reconciler.workspace import Workspace

LONGEST_ANSWER = 1000
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
QUESTION = "Apply these changes? Only 'yes' will be accepted: "

_EXAMPLES = """\b
Examples:
  reconciler apply
  reconciler apply --auto-approve --no-input
  reconciler plan --out plan.json && reconciler apply plan.json
  reconciler apply --if-digest plan.json
  reconciler apply --target soc.phishing-wave --parallelism 4
"""


@command("apply", epilog=_EXAMPLES)
@click.argument("planfile", metavar="[PLANFILE]", required=False)
@option("--auto-approve", "auto_approve", is_flag=True, help="Do not ask; a saved plan is never asked about.")
@option(
    "--if-digest",
    "reviewed",
    metavar="DIGEST|PLANFILE",
    help="Plan anew, and apply if that means the same as what was reviewed: sha256:… or a saved plan.",
)
@targets
@excludes
@variables
@option(
    "--parallelism",
    "parallelism",
    type=click.IntRange(1, 64),
    default=PARALLELISM,
    show_default=True,
    metavar="N",
    help="How many cases are worked on at the same time.",
)
@click.option(
    # No variable of the environment sets it: what was answered for once would be overridden in every later run.
    "--override-policy",
    "overridden",
    multiple=True,
    metavar="NAME",
    help="Answer for what this soft policy objects to; may be given repeatedly.",
)
@brakes
def apply(
    run: Run,
    *,
    planfile: str | None,
    auto_approve: bool,
    reviewed: str | None,
    targets: Sequence[str],
    excludes: Sequence[str],
    parallelism: int,
    overridden: Sequence[str],
    allowed: Allowed,
) -> int:
    """Make the live cases as they are declared. Plans, asks and sends; with PLANFILE, sends what was saved."""
    from reconciler.cli.signals import Stopping, handling
    from reconciler.engine.stop import Stop

    if planfile is not None and (targets or excludes or reviewed is not None):
        raise ReconcilerError(
            "a saved plan is applied as it is: --target, --exclude and --if-digest do not go with PLANFILE",
            hint="give the first two to `reconciler plan --out FILE`; `--if-digest PLANFILE` plans anew",
        )
    stopping = Stopping(Stop())
    with handling(stopping):
        allowed = replace(allowed, policies=frozenset(overridden))
        workspace = run.open(stop=stopping.stop, parallelism=parallelism, allowed=allowed)
        if planfile is not None:
            return _apply_saved(run, workspace, planfile)
        enforce = workspace.enforce
        answer: Question | Review = Question(run, stopping, auto_approve, enforce)
        if reviewed is not None:
            answer = _review(run, reviewed, enforce)
        result = workspace.apply(targets=targets, excludes=excludes, confirm=answer)
        return _report(run, result, is_empty=answer.is_empty)


def _apply_saved(run: Run, workspace: Workspace, planfile: str) -> int:
    from reconciler.cli.planfiles import load_plan

    plan = workspace.judged(load_plan(planfile))
    _show(run, plan)
    return _report(run, workspace.apply_saved(plan), is_empty=plan.is_empty)


def _show(run: Run, plan: Plan) -> None:
    from reconciler.report.text import render_plan

    if not run.as_json:
        run.output.lines(render_plan(plan))


@dataclass(slots=True)
class Question:
    """Shows a plan and asks whether to apply it."""

    run: Run
    stopping: Stopping
    auto_approve: bool
    enforce: Callable[[Plan], None]
    """Raises where the plan goes beyond the limits or a policy stops it: then there is nothing to ask."""
    is_empty: bool = False

    def __call__(self, plan: Plan) -> bool:
        """Return whether the answer was yes; raise ReconcilerError where nobody can answer."""
        self.is_empty = plan.is_empty
        _show(self.run, plan)
        self.enforce(plan)
        return plan.is_empty or self.auto_approve or self._asked(plan)

    def _asked(self, plan: Plan) -> bool:
        if not self.run.may_ask:
            raise _nobody_answers("--no-input forbids to ask whether to apply")
        if self.run.as_json:
            from reconciler.report.text import render_plan

            self.run.output.talk(render_plan(plan))
        self.run.output.whisper(QUESTION)
        answer = self._answer()
        if not answer:
            self.run.output.whisper("\n")
            raise _nobody_answers("the input ended before the question was answered")
        return answer.strip() == "yes"

    def _answer(self) -> str:
        """Read one line; a signal ends the reading and the command."""
        self.stopping.asking = True
        try:
            return "" if sys.stdin is None else sys.stdin.readline(LONGEST_ANSWER)
        except UnicodeDecodeError:
            return "no"
        finally:
            self.stopping.asking = False


@dataclass(slots=True)
class Review:
    """Shows a plan and lets it pass if it means what was reviewed."""

    run: Run
    digest: str
    saved: Plan | None
    """What was reviewed, where more than its digest is known."""
    enforce: Callable[[Plan], None]
    is_empty: bool = False

    def __call__(self, plan: Plan) -> bool:
        """Return True; raise PlanRefused where the plan is another one."""
        self.is_empty = plan.is_empty
        if plan.digest != self.digest:
            self.run.output.talk(self._difference(plan))
            raise PlanRefused(
                f"this is not the plan that was reviewed: its digest is {plan.digest} now; nothing was written",
                hint="review it again: `reconciler plan --out FILE`",
            )
        _show(self.run, plan)
        self.enforce(plan)
        return True

    def _difference(self, plan: Plan) -> Iterable[Line]:
        from reconciler.report.compare import render_comparison
        from reconciler.report.text import render_plan

        return render_plan(plan) if self.saved is None else render_comparison(self.saved, plan)


def _review(run: Run, reviewed: str, enforce: Callable[[Plan], None]) -> Review:
    """Return the review of a digest or of a saved plan; raise ReconcilerError for what is neither."""
    from reconciler.cli.planfiles import load_plan

    if _DIGEST.fullmatch(reviewed):
        return Review(run, reviewed, None, enforce)
    if not reviewed or reviewed.startswith("sha256:"):
        raise ReconcilerError(
            f"--if-digest {reviewed!r} is no digest: that is sha256: and 64 hexadecimal digits",
            hint="`reconciler show PLANFILE --json` has it under `digest`; the name of a saved plan does too",
        )
    saved = load_plan(reviewed)
    return Review(run, saved.digest, saved, enforce)


def _nobody_answers(why: str) -> ReconcilerError:
    return ReconcilerError(
        f"{why}; nothing was written",
        hint="give --auto-approve, or apply a plan saved with `reconciler plan --out FILE`",
    )


def _report(run: Run, result: Result | None, *, is_empty: bool) -> int:
    """Write what was done and return the exit code."""
    if result is None:
        run.output.whisper("Apply cancelled.\n")
        return FAILURE
    if run.as_json:
        from reconciler.report.jsonplan import write_result

        run.output.pieces(write_result(result))
    elif not (is_empty and result.is_complete):
        from reconciler.report.text import render_result

        run.output.lines(render_result(result))
    if result.interrupted:
        return INTERRUPTED
    if not result.is_complete:
        raise _incomplete(result)
    return 0


def _incomplete(result: Result) -> Incomplete:
    """Return the error that says, where the result may not be looked at, what went wrong."""
    missing = result.not_done
    lines = [f"{outcome.address}: {outcome.reason or outcome.status}" for outcome in missing]
    return Incomplete(
        "\n".join([f"{len(missing)} of {len(result.outcomes)} cases were not applied", *lines]),
        hint="what was done is recorded; mend what is said there, then apply again",
    )
