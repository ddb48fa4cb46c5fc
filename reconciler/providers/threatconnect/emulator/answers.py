"""How the emulated instance words an answer: the envelope of one thing, of a deletion, of a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Refused, Reply

MISMATCHED = "0x2002"
"""The errCode of items that cannot belong together."""

MISSING = "0x2003"
"""The errCode of required data that is missing."""

IMPROPER = "0x2005"
"""The errCode of a request that does not match the expected format."""

_CODES: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "0x1001",
    HTTPStatus.UNAUTHORIZED: "0x1002",
    HTTPStatus.FORBIDDEN: "0x1003",
    HTTPStatus.NOT_FOUND: "0x1004",
    HTTPStatus.METHOD_NOT_ALLOWED: "0x1005",
    HTTPStatus.CONFLICT: "0x1006",
}


def stamp(moment: datetime) -> str:
    """Write a timestamp: whole seconds, UTC."""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def one(shown: Mapping[str, Any], message: str | None = None) -> Reply:
    """Answer with one thing; a write says "Created", with 201, or "Updated"."""
    status = HTTPStatus.CREATED if message == "Created" else HTTPStatus.OK
    said = {} if message is None else {"message": message}
    return Reply.json(status, {"data": shown, **said, "status": "Success"})


def deleted() -> Reply:
    """Answer a deletion, which shows nothing."""
    return Reply.json(HTTPStatus.OK, {"message": "Deleted", "status": "Success"})


def error(refused: Refused) -> Reply:
    """Answer a refusal; its details are the errCode, which its status decides where it has none."""
    code = refused.details or _CODES.get(refused.status, "0x1001")
    return Reply.json(refused.status, {"errCode": code, "message": refused.message, "status": "Error"})


def improper(message: str) -> Refused:
    """Make the refusal of a request that does not match the expected format."""
    return Refused(HTTPStatus.BAD_REQUEST, message, IMPROPER)


def mismatched(message: str) -> Refused:
    """Make the refusal of items that cannot belong together."""
    return Refused(HTTPStatus.BAD_REQUEST, message, MISMATCHED)


def bad(message: str) -> Refused:
    """Make the refusal of a request for no reason that has a code of its own."""
    return Refused(HTTPStatus.BAD_REQUEST, message)


def not_found(what: str) -> Refused:
    """Make the refusal of something that is not there, or not for these eyes."""
    return Refused(HTTPStatus.NOT_FOUND, f"The requested {what} was not found.")
