"""
Stories told in YAML, run through the real command against a Tines tenant on loopback.

A scenario is a list of steps; each step has one of these keys, and what is expected beside it:

    seed: {name: …, tags: […]}          people create a case; ids count up from 1
    edit: {case: 1, priority: LOW}      people edit a case          delete: 1     people delete one
    settings: {limits: …}               reconciler.yaml has more at its top
    write: {cases/a.yaml: "…"}          a file of the workspace; null removes it
    env: {NAME: value}                  the environment of the commands from here on
    copy: {from: plan.json, to: old.json, replace: {"low": "high"}}
    run: plan --detailed-exitcode       the command, with
        exit: 2                             its exit code (0 unless given)
        out: [text, …]  err: [text, …]      what stands in its streams, line by line or in part
        not: [text, …]                      what stands in neither
        writes: [PUT /path {"json": 1}, …]  exactly the requests that it sent other than GET; [] unless given for
                                            anything but apply
        json: {…}                           what its JSON output holds, lists and all, other keys aside
    live: {case: 1, tags: […], …}       what the tenant shows of a case, in the words of `edit`
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from reconciler.cli import main
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.sandbox.server import serve

SCENARIOS: Final = sorted(Path(__file__).parent.glob("*.yaml"))


class Stage:
    """A tenant, a workspace, and one who does what a step says."""

    def __init__(self, folder: Path, tenant: TinesEmulator, url: str, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._tenant = tenant
        self._patch = patch
        self._settings: dict[str, Any] = {
            "version": 1,
            "workspace": "acme",
            "providers": {"soc": {"type": "tines", "url": url, "token": "${env.TOKEN}", "team_id": 2}},
        }
        self.settings({})

    def do(self, step: Mapping[str, Any], streams: pytest.CaptureFixture[str]) -> None:
        match dict(step):
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
        case = attributes.pop("case")
        if "metadata" in attributes:  # others know nothing of our marker, and leave it alone
            attributes["metadata"] = {**self._marker(case), **attributes["metadata"]}
        self._tenant.edit(case, **attributes)

    def settings(self, more: Mapping[str, Any]) -> None:
        self._settings |= more
        (self._folder / "reconciler.yaml").write_text(json.dumps(self._settings))

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)

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
        shown = self._tenant.case(expected["case"])
        seen = {
            **shown,
            "case": shown["case_id"],
            "tags": sorted(tag["name"] for tag in shown["tags"]),
            "assignees": sorted(user["email"] for user in shown["assignees"]),
            "metadata": {key: value for key, value in shown["metadata"].items() if key != "reconciler"},
        }
        assert {key: seen[key] for key in expected} == dict(expected)

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
        self._tenant.forget_requests()
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
        assert DEFAULT_TOKEN not in everything
        assert (
            re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", everything) is None
        )
        if json is not None:
            self._assert_holds(_json(said.out), json)
        if writes is not None or not command.startswith("apply"):
            assert self._tenant.writes == [_request(text) for text in writes or ()]

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

    def _marker(self, case: int) -> dict[str, str]:
        metadata = self._tenant.case(case)["metadata"]
        return {key: value for key, value in metadata.items() if key == "reconciler"}


def _json(text: str) -> Any:
    return json.loads(text)


def _request(text: str) -> tuple[str, str, Any]:
    """Read `PUT /path {"json": 1}`."""
    method, path, *body = text.split(" ", 2)
    return method, path, _json(body[0]) if body else None


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    tenant = TinesEmulator()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", DEFAULT_TOKEN)
    monkeypatch.setenv("CI", "1")
    monkeypatch.setenv("RECONCILER_PARALLELISM", "1")  # ids are given in the order of the addresses
    with serve(tenant) as server:
        yield Stage(tmp_path, tenant, server.url, monkeypatch)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    steps = yaml.safe_load(path.read_text())["steps"]
    for number, step in enumerate(steps, start=1):
        try:
            stage.do(step, capsys)
        except BaseException as error:
            error.add_note(f"{path.name}, step {number}: {json.dumps(step, ensure_ascii=False)[:300]}")
            raise
