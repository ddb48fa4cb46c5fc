"""One request as it arrives at an emulator, what is answered, and what is kept of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    One request as it arrived.

    `path` is percent-decoded; `body` is the decoded JSON, None where there is none; `readable` is False
    where a body was announced as JSON and is none; `origin` is scheme and host, without a slash at the end;
    `target` is path and query as they were sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    readable: bool = True
    origin: str = ""
    target: str = ""

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], content: bytes, origin: str) -> Self:
        """Read a request off the wire; a body counts only where its content type says JSON."""
        parts = urlsplit(target)
        lowered = {name.lower(): value for name, value in headers.items()}
        announced = "json" in lowered.get("content-type", "") and bool(content)
        body, readable = _decoded(content) if announced else (None, True)
        return cls(
            method=method,
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers=lowered,
            body=body,
            readable=readable,
            origin=origin,
            target=target,
        )


def _decoded(content: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(content), True
    except ValueError:
        return None, False


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, body, headers beside content-length."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def json(cls, status: int, value: Any) -> Self:
        """Answer with a JSON body."""
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
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

    `status` is None when the client was given no answer. `executed` says that a route handled it, be it by
    refusing it; a request that a fault, the rate limit or the token check stopped was not executed.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    status: int | None
    executed: bool
