"""Replacing a file of the user's: whole, and only if nobody has changed it since it was read."""

from __future__ import annotations

from pathlib import Path

from reconciler.errors import ReconcilerError


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Replace the content `old` of a file by `new`; a link stays one. Raise ReconcilerError."""
    from reconciler.config.characters import MAX_BYTES
    from reconciler.config.files import Unreadable, read, real
    from reconciler.state.files import replace_file, sync_folder

    try:
        target = real(Path(), path)
        if read(target, MAX_BYTES) != old:
            raise ReconcilerError(f"{path}: changed while it was worked on; nothing was written", hint="try again")
        replace_file(target, new)
        sync_folder(target.parent)
    except Unreadable as error:
        raise ReconcilerError(f"the file {path} {error}") from error
    except OSError as error:
        raise ReconcilerError(f"{path} cannot be written: {error.strerror}") from error
