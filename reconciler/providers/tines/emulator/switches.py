"""
What nobody says about Tines, one switch each.

A default is what a careful client must survive at least; another setting is as likely in reality. What the
vendor documents or a live tenant was seen to do has no switch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Literal

LEAN = (
    "activities",
    "activities_meta",
    "actions",
    "fields",
    "linked_cases",
    "sla",
    "slas",
    "records",
    "records_meta",
    "closure_conditions",
)
"""What list items leave out by default: the sub-resources; the list page's table was read only in part."""

LEANER = (*LEAN, "team", "priority", "opened_at", "resolved_at", "created_at", "updated_at")
"""Everything that the part of the list page's table that could be read does not name."""

ErrorShape = Literal["varied", "strings", "errors", "objects", "error", "text", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TinesSwitches:
    """
    One tenant's answers to the open questions of the Tines API.

    Transport. `cases_enabled`: the tenant has paid for Cases. `v1_cases`: status of the removed v1 routes.
    `url_limit`: characters of path and query before 414. `requests_per_minute` (None: no limit), with
    `retry_after_header` in the 429 or not. `error_shape` forces one shape of error body on every route.
    `refusal_status` is what an invalid value gets, `missing_status` what an unknown case gets,
    `unknown_team_status` what an unknown team gets.

    Pages. `per_page_max` and what `per_page_over` it does; `page_beyond_end`; whether the meta object has
    `next_page_number`; whether the URLs in it keep the query's other parameters.

    List. `list_items_full`, or else without the keys in `list_items_lean`; `default_order`; the names in
    `filters_ignored` do nothing; `unknown_filter`; `metadata_filter` may be ignored, or lag behind creation
    for the next `metadata_lag_requests` lists and for `metadata_lag_seconds` of the emulator's clock;
    `date_filter` is the timestamp that start_date and end_date look at.

    Case. `empty_assignees_means`: who gets a case created with `[]`. `unknown_tag`; `tag_names_case_sensitive`;
    `default_priority`; `description_line_endings`; `user_id_type`; `array_order` of tags and assignees;
    `key_user_is_service_account`; `noop_update_bumps`: an identical value sent again moves `updated_at`;
    `empty_timestamp`; `reopen_clears_resolution`; `closure_conditions_update`; `closure_conditions_enforced`,
    read on the state before or after the request's other changes.

    Metadata. `metadata_values` that are no strings; `metadata_delete_unknown` key; `metadata_post_mixed`: a
    POST of new and existing keys; `metadata_response`: what POST and PUT answer; `metadata_bumps_updated_at`.
    """

    cases_enabled: bool = True
    v1_cases: int = HTTPStatus.GONE
    url_limit: int = 8000
    requests_per_minute: int | None = None
    retry_after_header: bool = True
    error_shape: ErrorShape = "varied"
    refusal_status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    missing_status: int = HTTPStatus.NOT_FOUND
    unknown_team_status: int = HTTPStatus.UNPROCESSABLE_ENTITY

    per_page_max: int = 50
    per_page_over: Literal["clamp", "refuse"] = "clamp"
    page_beyond_end: Literal["empty", "missing"] = "empty"
    next_page_number_present: bool = True
    page_urls_keep_query: bool = True

    list_items_full: bool = False
    list_items_lean: tuple[str, ...] = LEAN
    default_order: str = "CREATED_DESC"
    filters_ignored: frozenset[str] = frozenset()
    unknown_filter: Literal["ignore", "refuse"] = "ignore"
    metadata_filter: Literal["exact", "ignored", "lagging"] = "exact"
    metadata_lag_requests: int = 1
    metadata_lag_seconds: float = 0.0
    date_filter: Literal["opened_at", "created_at"] = "opened_at"

    empty_assignees_means: Literal["key_user", "nobody"] = "key_user"
    unknown_tag: Literal["create", "refuse"] = "create"
    tag_names_case_sensitive: bool = True
    default_priority: str = "LOW"
    description_line_endings: Literal["keep", "lf"] = "keep"
    user_id_type: Literal["str", "int"] = "str"
    array_order: Literal["insertion", "reversed"] = "insertion"
    key_user_is_service_account: bool = False
    noop_update_bumps: bool = True
    empty_timestamp: Literal["refuse", "clear"] = "refuse"
    reopen_clears_resolution: bool = True
    closure_conditions_update: Literal["replace", "append"] = "replace"
    closure_conditions_enforced: bool = True
    closure_conditions_read: Literal["before", "after"] = "before"

    metadata_values: Literal["strict", "lenient"] = "strict"
    metadata_delete_unknown: Literal["refuse", "ignore"] = "refuse"
    metadata_post_mixed: Literal["refuse", "insert_new"] = "refuse"
    metadata_response: Literal["full", "delta"] = "full"
    metadata_bumps_updated_at: bool = True


SWITCH_SETTINGS: Mapping[str, TinesSwitches] = MappingProxyType(
    {
        "default": TinesSwitches(),
        "v1_cases=404": TinesSwitches(v1_cases=HTTPStatus.NOT_FOUND),
        "retry_after_header=False": TinesSwitches(retry_after_header=False),
        "error_shape=strings": TinesSwitches(error_shape="strings"),
        "error_shape=errors": TinesSwitches(error_shape="errors"),
        "error_shape=objects": TinesSwitches(error_shape="objects"),
        "error_shape=error": TinesSwitches(error_shape="error"),
        "error_shape=text": TinesSwitches(error_shape="text"),
        "error_shape=html": TinesSwitches(error_shape="html"),
        "refusal_status=400": TinesSwitches(refusal_status=HTTPStatus.BAD_REQUEST),
        "missing_status=410": TinesSwitches(missing_status=HTTPStatus.GONE),
        "unknown_team_status=404": TinesSwitches(unknown_team_status=HTTPStatus.NOT_FOUND),
        "per_page_max=500": TinesSwitches(per_page_max=500),
        "per_page_max=5": TinesSwitches(per_page_max=5),
        "per_page_over=refuse": TinesSwitches(per_page_over="refuse"),
        "page_beyond_end=missing": TinesSwitches(page_beyond_end="missing"),
        "next_page_number_present=False": TinesSwitches(next_page_number_present=False),
        "page_urls_keep_query=False": TinesSwitches(page_urls_keep_query=False),
        "list_items_full=True": TinesSwitches(list_items_full=True),
        "list_items_lean=leaner": TinesSwitches(list_items_lean=LEANER),
        "default_order=RECENTLY_EDITED": TinesSwitches(default_order="RECENTLY_EDITED"),
        "filters_ignored=case_ids": TinesSwitches(filters_ignored=frozenset({"case_ids"})),
        "filters_ignored=tags": TinesSwitches(filters_ignored=frozenset({"tags", "and_tags", "or_tags"})),
        "unknown_filter=refuse": TinesSwitches(unknown_filter="refuse"),
        "metadata_filter=ignored": TinesSwitches(metadata_filter="ignored"),
        "metadata_filter=lagging": TinesSwitches(metadata_filter="lagging"),
        "date_filter=created_at": TinesSwitches(date_filter="created_at"),
        "empty_assignees_means=nobody": TinesSwitches(empty_assignees_means="nobody"),
        "tag_names_case_sensitive=False": TinesSwitches(tag_names_case_sensitive=False),
        "default_priority=MEDIUM": TinesSwitches(default_priority="MEDIUM"),
        "description_line_endings=lf": TinesSwitches(description_line_endings="lf"),
        "user_id_type=int": TinesSwitches(user_id_type="int"),
        "array_order=reversed": TinesSwitches(array_order="reversed"),
        "key_user_is_service_account=True": TinesSwitches(key_user_is_service_account=True),
        "noop_update_bumps=False": TinesSwitches(noop_update_bumps=False),
        "empty_timestamp=clear": TinesSwitches(empty_timestamp="clear"),
        "reopen_clears_resolution=False": TinesSwitches(reopen_clears_resolution=False),
        "closure_conditions_update=append": TinesSwitches(closure_conditions_update="append"),
        "closure_conditions_enforced=False": TinesSwitches(closure_conditions_enforced=False),
        "closure_conditions_read=after": TinesSwitches(closure_conditions_read="after"),
        "metadata_values=lenient": TinesSwitches(metadata_values="lenient"),
        "metadata_delete_unknown=ignore": TinesSwitches(metadata_delete_unknown="ignore"),
        "metadata_post_mixed=insert_new": TinesSwitches(metadata_post_mixed="insert_new"),
        "metadata_response=delta": TinesSwitches(metadata_response="delta"),
        "metadata_bumps_updated_at=False": TinesSwitches(metadata_bumps_updated_at=False),
    }
)
"""
Every single-switch variation a client must get through, by name.

Left out are the settings that take something away instead of doing it differently: `cases_enabled`,
`url_limit`, `requests_per_minute` and `unknown_tag="refuse"`.
"""
