"""Every setting of the switches that a client must get through, each another than the default in one switch."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from reconciler.providers.tines.emulator.switches import LEAN, LEANER, SUB_RESOURCES, TinesSwitches


def _carrying(*keys: str) -> TinesSwitches:
    return TinesSwitches(list_items_lean=tuple(key for key in LEAN if key not in keys))


SWITCH_SETTINGS: Mapping[str, TinesSwitches] = MappingProxyType(
    {
        "default": TinesSwitches(),
        "v1_cases=missing": TinesSwitches(v1_cases="missing"),
        "v1_cases=served": TinesSwitches(v1_cases="served"),
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
        "sub_lists_per_page_max=2": TinesSwitches(sub_lists_per_page_max=2),
        "per_page_over=refuse": TinesSwitches(per_page_over="refuse"),
        "page_beyond_end=missing": TinesSwitches(page_beyond_end="missing"),
        "next_page_number_present=False": TinesSwitches(next_page_number_present=False),
        "page_urls_keep_query=False": TinesSwitches(page_urls_keep_query=False),
        "list_items_full=True": TinesSwitches(list_items_full=True),
        "list_items_lean=leaner": TinesSwitches(list_items_lean=LEANER),
        "list_items_lean=but_fields": _carrying("fields"),
        "list_items_lean=but_linked_cases": _carrying("linked_cases"),
        "list_items_lean=but_actions": _carrying("actions"),
        "list_items_lean=but_records": _carrying("records", "records_meta"),
        "list_items_lean=but_closure_conditions": _carrying("closure_conditions"),
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
        "v1_metadata_post_existing=keep": TinesSwitches(v1_metadata_post_existing="keep"),
        "v1_metadata_put_missing=missing": TinesSwitches(v1_metadata_put_missing="missing"),
        "sub_resources_bumping=every": TinesSwitches(sub_resources_bumping=frozenset(SUB_RESOURCES)),
        "sub_resources_bumping=none": TinesSwitches(sub_resources_bumping=frozenset()),
        "field_validation=store": TinesSwitches(field_validation="store"),
        "field_post_repeated=refuse": TinesSwitches(field_post_repeated="refuse"),
        "bulk_fields_status=201": TinesSwitches(bulk_fields_status=HTTPStatus.CREATED),
        "bulk_fields_unknown_case=skip": TinesSwitches(bulk_fields_unknown_case="skip"),
        "team_move_fields=drop": TinesSwitches(team_move_fields="drop"),
        "case_input_wrapped=bare": TinesSwitches(case_input_wrapped="bare"),
        "linked_batch_max=150": TinesSwitches(linked_batch_max=150),
        "link_repeated=ignore": TinesSwitches(link_repeated="ignore"),
        "link_delete_absent=ignore": TinesSwitches(link_delete_absent="ignore"),
        "subscriber_repeated=refuse": TinesSwitches(subscriber_repeated="refuse"),
        "comment_subscribes=False": TinesSwitches(comment_subscribes=False),
        "assignment_subscribes=True": TinesSwitches(assignment_subscribes=True),
        "records_list=flat": TinesSwitches(records_list="flat"),
        "record_repeated=ignore": TinesSwitches(record_repeated="ignore"),
        "actions_batch_ids=kept": TinesSwitches(actions_batch_ids="kept"),
        "actions_list_meta=False": TinesSwitches(actions_list_meta=False),
        "note_author_key=user": TinesSwitches(note_author_key="user"),
        "sub_status_delete_without_fallback=default": TinesSwitches(sub_status_delete_without_fallback="default"),
        "case_tag_color=True": TinesSwitches(case_tag_color=True),
        "closure_conditions_state=True": TinesSwitches(closure_conditions_state=True),
    }
)
"""
Every single-switch variation a client must get through, by name.

Left out are the settings that take something away instead of doing it differently: `cases_enabled`, `v2_cases`,
`url_limit`, `requests_per_minute`, `records_per_minute`, `unknown_tag="refuse"`, `actions_batch_empty`,
`notes_max`, smaller batches than documented, and `links_symmetric`, without which a link declared on both sides
takes two requests.
"""
