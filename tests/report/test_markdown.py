"""A plan as Markdown: what cannot be undone first, nothing of others active, never longer than its budget."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Action, Cause, Change, DriftReport, FieldChange
from reconciler.model.operation import Operation
from reconciler.report.markdown import SMALLEST, drift_markdown, plan_markdown
from tests.report import worlds
from tests.report.pages import outside_of_fences

ALL = replace(worlds.ONE_OF_EACH, warnings=("limits: more than allowed\n::error::owned",))


def updated(name: str, before: str = "low", after: str = "high") -> Change:
    return Change(
        worlds.address(name),
        "tines",
        Action.UPDATE,
        "42",
        fields=(FieldChange(("description",), before, after, Cause.DRIFT),),
        operations=(Operation("PUT", "/api/v2/cases/42", {"description": after}, "set description"),),
    )


def without_code(line: str) -> str:
    """Return what is more than shown: in <code> Markdown is read all the same, but for a block of HTML."""
    if line.startswith("<details"):
        return re.sub(r"<code>[^<>]*</code>", "", line)
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", line)


def test_a_case_is_a_block_with_its_fields_and_its_requests() -> None:
    assert plan_markdown(worlds.plan(worlds.UPDATE)).split("<sub>")[0] == (
        "### Plan for `acme`\n\n"
        "**Plan: 0 to create, 1 to update, 0 to delete, 0 to release, 0 to import. 2 requests.**\n\n"
        "#### Update (1)\n\n"
        "<details><summary><code>~ soc.phishing-wave</code> · id <code>42</code> · config + drift</summary>\n\n"
        "```diff\n"
        '+ metadata.region: "emea"  (config)\n'
        '! priority: "low" → "high"  (config)\n'
        "! tags  (both)\n"
        "+     q4\n"
        "-     triage\n"
        '  → PUT /api/v2/cases/42  {"priority":"high","add_tag_names":["q4"],"remove_tag_names":["triage"]}\n'
        '  → POST /api/v2/cases/42/metadata  {"metadata":{"region":"emea"}}\n'
        "```\n\n"
        "</details>\n\n"
    )


def test_what_cannot_be_undone_stands_first_and_is_open() -> None:
    lines = outside_of_fences(plan_markdown(ALL))

    assert [line for line in lines if line.startswith("####")] == [
        "#### Warnings",
        "#### Delete (1)",
        "#### Release (1)",
        "#### Update (2)",
        "#### Create (1)",
        "#### Import (1)",
        "#### Changed outside (2)",
    ]
    assert "> 1 case is deleted, which is for good." in lines
    assert [line for line in lines if "<details open>" in line] == [
        "<details open><summary><code>- soc.gone</code> · id <code>9</code> · config</summary>"
    ]


def test_a_plan_of_nothing_is_its_summary() -> None:
    text = plan_markdown(worlds.plan(unchanged=12))

    assert "**No changes. 12 cases match.**" in text
    assert "####" not in text


def test_drift_is_told_case_by_case() -> None:
    text = drift_markdown(DriftReport("acme", worlds.DRIFT, 3))

    assert "**Drift: 1 drifted, 1 missing, 3 clean.**" in text
    assert "<summary><code>- soc.missing</code> · id <code>13</code> · gone from the system</summary>" in text
    assert '! priority: "high" → "low"\n' in text


@pytest.mark.parametrize(
    "hostile",
    [
        "```\n# owned\n```",
        "`````` @everyone ``````",
        "</details><script>alert(1)</script>",
        "![x](https://evil.example/x.png)",
        "@acme/security-team #1 https://evil.example",
        "\x1b]8;;https://evil.example\x07click",
        "::error::owned\n##[group]owned",
        "a\u202eb\u200bc",
    ],
)
def test_text_of_others_is_in_fences_and_in_code_only(hostile: str) -> None:
    plan = worlds.plan(
        replace(updated("a", hostile, f"{hostile}\n{hostile}"), id=hostile, reason=hostile),
        workspace=hostile,
        warnings=(hostile,),
    )

    text = plan_markdown(plan)

    read = "\n".join(map(without_code, outside_of_fences(text)))
    assert not re.search(r"evil|owned|@|script|\x1b|\u202e|\u200b", read)
    assert not re.search(r"(?m)^\s*::|##\[|[\x1b\u202e\u200b]", text)


@given(
    changes=st.lists(worlds.CHANGES, max_size=4), budget=st.integers(SMALLEST, 3000), words=st.text(max_size=300)
)
def test_whatever_the_plan_the_budget_holds_and_fences_are_closed(
    changes: list[Change], budget: int, words: str
) -> None:
    text = plan_markdown(worlds.plan(*changes, warnings=(words,)), budget)

    assert len(text) <= budget
    outside_of_fences(text)


def test_whole_cases_are_cut_and_it_is_said_which() -> None:
    many = [updated(f"case-{n:03}", after="x" * 300) for n in range(50)]
    text = plan_markdown(worlds.plan(worlds.DELETE, *many, updated("z-short")), 5000)

    shown = text.count("<summary><code>~ ")
    assert 3 < shown < 51
    assert text.count("</details>") == text.count("<details") == shown + 1
    assert f"**Cut to fit: {51 - shown} to update.** The saved plan has all: `reconciler show PLANFILE`." in text
    assert "soc.gone" in text


def test_one_case_beyond_the_budget_leaves_room_for_the_next() -> None:
    text = plan_markdown(worlds.plan(updated("a", after="line\n" * 80 + "x" * 300), updated("b")), 1500)

    assert "soc.b</code>" in text
    assert "**Cut to fit: 1 to update.**" in text


def test_after_many_that_do_not_fit_no_further_one_is_tried() -> None:
    long = "line\n" * 80 + "x" * 300
    text = plan_markdown(worlds.plan(*(updated(f"a-{n:03}", after=long) for n in range(100)), updated("b")), 1500)

    assert "soc.b" not in text
    assert "**Cut to fit: 101 to update.**" in text


def test_a_long_warning_says_how_much_of_it_is_left_out() -> None:
    assert "\n  │ … (+7 characters)\n```" in plan_markdown(worlds.plan(warnings=("x" * 2007,)))


def test_ten_thousand_changed_cases_fit_in_time() -> None:
    plan = worlds.plan(*(updated(f"case-{n:05}", after=f"text {n}\n" * 20) for n in range(10_000)))

    begin = time.process_time()
    text = plan_markdown(plan)

    assert time.process_time() - begin < 5
    assert 50_000 < len(text) <= 60_000
    outside_of_fences(text)
