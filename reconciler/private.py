"""
Folders of this user's own in which nobody else can write: what is kept there may be believed.

    XDG_CACHE_HOME or ~/.cache / reconciler / <what is kept>
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

_ABSOLUTE = os.path.isabs
"""A relative path in the environment is to be ignored: XDG Base Directory Specification."""


def cache_folder(env: Mapping[str, str], kept: str) -> Path | None:
    """Return where something is kept; None where the environment names no place of this user's."""
    cache, home = env.get("XDG_CACHE_HOME", ""), env.get("HOME", "")
    if _ABSOLUTE(cache):
        return Path(cache, "reconciler", kept)
    return Path(home, ".cache", "reconciler", kept) if _ABSOLUTE(home) else None


def open_folder(folder: Path) -> int:
    """Return a folder that is ours alone to write in, made if need be; raise OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        require_ours(os.fstat(place))
    except OSError:
        os.close(place)
        raise
    return place


def require_ours(found: os.stat_result) -> None:
    """Raise OSError for a file or a folder in which others may write."""
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise unusable("others may write there")


def require_our_file(found: os.stat_result) -> None:
    """Raise OSError for what is no regular file, or in which others may write."""
    if not stat.S_ISREG(found.st_mode):
        raise unusable("it is no regular file")
    require_ours(found)


def unusable(reason: str) -> OSError:
    """Return the error that says why something is not used."""
    return OSError(errno.EIO, reason)
