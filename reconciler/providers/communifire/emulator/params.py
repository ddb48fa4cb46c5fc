"""The query of a request, in which the letter case of names makes no difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, TypeVar

from reconciler.providers.communifire.emulator.answers import failed
from reconciler.providers.emulation import Call

_DEFAULT_LENGTH = 10
_Item = TypeVar("_Item")


class Params:
    """The parameters of one request; an empty one is as good as none."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = given

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read those of a call; of a name given twice the last counts."""
        return cls({name.lower(): value for name, value in call.query if value})

    def text(self, name: str) -> str:
        """Give a parameter, or nothing."""
        return self._given.get(name.lower(), "")

    def number(self, name: str) -> int | None:
        """Give a number, or None; raises `Refused` for what is none."""
        text = self.text(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise failed(f"{name} is not a number: {text}") from None

    def page(self, items: Sequence[_Item], longest: int) -> Sequence[_Item]:
        """Give the page that StartPage and PageLength ask for, never longer than the site allows."""
        length = self.number("PageLength") or 0
        length = min(length if length > 0 else _DEFAULT_LENGTH, longest)
        start = max(self.number("StartPage") or 1, 1)
        return items[(start - 1) * length : start * length]
