"""HttpApi over real sockets on loopback: what only a socket can do wrong."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Bounds, Surroundings
from reconciler.errors import ApiError, NotSent, OutcomeUnknown, ProtocolError, Refused

Script = Callable[[socket.socket], None]


class Bearer(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = "Bearer tok-0123456789"
        yield request


class Server:
    """Reads a request, then does to the connection what its script says; the last script serves all the rest."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.heads: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while head := _read_request(connection):
                self.heads.append(head)
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                script(connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(rest) < length:
        rest += connection.recv(65536)
    return head + b"\r\n\r\n" + rest


def says(content: bytes) -> Script:
    return lambda connection: connection.sendall(content)


def answers(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


def then(*scripts: Script) -> Script:
    def run(connection: socket.socket) -> None:
        for script in scripts:
            script(connection)

    return run


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closes(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def drips(start: bytes, drop: bytes) -> Script:
    """Send something forever, in drops that arrive within every read timeout."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            time.sleep(0.02)

    return drip


OK = answers(b"{}")
SOON = Bounds(connect=1.0, read=0.5, total=0.4, attempts=2)


@contextmanager
def serving(*scripts: Script, bounds: Bounds = SOON) -> Iterator[tuple[Server, HttpApi]]:
    server = Server(*scripts)
    endpoint = Endpoint("soc", server.url, Bearer(), 10_000, 4)
    try:
        with HttpApi(endpoint, around=Surroundings(sleep=lambda _: None), bounds=bounds) as api:
            yield server, api
    finally:
        server.close()


LOST: list[tuple[str, Script]] = [
    ("reset before the answer", resets),
    ("closed before the answer", closes),
    ("closed inside the head", then(says(b"HTTP/1.1 200 OK\r\ncontent-le"), closes)),
    ("reset after 100 Continue", then(says(b"HTTP/1.1 100 Continue\r\n\r\n"), resets)),
    ("closed inside the body", then(says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), closes)),
    ("reset inside the body", then(says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"), resets)),
    (
        "closed inside a chunk",
        then(says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"), closes),
    ),
    ("garbage", then(says(b"\x15\x03\x01\x00\x02\r\n\r\n"), closes)),
    ("a head of 200 KB", says(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000 + b"\r\n\r\n")),
    ("two lengths", answers(b"{}", "content-length: 5")),
    ("silence", lambda connection: time.sleep(0.6)),
    ("a dripping head", drips(b"HTTP/1.1 200 OK\r\nx: ", b"x")),
    ("a dripping body", drips(b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n", b" ")),
    ("a dripping body without a length", drips(b"HTTP/1.1 200 OK\r\n\r\n{}", b" ")),
    ("100 Continue for ever", drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
]


@pytest.mark.parametrize(("name", "script"), LOST, ids=[name for name, _ in LOST])
def test_a_lost_answer_to_a_create_is_an_open_question(name: str, script: Script) -> None:
    with serving(script) as (server, api):
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown, match=r"POST /x: no answer: .*; it may have been executed"):
            api.send("POST", "/x", {})
        assert time.monotonic() - started < 5

        assert len(server.heads) == 1


@pytest.mark.parametrize(("name", "script"), LOST[:9], ids=[name for name, _ in LOST[:9]])
def test_a_lost_answer_is_asked_for_again_where_that_is_safe(name: str, script: Script) -> None:
    with serving(script, OK) as (server, api):
        assert api.send("PUT", "/x", {}) == {}
        assert len(server.heads) == 2


def test_a_drip_is_cut_at_the_deadline_and_said_so() -> None:
    with (
        serving(drips(b"HTTP/1.1 200 OK\r\nx: ", b"x")) as (_, api),
        pytest.raises(OutcomeUnknown, match=r"no complete answer within 0\.4 s"),
    ):
        api.get("/x")


def test_a_connection_is_used_again() -> None:
    ports: set[int] = set()

    def note(connection: socket.socket) -> None:
        ports.add(connection.getpeername()[1])

    with serving(then(note, OK)) as (server, api):
        for _ in range(5):
            api.get("/x")

        assert (len(server.heads), len(ports)) == (5, 1)


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    with serving(then(OK, closes), OK) as (server, api):
        assert api.get("/x") == {}
        time.sleep(0.05)
        assert api.send("POST", "/x", {}) == {}
        assert len(server.heads) == 2


def test_a_server_that_is_not_there_got_nothing() -> None:
    server = Server(OK)
    server.close()
    attempts: list[int] = []
    endpoint = Endpoint("soc", server.url, Bearer(), 10_000, 4)
    around = Surroundings(sleep=lambda _: None)
    with (
        HttpApi(endpoint, around=around, on_request=lambda *told: attempts.append(told[2])) as api,
        pytest.raises(NotSent, match=r"127\.0\.0\.1 cannot be reached: .*; nothing was sent"),
    ):
        api.send("POST", "/x", {})

    assert attempts == [0] * 5


def test_no_certificate_is_read_where_none_will_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with serving(OK) as (_, api):
        assert api.get("/x") == {}


def test_a_plain_server_behind_https_got_nothing() -> None:
    with serving(OK) as (server, _):
        endpoint = Endpoint("soc", server.url.replace("http", "https"), Bearer(), 10, 1)
        with (
            HttpApi(endpoint, around=Surroundings(sleep=lambda _: None), bounds=SOON) as api,
            pytest.raises(NotSent, match="nothing was sent"),
        ):
            api.send("POST", "/x", {})
        assert not any(b"tok-0123456789" in head for head in server.heads)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_takes_no_credentials_elsewhere(status: str, method: str) -> None:
    with serving(OK) as (other, _):
        away = answers(b"", f"location: {other.url}/x", status=status)
        with serving(away) as (server, api):
            with pytest.raises(ProtocolError, match="no credentials were sent there"):
                api.get("/x") if method == "GET" else api.send(method, "/x", {})
            assert len(server.heads) == 1
        assert other.heads == []


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    bounds = Bounds(largest=1024 * 1024)
    with (
        serving(answers(bomb, "content-encoding: gzip"), bounds=bounds) as (_, api),
        pytest.raises(ProtocolError, match="larger than 1048576 bytes"),
    ):
        api.get("/x")


def test_an_endless_answer_is_cut_at_its_size() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with (
        serving(endless, bounds=Bounds(largest=1024 * 1024)) as (_, api),
        pytest.raises(ProtocolError, match="larger than"),
    ):
        api.get("/x")


def test_cookies_are_not_kept() -> None:
    with serving(answers(b"{}", "set-cookie: session=1; Path=/")) as (server, api):
        api.get("/x")
        api.get("/x")

    assert not any(b"cookie" in head.lower() for head in server.heads)


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OK) as (proxy, _):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "other.example")
        with HttpApi(Endpoint("soc", "http://tenant.example", Bearer(), 10, 1)) as api:
            assert api.get("/x") == {}

        assert proxy.heads[0].startswith(b"GET http://tenant.example/x HTTP/1.1")


def test_workers_have_their_own_connections() -> None:
    together = threading.Barrier(4, timeout=5)

    def meet(connection: socket.socket) -> None:
        together.wait()
        OK(connection)

    with serving(meet, bounds=Bounds()) as (server, api):
        assert list(api.get_all([("/x", ())] * 8)) == [{}] * 8
        assert len(server.heads) == 8


def test_a_refusal_with_a_long_body_is_said_in_short() -> None:
    with (
        serving(answers(b"x" * 1_000_000, status="422 No")) as (_, api),
        pytest.raises(Refused) as caught,
    ):
        api.send("PUT", "/x", {})

    assert isinstance(caught.value, ApiError)
    assert len(caught.value.message) < 600


def test_a_header_that_is_not_ascii_is_no_trouble() -> None:
    with serving(answers(b'{"a": 1}', "X-Server: Zürich")) as (_, api):
        assert api.get("/x") == {"a": 1}
