from __future__ import annotations

import io

from reconciler.cli.output import Output, Tone
from reconciler.cli.progress import Bars, PlainLines
from reconciler.engine.progress import Silent


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def output(tone: Tone) -> Output:
    return Output(tone, {}, io.StringIO(), io.StringIO())


def test_elsewhere_than_on_a_terminal_a_line_tells_of_a_stage_and_one_every_ten_seconds() -> None:
    told: list[str] = []
    clock = Clock()
    progress = PlainLines(told.append, told.append, clock=clock)

    progress.begin("Reading soc", 30)
    for second in range(25):
        clock.now = second
        progress.advance()
    progress.end()
    progress.begin("Applying", None)
    clock.now = 60
    progress.advance(2)

    assert told == [
        "Reading soc …",
        "Reading soc: 11 of 30",
        "Reading soc: 21 of 30",
        "Applying …",
        "Applying: 2",
    ]


def test_a_quiet_run_tells_no_progress() -> None:
    assert isinstance(output(Tone(quiet=True)).progress(), Silent)


def test_what_the_engine_says_is_told_and_each_request_to_those_who_ask() -> None:
    for verbosity, request in ((0, ""), (1, "GET /cases 200 in 0.10 s\n")):
        out = output(Tone(verbosity=verbosity))
        progress = out.progress()
        progress.begin("Reading", None)
        progress.say("waiting 30 s")
        out.request("GET", "/cases", 200, 0.1)

        assert out.stderr.getvalue() == f"Reading …\nwaiting 30 s\n{request}"  # type: ignore[attr-defined]


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_is_gone_does_not_stop_an_apply() -> None:
    clock = Clock()
    bars = Bars(Gone(), lambda text: None, clock=clock)
    out = Output(Tone(), {}, io.StringIO(), Gone())

    bars.begin("Applying", 3)
    clock.now = 5
    bars.advance()
    bars.say("retried")
    bars.end()
    bars.advance()
    out.note("hello")

    assert out.stdout.getvalue() == ""  # type: ignore[attr-defined]
