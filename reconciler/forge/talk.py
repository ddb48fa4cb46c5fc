"""
A thread of texts, and the one in it that is ours.

    find it: the marker in front, and the author is who the token belongs to     ─► edit it
                    none, or its edit is refused (403) or finds nothing (404)    ─► post

Anybody can write the marker, so it alone proves nothing: a planted one would steer what is edited. Where the
answer to a post was lost, the thread is looked through again before the next try.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import quote

from reconciler.errors import OutcomeUnknown, RateLimited, Refused

DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""How a forge says that a token may not: GitHub answers 404 where it may not even see."""

_GONE: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_TRIES: Final = 3
_LONGEST_NAME: Final = 300


class Done(StrEnum):
    """What became of a text."""

    POSTED = "posted"
    EDITED = "edited"
    CLOSED = "closed"
    NOTHING = "nothing"
    """There was none, and none was needed."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a thread, as it is now."""

    id: str
    author: str
    body: str


class Thread(Protocol):
    """Where texts stand: the comments of a request, or the open issues of a project. Raises ApiError."""

    def author(self) -> str:
        """Return who the token belongs to, as `Text.author` names people."""
        ...

    def texts(self) -> Iterator[Text]:
        """Yield every text, oldest first."""
        ...

    def post(self, body: str) -> None:
        """Add a text."""
        ...

    def edit(self, id: str, body: str) -> None:
        """Put another body in a text's place."""
        ...


class Closable(Thread, Protocol):
    """A thread whose texts can be closed."""

    def close(self, id: str) -> None:
        """Close a text: it is not among the open ones any more."""
        ...


def marker(kind: str, workspace: str) -> str:
    """
    Return the hidden first line of a text of ours; `kind` is `plan` or `drift`.

    >>> marker("plan", "acme --> x")
    '<!-- reconciler:plan workspace=acme%20%2D%2D%3E%20x -->'
    """
    name = quote(workspace, safe="", errors="surrogatepass").replace("--", "%2D%2D")
    if len(name) > _LONGEST_NAME:
        name = hashlib.sha256(name.encode()).hexdigest()
    return f"<!-- reconciler:{kind} workspace={name} -->"


def publish(thread: Thread, mark: str, text: str) -> Done:
    """Make `text` the one text with this mark; raises ApiError, of which Refused may mean a missing permission."""
    body = f"{mark}\n{text}"
    ours = _find(thread, mark)
    if ours is not None and _edited(thread, ours, body):
        return Done.EDITED
    _post(thread, mark, body, known=ours)
    return Done.POSTED


def retire(thread: Closable, mark: str, text: str) -> Done:
    """Say the last word in the text with this mark, and close it; raises ApiError."""
    ours = _find(thread, mark)
    if ours is None:
        return Done.NOTHING
    thread.edit(ours.id, f"{mark}\n{text}")
    thread.close(ours.id)
    return Done.CLOSED


def _find(thread: Thread, mark: str) -> Text | None:
    """Return our text, the last one if there are several."""
    author = thread.author()
    found = None
    for text in thread.texts():
        if text.author == author and text.body.split("\n", 1)[0].rstrip() == mark:
            found = text
    return found


def _edited(thread: Thread, ours: Text, body: str) -> bool:
    """Edit our text; tell whether it could be."""
    try:
        thread.edit(ours.id, body)
    except Refused as error:
        if error.status not in _GONE:
            raise
        return False
    return True


def _post(thread: Thread, mark: str, body: str, *, known: Text | None) -> None:
    """Post, once: an answer that was lost may be that of a text which stands there now."""
    tries = 0
    while True:
        tries += 1
        try:
            thread.post(body)
        except (OutcomeUnknown, RateLimited):
            there = _find(thread, mark)
            if there is not None and (known is None or there.id != known.id):
                return
            if tries >= _TRIES:
                raise
        else:
            return
