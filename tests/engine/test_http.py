"""HttpApi over a scripted transport: what is sent, what is repeated, what is said."""

from __future__ import annotations

import gzip
import json
import logging
import ssl
import threading
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import __version__
from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Bounds, Surroundings
from reconciler.errors import (
    ApiError,
    Interrupted,
    NotFound,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    Refused,
)
from reconciler.model.operation import Repeat
from reconciler.model.redaction import redactor
from reconciler.providers.base import Api, Hidden

TOKEN = "tok-0123456789"
NOW = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


class Bearer(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {TOKEN}"
        yield request


class World:
    """A tenant that answers as scripted, and a clock that only sleeping moves."""

    def __init__(
        self,
        *answers: httpx.Response | Exception | int,
        url: str = "https://acme.example",
        refusal: Callable[[Any], str | None] = lambda _: None,
        in_strings: bool = False,
    ) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.times: list[float] = []
        self.slept: list[float] = []
        self.now = 0.0
        self.stopped = False
        self.told: list[tuple[str, str, int, float]] = []
        self.api = HttpApi(
            Endpoint("soc", url, Bearer(), 1000, 4, refusal=refusal, in_strings=in_strings),
            around=Surroundings(
                sleep=self.sleep,
                stop=lambda: self.stopped,
                clock=lambda: self.now,
                now=lambda: NOW,
                jitter=lambda top: top,
            ),
            redact=redactor([TOKEN]),
            transport=httpx.MockTransport(self.handle),
            on_request=lambda *told: self.told.append(told),
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(self.now)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer, json={"message": "said so"})
        return answer


def test_it_is_what_providers_read_with() -> None:
    api: Api = World().api
    assert api.get("/x") == {}


def test_a_get_is_signed_and_says_who_asks() -> None:
    world = World(httpx.Response(200, json={"cases": []}))

    assert world.api.get("/api/v2/cases", [("filters[tags][]", "a b&c"), ("page", "1")]) == {"cases": []}
    (request,) = world.requests
    assert str(request.url) == "https://acme.example/api/v2/cases?filters%5Btags%5D%5B%5D=a%20b%26c&page=1"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"] == f"reconciler/{__version__}"
    assert request.headers["accept-encoding"] == "gzip"
    assert "content-type" not in request.headers


def test_a_write_sends_exactly_the_body() -> None:
    world = World(httpx.Response(201, json={"case_id": 42}))
    body = {"name": "Größe \ud800", "add_tag_names": ["q4"]}

    assert world.api.send("PUT", "/api/v2/cases/42", body) == {"case_id": 42}
    (request,) = world.requests
    assert request.content == b'{"name":"Gr\xc3\xb6\xc3\x9fe \\ud800","add_tag_names":["q4"]}'
    assert request.headers["content-type"] == "application/json"


def test_a_delete_may_carry_a_body_and_needs_no_answer() -> None:
    world = World(httpx.Response(204), httpx.Response(200))

    assert world.api.send("DELETE", "/m", {"metadata": ["k"]}) is None
    assert json.loads(world.requests[0].content) == {"metadata": ["k"]}
    assert world.api.send("DELETE", "/m") is None
    assert world.requests[1].content == b""


def test_a_query_in_the_path_is_not_encoded_twice() -> None:
    world = World()
    world.api.get("/x?a=%5B", [("b", "%")])

    assert world.requests[0].url.raw_path == b"/x?a=%5B&b=%25"


def test_a_tenant_may_stand_below_a_path() -> None:
    world = World(url="https://acme.example/api")
    world.api.get("/v3/cases")

    assert str(world.requests[0].url) == "https://acme.example/api/v3/cases"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "x",
        "",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a/.",
        "/a b",
        "/a\nb",
        "/a#b",
        "/a\\b",
        "/\x00",
        "/" + "a" * 70_000,
        "@evil.example/",
        ":99/x",
    ],
    ids=lambda path: repr(path[:20]),
)
def test_a_path_that_leads_elsewhere_is_never_asked_for(path: str) -> None:
    world = World()
    with pytest.raises(ProtocolError, match="nothing was sent"):
        world.api.get(path)
    with pytest.raises(ProtocolError, match="nothing was sent"):
        world.api.send("PUT", path, {})

    assert world.requests == []


# ------------------------------------------------------------------------------------------------ repeating

RESET = httpx.ReadError("Connection reset by peer")
REFUSED = httpx.ConnectError("Connection refused")


@pytest.mark.parametrize("failure", [RESET, REFUSED, httpx.ReadTimeout("t"), 429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_may_be_repeated_is_repeated(method: str, failure: Exception | int) -> None:
    world = World(*[failure] * 4)
    if method == "GET":
        world.api.get("/x")
    else:
        world.api.send(method, "/x", {"a": 1})

    assert len(world.requests) == 5
    assert world.now == pytest.approx(0.5 + 1 + 2 + 4)
    assert {request.content for request in world.requests} == {b"" if method == "GET" else b'{"a":1}'}


def test_waits_grow_up_to_a_cap() -> None:
    world = World(*[500] * 11)
    world.api = HttpApi(
        Endpoint("soc", "https://acme.example", Bearer(), 1000, 1),
        around=Surroundings(sleep=world.sleep, clock=lambda: world.now, jitter=lambda top: top),
        bounds=Bounds(attempts=12),
        transport=httpx.MockTransport(world.handle),
    )
    world.api.get("/x")

    assert world.slept == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_a_wait_is_random_by_default() -> None:
    around = Surroundings()

    assert all(0 <= around.jitter(2.0) <= 2.0 for _ in range(100))
    assert len({around.jitter(2.0) for _ in range(100)}) > 50


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (RESET, OutcomeUnknown),
        (httpx.WriteError("broken pipe"), OutcomeUnknown),
        (httpx.WriteTimeout("t"), OutcomeUnknown),
        (httpx.RemoteProtocolError("disconnected without sending a response"), OutcomeUnknown),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (503, OutcomeUnknown),
        (504, OutcomeUnknown),
        (501, OutcomeUnknown),
        (429, RateLimited),
        (422, Refused),
        (404, NotFound),
        (301, ProtocolError),
    ],
)
def test_a_create_is_never_repeated_blindly(failure: Exception | int, kind: type[ApiError]) -> None:
    world = World(failure)
    with pytest.raises(ApiError) as caught:
        world.api.send("POST", "/x", {})

    assert type(caught.value) is kind
    assert len(world.requests) == 1
    assert world.slept == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_any_write_can_be_kept_from_being_repeated(method: str) -> None:
    world = World(RESET)
    with pytest.raises(OutcomeUnknown, match="it may have been executed"):
        world.api.send(method, "/x", {}, repeat=Repeat.LOOK)

    assert len(world.requests) == 1


def test_a_post_that_may_be_repeated_is_repeated() -> None:
    world = World(RESET)
    world.api.send("POST", "/x", {}, repeat=Repeat.SAFE)

    assert len(world.requests) == 2


@pytest.mark.parametrize("failure", [REFUSED, httpx.ConnectTimeout("t"), httpx.PoolTimeout("t")])
def test_what_was_never_sent_is_sent_again_even_a_create(failure: Exception) -> None:
    world = World(failure)

    assert world.api.send("POST", "/x", {}) == {}
    assert len(world.requests) == 2


@pytest.mark.parametrize(
    ("failure", "kind", "said", "attempts"),
    [
        (RESET, OutcomeUnknown, "PUT /x: no answer: Connection reset by peer; it may have been executed", 5),
        (REFUSED, NotSent, "PUT /x: acme.example cannot be reached: Connection refused; nothing was sent", 5),
        (500, OutcomeUnknown, "PUT /x: 500 said so; it may have been executed", 5),
        (429, RateLimited, "PUT /x: 429 said so", 10),
    ],
)
def test_attempts_come_to_an_end(failure: Exception | int, kind: type[ApiError], said: str, attempts: int) -> None:
    world = World(*[failure] * 19)
    with pytest.raises(ApiError) as caught:
        world.api.send("PUT", "/x", {})

    assert type(caught.value) is kind
    assert caught.value.message == said
    assert caught.value.hint
    assert len(world.requests) == attempts


def test_a_read_that_the_system_cannot_answer_is_refused() -> None:
    world = World(*[500] * 5)
    with pytest.raises(Refused) as caught:
        world.api.get("/x")

    assert (caught.value.status, caught.value.message) == (500, "GET /x: 500 said so")


@pytest.mark.parametrize("failure", [httpx.UnsupportedProtocol("p"), httpx.LocalProtocolError("p")])
def test_what_can_never_be_sent_is_not_tried_again(failure: Exception) -> None:
    world = World(failure)
    with pytest.raises(NotSent):
        world.api.get("/x")

    assert len(world.requests) == 1


def test_a_certificate_that_is_not_trusted_is_named_and_not_tried_again() -> None:
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "certificate has expired"
    failure = httpx.ConnectError("certificate verify failed")
    failure.__cause__ = cause
    world = World(failure)
    with pytest.raises(NotSent, match=r"certificate of acme\.example is not trusted: certificate has expired"):
        world.api.send("POST", "/x", {})

    assert len(world.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 422, 499, 501])
def test_a_plain_no_is_not_asked_again(status: int) -> None:
    world = World(status)
    with pytest.raises(Refused) as caught:
        world.api.get("/x")

    assert caught.value.status == status
    assert isinstance(caught.value, NotFound) is (status in {404, 410})
    assert len(world.requests) == 1


def test_each_attempt_is_signed_anew() -> None:
    class Counting(httpx.Auth):
        count = 0

        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            self.count += 1
            request.headers["timestamp"] = str(self.count)
            yield request

    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["timestamp"])
        return httpx.Response(503 if len(seen) < 3 else 200, json={})

    api = HttpApi(
        Endpoint("soc", "https://acme.example", Counting(), 1000, 1),
        around=Surroundings(sleep=lambda _: None),
        transport=httpx.MockTransport(handle),
    )
    api.get("/x")

    assert seen == ["1", "2", "3"]


# ------------------------------------------------------------------------------------------------ Retry-After


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ([], 0.5),
        ([("retry-after", "7")], 7),
        ([("retry-after", " 7 ")], 7),
        ([("retry-after", "0")], 0.5),
        ([("retry-after", "-3")], 0.5),
        ([("retry-after", "1e9")], 0.5),
        ([("retry-after", "soon")], 0.5),
        ([("retry-after", "")], 0.5),
        ([("retry-after", "999999999")], 300),
        ([("retry-after", "2"), ("retry-after", "9")], 9),
        ([("retry-after", "Sun, 01 Mar 2026 10:00:20 GMT")], 20),
        ([("retry-after", "Sun, 01 Mar 2026 10:00:20 -0000")], 20),
        ([("retry-after", "Sun, 01 Mar 2026 09:00:00 GMT")], 0.5),
        ([("retry-after", "Sun, 01 Mar 2027 09:00:00 GMT")], 300),
        (
            [("retry-after", "Sun, 01 Mar 2026 12:00:20 GMT"), ("date", "Sun, 01 Mar 2026 12:00:00 GMT")],
            20,
        ),
        ([("retry-after", "7"), ("date", "garbage")], 7),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(headers: list[tuple[str, str]], waited: float, status: int) -> None:
    world = World(httpx.Response(status, headers=headers))
    world.api.get("/x")

    assert len(world.requests) == 2
    assert world.times[1] == pytest.approx(waited)


def test_a_pause_holds_back_every_worker_of_the_tenant() -> None:
    world = World(httpx.Response(429, headers={"retry-after": "7"}))
    with pytest.raises(RateLimited):
        world.api.send("POST", "/x", {})
    world.api.get("/look")

    assert world.times == [0.0, pytest.approx(7)]


def test_a_success_with_retry_after_is_no_pause() -> None:
    world = World(httpx.Response(200, json={}, headers={"retry-after": "7"}))
    world.api.get("/x")
    world.api.get("/x")

    assert world.now == 0.0


# ------------------------------------------------------------------------------------------------ stopping


def test_after_a_stop_nothing_is_sent() -> None:
    world = World()
    world.stopped = True
    with pytest.raises(Interrupted):
        world.api.get("/x")

    assert world.requests == []


@pytest.mark.parametrize("failure", [RESET, 500, 429])
def test_a_stop_ends_a_wait(failure: Exception | int) -> None:
    world = World(*[failure] * 4)

    def stop(_: float) -> None:
        world.stopped = True

    world.api = HttpApi(
        Endpoint("soc", "https://acme.example", Bearer(), 1000, 1),
        around=Surroundings(sleep=stop, stop=lambda: world.stopped, clock=lambda: world.now),
        transport=httpx.MockTransport(world.handle),
    )
    with pytest.raises(Interrupted):
        world.api.get("/x")

    assert len(world.requests) == 1


# ------------------------------------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            httpx.Response(200, html="<title>Sign in</title>"),
            (
                "GET /x: the answer (200) cannot be used: "
                "it is not valid JSON (Expecting value): <title>Sign in</title>"
            ),
        ),
        (httpx.Response(200), "GET /x: the answer (200) cannot be used: it is empty"),
        (httpx.Response(204), "GET /x: the answer (204) cannot be used: it is empty"),
        (
            httpx.Response(200, text='{"a": NaN}'),
            'GET /x: the answer (200) cannot be used: NaN is no JSON value: {"a": NaN}',
        ),
        (
            httpx.Response(200, json=f"\x1b[31m{TOKEN}"),
            'GET /x: the answer (200) cannot be used: it is no object and no array: "\\u001b[31m(secret)"',
        ),
    ],
    ids=str,
)
def test_an_unusable_answer_is_named_and_not_repeated(answer: httpx.Response, said: str) -> None:
    world = World(answer)
    with pytest.raises(ProtocolError) as caught:
        world.api.get("/x")

    assert caught.value.message == said
    assert len(world.requests) == 1


def test_a_write_with_an_empty_answer_is_doubted() -> None:
    with pytest.raises(ProtocolError, match="it is empty"):
        World(httpx.Response(200)).api.send("PUT", "/x", {})


@pytest.mark.parametrize("path", ["/x", f"/{TOKEN}"])
def test_a_refusal_says_who_said_what_without_secrets(path: str) -> None:
    world = World(httpx.Response(422, json=[f"Validation failed: {TOKEN}\x1b]0;"]))
    with pytest.raises(Refused) as caught:
        world.api.send("PUT", path, {})

    shown = path.replace(TOKEN, "(secret)")
    assert caught.value.message == f"PUT {shown}: 422 Validation failed: (secret) ]0;"


def test_a_refusal_without_a_word_says_its_status() -> None:
    with pytest.raises(Refused, match=r"GET /x: 409 Conflict$"):
        World(httpx.Response(409)).api.get("/x")
    with pytest.raises(Refused, match=r"GET /x: 499 without a word$"):
        World(httpx.Response(499)).api.get("/x")


def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1}')
    headers = {"content-encoding": "gzip", "content-type": "application/json"}

    assert World(httpx.Response(200, content=packed, headers=headers)).api.get("/x") == {"a": 1}
    assert World(httpx.Response(204, headers=headers)).api.send("DELETE", "/x") is None


@pytest.mark.parametrize(
    ("encoding", "content", "said"),
    [
        ("gzip", b"no gzip at all", "broken gzip"),
        ("gzip", gzip.compress(b'{"a": 1}')[:-9], "broken gzip .it ends too early"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}")), "packed as gzip, gzip"),
        ("br", b"\x0b", "packed as br, which was not asked for"),
        ("gzip", gzip.compress(bytes(40 * 1024 * 1024)), "larger than 33554432 bytes"),
        ("identity", bytes(33 * 1024 * 1024), "larger than 33554432 bytes"),
    ],
    ids=["garbage", "cut", "layers", "brotli", "bomb", "large"],
)
def test_an_answer_that_cannot_be_unpacked_is_refused(encoding: str, content: bytes, said: str) -> None:
    # Given as a stream: httpx would unpack what it is given whole, before anybody asks.
    world = World(httpx.Response(200, stream=httpx.ByteStream(content), headers={"content-encoding": encoding}))
    with pytest.raises(ProtocolError, match=said):
        world.api.get("/x")

    assert len(world.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://evil.example/x", "redirects to evil.example; redirects are not followed, and no credentials"),
        ("http://acme.example/x", "redirects to acme.example"),
        ("//evil.example:99/", "redirects to evil.example"),
        ("/login", "redirects to acme.example"),
        ("", "is no answer to this request"),
    ],
)
def test_a_redirect_is_never_followed(status: int, method: str, location: str, said: str) -> None:
    world = World(httpx.Response(status, headers={"location": location} if location else {}))
    with pytest.raises(ProtocolError) as caught:
        world.api.get("/x") if method == "GET" else world.api.send(method, "/x", {})

    assert f"{method} /x: {status} {said}" in caught.value.message
    assert [request.url.host for request in world.requests] == ["acme.example"]


# ------------------------------------------------------------------------------------------------ many reads


def test_many_answers_come_in_the_order_asked() -> None:
    gate = threading.Barrier(4, timeout=10)

    def handle(request: httpx.Request) -> httpx.Response:
        gate.wait()
        return httpx.Response(200, json={"path": request.url.path})

    with fresh(handle) as api:
        answers = list(api.get_all((f"/{number}", ()) for number in range(16)))

    assert answers == [{"path": f"/{number}"} for number in range(16)]


def fresh(handle: Callable[[httpx.Request], httpx.Response], concurrency: int = 4, **more: Any) -> HttpApi:
    return HttpApi(
        Endpoint("soc", "https://acme.example", Bearer(), 10_000, concurrency, **more),
        around=Surroundings(sleep=lambda _: None),
        transport=httpx.MockTransport(handle),
    )


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    lock = threading.Lock()
    flying = most = 0
    enough = threading.Event()

    def handle(_: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
            if flying == 2:
                enough.set()
        enough.wait(10)
        with lock:
            flying -= 1
        return httpx.Response(200, json={})

    with fresh(handle, concurrency=2) as api:
        threads = [threading.Thread(target=api.get, args=("/x",)) for _ in range(6)]
        for thread in threads:
            thread.start()
        list(api.get_all(("/y", ()) for _ in range(20)))
        for thread in threads:
            thread.join()

    assert most == 2


def test_what_is_gone_is_none_among_many() -> None:
    with fresh(lambda request: httpx.Response(404 if request.url.path == "/1" else 200, json={})) as api:
        assert list(api.get_all([("/0", ()), ("/1", ()), ("/2", ())])) == [{}, None, {}]


def test_a_single_read_is_handed_to_no_other_thread() -> None:
    threads: list[int] = []

    def handle(_: httpx.Request) -> httpx.Response:
        threads.append(threading.get_ident())
        return httpx.Response(404)

    with fresh(handle) as api:
        assert list(api.get_all(iter([("/x", ())]))) == [None]
        assert list(api.get_all([])) == []

    assert threads == [threading.get_ident()]


def test_a_cookie_is_not_sent_back() -> None:
    world = World(httpx.Response(200, json={}, headers={"set-cookie": "session=1; path=/"}))

    world.api.get("/x")
    world.api.get("/x")

    assert ["cookie" in request.headers for request in world.requests] == [False, False]


def test_the_first_error_ends_many_reads() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(403 if request.url.path == "/3" else 200, json={})

    with fresh(handle, concurrency=1) as api, pytest.raises(Refused, match="GET /3"):
        list(api.get_all((f"/{number}", ()) for number in range(1000)))

    assert len(asked) <= 6


def test_many_reads_take_their_requests_as_they_go() -> None:
    taken: list[int] = []

    def requests() -> Iterator[tuple[str, list[tuple[str, str]]]]:
        for number in range(1000):
            taken.append(number)
            yield f"/{number}", []

    with fresh(lambda _: httpx.Response(200, json={})) as api:
        answers = api.get_all(requests())
        assert taken == []
        next(answers)
        assert len(taken) == 8


def test_an_api_can_be_closed_unused_and_twice() -> None:
    api = fresh(lambda _: httpx.Response(200, json={}))
    api.close()
    api.get("/x")
    api.close()
    api.close()


# ------------------------------------------------------------------------------------------------ diagnostics


def test_every_attempt_is_told_without_secrets() -> None:
    world = World(503, RESET)
    world.api.get("/x", [("token", TOKEN)])

    assert [told[:3] for told in world.told] == [
        ("GET", "/x?token=(secret)", 503),
        ("GET", "/x?token=(secret)", 0),
        ("GET", "/x?token=(secret)", 200),
    ]


def test_a_parameter_that_is_made_of_a_secret_is_told_in_no_address() -> None:
    world = World(httpx.Response(200, json={}), httpx.Response(403, json={"message": "no ?username=a%2Fb%40c"}))

    world.api.get("/users", [("username", Hidden("a/b@c"))])
    with pytest.raises(Refused) as caught:
        world.api.get("/users", [("username", Hidden("a/b@c"))])

    assert str(world.requests[0].url).endswith("?username=a%2Fb%40c")
    assert [told[1] for told in world.told] == ["/users?username=(secret)"] * 2
    assert "a%2Fb" not in str(caught.value)


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        World(503).api.get("/x", [("token", TOKEN)])

    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTPS_PROXY", "ftp://127.0.0.1"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ],
)
def test_an_unusable_environment_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with (
        HttpApi(Endpoint("soc", "https://127.0.0.1:9", Bearer(), 10, 1)) as api,
        pytest.raises(NotSent, match="that the environment names cannot be used"),
    ):
        api.get("/x")


# ------------------------------------------------------------------------------------ a no with a 2xx status


def no(answer: Any) -> str | None:
    """Read the answers of a system that says `{"status": "Failure"}`."""
    return answer["message"] if isinstance(answer, dict) and answer.get("status") == "Failure" else None


FAILURE = {"status": "Failure", "message": f"no such owner, {TOKEN}"}


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(("method", "repeat"), [("GET", None), ("PUT", Repeat.SAFE), ("POST", Repeat.LOOK)])
def test_a_no_is_a_refusal_whatever_its_status(method: str, repeat: Repeat | None, status: int) -> None:
    world = World(httpx.Response(status, json=FAILURE), refusal=no)

    with pytest.raises(Refused) as caught:
        world.api.get("/x") if repeat is None else world.api.send(method, "/x", {}, repeat=repeat)

    assert str(caught.value) == f"{method} /x: {status} no such owner, (secret)"
    assert caught.value.status == status
    assert len(world.requests) == 1


def test_a_no_may_have_nothing_to_say() -> None:
    world = World(httpx.Response(200, json={"status": "Failure", "message": ""}), refusal=no)

    with pytest.raises(Refused, match=r"GET /x: 200"):
        world.api.get("/x")


@pytest.mark.parametrize("answer", [{"status": "Success"}, {"message": "fine"}, [], [FAILURE]])
def test_what_is_no_refusal_is_an_answer(answer: Any) -> None:
    assert World(httpx.Response(200, json=answer), refusal=no).api.send("PUT", "/x", {}) == answer


def test_a_no_to_one_of_several_reads_is_raised() -> None:
    world = World(httpx.Response(200, json={}), httpx.Response(200, json=FAILURE), refusal=no)

    with pytest.raises(Refused, match="no such owner"):
        list(world.api.get_all([("/x", ()), ("/y", ())]))


def test_whoever_expects_a_no_among_many_reads_gets_none_for_it() -> None:
    said = {"/0": (200, {}), "/1": (404, {}), "/2": (200, FAILURE), "/3": (201, FAILURE), "/4": (200, [])}

    def handle(request: httpx.Request) -> httpx.Response:
        status, answer = said[request.url.path]
        return httpx.Response(status, json=answer)

    with fresh(handle, refusal=no) as api:
        assert list(api.get_all(((path, ()) for path in said), denied=True)) == [{}, None, None, None, []]


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_status_that_says_no_is_raised_even_where_a_no_is_expected(status: int) -> None:
    with fresh(lambda _: httpx.Response(status, json=FAILURE), refusal=no) as api, pytest.raises(Refused):
        list(api.get_all([("/x", ())], denied=True))


# ------------------------------------------------------------------------------------ an answer in a string


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_answer_may_come_in_a_json_string_where_the_system_is_known_for_it(method: str) -> None:
    answer = {"id": 1}
    wrapped = httpx.Response(200, json=json.dumps(answer))

    def ask(world: World) -> Any:
        return world.api.get("/x") if method == "GET" else world.api.send(method, "/x", {})

    assert ask(World(wrapped, in_strings=True)) == answer
    assert ask(World(httpx.Response(200, json=answer), in_strings=True)) == answer
    with pytest.raises(ProtocolError, match="it is no object and no array"):
        ask(World(wrapped))


def test_a_no_in_a_string_is_a_no() -> None:
    world = World(httpx.Response(200, json=json.dumps(FAILURE)), refusal=no, in_strings=True)

    with pytest.raises(Refused, match="no such owner"):
        world.api.send("PUT", "/x", {})


# ------------------------------------------------------------------------------------ clocks


def answered_at(date: str | None, status: int = 401) -> str:
    """Return the hint for an answer whose head has such a date."""
    headers = {} if date is None else {"date": date}
    world = World(httpx.Response(status, json={"message": "signature"}, headers=headers))

    with pytest.raises(ApiError) as caught:
        world.api.get("/x")
    return str(caught.value.hint)


def at(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (-240, "4 minutes ahead of that"),
        (-3600, "60 minutes ahead of that"),
        (240, "4 minutes behind that"),
        (86400, "1440 minutes behind that"),
    ],
)
def test_a_refused_signature_is_explained_by_a_clock_that_is_wrong(theirs: float, words: str) -> None:
    assert words in answered_at(at(theirs))


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", at(0), at(239), at(-239), "Sun, 01 Mar 2026 00:00:00 -0000"]
)
def test_a_clock_that_is_right_or_not_told_explains_nothing(date: str | None) -> None:
    hint = answered_at(date)

    assert "clock" not in hint
    assert hint == answered_at(None)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_no_other_refusal_is_explained_by_the_clock(status: int) -> None:
    assert "clock" not in answered_at(at(-3600), status)


def test_another_zone_is_no_other_time() -> None:
    assert "clock" not in answered_at("Sun, 01 Mar 2026 12:00:00 +0200")
