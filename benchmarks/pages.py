"""
A system that can list its cases, as fast as Python can: every page is encoded before the first request.

    python benchmarks/pages.py SYSTEM COUNT [SECONDS]        prints its address, serves until its input ends

    GET  cases          a page of the list
    GET  cases/ID       one case, made when it is asked for
    PUT  cases/ID       the case is shown in its second form from now on, whatever was sent
    GET  /counted       what was counted since it was last asked; then everything is forgotten, writes as well

Each answer but the last takes SECONDS, counted from when the request was read, to a fraction of a millisecond.
"""

from __future__ import annotations

import asyncio
import json
import re
import selectors
import socket
import sys
from typing import Any, Final
from urllib.parse import urlsplit

from systems import SYSTEMS, System

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Pages:
    """The answers of a system, whole with their heads, and what was counted of them."""

    def __init__(self, system: System, url: str, count: int) -> None:
        self._system = system
        self._url = url
        self._pages = [self._page(start, count) for start in range(1, count + 1, system.page)]
        self._none = _answer(system.listed([], 1, 0, url))
        self._aside = {path: _answer(answer) for path, answer in system.aside.items()}
        self._written: set[int] = set()
        self._forget()

    def _page(self, start: int, count: int) -> bytes:
        numbers = range(start, min(start + self._system.page, count + 1))
        items = [self._system.item(number, self._url, changed=False) for number in numbers]
        return _answer(self._system.listed(items, start // self._system.page + 1, count, self._url))

    def answer(self, method: str, target: str) -> bytes:
        """Answer a request, and count it."""
        answer = self._found(method, target)
        self._requests += 1
        self._writes += method != "GET"
        self._bytes += len(answer)
        return answer

    def counted(self) -> bytes:
        """Tell what was counted, and forget it with all that was written."""
        answer = _answer({"requests": self._requests, "writes": self._writes, "bytes": self._bytes})
        self._forget()
        return answer

    def _forget(self) -> None:
        self._requests = self._writes = self._bytes = 0
        self._written.clear()

    def _found(self, method: str, target: str) -> bytes:
        path = urlsplit(target).path
        if path in self._aside:
            return self._aside[path]
        if path == self._system.cases:
            if self._system.lately and self._system.lately in target:
                return self._none
            return self._pages[self._system.at(target) - 1]
        return self._case(method, int(path.removeprefix(f"{self._system.cases}/")))

    def _case(self, method: str, number: int) -> bytes:
        if method == "PUT":
            self._written.add(number)
        item = self._system.item(number, self._url, changed=number in self._written)
        return _answer(self._system.alone(item))


def _answer(data: Any) -> bytes:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One kept connection, which carries one request after another."""

    def __init__(self, pages: Pages, seconds: float) -> None:
        self._pages = pages
        self._seconds = seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send small answers at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete, body and all."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            self._reply(*head.decode().split(" ", 2)[:2])

    def _reply(self, method: str, target: str) -> None:
        if target == "/counted":
            self._transport.write(self._pages.counted())
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self._seconds
        answer = self._pages.answer(method, target)
        if self._seconds:
            loop.call_at(due, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def serve(system: System, count: int, seconds: float) -> None:
    """Serve on a free port of loopback until the input ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    pages = Pages(system, url, count)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(pages, seconds), sock=listening)
    async with server:
        print(url, flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


def _punctual() -> asyncio.AbstractEventLoop:
    """Return a loop that wakes up in time: epoll counts in milliseconds, and rounds up."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


if __name__ == "__main__":
    name, how_many, *slow = sys.argv[1:]
    with asyncio.Runner(loop_factory=_punctual) as runner:
        runner.run(serve(SYSTEMS[name], int(how_many), float(slow[0]) if slow else 0))
