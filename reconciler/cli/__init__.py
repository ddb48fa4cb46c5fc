"""
The command line.

main ─► group ─► plan · apply · drift · state · local (init, validate, schema) · fmt · sandbox (sandbox, demo)
                   │         export · coverage · adopt (import) · forge (comment, issue) · policy
                   │
                   ├─ options   what every command takes; each option is mirrored by RECONCILER_<OPTION>
                   ├─ run       the one way to a workspace
                   ├─ output    results to stdout, talk to stderr; all of it redacted and harmless
                   ├─ signals   what Ctrl-C means
                   └─ faults    an error in words, and the exit code

Commands import what they need when they run, so that `--help` needs click only and `--version` nothing.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from reconciler import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; `arguments` are those of the process unless given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _version() if given == ["--version"] and sys.stdout is not None else _command(given)
    except OSError as error:
        from reconciler.cli.faults import unsaid

        return unsaid(error)


def _version() -> int:
    sys.stdout.write(f"reconciler {__version__}\n")
    sys.stdout.flush()
    return 0


def _command(arguments: Sequence[str]) -> int:
    # httpx imports a command line of its own, with rich and pygments, where these are installed: a tenth of what
    # starting takes. It does without if it cannot, and of a module that is None here Python says so.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    from reconciler.cli.group import run

    # Cases are plain values without cycles: at its usual rate the collector walks them again and again in vain,
    # which is a quarter of a plan of 10,000 cases.
    gc.set_threshold(100_000, 50, 50)
    return run(arguments)
