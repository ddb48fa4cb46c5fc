"""What ThreatConnect would refuse, said before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.errors import Problem
from reconciler.model.case import Case
from reconciler.model.values import Entry, Path, Value
from reconciler.providers.shared import NUMBER, import_problems
from reconciler.providers.threatconnect.schema import ThreatConnectSettings

_HASH: Final = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_LINKS: Final = ("associated_cases", "associated_groups", "associated_indicators")


def problems_of(case: Case, settings: ThreatConnectSettings) -> Iterator[Problem]:
    """Yield what is wrong with a declared case beyond its schema."""
    yield from _wrong_ids(case)
    yield from _unclear_xids(case)
    yield from _wrong_scalars(case, settings)
    yield from _same_attributes(case)
    yield from _same_xids(case)
    for member in _whole(case, "associated_indicators"):
        if not _is_summary(member.fields):
            yield Problem(
                case.source.at(("associated_indicators",)),
                f"{member.key!r} is no hash",
                "the summary of a File is its MD5, SHA-1 or SHA-256 in hex",
            )


def _wrong_ids(case: Case) -> Iterator[Problem]:
    yield from import_problems(case, "ThreatConnect")
    for name in _LINKS:
        for member in sorted(m for m in case.attributes.get(name, ()) if isinstance(m, str)):
            if not NUMBER.fullmatch(member):
                yield Problem(
                    case.source.at((name,)),
                    f"{member!r} in `{name}` is no id",
                    "write a number, or the name of a case" if name == "associated_cases" else "write a number",
                )
    for group in _whole(case, "associated_groups"):
        for id in group.fields.get("associated_artifacts", ()):
            if isinstance(id, str) and not NUMBER.fullmatch(id):
                yield Problem(
                    case.source.at(("associated_groups",)),
                    f"{id!r} in `associated_artifacts` of {group.key!r} is no id",
                    "write a number",
                )


def _unclear_xids(case: Case) -> Iterator[Problem]:
    """Refuse secrets, and what is known later only, in what a thing is found by again."""
    declared = case.attributes
    xids: list[tuple[Path, Value]] = [(("xid",), declared.get("xid"))]
    xids += [(("tasks", key, "xid"), task.get("xid")) for key, task in declared.get("tasks", {}).items()]
    xids += [(("associated_groups",), group.fields.get("xid")) for group in _whole(case, "associated_groups")]
    for path, xid in xids:
        if xid is not None and not isinstance(xid, str):
            yield Problem(
                case.source.at(path), "an `xid` must be written in the clear", "it is how the thing is found again"
            )


def _whole(case: Case, name: str) -> list[Entry]:
    """Return the members of a set that are given whole, sorted."""
    members = (member for member in case.attributes.get(name, ()) if isinstance(member, Entry))
    return sorted(members, key=lambda member: member.key)


def _wrong_scalars(case: Case, settings: ThreatConnectSettings) -> Iterator[Problem]:
    declared = case.attributes
    if "user_access" in declared and not declared["user_access"]:
        yield Problem(case.source.at(("user_access",)), "`user_access` cannot be emptied", "leave it out")
    if declared.get("case_close_time") is not None and declared.get("status") == "Open":
        yield Problem(
            case.source.at(("case_close_time",)),
            "an open case has no `case_close_time`",
            "close it, or leave it out",
        )
    if settings.owner and declared.get("owner") not in {None, settings.owner}:
        yield Problem(
            case.source.at(("owner",)),
            f"`owner` is not that of the provider, {settings.owner!r}",
            "leave it out, or give that owner a provider of its own",
        )


def _same_attributes(case: Case) -> Iterator[Problem]:
    """Two that say the same cannot be told apart; some servers make them one."""
    seen: dict[tuple[Value, Value], str] = {}
    for key, item in case.attributes.get("attributes", {}).items():
        first = seen.setdefault((item.get("type"), item.get("value")), key)
        if first != key:
            yield Problem(
                case.source.at(("attributes", key)),
                f"attribute {key!r} says the same as {first!r}",
                "remove one of them",
            )


def _same_xids(case: Case) -> Iterator[Problem]:
    """Yield tasks with one external id: the second would be refused, and the case with it."""
    seen: dict[Value, str] = {}
    for key, item in case.attributes.get("tasks", {}).items():
        if (xid := item.get("xid")) is not None and (first := seen.setdefault(xid, key)) != key:
            yield Problem(
                case.source.at(("tasks", key, "xid")), f"task {key!r} has the xid of {first!r}", "choose another"
            )


def _is_summary(fields: Mapping[str, Value]) -> bool:
    return fields["type"] != "File" or _HASH.fullmatch(str(fields["summary"])) is not None
