"""
What is new in drift, compared with an earlier report of `drift --json`.

A field is as before if the earlier report tells of the same field of the same case with the same live value. What
that report had found to be as before counts as told, so that each report can be the earlier one of the next; what
it had waived does not, so that it is new once its waiver has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from reconciler.errors import ReconcilerError
from reconciler.model.change import Drift, DriftReport
from reconciler.model.plan import FORMAT_VERSION
from reconciler.model.window import Source, members
from reconciler.report.encoding import dumps
from reconciler.report.jsonplan import drift_item_json

TOLD: Final = ("drift", "as_before")
"""The lists of a report whose drift is told."""
_MISSING: Final = "missing"


class Told(NamedTuple):
    """What an earlier report tells."""

    workspace: str
    keys: frozenset[str]
    """What identifies each drifted field, and each case that is missing."""

    def about(self, workspace: str) -> frozenset[str]:
        """Return the keys; raise ReconcilerError if they are about another workspace than this."""
        if self.workspace != workspace:
            message = f"the earlier report is about the workspace {self.workspace!r}, this is {workspace!r}"
            raise ReconcilerError(message)
        return self.keys


def read_told(source: Source) -> Told:
    """
    Return what an earlier report tells; raise ReconcilerError if it is none, or is of another kind.

    What `source` raises passes.
    """
    try:
        said, keys = _told(source)
        whose = said["workspace"], said["drift"], said["format_version"]
    except UnicodeDecodeError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = "the earlier report is not what `drift --json` writes"
        raise ReconcilerError(message, hint="save it so: `reconciler drift --json > FILE`") from error
    if str(whose[2]).partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        message = f"the earlier report has format {whose[2]}; this version reads {FORMAT_VERSION}"
        raise ReconcilerError(message, hint="save a new one: `reconciler drift --json > FILE`")
    return Told(whose[0], keys)


def _told(source: Source) -> tuple[Mapping[str, Any], frozenset[str]]:
    """Return the members of a report, and the keys of what it tells, item by item."""
    said: dict[str, Any] = {}
    keys: set[str] = set()
    for name, value in members(source):
        said[name] = value
        if name in TOLD:
            keys.update(key for item in value for key in _keys(item).values())
    return said, frozenset(keys)


def new_since(report: DriftReport, told: Collection[str], redact: Callable[[str], str]) -> DriftReport:
    """Return drift with what was told apart from it; `redact` masks as the earlier report was masked."""
    parts = [_parted(drift, told, redact) for drift in report.drift]
    return replace(
        report,
        drift=tuple(new for new, _ in parts if new is not None),
        as_before=tuple(old for _, old in parts if old is not None),
    )


def identities(drifts: Collection[Drift], redact: Callable[[str], str]) -> Iterator[str]:
    """Yield what makes each drifted field, and each missing case, the same in two reports."""
    for drift in drifts:
        yield from map(redact, _keys(drift_item_json(drift)).values())


def _parted(
    drift: Drift, told: Collection[str], redact: Callable[[str], str]
) -> tuple[Drift | None, Drift | None]:
    """Return what of a case's drift is new, and what is as before."""
    keys = _keys(drift_item_json(drift))
    known = {path for path, key in keys.items() if redact(key) in told}
    if drift.missing:
        return (None, drift) if known else (drift, None)
    old = tuple(field for field in drift.fields if field.path in known)
    new = tuple(field for field in drift.fields if field.path not in known)
    return replace(drift, fields=new) if new else None, replace(drift, fields=old) if old else None


def _keys(item: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """Return what identifies each field of a case; a case that is missing has one key."""
    if item.get(_MISSING):
        return {(): dumps([item["address"], _MISSING])}
    return {tuple(f["path"]): dumps([item["address"], f["path"], f["live"]]) for f in item["fields"]}
