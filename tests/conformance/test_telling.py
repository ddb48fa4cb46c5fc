"""A story is told under every setting that could make a difference, and only then."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from reconciler.testing.story import moved, noting

pytest_plugins = ("pytester",)

STORIES = """
from dataclasses import dataclass
from functools import partial
from reconciler.testing.story import Story

@dataclass(frozen=True, slots=True)
class Switches:
    loud: bool = False
    slow: bool = False

    @property
    def is_plain(self):
        return not self.loud

class Emulator:
    def __init__(self, switches=Switches(), paging="new"):
        self.switches = switches

TOLD = []

class TestToy(Story):
    emulator = Emulator
    switches = {
        "default": Emulator,
        "loud": partial(Emulator, switches=Switches(loud=True)),
        "slow": partial(Emulator, switches=Switches(slow=True)),
        "paging": partial(Emulator, paging="old"),
    }
    samples = ()

    def test_nothing_is_asked(self, people):
        pass

    def test_one_is_asked_for(self, people):
        assert people.switches.is_plain is not people.switches.loud

    def test_it_is_asked_as_it_is_made(self, make_emulator):
        assert make_emulator().switches == make_emulator().switches

class TestAlone(Story):
    emulator = object
    samples = ()

    def test_no_switches(self, people):
        pass
"""


@dataclass(frozen=True, slots=True)
class Switches:
    loud: bool = False
    slow: bool = False


def outcomes(pytester: pytest.Pytester, *options: str) -> dict[str, list[str]]:
    pytester.makepyfile(STORIES)
    ran = pytester.inline_run("-p", "no:cacheprovider", *options)
    assert not ran.getfailures()
    passed, skipped, failed = ran.listoutcomes()
    assert not failed
    names = {"told": passed, "left out": skipped}
    return {name: [report.nodeid.partition("::")[2] for report in reports] for name, reports in names.items()}


def test_a_setting_that_is_not_asked_for_is_left_out(pytester: pytest.Pytester) -> None:
    assert outcomes(pytester)["left out"] == [
        "TestToy::test_nothing_is_asked[loud]",
        "TestToy::test_nothing_is_asked[slow]",
        "TestToy::test_one_is_asked_for[slow]",
    ]


def test_a_setting_is_told_where_the_first_was_not(pytester: pytest.Pytester) -> None:
    assert outcomes(pytester, "-k", "nothing and not default") == {
        "told": [f"TestToy::test_nothing_is_asked[{name}]" for name in ("loud", "slow", "paging")],
        "left out": [],
    }


def test_what_is_asked_for_is_noted_until_the_end() -> None:
    with noting(Switches) as asked:
        assert not Switches(loud=True).slow

    assert not Switches().loud
    assert asked == {"slow"}


def test_what_stands_otherwise_is_told() -> None:
    assert moved(Switches(), Switches(slow=True)) == {"slow"}
    assert moved(Switches(), Switches()) == frozenset()
