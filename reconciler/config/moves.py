"""
`moved:` and `removed:` of the case files, beside `cases:`.

    moved:
      - {from: soc.a, to: soc.b}      the case that was soc.a is soc.b now: nothing is sent for it
    removed: [soc.c]                  the case is left as it is and managed no more, whatever on_remove says

moved: a → b, b → c     a and b are both c now
An entry that has done its work says nothing any more, and may stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from reconciler.config.expressions import expressions_in
from reconciler.config.nodes import Placed
from reconciler.config.sentences import Complaints, nearest, quoted
from reconciler.errors import Location, Problem
from reconciler.model.address import Address
from reconciler.model.move import Move

MOVED: Final = "moved"
REMOVED: Final = "removed"


def _address(text: str) -> str:
    try:
        Address.parse(text)
    except ValueError:
        raise ValueError(f"must be PROVIDER.CASE, such as soc.phishing-wave, not {quoted(text)}") from None
    return text


AddressText = Annotated[str, AfterValidator(_address)]


class MovedEntry(BaseModel):
    """A case that goes under another address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    origin: AddressText = Field(alias="from", description="The address under which it was applied: PROVIDER.CASE.")
    to: AddressText = Field(description="The address under which it is declared now.")


class Refactorings(BaseModel):
    """What a case file may say beside its cases."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    moved: tuple[MovedEntry, ...] = Field(default=(), description="Cases that go under another address.")
    removed: tuple[AddressText, ...] = Field(
        default=(), description="Cases that are left as they are and managed no more: PROVIDER.CASE."
    )


@dataclass(frozen=True, slots=True)
class Declared:
    """What is known of the declared cases when moves are held against them."""

    addresses: Mapping[str, Address]
    """By name."""
    names: Collection[str]
    """Of all cases, also those that cannot be understood."""
    providers: Collection[str]
    is_whole: bool
    """Every file could be read."""

    def has(self, address: Address) -> bool:
        """Tell whether a case is declared under an address."""
        return self.addresses.get(address.name) == address

    def lacks(self, address: Address) -> bool:
        """Tell whether certainly no case is declared under an address."""
        is_understood = address.name in self.addresses or address.name not in self.names
        return self.is_whole and is_understood and not self.has(address)


class MovesReader:
    """Reads what the case files say about cases that go elsewhere; what is wrong goes to `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._moves: dict[Address, Move] = {}
        self._removed: dict[Address, Location] = {}

    def take(self, placed: Placed) -> None:
        """Take in what a document of a case file says."""
        said = {key: placed.node[key] for key in (MOVED, REMOVED) if placed.node.get(key) is not None}
        if not said:
            return
        for key, node in said.items():
            self._problems.extend(
                Problem(place, f"`${{…}}` cannot stand in `{key}`")
                for place in expressions_in(node, placed.file, placed.node.place(key))
            )
        try:
            made = Refactorings.model_validate(said)
        except ValidationError as error:
            self._problems.extend(Complaints(Refactorings, placed).about(error))
            return
        for at, entry in enumerate(made.moved):
            source = placed.at((MOVED, at))
            self._add(Move(Address.parse(entry.origin), Address.parse(entry.to), source))
        for at, text in enumerate(made.removed):
            self._removed.setdefault(Address.parse(text), placed.at((REMOVED, at)))

    def _add(self, move: Move) -> None:
        if move.origin == move.to:
            self._report(move, f"{move.origin} moves to itself", "take it out")
        elif (first := self._moves.setdefault(move.origin, move)) is not move:
            self._report(move, f"{move.origin} is moved already, at {first.source}", "take one of them out")

    def resolved(self, declared: Declared) -> tuple[tuple[Move, ...], frozenset[Address]]:
        """Return the moves, each to where its case is declared now, and what is removed."""
        self._check_targets()
        moves = tuple(self._checked(declared))
        for address, place in self._removed.items():
            self._check_removed(address, place, declared)
        return moves, frozenset(self._removed)

    def _check_targets(self) -> None:
        taken: dict[Address, Move] = {}
        for move in self._moves.values():
            if (first := taken.setdefault(move.to, move)) is not move:
                self._report(move, f"{first.origin} becomes {move.to} too, at {first.source}")

    def _checked(self, declared: Declared) -> Iterator[Move]:
        for move in self._moves.values():
            if declared.has(move.origin):
                hint = "rename its block, or take the move out"
                self._report(move, f"{move.origin} moves, but is still declared", hint)
            end = self._end(move)
            if end is None:
                self._report(move, f"{move.origin} moves in a circle", "take one of the moves out")
            elif end == move.to and declared.lacks(end):
                near = nearest(str(end), map(str, declared.addresses.values()))
                said = f"{move.origin} moves to {end}, which is not declared"
                self._report(move, said, near or "declare it, or name the old address under `removed`")
            if end is not None:
                yield Move(move.origin, end, move.source)

    def _end(self, move: Move) -> Address | None:
        """Return where a case arrives in the end; None if it goes in a circle."""
        seen = {move.origin}
        end = move.to
        while end in self._moves:
            if end in seen:
                return None
            seen.add(end)
            end = self._moves[end].to
        return end

    def _check_removed(self, address: Address, place: Location, declared: Declared) -> None:
        if declared.has(address):
            hint = "take its block out, or take it out of `removed`"
            self._problems.append(Problem(place, f"{address} is removed, but is still declared", hint))
        elif (move := self._moves.get(address)) is not None:
            self._problems.append(Problem(place, f"{address} is removed, but moves as well, at {move.source}"))
        elif declared.providers and address.provider not in declared.providers:
            near = nearest(address.provider, declared.providers)
            self._problems.append(Problem(place, f"unknown provider {quoted(address.provider)}", near))

    def _report(self, move: Move, message: str, hint: str | None = None) -> None:
        self._problems.append(Problem(move.place, message, hint))
