"""Many cases in few requests, from sites whose lists show more or less; cases that are gone, or kept from us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.errors import ProtocolError, Refused
from reconciler.model.values import Marker
from reconciler.providers.communifire.lists import pages, walk, whole
from reconciler.providers.communifire.reading import FEW, find_marked
from reconciler.providers.communifire.wire import case_id, marker_tag, number
from tests.providers.communifire.emulated import START
from tests.providers.communifire.reader import Reader, denying, envelope, long_items

PAGE = 100
MARKER = Marker("0c1d", "soc.phishing-wave", 3)
TAG = marker_tag(MARKER)
SHORT = ("title", "status", "assignee")
ME = 3


# ------------------------------------------------------------------------------------ how many requests


@pytest.mark.parametrize("count", [0, 1, 2, FEW])
def test_a_few_cases_are_got_one_by_one(count: int) -> None:
    site = Reader()
    ids = site.seed(count)

    assert list(site.read(ids)) == [str(id) for id in ids]
    assert sorted(site.asked) == [f"/api/cases/{id}" for id in ids]


@pytest.mark.parametrize("total_records", [True, False])
def test_lists_that_leave_out_what_is_wanted_are_looked_at_once(*, total_records: bool) -> None:
    site = Reader(total_records=total_records)
    ids = site.seed(250)

    assert len(site.read(ids)) == 250
    assert len(site.lists()) == 1
    assert len(site.asked) == 1 + 250


@pytest.mark.parametrize(
    ("switches", "requests"),
    [({}, 3), ({"total_records": False}, 4), ({"longest_page": 20}, 13), ({"list_order": "oldest"}, 3)],
)
def test_what_lists_show_is_read_from_lists(switches: dict[str, Any], requests: int) -> None:
    site = Reader(**switches)
    ids = site.seed(250)

    found = site.read(ids, SHORT)

    assert len(found) == 250
    assert len(site.asked) <= requests
    assert found[str(ids[7])].attributes["title"] == "Case 7"
    assert "description" not in found[str(ids[7])].attributes


def test_lists_that_show_everything_are_enough() -> None:
    site = Reader()
    site.twist = long_items(site.emulator)
    ids = site.seed(250)

    found = site.read(ids, ("description", "tags"))

    assert len(site.asked) == 3
    assert found[str(ids[7])].attributes["tags"] == {"seeded", "by-hand"}
    assert found[str(ids[7])].attributes["description"] == "<p>Written by a person</p>"


def test_what_is_empty_in_a_list_is_asked_for_by_itself() -> None:
    site = Reader()
    site.twist = long_items(site.emulator)
    ids = site.seed(20)
    site.emulator.edit(ids[4], TagsCSV="")

    found = site.read(ids, ("tags",))

    assert found[str(ids[4])].attributes["tags"] == frozenset()
    assert site.asked[1:] == [f"/api/cases/{ids[4]}"]


@pytest.mark.parametrize("total_records", [True, False])
def test_a_few_cases_among_many_are_not_looked_for_in_lists(*, total_records: bool) -> None:
    site = Reader(total_records=total_records)
    ids = site.seed(2000)[::250]

    assert len(site.read(ids, SHORT)) == 8
    assert len(site.asked) <= 2 * 8 + 3


@pytest.mark.parametrize("switches", [{}, {"total_records": False}, {"missing": "404"}])
def test_cases_that_no_list_shows_are_asked_for_and_looked_for_once_more(switches: dict[str, Any]) -> None:
    site = Reader(**switches)
    ids = site.seed(30)
    gone = ids[4:7]
    for id in gone:
        site.emulator.remove(id)

    assert len(site.read(ids, SHORT)) == 27
    assert sorted(asked for asked in site.asked if "?" not in asked) == [f"/api/cases/{id}" for id in gone]
    assert len(site.asked) <= 2 + 3 + 2


def test_only_cases_that_lists_show_whole_are_read_from_lists() -> None:
    site = Reader()
    ids = site.seed(40)
    long = {str(id) for id in ids[:10]}
    attributes = {str(id): ("title", "tags") if str(id) in long else ("title",) for id in ids}

    found = {live.id: live for live in site.read_each(attributes)}

    assert found.keys() == attributes.keys()
    assert {id for id, live in found.items() if "tags" in live.attributes} == long
    assert len(site.asked) == 1 + 10


def test_pages_are_read_side_by_side_and_few_beyond_the_end() -> None:
    for total_records in (True, False):
        for count in (0, 1, 99, 100, 101, 350, 1000, 1200):
            site = Reader(total_records=total_records)
            site.seed(count)

            assert len(list(walk(site.api, "/api/cases", (), case_id))) == count
            needed = -(-count // PAGE) + 1
            assert needed <= len(site.asked) <= needed + (0 if total_records else 3)


# ---------------------------------------------------------------------------------------------- the lists


@pytest.mark.parametrize("longest_page", [1, 2, 20, 100])
def test_a_list_is_walked_to_its_end_however_short_its_pages_are(longest_page: int) -> None:
    site = Reader(longest_page=longest_page)
    ids = site.seed(41)

    assert sorted(number(item, "IssueID") for item in walk(site.api, "/api/cases", (), case_id)) == ids


@pytest.mark.parametrize("total", [None, 0, 1, 41, 10**9, -5, "41", True])
def test_a_list_is_walked_to_its_end_whatever_it_says_of_its_length(total: Any) -> None:
    site = Reader(twist=lambda path, query, answer: answer | {"TotalRecords": total}, longest_page=10)
    ids = site.seed(41)

    assert len(list(walk(site.api, "/api/cases", (), case_id))) == len(ids)
    assert len(site.asked) <= 5 + 4


def test_a_list_that_knows_no_pages_is_read_once_and_asked_twice() -> None:
    items = [{"IssueID": id} for id in range(30)]
    site = Reader(twist=lambda path, query, answer: envelope(items))

    assert list(walk(site.api, "/api/cases", (), case_id)) == items
    assert len(site.asked) == 2


def test_a_case_that_moves_while_pages_are_read_is_yielded_once() -> None:
    site = Reader(longest_page=10, total_records=False)
    ids = site.seed(41)
    found = []
    for item in walk(site.api, "/api/cases", (), case_id):
        found.append(case_id(item))
        if len(found) == 5:
            site.emulator.edit(ids[0], IssueTitle="moved to the top")

    assert len(found) == len(set(found))
    assert set(found) >= {str(id) for id in ids[1:]}


def test_who_has_seen_enough_asks_for_no_more() -> None:
    site = Reader(longest_page=10)
    site.seed(100)

    next(walk(site.api, "/api/cases", (), case_id))

    assert len(site.asked) == 1


def test_a_short_list_that_is_not_known_to_have_pages_is_asked_for_once() -> None:
    site = Reader()

    found = [number(item, "IssueStatusID") for item in whole(site.api, "/api/spaces/61/cases/statuses", case_key)]

    assert found == [1, 2, 4]
    assert len(site.asked) == 1


def test_a_long_list_that_is_not_known_to_have_pages_is_read_to_its_end() -> None:
    site = Reader()
    for name in range(20):
        site.emulator.add_status(61, f"Status {name}")

    assert len(list(whole(site.api, "/api/spaces/61/cases/statuses", case_key))) == 23
    assert len(site.asked) == 2


def case_key(item: Any) -> int:
    return number(item, "IssueStatusID")


def test_a_page_tells_how_many_come_after_it() -> None:
    site = Reader(longest_page=10)
    site.seed(35)

    assert [page.left for page in pages(site.api, "/api/cases", (), case_id)] == [3, 2, 1, 0]
    site = Reader(longest_page=10, total_records=False)
    site.seed(35)
    assert [page.left for page in pages(site.api, "/api/cases", (), case_id)] == [None] * 4


@pytest.mark.parametrize("answer", [envelope({}), envelope(["x"]), envelope([{}]), envelope([{"IssueID": "7"}])])
def test_a_list_in_an_unknown_shape_is_an_error(answer: Any) -> None:
    site = Reader(twist=lambda path, query, _: answer)

    with pytest.raises(ProtocolError, match="in an unknown shape"):
        list(walk(site.api, "/api/cases", (), case_id))


def test_a_list_that_ends_with_404_is_an_error() -> None:
    class Api:
        def get(self, path: str, params: Any = ()) -> Any:
            return envelope([{"IssueID": int(dict(params)["StartPage"])}])

        def get_all(self, requests: Any, *, denied: bool = False) -> Any:
            return (None for _ in requests)

    with pytest.raises(ProtocolError, match="404"):
        list(walk(Api(), "/api/cases", (), case_id))


# -------------------------------------------------------------------------------------- gone, or kept from us


@pytest.mark.parametrize("missing", ["error", "404"])
@pytest.mark.parametrize("others", [0, 3, 30])
def test_a_case_that_is_nowhere_is_left_out(missing: str, others: int) -> None:
    site = Reader(missing=missing)
    ids = site.seed(others + 1)
    site.emulator.remove(ids[0])

    assert site.read(ids).keys() == {str(id) for id in ids[1:]}
    assert site.read([ids[0]]) == {}


@pytest.mark.parametrize("others", [0, 3, 30])
def test_a_case_that_is_listed_and_not_to_be_got_is_an_error_in_the_words_of_the_site(others: int) -> None:
    site = Reader()
    ids = site.seed(others + 1)
    site.twist = denying(ids[0])

    with pytest.raises(Refused, match="You may not see this"):
        site.read(ids)


def test_a_case_that_was_not_to_be_got_for_a_moment_is_read() -> None:
    site = Reader(twist=lambda path, query, answer: next(answers, answer) if path.count("/") == 3 else answer)
    answers = iter([{"IsError": True, "ResponseMessage": "Busy", "ResponseData": None}])
    (id,) = site.seed(1)

    assert site.read([id]).keys() == {str(id)}


def test_a_case_that_lists_show_whole_need_not_be_got() -> None:
    site = Reader()
    ids = site.seed(10)
    site.twist = denying(ids[0])

    assert len(site.read(ids, SHORT)) == 10


def test_the_whole_list_is_looked_at_for_cases_that_cannot_be_got_and_no_more_than_needed() -> None:
    site = Reader(longest_page=10)
    ids = site.seed(41)
    site.emulator.remove(ids[0])

    assert site.read([ids[0]]) == {}
    assert len(site.lists()) == 5

    site.twist = denying(ids[-1])
    site.asked.clear()
    with pytest.raises(Refused):
        site.read([ids[-1]])
    assert len(site.lists()) == 1


def test_another_case_than_was_asked_for_is_an_error() -> None:
    site = Reader(twist=lambda path, query, answer: envelope({"IssueID": 8}))

    with pytest.raises(ProtocolError, match="another case than 7"):
        site.read([7])


# ------------------------------------------------------------------------------------------ found by its tag


def ours(site: Reader, count: int = 1, **wire: Any) -> list[int]:
    return site.seed(count, ReportedByUserID=ME, **wire)


def find(site: Reader, *, space: int | None = 61, since: datetime | None = START) -> list[str]:
    return find_marked(site.api, MARKER, space, None if since is None else since.isoformat())


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"bare": "nothing"},
        {"bare": "look_ups"},
        {"time_format": "ms"},
        {"time_format": "iso_offset"},
        {"folds_tags": True},
        {"longest_page": 2},
        {"total_records": False},
        {"missing": "404"},
    ],
)
def test_a_case_of_ours_is_found_by_its_tag_among_all_pages(switches: dict[str, Any]) -> None:
    site = Reader(**switches)
    ours(site, 3)
    (marked,) = ours(site, TagsCSV=f"VIP,{TAG}")
    ours(site, 120 if switches.get("longest_page") is None else 5)

    assert find(site) == [str(marked)]


def test_several_that_carry_the_tag_are_found_oldest_first() -> None:
    site = Reader()
    marked = ours(site, 12, TagsCSV=TAG.upper())

    assert find(site) == [str(id) for id in marked]


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"TagsCSV": "rc-0123456789abcdef"},
        {"TagsCSV": f"x{TAG}"},
        {"TagsCSV": ""},
        {"TagsCSV": TAG, "SpaceID": 62},
        {"TagsCSV": TAG, "ReportedByUserID": 17},
    ],
)
def test_nothing_else_is_found(elsewhere: dict[str, Any]) -> None:
    site = Reader()
    site.emulator.seed_case(**{"ReportedByUserID": ME, **elsewhere})

    assert find(site) == []


def test_every_space_is_looked_at_where_nobody_knows_which() -> None:
    site = Reader()
    (marked,) = ours(site, TagsCSV=TAG, SpaceID=62)

    assert find(site, space=None) == [str(marked)]


def test_cases_that_were_there_long_before_are_not_got() -> None:
    site = Reader()
    ours(site, 150)
    site.clock.tick(timedelta(hours=27).total_seconds())
    (marked,) = ours(site, TagsCSV=TAG)

    assert find(site, since=START + timedelta(hours=27)) == [str(marked)]
    assert site.asked[-1] == f"/api/cases/{marked}"
    assert len(site.asked) == 1 + 3 + 1


@pytest.mark.parametrize("hours", [-14, 0, 12, 26])
def test_a_case_is_found_whatever_zone_the_site_writes_its_times_in(hours: int) -> None:
    site = Reader()
    (marked,) = ours(site, TagsCSV=TAG)

    assert find(site, since=START + timedelta(hours=hours)) == [str(marked)]


def test_a_case_whose_time_cannot_be_read_is_looked_at() -> None:
    def timeless(path: str, query: dict[str, str], answer: Any) -> Any:
        if path == "/api/cases":
            return answer | {"ResponseData": [item | {"DateCreated": None} for item in answer["ResponseData"]]}
        return answer

    site = Reader(twist=timeless)
    (marked,) = ours(site, TagsCSV=TAG)

    assert find(site, since=datetime(2100, 1, 1, tzinfo=UTC)) == [str(marked)]
    assert find(site, since=None) == [str(marked)]


def test_a_case_that_moves_to_the_top_while_the_list_is_walked_is_found_the_second_time() -> None:
    site = Reader(longest_page=2)
    (marked,) = ours(site, TagsCSV=TAG)
    ours(site, 9)

    def moving(path: str, query: dict[str, str], answer: Any) -> Any:
        if path == "/api/cases" and len(site.lists()) == 1:
            site.clock.tick()
            site.emulator.edit(marked, IssueTitle="moved")
        return answer

    site.twist = moving
    assert find(site) == [str(marked)]


def test_nothing_that_was_looked_at_is_got_again() -> None:
    site = Reader()
    ours(site, 30)

    assert find(site) == []
    assert len(site.asked) == 1 + 2 * 2 + 30


def test_lists_that_show_tags_are_enough() -> None:
    site = Reader()
    site.twist = long_items(site.emulator)
    ours(site, 30)
    (marked,) = ours(site, TagsCSV=TAG)

    assert find(site) == [str(marked)]
    assert len(site.asked) == 1 + 2


@pytest.mark.parametrize("missing", ["error", "404"])
def test_a_case_that_vanishes_meanwhile_is_passed_over_if_that_is_certain(missing: str) -> None:
    site = Reader(missing=missing)
    (gone,) = ours(site)
    (marked,) = ours(site, TagsCSV=TAG)

    def vanishing(path: str, query: dict[str, str], answer: Any) -> Any:
        if path == "/api/cases" and len(site.lists()) == 1:
            site.emulator.remove(gone)
        return answer

    site.twist = vanishing
    if missing == "404":
        assert find(site) == [str(marked)]
    else:
        with pytest.raises(Refused, match="does not exist or you do not have permission"):
            find(site)


def test_whose_key_it_is_must_be_told() -> None:
    site = Reader(twist=lambda path, query, answer: {} if path == "/api/users/me" else answer)

    with pytest.raises(ProtocolError, match="UserID"):
        find(site)
