"""
A Tines tenant that can only list its cases, as fast as Python can: every page is encoded before the first request.

    python benchmarks/pages.py COUNT PER_PAGE        prints its address, serves until its input ends

Asked for `/requests` it answers how many requests it has had since it was last asked. A filter is ignored, as a
Tines that does not know it would: every case of the tenant is asked for, so it would leave nothing out.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from typing import Any, Final

from cases import Sample, samples

_PAGE: Final = re.compile(rb"[?&]page=(\d+)")


class Pages:
    """The answers of the tenant, whole with their heads, and how often they were asked for."""

    def __init__(self, url: str, count: int, per_page: int) -> None:
        cases = samples(count)
        chunks = [cases[start : start + per_page] for start in range(0, count, per_page)]
        self._answers = [_answer(_page(url, chunk, at, per_page, count)) for at, chunk in enumerate(chunks, 1)]
        self._requests = 0

    def answer(self, target: bytes) -> bytes:
        """Answer a GET of `target`."""
        if target == b"/requests":
            counted, self._requests = self._requests, 0
            return _answer({"requests": counted})
        self._requests += 1
        found = _PAGE.search(target)
        return self._answers[int(found[1]) - 1 if found else 0]


def _page(url: str, chunk: list[Sample], at: int, per_page: int, count: int) -> dict[str, Any]:
    pages = -(-count // per_page)
    following = at + 1 if at < pages else None
    address = f"{url}/api/v2/cases?per_page={per_page}&page="
    return {
        "cases": [sample.as_item(url) for sample in chunk],
        "meta": {
            "current_page": f"{address}{at}",
            "previous_page": f"{address}{at - 1}" if at > 1 else None,
            "next_page": f"{address}{following}" if following else None,
            "next_page_number": following,
            "per_page": per_page,
            "pages": pages,
            "count": count,
        },
    }


def _answer(data: Any) -> bytes:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One kept connection, which carries one GET after another."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send small answers at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer every head that is complete; a GET has no body."""
        *heads, self._received = (self._received + data).split(b"\r\n\r\n")
        for head in heads:
            self._transport.write(self._pages.answer(head.split(b" ", 2)[1]))


async def serve(count: int, per_page: int) -> None:
    """Serve on a free port of loopback until the input ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    pages = Pages(url, count, per_page)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(pages), sock=listening)
    async with server:
        print(url, flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
