"""The emulated case inputs of a team, which define custom fields: made and listed, never changed or deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import Desk
from reconciler.providers.tines.emulator.drafts import pick
from reconciler.providers.tines.emulator.pages import paginated
from reconciler.providers.tines.emulator.params import (
    Invalid,
    choice,
    filled,
    known,
    params,
    text,
    texts,
    truth,
    whole_number,
)
from reconciler.providers.tines.emulator.shapes import Shapes
from reconciler.providers.tines.emulator.things import FieldValue

_INPUTS = "/api/v1/case_inputs"
_KEYS = (
    "name",
    "input_type",
    "team_id",
    "sensitive",
    "validation_type",
    "validation_options",
    "group_name",
)
_TYPES = ("string", "number", "boolean", "timestamp")


class InputRoutes:
    """`/api/v1/case_inputs`."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant
        self._wrapped = desk.tenant.switches.case_input_wrapped

    @route("GET", _INPUTS)
    def inputs(self, call: Call) -> Reply:
        """List the inputs, of one team if asked."""
        asked, every = params(call), self._tenant.inputs.values()
        team_id = whole_number(asked["team_id"], "team_id") if "team_id" in asked else None
        found = [each for each in every if team_id in (None, each.team_id)]
        show = Shapes(self._tenant, call.origin).input
        return paginated(call, "case_inputs", found, show, asked=asked, switches=self._tenant.switches)

    @route("POST", _INPUTS)
    def create(self, call: Call) -> Reply:
        """Define a field: 201; live tenants wrap the answer, the docs do not."""
        body = known(params(call), _KEYS, "TeamCaseInputCreateInput")
        team_id, name = whole_number(body.get("team_id"), "team_id"), filled(body, "name")
        if team_id not in self._tenant.teams:
            raise Invalid("Validation failed: Team must exist")
        kind = choice(body.get("input_type"), _TYPES, "input_type")
        more = {"sensitive": truth(body.get("sensitive", False)), "group": body.get("group_name")}
        added = self._tenant.add_input(team_id, name, input_type=kind, **_validation(body, kind), **more)
        shown = Shapes(self._tenant, call.origin).input(added)
        return Reply.json(HTTPStatus.CREATED, shown if self._wrapped == "bare" else {self._wrapped: shown})

    @route("GET", _INPUTS + "/{input_id}")
    def get(self, call: Call, input_id: str) -> Reply:
        """Show an input, wrapped otherwise than after a create."""
        found = pick(self._tenant.inputs.values(), input_id, "case input")
        return Reply.json(HTTPStatus.OK, {"case_input": Shapes(self._tenant, call.origin).input(found)})

    @route("GET", _INPUTS + "/{input_id}/fields")
    def fields(self, call: Call, input_id: str) -> Reply:
        """List the values of one input over all cases, by case."""
        wanted = pick(self._tenant.inputs.values(), input_id, "case input").id
        found = [
            (case_id, value)
            for case_id, case in sorted(self._tenant.cases.items())
            for value in case.fields
            if value.input_id == wanted
        ]
        shapes = Shapes(self._tenant, call.origin)

        def show(pair: tuple[int, FieldValue]) -> dict[str, Any]:
            return {**shapes.field(pair[1]), "case": {"id": pair[0]}}

        return paginated(call, "fields", found, show, asked=params(call), switches=self._tenant.switches)


def _validation(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    way = choice(body.get("validation_type", "none"), ("none", "options", "regex"), "validation_type")
    if way == "none":
        return {}
    given = body.get("validation_options")
    if kind != "string" or not isinstance(given, dict):
        raise Invalid("Only a string input is validated, and with validation_options")
    if way == "options":
        return {"options": tuple(texts(given.get("options"), "options"))}
    return {"regex": _pattern(text(given.get("regex"), "regex"))}


def _pattern(written: str) -> str:
    try:
        re.compile(written)
    except re.error:
        raise Invalid("validation_options.regex is no regular expression") from None
    return written
