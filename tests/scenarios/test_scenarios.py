"""
Stories told in YAML, run through the real command against a system on loopback.

A scenario is a list of steps about one `system` (tines, unless the file begins with another), the instance `soc`;
it may set `switches` of its emulator, and have another system `beside` it, the instance `beside`. Each step has
one of these keys, and what is expected beside it:

    seed: {name: …, tags: […]}          people create a case; ids count up from 1
    edit: {case: 1, priority: LOW}      people edit a case          delete: 1     people delete one
    people: {add_note: [1, "text"]}     people do something else: a method of the system or its emulator
    clock: 10                           the system's clock is so many minutes ahead from here on
    settings: {limits: …}               reconciler.yaml has more at its top
    provider: {owner: …}                the provider has more settings
    write: {cases/a.yaml: "…"}          a file of the workspace; null removes it
    env: {NAME: value}                  the environment of the commands from here on
    copy: {from: plan.json, to: old.json, replace: {"low": "high"}}
    run: plan --detailed-exitcode       the command, with
        exit: 2                             its exit code (0 unless given)
        out: [text, …]  err: [text, …]      what stands in its streams, line by line or in part
        not: [text, …]                      what stands in neither
        writes: [PUT /path {"json": 1}, …]  exactly the requests that it sent other than GET; [] unless given for
                                            anything but apply; … stands for the hash in an xid or a tag of
                                            our making; those of `soc` first
        json: {…}                           what its JSON output holds, lists and all, other keys aside
    live: {case: 1, tags: […], …}       what the tenant shows of a case, in the words of `edit`; of what is in it
                                        in short, sorted
    at: beside                          said with another key: this is about the system beside the other
    there: {groups: […], cases: […]}    the names of all such things that the instance has
    reads: {cases/a.yaml: "…"}          what a file holds, to the letter
    same: [one.json, other.json]        two files hold the same
    files: {not: [text, …]}             what stands in no file of the workspace, the case files aside
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from reconciler.cli import main
from reconciler.sandbox.server import serve
from tests.scenarios.systems import SYSTEMS, System

FOLDER: Final = Path(__file__).parent
SCENARIOS: Final = sorted(FOLDER.rglob("*.yaml"))
MAIN: Final = "soc"
"""The instance that a story is about."""
HOSTILE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class Stage:
    """A system, a workspace, and one who does what a step says."""

    def __init__(self, folder: Path, served: Mapping[str, tuple[System, str]], patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._systems = {name: system for name, (system, _) in served.items()}
        self._system = self._systems[MAIN]
        self._patch = patch
        self._providers = {name: {**system.settings, "url": url} for name, (system, url) in served.items()}
        self._settings: dict[str, Any] = {"version": 1, "workspace": "acme"}
        for system in self._systems.values():
            self.env(system.env)
        self.settings({})

    @property
    def _tenant(self) -> Any:
        return self._system.tenant

    def do(self, step: Mapping[str, Any], streams: pytest.CaptureFixture[str]) -> None:
        self._system = self._systems[step.get("at", MAIN)]
        match {key: value for key, value in step.items() if key != "at"}:
            case {"run": command, **expected}:
                self.run(command, streams, **expected)
            case {"copy": copy}:
                self.copy(**{key.replace("from", "source"): value for key, value in copy.items()})
            case {"delete": case}:
                self._tenant.remove(case)
            case {**one} if len(one) == 1:
                ((name, value),) = one.items()
                getattr(self, name)(value)
            case _:
                raise AssertionError(f"a step does one thing: {step}")

    def seed(self, attributes: Mapping[str, Any]) -> None:
        self._tenant.seed_case(**attributes)

    def edit(self, edit: Mapping[str, Any]) -> None:
        attributes = dict(edit)
        self._system.edit(attributes.pop("case"), attributes)

    def people(self, deeds: Mapping[str, Any]) -> None:
        for name, given in deeds.items():
            deed = getattr(self._system, name, None) or getattr(self._tenant, name)
            _ = deed(**given) if isinstance(given, dict) else deed(*given)

    def clock(self, minutes: float) -> None:
        self._system.minutes_off = minutes

    def settings(self, more: Mapping[str, Any]) -> None:
        self._settings |= more
        settings = {**self._settings, "providers": self._providers}
        (self._folder / "reconciler.yaml").write_text(json.dumps(settings))

    def provider(self, more: Mapping[str, Any]) -> None:
        self._providers[MAIN] |= more
        self.settings({})

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

    def reads(self, files: Mapping[str, str]) -> None:
        assert {name: (self._folder / name).read_text() for name in files} == dict(files)

    def same(self, names: list[str]) -> None:
        one, other = ((self._folder / name).read_bytes() for name in names)
        assert one == other

    def env(self, env: Mapping[str, str]) -> None:
        for name, value in env.items():
            self._patch.setenv(name, value)

    def copy(self, source: str, to: str, replace: Mapping[str, str] | None = None) -> None:
        text = (self._folder / source).read_text()
        for old, new in (replace or {}).items():
            assert old in text
            text = text.replace(old, new)
        (self._folder / to).write_text(text)

    def live(self, expected: Mapping[str, Any]) -> None:
        seen = {**self._system.seen(expected["case"]), "case": expected["case"]}
        assert {key: seen.get(key) for key in expected} == dict(expected)

    def there(self, expected: Mapping[str, Any]) -> None:
        for what, names in expected.items():
            assert sorted(thing["name"] for thing in getattr(self._tenant, what)()) == sorted(names)

    def files(self, expected: Mapping[str, Any]) -> None:
        for path in (path for path in self._folder.rglob("*") if path.is_file() and path.parent.name != "cases"):
            text = path.read_text()
            assert [words for words in expected["not"] if words in text] == [], path

    def run(
        self,
        command: str,
        streams: pytest.CaptureFixture[str],
        *,
        exit: int = 0,  # noqa: A002 (the scenario's own word)
        out: list[str] | None = None,
        err: list[str] | None = None,
        writes: list[str] | None = None,
        json: Any = None,
        **others: list[str],
    ) -> None:
        for system in self._systems.values():
            system.tenant.forget_requests()
        streams.readouterr()

        code = main(shlex.split(command))

        said = streams.readouterr()
        everything = said.out + said.err
        assert code == exit, everything
        assert [text for text in out or () if text not in said.out] == [], said.out
        assert [text for text in err or () if text not in said.err] == [], said.err
        assert [text for text in others.pop("not", ()) if text in everything] == []
        assert not others, f"unknown expectations: {others}"
        assert "Traceback" not in everything
        assert [name for name, system in self._systems.items() if system.secret in everything] == []
        assert HOSTILE.search(everything) is None
        if json is not None:
            self._assert_holds(_json(said.out), json)
        if writes is not None or not command.startswith("apply"):
            sent = [request for system in self._systems.values() for request in system.sent()]
            assert sent == [_request(text) for text in writes or ()]

    def _assert_holds(self, data: Any, expected: Any, path: str = "$") -> None:
        match expected:
            case dict():
                for key, value in expected.items():
                    assert key in data, f"{path}.{key} is missing in {data}"
                    self._assert_holds(data[key], value, f"{path}.{key}")
            case list():
                assert len(data) == len(expected), f"{path}: {data}"
                for number, (one, other) in enumerate(zip(data, expected, strict=True)):
                    self._assert_holds(one, other, f"{path}[{number}]")
            case _:
                assert data == expected, path


def _json(text: str) -> Any:
    return json.loads(text)


def _request(text: str) -> tuple[str, str, Any]:
    """Read `PUT /path {"json": 1}`."""
    method, path, *body = text.split(" ", 2)
    return method, path, _json(body[0]) if body else None


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_scenario(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = yaml.safe_load(path.read_text())
    systems = {MAIN: SYSTEMS[story.get("system", "tines")](**story.get("switches", {}))}
    if "beside" in story:
        systems["beside"] = SYSTEMS[story["beside"]]()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI", "1")
    monkeypatch.setenv("RECONCILER_PARALLELISM", "1")  # ids are given in the order of the addresses
    with ExitStack() as running:
        urls = {name: running.enter_context(serve(system.tenant)).url for name, system in systems.items()}
        stage = Stage(tmp_path, {name: (system, urls[name]) for name, system in systems.items()}, monkeypatch)
        for number, step in enumerate(story["steps"], start=1):
            try:
                stage.do(step, capsys)
            except BaseException as error:
                error.add_note(f"{path.name}, step {number}: {json.dumps(step, ensure_ascii=False)[:300]}")
                raise
