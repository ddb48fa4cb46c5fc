"""`fmt` writes the files of the workspace in one form; it changes nothing that they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reconciler.cli.options import command, option
from reconciler.cli.run import Run

if TYPE_CHECKING:
    from reconciler.errors import Problem

_EXAMPLES = """\b
Examples:
  reconciler fmt
  reconciler fmt --check

Exit codes: 0 done, or nothing to do; 1 a file is wrong, or with --check not in form.
"""

_LEFT: Final = "what is wrong was left as it is; `reconciler validate` tells everything"


@dataclass(slots=True)
class _Found:
    """What became of the files, by name."""

    changed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """Files that are left alone, and why."""


@command("fmt", epilog=_EXAMPLES)
@option("--check", is_flag=True, help="Write nothing; exit with 1 and name the files that are not in form.")
def fmt(run: Run, check: bool) -> int:
    """Write all files in one form: order, quotes, indentation. Needs no network."""
    found = _format(run, check=check)
    _tell(run, found, check=check)
    return 1 if found.left or (check and found.changed) else 0


def _format(run: Run, *, check: bool) -> _Found:
    from reconciler.cli.rewrite import rewrite
    from reconciler.config.characters import MAX_BYTES
    from reconciler.config.files import Unreadable, read
    from reconciler.config.layout import CannotFormat, format_cases, format_settings, order_of
    from reconciler.config.resolve import look_over
    from reconciler.config.settings import FILE
    from reconciler.providers.registry import provider_types

    providers = provider_types()
    types, problems = look_over(Path(), env=run.env, providers=providers)
    found = _Found(left=_first(problems))
    order = order_of(types, providers)
    for path in _files():
        name = str(path)
        if name in found.left:
            continue
        try:
            data = read(path, MAX_BYTES)
            made = format_settings(name, data) if name == FILE else format_cases(name, data, order)
        except (CannotFormat, Unreadable) as error:
            found.left[name] = str(error)
            continue
        if made != data:
            found.changed.append(name)
            if not check:
                rewrite(path, data, made)
    return found


def _files() -> Iterator[Path]:
    """Yield the files of the workspace; a link is none: what it leads to is, if it is below cases/."""
    from reconciler.config.files import case_files
    from reconciler.config.settings import FILE

    yield Path(FILE)
    yield from (path for path, error in case_files(Path()) if error is None and not path.is_symlink())


def _first(problems: Sequence[Problem]) -> dict[str, str]:
    """Return the first problem of each file."""
    found: dict[str, str] = {}
    for problem in problems:
        found.setdefault(problem.location.file, str(problem))
    return found


def _tell(run: Run, found: _Found, *, check: bool) -> None:
    from reconciler.cli.faults import tell
    from reconciler.report.encoding import stream
    from reconciler.report.lines import Style, line
    from reconciler.report.text import render_message

    if run.as_json:
        run.output.pieces(stream((("changed", found.changed), ("left", list(found.left)))))
    else:
        done = "Not in form" if check else "Formatted"
        run.output.lines(line(f"{done}: {name}") for name in found.changed)
    for reason in found.left.values():
        run.output.talk(tell(reason))
    if any(Path(name).exists() for name in found.left):
        run.output.talk(render_message("Hint", _LEFT, Style.STRONG))
