"""What is common to all systems names none of them: a new system changes nothing there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.providers.registry import provider_types

PACKAGE = Path(__file__).resolve().parents[2] / "reconciler"
ROOMS = ("cli", "config", "engine", "forge", "model", "planning", "report", "state", "errors.py", "workspace.py")
NAMES = sorted(provider_types())


def named_in(text: str, name: str) -> list[str]:
    """Return the lines that name a system: as a word, as a part of an identifier, or in two words."""
    letters = r"[ _-]?".join(map(re.escape, name))
    pattern = re.compile(rf"(?<![a-z0-9]){letters}(?![a-z0-9])", re.IGNORECASE)
    return [line.strip() for line in text.splitlines() if pattern.search(line)]


def files(room: str) -> Iterator[Path]:
    """Yield the files of a room, whatever they hold."""
    path = PACKAGE / room
    found = path.rglob("*") if path.is_dir() else [path]
    return (each for each in found if each.is_file() and "__pycache__" not in each.parts)


def test_the_names_are_those_of_the_installed_providers() -> None:
    assert {"communifire", "threatconnect", "tines"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("room", ROOMS)
def test_no_system_is_named(room: str, name: str) -> None:
    looked_at = list(files(room))

    assert looked_at
    assert {
        path.relative_to(PACKAGE).as_posix(): lines
        for path in looked_at
        if (lines := named_in(path.read_text(encoding="utf-8"), name))
    } == {}


@pytest.mark.parametrize(
    ("line", "is_named"),
    [
        ("from reconciler.providers.tines import Tines", True),
        ("def seed_tines() -> None:", True),
        ("token: ${env.TINES_API_KEY}", True),
        ('"""As TiNeS does it."""', True),
        ("routines, sentinels", False),
        ("tine", False),
    ],
)
def test_a_system_is_named_by_its_word_in_any_letter_case(line: str, *, is_named: bool) -> None:
    assert bool(named_in(line, "tines")) is is_named


def test_a_system_may_be_named_in_two_words() -> None:
    assert named_in("as Threat Connect says", "threatconnect")
