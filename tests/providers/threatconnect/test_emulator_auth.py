"""Whom the emulated ThreatConnect instance lets in; the number in a test's name is the checklist's statement."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import httpx
import pytest

from reconciler.providers.emulation import Call, Refused
from reconciler.providers.threatconnect.emulator.auth import Credentials, verify
from tests.providers.threatconnect.world import CASES, ORIGIN, World, refused

NOW = 1_700_000_000
ENCODED = f"{CASES}?tql=xid%20in%20(%22tfcm-case-0001%22%2C%22tfcm-case-0002%22)&resultLimit=100"
DECODED = f'{CASES}?tql=xid in ("tfcm-case-0001","tfcm-case-0002")&resultLimit=100'
VECTORS = [
    ("POST", CASES, "lfxQKCjLcd4cdoKvHgyGMlZy33mhjpSjvk6KuOjKTms="),
    ("GET", f"{CASES}/1?fields=tags&fields=attributes", "QKmpqmnGq6KJxSlAh5GAMpBAwaZ9OYn5oeorPESmffk="),
    ("GET", ENCODED, "dfcnmVAYJNGSkgMyXJIA/d5P/tq826djVwUuJc7pbcY="),
]
CREDENTIALS = Credentials("tc-demo-token", "demo-access", "example-secret-key")


def signature(path: str, method: str, timestamp: int, key: str = "example-secret-key") -> str:
    text = f"{path}:{method}:{timestamp}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def signed(signature_: str, timestamp: object = NOW, access_id: str = "demo-access") -> dict[str, str]:
    return {"authorization": f"TC {access_id}:{signature_}", "timestamp": str(timestamp)}


def check(headers: dict[str, str], target: str = CASES, method: str = "GET", origin: str = ORIGIN) -> None:
    call = Call.parse(method, target, headers, b"", origin)
    verify(call, CREDENTIALS, datetime.fromtimestamp(NOW, UTC))


def status(headers: dict[str, str], target: str = CASES, origin: str = ORIGIN) -> int:
    with pytest.raises(Refused) as caught:
        check(headers, target, origin=origin)
    return caught.value.status


@pytest.mark.parametrize(("method", "target", "expected"), VECTORS)
def test_03_the_three_vectors_are_accepted(method: str, target: str, expected: str) -> None:
    check(signed(expected), target, method)


def test_03_a_signed_request_is_answered_over_http() -> None:
    world = World()
    world.clock.now = datetime.fromtimestamp(NOW, UTC)
    _, target, expected = VECTORS[2]
    answer = world.client_with(signed(expected)).get(ORIGIN + target)
    assert answer.json() == {"data": [], "status": "Success"}


def test_04_a_signature_of_the_decoded_query_is_401() -> None:
    assert status(signed(signature(DECODED, "GET", NOW)), ENCODED) == 401


@pytest.mark.parametrize(("path", "method"), [("/v3/cases", "GET"), (CASES, "get"), (CASES, "POST")])
def test_05_a_signature_of_another_path_or_method_is_401(path: str, method: str) -> None:
    assert status(signed(signature(path, method, NOW))) == 401


@pytest.mark.parametrize("off", [-301, 301])
def test_06_a_timestamp_more_than_five_minutes_off_is_401(off: int) -> None:
    assert status(signed(signature(CASES, "GET", NOW + off), NOW + off)) == 401


@pytest.mark.parametrize("off", [-299, 0, 299])
def test_06_a_timestamp_within_five_minutes_is_accepted(off: int) -> None:
    check(signed(signature(CASES, "GET", NOW + off), NOW + off))


@pytest.mark.parametrize(
    "headers",
    [
        signed(signature(CASES, "GET", NOW), access_id="somebody"),
        signed(signature(CASES, "GET", NOW, key="another")),
        signed("", NOW),
        signed(signature(CASES, "GET", NOW), "soon"),
        {"authorization": f"TC demo-access:{signature(CASES, 'GET', NOW)}"},
        {"authorization": "TC demo-access"},
        {"authorization": "TC-Token "},
        {"authorization": "TC-Token tc-demo-tokén"},
    ],
)
def test_what_is_wrong_is_401(headers: dict[str, str]) -> None:
    assert status(headers) == 401


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer tc-demo-token"}, {"authorization": "token"}])
def test_what_is_missing_or_of_another_kind_is_403(headers: dict[str, str]) -> None:
    assert status(headers) == 403


def test_plain_http_is_403_except_on_the_loopback() -> None:
    token = {"authorization": "TC-Token tc-demo-token"}
    assert status(token, origin="http://acme.threatconnect.com") == 403
    check(token, origin="http://127.0.0.1:8080")


def test_a_refusal_is_worded_as_an_error() -> None:
    answer: httpx.Response = World().client_with(signed("wrong")).get(CASES)
    assert refused(answer, 401, "0x1002")
