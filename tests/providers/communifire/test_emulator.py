"""
The conformance checklist of the Communifire API reference, statement by statement.

The number in a test's name is the statement's. What is not in the checklist is in the files beside this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from reconciler.providers.emulation import Fault, FaultKind, Match
from reconciler.sandbox import serve
from tests.providers.communifire.emulated import CASE, CASES, JSON, Site, failed

FIXTURE = {
    "IssueID": 2304,
    "IssueTitle": "Phishing wave 12",
    "IssueDescription": "<p>Mail from <b>x</b></p>",
    "SpaceID": 61,
    "SpaceName": "SOC",
    "ProjectID": 7,
    "ProjectTitle": "Incidents",
    "ProjectSectionID": 231,
    "ProjectSectionName": "Mail",
    "MilestoneID": 0,
    "MilestoneTitle": "",
    "IssueStatusID": 1,
    "IssueStatusName": "New",
    "StatusColorCssClass": "status-new",
    "IssuePriorityID": 5,
    "IssuePriorityName": "High",
    "AssignedToUserID": 17,
    "AssignedToUserDisplayName": "Ana Ruiz",
    "ReportedByUserID": 3,
    "UserID": 3,
    "TagsCSV": "phishing,urgent",
    "RecipientUserIDCSV": "17,20",
    "DateCreated": "2026-03-01T09:00:00",
    "DateUpdated": "2026-03-01T09:00:00",
    "CommentCount": 0,
}
LONG_FIELDS = {"IssueDescription", "TagsCSV", "RecipientUserIDCSV"}


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture(params=["in memory", "over loopback"])
def client(request: pytest.FixtureRequest, site: Site) -> Iterator[httpx.Client]:
    """Give a client with the right key, one that calls the emulator and one that dials it."""
    if request.param == "in memory":
        yield site.client
        return
    headers = {"Rest-Api-Key": site.emulator.api_key}
    with (
        serve(site.emulator) as server,
        httpx.Client(base_url=server.url, headers=headers, trust_env=False) as each,
    ):
        yield each


def without(shown: Any, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in shown.items() if key not in keys and not key.startswith("DateUpdated")}


# ------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(("method", "path"), [("GET", CASE), ("PUT", CASE), ("POST", CASES), ("GET", "/api/no")])
def test_01_no_key_is_401_with_a_message_and_no_envelope(site: Site, method: str, path: str) -> None:
    answer = site.client_with({}).request(method, path, json={})

    assert answer.status_code == 401
    assert answer.json() == {"Message": "Authorization has been denied for this request."}


def test_02_a_wrong_key_is_401_and_the_right_one_200(site: Site) -> None:
    assert site.client_with({"Rest-Api-Key": "other"}).get(CASE).status_code == 401
    assert site.client.get(CASE).status_code == 200


@pytest.mark.parametrize("name", ["token", "Rest-Api-Key", "rest-api-key"])
def test_03_the_key_may_come_in_the_query(site: Site, name: str) -> None:
    answer = site.client_with({}).get(CASE, params={name: site.emulator.api_key})

    assert answer.json()["ResponseData"]["IssueID"] == 2304


# ------------------------------------------------------------------------------------- one case


def test_04_a_case_is_shown_whole(site: Site) -> None:
    shown = site.read(CASE)

    assert {key: shown[key] for key in FIXTURE} == FIXTURE
    assert shown["ReportedByUserName"] == "automation"
    assert shown["ReportedByUserDisplayName"] == "Automation"
    assert shown["DateCreatedWithRespectToUser"] == "2026-03-01T04:00:00"
    assert {"ReportedByUserAvatarImageUrl", "Tagname", "Attachments"} <= shown.keys()


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_05_a_case_that_is_not_there_is_an_error_in_a_200(site: Site, method: str) -> None:
    assert failed(site.envelope(method, "/api/cases/999999", "{}"))


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_05_or_404_with_the_switch(method: str) -> None:
    answer = Site(missing="404").client.request(method, "/api/cases/999999", json="{}")

    assert answer.status_code == 404
    assert answer.json().keys() == {"Message"}


def test_06_an_id_that_is_no_number_is_404(site: Site) -> None:
    assert site.client.get("/api/cases/abc").status_code == 404


# --------------------------------------------------------------------------------------- updates


def test_07_a_string_that_holds_an_object_updates(site: Site) -> None:
    answer = site.client.put(CASE, content=rb'"{\"IssueStatusID\":2}"', headers=JSON)

    assert answer.json() == {"IsError": False, "ResponseMessage": "ToBePublished", "ResponseData": 2304}
    assert (site.read(CASE)["IssueStatusID"], site.read(CASE)["IssueStatusName"]) == (2, "Open")


def test_08_what_an_update_does_not_name_stays(site: Site) -> None:
    before = site.read(CASE)

    after = site.changed(IssueStatusID=2)

    status = ("IssueStatusID", "IssueStatusName", "StatusColorCssClass")
    assert without(after, *status) == without(before, *status)
    assert after["DateUpdated"] > before["DateUpdated"]


def test_09_a_plain_object_updates_too(site: Site) -> None:
    assert site.send("PUT", CASE, {"IssueStatusID": 2}) == 2304
    assert site.read(CASE)["IssueStatusID"] == 2


def test_10_unless_the_site_wants_strings() -> None:
    site = Site(put_form="string_only")

    assert failed(site.envelope("PUT", CASE, {"IssueStatusID": 2}))
    assert site.read(CASE)["IssueStatusID"] == 1
    assert site.changed(IssueStatusID=2)["IssueStatusID"] == 2


def test_11_or_ignores_objects_under_the_name_of_success() -> None:
    site = Site(put_form="object_ignored")
    before = site.read(CASE)

    assert site.send("PUT", CASE, {"IssueStatusID": 2}) == 2304

    assert site.read(CASE) == before
    assert site.emulator.notifications == 0
    assert site.changed(IssueStatusID=2)["IssueStatusID"] == 2


@pytest.mark.parametrize(
    "content",
    [
        b'"{\n   \\"IssueStatusID\\": 2,\n   \\"AssignedToUserID\\": 20\n}"',
        b'"{\r\n\t\\"IssueStatusID\\": 2,\r\n\t\\"AssignedToUserID\\": 20}"',
        b'\xef\xbb\xbf"{\\"IssueStatusID\\": 2, \\"AssignedToUserID\\": 20}"',
        json.dumps('\ufeff{"IssueStatusID": 2, "AssignedToUserID": 20}').encode(),
    ],
)
def test_12_raw_line_breaks_and_a_mark_of_the_byte_order_do_not_disturb(
    site: Site, client: httpx.Client, content: bytes
) -> None:
    answer = client.put(CASE, content=content, headers=JSON)

    assert answer.json()["IsError"] is False
    assert (site.read(CASE)["IssueStatusID"], site.read(CASE)["AssignedToUserID"]) == (2, 20)
    assert site.emulator.requests[0].content == content


def test_12_a_write_is_recorded_as_the_text_that_it_is(site: Site, client: httpx.Client) -> None:
    client.put(CASE, content=b'"{\n\\"IssueStatusID\\": 2}"', headers=JSON)
    client.put(CASE, content=b'{"IssueStatusID": 2}', headers=JSON)

    assert site.emulator.writes == [
        ("PUT", CASE, '{\n"IssueStatusID": 2}'),
        ("PUT", CASE, {"IssueStatusID": 2}),
    ]


def test_12_raw_line_breaks_in_a_text_are_kept(site: Site) -> None:
    assert site.envelope("PUT", CASE, '{"IssueDescription":"one\ntwo"}')["IsError"] is False
    assert site.read(CASE)["IssueDescription"] == "one\ntwo"


@pytest.mark.parametrize("body", ["not json", '"{}"', "[]", [], 4, None])
def test_13_a_body_that_holds_no_object_is_refused(site: Site, body: Any) -> None:
    before = site.read(CASE)

    assert failed(site.envelope("PUT", CASE, body))
    assert site.read(CASE) == before


@pytest.mark.parametrize("content", [b"{", b"\xff", b"not json"])
def test_13_a_body_that_is_no_json_is_400(site: Site, client: httpx.Client, content: bytes) -> None:
    answer = client.put(CASE, content=content, headers=JSON)

    assert answer.status_code == 400
    assert site.emulator.requests[0].content == content
    assert site.read(CASE)["DateUpdated"] == FIXTURE["DateUpdated"]


def test_14_two_keys_are_one_update(site: Site) -> None:
    site.clock.tick()

    after = site.changed(IssueStatusID=2, IssueTitle="Another")

    assert (after["IssueStatusID"], after["IssueTitle"]) == (2, "Another")
    assert after["DateUpdated"] == "2026-03-02T10:01:00"
    assert site.emulator.notifications == 1


def test_15_an_unknown_key_is_ignored(site: Site) -> None:
    assert site.changed(IssueStatusID=2, Colour="red")["IssueStatusID"] == 2
    assert "Colour" not in site.read(CASE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("IssueID", 9),
        ("DateCreated", "2020-01-01T00:00:00"),
        ("IssueStatusName", "Open"),
        ("ReportedByUserID", 17),
    ],
)
def test_16_a_key_that_can_only_be_read_is_ignored(site: Site, key: str, value: object) -> None:
    before = site.read(CASE)

    assert without(site.changed(**{key: value})) == without(before)


@pytest.mark.parametrize("key", ["IssueTitle", "IssueDescription"])
@pytest.mark.parametrize("blank", ["", " \n"])
def test_17_a_blank_title_or_description_is_refused(site: Site, key: str, blank: str) -> None:
    assert site.refuses(**{key: blank})


@pytest.mark.parametrize(
    "wrong",
    [
        {"IssueStatusID": 99},
        {"IssueStatusID": 0},
        {"IssueStatusID": 11},
        {"IssuePriorityID": 15},
        {"ProjectID": 70},
        {"ProjectSectionID": 300},
        {"MilestoneID": 90},
        {"RecipientUserIDCSV": "17,99"},
        {"RecipientUserIDCSV": "ana"},
        {"TagsCSV": 4},
    ],
)
def test_18_a_value_that_does_not_fit_spoils_its_whole_body(site: Site, wrong: dict[str, object]) -> None:
    assert site.refuses(IssueTitle="New", **wrong)


def test_19_an_assignee_of_0_is_nobody(site: Site) -> None:
    after = site.changed(AssignedToUserID=0)

    assert (after["AssignedToUserID"], after["AssignedToUserDisplayName"]) == (0, "")


def test_20_a_milestone_and_a_category_of_0_are_none(site: Site) -> None:
    assert site.changed(MilestoneID=40)["MilestoneTitle"] == "Spring"

    after = site.changed(MilestoneID=0, ProjectSectionID=0)

    assert (after["MilestoneID"], after["MilestoneTitle"]) == (0, "")
    assert (after["ProjectSectionID"], after["ProjectSectionName"]) == (0, "")


@pytest.mark.parametrize("user", [21, 3, 99])
def test_21_who_is_not_in_assignto_cannot_be_given_a_case(site: Site, user: int) -> None:
    assert site.refuses(AssignedToUserID=user)


def test_22_another_project_needs_what_belongs_to_it(site: Site) -> None:
    assert site.refuses(ProjectID=8)
    assert site.refuses(ProjectID=8, ProjectSectionID=300)

    after = site.changed(ProjectID=8, ProjectSectionID=300, MilestoneID=0, AssignedToUserID=20)

    assert (after["ProjectTitle"], after["ProjectSectionName"]) == ("Requests", "Access")
    assert after["AssignedToUserDisplayName"] == "Bo Chen"


def test_23_tags_are_trimmed_and_there_once(site: Site) -> None:
    assert site.changed(TagsCSV="b, a,A")["TagsCSV"] == "b,a"
    assert site.changed(TagsCSV="")["TagsCSV"] == ""


def test_24_recipients_are_replaced_whole(site: Site) -> None:
    assert site.changed(RecipientUserIDCSV="20")["RecipientUserIDCSV"] == "20"
    assert site.changed(RecipientUserIDCSV="")["RecipientUserIDCSV"] == ""


def test_25_a_case_stays_in_its_space(site: Site) -> None:
    assert site.refuses(SpaceID=62)
    assert site.changed(SpaceID=61)["SpaceID"] == 61


@pytest.mark.parametrize("value", [None, "4", 4.0, True])
@pytest.mark.parametrize("key", ["IssueStatusID", "AssignedToUserID", "MilestoneID"])
def test_26_an_id_is_a_number(site: Site, key: str, value: object) -> None:
    assert site.refuses(**{key: value})


def test_26_a_text_of_null_is_ignored(site: Site) -> None:
    assert site.changed(IssueTitle=None, IssueStatusID=2)["IssueTitle"] == "Phishing wave 12"


def test_27_repeating_what_is_there_is_an_update(site: Site) -> None:
    before = site.read(CASE)

    after = site.changed(IssueTitle=before["IssueTitle"])

    assert without(after) == without(before)
    assert after["DateUpdated"] > before["DateUpdated"]
    assert site.emulator.notifications == 1


# --------------------------------------------------------------------------------------- creates


def test_28_a_case_is_created_with_the_defaults_of_its_space(site: Site) -> None:
    body = {"SpaceID": 61, "IssueTitle": "New one", "IssueDescription": "<p>d</p>", "ReportedByUserID": 17}

    answer = site.envelope("POST", CASES, body)

    assert answer == {"IsError": False, "ResponseMessage": "ToBePublished", "ResponseData": 1}
    made = site.read("/api/cases/1")
    assert {key: value for key, value in made.items() if key in FIXTURE} == {
        **FIXTURE,
        "IssueID": 1,
        "IssueTitle": "New one",
        "IssueDescription": "<p>d</p>",
        "ProjectSectionID": 0,
        "ProjectSectionName": "",
        "IssuePriorityID": 6,
        "IssuePriorityName": "Normal",
        "AssignedToUserID": 0,
        "AssignedToUserDisplayName": "",
        "TagsCSV": "",
        "RecipientUserIDCSV": "",
        "DateCreated": "2026-03-02T10:00:00",
        "DateUpdated": "2026-03-02T10:00:00",
    }
    assert site.emulator.notifications == 0


@pytest.mark.parametrize(
    "spoilt",
    [
        {"IssueTitle": ""},
        {"IssueTitle": None},
        {"IssueDescription": " "},
        {"SpaceID": 63},
        {"SpaceID": None},
        {"IssueStatusID": 11},
        {"ProjectID": 70},
        {"AssignedToUserID": 21},
    ],
)
def test_29_a_case_that_cannot_be_is_not_created(site: Site, spoilt: dict[str, object]) -> None:
    body = {"SpaceID": 61, "IssueTitle": "n", "IssueDescription": "d", **spoilt}

    assert failed(site.envelope("POST", CASES, body))
    assert site.listed() == [2304]


@pytest.mark.parametrize("missing", ["IssueTitle", "IssueDescription", "SpaceID"])
def test_29_title_description_and_space_are_required(site: Site, missing: str) -> None:
    body = {"SpaceID": 61, "IssueTitle": "n", "IssueDescription": "d"}
    del body[missing]

    assert failed(site.envelope("POST", CASES, body))
    assert site.listed() == [2304]


def test_29_the_same_create_twice_makes_two_cases(site: Site) -> None:
    assert [site.create(), site.create()] == [1, 2]


def test_29_a_create_may_come_as_a_string(site: Site) -> None:
    body = json.dumps({"SpaceID": 62, "IssueTitle": "n", "IssueDescription": "d"})

    assert site.read(f"{CASES}/{site.send('POST', CASES, body)}")["IssueStatusName"] == "Scoping"


def test_30_a_create_whose_answer_is_lost_can_be_found(site: Site) -> None:
    site.emulator.seed_case()
    site.emulator.faults.add(Fault(FaultKind.DROP_AFTER, Match("POST")))
    with pytest.raises(httpx.ReadError):
        site.create(TagsCSV="x,cm-7f3a91")

    own = site.client.get("/api/users/me").json()["UserID"]
    candidates = site.listed(spaceid=61, reportedByUserID=own)

    marked = [id for id in candidates if "cm-7f3a91" in site.read(f"{CASES}/{id}")["TagsCSV"].split(",")]
    assert marked == [2]


# ----------------------------------------------------------------------------------------- lists


def test_31_pages_show_each_case_once_and_end_empty(site: Site) -> None:
    for _ in range(4):
        site.clock.tick()
        site.create()

    pages = [site.listed(spaceid=61, StartPage=number, PageLength=2) for number in (1, 2, 3, 4)]

    assert pages == [[4, 3], [2, 1], [2304], []]


def test_31_a_page_has_10_cases_and_100_at_most(site: Site) -> None:
    for _ in range(104):
        site.emulator.seed_case()

    assert [len(site.listed()), len(site.listed(PageLength=200))] == [10, 100]
    assert len(site.listed(StartPage=2, PageLength=200)) == 5
    assert site.envelope("GET", CASES)["TotalRecords"] == 105


def test_31_what_was_updated_last_comes_first(site: Site) -> None:
    site.create()
    site.create()
    assert site.listed() == [2, 1, 2304]

    site.clock.tick()
    site.put(IssueStatusID=2)

    assert site.listed() == [2304, 2, 1]


def test_32_the_letter_case_of_query_names_makes_no_difference(site: Site) -> None:
    site.create()
    site.clock.tick()
    site.create()

    found = [
        site.listed(**{first: 2, length: 2})
        for first, length in [("startpage", "PAGELENGTH"), ("startPage", "pageLength")]
    ]

    assert found == [[2304], [2304]]
    assert site.listed(SPACEID=62) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"issueStatusID": 1, "assignedToUserID": 17}, [2304]),
        ({"issueStatusID": 2, "assignedToUserID": 17}, [2]),
        ({"issueStatusID": 2}, [3, 2]),
        ({"priorityID": 5}, [2304]),
        ({"categoryID": 231}, [2, 2304]),
        ({"milestoneID": 40}, [3]),
        ({"projectID": 8}, []),
        ({"reportedByUserID": 17}, [4]),
        ({"assignedToUserID": 0}, [3, 1]),
        ({"spaceid": 61}, [4, 3, 2, 1, 2304]),
        ({"spaceid": 0}, []),
        ({"issuePriorityID": 5, "PageLength": 1}, [4]),
    ],
)
def test_33_filters_hold_together(site: Site, query: dict[str, int], found: list[int]) -> None:
    site.create()
    site.create(IssueStatusID=2, AssignedToUserID=17, ProjectSectionID=231)
    site.create(IssueStatusID=2, MilestoneID=40)
    site.emulator.seed_case()

    assert site.listed(**query) == found


def test_33_a_filter_that_is_no_number_is_refused(site: Site) -> None:
    assert failed(site.envelope("GET", CASES, spaceid="SOC"))


@pytest.mark.parametrize(
    ("keyword", "found"), [("wave", [2304]), ("WAVE", [2304]), ("MAIL", [2304]), ("urgent", [])]
)
def test_34_a_keyword_is_looked_for_in_title_and_description(site: Site, keyword: str, found: list[int]) -> None:
    site.create()

    assert site.listed(keyword=keyword) == found


def test_35_items_lack_the_long_fields(site: Site) -> None:
    (item,) = site.read(CASES)

    assert not LONG_FIELDS & item.keys()
    assert item.items() <= site.read(CASE).items()
    assert site.read(CASE).keys() >= LONG_FIELDS


# -------------------------------------------------------------------------------------- look-ups

SPACE = "/api/spaces/61/cases"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/api/spaces", [{"SpaceID": 61, "SpaceName": "SOC"}, {"SpaceID": 62, "SpaceName": "Red Team"}]),
        ("/api/spaces?status=0", []),
        ("/api/spaces?StartPage=2&PageLength=1", [{"SpaceID": 62, "SpaceName": "Red Team"}]),
        ("/api/spaces/61", {"SpaceID": 61, "SpaceName": "SOC"}),
        ("/api/users/me/spaces?PageLength=1", [{"SpaceID": 61, "SpaceName": "SOC"}]),
        (
            f"{SPACE}/statuses",
            [
                {"IssueStatusID": 1, "IssueStatusName": "New", "IsDefault": True},
                {"IssueStatusID": 2, "IssueStatusName": "Open", "IsDefault": False},
                {"IssueStatusID": 4, "IssueStatusName": "Closed", "IsDefault": False},
            ],
        ),
        (
            f"{SPACE}/priorities",
            [
                {"IssuePriorityID": 5, "IssuePriorityName": "High", "IsDefault": False},
                {"IssuePriorityID": 6, "IssuePriorityName": "Normal", "IsDefault": True},
            ],
        ),
        (
            f"{SPACE}/projects",
            [
                {"ProjectID": 7, "ProjectTitle": "Incidents", "IsDefaultProject": True},
                {"ProjectID": 8, "ProjectTitle": "Requests", "IsDefaultProject": False},
            ],
        ),
        (f"{SPACE}/projects/7/categories", [{"ProjectSectionID": 231, "ProjectSectionName": "Mail"}]),
        (f"{SPACE}/projects/7/milestones", [{"MilestoneID": 40, "MilestoneTitle": "Spring"}]),
        (f"{SPACE}/projects/8/milestones", []),
        (
            f"{SPACE}/projects/8/recipients",
            [{"UserID": 20, "UserInfoDisplayName": "Bo Chen", "AvatarImageURL": "/avatars/20.png"}],
        ),
    ],
)
def test_36_names_are_looked_up(site: Site, path: str, found: Any) -> None:
    assert site.read(path) == found


@pytest.mark.parametrize(
    "path",
    [
        "/api/spaces/63",
        "/api/spaces/abc",
        "/api/spaces/63/members",
        "/api/spaces/63/cases/statuses",
        "/api/spaces/63/cases/priorities",
        "/api/spaces/63/cases/projects",
        "/api/spaces/63/cases/projects/7/categories",
        "/api/spaces/62/cases/projects/7/categories",
        "/api/spaces/61/cases/projects/9/assignto",
        "/api/permissions/access?entitytype=19&permissionsCsv=Update&spaceID=63",
    ],
)
def test_36_an_unknown_space_or_project_is_an_error(site: Site, path: str) -> None:
    assert failed(site.envelope("GET", path))


def test_37_those_who_can_be_given_cases_are_filtered_and_paged(site: Site) -> None:
    def assignable(**query: Any) -> list[int]:
        found = site.read(f"{SPACE}/projects/7/assignto", forAssignToUsersList="true", **query)
        return [item["UserID"] for item in found]

    assert assignable() == [17, 20]
    assert assignable(keyword="ruiz") == [17]
    assert assignable(startpage=2, pagelength=1) == [20]


def test_38_users_are_searched_by_name_and_their_addresses_are_in_the_details(site: Site) -> None:
    ana = {
        "UserID": 17,
        "UserInfoDisplayName": "Ana Ruiz",
        "AvatarImageURL": "/avatars/17.png",
        "FirstName": "Ana",
        "LastName": "Ruiz",
    }

    assert site.read("/api/users", username="ana") == [ana]
    assert site.read("/api/users", username="ana@acme.example") == []
    assert site.read("/api/users/17/details") == {**ana, "UserName": "ana", "Email": "ana@acme.example"}
    assert [user["UserID"] for user in site.read("/api/spaces/61/members", username="O")] == [3, 20, 21]
    assert [user["UserID"] for user in site.read("/api/users", startpage=2, pagelength=3)] == [21]


def test_38_the_user_of_the_key_comes_without_an_envelope(site: Site) -> None:
    shown = site.client.get("/api/users/me").json()

    assert shown["UserID"] == 3
    assert "IsError" not in shown


def test_38_a_user_who_is_not_there_is_an_error(site: Site) -> None:
    assert failed(site.envelope("GET", "/api/users/99/details"))
    assert site.client.get("/api/users/ana/details").status_code == 404


# ---------------------------------------------------------------------------------------- rights

ASKED = "AssignToUser,UpdateIssuePriority, UpdateIssueStatus,AddRecipients,UploadAttachment,Fly"


def test_39_rights_are_told(site: Site) -> None:
    held = site.read("/api/permissions/access", entitytype=19, permissionsCsv=ASKED, spaceID=61)

    assert held == {
        "AssignToUser": True,
        "UpdateIssuePriority": True,
        "UpdateIssueStatus": True,
        "AddRecipients": True,
        "UploadAttachment": True,
        "Fly": False,
    }


@pytest.mark.parametrize(
    ("right", "key", "value"),
    [
        ("UpdateIssueStatus", "IssueStatusID", 2),
        ("UpdateIssuePriority", "IssuePriorityID", 6),
        ("AssignToUser", "AssignedToUserID", 20),
        ("AddRecipients", "RecipientUserIDCSV", "20"),
        ("Update", "IssueTitle", "New"),
    ],
)
def test_39_without_a_right_the_update_is_refused_or_the_field_stays(right: str, key: str, value: object) -> None:
    strict, silent = Site(denied=frozenset({right})), Site(denied=frozenset({right}), rights="silent")
    before = silent.read(CASE)

    held = strict.read("/api/permissions/access", entitytype=19, permissionsCsv=right, spaceID=61)

    assert held == {right: False}
    assert strict.refuses(**{key: value, "TagsCSV": "a"})
    assert silent.changed(**{key: value, "TagsCSV": "a"})[key] == before[key]
    assert silent.read(CASE)["TagsCSV"] == ("phishing,urgent" if right == "Update" else "a")


# -------------------------------------------------------------------------------------- comments


def test_40_a_comment_is_added_and_counted(site: Site) -> None:
    made = site.send("POST", "/api/case/comments", {"CommentText": "<p>Seen</p>", "IssueID": 2304})

    (comment,) = site.read("/api/case/comments", caseid=2304)

    assert comment == {
        "CommentID": made,
        "ParentCommentID": 0,
        "UserID": 3,
        "UserDisplayName": "Automation",
        "CommentTextHtmlFormatted": "<p>Seen</p>",
        "CommentDateString": "2026-03-02T10:00:00",
        "CommentTags": "",
        "Attachments": [],
        "AvatarPath": "/avatars/3.png",
    }
    assert site.read(CASE)["CommentCount"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"IssueID": 2304},
        {"CommentText": "x"},
        {"CommentText": " ", "IssueID": 2304},
        {"CommentText": "x", "IssueID": 9},
    ],
)
def test_40_a_comment_without_text_or_case_is_refused(site: Site, body: Any) -> None:
    assert failed(site.envelope("POST", "/api/case/comments", body))
    assert site.read(CASE)["CommentCount"] == 0


def test_40_the_comments_of_no_case_are_an_error(site: Site) -> None:
    assert failed(site.envelope("GET", "/api/case/comments"))


# ------------------------------------------------------------------------------- what is not there


def test_41_there_is_no_delete(site: Site) -> None:
    answer = site.client.delete(CASE)

    assert answer.status_code == 404
    assert answer.json()["Message"].startswith("No HTTP resource was found")
    assert site.read(CASE)["IssueID"] == 2304
    assert site.emulator.writes == []


def test_41_unless_the_site_has_one() -> None:
    site = Site(delete=True)

    assert site.send("DELETE", CASE) is True
    assert failed(site.envelope("GET", CASE))


def test_42_there_is_no_concurrency_control(site: Site) -> None:
    answer = site.client.put(CASE, json='{"IssueStatusID":2}', headers={"If-Match": '"old"'})

    assert answer.json()["IsError"] is False
    assert "etag" not in answer.headers
    assert "etag" not in site.client.get(CASE).headers


def test_43_a_login_page_may_come_with_200(site: Site) -> None:
    site.emulator.faults.add(Fault(FaultKind.HTML))

    answer = site.client.get(CASE)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_44_the_answer_of_a_put_may_be_a_string_that_holds_the_envelope() -> None:
    site = Site(double_wrapped=True)

    done = site.client.put(CASE, json='{"IssueStatusID":2}').json()
    refused = site.client.put(CASE, json='{"IssueStatusID":99}').json()

    assert json.loads(done) == {"IsError": False, "ResponseMessage": "ToBePublished", "ResponseData": 2304}
    assert failed(json.loads(refused))
    assert site.read(CASE)["IssueStatusID"] == 2
