from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.address import Address
from reconciler.model.plan import Plan
from reconciler.report.jsonplan import write_plan
from reconciler.report.lines import unstyled
from reconciler.report.markdown import SMALLEST, plan_markdown
from reconciler.report.planfile import read_plan
from reconciler.report.text import plan_summary, render_plan
from reconciler.report.webpage import plan_html
from tests.report.worlds import SCHEMAS, UPDATE, plan

WRITES = len(UPDATE.operations)
SLOW = replace(plan(UPDATE), rates={"soc": 1})
QUICK = replace(plan(UPDATE), rates={"soc": 3000})
SAID = f"{WRITES * 60} s at 1 request a minute"


@pytest.mark.parametrize(("made", "said"), [(SLOW, SAID), (QUICK, "1 s at 3000 requests a minute")])
def test_text_says_it_above_the_summary(made: Plan, said: str) -> None:
    lines = [unstyled(spans) for spans in render_plan(made)]

    assert lines[-3].startswith("soc: ")
    assert lines[-3].endswith(said)
    assert lines[-2:] == ["", plan_summary(made)]


@pytest.mark.parametrize(("made", "per_minute"), [(SLOW, 1), (QUICK, 3000)])
def test_json_always_has_it_and_a_saved_plan_keeps_it(made: Plan, per_minute: int) -> None:
    text = "".join(write_plan(made))
    (found,) = json.loads(text)["forecast"]

    assert (found["provider"], found["requests"], found["requests_per_minute"]) == ("soc", WRITES, per_minute)
    assert sum(found["by_method"].values()) == WRITES
    assert read_plan(text, SCHEMAS) == made


def test_a_plan_that_writes_nothing_has_none() -> None:
    assert "forecast" not in json.loads("".join(write_plan(plan())))


def test_pages_show_it() -> None:
    assert SAID in plan_markdown(SLOW)
    assert SAID in "".join(plan_html(SLOW))


def test_a_page_for_very_many_systems_keeps_its_budget() -> None:
    changes = [replace(UPDATE, address=Address(f"instance-number-{number}", "a")) for number in range(40)]
    many = replace(plan(*changes), rates={each.address.provider: 1 for each in changes})

    assert len(plan_markdown(many, SMALLEST)) <= SMALLEST
