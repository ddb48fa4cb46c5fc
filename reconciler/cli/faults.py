"""
An error in words, and the exit code that goes with it.

A traceback is never shown: what escapes as anything but a ReconcilerError is named in one line, as the bug it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from reconciler.errors import ConfigError, Interrupted, ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.output import Output
    from reconciler.report.lines import Line

FAILURE = 1
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports of a program that SIGPIPE ended."""
CHAIN_VERBOSITY = 2
"""How many -v it takes to be told the causes of an error."""


def guarded(output: Output, act: Callable[[], int]) -> int:
    """Do it, flush, and return the exit code, with every error told instead of raised."""
    from reconciler.cli.output import OutputClosed

    try:
        code = act()
        output.flush()
    except OutputClosed:
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return _told(output, Interrupted("interrupted"))
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is told in words, not as a traceback
        return _told(output, error)
    return code


def unsaid(error: OSError) -> int:
    """Answer for a help text or a version that could not be written."""
    from reconciler.cli.output import Output, Tone

    output = Output.of_process(Tone(), {})
    output.abandon()
    return PIPE_CLOSED if isinstance(error, BrokenPipeError) else _told(output, error)


def _told(output: Output, error: BaseException) -> int:
    output.talk(_sentences(error))
    if output.tone.verbosity >= CHAIN_VERBOSITY:
        output.talk(_causes(error))
    return error.exit_code if isinstance(error, ReconcilerError) else FAILURE


def _sentences(error: BaseException) -> Iterator[Line]:
    match error:
        case ConfigError():
            for problem in error.problems:
                yield from tell(str(problem))
        case ReconcilerError():
            yield from tell(error.message, error.hint)
        case MemoryError():
            yield from tell("out of memory", "work on a part of the workspace with --target")
        case RecursionError():
            yield from tell("the input is nested too deeply")
        case OSError():
            yield from tell(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        case _:
            yield from tell(
                f"unexpected {_in_words(error)}", "this is a bug in reconciler; please report this line"
            )


def tell(message: str, hint: str | None = None) -> Iterator[Line]:
    """Yield an error and what to do about it."""
    from reconciler.report.lines import Style
    from reconciler.report.text import render_message

    yield from render_message("Error", message, Style.ERROR)
    if hint:
        yield from render_message("Hint", hint, Style.STRONG)


def _causes(error: BaseException) -> Iterator[Line]:
    from reconciler.report.lines import line

    seen = {error}
    cause = _cause(error)
    while cause is not None and cause not in seen:
        yield line(f"  │ caused by {_in_words(cause)}")
        seen.add(cause)
        cause = _cause(cause)


def _cause(error: BaseException) -> BaseException | None:
    """Return what led to an error; nothing where that was left out on purpose (`from None`)."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _in_words(error: BaseException) -> str:
    """Return kind, place and message of an error in one line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}{_place(error)}: {message}"


def _place(error: BaseException) -> str:
    """Return the last place in our own code that the error passed."""
    step, place = error.__traceback__, ""
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] == "reconciler":
            place = f" in {module}:{step.tb_lineno}"
        step = step.tb_next
    return place
