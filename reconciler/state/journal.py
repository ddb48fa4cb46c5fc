"""
What an apply announced and did since the last snapshot: JSON lines in a file beside it, each durable at once.

    {"kind": "header", "version": 1, "lineage": "…", "serial": 7}       the snapshot that the lines come after
    {"kind": "intent", "number": 1, "address": "soc.a", …}              about to be sent
    {"kind": "done", "number": 1, "address": "soc.a", "record": {…}}    executed; the whole new record, or null
    {"kind": "failed", "number": 2, "message": "…"}                     certainly not executed

An intent that makes items has two keys more, by which they are found again: `seeks` and `names`, see `Intent`;
`at` says when a create was announced.

Whom a journal belongs to, and why a crash neither replays twice nor loses anything:

    lineage is another       it tells of another history     ignored; put aside before a new one is begun
    serial < the snapshot's  the snapshot was saved after it ignored; replaced by the next one
    serial = the snapshot's  its lines come after            replayed
    serial > the snapshot's  an older snapshot was put back  replayed: what was done to the systems stays done

A save writes a snapshot of a higher serial that holds everything done, renames it into place, syncs the folder,
and only then removes the journal. Killed before the rename: the old snapshot and its journal. After it: the new
snapshot, and a journal that its serial has passed. Replaying is idempotent besides, since a line holds a whole
record and no difference. A save also ends every open intent: who saves has looked, or leaves the journal as it is.

Lines of several threads that come while the disk is busy are written at once and synced together; each thread
waits for the sync of its own line. A line without its newline was never acknowledged: its request has not been
sent, or is still open as an intent. It is ignored, and cut off before anything is appended. Only the last line
can be such a one, because the next write comes after the sync; so anything unreadable before it is damage, and
refused.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, TypeAdapter, ValidationError

from reconciler.errors import StateError
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.fields import Schema
from reconciler.model.record import Record, State
from reconciler.state.codec import (
    RecordData,
    as_utf8,
    first_problem,
    parse_json,
    record_from,
    record_to_json,
)
from reconciler.state.files import replace_file, sync_folder, write_all
from reconciler.state.store import Intent

VERSION: Final = 1

_Strict = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class _HeaderLine(BaseModel):
    model_config = _Strict
    kind: Literal["header"]
    version: StrictInt
    lineage: StrictStr
    serial: StrictInt


class _IntentLine(BaseModel):
    model_config = _Strict
    kind: Literal["intent"]
    number: StrictInt
    address: StrictStr
    action: Action
    method: StrictStr
    path: StrictStr
    marker: StrictStr | None
    record: RecordData | None
    seeks: dict[StrictStr, tuple[StrictStr, ...]] = {}
    names: dict[StrictStr, StrictStr] = {}
    at: StrictStr | None = None


class _DoneLine(BaseModel):
    model_config = _Strict
    kind: Literal["done"]
    number: StrictInt
    address: StrictStr
    record: RecordData | None


class _FailedLine(BaseModel):
    model_config = _Strict
    kind: Literal["failed"]
    number: StrictInt
    message: StrictStr


_AnyLine: TypeAlias = _HeaderLine | _IntentLine | _DoneLine | _FailedLine
_LINE: Final[TypeAdapter[_AnyLine]] = TypeAdapter(
    Annotated[_AnyLine, Field(discriminator="kind")], config=ConfigDict(defer_build=True)
)


# ------------------------------------------------------------------------------------------------ reading


@dataclass(slots=True)
class Replay:
    """What the readable lines of a journal say."""

    lineage: str
    serial: int
    done: list[tuple[Address, Record | None]] = field(default_factory=list)
    """In the order in which it was done; None where the case is gone."""
    open: dict[int, Intent] = field(default_factory=dict)
    last_number: int = 0
    size: int = 0
    """How many bytes hold whole lines."""

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing in it that anybody could miss."""
        return not self.done and not self.open

    def follows(self, state: State) -> bool:
        """Tell whether these lines come after the state; see the module's table."""
        return self.lineage == state.lineage and self.serial >= state.serial

    def applied_to(self, state: State) -> State:
        """Return the state after what was done, one serial on if anything was."""
        state = replace(state, serial=max(state.serial, self.serial))
        last = dict(self.done)
        if not last:
            return state
        gone = [address for address, record in last.items() if record is None]
        return state.with_records((record for record in last.values() if record is not None), gone)


def read_journal(content: bytes, schemas: Mapping[str, Schema], *, source: str) -> Replay | None:
    """Read the lines of a journal, None if not even the first is whole. Raises StateError for damage."""
    *lines, torn = content.split(b"\n")
    if not lines:
        return None
    header = _parse(lines[0], 1, source)
    if not isinstance(header, _HeaderLine):
        raise _damaged(f"{source}, line 1: the header is missing", source)
    replay = Replay(header.lineage, header.serial, size=len(content) - len(torn))
    for number, line in enumerate(lines[1:], start=2):
        try:
            _take(replay, _parse(line, number, source), schemas)
        except ValueError as error:
            raise _damaged(f"{source}, line {number}: {error}", source) from error
    return replay


def _parse(line: bytes, number: int, source: str) -> _AnyLine:
    place = f"{source}, line {number}"
    data = parse_json(line, source=place, hint=_way_back(source))
    _refuse_newer(data, source)
    try:
        return _LINE.validate_python(data)
    except ValidationError as error:
        raise _damaged(f"{place}: {first_problem(error)}", source) from error


def _refuse_newer(data: Any, source: str) -> None:
    match data:
        case {"kind": "header", "version": int(version)} if version > VERSION:
            raise StateError(
                f"{source} was written by a newer reconciler (version {version} of the journal)",
                hint="Upgrade reconciler; the file has not been touched.",
            )


def _take(replay: Replay, line: _AnyLine, schemas: Mapping[str, Schema]) -> None:
    match line:
        case _HeaderLine():
            raise ValueError("a second header")
        case _IntentLine():
            replay.open[line.number] = _intent(line, schemas)
            replay.last_number = max(replay.last_number, line.number)
        case _DoneLine():
            replay.open.pop(line.number, None)
            replay.done.append((Address.parse(line.address), _record(line.address, line.record, schemas)))
        case _FailedLine():
            replay.open.pop(line.number, None)


def _intent(line: _IntentLine, schemas: Mapping[str, Schema]) -> Intent:
    return Intent(
        number=line.number,
        address=Address.parse(line.address),
        action=line.action,
        method=line.method,
        path=line.path,
        marker=line.marker,
        record=_record(line.address, line.record, schemas),
        seeks=line.seeks,
        names=line.names,
        at=line.at,
    )


def _record(address: str, data: RecordData | None, schemas: Mapping[str, Schema]) -> Record | None:
    return record_from(address, data, schemas) if data else None


def _damaged(message: str, source: str) -> StateError:
    return StateError(f"{message}: the journal is damaged", hint=_way_back(source))


def _way_back(source: str) -> str:
    return (
        "It holds what an interrupted apply did. Repair the line; or put the journal aside with "
        f"`mv {source} {source}.broken` and plan, and look at the cases to create before you apply."
    )


# ------------------------------------------------------------------------------------------------ writing


class _Batch:
    """Lines that go to the disk together."""

    __slots__ = ("failure", "is_over", "lines")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.is_over = threading.Event()
        """They are on the disk, or will never be."""
        self.failure: str | None = None


class JournalFile:
    """The journal of one apply, open for appending; safe for several threads."""

    def __init__(self, path: Path, *, size: int, left: Iterable[Intent] = (), last_number: int = 0) -> None:
        """Open a journal after so many bytes; `left` are the intents that are open there."""
        self._path = path
        self._lock = threading.Lock()
        self._disk = threading.Lock()
        """Held by who writes; who holds it may take the other one, and not the other way round."""
        self._coming = _Batch()
        self._open = {intent.number: intent for intent in left}
        self._last_number = last_number
        self._broken: str | None = None
        self._size = size
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)

    @classmethod
    def create(cls, path: Path, state: State) -> JournalFile:
        """Begin an empty journal for a saved state; raises OSError."""
        content = _line(kind="header", version=VERSION, lineage=state.lineage, serial=state.serial)
        replace_file(path, content)
        sync_folder(path.parent)
        return cls(path, size=len(content))

    @classmethod
    def resume(cls, path: Path, replay: Replay) -> JournalFile:
        """Go on with a journal whose lines have been read; raises OSError."""
        return cls(path, size=replay.size, left=replay.open.values(), last_number=replay.last_number)

    def next_number(self) -> int:
        """Return a number that no intent of this journal has."""
        with self._lock:
            self._last_number += 1
            return self._last_number

    def intent(self, intent: Intent) -> None:
        """Announce a request; raise StateError if it must not be sent, ValueError if its number is taken."""
        with self._lock:
            if intent.number in self._open:
                raise ValueError(f"intent {intent.number} is open already; take numbers from next_number()")
        self._append(_intent_line(intent))
        with self._lock:
            self._open[intent.number] = intent
            self._last_number = max(self._last_number, intent.number)

    def done(self, intent: Intent, record: Record | None) -> None:
        """Close an intent with the whole new record; raises StateError, and the intent stays open."""
        data = record_to_json(record) if record else None
        self._close(intent, _line(kind="done", number=intent.number, address=str(intent.address), record=data))

    def failed(self, intent: Intent, message: str) -> None:
        """Close an intent that had no effect; raises StateError, and the intent stays open."""
        self._close(intent, _line(kind="failed", number=intent.number, message=message))

    def open_intents(self) -> tuple[Intent, ...]:
        """Return what was announced and neither done nor failed, by number; also once the file is closed."""
        with self._lock:
            return tuple(self._open[number] for number in sorted(self._open))

    def close(self) -> None:
        """Close the file; what is open stays open. Closing twice is allowed."""
        with self._disk:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _close(self, intent: Intent, line: bytes) -> None:
        self._append(line)
        with self._lock:
            self._open.pop(intent.number, None)

    def _append(self, line: bytes) -> None:
        """Write a line and wait for the disk; who begins a batch writes it, as soon as the one before is over."""
        with self._lock:
            batch = self._coming
            batch.lines.append(line)
            is_first = len(batch.lines) == 1
        if is_first:
            with self._disk:
                self._write(batch)
        batch.is_over.wait()
        if batch.failure is not None:
            raise self._unwritable(batch.failure)

    def _write(self, batch: _Batch) -> None:
        """
        Write a batch, whose lines are complete from then on, and wait for the disk.

        After a failure nothing is written any more: the disk may hold part of a line, and what follows it would
        be damage in the middle.
        """
        with self._lock:
            self._coming = _Batch()
        batch.failure = self._broken or ("it is closed" if self._descriptor < 0 else None)
        try:
            if batch.failure is None:
                batch.failure = self._broken = "writing was cut short"
                write_all(self._descriptor, b"".join(batch.lines))
                os.fdatasync(self._descriptor)
                batch.failure = self._broken = None
        except OSError as error:
            batch.failure = self._broken = str(error.strerror)
        finally:
            batch.is_over.set()

    def _unwritable(self, reason: str) -> StateError:
        return StateError(
            f"{self._path} cannot be written: {reason}. No further request is sent; "
            "what was recorded until then is safe, and what was in flight is looked up by the next apply",
            hint="Free some space or make the folder writable, then apply again.",
        )


def _intent_line(intent: Intent) -> bytes:
    sought = {"seeks": dict(intent.seeks), "names": dict(intent.names), "at": intent.at}
    return _line(
        kind="intent",
        number=intent.number,
        address=str(intent.address),
        action=intent.action.value,
        method=intent.method,
        path=intent.path,
        marker=intent.marker,
        record=record_to_json(intent.record) if intent.record else None,
        **{name: value for name, value in sought.items() if value},
    )


def _line(**data: Any) -> bytes:
    """Return one line; JSON escapes every newline, so none stands inside."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return as_utf8(text) + b"\n"
