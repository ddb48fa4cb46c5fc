"""
Choosing among the cases of a system, in its own words: `status=open`, `tag=phishing`, `opened_after=2026-03-01`.

A server may ignore a filter that it does not know and answer with everything, so each case that comes back is held
against what was asked for, wherever it shows that. Of several values of one filter any will do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from reconciler.errors import ReconcilerError

KEY: Final = ".KEY"
"""Ends the name of a filter that has a key of the user's choosing: `metadata.KEY`."""

Item: TypeAlias = Mapping[str, Any]
"""A case as the API answers it."""


def _equal(shown: str, wanted: str) -> bool:
    return shown.casefold() == wanted.casefold()


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing by which cases can be chosen."""

    meaning: str
    """For the help text: `open or closed`."""
    shown: Callable[[Item, str], Iterable[str] | None]
    """Gives the values that a case has, None where it does not show them; the text is the user's key, if any."""
    read: Callable[[str], str] = str
    """Gives a wanted value as it is sent and compared; raises ValueError with what it must be."""
    fits: Callable[[str, str], bool] = _equal
    """Tells whether a shown value is as wanted."""


class Chosen:
    """The filters of one run, with their values."""

    def __init__(self, pairs: Iterable[tuple[str, str]], known: Mapping[str, Filter]) -> None:
        """Read them; raise ReconcilerError for one that the system does not have, or a value that it cannot."""
        self._filters: dict[str, tuple[Filter, str]] = {}
        self.values: dict[str, tuple[str, ...]] = {}
        """By the name of the filter, each value once."""
        for name, value in pairs:
            known_as, key = _known_as(name, known)
            self._filters[name] = known[known_as], key
            wanted = _read(name, value, known[known_as])
            self.values[name] = tuple(dict.fromkeys((*self.values.get(name, ()), wanted)))

    def one(self, name: str) -> str | None:
        """Return the value of a filter that has just one."""
        values = self.values.get(name, ())
        return values[0] if len(values) == 1 else None

    def fits(self, item: Item, asked: Collection[str] = ()) -> bool | None:
        """
        Tell whether a case is as wanted; None where it does not show that.

        Of the filters in `asked`, which the server was asked to apply, what is not shown is taken to be so.
        """
        answers = [self._fits(name, item, name in asked) for name in self._filters]
        return False if False in answers else None if None in answers else True

    def _fits(self, name: str, item: Item, is_asked: bool) -> bool | None:  # noqa: FBT001 (a fact, not a switch)
        known, key = self._filters[name]
        shown = known.shown(item, key)
        if shown is None:
            return True if is_asked else None
        return any(known.fits(value, wanted) for value in shown for wanted in self.values[name])


def _known_as(name: str, known: Mapping[str, Filter]) -> tuple[str, str]:
    """Return the name under which a filter is known, and the user's key in it."""
    if name in known and not name.endswith(KEY):
        return name, ""
    head, dot, key = name.partition(".")
    if dot and key and f"{head}{KEY}" in known:
        return f"{head}{KEY}", key
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise ReconcilerError(f"there is no filter {name!r} here", hint=hint)


def _read(name: str, value: str, known: Filter) -> str:
    try:
        return known.read(value)
    except ValueError as error:
        raise ReconcilerError(f"--filter {name}={value}: it {error}") from error


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """Return a reader of enums, in any letter case."""
    spelled = {word.lower(): word for word in words}

    def read(value: str) -> str:
        if value.lower() not in spelled:
            raise ValueError(f"must be one of {', '.join(spelled.values())}")
        return spelled[value.lower()]

    return read


def instant(value: str) -> str:
    """Read a time, or a day: its beginning in UTC."""
    moment = moment_of(value)
    if moment is None:
        raise ValueError("must be a day or a time, such as 2026-03-01 or 2026-03-01T10:00:00Z")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: object) -> datetime | None:
    """Return a time; None for what is none."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def between(what: str, name: str, shown: Callable[[Item, str], Iterable[str] | None]) -> dict[str, Filter]:
    """Return the two filters about one time: `opened_after`, which begins with it, and `opened_before`."""
    return {
        f"{name}_after": Filter(f"{what} at this time or later", shown, instant, _is_after),
        f"{name}_before": Filter(f"{what} before this time", shown, instant, _is_before),
    }


def _is_after(shown: str, wanted: str) -> bool:
    return not _is_before(shown, wanted) and moment_of(shown) is not None


def _is_before(shown: str, wanted: str) -> bool:
    moment, bound = moment_of(shown), moment_of(wanted)
    return moment is not None and bound is not None and moment < bound
