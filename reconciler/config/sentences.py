"""What is wrong, in words for the person who must act: nearest names, and pydantic's errors rewritten."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.config.nodes import Block, Listing, Node, Placed, Steps, value_at
from reconciler.config.shapes import Spot, keys_of, told
from reconciler.errors import Location, Problem

SHOWN: Final = 60
"""Characters of an offending text that are shown."""
MAX_ERRORS: Final = 10_000
"""Of one case that are told one by one: pydantic takes a kilobyte to tell one."""

_WANTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "string_sub_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of usual size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list, such as [a, b]",
    "set_type": "a list, such as [a, b]",
    "frozen_set_type": "a list, such as [a, b]",
    "tuple_type": "a list, such as [a, b]",
    "dict_type": "a mapping, such as {key: text}",
    "mapping_type": "a mapping, such as {key: text}",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
"""pydantic's error types, and what is meant."""


def nearest(text: str, known: Iterable[str]) -> str | None:
    """Return the hint that names the known text most like this one; None if none is."""
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(text.lower()[:200], by_lower, n=1, cutoff=0.6)
    return f"did you mean `{by_lower[found[0]]}`?" if found else None


def one_of(names: Iterable[str], *, last: str = "or") -> str:
    """Return names as a sentence lists them: `a, b or c`."""
    listed = [str(name) for name in names]
    if len(listed) < 2:  # noqa: PLR2004 (one name needs no conjunction)
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"


def quoted(text: str) -> str:
    """Return a text as it is shown in a sentence: in backticks, cut if long, controls escaped."""
    return f"`{cut(text)}`"


def cut(text: str) -> str:
    """Return a text for the middle of a sentence: cut if long, controls escaped."""
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short)


def shown(node: Node) -> str:
    """Return what stands in a place, as a sentence names it."""
    match node:
        case None:
            return "nothing"
        case str():
            return quoted(node)
        case Block():
            return "a mapping"
        case Listing():
            return "a list"
        case _:
            return f"a {type(node).__name__}"


def _never(_: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Complaints:
    """Turns what pydantic says about a model into problems with their places."""

    model: type[BaseModel]
    placed: Placed
    prefix: Steps = ()
    """Where the model's value stands in `placed`."""
    known: Sequence[str] = ()
    """Keys that may stand beside the model's own."""
    secrets: Collection[str] = ()
    """Texts that never get into a message."""
    is_reference: Callable[[object], bool] = _never
    """Tells a value that stands for a reference, which has no value yet."""

    def about(
        self, error: ValidationError, *, but: Collection[str] = (), said: Collection[Steps] = ()
    ) -> Iterator[Problem]:
        """
        Yield a problem for each error, but for those about the keys in `but` and at the places in `said`.

        What stands in a place is shown as it is written in the file, so the value of an expression is not.
        """
        node = value_at(self.placed.node, self.prefix)
        if error.error_count() > MAX_ERRORS:
            message = f"{error.error_count():,} things are wrong in this block"
            yield Problem(self.placed.at(self.prefix), message, "see whether it belongs here")
            return
        for item, spot in told(self.model, node, error.errors(include_url=False)):
            if not (spot.path and spot.path[0] in but) and spot.steps not in said:
                yield self._problem(item, spot)

    def _problem(self, item: ErrorDetails, spot: Spot) -> Problem:
        path = (*self.prefix, *spot.path)
        name = next((step for step in reversed(path) if isinstance(step, str)), "this")
        if item["type"] == "extra_forbidden":
            beside = self.known if len(spot.path) == 1 else ()
            own = keys_of(spot.around) if spot.around else []
            return unknown_key(self.placed.key(path), name, [*own, *beside])
        if item["type"] == "missing":
            return Problem(self.placed.key(path[:-1]), f"{quoted(name)} is missing")
        where = self.placed.key(path) if spot.is_key else self.placed.at(path)
        if self.is_reference(item["input"]):
            return Problem(where, f"{quoted(name)} cannot hold a reference: it is not free text")
        return Problem(where, *_sentence(item, name, value_at(self.placed.node, path), self.secrets))


def unknown_key(where: Location, name: str, known: Sequence[str]) -> Problem:
    """Return the problem of a key that nothing knows."""
    hint = nearest(name, known) or (f"known are {one_of(known, last='and')}" if known else None)
    return Problem(where, f"unknown key {quoted(name)}", hint)


def _sentence(item: ErrorDetails, name: str, node: Node, secrets: Collection[str]) -> tuple[str, str | None]:
    kind: str = item["type"]
    if kind in {"literal_error", "enum"}:
        return _choice(item, name, node)
    if kind in _WANTED:
        return f"{quoted(name)} must be {_WANTED[kind]}, not {shown(node)}", None
    words = _own_words(item)
    if any(secret in words for secret in secrets):
        words = "this value is not accepted"
    joint = " " if words.startswith(("must", "should")) else ": "
    return f"{quoted(name)}{joint}{words}", None


def _choice(item: ErrorDetails, name: str, node: Node) -> tuple[str, str | None]:
    expected = str(item["ctx"]["expected"]).replace("'", "")
    choices = expected.replace(" or ", ", ").split(", ")
    hint = nearest(node, choices) if isinstance(node, str) else None
    return f"{quoted(name)} must be {one_of(choices)}, not {shown(node)}", hint


def _own_words(item: ErrorDetails) -> str:
    """Return the words of a validator of the schema, or pydantic's."""
    cause = item.get("ctx", {}).get("error")
    words = str(cause) if isinstance(cause, ValueError) else str(item["msg"])
    return words.removeprefix("Input ").removeprefix("String ").removeprefix("Value ")
