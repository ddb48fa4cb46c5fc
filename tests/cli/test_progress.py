from __future__ import annotations

import io
import time

import pytest

from reconciler.cli.output import Output, Tone
from reconciler.cli.progress import Bars, PlainLines, bar
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
    progress.expect(9)
    clock.now = 70
    progress.advance()

    assert told == [
        "Reading soc …",
        "Reading soc: 11 of 30",
        "Reading soc: 21 of 30",
        "Applying …",
        "Applying: 2",
        "Applying: 3 of 9",
    ]


def test_a_quiet_run_tells_no_progress() -> None:
    quiet = output(Tone(quiet=True)).progress()

    quiet.expect(9)

    assert isinstance(quiet, Silent)


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


@pytest.mark.parametrize(
    ("done", "total", "seconds", "shown"),
    [
        (0, 9000, 0.0, "Reading soc ──────────────────────────────  0/9000"),
        (3000, 9000, 2.0, "Reading soc ━━━━━━━━━━────────────────────  3000/9000  1500/s  0:04 left"),
        (1, 100, 2.0, "Reading soc ──────────────────────────────  1/100  0.5/s  3:18 left"),
        (1, 10000, 2.0, "Reading soc ──────────────────────────────  1/10000  0.5/s  5:33:18 left"),
        (100, 100, 5.0, "Reading soc ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  100/100  20/s  0:00 left"),
        (101, 100, 5.0, "Reading soc ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  101/100  20/s"),
        (0, 0, 1.0, "Reading soc ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  0/0"),
        (50, None, 2.0, "Reading soc  50  25/s"),
    ],
)
def test_a_bar_shows_how_far_it_is_how_fast_and_how_long_it_takes(
    done: int, total: int | None, seconds: float, shown: str
) -> None:
    assert bar("Reading soc", done, total, seconds) == shown


def test_a_bar_is_drawn_now_and_then_fits_its_terminal_and_leaves_nothing() -> None:
    stream, clock = io.StringIO(), Clock()
    bars = Bars(stream, lambda text: None, clock=clock, width=lambda: 24)

    bars.begin("Reading soc", 1000)
    for step in range(500):
        clock.now = step / 1000
        bars.advance()
    drawn = stream.getvalue().split("\r")[1:]
    bars.end()

    assert len(drawn) == 3
    assert {len(each.removesuffix("\x1b[K")) for each in drawn} == {23}
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_bar_is_drawn_as_soon_as_it_is_known_how_much_there_is() -> None:
    stream = io.StringIO()
    bars = Bars(stream, lambda text: None, clock=Clock(), width=lambda: 80)

    bars.begin("Exporting soc", None)
    bars.expect(10)

    drawn = [each.removesuffix("\x1b[K") for each in stream.getvalue().split("\r")[1:]]
    assert drawn == ["Exporting soc  0", f"Exporting soc {'─' * 30}  0/10"]


def test_what_is_said_meanwhile_stands_on_a_line_of_its_own() -> None:
    stream = io.StringIO()
    bars = Bars(stream, lambda text: print(text, file=stream), clock=Clock(), width=lambda: 80)

    bars.say("before")
    bars.begin("Applying", 3)
    bars.say("waiting 30 s")

    before, _, after = stream.getvalue().partition("\r")
    assert before == "before\n"
    assert after.endswith("\r\x1b[Kwaiting 30 s\n")


@pytest.mark.parametrize("kind", [Bars, PlainLines])
def test_a_step_costs_a_microsecond_or_two(kind: type[Bars | PlainLines]) -> None:
    """Next to more than a hundred for all else that is done about a case; the best of some measurements."""

    def cost() -> float:
        told: list[str] = []
        progress = Bars(io.StringIO(), told.append) if kind is Bars else PlainLines(told.append, told.append)
        began = time.thread_time()
        progress.begin("Reading soc", 10_000)
        for _ in range(10_000):
            progress.advance()
        progress.end()
        return time.thread_time() - began

    assert min(cost() for _ in range(9)) < 10_000 * 2.5e-6
