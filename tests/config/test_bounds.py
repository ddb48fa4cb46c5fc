"""What is too much or looks like something else is refused, whatever it is; with the bounds made small."""

from __future__ import annotations

import os

import pytest

from reconciler.config import characters, documents, expressions, files, problems, resolve, sentences
from reconciler.config import settings as settings_file
from reconciler.config.nodes import unseen
from reconciler.config.problems import Problems, TooMany
from reconciler.errors import Location, Problem
from tests.config.toy import SETTINGS, Folder

ONE = "cases: {one: {name: One, "


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("region", None),
        ("Größe 2", None),
        ("منطقة", None),
        ("\U0001f600", None),
        ("", None),
        ("a\tb", "\t"),
        ("a\x7f", "\x7f"),
        ("a\u200bb", "\u200b"),
        ("a\u202eb", "\u202e"),
        ("a\u00a0b", "\u00a0"),
        ("a\u3164", "\u3164"),
        ("a\U000e0041", "\U000e0041"),
        ("a\ud800", "\ud800"),
    ],
)
def test_the_first_character_that_nobody_sees_is_found(text: str, found: str | None) -> None:
    assert unseen(text) == found


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            'metadata: {"re\\u200bgion": a}',
            "the key `re\\u200bgion` holds U+200B, which nobody sees; remove it",
        ),
        (
            "metadata: {cafe\u0301: a}",
            "the key `cafe\u0301` is not in the usual Unicode form (NFC); type it anew: `caf\u00e9`",
        ),
        (
            'metadata: {"cafe\\u0301": a}',
            "the key `cafe\u0301` is not in the usual Unicode form (NFC); type it anew: `caf\u00e9`",
        ),
        (
            "tags: [cafe\u0301]",
            "`cafe\u0301` is not in the usual Unicode form (NFC); type it anew: `caf\u00e9`",
        ),
    ],
)
def test_what_looks_like_something_else_is_no_name(folder: Folder, body: str, problem: str) -> None:
    (found,) = folder.problems(f"{ONE}{body}}}}}")

    assert found.partition(": ")[2] == problem


def test_texts_are_kept_to_the_character(folder: Folder) -> None:
    text = "cafe\u0301 a\u202eb\u200bc"

    assert folder.problems(f"{ONE}description: '{text}', tags: ['\u202ea']}}}}") == []


@pytest.mark.parametrize(
    ("bound", "text", "problem"),
    [
        ("MAX_CASES", "{a: {b: 1, c: 2, d: 3}}", "f:1:18: more than 2 keys in one mapping"),
        ("MAX_ENTRIES", "{a: 1, b: 2, c: 3}", "f:1:14: more than 2 keys in one mapping"),
        ("MAX_ENTRIES", "{a: [1, 2, 3]}", "f:1:12: more than 2 entries in one list"),
        ("MAX_BLOCK", "{a: {b: {c: 1, d: [2, 3]}}}", "f:1:20: more than 2 values in one block, aliases expanded"),
        ("MAX_DOCUMENTS", "--- a\n--- b\n--- c", "f:3:1: more than 2 documents in one file; split it"),
        ("MAX_ALIASES", "{a: &a 1, b: &b 1, c: &c 1}", "f:1:23: more than 2 anchors and aliases in one file"),
    ],
)
def test_a_file_has_bounds(monkeypatch: pytest.MonkeyPatch, bound: str, text: str, problem: str) -> None:
    monkeypatch.setattr(documents, bound, 2)

    found = documents.parse("f", text.encode(), most=documents.MAX_CASES).problems

    assert [str(each) for each in found] == [problem]


def test_a_file_has_few_directives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(characters, "MAX_DIRECTIVES", 2)

    (found,) = documents.parse("f", b"\n%A\n%B\n%C\n").problems

    assert str(found) == "f:4:1: more than 2 lines begin with %; remove them"


def test_what_aliases_stand_for_is_measured_with_what_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "FREE_EXPANSION", 0)
    monkeypatch.setattr(documents, "MAX_EXPANSION", 1)
    text = "a: &a 12345\nb: &b [*a, *a]\nc: [*b, *b]\n#"  # repeats 5, 10, 31, 52 of 40 characters

    def said(comment: int) -> list[str]:
        data = (text + "x" * comment).encode()
        return [str(each) for each in documents.parse("f", data).problems]

    assert said(11) == ["f:3:9: the aliases stand for more than 1 times the size of the file; repeat less"]
    assert said(12) == []


def test_a_number_of_problems_ends_the_reading(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "MOST", 5)
    monkeypatch.setattr(resolve, "MOST", 5)
    monkeypatch.setattr(resolve, "SHOWN", 3)

    found = folder.problems("{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7}")

    assert found[2:] == [
        "cases/a.yaml:1:14: unknown key `c`; known are cases, templates, moved and removed",
        "cases/a.yaml:1:20: and 2 or more other problems",
    ]


def test_no_more_problems_are_made_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "MOST", 2)
    problem = Problem(Location("f"), "wrong")
    found = Problems()
    endless = iter(lambda: problem, None)

    with pytest.raises(TooMany):
        found.extend(endless)

    assert found == [problem, problem]


def test_errors_of_a_case_are_told_one_by_one_or_counted(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "MAX_ERRORS", 2)

    assert len(folder.problems(f"{ONE}x: 1, y: 2}}}}")) == 2
    assert folder.problems(f"{ONE}x: 1, y: 2, z: 3}}}}") == [
        "cases/a.yaml:1:9: 3 things are wrong in this block; see whether it belongs here"
    ]


def test_a_long_circle_is_not_told_whole(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "LONGEST_PATH", 2)
    cases = (f"c{at}: {{name: n, depends_on: [c{(at + 1) % 5}]}}" for at in range(5))

    (found,) = folder.problems(f"cases: {{{', '.join(cases)}}}")

    assert "depend on each other: c0 → c1 → … → c0;" in found


@pytest.mark.parametrize(
    ("bound", "words"),
    [("MAX_TEXT", "16 characters into one text"), ("MAX_TEXTS", "16 characters into the texts of this workspace")],
)
def test_expressions_put_so_much_into_texts_and_no_more(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, bound: str, words: str
) -> None:
    monkeypatch.setattr(expressions, bound, 16)  # of which the token has 12
    folder.write("a.md", "ab")
    expression = '${file("a.md")}'

    assert folder.problems(f"{ONE}description: '{expression * 2}'}}}}") == []
    (found,) = folder.problems(f"{ONE}description: '{expression * 9}'}}}}")
    assert found.endswith(f"expressions put more than {words}")


def test_a_workspace_has_so_many_providers(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_file, "MAX_PROVIDERS", 0)
    folder.write("reconciler.yaml", SETTINGS)

    (found,) = folder.problems(f"{ONE}provider: soc}}}}")

    assert found.endswith("1 providers: a workspace has 0 at most; split it into workspaces")


def test_a_workspace_has_so_many_files_so_deep(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    monkeypatch.setattr(files, "MAX_FOLDERS", 2)
    for name in ("a/a", "a/b"):
        folder.write(f"cases/{name}.yaml", "")
    assert folder.problems() == []

    folder.write("cases/a/b/c.yaml", "")
    assert folder.problems() == [
        "cases:1:1: the file cannot be read: it holds more than 2 files; write larger ones",
        "cases/a/b:1:1: the file is nested deeper than 2 folders",
    ]

    (folder.root / "cases/a/a.yaml").unlink()
    assert folder.problems() == ["cases/a/b:1:1: the file is nested deeper than 2 folders"]


def test_cases_that_are_no_folder_are_no_workspace_without_cases(folder: Folder) -> None:
    folder.write("cases", "")

    assert folder.problems() == ["cases:1:1: the file is not a folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_cases_that_cannot_be_looked_at_are_refused(folder: Folder) -> None:
    folder.root.chmod(0)
    try:
        assert "Permission denied" in folder.problems()[-1]
    finally:
        folder.root.chmod(0o700)


@pytest.mark.parametrize("number", ["1_000", "' 1 '", "0x1F", "1e3", "9223372036854775808", "9" * 5000])
def test_a_whole_number_is_one_of_yaml_1_2_and_of_64_bits(folder: Folder, number: str) -> None:
    folder.write("reconciler.yaml", f"{SETTINGS}limits: {{max_deletes: {number}}}\n")

    (found,) = folder.problems()

    assert "`max_deletes` must be a whole number" in found


@pytest.mark.parametrize("number", ["0", "0777", "'7'", "9223372036854775807"])
def test_a_whole_number_is_read(folder: Folder, number: str) -> None:
    folder.write("reconciler.yaml", f"{SETTINGS}limits: {{max_deletes: {number}}}\n")

    assert folder.problems() == []


def test_an_address_holds_no_line_feeds(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace(".example", ".example\\r\\nX: y"))

    (found,) = folder.problems()

    assert "`url`" in found
