from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from reconciler.errors import ConfigError, Location, ProtocolError
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live
from reconciler.model.change import Action, Change
from reconciler.model.fields import Kind
from reconciler.model.values import Marker, Path, Ref, Secret
from reconciler.providers.base import Params, Subject
from reconciler.providers.tines import wire
from reconciler.providers.tines.provider import Tines
from reconciler.providers.tines.schema import SCHEMA, TinesCase, TinesSettings

SETTINGS: dict[str, Any] = {"type": "tines", "url": "https://acme.tines.com", "token": SecretStr("t0ken")}


class Place:
    """A source whose file is the path itself."""

    def at(self, path: Path = ()) -> Location:
        return Location(".".join(path) or "case")


def case(attributes: dict[str, Any], name: str = "a", **more: Any) -> Case:
    return Case(Address("soc", name), "tines", attributes, Place(), **more)


def subject(declared: Case, live: Live | None = None) -> Subject:
    action = Action.UPDATE if live else Action.CREATE
    change = Change(declared.address, "tines", action)
    return Subject(change, declared, live, Marker("L", str(declared.address), 7))


def tines(**settings: Any) -> Tines:
    return Tines(TinesSettings(**{**SETTINGS, **settings}))


# ------------------------------------------------------------------------------------ what may be declared


@pytest.mark.parametrize(
    ("declared", "normal"),
    [
        ({"name": "A"}, {"name": "A"}),
        ({"priority": "HIGH"}, {"priority": "high"}),
        ({"status": "Closed"}, {"status": "closed"}),
        ({"description": None}, {"description": ""}),
        ({"assignees": ["Jane@ACME.example", "jane@acme.example"]}, {"assignees": {"jane@acme.example"}}),
        ({"tags": ["b", "a", "B"]}, {"tags": {"a", "b", "B"}}),
        ({"metadata": {"k": "1", "n": None}}, {"metadata": {"k": "1", "n": None}}),
        ({"opened_at": "2026-03-01T12:00:00+02:00"}, {"opened_at": "2026-03-01T10:00:00Z"}),
        ({"team_id": 3}, {"team_id": 3}),
        (
            {"fields": {"os": "Linux", "hosts": ["b", "a", "a"], "gone": None}},
            {"fields": {"os": "Linux", "hosts": {"a", "b"}, "gone": None}},
        ),
        ({"links": ["43", "7"]}, {"links": {"7", "43"}}),
        ({"subscribers": ["Jane@ACME.example"]}, {"subscribers": {"jane@acme.example"}}),
        ({"closure_conditions": None}, {"closure_conditions": []}),
        (
            {"closure_conditions": [{"name": "z", "formula": "=2"}, {"name": "a", "formula": "=1"}]},
            {"closure_conditions": [{"name": "a", "formula": "=1"}, {"name": "z", "formula": "=2"}]},
        ),
        (
            {"actions": {"go": {"label": "Go", "url": "https://x", "type": "Webhook"}}},
            {"actions": {"go": {"label": "Go", "url": "https://x", "type": "webhook"}}},
        ),
        (
            {"tasks": {"call": {"description": "Call", "assignees": ["B@x", "a@x"], "completed": True}}},
            {"tasks": {"call": {"description": "Call", "assignees": {"a@x", "b@x"}, "completed": True}}},
        ),
        (
            {"notes": {"first": {"title": "Seen", "content": None, "color": "Gold"}}},
            {"notes": {"first": {"title": "Seen", "content": "", "color": "gold"}}},
        ),
    ],
)
def test_what_a_user_declares_has_one_normal_form(declared: dict[str, Any], normal: dict[str, Any]) -> None:
    plain = {name: value for name, value in declared.items() if value is not None}
    emptied = {name: SCHEMA.fields[name].empty for name, value in declared.items() if value is None}
    made = TinesCase.model_validate(plain)

    assert SCHEMA.normalize({**made.model_dump(exclude_unset=True), **emptied}) == normal


@pytest.mark.parametrize(
    "declared",
    [
        {"name": ""},
        {"priority": "urgent"},
        {"priority": 1},
        {"status": "resolved"},
        {"opened_at": "yesterday"},
        {"assignees": ["jane"]},
        {"tags": [""]},
        {"metadata": {"": "1"}},
        {"metadata": {"k": ["1"]}},
        {"team_id": "two"},
        {"sla": {}},
        {"fields": {"k": [["1"]]}},
        {"fields": {"k": [""]}},
        {"subscribers": ["jane"]},
        {"closure_conditions": [{"name": "a", "formula": "SIZE(x) > 0"}]},
        {"closure_conditions": [{"name": "a"}]},
        {"actions": {"go": {"label": "Go", "url": "https://x"}}},
        {"actions": {"go": {"label": "Go", "url": "https://x", "type": "button"}}},
        {"tasks": {"call": {}}},
        {"tasks": {"call": {"description": "x", "due": "now"}}},
        {"notes": {"first": {"title": "x", "color": "black"}}},
    ],
)
def test_what_tines_cannot_hold_is_refused(declared: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TinesCase.model_validate(declared)


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://acme.tines.com"},
        {"url": "https://user:pw@acme.tines.com"},
        {"token": ""},
        {"api_version": "v3"},
        {"marker_key": ""},
        {"concurrency": 0},
        {"colour": "blue"},
    ],
)
def test_settings_that_cannot_be_are_refused_without_the_token(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        tines(**settings)

    assert "t0ken" not in str(caught.value)


def test_the_schema_says_how_each_attribute_is_owned() -> None:
    owned = {name: SCHEMA.kind(name) for name in SCHEMA.fields if SCHEMA.kind(name) is not Kind.SCALAR}

    assert owned == {
        "assignees": Kind.SET,
        "tags": Kind.SET,
        "links": Kind.SET,
        "subscribers": Kind.SET,
        "records": Kind.SET,
        "metadata": Kind.MAP,
        "fields": Kind.MAP,
        "actions": Kind.ITEMS,
        "tasks": Kind.ITEMS,
        "notes": Kind.ITEMS,
    }
    assert [name for name, field in SCHEMA.fields.items() if field.shared] == ["subscribers"]
    assert [name for name, field in SCHEMA.fields.items() if field.links] == ["links"]
    assert SCHEMA.required == {"name"}
    assert SCHEMA.closing == {"status": "closed"}
    assert SCHEMA.fields.keys() == wire._READERS.keys()


def test_each_request_is_signed_with_the_token_and_the_token_is_not_shown() -> None:
    request = httpx.Request("GET", "https://acme.tines.com")
    provider = tines()

    next(provider.auth.sync_auth_flow(request))

    assert request.headers["authorization"] == "Bearer t0ken"
    assert "t0ken" not in repr((provider, vars(provider)))


# ------------------------------------------------------------------------------------ what a case object says

USER = {"user_id": "1", "email": "Jane@ACME.example"}
ITEM: dict[str, Any] = {
    "case_id": 42,
    "url": "https://acme.tines.com/cases/42",
    "name": "A",
    "description": None,
    "priority": "HIGH",
    "status": "OPEN",
    "sub_status": {"id": 7, "name": "To do"},
    "team": {"id": 2, "name": "SOC"},
    "opened_at": "2026-03-01T10:00:00.123Z",
    "resolved_at": None,
    "assignees": [{"user_id": "1", "email": "Jane@ACME.example"}, {"user_id": "2", "email": None}],
    "tags": [{"id": 1, "name": "b"}, {"id": 2, "name": "a"}],
    "metadata": {"k": "1", "number": 1, "nested": {"b": 1, "a": "ü"}, "reconciler": "L/soc.a/7"},
    "closure_conditions": [{"name": "b", "formula": "=2", "satisfied": True}, {"name": "a", "formula": "=1"}],
    "fields": [
        {"id": 65221, "value": "Linux", "case_input": {"id": 412, "key": "os", "name": "System"}},
        {"id": 65222, "value": 3, "case_input": {"id": 413, "name": "Count"}},
        {"id": 65223, "value": None, "case_input": {"id": 414, "key": "none", "name": "None"}},
    ],
    "linked_cases": [{"case_id": 43, "name": "B"}, 44],
    "subscribers": [{"id": 2231, **USER}, {"id": 2232, "email": None}],
    "records": [
        {"record_type_id": 1, "record_type_record_results": [{"id": 7}, {"id": 8}]},
        {"id": 9, "record_type": {"id": 1}},
        10,
    ],
    "actions": [
        {
            "id": 1,
            "url": "https://x",
            "label": "Go",
            "action_type": "WEBHOOK",
            "action_text": "Run",
            "page_emoji": None,
        }
    ],
    "tasks": [{"id": 5, "description": "Call", "completed": False, "assignees": [USER]}],
    "notes": [{"id": 6, "title": "Seen", "content": None, "color": "GOLD"}],
}


def test_a_case_object_is_read_into_normal_form() -> None:
    assert wire.live(ITEM, SCHEMA.fields, SCHEMA.normalize) == wire.TinesLive(
        "42",
        "https://acme.tines.com/cases/42",
        {
            "name": "A",
            "description": "",
            "priority": "high",
            "status": "open",
            "sub_status": "To do",
            "team_id": 2,
            "opened_at": "2026-03-01T10:00:00Z",
            "resolved_at": None,
            "assignees": frozenset({"jane@acme.example"}),
            "tags": frozenset({"a", "b"}),
            "metadata": {"k": "1", "number": "1", "nested": '{"a":"ü","b":1}', "reconciler": "L/soc.a/7"},
            "closure_conditions": [{"name": "a", "formula": "=1"}, {"name": "b", "formula": "=2"}],
            "fields": {"os": "Linux", "Count": "3"},
            "links": frozenset({"43", "44"}),
            "subscribers": frozenset({"jane@acme.example"}),
            "records": frozenset({"7", "8", "9", "10"}),
            "actions": {"1": {"label": "Go", "url": "https://x", "type": "webhook", "text": "Run"}},
            "tasks": {
                "5": {"description": "Call", "completed": False, "assignees": frozenset({"jane@acme.example"})}
            },
            "notes": {"6": {"title": "Seen", "content": "", "color": "gold"}},
        },
        {
            "fields": {"os": frozenset({"System"}), "Count": frozenset({"Count"}), "none": frozenset({"None"})},
            "tasks": {"5": frozenset({"Call"})},
        },
        shown={name: ITEM[name] for name in ("fields", "subscribers", "actions", "closure_conditions")},
    )


def test_only_what_was_asked_for_is_read() -> None:
    seen = wire.live({"case_id": 42, "name": "A"}, {"name"}, SCHEMA.normalize)

    assert seen == wire.TinesLive("42", "", {"name": "A"})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "A"}, "without a case_id"),
        ("text", "without a case_id"),
        (None, "without a case_id"),
        ({**ITEM, "tags": [1]}, "answered case 42 in an unknown shape"),
        ({**ITEM, "assignees": None}, "answered case 42 in an unknown shape"),
        ({**ITEM, "metadata": ["k"]}, "answered case 42 in an unknown shape"),
        ({**ITEM, "team": 2}, "answered case 42 in an unknown shape"),
        ({**ITEM, "fields": [{"value": "x"}]}, "answered case 42 in an unknown shape"),
        ({**ITEM, "records": [{"record_type": 1}]}, "answered case 42 in an unknown shape"),
        ({**ITEM, "tasks": [7]}, "answered case 42 in an unknown shape"),
        ({**ITEM, "closure_conditions": [{"name": "a"}]}, "answered case 42 in an unknown shape"),
    ],
)
def test_an_unknown_shape_is_said_and_not_guessed(item: Any, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        wire.live(item, SCHEMA.fields, SCHEMA.normalize)


def test_a_list_item_lacks_what_its_attribute_needs() -> None:
    assert wire.lacking(ITEM, SCHEMA.fields) == frozenset()
    assert wire.lacking({"case_id": 42, "name": "A"}, {"name", "team_id", "tasks"}) == {"team_id", "tasks"}
    assert wire.lacking({"case_id": 42, "team": None}, {"team_id"}) == frozenset()


@pytest.mark.parametrize(
    ("meta", "lacks"),
    [
        ({"next_page": None, "next_page_number": None, "pages": 1}, False),
        ({"next_page": "https://x?page=2"}, True),
        ({"next_page_number": 2}, True),
        (None, False),
    ],
)
def test_a_first_page_within_a_case_is_not_all_of_it(meta: Any, *, lacks: bool) -> None:
    item = {"case_id": 42, "records": [], "records_meta": meta}

    assert bool(wire.lacking(item, {"records"})) is lacks


# ------------------------------------------------------------------------------------ what is checked offline


@pytest.mark.parametrize(
    ("declared", "settings", "problems"),
    [
        (case({"name": "A"}), {"team_id": 2}, []),
        (case({"name": "A", "team_id": 3}), {}, []),
        (case({"name": "A"}, adopt="42"), {}, []),
        (case({"name": "A"}), {}, [("case", "soc.a has no team")]),
        (
            case({"name": "A", "metadata": {"reconciler": "x"}}),
            {"team_id": 2},
            [("metadata.reconciler", "metadata key 'reconciler' carries the marker of managed cases")],
        ),
        (case({"name": "A", "metadata": {"reconciler": "x"}}), {"team_id": 2, "marker_key": "m"}, []),
        (case({"links": frozenset({"43", Ref("b", "id")}), "records": frozenset({"7"})}), {"team_id": 2}, []),
        (
            case({"links": frozenset({"other", "0"}), "records": frozenset({"x"})}),
            {"team_id": 2},
            [
                ("links", "'0' in `links` is no id"),
                ("links", "'other' in `links` is no id"),
                ("records", "'x' in `records` is no id"),
            ],
        ),
        (
            case({"fields": {"one": Secret("x"), "many": frozenset({Secret("x")}), "parts": frozenset({"a|b"})}}),
            {"team_id": 2},
            [
                ("fields.many", "`fields` cannot hold a secret here"),
                ("fields.parts", "'a|b' holds a '|', which stands between values"),
            ],
        ),
        (
            case({"closure_conditions": [{"name": "a", "formula": Secret("=1")}]}),
            {"team_id": 2},
            [("closure_conditions", "`closure_conditions` cannot hold a secret here")],
        ),
        (
            case({"name": "A", "tasks": {}, "sub_status": "Done", "records": frozenset({"7"})}),
            {"team_id": 2, "api_version": "v1"},
            [
                ("sub_status", "the cases API v1 has no `sub_status`"),
                ("tasks", "the cases API v1 has no `tasks`"),
            ],
        ),
    ],
)
def test_what_tines_would_refuse_is_said_before_anything_is_sent(
    declared: Case, settings: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    found = [(problem.location.file, problem.message) for problem in tines(**settings).check(declared)]

    assert found == problems


# ------------------------------------------------------------------------------------ names that are looked up


IGNORING = Lifecycle(ignore_changes=("sub_status",))


class Statuses:
    """An Api that holds the case statuses of team 2 and team 3."""

    def __init__(self) -> None:
        self.requests: list[Params] = []

    def get(self, path: str, params: Params = ()) -> Any:
        assert path == "/api/v1/case_sub_statuses"
        self.requests.append(params)
        team = str(dict(params)["team_id"])
        named = {"2": {"To do": "OPEN", "Done": "CLOSED"}, "3": {"Done": "CLOSED"}}[team]
        entries = [
            {"id": int(team) * 10 + number, "name": name, "parent_status": parent}
            for number, (name, parent) in enumerate(named.items())
        ]
        return {"case_sub_statuses": entries, "meta": {"pages": 1, "per_page": 500, "count": len(entries)}}

    def get_all(self, requests: Any, *, denied: bool = False) -> Any:
        return (self.get(path, params) for path, params in requests)


def test_sub_statuses_are_looked_up_team_by_team_and_once() -> None:
    api = Statuses()
    subjects = [
        subject(case({"sub_status": "Done"}, "a"), None),
        subject(case({"sub_status": "To do"}, "b"), Live("1", "", {"team_id": 2})),
        subject(case({"sub_status": Secret("Done")}, "c"), Live("2", "", {"team_id": 3})),
        subject(case({"sub_status": "Done", "team_id": 3}, "d"), Live("3", "", {"team_id": 2})),
        subject(case({"sub_status": "Done", "status": "closed"}, "e"), Live("4", "", {})),
        subject(case({"name": "x"}, "f"), None),
        subject(
            case({"sub_status": "no such", "name": "x"}, "g", lifecycle=IGNORING), Live("5", "", {"team_id": 4})
        ),
    ]

    meanings = tines(team_id=2).lookup(api, subjects)

    assert {address.name: meaning["sub_status_id"] for address, meaning in meanings.items()} == {
        "a": 21,
        "b": 20,
        "c": 30,
        "d": 30,
        "e": 21,
    }
    assert sorted(str(dict(params)["team_id"]) for params in api.requests) == ["2", "3"]


def test_nothing_is_looked_up_where_nothing_is_named() -> None:
    api = Statuses()

    assert tines(team_id=2).lookup(api, [subject(case({"name": "x"}))]) == {}
    assert api.requests == []


@pytest.mark.parametrize(
    ("attributes", "message", "hint"),
    [
        (
            {"sub_status": "Don"},
            "the team has no case status 'Don'; it has Done, To do",
            "did you mean 'Done'?",
        ),
        ({"sub_status": "zzz"}, "the team has no case status 'zzz'; it has Done, To do", None),
        (
            {"sub_status": "Done", "status": "open"},
            "case status 'Done' means closed, which status is not",
            "leave status out",
        ),
    ],
)
def test_a_sub_status_that_cannot_be_is_told_with_its_place(
    attributes: dict[str, Any], message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        tines(team_id=2).lookup(Statuses(), [subject(case(attributes))])

    (problem,) = caught.value.problems
    assert (problem.message, problem.hint, problem.location.file) == (message, hint, "sub_status")


def test_an_unknown_sub_status_from_the_environment_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        tines(team_id=2).lookup(Statuses(), [subject(case({"sub_status": Secret("hunter2")}))])

    assert "hunter2" not in str(caught.value)


class Answers:
    """An Api that answers every request alike."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, params: Params = ()) -> Any:
        return self.answer

    def get_all(self, requests: Any, *, denied: bool = False) -> Any:
        return (self.answer for _ in requests)


@pytest.mark.parametrize(
    "answer", [[], "text", None, {"case_sub_statuses": [1]}, {"case_sub_statuses": [{"name": "Done"}]}, {}]
)
def test_an_unknown_shape_of_the_statuses_is_an_error_in_words(answer: Any) -> None:
    with pytest.raises((ProtocolError, ConfigError), match=r"case status|not an object"):
        tines(team_id=2).lookup(Answers(answer), [subject(case({"sub_status": "Done"}))])
