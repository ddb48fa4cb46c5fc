"""What signs requests to ThreatConnect; checked as a server would, from the bytes that arrive."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.surroundings import Surroundings
from reconciler.errors import OutcomeUnknown, Refused
from reconciler.model.operation import Repeat
from reconciler.providers.threatconnect.auth import Signature, Token
from reconciler.providers.threatconnect.provider import ThreatConnect
from reconciler.providers.threatconnect.schema import ThreatConnectSettings

ORIGIN = "https://acme.threatconnect.com"
KEY = "example-secret-key"
NOW = 1_700_000_000

HOSTILE = [
    "a b",
    "a+b",
    "a&b=c",
    "a#b?c",
    "100%",
    "%41%zz",
    '"quoted" \\ back',
    "Zoë 🐟 中",
    "semi;colon,comma/slash:colon@at",
    "[]{}|^`<>~'()*!$",
    "tab\tline\nnul\x00",
    "",
]


@dataclass
class Server:
    """Accepts a request if the signature is right for the bytes of its target; the first may fail all the same."""

    failures: list[int] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self.timestamps.append(int(request.headers["timestamp"]))
        if request.headers["authorization"] != f"TC me:{self._signature(request)}":
            return httpx.Response(401, json={"message": "signature data did not match", "status": "Error"})
        if self.failures:
            return httpx.Response(self.failures.pop(0), json={"message": "busy", "status": "Error"})
        return httpx.Response(200, json={"data": {}, "status": "Success"})

    @staticmethod
    def _signature(request: httpx.Request) -> str:
        target = request.url.raw_path
        text = b":".join([target, request.method.encode(), request.headers["timestamp"].encode()])
        return base64.b64encode(hmac.digest(KEY.encode(), text, hashlib.sha256)).decode()


@contextmanager
def reaching(server: Server, auth: httpx.Auth) -> Iterator[HttpApi]:
    around = Surroundings(sleep=lambda _: None)
    transport = httpx.MockTransport(server)
    with HttpApi(Endpoint("tc", ORIGIN, auth, 10_000, 1), around=around, transport=transport) as api:
        yield api


def ticking() -> Signature:
    """Return what signs with a clock that goes on by one second a look."""
    ticks = count(NOW)
    return Signature("me", KEY, lambda: next(ticks) + 0.999)


def signed(method: str, target: str) -> httpx.Headers:
    request = httpx.Request(method, f"{ORIGIN}{target}")
    next(Signature("me", KEY, lambda: NOW + 0.5).sync_auth_flow(request))
    return request.headers


# ------------------------------------------------------------------------------------ signatures


@pytest.mark.parametrize(
    ("method", "target", "signature"),
    [
        ("POST", "/api/v3/cases", "lfxQKCjLcd4cdoKvHgyGMlZy33mhjpSjvk6KuOjKTms="),
        ("GET", "/api/v3/cases/1?fields=tags&fields=attributes", "QKmpqmnGq6KJxSlAh5GAMpBAwaZ9OYn5oeorPESmffk="),
        (
            "GET",
            "/api/v3/cases?tql=xid%20in%20(%22tfcm-case-0001%22%2C%22tfcm-case-0002%22)&resultLimit=100",
            "dfcnmVAYJNGSkgMyXJIA/d5P/tq826djVwUuJc7pbcY=",
        ),
    ],
)
def test_a_signature_is_that_of_the_specification(method: str, target: str, signature: str) -> None:
    headers = signed(method, target)

    assert headers["timestamp"] == "1700000000"
    assert headers["authorization"] == f"TC me:{signature}"


@pytest.mark.parametrize("value", HOSTILE)
def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent(value: str) -> None:
    server = Server()

    with reaching(server, ticking()) as api:
        api.get("/api/v3/cases", (("tql", f'name = "{value}"'), ("owner", value), (value, "x")))

    (request,) = server.seen
    assert request.url.raw_path.isascii()
    assert request.url.params.multi_items() == [("tql", f'name = "{value}"'), ("owner", value), (value, "x")]


def test_the_bytes_that_are_signed_include_those_of_a_path_with_a_query_of_its_own() -> None:
    server = Server()

    with reaching(server, ticking()) as api:
        api.send("PUT", "/api/v3/cases/7?fields=tags&owner=Zo%C3%AB%20%26%20Co%2B", {"severity": "High"})

    assert server.seen[0].url.raw_path == b"/api/v3/cases/7?fields=tags&owner=Zo%C3%AB%20%26%20Co%2B"


def test_the_body_is_not_signed() -> None:
    server = Server()

    with reaching(server, ticking()) as api:
        api.send("POST", "/api/v3/cases", {"name": "Zoë"})

    assert server.seen[0].content == '{"name":"Zoë"}'.encode()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_each_attempt_is_signed_anew(method: str, status: int) -> None:
    server = Server([status, status])

    with reaching(server, ticking()) as api:
        _ = api.get("/api/v3/cases/7") if method == "GET" else api.send(method, "/api/v3/cases/7")

    assert server.timestamps == [NOW, NOW + 1, NOW + 2]


def test_a_create_whose_answer_is_lost_is_signed_once_and_left_to_a_look() -> None:
    server = Server([500])

    with reaching(server, ticking()) as api, pytest.raises(OutcomeUnknown):
        api.send("POST", "/api/v3/cases", {}, repeat=Repeat.LOOK)

    assert server.timestamps == [NOW]


def test_a_wrong_key_is_refused_at_once() -> None:
    server = Server()

    with reaching(server, Signature("me", "another", lambda: NOW)) as api, pytest.raises(Refused, match="401"):
        api.get("/api/v3/cases")

    assert len(server.seen) == 1


def test_a_clock_that_is_off_is_named_as_the_reason() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        date = {"date": "Tue, 14 Nov 2000 22:13:20 GMT"}
        return httpx.Response(401, json={"message": "timestamp out of range", "status": "Error"}, headers=date)

    endpoint = Endpoint("tc", ORIGIN, ticking(), 10_000, 1)
    with HttpApi(endpoint, transport=httpx.MockTransport(refuse)) as api, pytest.raises(Refused) as raised:
        api.get("/api/v3/cases")

    assert "clock" in str(raised.value.hint)


# ------------------------------------------------------------------------------------ tokens


def test_a_token_goes_in_the_header_and_nothing_else_is_added() -> None:
    request = httpx.Request("GET", f"{ORIGIN}/api/v3/cases")

    next(Token("12:abc").sync_auth_flow(request))

    assert request.headers["authorization"] == "TC-Token 12:abc"
    assert "timestamp" not in request.headers


# ------------------------------------------------------------------------------------ settings


def settings(**more: Any) -> ThreatConnectSettings:
    return ThreatConnectSettings(type="threatconnect", url=ORIGIN, **more)


def test_the_settings_choose_between_token_and_signature() -> None:
    by_token = ThreatConnect(settings(token=SecretStr("t")))
    by_key = ThreatConnect(settings(access_id="me", secret_key=SecretStr(KEY)))

    request = httpx.Request("GET", f"{ORIGIN}/api/v3/cases")
    next(by_token.auth.sync_auth_flow(request))
    assert request.headers["authorization"] == "TC-Token t"
    next(by_key.auth.sync_auth_flow(request))
    assert request.headers["authorization"] == f"TC me:{Server._signature(request)}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "needs either access_id and secret_key, or token"),
        ({"access_id": "a", "secret_key": "s", "token": "t"}, "needs either access_id and secret_key, or token"),
        ({"access_id": "a"}, "access_id and secret_key belong together"),
        ({"secret_key": "s"}, "access_id and secret_key belong together"),
        ({"access_id": "a", "token": "t"}, "access_id and secret_key belong together"),
        ({"secret_key": "s", "token": "t"}, "access_id and secret_key belong together"),
        ({"token": ""}, "at least 1"),
        ({"access_id": "a", "secret_key": ""}, "at least 1"),
        ({"access_id": "", "secret_key": "s"}, "at least 1"),
        ({"token": "t\n"}, "one line of plain characters"),
        ({"token": "Zoë"}, "one line of plain characters"),
        ({"access_id": "a b\r\nX: y", "secret_key": "s"}, "one line of plain characters"),
        ({"token": "t", "owner": ""}, "at least 1"),
    ],
)
def test_settings_that_lead_nowhere_are_refused_and_not_shown(given: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as raised:
        settings(**given)

    assert "Zoë" not in str(raised.value)


def test_a_secret_key_may_hold_any_text() -> None:
    auth = ThreatConnect(settings(access_id="me", secret_key=SecretStr("Zoë +\n"))).auth

    request = httpx.Request("GET", f"{ORIGIN}/api/v3/cases")
    next(auth.sync_auth_flow(request))

    assert request.headers["authorization"].startswith("TC me:")


def test_no_secret_shows_in_the_settings() -> None:
    shown = repr(settings(access_id="me", secret_key=SecretStr(KEY))) + repr(settings(token=SecretStr("t0ken")))

    assert KEY not in shown
    assert "t0ken" not in shown
