"""`moved:` and `removed:`: what is read, and what is wrong with it, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.layout import format_cases, order_of
from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from tests.config.toy import Folder

CASES = "cases:\n  b: {provider: soc, name: B}\n  c: {provider: soc, name: C}\n"
A, B, C, D = (Address("soc", name) for name in "abcd")


def problems(folder: Folder, text: str, cases: str = CASES) -> list[str]:
    folder.write("cases/moves.yaml", text)
    with pytest.raises(ConfigError) as error:
        folder.load(cases)
    return [str(problem).removeprefix(f"{folder.root}/cases/moves.yaml:") for problem in error.value.problems]


def test_what_moves_and_what_is_removed_is_read_from_any_document_of_any_file(folder: Folder) -> None:
    folder.write("cases/moves.yaml", "moved: [{from: soc.a, to: soc.b}]\n---\nremoved: [soc.z, soc.z]\n")
    folder.write("cases/deep/more.yaml", "moved:\n  - {from: old.x, to: soc.c}\nremoved: [soc.y]\n")

    loaded = folder.load(CASES)

    assert {(move.origin, move.to) for move in loaded.moves} == {(A, B), (Address("old", "x"), C)}
    assert loaded.removed == {Address("soc", "z"), Address("soc", "y")}
    sources = {move.source for move in loaded.moves}
    assert Location(str(folder.root / "cases/moves.yaml"), 1, 9) in sources


def test_who_moves_on_arrives_at_the_end(folder: Folder) -> None:
    folder.write("cases/moves.yaml", "moved: [{from: soc.d, to: soc.a}, {from: soc.a, to: soc.b}]\n")

    assert {(move.origin, move.to) for move in folder.load(CASES).moves} == {(D, B), (A, B)}


@pytest.mark.parametrize("text", ["moved:\nremoved: null\n", "moved: []\nremoved: []\n"])
def test_there_may_be_none(folder: Folder, text: str) -> None:
    folder.write("cases/moves.yaml", text)

    loaded = folder.load(CASES)

    assert (loaded.moves, loaded.removed) == ((), frozenset())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("moved: soc.a", ["1:8: `moved` must be a list, such as [a, b], not `soc.a`"]),
        ("moved: [soc.a]", ["1:9: `moved` must be a mapping, not `soc.a`"]),
        ("moved: [{from: soc.a}]", ["1:9: `to` is missing"]),
        (
            "moved: [{from: soc.a, too: soc.b}]",
            ["1:9: `to` is missing", "1:23: unknown key `too`; did you mean `to`?"],
        ),
        (
            "moved: [{from: a, to: soc.b}]",
            ["1:16: `from` must be PROVIDER.CASE, such as soc.phishing-wave, not `a`"],
        ),
        (
            "moved: [{from: '${env.A}', to: soc.b}]",
            ["1:16: `${…}` cannot stand in `moved`", "1:16: `from` must be"],
        ),
        ("moved: [{from: soc.b, to: soc.b}]", ["1:9: soc.b moves to itself; take it out"]),
        (
            "moved: [{from: soc.b, to: soc.c}]",
            ["1:9: soc.b moves, but is still declared; rename its block, or take the move out"],
        ),
        (
            "moved: [{from: soc.a, to: soc.bb}]",
            ["1:9: soc.a moves to soc.bb, which is not declared; did you mean `soc.b`?"],
        ),
        (
            "moved: [{from: soc.a, to: intel.b}]",
            ["1:9: soc.a moves to intel.b, which is not declared; declare it, or name"],
        ),
        (
            "moved: [{from: soc.a, to: soc.some-other-case}]",
            ["1:9: soc.a moves to soc.some-other-case, which is not declared; declare it, or"],
        ),
        (
            "moved: [{from: soc.a, to: soc.b}, {from: soc.a, to: soc.c}]",
            ["1:35: soc.a is moved already, at {file}:1:9; take one of them out"],
        ),
        (
            "moved: [{from: soc.a, to: soc.b}, {from: soc.d, to: soc.b}]",
            ["1:35: soc.a becomes soc.b too, at {file}:1:9"],
        ),
        (
            "moved: [{from: soc.a, to: soc.d}, {from: soc.d, to: soc.a}]",
            ["1:9: soc.a moves in a circle; take one of the moves out", "1:35: soc.d moves in a circle"],
        ),
        ("removed: soc.a", ["1:10: `removed` must be a list"]),
        ("removed: [a]", ["1:11: `removed` must be PROVIDER.CASE, such as soc.phishing-wave, not `a`"]),
        (
            "removed: [soc.b]",
            ["1:11: soc.b is removed, but is still declared; take its block out, or take it out of `removed`"],
        ),
        ("removed: [sco.a]", ["1:11: unknown provider `sco`; did you mean `soc`?"]),
        (
            "removed: [soc.a]\nmoved: [{from: soc.a, to: soc.b}]",
            ["1:11: soc.a is removed, but moves as well, at {file}:2:9"],
        ),
        ("move: []", ["1:1: unknown key `move`; did you mean `moved`?"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Folder, text: str, said: list[str]) -> None:
    found = problems(folder, text)

    wanted = [each.replace("{file}", str(folder.root / "cases/moves.yaml")) for each in said]
    assert len(found) == len(wanted), found
    assert [one for one, other in zip(found, wanted, strict=True) if not one.startswith(other)] == []


def test_what_could_not_be_read_may_be_the_case_that_is_meant(folder: Folder) -> None:
    """A case that cannot be understood is declared all the same, and one may stand in a broken file."""
    moved = "moved: [{from: soc.a, to: soc.b}]\n"

    found = problems(folder, moved, "cases:\n  b: {provider: soc, name: B, nam: B}\n")
    assert ["unknown key `nam`" in each for each in found] == [True]

    folder.write("cases/broken.yaml", "cases: {b: [\n")
    (broken,) = problems(folder, moved, "")
    assert "broken.yaml" in broken


def test_a_waiver_follows_its_case(folder: Folder) -> None:
    folder.write("cases/moves.yaml", "moved: [{from: soc.a, to: soc.b}]\n")
    folder.write("waivers.yaml", "- {address: soc.a, field: name, reason: r, owner: o, until: 2026-12-31}\n")

    loaded = folder.load(CASES)

    assert [waiver.address for waiver in loaded.waivers] == [B]
    assert loaded.warnings == ()


def test_what_moves_stays_as_it_is_written(tmp_path: Path) -> None:
    written = b"moved:\n  - {to: soc.b, from: soc.a}  # since March\nremoved: [soc.c]\n"

    assert format_cases(str(tmp_path), written, order_of({"soc": "toy"}, {})) == written
