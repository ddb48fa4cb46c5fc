"""How the emulated site words an answer: the envelope, and what never comes in one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from reconciler.providers.communifire.emulator.switches import CommunifireSwitches
from reconciler.providers.emulation import Refused, Reply

DENIED = "Authorization has been denied for this request."
"""What a call without a valid key is told: ASP.NET's own words."""

NO_RESOURCE = "No HTTP resource was found that matches the request URI."
"""What a call of a route that is not there is told: as above."""


def success(data: Any, message: str = "", **beside: Any) -> Reply:
    """Answer in the envelope, with more keys beside its three where a route has them."""
    return Reply.json(
        HTTPStatus.OK, {"IsError": False, "ResponseMessage": message, "ResponseData": data, **beside}
    )


def looked_up(data: Any, switches: CommunifireSwitches) -> Reply:
    """Answer a look-up, which may come bare."""
    return Reply.json(HTTPStatus.OK, data) if switches.bare == "look_ups" else success(data)


def doubled(reply: Reply) -> Reply:
    """Put an answer into a JSON string."""
    return Reply.json(reply.status, reply.content.decode())


def failed(message: str) -> Refused:
    """Make the refusal that comes with HTTP 200 and IsError."""
    return Refused(HTTPStatus.OK, message)


def no_resource() -> Refused:
    """Make the refusal of a route that is not there."""
    return Refused(HTTPStatus.NOT_FOUND, NO_RESOURCE)


def refusal(refused: Refused) -> Reply:
    """Answer a refusal: an application's in the envelope, the server's as ASP.NET does."""
    if refused.status != HTTPStatus.OK:
        return Reply.json(refused.status, {"Message": refused.message})
    return Reply.json(HTTPStatus.OK, {"IsError": True, "ResponseMessage": refused.message, "ResponseData": None})
