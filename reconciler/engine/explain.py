"""What went wrong with a request, in words, as one of our errors, and without secrets."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from reconciler.engine.answers import hint_for, safe_text, vendor_words
from reconciler.engine.surroundings import NEVER_SENT, UnusableBody, root_of
from reconciler.errors import ApiError, NotFound, NotSent, OutcomeUnknown, ProtocolError, RateLimited, Refused

SKEW: Final = 240.0
"""Seconds between our clock and theirs from which on a refused request may be due to it."""


class Explain(httpx.BaseTransport):
    """Lets answers with a 2xx status through, and turns everything else into an ApiError in words."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        name: str,
        redact: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._inner = inner
        self._name = name
        self._redact = redact
        self._now = now

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return an answer with a 2xx status; raises ApiError."""
        try:
            response = self._inner.handle_request(request)
        except httpx.RequestError as error:
            raise self._failure(error, request) from error
        if not response.is_success:
            raise self._refusal(response, request)
        return response

    def close(self) -> None:
        """Close what is beneath."""
        self._inner.close()

    def _failure(self, error: Exception, request: httpx.Request) -> ApiError:
        what = self._what(request)
        # httpx quotes the offending header in a LocalProtocolError, escaped past any masking
        words = "the request cannot be formed" if isinstance(error, httpx.LocalProtocolError) else str(error)
        reason = safe_text(words or type(error).__name__, 300, self._redact)
        root = root_of(error)
        if isinstance(root, ssl.SSLCertVerificationError):
            return NotSent(
                f"{what}: the certificate of {request.url.host} is not trusted: "
                f"{safe_text(root.verify_message, 200)}; nothing was sent",
                hint="Check `url`; a certificate authority of your own is named by SSL_CERT_FILE.",
            )
        if isinstance(error, NEVER_SENT):
            return NotSent(
                f"{what}: {request.url.host} cannot be reached: {reason}; nothing was sent",
                hint=f"Check `url` of provider {self._name}, the network and the proxy.",
            )
        if isinstance(error, UnusableBody):
            return ProtocolError(f"{what}: {reason}", hint=_DOUBT)
        return OutcomeUnknown(f"{what}: no answer: {reason}{_open_end(request)}", hint=hint_for(500, self._name))

    def _refusal(self, response: httpx.Response, request: httpx.Request) -> ApiError:
        status = response.status_code
        if status < HTTPStatus.BAD_REQUEST:
            return self._redirect(response, request)
        words = vendor_words(_text(response), response.headers.get("content-type", ""), redact=self._redact)
        message = f"{self._what(request)}: {status} {words or _phrase(status)}"
        hint = self._skew(response) or hint_for(status, self._name)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and request.method != "GET":
            return OutcomeUnknown(message + _open_end(request), hint=hint)
        return _KINDS.get(status, Refused)(message, status=status, hint=hint)

    def _skew(self, response: httpx.Response) -> str | None:
        """Return the hint that this machine's clock is wrong, where a refused signature may come from that."""
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            return None
        with suppress(ValueError, TypeError, OverflowError):
            theirs = parsedate_to_datetime(response.headers.get("date", ""))
            ahead = (self._now() - theirs).total_seconds()
            if abs(ahead) >= SKEW:
                side = "ahead of" if ahead > 0 else "behind"
                return (
                    f"The clock of this machine is {abs(ahead) / 60:.0f} minutes {side} that of the system, "
                    "and signed requests are valid for a few minutes only; set it, best by NTP."
                )
        return None

    def _redirect(self, response: httpx.Response, request: httpx.Request) -> ApiError:
        location = response.headers.get("location", "")
        target = _host(location) or request.url.host
        where = (
            f"redirects to {safe_text(target, 100, self._redact)}" if location else "is no answer to this request"
        )
        return ProtocolError(
            f"{self._what(request)}: {response.status_code} {where}; redirects are not followed, "
            "and no credentials were sent there",
            hint=f"Set `url` of provider {self._name} to the address that answers itself.",
        )

    def _what(self, request: httpx.Request) -> str:
        return f"{request.method} {safe_text(request.url.path, 200, self._redact)}"


_DOUBT: Final = "Check `url`: something other than the system's interface seems to answer there."
_KINDS: Final[Mapping[int, type[Refused]]] = {404: NotFound, 410: NotFound, 429: RateLimited}


def _open_end(request: httpx.Request) -> str:
    return "" if request.method == "GET" else "; it may have been executed"


def _text(response: httpx.Response) -> str:
    return response.content.decode("utf-8", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "without a word"


def _host(location: str) -> str | None:
    try:
        return urlsplit(location).hostname
    except ValueError:
        return None
