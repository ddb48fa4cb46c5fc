"""Where a case stands in a workspace: the provider instance and the case's name."""

from __future__ import annotations

import re
from sys import intern
from typing import Final, NamedTuple

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
"""What a provider instance or a case may be called."""

ID: Final = re.compile(r"[^\s\x00-\x1f\x7f/?#%\\.][^\s\x00-\x1f\x7f/?#%\\]*")
"""What the id of a live case may be: any system's own, but for what leads elsewhere in a request's path."""


class Address(NamedTuple):
    """
    The key of a case everywhere: `soc.phishing-wave`.

    A tuple, since whatever is done with 100,000 cases hashes and compares their addresses again and again.
    """

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
        return cls(intern(provider), name)
