"""Problems while they are collected: one may end the file, and many end the reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.errors import Location, Problem

MOST: Final = 300
"""Problems after which nothing more is looked at; three times what is shown."""


class Stop(Exception):
    """The file cannot be read any further."""

    def __init__(self, location: Location, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(location, message, hint)


class TooMany(Exception):
    """There are `MOST` problems."""


class Problems(list[Problem]):
    """A list that is never longer than `MOST`."""

    def append(self, problem: Problem) -> None:
        """Add a problem; raise TooMany if there is no room for another one."""
        super().append(problem)
        if len(self) >= MOST:
            raise TooMany

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems one by one, so that no more are made than there is room for."""
        for problem in problems:
            self.append(problem)
