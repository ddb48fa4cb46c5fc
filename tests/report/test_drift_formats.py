"""Drift for other programs: findings (SARIF), tests (JUnit) and gauges (Prometheus)."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import Location
from reconciler.model.change import Drift, DriftedField, DriftReport, Edit
from reconciler.model.redaction import redactor
from reconciler.report.hostile import ways
from reconciler.report.junit import drift_junit
from reconciler.report.prometheus import drift_metrics
from reconciler.report.sarif import MOST, drift_sarif
from tests.report import worlds

PRIORITY = DriftedField(("priority",), "high", "low", Location("cases/a b.yaml", 4, 15))
DRIFTED = Drift(worlds.address("a"), (PRIORITY,), source=Location("cases/a b.yaml", 2, 3))
MISSING = Drift(worlds.address("z"), missing=True, source=Location("reconciler.yaml", 4, 3))
CHECKED = tuple(map(worlds.address, "abz"))
REPORT = DriftReport("acme", (DRIFTED, MISSING), 1, CHECKED)
HOSTILE = [
    "\x00\x1b[2J\x07\x0b\ufffe\ud800\u202e",
    "<![CDATA[ ]]> <!-- & \"' </failure><testcase/>",
    "[click](https://evil.example) {0} \\[x]",
    "##[add-mask]x\n::error::owned",
]


def sarif(report: DriftReport) -> Any:
    (run,) = json.loads("".join(drift_sarif(report)))["runs"]
    return run


def junit(report: DriftReport) -> ET.Element:
    return ET.fromstring("".join(drift_junit(report)))  # noqa: S314 (we made it)


def with_live(text: str) -> DriftReport:
    return DriftReport("acme", (replace(DRIFTED, fields=(replace(PRIORITY, live=text),)),), 0, CHECKED[:1])


def test_each_field_is_a_finding_at_its_place_and_what_is_missing_stands_first() -> None:
    run = sarif(REPORT)

    assert [(found["ruleId"], found["level"], found["message"]["text"]) for found in run["results"]] == [
        ("missing-case", "error", "soc.z is gone from the system."),
        (
            "drifted-field",
            "warning",
            'soc.a: priority was changed outside of reconciler.\n~ priority: "high" → "low"',
        ),
    ]
    assert [found["locations"][0]["physicalLocation"] for found in run["results"]] == [
        {
            "artifactLocation": {"uri": "reconciler.yaml"},
            "region": {"startLine": 4, "startColumn": 3},
        },
        {
            "artifactLocation": {"uri": "cases/a%20b.yaml"},
            "region": {"startLine": 4, "startColumn": 15},
        },
    ]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"missing-case", "drifted-field"}


def test_a_finding_tells_who_changed_it_and_when_even_where_the_value_is_cut() -> None:
    field = replace(PRIORITY, live="x" * 5000, edit=Edit("ann@acme.example", "2026-01-02T03:04:05Z"))
    (found,) = sarif(DriftReport("acme", (replace(DRIFTED, fields=(field,)),)))["results"]

    assert "\nchanged by ann@acme.example at 2026-01-02T03:04:05Z\n~ priority" in found["message"]["text"]


def test_a_finding_keeps_its_fingerprint_when_its_line_and_value_change() -> None:
    moved = replace(PRIORITY, live="critical", source=Location("cases/other.yaml", 99, 1))
    other = replace(PRIORITY, path=("status",))
    report = DriftReport("acme", (replace(DRIFTED, fields=(PRIORITY, moved, other)),))

    first, second, third = (found["partialFingerprints"] for found in sarif(report)["results"])

    assert first == second != third


def test_no_more_findings_than_code_scanning_keeps_and_the_rest_is_counted() -> None:
    fields = tuple(DriftedField(("metadata", str(number)), "a", "b") for number in range(MOST + 7))
    run = sarif(DriftReport("acme", (replace(DRIFTED, fields=fields), MISSING)))

    assert len(run["results"]) == MOST
    assert run["results"][0]["ruleId"] == "missing-case"
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "8 more findings were left out."
    assert "locations" not in run["results"][1]


def test_each_case_is_a_test_that_fails_if_it_has_drifted() -> None:
    suite = junit(REPORT).find("testsuite")

    assert suite is not None
    assert {name: suite.get(name) for name in ("name", "tests", "failures", "errors")} == {
        "name": "acme",
        "tests": "3",
        "failures": "2",
        "errors": "0",
    }
    cases = {case.get("name"): case for case in suite}
    assert [case.get("classname") for case in suite] == ["soc"] * 3
    assert list(cases["soc.b"]) == []
    assert [(item.get("type"), item.get("message")) for item in suite.iter("failure")] == [
        ("drifted", "1 field was changed outside of reconciler"),
        ("missing", "gone from the system"),
    ]
    assert (cases["soc.a"].get("file"), cases["soc.a"].get("line")) == ("cases/a b.yaml", "2")
    assert '~ priority: "high" → "low"' in (cases["soc.a"][0].text or "")


def test_gauges_count_each_case_once_without_a_time_or_a_case() -> None:
    text = "".join(drift_metrics(REPORT, now=1_700_000_000.9))

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'reconciler_drift_cases{workspace="acme",provider="soc",kind="drifted"} 1',
        'reconciler_drift_cases{workspace="acme",provider="soc",kind="missing"} 1',
        'reconciler_drift_cases{workspace="acme",provider="soc",kind="as_before"} 0',
        'reconciler_drift_cases{workspace="acme",provider="soc",kind="waived"} 0',
        'reconciler_drift_cases{workspace="acme",provider="soc",kind="clean"} 1',
        'reconciler_drift_fields{workspace="acme",provider="soc"} 1',
        'reconciler_last_run_timestamp_seconds{workspace="acme"} 1700000000',
        'reconciler_last_success_timestamp_seconds{workspace="acme"} 1700000000',
    ]
    types = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    assert all(kind == "gauge" and not name.endswith("_total") for name, kind in types)
    assert len(types) == len(re.findall(r"^# HELP ", text, re.MULTILINE)) == 4


def test_labels_are_escaped() -> None:
    text = "".join(drift_metrics(DriftReport('a"\\\n{x}', ()), now=0))

    assert 'reconciler_last_run_timestamp_seconds{workspace="a\\"\\\\⏎{x}"} 0\n' in text


def test_a_case_whose_place_nobody_knows_is_told_all_the_same() -> None:
    report = DriftReport("acme", worlds.DRIFT)

    assert len(list(junit(report).iter("failure"))) == len(worlds.DRIFT)
    assert not any("locations" in result for result in sarif(report)["results"])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_inert(text: str) -> None:
    report = with_live(text)
    as_sarif, as_junit = "".join(drift_sarif(report)), "".join(drift_junit(report))

    for written in (as_sarif, as_junit):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ufffe\ud800]", written)
        assert not re.search(r"##\w*\[|^\s*::", written, re.MULTILINE)
    assert [element.tag for element in junit(report).iter()] == ["testsuites", "testsuite", "testcase", "failure"]
    message = sarif(report)["results"][0]["message"]["text"]
    assert not re.search(r"(?<!\\)(\\\\)*[\[\]]|(?<!\{)(\{\{)*\{(?!\{)", message)


def test_a_long_value_is_cut() -> None:
    report = with_live("x " * 100_000)

    assert len("".join(drift_sarif(report))) < 5000
    assert len("".join(drift_junit(report))) < 25_000


@pytest.mark.parametrize("secret", ["hunter2{x}[y]\\z", "p<ss>w&rd\"'"])
def test_a_secret_is_masked_in_each_form(secret: str) -> None:
    redact = redactor([secret], ways)
    report = with_live(f"token {secret} leaked")

    for pieces in (drift_sarif(report), drift_junit(report)):
        written = "".join(map(redact, pieces))
        assert "(secret)" in written
        assert secret[:7] not in written
