"""
JSON Schema of a workspace's files, so that editors complete and check while one writes.

Draft 2020-12, because it is what pydantic emits and what the YAML language servers of editors read. The schema is
a help, `validate` is the judge: it says a little less (it knows no references) and never refuses what we accept,
but for unusual spellings of what has one: a number in quotes, `no` for false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.config.attributes import findable
from reconciler.config.declared import MetaArguments
from reconciler.config.dialects import any_case
from reconciler.config.merging import REPLACE
from reconciler.config.moves import Refactorings
from reconciler.config.policies import RuleEntry, TrialEntry
from reconciler.config.receivers import NotifyEntry
from reconciler.config.settings import SettingsFile
from reconciler.config.structures import MAX_ITEM_KEY
from reconciler.config.templates import EXTENDS, FOR_EACH, TEMPLATES_LACK
from reconciler.config.variables import NAME as VARIABLE
from reconciler.config.variables import VariableEntry
from reconciler.config.waivers import WaiverEntry
from reconciler.model.address import NAME
from reconciler.model.fields import Field, Kind
from reconciler.providers.base import Provider

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_BOUNDS: Final = {"ge": "minimum", "le": "maximum"}

_TEXT: Final = ["string", "number", "boolean"]
"""Every scalar is text to us, also one that YAML takes for a number; an editor must not complain about it."""


_EXPRESSION: Final = r"\$\{"
_TRUTHS: Final = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0")
_ANY_CASE: Final = "|".join("".join(f"[{char.upper()}{char}]" for char in word) for word in _TRUTHS)
_WRITTEN: Final = {
    "integer": r"^\s*[-+]?[0-9][0-9_]*(\.0*)?\s*$",
    "number": r"^\s*[-+]?[0-9._]+([eE][-+]?[0-9]+)?\s*$",
    "boolean": f"^({_ANY_CASE})$",
}
"""What we read as a number or a truth value, though YAML says it is text."""

_KEY: Final = r"^[^\u0000-\u001f\u007f-\u009f]*$"


def schemas(providers: Mapping[str, type[Provider]]) -> Mapping[str, dict[str, Any]]:
    """Return the schema of `reconciler.yaml` as `settings` and that of the case files as `cases`."""
    return {"settings": _settings(providers), "cases": _cases(providers)}


def workspace_schema(providers: Mapping[str, type[Provider]]) -> dict[str, Any]:
    """Return one schema for both kinds of files, `settings` and `cases` under `$defs`."""
    definitions = dict(schemas(providers))
    return {
        "$schema": DIALECT,
        "title": "A file of a reconciler workspace",
        "description": "reconciler.yaml, or a file below cases/.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": {
            name: _rebased({key: item for key, item in made.items() if key != "$schema"}, f"#/$defs/{name}/$defs/")
            for name, made in definitions.items()
        },
    }


def waivers_schema() -> dict[str, Any]:
    """Return the schema of `waivers.yaml`."""
    return {
        "$schema": DIALECT,
        "title": "waivers.yaml",
        "description": "What may be live otherwise than it was applied, until when, and who answers for it.",
        "type": ["array", "null"],
        "items": _of(WaiverEntry, {}, "waiver"),
    }


def policies_schema() -> dict[str, Any]:
    """Return the schema of a rule file."""
    definitions: dict[str, Any] = {}
    rules, tests = (_of(model, definitions, name) for name, model in (("rule", RuleEntry), ("test", TrialEntry)))
    return {
        "$schema": DIALECT,
        "title": "A rule file",
        "description": "What a plan must not be, and tests of that.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "policies": {"type": "object", "description": "Name → rule.", "minProperties": 1, **_named([rules])},
            "tests": {
                "type": "object",
                "description": "What is tested → test.",
                "minProperties": 1,
                "additionalProperties": tests,
            },
        },
        "$defs": any_case(definitions),
    }


def _settings(providers: Mapping[str, type[Provider]]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    made = _of(SettingsFile, definitions, "settings")
    types = {name: _of(provider.settings_model, definitions, name) for name, provider in providers.items()}
    for name, item in types.items():
        item["properties"] = {key: _or_expression(value) for key, value in item["properties"].items()}
        item["properties"]["type"] = {"const": name, "description": "The system."}
        item["required"] = sorted({*item.get("required", ()), "type"})
    told = _of(NotifyEntry, definitions, "notify")
    told["properties"] = {key: _or_expression(value) for key, value in told["properties"].items()}
    made["properties"]["notify"]["items"] = told
    made["properties"]["variables"] |= _variables(_of(VariableEntry, definitions, "variable"))
    made["properties"]["providers"] |= _named(list(types.values()))
    optional = made["properties"].keys() - made["required"]
    # a section whose lines are all comments is nothing
    made["properties"] |= {name: _or_nothing(made["properties"][name]) for name in optional}
    enums = {name: any_case(item) for name, item in definitions.items() if "enum" in item}
    return {
        "$schema": DIALECT,
        **made,
        "title": "reconciler.yaml",
        "$defs": {**definitions, **enums},
    }


def _variables(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a mapping of variables is: of each its default, or all that is said of it."""
    return {
        "propertyNames": {"pattern": f"^{VARIABLE.pattern}$"},
        "additionalProperties": {"anyOf": [entry, {"type": [*_TEXT, "array", "null"]}]},
    }


def _or_expression(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what may be written for a provider's setting: its value, or where it is to be had."""
    description: dict[str, Any] = {key: schema[key] for key in ("title", "description") if key in schema}
    return {**description, "anyOf": [schema, {"type": "string", "pattern": r"\$\{(env|var)"}]}


def _cases(providers: Mapping[str, type[Provider]]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    meta = _of(MetaArguments, definitions, "case")
    for part in (part for key, part in definitions.items() if key != "case.Adoption"):
        part["properties"] = {key: _bindable(item) for key, item in part.get("properties", {}).items()}
    definitions |= {
        f"{name}.block": _case(name, provider, meta, definitions) for name, provider in providers.items()
    }
    del definitions["case.Adoption"]  # which every system has in words of its own
    bodies: list[dict[str, Any]] = [{"$ref": f"#/$defs/{name}.block"} for name in providers]
    whole = [
        {**body, **_whole(provider, definitions[f"{name}.block"], definitions)}
        for body, (name, provider) in zip(bodies, providers.items(), strict=True)
    ]
    lacking = {"not": {"anyOf": [{"required": [key]} for key in TEMPLATES_LACK]}}
    named = {"type": ["object", "null"]}
    return {
        "$schema": DIALECT,
        "title": "A case file",
        "description": "Cases as they shall be, and what they build upon; several documents a file are allowed.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "cases": {**named, "description": "Name (second half of the address) → case."} | _named(whole),
            "templates": {**named, "description": "Name → what cases and templates build upon, by `extends`."}
            | _named([{**body, **lacking} for body in bodies]),
            **{name: _or_null(item) for name, item in _refactorings(definitions).items()},
        },
        "$defs": any_case(definitions),
    }


def _whole(provider: type[Provider], block: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a case must say of its items unless it builds upon a template, and take it from the items.

    A template may hold a part of an item, and so may a case that extends it: they are merged field by field.
    """
    items = (name for name, field in provider.schema.fields.items() if field.kind is Kind.ITEMS)
    needed = {name: definitions[_item(block["properties"][name])].pop("required", None) for name in items}
    parts = {name: {"additionalProperties": {"required": keys}} for name, keys in sorted(needed.items()) if keys}
    return {"if": {"not": {"required": [EXTENDS]}}, "then": {"properties": parts}} if parts else {}


def _item(schema: Mapping[str, Any]) -> str:
    """Return the name by which the items of an attribute are defined."""
    choices: Sequence[Mapping[str, Any]] = schema.get("anyOf", [schema])
    each = next(choice["additionalProperties"] for choice in choices if "additionalProperties" in choice)
    reference: str = each["anyOf"][0]["$ref"]
    return reference.removeprefix("#/$defs/")


def _refactorings(definitions: dict[str, Any]) -> Mapping[str, dict[str, Any]]:
    """Return what a case file may say beside its cases, by key."""
    found: Mapping[str, dict[str, Any]] = _of(Refactorings, definitions, "file")["properties"]
    return {name: {key: each for key, each in item.items() if key != "default"} for name, item in found.items()}


def _bindable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what may be written where an expression may stand for it."""
    if any(map(_takes_expressions, schema.get("anyOf", [schema]))):
        return schema
    return _either(schema, {"type": "string", "pattern": _EXPRESSION})


def _with_members(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of a list where an expression may stand for a whole member."""
    made = dict(schema)
    if "anyOf" in schema:
        made["anyOf"] = [_with_members(item) for item in schema["anyOf"]]
    if "items" in schema:
        made["items"] = _bindable(schema["items"])
    return made


def _either(schema: Mapping[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts something else too."""
    described: dict[str, Any] = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    exact = {key: item for key, item in schema.items() if key not in described}
    return {**described, "anyOf": [*(exact["anyOf"] if exact.keys() == {"anyOf"} else [exact]), other]}


def _takes_expressions(schema: Mapping[str, Any]) -> bool:
    if schema.get("pattern") == _EXPRESSION:
        return True
    closed = {"enum", "const", "pattern", "format", "maxLength"} & schema.keys()
    return "string" in schema.get("type", ()) and not closed


def _case(
    name: str, provider: type[Provider], meta: Mapping[str, Any], definitions: dict[str, Any]
) -> dict[str, Any]:
    """Return the schema of one system's cases; what is required depends on `import`: `validate` looks at it."""
    own: dict[str, Any] = {}
    made = _of(provider.case_model, own, name)
    definitions |= {key: _object(item) for key, item in own.items()}
    fields, adoption = provider.schema.fields, definitions["case.Adoption"]["properties"]
    attributes = {key: _attribute(fields[key], item, definitions) for key, item in made["properties"].items()}
    return {
        "title": f"{name} case",
        "description": made.get("description", f"A case of {name}."),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_meta(meta["properties"], fields),
            "import": _import(meta["properties"]["import"], adoption, provider, attributes),
            **{key: _bindable(_with_members(item)) for key, item in attributes.items()},
        },
    }


def _meta(properties: Mapping[str, Any], fields: Mapping[str, Field]) -> Mapping[str, Any]:
    """
    Return the meta-arguments, where those that name attributes name those of one system.

    What it builds upon, and for what it is made, is read before expressions are put in.
    """
    ownership = dict(properties["ownership"])
    owner = ownership.pop("additionalProperties")
    sets = {name: owner for name, field in fields.items() if field.kind is Kind.SET}
    ignored = {"ignore_changes": {"items": {"anyOf": [{"const": name} for name in fields]}}}
    made = {
        **properties,
        "ownership": {**ownership, "properties": sets, "additionalProperties": False},
        "lifecycle": {**properties["lifecycle"], "properties": ignored},
    }
    return {key: item if key in {EXTENDS, FOR_EACH} else _bindable(item) for key, item in made.items()}


def _import(
    meta: Mapping[str, Any],
    adoption: Mapping[str, Any],
    provider: type[Provider],
    attributes: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return what may be written for `import`: an id, or attributes that tell which case is meant."""
    found = {name: attributes[name] for name in attributes if name in findable(provider)}
    sought = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": found}
    by_id = next(choice for choice in meta["anyOf"] if "$ref" not in choice and choice != {"type": "null"})
    over = {"take_over": adoption["take_over"]}
    objects = {"id": by_id, "find": {**sought, "description": "What the one case that is meant says."}}
    written = [
        {"type": "object", "additionalProperties": False, "required": [name], "properties": {name: item, **over}}
        for name, item in objects.items()
    ]
    return {"description": meta["description"], "anyOf": [by_id, *written]}


def _attribute(field: Field, schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what may be written for an attribute, or for a field of an item."""
    made = {key: item for key, item in schema.items() if key not in {"default", "uniqueItems"}}
    if field.kind is Kind.MAP:
        return {**made, "additionalProperties": True}
    if field.kind is Kind.ITEMS:
        return {**_without_null(made), **_items(field, definitions, made)}
    if field.kind is Kind.SET or "maxLength" in made:
        made = _free(made)
    if field.kind is Kind.SET:
        made = _or_replacing(_without_null(made))
    return _or_null(made) if field.clearable else _without_null(made)


def _or_replacing(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what may be written for a set: its members, or those that shall replace what templates say."""
    exact = {key: item for key, item in schema.items() if key not in {"title", "description"}}
    replacing = {
        "type": "object",
        "additionalProperties": False,
        "required": [REPLACE],
        "properties": {REPLACE: exact},
    }
    return _either(schema, replacing)


def _items(field: Field, definitions: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is special about items: their keys, and which of their fields may be emptied."""
    reference: str = _without_null(dict(schema))["additionalProperties"]["$ref"]
    item = definitions[reference.removeprefix("#/$defs/")]
    for name, known in field.items.items():
        item["properties"][name] = _attribute(known, item["properties"][name], definitions)
    return {
        "additionalProperties": _bindable({"$ref": reference}),
        "propertyNames": {"minLength": 1, "maxLength": MAX_ITEM_KEY, "pattern": _KEY},
    }


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what may be written for an object: every text may be an expression, nothing in it is nothing."""
    return {
        key: {name: _part(part) for name, part in item.items()} if key == "properties" else item
        for key, item in schema.items()
    }


def _part(schema: dict[str, Any]) -> dict[str, Any]:
    made = _without_null({key: item for key, item in schema.items() if key not in {"default", "uniqueItems"}})
    return dict(_free(made))


def _free(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes an expression wherever it takes one value, and numbers as we read them."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_free(item) for item in schema["anyOf"]]}
    if "items" in schema:
        return {**schema, "items": _free(schema["items"])}
    pattern = _WRITTEN.get(schema.get("type", "")) if isinstance(schema.get("type"), str) else None
    if pattern or {"enum", "const", "maxLength", "pattern", "format"} & schema.keys():
        description: dict[str, Any] = {key: schema[key] for key in ("title", "description") if key in schema}
        exact = {key: item for key, item in schema.items() if key not in description}
        written = {"type": "string", "pattern": f"{pattern}|{_EXPRESSION}" if pattern else _EXPRESSION}
        # 0 and 1 are truth values to us, also unquoted
        number = [{"enum": [0, 1]}] if schema.get("type") == "boolean" else []
        return {**description, "anyOf": [exact, written, *number]}
    return schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return schema if {"type": "null"} in schema.get("anyOf", ()) else _either(schema, {"type": "null"})


def _or_nothing(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that takes null too, in the fewest words."""
    kind = schema.get("type")
    return {**schema, "type": [kind, "null"]} if isinstance(kind, str) else _or_null(schema)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without null, which pydantic adds for attributes that may be left out."""
    choices = [item for item in schema.get("anyOf", ()) if item != {"type": "null"}]
    rest = {key: item for key, item in schema.items() if key != "anyOf"}
    match choices:
        case []:
            return rest
        case [only]:
            return {**only, **rest}
        case _:
            return {**rest, "anyOf": choices}


def _named(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a mapping of names to any of these is."""
    return {
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": {"anyOf": bodies} if bodies else True,
    }


def _of(model: Any, definitions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return a model's schema; what it defines goes into `definitions`, under names of its own."""
    made = _relaxed(model.model_json_schema(by_alias=True, mode="validation"))
    own = made.pop("$defs", {})
    renamed = {name: f"{prefix}.{name}" for name in own}
    made = _renamed(made, renamed)
    definitions |= {renamed[name]: _renamed(item, renamed) for name, item in own.items()}
    return dict(made)


def _relaxed(schema: Any) -> Any:
    """Let free text be written as any scalar."""
    if isinstance(schema, list):
        return [_relaxed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # pydantic writes `ge` as it is where a validator runs before it
    made = {_BOUNDS.get(key, key): _relaxed(item) for key, item in schema.items()}
    if made.get("type") == "string" and not {"enum", "const", "format"} & made.keys():
        made["type"] = list(_TEXT)
    return made


def _renamed(schema: Any, names: Mapping[str, str]) -> Any:
    return _references(schema, lambda name: f"#/$defs/{names.get(name, name)}")


def _rebased(schema: dict[str, Any], base: str) -> dict[str, Any]:
    return dict(_references(schema, lambda name: f"{base}{name}"))


def _references(schema: Any, target: Any) -> Any:
    """Return a schema whose references are what `target` makes of their names."""
    match schema:
        case {"$ref": str(reference), **rest}:
            return {"$ref": target(reference.removeprefix("#/$defs/")), **_references(rest, target)}
        case dict():
            return {key: _references(item, target) for key, item in schema.items()}
        case list():
            return [_references(item, target) for item in schema]
        case _:
            return schema
