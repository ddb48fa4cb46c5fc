"""The emulated routes by which names become ids: spaces and what is in them, users, rights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from reconciler.providers.communifire.emulator import shapes
from reconciler.providers.communifire.emulator.answers import failed, looked_up, no_resource, success
from reconciler.providers.communifire.emulator.params import Params
from reconciler.providers.communifire.emulator.rules import PERMISSIONS
from reconciler.providers.communifire.emulator.tenant import KEY_USER_ID, Tenant
from reconciler.providers.communifire.emulator.things import Project, Space, User
from reconciler.providers.emulation import Call, Reply, route

_PUBLISHED: Final = 1
_ALL: Final = 7
_Thing = TypeVar("_Thing")
_Show = Callable[[_Thing], dict[str, Any]]


class _LookUps:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def _all(self, things: Iterable[_Thing], show: _Show[_Thing]) -> Reply:
        return looked_up([show(thing) for thing in things], self._tenant.switches)

    def _paged(self, call: Call, things: Iterable[_Thing], show: _Show[_Thing]) -> Reply:
        return self._all(Params.of(call).page(list(things), self._tenant.switches.longest_page), show)

    def _space(self, segment: str) -> Space:
        found = self._tenant.spaces.get(int(segment)) if segment.isdecimal() else None
        if found is None:
            raise failed("The space does not exist or you do not have permission to view it.")
        return found

    def _project(self, space: str, segment: str) -> Project:
        within = self._space(space)
        found = self._tenant.projects.get(int(segment)) if segment.isdecimal() else None
        if found is None or found.space_id != within.id:
            raise failed("The project does not exist or you do not have permission to view it.")
        return found


class SpaceRoutes(_LookUps):
    """`/api/spaces`, and the statuses, priorities and projects of one."""

    @route("GET", "/api/spaces")
    def spaces(self, call: Call) -> Reply:
        """List the spaces of a state, published ones unless asked otherwise."""
        state = Params.of(call).number("status")
        state = _PUBLISHED if state is None else state
        return self._paged(
            call, (space for space in self._tenant.spaces if state in (_ALL, space.state)), shapes.space
        )

    @route("GET", "/api/spaces/{space}")
    def space(self, call: Call, space: str) -> Reply:  # noqa: ARG002 (nothing of the call matters)
        """Show a space."""
        return looked_up(shapes.space(self._space(space)), self._tenant.switches)

    @route("GET", "/api/users/me/spaces")
    def my_spaces(self, call: Call) -> Reply:
        """List the spaces of the key's user, who is in all of them."""
        return self._paged(call, self._tenant.spaces, shapes.space)

    @route("GET", "/api/spaces/{space}/cases/statuses")
    def statuses(self, call: Call, space: str) -> Reply:  # noqa: ARG002 (as above)
        """List the statuses of a space."""
        return self._all(_within(self._tenant.statuses, "space_id", self._space(space).id), shapes.status)

    @route("GET", "/api/spaces/{space}/cases/priorities")
    def priorities(self, call: Call, space: str) -> Reply:  # noqa: ARG002 (as above)
        """List the priorities of a space."""
        return self._all(_within(self._tenant.priorities, "space_id", self._space(space).id), shapes.priority)

    @route("GET", "/api/spaces/{space}/cases/projects")
    def projects(self, call: Call, space: str) -> Reply:  # noqa: ARG002 (as above)
        """List the projects of a space."""
        return self._all(_within(self._tenant.projects, "space_id", self._space(space).id), shapes.project)


class ProjectRoutes(_LookUps):
    """`/api/spaces/{space}/cases/projects/{project}/…`."""

    @route("GET", "/api/spaces/{space}/cases/projects/{project}/categories")
    def categories(self, call: Call, space: str, project: str) -> Reply:  # noqa: ARG002 (as above)
        """List the categories of a project."""
        within = self._project(space, project)
        return self._all(_within(self._tenant.categories, "project_id", within.id), shapes.category)

    @route("GET", "/api/spaces/{space}/cases/projects/{project}/milestones")
    def milestones(self, call: Call, space: str, project: str) -> Reply:  # noqa: ARG002 (as above)
        """List the milestones of a project."""
        within = self._project(space, project)
        return self._all(_within(self._tenant.milestones, "project_id", within.id), shapes.milestone)

    @route("GET", "/api/spaces/{space}/cases/projects/{project}/assignto")
    @route("GET", "/api/spaces/{space}/cases/projects/{project}/recipients")
    def people(self, call: Call, space: str, project: str) -> Reply:
        """List those to whom cases of a project can be given, by name if asked."""
        keyword = Params.of(call).text("keyword").casefold()
        users = [self._tenant.users[id] for id in self._project(space, project).assignable]
        return self._paged(
            call, [user for user in users if keyword in user.display_name.casefold()], shapes.assignable
        )


class UserRoutes(_LookUps):
    """`/api/users`, `/api/spaces/{space}/members`, `/api/permissions/access`."""

    @route("GET", "/api/users")
    def users(self, call: Call) -> Reply:
        """Search users; addresses are not searched."""
        return self._paged(call, self._named(call), shapes.user)

    @route("GET", "/api/spaces/{space}/members")
    def members(self, call: Call, space: str) -> Reply:
        """Search the members of a space, which all users are."""
        self._space(space)
        return self._paged(call, self._named(call), shapes.user)

    @route("GET", "/api/users/me")
    def me(self, call: Call) -> Reply:  # noqa: ARG002 (as above)
        """Show the key's user, without an envelope unless this site has none that is bare."""
        shown = shapes.details(self._tenant.users[KEY_USER_ID])
        return success(shown) if self._tenant.switches.bare == "nothing" else Reply.json(200, shown)

    @route("GET", "/api/users/{user}/details")
    def details(self, call: Call, user: str) -> Reply:  # noqa: ARG002 (as above)
        """Show a user with name and address."""
        if not user.isdecimal():
            raise no_resource()
        found = self._tenant.users.get(int(user))
        if found is None:
            raise failed("The user does not exist.")
        return looked_up(shapes.details(found), self._tenant.switches)

    @route("GET", "/api/permissions/access")
    def access(self, call: Call) -> Reply:
        """Tell which of some permissions the key's user has, on cases or on their comments."""
        params, switches = Params.of(call), self._tenant.switches
        self._space(params.text("spaceID"))
        match params.number("entitytype"):
            case 19:
                held = set(PERMISSIONS) - switches.denied
            case 20:
                held = {"Create"} if switches.may_comment else set()
            case _:
                held = set()
        asked = filter(None, map(str.strip, params.text("permissionsCsv").split(",")))
        return looked_up({name: name in held for name in asked}, switches)

    def _named(self, call: Call) -> list[User]:
        text = Params.of(call).text("username").casefold()
        return [
            user
            for user in self._tenant.users
            if text in user.user_name.casefold() or text in user.display_name.casefold()
        ]


def _within(things: Iterable[_Thing], parent: str, id: int) -> list[_Thing]:
    return [thing for thing in things if getattr(thing, parent) == id]
