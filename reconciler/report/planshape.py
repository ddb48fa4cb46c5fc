"""
The shape of a plan file: what stands in its JSON, for the reader and for the schema that is published.

Keys that a later minor version adds are ignored when it is read; the checksum still covers them.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from reconciler.model.address import NAME
from reconciler.model.case import OnRemove
from reconciler.model.change import Action, Cause
from reconciler.model.operation import Repeat
from reconciler.model.policy import Severity

Methods: TypeAlias = Literal["POST", "PUT", "PATCH", "DELETE"]
Kinds: TypeAlias = dict[str, Literal["null", "set"]]


class Model(BaseModel):
    """An object of the file."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


class Scalar(Model):
    """A value that changes, of a scalar or of a key in a map or of items."""

    path: list[str] = Field(min_length=1, description="Where the value stands: attribute, then key of a map.")
    before: Any = Field(description="The live value; null where there is none.")
    after: Any = Field(description="The value to be; null where there will be none.")
    cause: Cause
    kinds: Kinds = Field(
        default_factory=dict, description="`null`: null is a value here; `set`: the list is a set."
    )


class Set(Model):
    """A set that changes."""

    path: list[str] = Field(min_length=1, description="Where the set stands.")
    add: list[Any] = Field(description="Members that the set gains.")
    remove: list[Any] = Field(description="Members that the set loses.")
    cause: Cause
    expected: list[Any] | None = Field(default=None, description="All members before the change.")
    shared: bool = Field(default=False, description="Others may come and go in the set.")
    kinds: Kinds = Field(default_factory=dict, description="`null`: null is a value here.")


class Expectation(Model):
    """What the answer to a request must hold."""

    at: list[str | int] = Field(description="A way into the answer; `*` means each item of a list.")
    value: Any = Field(description="What must stand there.")


class Made(Model):
    """An item that a request brings into being."""

    path: tuple[str, str] = Field(description="Attribute and key of the item.")
    name: str | None = Field(description="The name by which the system shows it again, if it has one.")


class Merge(Model):
    """A set that is sent whole."""

    attribute: str
    before: tuple[str, ...] = Field(description="Its members when it was planned, in the system's words.")


class Each(Model):
    """The cases that a request is about, of which there may be several."""

    key: str = Field(description="Key of the body: its list of cases.")
    at_most: int = Field(gt=0, description="How many cases one request takes.")
    shown: list[str | int] = Field(description="A way into the answer: the cases that it was done for.")


class Part(Model):
    """What one request does to a set that takes several."""

    path: list[str] = Field(min_length=1, description="Where the set stands.")
    add: list[Any]
    remove: list[Any]


class Operation(Model):
    """One request that writes."""

    method: Methods
    path: str = Field(
        pattern=r"^/[^/\\\s]\S*$", description="From the root of the system's address; `${cases.…}` where unknown."
    )
    body: Any = Field(description="What is sent once unknowns and secrets are filled in; null is nothing.")
    why: str
    query: list[tuple[str, str]] = Field(
        default_factory=list, description="Parameters of the path: name and value, not yet encoded."
    )
    fields: list[list[str]] = Field(
        default_factory=list, description="The field changes that this request makes true."
    )
    captures: dict[str, list[str | int]] = Field(
        default_factory=dict, description="What to remember of the answer."
    )
    expects: list[Expectation] = Field(default_factory=list, description="What the answer must hold.")
    repeat: Repeat = Field(default=Repeat.SAFE, description="What to do when the answer is lost.")
    droppable: bool = Field(default=False, description="Not sent when a reference in it is empty.")
    makes: list[Made] = Field(default_factory=list, description="The items that this request brings into being.")
    verifies: list[str] = Field(
        default_factory=list, description="Sets that are compared with what the answer shows of them."
    )
    after: list[str] = Field(
        default_factory=list, description="Names of later cases that it links to and waits for."
    )
    as_text: bool = Field(
        default=False,
        description="The body is sent in a JSON string; it stands here as an object where it is not all known.",
    )
    merges: dict[str, Merge] = Field(
        default_factory=dict,
        description="Keys of the body that hold a whole set: what others do to it meanwhile is taken in.",
    )
    along: dict[str, Any] = Field(
        default_factory=dict, description="What it sets beside what is declared, as it was when it was planned."
    )
    otherwise: list[Operation] = Field(
        default_factory=list, description="What is sent instead if the system cannot do all of it at once (422)."
    )
    last: bool = Field(default=False, description="Of such a one: sent when everything else of the case is done.")
    reads_back: bool = Field(default=False, description="The case is read again afterwards, and compared.")
    each: Each | None = Field(default=None, description="Set where it may be about several cases at once.")
    others: dict[str, list[list[str]]] = Field(
        default_factory=dict, description="By address, the field changes of other cases that it makes true."
    )
    part: Part | None = Field(default=None, description="What it does to a set that takes several requests.")


class Lifecycle(Model):
    """How a case is treated when its block has left the files."""

    on_remove: OnRemove = OnRemove.RELEASE
    prevent_delete: bool = False
    ignore_changes: list[str] = Field(default_factory=list)


class Record(Model):
    """What is remembered of a case."""

    address: str
    type: str
    id: str
    url: str
    recorded: dict[str, Any]
    handles: dict[str, str] = Field(default_factory=dict)
    depends_on: list[str] = Field(default_factory=list)
    lifecycle: Lifecycle = Lifecycle()
    updated_at: str = ""


class Change(Model):
    """What is done about one case."""

    address: str = Field(description="Provider instance and case: soc.phishing-wave.")
    provider: str
    type: str
    id: str | None
    url: str | None
    action: Action
    cause: list[Cause]
    fields: list[Scalar | Set]
    operations: list[Operation]
    reason: str | None = None
    record: Record | None = Field(default=None, description="What is remembered once it is done.")
    base: str | None = Field(default=None, description="Fingerprint of the record that this was planned upon.")
    depends_on: list[str] = Field(
        default_factory=list, description="The cases that come first, or last in a delete."
    )
    moved_from: str | None = Field(
        default=None, description="The address under which the case is recorded, if that is another one."
    )


class DriftedField(Model):
    """One value that is live otherwise than it was applied."""

    path: list[str]
    recorded: Any
    live: Any
    kinds: Kinds = Field(default_factory=dict)


class Drift(Model):
    """How one case differs from what was last applied."""

    address: str
    fields: list[DriftedField]
    missing: bool = False
    id: str | None = None
    url: str | None = None


class Summary(Model):
    """How many cases get which action, and how many requests that takes."""

    create: int
    update: int
    delete: int
    release: int
    imported: int = Field(alias="import")
    unchanged: int
    requests: int


class Objection(Model):
    """What a rule of the workspace has against the plan."""

    name: str = Field(pattern=f"^{NAME.pattern}$", description="The rule.")
    severity: Severity
    address: str | None = Field(description="The case whose change it is about; null: the plan.")
    message: str
    file: str = Field(description="Where the rule stands, from the workspace.")
    line: int
    link: str | None = None
    unclear: bool = Field(default=False, description="The rule could not be evaluated.")
    overridden: bool = Field(default=False, description="Somebody has answered for it.")


class Forecast(Model):
    """What is asked of a system, and how long that takes at least."""

    provider: str
    requests: int = Field(description="Those that write.")
    by_method: dict[str, int]
    cases_read_again: int = Field(description="Cases that are read just before their first write.")
    requests_per_minute: int = Field(ge=1, description="The limit, when the plan was made.")
    seconds: int = Field(description="How long the requests that write take at the limit.")


class Plan(Model):
    """A plan, whole."""

    format_version: str
    reconciler_version: str
    workspace: str
    lineage: str
    serial: int
    created_at: str
    digest: str = Field(description="Hash of the meaning: the same plan made twice has the same digest.")
    changes: list[Change]
    drift: list[Drift]
    summary: Summary
    warnings: list[str]
    forecast: list[Forecast] = Field(
        default_factory=list, description="By system that is written to, what it is asked and for how long."
    )
    refresh: list[Record] = Field(
        default_factory=list, description="Records to bring up to date without a request."
    )
    recorded: int = Field(default=0, description="How many cases the state held.")
    policies: list[Objection] = Field(
        default_factory=list, description="What the rules of the workspace have against it, when it was made."
    )
    checksum: str = Field(description="Over every other key and value of the file.")


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of `plan --json` and of a plan file."""
    schema = Plan.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Plan"}
