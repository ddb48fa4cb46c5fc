"""A workspace over systems on loopback, and the real command line run over it in this process."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from reconciler.cli import main
from reconciler.engine.ratelimit import RateLimiter
from reconciler.engine.stop import Stop
from reconciler.testing.harness import as_yaml


@dataclass(frozen=True)
class Ended:
    """How a command ended, to the byte."""

    code: int
    out: bytes
    err: bytes

    @property
    def data(self) -> Any:
        """What stands on stdout as strict JSON."""
        return json.loads(self.out, parse_constant=_refused)

    @property
    def all(self) -> bytes:
        return self.out + b"\n" + self.err


def _refused(name: str) -> None:
    raise AssertionError(name)


@dataclass
class Rig:
    """A workspace in a folder."""

    root: Path
    env: Mapping[str, str]

    def configure(self, providers: Mapping[str, Any], **more: Any) -> None:
        self.write("reconciler.yaml", as_yaml({"version": 1, "workspace": "w", "providers": providers, **more}))

    def declare(self, file: str = "cases/cases.yaml", /, **cases: Any) -> None:
        self.write(file, as_yaml({"cases": cases}))

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")

    def run(self, *arguments: str, **env: str) -> Ended:
        """Run a command; its waits take no time."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        environment = {"PATH": os.environ["PATH"], **self.env, **env}
        with (
            patch.dict(os.environ, environment, clear=True),
            patch.object(Stop, "sleep", lambda *_: None),
            patch.object(RateLimiter, "pause", lambda *_: None),
            patch.object(sys, "stdin", io.StringIO()),
            redirect_stdout(out),
            redirect_stderr(err),
            within(self.root),
        ):
            code = main(list(arguments))
        return Ended(code, *(_content(stream) for stream in (out, err)))

    @property
    def files(self) -> Mapping[str, bytes]:
        """Every file of the workspace but those that the user wrote."""
        ours = {path for path in self.root.rglob("*") if path.is_file()}
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in ours
            if path.suffix != ".yaml" and path.name != "given"
        }


def _content(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()


@contextmanager
def within(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
