"""Plans on their way to a file, from a file, and to the reader."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.run import Run
from reconciler.errors import PlanRefused, ReconcilerError
from reconciler.model.plan import MAX_BYTES

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.window import Source


def show_plan(run: Run, plan: Plan, budget: int) -> None:
    """Write a plan to stdout in the format that was asked for; Markdown within a budget of characters."""
    match run.format:
        case "json":
            from reconciler.report.jsonplan import write_plan

            run.output.pieces(write_plan(plan))
        case "markdown":
            from reconciler.report.markdown import plan_markdown

            run.output.pieces([plan_markdown(plan, budget)])
        case "html":
            from reconciler.report.webpage import plan_html

            run.output.pieces(plan_html(plan))
        case "gitlab":
            from reconciler.report.jsonplan import gitlab_counts

            run.output.pieces([gitlab_counts(plan)])
        case _:
            from reconciler.report.text import render_plan

            run.output.lines(render_plan(plan))


def load_plan(name: str) -> Plan:
    """Read a saved plan; raise PlanRefused or StalePlan if it cannot be trusted, OSError if it cannot be read."""
    from reconciler.providers.registry import provider_types
    from reconciler.report.planfile import read_plan_file

    schemas = {name: provider.schema for name, provider in provider_types().items()}
    with saved(name, "plan", "plan --out") as file:
        return read_plan_file(file, schemas)


@contextlib.contextmanager
def saved(name: str, what: str, command: str) -> Iterator[Source]:
    """Open a file that a command wrote; raise PlanRefused or OSError if it cannot be read, now or later."""
    path = Path(name)
    if not stat.S_ISREG(path.stat().st_mode):
        raise PlanRefused(f"{name} is not a file", hint=f"give the file that `reconciler {command} FILE` wrote")
    with path.open(encoding="utf-8", newline="") as file:
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            raise PlanRefused(f"{name} is larger than {MAX_BYTES // 2**20} MiB")
        try:
            yield file
        except UnicodeDecodeError as error:
            raise PlanRefused(f"{name} is not a {what} file: it is not UTF-8 text") from error


def save_plan(run: Run, plan: Plan, name: str) -> None:
    """Write a plan to a file that only its owner reads, whole or not at all; a pipe or device is written to."""
    from reconciler.report.jsonplan import write_plan

    pieces = _without_secrets(write_plan(plan), run.output.redact)
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(pieces)
            return
        _refuse_other_files(path)
        _replace(Path(os.path.realpath(path)), pieces)
    except OSError as error:
        raise ReconcilerError(f"cannot write {name}: {error.strerror}") from error


def _refuse_other_files(path: Path) -> None:
    """Overwrite an earlier plan, and nothing else: a slip of the hand could name the state or a case file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        begin = file.read(64).split()
    if begin and begin[:2] != [b"{", b'"format_version":']:
        raise PlanRefused(f"{path} is there already and is not a plan", hint="choose another name, or remove it")


def _without_secrets(pieces: Iterable[str], redact: Callable[[str], str]) -> Iterator[str]:
    """Pass the pieces on; masked, a secret would make the file another one, and in the clear it must not stand."""
    for piece in pieces:
        if redact(piece) != piece:
            raise PlanRefused(
                "the plan is not saved: it would hold a secret in the clear",
                hint="a declared or live value equals a secret of this workspace; write it as ${env.…}",
            )
        yield piece


def _replace(path: Path, pieces: Iterable[str]) -> None:
    """Write beside the file, bring it to the disk, and put it in the file's place."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
