"""Where the parts of a case stand, when its file is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import Location
from tests.config.kept import Kept, paths

CASES = """\
cases:
  one:
    provider: soc
    name: One
    tags:
      - a
      - b
    metadata: {runbook: RB-17}
---
cases:
  two: {provider: soc, name: Two}
"""


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    made.write("cases/a.yaml", CASES)
    return made


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize(
    ("name", "path", "line", "column"),
    [
        ("one", (), 2, 3),
        ("one", ("name",), 4, 11),
        ("one", ("tags", 1), 7, 9),
        ("one", ("tags", 9), 6, 7),
        ("one", ("metadata", "runbook"), 8, 25),
        ("one", ("nowhere",), 2, 3),
        ("two", ("name",), 11, 30),
    ],
)
def test_a_place_is_that_of_the_file(
    kept: Kept, *, is_kept: bool, name: str, path: tuple[str | int, ...], line: int, column: int
) -> None:
    kept.load()
    cases = {address.name: case for address, case in kept.load(is_kept=is_kept).cases.items()}

    assert cases[name].source.at(path) == Location(str(kept.root / "cases/a.yaml"), line, column)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", [None, "", "cases: [", CASES.replace("name: One", "title: One"), "cases: {one: 1}"]
)
def test_a_file_that_has_changed_meanwhile_gives_the_place_of_the_block(kept: Kept, text: str | None) -> None:
    case = next(iter(kept.load().cases.values()))
    path = kept.root / "cases/a.yaml"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)

    assert {case.source.at(each) for each in paths(case)} == {Location(str(path), 2, 3)}


def test_the_tree_of_a_file_is_not_in_memory_until_somebody_asks(kept: Kept) -> None:
    case = next(iter(kept.load(is_kept=False).cases.values()))
    assert case.source.file._documents is None  # type: ignore[attr-defined]

    case.source.at(("name",))

    assert case.source.file._documents  # type: ignore[attr-defined]
