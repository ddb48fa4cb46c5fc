"""What a user may declare about a Tines case, and the settings of a Tines tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from reconciler.model.fields import CaseInsensitive, Clearable, Known, Map, Schema, Set, Timestamp
from reconciler.providers.base import CaseModel, ItemModel, ProviderSettings, Whole, items_of, schema_of
from reconciler.providers.shared import HeaderSecret, Instant, Text


def _lower(value: Any) -> Any:
    """Enums may be written in any letter case (Tines answers in upper, its documents use lower)."""
    return value.lower() if isinstance(value, str) else value


def _email(text: str) -> str:
    if "@" not in text:
        raise ValueError("must be an e-mail address")
    return text


def _in_order(conditions: list[ClosureCondition]) -> list[ClosureCondition]:
    """Sort by name: in which order a tenant shows them is not known."""
    return sorted(conditions, key=lambda condition: condition.name)


Email = Annotated[str, AfterValidator(_email)]
Priority = Literal["critical", "high", "medium", "low", "info"]
Status = Literal["open", "closed"]
ActionType = Literal["webhook", "page"]
Color = Literal["white", "gold", "magenta", "green", "blue", "red", "mint", "indigo"]


class TinesSettings(ProviderSettings):
    """The settings of one Tines tenant."""

    type: Literal["tines"] = Field(description="The system.")
    token: HeaderSecret = Field(min_length=1, description="API key, as ${env.NAME}.")
    team_id: Whole | None = Field(default=None, description="Team of new cases unless the case says otherwise.")
    marker_key: str = Field(
        default="reconciler", min_length=1, description="Metadata key that carries the marker of our cases."
    )
    api_version: Literal["v1", "v2"] = Field(
        default="v2", description="Version of the cases API; Tines removes v1 on 2026-12-01."
    )

    def cautions(self) -> Iterator[tuple[str, str]]:
        """Tell that v1 ends (vendor's notice of 2026-07-10)."""
        if self.api_version == "v1":
            yield "api_version", "Tines removes v1 of its cases API on 2026-12-01; move to v2 before"


class ClosureCondition(BaseModel):
    """What must hold before a case may be closed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    name: Text = Field(description="What must hold, in words.")
    formula: Annotated[str, StringConstraints(pattern="^=")] = Field(description="=SIZE(team_case.tags) > 0")


class Action(ItemModel):
    """A button of the case."""

    label: Annotated[Text, Known(), Field(description="What stands on the button.")]
    url: Annotated[Text, Known(), Field(description="What it calls, or the page that it opens.")]
    type: Annotated[ActionType, BeforeValidator(_lower), CaseInsensitive(), Field(description="webhook or page.")]
    text: Annotated[str | None, Field(description="What the button is called while it is pressed.")] = None


class Task(ItemModel):
    """A task of the case."""

    description: Annotated[Text, Known(), Field(description="What is to be done.")]
    completed: Annotated[bool | None, Field(description="Whether it is done.")] = None
    assignees: Annotated[frozenset[Email], Set(fold=str.lower), Field(description="E-mail addresses.")] = (
        frozenset()
    )


class Note(ItemModel):
    """A note on the case."""

    title: Annotated[Text, Known(), Field(description="Its heading.")]
    content: Annotated[str | None, Clearable(""), Field(description="Markdown. null empties it.")] = None
    color: Annotated[
        Color | None, BeforeValidator(_lower), CaseInsensitive(), Field(description="white, gold, magenta …")
    ] = None


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
    team_id: Annotated[Whole | None, Field(description="Team or group that the case belongs to.")] = None
    opened_at: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    resolved_at: Annotated[Instant | None, Timestamp(), Field(description="ISO 8601.")] = None
    closure_conditions: Annotated[
        list[ClosureCondition],
        AfterValidator(_in_order),
        Clearable([]),
        Field(description="What must hold before it may be closed; all of them. null removes them."),
    ] = Field(default_factory=list)
    assignees: Annotated[
        frozenset[Email], Set(fold=str.lower, filled=True), Field(description="E-mail addresses.")
    ] = frozenset()
    tags: Annotated[frozenset[Text], Set(), Field(description="Names; unknown ones are created.")] = frozenset()
    metadata: Annotated[
        dict[Text, str | None], Map(), Field(description="Owned key by key; null means the key must not exist.")
    ] = Field(default_factory=dict)
    fields: Annotated[
        dict[Text, str | frozenset[Text] | None],
        Map(separator="|"),
        Field(description="Values by key or name of the team's fields; a list for several. null removes one."),
    ] = Field(default_factory=dict)
    links: Annotated[frozenset[Text], Set(links=True), Field(description="Other cases: names, or ids.")] = (
        frozenset()
    )
    subscribers: Annotated[
        frozenset[Email],
        Set(fold=str.lower, shared=True),
        Field(description="E-mail addresses; others may come and go unless the ownership is exact."),
    ] = frozenset()
    records: Annotated[frozenset[Text], Set(), Field(description="Ids of records.")] = frozenset()
    actions: Annotated[dict[Text, Action], items_of(Action), Field(description="Buttons, by your key.")] = Field(
        default_factory=dict
    )
    tasks: Annotated[dict[Text, Task], items_of(Task), Field(description="By your key.")] = Field(
        default_factory=dict
    )
    notes: Annotated[dict[Text, Note], items_of(Note), Field(description="By your key.")] = Field(
        default_factory=dict
    )


SCHEMA: Schema = schema_of(TinesCase, required=("name",), closing={"status": "closed"})
