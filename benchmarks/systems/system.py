"""What the benchmarks have to know of a system, and what its cases are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

CREATED: Final = "2026-03-01T09:00:00Z"
UPDATED: Final = "2026-03-01T10:00:00Z"
LINEAGE: Final = "6f1c0b52-58b5-4f7e-9d6c-0c1f4d1f3b7a"
PEOPLE: Final = ("jane", "omar", "li", "ada", "noor", "sven", "mara")
RUNBOOKS: Final = 40
LEVELS: Final = ("low", "medium", "high", "critical")

_TOPICS: Final = ("phishing", "malware", "exfiltration", "brute-force", "insider", "misconfiguration")
_UNITS: Final = ("finance", "legal", "research", "sales", "operations")


class System(Protocol):
    """One system; `changed` asks for the second form of a case."""

    name: str
    """Its `type` in the settings."""
    cases: str
    """The path of its cases."""
    where: str
    """The path by which a case is remembered, with `{}` for its number."""
    page: int
    """Cases of a page: as many as the product asks for, which the server grants."""
    settings: str
    """What its settings hold beside the address, as YAML in flow style."""
    lately: str
    """What a request names that asks for cases changed after a moment, which none is; nothing if it cannot."""
    aside: Mapping[str, Any]
    """By path, what else is answered: look-ups of names that change."""

    def declared(self, number: int, *, changed: bool) -> dict[str, Any]:
        """Return the attributes of a case."""
        ...

    def handles(self, number: int) -> dict[str, str]:
        """Return what the state remembers beside them: what the system calls the parts of a case."""
        ...

    def item(self, number: int, url: str, *, changed: bool) -> dict[str, Any]:
        """Return the object of a case as the API shows it, in a list and alone."""
        ...

    def listed(self, items: Sequence[Mapping[str, Any]], at: int, count: int, url: str) -> Any:
        """Return page `at`, from 1, of the list of all cases."""
        ...

    def alone(self, item: Mapping[str, Any]) -> Any:
        """Return the answer that shows one case, or tells that it was written."""
        ...

    def target(self, at: int) -> str:
        """Return what a bare client asks for to get page `at`."""
        ...

    def at(self, target: str) -> int:
        """Return which page a request is for."""
        ...

    def shown(self, page: Any) -> tuple[int, int]:
        """Return how many cases a page holds, and how many the list has in all."""
        ...

    def read(self, answer: Any) -> dict[str, Any]:
        """Return the attributes that are declared, out of the answer that shows one case."""
        ...


def name_of(number: int) -> str:
    """Return the second half of a case's address."""
    return f"case-{number:06}"


def title(number: int) -> str:
    """Return what a case is called."""
    return f"{_topic(number).capitalize()} reported by {_unit(number)}, number {number}"


def description(number: int) -> str:
    """Return two sentences about a case."""
    return (
        f"Alert {number * 7} of the mail gateway was confirmed by {_unit(number)}. Follow the runbook, "
        "keep the evidence, note what was done and when, and hand over at the end of the shift."
    )


def tags(number: int, *, changed: bool) -> list[str]:
    """Return eight tags, or nine."""
    more = ["escalated"] if changed else []
    wave, quarter = f"wave-{number % 97}", f"q{number % 4 + 1}"
    return sorted([_topic(number), _unit(number), quarter, wave, "soc", "triaged", "external", "mail", *more])


def level(number: int, *, changed: bool) -> int:
    """Return how bad it is: the place of a word in LEVELS."""
    return (number + changed) % len(LEVELS)


def person(number: int) -> tuple[str, int]:
    """Return the login and the id of whom a case is assigned to."""
    place = number % len(PEOPLE)
    return PEOPLE[place], 10 + place


def _topic(number: int) -> str:
    return _TOPICS[number % len(_TOPICS)]


def _unit(number: int) -> str:
    return _UNITS[number % len(_UNITS)]
