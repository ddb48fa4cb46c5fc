"""A live case as a block: what of it can be declared, and in which form."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.config.export import Exported, Exporter
from reconciler.config.nodes import Placed
from reconciler.config.settings import Instance
from reconciler.model.case import Live
from reconciler.model.coverage import Coverage, Keeper
from reconciler.providers.base import Provider
from reconciler.providers.registry import provider_types

SETTINGS: dict[str, dict[str, Any]] = {
    "tines": {"token": "x"},
    "threatconnect": {"token": "x"},
}


def instance(type_: str) -> Instance:
    """Make a provider instance that reaches nothing."""
    kind = provider_types()[type_]
    settings = kind.settings_model(type=type_, url="https://it.example", **SETTINGS[type_])
    provider: Provider = kind(settings)
    return Instance("it", type_, settings, provider, Placed("reconciler.yaml", {}, 0))


def exported(type_: str, attributes: dict[str, Any], *, take_over: bool = False) -> Exported:
    """Write a live case that shows these attributes."""
    made = instance(type_)
    shown = made.provider.schema.normalize(attributes)
    return Exporter(made, shown.keys()).export(Live("7", "", shown), "a-7", take_over=take_over)


def body(type_: str, attributes: dict[str, Any]) -> str:
    """Return the lines behind the head of a block; everything must have been declared."""
    found = exported(type_, attributes)
    assert found.left_out == ()
    head = '  a-7:\n    provider: it\n    import: "7"\n'
    assert found.text.startswith(head)
    return found.text.removeprefix(head)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"name": "Plain"}, "    name: Plain\n"),
        ({"name": "0412"}, '    name: "0412"\n'),
        ({"name": "${env.A}"}, "    name: $${env.A}\n"),
        ({"description": "a\nb"}, "    description: |-\n      a\n      b\n"),
        ({"description": "a\n\nb\n"}, "    description: |\n      a\n\n      b\n"),
        ({"description": "  a\nb\n\n"}, '    description: "  a\\nb\\n\\n"\n'),
        ({"description": "a\tb\r\n"}, '    description: "a\\tb\\x0d\\n"\n'),
        ({"team_id": 2}, "    team_id: 2\n"),
        ({"tags": ["b", "a", "no"]}, '    tags: ["no", a, b]\n'),
        (
            {"tags": [f"tag number {number:02}" for number in range(12)]},
            "    tags:\n" + "".join(f"      - tag number {number:02}\n" for number in range(12)),
        ),
        (
            {"metadata": {"b": "1", "a": "x\ny"}},
            '    metadata:\n      b: "1"\n      a: |-\n        x\n        y\n',
        ),
        (
            {"tasks": {"9": {"description": "Look!", "completed": False, "assignees": []}}},
            "    tasks:\n      look-9:\n        description: Look!\n        completed: false\n",
        ),
        ({"notes": {"9": {"title": "…", "content": ""}}}, "    notes:\n      note-9:\n        title: …\n"),
        (
            {"closure_conditions": [{"name": "a", "formula": "=1"}]},
            "    closure_conditions: [{name: a, formula: =1}]\n",
        ),
    ],
)
def test_values_are_written_so_that_fmt_leaves_them_alone(attributes: dict[str, Any], expected: str) -> None:
    assert body("tines", attributes) == expected


def test_a_long_object_stands_below_its_key() -> None:
    group = "g" * 120

    assert body("threatconnect", {"assignee": {"group": group}}) == f"    assignee:\n      group: {group}\n"


@pytest.mark.parametrize("attributes", [{"description": ""}, {"tags": []}, {"metadata": {}}, {"sub_status": None}])
def test_what_is_empty_is_not_written(attributes: dict[str, Any]) -> None:
    assert body("tines", attributes) == ""


def test_only_what_cannot_be_declared_is_left_out() -> None:
    found = exported(
        "tines",
        {
            "name": "Sound",
            "tags": ["e\u0301"],
            "metadata": {"sound": "x", "un\u200bsound": "y"},
            "fields": {"${x}": "y"},
        },
    )

    assert [sentence.partition(" is left out")[0] for sentence in found.left_out] == [
        "`tags`",
        "`metadata.un\\u200bsound`",
        "`fields.${x}`",
    ]
    assert "name: Sound" in found.text
    assert "sound: x" in found.text
    assert "fields:" not in found.text
    assert found.text.count("    # ") == 3


def test_hundreds_of_wrong_members_are_one_reason() -> None:
    found = exported("tines", {"tags": [f"e\u0301{number}" for number in range(400)]})

    assert len(found.left_out) == 1


def test_of_items_that_say_the_same_the_first_is_kept() -> None:
    same = {"type": "Ticket", "value": "T-1", "source": None}

    found = exported("threatconnect", {"attributes": {"31": same, "32": same, "33": {**same, "value": "T-2"}}})

    assert "ticket-31:" in found.text
    assert "ticket-32:" not in found.text.replace("# `attributes.ticket-32`", "")
    assert "ticket-33:" in found.text
    assert len(found.left_out) == 1


def test_what_is_taken_over_on_purpose_says_so() -> None:
    found = exported("tines", {"name": "A"}, take_over=True)
    assert found.text.splitlines()[2] == '    import: {id: "7", take_over: true}'


def test_a_case_without_a_status_is_counted_all_the_same() -> None:
    coverage = Coverage("acme", "it")

    coverage.add(Live("1", "", {"status": None}), Keeper.UNMANAGED)

    assert coverage.all.total == 1
    assert coverage.by_status == {}
