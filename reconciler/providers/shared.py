"""What the systems have in common: types of what users write, ids that are numbers, and how counts are said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr, StringConstraints

from reconciler.errors import Problem
from reconciler.model.case import Case

NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
"""An id: the systems count from 1, in 64 bits."""


def _instant(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a time such as 2026-03-01T10:00:00Z") from error
    return text


def _header_text(text: str) -> str:
    """Accept what a header can carry; httpx would quote anything else in its error."""
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of plain characters: a header carries it")
    return text


def _header_secret(secret: SecretStr) -> SecretStr:
    _header_text(secret.get_secret_value())
    return secret


Text = Annotated[str, StringConstraints(min_length=1)]
Instant = Annotated[str, AfterValidator(_instant)]
"""ISO 8601; mark the field as a Timestamp as well."""
HeaderText = Annotated[str, AfterValidator(_header_text)]
HeaderSecret = Annotated[SecretStr, AfterValidator(_header_secret)]


def import_problems(case: Case, system: str) -> Iterator[Problem]:
    """Yield that what is to be taken over is not named by a number."""
    if case.adopt is not None and not NUMBER.fullmatch(case.adopt):
        yield Problem(
            case.source.at(("import",)),
            f"{case.adopt!r} is not the id of a {system} case",
            "it is a number, such as 42",
        )


def count(number: int, noun: str) -> str:
    """Return `1 tag`, `2 tags`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
