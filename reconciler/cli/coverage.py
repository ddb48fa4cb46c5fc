"""`coverage` tells how many live cases are managed here, and which are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from reconciler.cli.choosing import filters
from reconciler.cli.options import command, variables
from reconciler.cli.run import Run

if TYPE_CHECKING:
    from reconciler.model.case import Live
    from reconciler.model.coverage import Coverage, Keeper
    from reconciler.workspace import Workspace

_EXAMPLES = """\b
Examples:
  reconciler coverage soc
  reconciler coverage soc --filter status=open --filter tag=phishing
  reconciler coverage soc --json | jq .summary
"""


@command("coverage", epilog=_EXAMPLES)
@click.argument("provider", metavar="PROVIDER")
@filters
@variables
def coverage(run: Run, provider: str, filters: Sequence[tuple[str, str]]) -> int:
    """Show how many live cases are managed here, by status and tag, and which are not."""
    from reconciler.model.coverage import Coverage, Keeper
    from reconciler.report.coverage import SHOWN, render_coverage, write_coverage

    workspace = run.open()
    found = Coverage(workspace.configuration.settings.workspace, provider, tuple(filters))
    counted = _begun(_counted(workspace, found))
    adapter = workspace.configuration.settings.instance(provider).provider
    if run.as_json:
        marked = lambda live: adapter.claim_of(live.marker).address if live.marker else None  # noqa: E731 (one use)
        run.output.pieces(write_coverage(found, counted, marked))
        return 0
    unmanaged: list[Live] = []
    for live, keeper in counted:
        if keeper is Keeper.UNMANAGED and len(unmanaged) < SHOWN:
            unmanaged.append(live)
    run.output.lines(render_coverage(found, unmanaged))
    return 0


def _begun(counted: Iterator[tuple[Live, Keeper]]) -> Iterator[tuple[Live, Keeper]]:
    """Return the same with its first case read, so that what is refused at once comes before any output."""
    return chain(list(islice(counted, 1)), counted)


def _counted(workspace: Workspace, found: Coverage) -> Iterator[tuple[Live, Keeper]]:
    """Yield the live cases as they arrive, and count them."""
    from reconciler.providers.base import Selection

    adapter = workspace.configuration.settings.instance(found.provider).provider
    shown = frozenset({"name", "title", "status", "tags"}) & adapter.offered
    selection = Selection(shown - adapter.costly, shown & adapter.costly, filters=found.filters)
    workspace.progress.begin(f"Reading {found.provider}", None)
    with closing(workspace.browse(found.provider, selection)) as browsed:
        for live, keeper in browsed:
            found.add(live, keeper)
            workspace.progress.advance()
            yield live, keeper
    workspace.progress.end()
