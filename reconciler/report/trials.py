"""
Tests of rules, as lines and as JSON.

    ok    a delete is refused (no-deletes)
    FAIL  a release is none (no-deletes): expected pass, but the rule denies
          policies/guard.yaml:12:3
    2 tests: 1 passed, 1 failed.
    Without a test: brake
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.policy import Tried, Verdict
from reconciler.report.encoding import stream
from reconciler.report.lines import Line, Span, Style, line


def render_trials(tried: Sequence[Tried], untested: Sequence[str]) -> Iterator[Line]:
    """Yield each test and what became of it, and a line that counts them; `untested` are rules without one."""
    for each in tried:
        yield from _trial(each)
    passed = sum(each.is_right for each in tried)
    tests = "1 test" if len(tried) == 1 else f"{len(tried)} tests"
    yield line(Span(f"{tests}: {passed} passed, {len(tried) - passed} failed.", Style.STRONG))
    if untested:
        yield line(f"Without a test: {', '.join(untested)}")


def _trial(tried: Tried) -> Iterator[Line]:
    about = f"{tried.name} ({tried.rule})"
    if tried.is_right:
        yield line(Span("ok    ", Style.ADD), about)
        return
    yield line(Span("FAIL  ", Style.ERROR), f"{about}: {what_went_wrong(tried)}")
    yield line("      ", Span(str(tried.source), Style.QUIET))


def what_went_wrong(tried: Tried) -> str:
    """Return what was expected of a rule, and what it said."""
    if tried.said is None:
        return f"expected {tried.expected}, but the rule {tried.reason}"
    said = "the rule denies" if tried.said is Verdict.DENY else "it passes"
    return f"expected {tried.expected}, but {said}"


def write_trials(tried: Sequence[Tried], untested: Sequence[str]) -> Iterator[str]:
    """Yield the JSON of tests in pieces."""
    passed = sum(each.is_right for each in tried)
    return stream(
        (
            ("tests", map(_trial_json, tried)),
            ("summary", {"passed": passed, "failed": len(tried) - passed}),
            ("untested", list(untested)),
        )
    )


def _trial_json(tried: Tried) -> dict[str, Any]:
    return {
        "name": tried.name,
        "rule": tried.rule,
        "expect": str(tried.expected),
        "said": None if tried.said is None else str(tried.said),
        "passed": tried.is_right,
        "message": None if tried.is_right else what_went_wrong(tried),
        "file": tried.source.file,
        "line": tried.source.line,
    }
