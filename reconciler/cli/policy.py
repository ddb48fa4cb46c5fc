"""`policy test` tries the rules of a workspace on plans that their authors describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Commands, command, help_alone
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.config.policies import Rules
    from reconciler.model.policy import Tried

_EXAMPLES = """\b
Examples:
  reconciler policy test
  reconciler policy test policies/guard.yaml
  reconciler policy test --format junit > policies.xml

Exit codes: 0 every test passed; 1 one failed, or a file is wrong.
"""


@click.group("policy", cls=Commands, invoke_without_command=True)
@click.pass_context
def policy(ctx: click.Context) -> int:
    """Look after the rules that plans are judged by."""
    return help_alone(ctx)


@command("test", formats=("text", "json", "junit"), epilog=_EXAMPLES)
@click.argument("files", metavar="[FILE]...", nargs=-1)
def test(run: Run, files: Sequence[str]) -> int:
    """Run the tests of the rule files; without FILE, of all that reconciler.yaml names. Needs no network."""
    from reconciler.engine.judge import tried

    rules = _rules(run, files)
    found = [tried(trial, rules) for trial in rules.trials]
    _tell(run, found, [rule.name for rule in rules.rules if rule.name not in {each.rule for each in found}])
    return 0 if all(each.is_right for each in found) else 1


policy.add_command(test)


def _rules(run: Run, names: Sequence[str]) -> Rules:
    from reconciler.config.policies import read_rules
    from reconciler.config.rulefiles import named_files, with_tests

    root = Path()
    files = named_files(root, names or run.validate().settings.policies)
    if not files:
        raise ReconcilerError(
            "this workspace has no policies",
            hint="name rule files in reconciler.yaml: `policies: [policies/*.yaml]`",
        )
    return read_rules(root, with_tests(root, files))


def _tell(run: Run, found: Sequence[Tried], untested: Sequence[str]) -> None:
    from reconciler.report.junit import trials_junit
    from reconciler.report.trials import render_trials, write_trials

    match run.format:
        case "json":
            run.output.pieces(write_trials(found, untested))
        case "junit":
            run.output.pieces(trials_junit(found))
        case _:
            run.output.lines(render_trials(found, untested))
