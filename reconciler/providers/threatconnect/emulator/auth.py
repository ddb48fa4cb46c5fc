"""
How the emulated instance knows its API user: a token, or an HMAC over what was really sent.

    Authorization: TC-Token <token>
    Authorization: TC <access id>:<signature>      with Timestamp: <unix seconds>, not 5 minutes off

    signature = base64(HMAC-SHA256(secret key, "<path?query as sent>:<METHOD>:<timestamp>"))

Nothing, or nothing it knows, is 403; something that is wrong is 401 (ThreatConnect: Quick Start, Common Errors).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.providers.emulation import Refused

if TYPE_CHECKING:
    from reconciler.providers.emulation import Call

_TOLERANCE = 300.0  # seconds
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What the API user may show: a token, or an access id with signatures made with its secret key."""

    token: str
    access_id: str
    secret_key: str


def verify(call: Call, credentials: Credentials, now: datetime) -> None:
    """Raise `Refused`, 401 or 403, for a call that does not come from the API user."""
    address = urlsplit(call.origin)
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise Refused(HTTPStatus.FORBIDDEN, "HTTPS is required.")
    scheme, _, shown = call.headers.get("authorization", "").partition(" ")
    match scheme:
        case "TC-Token":
            _verify_token(shown, credentials)
        case "TC":
            _verify_signature(call, shown, credentials, now)
        case _:
            raise Refused(HTTPStatus.FORBIDDEN, "No supported authentication was given.")


def _verify_token(shown: str, credentials: Credentials) -> None:
    if not _same(shown, credentials.token):
        raise _unauthorized("Unauthorized: the token is unknown or expired.")


def _verify_signature(call: Call, shown: str, credentials: Credentials, now: datetime) -> None:
    access_id, _, signature = shown.partition(":")
    timestamp = call.headers.get("timestamp", "")
    if not _same(access_id, credentials.access_id):
        raise _unauthorized("Access denied.")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(now.timestamp() - int(timestamp)) > _TOLERANCE:
        raise _unauthorized("Timestamp out of acceptable time range.")
    if not _same(signature, _signature(credentials.secret_key, f"{call.target}:{call.method}:{timestamp}")):
        raise _unauthorized("Signature data did not match expected result.")


def _signature(secret_key: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _same(shown: str, expected: str) -> bool:
    return hmac.compare_digest(shown.encode(), expected.encode())


def _unauthorized(message: str) -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, message)
