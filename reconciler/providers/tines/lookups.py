"""
What the names in changing cases mean, asked before requests are made of them.

meaning             about
------------------  ------------------------------------------------------------------------
sub_status_id       the declared sub-status, in the team of the case
sub_status_parent   the status that it implies
inputs              by declared key or name of a field, the id of its definition in the team
fields              the same, the id of the value on the case: it is removed by that
subscriptions       by e-mail address, the id of the subscription: it is ended by that
buttons             all buttons of the case, as they are shown: a batch carries those of others
buttons_hold_secrets   those of others hold a secret of the case
conditions          the case is seen to have closure conditions
other_end           links that the other case makes, or takes away, in the same run
this_end            the links that this case makes, or takes away, for another one as well: whose they are
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from reconciler.errors import ConfigError, Problem
from reconciler.model.address import Address
from reconciler.model.case import Live
from reconciler.model.change import is_absent
from reconciler.model.values import Path, Ref, Secret, Value, leaves
from reconciler.providers.base import Api, Meanings, Subject, Wanted
from reconciler.providers.tines.inputs import Input, inputs_of
from reconciler.providers.tines.statuses import meant, sub_statuses
from reconciler.providers.tines.wire import Item, TinesLive, field_key

Team = Callable[[Subject], int | None]
"""Tells the team that a case is in, or is to be in."""
Read = Callable[[Api, Wanted], Iterator[Live]]

_NEEDED: Final = frozenset({"fields", "subscribers", "actions"})
"""What a change to them needs of the live case, beside their values."""


def look_up(api: Api, subjects: Sequence[Subject], team_of: Team, read: Read) -> Meanings:
    """Return what is to be known of each case that changes; raise ConfigError for names that mean nothing."""
    problems: list[Problem] = []
    shown = _shown(api, subjects, read)
    found: dict[Address, dict[str, Any]] = {}
    for meanings in (
        _statuses(api, subjects, team_of, problems),
        _fields(api, subjects, shown, team_of, problems),
        _parts(subjects, shown),
        _other_ends(subjects),
    ):
        for address, meaning in meanings.items():
            found.setdefault(address, {}).update(meaning)
    if problems:
        raise ConfigError(problems)
    return found


def _changed(subject: Subject) -> frozenset[str]:
    return frozenset(field.path[0] for field in subject.change.fields)


# ------------------------------------------------------------------------------------ what the case shows


def _shown(api: Api, subjects: Sequence[Subject], read: Read) -> Mapping[str, Mapping[str, Sequence[Item]]]:
    """Return by case id the objects in live cases; a case that was not read for this plan is read now."""
    shown: dict[str, Mapping[str, Sequence[Item]]] = {}
    unread: dict[str, frozenset[str]] = {}
    for subject in (subject for subject in subjects if subject.live is not None):
        live, needed = subject.live, _changed(subject) & _NEEDED
        assert live is not None
        if isinstance(live, TinesLive) and needed <= live.shown.keys():
            shown[live.id] = live.shown
        elif needed:
            unread[live.id] = needed
    for live in read(api, Wanted(unread)) if unread else ():
        shown[live.id] = live.shown if isinstance(live, TinesLive) else {}
    return shown


def _parts(
    subjects: Sequence[Subject], shown: Mapping[str, Mapping[str, Sequence[Item]]]
) -> dict[Address, dict[str, Any]]:
    found: dict[Address, dict[str, Any]] = {}
    for subject in (subject for subject in subjects if subject.live is not None):
        parts = shown.get(subject.live.id if subject.live else "", {})
        changed = _changed(subject)
        meaning: dict[str, Any] = {}
        if "actions" in changed:
            meaning["buttons"] = list(parts.get("actions", ()))
            meaning["buttons_hold_secrets"] = _hold_secrets(subject, meaning["buttons"])
        if "subscribers" in changed:
            meaning["subscriptions"] = _subscriptions(parts.get("subscribers", ()), subject.marker.lineage)
        if parts.get("closure_conditions"):
            meaning["conditions"] = True
        if meaning:
            found[subject.change.address] = meaning
    return found


def _hold_secrets(subject: Subject, buttons: Iterable[Item]) -> bool:
    """Tell whether buttons of others hold what is a secret in the declared case."""
    handles = subject.change.record.handles if subject.change.record else {}
    theirs = [str([*each.values()]) for each in buttons if str(each["id"]) not in handles.values()]
    secrets = [leaf.value for leaf in leaves(subject.case.attributes) if isinstance(leaf, Secret)]
    return any(secret in text for secret in secrets for text in theirs)


def _subscriptions(shown: Iterable[Item], lineage: str) -> Mapping[Value, str]:
    """Return subscriptions by the addresses of their users, and by what stands for those that are secret."""
    ids = {str(each["email"]).lower(): str(each["id"]) for each in shown if each.get("email") and each.get("id")}
    return {**ids, **{Secret(email).digest(lineage): id for email, id in ids.items()}}


# ------------------------------------------------------------------------------------ names of the team


def _statuses(
    api: Api, subjects: Sequence[Subject], team_of: Team, problems: list[Problem]
) -> dict[Address, dict[str, Any]]:
    """Return the ids of sub-statuses; one list a team, and only where one is declared."""
    named = [(subject.case, team_of(subject)) for subject in subjects if _sets_sub_status(subject)]
    lists = {team: sub_statuses(api, team) for team in {team for _, team in named}}
    found: dict[Address, dict[str, Any]] = {}
    for case, team in named:
        known = meant(case, lists[team])
        if isinstance(known, Problem):
            problems.append(known)
        else:
            found[case.address] = {"sub_status_id": known.id, "sub_status_parent": known.parent}
    return found


def _sets_sub_status(subject: Subject) -> bool:
    ignored = subject.live is not None and "sub_status" in subject.case.lifecycle.ignore_changes
    return "sub_status" in subject.case.attributes and not ignored


def _fields(
    api: Api,
    subjects: Sequence[Subject],
    shown: Mapping[str, Mapping[str, Sequence[Item]]],
    team_of: Team,
    problems: list[Problem],
) -> dict[Address, dict[str, Any]]:
    """Return the ids of fields: those on the case tell theirs, the definitions of a team are asked for once."""
    lists: dict[int | None, Sequence[Input]] = {}
    found: dict[Address, dict[str, Any]] = {}
    for subject in (subject for subject in subjects if _sets_fields(subject)):
        there = shown.get(subject.live.id, {}).get("fields", ()) if subject.live else ()
        values = {name: str(each["id"]) for name, each in _named(there).items()}
        known = {} if _moves(subject) else {name: _input(each) for name, each in _named(there).items()}
        inputs: dict[str, int] = {}
        for path, after in _fields_of(subject):
            if is_absent(after) or path[1] in known:
                inputs |= {path[1]: known[path[1]]} if path[1] in known else {}
                continue
            team = team_of(subject)
            if team not in lists:
                lists[team] = inputs_of(api, team)
            one, problem = _meant(subject, path, lists[team])
            problems += [problem] if problem else []
            inputs |= {path[1]: one.id} if one else {}
        problems += _twice(subject, inputs)
        found[subject.change.address] = {"inputs": inputs, "fields": values}
    return found


def _sets_fields(subject: Subject) -> bool:
    """Tell whether fields are set: those that differ, and in another team all."""
    return "fields" in _changed(subject) or (_moves(subject) and "fields" in subject.case.attributes)


def _moves(subject: Subject) -> bool:
    return subject.live is not None and subject.change.field(("team_id",)) is not None


def _fields_of(subject: Subject) -> Iterator[tuple[Path, Value]]:
    """Yield the fields that are declared or go, with what they shall be."""
    declared = subject.case.attributes.get("fields", {})
    changed = {f.path[1]: f.after for f in subject.change.fields if f.path[0] == "fields"}
    return ((("fields", name), value) for name, value in {**declared, **changed}.items())


def _named(shown: Iterable[Item]) -> Mapping[str, Item]:
    """Return the fields on a case by their keys, and by those names that only one of them has."""
    fields = list(shown)
    names = Counter(str(each["case_input"]["name"]) for each in fields)
    by_name = {name: each for each in fields if names[name := str(each["case_input"]["name"])] == 1}
    return {**by_name, **{field_key(each): each for each in fields}}


def _input(shown: Item) -> int:
    return int(shown["case_input"]["id"])


def _meant(subject: Subject, path: Path, inputs: Sequence[Input]) -> tuple[Input | None, Problem | None]:
    """Return the definition that a key or a name means, or what is wrong with it."""
    name, place = path[1], subject.case.source.at(path)
    meant = [each for each in inputs if each.key == name] or [each for each in inputs if each.name == name]
    if len(meant) == 1:
        return meant[0], None
    if meant:
        keys = ", ".join(sorted(each.key for each in meant))
        return None, Problem(place, f"the team has several fields called {name!r}", f"write the key: {keys}")
    near = get_close_matches(name, [known for each in inputs for known in (each.key, each.name)], 3)
    has = ", ".join(sorted(each.key for each in inputs)) or "none"
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else None
    return None, Problem(place, f"the team has no field {name!r}; it has {has}", hint)


def _twice(subject: Subject, inputs: Mapping[str, int]) -> Iterator[Problem]:
    """Yield fields that are declared twice, by their key and by their name."""
    first: dict[int, str] = {}
    for name, id in inputs.items():
        if (other := first.setdefault(id, name)) != name:
            place = subject.case.source.at(("fields", name))
            yield Problem(place, f"field {name!r} is the same as {other!r}", "remove one of them")


# ------------------------------------------------------------------------------------ the other end of links


def _other_ends(subjects: Sequence[Subject]) -> dict[Address, dict[str, Any]]:
    """Return the links that need no request, since the case at their other end sends it; and whom it sends for."""
    by_name = {subject.change.address.name: subject for subject in subjects}
    by_id = {subject.change.id: subject for subject in subjects if subject.change.id is not None}

    def other(member: Value) -> Subject | None:
        return by_name.get(member.case) if isinstance(member, Ref) else by_id.get(member)

    found: dict[Address, dict[str, Any]] = {}
    for subject in subjects:
        for add, members in _links(subject):
            for member in members:
                end = other(member)
                theirs = (each for way, x in _links(end) if way is add for each in x) if end else ()
                back = [each for each in theirs if other(each) is subject]
                if end is not None and back and _comes_first(end, subject):
                    here, there = subject.change.address, end.change.address
                    found.setdefault(here, {}).setdefault("other_end", set()).add(member)
                    found.setdefault(there, {}).setdefault("this_end", {}).update(dict.fromkeys(back, here))
    return found


def _links(subject: Subject) -> Iterator[tuple[bool, frozenset[Value]]]:
    """Yield the links that a case gains (True) and loses."""
    if (change := subject.change.field(("links",))) is not None:
        yield True, change.add
        yield False, change.remove


def _comes_first(one: Subject, other: Subject) -> bool:
    """Tell which of two cases that change comes first."""
    if one.change.address in other.change.depends_on:
        return True
    return other.change.address not in one.change.depends_on and one.change.address < other.change.address
