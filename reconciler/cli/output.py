"""
Where words go: results to stdout, talk to stderr, both UTF-8, redacted, and coloured only where that is wanted.

A reader of stdout that goes away ends the command quietly (`OutputClosed`); one of stderr that does is no reason
to stop, least of all in the middle of an apply.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.engine.progress import Progress
    from reconciler.report.lines import Line


class OutputClosed(Exception):
    """Nobody reads stdout any more."""


@dataclass(frozen=True, slots=True)
class Tone:
    """How much is said, and how colourfully."""

    quiet: bool = False
    verbosity: int = 0
    color: bool = True


@dataclass(slots=True)
class Output:
    """The two streams of a command."""

    tone: Tone
    env: Mapping[str, str]
    stdout: TextIO
    stderr: TextIO
    redact: Callable[[str], str] = field(default=str)
    """Masks secrets; set as soon as the secrets are known."""

    @classmethod
    def of_process(cls, tone: Tone, env: Mapping[str, str]) -> Output:
        """Return the output of this process, whatever is left of its streams."""
        return cls(tone, env, _utf8(sys.stdout), _utf8(sys.stderr))

    # -- results -----------------------------------------------------------------------------------------------

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines to stdout; raise OutputClosed if nobody reads them."""
        paint = self.painter(self.stdout)
        self._results(f"{paint(spans)}\n" for spans in lines)

    def text(self, text: str) -> None:
        """Write a line of our own to stdout."""
        from reconciler.report.hostile import visible

        self._results([self.redact(f"{visible(text)}\n")])

    def pieces(self, pieces: Iterable[str]) -> None:
        """Write JSON, piece by piece, to stdout."""
        self._results(map(self.redact, pieces))

    def flush(self) -> None:
        """Bring stdout to its reader."""
        self._results([])

    def _results(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            try:
                self.stdout.write(piece)
            except OSError as error:
                raise self._closed(error) from error
        try:
            self.stdout.flush()
        except OSError as error:
            raise self._closed(error) from error

    def _closed(self, error: OSError) -> Exception:
        """Give stdout up, and return what that means for the command."""
        self.abandon()
        if isinstance(error, BrokenPipeError):
            return OutputClosed()
        return ReconcilerError(f"cannot write the output: {error.strerror}")

    def abandon(self) -> None:
        """Point a broken stdout nowhere, so that the interpreter's last flush has nothing to complain about."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stdout.fileno())
            os.close(nowhere)

    # -- talk --------------------------------------------------------------------------------------------------

    def talk(self, lines: Iterable[Line]) -> None:
        """Write lines to stderr, whether or not somebody reads them."""
        paint = self.painter(self.stderr)
        for spans in lines:
            self.whisper(f"{paint(spans)}\n")

    def note(self, text: str) -> None:
        """Tell a line that a quiet run leaves out."""
        from reconciler.report.lines import line

        if not self.tone.quiet:
            self.talk([line(text)])

    def whisper(self, text: str) -> None:
        """Write text to stderr as it is; a stream that is gone is no reason to stop."""
        with contextlib.suppress(OSError, ValueError):
            self.stderr.write(text)
            self.stderr.flush()

    def progress(self) -> Progress:
        """Return what shows the progress of the engine: bars on a terminal, lines elsewhere, or nothing."""
        from reconciler.cli.progress import Bars, PlainLines
        from reconciler.engine.progress import Silent

        if self.tone.quiet:
            return Silent()
        return Bars(self.stderr, self.note) if self.is_lively(self.stderr) else PlainLines(self.note, self.note)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Tell one request of the engine to those who asked for more."""
        if self.tone.verbosity:
            self.note(f"{method} {path} {status or 'no answer'} in {seconds:.2f} s")

    def detail(self, text: str) -> None:
        """Tell a line to those who asked for more."""
        if self.tone.verbosity:
            self.note(text)

    # -- colour ------------------------------------------------------------------------------------------------

    def is_lively(self, stream: TextIO) -> bool:
        """Tell whether a person watches a capable terminal, and no job runner."""
        return _is_terminal(stream) and self.env.get("TERM") != "dumb" and not self.env.get("CI")

    def is_colored(self, stream: TextIO) -> bool:
        """Tell whether to colour: the flag, then NO_COLOR, then FORCE_COLOR, then what the stream is."""
        if not self.tone.color or self.env.get("NO_COLOR"):
            return False
        if self.env.get("FORCE_COLOR") or self.env.get("CLICOLOR_FORCE"):
            return True
        return self.is_lively(stream)

    def painter(self, stream: TextIO) -> Callable[[Line], str]:
        """Return what turns a line into text for a stream."""
        from reconciler.report.lines import unstyled

        if not self.is_colored(stream):
            return lambda spans: self.redact(unstyled(spans))
        from reconciler.cli.paint import paint

        def painted(spans: Line) -> str:
            text = unstyled(spans)
            redacted = self.redact(text)
            return paint(spans) if redacted == text else redacted

        return painted


def _utf8(stream: TextIO | None) -> TextIO:
    """Make a stream take any text, whatever the locale; a stream that was closed swallows it."""
    if stream is None:
        return io.StringIO()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False
