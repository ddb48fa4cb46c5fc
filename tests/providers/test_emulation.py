"""What every emulator does alike: routes, the record of requests, faults, the observer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from reconciler.providers.emulation import (
    Call,
    Emulator,
    Fault,
    FaultKind,
    Match,
    Recorded,
    Refused,
    Reply,
    route,
)
from reconciler.sandbox import serve

JSON = {"content-type": "application/json"}


class Shelf(Emulator):
    """Books by title; a title is put once."""

    def __init__(self, sleep: Callable[[float], None] = lambda _seconds: None) -> None:
        self.titles: list[str] = []
        super().__init__(sleep=sleep)

    @route("GET", "/books")
    def books(self, call: Call) -> Reply:
        return Reply.json(HTTPStatus.OK, {"titles": self.titles})

    @route("GET", "/books/newest")
    def newest(self, call: Call) -> Reply:
        return Reply.text(HTTPStatus.OK, self.titles[-1])

    @route("PUT", "/books/{title}")
    @route("PATCH", "/books/{title}")
    def put(self, call: Call, title: str) -> Reply:
        if title in self.titles:
            raise Refused(HTTPStatus.CONFLICT, f"{title} is here", headers=(("x-shelf", "full"),))
        self.titles.append(title)
        return Reply.json(HTTPStatus.CREATED, {"title": title, "note": call.body})

    @route("DELETE", "/books/{title}")
    def delete(self, call: Call, title: str) -> Reply:
        self.titles.remove(title)
        return Reply(HTTPStatus.NO_CONTENT)

    @route("GET", "/{page}")
    def page(self, call: Call, page: str) -> Reply:
        return Reply.text(HTTPStatus.OK, f"page {page}")


class LenientShelf(Shelf):
    """One that reads JSON in which strings have raw line breaks."""

    def decode(self, content: bytes) -> Any:
        return json.loads(content, strict=False)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def client(shelf: Shelf) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(shelf.handle), base_url="http://shelf.test")


def put_emma(client: httpx.Client) -> httpx.Response:
    return client.put("/books/emma", json={"by": "Austen"})


# ------------------------------------------------------------------------------------ routes


def test_a_route_gets_its_segments_and_the_decoded_body(client: httpx.Client) -> None:
    answer = client.put("/books/war%20and%20peace/", json=[1])

    assert answer.status_code == HTTPStatus.CREATED
    assert answer.json() == {"title": "war and peace", "note": [1]}


def test_a_literal_segment_comes_before_a_placeholder(client: httpx.Client, shelf: Shelf) -> None:
    put_emma(client)

    assert client.get("/books/newest").text == "emma"
    assert client.get("/books").json() == {"titles": ["emma"]}
    assert client.get("/about").text == "page about"


@pytest.mark.parametrize(("method", "path"), [("POST", "/books"), ("GET", "/books/a/b"), ("GET", "/")])
def test_no_route_is_404_and_not_executed(client: httpx.Client, shelf: Shelf, method: str, path: str) -> None:
    assert client.request(method, path).status_code == HTTPStatus.NOT_FOUND
    assert [recorded.executed for recorded in shelf.requests] == [False]


def test_a_refusal_carries_its_status_words_and_headers(client: httpx.Client) -> None:
    put_emma(client)
    answer = put_emma(client)

    assert (answer.status_code, answer.json()) == (HTTPStatus.CONFLICT, {"message": "emma is here"})
    assert answer.headers["x-shelf"] == "full"


def test_a_body_that_is_no_json_is_refused_before_the_route(client: httpx.Client, shelf: Shelf) -> None:
    answer = client.put("/books/emma", content=b"{", headers=JSON)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert shelf.titles == []


def test_a_body_of_another_content_type_is_not_read(client: httpx.Client, shelf: Shelf) -> None:
    answer = client.put("/books/emma", content=b"[1]", headers={"content-type": "text/plain"})

    assert answer.json() == {"title": "emma", "note": None}
    assert (shelf.requests[0].body, shelf.requests[0].content) == (None, b"[1]")


@contextmanager
def in_memory(emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.MockTransport(emulator.handle), base_url="http://shelf.test") as client:
        yield client


@contextmanager
def over_loopback(emulator: Emulator) -> Iterator[httpx.Client]:
    with serve(emulator) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("reached", [in_memory, over_loopback])
@pytest.mark.parametrize(("kind", "status", "read"), [(Shelf, 400, None), (LenientShelf, 201, "a\nb")])
def test_an_emulator_decides_what_it_reads_as_json_whichever_way_it_comes(
    reached: Callable[[Emulator], AbstractContextManager[httpx.Client]],
    kind: type[Shelf],
    status: int,
    read: str | None,
) -> None:
    shelf = kind()
    with reached(shelf) as client:
        answer = client.put("/books/emma", content=b'"a\nb"', headers=JSON)

    assert answer.status_code == status
    assert answer.json().get("note") == read
    assert [(recorded.body, recorded.content) for recorded in shelf.requests] == [(read, b'"a\nb"')]


# ------------------------------------------------------------------------------------ the record


def test_requests_are_recorded_with_query_body_and_status(client: httpx.Client, shelf: Shelf) -> None:
    put_emma(client)
    client.get("/books", params={"a[]": ["1", "2"]})

    assert shelf.requests == [
        Recorded("PUT", "/books/emma", (), {"by": "Austen"}, 201, executed=True, content=b'{"by":"Austen"}'),
        Recorded("GET", "/books", (("a[]", "1"), ("a[]", "2")), None, 200, executed=True),
    ]
    assert shelf.writes == [("PUT", "/books/emma", {"by": "Austen"})]
    assert shelf.reads == shelf.requests[1:]


def test_a_refused_write_is_a_write_too(client: httpx.Client, shelf: Shelf) -> None:
    put_emma(client)
    put_emma(client)

    assert len(shelf.writes) == 2


def test_forgetting_requests_keeps_the_store(client: httpx.Client, shelf: Shelf) -> None:
    put_emma(client)
    shelf.forget_requests()

    assert shelf.requests == []
    assert shelf.titles == ["emma"]


def test_the_observer_is_called_before_and_after_execution(client: httpx.Client, shelf: Shelf) -> None:
    seen: list[tuple[str, int | None, list[str]]] = []
    shelf.observer = lambda moment, recorded: seen.append((moment, recorded.status, list(shelf.titles)))

    put_emma(client)

    assert seen == [("before", None, []), ("after", 201, ["emma"])]


# ------------------------------------------------------------------------------------ faults

NOT_EXECUTED = [
    (Fault(FaultKind.RATE_LIMITED), 429),
    (Fault(FaultKind.SERVER_ERROR), 500),
    (Fault(FaultKind.SERVER_ERROR, status=503), 503),
    (Fault(FaultKind.SERVER_ERROR, status=599), 599),
    (Fault(FaultKind.HTML), 200),
]


@pytest.mark.parametrize(("fault", "status"), NOT_EXECUTED)
def test_a_fault_answers_in_place_of_the_route(
    client: httpx.Client, shelf: Shelf, fault: Fault, status: int
) -> None:
    shelf.faults.add(fault)

    assert put_emma(client).status_code == status
    assert shelf.titles == []
    assert shelf.writes == []
    assert shelf.requests[0].status == status


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.HTML])
def test_a_wrong_answer_may_come_after_execution(client: httpx.Client, shelf: Shelf, kind: FaultKind) -> None:
    shelf.faults.add(Fault(kind, executed=True))

    assert "emma" not in put_emma(client).text
    assert shelf.titles == ["emma"]


def test_html_is_a_page_with_status_200(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.HTML))
    answer = client.get("/books")

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("given", "header"),
    [(None, None), (7, "7"), ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT")],
)
def test_rate_limited_says_retry_after_as_given(
    client: httpx.Client, shelf: Shelf, given: int | str | None, header: str | None
) -> None:
    shelf.faults.add(Fault(FaultKind.RATE_LIMITED, retry_after=given))

    assert client.get("/books").headers.get("retry-after") == header


@pytest.mark.parametrize(("kind", "titles"), [(FaultKind.DROP_BEFORE, []), (FaultKind.DROP_AFTER, ["emma"])])
def test_a_drop_breaks_the_connection(
    client: httpx.Client, shelf: Shelf, kind: FaultKind, titles: list[str]
) -> None:
    shelf.faults.add(Fault(kind))

    with pytest.raises(httpx.ReadError) as broken:
        put_emma(client)

    assert broken.value.request.url.path == "/books/emma"
    assert shelf.titles == titles
    assert [(r.status, r.executed) for r in shelf.requests] == [(None, bool(titles))]


def test_truncated_is_executed_and_breaks_inside_the_body(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.TRUNCATED))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body") as broken:
        put_emma(client)

    assert broken.value.request.method == "PUT"
    assert shelf.titles == ["emma"]
    assert shelf.requests[0].status == HTTPStatus.CREATED


def test_a_truncated_empty_answer_is_a_lost_answer(client: httpx.Client, shelf: Shelf) -> None:
    put_emma(client)
    shelf.faults.add(Fault(FaultKind.TRUNCATED))

    with pytest.raises(httpx.ReadError):
        client.delete("/books/emma")
    assert shelf.titles == []


def test_slow_waits_and_then_answers() -> None:
    waits: list[float] = []
    shelf = Shelf(sleep=waits.append)
    client = httpx.Client(transport=httpx.MockTransport(shelf.handle), base_url="http://shelf.test", timeout=5)
    shelf.faults.add(Fault(FaultKind.SLOW, seconds=2))

    assert put_emma(client).status_code == HTTPStatus.CREATED
    assert waits == [2]


@pytest.mark.parametrize(("kind", "titles"), [(FaultKind.SLOW, ["emma"]), (FaultKind.HANG, [])])
def test_an_answer_later_than_the_timeout_is_a_timeout(kind: FaultKind, titles: list[str]) -> None:
    waits: list[float] = []
    shelf = Shelf(sleep=waits.append)
    client = httpx.Client(transport=httpx.MockTransport(shelf.handle), base_url="http://shelf.test", timeout=5)
    shelf.faults.add(Fault(kind, seconds=60))

    with pytest.raises(httpx.ReadTimeout):
        put_emma(client)
    assert waits == [5]
    assert shelf.titles == titles


def test_hang_ends_in_a_broken_connection(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.HANG, seconds=1, executed=True))

    with pytest.raises(httpx.ReadError):
        put_emma(client)
    assert shelf.titles == ["emma"]


def test_a_second_writer_acts_just_before_the_request_it_waits_for(client: httpx.Client, shelf: Shelf) -> None:
    act = Fault(
        FaultKind.SECOND_WRITER, Match("GET", "^/books$", nth=2), action=lambda: shelf.titles.append("ulysses")
    )
    shelf.faults.add(act)

    assert client.get("/books").json() == {"titles": []}
    assert client.get("/books").json() == {"titles": ["ulysses"]}
    assert len(shelf.requests) == 2


def test_a_second_writer_stands_in_no_other_faults_way(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.DROP_AFTER))
    shelf.faults.add(Fault(FaultKind.SECOND_WRITER, action=lambda: shelf.titles.append("ulysses")))

    with pytest.raises(httpx.ReadError):
        put_emma(client)
    assert shelf.titles == ["ulysses", "emma"]


def statuses(client: httpx.Client, count: int) -> list[int]:
    return [client.get("/books").status_code for _ in range(count)]


def test_faults_queue_up(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.RATE_LIMITED, times=2))
    shelf.faults.add(Fault(FaultKind.SERVER_ERROR))

    assert statuses(client, 4) == [429, 429, 500, 200]


def test_the_nth_request_counts_those_that_other_faults_took(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.RATE_LIMITED))
    shelf.faults.add(Fault(FaultKind.SERVER_ERROR, Match(nth=3)))

    assert statuses(client, 4) == [429, 200, 500, 200]


def test_a_fault_for_ever_ends_when_cleared(client: httpx.Client, shelf: Shelf) -> None:
    shelf.faults.add(Fault(FaultKind.SERVER_ERROR, times=None))
    assert statuses(client, 3) == [500, 500, 500]

    shelf.faults.clear()
    assert statuses(client, 1) == [200]


def test_unspent_faults_can_be_told(client: httpx.Client, shelf: Shelf) -> None:
    other = Fault(FaultKind.DROP_AFTER, Match("PUT"))
    shelf.faults.add(Fault(FaultKind.SERVER_ERROR))
    shelf.faults.add(other)
    statuses(client, 2)

    assert shelf.faults.unspent == (other,)
