"""The problems of a workspace while they are collected: so many that nobody reads them end the reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.errors import Problem

MOST: Final = 1000
"""Problems after which nothing more is looked at; ten times what is shown."""


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
