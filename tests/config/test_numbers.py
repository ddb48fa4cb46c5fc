"""What has a name and an id: a number that is not quoted is an id, anything else is a name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field, StrictInt, ValidationError

from reconciler.config.jsonschema import schemas
from reconciler.model.address import Address
from reconciler.model.fields import Clearable, Numbered, Schema, Set, Spelled
from reconciler.model.values import Ref, Secret, Value
from reconciler.providers.base import CaseModel, Provider, schema_of
from reconciler.providers.shared import Text
from tests.config.toy import Folder, Toy

Id = Annotated[StrictInt, Field(ge=1)]


class NumberedCase(CaseModel):
    name: str = ""
    status: Annotated[Id | Text | None, Spelled(str.casefold), Numbered(), Clearable()] = None
    watchers: Annotated[frozenset[Id | Text], Set(key=str.casefold), Numbered()] = frozenset()
    code: Annotated[Text | None, Spelled(str.casefold)] = None


class NumberedToy(Toy):
    case_model: ClassVar[type[CaseModel]] = NumberedCase
    schema: ClassVar[Schema] = schema_of(NumberedCase, required=("name",))


class NumberedFolder(Folder):
    types: ClassVar[Mapping[str, type[Provider]]] = {"toy": NumberedToy}


@pytest.fixture
def numbered(tmp_path: Path) -> NumberedFolder:
    return NumberedFolder(tmp_path)


VALUES: dict[str, tuple[str, Value]] = {
    "a number": ("status: 2", 2),
    "a quoted number": ("status: '2'", "2"),
    "a block of digits": ("status: |-\n  2", "2"),
    "leading zeros": ("status: 007", 7),
    "less than nothing": ("status: -1", "-1"),
    "a fraction": ("status: 1.5", "1.5"),
    "an exponent": ("status: 1e3", "1e3"),
    "hexadecimal": ("status: 0x10", "0x10"),
    "a date": ("status: 2026-01-01", "2026-01-01"),
    "digits of other scripts": ("status: ٣", "٣"),
    "more digits than an id has": (f"status: {'9' * 5000}", "9" * 5000),
    "a name": ("status: In Progress", "In Progress"),
    "a truth value is no number": ("status: true", "true"),
    "null": ("status: ~", None),
    "in a list": ("watchers: [17, '17', ana, 17, true]", frozenset({17, "17", "ana", "true"})),
    "an empty list": ("watchers: []", frozenset()),
    "secret digits": ("status: ${env.TWO}", Secret("2")),
    "secret digits in a list": ("watchers: ['${env.TWO}', 17]", frozenset({Secret("2"), 17})),
    "where a number is no id": ("code: 2", "2"),
}


@pytest.mark.parametrize(("body", "value"), VALUES.values(), ids=VALUES.keys())
def test_a_number_that_is_not_quoted_is_an_id_and_anything_else_a_name(
    numbered: NumberedFolder, body: str, value: Value
) -> None:
    made = numbered.value(body)

    assert made == value
    assert type(made) is type(value)


def test_a_reference_stands_beside_a_number(numbered: NumberedFolder) -> None:
    cases = "cases:\n  one: {name: A, watchers: [17, '${cases.two.id}']}\n  two: {name: B}\n"

    made = numbered.load(cases).cases[Address("soc", "one")]

    assert made.attributes["watchers"] == frozenset({17, Ref("two", "id")})


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("status: 0", "4:13: `status` should be greater than or equal to 1"),
        ("watchers: [ana, 0]", "4:21: `watchers` should be greater than or equal to 1"),
    ],
)
def test_an_id_that_cannot_be_is_said_with_its_place(numbered: NumberedFolder, body: str, problem: str) -> None:
    assert numbered.problems(f"cases:\n  one:\n    name: One\n    {body}\n") == [f"cases/a.yaml:{problem}"]


@pytest.mark.parametrize("values", [{"status": True}, {"watchers": [False]}])
def test_a_truth_value_is_never_an_id(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NumberedCase(**values)


def test_editors_are_told_of_numbers_and_texts() -> None:
    case = schemas({"toy": NumberedToy})["cases"]["$defs"]["toy.block"]
    number, text = {"type": "integer", "minimum": 1}, ["string", "number", "boolean"]

    status = case["properties"]["status"]["anyOf"]
    (members,) = [each["items"]["anyOf"] for each in case["properties"]["watchers"]["anyOf"] if "items" in each]

    assert [kind.get("type") for kind in status] == ["integer", text, "null"]
    assert status[0] == number
    assert number in members[0]["anyOf"]
    assert members[1]["type"] == text
