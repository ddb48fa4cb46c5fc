from __future__ import annotations

import json

import pytest

from reconciler.engine.answers import hint_for, parse_answer, safe_text, vendor_words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"errors":[{"message":"Name is empty","details":"name"}]}', "Name is empty: name"),
        ('{"errors":[{"message":"a"},{"message":"b"}]}', "a; b"),
        ('{"errors":["a","b","a"]}', "a; b"),
        ('{"errors":{"name":["can\'t be blank"]}}', '{"name": ["can\'t be blank"]}'),
        ('{"error":"Invalid metadata"}', "Invalid metadata"),
        ('{"error":{"message":"deep"}}', "deep"),
        ('{"message":"Not here","status":404}', "Not here"),
        ('{"message":"","detail":"why"}', "why"),
        ('{"status":"odd"}', '{"status": "odd"}'),
        ('[{"message":"a","details":null},{"message":"b"}]', "a; b"),
        ('["Validation failed: x"]', "Validation failed: x"),
        ('"just a string"', "just a string"),
        ("tenant does not have access", "tenant does not have access"),
        ("<html><head><title>Sign &amp; in</title></head><body>x</body></html>", "Sign & in"),
        ("<h1>Bad <b>gateway</b></h1><script>alert(1)</script><!-- no -->", "Bad gateway"),
        ("<title> </title>\n<p>text</p>", "text"),
        ("  two\n\n lines\t", "two lines"),
        ("red \x1b[31m\x00\x9b bidi \u202e zero\u200bwidth", "red [31m bidi zero width"),
        ("", ""),
        ("{}", ""),
        ("null", ""),
        ("[null, {}]", ""),
        ("3", "3"),
        ('{"errors":[', '{"errors":['),
        ("[" * 5000, "[" * 499 + "…"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_an_error_is_said_in_the_systems_words(body: str, words: str) -> None:
    assert vendor_words(body) == words


def test_html_is_known_by_its_content_type_too() -> None:
    assert vendor_words("plain &lt;start <b>of</b> it", "text/HTML; charset=utf-8") == "plain <start of it"


def test_words_are_cut() -> None:
    assert len(vendor_words(json.dumps({"message": "long " * 1000}))) == 500
    assert len(vendor_words("x" * 1_000_000)) == 500


def test_a_secret_is_masked_before_words_are_cut_or_folded() -> None:
    def redact(text: str) -> str:
        return text.replace("se\ncret", "***").replace("se cret", "***")

    body = json.dumps(["x" * 495 + "se\ncret"])
    assert vendor_words(body, redact=redact) == "x" * 495 + "***"
    assert safe_text("se\u200bcret", 100, redact) == "***"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "it is empty"),
        (b"  \n", "it is empty"),
        (b"<html>", "not valid JSON"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": NaN}', "NaN is no JSON value"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "the key 'b' stands there twice"),
        (b'{"a": -Infinity}', "-Infinity is no JSON value"),
        (b'{"a": 1e400}', "the number 1e400 is too large"),
        (b'{"a": ' + b"1" * 5000 + b"}", "limit"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"null", "it is no object and no array"),
        (b'"text"', "it is no object and no array"),
        (b"3", "it is no object and no array"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_an_unusable_answer_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_answer(body)


@pytest.mark.parametrize("value", [{}, [], {"a": [1, 1.5, None, "é"]}])
def test_objects_and_arrays_are_read(value: object) -> None:
    assert parse_answer(json.dumps(value).encode()) == value


@pytest.mark.parametrize("value", [{}, [], {"a": [1, 1.5, None, "é 🎣"]}])
def test_an_answer_may_be_in_one_string(value: object) -> None:
    wrapped = json.dumps(json.dumps(value)).encode()

    assert parse_answer(wrapped, in_string=True) == value
    assert parse_answer(json.dumps(value).encode(), in_string=True) == value
    with pytest.raises(ValueError, match="it is no object and no array"):
        parse_answer(wrapped)


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (json.dumps("{}"), "it is no object and no array"),
        ("", "not valid JSON"),
        ("text", "not valid JSON"),
        ("3", "it is no object and no array"),
        ("null", "it is no object and no array"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ("[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_an_answer_is_in_one_string_and_no_more(inner: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_answer(json.dumps(inner).encode(), in_string=True)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "do not open the system's cases"),
        (403, "give their role access"),
        (404, "may not see it"),
        (429, "requests_per_minute of provider soc"),
        (503, "run the same command again later"),
        (599, "run the same command again later"),
    ],
)
def test_a_status_has_its_hint(status: int, said: str) -> None:
    assert said in str(hint_for(status, "soc"))


def test_a_refusal_of_the_content_needs_no_hint() -> None:
    assert hint_for(422, "soc") is None
