"""
The closure conditions of the emulated tenant.

A few formulas are understood: `=SIZE(team_case.assignees) > 0`, of tags, links, records and fields too, and
`=team_case.metadata.KEY = "x"`. Any other is met unless somebody has said that it is not.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.params import Invalid, text
from reconciler.providers.tines.emulator.things import Condition, StoredCase

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant

_SIZE = re.compile(r"=\s*SIZE\(\s*team_case\.(\w+)\s*\)\s*(>=|>|=)\s*(\d{1,9})\s*")
_METADATA = re.compile(r'=\s*team_case\.metadata\.([\w-]+)\s*=\s*"([^"]*)"\s*')
_COUNTED: Mapping[str, Callable[[StoredCase], int]] = {
    "assignees": lambda case: len(case.assignees),
    "tags": lambda case: len(case.tags),
    "linked_cases": lambda case: len(case.links),
    "records": lambda case: len(case.records),
    "fields": lambda case: len(case.fields),
}
_COMPARED: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


def read_conditions(value: Any) -> tuple[Condition, ...]:
    """Read the closure conditions of a body."""
    if not isinstance(value, list):
        raise Invalid("closure_conditions must be a list")
    return tuple(_condition(item) for item in value)


def _condition(item: Any) -> Condition:
    if not isinstance(item, dict) or set(item) != {"name", "formula"}:
        raise Invalid("A closure condition has a name and a formula")
    formula = text(item["formula"], "formula")
    if not formula.startswith("="):
        raise Invalid("The formula of a closure condition begins with an equals sign")
    return Condition(name=text(item["name"], "name"), formula=formula)


def met(tenant: Tenant, condition: Condition, case: StoredCase) -> bool:
    """Tell whether a case meets a condition."""
    formula = condition.formula
    if (sized := _SIZE.fullmatch(formula)) and sized[1] in _COUNTED:
        return _COMPARED[sized[2]](_COUNTED[sized[1]](case), int(sized[3]))
    if keyed := _METADATA.fullmatch(formula):
        return str(case.metadata.get(keyed[1], "")) == keyed[2]
    return tenant.verdicts.get(formula, True)
