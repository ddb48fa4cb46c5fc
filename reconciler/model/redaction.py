"""
Masking secrets in text that a person will read: every way in which one may come back in a message.

    as it is · percent-encoded · base64, at any of the three offsets · escaped for JSON or HTML · on one line
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "(secret)"

SHORTEST: Final = 4
"""Characters; masking shorter text would garble every message and hide nothing."""

_SHORTEST_BASE64: Final = 8
"""Characters of a cut base64 form below which it may stand in any text by chance."""


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """
    Return a function that masks these secrets in a text.

    >>> redactor(["hunter22"])("the token hunter22 was refused")
    'the token (secret) was refused'
    """
    found = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    if not found:
        return str
    # The longest first: of two secrets of which one begins the other, both vanish whole.
    pattern = re.compile("|".join(re.escape(form) for form in sorted(found, key=lambda form: (-len(form), form))))
    return lambda text: pattern.sub(MASK, text)


def _forms(secret: str) -> Iterator[str]:
    forms = {
        secret,
        " ".join(secret.split()),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *_percent_encoded(secret),
        *_base64_encoded(secret.encode("utf-8", "surrogatepass")),
    }
    return (form for form in forms if len(form) >= SHORTEST)


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
