"""From the shapes of the API to attributes in normal form; what cannot be is said, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ProtocolError
from reconciler.model.case import Live
from reconciler.model.values import Marker
from reconciler.providers.communifire.emulator import CommunifireEmulator, CommunifireSwitches
from reconciler.providers.communifire.wire import (
    case_id,
    fold,
    ids_of,
    instant,
    is_marker_tag,
    lacks,
    list_in,
    live,
    marker_tag,
    number_of,
    object_in,
    payload,
    refusal,
    remark,
    split_tags,
)
from tests.providers.communifire.emulated import Clock

MARKER = Marker("0c1d", "soc.phishing-wave", 3)
TAG = marker_tag(MARKER)
EVERYTHING = frozenset(
    {
        "title",
        "description",
        "space",
        "project",
        "status",
        "priority",
        "category",
        "milestone",
        "assignee",
        "tags",
        "watchers",
    }
)


def envelope(data: Any = None, *, error: Any = False, message: Any = "") -> dict[str, Any]:
    return {"IsError": error, "ResponseMessage": message, "ResponseData": data}


def shown(**more: Any) -> dict[str, Any]:
    emulator = CommunifireEmulator(switches=CommunifireSwitches(), clock=Clock())
    return emulator.case(emulator.add_fixture_case()) | more


def read(**more: Any) -> Live:
    return live(shown(**more), EVERYTHING, "https://x/2304")


# ------------------------------------------------------------------------------------------------ answers


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (envelope(2304), 2304),
        (envelope([{"IssueID": 1}]), [{"IssueID": 1}]),
        (envelope(None), None),
        (envelope(data=True), True),
        ({"UserID": 3}, {"UserID": 3}),
        ([{"SpaceID": 61}], [{"SpaceID": 61}]),
        ([], []),
        ({}, {}),
    ],
)
def test_what_an_answer_holds_is_in_the_envelope_or_bare(answer: Any, held: Any) -> None:
    assert payload(answer) == held


@pytest.mark.parametrize("answer", [None, "text", 7, True, {"IsError": False}, envelope([], error="no")])
def test_an_answer_that_cannot_be_is_an_error(answer: Any) -> None:
    with pytest.raises(ProtocolError):
        payload(answer)


@pytest.mark.parametrize("held", [None, 7, [], "x", True])
def test_an_answer_without_an_object_is_an_error_that_says_what_it_should_be(held: Any) -> None:
    with pytest.raises(ProtocolError, match="answered case 7 in an unknown shape"):
        object_in(envelope(held), "case 7")


@pytest.mark.parametrize("held", [7, {}, ["x"], [None], "x"])
def test_an_answer_without_a_list_is_an_error_that_says_what_it_should_be(held: Any) -> None:
    with pytest.raises(ProtocolError, match="answered the list of cases in an unknown shape"):
        list_in(envelope(held), "the list of cases")


def test_a_list_that_is_null_is_empty() -> None:
    assert list_in(envelope(None), "the list of cases") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (envelope(error=True, message="No such case."), "No such case."),
        (envelope(error=True, message="  "), "the site says that it failed, and not why"),
        (envelope(error=True, message=None), "the site says that it failed, and not why"),
        ({"IsError": True}, "the site says that it failed, and not why"),
        (envelope(7, message="ToBePublished"), None),
        (envelope(7, message="No such case."), None),
        (envelope(7, error="True"), None),
        ({"UserID": 3}, None),
        ([], None),
        (None, None),
        ("text", None),
    ],
)
def test_only_an_error_is_a_refusal(answer: Any, words: str | None) -> None:
    assert refusal(answer) == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (envelope(7, message="ToBePublished"), None),
        (envelope(7, message=""), None),
        (envelope(7, message=None), None),
        (envelope(7, message=" PendingApproval "), "PendingApproval"),
        (envelope(error=True, message="No such case."), None),
        ({"UserID": 3}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_success_that_says_more_is_remarked(answer: Any, words: str | None) -> None:
    assert remark(answer) == words


# ------------------------------------------------------------------------------------------- tags and ids


@pytest.mark.parametrize(
    ("csv", "tags"),
    [("", ()), (" , ,", ()), ("b, a,A", ("b", "a", "A")), ("two words,é", ("two words", "é"))],
)
def test_tags_keep_their_order_and_spelling(csv: str, tags: tuple[str, ...]) -> None:
    assert split_tags(csv) == tags


@pytest.mark.parametrize(("csv", "ids"), [("", ()), ("17,20", (17, 20)), (" 20 , 17,", (20, 17))])
def test_ids_are_read_from_their_text(csv: str, ids: tuple[int, ...]) -> None:
    assert ids_of(split_tags(csv)) == frozenset(ids)


@pytest.mark.parametrize("csv", ["ana", "17;20", "17,-1", "1.5", "17 20", "²", "9" * 5000])
def test_what_is_no_id_is_an_error_that_names_the_field(csv: str) -> None:
    with pytest.raises(ProtocolError, match="RecipientUserIDCSV"):
        ids_of(split_tags(csv))


def test_a_tag_is_the_same_in_any_letter_case() -> None:
    assert fold(" STRASSE ") == fold("straße")
    assert fold("vip") != fold("vips")


def test_a_marker_tag_is_known_in_any_letter_case_and_tells_creates_apart() -> None:
    others = [Marker("0c1d", "soc.phishing-wave", 4), Marker("0c1e", "soc.phishing-wave", 3)]

    assert marker_tag(Marker("0c1d", "soc.phishing-wave", 3)) == TAG
    assert len({TAG, *map(marker_tag, others)}) == 3
    assert is_marker_tag(TAG)
    assert is_marker_tag(f" {TAG.upper()} ")
    assert fold(TAG) == TAG


@pytest.mark.parametrize(
    "tag", ["rc-", "rc-0123", "rc-0123456789abcdefg", "xrc-0123456789abcdef", "rc-0123456789abcdeg"]
)
def test_a_tag_of_somebody_else_is_no_marker(tag: str) -> None:
    assert not is_marker_tag(tag)


# -------------------------------------------------------------------------------------------------- times


NINE = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01T09:00:00", NINE),
        ("2026-03-01T09:00:00Z", NINE),
        ("2026-03-01T04:00:00-05:00", NINE),
        ("2026-03-01T09:00:00.5", NINE + timedelta(seconds=0.5)),
        ("2026-03-01T09:00:00.1234567", NINE + timedelta(microseconds=123456)),
        ("2026-03-01T09:00:00.123+00:00", NINE + timedelta(milliseconds=123)),
        ("/Date(1772355600000)/", NINE),
        ("/Date(1772355600000-0500)/", NINE),
        ("/Date(-1000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("/Date(999999999999999999)/", None),
        ("/Date()/", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1772355600000, None),
    ],
)
def test_a_time_is_read_in_each_form_or_not_at_all(written: object, moment: datetime | None) -> None:
    assert instant(written) == moment


@given(st.text() | st.none() | st.integers() | st.datetimes().map(str))
def test_no_text_makes_reading_a_time_fail(written: object) -> None:
    assert instant(written) is None or instant(written) is not None


@pytest.mark.parametrize("form", ["iso", "iso_offset", "ms"])
def test_times_are_read_in_each_form_that_a_site_has(form: Any) -> None:
    emulator = CommunifireEmulator(switches=CommunifireSwitches(time_format=form), clock=Clock())

    assert instant(emulator.case(emulator.add_fixture_case())["DateCreated"]) == NINE


# -------------------------------------------------------------------------------------------------- cases


def test_a_case_is_read_into_names_and_ids() -> None:
    found = read(TagsCSV=f"urgent,{TAG.upper()},phishing", RecipientUserIDCSV="20,17")

    assert found == Live(
        "2304",
        "https://x/2304",
        {
            "title": "Phishing wave 12",
            "description": "<p>Mail from <b>x</b></p>",
            "space": "SOC",
            "project": "Incidents",
            "status": "New",
            "priority": "High",
            "category": "Mail",
            "milestone": None,
            "assignee": 17,
            "tags": frozenset({"urgent", "phishing"}),
            "watchers": frozenset({17, 20}),
        },
        {
            "space": {"SOC": frozenset({"#61"})},
            "project": {"Incidents": frozenset({"#7"})},
            "status": {"New": frozenset({"#1"})},
            "priority": {"High": frozenset({"#5"})},
            "category": {"Mail": frozenset({"#231"})},
        },
        {"tags": ("urgent", TAG.upper(), "phishing"), "watchers": ("20", "17")},
        marker=TAG.upper(),
    )


def test_nothing_is_read_but_what_is_wanted_and_the_place() -> None:
    found = live({"IssueID": 7, "SpaceID": 61, "SpaceName": "SOC", "ProjectID": 7, "ProjectTitle": "I"}, (), "u")

    assert found.attributes == {"space": "SOC", "project": "I"}
    assert found.listed == {}


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ({"IssueStatusID": 2, "IssueStatusName": ""}, "status", 2),
        ({"IssueStatusID": 2, "IssueStatusName": None}, "status", 2),
        ({"ProjectID": 0, "ProjectTitle": ""}, "project", 0),
        ({"ProjectSectionID": 0, "ProjectSectionName": ""}, "category", None),
        ({"ProjectSectionID": 0, "ProjectSectionName": "None"}, "category", None),
        ({"MilestoneID": 40, "MilestoneTitle": "Spring"}, "milestone", "Spring"),
        ({"MilestoneID": 40, "MilestoneTitle": ""}, "milestone", 40),
        ({"SpaceID": 0, "SpaceName": ""}, "space", 0),
        ({"SpaceID": 0, "SpaceName": "Home"}, "space", "Home"),
        ({"AssignedToUserID": 0}, "assignee", None),
        ({"TagsCSV": None}, "tags", frozenset()),
        ({"TagsCSV": ""}, "tags", frozenset()),
        ({"RecipientUserIDCSV": ""}, "watchers", frozenset()),
        ({"IssueTitle": "R&amp;D \x1b[31m"}, "title", "R&amp;D \x1b[31m"),
    ],
)
def test_a_value_is_read_as_it_is_shown_and_an_id_where_it_has_no_name(
    fields: dict[str, Any], attribute: str, value: Any
) -> None:
    assert read(**fields).attributes[attribute] == value


def test_an_id_without_a_name_has_no_other() -> None:
    assert "status" not in read(IssueStatusName="").aliases


@pytest.mark.parametrize(
    ("fields", "attribute", "id"),
    [
        ({}, "status", 1),
        ({"IssueStatusName": ""}, "status", 1),
        ({"IssueStatusName": "2026"}, "status", 1),
        ({}, "assignee", 17),
        ({"SpaceID": 0, "SpaceName": ""}, "space", 0),
        ({"SpaceID": 0, "SpaceName": "Home"}, "space", 0),
        ({}, "milestone", None),
        ({}, "never read", None),
    ],
)
def test_the_id_of_what_is_shown_by_its_name_is_known(
    fields: dict[str, Any], attribute: str, id: int | None
) -> None:
    assert number_of(read(**fields), attribute) == id


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("IssueID", None),
        ("IssueID", "2304"),
        ("IssueID", True),
        ("IssueTitle", 7),
        ("IssueDescription", ["x"]),
        ("IssueStatusID", None),
        ("IssueStatusID", 1.5),
        ("IssueStatusName", 7),
        ("AssignedToUserID", "17"),
        ("TagsCSV", ["a"]),
        ("RecipientUserIDCSV", "ana"),
        ("SpaceID", {}),
        ("ProjectTitle", False),
    ],
)
def test_an_odd_field_is_an_error_that_names_it(key: str, value: Any) -> None:
    with pytest.raises(ProtocolError, match=f"answered {key} in an unknown shape"):
        read(**{key: value})


@pytest.mark.parametrize(
    "key", ["IssueID", "IssueTitle", "IssueDescription", "SpaceID", "SpaceName", "IssueStatusName", "TagsCSV"]
)
def test_a_missing_field_is_an_error_that_names_it(key: str) -> None:
    item = shown()
    del item[key]

    with pytest.raises(ProtocolError, match=key):
        live(item, EVERYTHING, "")


def test_an_id_is_text() -> None:
    assert case_id(shown()) == "2304"


@pytest.mark.parametrize(
    ("more", "wanted", "lacking"),
    [
        ({}, {"title", "status"}, False),
        ({}, {"title", "tags"}, True),
        ({"TagsCSV": "a"}, {"title", "tags"}, False),
        ({"TagsCSV": "a"}, {"tags", "watchers"}, True),
        ({"TagsCSV": ""}, {"tags"}, True),
        ({"TagsCSV": None}, {"tags"}, True),
        ({"IssueDescription": ""}, {"description"}, True),
    ],
)
def test_an_item_of_a_list_lacks_what_it_does_not_show(
    *, more: dict[str, Any], wanted: set[str], lacking: bool
) -> None:
    item = {"IssueID": 7, "IssueTitle": "n", **more}

    assert lacks(item, wanted) is lacking
