"""This change → this request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from reconciler.errors import Location, PlanRefused
from reconciler.model.address import Address
from reconciler.model.case import Case, Lifecycle, Live, OnRemove
from reconciler.model.change import Action, Change
from reconciler.model.fields import Ownership
from reconciler.model.operation import Merge, Operation, Repeat
from reconciler.model.record import Record, State
from reconciler.model.values import Marker, Path, Ref, Secret, Template
from reconciler.planning import planner
from reconciler.planning.planner import HANDLES
from reconciler.providers.communifire.names import IDS, LISTED, SHOWN
from reconciler.providers.communifire.provider import Communifire
from reconciler.providers.communifire.schema import SCHEMA, CommunifireSettings
from reconciler.providers.communifire.wire import marker_tag

A = Address("community", "a")
CASE = "/api/cases/42"
TAG = marker_tag(Marker("L", "community.a", 7))
SECRET = Secret("hunter2")
TEXTS = {"title": "A", "description": "<p>a</p>"}
BODY = {"IssueTitle": "A"}
THREE = {f"watchers.{SECRET.digest('L').text}": "#3"}
ANA, BO, ZOE = {"watchers.ana": "#17"}, {"watchers.bo": "#20"}, {"watchers.zoe": "#9"}


class Nowhere:
    def at(self, path: Path = ()) -> Location:
        return Location("a.yaml", 3, 7)


@dataclass(frozen=True)
class World:
    """A case as it was applied, as it is declared now, and what a look-up says of it."""

    was: Mapping[str, Any] | None = None
    """Recorded, and live too; None for a new case."""
    now: Mapping[str, Any] | None = None
    """Declared; None where the block has left."""
    live: Mapping[str, Any] = field(default_factory=dict)
    """What the site shows otherwise than it was applied."""
    ids: Mapping[str, int] = field(default_factory=dict)
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    handles: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    shared: Sequence[str] = ()
    on_remove: OnRemove = OnRemove.RELEASE
    adopts: bool = False
    """It was never applied, only live."""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def change(self) -> Change:
        """What is to be done about the case."""
        records = {} if self.was is None or self.adopts else {A: self._record}
        cases = {} if self.now is None else {A: self._case}
        lives = {} if self.was is None else {A: Live("42", "https://x", {**self.was, **self.live})}
        world = planner.World("acme", State("L", 7, records), cases, records, lives, {"communifire": SCHEMA})
        meanings = {A: {IDS: self.ids, LISTED: self.listed, HANDLES: self.handles, SHOWN: self.shown}}
        operations = {"community": communifire(**self.settings).operations}
        (change,) = planner.finish(planner.draft(world), world, operations, meanings, now="").changes
        return change

    @property
    def request(self) -> Operation:
        """The one request that it takes."""
        (operation,) = self.change.operations
        return operation

    @property
    def _record(self) -> Record:
        lifecycle = Lifecycle(self.on_remove)
        return Record(A, "communifire", "42", "https://x", self.was or {}, self.handles, lifecycle=lifecycle)

    @property
    def _case(self) -> Case:
        ownership = dict.fromkeys(self.shared, Ownership.SHARED)
        adopt = "42" if self.adopts else None
        return Case(A, "communifire", self.now or {}, Nowhere(), ownership=ownership, adopt=adopt)


def communifire(**settings: Any) -> Communifire:
    given = {"type": "communifire", "url": "https://acme.example", "api_key": SecretStr("k3y"), **settings}
    return Communifire(CommunifireSettings(**given))


def tags(*names: Any) -> dict[str, Any]:
    return {"tags": frozenset(names)}


def watchers(*names: Any) -> dict[str, Any]:
    return {"watchers": frozenset(names)}


# ------------------------------------------------------------------------------------ new cases

EVERY_ID = {
    "space": 61,
    "project": 7,
    "category": 231,
    "milestone": 40,
    "status": 2,
    "priority": 5,
    "assignee": 17,
}
NAMES = {
    "project": "Incidents",
    "category": "Mail",
    "milestone": "Spring",
    "status": "Open",
    "priority": "High",
    "assignee": "ana",
}


@pytest.mark.parametrize(
    ("now", "more", "body"),
    [
        pytest.param({}, {"ids": {"space": 61}}, {"SpaceID": 61}, id="the least"),
        pytest.param({}, {"ids": {"space": 0}}, {"SpaceID": 0}, id="at the top level"),
        pytest.param(
            NAMES,
            {"ids": EVERY_ID},
            {
                "SpaceID": 61,
                "ProjectID": 7,
                "ProjectSectionID": 231,
                "MilestoneID": 40,
                "IssueStatusID": 2,
                "IssuePriorityID": 5,
                "AssignedToUserID": 17,
            },
            id="every name",
        ),
        pytest.param({"space": "SOC"}, {"ids": {"space": 61}}, {"SpaceID": 61}, id="a space of its own"),
        pytest.param(tags("b", "a"), {}, {"TagsCSV": f"a,b,{TAG}"}, id="tags in order, then the marker"),
        pytest.param(
            watchers("bo", "zoe", 17),
            {"handles": {**BO, **ZOE}},
            {"RecipientUserIDCSV": "9,17,20"},
            id="watchers by age",
        ),
        pytest.param({**tags(), **watchers()}, {}, {}, id="empty sets are not written"),
        pytest.param(dict.fromkeys(("assignee", "category")), {}, {}, id="nor is nobody"),
        pytest.param(
            {"title": Ref("b", "url"), **tags("x", Template(("see-", Ref("b", "id"))))},
            {},
            {"IssueTitle": Ref("b", "url"), "TagsCSV": Template(("x,see-", Ref("b", "id"), f",{TAG}"))},
            id="what another case will be",
        ),
        pytest.param(
            tags(Ref("b", "id")),
            {},
            {"TagsCSV": Template((Ref("b", "id"), f",{TAG}"))},
            id="a tag that is unknown",
        ),
        pytest.param({"title": SECRET}, {}, {"IssueTitle": SECRET.digest("L")}, id="a secret title"),
    ],
)
def test_a_new_case_takes_one_request_with_all_that_is_declared(
    now: Mapping[str, Any], more: dict[str, Any], body: Mapping[str, Any]
) -> None:
    usual = {"IssueTitle": "A", "IssueDescription": "<p>a</p>", "TagsCSV": TAG}

    made = World(now={**TEXTS, **now}, **more).request

    assert made.body == {**usual, **body}
    assert (made.method, made.path, made.why) == ("POST", "/api/cases", "create the case")


def test_a_create_is_looked_for_if_its_answer_is_lost_and_read_back() -> None:
    made = World(now={**TEXTS, **tags("x")}, ids={"space": 61})

    assert made.request == Operation(
        "POST",
        "/api/cases",
        {
            "IssueTitle": "A",
            "SpaceID": 61,
            "IssueDescription": "<p>a</p>",
            "TagsCSV": f"x,{TAG}",
        },
        "create the case",
        fields=(("description",), ("tags",), ("title",)),
        captures={"id": ("ResponseData",)},
        repeat=Repeat.LOOK,
        reads_back=True,
    )
    assert list(made.request.body) == ["IssueTitle", "SpaceID", "IssueDescription", "TagsCSV"]


@pytest.mark.parametrize(("form", "as_text"), [("object", False), ("string", True)])
def test_either_body_goes_as_the_settings_say(form: str, as_text: bool) -> None:  # noqa: FBT001 (a table)
    create = World(now=TEXTS, settings={"create_body": form})
    update = World(was=TEXTS, now={**TEXTS, "title": "B"}, settings={"update_body": form})

    assert (create.request.as_text, update.request.as_text) == (as_text, as_text)


def test_an_update_goes_as_a_string_and_a_create_as_an_object_unless_told_otherwise() -> None:
    assert not World(now=TEXTS).request.as_text
    assert World(was=TEXTS, now={**TEXTS, "title": "B"}).request.as_text


# ------------------------------------------------------------------------------------ updates


@pytest.mark.parametrize(
    ("was", "now", "ids", "body", "why"),
    [
        ({"title": "B"}, {"title": "A"}, {}, BODY, "set title"),
        ({"description": "b"}, {"description": "a"}, {}, {"IssueDescription": "a"}, "set description"),
        ({"status": "New"}, {"status": "Open"}, {"status": 2}, {"IssueStatusID": 2}, "set status"),
        ({"priority": "Low"}, {"priority": 5}, {"priority": 5}, {"IssuePriorityID": 5}, "set priority"),
        ({"assignee": 20}, {"assignee": "ana"}, {"assignee": 17}, {"AssignedToUserID": 17}, "set assignee"),
        ({"assignee": 20}, {"assignee": None}, {"assignee": 0}, {"AssignedToUserID": 0}, "set assignee"),
        ({"category": "Mail"}, {"category": None}, {"category": 0}, {"ProjectSectionID": 0}, "set category"),
        ({"milestone": "Spring"}, {"milestone": None}, {"milestone": 0}, {"MilestoneID": 0}, "set milestone"),
        (
            {"title": "B", "status": "New", "description": "a"},
            {"title": "A", "status": "Open", "description": "a"},
            {"status": 2},
            {"IssueTitle": "A", "IssueStatusID": 2},
            "set status, title",
        ),
        (
            {"project": "Incidents", "category": "Mail"},
            {"project": "Requests", "category": "Access"},
            {"project": 8, "category": 300, "milestone": 0, "assignee": 20},
            {"ProjectID": 8, "ProjectSectionID": 300, "MilestoneID": 0, "AssignedToUserID": 20},
            "set category, project; set milestone, assignee as the new project has it",
        ),
        (
            {"project": "Incidents"},
            {"project": "Requests"},
            {"project": 8, "category": 0, "milestone": 0, "assignee": 0},
            {"ProjectID": 8, "ProjectSectionID": 0, "MilestoneID": 0, "AssignedToUserID": 0},
            "set project; set category, milestone, assignee as the new project has it",
        ),
        ({"status": "New"}, {"status": "Open"}, {"status": 2, "space": 61}, {"IssueStatusID": 2}, "set status"),
    ],
)
def test_an_update_takes_one_request_with_what_changes_and_nothing_else(
    was: dict[str, Any], now: dict[str, Any], ids: dict[str, int], body: dict[str, Any], why: str
) -> None:
    made = World(was=was, now=now, ids=ids)

    assert made.request == Operation(
        "PUT",
        CASE,
        body,
        why,
        fields=tuple(each.path for each in made.change.fields),
        as_text=True,
        reads_back=True,
    )


WHOLE = "the whole list is sent, read again just before"
ONE_EACH = "add 1 tag and remove 1 tag"
HIDDEN = ("a", "rc-0123456789abcdef", "old")


@pytest.mark.parametrize(
    ("was", "now", "more", "csv", "why"),
    [
        pytest.param(tags("a", "old"), tags("a", "old", "new"), {}, "a,{m},old,new", "add 1 tag", id="one comes"),
        pytest.param(tags("a", "old"), tags("a"), {}, "a,{m}", "remove 1 tag", id="one goes"),
        pytest.param(
            tags("a", "old"), tags("c", "b"), {}, "{m},b,c", "add 2 tags and remove 2 tags", id="all others"
        ),
        pytest.param(tags("a", "old"), tags(), {}, "{m}", "remove 2 tags", id="none"),
        pytest.param(tags("a", "old"), tags("A", "new"), {}, "a,{m},new", ONE_EACH, id="respelled"),
        pytest.param(
            tags("a", "old"),
            tags("a", "new"),
            {"live": tags("a", "OLD"), "listed": {"tags": ("a", "rc-0123456789abcdef", " OLD ")}},
            "a,{m},new",
            ONE_EACH,
            id="in other letters",
        ),
        pytest.param(
            tags("a", "old"),
            tags("a", "new"),
            {
                "shared": ["tags"],
                "live": tags("a", "old", "theirs"),
                "listed": {"tags": ("theirs", *HIDDEN)},
            },
            "theirs,a,{m},new",
            ONE_EACH,
            id="others have some as well",
        ),
        pytest.param(
            tags("a", "old"), tags("a", "old", "new"), {"listed": {}}, "new", "add 1 tag", id="nothing was listed"
        ),
    ],
)
def test_tags_are_sent_whole_with_what_is_hidden_among_them(
    was: dict[str, Any], now: dict[str, Any], more: dict[str, Any], csv: str, why: str
) -> None:
    listed = more.get("listed", {"tags": HIDDEN})

    made = World(was=was, now=now, **{"listed": listed, **more}).request

    assert made.body == {"TagsCSV": csv.format(m="rc-0123456789abcdef")}
    assert made.merges == {"TagsCSV": Merge("tags", listed.get("tags", ()))}
    assert made.why == f"{why}: {WHOLE}"
    assert made.fields == (("tags",),)


@pytest.mark.parametrize(
    ("was", "now", "handles", "csv"),
    [
        pytest.param(watchers("bo"), watchers("bo", 17), BO, "20,5,17", id="an id comes"),
        pytest.param(
            watchers("bo"), watchers("bo", "ana", "zoe"), {**ANA, **BO, **ZOE}, "20,5,9,17", id="names come"
        ),
        pytest.param(watchers("bo"), watchers("ana"), {**ANA, **BO}, "5,17", id="one for another"),
        pytest.param(watchers("bo", 5), watchers("bo"), BO, "20", id="an id goes"),
        pytest.param(watchers("bo", 5), watchers(), BO, "", id="none"),
        pytest.param(
            watchers("bo"),
            watchers("bo", SECRET),
            {**BO, **THREE},
            "20,5,3",
            id="a secret",
        ),
    ],
)
def test_watchers_are_sent_whole_by_their_ids(
    was: dict[str, Any], now: dict[str, Any], handles: dict[str, str], csv: str
) -> None:
    live = {"watchers": frozenset({20, 5} if 5 in was["watchers"] else {20})}
    made = World(was=was, now=now, handles=handles, listed={"watchers": ("20", "5")}, live=live, shared=())

    assert made.request.body == {"RecipientUserIDCSV": csv}
    assert made.request.merges == {"RecipientUserIDCSV": Merge("watchers", ("20", "5"))}


def test_everything_that_changes_goes_in_one_request() -> None:
    made = World(
        was={"title": "B", **tags("a"), **watchers(17), "status": "New"},
        now={"title": "A", **tags("a", "b"), **watchers(17, 20), "status": "Open"},
        ids={"status": 2},
        listed={"tags": ("a",), "watchers": ("17",)},
    ).request

    assert made.body == {"IssueTitle": "A", "IssueStatusID": 2, "TagsCSV": "a,b", "RecipientUserIDCSV": "17,20"}
    assert made.why == f"set status, title; add 1 tag: {WHOLE}; add 1 watcher: {WHOLE}"


def test_an_import_that_differs_takes_what_differs() -> None:
    made = World(
        adopts=True, was={"status": "New", **tags("a")}, now={"status": "Open", **tags("a")}, ids={"status": 2}
    )

    assert (made.change.action, made.request.method) == (Action.IMPORT, "PUT")
    assert made.request.body == {"IssueStatusID": 2}


# ------------------------------------------------------------------------------------ the end


def test_a_case_is_closed_with_its_status() -> None:
    made = World(was={"status": "New"}, on_remove=OnRemove.CLOSE, ids={"status": 4})

    assert (made.request.method, made.request.body, made.change.record) == ("PUT", {"IssueStatusID": 4}, None)


def test_a_case_that_is_released_takes_no_request() -> None:
    assert World(was=TEXTS).change.operations == ()


def test_a_delete_is_sent_where_the_site_has_one() -> None:
    made = World(was=TEXTS, on_remove=OnRemove.DELETE, settings={"has_delete": True})

    assert made.request == Operation("DELETE", CASE, None, "delete the case", reads_back=True)


def test_a_delete_is_refused_where_the_site_has_none() -> None:
    with pytest.raises(PlanRefused, match=r"community\.a: Communifire has no delete") as caught:
        _ = World(was=TEXTS, on_remove=OnRemove.DELETE).change

    assert "has_delete: true" in str(caught.value.hint)


def test_what_goes_with_a_project_is_told_unless_it_is_declared() -> None:
    shown = {"category": "Mail", "milestone": None, "assignee": 17}
    world = World(
        {"project": "Incidents", "category": "Mail"},
        {"project": "Requests", "category": "Access"},
        ids={"project": 8, "category": 300, "milestone": 0, "assignee": 17},
        shown=shown,
    )

    assert world.request.along == {"milestone": None, "assignee": 17}
