"""How the bodies of requests become blocks of a case and the notes in them; nothing is stored here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from reconciler.providers.emulation import Refused
from reconciler.providers.tines.emulator.drafts import COLORS
from reconciler.providers.tines.emulator.params import (
    Invalid,
    choice,
    filled,
    known,
    objects,
    text,
    truth,
    whole_number,
)
from reconciler.providers.tines.emulator.tenant import snake
from reconciler.providers.tines.emulator.things import Block, Element, User

if TYPE_CHECKING:
    from reconciler.providers.tines.emulator.tenant import Tenant

_TYPES = (
    "note",
    "linked_cases",
    "metadata",
    "closure_conditions",
    "case_action",
    "block_group",
    "html",
)
_WITH_ELEMENTS = ("note", "html")
_MOST_ELEMENTS = 50


def slug(block: Block) -> str:
    """Give the slug of a block, which follows its title."""
    return f"blk_{snake(block.title)}"


def find_block(blocks: Iterable[Block], name: object) -> Block:
    """Find a block by id or slug, or refuse."""
    for block in blocks:
        if str(name) in (str(block.id), slug(block)):
            return block
    raise Refused(HTTPStatus.NOT_FOUND, f"Couldn't find block {name}")


def new_block(tenant: Tenant, there: Iterable[Block], asked: Mapping[str, Any], author: User) -> Block:
    """Make a block of a case; its position is ignored (seen on a live tenant): it comes last."""
    keys = {"title", "block_type", "elements", "position", "hidden", "block_group_id", "author_email"}
    body, now = known(asked, keys, "TeamCaseBlockInput"), tenant.now()
    kind = choice(body.get("block_type"), _TYPES, "block_type")
    elements = objects(body.get("elements", []), "elements", _MOST_ELEMENTS)
    if elements and kind not in _WITH_ELEMENTS:
        raise Invalid(f"A block of type {kind} has no elements")
    return Block(
        id=tenant.next_id(),
        title=filled(body, "title"),
        block_type=kind,
        hidden=truth(body.get("hidden", False)),
        group_id=_group_id(there, body["block_group_id"]) if "block_group_id" in body else None,
        elements=tuple(_element(tenant, kind, each, author) for each in elements),
        created_at=now,
        updated_at=now,
    )


def changed_block(tenant: Tenant, there: tuple[Block, ...], block: Block, asked: Mapping[str, Any]) -> Block:
    """Change title, visibility and group of a block; here a null does mean something: no group."""
    body = known(asked, {"title", "position", "hidden", "block_group_id"}, "TeamCaseBlockInput")
    changes: dict[str, Any] = {"updated_at": tenant.now()}
    if "title" in body:
        changes["title"] = filled(body, "title")
    if "hidden" in body:
        changes["hidden"] = truth(body["hidden"])
    if "block_group_id" in asked:
        group = asked["block_group_id"]
        changes["group_id"] = None if group is None else _group_id(there, group)
    return replace(block, **changes)


def placed(there: tuple[Block, ...], block: Block, position: Any) -> tuple[Block, ...]:
    """Put a block at a position among a case's blocks, from 0; None: where it is."""
    others = [each for each in there if each.id != block.id]
    before = (
        [each.id for each in there].index(block.id) if position is None else whole_number(position, "position")
    )
    return (*others[:before], block, *others[before:])


def changed_element(tenant: Tenant, block: Block, element: Element, asked: Mapping[str, Any]) -> Element:
    """Change what is given of a note in a block."""
    whole = {"content": element.content, "note_type": element.note_type, "color": element.color}
    body = whole | known(asked, whole, "TeamCaseBlockElementInput")
    return replace(element, **_note(block.block_type, body), updated_at=tenant.now())


def _element(tenant: Tenant, kind: str, asked: Mapping[str, Any], author: User) -> Element:
    body, now = known(asked, {"content", "note_type", "color"}, "TeamCaseBlockElementInput"), tenant.now()
    number, element_id = tenant.next_id(), tenant.next_id()
    note = _note(kind, body)
    return Element(id=number, element_id=element_id, author_id=author.id, created_at=now, updated_at=now, **note)


def _note(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    note_type = choice(body.get("note_type", "text"), ("text", "html"), "note_type")
    if kind == "html" and note_type != "html":
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "HTML block must have note_type of html")
    return {
        "content": text(body.get("content", ""), "content"),
        "note_type": note_type,
        "color": choice(body.get("color", COLORS[0]), COLORS, "color"),
    }


def _group_id(there: Iterable[Block], name: Any) -> int:
    group = find_block(there, name)
    if group.block_type != "block_group":
        raise Invalid("block_group_id names no group of blocks")
    return group.id
