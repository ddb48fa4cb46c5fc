"""What a day of trouble is about: a system, what was declared yesterday and is today, and how it has to end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.providers.emulation import Emulator
from reconciler.providers.threatconnect.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    ThreatConnectEmulator,
)
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.testing.harness import Harness, as_yaml

CANARY: Final = "canary-51c0ffee77"


class Scene(ABC):
    """One system on one day."""

    emulator: Emulator
    settings: ClassVar[Mapping[str, Any]]
    env: ClassVar[Mapping[str, str]]
    yesterday: ClassVar[Mapping[str, Any]]
    today: ClassVar[Mapping[str, Any]]
    ends: ClassVar[str]
    """What an apply says at its end that nobody disturbs."""
    writes: ClassVar[int]
    """How many requests that takes."""
    moved: ClassVar[Mapping[str, str]] = {}
    """Cases that have another name today."""
    called: ClassVar[str] = "name"
    """The attribute that tells our cases apart."""
    moves: ClassVar[frozenset[str]]
    """The keys of the API's case in which something moves that we manage, or that moves by itself."""
    edits: ClassVar[Mapping[str, tuple[str, Any]]]
    """What people change, in the words of the API: what we manage and change, and what we do not."""

    @abstractmethod
    def theirs(self) -> list[int]:
        """Put the cases of others there; return their ids."""

    @abstractmethod
    def overnight(self, harness: Harness) -> None:
        """Do what people do in our cases before today."""

    @abstractmethod
    def shown(self, id: int) -> Mapping[str, Any]:
        """Return a case as the system shows it, but for what the cases of others move in it."""

    @abstractmethod
    def names(self) -> Mapping[int, str]:
        """Return the names of all cases, by id, but for those that are closed and done with."""

    @abstractmethod
    def markers(self) -> Sequence[tuple[int, str]]:
        """Return the id and the marker of each case that has one, as often as it has it."""

    @abstractmethod
    def edit(self, id: int, word: str) -> None:
        """Do what `edits` says."""

    def declare(self, harness: Harness) -> None:
        """Write what is declared today."""
        harness.declare(**self.today)
        moved = [
            {"from": f"{harness.instance}.{old}", "to": f"{harness.instance}.{new}"}
            for old, new in self.moved.items()
        ]
        harness.write(as_yaml({"moved": moved}), file="cases/moves.yaml")

    def rest(self, id: int) -> Mapping[str, Any]:
        """Return what is in a case beside all that we manage."""
        return {key: value for key, value in self.shown(id).items() if key not in self.moves}

    @abstractmethod
    def assert_complete(self, harness: Harness) -> None:
        """Fail unless what is in our cases is there as declared, once, and what people put there too."""


_PHISHING: Final[Mapping[str, Any]] = {
    "name": "Phishing wave",
    "priority": "high",
    "assignees": ["jane@acme.example"],
    "tags": ["phishing", "q4"],
    "metadata": {"runbook": "RB-17", "region": "emea"},
}


class TinesScene(Scene):
    settings: ClassVar[Mapping[str, Any]] = {"type": "tines", "token": "${env.TOKEN}", "team_id": 2}
    env: ClassVar[Mapping[str, str]] = {"TOKEN": DEFAULT_TOKEN}
    yesterday: ClassVar[Mapping[str, Any]] = {
        "updated": _PHISHING,
        "deleted": {**_PHISHING, "lifecycle": {"on_remove": "delete"}},
        "released": _PHISHING,
        "kept": _PHISHING,
        "renamed": {**_PHISHING, "name": "Under another name"},
        "renamed-and-changed": _PHISHING,
    }
    today: ClassVar[Mapping[str, Any]] = {
        "a-name": {**_PHISHING, "name": "Under another name"},
        "another-name": {**_PHISHING, "name": "Phishing wave, third", "priority": "low"},
        "updated": {
            **_PHISHING,
            "name": "Phishing wave, second",
            "priority": "low",
            "assignees": ["omar@acme.example"],
            "tags": ["q4", "vip"],
            "metadata": {"runbook": "RB-18", "ticket": "4711"},
        },
        "kept": _PHISHING,
        "new": {**_PHISHING, "name": "New", "metadata": {"key": "${env.CANARY}"}},
        "unassigned": {"name": "Unassigned", "assignees": []},
        "dependent": {"name": "Dependent", "description": "after ${cases.new.url}"},
    }
    moved: ClassVar[Mapping[str, str]] = {"renamed": "a-name", "renamed-and-changed": "another-name"}
    ends = "Applied: 3 created, 2 updated, 1 deleted, 1 released, 0 imported. 9 requests."
    writes = 9
    moves = frozenset(
        {"name", "priority", "assignees", "tags", "metadata", "updated_at", "activities", "activities_meta"}
    )
    edits: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "managed": ("priority", "critical"),
        "unmanaged": ("description", "Somebody was here"),
    }

    def __init__(self) -> None:
        self.emulator: TinesEmulator = TinesEmulator()

    def edit(self, id: int, word: str) -> None:
        self.emulator.edit(id, **dict([self.edits[word]]))

    def markers(self) -> Sequence[tuple[int, str]]:
        found = ((case["case_id"], case["metadata"].get("reconciler")) for case in self.emulator.cases())
        return [(id, marker) for id, marker in found if marker]

    def theirs(self) -> list[int]:
        return [self.emulator.seed_case(name="Theirs", tags=["phishing"]) for _ in range(2)]

    def overnight(self, harness: Harness) -> None:
        """Nobody is at work."""

    def shown(self, id: int) -> Mapping[str, Any]:
        return self.emulator.case(id)

    def names(self) -> Mapping[int, str]:
        return {case["case_id"]: case["name"] for case in self.emulator.cases()}

    def assert_complete(self, harness: Harness) -> None:
        """Everything of a Tines case is compared by the plan, which is empty."""


_HOST_CASE: Final[Mapping[str, Any]] = {
    "name": "Host",
    "fields": {"ticket": "SOC-12", "operating_system": "Linux"},
}
_HOST_CHANGED: Final[Mapping[str, Any]] = {
    **_HOST_CASE,
    "fields": {"ticket": "SOC-13", "operating_system": "macOS"},
}


class TogetherScene(TinesScene):
    """Three cases that one request is about, and each has something of its own besides."""

    yesterday: ClassVar[Mapping[str, Any]] = dict.fromkeys(("updated", "kept", "second", "third"), _HOST_CASE)
    today: ClassVar[Mapping[str, Any]] = {
        "kept": _HOST_CASE,
        "updated": {**_HOST_CHANGED, "priority": "high"},
        "second": {
            **_HOST_CHANGED,
            "tags": ["vip"],
            "notes": {"first": {"title": "Look", "content": "first look"}},
        },
        "third": _HOST_CHANGED,
        "new": {**_HOST_CASE, "tasks": {"call": {"description": "Call the user"}}},
    }
    moved: ClassVar[Mapping[str, str]] = {}
    ends = "Applied: 1 created, 3 updated, 0 deleted, 0 released, 0 imported. 5 requests."
    writes = 5
    moves = TinesScene.moves | {"fields", "notes", "tasks", "blocks"}

    def assert_complete(self, harness: Harness) -> None:
        shown = {name: self.shown(int(harness.id_of(name))) for name in self.today}
        assert len(shown["second"]["notes"]) == len(shown["new"]["tasks"]) == 1


_LOOK: Final = {"text": "first look"}
_AGAIN: Final = {"text": "second look"}
_CALL: Final = {"name": "Call the user"}
_HOST: Final = {"type": "Host", "summary": "badguy.com"}
_URL: Final = {"type": "URL", "summary": "https://badguy.com/login"}
_TICKET: Final = {"type": "Ticket", "value": "INC-1"}
_CHAIN: Final = {"type": "Kill Chain", "value": "Recon"}
_INTRUSION: Final[Mapping[str, Any]] = {
    "name": "Intrusion",
    "status": "Open",
    "severity": "High",
    "tags": ["lure", "q4"],
    "attributes": {"ticket": _TICKET},
    "artifacts": {"host": _HOST},
    "notes": {"first": _LOOK},
    "tasks": {"call": _CALL, "write": {"name": "Write up"}},
}

_ITEMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "attributes": ("attributes", ("type", "value")),
    "artifacts": ("artifacts", ("type", "summary")),
    "notes": ("notes", ("text",)),
    "tasks": ("tasks", ("name",)),
    "associated_groups": ("associatedGroups", ("type", "name")),
}
"""Attribute → key of the API's case, and what tells one thing in it from another."""


class ThreatConnectScene(Scene):
    """People have put things into our cases that say the very same as those that we have there or are to make."""

    settings: ClassVar[Mapping[str, Any]] = {
        "type": "threatconnect",
        "access_id": "${env.TC_ACCESS_ID}",
        "secret_key": "${env.TC_SECRET_KEY}",
    }
    env: ClassVar[Mapping[str, str]] = {
        "TC_ACCESS_ID": DEFAULT_ACCESS_ID,
        "TC_SECRET_KEY": DEFAULT_SECRET_KEY,
    }
    yesterday: ClassVar[Mapping[str, Any]] = {
        "updated": _INTRUSION,
        "deleted": {**_INTRUSION, "lifecycle": {"on_remove": "delete"}},
        "released": _INTRUSION,
        "kept": _INTRUSION,
    }
    today: ClassVar[Mapping[str, Any]] = {
        "updated": {
            **_INTRUSION,
            "severity": "Low",
            "tags": ["q4", "vip"],
            "attributes": {"ticket": _TICKET, "chain": _CHAIN},
            "artifacts": {"host": _HOST, "url": _URL},
            "notes": {"first": {"text": "first look, mended"}, "second": _AGAIN},
            "tasks": {"call": _CALL, "again": _CALL},
            "associated_groups": [{"type": "Adversary", "name": "Extreme Bad Guy"}],
        },
        "kept": _INTRUSION,
        "new": {
            **_INTRUSION,
            "name": "New",
            "notes": {"first": {"text": "key ${env.CANARY}"}, "second": _AGAIN},
            "associated_groups": [{"type": "Campaign", "name": "Winter"}],
            "associated_cases": ["${cases.partner.id}"],
        },
        "partner": {
            "name": "Partner",
            "status": "Open",
            "severity": "Low",
            "associated_cases": ["${cases.new.id}"],
        },
    }
    ends = "Applied: 2 created, 1 updated, 1 deleted, 1 released, 0 imported. 10 requests."
    writes = 10
    moves = frozenset(
        {
            "name",
            "severity",
            "lastUpdated",
            "tags",
            "associatedCases",
            "workflowEvents",
            *(key for key, _ in _ITEMS.values()),
        }
    )
    edits: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "managed": ("severity", "Critical"),
        "unmanaged": ("resolution", "Rejected"),
    }

    def __init__(self) -> None:
        self.emulator: ThreatConnectEmulator = ThreatConnectEmulator()
        self._theirs: dict[str, dict[str, set[int]]] = {}

    def edit(self, id: int, word: str) -> None:
        self.emulator.edit(id, **dict([self.edits[word]]))

    def markers(self) -> Sequence[tuple[int, str]]:
        return [
            (case["id"], case["xid"]) for case in self.emulator.cases() if case.get("xid", "").startswith("soc.")
        ]

    def theirs(self) -> list[int]:
        return [self.emulator.seed_case(name="Theirs", tags=["lure"], notes=[_LOOK]) for _ in range(2)]

    def overnight(self, harness: Harness) -> None:
        for name in self.yesterday:
            id, people = int(harness.id_of(name)), self.emulator
            self._theirs[name] = {
                "notes": {people.add_note(id, each["text"]) for each in (_LOOK, _AGAIN)},
                "tasks": {people.add_task(id, **_CALL)},
                "artifacts": {people.add_artifact(id, **each) for each in (_HOST, _URL)},
                "attributes": {people.add_attribute(id, **each) for each in (_TICKET, _CHAIN)},
            }

    def shown(self, id: int) -> Mapping[str, Any]:
        shown = self.emulator.case(id)
        return {**shown, "tags": [tag["name"] for tag in shown["tags"]["data"]]}

    def names(self) -> Mapping[int, str]:
        return {case["id"]: case["name"] for case in self.emulator.cases()}

    def assert_complete(self, harness: Harness) -> None:
        for name, declared in self.today.items():
            for attribute in _ITEMS:
                self._assert_once(harness, name, attribute, declared.get(attribute, {}))
        names = [group["name"] for group in self.emulator.groups()]
        assert sorted(names) == ["Autumn", "Extreme Bad Guy", "Known Bad Guy", "Winter"]

    def _assert_once(self, harness: Harness, name: str, attribute: str, declared: Any) -> None:
        """Fail unless ours are there once, under the handles that are recorded, and theirs are there still."""
        key, fields = _ITEMS[attribute]
        live = {int(item["id"]): _said(item, fields) for item in self.shown(int(harness.id_of(name)))[key]["data"]}
        theirs = self._theirs.get(name, {}).get(attribute, set())
        handles = harness.record_of(name).handles
        ours = {
            int(handles[f"{attribute}.{word}"]): _said(item, fields) for word, item in _by_word(declared).items()
        }
        assert theirs <= live.keys(), f"{name}: something of theirs in {attribute} is gone"
        assert {id: said for id, said in live.items() if id not in theirs} == ours
        assert Counter(live[id] for id in theirs) == self._given(attribute) if theirs else True

    def _given(self, attribute: str) -> Counter[Sequence[str]]:
        """Return what people have put into each case."""
        given: Mapping[str, list[Mapping[str, str]]] = {
            "notes": [_LOOK, _AGAIN],
            "tasks": [_CALL],
            "artifacts": [_HOST, _URL],
            "attributes": [_TICKET, _CHAIN],
        }
        return Counter(_said(item, _ITEMS[attribute][1]) for item in given[attribute])


def _by_word(declared: Any) -> Mapping[str, Mapping[str, str]]:
    """Return items by their keys, and groups by type and name, as they are recorded."""
    if isinstance(declared, Mapping):
        return declared
    return {f"{group['type']}: {group['name']}": group for group in declared}


def _said(item: Mapping[str, str], fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(item[field].replace("${env.CANARY}", CANARY) for field in fields)


_POST: Final[Mapping[str, Any]] = {
    "title": "Look-alike portal",
    "description": "<p>Mail from <b>x</b> & y</p>",
    "status": "New",
    "priority": 5,
    "assignee": 17,
    "tags": ["phishing", "q4"],
    "watchers": [20],
}


class CommunifireScene(Scene):
    """Nothing can be deleted; people file and tag our cases, and a case of theirs is of the key's own user."""

    settings: ClassVar[Mapping[str, Any]] = {
        "type": "communifire",
        "api_key": "${env.COMMUNIFIRE_API_KEY}",
        "requests_per_minute": 60000,
        "space": 61,
    }
    env: ClassVar[Mapping[str, str]] = {"COMMUNIFIRE_API_KEY": DEFAULT_KEY}
    yesterday: ClassVar[Mapping[str, Any]] = {
        "updated": {**_POST, "ownership": {"tags": "shared"}},
        "closed": {**_POST, "lifecycle": {"on_remove": "close"}},
        "released": _POST,
        "kept": _POST,
    }
    today: ClassVar[Mapping[str, Any]] = {
        "updated": {
            **_POST,
            "title": "Look-alike portals & more",
            "status": "Open",
            "priority": 6,
            "assignee": None,
            "tags": ["q4", "vip"],
            "watchers": [21],
            "ownership": {"tags": "shared"},
        },
        "kept": _POST,
        "new": {**_POST, "title": "New", "description": "key ${env.CANARY}"},
        "bare": {"title": "Bare", "description": "No more than that"},
        "dependent": {"title": "Dependent", "description": "after ${cases.new.id}"},
    }
    ends = "Applied: 3 created, 1 updated, 0 deleted, 2 released, 0 imported. 5 requests."
    writes = 5
    called = "title"
    moves = frozenset(
        {
            *("IssueTitle", "IssueDescription", "IssueStatusID", "IssueStatusName", "StatusColorCssClass"),
            *("IssuePriorityID", "IssuePriorityName", "Tagname", "AssignedToUserID", "AssignedToUserDisplayName"),
            *("TagsCSV", "RecipientUserIDCSV", "DateUpdated", "DateUpdatedWithRespectToUser", "UserID"),
        }
    )
    edits: ClassVar[Mapping[str, tuple[str, Any]]] = {
        "managed": ("IssueTitle", "Somebody was here"),
        "unmanaged": ("ProjectSectionID", 231),
    }

    def __init__(self) -> None:
        self.emulator: CommunifireEmulator = CommunifireEmulator()
        self._closed = 0

    def edit(self, id: int, word: str) -> None:
        self.emulator.edit(id, **dict([self.edits[word]]))

    def markers(self) -> Sequence[tuple[int, str]]:
        tags = ((case["IssueID"], tag) for case in self.emulator.cases() for tag in case["TagsCSV"].split(","))
        return [(id, tag) for id, tag in tags if tag.startswith("rc-")]

    def theirs(self) -> list[int]:
        return [self.emulator.seed_case(IssueTitle="New", ReportedByUserID=user) for user in (3, 17)]

    def overnight(self, harness: Harness) -> None:
        self._closed, updated = (int(harness.id_of(name)) for name in ("closed", "updated"))
        self.emulator.edit(self._closed, ProjectSectionID=231)
        self.emulator.edit(updated, TagsCSV=f"seen,{self.shown(updated)['TagsCSV']}")

    def shown(self, id: int) -> Mapping[str, Any]:
        return self.emulator.case(id)

    def names(self) -> Mapping[int, str]:
        return {case["IssueID"]: case["IssueTitle"] for case in self.emulator.cases() if not self._is_done(case)}

    def _is_done(self, case: Mapping[str, Any]) -> bool:
        return (case["IssueID"], case["IssueStatusName"]) == (self._closed, "Closed")

    def assert_complete(self, harness: Harness) -> None:
        closed, updated = (self.shown(id) for id in (self._closed, int(harness.id_of("updated"))))
        assert (closed["IssueStatusName"], closed["ProjectSectionName"]) == ("Closed", "Mail")
        assert _tags(closed) == {"phishing", "q4", "rc-"}
        assert _tags(updated) == {"seen", "q4", "vip", "rc-"}


def _tags(case: Mapping[str, Any]) -> set[str]:
    """Return the tags of a case, of our marker how it begins."""
    tags = [tag[:3] if tag.startswith("rc-") else tag for tag in case["TagsCSV"].split(",")]
    assert len(set(tags)) == len(tags)
    return set(tags)


SCENES: Final[Mapping[str, type[Scene]]] = {
    "tines": TinesScene,
    "threatconnect": ThreatConnectScene,
    "communifire": CommunifireScene,
    "together": TogetherScene,
}
"""The systems, and what is worth a day of its own."""
