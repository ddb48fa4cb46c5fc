"""
`comment` puts a saved plan under the pull request of this CI job; `issue` keeps one issue while there is drift.

A comment that may not be written is no reason to fail a plan: its text goes to the step summary, else to stdout.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.cli.options import command, option
from reconciler.cli.run import Run
from reconciler.errors import ApiError, ReconcilerError, Refused

if TYPE_CHECKING:
    from reconciler.forge.here import Here
    from reconciler.forge.talk import Done
    from reconciler.model.plan import Plan

SUMMARY: Final = "GITHUB_STEP_SUMMARY"
LARGEST_SUMMARY: Final = 2**20
"""Bytes of a step's summary: above that GitHub shows none of it."""

_BYTES: Final = 4
"""Of a character in UTF-8, at most."""

_COMMENT_EXAMPLES: Final = """\b
Examples:
  reconciler plan --out plan.json && reconciler comment --plan plan.json
"""

_ISSUE_EXAMPLES: Final = """\b
Examples:
  reconciler drift --format markdown > drift.md || reconciler issue --drift drift.md
  reconciler issue --clean
"""

_author = option(
    "--author",
    "author",
    metavar="LOGIN",
    help="Who the token belongs to, where GitHub does not tell: that of a GitHub App, 'name[bot]'.",
)


@command("comment", epilog=_COMMENT_EXAMPLES)
@option("--plan", "planfile", metavar="PLANFILE", required=True, help="The plan, saved with `plan --out`.")
@_author
def comment(run: Run, planfile: str, author: str | None) -> int:
    """Write a saved plan as the one comment under the pull or merge request of this CI job."""
    from reconciler.cli.planfiles import load_plan
    from reconciler.forge.here import look_around
    from reconciler.forge.talk import DENIED

    here = look_around(run.env)
    _mask(run, here)
    plan = load_plan(planfile)
    missing = _missing(here)
    if missing or here is None or here.number is None:
        _fall_back(run, plan, missing or "this job is about no pull or merge request")
        return 0
    try:
        done = _comment(run, here, here.number, plan, author)
    except ApiError as error:
        error.hint = here.sources
        _fall_back(run, plan, error.message)
        if isinstance(error, Refused) and error.status in DENIED:
            return 0
        raise
    _tell(run, done, f"comment on {here.project} {here.number}")
    return 0


@command("issue", epilog=_ISSUE_EXAMPLES)
@option(
    "--drift", "report", metavar="FILE", help="Open or update the issue with what `drift --format markdown` wrote."
)
@option("--clean", "clean", is_flag=True, help="There is no drift: close the issue, if there is one.")
@_author
def issue(run: Run, report: str | None, *, clean: bool, author: str | None) -> int:
    """Keep one issue about the drift of this workspace, in the project of this CI job."""
    from reconciler.engine.surroundings import Surroundings
    from reconciler.forge.here import look_around
    from reconciler.forge.talk import marker, publish, retire

    if clean is (report is not None):
        raise ReconcilerError("give either --drift FILE or --clean")
    here = look_around(run.env)
    workspace = run.validate().settings.workspace
    _mask(run, here)
    missing = _missing(here)
    if missing or here is None:
        raise ReconcilerError(
            f"no issue can be written: {missing}",
            hint="run this in GitHub Actions or GitLab CI; see docs/gitops.md",
        )
    mark = marker("drift", workspace)
    text = "" if report is None else run.output.redact(_report(report, here.limit - len(mark) - 1))
    try:
        with here.connect(Surroundings()) as api:
            issues = here.issues(api, f"Drift in {workspace}", author)
            done = retire(issues, mark, "There is no drift any more.\n") if clean else publish(issues, mark, text)
    except ApiError as error:
        error.hint = here.sources
        raise
    _tell(run, done, f"issue of {here.project}")
    return 0


def _mask(run: Run, here: Here | None) -> None:
    """Mask the token, beside what is masked already, in all output from here on."""
    from reconciler.model.redaction import redactor
    from reconciler.report.hostile import ways

    before = run.output.redact
    mask = redactor([here.token] if here else [], ways)
    run.output.redact = lambda text: mask(before(text))


def _missing(here: Here | None) -> str | None:
    return here.lacks if here else "this is no job of GitHub Actions or GitLab CI"


def _comment(run: Run, here: Here, number: int, plan: Plan, author: str | None) -> Done:
    from reconciler.engine.surroundings import Surroundings
    from reconciler.forge.talk import marker, publish
    from reconciler.report.markdown import plan_markdown

    mark = marker("plan", plan.workspace)
    text = run.output.redact(plan_markdown(plan, here.longest - len(mark) - 1))
    with here.connect(Surroundings()) as api:
        return publish(here.request(api, number, author), mark, text)


def _fall_back(run: Run, plan: Plan, why: str) -> None:
    """Write the plan where no permission is needed, and say so."""
    from reconciler.report.lines import Style
    from reconciler.report.text import render_message

    where = "the step summary" if _summarized(run, plan) else "stdout"
    said = f"no comment was written: {why}; the plan is in {where}"
    run.output.talk(render_message("Warning", said, Style.WARNING))
    if where == "stdout":
        _print(run, plan, why)
    elif run.as_json:
        _members(run, result="summary", reason=why)


def _print(run: Run, plan: Plan, why: str) -> None:
    from reconciler.report.markdown import plan_markdown

    text = plan_markdown(plan)
    if run.as_json:
        _members(run, result="stdout", reason=why, markdown=text)
    else:
        run.output.pieces([text])


def _summarized(run: Run, plan: Plan) -> bool:
    """Add the plan to the step summary; tell whether there is one that can be written, and room in it."""
    from reconciler.report.markdown import SMALLEST, plan_markdown

    name = run.env.get(SUMMARY)
    if not name:
        return False
    path = Path(name)
    try:
        room = LARGEST_SUMMARY - (path.stat().st_size if path.exists() else 0) - 1
        if room < SMALLEST * _BYTES:
            return False
        text = run.output.redact(plan_markdown(plan, room))
        if len(text.encode()) > room:
            text = run.output.redact(plan_markdown(plan, room // _BYTES))
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n")
    except OSError:
        return False
    return True


def _report(name: str, longest: int) -> str:
    """Return the text of a report; raise ReconcilerError for one that is too long for an issue."""
    with Path(name).open("rb") as file:
        text = file.read(longest * _BYTES + 1).decode("utf-8", "replace")
    if len(text) > longest:
        raise ReconcilerError(
            f"{name} is longer than the {longest} characters of an issue",
            hint="write it with `reconciler drift --format markdown --budget N`",
        )
    if not text.strip():
        raise ReconcilerError(f"{name} is empty", hint="`reconciler issue --clean` says that there is no drift")
    return text


def _tell(run: Run, done: Done, what: str) -> None:
    if run.as_json:
        _members(run, result=str(done))
    else:
        run.output.text(f"{str(done).capitalize()}: {what}.")


def _members(run: Run, **members: str) -> None:
    from reconciler.report.encoding import stream

    run.output.pieces(stream(members.items()))
