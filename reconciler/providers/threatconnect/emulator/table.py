"""
The shelves of an emulated instance, and the journal that puts everything back when a request is refused.

    with journal.all_or_nothing():
        cases.put(case)          # kept …
        raise Refused(…)         # … unless this happens: the case is as it was before
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Numbered(Protocol):
    """What has an id of its own."""

    @property
    def id(self) -> int:
        """Give the id, unique among its kind."""


class Child(Numbered, Protocol):
    """What belongs to a case for good."""

    @property
    def case_id(self) -> int:
        """Name the case."""


_Thing = TypeVar("_Thing", bound=Numbered)
_Child = TypeVar("_Child", bound=Child)


class Journal:
    """What was changed since a request began, as the steps that undo it; `revision` counts the changes."""

    def __init__(self) -> None:
        self.revision = 0
        self._undo: list[Callable[[], None]] | None = None

    def changed(self, undo: Callable[[], None]) -> None:
        """Take down one change and how to undo it."""
        self.revision += 1
        if self._undo is not None:
            self._undo.append(undo)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo what was changed inside when it ends with an exception; the inner of two is part of the outer."""
        if self._undo is not None:
            yield
            return
        self._undo = []
        try:
            yield
        except BaseException:
            for undo in reversed(self._undo):
                undo()
            raise
        finally:
            self._undo = None


class Table(Generic[_Thing]):
    """Values by id, in the order they came; a value is replaced whole."""

    def __init__(self, journal: Journal, first_id: int = 1) -> None:
        self._journal = journal
        self._things: dict[int, _Thing] = {}
        self._next_id = first_id

    def next_id(self) -> int:
        """Take the id of a new one; ids are never given twice."""
        self._next_id += 1
        return self._next_id - 1

    def put(self, thing: _Thing) -> None:
        """Keep a value, in the place of its former self."""
        before = self._things.get(thing.id)
        self._next_id = max(self._next_id, thing.id + 1)
        self._set(thing)
        self._journal.changed(lambda: self._unset(thing) if before is None else self._set(before))

    def remove(self, id: int) -> None:
        """Forget a value; raises `KeyError` for an unknown id."""
        before = self._things[id]
        self._unset(before)
        self._journal.changed(lambda: self._set(before))

    def get(self, id: int) -> _Thing | None:
        """Find a value, or None."""
        return self._things.get(id)

    def __getitem__(self, id: int) -> _Thing:
        return self._things[id]

    def __iter__(self) -> Iterator[_Thing]:
        return iter(self._things.values())

    def _set(self, thing: _Thing) -> None:
        self._things[thing.id] = thing

    def _unset(self, thing: _Thing) -> None:
        del self._things[thing.id]


class ChildTable(Table[_Child]):
    """Children by id, and by the case they belong to."""

    def __init__(self, journal: Journal, first_id: int = 1) -> None:
        super().__init__(journal, first_id)
        self._of: dict[int, dict[int, _Child]] = {}

    def of(self, case_id: int) -> list[_Child]:
        """List a case's children by id."""
        mine = self._of.get(case_id, {})
        return [mine[key] for key in sorted(mine)]

    def _set(self, thing: _Child) -> None:
        super()._set(thing)
        self._of.setdefault(thing.case_id, {})[thing.id] = thing

    def _unset(self, thing: _Child) -> None:
        super()._unset(thing)
        del self._of[thing.case_id][thing.id]
