"""
The emulated metadata routes: three verbs, three meanings.

    POST    insert new keys            409 if one exists
    PUT     insert and overwrite       unmentioned keys stay; an empty object is refused
    DELETE  {"metadata": [keys]}       in the body

On v1 a PUT overwrites existing keys only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from reconciler.providers.emulation import Call, Refused, Reply, route
from reconciler.providers.tines.emulator.desk import DELETED, Desk, find_case
from reconciler.providers.tines.emulator.params import params
from reconciler.providers.tines.emulator.rules import checked_metadata
from reconciler.providers.tines.emulator.things import StoredCase

_V1 = "/api/v1/cases/{case_id}/metadata"
_V2 = "/api/v2/cases/{case_id}/metadata"


class MetadataRoutes:
    """`/api/v2/cases/{id}/metadata`, and its twin on v1."""

    def __init__(self, desk: Desk) -> None:
        self._tenant = desk.tenant
        self._rules = desk.rules

    @route("GET", _V1)
    @route("GET", _V2)
    def pairs(self, call: Call, case_id: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Show every pair, in one page."""
        case = find_case(self._tenant, case_id)
        return _answer(HTTPStatus.OK, case.id, case.metadata)

    @route("GET", _V1 + "/{key}")
    @route("GET", _V2 + "/{key}")
    def pair(self, call: Call, case_id: str, key: str) -> Reply:  # noqa: ARG002 (a handler takes the call)
        """Show one pair; Rails takes what follows a dot in the key for a format, so such a key has no route."""
        case = find_case(self._tenant, case_id)
        if "." in key or key not in case.metadata:
            raise Refused(HTTPStatus.NOT_FOUND, f"Metadata key {key} not found")
        return _answer(HTTPStatus.OK, case.id, {key: case.metadata[key]})

    @route("POST", _V2)
    def insert(self, call: Call, case_id: str) -> Reply:
        """Insert new keys: 201."""
        case, given = self._given(call, case_id)
        existing = [key for key in given if key in case.metadata]
        mixed = len(existing) < len(given)
        if existing and not (mixed and self._tenant.switches.metadata_post_mixed == "insert_new"):
            raise _exists(existing)
        return self._stored(HTTPStatus.CREATED, case, {**case.metadata, **given, **case.metadata}, given)

    @route("POST", _V1)
    def insert_v1(self, call: Call, case_id: str) -> Reply:
        """Insert new keys: 201; existing ones are refused, or keep their values."""
        case, given = self._given(call, case_id)
        existing = [key for key in given if key in case.metadata]
        if existing and self._tenant.switches.v1_metadata_post_existing == "refuse":
            raise _exists(existing)
        return self._stored(HTTPStatus.CREATED, case, {**case.metadata, **given, **case.metadata}, given)

    @route("PUT", _V2)
    def upsert(self, call: Call, case_id: str) -> Reply:
        """Insert and overwrite keys: 200."""
        case, given = self._given(call, case_id)
        return self._stored(HTTPStatus.OK, case, {**case.metadata, **given}, given)

    @route("PUT", _V1)
    def overwrite(self, call: Call, case_id: str) -> Reply:
        """Overwrite existing keys and insert none: 200; the docs of v1 do not say what a missing key does."""
        case, given = self._given(call, case_id)
        missing = [key for key in given if key not in case.metadata]
        if missing and self._tenant.switches.v1_metadata_put_missing == "missing":
            raise Refused(HTTPStatus.NOT_FOUND, f"Metadata key {missing[0]} not found")
        known = {key: given.get(key, value) for key, value in case.metadata.items()}
        return self._stored(HTTPStatus.OK, case, known, given)

    @route("DELETE", _V1)
    @route("DELETE", _V2)
    def delete(self, call: Call, case_id: str) -> Reply:
        """Remove the keys listed in the body: 204."""
        case, keys = find_case(self._tenant, case_id), params(call).get("metadata")
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise Refused(HTTPStatus.BAD_REQUEST, "Invalid metadata keys")
        unknown = any(key not in case.metadata for key in keys)
        if unknown and self._tenant.switches.metadata_delete_unknown == "refuse":
            raise Refused(HTTPStatus.BAD_REQUEST, "Invalid metadata keys")
        self._store(case, {key: value for key, value in case.metadata.items() if key not in keys})
        return DELETED

    def _given(self, call: Call, case_id: str) -> tuple[StoredCase, dict[str, Any]]:
        case, given = find_case(self._tenant, case_id), params(call).get("metadata")
        if not isinstance(given, dict) or not given:
            raise Refused(HTTPStatus.BAD_REQUEST, "Invalid metadata")
        return case, checked_metadata(given, self._tenant)

    def _stored(
        self, status: int, case: StoredCase, metadata: Mapping[str, Any], given: Mapping[str, Any]
    ) -> Reply:
        self._store(case, metadata)
        return _answer(status, case.id, metadata if self._tenant.switches.metadata_response == "full" else given)

    def _store(self, case: StoredCase, metadata: Mapping[str, Any]) -> None:
        after = replace(case, metadata=metadata)
        if self._tenant.switches.metadata_bumps_updated_at:
            after = self._rules.touched(after)
        self._rules.commit(case, after, self._tenant.key_user)
        self._tenant.log(case.id, self._tenant.key_user.id, "METADATA_UPDATED", ", ".join(metadata))


def _exists(keys: list[str]) -> Refused:
    return Refused(HTTPStatus.CONFLICT, f"Metadata key {keys[0]} already exists")


def _answer(status: int, case_id: int, metadata: Mapping[str, Any]) -> Reply:
    return Reply.json(status, {"case_id": case_id, "metadata": metadata})
