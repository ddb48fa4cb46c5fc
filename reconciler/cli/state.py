"""`state` shows what is recorded."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Commands, command, help_alone
from reconciler.cli.run import Run
from reconciler.errors import StateError

if TYPE_CHECKING:
    from reconciler.model.record import Record, State


@click.group("state", cls=Commands, invoke_without_command=True)
@click.pass_context
def state(ctx: click.Context) -> int:
    """Look at what was last applied."""
    return help_alone(ctx)


@command("list")
def list_(run: Run) -> int:
    """List the addresses of the recorded cases, one a line."""
    from reconciler.report.jsonplan import write_state_list
    from reconciler.report.text import render_state_list

    recorded = _state(run)
    if run.as_json:
        run.output.pieces(write_state_list(recorded))
    else:
        run.output.lines(render_state_list(recorded))
    return 0


@command("show")
@click.argument("address", metavar="ADDR")
def show(run: Run, address: str) -> int:
    """Show all that is recorded about one case."""
    from reconciler.report.jsonplan import write_record
    from reconciler.report.text import render_record

    record = _record(_state(run), address)
    if run.as_json:
        run.output.pieces(write_record(record))
    else:
        run.output.lines(render_record(record))
    return 0


state.add_command(list_)
state.add_command(show)


def _state(run: Run) -> State:
    """Return the recorded state; an empty one, and a word about it, before the first apply."""
    from reconciler.model.record import State

    recorded = run.open().state()
    if recorded is None:
        run.output.note("Nothing is recorded yet: nothing has been applied.")
    return recorded or State("")


def _record(recorded: State, address: str) -> Record:
    by_name = {str(known): record for known, record in recorded.records.items()}
    if address not in by_name:
        near = difflib.get_close_matches(address, by_name, n=1)
        hint = f"the nearest is {near[0]}" if near else "`reconciler state list` lists what is recorded"
        raise StateError(f"{address} is not recorded", hint=hint)
    return by_name[address]
