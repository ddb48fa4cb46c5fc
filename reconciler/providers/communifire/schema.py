"""What a user may declare about a Communifire case, and the settings of a Communifire site."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, field_validator

from reconciler.model.fields import Clearable, Numbered, Once, Schema, Set, Spelled
from reconciler.providers.base import CaseModel, ProviderSettings, Whole, schema_of
from reconciler.providers.communifire.markup import description_key, title_key
from reconciler.providers.communifire.wire import fold, is_marker_tag
from reconciler.providers.shared import HeaderSecret, Text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank: the site refuses that")
    return text


def _tag(text: str) -> str:
    if "," in text:
        raise ValueError("must not hold a comma: tags are sent as one text that is split at commas")
    if is_marker_tag(text):
        raise ValueError("is reserved: such a tag marks managed cases")
    return _not_blank(text)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Words = Annotated[str, AfterValidator(_not_blank)]
Id = Annotated[StrictInt, Field(ge=1)]
SpaceId = Annotated[StrictInt, Field(ge=0)]
Form = Literal["string", "object"]


class CommunifireSettings(ProviderSettings):
    """The settings of one Communifire site."""

    window: ClassVar[float] = 1.0
    """Sites show pages slowly under load: five a second are no three hundred at once."""

    type: Literal["communifire"] = Field(description="The system.")
    api_key: HeaderSecret = Field(min_length=1, description="API key (Rest-Api-Key), as ${env.NAME}.")
    space: Annotated[SpaceId | Text | None, BeforeValidator(_number)] = Field(
        default=None, description="Space of new cases unless the case says otherwise: name or id."
    )
    closed_status: Annotated[Id | Text, BeforeValidator(_number)] = Field(
        default="Closed", description="Status that `on_remove: close` gives a case: name or id."
    )
    update_body: Form = Field(
        default="string",
        description="How an update goes: as a JSON string that holds the object, or as the object.",
    )
    create_body: Form = Field(default="object", description="The same for a create.")
    has_delete: bool = Field(
        default=False, description="The site answers DELETE /api/cases/ID; no vendor document knows it."
    )
    requests_per_minute: Whole = Field(default=300, ge=1, description="Client-side limit of requests.")
    concurrency: Whole = Field(default=4, ge=1, le=64, description="Requests in flight at once.")

    @field_validator("url")
    @classmethod
    def _without_api(cls, url: str) -> str:
        """Take the address with the path of the API as well."""
        return url.removesuffix("/api")


class CommunifireCase(CaseModel):
    """The attributes of a Communifire case; what has a name in the site is given by it, or by its id."""

    title: Annotated[Words | None, Spelled(title_key, digested=True), Field(description="Title of the case.")] = (
        None
    )
    description: Annotated[
        Words | None, Spelled(description_key, digested=True), Field(description="HTML; cannot be emptied.")
    ] = None
    space: Annotated[
        SpaceId | Text | None,
        Spelled(fold),
        Numbered(),
        Once(),
        Field(description="Space that the case is made in; it cannot be moved."),
    ] = None
    project: Annotated[
        Id | Text | None, Spelled(fold), Numbered(), Field(description="Project within the space.")
    ] = None
    category: Annotated[
        Id | Text | None,
        Spelled(fold),
        Numbered(),
        Clearable(),
        Field(description="Category within the project; null is none."),
    ] = None
    milestone: Annotated[
        Id | Text | None,
        Spelled(fold),
        Numbered(),
        Clearable(),
        Field(description="Milestone within the project; null is none."),
    ] = None
    status: Annotated[
        Id | Text | None, Spelled(fold), Numbered(), Field(description="Status within the space.")
    ] = None
    priority: Annotated[
        Id | Text | None, Spelled(fold), Numbered(), Field(description="Priority within the space.")
    ] = None
    assignee: Annotated[
        Id | Text | None,
        Spelled(fold),
        Numbered(),
        Clearable(),
        Field(description="E-mail address, user name or id; null is nobody."),
    ] = None
    tags: Annotated[
        frozenset[Annotated[Text, AfterValidator(_tag)]],
        Set(key=fold),
        Field(description="Tags; letter case means nothing."),
    ] = frozenset()
    watchers: Annotated[
        frozenset[Id | Text],
        Set(key=fold),
        Numbered(),
        Field(description="Additional recipients: e-mail addresses, user names or ids."),
    ] = frozenset()


SCHEMA: Final[Schema] = schema_of(CommunifireCase, required=("title", "description"), closing={"status": "Closed"})

SETS: Final = frozenset({"tags", "watchers"})
"""Attributes that are sent whole, as one text."""
NAMES: Final = ("space", "project", "category", "milestone", "status", "priority", "assignee")
"""Attributes that name something of the site, whose id is sent."""
