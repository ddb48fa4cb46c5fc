"""
Lists of a site, page by page.

A site cuts `PageLength` down to what it likes, and may have lists that know no pages at all and show everything
each time. So a short page is not the last: an empty one is, or one that shows nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.errors import ProtocolError
from reconciler.providers.base import Api, Params
from reconciler.providers.communifire.wire import Item, list_in

LONGEST: Final = 100
"""Items asked for on a page; current clients ask for up to so many."""
SHORTEST: Final = 10
"""Items that any page would have if there were more: the vendor's own app asks for no fewer."""

LOWER: Final = ("startpage", "pagelength")
"""How clients spell the parameters of a page in lists of users."""

_USUAL: Final = ("StartPage", "PageLength")
_AHEAD: Final = 4
"""Pages asked for at the same time; with the last of them, at most so many lie beyond the end."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list."""

    number: int
    """From 1."""
    items: Sequence[Item]
    """Those that no page before it showed."""
    total: int | None
    """How many items are on all pages, as far as the site tells; None where it does not."""
    left: int | None
    """How many pages come after it, likewise."""


Key: TypeAlias = Callable[[Item], Hashable]
"""What tells two items of a list apart."""
Words: TypeAlias = tuple[str, str]
"""The parameters for the number of a page and for its length."""


def walk(api: Api, path: str, params: Params, key: Key, *, words: Words = _USUAL) -> Iterator[Item]:
    """Yield every item of a list once; a caller that has seen enough stops, and nothing more is asked for."""
    for page in pages(api, path, params, key, words=words):
        yield from page.items


def pages(api: Api, path: str, params: Params, key: Key, *, words: Words = _USUAL) -> Iterator[Page]:
    """Yield the pages of a list, the first by itself and then some at a time, until one has nothing new."""
    seen: set[Hashable] = set()
    number, size, left = 0, 0, None
    while True:
        ahead = range(number + 1, number + 1 + _ahead(number, left))
        for answer in _answers(api, path, [_asked(params, words, each) for each in ahead]):
            items = list_in(answer, f"the list {path}")
            new = {each: item for item in items if (each := key(item)) not in seen}
            if not new:
                return
            seen |= new.keys()
            number, size = number + 1, size or len(items)
            total = _total(answer)
            left = None if total is None else max(-(-total // size) - number, 0)
            yield Page(number, tuple(new.values()), total, left)


def whole(api: Api, path: str, key: Key) -> Iterator[Item]:
    """Yield every item of a list that is not known to have pages: one of few items is taken to be complete."""
    for page in pages(api, path, (), key):
        yield from page.items
        if len(page.items) < SHORTEST:
            return


def _answers(api: Api, path: str, queries: Sequence[Params]) -> Iterator[Any]:
    """Yield the answers of some pages; a single one is asked for so that a 404 is told as it is."""
    if len(queries) == 1:
        yield api.get(path, queries[0])
        return
    for answer in api.get_all((path, query) for query in queries):
        if answer is None:
            raise ProtocolError(f"Communifire answered that a page of the list {path} is not there (404)")
        yield answer


def _asked(params: Params, words: Words, number: int) -> Params:
    return (*params, (words[0], str(number)), (words[1], str(LONGEST)))


def _ahead(number: int, left: int | None) -> int:
    """Return how many pages to ask for after this one: those that are there, or ever more where nobody knows."""
    return min(max(number if left is None else left, 1), _AHEAD)


def _total(answer: Any) -> int | None:
    total = answer.get("TotalRecords") if isinstance(answer, dict) else None
    return None if isinstance(total, bool) or not isinstance(total, int) else total
