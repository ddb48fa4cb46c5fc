"""
The way to an emulated system, and how it fails.

    HttpApi ──► Way ──► the emulator
                 └─ what becomes of each writing request: it is executed or not, and its answer arrives or not
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeAlias

import httpx

from reconciler.providers.emulation import Emulator

Send: TypeAlias = Callable[[], httpx.Response]
Fate: TypeAlias = Callable[[int, httpx.Request, Send], httpx.Response]
"""What becomes of the nth writing request (from 1); the last argument has it executed. May raise as httpx does."""
Loss: TypeAlias = Callable[[httpx.Request], httpx.Response]
"""What arrives instead of an answer; may raise as httpx does."""

READING: Final = frozenset({"GET", "HEAD"})


class Crash(BaseException):
    """The end of the process, as far as that can be had within one: nothing catches it, nothing follows it."""


class Way(httpx.BaseTransport):
    """Carries requests to an emulator, and lets fate have its way with those that write; for several threads."""

    def __init__(self, emulator: Emulator, fate: Fate | None = None) -> None:
        self._inner = httpx.MockTransport(emulator.handle)
        self._fate = fate or _delivered
        self._lock = threading.Lock()
        self._writes = 0
        self._dead = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; after a Crash no other gets through."""
        if self._dead:
            raise Crash
        if request.method in READING:
            return self._inner.handle_request(request)
        try:
            return self._fate(self._number(), request, lambda: self._inner.handle_request(request))
        except Crash:
            self._dead = True
            raise

    def _number(self) -> int:
        with self._lock:
            self._writes += 1
            return self._writes


def _delivered(_: int, __: httpx.Request, send: Send) -> httpx.Response:
    return send()


def dies(at: int, *, executed: bool) -> Fate:
    """End the process at one writing request, before or after it was executed."""

    def fate(number: int, _: httpx.Request, send: Send) -> httpx.Response:
        if number != at:
            return send()
        while executed and send().status_code == HTTPStatus.TOO_MANY_REQUESTS:
            pass  # a system that limits by itself has not executed it
        raise Crash

    return fate


def refused(after: int, words: str) -> Fate:
    """Refuse every writing request after the nth, in these words."""

    def fate(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return send() if number <= after else httpx.Response(422, json={"message": words}, request=request)

    return fate


def limited(at: int, seconds: int) -> Fate:
    """Answer one writing request that there were too many, and when to come back."""
    headers = {"retry-after": str(seconds)}
    return _instead(at, lambda request: httpx.Response(429, headers=headers, text="slow down", request=request))


def quoted(at: int) -> Fate:
    """Refuse one writing request in the worst way: quote all of it, credentials included."""
    return _instead(at, _echo)


def lost(loss: Loss) -> Fate:
    """Execute every writing request, and lose the answer to it the first time that it is sent."""
    seen: set[tuple[str, str, bytes]] = set()
    lock = threading.Lock()

    def fate(_: int, request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        key = (request.method, str(request.url), request.read())
        with lock:
            again = key in seen
            seen.add(key)
        return answer if again else loss(request)

    return fate


def reset(request: httpx.Request) -> httpx.Response:
    """Lose an answer: the connection breaks."""
    raise httpx.ReadError("Connection reset by peer", request=request)


def bad_gateway(request: httpx.Request) -> httpx.Response:
    """Lose an answer: a proxy gives up and says so."""
    return httpx.Response(502, text="Bad Gateway", request=request)


def sign_in_page(request: httpx.Request) -> httpx.Response:
    """Lose an answer: a proxy sends a page of its own, and calls it a success."""
    return httpx.Response(200, html="<!DOCTYPE html><title>Sign in</title>", request=request)


def _instead(at: int, answer: Loss) -> Fate:
    def fate(number: int, request: httpx.Request, send: Send) -> httpx.Response:
        return answer(request) if number == at else send()

    return fate


def _echo(request: httpx.Request) -> httpx.Response:
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
    return httpx.Response(422, text=f"invalid request\n{headers}\n\n{request.read().decode()}", request=request)
