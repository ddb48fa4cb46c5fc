"""What a network may do to a token and to an answer: nothing leaves its origin, and nothing crashes."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.providers.emulation import Call, Emulator, Outcome, Reply
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.hostile.strings import assert_inert
from tests.hostile.systems import SYSTEMS, System, instead, rewritten

CERTIFICATES: Final = Path(__file__).with_name("certificates")
"""An authority that nobody trusts, and what it signed for 127.0.0.1 and for another name; valid for a century."""


# ------------------------------------------------------------------------------------- servers that take notes


class Notes(ThreadingHTTPServer):
    """Notes every connection and every request, and answers that there is nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heads: list[str] = []
        self.connections = 0
        self.tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> Any:
        connection, address = super().get_request()
        self.connections += 1
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hung up."""


class _Handler(BaseHTTPRequestHandler):
    server: Notes

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._note
        raise AttributeError(name)

    def _note(self) -> None:
        self.server.heads.append(f"{self.requestline}\n{self.headers}")
        body = b'{"cases": [], "data": [], "meta": {}, "ResponseData": [], "IsError": false}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing."""


@contextmanager
def noting(certificate: str | None = None) -> Iterator[Notes]:
    server = Notes()
    if certificate is not None:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Scene:
    """A workspace over one system with one case in it, and a stranger who must never be asked."""

    system: System
    rig: Rig
    emulator: Emulator
    stranger: Notes
    url: str
    told: list[Ended] = field(default_factory=list)

    def declare(self, text: str) -> None:
        self.rig.declare(one={"provider": "soc", **self.system.case(text), **self.system.items(text)})

    def run(self, *arguments: str, **env: str) -> Ended:
        ended = self.rig.run(*arguments, **env)
        text = assert_inert(ended.all)
        assert "this is a bug" not in text, text
        assert not any(secret in text for secret in self.system.env.values())
        return ended


@pytest.fixture(params=SYSTEMS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield _scene(SYSTEMS[request.param], tmp_path, stack)


@pytest.fixture
def tines(tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield _scene(SYSTEMS["tines"], tmp_path, stack)


def _scene(system: System, folder: Path, stack: ExitStack) -> Scene:
    emulator = system.emulator()
    url = stack.enter_context(serve(emulator)).url
    rig = Rig(folder / "w", system.env)
    rig.configure({"soc": {**system.settings, "url": url}}, limits={"max_changed_percent": 100})
    scene = Scene(system, rig, emulator, stack.enter_context(noting()), url)
    scene.declare("first")
    assert scene.run("apply", "--auto-approve").code == 0
    return scene


# ---------------------------------------------------------------------------------------------- other origins


def _elsewhere(port: int, origin: str) -> tuple[str, ...]:
    """Return ways to point to the stranger at a port, and some to point back."""
    host = origin.removeprefix("http://")
    return (
        f"http://127.0.0.1:{port}/x",
        f"http://localhost:{port}/x",
        f"//127.0.0.1:{port}/x",
        f"HTTP://127.0.0.1:{port}",
        f"http://{host}@127.0.0.1:{port}/x",
        f"http://user:word@127.0.0.1:{port}/x",
        f"http://[::ffff:127.0.0.1]:{port}/x",
        f"http://2130706433:{port}/x",
        f"http://0x7f.1:{port}/x",
        f"https://127.0.0.1:{port}/x",
        f"\\\\127.0.0.1:{port}\\x",
        f"/\\127.0.0.1:{port}/x",
        f"http:/127.0.0.1:{port}/x",
        f"http:127.0.0.1:{port}",
        f"http://127.0.0.1:{port}\t/x",
        f"{origin}/api/v2/cases",
        "/api/v2/cases",
        "?page=2",
        "",
        "http://[",
        "http://a:b:c",
        "javascript:alert(1)",
        "\x1b]8;;x\x07",
        "http://evil.example/\u202e##[error]",
    )


STATUSES: Final = (301, 302, 303, 307, 308)


def test_no_redirect_is_followed_wherever_it_leads(scene: Scene) -> None:
    """Each of some two dozen ways to point elsewhere, for a read and for a write, by one of five statuses."""
    lies: list[Reply] = []
    methods: list[str] = []
    instead(scene.emulator, lambda call: Outcome(lies[0]) if call.method in methods else None)
    scene.declare("second")
    for number, location in enumerate(_elsewhere(scene.stranger.port, scene.url)):
        sent = location.encode("utf-8").decode("latin-1")
        lies[:] = [Reply(STATUSES[number % 5], b"{}", (("location", sent),) if sent else ())]
        for methods[:], command in ((["GET"], ("plan",)), (["PUT", "POST"], ("apply", "--auto-approve"))):
            asked = len(scene.emulator.requests)
            ended = scene.run(*command)
            assert ended.code == 1
            assert "redirects are not followed" in ended.err.decode(), (location, ended.err)
            assert len(scene.emulator.requests) - asked < 20

    assert scene.stranger.connections == 0


def test_no_link_to_a_page_elsewhere_is_asked(scene: Scene) -> None:
    """Wherever an answer points, the next page is asked where the first was."""
    links: list[str] = []

    def linked(_: Call, outcome: Outcome) -> Outcome:
        if outcome.reply is None or not outcome.reply.content.startswith(b"{"):
            return outcome
        data = json.loads(outcome.reply.content)
        link = links[0]
        meta = {"next_page": f"{link}?page=2", "next_page_number": link, "previous_page": link, "pages": link}
        data |= {
            "next": f"{link}?resultStart=2000",
            "previous": link,
            "Next": link,
            "nextLink": link,
            "links": [link],
        }
        if isinstance(data.get("meta"), dict):
            data["meta"] |= meta
        headers = (*outcome.reply.headers, ("link", f'<{link.encode().decode("latin-1")}>; rel="next"'))
        content = json.dumps(data).encode()
        return replace(outcome, reply=replace(outcome.reply, content=content, headers=headers))

    for text in ("a", "b"):
        scene.rig.declare(f"cases/{text}.yaml", **{text: {"provider": "soc", **scene.system.case(text)}})
    with rewritten(scene.emulator, linked):
        for number, link in enumerate(_elsewhere(scene.stranger.port, scene.url)):
            if "\t" in link or "\x1b" in link:
                continue  # no header can carry them
            links[:] = [link]
            scene.declare(f"text {number}")
            scene.run(*(("plan",), ("drift",), ("apply", "--auto-approve"))[number % 3])

    assert scene.stranger.connections == 0
    assert len(scene.emulator.requests) > 50


def test_more_than_sixty_ways_elsewhere_are_tried() -> None:
    assert len(_elsewhere(1, "http://127.0.0.1:2")) * len(SYSTEMS) > 60


# -------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.nip.example",
        "http://localhost@evil.example",
        "http://127.0.0.1@evil.example",
        "http://user:canary-pw@127.0.0.1",
        "https://user:canary-pw@acme.example",
        "https://:canary-pw@acme.example",
        "https://canary-pw@acme.example",
        "https://@acme.example",
        "https://user:canary-pw@exa\u2100mple.com",
        "https://acme.example:canary-pw",
        "https://acme.example:99999",
        "https://xn--/",
        "https://acme.example/?key=canary-pw",
        "https://acme.example/#canary-pw",
        "http://localhost\\@evil.example",
        "http://localhost\\.evil.example",
        "http://localhost#@evil.example",
        "http://localhost?@evil.example",
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://127.1",
        "http://0",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::ffff:10.0.0.1]",
        "http://[::1%25evil]",
        "http://[::1",
        "http://\uff4cocalhost",
        "http://loc\u00adalhost",
        "http://localhost\u3002evil.example",
        "http://local\nhost.evil.example",
        "http://169.254.169.254",
        "ftp://acme.example",
        "file:///etc/passwd",
        "//acme.example",
        "acme.example",
        "https://",
        "https:///x",
        "javascript:alert(1)",
        "http://localhost /x",
        "\x1b]8;;https://evil.example",
        "https://acme.example/\u202e",
        "https://acme.example/a b",
        "https://acme.example\\x",
    ],
)
def test_an_address_that_is_not_what_it_seems_is_refused_and_not_quoted(tmp_path: Path, url: str) -> None:
    rig = Rig(tmp_path, {"TOKEN": "token-123", "URL": url})
    for written in (url, "${env.URL}"):
        rig.configure({"soc": {**SYSTEMS["tines"].settings, "url": written}})
        rig.declare(one={"provider": "soc", "name": "x"})
        for command in (("validate",), ("plan", "-vv"), ("validate", "--json")):
            ended = rig.run(*command)
            text = assert_inert(ended.all)
            assert ended.code == 1, text
            assert "reconciler.yaml:" in text, text
            assert "canary-pw" not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_plain_http_reaches_this_machine_and_goes_through_no_proxy(tines: Scene, host: str) -> None:
    """A proxy is another machine, which would be told the token in the clear."""
    url = tines.url.replace("127.0.0.1", host)
    tines.rig.configure({"soc": {**tines.system.settings, "url": url}})
    proxy = f"http://127.0.0.1:{tines.stranger.port}"

    ended = tines.run("plan", HTTP_PROXY=proxy, http_proxy=proxy, ALL_PROXY=proxy, HTTPS_PROXY=proxy)

    assert ended.code == 0, ended.err
    assert tines.stranger.connections == 0


@pytest.mark.parametrize(
    "proxy",
    ["http://user:canary-pw@127.0.0.1:port", "htp://user:canary-pw@proxy.example", "http://u:canary-pw/@p"],
)
def test_the_password_of_a_proxy_is_not_told(tines: Scene, proxy: str) -> None:
    tines.rig.configure({"soc": {**tines.system.settings, "url": "https://acme.invalid"}})

    ended = tines.run("plan", "-vv", HTTPS_PROXY=proxy)

    assert ended.code == 1
    assert b"the environment names cannot be used" in ended.err
    assert b"canary" not in ended.all


# -------------------------------------------------------------------------------------------------------- TLS


@pytest.mark.parametrize(
    ("certificate", "trusted", "said"),
    [
        ("here", False, "is not trusted"),
        ("elsewhere", True, "is not trusted"),
        ("selfsigned", False, "is not trusted"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("drift",)])
def test_a_certificate_that_is_not_trusted_is_shown_nothing(
    tines: Scene,
    certificate: str,
    trusted: bool,  # noqa: FBT001 (a column of the table)
    said: str,
    command: tuple[str, ...],
) -> None:
    with noting(certificate) as server:
        tines.rig.configure({"soc": {**tines.system.settings, "url": f"https://127.0.0.1:{server.port}"}})
        env = {"SSL_CERT_FILE": str(CERTIFICATES / "authority.pem")} if trusted else {}
        more = {"PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "", "SSL_NO_VERIFY": "1"}
        ended = tines.run(*command, **env, **more)

        assert ended.code == 1
        assert f"the certificate of 127.0.0.1 {said}" in ended.err.decode()
        assert "nothing was sent" in ended.err.decode()
        assert server.connections == 1
        assert server.heads == []


def test_a_certificate_of_an_authority_of_ones_own_is_trusted(tines: Scene) -> None:
    with noting("here") as server:
        tines.rig.configure({"soc": {**tines.system.settings, "url": f"https://127.0.0.1:{server.port}"}})
        tines.run("plan", SSL_CERT_FILE=str(CERTIFICATES / "authority.pem"))

        assert f"Bearer {tines.system.env['TOKEN']}" in server.heads[0]


# ---------------------------------------------------------------------------------------------------- answers

_DEEP: Final = 200_000
MALFORMED: Final[dict[str, bytes]] = {
    "duplicate keys": b'{"cases": [], "cases": [], "data": [], "data": [], "meta": {}}',
    "duplicate keys inside": b'{"cases": [{"case_id": 1, "case_id": 2}], "data": [{"id": 1, "id": 2}]}',
    "keys that escapes make the same": b'{"a": 1, "\\u0061": 2}',
    "NaN": b'{"cases": NaN, "data": NaN}',
    "Infinity": b'{"cases": Infinity}',
    "minus infinity": b'{"data": -Infinity}',
    "a number beyond all": b'{"cases": [1e999]}',
    "a whole number beyond all": b'{"cases": ' + b"9" * 20_000 + b"}",
    "arrays in arrays": b"[" * _DEEP + b"]" * _DEEP,
    "objects in objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "arrays that never end": b"[" * _DEEP,
    "no UTF-8": b'{"cases": "\xff\xfe"}',
    "an overlong form": b'{"cases": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"cases": "\xed\xa0\x80"}',
    "UTF-16": '{"cases": []}'.encode("utf-16"),
    "UTF-16 without a mark": '{"cases": []}'.encode("utf-16-le"),
    "UTF-32": '{"cases": []}'.encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + b'{"cases": []}',
    "a control character": b'{"cases": "\x00\x1b[2J"}',
    "two values": b'{"cases": []} {"cases": []}',
    "a comment": b'{"cases": []} // more',
    "a comma too many": b'{"cases": [],}',
    "single quotes": b"{'cases': []}",
    "nothing": b"",
    "blanks": b" \n\t ",
    "null": b"null",
    "a number": b"42",
    "a text": b'"text"',
    "a text in a text": json.dumps(json.dumps("{}")).encode(),
    "HTML": b"<!DOCTYPE html><title>Sign in\x1b[2J</title>",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "half of it": b'{"cases": [{"case_id": 1',
}
"""By what is wrong with them."""

ODD: Final = (
    b'{"cases": ' + b"[" * 500 + b"]" * 500 + b"}",
    b'{"data": {"id": ' + b'{"a":' * 450 + b"1" + b"}" * 450 + b"}}",
    b'{"cases": {"case_id": 1}, "data": "x", "meta": [], "ResponseData": 3, "IsError": false}',
    b'{"cases": [1, null, "x", []], "data": [1], "ResponseData": [1], "IsError": false}',
    b'{"case_id": 1, "name": ' + b"[" * 400 + b"]" * 400 + b', "description": {}, "tags": 3}',
    b'{"case_id": 1, "name": 1e308, "description": [], "tags": [null], "metadata": {"key": {"a": [1]}}}',
    b'{"case_id": 1, "name": "x", "description": ' + b"8" * 4000 + b', "tags": [], "metadata": "x"}',
    b'{"case_id": ["1"], "name": null}',
    b'{"case_id": true, "id": true, "data": {"id": true, "name": null}}',
    b'{"case_id": 1, "meta": {"pages": -1, "per_page": 0, "count": 1.5}}',
    b'{"data": {"id": 1, "name": {"a": 1}, "description": 5, "tags": {"data": [{"name": 3}]}, "notes": []}}',
    b'{"IsError": false, "ResponseData": {"IssueID": 1, "IssueTitle": [], "TagsCSV": 5, "IssueDescription": {}}}',
    b'{"IsError": "x", "ResponseMessage": {"a": []}, "ResponseData": null}',
    b"[]",
    b"{}",
)
"""Strict, and yet not what was asked for."""


def test_an_answer_that_is_not_strict_json_is_an_error_and_never_a_crash(scene: Scene) -> None:
    answers: list[bytes] = []
    methods: list[str] = []
    kind = (("content-type", "application/json"),)
    instead(scene.emulator, lambda call: Outcome(Reply(200, answers[0], kind)) if call.method in methods else None)
    scene.declare("second")
    for what, content in MALFORMED.items():
        answers[:] = [content]
        for methods[:], command in (
            (["GET"], ("plan", "-vv")),
            (["PUT", "POST", "DELETE"], ("apply", "--auto-approve", "-vv")),
        ):
            ended = scene.run(*command)
            assert ended.code == 1, (what, command, ended)
            assert b"Error: " in ended.err


def test_an_answer_of_another_shape_is_never_a_crash(scene: Scene) -> None:
    answers: list[bytes] = []
    methods: list[str] = []
    kind = (("content-type", "application/json"),)
    instead(scene.emulator, lambda call: Outcome(Reply(200, answers[0], kind)) if call.method in methods else None)
    for number, content in enumerate(ODD):
        answers[:] = [content]
        scene.declare(f"text {number}")
        for methods[:], command in (
            (["GET"], ("plan", "-vv")),
            (["GET"], ("drift", "--json")),
            (["PUT", "POST", "DELETE"], ("apply", "--auto-approve", "-vv")),
            (["NONE"], ("plan",)),
        ):
            assert scene.run(*command).code in {0, 1, 2}


def test_a_header_that_cannot_be_read_is_no_crash(tines: Scene) -> None:
    headers: list[tuple[str, str]] = []
    statuses: list[int] = []
    instead(tines.emulator, lambda _: Outcome(Reply(statuses[0], b"{}", tuple(headers))))
    values = (
        "9" * 400,
        "-1",
        "1e9",
        "nan",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 1 Jan 2026 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 0001 00:00:00 +1400",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "\xff\xfe",
        "",
    )
    for value in values:
        for name in ("retry-after", "date", "content-type", "content-encoding", "location", "link", "set-cookie"):
            headers[:] = [(name, value)]
            for statuses[:] in ([503], [401], [302]):
                assert tines.run("plan", "-vv").code == 1


def test_a_bomb_costs_no_memory(tines: Scene) -> None:
    layers = gzip.compress(bytes(48 * 1024 * 1024))
    answers = [
        Reply(200, layers, (("content-encoding", "gzip"),)),
        Reply(200, gzip.compress(layers), (("content-encoding", "gzip, gzip"),)),
        Reply(500, layers, (("content-encoding", "gzip"),)),
        Reply(422, layers, (("content-encoding", "x-gzip"),)),
        Reply(200, layers, (("content-encoding", "deflate"),)),
    ]
    instead(tines.emulator, lambda _: Outcome(answers[0]))
    while answers:
        ended = tines.run("plan")
        assert ended.code == 1
        assert any(words in ended.err for words in (b"larger than", b"packed as"))
        answers.pop(0)
