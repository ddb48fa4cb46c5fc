"""`export` writes live cases as case files, so that the next plan imports them and changes nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.choosing import attributes, filters, names_in
from reconciler.cli.options import command, option, variables
from reconciler.cli.run import Run
from reconciler.errors import ApiError, ReconcilerError

if TYPE_CHECKING:
    from reconciler.config.casenames import Names
    from reconciler.config.export import Exported
    from reconciler.config.exportfiles import Target
    from reconciler.model.case import Case
    from reconciler.providers.base import Provider, Selection
    from reconciler.workspace import Workspace

USUAL: Final = "{title}-{id}"
"""The pattern of names."""
TOLD: Final = 20
"""Cases that are left out in part which are told one by one; the files tell all of them."""

_EXAMPLES = """\b
Examples:
  reconciler export soc --filter status=open --out cases/soc.yaml
  reconciler export soc --id 42 --id 43 --with tasks,notes
  reconciler export intel --tql 'hasTag(name = "phishing")' --split cases/intel
  reconciler export soc --name '{priority}-{title}-{id}' --without metadata

What can be filtered by depends on the system: docs/adopting.md lists it, and a wrong name does.
An export into a file that was interrupted goes on where it stopped when it is repeated.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of an export, as the command line says it."""

    provider: str
    ids: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    tql: str | None
    only: tuple[str, ...]
    with_: tuple[str, ...]
    without: tuple[str, ...]
    pattern: str
    take_over: bool
    """Also what another workspace has marked."""

    @property
    def names_cases(self) -> bool:
        """Tell whether just the cases with the ids are wanted, and all of them."""
        return bool(self.ids) and not self.filters and self.tql is None

    def command(self) -> str:
        """Return the command that wishes this, in one line of plain characters."""
        parts = [("--id", each) for each in self.ids] + [("--filter", "=".join(pair)) for pair in self.filters]
        parts += [("--tql", self.tql)] if self.tql else []
        for name, given in (("--only", self.only), ("--with", self.with_), ("--without", self.without)):
            parts += [(name, ",".join(names_in(given)))] if given else []
        parts += [("--name", self.pattern)] if self.pattern != USUAL else []
        words = ["reconciler", "export", self.provider, *(word for part in parts for word in part)]
        words += ["--take-over"] if self.take_over else []
        return shlex.join(words).encode("unicode_escape").decode("ascii")

    def selection(self, provider: Provider) -> Selection:
        """Return what is to be read; raise ReconcilerError for attributes and queries that there are not."""
        from reconciler.model.address import ID
        from reconciler.providers.base import Selection

        if wrong := [id for id in self.ids if ID.fullmatch(id) is None]:
            raise ReconcilerError(f"--id: {wrong[0]!r} is no id", hint="look it up, such as 42")
        only = frozenset(attributes(provider, self.only, "--only"))
        more = frozenset(attributes(provider, self.with_, "--with"))
        less = frozenset(attributes(provider, self.without, "--without"))
        if self.tql is not None and provider.query_language is None:
            raise ReconcilerError(f"--tql: {self.provider} takes no queries", hint="choose with --filter")
        wanted = (only or provider.offered - provider.costly) | more
        beside = frozenset() if only else provider.offered & provider.costly
        return Selection(wanted - less, beside - less, self.ids, self.filters, self.tql)


@dataclass(slots=True)
class _Export:
    """One export, and what became of the cases."""

    workspace: Workspace
    wish: Wish
    names: Names
    target: Target
    declared: frozenset[str] = frozenset()
    """Ids that blocks of other files import: a second block for one of them would be refused."""
    ours: set[str] = field(default_factory=set)
    """Ids left out: they are recorded already."""
    imported: set[str] = field(default_factory=set)
    """Ids left out: they are declared already, with their import."""
    written: int = 0
    partly: list[str] = field(default_factory=list)
    """What was left out of cases."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Ids left out: another workspace has marked them; and what it calls them, as far as the marker tells."""

    def run(self) -> None:
        """Write the cases; raises ReconcilerError."""
        selection = self.wish.selection(
            self.workspace.configuration.settings.instance(self.wish.provider).provider
        )
        made = self._made(selection)
        for exported in self._all_there(made) if self.wish.names_cases else made:
            self.target.add(exported)
            self.written += 1
            self.partly += (f"{exported.name}: {each}" for each in exported.left_out)

    def _made(self, selection: Selection) -> Iterator[Exported]:
        """Yield the cases that are neither ours already nor written by an earlier run."""
        from dataclasses import replace

        from reconciler.config.export import Exporter
        from reconciler.model.coverage import Keeper

        instance, done = (
            self.workspace.configuration.settings.instance(self.wish.provider),
            frozenset(self.target.done),
        )
        shown = selection.attributes | selection.beside
        exporter = Exporter(instance, shown, self.workspace.configuration.secrets)
        read = replace(
            selection, attributes=selection.attributes | self.names.attributes, known=done | self.declared
        )
        progress = self.workspace.progress
        progress.begin(f"Exporting {instance.name}", None)
        with closing(self.workspace.browse(instance.name, read)) as browsed:
            for live, keeper in browsed:
                progress.advance()
                if keeper is Keeper.MANAGED:
                    self.ours.add(live.id)
                elif live.id in done:
                    continue
                elif live.id in self.declared:
                    self.imported.add(live.id)
                elif keeper is Keeper.ELSEWHERE and not self.wish.take_over:
                    self.elsewhere[live.id] = instance.provider.claim_of(live.marker or "").address or ""
                else:
                    yield exporter.export(live, self.names.name(live), take_over=keeper is Keeper.ELSEWHERE)
        progress.end()

    def _all_there(self, made: Iterator[Exported]) -> list[Exported]:
        """Return cases that were asked for by their ids; raise ReconcilerError if one is not there."""
        found = list(made)
        there = {*self.target.done, *self.ours, *self.imported, *self.elsewhere, *(each.id for each in found)}
        if missing := [id for id in self.wish.ids if id not in there]:
            raise ReconcilerError(f"{self.wish.provider} shows no such case: {', '.join(missing)}")
        return found


@command("export", formats=("text",), epilog=_EXAMPLES)
@click.argument("provider", metavar="PROVIDER")
@option("--id", "ids", multiple=True, metavar="ID", help="This case; may be given repeatedly.")
@filters
@option("--tql", metavar="QUERY", help="Cases that this query finds, of a system that takes TQL.")
@option("--only", multiple=True, metavar="ATTR", help="These attributes only; repeatedly, or with commas.")
@option("--with", "with_", multiple=True, metavar="ATTR", help="Also these, which take a request for each case.")
@option("--without", multiple=True, metavar="ATTR", help="All but these attributes.")
@option("--name", "pattern", metavar="PATTERN", default=USUAL, show_default=True, help="Names of the cases.")
@option("--out", metavar="FILE", help="Write into this file instead of stdout.")
@option("--split", metavar="DIR", help="Write a file for each case into this folder.")
@option("--force", is_flag=True, help="Replace files that are there.")
@option("--take-over", is_flag=True, help="Also cases that another workspace has marked as its own.")
@variables
def export(run: Run, provider: str, out: str | None, split: str | None, *, force: bool, **wished: Any) -> int:
    """Write live cases as YAML that plans to their import and to nothing else."""
    if out is not None and split is not None:
        raise ReconcilerError("--out and --split exclude each other")
    wish = Wish(provider, **wished)
    workspace = run.open()
    cases = _kept(workspace, Path(place) if force and (place := out or split) else None)
    names = _names(workspace, wish, cases)
    target = _target(run, wish, out, split, force=force)
    imports = frozenset(case.adopt for case in cases if case.adopt and case.address.provider == provider)
    made = _Export(workspace, wish, names, target, imports)
    with closing(target):
        for name in target.done.values():
            names.take(name)
        before = len(target.done)
        try:
            made.run()
        except ApiError:
            if (place := out or split) is not None:
                run.output.note(
                    f"What was read is kept beside {place}: the same command again goes on from there."
                )
            raise
        target.finish()
    _tell(run, made, before, out or split)
    return 0


def _kept(workspace: Workspace, replaced: Path | None) -> Sequence[Case]:
    """Return the declared cases but for those in a file, or a folder of files, that the export replaces."""
    cases = workspace.configuration.cases.values()
    if replaced is None:
        return tuple(cases)
    place = replaced.resolve()
    return [case for case in cases if not Path(case.source.at(()).file).resolve().is_relative_to(place)]


def _names(workspace: Workspace, wish: Wish, cases: Iterable[Case]) -> Names:
    from reconciler.config.casenames import Names

    declared = {case.address.name for case in cases}
    schema = workspace.configuration.settings.instance(wish.provider).provider.schema
    return Names(wish.pattern, schema, declared, workspace.configuration.secrets)


def _target(run: Run, wish: Wish, out: str | None, split: str | None, *, force: bool) -> Target:
    from reconciler.config.exportfiles import FilePerCase, OneFile, Stream

    head = f"# Written by: {wish.command()}\n"
    if split is not None:
        return FilePerCase(Path(split), f"{_modeline(Path(split))}{head}", force=force)
    if out is not None:
        return OneFile(Path(out), f"{_modeline(Path(out).parent)}{head}", force=force)
    return Stream(lambda text: run.output.pieces([text]), head)


def _modeline(folder: Path) -> str:
    """Return the line by which an editor finds the schema of a file in a folder; nothing where there is none."""
    import os

    schema = Path("schemas", "cases.json")
    if not schema.exists() or not folder.resolve().is_relative_to(Path("cases").resolve()):
        return ""
    return f"# yaml-language-server: $schema={Path(os.path.relpath(schema, folder)).as_posix()}\n"


def _tell(run: Run, made: _Export, before: int, place: str | None) -> None:
    """Tell what was done, and what a reader should know."""
    from reconciler.report.lines import Style
    from reconciler.report.text import render_message

    for each in made.partly[:TOLD]:
        run.output.talk(render_message("Warning", each, Style.WARNING))
    if (more := len(made.partly) - TOLD) > 0:
        run.output.talk(render_message("Warning", f"and {more} more; the files tell all of them", Style.WARNING))
    if made.elsewhere:
        run.output.talk(render_message("Warning", _of_others(made.elsewhere), Style.WARNING))
    if made.ours:
        run.output.note(f"{_cases(len(made.ours))} left out: recorded already.")
    if made.imported:
        run.output.note(f"{_cases(len(made.imported))} left out: declared already, with their `import`.")
    if before:
        run.output.note(f"{_cases(before)} written by an earlier run were kept.")
    where = f" to {place}" if place else ""
    run.output.note(f"Exported {_cases(made.written)}{where}. Next: reconciler plan")


def _of_others(elsewhere: Mapping[str, str]) -> str:
    """Return what to know of cases that are left out, since another workspace manages them."""
    told = [f"{id} ({by})" if by else id for id, by in elsewhere.items()]
    more = f" and {len(told) - TOLD} more" if len(told) > TOLD else ""
    ways = "give up there what is to be managed here, or export it with --take-over"
    return f"{_cases(len(told))} left out, as another workspace has marked: {', '.join(told[:TOLD])}{more}; {ways}"


def _cases(number: int) -> str:
    return f"{number} case" if number == 1 else f"{number} cases"
