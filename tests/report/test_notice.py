"""Messages about drift: within what their receivers take, with nothing of others active, without values."""

from __future__ import annotations

import json

import pytest

from reconciler.model.change import Drift, DriftedField, DriftReport
from reconciler.model.redaction import redactor
from reconciler.report.notice import LARGEST_CARD, message
from tests.report import worlds

KINDS = ("slack", "teams", "webhook")


def many(cases: int, text: str) -> DriftReport:
    fields = tuple(DriftedField(("metadata", f"{text}{number}"), "was", "hidden value") for number in range(100))
    return DriftReport("acme", tuple(Drift(worlds.address(f"c{number}"), fields) for number in range(cases)))


@pytest.mark.parametrize("text", ["x" * 250, "\U0001f600" * 250, "\u202e" * 250, "<" * 250])
def test_a_message_is_never_too_large(text: str) -> None:
    report = many(300, text)

    assert len(message("teams", report, str)) <= LARGEST_CARD
    slack = json.loads(message("slack", report, str))
    assert all(len(block["text"]["text"]) <= 3000 for block in slack["blocks"])
    assert len(message("webhook", report, str)) < 10_000_000
    assert json.loads(message("webhook", report, str))["more"] == 200


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_and_no_secret_is_in_it(kind: str) -> None:
    sent = message(kind, many(2, 'hunter2"s '), redactor(['hunter2"s'])).decode()

    assert "hidden value" not in sent
    assert "hunter2" not in sent
    assert "(secret)" in sent


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_hostile_is_shown(kind: str) -> None:
    sent = json.dumps(json.loads(message(kind, many(1, "\x1b[2J##[error]"), str)), ensure_ascii=False)

    assert "##[error]" not in sent or kind == "webhook"
    assert "\x1b" not in sent


def test_a_case_that_is_gone_is_told_and_the_rest_counted() -> None:
    gone = tuple(Drift(worlds.address(f"c{number}"), missing=True) for number in range(25))
    text = message("slack", DriftReport("acme", gone), str).decode()

    assert "soc.c0: gone from the system" in text
    assert "and 5 more cases" in text
