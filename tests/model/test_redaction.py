from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest

from reconciler.model.redaction import MASK, redactor

TOKEN = 'to/ken+"ä b&c=='
MULTILINE = "-----BEGIN KEY-----\nMIIE/abc+def==\n-----END KEY-----"


@pytest.mark.parametrize("secret", [TOKEN, MULTILINE, "simple-token-1234", "pass<word>?"])
@pytest.mark.parametrize(
    "form",
    [
        str,
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: re.sub("%..", lambda escape: escape[0].lower(), quote(secret, safe="")),
        html.escape,
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(json.dumps(secret)[1:-1]),
        lambda secret: " ".join(secret.split()),
        repr,
        lambda secret: repr(secret.encode())[1:],
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_masked_in_every_form(secret: str, form: object) -> None:
    assert callable(form)
    shown = str(form(secret))
    masked = redactor([secret])(f"before {shown} after")

    assert masked.replace('"', "").replace("'", "") in {
        f"before {MASK} after",
        f"before {MASK}= after",
        f"before {MASK}== after",
    }


@pytest.mark.parametrize("user", ["", "u", "us", "usr", "user"])
def test_a_secret_inside_longer_base64_is_masked(user: str) -> None:
    secret = "correct-horse-battery"
    encoded = base64.b64encode(f"{user}:{secret}:tail".encode()).decode()
    masked = redactor([secret])(f"Basic {encoded}")

    assert MASK in masked
    left = masked.removeprefix("Basic ").split(MASK)
    assert sum(len(part) for part in left) <= len(encoded) - len(secret)


def test_of_two_secrets_that_begin_alike_both_vanish_whole() -> None:
    assert redactor(["abcd", "abcdefgh"])("abcdefgh abcd") == f"{MASK} {MASK}"


@pytest.mark.parametrize("secrets", [[], [""], ["abc"], ["", "no"]])
def test_what_is_too_short_to_be_a_secret_is_left_alone(secrets: list[str]) -> None:
    assert redactor(secrets)("abc no secret") == "abc no secret"


def test_a_secret_is_text_and_no_pattern() -> None:
    mask = redactor(["a.*b(", "[x]y"])

    assert mask("aXXb( a.*b( [x]y xy") == f"aXXb( {MASK} {MASK} xy"


def test_each_long_line_of_a_secret_is_masked() -> None:
    assert redactor([MULTILINE])("+ -----BEGIN KEY-----\n+ -----END KEY-----") == f"+ {MASK}\n+ {MASK}"


def test_a_secret_is_masked_as_it_is_written_where_it_is_shown() -> None:
    mask = redactor(["pass\u200bword"], lambda secret: (secret.replace("\u200b", "<200b>"), "no"))

    assert mask("no pass<200b>word, no pass\u200bword") == f"no {MASK}, no {MASK}"


@pytest.mark.parametrize("left", range(8, 20))
def test_what_is_left_of_a_secret_where_a_text_was_cut_is_masked(left: int) -> None:
    mask = redactor(["hunter22-hunter22-xy", "another-one"])

    assert (
        mask(f'"see {"hunter22-hunter22-xy"[:left]}… (+9 characters) … x') == f'"see {MASK}… (+9 characters) … x'
    )


@pytest.mark.parametrize("text", ["see hunter2… (+9)", "hunter22 and … more", "hunter22", "Reading soc …"])
def test_what_only_looks_like_the_beginning_of_a_secret_stays(text: str) -> None:
    assert redactor(["hunter22-hunter22-xy"])(text) == text
