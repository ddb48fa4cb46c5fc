"""From an operation of the plan to what is sent: references, markers and secrets are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from reconciler.engine.bodies import as_text, merged
from reconciler.engine.means import Means
from reconciler.errors import ReconcilerError
from reconciler.model.change import Change
from reconciler.model.operation import Operation
from reconciler.model.values import Digest, Marker, Ref, Secret, Template, Value, leaves, parse_template, transform


@dataclass(frozen=True, slots=True)
class Filling:
    """What the operations of one change are filled in with."""

    change: Change
    means: Means
    lineage: str

    def address_and_body(self, operation: Operation, listed: Mapping[str, tuple[str, ...]]) -> tuple[str, Any]:
        """
        Return the path, its query encoded, and the body of a request; raise ReconcilerError for what is not known.

        `listed` are the sets that are written whole, as they are now.
        """
        known = self.means.known
        path = known.fill(parse_template(operation.path))
        if operation.query:
            path = f"{path}?{urlencode(operation.query, quote_via=quote)}"
        body = merged(transform(known.fill(operation.body), self._sent), operation.merges, listed)
        unknown = [leaf for leaf in leaves((path, body)) if isinstance(leaf, Ref | Template)]
        if unknown:
            raise ReconcilerError(f"{self.change.address}: {unknown[0].text} is not known; apply that case first")
        return path, as_text(body) if operation.as_text else body

    def with_part(self, operation: Operation) -> Operation:
        """Return the operation with the members of its part filled in."""
        if (part := operation.part) is None:
            return operation
        fill = self.means.known.fill
        return replace(operation, part=replace(part, add=fill(part.add), remove=fill(part.remove)))

    def _sent(self, leaf: Value) -> Any:
        """Return a leaf as it goes over the wire."""
        match leaf:
            case Marker():
                return leaf.text
            case Digest():
                return self._secret(leaf)
            case _:
                return leaf

    def _secret(self, digest: Digest) -> str:
        """Return what a digest stands for: a secret that is declared, or a member of a set that is to go."""
        if digest.text in self.means.secrets:
            return self.means.secrets[digest.text]
        names = frozenset(field.path[0] for field in self.change.fields)
        tenant = self.means.tenants[self.change.address.provider]
        live = tenant.read_one(self.change.id, names) if self.change.id else None
        for text in leaves(live.attributes) if live else ():
            if isinstance(text, str) and Secret(text).digest(self.lineage) == digest:
                return text
        raise ReconcilerError(
            f"{self.change.address}: a secret is no longer what it was when the plan was made", hint="plan again"
        )
