"""
Which files `policies:` of the settings names.

    policies/guard.yaml    that file; none is an error
    policies/*.yaml        the files of the folder whose names are like that; none at all is an error

A wildcard stands in the name of a file only: looking for files takes one list of one folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from reconciler.config.files import SUFFIXES, Missing, Unreadable, inside
from reconciler.config.sentences import quoted
from reconciler.errors import ConfigError, Location, Problem

MAX_FILES: Final = 1000
"""Rule files of a workspace."""
TEST: Final = "_test"
"""What the name of a file of tests ends with: `guard_test.yaml` stands beside `guard.yaml`."""

_WILD: Final = frozenset("*?[")


def rule_files(root: Path, patterns: Mapping[str, Location], problems: list[Problem]) -> tuple[Path, ...]:
    """Return each file that is named, once, as named from the root; what names none goes to `problems`."""
    found: dict[Path, None] = {}
    for pattern, where in patterns.items():
        try:
            found |= dict.fromkeys(_named(root, pattern))
        except Unreadable as error:
            problems.append(Problem(where, f"the file {quoted(pattern)} {error}"))
        if len(found) > MAX_FILES:
            problems.append(Problem(where, f"more than {MAX_FILES:,} rule files"))
            return ()
    return tuple(found)


def named_files(root: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Return files that are named one by one; raise ConfigError for those that are not in the workspace."""
    problems: list[Problem] = []
    files = rule_files(root, {name: Location(name) for name in names}, problems)
    if problems:
        raise ConfigError(problems)
    return files


def with_tests(root: Path, files: Iterable[Path]) -> tuple[Path, ...]:
    """Return files with the tests that stand beside rules, and the rules that stand beside tests."""
    pairs = ((path, path.stem.removesuffix(TEST)) for path in files)
    related = ((path, path.with_stem(stem), path.with_stem(stem + TEST)) for path, stem in pairs)
    return tuple(
        dict.fromkeys(
            each for path, *beside in related for each in beside if each == path or os.path.lexists(root / each)
        )
    )


def _named(root: Path, pattern: str) -> list[Path]:
    path = Path(pattern)
    if not _WILD & set(pattern):
        if not inside(root, pattern).exists():
            raise Missing("does not exist")
        return [path]
    if _WILD & set(str(path.parent)):
        raise Unreadable("cannot be looked for: a wildcard can stand in the name of a file, not in its folder")
    try:
        folder = inside(root, str(path.parent))
        names = sorted(each.name for each in folder.iterdir() if _is_like(each.name, path.name))
    except OSError as error:
        raise Unreadable(f"cannot be looked for: {error.strerror}") from error
    if not names:
        raise Missing("does not exist: nothing in that folder has such a name")
    return [path.parent / name for name in names]


def _is_like(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and not name.startswith(".") and name.endswith(SUFFIXES)
