"""`sandbox` serves the systems on this machine; `demo` tells the whole story against it."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from reconciler.cli.options import command, option
from reconciler.cli.run import Run
from reconciler.errors import ReconcilerError

_READY = """\
Tines, as a stand-in on this machine: {url}
Its API key: {token}

In reconciler.yaml:

  providers:
    soc:
      type: tines
      url: {url}
      token: ${{env.TINES_API_KEY}}
      team_id: 2

In the shell: export TINES_API_KEY={token}

Ctrl-C ends it; nothing is kept."""


@command("sandbox")
@option(
    "--port",
    "port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="The port to listen on; any free one unless given.",
)
def sandbox(run: Run, port: int) -> int:
    """Serve stand-ins of the systems, until Ctrl-C. They listen on loopback and hold realistic cases."""
    from reconciler.cli.signals import handling
    from reconciler.providers.tines.emulator import TinesEmulator
    from reconciler.sandbox.seed import seed_tines
    from reconciler.sandbox.server import serve

    emulator = TinesEmulator()
    seed_tines(emulator)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    try:
        server = serve(emulator, port=port)
    except OSError as error:
        raise ReconcilerError(
            f"port {port} cannot be served: {error.strerror}", hint="choose another with --port, or leave it out"
        ) from error
    with handling(end), server:
        run.output.text(_READY.format(url=server.url, token=emulator.token))
        ended.wait()
    return 0


@command("demo")
def demo(run: Run) -> int:
    """Tell the whole story against a sandbox. Plan, apply, drift, repair: about a minute to read."""
    from reconciler.cli.signals import handling
    from reconciler.sandbox.demo import run_demo

    with handling(signal.default_int_handler):
        return run_demo(run.output.text)
