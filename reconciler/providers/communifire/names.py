"""
What the names in changing cases mean: the ids that are sent, looked up within the space and project of each case.

    ids      what to send for an attribute that changes, by attribute; 0 is none
    handles  who is meant by an e-mail address or user name, which no case shows
    listed   the members of sets that are sent whole, as they are now
    shown    what a case that moves to another project has of the old one

A category, a milestone and an assignee belong to a project: whoever gets another project gets them anew, as they
are declared, or else as they are called now, looked up in the new project; none where that has no such thing.
(What a site does with ids of the old one is unknown.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, TypeAlias

from reconciler.errors import ConfigError, Problem
from reconciler.model.address import Address
from reconciler.model.case import Live
from reconciler.model.change import Action
from reconciler.model.values import Secret, Value, known_as
from reconciler.planning.planner import HANDLES
from reconciler.providers.base import Api, Meanings, Subject, Wanted
from reconciler.providers.communifire.reading import read_cases
from reconciler.providers.communifire.schema import SETS
from reconciler.providers.communifire.site import Site, Unknown
from reconciler.providers.communifire.wire import number_of
from reconciler.providers.shared import NUMBER

IDS: Final = "ids"
LISTED: Final = "listed"
SHOWN: Final = "shown"

OF_PROJECT: Final = ("category", "milestone", "assignee")
"""What a case has of its project."""

_RIGHTS: Final[Mapping[str, str]] = {
    "status": "UpdateIssueStatus",
    "priority": "UpdateIssuePriority",
    "assignee": "AssignToUser",
    "watchers": "AddRecipients",
}
"""Attribute → the right that it takes to write it."""
_EDIT: Final = ("Update", "AdminEntityUpdate")
"""One of them is needed to edit a case: the first for one's own, the second for another's."""

Ids: TypeAlias = dict[str, int]


def look_up(api: Api, subjects: Sequence[Subject], space: int | str | None) -> Meanings:
    """Return the meanings of all names; `space` is that of new cases. Raises ConfigError with every problem."""
    site, meanings, problems = Site(api), dict[Address, Mapping[str, Any]](), list[Problem]()
    for subject in subjects:
        found = _Names(site, _seen_whole(api, subject), space)
        meanings[subject.case.address] = found.meaning()
        problems += found.problems
    if problems:
        raise ConfigError(problems)
    return meanings


def _seen_whole(api: Api, subject: Subject) -> Subject:
    """Return a subject whose live case tells where it is, and all that has to be known of it."""
    live = subject.live
    names = frozenset(field.path[0] for field in subject.change.fields)
    if "project" in names:
        names |= frozenset(OF_PROJECT)
    if live is None or (_is_placed(live) and _shows(live, names)):
        return subject
    seen = next(read_cases(api, Wanted({live.id: names}), lambda _: live.url), live)
    return replace(subject, live=seen)


def _shows(live: Live, names: frozenset[str]) -> bool:
    """Tell whether a case was read with these attributes; a record does not tell what sets hold beside ours."""
    return live.listed.keys() >= names & SETS and live.attributes.keys() >= names - SETS


def _is_placed(live: Live) -> bool:
    return None not in {number_of(live, "space"), number_of(live, "project")}


@dataclass(slots=True)
class _Names:
    """The names of one case."""

    site: Site
    subject: Subject
    default_space: int | str | None
    problems: list[Problem] = field(default_factory=list)
    handles: dict[str, str] = field(default_factory=dict)
    ids: Ids = field(default_factory=dict)

    def meaning(self) -> Mapping[str, Any]:
        """Look everything up that is sent; what is wrong goes into `problems`."""
        space = self._try("space", self._space)
        if space is not None:
            self._in_space(space)
        live = self.subject.live
        listed = dict(live.listed) if live else {}
        shown = {name: live.attributes.get(name) for name in OF_PROJECT} if live and self._moves else {}
        return {IDS: self.ids, HANDLES: self.handles, LISTED: listed, SHOWN: shown}

    def _in_space(self, space: int) -> None:
        self._check_rights(space)
        site = self.site
        for name, ask in (("status", site.status), ("priority", site.priority), ("project", site.project)):
            if self._changes(name):
                self._keep(name, partial(ask, space))
        for member in self._watchers():
            self._who("watchers", member)
        if self._moves or any(map(self._changes, OF_PROJECT)):
            project = self.ids.get("project") or self._project(space)
            if project is not None:
                self._in_project(space, project)

    def _in_project(self, space: int, project: int) -> None:
        for name, ask in (("category", self.site.category), ("milestone", self.site.milestone)):
            if self._is_meant(name):
                self._keep(name, partial(ask, space, project))
            elif self._moves:
                self.ids[name] = self._left(name, partial(ask, space, project))
        if self._is_meant("assignee"):
            self._assign(space, project)
        elif self._moves:
            id = self._live_id("assignee") or 0
            self.ids["assignee"] = id if id and self.site.can_be_assigned(space, project, id) else 0

    # one attribute

    def _keep(self, name: str, ask: Callable[[Any], int]) -> None:
        """Look up what is declared, and remember it: a case may show the name otherwise."""
        which = self.subject.case.attributes.get(name)
        id = 0 if which is None else self._try(name, lambda: ask(which))
        if id is not None:
            self.ids[name] = id
        if id and not isinstance(which, int):
            self.handles[f"{name}.{self._known(which)}"] = f"#{id}"

    def _left(self, name: str, ask: Callable[[Any], int]) -> int:
        """Return what has the same name in the new project; 0 where nothing has, or more than one thing."""
        live = self.subject.live
        which = live.attributes.get(name) if live else None
        try:
            return ask(which) if isinstance(which, str) else 0
        except Unknown:
            return 0

    def _assign(self, space: int, project: int) -> None:
        which = self.subject.case.attributes.get("assignee")
        id = 0 if which is None else self._who("assignee", which)
        if id is None:
            return
        self.ids["assignee"] = id
        if id and not self.site.can_be_assigned(space, project, id):
            self._report(
                "assignee", f"user {id} cannot be assigned to cases of project {project} in space {space}"
            )

    def _who(self, name: str, which: Value) -> int | None:
        """Return the id of a user, and remember it."""
        text = str(which.value if isinstance(which, Secret) else which)
        id = self._try(name, lambda: self.site.user(int(text) if NUMBER.fullmatch(text) else which))
        if id is not None and not isinstance(which, int):
            self.handles[f"{name}.{self._known(which)}"] = f"#{id}"
        return id

    def _known(self, which: Value) -> str:
        return known_as(which.digest(self.subject.marker.lineage) if isinstance(which, Secret) else which) or ""

    # where the case is

    def _space(self) -> int:
        live = self.subject.live
        if live is not None and (id := number_of(live, "space")) is not None:
            return id
        declared = self.subject.case.attributes.get("space", self.default_space)
        if declared is None:
            raise Unknown("it is not known which space the case is in", "declare `space`")
        id = self.site.space(declared)
        if "space" in self.subject.case.attributes:
            self._keep("space", lambda _: id)
        else:
            self.ids["space"] = id
        return id

    def _project(self, space: int) -> int | None:
        live = self.subject.live
        project = number_of(live, "project") if live else self.site.default_project(space)
        if project is None:
            self._report("project", f"space {space} has no default project", "declare `project`")
        return project

    def _live_id(self, name: str) -> int | None:
        return number_of(self.subject.live, name) if self.subject.live else None

    # what changes

    def _changes(self, name: str) -> bool:
        return self.subject.change.field((name,)) is not None

    def _is_meant(self, name: str) -> bool:
        """Tell whether what is declared of a project is to be sent: it changes, or the project does."""
        case = self.subject.case
        is_ours = name in case.attributes and name not in case.lifecycle.ignore_changes
        return self._changes(name) or (self._moves and is_ours)

    @property
    def _moves(self) -> bool:
        """Tell whether a case that is there gets another project."""
        return self.subject.live is not None and self._changes("project")

    def _watchers(self) -> Iterator[Value]:
        """Yield the watchers that are to be added, as they are declared: of a secret, the text."""
        change = self.subject.change.field(("watchers",))
        declared = {self._known(member): member for member in self.subject.case.attributes.get("watchers", ())}
        for member in change.add if change else ():
            yield declared.get(known_as(member) or "", member)

    # what is wrong

    def _check_rights(self, space: int) -> None:
        may = self.site.may(space)
        creates = self.subject.change.action is Action.CREATE
        if creates and may.get("Create") is False:
            self._report(
                "space", f"the key may not create cases in space {space}", "give its user the right Create"
            )
        if not creates and all(may.get(right) is False for right in _EDIT):
            self._report(
                "title", f"the key may not change cases in space {space}", "give its user the right Update"
            )
        for name, right in _RIGHTS.items():
            if self._changes(name) and may.get(right) is False:
                hint = f"give its user the right {right}"
                self._report(name, f"the key may not write `{name}` in space {space}", hint)

    def _try(self, name: str, ask: Callable[[], int]) -> int | None:
        try:
            return ask()
        except Unknown as error:
            self._report(name, error.message, error.hint)
            return None

    def _report(self, name: str, message: str, hint: str | None = None) -> None:
        case = self.subject.case
        self.problems.append(Problem(case.source.at((name,)), f"{case.address}: {message}", hint))
