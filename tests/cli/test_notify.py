"""Those who want to know are told of new drift once, and never at the cost of the run."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.tines.emulator import DEFAULT_TOKEN
from reconciler.sandbox.server import serve
from tests.cli.test_drift import CASES, WAIVER, Scene
from tests.hostile.rig import Rig
from tests.scenarios.systems import TinesSystem

KEY = "key-of-the-signature"
PATH = "/services/T0001/B0002/xoxb-very-secret-path"


@dataclass
class Post:
    """What a receiver was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class Inbox:
    """A receiver on loopback."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    """Of the next requests; then 200 `ok`."""


@contextmanager
def inbox() -> Iterator[Inbox]:
    found = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.posts.append(Post(self.path, headers, body))
            status, answer = found.answers.pop(0) if found.answers else (200, b"ok")
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Told(Scene):
    """A workspace that tells one receiver."""

    inbox: Inbox


@pytest.fixture(params=["webhook"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Told]:
    system = TinesSystem()
    with serve(system.tenant) as served, inbox() as receiver:
        rig = Rig(tmp_path / "w", {"TOKEN": DEFAULT_TOKEN, "HOOK": receiver.url, "KEY": KEY})
        entry = {"type": request.param, "url": "${env.HOOK}"}
        if request.param == "webhook":
            entry["secret"] = "${env.KEY}"
        settings = {**system.settings, "url": served.url, "requests_per_minute": 1_000_000}
        rig.configure({"soc": settings}, notify=[entry])
        rig.write("cases/in a folder/a.yaml", CASES)
        assert rig.run("apply", "--auto-approve").code == 0
        yield Told(rig, system, receiver)


def test_a_webhook_is_sent_what_is_new_and_a_signature(told: Told) -> None:
    told.edit(priority="LOW")

    ended = told.drift("-vv", code=2)

    (post,) = told.inbox.posts
    assert post.path == PATH
    assert post.headers["x-reconciler-signature"] == (
        f"sha256={hmac.new(KEY.encode(), post.body, hashlib.sha256).hexdigest()}"
    )
    assert post.headers["content-type"] == "application/json"
    (case,) = post.data["cases"]
    assert (case["address"], case["fields"], case["missing"]) == ("soc.a", ["priority"], False)
    assert post.data["summary"] == {"drifted": 1, "missing": 0, "clean": 1, "as_before": 0, "waived": 0}
    assert b"xoxb" not in ended.all
    assert KEY.encode() not in ended.all


def test_it_is_told_once_until_something_is_new_or_comes_back(told: Told) -> None:
    told.edit(priority="LOW")
    told.drift(code=2)
    told.drift("--json", code=2)
    assert len(told.inbox.posts) == 1

    told.edit(name="Another")
    told.drift(code=2)
    assert [post.data["cases"][0]["fields"] for post in told.inbox.posts] == [["priority"], ["name"]]
    assert told.inbox.posts[1].data["summary"]["as_before"] == 1

    assert told.rig.run("apply", "--auto-approve").code == 0
    told.drift(code=0)
    assert len(told.inbox.posts) == 2

    told.edit(priority="LOW")
    told.drift(code=2)
    assert len(told.inbox.posts) == 3


def test_a_run_about_one_case_forgets_nothing_about_others(told: Told) -> None:
    told.edit(priority="LOW")
    told.edit("b", name="Another")
    told.drift(code=2)

    told.drift("--target", "soc.a", code=2)
    told.drift(code=2)

    assert len(told.inbox.posts) == 1


def test_what_is_waived_is_not_told_and_since_changes_nothing(told: Told) -> None:
    told.edit(priority="LOW")
    told.rig.write("waivers.yaml", WAIVER)
    told.drift(code=0)
    assert told.inbox.posts == []

    (told.rig.root / "waivers.yaml").unlink()
    told.rig.write("earlier", json.dumps({**told.json(code=2)}))
    told.drift("--since", "earlier", code=0)
    assert len(told.inbox.posts) == 1


def test_what_has_been_told_is_remembered_beside_the_state_as_hashes(told: Told) -> None:
    told.drift(code=0)
    memory = told.rig.root / "state/w.json.notified"
    assert not memory.exists()

    told.edit(priority="LOW")
    told.drift(code=2)

    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    assert not any(word in memory.read_text() for word in ("soc", "priority", "127.0.0.1", "xoxb"))
    assert [path.name for path in memory.parent.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"told_1": 5}', '{"told_2": {}}'])
def test_a_memory_that_is_broken_is_told_and_replaced(told: Told, text: str) -> None:
    told.edit(priority="LOW")
    told.drift(code=2)
    told.rig.write("state/w.json.notified", text)

    ended = told.drift(code=2)

    assert b"Warning: state/w.json.notified cannot be understood; all drift is told again" in ended.err
    assert len(told.inbox.posts) == 2
    assert told.drift(code=2).err == b""


def test_a_memory_that_cannot_be_written_is_told(told: Told) -> None:
    told.edit(priority="LOW")
    told.rig.write("state/w.json.notified/x", "")

    ended = told.drift(code=2)

    assert ended.err.count(b"Warning: state/w.json.notified") == 2
    assert b"cannot be written, so that drift is told again" in ended.err


def test_it_is_tried_again(told: Told) -> None:
    told.edit(priority="LOW")
    told.inbox.answers = [(503, b""), (429, b"")]

    assert told.drift(code=2).err == b""
    assert len(told.inbox.posts) == 3
    assert len({post.body for post in told.inbox.posts}) == 1


@pytest.mark.parametrize(
    "answer", [(404, b"no_service"), (500, b"<html>"), (302, b""), (400, b"\x1b[2J::error::x")]
)
def test_one_that_refuses_fails_nothing_and_is_told_the_next_time(told: Told, answer: tuple[int, bytes]) -> None:
    told.edit(priority="LOW")
    told.inbox.answers = [answer] * 10

    ended = told.drift("-v", code=2)

    assert ended.err.count(b"Warning:") == 1
    assert b"Warning: reconciler.yaml:" in ended.err
    assert b"webhook is not told of the drift: POST (secret): " in ended.err
    assert not any(text in ended.all for text in (b"xoxb", b"\x1b", KEY.encode()))
    told.inbox.answers, told.inbox.posts = [], []
    assert told.drift(code=2).err == b""
    assert len(told.inbox.posts) == 1


def test_one_that_is_not_there_fails_nothing(told: Told) -> None:
    told.edit(priority="LOW")

    ended = told.drift(code=2, HOOK=f"http://127.0.0.1:9{PATH}")

    assert b"cannot be reached" in ended.err
    assert b"xoxb" not in ended.all


def test_one_whose_address_stands_for_no_host_fails_nothing(told: Told) -> None:
    told.edit(priority="LOW")

    ended = told.drift(code=2, HOOK=f"https://xn--{PATH}")

    assert b"webhook is not told of the drift: its address cannot be used" in ended.err
    assert b"xoxb" not in ended.all


def test_one_whose_address_is_not_set_is_left_out(told: Told) -> None:
    told.edit(priority="LOW")
    del told.rig.env["HOOK"]  # type: ignore[attr-defined] # it is a dict

    assert told.drift(code=2).err == b""
    assert b"HOOK" in told.rig.run("validate").err


@pytest.mark.parametrize("told", ["slack"], indirect=True)
def test_slack_is_sent_plain_text_that_mentions_nobody(told: Told) -> None:
    told.rig.write("cases/in a folder/a.yaml", CASES.replace("region", '"<!channel> & *"'))
    assert told.rig.run("apply", "--auto-approve").code == 0
    told.edit(metadata={"<!channel> & *": "x"})

    told.drift(code=2)

    (post,) = told.inbox.posts
    assert "x-reconciler-signature" not in post.headers
    assert post.data["text"] == "New drift in w"
    assert [block["text"]["type"] for block in post.data["blocks"]] == ["plain_text", "plain_text"]
    assert post.data["blocks"][1]["text"]["text"] == (
        "Drift: 1 drifted, 0 missing, 1 clean.\nsoc.a: metadata.&lt;!channel&gt; &amp; *"
    )


@pytest.mark.parametrize("told", ["teams"], indirect=True)
def test_teams_is_sent_a_card_without_markdown(told: Told) -> None:
    told.edit(priority="LOW")

    told.drift(code=2)

    (attachment,) = told.inbox.posts[0].data["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"
    assert [block["inlines"][0]["text"] for block in attachment["content"]["body"]] == [
        "New drift in w",
        "Drift: 1 drifted, 0 missing, 1 clean.",
        "soc.a: priority",
    ]
    assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}
