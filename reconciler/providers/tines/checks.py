"""What Tines would refuse, said before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.errors import Problem
from reconciler.model.case import Case
from reconciler.model.values import Path, Secret, leaves
from reconciler.providers.shared import NUMBER, import_problems
from reconciler.providers.tines.schema import TinesSettings
from reconciler.providers.tines.wire import SEPARATOR

NOT_IN_V1: Final = (
    "sub_status",
    "closure_conditions",
    "fields",
    "links",
    "subscribers",
    "tasks",
    "notes",
)
"""Attributes that only v2 of the API has."""


def problems_of(case: Case, settings: TinesSettings) -> Iterator[Problem]:
    """Yield what is wrong with a declared case beyond its schema."""
    yield from import_problems(case, "Tines")
    yield from _without_a_team(case, settings)
    yield from _marker(case, settings)
    yield from _ids(case)
    yield from _secrets(case)
    yield from _parts_of_values(case)
    yield from _v1(case, settings)


def _without_a_team(case: Case, settings: TinesSettings) -> Iterator[Problem]:
    if case.attributes.get("team_id", settings.team_id) is None and not case.is_taken_over:
        yield Problem(
            case.source.at(),
            f"{case.address} has no team",
            "set team_id here or on the provider in reconciler.yaml",
        )


def _marker(case: Case, settings: TinesSettings) -> Iterator[Problem]:
    if (key := settings.marker_key) in case.attributes.get("metadata", {}):
        yield Problem(
            case.source.at(("metadata", key)),
            f"metadata key {key!r} carries the marker of managed cases",
            "choose another key, or another marker_key on the provider",
        )


def _ids(case: Case) -> Iterator[Problem]:
    """Yield members that stand for cases or records, and are no ids."""
    for name, hint in (("links", "write a number, or the name of a case"), ("records", "write a number")):
        for member in sorted(member for member in case.attributes.get(name, ()) if isinstance(member, str)):
            if not NUMBER.fullmatch(member):
                yield Problem(case.source.at((name,)), f"{member!r} in `{name}` is no id", hint)


def _secrets(case: Case) -> Iterator[Problem]:
    """Yield secrets where a part of the request is made of them, or where they cannot be told from others."""
    for name in ("links", "records", "closure_conditions"):
        if (value := case.attributes.get(name)) is not None:
            yield from _secret(case, (name,), value)
    for key, value in case.attributes.get("fields", {}).items():
        if isinstance(value, frozenset):
            yield from _secret(case, ("fields", key), value)


def _secret(case: Case, path: Path, value: object) -> Iterator[Problem]:
    if any(isinstance(leaf, Secret) for leaf in leaves(value)):
        yield Problem(case.source.at(path), f"`{path[0]}` cannot hold a secret here", "write it in the clear")


def _parts_of_values(case: Case) -> Iterator[Problem]:
    """Yield members of a value that would be read as several."""
    for key, value in case.attributes.get("fields", {}).items():
        for member in sorted(m for m in value if isinstance(m, str)) if isinstance(value, frozenset) else ():
            if SEPARATOR in member:
                place = case.source.at(("fields", key))
                yield Problem(place, f"{member!r} holds a {SEPARATOR!r}, which stands between values")


def _v1(case: Case, settings: TinesSettings) -> Iterator[Problem]:
    """Yield what only v2 of the cases API knows."""
    if settings.api_version != "v1":
        return
    for name in (name for name in NOT_IN_V1 if name in case.attributes):
        yield Problem(
            case.source.at((name,)), f"the cases API v1 has no `{name}`", "leave it out, or set api_version: v2"
        )
