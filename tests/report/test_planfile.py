from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler.errors import PlanRefused, StalePlan
from reconciler.model.change import Action, Change
from reconciler.model.operation import Operation
from reconciler.model.plan import Plan
from reconciler.report.jsonplan import Checksum, write_plan
from reconciler.report.planfile import read_plan
from reconciler.report.planshape import plan_schema
from tests.report import worlds
from tests.report.worlds import SCHEMAS, plan

EVERYTHING = plan(
    worlds.DELETE,
    worlds.CLOSE,
    worlds.IMPORT,
    worlds.RELEASE,
    worlds.CREATE,
    worlds.UPDATE,
    worlds.ITEMS,
    worlds.WHOLE,
    worlds.SHARED,
    worlds.SHARED_TOO,
    worlds.MOVED,
    drift=worlds.DRIFT,
    unchanged=11,
    refresh=(worlds.RECORD,),
    warnings=("careful",),
    recorded=17,
    rates={"soc": 3000},
    policies=worlds.OBJECTIONS,
)


def written(made: Plan) -> str:
    return "".join(write_plan(made))


def test_a_plan_is_the_same_after_it_was_saved_and_read() -> None:
    assert read_plan(written(EVERYTHING), SCHEMAS) == EVERYTHING


@given(worlds.PLANS)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_any_plan_is_the_same_after_it_was_saved_and_read(made: Plan) -> None:
    again = read_plan(written(made), SCHEMAS)

    assert again == made
    assert again.digest == made.digest
    assert written(again) == written(made)  # a member that is given whole is equal by its key alone


def test_the_layout_and_the_order_of_keys_mean_nothing() -> None:
    text = json.dumps(json.loads(written(EVERYTHING)), sort_keys=True, indent=4)

    assert read_plan(text, SCHEMAS) == EVERYTHING


def test_a_key_of_a_later_minor_version_is_ignored() -> None:
    data = json.loads(written(EVERYTHING)) | {"format_version": "1.7", "added": ["later"]}
    del data["checksum"]
    checksum = Checksum()
    for name, value in data.items():
        if isinstance(value, list):
            assert list(checksum.items(name, value)) == value
        else:
            checksum.member(name, value)

    assert read_plan(json.dumps({**data, "checksum": checksum.text}), SCHEMAS) == EVERYTHING


def test_text_that_only_begins_like_a_marker_stays_text() -> None:
    texts = [
        f"{worlds.LINEAGE}/",
        f"{worlds.LINEAGE}/soc.a",
        f"{worlds.LINEAGE}/soc.a/07",
        f"{worlds.LINEAGE}/x/7",
    ]
    change = Change(
        worlds.address("a"), "tines", Action.UPDATE, "1", operations=(Operation("PUT", "/x", {"t": texts}, "why"),)
    )

    assert read_plan(written(plan(change)), SCHEMAS) == plan(change)


def test_a_file_without_its_checksum_is_refused() -> None:
    data = json.loads(written(plan()))
    del data["checksum"]

    with pytest.raises(PlanRefused, match="checksum: Field required"):
        read_plan(json.dumps(data), SCHEMAS)


def _set(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def alter(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = to

    return alter


@pytest.mark.parametrize(
    "alter",
    [
        _set("changes", 5, "fields", 1, "after", to="low"),
        _set("changes", 5, "operations", 0, "body", "priority", to="critical"),
        _set("changes", 5, "operations", 0, "path", to="/api/v2/cases/43"),
        _set("changes", 5, "id", to="43"),
        _set("changes", 4, "record", "id", to="43"),
        _set("changes", 4, "base", to=None),
        _set("changes", 4, "operations", 0, "repeat", to="safe"),
        *(
            _set("changes", 6, "operations", 0, name, to=value)
            for name, value in {
                "query": [["fields", "notes"]],
                "verifies": [],
                "after": ["c"],
                "makes": [{"path": ["notes", "second"], "name": None}],
            }.items()
        ),
        *(
            _set("changes", 7, "operations", 0, name, to=value)
            for name, value in {
                "body": '{"IssueTitle":"B"}',
                "as_text": False,
                "merges": {},
                "reads_back": False,
                "otherwise": [],
            }.items()
        ),
        _set("changes", 7, "operations", 0, "merges", "TagsCSV", "before", to=["a"]),
        _set("changes", 7, "operations", 0, "merges", "TagsCSV", "attribute", to="watchers"),
        _set("changes", 7, "operations", 0, "otherwise", 1, "last", to=False),
        _set("changes", 7, "operations", 0, "otherwise", 0, "body", "IssueTitle", to="C"),
        _set("changes", 7, "operations", 1, "body", to="{}"),
        _set("changes", 6, "operations", 1, "makes", 1, "name", to=None),
        _set("changes", 6, "operations", 1, "makes", to=[]),
        _set("changes", 6, "fields", 3, "after", "text", to="three"),
        _set("changes", 6, "fields", 3, "kinds", to={}),
        _set("changes", 6, "fields", 2, "add", 0, "associated_artifacts", to=[5]),
        _set("changes", to=[]),
        _set("summary", "delete", to=0),
        _set("lineage", to="other"),
        _set("serial", to=8),
        _set("warnings", to=[]),
        _set("refresh", to=[]),
        _set("added", to="key"),
        _set("digest", to="sha256:0"),
        _set("checksum", to="sha256:0"),
    ],
)
def test_an_altered_file_is_refused(alter: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(written(EVERYTHING))
    alter(data)

    with pytest.raises(StalePlan, match="altered"):
        read_plan(json.dumps(data), SCHEMAS)


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (_set("format_version", to="2.0"), "format 2.0; this version reads 1.0"),
        (_set("format_version", to=1), "no format_version"),
        (_set("changes", 0, "action", to="explode"), "changes.0.action"),
        (_set("changes", 0, "address", to="nonsense"), "not an address"),
        (_set("changes", 0, "operations", 0, "path", to="//evil.example/x"), "path"),
        (_set("changes", 0, "operations", 0, "path", to="https://evil.example/x"), "path"),
        (_set("changes", 0, "operations", 0, "method", to="GET"), "method"),
        (_set("changes", 4, "record", "type", to="jira"), "'jira', which is not installed"),
        (_set("changes", 4, "record", "recorded", "tags", to=5), "not a plan file"),
        (_set("changes", 4, "record", "recorded", "notes", to={"first": 5}), "not a plan file"),
        (_set("changes", 5, "fields", 2, "add", to=[[]]), "not a plan file"),
        (_set("changes", 6, "operations", 0, "query", to=[["fields"]]), r"operations\.0\.query"),
        (_set("changes", 6, "operations", 1, "makes", 0, "path", to=["notes"]), r"makes\.0\.path"),
        (_set("changes", 7, "operations", 0, "body", to="{"), "not a plan file"),
        (_set("changes", 7, "operations", 0, "body", to="[" * 100_000), "not a plan file"),
        (_set("changes", 7, "operations", 0, "body", to='{"a":NaN}'), "NaN is no JSON value"),
        (_set("changes", 7, "operations", 0, "merges", "TagsCSV", to=["a"]), r"operations\.0\.merges\.TagsCSV"),
        (_set("changes", 7, "operations", 0, "otherwise", 0, "method", to="GET"), r"otherwise\.0\.method"),
        (_set("changes", to={}), "changes"),
    ],
)
def test_what_is_no_plan_of_ours_is_refused_with_its_place(
    alter: Callable[[dict[str, Any]], None], message: str
) -> None:
    data = json.loads(written(EVERYTHING))
    alter(data)

    with pytest.raises(PlanRefused, match=message):
        read_plan(json.dumps(data), SCHEMAS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        '{"format_version": NaN}',
        "[" * 100_000,
        "9" * 5000,
        '{"format_version": "1"}',
        "\x00",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(PlanRefused, match="not a plan file"):
        read_plan(text, SCHEMAS)


def test_a_file_beyond_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.report.planfile.MAX_BYTES", 10)

    with pytest.raises(PlanRefused, match="larger than"):
        read_plan(written(plan()), SCHEMAS)


def test_the_schema_names_every_key_that_is_written() -> None:
    schema = plan_schema()

    data = json.loads(written(EVERYTHING))
    operations = [operation for change in data["changes"] for operation in change["operations"]]
    operations += [other for operation in operations for other in operation.get("otherwise", ())]

    assert set(data) == set(schema["properties"])
    assert {key for operation in operations for key in operation} == set(
        schema["$defs"]["Operation"]["properties"]
    )
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["$defs"]["Summary"]["required"]) >= {"import", "requests"}
