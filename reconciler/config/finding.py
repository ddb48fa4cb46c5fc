"""What `import: {find: …}` says of the live case that is meant, read as the attributes of a case are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.config.attributes import Attributes
from reconciler.config.nodes import Placed
from reconciler.config.sentences import one_of, quoted
from reconciler.errors import Problem
from reconciler.model.values import Value

_PATH: Final = ("import", "find")


def sought(case: Placed, attributes: Attributes) -> Mapping[str, Value]:
    """Return what the case that is meant must say, in normal form; what is wrong is reported."""
    node = case.node["import"]["find"]
    placed = Placed(case.file, node, case.node["import"].place("find"))
    nodes = dict(node)
    if not nodes:
        attributes.problems.append(Problem(placed.at(), "`find` says nothing", "name an attribute with its value"))
    for name in node.keys() - attributes.findable:
        if name in attributes.names:
            hint = f"write {one_of(sorted(attributes.findable))}"
            problem = Problem(placed.key((name,)), f"no case is found by {quoted(name)}: no list shows it", hint)
            attributes.problems.append(problem)
            del nodes[name]
    found = attributes.read(placed, nodes, has_expressions=False)
    for _, where in (*found.references, *found.links):
        attributes.problems.append(Problem(where, "`find` cannot refer to another case", "write the id"))
    return found.attributes
