"""
What a system must offer to be reconciled: how to read it, and which requests a change takes.

A provider **must** read only what is asked for, return attributes in the schema's terms, and name every
request of a change in order. It **may** look names up. It **must not** write: the `Api` it is handed has no way
to, and the requests it names are sent by the engine after the user has seen them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol, TypeAlias
from urllib.parse import SplitResult, urlsplit

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticKnownError

from reconciler.errors import Problem, ReconcilerError
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Change, Drift, Edit
from reconciler.model.fields import Field as SchemaField
from reconciler.model.fields import Items, Schema
from reconciler.model.operation import Operation
from reconciler.model.values import Claim, Marker, Path, Value
from reconciler.providers.filters import Filter

Params: TypeAlias = Sequence[tuple[str, str]]
"""Query parameters, in order, not yet encoded."""


class Hidden(str):
    """The value of a parameter that is made of a secret: it is masked wherever the request is told of."""

    __slots__ = ()


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


_WHOLE = re.compile(r"[-+]?[0-9]+")
_DIGITS_OF_64_BITS = 19


def _whole(value: Any) -> Any:
    """Read no more than YAML 1.2 and JSON do: pydantic takes `1_000`, ` 2 ` and numbers of any size, too."""
    if isinstance(value, str) and _WHOLE.fullmatch(value) is None:
        raise PydanticKnownError("int_parsing")
    if isinstance(value, str) and len(value) <= _DIGITS_OF_64_BITS + 1:
        value = int(value)
    if isinstance(value, str) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise PydanticKnownError("int_parsing_size")
    return value


Whole: TypeAlias = Annotated[int, BeforeValidator(_whole)]
"""A whole number of 64 bits, as it is written in a file."""


class ProviderSettings(BaseModel):
    """The settings that every provider instance has; a system adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    window: ClassVar[float] = 60.0
    """Seconds in which the limit of requests counts; fewer for a system that is to be spared bursts."""

    type: str = Field(description="The system that it is.")
    url: str = Field(description="Address of the tenant, https (http only for loopback).")
    requests_per_minute: Whole = Field(default=3000, ge=1, description="Client-side limit of requests.")
    concurrency: Whole = Field(default=8, ge=1, le=64, description="Requests in flight at once.")

    @field_validator("url")
    @classmethod
    def _origin(cls, url: str) -> str:
        """Accept https, and http to this machine only: a token must not cross a network in the clear."""
        parts = _parts_of(url)
        if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError("must be an address such as https://acme.tines.com")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("must use https; plain http is for loopback only")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must not hold a user, a password, a query or a fragment")
        return url.rstrip("/")

    def cautions(self) -> Iterator[tuple[str, str]]:
        """Yield a key and what its reader should know, for settings that are right and will not stay so."""
        return iter(())


def _parts_of(url: str) -> SplitResult | None:
    """Return the parts of an address; None where every reader of addresses would see others, or none."""
    if not url.isprintable() or not set(url).isdisjoint(" \\"):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = httpx.URL(url).host  # knows names that are no names: `xn--`
    except (ValueError, httpx.InvalidURL):  # its words quote what stands where a port or a password does
        return None
    return parts if port != 0 and host else None


class CaseModel(BaseModel):
    """What a user may declare about a case; a system names its attributes and marks their meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class ItemModel(CaseModel):
    """What a user may declare about a thing in a case that is under a key of its own: a note, a task."""


def items_of(model: type[ItemModel]) -> Items:
    """Mark an attribute that holds such things by the user's keys, as in `Annotated[dict[str, Note], …]`."""
    return Items(_fields(model))


def schema_of(
    model: type[CaseModel], *, required: Iterable[str] = (), closing: Mapping[str, Value] | None = None
) -> Schema:
    """Read the markings on a model's fields."""
    return Schema(_fields(model), required=frozenset(required), closing=dict(closing or {}))


def _fields(model: type[CaseModel]) -> dict[str, SchemaField]:
    return {name: SchemaField.of(name, info.metadata) for name, info in model.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The live cases to read, and of each the attributes that are declared or recorded."""

    attributes: Mapping[str, frozenset[str]]
    """Case id → attribute names."""
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of maps the keys that matter in any of the cases; one that is not in here matters whole."""

    @property
    def ids(self) -> frozenset[str]:
        """The ids to read."""
        return frozenset(self.attributes)


Expect: TypeAlias = Callable[[int], None]
"""Hears how many there will be."""


def unheard(_number: int) -> None:
    """Hear, and do nothing."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which live cases to go through, and what to read of each."""

    attributes: frozenset[str]
    """To be read, whatever requests that takes."""
    beside: frozenset[str] = frozenset()
    """To be read of those that show it anyway."""
    ids: tuple[str, ...] = ()
    """These only; none of them for all cases."""
    filters: tuple[tuple[str, str], ...] = ()
    """Names and values in the system's own words; several values of one name: any of them."""
    query: str | None = None
    """In the language of the system that has one."""
    known: frozenset[str] = frozenset()
    """Of these cases it matters only that they are there: nothing is asked for one of them by itself."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A case that is about to change."""

    change: Change
    case: Case
    """As it is declared; where it is declared no more and to be closed, with what closing gives it."""
    live: Live | None
    """None where it is to be created."""
    marker: Marker


@dataclass(frozen=True, slots=True)
class Sought:
    """A create whose answer was lost."""

    marker: Marker
    declared: Mapping[str, Value] = field(default_factory=dict)
    """What the case was to be created with; empty where only a case that is certainly ours will do."""
    since: str | None = None
    """ISO 8601, UTC: it was announced then, by the clock of this machine; None where nobody knows."""
    earlier: bool = False
    """It was sent by an earlier run, whose settings may have been others."""


Meanings: TypeAlias = Mapping[Address, Mapping[str, Any]]
"""What names in a declared case mean to the system, by case: `{"sub_status_id": 38482}`."""


class Api(Protocol):
    """Reading a system over HTTP. Errors are those under `ApiError`; retries and limits are already applied."""

    def get(self, path: str, params: Params = ()) -> Any:
        """Return the decoded JSON answer of one GET; raise NotFound on 404."""
        ...

    def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
        """
        Return the answers of several GETs, in the order asked, read at the same time; None for a 404.

        With `denied`, None also for an answer that says no with a 2xx status.
        """
        ...


class Provider(Protocol):
    """The adapter of one system, for one instance of it."""

    settings_model: ClassVar[type[ProviderSettings]]
    case_model: ClassVar[type[CaseModel]]
    schema: ClassVar[Schema]
    answers_in_strings: ClassVar[bool] = False
    """An answer may come as a JSON string that holds it."""
    filters: ClassVar[Mapping[str, Filter]] = {}
    """By name, what cases can be chosen by."""
    narrowed_by: ClassVar[Mapping[str, str]] = {}
    """Attributes → the filters by which the system itself leaves out cases that have other values."""
    query_language: ClassVar[str | None] = None
    """What queries are written in, where the system takes any: `TQL`."""
    costly: ClassVar[frozenset[str]] = frozenset()
    """Attributes that lists do not show, or show at the price of much smaller pages."""
    unseen: ClassVar[frozenset[str]] = frozenset()
    """Attributes that may change without `changed_since` telling so."""

    def __init__(self, settings: Any) -> None:
        """Make the adapter; `settings` is a value of `settings_model`."""
        ...

    @property
    def auth(self) -> httpx.Auth:
        """Return what signs each request."""
        ...

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        """Read the wanted cases in as few requests as the system allows; one that is gone is left out."""
        ...

    def changed_since(
        self,
        api: Api,  # noqa: ARG002
        ids: frozenset[str],  # noqa: ARG002
        moment: datetime,  # noqa: ARG002
    ) -> frozenset[str] | None:
        """
        Return which of the cases were changed at a moment or later, by the system's clock; None: it cannot tell.

        It may name cases that were not, also all of them where that takes fewer requests; of those that are gone
        it need not tell. Raises ApiError.
        """
        return None

    def browse(
        self,
        api: Api,  # noqa: ARG002
        selection: Selection,  # noqa: ARG002
        expect: Expect = unheard,  # noqa: ARG002
    ) -> Iterator[Live]:
        """
        Yield the live cases that fit, each once, page by page as they arrive, the oldest first where lists can.

        `expect` is told how many these are, if the first page tells; it may be more where cases come and go.
        Raises ReconcilerError for a filter that the system does not have, before anything is asked, and where its
        adapter cannot list cases.
        """
        raise ReconcilerError(
            "the adapter of this system cannot list cases",
            hint="import them one by one: `reconciler import ADDRESS ID`",
        )

    def lookup(self, api: Api, cases: Sequence[Subject]) -> Meanings:
        """Ask what the names in cases mean; raise ConfigError for unknown ones."""
        ...

    def find(self, api: Api, sought: Sought) -> Sequence[str]:
        """Return the ids of the cases that carry the marker, oldest first."""
        ...

    def check(self, case: Case) -> Iterator[Problem]:
        """Yield what is wrong with a declared case beyond its schema; no network."""
        ...

    def operations(self, change: Change, marker: Marker, meanings: Mapping[str, Any]) -> Iterator[Operation]:
        """Yield the requests that make the change true, in the order in which they are sent."""
        ...

    @property
    def offered(self) -> frozenset[str]:
        """Return the attributes that this instance knows."""
        return frozenset(self.schema.fields)

    @property
    def closing(self) -> Mapping[str, Value]:
        """Return what an open case gets when it is closed."""
        return self.schema.closing

    def refusal(self, answer: Any) -> str | None:  # noqa: ARG002 (most systems use the HTTP status)
        """Return the words of an answer that says no with a 2xx status; None if it does not."""
        return None

    def remark(self, answer: Any) -> str | None:  # noqa: ARG002
        """Return what the answer to a write says that its sender should know; None if it says nothing."""
        return None

    def is_marked(self, live: Live, marker: Marker) -> bool:  # noqa: ARG002
        """Tell whether a case that was just created carries its marker."""
        return True

    def claim_of(self, marker: str) -> Claim:  # noqa: ARG002 (most systems keep a hash of it)
        """Tell who made the case that carries a marker, as `Live.marker` holds it."""
        return Claim()

    def marker_text(self, marker: Marker) -> str:
        """Return a marker as `Live.marker` holds it, letter case aside."""
        return marker.text

    def added(self, change: Change, attribute: str) -> frozenset[str]:  # noqa: ARG002
        """Return the members, as handles name them, that the system may put into a set because of a change."""
        return frozenset()

    def answered(self, answer: Any, attributes: frozenset[str]) -> Live | None:  # noqa: ARG002
        """Read the case out of the answer to a write; None where the system does not show it there."""
        return None

    def renamed(
        self,
        api: Api,  # noqa: ARG002
        attribute: str,  # noqa: ARG002
        missing: frozenset[str],  # noqa: ARG002
        shown: frozenset[str],  # noqa: ARG002
    ) -> Mapping[str, str]:
        """Return for members that were written and are not shown under which of the shown names they are kept."""
        return {}

    def whole(
        self,
        change: Change,  # noqa: ARG002
        attribute: str,  # noqa: ARG002
        members: frozenset[Value],  # noqa: ARG002
    ) -> Operation | None:
        """Return the request that sets a set to just these members; None where it must not be sent again."""
        return None

    def history(self, api: Api, drifts: Sequence[Drift]) -> Mapping[Address, Mapping[Path, Edit]]:  # noqa: ARG002
        """Return who changed drifted fields, for a system that keeps a log; raises ApiError."""
        return {}

    def url_of(self, id: str) -> str:  # noqa: ARG002
        """Return where a case is shown, for a system whose answers do not say."""
        return ""
