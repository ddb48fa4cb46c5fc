"""What is kept of case files in a folder: whatever happens to that, the same is read."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.config import cache as module
from reconciler.config.cache import Cache, folder
from tests.config.kept import CASES, ENV, Kept, outcome


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def of_index(data: bytes, change: Callable[[Any], Any]) -> bytes:
    """Return a cache with another index, all of whose checksums are right."""
    offset, length, _ = module._END.unpack(data[-module._END.size :])
    index = json.dumps(change(json.loads(data[offset : offset + length]))).encode()
    return data[:offset] + index + module._END.pack(offset, len(index), hashlib.sha256(index).digest())


def with_spans(made: Callable[[str, Any], Any]) -> Callable[[bytes], bytes]:
    return lambda data: of_index(
        data, lambda index: [index[0], {key: made(key, span) for key, span in index[1].items()}]
    )


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "short": lambda data: data[:10],
    "cut": lambda data: data[:-1],
    "begun": lambda data: data[: len(data) // 2],
    "longer": lambda data: data + b"x",
    "garbage": lambda data: b"\xff\x00" * 4000,
    "zeros": lambda data: bytes(len(data)),
    "first byte": lambda data: flipped(data, 0),
    "a value": lambda data: data.replace(b"Wave", b"Wive"),
    "the index": lambda data: flipped(data, len(data) - module._END.size - 3),
    "the end": lambda data: flipped(data, len(data) - 1),
    "twice": lambda data: data + data,
    "huge index": lambda data: data[: -module._END.size] + module._END.pack(0, 2**63, b"x" * 32),
    "another namespace": lambda data: of_index(data, lambda index: ["other", index[1]]),
    "no list": lambda data: of_index(data, lambda index: {"entries": index[1]}),
    "no spans": lambda data: of_index(data, lambda index: [index[0]]),
    "spans that are none": with_spans(lambda key, span: "span"),
    "spans far away": with_spans(lambda key, span: [2**70, *span[1:]]),
    "spans before": with_spans(lambda key, span: [-5, *span[1:]]),
    "spans of no end": with_spans(lambda key, span: [span[0], 10**12, span[2]]),
    "spans of too much": with_spans(lambda key, span: [0, module._MOST_AT_ONCE + 1, span[2]]),
    "deep": lambda data: of_index(data, lambda index: index).replace(b"[", b"[" * 5000, 1),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_cache_is_as_if_there_were_none(
    kept: Kept, parsed: list[str], broken: Callable[[bytes], bytes]
) -> None:
    plain = outcome(kept)
    (stored,) = kept.stored
    stored.write_bytes(broken(stored.read_bytes()))
    parsed.clear()

    assert outcome(kept) == plain
    assert parsed == ["a.yaml"]
    assert outcome(kept) == plain
    assert parsed == ["a.yaml"]
    assert kept.said == []


def test_what_is_whole_and_says_nothing_is_written_again(kept: Kept, parsed: list[str]) -> None:
    plain = outcome(kept)
    (stored,) = kept.stored
    data = stored.read_bytes()
    offset = module._END.unpack(data[-module._END.size :])[0]
    senseless = b"{" + b" " * (offset - 1)
    span = [0, offset, module._checksum(senseless)]
    stored.write_bytes(senseless + with_spans(lambda key, _: span)(data)[offset:])
    parsed.clear()

    assert outcome(kept) == plain
    assert outcome(kept) == plain
    assert parsed == ["a.yaml"]


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


UNTRUSTED: dict[str, Callable[[Path], object]] = {
    "a folder": as_folder,
    "a link": as_link,
    "a pipe": as_pipe,
    "writable by others": lambda path: path.chmod(0o602),
    "writable by the group": lambda path: path.chmod(0o620),
}


@pytest.mark.parametrize("change", UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_what_somebody_else_may_have_written_is_not_read(
    kept: Kept, parsed: list[str], change: Callable[[Path], object]
) -> None:
    plain = outcome(kept)
    (stored,) = kept.stored
    change(stored)
    parsed.clear()

    assert outcome(kept) == plain
    assert parsed == ["a.yaml"]


def writable(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def linked(path: Path) -> None:
    (path.parent / "real").mkdir()
    path.symlink_to(path.parent / "real")


FOLDERS: dict[str, Callable[[Path], object]] = {
    "writable by others": writable,
    "a link": linked,
    "a file": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("change", FOLDERS.values(), ids=FOLDERS.keys())
def test_a_folder_that_is_not_ours_alone_is_not_used(kept: Kept, change: Callable[[Path], object]) -> None:
    change(kept.folder)

    assert outcome(kept) == outcome(kept, is_kept=False)
    assert all(line.startswith("what was understood of the case files is not kept:") for line in kept.said)
    assert len(kept.said) == 1


def test_a_folder_of_another_user_is_not_used(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    assert outcome(kept) == outcome(kept, is_kept=False)
    assert "others may write there" in kept.said[0]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("call", ["rename", "utime"])
def test_a_full_disk_is_told_and_no_more(kept: Kept, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    plain = outcome(kept, is_kept=False)
    if call == "utime":
        outcome(kept)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)

        assert outcome(kept) == plain

    assert kept.said == ["what was understood of the case files is not kept: No space left on device"]
    assert [path for path in kept.stored if path.name.endswith(".tmp")] == []


def test_a_file_that_cannot_be_begun_is_told_and_no_more(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.declare({"more": {"provider": "soc", "name": "More"}}, "b")
    opened = os.open

    def failing(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_EXCL:
            full()
        return opened(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", failing)

    assert outcome(kept) == outcome(kept, is_kept=False)
    assert len(kept.said) == 1


def test_it_is_for_the_user_alone(kept: Kept) -> None:
    kept.load()

    (stored,) = kept.stored
    assert (stored.stat().st_mode & 0o777, kept.folder.stat().st_mode & 0o777) == (0o600, 0o700)


# ------------------------------------------------------------------------------------ its size


def test_what_is_no_longer_in_the_files_goes_with_the_next_change(kept: Kept) -> None:
    kept.declare({"more": {"provider": "soc", "name": "More"}}, "b")
    kept.load()
    (kept.root / "cases/b.yaml").unlink()
    kept.declare({**CASES, "third": {"provider": "soc", "name": "Third"}})

    kept.load()

    (stored,) = kept.stored
    assert b"More" not in stored.read_bytes()
    assert b"Third" in stored.read_bytes()


def test_nothing_is_added_beyond_the_most(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)

    kept.load()
    kept.load()

    (stored,) = kept.stored
    assert stored.stat().st_size < 300
    assert kept.said == []


def test_what_nobody_used_for_long_goes(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.load()
    old, fresh = kept.folder / "old", kept.folder / "fresh"
    for path, age in ((old, module._STALE + 60), (fresh, 60)):
        path.write_text("x" * 100)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    (kept.folder / "of-somebody-else").mkdir()
    kept.declare({"one": CASES["topic"]})

    kept.load()

    assert not old.exists()
    assert (kept.folder / "of-somebody-else").exists()
    assert fresh.exists()
    monkeypatch.setattr(module, "MAX_TOTAL", 300)
    kept.declare(CASES)
    kept.load()
    assert not fresh.exists()


def test_what_is_used_stays(kept: Kept) -> None:
    kept.load()
    (stored,) = kept.stored
    os.utime(stored, (0, 0))

    kept.load()

    assert stored.stat().st_mtime > 0


# ------------------------------------------------------------------------------------ side by side


def test_many_at_once_read_the_same(kept: Kept) -> None:
    plain = outcome(kept, is_kept=False)
    found: list[Any] = []

    def read() -> None:
        for number in range(5):
            if number % 2:
                shutil.rmtree(kept.folder, ignore_errors=True)
            found.append(outcome(kept) == plain)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 20


# ------------------------------------------------------------------------------------ where it is


@pytest.mark.parametrize(
    ("env", "where"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/reconciler/cases"),
        ({"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/reconciler/cases"),
        ({"HOME": "/h"}, "/h/.cache/reconciler/cases"),
        ({"HOME": ""}, None),
        ({}, None),
        ({"RECONCILER_CACHE_DIR": "/r", "XDG_CACHE_HOME": "/c"}, "/r/cases"),
        ({"RECONCILER_CACHE_DIR": "", "XDG_CACHE_HOME": "/c"}, None),
    ],
)
def test_it_is_where_the_environment_says(env: Mapping[str, str], where: str | None) -> None:
    assert folder(env) == (None if where is None else Path(where))


def test_a_relative_folder_is_one_of_where_the_run_began(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert folder({"RECONCILER_CACHE_DIR": "here"}) == tmp_path / "here" / "cases"


def test_without_a_folder_nothing_is_kept_or_told(kept: Kept) -> None:
    said: list[str] = []

    with Cache(None, said.append).opened(kept.root, "namespace") as opened:
        opened.put("key", b"data")
        opened.finish()
        assert opened.get("key") is None
    assert (said, kept.stored, opened.takes, len(ENV)) == ([], [], False, 4)
