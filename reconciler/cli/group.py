"""The command `reconciler` as a whole: its subcommands, and what is said of a command line that means nothing."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import click

from reconciler import __version__
from reconciler.cli.faults import FAILURE, INTERRUPTED
from reconciler.cli.options import Commands, help_alone, variable

if TYPE_CHECKING:
    from reconciler.report.lines import Line

PROGRAM = "reconciler"


_MODULES: Final[Mapping[str, str]] = {
    "init": "local",
    "validate": "local",
    "fmt": "fmt",
    "plan": "plan",
    "apply": "apply",
    "show": "plan",
    "drift": "drift",
    "export": "export",
    "coverage": "coverage",
    "import": "adopt",
    "comment": "forge",
    "issue": "forge",
    "state": "state",
    "policy": "policy",
    "schema": "local",
    "sandbox": "sandbox",
    "demo": "sandbox",
}
"""Command → the module of this folder that has it, in the order of their use."""


class Program(Commands):
    """Imports a command when it is asked for: a run is about one of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of their use."""
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return the command of that name, if there is one."""
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f"reconciler.cli.{_MODULES[cmd_name]}")
        known = {made.name: made for made in vars(module).values() if isinstance(made, click.Command)}
        return known[cmd_name]


@click.group(
    cls=Program,
    invoke_without_command=True,
    epilog="""Every option can be set by an environment variable: RECONCILER_FORMAT, RECONCILER_PARALLELISM, …;
    only --override-policy cannot.

    Exit codes: 0 done; 1 error; 2 there is something to apply (plan --detailed-exitcode) or drift;
    130 interrupted.""",
)
@click.option("-C", "--chdir", metavar="DIR", envvar=variable("--chdir"), help="Work in this folder.")
@click.version_option(__version__, message="reconciler %(version)s")
@click.pass_context
def group(ctx: click.Context, chdir: str | None) -> int:
    """Terraform for cases: declare security cases in YAML, plan, apply, detect drift."""
    ctx.obj = chdir
    return help_alone(ctx)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    try:
        return int(group.main(list(arguments), prog_name=PROGRAM, standalone_mode=False) or 0)
    except click.ClickException as error:
        _explain(error)
        return FAILURE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED


def _explain(error: click.ClickException) -> None:
    """Tell what is wrong with the command line, and where help is."""
    from reconciler.cli.output import Output, Tone

    Output.of_process(Tone(), dict(os.environ)).talk(_sentences(error))


def _sentences(error: click.ClickException) -> Iterator[Line]:
    from reconciler.cli.faults import tell

    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"see `{context.command_path} --help`" if context else None
    yield from tell(error.format_message(), hint)
