"""The stand-in of Communifire holds a believable site."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator
from reconciler.sandbox.seed_communifire import seeded_communifire

KEY_USER = 3


@pytest.fixture(scope="module")
def site() -> CommunifireEmulator:
    return seeded_communifire()


@pytest.fixture(scope="module")
def cases(site: CommunifireEmulator) -> list[dict[str, Any]]:
    return site.cases()


def shown(cases: list[dict[str, Any]], name: str) -> set[Any]:
    return {case[name] for case in cases}


def test_it_holds_cases_of_three_spaces_in_every_state(cases: list[dict[str, Any]]) -> None:
    assert [case["IssueID"] for case in cases] == list(range(1, 45))
    assert shown(cases, "SpaceName") == {"SOC", "Red Team", "Facilities & Safety"}
    assert shown(cases, "ProjectTitle") == {"Incidents", "Requests", "Vulnerabilities", "Exercises", "Sites"}
    assert {"New", "Open", "In Progress", "Waiting for reporter", "Closed"} <= shown(cases, "IssueStatusName")
    assert {"Scoping", "Running", "Reported", "Scheduled", "Done"} <= shown(cases, "IssueStatusName")
    assert {"Critical", "High", "Normal", "Low", "Urgent", "Soon"} <= shown(cases, "IssuePriorityName")
    assert len(shown(cases, "ProjectSectionName")) == 11
    assert len(shown(cases, "MilestoneTitle") - {""}) == 5


def test_nothing_that_a_case_refers_to_is_missing(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        for number, name in (
            ("SpaceID", "SpaceName"),
            ("ProjectID", "ProjectTitle"),
            ("ProjectSectionID", "ProjectSectionName"),
            ("MilestoneID", "MilestoneTitle"),
            ("IssueStatusID", "IssueStatusName"),
            ("IssuePriorityID", "IssuePriorityName"),
            ("AssignedToUserID", "AssignedToUserDisplayName"),
            ("ReportedByUserID", "ReportedByUserName"),
        ):
            assert bool(case[number]) == bool(case[name]), case


def test_people_made_them_and_some_the_user_of_the_key(cases: list[dict[str, Any]]) -> None:
    assert [case["ReportedByUserID"] for case in cases].count(KEY_USER) == 8
    assert len(shown(cases, "ReportedByUserID")) >= 8
    assert len(shown(cases, "AssignedToUserID") - {0}) >= 8
    assert sum(not case["AssignedToUserID"] for case in cases) == 11
    assert {"", "17", "17,20"} <= shown(cases, "RecipientUserIDCSV")
    assert sum(case["CommentCount"] for case in cases) >= 10


def test_their_texts_are_what_an_editor_makes(cases: list[dict[str, Any]]) -> None:
    titles = shown(cases, "IssueTitle")
    assert len(titles) == 44
    assert any(not title.isascii() for title in titles)
    for character in "&<>\"'":
        assert any(character in title for title in titles), character
    descriptions = " ".join(shown(cases, "IssueDescription"))
    assert all(case["IssueDescription"].startswith("<p") for case in cases)
    for piece in (
        "&amp;",
        "&lt;",
        "&nbsp;",
        "&quot;",
        "&#128273;",
        "<br />",
        "<ul><li>",
        "<table>",
        "<pre>",
        "style=",
    ):
        assert piece in descriptions
    assert not re.search(r"[{}]", descriptions + " ".join(titles))


def test_their_tags_can_be_told_from_ours(cases: list[dict[str, Any]]) -> None:
    tags = {tag for case in cases for tag in case["TagsCSV"].split(",") if tag}

    assert len(tags) >= 15
    assert not any(re.fullmatch(r"rc-[0-9a-f]{16}", tag, re.IGNORECASE) for tag in tags)
    assert "" in shown(cases, "TagsCSV")


def test_they_were_made_one_after_the_other_and_moved_on_since(cases: list[dict[str, Any]]) -> None:
    made = [case["DateCreated"] for case in cases]

    assert made == sorted(set(made))
    assert (made[0], made[-1]) == ("2026-09-02T13:28:00", "2026-10-24T21:47:00")
    touched = [case["DateUpdated"] > case["DateCreated"] for case in cases]
    assert (touched.count(True), touched.count(False)) == (34, 10)


def test_nobody_was_told_and_the_clock_is_the_worlds_again(site: CommunifireEmulator) -> None:
    assert (site.requests, site.notifications) == ([], 0)
    assert abs((datetime.now(UTC) - site.clock()).total_seconds()) < 60


def test_it_is_the_same_every_time(cases: list[dict[str, Any]]) -> None:
    assert seeded_communifire().cases() == cases


@pytest.mark.parametrize(("given", "key"), [({}, DEFAULT_KEY), ({"api_key": "another"}, "another")])
def test_it_lets_in_who_has_the_key(given: dict[str, str], key: str) -> None:
    site = seeded_communifire(**given)
    with httpx.Client(transport=httpx.MockTransport(site.handle), base_url="https://x.example") as client:
        answers = [client.get("/api/users/me", headers={"Rest-Api-Key": each}) for each in (key, "wrong")]

    assert [answer.status_code for answer in answers] == [200, 401]


def test_a_space_that_is_not_published_is_there_to_be_met(site: CommunifireEmulator) -> None:
    with httpx.Client(transport=httpx.MockTransport(site.handle), base_url="https://x.example") as client:
        client.headers["Rest-Api-Key"] = DEFAULT_KEY
        named = [
            [space["SpaceName"] for space in client.get(f"/api/spaces?status={state}").json()["ResponseData"]]
            for state in (0, 1)
        ]
    site.forget_requests()

    assert named == [["Legal hold (draft)"], ["SOC", "Red Team", "Facilities & Safety"]]
