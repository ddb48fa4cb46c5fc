"""
What nobody says about Tines, one switch each.

A default is what a careful client must survive at least; another setting is as likely in reality. What the
vendor documents or a live tenant was seen to do has no switch.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
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

SUB_RESOURCES = (
    "fields",
    "links",
    "subscribers",
    "records",
    "actions",
    "tasks",
    "notes",
    "blocks",
)
"""What a case has beside its scalars, tags, assignees, conditions and metadata."""

ErrorShape = Literal["varied", "strings", "errors", "objects", "error", "text", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TinesSwitches:
    """
    One tenant's answers to the open questions of the Tines API.

    Transport. `cases_enabled`: the tenant has paid for Cases. `v1_cases`: the case routes of v1 are gone (410),
    missing (404) or still served; `v2_cases` are missing (404) on a tenant that is older than they.
    `url_limit`: characters of path and query before 414. `requests_per_minute` (None: no limit), and
    `records_per_minute` of these to records, with `retry_after_header` in the 429 or not. `error_shape` forces
    one shape of error body on every route. `refusal_status` is what an invalid value gets, `missing_status`
    what an unknown case gets, `unknown_team_status` what an unknown team gets.

    Pages. `per_page_max` of cases, `sub_lists_per_page_max` of everything else (tasks and activities: 50 at
    most), and what `per_page_over` it does; `page_beyond_end`; whether the meta object has
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
    `v1_metadata_post_existing`: a POST to v1 that has an existing key is refused (409), or keeps its value;
    `v1_metadata_put_missing`: a PUT to v1, which only updates, ignores a key that is not there, or answers 404.

    Sub-resources. `sub_resources_bumping` `updated_at`, by their attribute of a stored case.
    Fields: `field_validation` of values; `field_post_repeated` for an input the case already has;
    `bulk_fields_status`, `bulk_fields_max` cases and `bulk_fields_unknown_case`; `team_move_fields` of the former
    team's inputs; `case_input_wrapped`: the answer to a create.
    Links: `linked_batch_max` ids; `links_symmetric`; `link_repeated`; `link_delete_absent`.
    Subscribers: `subscriber_repeated`; `comment_subscribes` its author; `assignment_subscribes` the assignee.
    Records: `records_list`, of records or of groups by type; `record_repeated`.
    Actions: `actions_batch_ids` of actions that are sent unchanged; `actions_batch_empty`; `actions_list_meta`.
    Tasks and notes: `tasks_batch_max`; `notes_max` of a case (None: no cap); `note_author_key`.
    Configuration: `sub_status_delete_without_fallback` is refused, or moves cases to the default one.
    More in a case: `case_tag_color` in its tags, `closure_conditions_state` (satisfied) in its conditions.
    """

    cases_enabled: bool = True
    v1_cases: Literal["gone", "missing", "served"] = "gone"
    v2_cases: Literal["served", "missing"] = "served"
    url_limit: int = 8000
    requests_per_minute: int | None = None
    records_per_minute: int | None = None
    retry_after_header: bool = True
    error_shape: ErrorShape = "varied"
    refusal_status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    missing_status: int = HTTPStatus.NOT_FOUND
    unknown_team_status: int = HTTPStatus.UNPROCESSABLE_ENTITY

    per_page_max: int = 50
    sub_lists_per_page_max: int = 500
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
    v1_metadata_post_existing: Literal["refuse", "keep"] = "refuse"
    v1_metadata_put_missing: Literal["ignore", "missing"] = "ignore"

    sub_resources_bumping: frozenset[str] = frozenset({"fields"})
    field_validation: Literal["refuse", "store"] = "refuse"
    field_post_repeated: Literal["overwrite", "refuse"] = "overwrite"
    bulk_fields_status: int = HTTPStatus.OK
    bulk_fields_max: int = 50
    bulk_fields_unknown_case: Literal["refuse", "skip"] = "refuse"
    team_move_fields: Literal["keep", "drop"] = "keep"
    case_input_wrapped: Literal["team_case_input", "bare"] = "team_case_input"
    linked_batch_max: int = 50
    links_symmetric: bool = True
    link_repeated: Literal["refuse", "ignore"] = "refuse"
    link_delete_absent: Literal["missing", "ignore"] = "missing"
    subscriber_repeated: Literal["same", "refuse"] = "same"
    comment_subscribes: bool = True
    assignment_subscribes: bool = False
    records_list: Literal["grouped", "flat"] = "grouped"
    record_repeated: Literal["refuse", "ignore"] = "refuse"
    actions_batch_ids: Literal["new", "kept"] = "new"
    actions_batch_empty: Literal["clear", "refuse"] = "clear"
    actions_list_meta: bool = True
    tasks_batch_max: int = 25
    notes_max: int | None = None
    note_author_key: Literal["author", "user"] = "author"
    sub_status_delete_without_fallback: Literal["refuse", "default"] = "refuse"
    case_tag_color: bool = False
    closure_conditions_state: bool = False
