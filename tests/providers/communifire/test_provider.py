"""The adapter as the engine uses it, alone and in a workspace over an emulated site."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as Folder
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.record import Record
from reconciler.model.result import Status
from reconciler.model.values import Entry, Marker, Path, Ref, Secret, Template
from reconciler.providers.base import Sought
from reconciler.providers.communifire import Communifire
from reconciler.providers.communifire.emulator import DEFAULT_KEY, CommunifireEmulator, CommunifireSwitches
from reconciler.providers.communifire.schema import CommunifireSettings
from reconciler.providers.communifire.wire import marker_tag
from reconciler.testing.harness import Harness
from tests.providers.communifire.reader import Reader

A = Address("community", "a")
MARKER = Marker("L", "community.a", 7)
URL = "https://community.acme.example"
REF = Ref("b", "id")


class Place:
    """A source whose file is the path itself."""

    def at(self, path: Path = ()) -> Location:
        return Location(".".join(("case", *path)))


def communifire(**settings: Any) -> Communifire:
    given = {"type": "communifire", "url": URL, "api_key": SecretStr("k3y"), "space": "SOC", **settings}
    return Communifire(CommunifireSettings(**given))


# ------------------------------------------------------------------------------------ what is wrong offline

NO_SPACE = ("case", "community.a has no `space`")
NO_DELETE = ("case.lifecycle.on_remove", "community.a: Communifire has no delete")
NO_ID = "is not the id of a Communifire case"
SECRET_TAG = ("case.tags", "a tag cannot be a secret: all tags are sent, and shown, as one text")


def looked_up(name: str) -> tuple[str, str]:
    return f"case.{name}", f"`{name}` cannot refer to another case: it is looked up first"


@pytest.mark.parametrize(
    ("attributes", "more", "settings", "problems"),
    [
        ({}, {}, {}, []),
        ({}, {}, {"space": None}, [NO_SPACE]),
        ({}, {}, {"space": 0}, []),
        ({"space": 61}, {}, {"space": None}, []),
        ({}, {"adopt": "42"}, {"space": None}, []),
        ({}, {"adopt": "0"}, {}, [("case.import", f"'0' {NO_ID}")]),
        ({}, {"adopt": "IT-7"}, {"space": None}, [("case.import", f"'IT-7' {NO_ID}")]),
        ({}, {"lifecycle": Lifecycle(OnRemove.DELETE)}, {}, [NO_DELETE]),
        ({}, {"lifecycle": Lifecycle(OnRemove.DELETE)}, {"has_delete": True}, []),
        ({}, {"lifecycle": Lifecycle(OnRemove.CLOSE)}, {}, []),
        ({"status": REF}, {}, {}, [looked_up("status")]),
        ({"space": Template(("x", REF))}, {}, {}, [looked_up("space")]),
        (
            {"assignee": REF, "watchers": frozenset({REF, 17})},
            {},
            {},
            [looked_up("assignee"), looked_up("watchers")],
        ),
        ({"title": REF, "description": Template(("x", REF)), "tags": frozenset({REF})}, {}, {}, []),
        ({"tags": frozenset({Secret("x")})}, {}, {}, [SECRET_TAG]),
        ({name: Secret("x") for name in ("title", "description", "status", "assignee")}, {}, {}, []),
        ({"watchers": frozenset({Secret("x")})}, {}, {}, []),
    ],
)
def test_what_the_site_cannot_do_is_said_without_asking_it(
    attributes: dict[str, Any], more: dict[str, Any], settings: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    declared = Case(A, "communifire", attributes, Place(), **more)

    found = [(each.location.file, each.message) for each in communifire(**settings).check(declared)]

    assert found == problems


# ------------------------------------------------------------------------------------ small answers


def test_the_key_goes_in_its_header_and_nowhere_else() -> None:
    request = next(communifire().auth.auth_flow(httpx.Request("GET", f"{URL}/api/cases")))

    assert request.headers["rest-api-key"] == "k3y"
    assert "k3y" not in str(request.url)
    assert "authorization" not in request.headers


@pytest.mark.parametrize(("settings", "status"), [({}, "Closed"), ({"closed_status": "4"}, 4)])
def test_the_settings_say_what_closes(settings: dict[str, Any], status: Any) -> None:
    assert communifire(**settings).closing == {"status": status}


@pytest.mark.parametrize(
    ("answer", "refusal", "remark"),
    [
        ({"IsError": False, "ResponseMessage": "", "ResponseData": 1}, None, None),
        ({"IsError": False, "ResponseMessage": "ToBePublished", "ResponseData": 1}, None, None),
        ({"IsError": False, "ResponseMessage": " Pending ", "ResponseData": 1}, None, "the site says: Pending"),
        ({"IsError": True, "ResponseMessage": "No.", "ResponseData": None}, "No.", None),
        ({"UserID": 3}, None, None),
        ([], None, None),
        (None, None, None),
    ],
)
def test_an_answer_says_no_or_something_beside_a_yes(answer: Any, refusal: str | None, remark: str | None) -> None:
    assert communifire().refusal(answer) == refusal
    assert communifire().remark(answer) == remark


def test_an_answer_may_come_in_a_string_and_a_case_has_one_address() -> None:
    assert Communifire.answers_in_strings
    assert communifire(url=f"{URL}/").url_of("42") == f"{URL}/api/cases/42"


@pytest.mark.parametrize(
    ("tags", "is_marked"),
    [
        (("a", marker_tag(MARKER)), True),
        ((marker_tag(MARKER).upper(),), True),
        ((f" {marker_tag(MARKER)} ",), True),
        ((marker_tag(Marker("L", "community.a", 8)),), False),
        ((), False),
        (None, False),
    ],
)
def test_a_case_is_marked_by_a_tag_in_any_letters(tags: tuple[str, ...] | None, is_marked: bool) -> None:  # noqa: FBT001 (a table)
    live = Live("1", "", {}, listed={} if tags is None else {"tags": tags})

    assert communifire().is_marked(live, MARKER) is is_marked


ANA = {"assignee.ana": "#17", "watchers.ana": "#99"}
SEALED = Secret("ana").digest("L")


@pytest.mark.parametrize(
    ("after", "attribute", "handles", "added"),
    [
        ("ana", "watchers", ANA, {"#17"}),
        (17, "watchers", {}, {"#17"}),
        (SEALED, "watchers", {f"assignee.{SEALED.text}": "#17"}, {"#17"}),
        (None, "watchers", ANA, set()),
        ("ana", "tags", ANA, set()),
        ("bo", "watchers", ANA, {"bo"}),
        (Entry("x", {}), "watchers", {}, {"x"}),
    ],
)
def test_whoever_is_assigned_may_come_to_watch(
    after: Any, attribute: str, handles: Mapping[str, str], added: set[str]
) -> None:
    field = FieldChange(("assignee",), None, after)
    record = Record(A, "communifire", "1", "", {}, handles)

    change = Change(A, "communifire", Action.UPDATE, "1", fields=(field,), record=record)

    assert communifire().added(change, attribute) == added


def test_nobody_comes_to_watch_a_case_that_nobody_is_given() -> None:
    title = Change(A, "communifire", Action.UPDATE, "1", fields=(FieldChange(("title",), "A", "B"),))
    released = Change(A, "communifire", Action.RELEASE, "1", fields=(FieldChange(("assignee",), None, 17),))

    assert communifire().added(title, "watchers") == frozenset()
    assert communifire().added(released, "watchers") == {"#17"}


# ------------------------------------------------------------------------------------ lost creates


@pytest.mark.parametrize(
    ("declared", "setting", "within"),
    [
        ({}, "SOC", "spaceid=61"),
        ({}, 61, "spaceid=61"),
        ({"space": "Red Team"}, "SOC", "spaceid=62"),
        ({"space": 0}, "SOC", "spaceid=0"),
        ({}, None, None),
        ({"space": "Nowhere"}, "SOC", None),
        ({"space": Secret("SOC")}, "SOC", None),
    ],
)
def test_a_lost_case_is_looked_for_in_its_space_where_that_is_known(
    declared: dict[str, Any], setting: int | str | None, within: str | None
) -> None:
    site = Reader()
    space = {"spaceid=62": 62}.get(within or "", 61)
    made = site.emulator.seed_case(SpaceID=space, ReportedByUserID=3, TagsCSV=f"x,{marker_tag(MARKER)}")

    found = communifire(space=setting).find(site.api, Sought(MARKER, declared, None, earlier=True))

    first = site.lists()[0]
    assert ("spaceid=" in first, (within or "") in first) == (within is not None, True)
    assert found == [str(made)]


def test_a_lost_case_that_is_not_found_in_its_space_is_looked_for_everywhere() -> None:
    site = Reader()
    made = site.emulator.seed_case(SpaceID=62, ReportedByUserID=3, TagsCSV=marker_tag(MARKER))

    found = communifire(space="SOC").find(site.api, Sought(MARKER, {}, None, earlier=True))

    assert found == [str(made)]
    assert "spaceid=61" in site.lists()[0]
    assert "spaceid=" not in site.lists()[-1]


def test_a_case_that_is_older_than_the_create_is_not_it() -> None:
    site = Reader()
    site.emulator.seed_case(ReportedByUserID=3, TagsCSV=marker_tag(MARKER))
    site.clock.tick(60 * 60 * 24 * 3)
    since = site.clock().isoformat()

    assert communifire().find(site.api, Sought(MARKER, {}, since)) == []
    assert communifire().find(site.api, Sought(MARKER, {}, None)) == ["1"]


# ------------------------------------------------------------------------------------ in a workspace

TEXTS = {"title": "A", "description": "<p>a</p>"}


def harness(
    folder: Folder,
    *,
    env: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    **switches: Any,
) -> Harness:
    return Harness(
        folder,
        CommunifireEmulator(switches=CommunifireSwitches(**switches)),
        settings={"type": "communifire", "url": URL, "api_key": "${env.KEY}", "space": "SOC", **(settings or {})},
        env={"KEY": DEFAULT_KEY, **(env or {})},
        instance="community",
    )


def site_of(it: Harness) -> CommunifireEmulator:
    assert isinstance(it.emulator, CommunifireEmulator)
    return it.emulator


def test_an_import_whose_people_are_given_by_name_plans_to_no_request(tmp_path: Folder) -> None:
    it = harness(tmp_path)
    id = site_of(it).seed_case(AssignedToUserID=17, RecipientUserIDCSV="20,17", TagsCSV="x")
    it.declare(
        a={
            "import": str(id),
            "assignee": "ana@acme.example",
            "watchers": ["bo", "ana@acme.example"],
            "status": "new",
            "priority": 6,
            "tags": ["X"],
        }
    )

    (change,) = it.plan().changes

    assert (change.action, change.fields, change.operations) == (Action.IMPORT, (), ())
    it.apply()
    assert (it.writes, site_of(it).notifications) == ([], 0)
    assert it.record_of("a").handles == {
        "assignee.ana@acme.example": "#17",
        "watchers.bo": "#20",
        "watchers.ana@acme.example": "#17",
    }
    assert it.plan().is_empty


def test_of_an_import_that_differs_only_what_differs_is_planned(tmp_path: Folder) -> None:
    it = harness(tmp_path)
    id = site_of(it).seed_case(AssignedToUserID=17)
    it.declare(a={"import": str(id), "assignee": "ana@acme.example", "status": "Open"})

    (change,) = it.plan().changes

    assert [field.path for field in change.fields] == [("status",)]
    assert [operation.body for operation in change.operations] == [{"IssueStatusID": 2}]


def test_a_user_who_is_spelled_anew_is_looked_up_once_and_nothing_is_written(tmp_path: Folder) -> None:
    it = harness(tmp_path)
    it.declare(a={**TEXTS, "assignee": "ana@acme.example"})
    it.apply()
    it.forget_requests()
    it.declare(a={**TEXTS, "assignee": "ana"})

    it.apply()

    assert it.writes == []
    assert it.record_of("a").handles == {"assignee.ana": "#17"}
    it.forget_requests()
    assert it.plan().is_empty
    assert not any(call.path.startswith("/api/users") for call in it.reads)


def test_a_secret_name_is_not_in_the_state(tmp_path: Folder) -> None:
    it = harness(tmp_path, env={"STATUS": "Open", "WHO": "ana@acme.example"})
    it.declare(a={**TEXTS, "status": "${env.STATUS}", "assignee": "${env.WHO}"})

    it.apply()

    record = it.record_of("a")
    assert sorted(record.handles.values()) == ["#17", "#2"]
    assert "Open" not in it.state_text
    assert "ana@acme" not in it.state_text
    assert it.plan().is_empty
    assert not it.plan().refresh


def test_a_closed_status_that_is_unknown_is_said_where_it_is_set(tmp_path: Folder) -> None:
    it = harness(tmp_path, settings={"closed_status": "Erledigt"})
    it.declare(a={**TEXTS, "lifecycle": {"on_remove": "close"}}, b=TEXTS)
    it.apply()
    it.declare(b=TEXTS)

    with pytest.raises(ConfigError) as caught:
        it.plan()

    (problem,) = caught.value.problems
    assert problem.location.file == str(tmp_path / "reconciler.yaml")
    lines = (tmp_path / "reconciler.yaml").read_text().splitlines()
    assert lines[(problem.location.line or 0) - 1].strip().startswith(('"closed_status"', '"community"'))
    assert problem.message.startswith("community.a: space 61 has no status 'Erledigt'")


def test_a_case_is_closed_with_one_request_and_let_go(tmp_path: Folder) -> None:
    it = harness(tmp_path, settings={"closed_status": 4})
    it.declare(a={**TEXTS, "lifecycle": {"on_remove": "close"}}, b=TEXTS)
    it.apply()
    it.forget_requests()
    it.declare(b=TEXTS)

    it.apply()

    assert it.writes == [("PUT", "/api/cases/1", '{"IssueStatusID":4}')]
    assert it.plan().is_empty


def test_a_plan_that_reads_nothing_has_true_requests(tmp_path: Folder) -> None:
    it = harness(tmp_path)
    it.declare(a={**TEXTS, "tags": ["a"]})
    it.apply()
    site_of(it).edit(1, TagsCSV=f"{site_of(it).case(1)['TagsCSV']},theirs")
    it.declare(a={**TEXTS, "tags": ["b"], "category": "Mail"})

    (change,) = it.plan(refresh=False).changes
    ((marker,),) = [[tag for tag in site_of(it).case(1)["TagsCSV"].split(",") if tag.startswith("rc-")]]

    assert [operation.body for operation in change.operations] == [
        {"ProjectSectionID": 231, "TagsCSV": f"{marker},theirs,b"}
    ]


def test_another_project_takes_along_what_is_not_declared(tmp_path: Folder) -> None:
    it = harness(tmp_path)
    it.declare(a={**TEXTS, "project": "Incidents"})
    it.apply()
    mail = site_of(it).add_category(8, "Mail")
    site_of(it).edit(1, AssignedToUserID=20, ProjectSectionID=231)
    it.forget_requests()
    it.declare(a={**TEXTS, "project": "Requests"})

    it.apply()

    ((_, _, body),) = it.writes
    assert json.loads(body) == {"ProjectID": 8, "ProjectSectionID": mail, "MilestoneID": 0, "AssignedToUserID": 20}
    assert it.plan().is_empty


def test_a_site_that_says_more_than_yes_is_quoted(tmp_path: Folder) -> None:
    it = harness(tmp_path, message="PendingApproval")
    it.declare(a=TEXTS)

    (outcome,) = it.apply().outcomes

    assert (outcome.status, outcome.warnings) == (Status.DONE, ("the site says: PendingApproval",))
