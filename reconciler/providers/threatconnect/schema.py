"""
What a user may declare about a ThreatConnect case, and the settings of an instance.

Lengths and enums are those that `OPTIONS /v3/cases` of a live instance names (2025-08), so that a plan says what a
400 would say later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from reconciler.model.fields import Clearable, Known, Once, Schema, Set, Timestamp
from reconciler.providers.base import CaseModel, ItemModel, ProviderSettings, Whole, items_of, schema_of
from reconciler.providers.shared import HeaderSecret, HeaderText, Instant, Text

MANY: Final = 1000
"""Most members of one collection."""
XID: Final = (10, 100)
"""Shortest and longest xid."""


def _spelled(choices: Any) -> Callable[[Any], Any]:
    """Enums may be written in any letter case; ThreatConnect takes and shows just one."""
    known = {choice.lower(): choice for choice in get_args(choices)}
    return lambda value: known.get(value.lower(), value) if isinstance(value, str) else value


def _xid(text: str) -> str:
    if text.isdigit():
        raise ValueError("must not be a number: it could not be told from an id")
    return text


Status = Literal["Open", "Closed"]
Severity = Literal["Low", "Medium", "High", "Critical"]
Resolution = Literal[
    "Containment Achieved",
    "Deferred / Delayed",
    "Escalated",
    "False Positive",
    "In Progress / Investigating",
    "Not Specified",
    "Rejected",
    "Restoration Achieved",
]
IndicatorType = Literal["Address", "EmailAddress", "File", "Host", "URL", "ASN"]
TaskStatus = Literal["Pending", "Open", "Reopened", "Closed"]

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Description = Annotated[str, StringConstraints(max_length=1500)]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Xid = Annotated[str, StringConstraints(min_length=XID[0], max_length=XID[1]), AfterValidator(_xid)]


class ThreatConnectSettings(ProviderSettings):
    """The settings of one ThreatConnect instance; either a token, or an access id and its secret key."""

    type: Literal["threatconnect"] = Field(description="The system.")
    access_id: HeaderText | None = Field(
        default=None, min_length=1, description="Access ID of the API user; requests are signed (HMAC)."
    )
    secret_key: SecretStr | None = Field(
        default=None, min_length=1, description="Secret key of the API user, as ${env.NAME}."
    )
    token: HeaderSecret | None = Field(
        default=None, min_length=1, description="API token instead, as ${env.NAME}."
    )
    owner: Text | None = Field(default=None, description="Organization whose cases these are.")

    @field_validator("url")
    @classmethod
    def _without_api(cls, url: str) -> str:
        """Take the address as the vendor gives it too: with /api at its end."""
        return url.removesuffix("/api")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        signs = self.access_id is not None and self.secret_key is not None
        if (self.access_id is None) != (self.secret_key is None):
            raise ValueError("access_id and secret_key belong together")
        if signs == (self.token is not None):
            raise ValueError("needs either access_id and secret_key, or token")
        return self


class Assignee(BaseModel):
    """Whom a case or a task is assigned to: a user or a group."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    user: Text | None = Field(default=None, description="Login of a user.")
    group: Text | None = Field(default=None, description="Name of a user group.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user is None) == (self.group is None):
            raise ValueError("must be `{user: LOGIN}` or `{group: NAME}`")
        return self


class NewGroup(BaseModel):
    """A threat intelligence group that is created with the link to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: Text = Field(description="Adversary, Campaign, Incident …")
    name: Text = Field(description="Its name; with the type it tells the group from others in this case.")
    owner: Text | None = Field(default=None, description="Owner that it is created in; default: the API user's.")
    xid: Xid | None = Field(default=None, description="Default: made of the case's address.")
    tags: tuple[TagName, ...] = Field(default=(), description="Tags that it is created with.")
    associated_artifacts: tuple[Text, ...] = Field(default=(), description="Ids of artifacts to link it to.")


class NewIndicator(BaseModel):
    """An indicator by its type and summary; it is created if the owner does not have it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    type: Annotated[IndicatorType, BeforeValidator(_spelled(IndicatorType)), Field(description="Its type.")]
    summary: Text = Field(description="The address, host name, URL, hash or number.")


class CaseAttribute(ItemModel):
    """A value of an attribute type that an administrator has mapped to cases."""

    type: Annotated[Text, Once(), Known(), Field(description="Name of the attribute type.")]
    value: Annotated[Text, Field(description="Always text, also for numbers and dates.")]
    source: Annotated[str | None, Clearable(""), Field(description="Where the value comes from.")] = None


class Note(ItemModel):
    """A note on the case."""

    text: Annotated[
        str, StringConstraints(min_length=1, max_length=65500), Field(description="Text; Markdown is shown so.")
    ]


class Task(ItemModel):
    """A task of the case."""

    name: Annotated[Name, Known(), Field(description="What is to be done.")]
    description: Annotated[Description | None, Clearable(""), Field(description="null empties it.")] = None
    status: Annotated[
        TaskStatus | None,
        BeforeValidator(_spelled(TaskStatus)),
        Field(description="A task that waits for another one is always Pending."),
    ] = None
    assignee: Annotated[Assignee | None, Clearable(), Field(description="null unassigns it.")] = None
    due_date: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    required: Annotated[bool | None, Field(description="The case cannot be closed before it.")] = None
    workflow_phase: Annotated[Whole | None, Once(), Field(ge=0, le=127, description="Set when created.")] = None
    workflow_step: Annotated[Whole | None, Once(), Field(ge=1, le=127, description="Set when created.")] = None
    xid: Annotated[Xid | None, Once(), Field(description="Default: made of the case's address.")] = None


class Artifact(ItemModel):
    """An artifact of the case: what was found."""

    type: Annotated[Text, Once(), Known(), Field(description="Host, URL, IP Address, Email Subject …")]
    summary: Annotated[
        str, StringConstraints(min_length=1, max_length=500), Known(), Field(description="The thing itself.")
    ]
    source: Annotated[
        Annotated[str, StringConstraints(max_length=100)] | None,
        Clearable(""),
        Field(description="Where it was found."),
    ] = None
    derived_link: Annotated[
        bool | None, Field(description="Whether it takes part in suggesting related cases.")
    ] = None


class ThreatConnectCase(CaseModel):
    """The attributes of a ThreatConnect case, in ThreatConnect's own words."""

    name: Annotated[Name | None, Field(description="Title of the case.")] = None
    description: Annotated[Description | None, Clearable(""), Field(description="null empties it.")] = None
    status: Annotated[Status | None, BeforeValidator(_spelled(Status)), Field(description="Open or Closed.")] = (
        None
    )
    severity: Annotated[
        Severity | None, BeforeValidator(_spelled(Severity)), Field(description="Low to Critical.")
    ] = None
    resolution: Annotated[
        Resolution | None,
        BeforeValidator(_spelled(Resolution)),
        Clearable("Not Specified"),
        Field(description="How it ended; null is Not Specified."),
    ] = None
    assignee: Annotated[
        Assignee | None, Clearable(), Field(description="{user: LOGIN} or {group: NAME}; null unassigns it.")
    ] = None
    xid: Annotated[Xid | None, Once(), Field(description="External id; default: made of the address.")] = None
    owner: Annotated[Text | None, Once(), Field(description="Organization that the case belongs to.")] = None
    case_open_time: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    case_close_time: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601; of a closed case.")] = (
        None
    )
    case_detection_time: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    case_occurrence_time: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    workflow_template: Annotated[
        Text | None, Once(), Field(description="Name of the template that fills the case; cannot be removed.")
    ] = None
    user_access: Annotated[
        frozenset[Text], Set(key=str), Field(description="Logins of those who may see the case; never empty.")
    ] = frozenset()
    tags: Annotated[
        tuple[TagName, ...],
        Set(key=str.casefold),
        Field(max_length=MANY, description="Names or ATT&CK technique ids."),
    ] = ()
    attributes: Annotated[
        dict[Text, CaseAttribute], items_of(CaseAttribute), Field(description="By your key.")
    ] = Field(default_factory=dict)
    associated_cases: Annotated[
        tuple[Text, ...], Set(key=str, links=True), Field(max_length=MANY, description="Names of cases, or ids.")
    ] = ()
    associated_groups: Annotated[
        tuple[Text | NewGroup, ...], Set(key=str), Field(max_length=MANY, description="Ids, or groups to create.")
    ] = ()
    associated_indicators: Annotated[
        tuple[Text | NewIndicator, ...],
        Set(key=str.casefold),
        Field(max_length=MANY, description="Ids, or type and summary."),
    ] = ()
    artifacts: Annotated[dict[Text, Artifact], items_of(Artifact), Field(description="By your key.")] = Field(
        default_factory=dict
    )
    notes: Annotated[dict[Text, Note], items_of(Note), Field(description="By your key.")] = Field(
        default_factory=dict
    )
    tasks: Annotated[dict[Text, Task], items_of(Task), Field(description="By your key.")] = Field(
        default_factory=dict
    )


SCHEMA: Schema = schema_of(
    ThreatConnectCase, required=("name", "status", "severity"), closing={"status": "Closed"}
)
