"""What needs no network: `init`, `validate`, `schema`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.options import command
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.config import Configuration

_TEMPLATE: Final = "template"
_HIDDEN: Final = "gitignore"
"""Takes its dot when it is written: tools that pack files would obey it where it lies."""


@command("init")
@click.argument("folder", metavar="[DIR]", default=".")
def init(run: Run, folder: str) -> int:
    """Write a small commented workspace. Overwrites nothing."""
    from reconciler.report.lines import line

    root = Path(folder)
    files = dict(_template())
    present = [name for name in files if (root / name).exists()]
    if present:
        raise ReconcilerError(
            f"{', '.join(present)} in {folder}: already there; nothing was written",
            hint="choose another folder: `reconciler init DIR`",
        )
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        run.output.lines([line(f"Wrote {path}")])
    run.output.note("Next: name your tenant in reconciler.yaml, export what it reads, then run: reconciler plan")
    return 0


def _template() -> Iterator[tuple[str, str]]:
    """Yield what `init` writes: path in the workspace, and text."""
    from importlib.resources import as_file, files

    with as_file(files("reconciler.sandbox") / _TEMPLATE) as source:
        for path in sorted(source.rglob("*"), key=lambda path: (len(path.parts), path)):
            if path.is_dir():
                continue
            name = path.relative_to(source).as_posix()
            yield (f".{name}" if name == _HIDDEN else name), path.read_text(encoding="utf-8")


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
    from reconciler.config.jsonschema import schemas, waivers_schema
    from reconciler.providers.registry import provider_types
    from reconciler.report.encoding import stream
    from reconciler.report.planshape import plan_schema
    from reconciler.state import state_schema

    files = {**schemas(provider_types()), "waivers": waivers_schema()}
    members = {**files, "plan": plan_schema(), "state": state_schema()}
    run.output.pieces(stream(members.items()))
    return 0
