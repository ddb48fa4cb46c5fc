"""The emulated blocks of a case's page, wrapped, named by id or slug; and the notes in them, by `element_id`."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.block_drafts import (
    changed_block,
    changed_element,
    find_block,
    new_block,
    placed,
)
from reconciler.providers.tines.emulator.desk import DELETED, Desk, Visit
from reconciler.providers.tines.emulator.drafts import swapped
from reconciler.providers.tines.emulator.params import truth
from reconciler.providers.tines.emulator.things import Block, Element

_BLOCKS = "/api/v2/cases/{case_id}/blocks"
_BLOCK = _BLOCKS + "/{name}"
_ELEMENT = _BLOCK + "/elements/{element_id}"


class BlockRoutes:
    """`/blocks` of a case; nothing can be added to a block that is there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenant = desk.tenant

    @route("GET", _BLOCKS)
    def blocks(self, call: Call, case_id: str) -> Reply:
        """List the blocks, of one type if asked."""
        visit = self._desk.visit(call, case_id)
        wanted = visit.asked.get("block_type")
        found = [block for block in visit.case.blocks if wanted in (None, block.block_type)]
        return visit.page("blocks", found, lambda block: visit.shapes.block(block, visit.case.blocks.index(block)))

    @route("POST", _BLOCKS)
    def create(self, call: Call, case_id: str) -> Reply:
        """Make a block, which comes last: 201."""
        visit = self._desk.visit(call, case_id)
        there = visit.case.blocks
        block = new_block(self._tenant, there, visit.asked, visit.actor)
        return _stored(visit, (*there, block), block, HTTPStatus.CREATED)

    @route("GET", _BLOCK)
    def get(self, call: Call, case_id: str, name: str) -> Reply:
        """Show a block."""
        visit = self._desk.visit(call, case_id)
        return _answer(HTTPStatus.OK, visit, visit.case.blocks, find_block(visit.case.blocks, name))

    @route("PUT", _BLOCK)
    def update(self, call: Call, case_id: str, name: str) -> Reply:
        """Change a block and move it; a new title makes a new slug."""
        visit = self._desk.visit(call, case_id)
        there = visit.case.blocks
        block = changed_block(self._tenant, there, find_block(there, name), visit.asked)
        return _stored(visit, placed(there, block, visit.asked.get("position")), block, HTTPStatus.OK)

    @route("DELETE", _BLOCK)
    def delete(self, call: Call, case_id: str, name: str) -> Reply:
        """Delete a block, a group with what is in it if asked: 204."""
        visit = self._desk.visit(call, case_id)
        gone = find_block(visit.case.blocks, name)
        with_children = truth(visit.asked.get("include_children", False))
        kept = [block for block in visit.case.blocks if block.id != gone.id]
        if with_children:
            kept = [block for block in kept if block.group_id != gone.id]
        freed = [replace(block, group_id=None) if block.group_id == gone.id else block for block in kept]
        visit.amend(blocks=tuple(freed))
        return DELETED

    @route("GET", _ELEMENT)
    def element(self, call: Call, case_id: str, name: str, element_id: str) -> Reply:
        """Show a note in a block."""
        visit = self._desk.visit(call, case_id)
        found = _element(find_block(visit.case.blocks, name), element_id)
        return Reply.json(HTTPStatus.OK, visit.shapes.element(found))

    @route("PUT", _ELEMENT)
    def update_element(self, call: Call, case_id: str, name: str, element_id: str) -> Reply:
        """Change a note in a block."""
        visit = self._desk.visit(call, case_id)
        block = find_block(visit.case.blocks, name)
        element = changed_element(self._tenant, block, _element(block, element_id), visit.asked)
        block = replace(block, elements=swapped(block.elements, element))
        visit.amend(blocks=swapped(visit.case.blocks, block))
        return Reply.json(HTTPStatus.OK, visit.shapes.element(element))


def _element(block: Block, element_id: str) -> Element:
    for element in block.elements:
        if str(element.element_id) == element_id:
            return element
    raise Refused(HTTPStatus.NOT_FOUND, "TeamCaseBlockElement not found")


def _stored(visit: Visit, blocks: tuple[Block, ...], block: Block, status: int) -> Reply:
    visit.amend(blocks=blocks)
    return _answer(status, visit, blocks, block)


def _answer(status: int, visit: Visit, blocks: tuple[Block, ...], block: Block) -> Reply:
    return Reply.json(status, {"block": visit.shapes.block(block, blocks.index(block))})
