"""The JSON Schemas that editors read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.config.declared import META
from reconciler.config.jsonschema import DIALECT, schemas, workspace_schema
from reconciler.providers.registry import provider_types
from tests.config.toy import TYPES, ToyCase


def walk(schema: Any) -> Iterator[Any]:
    yield schema
    children = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for child in children:
        yield from walk(child)


def references(schema: Any) -> set[str]:
    return {item["$ref"] for item in walk(schema) if isinstance(item, dict) and "$ref" in item}


def resolve(schema: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        schema = schema[step]
    return schema


def test_both_files_have_a_schema_in_the_current_draft() -> None:
    made = schemas(TYPES)

    assert list(made) == ["settings", "cases"]
    assert {schema["$schema"] for schema in made.values()} == {DIALECT}


def test_a_case_has_its_attributes_and_meta_arguments_each_described() -> None:
    (case,) = schemas(provider_types())["cases"]["properties"]["cases"]["additionalProperties"]["anyOf"]

    assert {*META, "name", "priority", "tags", "metadata"} <= case["properties"].keys()
    assert all(item.get("description") for item in case["properties"].values())
    assert case["additionalProperties"] is False


def test_what_may_be_written_is_what_the_loader_takes() -> None:
    (case,) = schemas(TYPES)["cases"]["properties"]["cases"]["additionalProperties"]["anyOf"]
    attributes = case["properties"]

    assert attributes.keys() == {*META, *ToyCase.model_fields}
    assert attributes["name"]["type"] == ["string", "number", "boolean"]
    assert attributes["status"]["enum"] == ["open", "closed"]
    assert {"type": "null"} in attributes["description"]["anyOf"]
    assert {"type": "null"} in attributes["tags"]["anyOf"]
    assert attributes["metadata"]["additionalProperties"] is True
    assert attributes["team_id"]["type"] == "integer"


def test_a_setting_may_come_from_the_environment() -> None:
    (toy,) = schemas(TYPES)["settings"]["properties"]["providers"]["additionalProperties"]["anyOf"]

    assert toy["properties"]["type"]["const"] == "toy"
    assert toy["required"] == ["token", "type", "url"]
    assert {"type": "string", "pattern": r"\$\{env\."} in toy["properties"]["team_id"]["anyOf"]


def test_every_reference_leads_somewhere_in_each_schema() -> None:
    for schema in (*schemas(TYPES).values(), workspace_schema(TYPES), workspace_schema(provider_types())):
        assert references(schema)
        assert all(isinstance(resolve(schema, reference), dict) for reference in references(schema))


def test_one_schema_holds_both() -> None:
    made = workspace_schema(TYPES)

    assert made["anyOf"] == [{"$ref": "#/$defs/settings"}, {"$ref": "#/$defs/cases"}]
    assert json.loads(json.dumps(made)) == made


def test_without_providers_there_is_a_schema_all_the_same() -> None:
    assert schemas({})["cases"]["properties"]["cases"]["additionalProperties"] is True
