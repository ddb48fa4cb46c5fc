"""`import` records live cases as ours, and changes nothing about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.given import given
from reconciler.cli.options import command, option, variables
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.planning.adopting import Import

MAX_BYTES: Final = 64 * 1024 * 1024
"""A larger list is not read."""

_EXAMPLES = """\b
Examples:
  reconciler import soc.phishing-wave 42
  reconciler import --from cases.csv          lines such as soc.phishing-wave,42
  reconciler import --from cases.yaml         a mapping: {soc.phishing-wave: 42}
  … | reconciler import --from -
"""


@command("import", epilog=_EXAMPLES)
@click.argument("address", metavar="[ADDRESS", required=False)
@click.argument("id_", metavar="ID]", required=False)
@option("--from", "file", metavar="FILE|-", help="Import all that this file names, or nothing.")
@option("--take-over", "take_over", is_flag=True, help="Also cases that another workspace has marked as its own.")
@variables
def adopt(run: Run, address: str | None, id_: str | None, file: str | None, *, take_over: bool) -> int:
    """Record live cases as ours. Each must be declared; the next plan shows how it differs."""
    from reconciler.cli.signals import Stopping, handling
    from reconciler.engine.stop import Stop
    from reconciler.report.jsonplan import write_edited

    imports = _imports(address, id_, file)
    stopping = Stopping(Stop())
    with handling(stopping):
        state, records = run.open(stop=stopping.stop).adopt(imports, take_over=take_over)
    if run.as_json:
        imported = [{"address": str(each.address), "id": each.id, "url": each.url} for each in records]
        run.output.pieces(write_edited(state, imported=imported))
        return 0
    for each in records:
        run.output.text(f"Imported {each.address} (id {each.id}).")
    run.output.note("Nothing was sent. `reconciler plan` shows how they differ from what is declared.")
    return 0


def _imports(address: str | None, id_: str | None, file: str | None) -> Sequence[Import]:
    from reconciler.config.imports import read_imports
    from reconciler.planning.adopting import Import

    if file is not None and address is None:
        return read_imports(*given(file, MAX_BYTES))
    if file is None and address is not None and id_ is not None:
        return [Import(address, id_)]
    raise ReconcilerError("import takes ADDRESS and ID, or --from FILE", hint="see `reconciler import --help`")
