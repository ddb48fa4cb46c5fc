"""What is written and read of large plans comes and goes change by change."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from io import StringIO

import pytest

from reconciler.model.change import Change, Drift, DriftReport
from reconciler.model.plan import Plan
from reconciler.model.redaction import redactor
from reconciler.report.hostile import ways
from reconciler.report.jsonplan import write_drift, write_plan
from reconciler.report.junit import drift_junit
from reconciler.report.lines import unstyled
from reconciler.report.markdown import BUDGET, drift_markdown, plan_markdown
from reconciler.report.planfile import read_plan_file
from reconciler.report.sarif import MOST, drift_sarif
from reconciler.report.text import render_drift, render_plan
from reconciler.report.webpage import drift_html, plan_html
from tests.report import worlds

MANY = 400
SECRET = 'hunter22 ##[x] "→" & more'


def changes() -> Iterator[Change]:
    """Yield changes with strings of their own, as a plan that was made has them."""
    for number in range(MANY):
        address = worlds.address(f"case-{number:05}")
        text = f"Line {number} of a description that is long enough to count\nand another line, {number}"
        field = replace(worlds.UPDATE.fields[0], path=("description",), before=None, after=text)
        record = replace(worlds.RECORD, address=address, recorded={"description": text})
        yield replace(
            worlds.UPDATE, address=address, fields=(*worlds.UPDATE.fields, field), record=record, id=str(number)
        )


def drifts(live: str = "low") -> Iterator[Drift]:
    _, drifted = worlds.DRIFT
    fields = tuple(replace(field, live=live) for field in drifted.fields if field.path == ("priority",))
    for number in range(MANY):
        yield replace(drifted, address=worlds.address(f"case-{number:05}"), fields=fields)


PLAN = worlds.plan(*changes())
DRIFT = DriftReport("acme", tuple(drifts()), 0, tuple(drift.address for drift in drifts()))


def plan_text(plan: Plan) -> Iterator[str]:
    return map(unstyled, render_plan(plan))


def drift_text(report: DriftReport) -> Iterator[str]:
    return map(unstyled, render_drift(report))


WRITERS: dict[str, Callable[[], Iterable[str]]] = {
    "plan.json": lambda: write_plan(replace(PLAN)),  # another one: it has no digest yet
    "plan.text": partial(plan_text, PLAN),
    "plan.html": partial(plan_html, PLAN),
    "drift.json": partial(write_drift, DRIFT),
    "drift.text": partial(drift_text, DRIFT),
    "drift.html": partial(drift_html, DRIFT),
    "drift.sarif": partial(drift_sarif, DRIFT),
    "drift.junit": partial(drift_junit, DRIFT),
}


def peak(work: Callable[[], object]) -> tuple[int, int]:
    """Return how many bytes more were in memory at most while something was done, and how many are afterwards."""
    work_again = work()  # what is loaded and cached once does not count
    del work_again
    tracemalloc.start()
    try:
        kept = work()
        left, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del kept
    return most, left


@pytest.mark.parametrize("name", WRITERS)
def test_no_piece_is_more_than_a_few_changes(name: str) -> None:
    sizes = [len(piece) for piece in WRITERS[name]()]

    assert len(sizes) >= MANY
    assert max(sizes) < sum(sizes) / 20


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_is_never_in_memory_as_a_whole(name: str) -> None:
    written = sum(map(len, WRITERS[name]()))

    most, _ = peak(lambda: sum(map(len, WRITERS[name]())))

    assert most < written  # addresses and counts: the whole as text would be more than all of it


def test_markdown_is_made_only_as_far_as_it_is_shown() -> None:
    most, _ = peak(lambda: plan_markdown(PLAN))
    less, _ = peak(lambda: drift_markdown(DRIFT))

    assert max(most, less) < 10 * BUDGET


def test_a_plan_is_read_without_a_second_copy_of_it() -> None:
    text = "".join(write_plan(PLAN))
    files = [StringIO(text), StringIO(text)]

    most, kept = peak(lambda: read_plan_file(files.pop(), worlds.SCHEMAS))

    assert most < 1.2 * kept


def test_a_plan_that_was_read_holds_equal_texts_once() -> None:
    plan = read_plan_file(StringIO("".join(write_plan(PLAN))), worlds.SCHEMAS)

    first, second = plan.changes[:2]
    assert first.record is not None
    assert first.id is not None
    assert first.operations[0].why is second.operations[0].why
    assert first.url is second.url
    assert first.fields[-1].after is first.record.recorded["description"]


def test_findings_beyond_the_most_are_counted_and_not_made() -> None:
    fields = DRIFT.drift[0].fields * 20
    report = replace(DRIFT, drift=tuple(replace(drift, fields=fields) for drift in DRIFT.drift))

    pieces = list(drift_sarif(report))

    assert f"{20 * MANY - MOST} more findings were left out." in "".join(pieces)
    assert sum('"ruleId"' in piece for piece in pieces) == MOST


@pytest.mark.parametrize(
    "pieces",
    [
        *(partial(write, worlds.plan(*changes())) for write in (write_plan, plan_text, plan_html)),
        *(
            partial(write, replace(DRIFT, drift=tuple(drifts(SECRET))[:20]))
            for write in (write_drift, drift_text, drift_html, drift_sarif, drift_junit)
        ),
    ],
    ids=lambda made: made.func.__name__,
)
def test_a_secret_is_masked_piece_by_piece_as_it_is_in_the_whole(pieces: Callable[[], Iterable[str]]) -> None:
    masked = redactor([SECRET, "Line 7 of a description"], ways)

    one_by_one = "".join(map(masked, pieces()))

    assert "(secret)" in one_by_one
    assert one_by_one == masked("".join(pieces()))
