"""One request as it arrives at an emulator, what is answered, and what is kept of both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One request as it arrived.

    `path` is percent-decoded, names of headers are in lower case. `content` are the bytes of the body; `body` is
    what they say once they are `decoded`, None where there is no JSON; `readable` is False where they were
    announced as JSON and are none. `origin` is scheme and host, without a slash at the end; `target` is path and
    query as they were sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    body: Any = None
    readable: bool = True
    origin: str = ""
    target: str = ""

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], content: bytes, origin: str) -> Self:
        """Read a request off the wire; its body is left to whoever is to decode it."""
        parts = urlsplit(target)
        return cls(
            method=method,
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in headers.items()},
            content=content,
            origin=origin,
            target=target,
        )

    def decoded(self, decode: Callable[[bytes], Any]) -> Self:
        """
        Give the call with its body read by `decode`, which raises `ValueError` for what is no JSON.

        A body counts only where its content type says JSON.
        """
        if not self.content or "json" not in self.headers.get("content-type", ""):
            return self
        try:
            return replace(self, body=decode(self.content))
        except ValueError:
            return replace(self, readable=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, body, headers beside content-length."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, status: int, value: Any) -> Self:
        """Answer with a JSON body."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        content = text.encode("utf-8", "backslashreplace")  # half a surrogate pair goes as JSON's own escape
        return cls(status, content, (("content-type", "application/json; charset=utf-8"),))

    @classmethod
    def text(cls, status: int, text: str, kind: str = "text/plain") -> Self:
        """Answer with plain text, or another `text/…` kind."""
        return cls(status, text.encode(), (("content-type", f"{kind}; charset=utf-8"),))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reaches the client: the reply, half of it, or (None) a broken connection; `delay` seconds late."""

    reply: Reply | None
    half: bool = False
    delay: float = 0.0

    @property
    def status(self) -> int | None:
        """Name the status the client saw; None when the connection broke first."""
        return None if self.reply is None else self.reply.status


class Refused(Exception):
    """
    A request that the emulated system refuses; `refusal` of the emulator puts it into the system's shape.

    `details` is for the systems whose error bodies carry more than a sentence; `headers` are added to the
    answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        details: str | None = None,
        *,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    One request in the emulator's memory.

    `content` are the bytes of its body as they arrived, `body` is what the emulator read in them. `status` is
    None when the client was given no answer. `executed` says that a route handled it, be it by refusing it; a
    request that a fault, the rate limit or the token check stopped was not executed.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    status: int | None
    executed: bool
    content: bytes = b""
