"""What the routes about one case have in common: the case, who asks for what, and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from reconciler.providers.emulation import Call, Refused, Reply
from reconciler.providers.tines.emulator.drafts import Drafts
from reconciler.providers.tines.emulator.pages import paginated
from reconciler.providers.tines.emulator.painter import Painter
from reconciler.providers.tines.emulator.params import params
from reconciler.providers.tines.emulator.rules import CaseRules
from reconciler.providers.tines.emulator.tenant import Tenant
from reconciler.providers.tines.emulator.things import StoredCase, User

_Item = TypeVar("_Item")

DELETED = Reply(HTTPStatus.NO_CONTENT)
"""The answer to every delete."""


def find_case(tenant: Tenant, case_id: str) -> StoredCase:
    """Find the case that a path names, or refuse."""
    found = tenant.cases.get(int(case_id)) if re.fullmatch(r"\d{1,18}", case_id) else None
    if found is None:
        raise Refused(tenant.switches.missing_status, f"Couldn't find case {case_id}")
    return found


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests about cases come in; its methods raise `Refused` for what they refuse."""

    tenant: Tenant
    rules: CaseRules

    def visit(self, call: Call, case_id: str) -> Visit:
        """Begin to answer a request about one case."""
        return Visit(self, call, find_case(self.tenant, case_id), params(call))


@dataclass(frozen=True, slots=True)
class Visit:
    """One request about one case."""

    desk: Desk
    call: Call
    case: StoredCase
    asked: dict[str, Any]

    @property
    def shapes(self) -> Painter:
        """Give what answers are worded with."""
        return Painter(self.desk.tenant, self.call.origin)

    @property
    def drafts(self) -> Drafts:
        """Give what bodies are read with."""
        return Drafts(self.desk.tenant, self.case.team_id)

    @property
    def actor(self) -> User:
        """Tell whom the request is by."""
        return self.desk.rules.actor(self.asked, self.case.team_id)

    def amend(self, **changes: Any) -> None:
        """Change what belongs to the case."""
        self.desk.rules.amend(self.case, self.actor, **changes)

    def answer(self, status: int, **more: Any) -> Reply:
        """Answer with the case's id and more."""
        return Reply.json(status, {"case_id": self.case.id, **more})

    def page(
        self,
        key: str,
        found: Sequence[_Item],
        show: Callable[[_Item], dict[str, Any]],
        *,
        maximum: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Answer with a page of what belongs to the case; before the list stands the case's id, unless more."""
        return paginated(
            self.call,
            key,
            found,
            show,
            asked=self.asked,
            switches=self.desk.tenant.switches,
            maximum=maximum,
            extra={"case_id": self.case.id} if extra is None else extra,
        )
