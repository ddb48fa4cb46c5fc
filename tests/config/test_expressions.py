"""`${…}` in attributes: secrets, references, files, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.model.address import Address
from reconciler.model.values import Ref, Secret, Template, Value
from tests.config.toy import ENV, Folder

VALUES: dict[str, tuple[str, Value]] = {
    "secret": ("description: ${env.WORD}", Secret("Hush-Hush")),
    "secret in text": ("description: 'a ${env.WORD} b'", Secret("a Hush-Hush b")),
    "spaces": ("description: ${ env.WORD }", Secret("Hush-Hush")),
    "trailing newline": ("description: ${env.LINE}", Secret("one")),
    "enum": ("priority: ${env.SHORT}", Secret("high")),
    "secret in a set": ("tags: ['${env.WORD}', other]", frozenset({Secret("Hush-Hush"), "other"})),
    "folded secret": ("people: ['${env.WORD}', Other]", frozenset({Secret("hush-hush"), "other"})),
    "secret in a map": (
        "metadata: {a: '${env.WORD}', b: x, c: null}",
        {"a": Secret("Hush-Hush"), "b": "x", "c": None},
    ),
    "structured secret": (
        "metadata: {a: {b: '${env.WORD}', n: 1}, c: [x]}",
        {"a": Secret('{"b":"Hush-Hush","n":1}'), "c": '["x"]'},
    ),
    "literal": ("description: 'a $${env.WORD} $ { $$'", "a ${env.WORD} $ { $$"),
    "file": ('description: ${file("notes/a.md")}', "# ${env.WORD} é\n"),
    "file in text": ("description: '<${file(\"notes/a.md\")}>'", "<# ${env.WORD} é\n>"),
}


@pytest.mark.parametrize(("body", "value"), VALUES.values(), ids=VALUES.keys())
def test_an_expression_becomes_its_value(folder: Folder, body: str, value: Value) -> None:
    folder.write("notes/a.md", "\ufeff# ${env.WORD} é\n")

    assert folder.value(body) == value


OTHER = "cases:\n  two: {name: Two}\n  three: {name: Three}\n  one:\n    name: One\n    "
REFERENCES: dict[str, tuple[str, Value]] = {
    "reference": ("description: ${cases.two.id}", Ref("two", "id")),
    "template": ("description: 'a ${cases.two.url}, $${x}'", Template(("a ", Ref("two", "url"), ", ${x}"))),
    "two references": (
        "description: '${cases.two.id}${cases.three.id}'",
        Template((Ref("two", "id"), Ref("three", "id"))),
    ),
    "in a set": ("tags: ['${cases.two.id}', x]", frozenset({Ref("two", "id"), "x"})),
    "in a map": ("metadata: {a: '${cases.two.id}'}", {"a": Ref("two", "id")}),
    "in a structure": (
        "metadata: {a: ['${cases.two.id}', 1]}",
        {"a": Template(('["', Ref("two", "id"), '",1]'))},
    ),
    "beside a secret": (
        "metadata: {a: '${cases.two.id}', b: '${env.WORD}'}",
        {"a": Ref("two", "id"), "b": Secret("Hush-Hush")},
    ),
}


@pytest.mark.parametrize(("body", "value"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_reference_stays_one_and_makes_the_case_depend(folder: Folder, body: str, value: Value) -> None:
    case = folder.load(OTHER + body).cases[Address("soc", "one")]

    assert next(made for name, made in case.attributes.items() if name != "name") == value
    assert Address("soc", "two") in case.depends_on


PROBLEMS = {
    "unknown": (
        "description: ${vault.x}",
        (
            "5:18: unknown expression `${vault.x}`; known are ${env.NAME}, ${cases.NAME.id}, "
            '${file("notes.md")} and CEL over var, each or case; `$${` is the text `${`'
        ),
    ),
    "nearest": (
        "description: ${case.x.id}",
        "5:18: `${case.x.id}`: of a case itself only `case.name` is known; of another one it is ${cases.NAME.id}",
    ),
    "form": (
        "description: ${file(notes.md)}",
        '5:18: unknown expression `${file(notes.md)}`; write ${file("notes.md")}',
    ),
    "empty": (
        "description: a${}",
        (
            "5:18: unknown expression `${}`; known are ${env.NAME}, ${cases.NAME.id}, "
            '${file("notes.md")} and CEL over var, each or case; `$${` is the text `${`'
        ),
    ),
    "open": (
        "description: a ${env.WORD",
        "5:18: `${env.WORD` is not closed; end it with `}`, or write `$${` for the text `${`",
    ),
    "unset": ("status: ${env.NOPE}", "5:13: the environment variable NOPE is not set; set it: export NOPE=…"),
    "attribute": ("description: ${cases.one.ids}", "5:18: a case has no `ids` to refer to; did you mean `id`?"),
    "far attribute": ("description: ${cases.one.name}", "5:18: a case has no `name` to refer to; use id or url"),
    "mixture": (
        "description: ${env.WORD}${cases.two.id}",
        "5:18: one value cannot hold both a secret and a reference; split it into two",
    ),
    "mixture in a structure": (
        "metadata: {a: ['${env.WORD}', '${cases.two.id}']}",
        "5:19: one value cannot hold both a secret and a reference; split it into two",
    ),
    "reference as an enum": (
        "status: ${cases.two.id}",
        "5:13: `status` cannot hold a reference: it is not free text",
    ),
    "reference as a number": (
        "team_id: ${cases.two.id}",
        "5:14: `team_id` cannot hold a reference: it is not free text",
    ),
    "reference as a time": (
        "opened_at: ${cases.two.id}",
        "5:16: `opened_at` cannot hold a reference: it is a time, not free text",
    ),
    "secret number": (
        "team_id: ${env.TWO}",
        "5:14: `team_id` cannot hold a secret: only text can; write the value itself",
    ),
    "secret enum": ("status: ${env.WORD}", "5:13: `status` must be open or closed, not `${env.WORD}`"),
    "key": ("metadata: {'${env.WORD}': x}", "5:16: `${…}` cannot stand in a key"),
    "deep key": ("metadata: {a: {'${env.WORD}': x}}", "5:20: `${…}` cannot stand in a key"),
    "provider": ("provider: ${env.WORD}", "5:15: `${…}` cannot stand in `provider`"),
    "depends_on": ("depends_on: [x, '${cases.two.id}']", "5:21: `${…}` cannot stand in `depends_on`"),
    "lifecycle": ("lifecycle: {on_remove: '${env.WORD}'}", "5:28: `${…}` cannot stand in `lifecycle`"),
}


@pytest.mark.parametrize(("body", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_says_what_and_where(folder: Folder, body: str, problem: str) -> None:
    found = folder.problems(f"cases:\n  two: {{name: Two}}\n  one:\n    name: One\n    {body}\n")

    assert f"cases/a.yaml:{problem}" in found
    assert not any(secret in line for line in found for secret in ("Hush-Hush", "s3cr3t"))


def test_an_expression_without_a_value_is_complained_about_once(folder: Folder) -> None:
    assert len(folder.problems("cases: {one: {name: One, status: '${env.NOPE}', team_id: '${nope}'}}")) == 2


def test_offline_an_unset_variable_in_an_attribute_is_a_warning(folder: Folder) -> None:
    configuration = folder.load("cases: {one: {name: One, status: '${env.NOPE}'}}", offline=True)

    assert configuration.cases[Address("soc", "one")].attributes["status"] == Secret("")
    (warning,) = configuration.warnings
    assert warning.endswith("cases/a.yaml:1:34: the environment variable NOPE is not set")


def test_a_secret_that_cannot_be_valid_is_not_shown(folder: Folder) -> None:
    (problem,) = folder.problems("cases: {one: {name: One, code: '${env.WORD}'}}")

    assert problem == "cases/a.yaml:1:32: `code` should have at most 5 characters"


def test_what_is_read_from_the_environment_is_a_secret(folder: Folder) -> None:
    configuration = folder.load("cases: {one: {name: '${env.WORD}', description: 'x'}}")

    assert configuration.secrets == {ENV["TOKEN"], ENV["WORD"]}
    assert "Hush" not in repr(configuration.cases)


@pytest.mark.parametrize("value", ["a\x00b", "a\ufffe0\ufffeb", "a\udc80b"])
def test_an_environment_that_is_no_text_is_refused(folder: Folder, value: str) -> None:
    found = folder.problems("cases: {one: {name: '${env.ODD}'}}", env={**ENV, "ODD": value})

    assert found == ["cases/a.yaml:1:21: the environment variable ODD is not text"]


FILES = {
    "missing": ("nope.md", "does not exist"),
    "absolute": ("/etc/hostname", "must be named relative to the workspace"),
    "above": ("../x", "must be inside the workspace: `..` is not allowed"),
    "above within": ("notes/../../x", "must be inside the workspace: `..` is not allowed"),
    "link out": ("out.md", "is a link that leads out of the workspace"),
    "folder": ("notes", "is not a regular file"),
    "pipe": ("pipe", "is not a regular file"),
    "device": ("null", "is a link that leads out of the workspace"),
    "large": ("large", "is larger than 1 MiB"),
    "latin-1": ("latin", "is not UTF-8 text"),
    "binary": ("binary", "is not text"),
}


@pytest.mark.parametrize(("name", "problem"), FILES.values(), ids=FILES.keys())
def test_a_file_that_must_not_be_read_is_not(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, name: str, problem: str
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("hush")
    folder.write("notes/a.md", "x")
    folder.write("latin", b"\xe9")
    folder.write("binary", "a\x00")
    (folder.root / "out.md").symlink_to(outside)
    (folder.root / "null").symlink_to("/dev/null")
    os.mkfifo(folder.root / "pipe")
    with Path(folder.root / "large").open("wb") as large:
        large.truncate(10 * 1024**3)

    (found,) = folder.problems(f'cases: {{one: {{name: "${{file(\\"{name}\\")}}"}}}}')

    assert found.startswith("cases/a.yaml:1:21: ")
    assert found.endswith(problem)


def test_a_link_within_the_workspace_is_followed(folder: Folder) -> None:
    folder.write("notes/a.md", "x")
    (folder.root / "link.md").symlink_to("notes/a.md")

    assert folder.value('description: ${file("link.md")}') == "x"
