"""Items, members that are objects, objects: what becomes of them, and what is refused where."""

from __future__ import annotations

import pytest

from reconciler.model.address import Address
from reconciler.model.case import Lifecycle
from reconciler.model.fields import Ownership
from reconciler.model.values import Entry, Ref, Secret, Template, Value
from tests.config.rig import RigFolder
from tests.config.toy import ENV

GROUP = "{type: Campaign, name: Autumn}"

VALUES: dict[str, tuple[str, Value]] = {
    "items": ("notes: {a: {text: x}, b: {text: y}}", {"a": {"text": "x"}, "b": {"text": "y"}}),
    "no items": ("notes: {}", {}),
    "only declared fields": ("notes: {a: {text: x, count: 2}}", {"a": {"text": "x", "count": 2}}),
    "kinds of fields": (
        "notes: {a: {text: 1e3, level: HIGH, open: yes, due: 2024-01-01T10:00:00+02:00}}",
        {"a": {"text": "1e3", "level": "high", "open": True, "due": "2024-01-01T08:00:00Z"}},
    ),
    "null in items": (
        "notes: {a: {text: x, source: ~, person: null}}",
        {"a": {"text": "x", "source": "", "person": None}},
    ),
    "object in an item": (
        "notes: {a: {text: x, person: {user: j}}}",
        {"a": {"text": "x", "person": {"user": "j"}}},
    ),
    "keys that differ": (
        "notes: {a: {text: x}, A: {text: x}, 'a.b c': {text: x}, '[key]': {text: x}, é: {text: x}}",
        {key: {"text": "x"} for key in ("a", "A", "a.b c", "[key]", "é")},
    ),
    "longest key": (f"notes: {{{'k' * 128}: {{text: x}}}}", {"k" * 128: {"text": "x"}}),
    "object": ("assignee: {user: jane}", {"user": "jane"}),
    "text that might be an object": ("owner: jane", "jane"),
    "object that might be a text": ("owner: {group: soc}", {"group": "soc"}),
    "null object": ("assignee: ~", None),
    "members": (f"groups: [a, 17, {GROUP}]", frozenset({"a", "17", Entry("campaign: Autumn", {})})),
    "members twice": (f"groups: [a, a, {GROUP}, {GROUP}]", frozenset({"a", Entry("campaign: Autumn", {})})),
    "null set": ("groups: ~", frozenset()),
}


@pytest.mark.parametrize(("body", "value"), VALUES.values(), ids=VALUES.keys())
def test_a_structure_is_what_is_written_in_normal_form(rig: RigFolder, body: str, value: Value) -> None:
    made = rig.value(body)

    assert made == value
    assert type(made) is type(value)


def test_a_member_keeps_all_that_is_said_of_it(rig: RigFolder) -> None:
    (group,) = rig.value("groups: [{type: ADVERSARY, name: 7, artifacts: [4, '5']}]")

    assert group.key == "adversary: 7"
    assert group.fields == {"type": "adversary", "name": "7", "artifacts": [4, 5]}
    assert type(group.fields["name"]) is str


# ------------------------------------------------------------------------------------ expressions

TWO = "\n  two: {name: Two}"

EXPRESSIONS: dict[str, tuple[str, Value]] = {
    "secret at its very field": (
        "notes: {a: {text: '${env.WORD}', source: Hush-Hush}, b: {text: Hush-Hush}}",
        {"a": {"text": Secret("Hush-Hush"), "source": "Hush-Hush"}, "b": {"text": "Hush-Hush"}},
    ),
    "secret in normal form": (
        "notes: {a: {text: x, level: '${env.SHORT}'}}",
        {"a": {"text": "x", "level": Secret("high")}},
    ),
    "secret below a field": (
        "notes: {a: {text: x, person: {user: 'u-${env.WORD}'}}}",
        {"a": {"text": "x", "person": {"user": Secret("u-Hush-Hush")}}},
    ),
    "file": ("notes: {a: {text: '${file(\"n.md\")}'}}", {"a": {"text": "from file"}}),
    "reference": ("notes: {a: {text: '${cases.two.id}'}}", {"a": {"text": Ref("two", "id")}}),
    "reference in a text": (
        "notes: {a: {text: 'see ${cases.two.url}'}}",
        {"a": {"text": Template(("see ", Ref("two", "url")))}},
    ),
    "escape": ("notes: {a: {text: '$${x}'}}", {"a": {"text": "${x}"}}),
    "secret in an object": ("assignee: {group: '${env.WORD}'}", {"group": Secret("Hush-Hush")}),
    "secret that might be an object": ("owner: '${env.WORD}'", Secret("Hush-Hush")),
    "reference in an object": ("assignee: {user: '${cases.two.id}'}", {"user": Ref("two", "id")}),
    "members": (
        "groups: ['${env.WORD}', '${cases.two.id}', '${cases.two.id}']",
        frozenset({Secret("Hush-Hush"), Ref("two", "id")}),
    ),
}


@pytest.mark.parametrize(("body", "value"), EXPRESSIONS.values(), ids=EXPRESSIONS.keys())
def test_expressions_work_in_the_texts_of_a_structure(rig: RigFolder, body: str, value: Value) -> None:
    rig.write("n.md", "from file")

    case = rig.load(f"cases:\n  one:\n    name: One\n    {body}{TWO}\n").cases[Address("soc", "one")]

    (made,) = (made for name, made in case.attributes.items() if name != "name")
    assert made == value


def test_expressions_work_inside_a_member(rig: RigFolder) -> None:
    body = "groups: [{type: adversary, name: X, about: '${env.SHORT}'}, {type: campaign, name: high}]"

    members = {member.key: member.fields for member in rig.value(body)}

    assert members == {
        "adversary: X": {"type": "adversary", "name": "X", "about": Secret("high")},
        "campaign: high": {"type": "campaign", "name": "high"},
    }


def test_a_reference_in_an_item_makes_the_case_depend(rig: RigFolder) -> None:
    cases = rig.load(f"cases:\n  one: {{name: A, notes: {{a: {{text: '${{cases.two.id}}'}}}}}}{TWO}\n").cases

    assert cases[Address("soc", "one")].depends_on == (Address("soc", "two"),)


UNSET: dict[str, tuple[str, Value]] = {
    "in free text": (
        "notes: {a: {text: '${env.NO}', source: ~}, b: {text: '${env.WORD}'}}",
        {"a": {"text": Secret(""), "source": ""}, "b": {"text": Secret("Hush-Hush")}},
    ),
    "where a stand-in is refused": (
        "notes: {a: {text: '${env.WORD}', level: '${env.NO}', source: ~}, b: {text: x}}",
        {"a": {"text": Secret(""), "level": Secret(""), "source": Secret("")}, "b": {"text": "x"}},
    ),
    "in an object": ("assignee: {user: '${env.NO}'}", Secret("")),
    "in a member": ("groups: ['${env.WORD}', {type: campaign, name: '${env.NO}'}]", Secret("")),
}


@pytest.mark.parametrize(("body", "value"), UNSET.values(), ids=UNSET.keys())
def test_offline_an_unset_variable_hides_as_little_as_possible(rig: RigFolder, body: str, value: Value) -> None:
    configuration = rig.load(f"cases:\n  one:\n    name: One\n    {body}\n", offline=True)

    (case,) = configuration.cases.values()
    assert [made for name, made in case.attributes.items() if name != "name"] == [value]
    assert len(configuration.warnings) == 1


def test_offline_the_rest_of_an_item_with_an_unset_variable_is_looked_at(rig: RigFolder) -> None:
    found = rig.problems("cases: {one: {name: x, notes: {a: {txt: y, level: '${env.NO}'}}}}", offline=True)

    assert found == [
        "cases/a.yaml:1:32: `text` is missing",
        "cases/a.yaml:1:36: unknown key `txt`; did you mean `text`?",
    ]


# ------------------------------------------------------------------------------------ what is refused

KEY_HINT = "cannot be the key of an item; 1 to 128 characters, none of them a control character"

PROBLEMS: dict[str, tuple[str, list[str]]] = {
    "unknown key": ("notes: {a: {txt: x, text: y}}", ["4:17: unknown key `txt`; did you mean `text`?"]),
    "unknown key with nothing": (
        "notes: {a: {text: y, sorce: }}",
        ["4:26: unknown key `sorce`; did you mean `source`?"],
    ),
    "enum": (
        "notes: {a: {text: x, level: hihg}}",
        ["4:33: `level` must be low or high, not `hihg`; did you mean `high`?"],
    ),
    "too long": (f"notes: {{a: {{text: {'x' * 21}}}}}", ["4:23: `text` should have at most 20 characters"]),
    "missing": ("notes: {a: {}, b: {source: x}}", ["4:13: `text` is missing", "4:20: `text` is missing"]),
    "no mapping": (
        "notes: {a: x, b: [y]}",
        ["4:16: `a` must be a mapping, not `x`", "4:22: `b` must be a mapping, not a list"],
    ),
    "nothing as item": ("notes: {a: ~}", ["4:16: `a` must be a mapping of its fields, not nothing; leave it out"]),
    "nothing as items": (
        "notes: ~",
        ["4:12: `notes` cannot be emptied as a whole; leave it out, or write each item"],
    ),
    "list as items": (
        "notes: [a]",
        ["4:12: `notes` must be a mapping, each item under a key of your choosing, not a list"],
    ),
    "expression as items": (
        "notes: ${env.WORD}",
        ["4:12: `notes` must be a mapping, each item under a key of your choosing, not `${env.WORD}`"],
    ),
    "nothing in a field": (
        "notes: {a: {text: ~, level: ~}}",
        [
            "4:23: `text` cannot be emptied; give it a value, or leave it out",
            "4:33: `level` cannot be emptied; give it a value, or leave it out",
        ],
    ),
    "nothing in an object": (
        "assignee: {user: ~, group: x}",
        ["4:22: `user` cannot be emptied; give it a value, or leave it out"],
    ),
    "empty key": ("notes: {'': {text: x}}", [f"4:13: empty text {KEY_HINT}"]),
    "long key": (f"notes: {{{'k' * 129}: {{text: x}}}}", [f"4:13: `{'k' * 59}…` {KEY_HINT}"]),
    "control characters": (
        'notes: {"a\\tb": {text: x}, "\\e": {text: x}, "\\N": {text: x}}',
        [
            "4:13: the key `a\\tb` holds U+0009, which nobody sees; remove it",
            "4:32: the key `\\x1b` holds U+001B, which nobody sees; remove it",
            "4:49: the key `\\x85` holds U+0085, which nobody sees; remove it",
        ],
    ),
    "a key and what is under it": (
        "notes: {'': {txt: x, text: y}}",
        [f"4:13: empty text {KEY_HINT}", "4:18: unknown key `txt`; did you mean `text`?"],
    ),
    "a key like pydantic's mark": ("notes: {'[key]': {text: [x]}}", ["4:29: `text` must be text, not a list"]),
    "reference as a number": (
        "notes: {a: {text: x, count: '${cases.two.id}'}}",
        ["4:33: `count` cannot hold a reference: it is not free text"],
    ),
    "reference as a time": (
        "notes: {a: {text: x, due: '${cases.two.id}'}}",
        ["4:31: `due` cannot hold a reference: it is a time, not free text"],
    ),
    "secret as a number": (
        "notes: {a: {text: x, count: '${env.TWO}'}}",
        ["4:33: `count` cannot hold a secret: only text can; write the value itself"],
    ),
    "secret that is refused": (
        "notes: {a: {text: x, level: '${env.WORD}'}}",
        ["4:33: `level` must be low or high, not `${env.WORD}`"],
    ),
    "secret and reference": (
        "notes: {a: {text: '${env.WORD} ${cases.two.id}'}}",
        ["4:23: one value cannot hold both a secret and a reference; split it into two"],
    ),
    "expression in a key": ("notes: {'${x}': {text: x}}", ["4:13: `${…}` cannot stand in a key"]),
    "text as object": ("assignee: jane", ["4:15: `assignee` must be a mapping, not `jane`"]),
    "unknown key of an object": ("assignee: {usr: x}", ["4:16: unknown key `usr`; did you mean `user`?"]),
    "object's own rule": (
        "assignee: {user: a, group: b}",
        ["4:15: `assignee` must be {user: LOGIN} or {group: NAME}"],
    ),
    "neither text nor object": ("owner: [a]", ["4:12: `owner` must be text, not a list"]),
    "nothing that might be an object": (
        "owner: ~",
        ["4:12: `owner` cannot be emptied; give it a value, or leave it out"],
    ),
    "field of an object": ("assignee: {user: [a]}", ["4:22: `user` must be text, not a list"]),
    "object in an item": (
        "notes: {a: {text: x, person: {usr: y}}}",
        ["4:35: unknown key `usr`; did you mean `user`?"],
    ),
    "member's missing field": ("groups: [b, {type: campaign}]", ["4:17: `name` is missing"]),
    "member's unknown key": (
        "groups: [{typ: campaign, name: a, type: adversary}]",
        ["4:15: unknown key `typ`; did you mean `type`?"],
    ),
    "member's enum": (
        "groups: [{type: campain, name: a}]",
        ["4:21: `type` must be adversary or campaign, not `campain`; did you mean `campaign`?"],
    ),
    "member's own rule": (
        "groups: [{type: campaign, name: campaign}]",
        ["4:14: `groups` must have a name that is not its type"],
    ),
    "deep in a member": (
        "groups: [{type: campaign, name: a, artifacts: [1, x]}]",
        ["4:55: `artifacts` must be a whole number, not `x`"],
    ),
    "list as member": ("groups: [[a]]", ["4:14: `groups` must be text, not a list"]),
    "nothing as member": ("groups: [a, ~]", ["4:17: `groups` must be text, not nothing"]),
    "empty member": ("groups: ['']", ["4:14: `groups` should have at least 1 character"]),
    "text that is refused": ("groups: [unheard-of]", ["4:14: `groups` must be a group that is heard of"]),
    "secret name of a member": (
        "groups: [{type: campaign, name: '${env.WORD}'}]",
        ["4:37: `name` cannot hold a secret or a reference: the object is known by it"],
    ),
    "unknown name of a member": (
        "groups: [{type: campaign, name: 'a ${cases.two.id}'}]",
        ["4:37: `name` cannot hold a secret or a reference: the object is known by it"],
    ),
    "text as set": ("groups: a", ["4:13: `groups` must be a list, such as [a, b], not `a`"]),
    "ownership of items": (
        "ownership: {notes: shared}",
        ["4:17: `ownership` is for sets, and `notes` holds items"],
    ),
}


@pytest.mark.parametrize(("body", "problems"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_in_a_structure_says_what_and_where(rig: RigFolder, body: str, problems: list[str]) -> None:
    found = rig.problems(f"cases:\n  one:\n    name: One\n    {body}{TWO}\n")

    assert found == [f"cases/a.yaml:{problem}" for problem in problems]


def test_no_secret_is_in_a_problem(rig: RigFolder) -> None:
    for body, _ in PROBLEMS.values():
        assert ENV["WORD"] not in str(rig.problems(f"cases:\n  one:\n    name: One\n    {body}{TWO}\n"))


def test_any_set_may_be_shared_and_items_ignored(rig: RigFolder) -> None:
    case = rig.case("ownership: {groups: shared, linked: shared}\nlifecycle: {ignore_changes: [notes]}")

    assert case.ownership == {"groups": Ownership.SHARED, "linked": Ownership.SHARED}
    assert case.lifecycle == Lifecycle(ignore_changes=("notes",))


def test_a_thousand_items_know_their_places(rig: RigFolder) -> None:
    items = "".join(f"      n{number}: {{text: 'a ${{cases.two.id}}'}}\n" for number in range(1000))

    case = rig.load(f"cases:\n  one:\n    name: One\n    notes:\n{items}{TWO[1:]}\n").cases[Address("soc", "one")]

    assert len(case.attributes["notes"]) == 1000
    assert str(case.source.at(("notes", "n999", "text"))).endswith(":1004:20")
