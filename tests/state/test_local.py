from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import StateError
from reconciler.model.record import State
from reconciler.state import LocalStore, encode
from reconciler.state.journal import JournalFile

from .support import FULL, SCHEMAS, creation, record, state, store_in


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return store_in(tmp_path)


def test_where_nothing_was_saved_there_is_no_state(store: LocalStore) -> None:
    assert store.read() is None
    assert store.open_intents() == ()
    assert not store.path.parent.exists()


def test_what_is_saved_is_read(store: LocalStore) -> None:
    store.save(state(FULL))

    assert store.read() == state(FULL)
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["acme.json"]


def test_the_previous_state_is_kept_as_backup(store: LocalStore) -> None:
    store.save(state(serial=1))
    store.save(state(FULL, serial=2))

    assert store.backup_path.read_bytes() == encode(state(serial=1))


def test_a_new_state_is_private_and_an_old_one_keeps_its_mode(store: LocalStore) -> None:
    store.save(state(serial=1))
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600

    store.path.chmod(0o640)
    store.save(state(serial=2))
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o640


def test_a_linked_state_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "shared" / "real.json"
    link = tmp_path / "acme.json"
    link.symlink_to(target)
    LocalStore(link, SCHEMAS).save(state())

    assert link.is_symlink()
    assert target.read_bytes() == encode(state())


def _folder(path: Path) -> None:
    path.mkdir(parents=True)


def _fifo(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path)


def _below_a_file(path: Path) -> None:
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_folder, "is a folder"),
        (_fifo, "is no regular file"),
        (_loop, "symbolic links"),
        (_below_a_file, "Not a dir"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None], said: str) -> None:
    make(tmp_path / "state" / "acme.json")
    store = store_in(tmp_path)

    with pytest.raises(StateError, match=said):
        store.read()
    with pytest.raises(StateError, match=said):
        store.save(state())


def test_an_unreadable_state_is_refused(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(StateError, match=r"acme\.json cannot be read: Permission denied"):
        store.read()


def test_a_broken_state_is_never_written_over_and_names_the_way_back(store: LocalStore) -> None:
    store.save(state(serial=1))
    store.save(state(serial=2))
    store.path.write_text("{")

    for attempt in (store.read, lambda: store.save(state(serial=9)), lambda: store.begin(state(serial=9))):
        with pytest.raises(StateError, match=r"acme\.json:1:2") as caught:
            attempt()
        assert caught.value.hint == f"Put the state before it back with: cp {store.backup_path} {store.path}"
    assert store.path.read_text() == "{"


def test_without_a_backup_the_way_back_is_another(store: LocalStore) -> None:
    store.path.parent.mkdir()
    store.path.write_text("")

    with pytest.raises(StateError) as caught:
        store.read()
    assert "no backup" in str(caught.value.hint)


def test_a_state_of_another_history_is_not_written_over(store: LocalStore) -> None:
    store.save(state())

    for write in (store.save, store.begin):
        with pytest.raises(StateError, match="another history"):
            write(state(serial=9, lineage="lineage-2"))


@pytest.mark.parametrize("serial", [0, 6, 7])
def test_an_older_state_is_not_saved(store: LocalStore, serial: int) -> None:
    store.save(state())

    with pytest.raises(StateError, match="has changed since it was read"):
        store.save(state(serial=serial))


# ------------------------------------------------------------------------------------------------ journal


def test_the_lineage_is_durable_before_the_first_write(store: LocalStore) -> None:
    store.begin(state(serial=0)).close()

    assert store.read() == state(serial=0)


def test_what_was_done_is_read_back_before_it_is_saved(store: LocalStore) -> None:
    store.save(state(record("old"), record("gone")))
    journal = store.begin(state(record("old"), record("gone")))
    for number, (name, kept) in enumerate([("old", FULL), ("new", FULL), ("gone", None)], start=1):
        intent = creation(number, name)
        journal.intent(intent)
        made = record(name, 5) if kept else None
        journal.done(intent, made)

    assert store_in(store.path.parent.parent).read() == state(record("old", 5), record("new", 5), serial=8)
    assert store.open_intents() == ()


def test_an_intent_is_open_until_it_is_done_or_failed(store: LocalStore) -> None:
    journal = store.begin(state())
    intents = [creation(journal.next_number(), name) for name in ("a", "b", "c")]
    for intent in intents:
        journal.intent(intent)
    assert store.open_intents() == journal.open_intents() == tuple(intents)

    journal.failed(intents[0], "refused")
    journal.done(intents[2], record("c"))
    journal.close()
    assert store.open_intents() == journal.open_intents() == (intents[1],)


def test_saving_drops_the_journal_and_closes_it(store: LocalStore) -> None:
    journal = store.begin(state())
    journal.intent(creation(1))
    journal.done(creation(1), record("new"))
    store.save(state(record("new"), serial=8))

    assert not store.journal_path.exists()
    assert store.read() == state(record("new"), serial=8)
    with pytest.raises(StateError, match="it is closed"):
        journal.intent(creation(2))


def test_saving_ends_every_open_intent(store: LocalStore) -> None:
    journal = store.begin(state())
    journal.intent(creation(1))
    store.save(state(serial=8))

    assert store.open_intents() == ()
    assert not store.journal_path.exists()


def test_an_interrupted_journal_is_gone_on_with(store: LocalStore) -> None:
    first = store.begin(state())
    first.intent(creation(1, "a"))
    first.done(creation(1, "a"), record("a"))
    first.intent(creation(2, "b"))
    first.close()
    with store.journal_path.open("ab") as file:
        file.write(b'{"kind": "don')

    after = store_in(store.path.parent.parent)
    replayed = after.read()
    assert replayed == state(record("a"), serial=8)
    second = after.begin(replayed)
    with pytest.raises(ValueError, match="intent 2 is open already"):
        second.intent(creation(2))
    number = second.next_number()
    second.intent(creation(number, "c"))
    second.done(creation(number, "c"), record("c"))

    assert number == 3
    assert after.open_intents() == second.open_intents() == (creation(2, "b"),)
    assert after.read() == state(record("a"), record("c"), serial=8)


def test_a_state_that_was_read_before_an_interrupted_apply_is_not_begun_with(store: LocalStore) -> None:
    store.save(state())
    journal = store.begin(state())
    journal.intent(creation(1))
    journal.done(creation(1), record("new"))
    journal.close()

    with pytest.raises(StateError, match="has changed since it was read"):
        store.begin(state())


def test_a_journal_torn_at_any_byte_loses_nothing_that_was_acknowledged(store: LocalStore) -> None:
    base = state(record("old"))
    store.save(base)
    journal = store.begin(base)
    known: dict[int, tuple[State | None, int]] = {0: (base, 0)}

    def acknowledged() -> None:
        known[store.journal_path.stat().st_size] = (store.read(), len(store.open_intents()))

    acknowledged()
    for number, intent in enumerate([creation(1, "a"), creation(2, "b"), creation(3, "old")]):
        journal.intent(intent)
        acknowledged()
        if number == 1:
            journal.failed(intent, "refused\nin two lines")
        else:
            journal.done(intent, record("a") if number == 0 else None)
        acknowledged()
    journal.close()
    whole = store.journal_path.read_bytes()
    expected = known[0]
    for size in range(len(whole) + 1):
        expected = known.get(size, expected)
        store.journal_path.write_bytes(whole[:size])
        torn = store_in(store.path.parent.parent)
        assert (torn.read(), len(torn.open_intents())) == expected
    assert expected == (state(record("a"), serial=8), 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"garbage", "line 3:1:1 is not valid JSON"),
        (b"\0\0\0", "line 3:1:1 is not valid JSON"),
        (b"", "line 3:1:1 is not valid JSON"),
        (b'{"kind": "other"}', "line 3: the whole: "),
        (b'{"kind": "done", "number": 1, "address": "soc.a"}', "line 3: done.record: Field required"),
        (b'{"kind": "done", "number": 1, "address": "nowhere", "record": null}', "not an address"),
        (b'{"kind": "header", "version": 1, "lineage": "l", "serial": 1}', "line 3: a second header"),
    ],
)
def test_damage_in_the_middle_is_refused_with_its_line(store: LocalStore, line: bytes, said: str) -> None:
    journal = store.begin(state())
    journal.intent(creation(1))
    journal.close()
    with store.journal_path.open("ab") as file:
        file.write(line + b'\n{"kind": "failed", "number": 1, "message": ""}\n')

    with pytest.raises(StateError) as caught:
        store.read()
    assert said in caught.value.message
    assert f"mv {store.journal_path} {store.journal_path}.broken" in str(caught.value.hint)


def test_a_journal_without_its_header_is_refused(store: LocalStore) -> None:
    store.save(state())
    store.journal_path.write_text('{"kind": "failed", "number": 1, "message": ""}\n')

    with pytest.raises(StateError, match="line 1: the header is missing"):
        store.read()


def test_a_newer_journal_is_refused(store: LocalStore) -> None:
    store.save(state())
    store.journal_path.write_text('{"kind": "header", "version": 2, "news": true}\n')

    with pytest.raises(StateError, match="newer reconciler"):
        store.read()


def _journal_of(folder: Path, serial: int, lineage: str = "lineage-1") -> bytes:
    """Return a journal with one case done and one create open, begun at a serial."""
    other = store_in(folder / f"{lineage}-{serial}")
    journal = other.begin(state(serial=serial, lineage=lineage))
    journal.intent(creation(1, "done"))
    journal.done(creation(1, "done"), record("done"))
    journal.intent(creation(2, "open"))
    journal.close()
    return other.journal_path.read_bytes()


@pytest.mark.parametrize(
    ("serial", "lineage", "replayed_to", "is_open"),
    [
        (6, "lineage-1", None, False),
        (7, "lineage-1", 8, True),
        (9, "lineage-1", 10, True),
        (7, "lineage-2", None, False),
    ],
)
def test_a_journal_counts_only_for_its_own_history(
    store: LocalStore, tmp_path: Path, serial: int, lineage: str, replayed_to: int | None, *, is_open: bool
) -> None:
    store.save(state())
    store.journal_path.write_bytes(_journal_of(tmp_path, serial, lineage))
    expected = state(record("done"), serial=replayed_to) if replayed_to else state()

    assert store.read() == expected
    assert bool(store.open_intents()) is is_open

    store.begin(expected).close()
    assert store.read() == expected
    assert bool(store.open_intents()) is is_open
    put_aside = store.journal_path.with_name("acme.json.journal.other")
    assert put_aside.exists() is (lineage != "lineage-1")

    store.save(state(record("done"), serial=11))
    assert store.read() == state(record("done"), serial=11)
    assert store.open_intents() == ()


def test_a_journal_whose_state_is_missing_is_not_forgotten(store: LocalStore) -> None:
    journal = store.begin(state())
    store.path.unlink()
    assert store.read() is None

    journal.intent(creation(1))
    with pytest.raises(StateError, match=r"acme\.json is missing, but .* interrupted apply"):
        store.read()


def test_several_threads_write_one_journal(store: LocalStore) -> None:
    journal = store.begin(state())

    def work(part: int) -> None:
        for index in range(20):
            intent = creation(journal.next_number(), f"case-{part}-{index}")
            journal.intent(intent)
            journal.done(intent, record(f"case-{part}-{index}", intent.number))

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    read = store.read()
    assert read is not None
    assert len(read.records) == 160
    assert len({item.id for item in read.records.values()}) == 160
    assert store.open_intents() == ()


def _announced_by_threads(journal: JournalFile, count: int, announced: Callable[[int], object]) -> None:
    """Announce from several threads at a time, and tell of each intent as soon as that is done."""

    def work() -> None:
        for _ in range(5):
            intent = creation(journal.next_number())
            with suppress(StateError):
                journal.intent(intent)
                announced(intent.number)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_lines_that_come_while_the_disk_is_busy_share_its_next_sync_and_none_is_acknowledged_before(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = store.begin(state())
    synced: list[bytes] = []
    early: list[int] = []

    def slow(_: int) -> None:
        content = store.journal_path.read_bytes()
        time.sleep(0.02)
        synced.append(content)

    def announced(number: int) -> None:
        if b'"number":%d,' % number not in synced[-1]:
            early.append(number)

    monkeypatch.setattr(os, "fdatasync", slow)
    _announced_by_threads(journal, 8, announced)

    assert early == []
    assert len(store.open_intents()) == 40
    assert len(synced) < 40


def test_a_failed_sync_fails_every_line_that_shares_it_and_all_that_follow(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = store.begin(state())
    written: list[int] = []
    announced: list[int] = []

    def failing(_: int) -> None:
        time.sleep(0.02)
        written.append(store.journal_path.read_bytes().count(b'"intent"'))
        if len(written) > 1:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", failing)
    _announced_by_threads(journal, 4, announced.append)

    assert len(written) == 2
    assert len(announced) == written[0]


def test_a_reader_sees_whole_states_only_while_another_saves(store: LocalStore) -> None:
    store.save(state(serial=1))
    stop = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        reader = store_in(store.path.parent.parent)
        last = 0
        while not stop.is_set():
            seen = reader.read()
            if seen is None or seen.serial < last or len(seen.records) not in {seen.serial - 1, seen.serial - 2}:
                wrong.append(str(seen and (seen.serial, len(seen.records), last)))
            last = seen.serial if seen else last

    reader = threading.Thread(target=read)
    reader.start()
    current = state(serial=1)
    for number in range(1, 60):
        journal = store.begin(current)
        journal.intent(creation(1, f"c{number}"))
        journal.done(creation(1, f"c{number}"), record(f"c{number}"))
        current = current.with_records([record(f"c{number}")])
        store.save(current)
    stop.set()
    reader.join()

    assert not wrong
    assert store.read() == current


# ------------------------------------------------------------------------------------------------ crashes


class Killed(BaseException):
    """Stands for the death of the process: nobody catches it."""


SYSTEM_CALLS = ("open", "write", "fsync", "fdatasync", "replace", "fchmod", "ftruncate")


def _break_at(monkeypatch: pytest.MonkeyPatch, when: int, error: BaseException) -> Callable[[], int]:
    """Raise at the nth of the system calls that change files; return how many there were."""
    count = 0

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == when:
                raise error
            return call(*args, **kwargs)

        return wrapped

    for name in SYSTEM_CALLS:
        monkeypatch.setattr(os, name, wrap(getattr(os, name)))
    for name in ("unlink", "replace"):
        monkeypatch.setattr(Path, name, wrap(getattr(Path, name)))
    return lambda: count


def _run(store: LocalStore) -> State:
    """Apply one create and one deletion; return the state afterwards."""
    before = store.read()
    assert before is not None
    journal = store.begin(before)
    for number, name in ((1, "new"), (2, "old")):
        journal.intent(creation(number, name))
        journal.done(creation(number, name), record(name) if name == "new" else None)
    after = before.with_records([record("new")], [record("old").address])
    store.save(after)
    return after


def _calls_of_a_run(tmp_path: Path) -> int:
    store = store_in(tmp_path / "dry")
    store.save(state(record("old")))
    with pytest.MonkeyPatch.context() as patch:
        count = _break_at(patch, 0, Killed())
        _run(store)
        return count()


@pytest.mark.parametrize("error", [Killed(), OSError(28, "No space left on device")], ids=["killed", "full"])
def test_a_death_or_a_full_disk_at_any_step_leaves_a_state_that_knows_what_was_done(
    tmp_path: Path, error: BaseException
) -> None:
    steps = _calls_of_a_run(tmp_path)
    assert steps > 20
    for when in range(1, steps + 1):
        store = store_in(tmp_path / str(when))
        store.save(state(record("old")))
        acknowledged: list[str] = []
        with pytest.MonkeyPatch.context() as patch, suppress(Killed, StateError):
            _remember_done(patch, acknowledged)
            _break_at(patch, when, error)
            _run(store)

        after = store_in(tmp_path / str(when))
        read = after.read()
        assert read is not None
        names = {address.name for address in read.records}
        assert ("new" in names) >= ("new" in acknowledged)
        assert ("old" not in names) >= ("old" in acknowledged)
        assert _repaired(after) == {"new"}


def _remember_done(patch: pytest.MonkeyPatch, acknowledged: list[str]) -> None:
    from reconciler.state.journal import JournalFile

    original = JournalFile.done

    def done(self: JournalFile, intent: Any, made: Any) -> None:
        original(self, intent, made)
        acknowledged.append(intent.address.name)

    patch.setattr(JournalFile, "done", done)


def _repaired(store: LocalStore) -> set[str]:
    """Do what the next apply does: settle what is open, do the rest, save."""
    with store.lock(operation="apply", timeout=0):
        current = store.read()
        assert current is not None
        journal = store.begin(current)
        for intent in store.open_intents():
            journal.failed(intent, "not found")
        store.save(current.with_records([record("new")], [record("old").address]))
    saved = store.read()
    assert saved is not None
    left = {path.name for path in store.path.parent.iterdir()}
    assert left <= {"acme.json", "acme.json.backup", "acme.json.lock"}
    return {address.name for address in saved.records}


def test_after_a_failed_write_the_journal_takes_nothing_more(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = store.begin(state())

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StateError, match=r"No space left on device. No further request is sent"):
            journal.intent(creation(1))
    with pytest.raises(StateError, match=r"No space left on device"):
        journal.intent(creation(2))
    assert store.open_intents() == ()


def test_a_failed_save_says_what_is_safe(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(state())

    def full(*_: Any) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match=r"The one before it is unchanged.*Read-only file system"):
        store.save(state(serial=8))
    with pytest.raises(StateError, match=r"nothing was sent: Read-only file system"):
        store.begin(state())
    monkeypatch.undo()
    assert store.read() == state()
