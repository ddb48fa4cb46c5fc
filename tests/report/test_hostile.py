from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.hostile import inert_json, inline, visible

ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)
RUNNER = re.compile(r"##\w*\[")
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=())) | st.text(
    alphabet="#[vso]:\x1b\u200b\u202e\n\r\t a"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, äöü, 日本語, 🎣", "plain text, äöü, 日本語, 🎣"),
        ("\x1b]0;owned\x07", r"\u{1b}]0;owned\u{7}"),
        ("\x1b[2J\x1b[H", r"\u{1b}[2J\u{1b}[H"),
        ("a\rb", r"a\u{d}b"),
        ("\x9b31m", r"\u{9b}31m"),
        ("\x7f", r"\u{7f}"),
        ("vip\u200b", r"vip\u{200b}"),
        ("\u202egpj.exe", r"\u{202e}gpj.exe"),
        ("\u2066x\u2069", r"\u{2066}x\u{2069}"),
        ("a\u2028b\u2029c", r"a\u{2028}b\u{2029}c"),
        ("\ufeffname", r"\u{feff}name"),
        ("\U000e0041\U000e007f", r"\u{e0041}\u{e007f}"),
        ("\udc80", r"\u{dc80}"),
        ("\ue000", r"\u{e000}"),
        ("\u3164", r"\u{3164}"),
        ("⚠\ufe0f alert", "⚠\ufe0f alert"),
        ("vip\ufe0f", r"vip\u{fe0f}"),
        ("##[add-mask]a", r"##\u{5b}add-mask]a"),
        ("x ##vso[task.setvariable]y", r"x ##vso\u{5b}task.setvariable]y"),
        ("##teamcity[x]", r"##teamcity\u{5b}x]"),
        ("# [link]", "# [link]"),
        ("###[x]", r"###\u{5b}x]"),
        ("##\u202e[x]", r"##\u{202e}[x]"),
        (
            "Adversary: \x1b]8;;https://evil.example\x1b\\Bad Guy",
            r"Adversary: \u{1b}]8;;https://evil.example\u{1b}\Bad Guy",
        ),
        ("jane\u00ad@acme.example", r"jane\u{ad}@acme.example"),
        ("note\x85second line", r"note\u{85}second line"),
        ("\u2800first\uffa0", r"\u{2800}first\u{ffa0}"),
    ],
)
def test_hostile_characters_become_visible_and_all_others_stay(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert inline(text) == shown


def test_line_feeds_and_tabs_stay_in_text_of_several_lines_only() -> None:
    assert visible("a\n\tb") == "a\n\tb"
    assert inline("a\n\tb") == r"a⏎\u{9}b"


def test_a_long_value_is_cut_and_says_how_much_is_missing() -> None:
    assert inline("a" * 12, 10) == "a" * 10 + "… (+2 characters)"
    assert inline("a" * 10, 10) == "a" * 10


@given(ANY_TEXT)
def test_no_text_at_all_stays_active(text: str) -> None:
    for shown in (visible(text), inline(text), inline(text, 5)):
        assert not ACTIVE.search(shown)
        assert not RUNNER.search(shown)
        assert all(unicodedata.category(c) not in {"Cf", "Cs", "Zl", "Zp"} for c in shown)


@given(ANY_TEXT)
def test_what_is_harmless_is_not_changed_again(text: str) -> None:
    assert inline(inline(text)) == inline(text)


@given(ANY_TEXT)
def test_json_keeps_its_meaning_and_becomes_harmless(text: str) -> None:
    written = inert_json(json.dumps([text], ensure_ascii=False))

    assert json.loads(written) == [text]
    assert not ACTIVE.search(written)
    assert not RUNNER.search(written)
