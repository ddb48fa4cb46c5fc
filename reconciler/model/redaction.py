"""
Masking secrets in text that a person will read: every way in which one may come back in a message.

    as it is · percent-encoded · base64, at any of the three offsets · escaped for JSON, once or twice, or HTML, or
    as Python does · on one line · line by line · as far as it stands before a cut
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "(secret)"

SHORTEST: Final = 4
"""Characters; masking shorter text would garble every message and hide nothing."""

CUT: Final = "…"
"""What stands where a long text was cut."""

_SHORTEST_START: Final = 8
"""Characters with which a secret begins, below which they may stand before a cut by chance."""

_SHORTEST_LINE: Final = 16
"""Characters of one line of a secret below which it may stand in any text by chance."""

_SHORTEST_BASE64: Final = 8
"""Characters of a cut base64 form below which it may stand in any text by chance."""


def _nothing(_: str) -> tuple[str, ...]:
    return ()


def redactor(secrets: Iterable[str], written: Callable[[str], Iterable[str]] = _nothing) -> Callable[[str], str]:
    """
    Return a function that masks these secrets in a text; `written` says how else one may be written there.

    >>> redactor(["hunter22"])("the token hunter22 was refused")
    'the token (secret) was refused'
    """
    long = [secret for secret in secrets if len(secret) >= SHORTEST]
    found = {form for secret in long for form in (*_forms(secret), *written(secret)) if len(form) >= SHORTEST}
    if not found:
        return str
    # The longest first: of two secrets of which one begins the other, both vanish whole.
    pattern = re.compile("|".join(re.escape(form) for form in sorted(found, key=lambda form: (-len(form), form))))
    begun = sorted({form for secret in long for form in (secret, *written(secret)) if len(form) > _SHORTEST_START})

    def masked(text: str) -> str:
        text = pattern.sub(MASK, text)
        return _without_beginnings(text, begun) if CUT in text else text

    return masked


def _without_beginnings(text: str, forms: Sequence[str]) -> str:
    """Mask what is left of a secret where a long text was cut."""
    *cut, last = text.split(CUT)
    return CUT.join((*(_without_beginning(part, forms) for part in cut), last))


def _without_beginning(text: str, forms: Sequence[str]) -> str:
    for form in forms:
        start = max(len(text) - len(form), 0)
        while (start := text.find(form[:_SHORTEST_START], start)) >= 0:
            if form.startswith(text[start:]):
                return text[:start] + MASK
            start += 1
    return text


def _forms(secret: str) -> Iterator[str]:
    forms = {
        secret,
        " ".join(secret.split()),
        html.escape(secret),
        *_json_escaped(secret),
        *(twice for once in _json_escaped(secret) for twice in _json_escaped(once)),
        repr(secret)[1:-1],
        repr(secret.encode("utf-8", "surrogatepass"))[2:-1],
        *(line for line in secret.splitlines() if len(line) >= _SHORTEST_LINE),
        *_percent_encoded(secret),
        *_base64_encoded(secret.encode("utf-8", "surrogatepass")),
    }
    yield from forms


def _json_escaped(secret: str) -> Iterator[str]:
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]


def _percent_encoded(secret: str) -> Iterator[str]:
    for encode in (quote, quote_plus):
        for safe in ("", "/"):
            form = encode(secret, safe=safe, errors="surrogatepass")
            yield form
            yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), form)


def _base64_encoded(secret: bytes) -> Iterator[str]:
    """Yield what of the secret is certain inside longer base64, such as that of Basic authentication."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret).decode()
        yield encode(secret).decode().rstrip("=")
        for offset in range(3):
            padded = encode(bytes(offset) + secret).decode()
            first = (offset * 8 + 5) // 6
            last = (offset + len(secret)) * 8 // 6
            if last - first >= _SHORTEST_BASE64:
                yield padded[first:last]
