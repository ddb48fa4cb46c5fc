"""
What names mean on a site: one run's look-ups, each list asked for once.

    spaces
      └ statuses, priorities, projects                            of a space
                                └ categories, milestones, users   of a project

Numbers are ids and are taken as they are. Names match whatever their letter case and the white space around them;
they need not be unique, and two that match are an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias, TypeVar, cast

from reconciler.errors import Refused
from reconciler.model.values import Secret
from reconciler.providers.base import Api, Hidden
from reconciler.providers.communifire.lists import LOWER, walk, whole
from reconciler.providers.communifire.wire import ACCESS, NAMED, SPACES, USERS, Item, fold, number, object_in, text

PERMISSIONS: Final = (
    "Create",
    "Update",
    "AdminEntityUpdate",
    "AssignToUser",
    "UpdateIssuePriority",
    "UpdateIssueStatus",
    "AddRecipients",
)
"""The rights on cases that writing may take."""
MOST_NAMES: Final = 12
"""So many names are told in full."""
MOST_USERS: Final = 100
"""Of so many users that a text finds details are read."""

_Found = TypeVar("_Found")
Which: TypeAlias = str | int | Secret
"""A name, or an id."""

_CASE: Final = "19"
"""The type of a case among all that a site holds."""
_PUBLISHED: Final = "1"
_NOT_THERE: Final = frozenset({HTTPStatus.OK, HTTPStatus.NOT_FOUND})
"""How a site says that there is no such thing: with success, or with 404."""
_LONGEST_NAME: Final = 60

_IN_SPACE: Final = f"{SPACES}/{{}}/cases"
_IN_PROJECT: Final = f"{_IN_SPACE}/projects/{{}}"
_PATHS: Final[Mapping[str, str]] = {
    "space": SPACES,
    "status": f"{_IN_SPACE}/statuses",
    "priority": f"{_IN_SPACE}/priorities",
    "project": f"{_IN_SPACE}/projects",
    "category": f"{_IN_PROJECT}/categories",
    "milestone": f"{_IN_PROJECT}/milestones",
}
_ASSIGNABLE: Final = f"{_IN_PROJECT}/assignto"


class Unknown(Exception):
    """A name means nothing, or more than one thing; for whoever knows where it is written."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What to do about it, in one sentence."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a list says that there is."""

    id: int
    name: str
    is_default: bool = False


class Site:
    """
    The look-ups of one run; not for several threads.

    Every method may raise ApiError, and Unknown for what is not there, or is there more than once.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, Any] = {}
        self._details: dict[int, Item | None] = {}

    # what has a name

    def space(self, which: Which) -> int:
        """Return the id of a space; of those with names, the published ones are known."""
        return self._id("space", which)

    def status(self, space: int, which: Which) -> int:
        """Return the id of a status of a space."""
        return self._id("status", which, space)

    def priority(self, space: int, which: Which) -> int:
        """Return the id of a priority of a space."""
        return self._id("priority", which, space)

    def project(self, space: int, which: Which) -> int:
        """Return the id of a project of a space."""
        return self._id("project", which, space)

    def category(self, space: int, project: int, which: Which) -> int:
        """Return the id of a category of a project."""
        return self._id("category", which, space, project)

    def milestone(self, space: int, project: int, which: Which) -> int:
        """Return the id of a milestone of a project."""
        return self._id("milestone", which, space, project)

    def default_project(self, space: int) -> int | None:
        """Return the id of the project that a case of a space gets without being told; None if nobody knows."""
        defaults = [thing.id for thing in self._listed("project", space) if thing.is_default]
        return defaults[0] if len(defaults) == 1 else None

    def _id(self, kind: str, which: Which, *place: int) -> int:
        if isinstance(which, int):
            return which
        things = self._listed(kind, *place)
        found = [thing.id for thing in things if fold(thing.name) == fold(_clear(which))]
        if len(found) > 1:
            raise _ambiguous(f"{_where(place)} has more than one {kind} {_told(which)}", found)
        if not found:
            names = [thing.name for thing in things]
            raise Unknown(f"{_where(place)} has no {kind} {_told(which)}{_has(names)}", _near(which, names))
        return found[0]

    def _listed(self, kind: str, *place: int) -> Sequence[_Thing]:
        path = _PATHS[kind].format(*place)
        return self._once(path, lambda: [_thing(kind, item) for item in _within(place, self._items(kind, path))])

    def _items(self, kind: str, path: str) -> Iterator[Item]:
        id_key, _ = NAMED[kind]
        if kind == "space":
            return walk(self._api, path, (("status", _PUBLISHED),), lambda item: number(item, id_key))
        return whole(self._api, path, lambda item: number(item, id_key))

    # users

    def user(self, who: Which) -> int:
        """Return the id of the user with this e-mail address or user name."""
        return who if isinstance(who, int) else self._search(who)

    def can_be_assigned(self, space: int, project: int, user: int) -> bool:
        """Tell whether cases of a project can be given to a user."""
        place, asked = (space, project), (("forAssignToUsersList", "true"),)
        path = _ASSIGNABLE.format(*place)
        found = walk(self._api, path, asked, _user_id, words=LOWER)
        return user in self._once(path, lambda: frozenset(map(_user_id, _within(place, found))))

    def _search(self, who: str | Secret) -> int:
        """Search by the whole text, then by what is before the @: addresses may not be searched."""
        name = _clear(who).strip()
        seen: dict[int, Item] = {}
        for part in dict.fromkeys(filter(None, (name, name.partition("@")[0]))):
            seen |= self._found(part, who)
            found = [id for id, user in seen.items() if fold(name) in map(fold, _names(user))]
            if len(found) > 1:
                raise _ambiguous(f"more than one user is called {_told(who)}", found)
            if found:
                return found[0]
        near = _near(who, [known for user in seen.values() for known in _names(user)])
        raise Unknown(
            f"no user has the e-mail address or the user name {_told(who)}", near or "write one of them, or the id"
        )

    def _found(self, part: str, who: str | Secret) -> Mapping[int, Item]:
        """Return the details of the users that a search finds, which shows display names only."""
        text = Hidden(part) if isinstance(who, Secret) else part
        hits = walk(self._api, USERS, (("username", text),), _user_id, words=LOWER)
        ids = self._once(f"{USERS} {fold(part)}", lambda: [*map(_user_id, islice(hits, MOST_USERS + 1))])
        if len(ids) > MOST_USERS:
            raise Unknown(f"more than {MOST_USERS} users are found for {_told(who)}", "write the id")
        new = [id for id in ids if id not in self._details]
        answers = self._api.get_all(((f"{USERS}/{id}/details", ()) for id in new), denied=True)
        for id, answer in zip(new, answers, strict=True):
            self._details[id] = None if answer is None else object_in(answer, f"user {id}")
        return {id: details for id in ids if (details := self._details[id]) is not None}

    # rights

    def may(self, space: int) -> Mapping[str, bool]:
        """Return which of `PERMISSIONS` the key's user has in a space, as far as the site tells."""
        return self._once(f"{ACCESS} {space}", lambda: self._access(space))

    def _access(self, space: int) -> Mapping[str, bool]:
        asked = (("entitytype", _CASE), ("permissionsCsv", ",".join(PERMISSIONS)), ("spaceID", str(space)))
        try:
            answer = self._api.get(ACCESS, asked)
        except Refused as error:
            if error.status in _NOT_THERE:
                return {}
            raise
        told = object_in(answer, "permissions")
        return {name: told[name] for name in PERMISSIONS if isinstance(told.get(name), bool)}

    def _once(self, what: str, ask: Callable[[], _Found]) -> _Found:
        """Ask the first time only, and remember also that nothing was found."""
        if what not in self._known:
            try:
                self._known[what] = ask()
            except Unknown as error:
                self._known[what] = error
        found = self._known[what]
        if isinstance(found, Unknown):
            raise Unknown(found.message, found.hint)
        return cast("_Found", found)


def _within(place: Sequence[int], items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items of a list; raise Unknown where the site knows no place that has one."""
    try:
        yield from items
    except Refused as error:
        if not place or error.status not in _NOT_THERE:
            raise
        raise Unknown(
            f"there is no {_where(place)}, or the key may not see it", "write a name, or the id of another"
        ) from error


def _thing(kind: str, item: Item) -> _Thing:
    id_key, name_key = NAMED[kind]
    return _Thing(number(item, id_key), text(item, name_key), item.get("IsDefaultProject") is True)


def _user_id(item: Item) -> int:
    return number(item, "UserID")


def _names(details: Item) -> Sequence[str]:
    """Return what somebody is called who has these details."""
    shown = (details.get(key) for key in ("Email", "UserName"))
    return [name for name in shown if isinstance(name, str) and name.strip()]


# ------------------------------------------------------------------------------------------------- words


def _ambiguous(message: str, ids: Sequence[int]) -> Unknown:
    return Unknown(f"{message}: {_and_so_on(map(str, ids))}", "write the id of the one that is meant")


def _where(place: Sequence[int]) -> str:
    match place:
        case [space, project]:
            return f"project {project} in space {space}"
        case [space]:
            return f"space {space}"
        case _:
            return "the site"


def _near(which: str | Secret, names: Sequence[str]) -> str | None:
    """Return what may be meant; None for a secret, which would be told by it."""
    if isinstance(which, Secret):
        return None
    by_fold = {fold(name)[:_LONGEST_NAME]: name for name in names}
    near = get_close_matches(fold(which)[:_LONGEST_NAME], by_fold)
    return f"did you mean {' or '.join(_told(by_fold[name]) for name in near)}?" if near else None


def _has(names: Sequence[str]) -> str:
    """Return all the names where they are few."""
    if not names:
        return "; it has none"
    return f"; it has {', '.join(map(_told, sorted(names)))}" if len(names) <= MOST_NAMES else ""


def _told(which: str | Secret) -> str:
    """Return a name as it is told: in quotes, without what a terminal would obey, and none that is secret."""
    if isinstance(which, Secret):
        return "(a secret)"
    return repr(which if len(which) <= _LONGEST_NAME else f"{which[: _LONGEST_NAME - 1]}…")


def _and_so_on(texts: Iterable[str]) -> str:
    first = [*islice(texts, MOST_NAMES + 1)]
    return ", ".join(first[:MOST_NAMES]) + (", …" if len(first) > MOST_NAMES else "")


def _clear(which: str | Secret) -> str:
    return which.value if isinstance(which, Secret) else which
