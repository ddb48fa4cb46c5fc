"""What a user may declare about a Tines case, and the settings of a Tines tenant."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.model.fields import CaseInsensitive, Clearable, Map, Schema, Set, Timestamp
from reconciler.providers.base import CaseModel, ProviderSettings, schema_of
from reconciler.providers.shared import HeaderSecret, Instant, Text


def _lower(value: Any) -> Any:
    """Enums may be written in any letter case (Tines answers in upper, its documents use lower)."""
    return value.lower() if isinstance(value, str) else value


def _email(text: str) -> str:
    if "@" not in text:
        raise ValueError("must be an e-mail address")
    return text


Email = Annotated[str, AfterValidator(_email)]
Priority = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["open", "closed"]


class TinesSettings(ProviderSettings):
    """The settings of one Tines tenant."""

    type: Literal["tines"] = Field(description="The system.")
    token: HeaderSecret = Field(min_length=1, description="API key, as ${env.NAME}.")
    team_id: int | None = Field(default=None, description="Team of new cases unless the case says otherwise.")
    marker_key: str = Field(
        default="reconciler", min_length=1, description="Metadata key that carries the marker of our cases."
    )
    api_version: Literal["v2"] = Field(default="v2", description="Version of the cases API.")


class TinesCase(CaseModel):
    """The attributes of a Tines case, in Tines' own words."""

    name: Annotated[Text | None, Field(description="Title of the case.")] = None
    description: Annotated[
        str | None, Clearable(""), Field(description="Markdown; compared verbatim. null empties it.")
    ] = None
    priority: Annotated[
        Priority | None, BeforeValidator(_lower), CaseInsensitive(), Field(description="Severity of the case.")
    ] = None
    status: Annotated[
        Status | None, BeforeValidator(_lower), CaseInsensitive(), Field(description="Open or closed.")
    ] = None
    sub_status: Annotated[
        Text | None, Field(description="Name of one of the team's case statuses; implies the status.")
    ] = None
    team_id: Annotated[int | None, Field(description="Team or group that the case belongs to.")] = None
    opened_at: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    resolved_at: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    assignees: Annotated[
        frozenset[Email], Set(fold=str.lower, filled=True), Field(description="E-mail addresses.")
    ] = frozenset()
    tags: Annotated[frozenset[Text], Set(), Field(description="Names; unknown ones are created.")] = frozenset()
    metadata: Annotated[
        dict[Text, str | None], Map(), Field(description="Owned key by key; null means the key must not exist.")
    ] = Field(default_factory=dict)


SCHEMA: Schema = schema_of(TinesCase, required=("name",), closing={"status": "closed"})
