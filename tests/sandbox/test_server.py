"""An emulator on a real socket."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from reconciler.providers.emulation import Fault, FaultKind, Match
from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.sandbox import LoopbackServer, serve

CASES = "/api/v2/cases"
NEW = {"team_id": 2, "name": "Füße", "metadata": {"a": "1"}}


@pytest.fixture
def emulator() -> TinesEmulator:
    return TinesEmulator()


@pytest.fixture
def server(emulator: TinesEmulator) -> Iterator[LoopbackServer]:
    with serve(emulator) as running:
        yield running


@pytest.fixture
def client(server: LoopbackServer, emulator: TinesEmulator) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {emulator.token}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as opened:
        yield opened


def dial(server: LoopbackServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=5)


def test_the_emulator_answers_over_http(client: httpx.Client, server: LoopbackServer) -> None:
    created = client.post(CASES, json=NEW)

    assert (created.status_code, created.json()["name"]) == (201, "Füße")
    assert created.json()["url"] == f"{server.url}/cases/1"
    page = client.get(CASES, params={"per_page": 1, "filters[metadata][a]": "1"}).json()
    assert page["meta"]["current_page"].startswith(f"{server.url}/api/v2/cases?filters")


def test_bodies_arrive_with_get_and_delete_too(client: httpx.Client, emulator: TinesEmulator) -> None:
    client.post(CASES, json=NEW)
    client.post(CASES, json={**NEW, "metadata": {}})

    page = client.request("GET", CASES, json={"filters": {"metadata": {"a": "1"}}}).json()
    assert [item["case_id"] for item in page["cases"]] == [1]
    deleted = client.request("DELETE", f"{CASES}/1/metadata", json={"metadata": ["a"]})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert emulator.case(1)["metadata"] == {}


def test_one_connection_serves_many_requests_without_a_stall(
    server: LoopbackServer, emulator: TinesEmulator
) -> None:
    emulator.seed_case()
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    headers = {"X-User-Token": emulator.token}
    with closing(connection):
        connection.connect()
        port = connection.sock.getsockname()[1]
        began = time.monotonic()
        for method, path in [("GET", CASES), ("HEAD", CASES), ("DELETE", f"{CASES}/1"), ("GET", CASES)] * 10:
            connection.request(method, path, headers=headers)
            connection.getresponse().read()
        assert connection.sock.getsockname()[1] == port
    # Forty times the 40 ms that Nagle's algorithm and a delayed acknowledgement cost together.
    assert time.monotonic() - began < 1.6


@pytest.mark.parametrize(
    ("kind", "cases"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1), (FaultKind.HANG, 0)]
)
def test_a_drop_resets_the_connection(
    client: httpx.Client, emulator: TinesEmulator, kind: FaultKind, cases: int
) -> None:
    client.get(CASES)
    emulator.faults.add(Fault(kind, Match("POST"), seconds=0.01))

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        client.post(CASES, json=NEW)

    assert len(emulator.cases()) == cases
    assert emulator.requests[-1].status is None
    assert client.get(CASES).json()["meta"]["count"] == cases


def test_half_a_body_is_executed_and_ends_the_connection(client: httpx.Client, emulator: TinesEmulator) -> None:
    emulator.faults.add(Fault(FaultKind.TRUNCATED, Match("POST")))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.post(CASES, json=NEW)

    assert len(emulator.cases()) == 1
    assert client.get(CASES).status_code == 200


def test_a_slow_answer_holds_up_nobody_else(client: httpx.Client, emulator: TinesEmulator) -> None:
    emulator.faults.add(Fault(FaultKind.SLOW, Match("POST"), seconds=0.5))
    answers: list[int] = []
    slow = threading.Thread(target=lambda: answers.append(client.post(CASES, json=NEW).status_code))
    slow.start()
    while not emulator.writes:
        time.sleep(0.005)

    assert client.get(CASES).json()["meta"]["count"] == 1
    assert slow.is_alive()
    slow.join()
    assert answers == [201]


def test_an_answer_later_than_the_clients_timeout_is_lost(client: httpx.Client, emulator: TinesEmulator) -> None:
    emulator.faults.add(Fault(FaultKind.SLOW, seconds=30))

    with pytest.raises(httpx.ReadTimeout):
        client.post(CASES, json=NEW, timeout=0.05)
    assert len(emulator.cases()) == 1


def test_closing_ends_hanging_requests_and_frees_the_port(emulator: TinesEmulator) -> None:
    emulator.faults.add(Fault(FaultKind.HANG, seconds=60))
    server = serve(emulator)
    with dial(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        while not emulator.requests:
            time.sleep(0.005)
        server.close()
        server.close()
        with suppress(ConnectionResetError):  # the hanging answer is lost, which is an end as well
            assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        dial(server)


POST = b"POST /api/v2/cases HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tines-demo-token\r\n"


@pytest.mark.parametrize(
    "head", [b"transfer-encoding: chunked\r\n", b"content-length: -1\r\n", b"content-length: x\r\n"]
)
def test_a_body_of_unknown_length_is_refused(server: LoopbackServer, emulator: TinesEmulator, head: bytes) -> None:
    with dial(server) as connection:
        connection.sendall(POST + head + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 411 ")
    assert emulator.requests == []


def test_a_request_that_did_not_come_whole_is_not_executed(
    server: LoopbackServer, emulator: TinesEmulator
) -> None:
    with dial(server) as connection:
        connection.sendall(POST + b'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"team_id"')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert emulator.requests == []


def test_servers_stand_side_by_side() -> None:
    first, second = TinesEmulator(), TinesEmulator()
    first.seed_case()
    with serve(first) as one, serve(second) as other:
        counts = [
            httpx.get(server.url + CASES, headers={"x-user-token": first.token}, trust_env=False).json()["meta"]
            for server in (one, other)
        ]

    assert [meta["count"] for meta in counts] == [1, 0]


def test_nothing_is_written_to_stderr(client: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.get("/nowhere")

    assert capfd.readouterr() == ("", "")


def test_an_error_of_the_emulator_itself_is_shown(
    client: httpx.Client, emulator: TinesEmulator, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug")

    emulator.faults.add(Fault(FaultKind.SECOND_WRITER, action=fail))

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(CASES)
    assert "ZeroDivisionError: a bug" in capfd.readouterr().err
