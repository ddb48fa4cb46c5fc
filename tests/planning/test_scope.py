from __future__ import annotations

import pytest

from reconciler.errors import PlanRefused
from reconciler.planning.scope import select
from tests.planning.worlds import address, case, record

# a → b → c, d → c; e alone; f is recorded only and was made after e
CASES = {
    address(name): case(name, {}, depends_on=tuple(map(address, needs)))
    for name, needs in {"a": "b", "b": "c", "c": "", "d": "c", "e": ""}.items()
}
RECORDS = {
    address("f"): record("f", "6", {}, depends_on=(address("e"),)),
    address("c"): record("c", "3", {}, depends_on=(address("e"),)),  # the declared case needs nothing: it counts
}


@pytest.mark.parametrize(
    ("targets", "excludes", "chosen"),
    [
        ("", "", "abcdef"),
        ("a", "", "abc"),
        ("d", "", "cd"),
        ("e", "", "e"),
        ("f", "", "ef"),
        ("ae", "", "abce"),
        ("", "a", "bcdef"),
        ("", "c", "ef"),
        ("", "e", "abcd"),
        ("a", "c", ""),
        ("a", "d", "abc"),
        ("ad", "b", "cd"),
        ("", "abcdef", ""),
    ],
)
def test_targets_bring_what_they_need_and_excludes_take_what_needs_them(
    targets: str, excludes: str, chosen: str
) -> None:
    found = select(CASES, RECORDS, [f"soc.{name}" for name in targets], [f"soc.{name}" for name in excludes])

    assert found == {address(name) for name in chosen}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("soc.phishing-wav", "did you mean soc.phishing-wave?"),
        ("phishing-wave", "did you mean soc.phishing-wave?"),
        ("zzz", "an address is PROVIDER.CASE, such as soc.phishing-wave"),
        ("", "an address is PROVIDER.CASE, such as soc.phishing-wave"),
    ],
)
@pytest.mark.parametrize("option", ["targets", "excludes"])
def test_an_unknown_name_is_refused_with_the_nearest(option: str, name: str, hint: str) -> None:
    known = {address("phishing-wave"): case("phishing-wave", {})}

    with pytest.raises(PlanRefused, match=f"there is no case {name}: ") as caught:
        select(known, {}, **{option: [name]})

    assert caught.value.hint == hint


def test_cases_that_need_each_other_are_chosen_together() -> None:
    ring = {address(one): case(one, {}, depends_on=(address(other),)) for one, other in ("ab", "ba")}

    assert select(ring, {}, ["soc.a"]) == {address("a"), address("b")}
    assert select(ring, {}, (), ["soc.a"]) == frozenset()
