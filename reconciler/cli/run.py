"""One run of a command: its common options, its output, and the one way to a workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.cli.output import Output, Tone
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.config import Configuration, Given
    from reconciler.config.cache import Cache
    from reconciler.engine.stop import Stop
    from reconciler.planning.limits import Allowed
    from reconciler.workspace import Workspace

PARALLELISM = 8


@dataclass(frozen=True, slots=True)
class Run:
    """What a command is handed."""

    output: Output
    env: Mapping[str, str]
    format: str = "text"
    lock_timeout: float = 30.0
    may_ask: bool = True
    given: Given | None = None
    """What the options say about variables."""

    @property
    def as_json(self) -> bool:
        """Tell whether results are for programs."""
        return self.format == "json"

    def open(
        self,
        *,
        stop: Stop | None = None,
        parallelism: int = PARALLELISM,
        allowed: Allowed | None = None,
        offline: bool = False,
    ) -> Workspace:
        """Open the workspace of the current folder; from then on its secrets are masked in all output."""
        from reconciler.config.variables import NOTHING_GIVEN
        from reconciler.engine.stop import Stop
        from reconciler.engine.tally import Sharing, folder
        from reconciler.planning.limits import NOTHING_MORE

        workspace = workspace_type().open(
            Path(),
            env=self.env,
            given=self.given or NOTHING_GIVEN,
            progress=self.output.progress(),
            stop=stop or Stop(),
            parallelism=parallelism,
            lock_timeout=self.lock_timeout,
            allowed=allowed or NOTHING_MORE,
            offline=offline,
            on_request=self.output.request,
            sharing=Sharing(folder(self.env), self.output.detail),
            cache=self._cache,
        )
        self.mask(workspace.configuration)
        return workspace

    def validate(self) -> Configuration:
        """Check the files of the current folder."""
        from reconciler.config.variables import NOTHING_GIVEN
        from reconciler.workspace import validate

        configuration = validate(Path(), env=self.env, given=self.given or NOTHING_GIVEN, cache=self._cache)
        self.mask(configuration)
        return configuration

    @property
    def _cache(self) -> Cache:
        """Where what is understood of the case files is kept."""
        from reconciler.config.cache import Cache, folder

        return Cache(folder(self.env), self.output.detail)

    def mask(self, configuration: Configuration) -> None:
        """Mask the secrets of a configuration in all output from here on."""
        from reconciler.model.redaction import redactor
        from reconciler.report.hostile import ways

        self.output.redact = redactor(configuration.secrets, ways)


def workspace_type() -> type[Workspace]:
    """Return the class that opens workspaces: the seam at which tests put another."""
    from reconciler.workspace import Workspace

    return Workspace


def start(common: Mapping[str, Any]) -> Run:
    """Make the run of a command from its common options."""
    env = dict(os.environ)
    tone = Tone(quiet=common["quiet"], verbosity=common["verbose"], color=not common["no_color"])
    return Run(
        output=Output.of_process(tone, env),
        env=env,
        format="json" if common["as_json"] else common["format_"],
        lock_timeout=common["lock_timeout"],
        may_ask=common["input_"],
    )


def enter(folder: str | None) -> None:
    """Work in a folder, as `-C` says; file names on the command line are relative to it."""
    if folder is None:
        return
    try:
        os.chdir(folder)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ReconcilerError(f"-C {folder}: {reason}") from error
