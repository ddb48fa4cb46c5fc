"""
Worlds that nobody thought of: desired, recorded, live, edits and faults by lot, and after all of it one calm run.

A world is JSON, so that it can be sent to a process of its own, made smaller by Hypothesis, and replayed:

    {"scene": "tines", "yesterday": {…}, "today": {…}, "overnight": [[case, what], …], "script": "kill 30"}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from reconciler.testing.harness import Harness
from tests.faults.scenes import _ITEMS, CommunifireScene, Scene, ThreatConnectScene, TinesScene, _said
from tests.faults.script import Script

World = Mapping[str, Any]
_CLOSING: Final = frozenset(
    {
        *("description", "status", "sub_status", "resolved_at", "resolved_by", "linked_cases"),
        *("caseCloseTime", "caseCloseUser", "IssueStatusID"),
    }
)


def made(world: World) -> Scene:
    """Return the scene of a world."""
    scene = _SCENES[world["scene"]]()
    scene.set_up(world)
    return scene


class _Drawn:
    """What a scene of a world has instead of what the scenes of every day have."""

    moved: ClassVar[Mapping[str, str]] = {}

    def set_up(self: Any, world: World) -> None:
        self.yesterday, self.today = world["yesterday"], world["today"]
        self.moves = self.moves | _CLOSING
        self._overnight = world["overnight"]

    def overnight(self: Any, harness: Harness) -> None:
        ids = {address.name: int(record.id) for address, record in harness.state.records.items()}
        for name, what in self._overnight:
            if name not in ids or ids[name] not in self.names():
                continue
            if what == "removed":
                self.emulator.remove(ids[name])
            else:
                self.edit(ids[name], what)


class _TinesWorld(_Drawn, TinesScene):
    pass


class _CommunifireWorld(_Drawn, CommunifireScene):
    def _is_done(self, case: Mapping[str, Any]) -> bool:
        return False

    def assert_complete(self, harness: Harness) -> None:
        """All of it is compared by the plan, which is empty."""


class _ThreatConnectWorld(_Drawn, ThreatConnectScene):
    def assert_complete(self, harness: Harness) -> None:
        """Fail unless each item that is declared is there once, and no other: nobody else put one there."""
        for name, declared in self.today.items():
            for attribute in ("attributes", "artifacts", "notes", "tasks"):
                key, fields = _ITEMS[attribute]
                items = declared.get(attribute)
                if items is None:
                    continue
                live = Counter(_said(each, fields) for each in self.shown(int(harness.id_of(name)))[key]["data"])
                wanted = Counter(_said(each, fields) for each in items.values())
                assert live == wanted, f"{name}: {attribute} are {live}, declared {wanted}"


_SCENES: Final[Mapping[str, type[_TinesWorld | _ThreatConnectWorld | _CommunifireWorld]]] = {
    "tines": _TinesWorld,
    "threatconnect": _ThreatConnectWorld,
    "communifire": _CommunifireWorld,
}


def as_text(world: World) -> str:
    """Return a world as a script."""
    return json.dumps(world, ensure_ascii=True, separators=(",", ":"))


def script_of(text: str) -> tuple[Script, World | None]:
    """Read a script; the world is there if it is one."""
    if not text.startswith("{"):
        return Script.parse(text), None
    world = json.loads(text)
    return Script.parse(f"{world['scene']}: {world['script']}"), world
