"""`state` shows what is recorded, and changes it by hand; no system is asked or told anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.given import given
from reconciler.cli.options import Commands, command, help_alone
from reconciler.cli.run import Run
from reconciler.errors import StateError

if TYPE_CHECKING:
    from reconciler.model.record import Record, State
    from reconciler.workspace import Workspace

MAX_BYTES: Final = 1 << 30
"""A larger state is not pushed."""

_PUSH_EXAMPLES = """\b
Examples:
  reconciler state pull > state.json
  reconciler state push state.json
  reconciler state pull | jq … | reconciler state push -
"""


@click.group("state", cls=Commands, invoke_without_command=True)
@click.pass_context
def state(ctx: click.Context) -> int:
    """Look at what was last applied, and change what is recorded by hand."""
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
    from reconciler.state.edit import recorded

    record = recorded(_state(run), address)
    if run.as_json:
        run.output.pieces(write_record(record))
    else:
        run.output.lines(render_record(record))
    return 0


@command("mv")
@click.argument("origin", metavar="FROM")
@click.argument("to", metavar="TO")
def move(run: Run, origin: str, to: str) -> int:
    """Record a case under another address; the case itself stays as it is."""
    from reconciler.report.jsonplan import write_edited

    workspace = run.open()
    edited = workspace.editor.move(origin, to)
    if run.as_json:
        moved = [{"from": origin, "to": to, "id": edited.records[0].id}]
        run.output.pieces(write_edited(edited.state, moved=moved))
    else:
        run.output.text(f"Moved {origin} → {to} (id {edited.records[0].id}).")
    for text in _after_move(workspace, origin, to):
        run.output.note(text)
    return 0


def _after_move(workspace: Workspace, origin: str, to: str) -> Iterator[str]:
    """Yield what is left to be done in the files."""
    declared = set(map(str, workspace.configuration.cases))
    if origin in declared:
        yield f"{origin} is still declared: rename its block, or the next plan creates a second case."
    elif to not in declared:
        yield f"{to} is not declared: the next plan gives it up, unless its block is there by then."
    yield "Where others have a state of their own, write into a case file instead:"
    yield "moved:"
    yield f"  - {{from: {origin}, to: {to}}}"


@command("rm")
@click.argument("addresses", metavar="ADDR…", nargs=-1, required=True)
def remove(run: Run, addresses: Sequence[str]) -> int:
    """Forget cases: they stay as they are and are managed no more."""
    from reconciler.report.jsonplan import write_edited

    workspace = run.open(offline=True)
    edited = workspace.editor.remove(addresses)
    outlook = [(record, *_outlook(workspace, record)) for record in edited.records]
    if run.as_json:
        removed = [
            {"address": str(record.address), "id": record.id, "url": record.url, "next_plan": action}
            for record, action, _ in outlook
        ]
        run.output.pieces(write_edited(edited.state, removed=removed))
    for record, _, said in outlook:
        if not run.as_json:
            run.output.text(f"Forgot {record.address} (id {record.id}); the case stays as it is.")
        if said:
            run.output.note(said)
    return 0


def _outlook(workspace: Workspace, record: Record) -> tuple[str | None, str | None]:
    """Return what the next plan does about a case that was forgotten, as an action and in words."""
    case = workspace.configuration.cases.get(record.address)
    if case is None:
        return None, None
    if case.adopt == record.id:
        return "import", f"{record.address} is still declared, with its `import`: the next plan imports it again."
    return "create", (
        f"{record.address} is still declared: the next plan creates a second case. Take its block out of the "
        f'files, or write `import: "{record.id}"` into it to have this one again.'
    )


@command("pull")
def pull(run: Run) -> int:
    """Write the state to stdout, as it is kept."""
    content = run.open(offline=True).store.pull()
    if content is None:
        run.output.note("Nothing is recorded yet: nothing has been applied.")
        return 0
    text = content.decode()
    if run.output.redact(text) != text:
        raise StateError(
            "the state is not shown: a recorded value equals a secret of this workspace, which would be masked",
            hint="copy the file itself, or write that value as ${env.…} and apply",
        )
    run.output.pieces([text])
    return 0


@command("push", epilog=_PUSH_EXAMPLES)
@click.argument("file", metavar="FILE|-")
@click.option("--force", "force", is_flag=True, help="Replace a state of another lineage, or a newer one.")
def push(run: Run, file: str, *, force: bool) -> int:
    """Replace what is recorded by what a file says, if that is a state of this workspace and not older."""
    from reconciler.report.jsonplan import write_edited

    workspace = run.open()
    source, content = given(file, MAX_BYTES)
    edited = workspace.editor.push(content, source=source, force=force)
    for forbidden in edited.overridden:
        run.output.note(f"--force: {source} replaced what was recorded, although {forbidden}.")
    if run.as_json:
        said = {"cases": len(edited.state.records), "overridden": list(edited.overridden)}
        run.output.pieces(write_edited(edited.state, **said))
    else:
        count = len(edited.state.records)
        recorded = "1 case is recorded" if count == 1 else f"{count} cases are recorded"
        run.output.text(f"Pushed {source}: serial {edited.state.serial}, {recorded}.")
    return 0


@command("unlock")
@click.argument("lock", metavar="ID")
def unlock(run: Run, lock: str) -> int:
    """Remove a lock whose holder has died; one that is alive keeps it. Messages tell the ID."""
    from reconciler.report.jsonplan import write_edited

    holder = run.open(offline=True).store.unlock(lock)
    if run.as_json:
        run.output.pieces(write_edited(None, unlocked=asdict(holder)))
    else:
        run.output.text(f"Unlocked; the lock was left by {holder}.")
    return 0


for _command in (list_, show, move, remove, pull, push, unlock):
    state.add_command(_command)


def _state(run: Run) -> State:
    """Return the recorded state; an empty one, and a word about it, before the first apply."""
    from reconciler.model.record import State

    recorded = run.open(offline=True).state()
    if recorded is None:
        run.output.note("Nothing is recorded yet: nothing has been applied.")
    return recorded or State("")
