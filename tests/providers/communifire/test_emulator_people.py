"""What people do in front of the emulated product, what is there to begin with, and that long lists are quick."""

from __future__ import annotations

import time
from typing import Any

import pytest

from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.providers.emulation import Refused
from tests.providers.communifire.emulated import CASE, CASES, Site


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_site_begins_with_no_case_and_its_ids_count_from_1() -> None:
    emulator = CommunifireEmulator()

    assert emulator.cases() == []
    assert [emulator.seed_case(), emulator.add_fixture_case(), emulator.seed_case()] == [1, 2304, 2]
    assert [case["IssueID"] for case in emulator.cases()] == [1, 2, 2304]
    assert emulator.api_key == DEFAULT_KEY


def test_the_second_space_has_settings_of_its_own(site: Site) -> None:
    statuses = site.read("/api/spaces/62/cases/statuses")
    made = site.read(f"{CASES}/{site.create(SpaceID=62, AssignedToUserID=21)}")

    assert [status["IssueStatusName"] for status in statuses] == ["Scoping", "Running", "Closed"]
    assert (made["IssueStatusName"], made["IssuePriorityName"]) == ("Scoping", "Normal")
    assert (made["ProjectTitle"], made["AssignedToUserDisplayName"]) == ("Exercises", "Zoe Martin")


def test_a_seeded_case_is_somebody_elses(site: Site) -> None:
    id = site.emulator.seed_case(IssueTitle="By hand")

    assert site.emulator.case(id) == site.read(f"{CASES}/{id}")
    assert site.emulator.case(id)["IssueTitle"] == "By hand"
    assert site.emulator.case(id)["ReportedByUserID"] == 17


def test_a_case_can_be_seeded_elsewhere_and_for_another(site: Site) -> None:
    there = site.emulator.case(site.emulator.seed_case(SpaceID=62, ReportedByUserID=3, AssignedToUserID=21))

    assert (there["SpaceName"], there["ReportedByUserID"], there["AssignedToUserID"]) == ("Red Team", 3, 21)
    assert site.emulator.case(site.emulator.seed_case(ProjectID=8))["AssignedToUserID"] == 0


def test_what_people_do_is_not_recorded_not_limited_and_no_notification() -> None:
    site = Site(rate_limit=1, denied=frozenset({"UpdateIssueStatus", "AdminEntityUpdate"}))

    site.emulator.edit(2304, IssueStatusID=2)
    site.emulator.add_comment(2304, "seen")

    assert site.emulator.case(2304)["IssueStatusName"] == "Open"
    assert site.emulator.case(2304)["DateUpdated"] > site.emulator.case(2304)["DateCreated"]
    assert (site.emulator.requests, site.emulator.notifications) == ([], 0)


def test_people_can_move_a_case_where_it_begins_anew(site: Site) -> None:
    site.emulator.edit(2304, SpaceID=62, IssueTitle="Moved")

    shown = site.read(CASE)
    assert (shown["SpaceID"], shown["ProjectID"], shown["IssueStatusID"]) == (62, 70, 11)
    assert (shown["ProjectSectionID"], shown["AssignedToUserID"], shown["IssueTitle"]) == (0, 0, "Moved")


@pytest.mark.parametrize("wire", [{"IssueStatusID": 99}, {"SpaceID": 63}, {"IssueTitle": ""}, {"ProjectID": 8}])
def test_people_are_held_to_the_rules_too(site: Site, wire: dict[str, Any]) -> None:
    before = site.emulator.case(2304)

    with pytest.raises(Refused):
        site.emulator.edit(2304, **wire)

    assert site.emulator.case(2304) == before


def test_a_removed_case_is_gone(site: Site) -> None:
    site.emulator.remove(2304)

    assert site.listed() == []
    for act in (site.emulator.case, site.emulator.remove, site.emulator.edit, site.emulator.comments):
        with pytest.raises(KeyError):
            act(2304)


def test_a_comment_is_by_whoever_made_it(site: Site) -> None:
    first = site.emulator.add_comment(2304, "one")
    second = site.emulator.add_comment(2304, "two", user_id=20)

    shown = site.emulator.comments(2304)

    assert shown == site.read("/api/case/comments", caseid=2304)
    assert [(each["CommentID"], each["UserID"]) for each in shown] == [(first, 17), (second, 20)]
    assert site.emulator.case(2304)["CommentCount"] == 2


def test_what_cases_refer_to_can_be_added(site: Site) -> None:
    people = site.emulator
    space = people.add_space("Fraud")
    status = people.add_status(space, "Fresh", default=True)
    urgent = people.add_priority(space, "Urgent")
    project = people.add_project(space, "Cards", default=True, assignable=(20,))
    category = people.add_category(project, "Chargeback")
    milestone = people.add_milestone(project, "June")
    user = people.add_user("Mia Wolf", "mia@acme.example", projects=(project, 7))

    id = site.create(
        SpaceID=space,
        IssuePriorityID=urgent,
        ProjectSectionID=category,
        MilestoneID=milestone,
        AssignedToUserID=user,
    )

    made = site.read(f"{CASES}/{id}")
    assert (made["SpaceName"], made["IssueStatusID"], made["IssuePriorityName"]) == ("Fraud", status, "Urgent")
    assert (made["ProjectTitle"], made["ProjectSectionName"]) == ("Cards", "Chargeback")
    assert (made["MilestoneTitle"], made["AssignedToUserDisplayName"]) == ("June", "Mia Wolf")
    assert site.changed(AssignedToUserID=user)["AssignedToUserID"] == user


def test_a_space_without_defaults_leaves_them_empty(site: Site) -> None:
    space = site.emulator.add_space("Empty")

    made = site.read(f"{CASES}/{site.create(SpaceID=space)}")

    assert (made["IssueStatusID"], made["IssueStatusName"], made["ProjectTitle"]) == (0, "", "")


def test_a_space_that_is_not_published_is_listed_when_asked(site: Site) -> None:
    pending = site.emulator.add_space("Soon", state=0)

    assert [space["SpaceID"] for space in site.read("/api/spaces")] == [61, 62]
    assert [space["SpaceID"] for space in site.read("/api/spaces", status=7)] == [61, 62, pending]


# ---------------------------------------------------------------------------------------- search


def searched(site: Site, **query: Any) -> list[int]:
    asked = {"EntityTypeCSV": 19, **query}
    return [item["IssueID"] for item in site.read("/api/search", **asked)]


def test_the_search_index_lags_by_two_requests(site: Site) -> None:
    id = site.create(IssueTitle="Wave of mail", SpaceID=62)

    assert [searched(site, keyword="of MAIL") for _ in range(3)] == [[], [], [id]]
    assert searched(site, keyword="of mail", SpaceIDCSV="61,63") == []
    assert searched(site, keyword="of mail", SpaceIDCSV="61,62") == [id]
    assert searched(site, keyword="of mail", EntityTypeCSV=3) == []


# ------------------------------------------------------------------------------------------ speed


def test_walking_10000_cases_in_pages_is_quick() -> None:
    site = Site()
    for _ in range(10_000):
        site.emulator.seed_case()
    began = time.perf_counter()

    found = [id for page in range(1, 103) for id in site.listed(spaceid=61, PageLength=100, StartPage=page)]

    assert len(set(found)) == len(found) == 10_001
    assert time.perf_counter() - began < 5
