"""What is remembered of a case: after each request what is true by then, at the end what it has become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from reconciler.model.change import Change
from reconciler.model.record import Record
from reconciler.model.values import ABSENT, Path, Value, known_as
from reconciler.planning.naming import OWN, Handles, words_of


@dataclass(frozen=True, slots=True)
class Memory:
    """A change, and the record that it leads to."""

    change: Change
    target: Record
    """With everything filled in that is known by now."""
    lineage: str

    def complete(self, told: Record | None, handles: Handles) -> Record:
        """Return the record of a case that is as it was to become; `told` is what the requests have told of it."""
        last = told or self.target
        return self._holding(handles, replace(self.target, id=last.id, url=last.url))

    def after(
        self, before: Record | None, paths: Iterable[Path], captured: Mapping[str, Value], handles: Handles
    ) -> Record:
        """Return the record once a request has made some fields true; `captured` is what its answer told."""
        recorded = dict(before.recorded) if before else {}
        for path in paths:
            _take(recorded, self.target.recorded, path)
        record = replace(
            self.target,
            id=str(captured.get("id") or (before.id if before else self.change.id) or ""),
            url=str(captured.get("url") or (before.url if before else self.change.url) or ""),
            recorded=recorded,
        )
        return self._holding({**(before.handles if before else {}), **handles}, record)

    def _holding(self, handles: Handles, record: Record) -> Record:
        """Return a record with the handles of what is recorded, and of what is only ignored for now."""

        def is_held(path: str) -> bool:
            name, _, key = path.partition(".")
            within = record.recorded.get(name)
            if isinstance(within, AbstractSet):
                return key.startswith(OWN) or any(known_as(member) == key for member in within)
            if isinstance(within, Mapping):
                return key in within
            return name in record.lifecycle.ignore_changes or key in words_of(within, self.lineage)

        return replace(record, handles={path: handle for path, handle in handles.items() if is_held(path)})


def _take(recorded: dict[str, Value], target: Mapping[str, Value], path: Path) -> None:
    """Make `recorded` what `target` says at one path; a field of an item brings the item with it."""
    name, *rest = path
    value = target.get(name, ABSENT)
    if rest:
        inner = dict(recorded.get(name) or {})
        _take(inner, value if isinstance(value, Mapping) else {}, tuple(rest))
        value = inner
    if value is not ABSENT:
        recorded[name] = value
    elif len(path) == 1:
        recorded.pop(name, None)
