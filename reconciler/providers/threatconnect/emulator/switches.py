"""
What nobody says about ThreatConnect, one switch each.

A default is what a careful client must survive at least; another setting is as likely in reality. What the
vendor documents or a live server was seen to do has no switch. An answer lost after its request took effect
is no switch either: script it as a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

Mode = Literal["append", "replace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatConnectSwitches:
    """
    One instance's answers to the open questions of the ThreatConnect v3 API.

    Modes. `tags_default_mode`: what case tags without a mode mean on PUT. `tags_mode_ignored`: a server
    before 6.5, on which setting tags replaces them whatever the mode says. `replace_empty`: what `replace`
    with an empty list does. `delete_absent`: what `delete` of something that is there, but not on this case,
    does. `attr_append_identical`: what appending an attribute of the same type and value does.
    `attr_append_with_id`: whether an element with an id, in an append, is refused or changes that attribute.

    Cases. `xid_path`: whether `/v3/cases/{xid}` is understood. `xid_conflict`: the status of a second case
    with an xid. `assignee_none_supported`: whether `{"type":"None"}` unassigns (7.11). `strict_fields`:
    unknown and read-only keys are refused, or else ignored. `empty_collection_form`: how a collection looks
    that was asked for and has nothing in it.

    Lists. `bulk_delete_allowed`. `list_lag_seconds`, of the emulator's clock: how long a case made through
    the API is missing from lists; a GET by its id shows it.

    Transport. `rate_limit`: every n-th request is answered 429 (None: no limit), with
    `retry_after_seconds` in its Retry-After.
    """

    tags_default_mode: Mode = "append"
    tags_mode_ignored: bool = False
    replace_empty: Literal["noop", "clear", "error"] = "noop"
    delete_absent: Literal["noop", "error"] = "noop"
    attr_append_identical: Literal["duplicate", "dedupe"] = "duplicate"
    attr_append_with_id: Literal["error", "update"] = "error"

    xid_path: bool = False
    xid_conflict: int = HTTPStatus.CONFLICT
    assignee_none_supported: bool = True
    strict_fields: bool = True
    empty_collection_form: Literal["{}", "absent", "data", "count"] = "{}"

    bulk_delete_allowed: bool = False
    list_lag_seconds: float = 0.0

    rate_limit: int | None = None
    retry_after_seconds: int = 0


SWITCH_SETTINGS: Mapping[str, ThreatConnectSwitches] = MappingProxyType(
    {
        "default": ThreatConnectSwitches(),
        "tags_default_mode=replace": ThreatConnectSwitches(tags_default_mode="replace"),
        "tags_mode_ignored=True": ThreatConnectSwitches(tags_mode_ignored=True),
        "replace_empty=clear": ThreatConnectSwitches(replace_empty="clear"),
        "replace_empty=error": ThreatConnectSwitches(replace_empty="error"),
        "delete_absent=error": ThreatConnectSwitches(delete_absent="error"),
        "attr_append_identical=dedupe": ThreatConnectSwitches(attr_append_identical="dedupe"),
        "attr_append_with_id=update": ThreatConnectSwitches(attr_append_with_id="update"),
        "xid_path=True": ThreatConnectSwitches(xid_path=True),
        "xid_conflict=400": ThreatConnectSwitches(xid_conflict=HTTPStatus.BAD_REQUEST),
        "strict_fields=False": ThreatConnectSwitches(strict_fields=False),
        "empty_collection_form=absent": ThreatConnectSwitches(empty_collection_form="absent"),
        "empty_collection_form=data": ThreatConnectSwitches(empty_collection_form="data"),
        "empty_collection_form=count": ThreatConnectSwitches(empty_collection_form="count"),
        "bulk_delete_allowed=True": ThreatConnectSwitches(bulk_delete_allowed=True),
        "list_lag_seconds=2": ThreatConnectSwitches(list_lag_seconds=2.0),
        "rate_limit=7": ThreatConnectSwitches(rate_limit=7),
    }
)
"""
Every single-switch variation a client must get through, by name.

Left out is `assignee_none_supported`, which takes something away instead of doing it differently.
"""
