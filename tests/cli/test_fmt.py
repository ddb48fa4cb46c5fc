"""`reconciler fmt`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.stand_in import CommandLine

ROOT = Path(__file__).parents[2]
SETTINGS = (
    "version: 1\nproviders:\n  soc: {type: tines, url: 'https://x.example', token: '${env.NOT_SET}', team_id: 1}\n"
)
OUT_OF_FORM = "cases:\n  a:\n    tags:   [x]   # why\n    name: 'a b'\n"
IN_FORM = "cases:\n  a:\n    name: a b\n    tags: [x]     # why\n"
SHIPPED = sorted(
    {
        *(path.parent for path in ROOT.glob("examples/*/reconciler.yaml")),
        ROOT / "reconciler/sandbox/workspace",
        ROOT / "reconciler/sandbox/template",
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "reconciler.yaml").write_text(SETTINGS.replace("'", '"'))
    return tmp_path


def test_fmt_writes_what_is_out_of_form_once_and_says_so(cli: CommandLine, folder: Path) -> None:
    (folder / "cases/a.yaml").write_text(OUT_OF_FORM)
    (folder / "cases/a.yaml").chmod(0o640)
    (folder / "cases/b.yaml").write_text("# nothing\n")

    assert cli("fmt").out == "Formatted: cases/a.yaml\n"
    assert (folder / "cases/a.yaml").read_text() == IN_FORM
    assert (folder / "cases/a.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in (folder / "cases").iterdir()) == ["a.yaml", "b.yaml"]
    assert (cli("fmt").out, cli("fmt", "--check").code) == ("", 0)


def test_fmt_check_names_the_files_writes_nothing_and_exits_with_1(cli: CommandLine, folder: Path) -> None:
    (folder / "cases/a.yaml").write_text(OUT_OF_FORM)

    ran = cli("fmt", "--check")

    assert (ran.code, ran.out, ran.err) == (1, "Not in form: cases/a.yaml\n", "")
    assert (folder / "cases/a.yaml").read_text() == OUT_OF_FORM
    assert json.loads(cli("fmt", "--check", "--json").out) == {"changed": ["cases/a.yaml"], "left": []}


def test_a_file_that_is_wrong_is_left_alone_and_told(cli: CommandLine, folder: Path) -> None:
    (folder / "cases/a.yaml").write_text(OUT_OF_FORM)
    wrong = "cases:\n  b:   {nam: 'x'}\n"
    (folder / "cases/b.yaml").write_text(wrong)
    (folder / "cases/c.yaml").write_text(wrong.replace("b:", "c:"))

    ran = cli("fmt")

    assert (ran.code, ran.out) == (1, "Formatted: cases/a.yaml\n")
    first, second, hint = ran.err.splitlines()
    assert first.startswith("Error: cases/b.yaml:2:")
    assert second.startswith("Error: cases/c.yaml:2:")
    assert hint == "Hint: what is wrong was left as it is; `reconciler validate` tells everything"
    assert (folder / "cases/b.yaml").read_text() == wrong


def test_where_there_is_no_workspace_nothing_is_said_to_be_left(cli: CommandLine, tmp_path: Path) -> None:
    ran = cli("fmt", "-C", str(tmp_path))

    assert (ran.code, "no reconciler.yaml" in ran.err, "Hint" in ran.err) == (1, True, False)


def test_only_files_of_the_workspace_are_written(cli: CommandLine, folder: Path) -> None:
    others = [
        folder / "other.yaml",
        folder / "cases/.hidden.yaml",
        folder / "cases/notes.txt",
        folder / "x/a.yaml",
    ]
    (folder / "x").mkdir()
    for path in others:
        path.write_text(OUT_OF_FORM)
    (folder / "cases/link.yaml").symlink_to("../other.yaml")

    assert cli("fmt").out == ""
    assert {path.read_text() for path in others} == {OUT_OF_FORM}
    assert (folder / "cases/link.yaml").is_symlink()


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.name)
def test_what_we_ship_is_in_form(cli: CommandLine, tmp_path: Path, shipped: Path) -> None:
    shutil.copytree(shipped, tmp_path / "copy")

    ran = cli("-C", "copy", "fmt", "--check")

    assert (ran.code, ran.out, ran.err) == (0, "", "")
