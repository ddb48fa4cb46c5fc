"""A workspace before tenants that are served on sockets, and the command line to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli import main
from reconciler.sandbox.server import serve
from tests.adopting.tenants import MAKERS, Tenant


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A folder with a workspace, and commands in it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    set_env: Callable[[str, str], None]
    running: ExitStack
    tenants: dict[str, Tenant] = field(default_factory=dict)

    def serve(self, **tenants: Tenant) -> None:
        """Serve tenants, by the names of their provider instances, and write the settings."""
        providers: dict[str, Any] = {}
        for name, tenant in tenants.items():
            server = self.running.enter_context(serve(tenant.emulator))
            key = f"KEY_{name.upper()}"
            self.set_env(key, tenant.env["KEY"])
            said = {what: value.replace("env.KEY", f"env.{key}") for what, value in tenant.settings.items()}
            providers[name] = {**said, "url": server.url}
        self.tenants = tenants
        settings = {"version": 1, "workspace": "acme", "providers": providers}
        (self.folder / "reconciler.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def run(self, *arguments: str) -> Said:
        """Run a command."""
        code = main(arguments)
        said = self.capsys.readouterr()
        return Said(code, said.out, said.err)

    def done(self, *arguments: str) -> str:
        """Run a command that has to succeed; return its result."""
        said = self.run(*arguments)
        assert said.code == 0, said.err[-2000:]
        return said.out

    def write(self, name: str, text: str) -> Path:
        """Write a file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def exported(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Export to stdout; return the cases by name, as any reader of YAML takes them."""
        cases: dict[str, dict[str, Any]] = yaml.safe_load(self.done("export", *arguments))["cases"]
        return cases

    @property
    def requests(self) -> list[str]:
        """The paths of all requests so far."""
        return [request.path for tenant in self.tenants.values() for request in tenant.emulator.requests]

    @property
    def writes(self) -> list[Any]:
        """The requests that wrote."""
        return [write for tenant in self.tenants.values() for write in tenant.emulator.writes]

    def forget_requests(self) -> None:
        """Count from here."""
        for tenant in self.tenants.values():
            tenant.emulator.forget_requests()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """Offer an empty workspace; whatever is served ends with the test."""
    monkeypatch.chdir(tmp_path)
    with ExitStack() as running:
        yield Desk(tmp_path, capsys, monkeypatch.setenv, running)


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[[int], Tenant]:
    """Offer each system in turn."""
    return MAKERS[request.param]
