"""The emulated configuration of a team that is shared with stories: teams (read only) and tags, both on v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk
from reconciler.providers.tines.emulator.drafts import pick
from reconciler.providers.tines.emulator.pages import paginated
from reconciler.providers.tines.emulator.params import Invalid, filled, known, params, text, whole_number
from reconciler.providers.tines.emulator.shapes import Shapes
from reconciler.providers.tines.emulator.things import Tag

_TAGS = "/api/v1/tags"


class SetupRoutes:
    """`GET /api/v1/teams`, and `/api/v1/tags`."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant

    @route("GET", "/api/v1/teams")
    def teams(self, call: Call) -> Reply:
        """List the teams."""
        found = list(self._tenant.teams.values())
        show = Shapes(self._tenant, call.origin).team
        return paginated(call, "teams", found, show, asked=params(call), switches=self._tenant.switches)

    @route("GET", _TAGS)
    def tags(self, call: Call) -> Reply:
        """List the tags, of one team if asked."""
        asked = params(call)
        found = self._tenant.tags_of(whole_number(asked["team_id"], "team_id") if "team_id" in asked else None)
        show = Shapes(self._tenant, call.origin).tag
        return paginated(call, "tags", found, show, asked=asked, switches=self._tenant.switches)

    @route("POST", _TAGS)
    def create_tag(self, call: Call) -> Reply:
        """Make a tag of one team: 201."""
        body = known(params(call), {"name", "team_id", "color"}, "TagCreateInput")
        team_id, name = whole_number(body.get("team_id"), "team_id"), filled(body, "name")
        if team_id not in self._tenant.teams:
            raise Invalid("Validation failed: Team must exist")
        self._check_free(team_id, name)
        return self._answer(call, self._tenant.ensure_tag(team_id, name, _color(body)), HTTPStatus.CREATED)

    @route("GET", _TAGS + "/{tag_id}")
    def tag(self, call: Call, tag_id: str) -> Reply:
        """Show a tag."""
        return self._answer(call, pick(self._tenant.tags.values(), tag_id, "tag"))

    @route("PUT", _TAGS + "/{tag_id}")
    def update_tag(self, call: Call, tag_id: str) -> Reply:
        """Rename or recolour a tag, on its cases too."""
        found = pick(self._tenant.tags.values(), tag_id, "tag")
        body = known(params(call), {"name", "color"}, "TagUpdateInput")
        name = filled(body, "name") if "name" in body else found.name
        if self._tenant.tag_key(name) != self._tenant.tag_key(found.name):
            self._check_free(found.team_id, name)
        color = _color({"color": found.color, **body})
        changed = replace(found, name=name, color=color, updated_at=self._tenant.now())
        self._tenant.put_tag(changed)
        self._on_cases(found, [name])
        return self._answer(call, changed)

    @route("DELETE", _TAGS + "/{tag_id}")
    def delete_tag(self, call: Call, tag_id: str) -> Reply:
        """Delete a tag, off its cases too: 204."""
        found = pick(self._tenant.tags.values(), tag_id, "tag")
        if whole_number(params(call).get("team_id", found.team_id), "team_id") != found.team_id:
            raise Invalid("The tag does not belong to the team")
        self._tenant.remove_tag(found)
        self._on_cases(found, [])
        return DELETED

    def _answer(self, call: Call, tag: Tag, status: int = HTTPStatus.OK) -> Reply:
        return Reply.json(status, Shapes(self._tenant, call.origin).tag(tag))

    def _check_free(self, team_id: int, name: str) -> None:
        if self._tenant.tag(team_id, name) is not None:
            raise Invalid("Validation failed: Name has already been taken")

    def _on_cases(self, former: Tag, names: list[str]) -> None:
        for case in list(self._tenant.cases.values()):
            if case.team_id == former.team_id and former.name in case.tags:
                spelled = [new for name in case.tags for new in (names if name == former.name else [name])]
                self._tenant.put(replace(case, tags=tuple(spelled)))


def _color(body: Mapping[str, Any]) -> str:
    color = text(body.get("color"), "color")
    if not re.fullmatch(r"[a-z]+|#[0-9A-Fa-f]{6}", color):
        raise Invalid("color must be a named colour or #RRGGBB")
    return color
