"""Sets that are others' as well by nature, and sets that are values of a map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from pydantic import Field

from reconciler.model.address import Address
from reconciler.model.fields import Map, Ownership, Schema, Set
from reconciler.model.values import Ref, Secret, Value
from reconciler.providers.base import CaseModel, Provider, schema_of
from tests.config.toy import SETTINGS, Folder, Toy

EXACT, SHARED = Ownership.EXACT, Ownership.SHARED


class SetCase(CaseModel):
    name: str = ""
    tags: Annotated[frozenset[str], Set()] = frozenset()
    people: Annotated[frozenset[str], Set(shared=True)] = frozenset()
    fields: Annotated[dict[str, str | list[str] | None], Map(",")] = Field(default_factory=dict)


class SetToy(Toy):
    case_model: ClassVar[type[CaseModel]] = SetCase
    schema: ClassVar[Schema] = schema_of(SetCase, required=("name",))


class SetFolder(Folder):
    types: ClassVar[Mapping[str, type[Provider]]] = {"toy": SetToy}


@pytest.fixture
def sets(tmp_path: Path) -> SetFolder:
    return SetFolder(tmp_path)


@pytest.mark.parametrize(
    ("usual", "own", "tags", "people"),
    [
        ("{}", "{}", EXACT, SHARED),
        ("{}", "{people: exact}", EXACT, EXACT),
        ("{}", "{tags: shared}", SHARED, SHARED),
        ("{people: exact}", "{}", EXACT, EXACT),
        ("{people: exact}", "{people: shared}", EXACT, SHARED),
        ("{tags: shared}", "{people: exact}", SHARED, EXACT),
    ],
)
def test_a_set_is_others_as_well_by_nature_unless_somebody_says_otherwise(
    sets: SetFolder, usual: str, own: str, tags: Ownership, people: Ownership
) -> None:
    sets.write("reconciler.yaml", f"{SETTINGS}defaults: {{ownership: {usual}}}\n")

    case = sets.case(f"tags: [a]\npeople: [b]\nownership: {own}")

    assert (case.owns("tags"), case.owns("people")) == (tags, people)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("fields: {hosts: [b, a, a]}", {"hosts": frozenset({"a", "b"})}),
        ("fields: {hosts: []}", {"hosts": frozenset()}),
        ("fields: {os: Linux, gone: null}", {"os": "Linux", "gone": None}),
        ("fields: {hosts: ['${env.WORD}', a]}", {"hosts": frozenset({Secret("Hush-Hush"), "a"})}),
    ],
)
def test_a_list_in_a_map_is_a_set(sets: SetFolder, body: str, value: Value) -> None:
    assert sets.value(body) == value


@pytest.mark.parametrize("body", ["fields: {more: {b: 1}}", "fields: {more: [[1]]}", "fields: {more: [{a: 1}]}"])
def test_where_lists_are_sets_no_other_structure_is_a_text(sets: SetFolder, body: str) -> None:
    sets.write("reconciler.yaml", SETTINGS)
    sets.write("cases/a.yaml", f"cases:\n  one:\n    name: A\n    {body}\n")

    (problem,) = sets.problems()

    assert "`more` must be text, not a" in problem


def test_a_secret_and_a_reference_stand_in_one_set(sets: SetFolder) -> None:
    cases = "cases:\n  one: {name: A, fields: {x: ['${env.WORD}', '${cases.two.id}']}}\n  two: {name: B}\n"

    made = sets.load(cases).cases[Address("soc", "one")]

    assert made.attributes["fields"] == {"x": frozenset({Secret("Hush-Hush"), Ref("two", "id")})}
