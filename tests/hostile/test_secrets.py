"""Canaries in every place where a secret can stand; nothing that is written, anywhere, holds one of them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

import pytest

from reconciler.providers.communifire.emulator import CommunifireEmulator
from reconciler.providers.emulation import Call, Emulator, Outcome, Reply
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import TinesEmulator
from reconciler.report.hostile import ways
from reconciler.sandbox.server import serve
from tests.faults.commands import AtRequest, Command, Commands
from tests.hostile.rig import Ended, Rig
from tests.hostile.systems import SYSTEMS, instead

TOKEN: Final = "tok-Qa7!x\\z\"q'w&<e>%+/=~9canary"  # what a header carries, and what encoders change
CANARIES: Final[Mapping[str, str]] = {
    "TEXT": "canary-text-51c0ffee77",
    "TITLE": "canary title 8d1f & <b> \"q\" 'a'",
    "VALUE": "https://hooks.example/canary-T0PS3CR3T?a=1&b=2",
    "MEMBER": "canary-member-90aa",
    "KEY": "-----BEGIN KEY-----\ncanaryMIIEvQIBADANBgkqhk/+==\ncanaryG9w0BAQEFAASC==\n-----END KEY-----",
    "WIDE": "canary-pässwörd-日本-🎣-ключ",
    "HIDDEN": "canary-\u200bzero-\u202ewidth-##[x]",
    "TABS": "canary\twith\ttabs  and  blanks",
    "NOTE": "canary-note-\\back\\slash\\u0041",
    "ITEM": "canary-item-%41%42+%2B",
    "FIELD": "canary-field-0000000000000000000000",
    "LONG": "canary-long-" + "z" * 900,
}
"""In values of attributes, by the environment's variable."""
UNUSED: Final[Mapping[str, str]] = {
    "AWS_SECRET_ACCESS_KEY": "canary-unused-aws",
    "GITHUB_TOKEN": "canary-unused-github",
    "RECONCILER_TOKEN": "canary-unused-reconciler",
    "NETRC": "/canary-unused-netrc",
    "HTTPS_PROXY": "http://user:canary-unused-proxy@127.0.0.1:9",
    "SSLKEYLOGFILE": "canary-unused-keylog",
    "HTTPX_LOG_LEVEL": "trace-canary-unused",
}
"""In the environment, and nowhere in the files."""


def _forms(secret: str) -> set[bytes]:
    """Return what a secret looks like in other clothes."""
    data = secret.encode("utf-8")
    texts = {
        secret,
        secret[::-1],
        *ways(secret),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret, safe="").lower(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1][::-1],
        json.dumps(json.dumps(secret))[3:-3],
        html.escape(secret),
        repr(secret)[1:-1],
        repr(data)[2:-1],
        " ".join(secret.split()),
        data.hex(),
        data.hex().upper(),
        base64.b32encode(data).decode().rstrip("="),
    }
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            padded = encode(bytes(offset) + data).decode()
            texts.add(padded[(offset * 8 + 5) // 6 : (offset + len(data)) * 8 // 6])
    lines = [line for line in secret.splitlines() if "canary" in line]
    begun = [secret[:length] for length in (len(secret) - 1, 15) if length > 10]
    return {text.encode() for text in (*texts, *lines, *begun)}


def _tines(text: Callable[[str], str]) -> Mapping[str, Any]:
    return {
        "name": text("TITLE"),
        "description": f"before {text('TEXT')} after",
        "tags": ["plain", text("MEMBER")],
        "metadata": {"hook": text("VALUE"), "wide": text("WIDE"), "hidden": text("HIDDEN"), "key": text("KEY")},
        "notes": {
            "n": {"title": text("ITEM"), "content": text("NOTE")},
            "long": {"title": "x", "content": text("LONG")},
        },
        "tasks": {"t": {"description": text("TABS")}},
        "fields": {"affected_hosts": text("FIELD")},
    }


def _threatconnect(text: Callable[[str], str]) -> Mapping[str, Any]:
    return {
        "name": text("TITLE"),
        "status": "Open",
        "severity": "Low",
        "description": f"before {text('TEXT')} after {text('KEY')}",
        "tags": ["plain", text("MEMBER")],
        "attributes": {"a": {"type": "Description", "value": text("WIDE"), "source": text("HIDDEN")}},
        "notes": {"n": {"text": text("NOTE")}, "long": {"text": text("LONG")}},
        "tasks": {"t": {"name": text("ITEM"), "description": text("TABS")}},
        "artifacts": {"f": {"type": "URL", "summary": text("VALUE"), "source": text("FIELD")}},
    }


def _communifire(text: Callable[[str], str]) -> Mapping[str, Any]:
    return {
        "title": text("TITLE"),
        "description": f"{text('TEXT')} {text('KEY')} {text('WIDE')} {text('HIDDEN')} {text('LONG')}",
        "tags": ["plain"],
    }


@dataclass(frozen=True)
class Vault:
    """A system whose credentials are canaries, and a case full of them."""

    emulator: Callable[[], Emulator]
    env: Mapping[str, str]
    case: Callable[[Callable[[str], str]], Mapping[str, Any]]


VAULTS: Final[Mapping[str, Vault]] = {
    "tines": Vault(lambda: TinesEmulator(token=TOKEN), {"TOKEN": TOKEN}, _tines),
    "threatconnect": Vault(
        lambda: ThreatConnectEmulator(access_id="canary-access-1234", secret_key=TOKEN),
        {"TC_ACCESS_ID": "canary-access-1234", "TC_SECRET_KEY": TOKEN},
        _threatconnect,
    ),
    "communifire": Vault(lambda: CommunifireEmulator(api_key=TOKEN), {"KEY": TOKEN}, _communifire),
}


@dataclass
class Scene:
    """A workspace, and everything that was ever written about it."""

    vault: Vault
    rig: Rig
    emulator: Emulator
    told: list[bytes] = field(default_factory=list)

    def declare(self, generation: str = "", **more: Any) -> None:
        """Declare the case with its secrets out of these variables."""
        case = self.vault.case(lambda name: f"${{env.{name}{generation}}}")
        self.rig.declare(one={"provider": "soc", **case}, **more)

    def run(self, *arguments: str, code: int | None = None, **env: str) -> Ended:
        ended = self.rig.run(*arguments, **env)
        self.told += ended.out, ended.err, *self.rig.files.values()
        assert b"Traceback" not in ended.all
        assert b"this is a bug" not in ended.all, ended.err.decode()[-2000:]
        if code is not None:
            assert ended.code == code, ended.all.decode()[-3000:]
        return ended

    def look(self) -> None:
        """Run every command that reads, in every format, at every verbosity."""
        for command in (
            ("plan",),
            ("plan", "--json"),
            ("plan", "-vv"),
            ("plan", "-q", "--no-refresh"),
            ("plan", "--out", "plan.file"),
            ("show", "plan.file"),
            ("show", "--json", "plan.file"),
            ("drift",),
            ("drift", "--json", "-vv"),
            ("validate",),
            ("validate", "--json"),
            ("state", "list", "--json"),
            ("state", "show", "soc.one"),
            ("state", "show", "soc.one", "--json"),
        ):
            self.run(*command)
        self.run("plan", FORCE_COLOR="1")

    def assert_silent(self) -> None:
        text = b"\n".join(self.told)
        assert b"soc.one" in text
        for name, secret in self.rig.env.items():
            for form in _forms(secret):
                if (at := text.find(form)) >= 0:
                    raise AssertionError(f"{name} is told: {text[max(at - 300, 0) : at + 60]!r}")


ENV: Final = {
    **CANARIES,
    **{f"{name}_2": secret.replace("canary", "canarytwo") for name, secret in CANARIES.items()},
    **UNUSED,
}


@pytest.fixture(params=VAULTS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    vault, system = VAULTS[request.param], SYSTEMS[request.param]
    emulator = vault.emulator()
    with ExitStack() as stack:
        url = stack.enter_context(serve(emulator)).url
        rig = Rig(tmp_path / "w", {**ENV, **vault.env})
        rig.configure(
            {"soc": {**system.settings, "url": url}}, limits={"max_deletes": 9, "max_changed_percent": 100}
        )
        yield Scene(vault, rig, emulator)


def test_there_are_enough_canaries() -> None:
    assert len(CANARIES) + len(UNUSED) + len(VAULTS) > 20


def test_no_secret_is_told_while_all_goes_well(scene: Scene) -> None:
    scene.declare()
    scene.look()
    scene.run("apply", "--auto-approve", "-vv", code=0)
    scene.look()
    scene.run("plan", "--detailed-exitcode", code=0)
    scene.declare("_2")
    scene.look()
    scene.run("apply", "plan.file", "--json", code=0)
    scene.look()
    scene.rig.declare(two={"provider": "soc", **_bare(scene), "lifecycle": {"on_remove": "release"}})
    scene.look()
    scene.run("apply", "--auto-approve")

    scene.assert_silent()


def _bare(scene: Scene) -> Mapping[str, str]:
    return (
        {"title": "x", "description": "x"}
        if scene.vault.case is _communifire
        else {"name": "x"} | ({"status": "Open", "severity": "Low"} if scene.vault.case is _threatconnect else {})
    )


# -------------------------------------------------------------------------------------------------- echoes


def _quoted(call: Call) -> str:
    return "\n".join(
        [*(f"{name}: {value}" for name, value in call.headers.items()), call.target, call.content.decode()]
    )


def _values(call: Call) -> str:
    """Return every text that a request says, decoded: as a system has it before it puts it into other clothes."""
    return " | ".join(chain(call.headers.values(), _leaves(call.body)))


def _leaves(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (leaf for item in value for leaf in _leaves(item))
        case dict():
            yield from (leaf for pair in value.items() for item in pair for leaf in _leaves(item))


_LOWER: Final = re.compile("%..")


def _ascii(text: str) -> str:
    return json.dumps(text)


ECHOES: Final[tuple[Callable[[Call], Reply], ...]] = (
    lambda call: Reply.text(422, _quoted(call)),
    lambda call: Reply.json(400, {"message": _values(call)}),
    lambda call: Reply(422, _ascii(_values(call)).encode()),
    lambda call: Reply(422, json.dumps({"errors": [{"message": _ascii(_values(call))}]}).encode()),
    lambda call: Reply.text(401, quote(_values(call))),
    lambda call: Reply.text(403, _LOWER.sub(lambda escape: escape[0].lower(), quote_plus(_values(call)))),
    lambda call: Reply.text(409, html.escape(_values(call)), "text/html"),
    lambda call: Reply.text(409, f"<title>{html.escape(_values(call))}</title>", "text/html"),
    lambda call: Reply.text(422, " ".join(base64.b64encode(v.encode()).decode() for v in _every(call))),
    lambda call: Reply.text(422, " ".join(base64.b64encode(b"user:" + v.encode()).decode() for v in _every(call))),
    lambda call: Reply.text(200, _quoted(call)),
    lambda call: Reply.text(200, " " * 4080 + _quoted(call)),
    lambda call: Reply.text(500, _values(call)),
    lambda call: Reply.text(422, repr(_values(call))),
    lambda call: Reply(302, b"", (("location", f"https://{quote(_values(call))[:3000]}.example/"),)),
    lambda call: Reply(200, b"x", (("content-encoding", quote(_values(call))[:3000]),)),
)
"""How a refusal quotes the request; the last two in a header."""


def _every(call: Call) -> list[str]:
    return [*call.headers.values(), *_leaves(call.body)]


@pytest.mark.parametrize("method", ["GET", "WRITE"])
def test_no_secret_is_told_by_who_quotes_a_request(scene: Scene, method: str) -> None:
    scene.declare()
    scene.run("apply", "--auto-approve", code=0)
    echo: list[Callable[[Call], Reply]] = []
    instead(
        scene.emulator,
        lambda call: Outcome(echo[0](call)) if echo and (call.method == "GET") is (method == "GET") else None,
    )
    for number, echo[:] in enumerate([each] for each in ECHOES):
        scene.declare(
            "_2", **{f"more{number}": {"provider": "soc", **scene.vault.case(lambda n: f"${{env.{n}}}")}}
        )
        scene.run("apply", "--auto-approve", "-vv", code=1)
        scene.run(*(("apply", "--auto-approve", "--json"), ("plan", "-vv"), ("drift", "-vv"))[number % 3])
    echo.clear()
    scene.look()

    scene.assert_silent()


def test_no_secret_is_told_of_what_is_live_and_recorded(scene: Scene) -> None:
    """Somebody changes what is ours, pastes a secret where none should be, and damages the state."""
    scene.declare()
    scene.run("apply", "--auto-approve", code=0)
    scene.declare("_2")
    scene.run("plan", "--out", "plan.file", code=0)
    title = next(name for name in ("IssueTitle", "name") if name in scene.emulator.cases()[0])  # type: ignore[attr-defined]
    scene.emulator.edit(1, **{title: f"pasted {CANARIES['TEXT']} {CANARIES['HIDDEN']} {TOKEN}"})  # type: ignore[attr-defined]
    scene.run("apply", "plan.file", "-vv", code=1)
    scene.look()
    if scene.vault.case is not _threatconnect:  # whose names are too short to be cut
        scene.emulator.edit(1, **{title: "x" * 385 + TOKEN})  # type: ignore[attr-defined]
        scene.look()
    state = scene.rig.root / "state/w.json"
    whole = state.read_bytes()
    for damage in (whole[: len(whole) // 2], whole + b"x", whole.replace(b'"version": 1', b'"version": 99'), b""):
        state.write_bytes(damage)
        for command in (
            ("plan", "-vv"),
            ("apply", "--auto-approve", "-vv"),
            ("state", "show", "soc.one"),
            ("drift",),
        ):
            scene.run(*command, code=1)

    scene.assert_silent()


def test_no_secret_is_told_of_settings_that_are_wrong(scene: Scene) -> None:
    """A canary in every setting of the provider, and in every attribute that is no text."""
    for setting in (
        "url",
        "team_id",
        "requests_per_minute",
        "concurrency",
        "type",
        "space",
        "owner",
        "marker_key",
        "x",
    ):
        honest = next(
            system for system in SYSTEMS.values() if system.env.keys() == scene.vault.env.keys()
        ).settings
        scene.rig.configure({"soc": {**honest, "url": "https://acme.invalid", setting: "${env.TEXT}"}})
        scene.rig.declare(one={"provider": "soc", **_bare(scene)})
        for command in (("validate",), ("validate", "--json"), ("plan", "-vv", "--no-refresh"), ("state", "list")):
            scene.run(*command)
    for attribute in (
        "priority",
        "status",
        "severity",
        "opened_at",
        "assignee",
        "tags",
        "links",
        "team_id",
        "notes",
    ):
        scene.rig.declare(one={"provider": "soc", **_bare(scene), attribute: "${env.TEXT}"})
        scene.rig.declare("cases/b.yaml", two={"provider": "soc", **_bare(scene), attribute: ["${env.KEY}"]})
        scene.rig.declare(
            "cases/c.yaml", three={"provider": "soc", **_bare(scene), attribute: {"a": "${env.WIDE}"}}
        )
        for command in (("validate",), ("plan", "-vv")):
            scene.run(*command)
    scene.told.append(b"soc.one")

    scene.assert_silent()


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with Commands(tmp_path_factory.mktemp("commands")) as server:
        yield server


def test_a_killed_apply_leaves_no_secret_behind(scene: Scene, commands: Commands) -> None:
    scene.declare()
    env = {"PATH": "/usr/bin:/bin", **scene.rig.env, "HTTPS_PROXY": ""}
    died = 0
    for number in (1, 2, 3, 1, 2, 3):
        scene.emulator.observer = at = AtRequest(number, "after", Command.kill)
        ended = at.watch(commands.start(scene.rig.root, env, "apply", "--auto-approve", "-vv")).wait()
        died += ended.code < 0
        scene.declare("_2" if died % 2 else "")
        scene.told += ended.out.encode(), ended.err.encode(), *scene.rig.files.values()
    assert died > 2
    scene.emulator.observer = None
    scene.look()

    scene.assert_silent()
