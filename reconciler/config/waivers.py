"""
`waivers.yaml`: drift that is known and allowed for a while.

    - address: soc.phishing-wave
      field: priority
      reason: the duty officer lowers it at night
      owner: jane@acme.example
      until: 2026-12-31
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from reconciler.config import documents
from reconciler.config.characters import MAX_BYTES
from reconciler.config.documents import parse
from reconciler.config.expressions import expressions_in
from reconciler.config.files import Missing, Unreadable, read, real
from reconciler.config.nodes import Block, Listing, Placed
from reconciler.config.sentences import Complaints, nearest, quoted
from reconciler.errors import Location, Problem
from reconciler.model.address import Address
from reconciler.model.fields import Schema
from reconciler.model.waiver import Waiver

FILE: Final = "waivers.yaml"
"""The name of the file, beside the settings."""

DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class WaiverEntry(BaseModel):
    """A field that may be live otherwise than it was applied, for a while."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    address: str = Field(description="The case: PROVIDER.CASE.")
    field: str = Field(
        min_length=1, description="What may differ: an attribute, or a part of one (metadata.region)."
    )
    reason: str = Field(min_length=1, description="Why it may.")
    owner: str = Field(min_length=1, description="Who answers for it.")
    until: str = Field(
        description="The last day on which it may (UTC): 2026-12-31.", json_schema_extra={"format": "date"}
    )

    @field_validator("address")
    @classmethod
    def _address(cls, text: str) -> str:
        try:
            Address.parse(text)
        except ValueError:
            raise ValueError(f"must be PROVIDER.CASE, such as soc.phishing-wave, not {quoted(text)}") from None
        return text

    @field_validator("until")
    @classmethod
    def _day(cls, text: str) -> str:
        try:
            if re.match(DAY, text):
                return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
        raise ValueError(f"must be a day, such as 2026-12-31, not {quoted(text)}")

    @field_validator("field", "reason", "owner")
    @classmethod
    def _said(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must not be empty")
        return text


class WaiversReader:
    """Reads the waivers of a workspace; what is wrong goes to `problems`."""

    def __init__(self, root: Path, schemas: Mapping[str, Schema], problems: list[Problem]) -> None:
        self._root = root
        self._schemas = schemas
        """Of each provider instance."""
        self._problems = problems

    def read(self) -> tuple[Waiver, ...]:
        """Return every waiver; none where there is no file."""
        path = self._root / FILE
        try:
            parsed = parse(str(path), read(real(self._root, path), MAX_BYTES), most=documents.MAX_ENTRIES)
        except Missing:
            return ()
        except Unreadable as error:
            self._problems.append(Problem(Location(str(path)), f"the file {error}"))
            return ()
        self._problems.extend(parsed.problems)
        placed = (Placed(parsed.file, document.node, document.place) for document in parsed.documents)
        return tuple(waiver for each in placed for waiver in self._waivers(each))

    def _waivers(self, placed: Placed) -> Iterator[Waiver]:
        if not isinstance(placed.node, Listing):
            message = "this must be a list of waivers, each with `address`, `field`, `reason`, `owner` and `until`"
            self._problems.append(Problem(placed.at(), message))
            return
        where = "`${…}` cannot stand in a waiver"
        self._problems.extend(
            Problem(place, where) for place in expressions_in(placed.node, placed.file, placed.place)
        )
        for number in range(len(placed.node)):
            entry = self._entry(placed, number)
            if entry is not None and self._is_known(placed, number, entry):
                address = Address.parse(entry.address)
                source = placed.at((number,))
                yield Waiver(address, entry.field, entry.reason, entry.owner, entry.until, source)

    def _entry(self, placed: Placed, number: int) -> WaiverEntry | None:
        if not isinstance(placed.node[number], Block):
            self._problems.append(Problem(placed.at((number,)), "a waiver must be a mapping"))
            return None
        try:
            return WaiverEntry.model_validate(placed.node[number])
        except ValidationError as error:
            self._problems.extend(Complaints(WaiverEntry, placed, (number,)).about(error))
            return None

    def _is_known(self, placed: Placed, number: int, entry: WaiverEntry) -> bool:
        """Tell whether the field is one of the system, where that is known."""
        schema = self._schemas.get(Address.parse(entry.address).provider)
        attribute = entry.field.partition(".")[0]
        if schema is None or attribute in schema.fields:
            return True
        hint = nearest(attribute, schema.fields)
        message = f"{quoted(attribute)} is no attribute of this system's cases"
        self._problems.append(Problem(placed.at((number, "field")), message, hint))
        return False


def undeclared(waivers: Collection[Waiver], cases: Collection[Address]) -> Iterator[str]:
    """Yield a warning for each waiver of a case that is not declared."""
    for waiver in waivers:
        if waiver.address not in cases:
            close = nearest(str(waiver.address), map(str, cases))
            hint = f"; {close}" if close else ""
            yield f"{waiver.source}: the case {waiver.address} is not declared{hint}"
