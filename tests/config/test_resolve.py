"""All files of a workspace → its cases, or every problem at once."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest

from reconciler.config import load
from reconciler.errors import ConfigError
from reconciler.model.address import Address
from reconciler.model.case import Lifecycle, OnRemove
from reconciler.model.fields import Ownership
from reconciler.model.values import Value
from tests.config.toy import ENV, SETTINGS, TYPES, Folder

# ------------------------------------------------------------------------------------ what is understood

VALUES: dict[str, tuple[str, Value]] = {
    "text": ("description: a b", "a b"),
    "number as text": ("description: 42", "42"),
    "no": ("description: no", "no"),
    "exponent": ("code: 1e3", "1e3"),
    "octal": ("code: 0777", "0777"),
    "date": ("description: 2024-01-01", "2024-01-01"),
    "sexagesimal": ("description: 12:30:45", "12:30:45"),
    "truth": ("description: true", "true"),
    "null empties": ("description: ~", ""),
    "quoted null": ("description: 'null'", "null"),
    "block": ("description: |\n  a\n  b", "a\nb\n"),
    "enum in capitals": ("priority: HIGH", "high"),
    "number": ("team_id: 2", 2),
    "quoted number": ("team_id: '2'", 2),
    "time": ("opened_at: 2024-01-01T10:00:00+02:00", "2024-01-01T08:00:00Z"),
    "set": ("tags: [b, a, b, 1, no]", frozenset({"a", "b", "1", "no"})),
    "empty set": ("tags: []", frozenset()),
    "null set": ("tags: null", frozenset()),
    "folded set": ("people: [Jane, jane]", frozenset({"jane"})),
    "map": (
        "metadata: {a: 1, b: 'x', c: yes, d: 2024-01-01}",
        {"a": "1", "b": "x", "c": "yes", "d": "2024-01-01"},
    ),
    "map with null": ("metadata: {a: null, b: ''}", {"a": None, "b": ""}),
    "empty map": ("metadata: {}", {}),
    "structures": (
        "metadata: {l: [1, '1', true, no, ~, 1.5, 1e3, 0x10, 0o17, é], m: {z: 1, a: {}}}",
        {"l": '[1,"1",true,"no",null,1.5,1000.0,16,15,"é"]', "m": '{"a":{},"z":1}'},
    ),
    "hostile text": ('description: "a\\u202Eb\\u200D\\e"', "a\u202eb\u200d\x1b"),
}


@pytest.mark.parametrize(("body", "value"), VALUES.values(), ids=VALUES.keys())
def test_an_attribute_is_what_is_written_in_normal_form(folder: Folder, body: str, value: Value) -> None:
    made = folder.value(body)

    assert made == value
    assert type(made) is type(value)


def test_no_plain_marker_is_left_in_an_attribute(folder: Folder) -> None:
    made = folder.value("metadata: {a: 1}")

    assert type(made["a"]) is str


def test_only_what_is_declared_is_an_attribute(folder: Folder) -> None:
    assert folder.case("").attributes == {"name": "One"}


def test_meta_arguments_are_understood(folder: Folder) -> None:
    case = folder.load(
        "cases:\n  two: {name: Two}\n  three: {name: Three}\n  one:\n    provider: soc\n    import: 42\n"
        "    lifecycle: {on_remove: DELETE, prevent_delete: true, ignore_changes: [tags]}\n"
        "    ownership: {tags: shared, people: exact}\n    depends_on: [two, three, two]\n"
    ).cases[Address("soc", "one")]

    assert case.adopt == "42"
    assert case.type == "toy"
    assert case.lifecycle == Lifecycle(OnRemove.DELETE, prevent_delete=True, ignore_changes=("tags",))
    assert case.ownership == {"tags": Ownership.SHARED}
    assert case.depends_on == (Address("soc", "three"), Address("soc", "two"))


def test_a_case_overrides_the_defaults_key_by_key(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        SETTINGS + "defaults: {lifecycle: {on_remove: close, prevent_delete: true}, ownership: {tags: shared}}\n",
    )

    case = folder.case("lifecycle: {prevent_delete: false}\nownership: {tags: exact, people: shared}")

    assert case.lifecycle == Lifecycle(OnRemove.CLOSE, prevent_delete=False)
    assert case.ownership == {"people": Ownership.SHARED}


def test_cases_of_all_files_and_documents_are_sorted(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS + '  abc: {type: toy, url: "http://localhost:1", token: x}\n')
    folder.write(
        "cases/b.yml", "cases: {b: {provider: soc, name: B}}\n---\ncases: {a: {provider: soc, name: A}}\n"
    )
    folder.write("cases/deep/er/x.yaml", "cases: {z: {provider: abc, name: Z}}\n")
    folder.write("cases/empty.yaml", "")
    folder.write("cases/none.yaml", "cases:\n")
    folder.write("cases/.hidden.yaml", "nonsense: [")
    folder.write("cases/.git/x.yaml", "nonsense: [")
    folder.write("cases/readme.md", "nonsense: [")

    assert [str(address) for address in folder.load().cases] == ["abc.z", "soc.a", "soc.b"]


def test_a_workspace_without_cases_is_no_error(folder: Folder) -> None:
    assert folder.load().cases == {}


def test_a_case_knows_where_its_values_stand(folder: Folder) -> None:
    source = (
        folder.load("cases:\n  one:\n    name: One\n    metadata:\n      region: emea\n    tags:\n    - a\n")
        .cases[Address("soc", "one")]
        .source
    )

    def at(*path: str) -> str:
        return str(source.at(path)).replace(f"{folder.root}/", "")

    assert at() == "cases/a.yaml:2:3"
    assert at("name") == "cases/a.yaml:3:11"
    assert at("metadata", "region") == "cases/a.yaml:5:15"
    assert at("metadata", "nope") == "cases/a.yaml:5:7"
    assert at("tags") == "cases/a.yaml:7:5"
    assert at("nope") == "cases/a.yaml:2:3"


def test_locations_are_relative_if_the_workspace_is(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.root)
    folder.write("cases/a.yaml", "cases: {one: {name: One}}")

    from pathlib import Path

    configuration = load(Path(), env=ENV, providers=TYPES)

    assert str(configuration.cases[Address("soc", "one")].source.at()) == "cases/a.yaml:1:9"
    assert configuration.settings.workspace == folder.root.name


def test_links_within_the_workspace_are_followed_to_files(folder: Folder) -> None:
    folder.write("shared/x.yaml", "cases: {one: {name: One}}")
    (folder.root / "cases").mkdir()
    (folder.root / "cases/x.yaml").symlink_to("../shared/x.yaml")

    assert len(folder.load().cases) == 1


def test_a_collector_that_was_off_stays_off(folder: Folder) -> None:
    import gc

    gc.disable()
    try:
        folder.load()
        assert not gc.isenabled()
    finally:
        gc.enable()
    folder.load()
    assert gc.isenabled()


# ------------------------------------------------------------------------------------ what is refused

TOY_KEYS = (
    "name, description, status, priority, team_id, code, opened_at, tags, people, metadata, extends, for_each, "
    "provider, lifecycle, ownership, import and depends_on"
)

PROBLEMS: dict[str, tuple[str, str]] = {
    "unknown key": ("pritority: high", "4:5: unknown key `pritority`; did you mean `priority`?"),
    "unknown meta-argument": ("life_cycle: {}", "4:5: unknown key `life_cycle`; did you mean `lifecycle`?"),
    "far key": ("xyzzy: 1", f"4:5: unknown key `xyzzy`; known are {TOY_KEYS}"),
    "null for an unknown key": ("xyzzy: ~", f"4:5: unknown key `xyzzy`; known are {TOY_KEYS}"),
    "enum": ("priority: hihg", "4:15: `priority` must be low or high, not `hihg`; did you mean `high`?"),
    "enum no": ("status: no", "4:13: `status` must be open or closed, not `no`"),
    "number": ("team_id: two", "4:14: `team_id` must be a whole number, not `two`"),
    "exponent": ("team_id: 1e3", "4:14: `team_id` must be a whole number, not `1e3`"),
    "hexadecimal": ("team_id: 0x10", "4:14: `team_id` must be a whole number, not `0x10`"),
    "fraction": ("team_id: 1.5", "4:14: `team_id` must be a whole number, not `1.5`"),
    "huge": ("team_id: " + "9" * 5000, f"4:14: `team_id` must be a whole number of usual size, not `{'9' * 59}…`"),
    "list as text": ("description: [a]", "4:18: `description` must be text, not a list"),
    "mapping as text": ("description: {a: b}", "4:18: `description` must be text, not a mapping"),
    "text as set": ("tags: phishing", "4:11: `tags` must be a list, such as [a, b], not `phishing`"),
    "mapping in a set": ("tags: [a, {b: c}]", "4:15: `tags` must be text, not a mapping"),
    "nothing in a set": ("tags:\n    - a\n    -", "6:6: `tags` must be text, not nothing"),
    "text as map": ("metadata: x", "4:15: `metadata` must be a mapping, such as {key: text}, not `x`"),
    "too long": ("code: abcdef", "4:11: `code` should have at most 5 characters"),
    "null where there must be something": (
        "status: ~",
        "4:13: `status` cannot be emptied; give it a value, or leave it out",
    ),
    "null map": ("metadata:", "4:14: `metadata` cannot be emptied as a whole; write `KEY: null` for one key"),
    "infinity in a structure": (
        "metadata: {a: [.inf]}",
        "4:19: `a`: this number cannot be written in JSON; quote it",
    ),
    "huge in a structure": (
        "metadata: {a: [1e999]}",
        "4:19: `a`: this number cannot be written in JSON; quote it",
    ),
    "long number in a structure": (
        f"metadata: {{a: [{'1' * 65}]}}",
        "4:19: `a`: this number cannot be written in JSON; quote it",
    ),
    "control characters are shown as escapes": (
        'status: "op\\u202Een\\e"',
        "4:13: `status` must be open or closed, not `op\\u202een\\x1b`; did you mean `open`?",
    ),
    "provider": ("provider: sok", "4:15: unknown provider `sok`; did you mean `soc`?"),
    "far provider": ("provider: intel", "4:15: unknown provider `intel`; known are soc"),
    "provider as a list": ("provider: [soc]", "4:15: `provider` must be text, not a list"),
    "import": ("import: ''", "4:13: `import` should have at least 1 character"),
    "import of what is no id": ("import: 4?x", '4:13: `import` must be the id of a case, such as "42"'),
    "on_remove": (
        "lifecycle: {on_remove: destroy}",
        "4:28: `on_remove` must be release, close or delete, not `destroy`",
    ),
    "lifecycle's key": (
        "lifecycle: {prevent_destroy: true}",
        "4:17: unknown key `prevent_destroy`; did you mean `prevent_delete`?",
    ),
    "lifecycle as text": ("lifecycle: close", "4:16: `lifecycle` must be a mapping, not `close`"),
    "ignored attribute": (
        "lifecycle: {ignore_changes: [tags, descripton]}",
        "4:40: there is no attribute `descripton` to ignore; did you mean `description`?",
    ),
    "ownership": ("ownership: {tags: mine}", "4:23: `tags` must be exact or shared, not `mine`"),
    "ownership of a map": (
        "ownership: {metadata: shared}",
        "4:17: `ownership` is for sets, and `metadata` is a map",
    ),
    "ownership of nothing": ("ownership: {tag: shared}", "4:17: unknown key `tag`; did you mean `tags`?"),
    "depends_on as text": ("depends_on: two", "4:17: `depends_on` must be a list, such as [a, b], not `two`"),
    "depends_on nothing known": ("depends_on: [oen]", "4:18: there is no case `oen`; did you mean `one`?"),
    "reference to nothing known": (
        "description: ${cases.oen.id}",
        "4:18: there is no case `oen`; did you mean `one`?",
    ),
    "depends on itself": ("depends_on: [one]", "4:18: the case `one` refers to itself"),
    "refers to itself": ("description: ${cases.one.id}", "4:18: the case `one` refers to itself"),
    "the provider's own rule": ("status: open\n    name: forbidden", "5:11: this name is forbidden"),
}


@pytest.mark.parametrize(("body", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_says_what_and_where(folder: Folder, body: str, problem: str) -> None:
    name = "import: 1" if "name:" in body else "name: One"

    assert folder.problems(f"cases:\n  one:\n    {name}\n    {body}\n") == [f"cases/a.yaml:{problem}"]


FILE_PROBLEMS: dict[str, tuple[str, str]] = {
    "top key": ("case: {}", "1:1: unknown key `case`; did you mean `cases`?"),
    "a list": ("- cases: {}", "1:1: this must be a mapping, beginning with `cases:`"),
    "text": ("hello", "1:1: this must be a mapping, beginning with `cases:`"),
    "cases as a list": ("cases: [one]", "1:8: `cases` must be a mapping: names and their cases"),
    "case as text": ("cases: {one: x}", "1:9: the case `one` must be a mapping of its attributes"),
    "case as nothing": ("cases:\n  one:\n", "2:3: the case `one` must be a mapping of its attributes"),
    "case's name": (
        "cases: {one.two: {name: x}}",
        "1:9: `one.two` cannot name a case: letters, digits, `_` and `-` only, at most 128",
    ),
    "name missing": ("cases: {one: {}}", "1:9: the case `one` has no `name`, which a new case needs"),
    "name twice in two documents": (
        "cases: {one: {name: x}}\n---\ncases: {one: {name: x}}",
        "3:9: the case `one` is declared already, at cases/a.yaml:1:9; give one of them another name",
    ),
    "syntax": ("cases: {one: {name: @x}}", "1:21: a value cannot begin with `@`; quote it"),
}


@pytest.mark.parametrize(("text", "problem"), FILE_PROBLEMS.values(), ids=FILE_PROBLEMS.keys())
def test_a_problem_of_a_file_says_what_and_where(folder: Folder, text: str, problem: str) -> None:
    assert folder.problems(text) == [f"cases/a.yaml:{problem}"]


def test_a_name_is_taken_once_in_the_whole_workspace(folder: Folder) -> None:
    folder.write("cases/b.yaml", "cases: {one: {name: B}}")

    assert folder.problems("cases: {one: {name: A}}") == [
        "cases/b.yaml:1:9: the case `one` is declared already, at cases/a.yaml:1:9; give one of them another name"
    ]


def test_a_cycle_is_named(folder: Folder) -> None:
    (problem,) = folder.problems(
        "cases:\n  a: {name: A, depends_on: [b]}\n  b: {name: '${cases.c.id}'}\n  c: {name: C, depends_on: [a]}\n"
        "  d: {name: D, depends_on: [a]}\n"
    )

    where, _, cycle = problem.partition(": these cases depend on each other: ")
    assert where == "cases/a.yaml:2:3"
    path = cycle.split(";")[0].split(" → ")
    assert path[0] == path[-1]
    needs = {"a": "b", "b": "c", "c": "a"}
    assert all(needs[first] == second for first, second in itertools.pairwise(path))


def test_with_several_providers_a_case_must_name_its_own(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS + '  abc: {type: toy, url: "http://localhost:1", token: x}\n')

    assert folder.problems("cases: {one: {name: x}}") == [
        "cases/a.yaml:1:9: the case `one` has no `provider`; one of soc or abc"
    ]


def test_with_no_provider_a_case_cannot_be(folder: Folder) -> None:
    folder.write("reconciler.yaml", "version: 1\n")

    assert folder.problems("cases: {one: {name: x}, two: {provider: soc, name: y}}") == [
        "cases/a.yaml:1:9: the case `one` has no `provider`; reconciler.yaml declares none yet",
        "cases/a.yaml:1:41: unknown provider `soc`; reconciler.yaml declares none",
    ]


def test_every_problem_of_every_file_is_said_at_once(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS + "limits: {max_deletes: -1}\n")
    folder.write("cases/b.yaml", "cases: {b: {name: [x], status: x}}")
    folder.write("cases/c.yaml", "cases: {c: [")

    found = folder.problems("cases: {a: {nmae: x}}")

    assert [line.split(": ")[0] for line in found] == [
        "cases/a.yaml:1:9",
        "cases/a.yaml:1:13",
        "cases/b.yaml:1:19",
        "cases/b.yaml:1:32",
        "cases/c.yaml:2:1",
        "reconciler.yaml:4:23",
    ]


def test_a_broken_provider_does_not_hide_the_problems_of_its_cases(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace("https", "ftp"))

    assert len(folder.problems("cases: {a: {name: [x]}}")) == 2


def test_cases_of_an_unknown_type_are_not_complained_about(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace("toy", "toi"))

    (problem,) = folder.problems("cases: {a: {whatever: x}, b: {provider: soc, whatever: y}}")
    assert "unknown provider type `toi`" in problem


def test_unreadable_settings_do_not_make_every_case_a_problem(folder: Folder) -> None:
    folder.write("reconciler.yaml", "version: [")

    (problem,) = folder.problems("cases: {a: {name: x}}")
    assert problem.startswith("reconciler.yaml:2:1: ")


def test_a_reference_into_a_broken_file_is_not_called_unknown(folder: Folder) -> None:
    folder.write("cases/b.yaml", "cases: {b: {name: [")

    (problem,) = folder.problems("cases: {a: {name: A, depends_on: [b]}}")
    assert problem.startswith("cases/b.yaml:")


def test_problems_beyond_a_hundred_are_counted(folder: Folder) -> None:
    cases = "cases:\n" + "".join(f"  c{number:03}: {{nmae: x, name: y}}\n" for number in range(150))

    found = folder.problems(cases)

    assert len(found) == 101
    assert found[-1] == "cases/a.yaml:102:10: and 50 more problems"


def test_a_secret_is_masked_in_every_problem(folder: Folder) -> None:
    found = folder.problems(f"cases: {{one: {{name: One, status: {ENV['TOKEN']}}}}}")

    assert found == ["cases/a.yaml:1:34: `status` must be open or closed, not `(secret)`"]


def test_files_that_must_not_be_read_are_refused(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.yaml").write_text("cases: {x: {name: X}}")
    folder.write("cases/a.yaml", "cases: {one: {name: One}}")
    (folder.root / "cases/out.yaml").symlink_to(outside / "x.yaml")
    (folder.root / "cases/folder").symlink_to(outside)
    (folder.root / "cases/inner").symlink_to(folder.root / "cases")
    (folder.root / "cases/gone.yaml").symlink_to(folder.root / "gone")
    (folder.root / "cases/loop.yaml").symlink_to("loop.yaml")
    (folder.root / "cases/other.txt").symlink_to(outside / "x.yaml")
    os.mkfifo(folder.root / "cases/pipe.yaml")
    (folder.root / "cases/dir.yaml").mkdir()
    with (folder.root / "cases/large.yaml").open("wb") as large:
        large.truncate(10 * 1024**3)

    found = folder.problems()

    assert found == [
        "cases/folder:1:1: the file is a link that leads out of the workspace",
        "cases/gone.yaml:1:1: the file does not exist",
        (
            "cases/inner:1:1: the file is a link to a folder, which is not followed: "
            "link the files, or move them here"
        ),
        "cases/large.yaml:1:1: the file is larger than 16 MiB",
        "cases/loop.yaml:1:1: the file cannot be read: Too many levels of symbolic links",
        "cases/out.yaml:1:1: the file is a link that leads out of the workspace",
        "cases/pipe.yaml:1:1: the file is not a regular file",
    ]


def test_a_folder_of_cases_that_leads_out_is_refused(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder.root / "cases").symlink_to(tmp_path_factory.mktemp("outside"))

    assert folder.problems() == ["cases:1:1: the file is a link that leads out of the workspace"]


def test_a_file_that_changes_while_it_is_read_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("cases/a.yaml", "cases: {one: {name: One}}")
    real = os.read

    def read(descriptor: int, size: int) -> bytes:
        data = real(descriptor, size)
        (folder.root / "cases/a.yaml").write_text("cases: {}")
        return data

    monkeypatch.setattr(os, "read", read)

    found = folder.problems()

    assert "cases/a.yaml:1:1: the file changed while it was read; try again" in found


def test_the_error_holds_the_problems_as_data(folder: Folder) -> None:
    folder.write("cases/a.yaml", "cases: {one: {name: One, status: x}}")

    with pytest.raises(ConfigError) as caught:
        load(folder.root, env=ENV, providers=TYPES)

    (problem,) = caught.value.problems
    assert (problem.location.line, problem.location.column) == (1, 34)


def test_a_missing_c_parser_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.config.documents.FAST", False)

    assert folder.load().warnings == ("PyYAML has no libyaml here: reading files takes thirty times longer",)


def test_the_installed_providers_are_the_default(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        SETTINGS.replace("toy", "tines").replace("url:", "team_id: 2, url:"),
    )
    folder.write("cases/a.yaml", "cases: {one: {name: One, priority: HIGH, tags: [b, a], metadata: {a: [1]}}}")

    case: Any = load(folder.root, env=ENV).cases[Address("soc", "one")]

    assert case.attributes == {
        "name": "One",
        "priority": "high",
        "tags": frozenset({"a", "b"}),
        "metadata": {"a": "[1]"},
    }
