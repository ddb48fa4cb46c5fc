"""What nobody says about Communifire: every switch of the emulator, and that each is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import pytest

from reconciler.providers.communifire.emulator import HARSH_SETTINGS, SWITCH_SETTINGS, CommunifireSwitches
from tests.providers.communifire.emulated import CASE, CASES, Site, failed


def test_every_switch_has_a_setting_beside_its_default() -> None:
    tuned = {
        field.name
        for settings in (SWITCH_SETTINGS, HARSH_SETTINGS)
        for setting in settings.values()
        for field in fields(setting)
        if getattr(setting, field.name) != field.default
    }

    # Comments are nothing that a case file declares, and a wait in a test is time lost.
    assert {field.name for field in fields(CommunifireSwitches)} - tuned == {"may_comment", "retry_after_seconds"}


def test_a_setting_is_called_by_its_switch() -> None:
    named = {**SWITCH_SETTINGS, **HARSH_SETTINGS}
    names = {field.name for field in fields(CommunifireSwitches)}

    assert named.pop("default") == CommunifireSwitches()
    assert {name.partition("=")[0] for name in named} <= names
    assert not SWITCH_SETTINGS.keys() & HARSH_SETTINGS.keys()


@pytest.mark.parametrize("name", [*SWITCH_SETTINGS, *HARSH_SETTINGS])
def test_a_site_answers_under_every_setting(name: str) -> None:
    switches = {**SWITCH_SETTINGS, **HARSH_SETTINGS}[name]
    site = Site(**{field.name: getattr(switches, field.name) for field in fields(switches)})

    assert site.client.get(CASE).json()["ResponseData"]["IssueID"] == 2304


# --------------------------------------------------------------------------------------- updates


@pytest.mark.parametrize(
    ("setting", "left"),
    [("clears", (0, "", 0, 0)), ("keeps", (231, "Mail", 40, 17))],
)
def test_what_belongs_to_the_old_project_is_taken_off_or_stays(setting: str, left: tuple[object, ...]) -> None:
    site = Site(project_change=setting)
    site.put(MilestoneID=40)

    after = site.changed(ProjectID=8)

    keys = ("ProjectSectionID", "ProjectSectionName", "MilestoneID", "AssignedToUserID")
    assert tuple(after[key] for key in keys) == left
    assert after["ProjectID"] == 8


@pytest.mark.parametrize("setting", ["clears", "keeps"])
def test_what_a_body_says_must_fit_the_new_project_all_the_same(setting: str) -> None:
    site = Site(project_change=setting)

    assert site.refuses(ProjectID=8, ProjectSectionID=231)
    assert site.changed(ProjectID=8, ProjectSectionID=300)["ProjectSectionID"] == 300


def test_who_fits_the_new_project_stays_the_assignee() -> None:
    site = Site(project_change="clears")
    site.put(AssignedToUserID=20)

    assert site.changed(ProjectID=8)["AssignedToUserID"] == 20


def test_whoever_is_given_a_case_watches_it() -> None:
    site = Site(adds_assignee_as_recipient=True)
    site.put(RecipientUserIDCSV="")

    assert site.changed(AssignedToUserID=20)["RecipientUserIDCSV"] == "20"
    assert site.changed(AssignedToUserID=17, RecipientUserIDCSV="17")["RecipientUserIDCSV"] == "17"
    assert site.changed(AssignedToUserID=0, RecipientUserIDCSV="")["RecipientUserIDCSV"] == ""
    assert site.read(f"{CASES}/{site.create(AssignedToUserID=17)}")["RecipientUserIDCSV"] == "17"


def test_tags_may_be_dropped() -> None:
    site = Site(keeps_tags=False)

    assert site.changed(TagsCSV="a,b")["TagsCSV"] == ""
    assert site.read(f"{CASES}/{site.create(TagsCSV='a')}")["TagsCSV"] == ""


def test_tags_may_be_folded() -> None:
    assert Site(folds_tags=True).changed(TagsCSV="Vip, Mail")["TagsCSV"] == "mail,vip"


def test_a_successful_write_may_say_anything() -> None:
    site = Site(message="PendingApproval")

    assert site.put(IssueStatusID=2) == {
        "IsError": False,
        "ResponseMessage": "PendingApproval",
        "ResponseData": 2304,
    }
    assert site.read(CASE)["IssueStatusID"] == 2


# ---------------------------------------------------------------------------------------- rights


def test_another_persons_case_needs_a_right_of_its_own() -> None:
    site = Site(denied=frozenset({"AdminEntityUpdate"}))
    theirs = site.emulator.seed_case()

    assert failed(site.envelope("PUT", f"{CASES}/{theirs}", '{"IssueTitle":"x"}'))
    assert site.changed(IssueTitle="x")["IssueTitle"] == "x"


@pytest.mark.parametrize("rights", ["error", "silent"])
def test_a_create_without_the_right_is_refused(rights: str) -> None:
    site = Site(denied=frozenset({"Create"}), rights=rights)

    assert failed(site.envelope("POST", CASES, {"SpaceID": 61, "IssueTitle": "n", "IssueDescription": "d"}))
    assert site.listed() == [2304]


def test_a_create_passes_over_what_there_is_no_right_to() -> None:
    site = Site(denied=frozenset({"AssignToUser"}), rights="silent")

    assert site.read(f"{CASES}/{site.create(AssignedToUserID=17)}")["AssignedToUserID"] == 0


def test_comments_need_a_right() -> None:
    site = Site(may_comment=False)

    def may_create(entity: int) -> Any:
        return site.read("/api/permissions/access", entitytype=entity, permissionsCsv="Create", spaceID=61)[
            "Create"
        ]

    assert [may_create(19), may_create(20), may_create(13)] == [True, False, False]
    assert failed(site.envelope("POST", "/api/case/comments", {"CommentText": "x", "IssueID": 2304}))


# --------------------------------------------------------------------------------------- answers

SENT = """R&D's "list" <3> café \N{FISH} &amp; &nbsp;"""


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("as_is", SENT),
        ("entities", "R&amp;D&#39;s &quot;list&quot; &lt;3&gt; caf&#233; &#128031; &amp; &nbsp;"),
        ("rewritten", """R&amp;D's "list" &lt;3&gt; café \N{FISH} &amp; &nbsp;"""),
    ],
)
def test_a_title_may_come_back_otherwise(setting: str, shown: str) -> None:
    site = Site(html=setting)

    assert site.changed(IssueTitle=SENT)["IssueTitle"] == shown
    assert site.changed(IssueTitle=shown)["IssueTitle"] == shown


@pytest.mark.parametrize(
    ("sent", "entities", "rewritten"),
    [
        ("plain", "plain", "plain"),
        ("<p>don't & won&#39;t</p>", "<p>don&#39;t &amp; won&#39;t</p>", "<p>don't &amp; won't</p>"),
        ("<A title=x HREF='/\"'>y</A>", "as sent", '<a href="/&quot;" title="x">y</a>'),
        ("a<br>b<hr />c", "as sent", "a<br />b<hr />c"),
        ("<p>a</p><p>b</p>", "as sent", "<p>a</p>\r\n<p>b</p>"),
        ("<p>a</p>\n\n <p>b</p>\n", "as sent", "<p>a</p>\r\n<p>b</p>"),
        ("<p>a  b\n\tc</p>", "as sent", "<p>a b c</p>"),
        ("<pre>a  b\nc</pre> d  e", "as sent", "<pre>a  b\nc</pre>\r\nd e"),
        ("1 < 2 <3 > <", "1 &lt; 2 &lt;3 &gt; &lt;", "1 &lt; 2 &lt;3 &gt; &lt;"),
        ('<input disabled value="a&b">', "as sent", '<input disabled="" value="a&amp;b" />'),
    ],
)
def test_a_description_may_come_back_otherwise(sent: str, entities: str, rewritten: str) -> None:
    for setting, expected in (("as_is", sent), ("entities", entities), ("rewritten", rewritten)):
        site, shown = Site(html=setting), sent if expected == "as sent" else expected

        assert site.changed(IssueDescription=sent)["IssueDescription"] == shown
        assert site.changed(IssueDescription=shown)["IssueDescription"] == shown


@pytest.mark.parametrize(
    ("setting", "whole", "fraction"),
    [
        ("iso", "2026-03-02T10:00:00", "2026-03-02T10:00:00.25"),
        ("iso_offset", "2026-03-02T05:00:00-05:00", "2026-03-02T05:00:00.25-05:00"),
        ("ms", "/Date(1772445600000)/", "/Date(1772445600250)/"),
    ],
)
def test_times_come_in_several_forms(setting: str, whole: str, fraction: str) -> None:
    site = Site(time_format=setting)
    assert site.changed(IssueStatusID=2)["DateUpdated"] == whole

    site.clock.tick(0.25)

    assert site.changed(IssueStatusID=4)["DateUpdated"] == fraction


def test_an_update_is_later_than_the_one_before_even_if_the_clock_stands() -> None:
    site = Site()

    shown = [site.changed(IssueStatusID=2)["DateUpdated"] for _ in range(3)]

    assert shown == ["2026-03-02T10:00:00", "2026-03-02T10:00:00.001", "2026-03-02T10:00:00.002"]


LOOK_UPS = (
    "/api/spaces",
    "/api/spaces/61",
    "/api/spaces/61/cases/statuses",
    "/api/users",
    "/api/users/17/details",
    "/api/permissions/access?entitytype=19&permissionsCsv=Update&spaceID=61",
)


def bare(site: Site, paths: Iterable[str]) -> list[bool]:
    return ["IsError" not in site.client.get(path).json() for path in paths]


def test_look_ups_may_come_bare_and_the_user_in_an_envelope() -> None:
    assert bare(Site(), ("/api/users/me", *LOOK_UPS)) == [True, *[False] * len(LOOK_UPS)]
    assert bare(Site(bare="nothing"), ("/api/users/me", *LOOK_UPS)) == [False] * (len(LOOK_UPS) + 1)
    assert bare(Site(bare="look_ups"), ("/api/users/me", *LOOK_UPS)) == [True] * (len(LOOK_UPS) + 1)
    assert bare(Site(bare="look_ups"), (CASES, CASE, "/api/spaces/63")) == [False] * 3


# ----------------------------------------------------------------------------------------- lists


def test_a_list_may_not_say_how_many_there_are() -> None:
    assert "TotalRecords" not in Site(total_records=False).envelope("GET", CASES)


def test_a_list_may_begin_with_the_first_case() -> None:
    site = Site(list_order="oldest")
    site.create()
    site.create()

    assert site.listed() == [1, 2, 2304]


def test_a_site_may_cut_pages_down() -> None:
    site = Site(longest_page=2)
    site.create()
    site.create()

    assert [len(site.listed(PageLength=50, StartPage=number)) for number in (1, 2, 3)] == [2, 1, 0]
    assert len(site.read("/api/users", pagelength=50)) == 2


def test_every_so_many_requests_one_is_too_many() -> None:
    site = Site(rate_limit=3)

    answers = [site.client.get(CASE) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 200, 429]
    assert answers[2].headers["retry-after"] == "0"
    assert [request.executed for request in site.emulator.requests] == [True, True, False, True, True, False]
