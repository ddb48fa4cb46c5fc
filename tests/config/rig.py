"""A system that exists in these tests only: items, members that are objects, an object, links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from reconciler.model.fields import CaseInsensitive, Clearable, Schema, Set, Timestamp
from reconciler.providers.base import CaseModel, ItemModel, Provider, items_of, schema_of
from tests.config.toy import Folder, Toy


def _known(text: str) -> str:
    if text == "unheard-of":
        raise ValueError("must be a group that is heard of")
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
Word = Annotated[Text, AfterValidator(_known)]


class Person(CaseModel):
    user: Text | None = None
    group: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user is None) == (self.group is None):
            raise ValueError("must be {user: LOGIN} or {group: NAME}")
        return self


class Group(CaseModel):
    model_config = ConfigDict(frozen=True)

    type: Annotated[Literal["adversary", "campaign"], BeforeValidator(str.lower)]
    name: Text
    about: str | None = None
    artifacts: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _nameable(self) -> Self:
        if self.name == self.type:
            raise ValueError("must have a name that is not its type")
        return self


class Note(ItemModel):
    text: Annotated[str, Field(min_length=1, max_length=20)]
    source: Annotated[str | None, Clearable("")] = None
    level: Annotated[Literal["low", "high"] | None, CaseInsensitive()] = None
    count: int | None = None
    open: bool | None = None
    due: Annotated[str | None, Timestamp()] = None
    person: Annotated[Person | None, Clearable()] = None


class RigCase(CaseModel):
    name: str = ""
    code: Annotated[str, Field(max_length=5)] = ""
    notes: Annotated[dict[Text, Note], items_of(Note)] = Field(default_factory=dict)
    assignee: Annotated[Person | None, Clearable()] = None
    owner: Text | Person = "nobody"
    groups: Annotated[tuple[Word | Group, ...], Set(key=str.casefold)] = ()
    linked: Annotated[tuple[Text, ...], Set(key=str, links=True)] = ()
    tags: Annotated[frozenset[Text], Set()] = frozenset()


class Rig(Toy):
    case_model: ClassVar[type[CaseModel]] = RigCase
    schema: ClassVar[Schema] = schema_of(RigCase, required=("name",))


class RigFolder(Folder):
    """A workspace on disk whose cases have parts."""

    types: ClassVar[Mapping[str, type[Provider]]] = {"toy": Rig}
