"""A list of cases to import: lines or a mapping, with the place of each."""

from __future__ import annotations

import pytest

from reconciler.config.imports import read_imports
from reconciler.errors import ConfigError, Location
from reconciler.planning.adopting import Import


@pytest.mark.parametrize(
    "text",
    [
        "soc.a,42\nsoc.b,INC-7\n",
        "soc.a, 42\r\nsoc.b\tINC-7",
        'address,id\n\n# ours\n  soc.a 42\n"soc.b","INC-7"\n',
        "\ufeffsoc.a,42\nsoc.b , INC-7\n",
        "soc.a: 42\nsoc.b: INC-7\n",
        "# ours\n---\nsoc.a: '42'\n---\nsoc.b: INC-7\n",
        '{"soc.a": 42, "soc.b": "INC-7"}',
        '{\n  "soc.a": "42",\n  "soc.b": "INC-7"\n}\n',
    ],
)
def test_lines_and_mappings_say_the_same(text: str) -> None:
    found = read_imports("list", text.encode())

    assert [(each.address, each.id) for each in found] == [("soc.a", "42"), ("soc.b", "INC-7")]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("# one\nsoc.a,42\n  soc.b,7\n", [(2, 1), (3, 3)]),
        ("soc.a: 42\nsoc.b: 7\n", [(1, 1), (2, 1)]),
        ('{"soc.a": 42, "soc.b": 7}', [(1, 2), (1, 15)]),
    ],
)
def test_each_knows_its_place(text: str, places: list[tuple[int, int]]) -> None:
    found = read_imports("list", text.encode())

    expected = [Location("list", *place) for place in places]
    assert found == tuple(map(Import, ("soc.a", "soc.b"), ("42", "7"), expected))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["list:1:1: there is nothing to import in it"]),
        ("# nothing\n", ["list:1:1: there is nothing to import in it"]),
        ("address,id\n", ["list:1:1: there is nothing to import in it"]),
        (
            "soc.a\nsoc.b,1,2\nsoc.c,3",
            ["list:1:1: a line is an address and an id: soc.wave,42", "list:2:1: a line is an address and an id"],
        ),
        ("soc.a: 42\nsoc.a: 43\n", ["list:2:1: "]),
        (
            "soc.a:\nsoc.b: [1]\nsoc.c: ''\n",
            ["list:1:7: the id of soc.a must be", "list:2:8: the", "list:3:8: the"],
        ),
        ("---\n- soc.a\n", ["list:2:1: this must be lines of ADDRESS,ID, or a mapping of addresses to ids"]),
        ("{", ["list:"]),
        ("soc.a: 1\n\x00", ["list:2:1: "]),
    ],
)
def test_what_is_wrong_is_told_all_at_once(text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_imports("list", text.encode())

    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == len(said), problems
    assert [one for one, other in zip(problems, said, strict=True) if not one.startswith(other)] == []
