"""The error bodies of the emulated tenant: they vary by endpoint, as the comments of Tines' Go SDK say."""

from __future__ import annotations

import html
from collections.abc import Mapping

from reconciler.providers.emulation import Refused, Reply
from reconciler.providers.tines.emulator.params import Invalid
from reconciler.providers.tines.emulator.switches import ErrorShape, TinesSwitches

_SHAPE_OF_ROUTE: Mapping[str, ErrorShape] = {
    "GET /api/v2/cases": "objects",
    "POST /api/v2/cases": "strings",
    "PUT /api/v2/cases/{case_id}": "errors",
    "PATCH /api/v2/cases/{case_id}": "errors",
    "POST /api/v2/cases/{case_id}/metadata": "strings",
    "PUT /api/v2/cases/{case_id}/metadata": "text",
    "DELETE /api/v2/cases/{case_id}/metadata": "errors",
    "POST /api/v2/cases/bulk/fields": "objects",
    "POST /api/v2/cases/{case_id}/fields": "strings",
    "POST /api/v2/cases/{case_id}/linked_cases": "strings",
    "POST /api/v2/cases/{case_id}/linked_cases/batch": "strings",
    "POST /api/v2/cases/{case_id}/subscribers/batch": "errors",
    "PUT /api/v2/cases/{case_id}/actions/batch": "text",
    "POST /api/v2/cases/{case_id}/tasks/batch": "objects",
    "PUT /api/v2/cases/{case_id}/tasks/{task_id}": "errors",
    "PUT /api/v1/cases/{case_id}": "errors",
    "PUT /api/v1/cases/{case_id}/metadata": "text",
}


def error(refused: Refused, route: str, switches: TinesSwitches) -> Reply:
    """Put a refusal into the shape of its route: Tines' error bodies vary by endpoint (its Go SDK says so)."""
    shape = switches.error_shape
    if shape == "varied":
        shape = _SHAPE_OF_ROUTE.get(route, "error")
    status = switches.refusal_status if isinstance(refused, Invalid) else refused.status
    return _shaped(status, refused.message, refused.details or refused.message, shape)


def _shaped(status: int, message: str, details: str, shape: ErrorShape) -> Reply:
    match shape:
        case "strings":
            return Reply.json(status, [message])
        case "errors":
            return Reply.json(status, {"errors": [{"message": message, "details": details}]})
        case "objects":
            return Reply.json(status, [{"message": message, "details": details}])
        case "html":
            return Reply.text(status, f"<html><body><h1>{html.escape(message)}</h1></body></html>", "text/html")
        case "text":
            return Reply.text(status, message)
        case _:
            return Reply.json(status, {"status": status, "error": message})
