"""What a command is given in a file, or through stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.errors import ReconcilerError

STDIN = "-"


def given(name: str, most: int) -> tuple[str, bytes]:
    """Return what messages call a file, and its content; raise ReconcilerError for more than `most` bytes."""
    try:
        if name == STDIN:
            content = b"" if sys.stdin is None else sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(most + 1)
    except OSError as error:
        raise ReconcilerError(f"{name} cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise ReconcilerError(f"{name} is larger than {most // 2**20} MiB")
    return ("stdin" if name == STDIN else name), content
