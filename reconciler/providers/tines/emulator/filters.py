"""The filters of the emulated list of cases: each is a function from its value to a test of one case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.providers.tines.emulator.params import Invalid, many, moment, one_of, truth, whole_number
from reconciler.providers.tines.emulator.things import PARENTS, PRIORITIES, StoredCase

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.providers.tines.emulator.tenant import Tenant

_Test = Callable[[StoredCase], bool]


class Filters:
    """What each filter's value means, as a test of one case; a value may be one or a list."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        dated = tenant.switches.date_filter
        self._known: Mapping[str, Callable[[Any], _Test]] = {
            "case_ids": self._case_ids,
            "search": _search,
            "metadata": self._metadata,
            "status": self._status,
            "sub_status_names": self._sub_status_names,
            "priority": _priority,
            "tags": self._all_tags,
            "and_tags": self._all_tags,
            "or_tags": self._any_tag,
            "exclude_tags": self._no_tag,
            "excluded_tags": self._no_tag,
            "assignees": self._assignees,
            "assignee_emails": self._assignees,
            "and_assignees": self._all_assignees,
            "exclude_assignees": self._no_assignee,
            "assigned_to_me": self._assigned_to_me,
            "unassigned": _unassigned,
            "authors": self._authors,
            "author_emails": self._authors,
            "exclude_authors": self._no_author,
            "records": self._records,
            "start_date": _since(dated),
            "end_date": _until(dated),
            "resolved_at_start_date": _since("resolved_at"),
            "resolved_at_end_date": _until("resolved_at"),
            "updated_at_start_date": _since("updated_at"),
            "updated_at_end_date": _until("updated_at"),
        }

    def candidates(self, given: Mapping[str, Any]) -> Iterable[StoredCase]:
        """Give the cases worth testing: those whose ids are asked for, or else all."""
        cases = self._tenant.cases
        if "case_ids" not in given or "case_ids" in self._tenant.switches.filters_ignored:
            return cases.values()
        return [cases[case_id] for case_id in _ids(given["case_ids"]) if case_id in cases]

    def tests(self, given: Mapping[str, Any]) -> Iterator[_Test]:
        """Make the tests of the filters given; an unknown one is silently no filter at all."""
        for name, value in given.items():
            if name in self._known and name not in self._tenant.switches.filters_ignored:
                yield self._known[name](value)
            elif name not in self._known and self._tenant.switches.unknown_filter == "refuse":
                raise Invalid(f"Unknown filter {name}")

    # what the case is

    def _case_ids(self, value: Any) -> _Test:
        ids = _ids(value)
        return lambda case: case.id in ids

    def _status(self, value: Any) -> _Test:
        status = one_of(value, PARENTS, "status")
        return lambda case: self._tenant.status(case) == status

    def _sub_status_names(self, value: Any) -> _Test:
        names = set(many(value))
        return lambda case: self._tenant.sub_statuses[case.sub_status_id].name in names

    def _metadata(self, value: Any) -> _Test:
        if not isinstance(value, dict):
            raise Invalid("filters.metadata must be an object")
        mode = self._tenant.switches.metadata_filter
        if mode == "ignored":
            return lambda _case: True
        pairs = value.items()
        return lambda case: (
            all(key in case.metadata and str(case.metadata[key]) == str(item) for key, item in pairs)
            and (mode == "exact" or self._tenant.indexed(case))
        )

    # tags

    def _tag_keys(self, names: Any) -> set[str]:
        return {self._tenant.tag_key(str(name)) for name in many(names)}

    def _all_tags(self, value: Any) -> _Test:
        wanted = self._tag_keys(value)
        return lambda case: wanted <= self._tag_keys(list(case.tags))

    def _any_tag(self, value: Any) -> _Test:
        wanted = self._tag_keys(value)
        return lambda case: not wanted.isdisjoint(self._tag_keys(list(case.tags)))

    def _no_tag(self, value: Any) -> _Test:
        unwanted = self._tag_keys(value)
        return lambda case: unwanted.isdisjoint(self._tag_keys(list(case.tags)))

    def _records(self, value: Any) -> _Test:
        wanted = {str(item) for item in many(value)}
        return lambda case: not wanted.isdisjoint(self._values(case))

    def _values(self, case: StoredCase) -> Iterator[str]:
        for record_id in case.records:
            yield from (value for _, _, value in self._tenant.records[record_id].values)

    # people

    def _user_ids(self, value: Any) -> set[int | None]:
        return {self._user_id(str(item)) for item in many(value)}

    def _user_id(self, text: str) -> int | None:
        if text.isdigit():
            return int(text)
        user = self._tenant.user(text)
        return None if user is None else user.id

    def _assignees(self, value: Any) -> _Test:
        ids, nobody = self._user_ids(value), "unassigned" in many(value)
        return lambda case: not ids.isdisjoint(case.assignees) or (nobody and not case.assignees)

    def _all_assignees(self, value: Any) -> _Test:
        ids = self._user_ids(value)
        return lambda case: ids.issubset(case.assignees)

    def _no_assignee(self, value: Any) -> _Test:
        ids = self._user_ids(value)
        return lambda case: ids.isdisjoint(case.assignees)

    def _assigned_to_me(self, value: Any) -> _Test:
        wanted = truth(value)
        return lambda case: not wanted or self._tenant.key_user.id in case.assignees

    def _authors(self, value: Any) -> _Test:
        ids, automation = self._user_ids(value), "tines" in many(value)
        return lambda case: (
            case.author_id in ids or (automation and self._tenant.users[case.author_id].is_service_account)
        )

    def _no_author(self, value: Any) -> _Test:
        ids = self._user_ids(value)
        return lambda case: case.author_id not in ids


def _ids(value: Any) -> set[int]:
    return {whole_number(item, "case_ids") for item in many(value)}


def _search(value: Any) -> _Test:
    text = str(value).lower()
    return lambda case: text in f"{case.name}\n{case.description}\n{case.id}".lower()


def _priority(value: Any) -> _Test:
    wanted = {one_of(item, PRIORITIES, "priority") for item in many(value)}
    return lambda case: case.priority in wanted


def _unassigned(value: Any) -> _Test:
    wanted = truth(value)
    return lambda case: not wanted or not case.assignees


def _since(attribute: str) -> Callable[[Any], _Test]:
    return _dated(attribute, lambda point, bound: point >= bound)


def _until(attribute: str) -> Callable[[Any], _Test]:
    return _dated(attribute, lambda point, bound: point <= bound)


def _dated(attribute: str, fits: Callable[[datetime, datetime], bool]) -> Callable[[Any], _Test]:
    def test_of(value: Any) -> _Test:
        bound = moment(value, attribute)
        return lambda case: (point := getattr(case, attribute)) is not None and fits(point, bound)

    return test_of
