"""What the names in changing cases mean: ids, looked up where the case is, and problems with their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.fields import Ownership
from reconciler.model.record import Record, State
from reconciler.model.values import Path, Secret
from reconciler.planning import planner
from reconciler.planning.naming import unnamed
from reconciler.planning.planner import HANDLES
from reconciler.providers.base import Subject, Wanted
from reconciler.providers.communifire.names import IDS, LISTED, SHOWN, look_up
from reconciler.providers.communifire.reading import read_cases
from reconciler.providers.communifire.schema import SCHEMA
from tests.providers.communifire.reader import Reader

A, LINEAGE = Address("community", "a"), "L"
TEXTS = {"title": "A", "description": "<p>a</p>"}


class Place:
    """A source whose file is the path itself."""

    def __init__(self, file: str = "case") -> None:
        self._file = file

    def at(self, path: Path = ()) -> Location:
        return Location(".".join((self._file, *path)))


class Site(Reader):
    """A site, and one case that is declared, recorded, live, or some of it."""

    def seeded(self, **wire: Any) -> str:
        """Put a case of the key's user there."""
        return str(
            self.emulator.seed_case(**{"ReportedByUserID": 3, "TagsCSV": "", "RecipientUserIDCSV": "", **wire})
        )

    def live(self, id: str, names: Sequence[str]) -> Live:
        return next(read_cases(self.api, Wanted({id: frozenset(names)}), lambda _: "https://x"))

    def subject(
        self,
        declared: Mapping[str, Any] | None,
        id: str | None = None,
        was: Mapping[str, Any] | None = None,
        *,
        handles: Mapping[str, str] | None = None,
        closing: Mapping[str, Any] | None = None,
        shown: Live | None = None,
        **more: Any,
    ) -> Subject:
        """Return the subject of the one change, as the workspace makes it; `shown` instead of what is live."""
        on_remove = Lifecycle(OnRemove.CLOSE)
        record = Record(A, "communifire", id or "", "https://x", was or {}, handles or {}, lifecycle=on_remove)
        records = {} if id is None or was is None else {A: record}
        cases = {} if declared is None else {A: Case(A, "communifire", declared, Place(), adopt=id, **more)}
        lives = {} if id is None else {A: shown or self.live(id, [*(declared or {}), *(was or {}), "status"])}
        state = State(LINEAGE, 7, records)
        closed = {"community": closing or {"status": "Closed"}}
        world = planner.World("acme", state, cases, records, lives, {"communifire": SCHEMA}, closed)
        (change,) = planner.draft(world).changes
        case = cases.get(A) or Case(A, "communifire", world.closed(A), Place("settings"))
        self.asked.clear()
        return Subject(change, case, lives.get(A), planner.marker_of(A, state))


def found(site: Site, subject: Subject, space: int | str | None = "SOC") -> Mapping[str, Any]:
    """Look up the names of one case."""
    return look_up(site.api, [subject], space)[A]


def ids(site: Site, subject: Subject, space: int | str | None = "SOC") -> Mapping[str, int]:
    made: Mapping[str, int] = found(site, subject, space)[IDS]
    return made


def problems(site: Site, subject: Subject, space: int | str | None = "SOC") -> list[tuple[str, str]]:
    """Return what is wrong, each with its place."""
    with pytest.raises(ConfigError) as caught:
        look_up(site.api, [subject], space)
    return [(each.location.file, each.message.removeprefix(f"{A}: ")) for each in caught.value.problems]


def paths(site: Site) -> list[str]:
    """Return what was asked for, without first pages' followers."""
    asked = (each.partition("?")[0].removeprefix("/api/") for each in site.asked)
    return [*dict.fromkeys(asked)]


# ------------------------------------------------------------------------------------ new cases


def test_every_name_of_a_new_case_becomes_an_id() -> None:
    site = Site()
    declared = {
        **TEXTS,
        "space": "soc",
        "project": "Incidents",
        "category": "Mail",
        "milestone": "spring",
        "status": "OPEN",
        "priority": "High",
        "assignee": "Ana@acme.example",
        "tags": frozenset({"x"}),
        "watchers": frozenset({"bo", 21}),
    }

    assert found(site, site.subject(declared)) == {
        IDS: {
            "space": 61,
            "status": 2,
            "priority": 5,
            "project": 7,
            "category": 231,
            "milestone": 40,
            "assignee": 17,
        },
        HANDLES: {
            "space.soc": "#61",
            "status.OPEN": "#2",
            "priority.High": "#5",
            "project.Incidents": "#7",
            "category.Mail": "#231",
            "milestone.spring": "#40",
            "assignee.Ana@acme.example": "#17",
            "watchers.bo": "#20",
        },
        LISTED: {},
        SHOWN: {},
    }


def test_ids_are_taken_as_they_are() -> None:
    site = Site()
    declared = {
        **TEXTS,
        "space": 61,
        "project": 8,
        "category": 300,
        "milestone": 1,
        "status": 99,
        "priority": 5,
        "assignee": 20,
        "watchers": frozenset({99}),
    }

    made = found(site, site.subject(declared))

    assert made[IDS] == {
        "space": 61,
        "project": 8,
        "category": 300,
        "milestone": 1,
        "status": 99,
        "priority": 5,
        "assignee": 20,
    }
    assert made[HANDLES] == {}
    assert paths(site) == ["permissions/access", "spaces/61/cases/projects/8/assignto"]


def test_nothing_is_asked_that_need_not_be_known() -> None:
    site = Site()

    assert ids(site, site.subject(TEXTS)) == {"space": 61}
    assert paths(site) == ["spaces", "permissions/access"]


@pytest.mark.parametrize(("setting", "id"), [("SOC", 61), (62, 62), ("Red Team", 62), (0, 0)])
def test_a_new_case_is_made_in_the_space_of_the_settings(setting: int | str, id: int) -> None:
    site = Site()

    assert ids(site, site.subject(TEXTS), setting) == {"space": id}


@pytest.mark.parametrize("setting", ["SOC", None])
def test_a_space_of_its_own_counts_more(setting: str | None) -> None:
    site = Site()

    assert ids(site, site.subject({**TEXTS, "space": "Red Team", "status": "Closed"}), setting) == {
        "space": 62,
        "status": 14,
    }


def test_without_a_project_it_is_the_default_of_the_space_that_names_are_looked_up_in() -> None:
    site = Site()
    declared = {**TEXTS, "category": "Mail", "assignee": "zoe"}

    assert ids(site, site.subject(declared), "Red Team") == {"space": 62, "category": 700, "assignee": 21}


def test_a_space_without_a_default_project_needs_one_to_be_declared() -> None:
    site = Site()
    space = site.emulator.add_space("Legal")

    assert problems(site, site.subject({**TEXTS, "category": "Mail"}), space) == [
        ("case.project", f"space {space} has no default project")
    ]
    assert ids(site, site.subject(TEXTS), space) == {"space": space}


@pytest.mark.parametrize(
    ("attribute", "which", "said"),
    [
        ("space", "Nowhere", "the site has no space 'Nowhere'; it has"),
        ("status", "Opn", "space 61 has no status 'Opn'; it has 'Closed', 'New', 'Open'"),
        ("priority", "Low", "space 61 has no priority 'Low'"),
        ("project", "Else", "space 61 has no project 'Else'"),
        ("category", "Access", "project 7 in space 61 has no category 'Access'"),
        ("milestone", "Autumn", "project 7 in space 61 has no milestone 'Autumn'"),
        ("assignee", "nobody@acme.example", "no user has the e-mail address"),
        ("assignee", "0", "no user has the e-mail address"),
        ("assignee", "9" * 5000, "no user has the e-mail address"),
        ("assignee", "zoe@acme.example", "user 21 cannot be assigned to cases of project 7 in space 61"),
        ("assignee", 99, "user 99 cannot be assigned to cases of project 7 in space 61"),
        ("watchers", frozenset({"nobody"}), "no user has the e-mail address"),
    ],
)
def test_what_is_not_there_is_said_with_its_place(attribute: str, which: Any, said: str) -> None:
    site = Site()

    ((place, message),) = problems(site, site.subject({**TEXTS, attribute: which}))

    assert place == f"case.{attribute}"
    assert message.startswith(said)


def test_everything_that_is_wrong_with_every_case_is_said_at_once() -> None:
    site = Site()
    one = site.subject({**TEXTS, "status": "Opn", "assignee": "nobody", "watchers": frozenset({"who"})})
    other = site.subject({**TEXTS, "space": "Nowhere", "status": "Opn"})

    with pytest.raises(ConfigError) as caught:
        look_up(site.api, [one, other], "SOC")

    assert [each.location.file for each in caught.value.problems] == [
        "case.assignee",
        "case.space",
        "case.status",
        "case.watchers",
    ]


def test_where_no_space_is_known_it_is_said() -> None:
    site = Site()

    assert problems(site, site.subject(TEXTS), None) == [
        ("case.space", "it is not known which space the case is in")
    ]


def test_two_of_one_name_are_an_error() -> None:
    site = Site()
    site.emulator.add_status(61, "open")

    ((place, message),) = problems(site, site.subject({**TEXTS, "status": "Open"}))

    assert (place, message.partition(":")[0]) == ("case.status", "space 61 has more than one status 'Open'")


# ------------------------------------------------------------------------------------ digits and secrets


@pytest.mark.parametrize("who", ["17", Secret("17"), 17])
def test_digits_are_the_id_of_a_user_quoted_or_not(who: Any) -> None:
    site = Site()

    made = found(site, site.subject({**TEXTS, "assignee": who}))

    assert made[IDS]["assignee"] == 17
    assert not any(path.startswith("users") for path in paths(site))


@pytest.mark.parametrize(
    ("attribute", "text", "id"),
    [
        ("status", "Open", 2),
        ("priority", "high", 5),
        ("project", "Requests", 8),
        ("category", "Mail", 231),
        ("milestone", "Spring", 40),
        ("assignee", "ana@acme.example", 17),
        ("space", "SOC", 61),
    ],
)
def test_a_secret_name_is_looked_up_and_remembered_by_its_digest(attribute: str, text: str, id: int) -> None:
    site = Site()
    secret = Secret(text)

    made = found(site, site.subject({**TEXTS, attribute: secret}))

    assert made[IDS][attribute] == id
    assert made[HANDLES] == {f"{attribute}.{secret.digest(LINEAGE).text}": f"#{id}"}


def test_secret_watchers_are_looked_up_by_their_texts() -> None:
    site = Site()
    secret = Secret("bo@acme.example")

    made = found(site, site.subject({**TEXTS, "watchers": frozenset({secret, "ana"})}))

    assert made[HANDLES] == {f"watchers.{secret.digest(LINEAGE).text}": "#20", "watchers.ana": "#17"}


@pytest.mark.parametrize("attribute", ["space", "status", "project", "assignee", "watchers"])
def test_a_secret_that_means_nothing_is_not_told(attribute: str) -> None:
    site = Site()
    secret = Secret("hunter2")
    declared = {**TEXTS, attribute: frozenset({secret}) if attribute == "watchers" else secret}

    with pytest.raises(ConfigError) as caught:
        look_up(site.api, [site.subject(declared)], "SOC")

    assert "hunter2" not in repr(caught.value.problems)
    assert "(a secret)" in str(caught.value)


# ------------------------------------------------------------------------------------ cases that change


def test_of_a_change_only_what_changes_is_looked_up() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17)
    was = {"status": "New", "priority": "Normal", "assignee": "ana@acme.example"}

    subject = site.subject({**was, "status": "Open"}, id, was, handles={"assignee.ana@acme.example": "#17"})

    made = found(site, subject)

    assert (made[IDS], made[HANDLES]) == ({"status": 2}, {"status.Open": "#2"})
    assert paths(site) == ["permissions/access", "spaces/61/cases/statuses"]


def test_a_case_is_looked_up_where_it_is_and_not_where_new_ones_go() -> None:
    site = Site()
    id = site.seeded(SpaceID=62)

    assert ids(site, site.subject({"status": "Running", "category": "Mail"}, id)) == {
        "status": 12,
        "category": 700,
    }


def test_what_ignores_changes_is_not_looked_up() -> None:
    site = Site()
    id = site.seeded()
    declared, was = {"status": "Nonsense", "priority": "High"}, {"priority": "Normal"}

    subject = site.subject(declared, id, was, lifecycle=Lifecycle(ignore_changes=("status",)))

    assert ids(site, subject) == {"priority": 5}


def test_nothing_is_sent_as_zero() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17, ProjectSectionID=231, MilestoneID=40)
    was = {"assignee": 17, "category": "Mail", "milestone": "Spring"}

    assert ids(site, site.subject(dict.fromkeys(was), id, was)) == {"category": 0, "milestone": 0, "assignee": 0}
    assert paths(site) == ["permissions/access"]


def test_an_assignee_must_be_assignable_in_the_project_that_the_case_is_in() -> None:
    site = Site()
    id = site.seeded(ProjectID=8)

    assert problems(site, site.subject({"assignee": "ana"}, id)) == [
        ("case.assignee", "user 17 cannot be assigned to cases of project 8 in space 61")
    ]


def test_watchers_that_come_are_looked_up_and_those_that_stay_or_go_are_not() -> None:
    site = Site()
    id = site.seeded(TagsCSV="a, b", RecipientUserIDCSV="20,17")
    was = {"watchers": frozenset({"bo", "ana"})}
    handles = {"watchers.bo": "#20", "watchers.ana": "#17"}

    made = found(site, site.subject({"watchers": frozenset({"bo", "zoe"})}, id, was, handles=handles))

    assert made == {
        IDS: {},
        HANDLES: {"watchers.zoe": "#21"},
        LISTED: {"tags": ("a", "b"), "watchers": ("20", "17")},
        SHOWN: {},
    }


def test_the_members_of_sets_are_told_as_they_are_with_what_is_hidden() -> None:
    site = Site()
    id = site.seeded(TagsCSV="x,rc-0123456789abcdef,theirs")

    subject = site.subject({"tags": frozenset({"y"})}, id, ownership={"tags": Ownership.SHARED})

    assert found(site, subject)[LISTED]["tags"] == ("x", "rc-0123456789abcdef", "theirs")


# ------------------------------------------------------------------------------------ another project


def test_in_another_project_what_is_declared_is_looked_up_there() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17, ProjectSectionID=231, MilestoneID=40)
    was = {"project": "Incidents", "category": "Mail", "milestone": "Spring", "assignee": 17}
    declared = {"project": "Requests", "category": "Access", "milestone": None, "assignee": "bo"}

    assert ids(site, site.subject(declared, id, was)) == {
        "project": 8,
        "category": 300,
        "milestone": 0,
        "assignee": 20,
    }


def test_of_the_old_project_it_is_told_what_the_case_has() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17, ProjectSectionID=231, MilestoneID=0)

    shown = found(site, site.subject({"project": "Requests"}, id, {"project": "Incidents"}))[SHOWN]

    assert shown == {"category": "Mail", "milestone": None, "assignee": 17}


def test_what_is_declared_as_before_is_looked_up_in_the_new_project_too() -> None:
    site = Site()
    anew = site.emulator.add_category(8, "Mail")
    id = site.seeded(AssignedToUserID=20, ProjectSectionID=231)
    was = {"project": "Incidents", "category": "mail", "milestone": None, "assignee": "bo"}
    handles = {"assignee.bo": "#20"}

    subject = site.subject({**was, "project": "Requests"}, id, was, handles=handles)

    assert ids(site, subject) == {"project": 8, "category": anew, "milestone": 0, "assignee": 20}


def test_what_is_declared_as_before_and_is_not_in_the_new_project_is_said() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17, ProjectSectionID=231, MilestoneID=40)
    was = {"project": "Incidents", "category": "Mail", "milestone": "Spring", "assignee": "ana"}

    subject = site.subject({**was, "project": "Requests"}, id, was, handles={"assignee.ana": "#17"})

    assert [place for place, _ in problems(site, subject)] == ["case.assignee", "case.category", "case.milestone"]


@pytest.mark.parametrize(("assignee", "kept"), [(20, 20), (17, 0), (0, 0)])
def test_an_assignee_that_is_not_declared_stays_where_the_new_project_knows_them(assignee: int, kept: int) -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=assignee)

    assert ids(site, site.subject({"project": 8}, id, {"project": 7})) == {
        "project": 8,
        "category": 0,
        "milestone": 0,
        "assignee": kept,
    }


@pytest.mark.parametrize(
    ("there", "category", "milestone"),
    [
        ([], False, False),
        (["mail"], True, False),
        (["Mail", "MAIL"], False, False),
        (["mail", "spring"], True, True),
    ],
)
def test_what_is_not_declared_becomes_what_is_called_so_in_the_new_project(
    there: Sequence[str],
    category: bool,  # noqa: FBT001 (a table)
    milestone: bool,  # noqa: FBT001 (a table)
) -> None:
    site = Site()
    id = site.seeded(ProjectSectionID=231, MilestoneID=40)
    add = {"spring": site.emulator.add_milestone}
    made = [add.get(name, site.emulator.add_category)(8, name) for name in there]

    sent = ids(site, site.subject({"project": 8}, id, {"project": 7}))

    assert sent["category"] == (made[0] if category else 0)
    assert sent["milestone"] == (made[1] if milestone else 0)


def test_what_has_no_category_gets_none_in_the_new_project() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=0)

    assert ids(site, site.subject({"project": "Requests"}, id)) == {
        "project": 8,
        "category": 0,
        "milestone": 0,
        "assignee": 0,
    }


def test_what_ignores_changes_goes_with_the_project_as_if_it_were_not_declared() -> None:
    site = Site()
    id = site.seeded(AssignedToUserID=17, ProjectSectionID=231)
    declared = {"project": "Requests", "category": "Mail", "assignee": "ana"}
    ignored = Lifecycle(ignore_changes=("category", "assignee"))

    subject = site.subject(declared, id, {"project": "Incidents"}, lifecycle=ignored)

    assert ids(site, subject) == {"project": 8, "category": 0, "milestone": 0, "assignee": 0}


def test_a_project_that_is_unknown_leaves_the_rest_to_the_one_that_the_case_is_in() -> None:
    site = Site()
    id = site.seeded()

    assert [place for place, _ in problems(site, site.subject({"project": "Else", "category": "Mail"}, id))] == [
        "case.project"
    ]


# ------------------------------------------------------------------------------------ rights


@pytest.mark.parametrize(
    ("right", "declared", "place"),
    [
        ("UpdateIssueStatus", {"status": "Open"}, "status"),
        ("UpdateIssuePriority", {"priority": "High"}, "priority"),
        ("AssignToUser", {"assignee": "ana"}, "assignee"),
        ("AddRecipients", {"watchers": frozenset({"bo"})}, "watchers"),
    ],
)
def test_what_the_key_may_not_write_is_said_in_the_plan(right: str, declared: Any, place: str) -> None:
    site = Site(denied=frozenset({right}))
    id = site.seeded(AssignedToUserID=0)
    said = [(f"case.{place}", f"the key may not write `{place}` in space 61")]

    assert problems(site, site.subject(declared, id)) == said
    assert problems(site, site.subject({**TEXTS, **declared})) == said
    assert ids(site, site.subject({"title": "B"}, id)) == {}


def test_who_may_not_create_may_change() -> None:
    site = Site(denied=frozenset({"Create"}))
    id = site.seeded()

    assert problems(site, site.subject(TEXTS)) == [("case.space", "the key may not create cases in space 61")]
    assert ids(site, site.subject({"status": "Open"}, id)) == {"status": 2}


@pytest.mark.parametrize("denied", [{"Update"}, {"AdminEntityUpdate"}, {"Update", "AdminEntityUpdate"}])
def test_who_may_change_neither_their_own_cases_nor_others_may_only_create(denied: set[str]) -> None:
    site = Site(denied=frozenset(denied))
    subject = site.subject({"title": "B"}, site.seeded())

    if len(denied) == 1:
        assert ids(site, subject) == {}
    else:
        assert problems(site, subject) == [("case.title", "the key may not change cases in space 61")]
    assert ids(site, site.subject(TEXTS)) == {"space": 61}


def test_a_site_that_tells_no_rights_is_tried() -> None:
    def silent(path: str, query: dict[str, str], answer: Any) -> Any:
        if path == "/api/permissions/access":
            return {"IsError": True, "ResponseMessage": "no such thing", "ResponseData": None}
        return answer

    site = Site(denied=frozenset({"Create", "UpdateIssueStatus"}))
    site.twist = silent

    assert ids(site, site.subject({**TEXTS, "status": "Open"})) == {"space": 61, "status": 2}


# ------------------------------------------------------------------------------------ closing


@pytest.mark.parametrize(("closing", "id"), [("Closed", 4), ("open", 2), (4, 4), (99, 99)])
def test_the_status_that_closes_is_looked_up_in_the_space_of_the_case(closing: Any, id: int) -> None:
    site = Site()
    case = site.seeded()

    assert ids(site, site.subject(None, case, TEXTS, closing={"status": closing}), None) == {"status": id}


def test_a_status_that_closes_and_is_not_there_is_said_where_it_is_set() -> None:
    site = Site()
    subject = site.subject(None, site.seeded(SpaceID=62), TEXTS, closing={"status": "Erledigt"})

    ((place, message),) = problems(site, subject)

    assert place == "settings.status"
    assert message.startswith("space 62 has no status 'Erledigt'; it has 'Closed', 'Running', 'Scoping'")


# ------------------------------------------------------------------------------------ nothing was read


def as_recorded(id: str, was: Mapping[str, Any]) -> Live:
    """Return what is recorded as if it were live, as a plan has it that reads nothing."""
    return Live(id, "https://x", unnamed(was, SCHEMA, {}))


def test_a_plan_that_reads_nothing_reads_where_the_case_is_before_names_are_looked_up() -> None:
    site = Site()
    id = site.seeded(SpaceID=62)
    was = {"status": "Scoping"}

    subject = site.subject({"status": "Running", "category": "Mail"}, id, was, shown=as_recorded(id, was))

    assert ids(site, subject) == {"status": 12, "category": 700}
    assert site.asked[0] == f"/api/cases/{id}"


def test_a_plan_that_reads_nothing_reads_the_sets_that_are_sent_whole() -> None:
    site = Site()
    id = site.seeded(TagsCSV="a,theirs")
    was = {"tags": frozenset({"a"}), "space": 61, "project": 7}

    subject = site.subject({**was, "tags": frozenset({"b"})}, id, was, shown=as_recorded(id, was))

    assert found(site, subject)[LISTED]["tags"] == ("a", "theirs")


def test_a_case_that_is_gone_meanwhile_is_looked_up_as_it_is_recorded() -> None:
    site = Site()
    was = {"tags": frozenset({"a"}), "space": 61, "project": 7, "status": "New"}

    subject = site.subject(
        {**was, "tags": frozenset({"b"}), "status": "Open"}, "77", was, shown=as_recorded("77", was)
    )

    assert found(site, subject) == {
        IDS: {"status": 2},
        HANDLES: {"status.Open": "#2"},
        LISTED: {},
        SHOWN: {},
    }
    gone = site.subject({"status": "Open"}, "77", {"status": "New"}, shown=as_recorded("77", {"status": "New"}))
    assert ids(site, gone) == {"space": 61, "status": 2}
    assert problems(site, gone, None)[0][0] == "case.space"
