"""
What the emulated instance tells about its objects.

    OPTIONS /api/v3/<kind>           every field; without an envelope, read-only ones only with show=readonly
    OPTIONS /api/v3/<kind>/fields    what `fields` may ask for
    OPTIONS /api/v3/<kind>/tql       what `tql` may ask about, one level deep
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.threatconnect.emulator.fields import ENRICHMENTS, FIELDS, Field, Fields, Kind
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.tql import Type
from reconciler.providers.threatconnect.emulator.tql_parameters import parameters_of

_SECURITY = {"users", "userGroups", "owners"}


class OptionsRoutes:
    """`OPTIONS` of every kind of object."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @route("OPTIONS", "/api/v3/{kind}")
    @route("OPTIONS", "/api/v3/security/{kind}")
    def fields(self, call: Call, kind: str) -> Reply:
        """Describe the fields, in the one answer that has no envelope."""
        everything = dict(call.query).get("show", "").lower() == "readonly"
        described = {
            name: self._described(kind, name, field)
            for name, field in _fields(call, kind).items()
            if everything or not field.read_only
        }
        return Reply.json(HTTPStatus.OK, described)

    @route("OPTIONS", "/api/v3/{kind}/fields")
    @route("OPTIONS", "/api/v3/security/{kind}/fields")
    def extra_fields(self, call: Call, kind: str) -> Reply:
        """List what has to be asked for to be shown."""
        extra = [name for name, field in _fields(call, kind).items() if field.extra]
        names = sorted([*extra, *ENRICHMENTS.get(kind, ())])
        return _listed({"name": name, "description": _words(name), "includedByDefault": False} for name in names)

    @route("OPTIONS", "/api/v3/{kind}/tql")
    @route("OPTIONS", "/api/v3/security/{kind}/tql")
    def parameters(self, call: Call, kind: str) -> Reply:
        """List what may be asked about; nested queries are not in it."""
        _fields(call, kind)
        plain = [found for found in parameters_of(kind, self._tenant).values() if found.type is not Type.NESTED]
        return _listed(
            {
                "keyword": found.keyword,
                "name": _words(found.keyword),
                "type": found.type,
                "description": _words(found.keyword),
            }
            for found in plain
        )

    def _described(self, kind: str, name: str, field: Field) -> dict[str, Any]:
        described = _description(name, field)
        if (kind, name) == ("artifacts", "type"):
            described["allowableValues"] = [found.name for found in self._tenant.artifact_types]
        return {"data": [described]} if field.kind is Kind.COLLECTION else described


def _fields(call: Call, kind: str) -> Fields:
    secured = call.path.startswith("/api/v3/security/")
    if kind not in FIELDS or (kind in _SECURITY) is not secured:
        raise Refused(HTTPStatus.NOT_FOUND, f"No route matches {call.method} {call.path}")
    return FIELDS[kind]


def _listed(items: Iterable[Mapping[str, Any]]) -> Reply:
    data = list(items)
    return Reply.json(HTTPStatus.OK, {"data": data, "count": len(data), "status": "Success"})


def _description(name: str, field: Field) -> dict[str, Any]:
    """Describe a field; a property that is as everybody expects is left out."""
    described: dict[str, Any] = {"type": field.type, "description": _words(name)}
    described |= {key: True for key, told in (("required", field.required), ("readOnly", field.read_only)) if told}
    if not field.updatable:
        described["updatable"] = False
    described |= dict(zip(_bounds(field), (field.minimum, field.maximum), strict=True))
    if field.allowed:
        described["allowableValues"] = list(field.allowed)
    described |= {"default": field.default, "requiredAltField": field.alternative}
    return {key: value for key, value in described.items() if value is not None}


def _bounds(field: Field) -> tuple[str, str]:
    match field.kind:
        case Kind.TEXT:
            return "minLength", "maxLength"
        case Kind.COLLECTION:
            return "minSize", "maxSize"
        case _:
            return "minValue", "maxValue"


def _words(name: str) -> str:
    """Write a name as words: `caseOpenTime` is Case Open Time, `xid` is XID."""
    if name in ("id", "xid"):
        return name.upper()
    return " ".join(word.capitalize() for word in re.split(r"(?<=[a-z0-9])(?=[A-Z])|\s", name))
