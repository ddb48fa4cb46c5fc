"""Names become ids, each list is asked for once, and what is unknown or ambiguous is said with what there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.errors import ProtocolError, Refused
from reconciler.model.values import Secret
from reconciler.providers.base import Hidden
from reconciler.providers.communifire.site import MOST_USERS, PERMISSIONS, Site, Unknown
from tests.providers.communifire.reader import Reader, envelope

SWITCHES: list[dict[str, Any]] = [
    {},
    {"bare": "look_ups"},
    {"bare": "nothing"},
    {"longest_page": 2},
    {"total_records": False},
    {"missing": "404"},
]

NOBODY = "no user has the e-mail address or the user name"
WRITE = " | write one of them, or the id"
HIDDEN = ", or the key may not see it"
STATUSES = "; it has 'Closed', 'New', 'Open'"

LookUp = Callable[[Site], Any]


def unknown(site: Site, ask: LookUp) -> str:
    """Return what is said of a name, and the hint."""
    with pytest.raises(Unknown) as raised:
        ask(site)
    assert str(raised.value) == raised.value.message
    return f"{raised.value.message} | {raised.value.hint}"


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
@pytest.mark.parametrize(
    ("ask", "id"),
    [
        (lambda site: site.space("SOC"), 61),
        (lambda site: site.space(" red team "), 62),
        (lambda site: site.status(61, "Closed"), 4),
        (lambda site: site.status(62, "Closed"), 14),
        (lambda site: site.priority(61, "NORMAL"), 6),
        (lambda site: site.project(61, "Requests"), 8),
        (lambda site: site.category(61, 8, "Access"), 300),
        (lambda site: site.category(62, 70, "mail"), 700),
        (lambda site: site.milestone(61, 7, "Spring"), 40),
        (lambda site: site.default_project(61), 7),
        (lambda site: site.default_project(62), 70),
        (lambda site: site.user("ana@acme.example"), 17),
        (lambda site: site.user(" BO "), 20),
        (lambda site: site.status(61, Secret("Open")), 2),
        (lambda site: site.user(Secret("zoe@acme.example")), 21),
        (lambda site: site.can_be_assigned(61, 7, 20), True),
        (lambda site: site.can_be_assigned(61, 7, 21), False),
        (lambda site: site.can_be_assigned(61, 8, 17), False),
    ],
)
def test_a_name_is_found_whatever_its_letter_case(switches: dict[str, Any], ask: LookUp, id: int) -> None:
    assert ask(Site(Reader(**switches).api)) == id


@pytest.mark.parametrize(
    "ask",
    [
        lambda site: site.space(1),
        lambda site: site.status(99, 1),
        lambda site: site.priority(99, 1),
        lambda site: site.project(99, 1),
        lambda site: site.category(99, 99, 1),
        lambda site: site.milestone(99, 99, 1),
        lambda site: site.user(1),
    ],
)
def test_a_number_is_an_id_and_is_not_asked_about(ask: LookUp) -> None:
    site = Reader()

    assert ask(Site(site.api)) == 1
    assert site.asked == []


# ------------------------------------------------------------------------------------ how many requests


def test_each_list_is_asked_for_once() -> None:
    reader = Reader()
    site = Site(reader.api)
    for _ in range(3):
        site.space("SOC")
        site.space("Red Team")
        site.status(61, "New")
        site.status(61, "Open")
        site.priority(61, "High")
        site.project(61, "Incidents")
        site.default_project(61)
        site.category(61, 7, "Mail")
        site.milestone(61, 7, "Spring")
        site.can_be_assigned(61, 7, 17)
        site.can_be_assigned(61, 7, 20)
        site.may(61)
        site.user("ana")
        site.user("ANA ")
    once = {"statuses", "priorities", "projects", "categories", "milestones", "access", "details"}
    paths = [asked.partition("?")[0].rpartition("/")[2] for asked in reader.asked]

    assert {path: paths.count(path) for path in paths} == dict.fromkeys(once, 1) | {
        "spaces": 2,
        "assignto": 2,
        "users": 2,
    }


def test_what_is_not_there_is_asked_about_once_too() -> None:
    reader = Reader()
    site = Site(reader.api)
    for _ in range(3):
        unknown(site, lambda site: site.user("nobody"))
        unknown(site, lambda site: site.user("Nobody "))
        unknown(site, lambda site: site.status(99, "New"))
        unknown(site, lambda site: site.status(61, "Never"))

    assert len(reader.asked) == 3


def test_the_parameters_are_those_that_clients_send() -> None:
    reader = Reader()
    site = Site(reader.api)
    site.space("SOC")
    site.can_be_assigned(61, 7, 17)
    site.user("ana@acme.example")
    site.may(61)

    assert reader.asked == [
        "/api/spaces?status=1&StartPage=1&PageLength=100",
        "/api/spaces?status=1&StartPage=2&PageLength=100",
        "/api/spaces/61/cases/projects/7/assignto?forAssignToUsersList=true&startpage=1&pagelength=100",
        "/api/spaces/61/cases/projects/7/assignto?forAssignToUsersList=true&startpage=2&pagelength=100",
        "/api/users?username=ana%40acme.example&startpage=1&pagelength=100",
        "/api/users?username=ana&startpage=1&pagelength=100",
        "/api/users?username=ana&startpage=2&pagelength=100",
        "/api/users/17/details",
        f"/api/permissions/access?entitytype=19&permissionsCsv={'%2C'.join(PERMISSIONS)}&spaceID=61",
    ]


# ---------------------------------------------------------------------------------- unknown and ambiguous


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda site: site.status(61, "Opne"), f"space 61 has no status 'Opne'{STATUSES} | did you mean 'Open'?"),
        (lambda site: site.status(61, "Wibble"), f"space 61 has no status 'Wibble'{STATUSES} | None"),
        (
            lambda site: site.space("Blue Team"),
            "the site has no space 'Blue Team'; it has 'Red Team', 'SOC' | did you mean 'Red Team'?",
        ),
        (
            lambda site: site.milestone(61, 8, "Spring"),
            "project 8 in space 61 has no milestone 'Spring'; it has none | None",
        ),
        (
            lambda site: site.category(61, 7, "Access"),
            "project 7 in space 61 has no category 'Access'; it has 'Mail' | None",
        ),
        (lambda site: site.status(61, Secret("Opne")), f"space 61 has no status (a secret){STATUSES} | None"),
        (lambda site: site.user("an"), f"{NOBODY} 'an' | did you mean 'ana'?"),
        (lambda site: site.user("Ana Ruiz"), f"{NOBODY} 'Ana Ruiz'{WRITE}"),
        (
            lambda site: site.user("ana@elsewhere.example"),
            f"{NOBODY} 'ana@elsewhere.example' | did you mean 'ana@acme.example'?",
        ),
        (lambda site: site.user("nobody"), f"{NOBODY} 'nobody'{WRITE}"),
        (lambda site: site.user(" "), f"{NOBODY} ' '{WRITE}"),
        (lambda site: site.user(Secret("an")), f"{NOBODY} (a secret){WRITE}"),
    ],
)
def test_an_unknown_name_is_told_with_what_there_is(ask: LookUp, said: str) -> None:
    assert unknown(Site(Reader().api), ask) == said


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda site: site.status(99, "New"), f"there is no space 99{HIDDEN}"),
        (lambda site: site.default_project(99), f"there is no space 99{HIDDEN}"),
        (lambda site: site.category(61, 99, "Mail"), f"there is no project 99 in space 61{HIDDEN}"),
        (lambda site: site.category(62, 7, "Mail"), f"there is no project 7 in space 62{HIDDEN}"),
        (lambda site: site.can_be_assigned(61, 99, 17), f"there is no project 99 in space 61{HIDDEN}"),
    ],
)
def test_an_unknown_place_is_told(switches: dict[str, Any], ask: LookUp, said: str) -> None:
    assert unknown(Site(Reader(**switches).api), ask).startswith(said)


def test_two_of_one_name_are_an_error_even_if_one_is_spelled_alike() -> None:
    reader = Reader()
    other = reader.emulator.add_status(61, "OPEN")

    said = unknown(Site(reader.api), lambda site: site.status(61, "Open"))

    assert said == (
        f"space 61 has more than one status 'Open': 2, {other} | write the id of the one that is meant"
    )


def test_the_ids_of_many_of_one_name_are_not_all_told() -> None:
    reader = Reader()
    for _ in range(30):
        reader.emulator.add_status(61, "Open")

    said = unknown(Site(reader.api), lambda site: site.status(61, "Open"))

    assert said.count(",") == 12
    assert "…" in said


def test_many_names_are_not_all_told() -> None:
    reader = Reader()
    for name in range(200):
        reader.emulator.add_status(61, f"Status {name}")

    said = unknown(Site(reader.api), lambda site: site.status(61, "Status 7x"))

    assert said.startswith("space 61 has no status 'Status 7x' | did you mean 'Status 7")
    assert len(said) < 200


def test_a_hostile_name_is_told_short_and_harmless() -> None:
    reader = Reader()
    reader.emulator.add_status(61, "\x1b[2J\u202e" + "x" * 100_000)

    said = unknown(Site(reader.api), lambda site: site.status(61, "y" * 100_000))

    assert said.isprintable()
    assert len(said) < 300


def test_a_name_on_a_later_page_is_found() -> None:
    reader = Reader(longest_page=2)
    spaces = [reader.emulator.add_space(f"Space {number}") for number in range(7)]

    assert Site(reader.api).space("Space 6") == spaces[6]


def test_a_space_that_is_not_published_is_not_known_by_its_name() -> None:
    reader = Reader()
    reader.emulator.add_space("Draft", state=0)

    assert "no space 'Draft'" in unknown(Site(reader.api), lambda site: site.space("Draft"))


def test_a_space_with_no_default_project_or_several_has_none() -> None:
    reader = Reader()
    space = reader.emulator.add_space("Blue Team")
    reader.emulator.add_project(61, "Hunting", default=True)

    site = Site(reader.api)
    assert site.default_project(space) is None
    assert site.default_project(61) is None


# ------------------------------------------------------------------------------------------------- users


def test_a_user_is_found_among_others_whose_names_hold_the_text() -> None:
    reader = Reader(longest_page=2)
    for number in range(7):
        reader.emulator.add_user(f"Diana {number}", f"diana{number}@acme.example")

    assert Site(reader.api).user("ana") == 17


def test_a_user_that_is_a_secret_is_told_in_no_address() -> None:
    searched: list[str] = []

    class Listening(Failing):
        def get_all(self, requests: Any, *, denied: bool = False) -> Any:
            return [self.get(path, params) for path, params in requests]

        def get(self, path: str, params: Any = ()) -> Any:
            searched.extend(value for name, value in params if name == "username")
            return envelope([])

    with pytest.raises(Unknown):
        Site(Listening(200)).user(Secret("bo@acme.example"))

    assert searched == ["bo@acme.example", "bo"]
    assert all(isinstance(value, Hidden) for value in searched)


def test_two_users_of_one_name_are_an_error() -> None:
    reader = Reader()
    other = reader.emulator.add_user("Ana Other", "ana@elsewhere.example")
    site = Site(reader.api)

    assert unknown(site, lambda site: site.user("ana")).startswith(
        f"more than one user is called 'ana': 17, {other} |"
    )
    assert site.user("ana@elsewhere.example") == other


def test_a_text_that_finds_nearly_everybody_is_no_name() -> None:
    reader = Reader()
    for number in range(MOST_USERS):
        reader.emulator.add_user(f"Diana {number}", f"diana{number}@acme.example")

    said = unknown(Site(reader.api), lambda site: site.user("ana"))

    assert said == "more than 100 users are found for 'ana' | write the id"
    assert not [asked for asked in reader.asked if "details" in asked]


def test_details_are_read_once_for_whoever_is_found_again() -> None:
    reader = Reader()
    site = Site(reader.api)

    assert (site.user("ana"), site.user("ana@acme.example"), site.user("ANA")) == (17, 17, 17)
    assert sum("details" in asked for asked in reader.asked) == 1


@pytest.mark.parametrize(
    "details", [None, {"UserID": 17}, {"Email": None, "UserName": 7}, {"Email": "", "UserName": " "}]
)
def test_a_user_whose_details_say_nothing_is_not_found_by_name(details: Any) -> None:
    def silent(path: str, query: dict[str, str], answer: Any) -> Any:
        if not path.endswith("/details"):
            return answer
        return envelope(details) if details else {"IsError": True, "ResponseMessage": "No", "ResponseData": None}

    assert "no user has" in unknown(Site(Reader(twist=silent).api), lambda site: site.user("ana"))


# ------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_rights_are_told_by_name(switches: dict[str, Any]) -> None:
    reader = Reader(denied=frozenset({"AssignToUser", "Update"}), **switches)

    may = Site(reader.api).may(61)

    assert may == dict.fromkeys(PERMISSIONS, True) | {"AssignToUser": False, "Update": False}


@pytest.mark.parametrize(
    "answer",
    [
        {"IsError": True, "ResponseMessage": "No such thing.", "ResponseData": None},
        envelope({}),
        envelope({"Update": "yes", "Other": True}),
    ],
)
def test_a_site_that_does_not_tell_rights_tells_none(answer: Any) -> None:
    assert Site(Reader(twist=lambda path, query, _: answer).api).may(61) == {}


# -------------------------------------------------------------------------------------- answers that fail


class Failing:
    """An Api that answers every GET with one error."""

    def __init__(self, status: int) -> None:
        self._status = status

    def get(self, path: str, params: Any = ()) -> Any:
        raise Refused("no", status=self._status)

    def get_all(self, requests: Any, *, denied: bool = False) -> Any:
        raise Refused("no", status=self._status)


ASKED: list[LookUp] = [
    lambda site: site.space("SOC"),
    lambda site: site.status(61, "New"),
    lambda site: site.can_be_assigned(61, 7, 17),
    lambda site: site.user("ana"),
    lambda site: site.may(61),
]


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_that_says_something_else_than_that_there_is_none_passes(ask: LookUp) -> None:
    with pytest.raises(Refused):
        ask(Site(Failing(403)))


def test_a_site_without_a_list_of_spaces_is_no_unknown_name() -> None:
    with pytest.raises(Refused):
        Site(Failing(404)).space("SOC")


def test_a_site_without_a_route_for_rights_tells_none() -> None:
    assert Site(Failing(404)).may(61) == {}


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_in_an_unknown_shape_is_an_error(ask: LookUp) -> None:
    with pytest.raises(ProtocolError):
        ask(Site(Reader(twist=lambda path, query, answer: envelope("x")).api))


@pytest.mark.parametrize("item", [{"IssueStatusID": 1}, {"IssueStatusID": "1", "IssueStatusName": "New"}, {}])
def test_an_item_in_an_unknown_shape_is_an_error_that_names_the_field(item: Any) -> None:
    with pytest.raises(ProtocolError, match="IssueStatus"):
        Site(Reader(twist=lambda path, query, answer: envelope([item])).api).status(61, "New")
