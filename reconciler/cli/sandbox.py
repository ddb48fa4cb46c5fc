"""`sandbox` serves the systems on this machine; `demo` tells the whole story against them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import command, option
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.sandbox import Standing


@command("sandbox")
@option(
    "--port",
    "port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="The port of the first; the others take those that follow. Any free ones unless given.",
)
def sandbox(run: Run, port: int) -> int:
    """Serve stand-ins of the systems, until Ctrl-C. They listen on loopback and hold realistic cases."""
    from reconciler.cli.signals import handling

    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    with handling(end), ExitStack() as running:
        stand_ins = _served(running, port)
        run.output.text("\n".join(_introduction(stand_ins)))
        ended.wait()
    return 0


def _served(running: ExitStack, port: int) -> tuple[Standing, ...]:
    from reconciler.sandbox import standing

    try:
        return running.enter_context(standing(port=port))
    except OSError as error:
        raise ReconcilerError(
            f"port {error.filename} cannot be served: {error.strerror}",
            hint="choose another with --port, or leave it out",
        ) from error


def _introduction(stand_ins: Iterable[Standing]) -> Iterator[str]:
    """Yield how to talk to each: where it is, what to export, what to write into `reconciler.yaml`."""
    for each in stand_ins:
        yield f"{each.stand_in.title}, as a stand-in on this machine: {each.url}"
        yield from (f"  export {variable}={secret}" for variable, secret in each.environment.items())
        yield ""
    yield from ("In reconciler.yaml:", "", "  providers:")
    for each in stand_ins:
        yield f"    {each.stand_in.instance}:"
        yield from (f"      {name}: {value}" for name, value in each.settings.items())
    yield from ("", "Ctrl-C ends it; nothing is kept.")


@command("demo")
def demo(run: Run) -> int:
    """Tell the whole story against a sandbox. Plan, apply, drift, repair: about a minute to read."""
    from reconciler.cli.signals import handling
    from reconciler.sandbox.demo import run_demo

    with handling(signal.default_int_handler):
        return run_demo(run.output.text)
