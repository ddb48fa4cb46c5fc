"""Templates: what comes from where, what counts, and where it is told that something is wrong."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

import pytest

from reconciler.config.accept import accepted
from reconciler.errors import ConfigError
from reconciler.model.address import Address
from reconciler.model.case import Case, OnRemove
from reconciler.model.change import Drift, DriftedField
from reconciler.model.fields import Ownership
from reconciler.providers.base import ProviderSettings
from tests.config.rig import RigFolder
from tests.config.toy import ENV, SETTINGS, Folder, Toy, ToySettings

BASE: Final = """\
templates:
  base:
    priority: high
    tags: [managed, a]
    metadata: {owner: soc, code: base}
    lifecycle: {on_remove: close, prevent_delete: true}
    ownership: {tags: shared}
  night:
    extends: base
    description: at night
    metadata: {shift: night}
"""


def one(folder: Folder, text: str, name: str = "one") -> Case:
    return folder.load(text).cases[Address("soc", name)]


def test_what_comes_nearest_counts(folder: Folder) -> None:
    folder.write("cases/base.yaml", BASE)

    case = one(folder, "cases:\n  one: {extends: night, name: n, description: own, metadata: {code: own}}\n")

    assert case.attributes == {
        "name": "n",
        "description": "own",
        "priority": "high",
        "tags": frozenset({"managed", "a"}),
        "metadata": {"owner": "soc", "code": "own", "shift": "night"},
    }
    assert (case.lifecycle.on_remove, case.lifecycle.prevent_delete) == (OnRemove.CLOSE, True)
    assert case.ownership == {"tags": Ownership.SHARED}


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ("tags: [b, a]", "tags", {"managed", "a", "b"}),
        ("tags: {replace: [b]}", "tags", {"b"}),
        ("tags: {replace: []}", "tags", set()),
        ("tags: null", "tags", set()),
        ("priority: low", "priority", "low"),
        ("description: null", "description", ""),
        ("metadata: {owner: null}", "metadata", {"owner": None, "code": "base"}),
        ("lifecycle: {prevent_delete: false}", "priority", "high"),
        ("people: {replace: [jane]}", "people", {"jane"}),
    ],
)
def test_a_case_says_otherwise_in_its_own_words(folder: Folder, body: str, name: str, value: Any) -> None:
    case = one(folder, f"{BASE}cases:\n  one:\n    extends: base\n    name: n\n    {body}\n")

    assert case.attributes[name] == value


def test_meta_arguments_are_merged_too(folder: Folder) -> None:
    text = """\
templates:
  after: {depends_on: [first], lifecycle: {ignore_changes: [name]}, provider: soc}
cases:
  first: {name: f}
  second: {name: s}
  one: {extends: after, name: n, depends_on: [second], lifecycle: {on_remove: delete}}
"""
    case = one(folder, text)

    assert [address.name for address in case.depends_on] == ["first", "second"]
    assert case.lifecycle.on_remove is OnRemove.DELETE
    assert case.lifecycle.ignore_changes == ("name",)


def test_what_several_build_upon_is_laid_down_once_and_first(folder: Folder) -> None:
    text = """\
templates:
  base: {priority: low, description: base}
  a: {extends: base, priority: high}
  b: {extends: base, code: b}
cases:
  one: {extends: [a, b], name: n}
"""
    assert one(folder, text).attributes == {"name": "n", "priority": "high", "description": "base", "code": "b"}


def test_items_are_merged_field_by_field_and_objects_are_not(rig: RigFolder) -> None:
    text = """\
templates:
  base:
    notes: {first: {text: a, level: low}, second: {text: b}}
    assignee: {user: jane}
    groups: [x, {type: campaign, name: c}]
cases:
  one:
    extends: base
    name: n
    notes: {first: {level: high}, third: {text: c}}
    assignee: {group: team}
    groups: [y, x]
"""
    attributes = one(rig, text).attributes

    notes = {key: {name: note.get(name) for name in note} for key, note in attributes["notes"].items()}
    assert {key: note["text"] for key, note in notes.items()} == {"first": "a", "second": "b", "third": "c"}
    assert notes["first"]["level"] == "high"
    assert attributes["assignee"] == {"group": "team"}
    assert len(attributes["groups"]) == 3


def test_an_item_may_be_anything_to_be_told_what_is_wrong_with_it(rig: RigFolder) -> None:
    base = "templates:\n  base: {notes: {a: {text: a}, b: text}}\n"

    found = rig.problems(f"{base}cases:\n  one: {{extends: base, name: n, notes: {{a: null}}}}\n")

    assert found[0] == "cases/a.yaml:2:35: `b` must be a mapping, not `text` (used by `one` at cases/a.yaml:4:3)"
    assert found[1].startswith("cases/a.yaml:4:44: `a` ")


def test_a_value_knows_the_template_that_it_stands_in(folder: Folder) -> None:
    folder.write("cases/base.yaml", BASE)
    source = one(folder, "cases:\n  one: {extends: night, name: n, metadata: {code: own}, tags: [b]}\n").source

    def at(*path: str | int) -> str:
        return str(source.at(path)).replace(f"{folder.root}/", "")  # type: ignore[arg-type] # indices of lists too

    assert at() == "cases/a.yaml:2:3"
    assert at("name") == "cases/a.yaml:2:31"
    assert at("priority") == "cases/base.yaml:3:15"
    assert at("metadata") == "cases/a.yaml:2:44"
    assert at("metadata", "code") == "cases/a.yaml:2:51"
    assert at("metadata", "owner") == "cases/base.yaml:5:23"
    assert at("metadata", "shift") == "cases/base.yaml:11:23"
    assert at("tags", 0) == "cases/base.yaml:4:12"
    assert at("tags", 2) == "cases/a.yaml:2:64"
    assert at("lifecycle", "on_remove") == "cases/base.yaml:6:28"


def test_what_is_wrong_in_a_template_is_told_once_with_its_first_use(folder: Folder) -> None:
    folder.write(
        "cases/base.yaml", "templates:\n  base:\n    priority: hgih\n    tags: [ok, [no]]\n    xyzzy: 1\n"
    )
    text = "cases:\n  one: {extends: base, name: n, code: toolong}\n  two: {extends: base, name: m}\n"

    found = folder.problems(text)

    assert found[0] == "cases/a.yaml:2:39: `code` should have at most 5 characters"
    used = "(used by `one` at cases/a.yaml:2:3 and 1 other case)"
    assert found[1:3] == [
        f"cases/base.yaml:3:15: `priority` must be low or high, not `hgih` {used}; did you mean `high`?",
        f"cases/base.yaml:4:16: `tags` must be text, not a list {used}",
    ]
    assert found[3].startswith(f"cases/base.yaml:5:5: unknown key `xyzzy` {used}")


def test_a_reference_in_a_template_is_told_at_both_places(folder: Folder) -> None:
    text = """\
templates:
  base: {description: "${cases.nope.id}", depends_on: [none]}
cases:
  one: {extends: base, name: n}
  two: {extends: base, name: n}
"""
    used = "(used by `one` at cases/a.yaml:4:3 and 1 other case)"
    assert folder.problems(text) == [
        f"cases/a.yaml:2:23: there is no case `nope` {used}",
        f"cases/a.yaml:2:56: there is no case `none` {used}; did you mean `one`?",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "templates:\n  a: {extends: b}\n  b: {extends: [a]}\n",
            "3:17: these templates extend each other: a → b → a",
        ),
        (
            "templates:\n  a: {}\ncases:\n  one: {extends: [a, aa]}\n",
            "4:22: there is no template `aa`; did you mean",
        ),
        ("cases:\n  one: {extends: ghost}\n", "2:18: there is no template `ghost`; declare it under `templates:`"),
        ("templates:\n  a: {}\n---\ntemplates:\n  a: {}\n", "5:3: the template `a` is declared already, at"),
        ("templates:\n  a: {import: '4'}\n", "2:7: `import` cannot stand in a template"),
        ("templates:\n  a: {for_each: [a]}\n", "2:7: `for_each` cannot stand in a template"),
        ("templates: [a]\n", "1:12: `templates` must be a mapping: names and their templates"),
        ("templates:\n  a b: {}\n", "2:3: `a b` cannot name a template"),
        ("templates:\n  a: text\n", "2:3: the template `a` must be a mapping"),
        (
            "cases:\n  one: {extends: {a: b}}\n",
            "2:18: `extends` must name a template, or list some, not a mapping",
        ),
        ("cases:\n  one: {extends: ['${x}']}\n", "2:19: `${…}` cannot stand in `extends`"),
        ("cases:\n  one: {name: n, tags: {replace: [a]}}\n", "2:24: `tags` must be a list"),
    ],
)
def test_what_is_no_template_is_refused(folder: Folder, text: str, problem: str) -> None:
    (found,) = folder.problems(text)

    assert found.startswith(f"cases/a.yaml:{problem}")


def test_a_template_that_may_be_in_a_broken_file_is_not_missed(folder: Folder) -> None:
    folder.write("cases/broken.yaml", "templates: [\n")

    (found,) = folder.problems("cases:\n  one: {extends: base, name: n}\n  two: {name: n, depends_on: [one]}\n")

    assert found.startswith("cases/broken.yaml:")


class FlatSettings(ToySettings):
    type: Literal["flat"]  # type: ignore[assignment] # another system


class Flat(Toy):
    settings_model: ClassVar[type[ProviderSettings]] = FlatSettings


TWO: Final = (
    SETTINGS
    + """  hub: {type: flat, url: "https://hub.example", token: "${env.TOKEN}"}
variables: {system: hub}
"""
)


@pytest.mark.parametrize(
    ("provider", "problems"),
    [
        ("hub", ["cases/a.yaml:2:25: unknown key `notes` (used by `one` at cases/a.yaml:4:3)"]),
        ("${var.system}", ["cases/a.yaml:2:25: unknown key `notes` (used by `one` at cases/a.yaml:4:3)"]),
        ("soc", []),
        ("null", []),
        ("xyzzy", ["cases/a.yaml:4:34: unknown provider `xyzzy`; known are soc and hub"]),
        ("[soc]", ["cases/a.yaml:4:34: `provider` must be text, not a list"]),
        (
            "${each.key}",
            [
                "cases/a.yaml:4:34: `${each.key}`: `each` is known in a case with `for_each` only",
                "cases/a.yaml:4:34: `provider` cannot look at `each`: it says how templates are merged",
            ],
        ),
    ],
)
def test_templates_are_merged_as_the_system_of_the_case_wants_it(
    rig: RigFolder, provider: str, problems: list[str]
) -> None:
    rig.types = {**rig.types, "flat": Flat}  # type: ignore[misc] # of this workspace only
    rig.write("reconciler.yaml", TWO)
    text = "templates:\n  base: {provider: soc, notes: {a: {text: a}}}\ncases:\n"
    quoted = f'"{provider}"' if "$" in provider else provider
    said = f"provider: {quoted}, " if provider != "null" else ""

    found = rig.problems(f"{text}  one: {{extends: base, {said}name: n}}\n")

    assert [problem.partition("; did")[0].partition("; known are name")[0] for problem in found] == problems


def test_all_problems_end_after_a_thousand_cases(folder: Folder) -> None:
    cases = "".join(f"  c{at}: {{extends: base, name: n}}\n" for at in range(1200))

    (found,) = folder.problems(f"templates:\n  base: {{priority: hgih}}\ncases:\n{cases}")

    assert "(used by `c0` at cases/a.yaml:4:3 and 999 other cases)" in found


# ------------------------------------------------------------------------------------ drift --accept


def refused(rig: RigFolder, text: str, name: str, *fields: Any) -> str:
    configuration = rig.load(text)
    drift = [Drift(Address("soc", name), tuple(DriftedField(*field) for field in fields))]
    with pytest.raises(ConfigError) as error:
        accepted(configuration, drift, root=rig.root, env=ENV, providers=rig.types)
    return str(error.value).replace(f"{rig.root}/", "")


SHARED: Final = """\
templates:
  base: {code: a, tags: [managed], notes: {x: {text: a}}}
cases:
  one: {extends: base, name: n, tags: [own]}
  each: {for_each: [a], name: "${each.key}"}
"""


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        (
            "one",
            (("code",), "a", "b"),
            "cases/a.yaml:2:16: soc.one: `code` comes from the template `base`, used at ",
        ),
        (
            "one",
            (("notes", "x", "text"), "a", "b"),
            "cases/a.yaml:2:54: soc.one: `notes.x.text` comes from the template `base`, used at ",
        ),
        (
            "one",
            (("tags",), {"managed", "own"}, {"own"}),
            "cases/a.yaml:2:26: soc.one: `tags` has members from the template `base`, used at ",
        ),
        (
            "each-a",
            (("name",), "a", "b"),
            "cases/a.yaml:5:31: soc.each-a: `name` comes from `for_each` of `each`, ",
        ),
    ],
)
def test_what_stands_elsewhere_is_not_accepted(rig: RigFolder, name: str, field: Any, said: str) -> None:
    assert refused(rig, SHARED, name, field).startswith(said)


def test_a_case_of_several_has_no_block_of_its_own_to_write_into(rig: RigFolder) -> None:
    said = refused(rig, SHARED, "each-a", (("name",), "a", "b"))

    assert said.endswith("; let it come from `each.value`, change it for all of them, or run `reconciler apply`")


def test_what_stands_in_the_case_itself_is_accepted(rig: RigFolder) -> None:
    configuration = rig.load(SHARED)
    fields = DriftedField(("name",), "n", "m"), DriftedField(("tags",), {"own", "managed"}, {"managed", "new"})
    drift = [Drift(Address("soc", "one"), fields)]

    (made,) = accepted(configuration, drift, root=rig.root, env=ENV, providers=rig.types).values()

    assert b"one: {extends: base, name: m, tags: [new]}" in made.new
