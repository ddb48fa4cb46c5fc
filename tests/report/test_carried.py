"""A request that one case sends for others as well is told of at each of them, in every form of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.plan import Plan
from reconciler.report.compare import render_comparison
from reconciler.report.lines import plain
from reconciler.report.markdown import plan_markdown
from reconciler.report.text import render_plan
from reconciler.report.webpage import plan_html
from tests.report import worlds

SHARED = worlds.plan(worlds.SHARED, worlds.SHARED_TOO)
TOLD = "with soc.shared: POST /api/v2/cases/bulk/fields"


@pytest.mark.parametrize(
    "show",
    [
        lambda plan: plain(render_plan(plan)),
        plan_markdown,
        lambda plan: "".join(plan_html(plan)),
        lambda plan: plain(render_comparison(worlds.plan(), plan)),
    ],
    ids=["text", "Markdown", "HTML", "comparison"],
)
def test_it_is_told_of_at_the_other_case(show: Callable[[Plan], str]) -> None:
    assert show(SHARED).count(TOLD) == 1
    assert show(SHARED).index("soc.shared-too") < show(SHARED).index(TOLD)


def test_a_plan_in_which_it_is_about_other_cases_was_not_reviewed() -> None:
    (one, *rest) = worlds.SHARED.operations
    alone = worlds.plan(replace(worlds.SHARED, operations=(replace(one, others={}), *rest)), worlds.SHARED_TOO)

    shown = plain(render_comparison(alone, SHARED))

    assert "To be done otherwise than it was reviewed" in shown
    assert "soc.shared (id 1)" in shown
