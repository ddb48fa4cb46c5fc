"""What needs no network: `init`, `validate`, `schema`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.options import command, option, variables
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.config import Configuration

DRAFTS: Final = ("2020-12", "07")
EDITED: Final = ("settings", "cases")
"""What people write, whose schemas `init` puts beside it: an editor finds them there without a network."""

_TEMPLATE: Final = "template"
_HIDDEN: Final = "gitignore"
"""Takes its dot when it is written: tools that pack files would obey it where it lies."""


@command("init")
@click.argument("folder", metavar="[DIR]", default=".")
def init(run: Run, folder: str) -> int:
    """Write a small commented workspace. Overwrites nothing."""
    from reconciler.report.lines import line

    root = Path(folder)
    editors = {name: made for name, made in _schemas(DRAFTS[1]).items() if name in EDITED}
    files = {**dict(_template()), **{f"schemas/{name}": text for name, text in _texts(editors)}}
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
@variables
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
@option("--out", metavar="DIR", help="Write each schema into a file of this folder.")
@option(
    "--draft",
    type=click.Choice(DRAFTS),
    default=DRAFTS[0],
    show_default=True,
    help="Draft of JSON Schema; editors read 07 best.",
)
def schema(run: Run, out: str | None, draft: str) -> int:
    """Write the JSON Schemas of all files. For editors, and for programs that read a plan."""
    from reconciler.report.encoding import stream

    members = _schemas(draft)
    if out is None:
        run.output.pieces(stream(members.items()))
        return 0
    for name, text in _texts(members):
        path = Path(out) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ReconcilerError(f"{path} cannot be written: {error.strerror}") from error
        run.output.text(f"Wrote {path}")
    return 0


def _schemas(draft: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of each kind of file, by name."""
    from reconciler.config.dialects import draft_07
    from reconciler.config.jsonschema import policies_schema, schemas, waivers_schema
    from reconciler.providers.registry import provider_types
    from reconciler.report.planshape import plan_schema
    from reconciler.state import state_schema

    files = {**schemas(provider_types()), "waivers": waivers_schema(), "policies": policies_schema()}
    members = {**files, "plan": plan_schema(), "state": state_schema()}
    return members if draft == DRAFTS[0] else {name: draft_07(made) for name, made in members.items()}


def _texts(members: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the file of each schema, and its text."""
    import json

    for name, made in members.items():
        yield f"{name}.json", json.dumps(made, indent=1, ensure_ascii=False) + "\n"
