"""One Tines case, planned without a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from reconciler.errors import Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live
from reconciler.model.change import Change
from reconciler.model.fields import Ownership
from reconciler.model.operation import Repeat
from reconciler.model.record import Record, State
from reconciler.model.values import Marker, Path, to_json
from reconciler.planning import planner
from reconciler.providers.tines.provider import Tines
from reconciler.providers.tines.schema import SCHEMA, TinesSettings

CASE: Final = "/api/v2/cases/42"
METADATA: Final = f"{CASE}/metadata"
NEW: Final = "/api/v2/cases/${cases.a.id}"
URL: Final = "https://acme.tines.com/cases/42"
A: Final = Address("soc", "a")
MARKER: Final = Marker("L", "soc.a", 7)
SETTINGS: Final = TinesSettings(type="tines", url="https://acme.tines.com", token=SecretStr("t0ken"), team_id=2)
V1: Final = SETTINGS.model_copy(update={"api_version": "v1"})

Request = tuple[str, str, Any, Repeat]


class Nowhere:
    def at(self, path: Path = ()) -> Location:
        return Location("a.yaml")


def declared(attributes: Mapping[str, Any], *shared: str, **more: Any) -> Case:
    return Case(
        A,
        "tines",
        SCHEMA.normalize(attributes),
        Nowhere(),
        ownership=dict.fromkeys(shared, Ownership.SHARED),
        **more,
    )


def recorded(
    attributes: Mapping[str, Any], lifecycle: Lifecycle = Lifecycle(), handles: Mapping[str, str] | None = None
) -> Record:
    return Record(A, "tines", "42", URL, SCHEMA.normalize(attributes), handles or {}, lifecycle=lifecycle)


def planned(
    case: Case | None,
    record: Record | None = None,
    live: Mapping[str, Any] | None = None,
    settings: TinesSettings = SETTINGS,
    **meanings: Any,
) -> Change:
    """Plan one case that is declared, recorded and live so."""
    records = {A: record} if record else {}
    lives = {} if live is None else {A: Live("42", URL, SCHEMA.normalize(live))}
    world = planner.World(
        "acme", State("L", 7, records), {A: case} if case else {}, records, lives, {"tines": SCHEMA}
    )
    operations = {"soc": Tines(settings).operations}
    plan = planner.finish(planner.draft(world), world, operations, {A: meanings}, now="")
    return plan.changes[0]


def sent(change: Change) -> list[Request]:
    return [
        (operation.method, operation.path, to_json(operation.body), operation.repeat)
        for operation in change.operations
    ]


def told(change: Change) -> set[Path]:
    """Return the paths that the operations say they make true; none twice."""
    paths = [path for operation in change.operations for path in operation.fields]
    assert len(paths) == len(set(paths))
    return set(paths)


def put(**body: Any) -> Request:
    return ("PUT", CASE, body, Repeat.SAFE)


def post(path: str, **body: Any) -> Request:
    return ("POST", f"{CASE}/{path}", body, Repeat.LOOK)


def change_at(path: str, **body: Any) -> Request:
    return ("PUT", f"{CASE}/{path}", body, Repeat.SAFE)


def remove(path: str) -> Request:
    return ("DELETE", f"{CASE}/{path}", None, Repeat.SAFE)


def metadata(method: str, body: Any) -> Request:
    return (method, METADATA, {"metadata": body}, Repeat.SAFE if method == "PUT" else Repeat.LOOK)


def bulk(*fields: tuple[int, str]) -> Request:
    values = [{"input_id": id, "value": value, "upsert": True} for id, value in fields]
    return ("POST", "/api/v2/cases/bulk/fields", {"case_ids": [42], "fields": values}, Repeat.SAFE)


def create(**body: Any) -> Request:
    return (
        "POST",
        "/api/v2/cases",
        {**body, "metadata": {**body.get("metadata", {}), "reconciler": MARKER.text}},
        Repeat.LOOK,
    )
