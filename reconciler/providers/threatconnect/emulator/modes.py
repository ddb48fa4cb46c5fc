"""
The modes of the emulated instance: what append, delete and replace do to a collection of a case.

    field                  append           delete           replace
    --------------------   --------------   --------------   -----------------------------------
    tags                   name, technique  name or id       the whole set, as append
    attributes             type and value   id               id keeps, without id is made anew
    associated…            id or a new one  id               ids
                                                             with nothing listed: a switch
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from reconciler.providers.threatconnect.emulator.answers import bad, improper, mismatched
from reconciler.providers.threatconnect.emulator.fields import whole_number
from reconciler.providers.threatconnect.emulator.making import Making
from reconciler.providers.threatconnect.emulator.references import Collection, joined, referred
from reconciler.providers.threatconnect.emulator.tenant import Tenant
from reconciler.providers.threatconnect.emulator.things import Attribute, StoredCase

MODE_FIELDS = ("tags", "attributes", "associatedCases", "associatedGroups", "associatedIndicators")
"""The collections of a case that take a mode."""

_LINKED_AS = {"tags": "tags", "associatedGroups": "groups", "associatedIndicators": "indicators"}
_Items = Sequence[Mapping[str, Any]]


class Creator(Protocol):
    """Who makes whole cases, for the one that is nested in another; `actor` is the user it works for."""

    @property
    def actor(self) -> int:
        """Name the user."""

    def create(self, body: Any) -> StoredCase:
        """Make a case."""


@dataclass(frozen=True, slots=True)
class Modes:
    """Applies a collection of a body to a case, in its mode; raises `Refused` for what is refused."""

    tenant: Tenant
    creator: Creator

    @property
    def _making(self) -> Making:
        return Making(self.tenant, self.creator.actor)

    def apply(self, case_id: int, given: Collection, *, creating: bool) -> None:
        """Do to a stored case what a collection says; on a create it can only append."""
        if creating:
            given.appended()
        mode = "append" if creating else self._mode(given)
        if mode == "replace" and not given.items:
            if self.tenant.switches.replace_empty == "error":
                raise bad(f"{given.name} cannot be replaced by nothing.")
            if self.tenant.switches.replace_empty == "noop":
                return
        match given.name:
            case "attributes":
                self._attributes(case_id, mode, given.items)
            case "associatedCases":
                self._cases(case_id, mode, given.items)
            case name:
                self._links(case_id, name, mode, given.items)

    def _mode(self, given: Collection) -> str:
        if given.name != "tags":
            return given.mode or "append"
        if self.tenant.switches.tags_mode_ignored:
            return "replace"
        return given.mode or self.tenant.switches.tags_default_mode

    # tags, groups, indicators: ids in the case

    def _links(self, case_id: int, name: str, mode: str, items: _Items) -> None:
        case = self.tenant.cases[case_id]
        before: tuple[int, ...] = getattr(case, _LINKED_AS[name])
        match mode:
            case "delete":
                removed = [self._removed(name, item, before) for item in items]
                after = tuple(link for link in before if link not in removed)
            case "replace":
                after = joined(self._linked(name, item, new=name == "tags") for item in items)
            case _:
                after = joined(before, *(self._linked(name, item, new=True) for item in items))
        changed: dict[str, Any] = {_LINKED_AS[name]: after}
        self.tenant.put_case(replace(case, **changed))

    def _linked(self, name: str, item: Mapping[str, Any], *, new: bool) -> int:
        if not new and "id" not in item:
            raise improper(f"{name} is replaced by ids.")
        references = self._making.references
        match name:
            case "tags":
                return references.tag(item).id
            case "associatedGroups":
                return references.group(item).id
            case _:
                return references.indicator(item).id

    def _removed(self, name: str, item: Mapping[str, Any], before: Iterable[int]) -> int | None:
        match name:
            case "tags" if set(item) == {"name"}:
                tag = self.tenant.tag_named(str(item["name"]))
                found = None if tag is None else tag.id
            case "tags":
                found = referred(self.tenant.tags, item, "tag").id
            case "associatedGroups":
                found = referred(self.tenant.groups, item, "group").id
            case _:
                found = referred(self.tenant.indicators, item, "indicator").id
        if found is None or found not in before:
            self._absent(name, item)
        return found

    def _absent(self, name: str, item: Mapping[str, Any]) -> None:
        if self.tenant.switches.delete_absent == "error":
            raise bad(f"The case has no such item in {name}: {dict(item)!r}.")

    # cases: linked both ways

    def _cases(self, case_id: int, mode: str, items: _Items) -> None:
        before = self.tenant.cases[case_id].cases
        others = [self._other(case_id, item, new=mode == "append") for item in items]
        unlisted = [linked for linked in before if linked not in others]
        for other in {"delete": others, "replace": unlisted}.get(mode, []):
            if other not in before:
                self._absent("associatedCases", {"id": other})
            self.tenant.unlink_cases(case_id, other)
        for other in () if mode == "delete" else others:
            self.tenant.link_cases(case_id, other)

    def _other(self, case_id: int, item: Mapping[str, Any], *, new: bool) -> int:
        if new and "id" not in item:
            return self.creator.create(item).id
        other = referred(self.tenant.cases, item, "case").id
        if other == case_id:
            raise mismatched("A case is not associated with itself.")
        return other

    # attributes: the case's own

    def _attributes(self, case_id: int, mode: str, items: _Items) -> None:
        match mode:
            case "delete":
                for attribute in [self._named(case_id, item) for item in items]:
                    self.tenant.attributes.remove(attribute.id)
            case "replace":
                self._replace_attributes(case_id, items)
            case _:
                for item in items:
                    self._append_attribute(case_id, item)

    def _named(self, case_id: int, item: Mapping[str, Any]) -> Attribute:
        found = referred(self.tenant.attributes, item, "attribute")
        if found.case_id != case_id:
            raise mismatched(f"Attribute {found.id} belongs to another case.")
        return found

    def _replace_attributes(self, case_id: int, items: _Items) -> None:
        kept = {self._named(case_id, {"id": item["id"]}).id for item in items if "id" in item}
        for attribute in self.tenant.attributes.of(case_id):
            if attribute.id not in kept:
                self.tenant.attributes.remove(attribute.id)
        for item in items:
            if "id" in item:
                self._update_attribute(case_id, item)
            else:
                self._making.attribute(item, case_id)

    def _append_attribute(self, case_id: int, item: Mapping[str, Any]) -> None:
        switches = self.tenant.switches
        if "id" in item:
            if switches.attr_append_with_id == "error":
                raise improper("An attribute with an id is changed through its own endpoint.")
            self._update_attribute(case_id, item)
        elif switches.attr_append_identical == "duplicate" or not self._is_there(case_id, item):
            self._making.attribute(item, case_id)

    def _is_there(self, case_id: int, item: Mapping[str, Any]) -> bool:
        type_ = self._making.attribute_type(str(item.get("type")))
        mine = self.tenant.attributes.of(case_id)
        return any((found.type_id, found.value) == (type_.id, item.get("value")) for found in mine)

    def _update_attribute(self, case_id: int, item: Mapping[str, Any]) -> None:
        attribute = self._named(case_id, {"id": whole_number(item["id"], "id")})
        given = {key: value for key, value in item.items() if key != "id"}
        self._making.change_attribute(attribute, given)
