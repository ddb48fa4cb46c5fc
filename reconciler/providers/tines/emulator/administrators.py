"""The administrators of the emulated tenant: they decide what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.providers.emulation import Emulator
from reconciler.providers.tines.emulator.furnishing import add_team
from reconciler.providers.tines.emulator.tenant import Tenant


class AdministeredEmulator(Emulator):
    """An emulator of a tenant whose teams, people, configuration and records can be added to."""

    def __init__(self, tenant: Tenant, **more: Any) -> None:
        super().__init__(**more)
        self._tenant = tenant

    def add_team(self, name: str, *, team_id: int) -> int:
        """Add a team with four sub-statuses, and give its id."""
        with self.lock:
            add_team(self._tenant, name, team_id)
            return team_id

    def add_user(self, email: str, name: str, *, teams: Iterable[int], service_account: bool = False) -> int:
        """Add a user to some teams, and give the user's id."""
        with self.lock:
            return self._tenant.add_user(email, name, teams, service_account=service_account).id

    def add_sub_status(self, team_id: int, name: str, parent: str) -> int:
        """Add a sub-status under OPEN or CLOSED, and give its id."""
        with self.lock:
            return self._tenant.add_sub_status(team_id, name, parent).id

    def add_tag(self, team_id: int, name: str, color: str = "grey") -> int:
        """Add a tag to a team, and give its id."""
        with self.lock:
            return self._tenant.ensure_tag(team_id, name, color).id

    def add_case_input(
        self,
        team_id: int,
        name: str,
        *,
        input_type: str = "string",
        options: Sequence[str] | None = None,
        regex: str | None = None,
        multiple: bool = False,
    ) -> int:
        """Define a custom field of a team's cases, and give the id of the input; its key follows its name."""
        given = None if options is None else tuple(options)
        more: dict[str, Any] = {"input_type": input_type, "options": given, "regex": regex, "multiple": multiple}
        with self.lock:
            return self._tenant.add_input(team_id, name, **more).id

    def make_record(self, type_name: str, **values: str) -> int:
        """Make a record of a type, linked to no case, and give its id."""
        with self.lock:
            return self._tenant.add_record(type_name, values).id

    def set_formula(self, formula: str, *, met: bool) -> None:
        """Say whether a closure condition is met whose formula the emulator cannot evaluate."""
        with self.lock:
            self._tenant.verdicts[formula] = met

    def sub_status_id(self, team_id: int, name: str) -> int:
        """Give the id of a team's sub-status; raises `LookupError` where it has none of that name."""
        for found in self._tenant.sub_statuses_of(team_id):
            if found.name == name:
                return found.id
        raise LookupError(f"team {team_id} has no sub-status {name!r}")

    def case_input_id(self, team_id: int, name: str) -> int:
        """Give the id of a team's case input by key or name; raises `LookupError` where it has none such."""
        for found in self._tenant.inputs.values():
            if found.team_id == team_id and name in (found.key, found.name):
                return found.id
        raise LookupError(f"team {team_id} has no case input {name!r}")
