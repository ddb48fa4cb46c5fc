"""How an editor reads a file that it holds against a schema."""

from __future__ import annotations

from typing import Any

from reconciler.config.nodes import Node, Plain, core_value


def as_editors_read(node: Node) -> Any:
    """Return YAML as an editor's schema check sees it: unquoted numbers and truth values are such."""
    match node:
        case Plain():
            return core_value(node)
        case dict():
            return {key: as_editors_read(item) for key, item in node.items()}
        case list():
            return [as_editors_read(item) for item in node]
        case _:
            return node
