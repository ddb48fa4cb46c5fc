"""
The people in front of the emulated product: they look at its cases and change them without the API.

What they do is not recorded, not limited, counts as no notification, and needs no rights of the key's user. It
follows the rules of the API, in the words of the API's bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.providers.communifire.emulator.bodies import attributes
from reconciler.providers.communifire.emulator.cases import commented
from reconciler.providers.communifire.emulator.furnishing import ANA_ID, fixture_case
from reconciler.providers.communifire.emulator.rules import Rules
from reconciler.providers.communifire.emulator.shapes import Painter
from reconciler.providers.communifire.emulator.tenant import Tenant
from reconciler.providers.communifire.emulator.things import (
    Category,
    Milestone,
    Priority,
    Project,
    Space,
    Status,
    User,
)
from reconciler.providers.emulation import Emulator

_SEED: Mapping[str, Any] = {
    "SpaceID": 61,
    "IssueTitle": "A case",
    "IssueDescription": "<p>Written by a person</p>",
    "AssignedToUserID": 20,
    "TagsCSV": "seeded,by-hand",
    "RecipientUserIDCSV": "17",
}


class PeopledEmulator(Emulator):
    """
    An emulator of a site with people in front of it; Ana Ruiz is the one who acts.

    Methods that take an id raise `KeyError` for an unknown one, and `Refused` for what the API would refuse.
    """

    def __init__(self, tenant: Tenant, **more: Any) -> None:
        super().__init__(**more)
        self._tenant = tenant
        self._rules = Rules(tenant, ANA_ID, limited=False)
        self._painter = Painter(tenant)

    @property
    def notifications(self) -> int:
        """Count the updates through the API, of each of which people were told."""
        with self.lock:
            return self._tenant.notifications

    # cases

    def case(self, case_id: int) -> dict[str, Any]:
        """Show a case with all its fields, as the API shows it."""
        with self.lock:
            return self._painter.case(self._tenant.cases[case_id])

    def cases(self) -> list[dict[str, Any]]:
        """Show every case as `case` does, by id."""
        with self.lock:
            return [self.case(case_id) for case_id in sorted(case.id for case in self._tenant.cases)]

    def seed_case(self, **wire: Any) -> int:
        """
        Put a case there, and give its id.

        Keys are those of the API's create, and `ReportedByUserID`, Ana unless given. What is not given is:
        in space 61, a title, a description, two tags, the recipient 17, and the assignee 20, who is left out where
        the space or the project is given.
        """
        reporter = wire.pop("ReportedByUserID", ANA_ID)
        with self.lock:
            made = self._rules.create(attributes({**self._seed(wire), **wire}))
            self._tenant.cases.put(replace(made, reporter_id=self._tenant.users[reporter].id))
            return made.id

    def _seed(self, wire: Mapping[str, Any]) -> Mapping[str, Any]:
        elsewhere = not {"SpaceID", "ProjectID"}.isdisjoint(wire)
        return {**_SEED, "AssignedToUserID": 0} if elsewhere else _SEED

    def add_fixture_case(self) -> int:
        """Put case 2304 there, as the vendor's page has it, and give its id."""
        with self.lock:
            return self._tenant.cases.put(fixture_case()).id

    def edit(self, case_id: int, **wire: Any) -> None:
        """Change a case, in the words of the API's update; with another `SpaceID` it is moved there first."""
        with self.lock:
            case, given = self._tenant.cases[case_id], attributes(wire)
            if given.get("space_id", case.space_id) != case.space_id:
                case = self._rules.move(case, given["space_id"])
            self._rules.change(case, given)

    def remove(self, case_id: int) -> None:
        """Delete a case."""
        with self.lock:
            self._tenant.cases.remove(case_id)

    def add_comment(self, case_id: int, text: str, *, user_id: int = ANA_ID) -> int:
        """Comment on a case, and give the comment's id."""
        with self.lock:
            return commented(self._tenant, self._tenant.cases[case_id], text, self._tenant.users[user_id].id)

    def comments(self, case_id: int) -> list[dict[str, Any]]:
        """Show the comments on a case, as the API shows them."""
        with self.lock:
            return [self._painter.comment(comment) for comment in self._tenant.cases[case_id].comments]

    # what cases refer to

    def add_user(self, display_name: str, email: str, *, projects: Iterable[int] = ()) -> int:
        """Add a user to whom the cases of some projects can be given, and give the id."""
        with self.lock:
            user = self._tenant.users.put(User(self._tenant.users.next_id(), display_name, email))
            for project_id in projects:
                project = self._tenant.projects[project_id]
                self._tenant.projects.put(replace(project, assignable=(*project.assignable, user.id)))
            return user.id

    def add_space(self, name: str, *, state: int = 1) -> int:
        """Add a space with nothing in it, and give its id."""
        with self.lock:
            return self._tenant.spaces.put(Space(self._tenant.spaces.next_id(), name, state)).id

    def add_status(self, space_id: int, name: str, *, default: bool = False) -> int:
        """Add a status to a space, and give its id."""
        with self.lock:
            space = self._tenant.spaces[space_id]
            number = self._tenant.statuses.next_id()
            return self._tenant.statuses.put(Status(number, space.id, name, default)).id

    def add_priority(self, space_id: int, name: str, *, default: bool = False) -> int:
        """Add a priority to a space, and give its id."""
        with self.lock:
            space = self._tenant.spaces[space_id]
            number = self._tenant.priorities.next_id()
            return self._tenant.priorities.put(Priority(number, space.id, name, default)).id

    def add_project(
        self, space_id: int, title: str, *, default: bool = False, assignable: Iterable[int] = ()
    ) -> int:
        """Add a project to a space, whose cases some users can be given, and give its id."""
        with self.lock:
            space = self._tenant.spaces[space_id]
            users = tuple(self._tenant.users[user].id for user in assignable)
            number = self._tenant.projects.next_id()
            return self._tenant.projects.put(Project(number, space.id, title, default, users)).id

    def add_category(self, project_id: int, name: str) -> int:
        """Add a category to a project, and give its id."""
        with self.lock:
            project = self._tenant.projects[project_id]
            number = self._tenant.categories.next_id()
            return self._tenant.categories.put(Category(number, project.id, name)).id

    def add_milestone(self, project_id: int, title: str) -> int:
        """Add a milestone to a project, and give its id."""
        with self.lock:
            project = self._tenant.projects[project_id]
            number = self._tenant.milestones.next_id()
            return self._tenant.milestones.put(Milestone(number, project.id, title)).id
