"""
Write as many `terraform_data` resources, a block each, and the state that Terraform has when they are applied.

    python benchmarks/terraform.py FOLDER COUNT

(To apply them takes Terraform a time that grows with the square of their number. That it accepts the state is seen
by its plan, which finds no changes.)
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from systems import SYSTEMS
from systems.system import LINEAGE, name_of

_PROVIDER: Final = 'provider["terraform.io/builtin/terraform"]'


def write(folder: Path, count: int) -> None:
    """Write configuration and state."""
    folder.mkdir(parents=True)
    declared = SYSTEMS["tines"].declared
    cases = {name_of(number): declared(number, changed=False) for number in range(1, count + 1)}
    lines = (line for name, attributes in cases.items() for line in _block(name, attributes))
    (folder / "main.tf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    state = {
        "version": 4,
        "terraform_version": "1.4.0",  # the first that has terraform_data; newer ones read it
        "serial": 1,
        "lineage": LINEAGE,
        "outputs": {},
        "resources": [_resource(name, attributes) for name, attributes in cases.items()],
        "check_results": None,
    }
    (folder / "terraform.tfstate").write_text(json.dumps(state, indent=2), encoding="utf-8")


def _block(name: str, attributes: dict[str, Any]) -> Iterator[str]:
    yield f'resource "terraform_data" "{name}" {{'
    yield "  input = {"
    for key, value in attributes.items():
        yield f"    {key} = {_expression(value)}"
    yield from ("  }", "}", "")


def _expression(value: Any) -> str:
    match value:
        case dict():
            return "{\n" + "".join(f"      {key} = {json.dumps(text)}\n" for key, text in value.items()) + "    }"
        case list():
            return "[\n" + "".join(f"      {json.dumps(text)},\n" for text in value) + "    ]"
        case _:
            return json.dumps(value)


def _resource(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    typed = {"value": attributes, "type": _type(attributes)}
    values = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "input": typed,
        "output": typed,
        "triggers_replace": None,
    }
    instance = {"schema_version": 0, "attributes": values, "sensitive_attributes": []}
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": _PROVIDER,
        "instances": [instance],
    }


def _type(value: Any) -> Any:
    """Return a value's type as Terraform's state writes it."""
    match value:
        case dict():
            return ["object", {key: _type(inner) for key, inner in value.items()}]
        case list():
            return ["tuple", [_type(inner) for inner in value]]
        case _:
            return "string"


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
