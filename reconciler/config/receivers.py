"""
`notify:` of `reconciler.yaml`: who is told of new drift.

    notify:
      - {type: slack, url: "${env.SLACK_URL}"}
      - {type: webhook, url: "https://soc.acme.example/drift", secret: "${env.DRIFT_SECRET}"}

An address is a secret, since whoever knows it can write there. One whose variable is not set is left out: whoever
plans on a machine of his own need not know it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator

from reconciler.config.binding import Binder
from reconciler.config.expressions import SETTINGS, Expressions, Found
from reconciler.config.nodes import Block, Listing, Placed
from reconciler.config.sentences import Complaints
from reconciler.errors import Location, Problem
from reconciler.providers.base import LOOPBACK


def lower(value: Any) -> Any:
    """Enums are written in any letter case."""
    return value.lower() if isinstance(value, str) else value


class NotifyEntry(BaseModel):
    """One that is told of new drift."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: Annotated[Literal["slack", "teams", "webhook"], BeforeValidator(lower)] = Field(
        description="How it is told: a message to Slack, a card to Teams (Workflows), or plain JSON."
    )
    url: SecretStr = Field(description="Where it is told, https (http only for loopback).")
    secret: SecretStr | None = Field(
        default=None, min_length=1, description="Of a webhook: the key of the signature (HMAC-SHA256)."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: SecretStr) -> SecretStr:
        """Accept https, and http to this machine only; the words must not quote the address."""
        text = url.get_secret_value()
        try:
            parts = urlsplit(text)
            plain = (parts.scheme, parts.hostname, parts.port != 0)
        except ValueError:
            plain = ("", None, False)
        scheme, host, usable = plain
        if not text.isprintable() or " " in text or scheme not in {"https", "http"} or not host or not usable:
            raise ValueError("must be an address such as https://hooks.acme.example/…")
        if scheme == "http" and host not in LOOPBACK:
            raise ValueError("must use https; plain http is for loopback only")
        if "@" in parts.netloc or parts.fragment:
            raise ValueError("must not hold a user, a password or a fragment")
        return url


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told of new drift."""

    type: str
    url: str
    secret: str | None
    source: Location


class ReceiversReader:
    """Reads `notify:`; what is wrong goes to `expressions.problems`."""

    def __init__(self, expressions: Expressions, binder: Binder) -> None:
        self._ours = expressions
        self._binder = binder
        self._expressions = Expressions(
            expressions.root,
            expressions.env,
            offline=True,
            problems=expressions.problems,
            secrets=expressions.secrets,
        )

    def read(self, placed: Placed) -> tuple[Receiver, ...]:
        """Return those that can be told."""
        listed = placed.node.get("notify")
        if not isinstance(listed, Listing):
            return ()
        found = tuple(each for number in range(len(listed)) for each in self._receiver(placed, number))
        if self._ours.offline:
            self._ours.warnings.extend(self._expressions.warnings)
        return found

    def _receiver(self, placed: Placed, number: int) -> Iterator[Receiver]:
        path = ("notify", number)
        node = placed.node["notify"][number]
        if not isinstance(node, Block):
            self._ours.problems.append(Problem(placed.at(path), "an entry of `notify` must be a mapping"))
            return
        bound = self._binder.bound(node, placed.file, placed.place, ("var",))
        values, unset = self._evaluated(placed.file, bound)
        try:
            entry = NotifyEntry.model_validate(values)
        except ValidationError as error:
            complaints = Complaints(NotifyEntry, placed, path, secrets=self._ours.secrets)
            self._ours.problems.extend(complaints.about(error, but=unset))
            return
        if entry.secret is not None and entry.type != "webhook":
            where = placed.key((*path, "secret"))
            self._ours.problems.append(Problem(where, "`secret` signs what a webhook is sent; remove it here"))
        url, secret = entry.url.get_secret_value(), entry.secret.get_secret_value() if entry.secret else None
        self._ours.secrets.update(text for text in (url, secret) if text)
        if not unset:
            yield Receiver(entry.type, url, secret, placed.at(path))

    def _evaluated(self, file: str, node: Block) -> tuple[dict[str, Any], set[str]]:
        """Return the values of an entry, and the names of those that have none."""
        values: dict[str, Any] = {}
        unset: set[str] = set()
        for key, value, _, place in node.located():
            found = Found()
            values[key] = self._expressions.evaluate(value, file, place, SETTINGS, found)
            if found.unknown:
                unset.add(key)
        return values, unset
