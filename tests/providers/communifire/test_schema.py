"""What may be declared about a case, and the settings of a site."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from reconciler.model.fields import Kind
from reconciler.model.values import Marker
from reconciler.providers.communifire.schema import NAMES, SCHEMA, SETS, CommunifireCase, CommunifireSettings
from reconciler.providers.communifire.wire import marker_tag

SETTINGS: dict[str, Any] = {
    "type": "communifire",
    "url": "https://community.acme.example",
    "api_key": SecretStr("k3y"),
}


def site(**settings: Any) -> CommunifireSettings:
    return CommunifireSettings(**{**SETTINGS, **settings})


def complaint(model: type[Any], values: dict[str, Any]) -> str:
    """Return what is said first about values that are refused."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(values)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("end", ["", "/", "/api"])
def test_the_address_may_end_in_the_path_of_the_api(end: str) -> None:
    assert site(url=f"https://community.acme.example{end}").url == "https://community.acme.example"


def test_requests_come_in_no_bursts() -> None:
    made = site()

    assert (made.requests_per_minute, made.window) == (300, 1.0)


# ------------------------------------------------------------------------------------ attributes


@pytest.mark.parametrize(
    ("declared", "normal"),
    [
        ({"title": " A "}, {"title": " A "}),
        ({"description": "<p>A</p>"}, {"description": "<p>A</p>"}),
        ({"status": "In Progress", "priority": 5}, {"status": "In Progress", "priority": 5}),
        ({"milestone": "2027", "category": 231}, {"milestone": "2027", "category": 231}),
        ({"space": 0, "project": "Incidents"}, {"space": 0, "project": "Incidents"}),
        ({"assignee": "Ana@acme.example"}, {"assignee": "Ana@acme.example"}),
        ({"tags": ["b", "B", " vip"]}, {"tags": frozenset({"B", " vip"})}),
        ({"watchers": [17, "17", "ana", "ANA"]}, {"watchers": frozenset({17, "17", "ANA"})}),
        ({"watchers": []}, {"watchers": frozenset()}),
    ],
)
def test_what_a_user_declares_is_kept_as_it_is_written(declared: dict[str, Any], normal: dict[str, Any]) -> None:
    made = CommunifireCase.model_validate(declared)

    assert SCHEMA.normalize(made.model_dump(exclude_unset=True)) == normal


NO_COMMA = "must not hold a comma"
BLANK = "must not be blank"
RESERVED = "is reserved"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"title": ""}, BLANK),
        ({"title": " \n\t"}, BLANK),
        ({"description": "\xa0"}, BLANK),
        ({"status": ""}, None),
        ({"status": 0}, "greater than or equal to 1"),
        ({"status": True}, None),
        ({"priority": 1.0}, None),
        ({"priority": -5}, "greater than or equal to 1"),
        ({"project": 0}, "greater than or equal to 1"),
        ({"category": 0}, "greater than or equal to 1"),
        ({"milestone": 0}, "greater than or equal to 1"),
        ({"assignee": 0}, "greater than or equal to 1"),
        ({"assignee": ["ana"]}, None),
        ({"space": -1}, "greater than or equal to 0"),
        ({"space": ""}, None),
        ({"tags": ["a,b"]}, NO_COMMA),
        ({"tags": [","]}, NO_COMMA),
        ({"tags": [" "]}, BLANK),
        ({"tags": [""]}, None),
        ({"tags": [5]}, None),
        ({"tags": ["rc-0123456789abcdef"]}, RESERVED),
        ({"tags": ["RC-0123456789ABCDEF "]}, RESERVED),
        ({"tags": [marker_tag(Marker("L", "community.a", 1))]}, RESERVED),
        ({"tags": "a"}, None),
        ({"watchers": [0]}, "greater than or equal to 1"),
        ({"watchers": [""]}, None),
        ({"watchers": [True]}, None),
        ({"reporter": "ana"}, "Extra inputs are not permitted"),
        ({"due_date": "2026-01-01"}, "Extra inputs are not permitted"),
    ],
)
def test_what_a_site_cannot_hold_is_refused(declared: dict[str, Any], said: str | None) -> None:
    assert (said or "") in complaint(CommunifireCase, declared)


@pytest.mark.parametrize("tag", ["rc-0123456789abcde", "rc-0123456789abcdeg", "x-rc-0123456789abcdef", "rc-"])
def test_a_tag_that_only_looks_a_little_like_a_marker_is_one_like_others(tag: str) -> None:
    assert CommunifireCase.model_validate({"tags": [tag]}).tags == {tag}


def test_what_can_be_emptied_and_what_cannot() -> None:
    empty = {name: field.empty for name, field in SCHEMA.fields.items() if field.clearable}

    assert empty == {
        "category": None,
        "milestone": None,
        "assignee": None,
        "tags": frozenset(),
        "watchers": frozenset(),
    }


def test_attributes_mean_what_the_site_makes_of_them() -> None:
    fields = SCHEMA.fields

    assert {name for name, field in fields.items() if field.kind is Kind.SET} == SETS
    assert {name for name, field in fields.items() if field.numbered} == {*NAMES, "watchers"}
    assert {name for name, field in fields.items() if field.digested} == {"title", "description"}
    assert {name for name, field in fields.items() if field.once} == {"space"}
    assert all(field.key for field in fields.values())
    assert SCHEMA.required == {"title", "description"}
    assert SCHEMA.closing == {"status": "Closed"}


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("title", "R&D &lt;1&gt;", "R&amp;D <1>"),
        ("description", "<P a='1'>x<br></P>", '<p a="1">x<br/></p>\n'),
        ("status", "In Progress", "in progress "),
        ("assignee", "ANA@acme.example", "ana@acme.example"),
        ("tags", "Vip", " vip"),
        ("watchers", "Bo", "BO"),
    ],
)
def test_two_spellings_are_one(name: str, one: str, other: str) -> None:
    key = SCHEMA.fields[name].key
    assert key is not None

    assert key(one) == key(other)
    assert key(one) != key(f"{other}x")


# ------------------------------------------------------------------------------------ settings


def test_little_needs_to_be_set() -> None:
    made = site()

    assert made.space is None
    assert made.closed_status == "Closed"
    assert (made.update_body, made.create_body, made.has_delete) == ("string", "object", False)
    assert (made.requests_per_minute, made.concurrency) == (300, 4)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SOC", "SOC"),
        ("61", 61),
        (61, 61),
        ("0", 0),
        (0, 0),
        ("61a", "61a"),
        ("-1", "-1"),
        ("²", "²"),
    ],
)
def test_digits_of_a_space_are_its_id_quoted_or_not(written: Any, meant: Any) -> None:
    assert site(space=written).space == meant


@pytest.mark.parametrize(("written", "meant"), [("Erledigt", "Erledigt"), ("4", 4), (4, 4)])
def test_digits_of_the_closed_status_are_its_id(written: Any, meant: Any) -> None:
    assert site(closed_status=written).closed_status == meant


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://community.acme.example"},
        {"url": "https://key@community.acme.example"},
        {"api_key": ""},
        {"api_key": "two\nlines"},
        {"api_key": "schlüssel"},
        {"space": ""},
        {"space": -1},
        {"space": True},
        {"space": "9" * 5000},
        {"closed_status": ""},
        {"closed_status": 0},
        {"closed_status": "0"},
        {"closed_status": None},
        {"update_body": "text"},
        {"create_body": "none"},
        {"has_delete": "perhaps"},
        {"requests_per_minute": 0},
        {"concurrency": 0},
        {"concurrency": 65},
        {"type": "axero"},
        {"colour": "blue"},
    ],
)
def test_settings_that_cannot_be_are_refused_without_the_key(settings: dict[str, Any]) -> None:
    said = complaint(CommunifireSettings, {**SETTINGS, **settings})

    assert "k3y" not in said
    assert "schl" not in said


def test_the_key_shows_itself_nowhere() -> None:
    assert "k3y" not in repr(site())
