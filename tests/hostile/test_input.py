"""
Hostile files: each is read right, or refused with its place, in a second and 128 MiB, by the real command.

input/cases/NAME.yaml        a case file; beside it
    NAME.txt                 … what `validate` says to it on stderr, with exit code 1
    NAME.json                … or what `plan` would send for each of its cases
input/settings/NAME.yaml     a reconciler.yaml; beside it NAME.txt, or an empty NAME.json where it is right
input/policies/NAME.yaml     a rule file, likewise

What is large is made here. How memory and time are measured and bounded: see bounded.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.hostile.bounded import CPU, MEMORY, Bounded, Ran

INPUT: Final = Path(__file__).with_name("input")
CASES: Final = sorted((INPUT / "cases").glob("*.yaml"))
SETTINGS: Final = sorted((INPUT / "settings").glob("*.yaml"))
POLICIES: Final = sorted((INPUT / "policies").glob("*.yaml"))

USUAL: Final = """version: 1
workspace: w
providers:
  soc: {type: tines, url: "http://127.0.0.1:9", token: "${env.TOKEN}", team_id: 1}
"""
CASE: Final = "cases:\n  c:\n    name: n\n"
TOKEN: Final = "t0ken-of-mine"
BIG: Final = '${file("big.md")}'

_ERROR: Final = re.compile(r"Error: [^\n:]+:[1-9]\d*:[1-9]\d*: \S")
_MARKER: Final = "reconciler"


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bounded]:
    with Bounded(tmp_path_factory.mktemp("bounded")) as server:
        yield server


class Folder:
    """A workspace of which one file is hostile."""

    def __init__(self, root: Path, bounded: Bounded) -> None:
        self.root = root
        self._bounded = bounded
        (root / "cases").mkdir()
        self.write("reconciler.yaml", USUAL)

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, *arguments: str, memory: int | None = MEMORY, cpu: float = CPU) -> Ran:
        """Run the command, and see that it stays within its bounds and ends like a command."""
        env = {"TOKEN": TOKEN, "BIG": "e" * 100_000}
        ran = self._bounded.run(self.root, env, *arguments, memory=memory)
        if ran.cpu >= cpu:  # a busy neighbour on the same core counts as our time
            ran = self._bounded.run(self.root, env, *arguments, memory=memory)
        assert ran.code in {0, 1}, ran
        assert ran.cpu < cpu, ran
        assert not re.search("Traceback|MemoryError|out of memory|bug in reconciler", ran.err), ran
        return ran

    def refused(self, cpu: float = CPU) -> str:
        """Return what `validate` says on stderr: errors, each with its place."""
        ran = self.run("validate", cpu=cpu)
        assert ran.code == 1, ran
        assert ran.out == ""
        assert all(_ERROR.match(line) for line in ran.err.splitlines()), ran.err
        return ran.err

    def accepted(self) -> None:
        ran = self.run("validate")
        assert (ran.code, ran.err) == (0, "")


@pytest.fixture
def folder(tmp_path: Path, bounded: Bounded) -> Folder:
    return Folder(tmp_path, bounded)


def meant(plan: str) -> dict[str, Any]:
    """Return what a plan sends for each case, but for our own marker."""
    return {change["address"].partition(".")[2]: _body(change) for change in json.loads(plan)["changes"]}


def _body(change: dict[str, Any]) -> dict[str, Any]:
    (operation,) = change["operations"]
    body: dict[str, Any] = operation["body"]
    body["metadata"] = {key: value for key, value in body["metadata"].items() if key != _MARKER}
    return {"lifecycle": change["record"]["lifecycle"], **body}


# ------------------------------------------------------------------------------------ small files


def test_there_are_enough_files_and_each_has_one_expectation() -> None:
    files = [*CASES, *SETTINGS, *POLICIES]

    assert len(files) >= 150
    assert [
        path for path in files if path.with_suffix(".txt").exists() == path.with_suffix(".json").exists()
    ] == []
    assert len({path.suffix for path in INPUT.glob("*/*")}) == 3
    assert len([*INPUT.glob("*/*")]) == 2 * len(files)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_file_is_read_right_or_refused_with_its_place(folder: Folder, path: Path) -> None:
    folder.write("cases/a.yaml", path.read_bytes())
    refusal = path.with_suffix(".txt")
    if refusal.exists():
        assert folder.refused() == refusal.read_text()
        return

    ran = folder.run("plan", "--json", "--no-refresh", memory=None)

    assert (ran.code, ran.err) == (0, "")
    assert meant(ran.out) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.stem)
def test_settings_are_read_right_or_refused_with_their_place(folder: Folder, path: Path) -> None:
    folder.write("reconciler.yaml", path.read_bytes())
    refusal = path.with_suffix(".txt")
    if refusal.exists():
        assert folder.refused() == refusal.read_text()
    else:
        folder.accepted()


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_rules_are_read_right_or_refused_with_their_place(folder: Folder, path: Path) -> None:
    folder.write("reconciler.yaml", f"{USUAL}policies: [policies/a.yaml]\n")
    folder.write("policies/a.yaml", path.read_bytes())
    refusal = path.with_suffix(".txt")
    if refusal.exists():
        assert folder.refused() == refusal.read_text()
    else:
        folder.accepted()


RULES: Final[Mapping[str, tuple[Callable[[], str], str]]] = {
    "10,001 rules": (lambda: _rules(10_001, "true"), "more than 10,000 keys in one mapping"),
    "5,000 rules": (lambda: _rules(5000, "true"), "more than 1,000 rules in one workspace"),
    "1,000 rules of 4,096 characters": (
        lambda: _rules(1000, "true" + " " * 4092),
        "more than 131,072 characters of expressions in one workspace",
    ),
    "32 rules that are hard to compile": (
        lambda: _rules(32, f"[{', '.join(['change.a'] * 400)}].size()"),
        "the expression is of the type int, not true or false",
    ),
    "a rule of 100,000 characters": (lambda: _rules(1, "x" * 100_000), "longer than 4,096 characters"),
    "5,000 tests of nobody": (
        lambda: "tests:\n" + "".join(f"  t{n}: {{rule: r, expect: deny}}\n" for n in range(5000)),
        "there is no rule `r`",
    ),
    "a test of 100,000 values": (
        lambda: f"{_rules(1, 'true')}tests: {{t: {{rule: r0, expect: deny, change: [{'[], ' * 9000}]}}}}\n",
        "`change` must be a mapping",
    ),
}


def _rules(number: int, deny: str) -> str:
    return "policies:\n" + "".join(f"  r{n}: {{deny: '{deny}', message: m}}\n" for n in range(number))


@pytest.mark.parametrize("name", RULES)
def test_large_rule_files_are_refused_in_time(folder: Folder, name: str) -> None:
    make, words = RULES[name]
    folder.write("reconciler.yaml", f"{USUAL}policies: [policies/a.yaml]\n")
    folder.write("policies/a.yaml", make())

    assert words in folder.refused()


# ------------------------------------------------------------------------------------ large files


def bomb(beginning: str, repetition: str) -> str:
    """Return twelve levels, each nine times the one below: 282 thousand million values."""
    levels = (
        f"a{level}: &a{level} {repetition.format(', '.join([f'*a{level - 1}'] * 9))}\n" for level in range(1, 13)
    )
    return f"a0: &a0 {beginning}\n{''.join(levels)}"


def keys(number: int, *, indent: int, value: str = "x") -> str:
    return "".join(f"{' ' * indent}k{at}: {value}\n" for at in range(number))


def attribute(text: str) -> str:
    return f"{CASE}    {text}\n"


def each(number: int, body: str) -> str:
    """Return a case for each of so many members."""
    return (
        f"cases:\n  c:\n    for_each: [{', '.join(f'k{at}' for at in range(number))}]\n    name: n\n    {body}\n"
    )


def templates(bodies: Iterable[str]) -> str:
    return "templates:\n" + "".join(f"  t{at}: {body}\n" for at, body in enumerate(bodies))


MADE: Final = "templates and `for_each` make more than 2,000,000 values of this workspace"
STEPS: Final = "the expressions of this workspace take too many steps together"
BUILD: Final = "more than 32 templates build upon each other here"
EXPANDED: Final = "the aliases stand for more than 10 times the size of the file; repeat less"
ENTRIES: Final = "more than 10,000 entries in one list"
KEYS: Final = "more than 10,000 keys in one mapping"
DEEP: Final = "nested deeper than 64 levels"
LONG: Final = "this value is longer than 1,048,576 characters; use a file"

LARGE: Final[dict[str, tuple[Callable[[], str | bytes], str]]] = {
    "aliases, 9^12": (lambda: bomb("[x]", "[{}]"), f"cases/a.yaml:7:10: {EXPANDED}"),
    "merges, 9^12": (lambda: bomb("{k: v}", "{{<<: [{}]}}"), "more than 50,000 values in one block"),
    "a chain of merges": (
        lambda: "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: v}}\n" for n in range(1, 3000)),
        "more than 1,000,000 values in one file, aliases expanded",
    ),
    "a large text by many aliases": (
        lambda: f"{CASE}    description: &d {'x' * 900_000}\n    metadata:\n{keys(9000, indent=6, value='*d')}",
        EXPANDED,
    ),
    "50,000 anchors": (
        lambda: attribute("tasks:") + "".join(f"      k{n}: {{a: &a{n} x, b: &b{n} x}}\n" for n in range(25_000)),
        "more than 10,000 anchors and aliases in one file",
    ),
    "an anchor of a million characters": (lambda: f"a: &{'x' * 1_000_000} b\n", "unknown key `a`"),
    "100,000 open brackets": (lambda: "[" * 100_000, f"cases/a.yaml:1:65: {DEEP}"),
    "100,000 brackets, closed": (lambda: "[" * 100_000 + "]" * 100_000, f"cases/a.yaml:1:65: {DEEP}"),
    "100,000 open braces": (lambda: "{a: " * 100_000, f"cases/a.yaml:1:257: {DEEP}"),
    "100,000 dashes": (lambda: "- " * 100_000, f"cases/a.yaml:1:129: {DEEP}"),
    "100,000 question marks": (lambda: "? " * 100_000, DEEP),
    "3,000 indents": (lambda: "".join(f"{' ' * level}a:\n" for level in range(3000)), DEEP),
    "100,000 braces in an attribute": (lambda: attribute("metadata: " + "{a: " * 100_000), DEEP),
    "100,000 quotes": (lambda: attribute("description: " + "'" * 200_001), "the quote is not closed"),
    "a text of 10 MB": (lambda: attribute("description: " + "x" * 10_000_000), f"cases/a.yaml:4:18: {LONG}"),
    "a block text of 10 MB": (lambda: attribute("description: |\n" + "      123456789\n" * 700_000), LONG),
    "a key of 200 KB": (lambda: attribute(f"metadata: {{{'k' * 200_000}: x}}"), "longer than 256 characters"),
    "a complex key of 200 KB": (lambda: f"? {'k' * 200_000}\n: x\n", "longer than 256 characters"),
    "a simple key of 200 KB": (lambda: f"{'k' * 200_000}: x\n", "cases/a.yaml:1:200001: a `: ` cannot stand here"),
    "300,000 keys": (lambda: keys(300_000, indent=0), f"cases/a.yaml:10001:1: {KEYS}"),
    "300,000 attributes": (lambda: CASE + keys(300_000, indent=4), KEYS),
    "300,000 keys of metadata": (lambda: attribute("metadata:") + keys(300_000, indent=6), KEYS),
    "300,000 tags": (lambda: attribute(f"tags: [{'t, ' * 300_000}]"), ENTRIES),
    "300,000 tags that are none": (lambda: attribute(f"tags: [{'[], ' * 300_000}]"), ENTRIES),
    "9,000 tags that are none": (lambda: attribute(f"tags: [{'[], ' * 9000}]"), "or more other problems"),
    "9,000 attributes that are none": (lambda: CASE + keys(9000, indent=4), "or more other problems"),
    "9,000 keys twice": (lambda: CASE + keys(9000, indent=4) * 2, "cases/a.yaml:9004:5: duplicate key `k0`"),
    "180,000 wrong fields of items": (
        lambda: (
            attribute("tasks:") + keys(9000, indent=6, value=f"{{{', '.join(f'a{n}: b' for n in range(20))}}}")
        ),
        "more than 50,000 values in one block",
    ),
    "40,000 wrong fields of items": (
        lambda: attribute("tasks:") + keys(9000, indent=6, value="{a: b, c: d, e: f, g: h}"),
        "things are wrong in this block",
    ),
    "cases that depend on each other, 2,000": (
        lambda: (
            "cases:\n" + "".join(f"  k{n}: {{name: n, depends_on: [k{(n + 1) % 2000}]}}\n" for n in range(2000))
        ),
        "k0 → k1 → k2 →",
    ),
    "a comment of 20 MB": (lambda: "#" * 20_000_000, "cases/a.yaml:1:1: the file is larger than 16 MiB"),
    "15 million lines, then a control character": (
        lambda: "\n" * 15_000_000 + "a: \x01",
        "cases/a.yaml:15000001:4: the character U+0001 is not allowed; remove it",
    ),
    "15 million lines, then an error": (
        lambda: "\n" * 15_000_000 + "]",
        "cases/a.yaml:15000001:1: a value cannot",
    ),
    "15 MB, four bytes a character in memory": (
        lambda: "#" + "x" * 15_000_000 + "\U0001f600\na: \x01",
        "cases/a.yaml:2:4: the character U+0001",
    ),
    "100,000 documents": (lambda: "--- {}\n" * 100_000, "cases/a.yaml:10001:1: more than 10,000 documents"),
    "1,000,000 directives": (
        lambda: "".join(f"%TAG !a{n}! x\n" for n in range(800_000)),
        "cases/a.yaml:102:1: more than 100 lines begin with %; remove them",
    ),
    "9,000 tags": (lambda: attribute(f"metadata: {{{'a: !t 1,' * 9000}}}"), "more than 100 problems in this file"),
    "a tag of a million characters": (lambda: attribute(f"description: !{'t' * 1_000_000} x"), "is not allowed"),
    "a number of a million digits": (lambda: attribute(f"team_id: {'9' * 1_000_000}"), "of usual size"),
    "90,000 wrong expressions": (
        lambda: attribute(f"description: '{'${nonsense}' * 90_000}'"),
        "unknown expression `${nonsense}`",
    ),
    "300,000 open expressions": (lambda: attribute(f"description: '{'${' * 300_000}'"), "is not closed"),
    "300,000 open quotes in expressions": (
        lambda: f"{CASE}    description: |\n" + '      ${"\n' * 100_000,
        "is not closed",
    ),
    "a variable 90,000 times": (
        lambda: attribute(f"description: '{'${env.BIG}' * 90_000}'"),
        "expressions put more than 1,048,576 characters into one text",
    ),
    "a file 9,000 times in one text": (
        lambda: attribute(f"description: '{BIG * 9000}'"),
        "expressions put more than 1,048,576 characters into one text",
    ),
    "3,000 templates, each upon the last": (
        lambda: templates(["{}", *(f"{{extends: t{at}, metadata: {{k{at}: v}}}}" for at in range(3000))]),
        BUILD,
    ),
    "200 templates, each upon all before": (
        lambda: templates(f"{{extends: [{', '.join(f't{at}' for at in range(n))}]}}" for n in range(200)),
        BUILD,
    ),
    "a case upon 9,000 templates": (
        lambda: (
            templates("{}" for _ in range(9000))
            + attribute(f"extends: [{', '.join(f't{at}' for at in range(9000))}]")
        ),
        BUILD,
    ),
    "9,000 cases upon 9,000 tags": (
        lambda: (
            templates([f"{{tags: [{', '.join(f't{n}' for n in range(9000))}]}}"])
            + "cases:\n"
            + "".join(f"  c{n}: {{extends: t0, name: n, tags: [a{n}]}}\n" for n in range(9000))
        ),
        MADE,
    ),
    "6 templates of 9,000 keys": (
        lambda: (
            templates(f"{{metadata: {{{', '.join(f'k{t}-{n}: x' for n in range(9000))}}}}}" for t in range(6))
            + f"{CASE}    extends: [t0, t1, t2, t3, t4, t5]\n"
        ),
        "more than 50,000 values in one block, those of its templates counted",
    ),
    "for each of 10,001": (
        lambda: "cases:\n  c:\n    name: n\n    for_each:\n" + keys(10_001, indent=6),
        f"cases/a.yaml:10005:7: {KEYS}",
    ),
    "9,000 times 9,000": (lambda: each(9000, f"metadata: {{{', '.join(f'k{n}: x' for n in range(9000))}}}"), MADE),
    "9,000 times 9,000 by an expression": (
        lambda: each(9000, f"tags: '${{[{', '.join(['1'] * 1300)}].map(x, each.key)}}'"),
        STEPS,
    ),
    "9,000 times a long text": (
        lambda: each(9000, f"description: '{'x' * 500_000}${{each.key}}'"),
        "expressions put more than 67,108,864 characters into the texts of this workspace",
    ),
    "9,000 times 9,000 expressions in one text": (
        lambda: each(9000, f"description: '{'${each.key}' * 9000}'"),
        MADE,
    ),
    "9,000 times what is wrong": (
        lambda: each(9000, "priority: hgih\n    nonsense: 1"),
        "`c-k0` and 999 other cases",
    ),
    "9,000 times an expression without a value": (
        lambda: each(9000, "description: ${each.value.nope}"),
        "`c-k0` and 999 other cases",
    ),
    "9,000 times a thousand steps": (
        lambda: each(9000, f"description: '${{[{', '.join(['1'] * 200)}].filter(x, each.key != \"\").size()}}'"),
        STEPS,
    ),
    "60,000 expressions that are none": (
        lambda: attribute(f"description: '{'${case.name +}' * 60_000}'"),
        "cases/a.yaml:4:18: `${case.name +}`: Syntax error",
    ),
    "a million braces": (lambda: attribute(f"description: '${{{'{' * 1_000_000}'"), "is not closed"),
    "a million braces of an expression": (
        lambda: attribute(f"description: '${{case.name{'{}' * 500_000}}}'"),
        "the expression is longer than 4,096 characters",
    ),
    "a file in 9,000 texts": (
        lambda: attribute("metadata:") + keys(9000, indent=6, value=f"'{BIG}'"),
        "expressions put more than 67,108,864 characters into the texts of this workspace",
    ),
}


@pytest.mark.parametrize(("make", "problem"), LARGE.values(), ids=LARGE.keys())
def test_a_large_case_file_is_refused(folder: Folder, make: Callable[[], str | bytes], problem: str) -> None:
    folder.write("cases/a.yaml", make())
    folder.write("big.md", "z" * 1_000_000)

    assert problem in folder.refused()


def test_more_cases_than_a_file_may_hold_are_refused(folder: Folder) -> None:
    """A hundred thousand cases are read, at their price: a file of more has cost that when the last is seen."""
    folder.write("cases/a.yaml", "cases:\n" + keys(300_000, indent=2))

    assert folder.refused(cpu=4 * CPU) == "Error: cases/a.yaml:100002:3: more than 100,000 keys in one mapping\n"


ACCEPTED: Final[dict[str, Callable[[], str | bytes]]] = {
    "a text of a million characters": lambda: attribute(f"description: {'x' * 1_000_000}"),
    "a comment of 15 MB": lambda: f"#{'x' * 15_000_000}\n{CASE}",
    "15 million empty lines": lambda: b"\n" * 15_000_000,
    "a million combining accents": lambda: attribute("description: 'a" + "\u0301" * 1_000_000 + "'"),
    "9,000 keys of metadata": lambda: attribute("metadata:") + keys(9000, indent=6),
    "a file in 60 texts": lambda: attribute("metadata:") + keys(60, indent=6, value=f"'{BIG}'"),
    "2,000 cases in a row": lambda: (
        "cases:\n  k0: {name: n}\n"
        + "".join(f"  k{n}: {{name: n, depends_on: [k{n - 1}]}}\n" for n in range(1, 2000))
    ),
}


@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_large_and_right_is_accepted(folder: Folder, make: Callable[[], str | bytes]) -> None:
    folder.write("cases/a.yaml", make())
    folder.write("big.md", "z" * 1_000_000)

    folder.accepted()


LARGE_SETTINGS: Final[dict[str, tuple[Callable[[], str], str]]] = {
    "300,000 keys": (lambda: "version: 1\n" + keys(300_000, indent=0), KEYS),
    "100,000 providers": (lambda: "version: 1\nproviders:\n" + keys(100_000, indent=2), KEYS),
    "9,000 providers": (
        lambda: "version: 1\nproviders:\n" + keys(9000, indent=2, value="{type: tines}"),
        "reconciler.yaml:2:1: 9,000 providers: a workspace has 1,000 at most",
    ),
    "300,000 settings of a provider": (
        lambda: "version: 1\nproviders:\n  p:\n    type: tines\n" + keys(300_000, indent=4),
        KEYS,
    ),
    "9,000 settings of a provider": (
        lambda: "version: 1\nproviders:\n  p:\n    type: tines\n" + keys(9000, indent=4),
        "or more other problems",
    ),
    "300,000 defaults": (lambda: "version: 1\ndefaults:\n  ownership:\n" + keys(300_000, indent=4), KEYS),
    "a comment of 20 MB": (lambda: "#" * 20_000_000, "reconciler.yaml:1:1: the file is larger than 16 MiB"),
    "100,000 open brackets": (lambda: "[" * 100_000, DEEP),
}


@pytest.mark.parametrize(("make", "problem"), LARGE_SETTINGS.values(), ids=LARGE_SETTINGS.keys())
def test_large_settings_are_refused(folder: Folder, make: Callable[[], str], problem: str) -> None:
    folder.write("reconciler.yaml", make())

    assert problem in folder.refused()


# ------------------------------------------------------------------------------------ what is no file


def fifo(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def proc(path: Path) -> None:
    path.symlink_to("/proc/self/environ")


def nowhere(path: Path) -> None:
    path.symlink_to("gone")


def folder_instead(path: Path) -> None:
    path.mkdir()


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)


LEADS_OUT: Final = "is a link that leads out of the workspace"
LOOP: Final = "cannot be read: Too many levels of symbolic links"
NO_FILES: Final[list[tuple[Callable[[Path], None], str]]] = [
    (fifo, "is not a regular file"),
    (loop, LOOP),
    (device, LEADS_OUT),
    (proc, LEADS_OUT),
    (nowhere, "does not exist"),
    (sparse, "is larger than 16 MiB"),
]


@pytest.mark.parametrize(("make", "problem"), NO_FILES)
def test_a_case_file_that_is_none_is_refused(folder: Folder, make: Callable[[Path], None], problem: str) -> None:
    make(folder.root / "cases/a.yaml")

    assert folder.refused() == f"Error: cases/a.yaml:1:1: the file {problem}\n"


@pytest.mark.parametrize(("make", "problem"), [*NO_FILES, (folder_instead, "is not a regular file")])
def test_settings_that_are_no_file_are_refused(folder: Folder, make: Callable[[Path], None], problem: str) -> None:
    (folder.root / "reconciler.yaml").unlink()
    make(folder.root / "reconciler.yaml")

    said = folder.refused()

    missing = problem == "does not exist"
    assert ("Error: reconciler.yaml:1:1: no reconciler.yaml" if missing else f"the file {problem}") in said


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (fifo, "is not a folder"),
        (loop, "is not a folder"),
        (device, LEADS_OUT),
        (nowhere, "is not a folder"),
        (Path.touch, "is not a folder"),
    ],
)
def test_cases_that_are_no_folder_are_refused(folder: Folder, make: Callable[[Path], None], problem: str) -> None:
    """Else a state full of cases would meet no declared one."""
    (folder.root / "cases").rmdir()
    make(folder.root / "cases")

    assert folder.refused() == f"Error: cases:1:1: the file {problem}\n"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (fifo, "is not a regular file"),
        (loop, LOOP),
        (device, LEADS_OUT),
        (proc, LEADS_OUT),
        (sparse, "is larger than 1 MiB"),
    ],
)
def test_a_file_in_an_expression_that_is_none_is_refused(
    folder: Folder, make: Callable[[Path], None], problem: str
) -> None:
    folder.write("cases/a.yaml", attribute('description: ${file("notes.md")}'))
    make(folder.root / "notes.md")

    assert folder.refused() == f"Error: cases/a.yaml:4:18: the file `notes.md` {problem}\n"


def test_folders_in_folders_are_followed_so_far_and_no_further(folder: Folder) -> None:
    deep = folder.root / "cases"
    descriptor = os.open(deep, os.O_RDONLY)
    for _ in range(300):  # pytest takes one call for each to remove them
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)

    assert folder.refused().endswith("/d:1:1: the file is nested deeper than 64 folders\n")


def test_more_files_than_a_workspace_may_hold_are_refused(folder: Folder) -> None:
    for number in range(20_001):
        os.close(os.open(folder.root / f"cases/{number}.yaml", os.O_CREAT | os.O_WRONLY))

    said = folder.refused(cpu=4 * CPU)

    assert (
        said == "Error: cases:1:1: the file cannot be read: it holds more than 20,000 files; write larger ones\n"
    )


@pytest.mark.parametrize("name", [b"caf\xe9.yaml", b"a\nb.yaml", b"\x1b[31m.yaml", b"\xe2\x80\xae.yaml"])
def test_an_odd_name_of_a_file_is_told_without_harm(folder: Folder, name: bytes) -> None:
    (Path(os.fsdecode(bytes(folder.root / "cases") + b"/" + name))).write_text("a: 1\n")

    ran = folder.run("validate")

    assert ran.code == 1
    assert "unknown key `a`; known are cases, templates, moved and removed" in ran.err
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.err)


@pytest.mark.parametrize("make", [fifo, loop, nowhere, Path.touch])
def test_a_folder_to_work_in_that_is_none_is_refused(folder: Folder, make: Callable[[Path], None]) -> None:
    make(folder.root / "there")

    ran = folder.run("validate", "-C", "there")

    assert ran.code == 1
    assert ran.err.startswith("Error: -C there: ")


@pytest.mark.parametrize("make", [fifo, loop, folder_instead, device])
def test_a_state_that_is_no_file_is_refused_before_anything_else(
    folder: Folder, make: Callable[[Path], None]
) -> None:
    folder.write("cases/a.yaml", CASE)
    (folder.root / "state").mkdir()
    make(folder.root / "state/w.json")

    ran = folder.run("plan", "--no-refresh", memory=None)

    assert ran.code == 1
    expected = r"Error: (\S*w\.json|/dev/zero) (is no regular file|is a folder|cannot be read)"
    assert re.match(expected, ran.err), ran.err
