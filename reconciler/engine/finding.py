"""Looking for live cases that are declared by what they say: one walk through a system, narrowed if it can be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from reconciler.engine.progress import Progress
from reconciler.engine.tenant import Tenant, Tenants
from reconciler.errors import ConfigError, Problem
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.planning.finding import Search
from reconciler.providers.base import Selection

_ROOM: Final = 1200
"""Characters of values that one filter may have: there is more in an address, and it must not be cut."""


def resolved(
    cases: Mapping[Address, Case], recorded: Collection[Address], tenants: Tenants, progress: Progress
) -> Mapping[Address, Case]:
    """
    Return the cases with the ids of those that they are to take over; what is recorded is never looked for again.

    Raises ConfigError for every one that is not found, or more than once.
    """
    sought = [case for address, case in cases.items() if case.find is not None and address not in recorded]
    found: dict[Address, Case] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(case.address.provider for case in sought):
        search = _searched(tenants[name], [case for case in sought if case.address.provider == name], progress)
        problems += search.problems()
        found |= {case.address: replace(case, adopt=_one(search, case)) for case in search.cases}
    if problems:
        raise ConfigError(problems)
    return {**cases, **found} if found else cases


def _one(search: Search, case: Case) -> str | None:
    return next((id for id, _ in search.found[case.address]), None)


def _searched(tenant: Tenant, cases: Sequence[Case], progress: Progress) -> Search:
    search = Search(cases, tenant.provider.schema)
    names = frozenset(name for case in cases for name in case.find or ())
    progress.begin(f"Looking for cases of {cases[0].address.provider}", None)
    try:
        wanted = Selection(names, filters=tuple(_narrowed(tenant, cases)))
        for live in tenant.provider.browse(tenant.channel, wanted, progress.expect):
            search.look_at(live)
            progress.advance()
    finally:
        progress.end()
    return search


def _narrowed(tenant: Tenant, cases: Sequence[Case]) -> Iterator[tuple[str, str]]:
    """Yield filters that let through whatever any of the cases may mean: of attributes that all of them name."""
    for attribute, name in tenant.provider.narrowed_by.items():
        values = [(case.find or {}).get(attribute) for case in cases]
        words = {str(word) for value in values for word in (value if isinstance(value, AbstractSet) else (value,))}
        if None not in values and frozenset() not in values and sum(map(len, words)) <= _ROOM:
            yield from ((name, word) for word in sorted(words))
