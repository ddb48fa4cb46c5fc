"""What needs no network: `init`, `validate`, `schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.options import command
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.config import Configuration

FILES: Final = {
    "reconciler.yaml": """\
# The settings of this workspace.
version: 1

providers:
  soc:                                 # the first half of every address: soc.example
    type: tines
    url: https://your-tenant.tines.com
    token: ${env.TINES_API_KEY}        # read from the environment, never stored
    team_id: 1                         # the team of new cases, unless a case says otherwise

defaults:
  lifecycle: {on_remove: release}      # what happens when a block leaves the files: release, close or delete

limits: {max_deletes: 0, max_changed_percent: 50}   # apply stops before it does more than this
""",
    "cases/example.yaml": """\
# Cases of this workspace; any number of files, any depth of folders.
cases:
  example:                             # the second half of the address: soc.example
    provider: soc
    name: Example case
    status: open
    priority: low
    tags: [example]
    metadata: {runbook: RB-1}
""",
    ".gitignore": """\
# What stands beside a state for a while. The state itself belongs under version control or on a shared backend.
*.backup
*.journal
*.lock*
""",
}
"""What `init` writes, by path."""


@command("init")
@click.argument("folder", metavar="[DIR]", default=".")
def init(run: Run, folder: str) -> int:
    """Write a small commented workspace. Overwrites nothing."""
    root = Path(folder)
    present = [name for name in FILES if (root / name).exists()]
    if present:
        raise ReconcilerError(
            f"{', '.join(present)} in {folder}: already there; nothing was written",
            hint="choose another folder: `reconciler init DIR`",
        )
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        run.output.text(f"Wrote {path}")
    run.output.note("Next: set the tenant in reconciler.yaml and TINES_API_KEY, then run: reconciler plan")
    return 0


@command("validate")
def validate(run: Run) -> int:
    """Check every file, without any network. Tells all problems at once."""
    from reconciler.report.encoding import stream
    from reconciler.report.lines import Style
    from reconciler.report.text import render_message

    configuration = run.validate()
    cases, files = len(configuration.cases), _files(configuration)
    if run.as_json:
        warnings = list(configuration.warnings)
        run.output.pieces(stream((("valid", True), ("cases", cases), ("files", files), ("warnings", warnings))))
        return 0
    for warning in configuration.warnings:
        run.output.talk(render_message("Warning", warning, Style.WARNING))
    run.output.text(f"Valid: {_count(cases, 'case')} in {_count(files, 'file')}.")
    return 0


def _files(configuration: Configuration) -> int:
    """Return how many files declare cases."""
    return len({case.source.at().file for case in configuration.cases.values()})


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@command("schema")
def schema(run: Run) -> int:
    """Write the JSON Schemas of all files. For editors, and for programs that read a plan."""
    from reconciler.config.jsonschema import schemas
    from reconciler.providers.registry import provider_types
    from reconciler.report.encoding import stream
    from reconciler.report.planfile import plan_schema
    from reconciler.state import state_schema

    members = {**schemas(provider_types()), "plan": plan_schema(), "state": state_schema()}
    run.output.pieces(stream(members.items()))
    return 0
