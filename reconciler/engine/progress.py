"""How the engine tells what it is doing, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to the engine; called from one thread at a time or from several, so it must be thread-safe."""

    def begin(self, what: str, total: int | None) -> None:
        """Start a stage, such as "Reading soc"; `total` is how many steps it has, if that is known."""
        ...

    def expect(self, total: int) -> None:
        """Take the stage to have so many steps, where that is not known before its first."""
        ...

    def advance(self, count: int = 1) -> None:
        """Take `count` steps."""
        ...

    def end(self) -> None:
        """Finish the stage."""
        ...

    def say(self, text: str) -> None:
        """Tell one line of diagnostics."""
        ...


class Silent:
    """Listens to nothing."""

    def begin(self, what: str, total: int | None) -> None:
        """Ignore it."""

    def expect(self, total: int) -> None:
        """Ignore it."""

    def advance(self, count: int = 1) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""

    def say(self, text: str) -> None:
        """Ignore it."""
