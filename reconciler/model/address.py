"""Where a case stands in a workspace: the provider instance and the case's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
"""What a provider instance or a case may be called."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The key of a case everywhere: `soc.phishing-wave`."""

    provider: str
    name: str

    def __str__(self) -> str:
        return f"{self.provider}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read `provider.name`; raise ValueError if it is not one."""
        provider, dot, name = text.partition(".")
        if not dot or not NAME.fullmatch(provider) or not NAME.fullmatch(name):
            raise ValueError(f"{text!r} is not an address; write PROVIDER.CASE, such as soc.phishing-wave")
        return cls(provider, name)
