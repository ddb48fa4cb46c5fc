"""
What an answer says: its error in the vendor's words, its content as strict JSON, and what to do about a status.

All of it was written by somebody else: it is cut short, put on one line and freed of what a terminal would obey.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final

from reconciler.model.strict import strict_json

LONGEST_WORDS: Final = 500
"""Characters of a vendor's message that are shown."""

LONGEST_SAMPLE: Final = 200
"""Characters of an unreadable answer that are shown."""

LOOKED_AT: Final = 64 * 1024
"""Characters of an error body that are read; no message worth showing starts later."""

_TITLE: Final = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
_UNSEEN: Final = re.compile(r"<(script|style)\b.*?(?:</\1[^>]*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")

_WORDY: Final = ("errors", "error", "message", "details", "detail", "error_description", "title")
"""Where systems put their words: in an object, in an array under `errors`, in a bare array of such or of texts."""


def safe_text(text: str, limit: int, redact: Callable[[str], str] = str) -> str:
    """Return text on one line, cut to `limit`, without control or invisible characters, secrets masked."""
    visible = "".join(char if char.isprintable() else " " for char in redact(text))
    # Again, since a secret may have been broken up by what is gone now.
    folded = redact(" ".join(visible.split()))
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def vendor_words(body: str, content_type: str = "", *, redact: Callable[[str], str] = str) -> str:
    """
    Return what an error body says, whatever its shape; at most 500 characters, empty if it says nothing.

    >>> vendor_words('{"errors": [{"message": "Name is empty", "details": "name"}]}')
    'Name is empty: name'
    """
    text = body[:LOOKED_AT]
    if "html" in content_type.lower() or text.lstrip()[:1] == "<":
        return safe_text(_words_of_html(text), LONGEST_WORDS, redact)
    try:
        words = _joined(_words_of_json(json.loads(text)))
    except (ValueError, RecursionError):
        words = text
    return safe_text(words, LONGEST_WORDS, redact)


def _words_of_html(text: str) -> str:
    title = _TITLE.search(text)
    if title and title[1].strip():
        return html.unescape(title[1])
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text)))


def _words_of_json(data: Any) -> Iterator[str]:
    match data:
        case None | "":
            return
        case str():
            yield data
        case list():
            for item in data:
                yield from _words_of_json(item)
        case dict():
            yield from _words_of_object(data)
        case _:
            yield json.dumps(data)


def _words_of_object(data: dict[str, Any]) -> Iterator[str]:
    said = [words for key in _WORDY if (words := _joined(_words_of_json(data.get(key))))]
    if said:
        yield ": ".join(said)
    elif data:
        yield json.dumps(data, ensure_ascii=False)


def _joined(words: Iterator[str]) -> str:
    """Join what was said, each thing once."""
    return "; ".join(dict.fromkeys(words))


def hint_for(status: int, name: str) -> str | None:
    """Return what to do about an HTTP status of the provider instance `name`."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return (
                f"Check the credentials of provider {name}: they were refused, "
                "or they do not open the system's cases."
            )
        case HTTPStatus.FORBIDDEN:
            return f"The credentials of provider {name} may not do this; give their role access."
        case HTTPStatus.NOT_FOUND:
            return f"It does not exist, or the credentials of provider {name} may not see it."
        case HTTPStatus.TOO_MANY_REQUESTS:
            return f"Lower requests_per_minute of provider {name}, or run the same command again later."
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "The system has trouble; run the same command again later."
        case _:
            return None


def parse_answer(body: bytes, *, in_string: bool = False) -> Any:
    """
    Return the object or array that an answer holds; with `in_string`, it may be in one JSON string.

    Strict, because what is let through is compared and stored: no NaN, no infinity, no byte order mark, no key
    that stands twice, nothing but an object or an array. Raises ValueError saying what is wrong.
    """
    if not body.strip():
        raise ValueError("it is empty")
    try:
        data = strict_json(body.decode(), unique=True)
        if in_string and isinstance(data, str):
            data = strict_json(data, unique=True)
    except UnicodeDecodeError:
        raise ValueError("it is not valid UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not valid JSON ({error.msg})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(data, dict | list):
        raise ValueError("it is no object and no array")  # noqa: TRY004 (one kind of error)
    return data
