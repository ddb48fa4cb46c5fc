from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from reconciler.errors import Interrupted, LockHeld, StateError
from reconciler.state import LocalStore

from .support import SCHEMAS, store_in

HOLDER = """
import sys, time
from pathlib import Path
from reconciler.state import LocalStore
with LocalStore(Path(sys.argv[1]), {}).lock(operation="apply", timeout=5):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def other_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds the lock until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_the_second_waits_and_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with other_process(store.path) as child:
        started = time.monotonic()
        with pytest.raises(LockHeld) as caught, store.lock(operation="apply", timeout=0.3):
            pytest.fail("two hold one lock")
        assert 0.3 <= time.monotonic() - started < 5

    message = caught.value.message
    assert f"process {child.pid}" in message
    assert "for apply" in message
    assert "Waited 0 s" in message
    assert str(store.path) in message
    assert "--lock-timeout" in str(caught.value.hint)


def test_the_lock_of_a_killed_process_is_free_and_its_note_harmless(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with other_process(store.path) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    note = store.path.with_name("acme.json.lock.info")
    assert json.loads(note.read_text())["pid"] == child.pid

    with store.lock(operation="apply", timeout=5):
        assert json.loads(note.read_text())["pid"] == os.getpid()
    assert not note.exists()


def test_the_note_says_who_and_what(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with store.lock(operation="state mv", timeout=0):
        note = json.loads(store.path.with_name("acme.json.lock.info").read_text())

    assert note["operation"] == "state mv"
    assert note["created"] == "2026-01-01T00:00:00Z"
    assert "@" in note["who"]
    assert set(note) == {"id", "operation", "who", "pid", "created"}


@pytest.mark.parametrize("note", ["", "[]", "{", '{"id": 1}', "null"])
def test_an_unreadable_note_still_refuses(tmp_path: Path, note: str) -> None:
    store = LocalStore(tmp_path / "acme.json", SCHEMAS, sleep=lambda _: None)
    with other_process(store.path):
        store.path.with_name("acme.json.lock.info").write_text(note)
        with pytest.raises(LockHeld, match="by another process"), store.lock(operation="apply", timeout=0):
            pytest.fail("two hold one lock")


def test_waiting_ends_when_the_user_interrupts(tmp_path: Path) -> None:
    def interrupted(_: float) -> None:
        raise Interrupted("interrupted")

    path = tmp_path / "acme.json"
    with other_process(path):
        store = LocalStore(path, SCHEMAS, sleep=interrupted)
        with pytest.raises(Interrupted), store.lock(operation="apply", timeout=60):
            pytest.fail("two hold one lock")


def test_the_lock_is_taken_when_it_becomes_free(tmp_path: Path) -> None:
    path = tmp_path / "acme.json"
    with other_process(path) as child:

        def kill_and_wait(seconds: float) -> None:
            child.kill()
            time.sleep(seconds)

        with LocalStore(path, SCHEMAS, sleep=kill_and_wait).lock(operation="apply", timeout=10):
            assert child.wait() == -signal.SIGKILL


def test_an_error_inside_frees_the_lock(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with pytest.raises(ZeroDivisionError), store.lock(operation="apply", timeout=0):
        raise ZeroDivisionError
    with store.lock(operation="apply", timeout=0):
        pass


def test_what_killed_runs_left_is_swept_under_the_lock(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.path.parent.mkdir()
    left = store.path.with_name(".acme.json.0123abcd.tmp")
    other = store.path.with_name(".acme2.json.0123abcd.tmp")
    left.write_text("half")
    other.write_text("half")
    with store.lock(operation="apply", timeout=0):
        assert not left.exists()
    assert other.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(StateError, match=r"cannot be locked: .* Nothing was changed"):  # noqa: SIM117 (one raises)
        with store_in(tmp_path).lock(operation="apply", timeout=0):
            pytest.fail("locked nothing")


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.state.lock.FileLock", filelock.SoftFileLock)
    with pytest.raises(StateError, match="has no locks"), store_in(tmp_path).lock(operation="apply", timeout=0):
        pytest.fail("locked nothing")


def test_a_user_without_a_name_can_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    store = store_in(tmp_path)
    with store.lock(operation="apply", timeout=0):
        note = json.loads(store.path.with_name("acme.json.lock.info").read_text())
    assert note["who"].startswith(f"uid {os.getuid()}@")


# ----------------------------------------------------------------------------------------------- unlocking


def note_of(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.with_name("acme.json.lock.info").read_text())
    return found


def test_one_who_is_alive_keeps_the_lock(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with other_process(store.path) as child:
        note = note_of(store.path)
        for id in (note["id"], "other"):
            with pytest.raises(LockHeld, match="It is alive, so it keeps its lock") as caught:
                store.unlock(id)
            assert ("and not by other" in caught.value.message) is (id == "other")
            assert f"end process {child.pid}" in str(caught.value.hint)
        assert note_of(store.path) == note


def test_what_a_dead_holder_left_is_removed_by_its_name(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    with other_process(store.path) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    note = note_of(store.path)
    with pytest.raises(StateError, match="there is no lock other") as caught:
        store.unlock("other")
    assert note["id"] in str(caught.value.hint)

    holder = store.unlock(note["id"])

    assert (holder.id, holder.pid, holder.operation) == (note["id"], child.pid, "apply")
    assert not store.path.with_name("acme.json.lock.info").exists()
    with pytest.raises(StateError, match="is not locked"):
        store.unlock(note["id"])


def test_where_nothing_was_locked_there_is_nothing_to_unlock(tmp_path: Path) -> None:
    store = store_in(tmp_path)

    with pytest.raises(StateError, match="is not locked"):
        store.unlock("any")

    assert not store.path.parent.exists()
