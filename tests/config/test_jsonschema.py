"""The JSON Schemas that editors read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from reconciler.config.declared import META
from reconciler.config.documents import parse
from reconciler.config.jsonschema import DIALECT, schemas, workspace_schema
from reconciler.providers.registry import provider_types
from tests.config.editors import as_editors_read
from tests.config.rig import RigFolder
from tests.config.toy import SETTINGS, TYPES, ToyCase


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


def blocks(cases: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the schema of each system's cases, which is that of templates too."""
    listed = [cases["properties"][name]["additionalProperties"]["anyOf"] for name in ("cases", "templates")]
    assert [item["$ref"] for item in listed[0]] == [item["$ref"] for item in listed[1]]
    return [resolve(cases, item["$ref"]) for item in listed[0]]


def test_a_case_has_its_attributes_and_meta_arguments_each_described() -> None:
    types = provider_types()
    cases = blocks(schemas(types)["cases"])

    assert [case["title"] for case in cases] == [f"{name} case" for name in types]
    for case in cases:
        assert {*META, "status", "tags"} <= case["properties"].keys()
        assert all(item.get("description") for item in case["properties"].values())
        assert case["additionalProperties"] is False


def test_what_may_be_written_is_what_the_loader_takes() -> None:
    (case,) = blocks(schemas(TYPES)["cases"])
    attributes = case["properties"]

    assert attributes.keys() == {*META, *ToyCase.model_fields}
    assert attributes["name"]["type"] == ["string", "number", "boolean"]
    assert attributes["status"]["anyOf"][0]["anyOf"][0]["enum"] == ["open", "closed"]
    assert {"type": "null"} in attributes["description"]["anyOf"]
    assert {"type": "null"} in attributes["tags"]["anyOf"]
    assert attributes["metadata"]["anyOf"][0]["additionalProperties"] is True
    assert attributes["team_id"]["anyOf"][0]["type"] == "integer"


def test_a_setting_may_come_from_the_environment() -> None:
    (toy,) = schemas(TYPES)["settings"]["properties"]["providers"]["additionalProperties"]["anyOf"]

    assert toy["properties"]["type"]["const"] == "toy"
    assert toy["required"] == ["token", "type", "url"]
    assert {"type": "string", "pattern": r"\$\{(env|var)"} in toy["properties"]["team_id"]["anyOf"]


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


# ------------------------------------------------------------------------------------ what has parts


TYPE_NAMES: dict[type, set[str]] = {
    dict: {"object"},
    list: {"array"},
    str: {"string"},
    bool: {"boolean"},
    int: {"integer", "number"},
    float: {"number"},
    type(None): {"null"},
}


def accepts(schema: Any, value: Any, root: Any) -> bool:
    """Check a value as an editor does, by the keywords that our schemas use."""
    if isinstance(schema, bool):
        return schema
    types = schema.get("type", [*TYPE_NAMES[type(value)]])
    return (
        ("$ref" not in schema or accepts(resolve(root, schema["$ref"]), value, root))
        and ("anyOf" not in schema or any(accepts(choice, value, root) for choice in schema["anyOf"]))
        and ("enum" not in schema or value in schema["enum"])
        and ("not" not in schema or not accepts(schema["not"], value, root))
        and ("if" not in schema or not accepts(schema["if"], value, root) or accepts(schema["then"], value, root))
        and bool(TYPE_NAMES[type(value)] & {*([types] if isinstance(types, str) else types)})
        and accepts_inside(schema, value, root)
    )


def accepts_inside(schema: Any, value: Any, root: Any) -> bool:
    match value:
        case str():
            long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9)
            return long_enough and re.search(schema.get("pattern", ""), value) is not None
        case list():
            assert "uniqueItems" not in schema
            return all(accepts(schema.get("items", True), item, root) for item in value)
        case dict():
            known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
            return all(name in value for name in schema.get("required", ())) and all(
                accepts(schema.get("propertyNames", True), name, root)
                and accepts(known.get(name, other), item, root)
                for name, item in value.items()
            )
        case _:
            return True


ACCEPTED = (
    "notes: {}",
    "notes: {a: {text: x}, 'b.c d': {text: 7, count: 2, open: yes, level: low}}",
    "notes: {a: {text: x, source: ~, person: ~, count: '2', open: 1, due: 2024-01-01T10:00:00Z}}",
    "notes: {a: {text: '${file(\"a-very-long-name-of-a-file.md\")}', level: '${env.SHORT}', person: {user: 1}}}",
    "notes: {a: {text: '$${x}'}}",
    "assignee: {user: jane}",
    "assignee: {group: '${env.WORD}'}",
    "assignee: ~",
    "groups: ~",
    "groups: []",
    "groups: [a, a, 1, 1, yes, '${env.WORD}']",
    "groups: [{type: campaign, name: a}, {type: campaign, name: a, artifacts: [1, '2', 1], about: b}]",
    "linked: ['1', 2, '1']",
    "tags: [a, a]",
    "code: '${file(\"name.md\")}'",
)

REFUSED = (
    "notes: ~",
    "notes: [a]",
    "notes: {a: ~}",
    "notes: {a: x}",
    "notes: {a: {}}",
    "notes: {'': {text: x}}",
    f"notes: {{{'k' * 129}: {{text: x}}}}",
    'notes: {"a\\tb": {text: x}}',
    "notes: {a: {txt: x, text: y}}",
    "notes: {a: {text: ~}}",
    "notes: {a: {text: x, level: ~}}",
    "notes: {a: {text: x, level: medium}}",
    "notes: {a: {text: x, count: two}}",
    "notes: {a: {text: x, open: maybe}}",
    f"notes: {{a: {{text: {'x' * 21}}}}}",
    "notes: {a: {text: x, person: jane}}",
    "assignee: jane",
    "assignee: {usr: jane}",
    "assignee: {user: ~, group: a}",
    "assignee: {user: [a]}",
    "groups: a",
    "groups: ['']",
    "groups: [~]",
    "groups: [[a]]",
    "groups: [{type: campaign}]",
    "groups: [{type: other, name: a}]",
    "groups: [{type: campaign, name: a, about: ~}]",
    "groups: [{type: campaign, name: a, artifacts: [x]}]",
    "code: abcdef",
)


@pytest.mark.parametrize(
    ("body", "accepted"), [*((body, True) for body in ACCEPTED), *((body, False) for body in REFUSED)]
)
def test_an_editor_says_of_what_has_parts_what_the_loader_says(
    rig: RigFolder, body: str, *, accepted: bool
) -> None:
    text = f"cases: {{one: {{name: x, {body}}}}}"
    rig.write("name.md", "short")
    rig.write("a-very-long-name-of-a-file.md", "short")
    (document,) = parse("a.yaml", text.encode()).documents
    root = schemas(rig.types)["cases"]

    assert (rig.problems(text) == []) is accepted
    assert accepts(root, as_editors_read(document.node), root) is accepted


def test_what_has_parts_is_completed_field_by_field(rig: RigFolder) -> None:
    root = schemas(rig.types)["cases"]
    (case,) = blocks(root)
    note = resolve(root, case["properties"]["notes"]["anyOf"][0]["additionalProperties"]["anyOf"][0]["$ref"])

    assert [*note["properties"]] == ["text", "source", "level", "count", "open", "due", "person"]
    assert root["properties"]["cases"]["additionalProperties"]["anyOf"][0]["then"] == {
        "properties": {"notes": {"additionalProperties": {"required": ["text"]}}}
    }


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ("extends: base, notes: {a: {source: me}}", True),
        ("notes: {a: {source: me}}", False),
        ("extends: base, notes: {a: {txt: me}}", False),
        ("notes: {a: '${var.note}'}", True),
    ],
)
def test_an_item_may_be_a_part_where_a_template_has_the_rest_and_an_expression(
    rig: RigFolder, body: str, *, accepted: bool
) -> None:
    rig.write("reconciler.yaml", f"{SETTINGS}variables: {{note: {{type: map, default: {{text: x}}}}}}\n")
    base = "templates: {base: {notes: {a: {text: x}}}, part: {notes: {b: {source: me}}}}"
    text = f"{base}\ncases: {{one: {{name: x, {body}}}}}"
    (document,) = parse("a.yaml", text.encode()).documents
    root = schemas(rig.types)["cases"]

    assert (rig.problems(text) == []) is accepted
    assert accepts(root, as_editors_read(document.node), root) is accepted


def test_an_expression_may_stand_for_a_whole_member_of_a_list() -> None:
    root = schemas(provider_types())["cases"]
    conditions = root["$defs"]["tines.block"]["properties"]["closure_conditions"]

    assert accepts(conditions, ["${each.value}", {"name": "a", "formula": "=b"}], root)
    assert not accepts(conditions, ["a"], root)
