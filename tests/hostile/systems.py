"""The three systems as these tests see them: settings, credentials, and a case with text in every place it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.providers.emulation import Call, Emulator, Outcome
from reconciler.providers.threatconnect.emulator import (
    DEFAULT_ACCESS_ID,
    DEFAULT_SECRET_KEY,
    ThreatConnectEmulator,
)
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator

Case = Mapping[str, Any]


@dataclass(frozen=True)
class System:
    """One system."""

    name: str
    emulator: Callable[[], Emulator]
    settings: Mapping[str, Any]
    env: Mapping[str, str]
    case: Callable[[str], Case]
    """A case with a text in every place that takes free text, items apart."""
    items: Callable[[str], Case]
    """What is added to it for items and the like, which take more requests."""
    title: str
    """The attribute that is kept to the letter, whatever it says."""

    @property
    def edited(self) -> str:
        """How the API calls the title."""
        return {"title": "IssueTitle"}.get(self.title, self.title)


def _tines(text: str) -> Case:
    return {"name": text, "description": text, "tags": [text, "tag"], "metadata": {"key": text, text: "value"}}


def _tines_items(text: str) -> Case:
    return {
        "notes": {"n": {"title": text, "content": text}},
        "tasks": {"t": {"description": text}},
        "actions": {"a": {"label": text, "url": "https://acme.tines.com/x", "type": "page"}},
        "closure_conditions": [{"name": text, "formula": "=TRUE"}],
    }


def _threatconnect(text: str) -> Case:
    return {"name": text, "status": "Open", "severity": "Low", "description": text, "tags": [text, "tag"]}


def _threatconnect_items(text: str) -> Case:
    return {
        "attributes": {"a": {"type": "Description", "value": text, "source": text}},
        "notes": {"n": {"text": text}},
        "tasks": {"t": {"name": text, "description": text}},
        "artifacts": {"f": {"type": "URL", "summary": f"https://x.example/{text}", "source": text}},
    }


def _communifire(text: str) -> Case:
    return {"title": text, "description": text, "tags": [text, "tag"]}


SYSTEMS: Final = {
    system.name: system
    for system in (
        System(
            "tines",
            TinesEmulator,
            {"type": "tines", "token": "${env.TOKEN}", "team_id": 2, "requests_per_minute": 1_000_000},
            {"TOKEN": DEFAULT_TOKEN},
            _tines,
            _tines_items,
            "name",
        ),
        System(
            "threatconnect",
            ThreatConnectEmulator,
            {
                "type": "threatconnect",
                "access_id": "${env.TC_ACCESS_ID}",
                "secret_key": "${env.TC_SECRET_KEY}",
                "requests_per_minute": 1_000_000,
            },
            {"TC_ACCESS_ID": DEFAULT_ACCESS_ID, "TC_SECRET_KEY": DEFAULT_SECRET_KEY},
            _threatconnect,
            _threatconnect_items,
            "name",
        ),
        System(
            "communifire",
            CommunifireEmulator,
            {
                "type": "communifire",
                "api_key": "${env.KEY}",
                "space": "SOC",
                "requests_per_minute": 1_000_000,
            },
            {"KEY": DEFAULT_KEY},
            _communifire,
            lambda _: {},
            "title",
        ),
    )
}

Rewrite = Callable[[Call, Outcome], Outcome]


@contextmanager
def rewritten(emulator: Emulator, rewrite: Rewrite) -> Iterator[None]:
    """Have every answer of an emulator pass through `rewrite` for a while."""
    honest = emulator.answer
    emulator.answer = lambda call: rewrite(call, honest(call))  # type: ignore[method-assign]
    try:
        yield
    finally:
        emulator.answer = honest  # type: ignore[method-assign]


def instead(emulator: Emulator, lie: Callable[[Call], Outcome | None]) -> None:
    """Have some calls answered without being executed, from here on."""
    honest = emulator.answer
    emulator.answer = lambda call: lie(call) or honest(call)  # type: ignore[method-assign]


def poison(number: int) -> str:
    """Return the harmless text in whose place a poisoned answer says something else."""
    return f"poison-{number}-"


_POISON: Final = re.compile(r"poison-(\d+)-")


def poisoned(texts: tuple[str, ...]) -> Rewrite:
    """Put hostile text into every answer, where `poison` was declared; JSON's escapes say what UTF-8 cannot."""

    def rewrite(_: Call, outcome: Outcome) -> Outcome:
        if outcome.reply is None or not outcome.reply.content:
            return outcome
        data = json.loads(outcome.reply.content)
        content = json.dumps(_swapped(data, texts)).encode()
        return replace(outcome, reply=replace(outcome.reply, content=content))

    return rewrite


def _swapped(value: Any, texts: tuple[str, ...]) -> Any:
    match value:
        case str():
            return _POISON.sub(lambda found: texts[int(found[1])], value)
        case list():
            return [_swapped(item, texts) for item in value]
        case dict():
            return {_swapped(key, texts): _swapped(item, texts) for key, item in value.items()}
        case _:
            return value
