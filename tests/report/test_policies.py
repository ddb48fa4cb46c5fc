"""What policies object to, in each of the forms of a plan."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.errors import Location
from reconciler.model.policy import Objection, Severity, Tried, Verdict
from reconciler.model.result import Result
from reconciler.report.junit import trials_junit
from reconciler.report.lines import plain
from reconciler.report.markdown import plan_markdown
from reconciler.report.text import render_plan, render_result, verdict
from reconciler.report.trials import what_went_wrong
from reconciler.report.webpage import plan_html
from tests.report import worlds

JUDGED = replace(worlds.plan(worlds.RELEASE), policies=worlds.OBJECTIONS)


def test_the_heaviest_stands_next_to_the_summary() -> None:
    assert plain(render_plan(JUDGED)).partition("Policies object:\n")[2] == (
        "\n"
        "  advisory mind: Mind.\n"
        "      policies/a.yaml:7\n"
        "\n"
        "  soft, overridden ask: Ask.\n"
        "      soc.new\n"
        "      policies/b.yaml:2\n"
        "\n"
        "  hard guard: cannot be evaluated: x\n"
        "      soc.new\n"
        "      policies/b.yaml:9\n"
        "\n"
        "  hard never: Cases are closed,\n"
        "  │ ::error::never deleted.\n"
        "      soc.gone\n"
        "      policies/a.yaml:2  https://wiki.acme.example/never\n"
        "\n"
        "Apply will refuse this plan.\n"
        "\n"
        "Plan: 0 to create, 0 to update, 0 to delete, 1 to release, 0 to import. 0 requests.\n"
    )


def test_of_many_cases_some_are_named() -> None:
    many = tuple(replace(worlds.OBJECTIONS[0], address=worlds.address(f"c{n}")) for n in range(10_000))

    text = plain(render_plan(replace(JUDGED, policies=many)))

    assert "soc.c19 and 9980 more" in text
    assert len(text) < 1000
    assert len(plan_markdown(replace(JUDGED, policies=many))) < 2000


def test_in_markdown_the_heaviest_stands_first_and_before_the_changes() -> None:
    text = plan_markdown(JUDGED)

    order = [
        "> Apply will refuse",
        "#### Policies object",
        "hard never",
        "hard guard",
        "soft",
        "mind",
        "#### Release",
    ]
    assert sorted(order, key=text.index) == order


def test_in_a_page_each_rule_is_a_point_of_a_list() -> None:
    page = "".join(plan_html(JUDGED))

    assert page.count("<li><strong>") == 4
    assert '<p class="caution">Apply will refuse this plan.</p>' in page
    assert "<strong>soft, overridden</strong> <code>ask</code>" in page
    assert not re.search(r"(?:src|href)=", page)


@pytest.mark.parametrize(
    ("objections", "said"),
    [
        ((), ""),
        (worlds.OBJECTIONS[:1], ""),
        (worlds.OBJECTIONS[2:3], ""),
        (worlds.OBJECTIONS[1:2], "Apply will refuse this plan."),
        (
            (Objection("a", Severity.SOFT, "m", Location("f")), Objection("b", Severity.SOFT, "m", Location("f"))),
            "Apply will refuse this plan unless it is given --override-policy a --override-policy b.",
        ),
    ],
)
def test_it_is_said_what_apply_will_do(objections: tuple[Objection, ...], said: str) -> None:
    assert verdict(objections) == said
    assert (said in plain(render_plan(replace(JUDGED, policies=objections)))) is True
    assert ("[!WARNING]" in plan_markdown(replace(JUDGED, policies=objections))) is bool(said)


def test_a_result_says_what_was_overridden() -> None:
    about_the_plan = replace(worlds.OBJECTIONS[2], rule="all", address=None)

    text = plain(render_result(Result((), overridden=(worlds.OBJECTIONS[2], about_the_plan))))

    assert text.endswith("\nOverridden: ask: Ask. (soc.new)\nOverridden: all: Ask.\n")


def test_a_failed_test_is_a_failure_in_junit() -> None:
    tried = Tried('"<&', "guard", Verdict.PASS, Verdict.DENY, Location("policies/a.yaml", 3))

    text = "".join(trials_junit([tried]))

    assert what_went_wrong(tried) == "expected pass, but the rule denies"
    assert 'name="&quot;&lt;&amp;"' in text
    assert '<failure type="wrong" message="expected pass, but the rule denies"/>' in text
