"""`drift --accept` writes what is live into the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.address import Address
    from reconciler.model.change import Drift, DriftReport
    from reconciler.workspace import Workspace


def accept(run: Run, workspace: Workspace, report: DriftReport, addresses: Sequence[str]) -> None:
    """Write the live values of these cases into their files; raise ReconcilerError before anything is written."""
    from reconciler.cli.rewrite import rewrite
    from reconciler.config.accept import accepted
    from reconciler.config.variables import NOTHING_GIVEN

    # a waived field is no news, but it is live otherwise than declared: to accept the case is to accept it too
    found: dict[Address, Drift] = {}
    for item in (*report.drift, *report.waived):
        if str(item.address) in addresses:
            known = found.get(item.address)
            found[item.address] = replace(known, fields=(*known.fields, *item.fields)) if known else item
    drift = [*found.values()]
    given = run.given or NOTHING_GIVEN
    files = accepted(workspace.configuration, drift, root=Path(), env=run.env, given=given)
    for name, made in files.items():
        rewrite(Path(name), made.old, made.new)
        run.output.note(f"Accepted into {name}")
    if not files:
        run.output.note("Nothing to accept: the files need no change")
