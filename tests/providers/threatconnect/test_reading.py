"""Many cases in few requests, from servers that keep to the interface more or less."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from pydantic import SecretStr

from reconciler.errors import ConfigError, Location, NotFound, ProtocolError
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, Change
from reconciler.model.values import Entry, Marker, Path
from reconciler.planning.planner import HANDLES
from reconciler.providers.base import Params, Sought, Subject, Wanted
from reconciler.providers.threatconnect.provider import ThreatConnect
from reconciler.providers.threatconnect.reading import HEAVY_PAGE, PAGE
from reconciler.providers.threatconnect.schema import SCHEMA, ThreatConnectSettings
from reconciler.providers.threatconnect.wire import COLLECTIONS

CASES = "/api/v3/cases"
ORIGIN = "https://acme.threatconnect.com"
LONGEST_TARGET = 2000
Item = dict[str, Any]
HIDDEN = {collection.key for collection in COLLECTIONS.values()} | {"workflowTemplate"}
"""What is shown only when it is asked for."""
PLAIN = frozenset({"name", "tags", "attributes"})
EMPTY_FORMS: Sequence[Any] = ({}, {"data": []}, {"count": 0}, None)


def item(id: int, **more: Any) -> Item:
    return {"id": id, "xid": f"xid-of-case-{id}", "name": f"Case {id}", "status": "Open", **more}


@dataclass
class Server:
    """An instance's cases in memory behind an Api that counts requests."""

    items: list[Item]
    largest: int = 10_000
    """Items on a page at most, whatever is asked for."""
    counts: bool = True
    elsewhere: str = ORIGIN
    """Where `next` points."""
    forgets: bool = False
    """`next` has nothing but where it goes on."""
    hidden: frozenset[int] = frozenset()
    """Ids that no list shows yet."""
    children: Mapping[str, list[Item]] = field(default_factory=dict)
    """By path, what it lists; every other list is of cases."""
    twist: Callable[[str, Params, Any], Any] = lambda path, params, answer: answer
    """What becomes of an answer."""
    requests: list[tuple[str, Params]] = field(default_factory=list)

    def get(self, path: str, params: Params = ()) -> Any:
        assert "//" not in path, "a path on the server itself"
        assert len(f"{path}?{urlencode(list(params), quote_via=quote)}") <= LONGEST_TARGET
        self.requests.append((path, params))
        if path == CASES or path in self.children:
            return self.twist(path, params, self._list(path, params))
        found = [it for it in self.items if path == f"{CASES}/{it['id']}"]
        if not found:
            raise NotFound("there is no such case", status=404)
        return self.twist(path, params, {"data": self._shown(found[0], params), "status": "Success"})

    def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
        for path, params in requests:
            try:
                yield self.get(path, params)
            except NotFound:
                yield None

    def _list(self, path: str, params: Params) -> Item:
        query = dict(params)
        start, size = int(query.get("resultStart", "0")), min(int(query.get("resultLimit", "100")), self.largest)
        children = self.children.get(path)
        found = children if children is not None else list(self._cases(query["tql"]))
        answer: Item = {"data": [self._shown(it, params) for it in found[start : start + size]]}
        if self.counts and query.get("count") == "true" and start == 0:
            answer["count"] = len(found)
        if start + size < len(found):
            kept = [] if self.forgets else [pair for pair in params if pair[0] not in {"count", "resultStart"}]
            answer["next"] = f"{self.elsewhere}{path}?{urlencode([*kept, ('resultStart', start + size)])}"
        return {**answer, "status": "Success"}

    def _cases(self, tql: str) -> Iterator[Item]:
        ids = {int(id) for id in re.findall(r"\d+", tql)}
        span = re.fullmatch(r"id >= (\d+) and id <= (\d+)", tql)
        xids = set(re.findall(r'"([^"]+)"', tql)) if tql.startswith("xid in (") else None
        assert span or xids or re.fullmatch(r"id in \(\d+(,\d+)*\)", tql), tql
        for it in self.items:
            inside = int(span[1]) <= it["id"] <= int(span[2]) if span else it["id"] in ids
            if (it["xid"] in xids if xids is not None else inside) and it["id"] not in self.hidden:
                yield it

    @staticmethod
    def _shown(it: Item, params: Params) -> Item:
        asked = {value for name, value in params if name == "fields"}
        return {key: value for key, value in it.items() if key in asked or key not in HIDDEN}

    @property
    def asked(self) -> set[str]:
        return {value for _, params in self.requests for name, value in params if name == "fields"}


def provider(owner: str | None = None) -> ThreatConnect:
    token = SecretStr("t0ken")
    return ThreatConnect(ThreatConnectSettings(type="threatconnect", url=ORIGIN, token=token, owner=owner))


def read(server: Server, ids: Iterable[int], attributes: Iterable[str] = PLAIN) -> dict[str, Live]:
    """Read the cases; each must come once."""
    wanted = Wanted({str(id): frozenset(attributes) for id in ids})
    lives = list(provider().read(server, wanted))
    assert len({live.id for live in lives}) == len(lives)
    return {live.id: live for live in lives}


def read_one(shown: Item, *attributes: str, **more: Any) -> Live:
    """Read one case that is shown so."""
    return read(Server([{**item(7), **shown}], **more), [7], attributes)["7"]


# ------------------------------------------------------------------------------------ how many requests


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (2, 1), (50, 1), (150, 1)])
def test_a_few_cases_take_one_request(count: int, requests: int) -> None:
    server = Server([item(1000 + 7 * number) for number in range(3000)])
    ids = [1000 + 21 * number for number in range(count)]

    assert set(read(server, ids)) == set(map(str, ids))
    assert len(server.requests) == requests


def test_one_case_is_asked_for_by_its_id() -> None:
    server = Server([item(7)])

    assert list(read(server, [7], ["name"])) == ["7"]
    assert server.requests == [(f"{CASES}/7", ())]


@pytest.mark.parametrize("count", [500, 2000, 2001, 10_000])
@pytest.mark.parametrize("first", [1, 10**9])
def test_dense_cases_take_no_more_requests_than_pages(count: int, first: int) -> None:
    server = Server([item(first + number) for number in range(count)])

    assert len(read(server, range(first, first + count))) == count
    assert len(server.requests) == ceil(count / PAGE)


@pytest.mark.parametrize("foreign", [0, 1, 5])
def test_ten_thousand_cases_are_read_in_few_requests(foreign: int) -> None:
    server = Server([item(1 + number) for number in range(10_000 + 1000 * foreign)])
    ids = [it["id"] for it in server.items if it["id"] % 11 or foreign == 0][:10_000]

    assert len(read(server, ids, {"name", "tags", "attributes"})) == 10_000
    assert len(server.requests) <= ceil(len(server.items) / PAGE) + 5


def test_cases_that_lie_far_apart_are_asked_for_in_chunks() -> None:
    server = Server([item(1 + number) for number in range(60_000)])
    ids = range(1, 60_000, 120)

    assert len(read(server, ids)) == 500
    assert len(server.requests) <= 5
    assert sum(params[0][1].startswith("id in (") for _, params in server.requests) == len(server.requests) - 1


def test_pages_that_are_counted_are_read_side_by_side() -> None:
    taken: list[int] = []

    class Eager(Server):
        def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
            batch = list(requests)
            taken.append(len(batch))
            return super().get_all(batch)

    server = Eager([item(1 + number) for number in range(10_000)])

    assert len(read(server, range(1, 10_001))) == 10_000
    assert max(taken) == 4


def test_cases_with_large_collections_are_read_by_themselves_in_small_pages() -> None:
    server = Server([item(1 + number, notes={"data": []}, tags={}) for number in range(600)])
    wanted = Wanted({str(1 + n): frozenset({"notes"} if n < 300 else {"tags"}) for n in range(600)})

    assert len(list(provider().read(server, wanted))) == 600
    for _, params in server.requests:
        heavy = ("fields", "notes") in params
        assert dict(params)["resultLimit"] == str(HEAVY_PAGE if heavy else PAGE)
        assert heavy != (("fields", "tags") in params)
    assert len(server.requests) == 2 + 1


# ------------------------------------------------------------------------------------ what is asked for


@pytest.mark.parametrize(
    ("attributes", "fields"),
    [
        ({"name", "status", "xid", "owner", "assignee", "case_close_time"}, []),
        ({"tags"}, ["tags"]),
        ({"tags", "attributes", "name"}, ["attributes", "tags"]),
        ({"workflow_template"}, ["workflowTemplate"]),
        (
            {"user_access", "associated_cases", "associated_groups", "associated_indicators"},
            ["associatedCases", "associatedGroups", "associatedIndicators", "userAccess"],
        ),
        ({"notes", "tasks", "artifacts"}, ["artifacts", "notes", "tasks"]),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 400])
def test_only_what_is_declared_is_asked_for(attributes: set[str], fields: list[str], count: int) -> None:
    server = Server([item(1 + number) for number in range(count)])

    lives = read(server, range(1, 1 + count), attributes)

    assert all(set(live.attributes) == attributes for live in lives.values())
    for _, params in server.requests:
        assert [value for name, value in params if name == "fields"] == fields


def test_lists_are_of_the_owner_of_the_settings_and_an_id_is_whoever_owns_it() -> None:
    server = Server([item(1), item(2), item(3)], hidden=frozenset({3}))

    lives = list(provider("Zoë & Co").read(server, Wanted({id: frozenset({"name"}) for id in "123"})))

    assert len(lives) == 3
    assert [dict(params).get("owner") for _, params in server.requests] == ["Zoë & Co", None]


# ------------------------------------------------------------------------------------ pages


@pytest.mark.parametrize("switches", [{}, {"forgets": True}, {"counts": False}])
@pytest.mark.parametrize("elsewhere", [ORIGIN, "https://evil.example:1", "", "file://", "//evil.example"])
@pytest.mark.parametrize("largest", [150, 1000])
def test_next_is_followed_without_leaving_the_host(elsewhere: str, largest: int, switches: dict[str, Any]) -> None:
    items = [item(1 + number, tags={"data": [{"id": 1, "name": "a"}]}) for number in range(2500)]
    server = Server(items, largest=largest, elsewhere=elsewhere, **switches)

    lives = read(server, range(1, 2501))

    assert len(lives) == 2500
    assert all(live.attributes["tags"] == {"a"} for live in lives.values())
    assert len(server.requests) == ceil(2500 / largest)


@pytest.mark.parametrize(
    "link",
    [
        f"{ORIGIN}{CASES}?resultStart=0",
        f"{ORIGIN}{CASES}",
        f"{ORIGIN}{CASES}?resultStart=-5",
        f"{ORIGIN}{CASES}?resultStart=last",
        f"{ORIGIN}{CASES}?resultStart={'9' * 5000}",
        "https://[",
        "",
        7,
        ["x"],
    ],
)
def test_a_list_that_leads_back_or_nowhere_ends(link: Any) -> None:
    def twist(path: str, params: Params, answer: Item) -> Item:
        return answer if path != CASES else {**answer, "next": link}

    server = Server([item(1 + number) for number in range(400)], twist=twist, counts=False)

    if link:
        with pytest.raises(ProtocolError, match="list"):
            read(server, range(1, 401))
    else:
        assert len(read(server, range(1, 401))) == 400


def test_a_list_that_goes_on_with_nothing_ends() -> None:
    def twist(path: str, params: Params, answer: Item) -> Item:
        start = int(dict(params).get("resultStart", "0"))
        return {**answer, "next": f"{CASES}?resultStart={start + 1000}"} if path == CASES else answer

    server = Server([item(1 + number) for number in range(400)], twist=twist, counts=False)

    assert len(read(server, range(1, 401))) == 400
    assert len(server.requests) == 2


@pytest.mark.parametrize("count", [-1, 0, 10**12, "5", None, True])
def test_a_wrong_count_loses_nothing(count: Any) -> None:
    def twist(path: str, params: Params, answer: Item) -> Item:
        return {**answer, "count": count} if "count" in answer else answer

    server = Server([item(1 + number) for number in range(4500)], twist=twist)

    assert len(read(server, range(1, 4501))) == 4500


def test_what_no_list_shows_is_asked_for_by_its_id() -> None:
    server = Server([item(1 + number) for number in range(10)], hidden=frozenset({3, 9}))

    assert set(read(server, range(1, 11))) == set(map(str, range(1, 11)))
    assert [path for path, _ in server.requests[1:]] == [f"{CASES}/3", f"{CASES}/9"]


@pytest.mark.parametrize("count", [1, 2, 500])
def test_only_a_404_says_that_a_case_is_gone(count: int) -> None:
    server = Server([item(1 + number) for number in range(count - 1)])

    assert set(read(server, range(1, count + 1))) == set(map(str, range(1, count)))
    assert server.requests[-1][0] == f"{CASES}/{count}"


def test_a_case_that_is_shown_twice_or_unasked_counts_once() -> None:
    items = [item(1), item(1), item(2), item(5)]
    server = Server(items, twist=lambda path, params, answer: {**answer, "data": items})

    assert set(read(server, [1, 2])) == {"1", "2"}


# ------------------------------------------------------------------------------------ collections


@pytest.mark.parametrize("form", EMPTY_FORMS)
@pytest.mark.parametrize(
    ("attribute", "key"),
    [
        ("tags", "tags"),
        ("user_access", "userAccess"),
        ("attributes", "attributes"),
        ("associated_cases", "associatedCases"),
        ("associated_groups", "associatedGroups"),
        ("associated_indicators", "associatedIndicators"),
        ("notes", "notes"),
        ("tasks", "tasks"),
        ("artifacts", "artifacts"),
    ],
)
def test_every_form_of_nothing_is_empty(attribute: str, key: str, form: Any) -> None:
    live = read_one({} if form is None else {key: form}, attribute)

    assert live.attributes == {attribute: SCHEMA.fields[attribute].empty}
    assert live.aliases == {}


USER = {"type": "User", "data": {"id": 2, "userName": "jane@acme.example", "firstName": "Jane"}}
GROUP = {"type": "Group", "data": {"id": 1, "name": "SOC Team", "description": "x"}}


@pytest.mark.parametrize(
    ("shown", "attribute", "value", "aliases"),
    [
        ({"assignee": USER}, "assignee", {"user": "jane@acme.example"}, {}),
        ({"assignee": GROUP}, "assignee", {"group": "SOC Team"}, {}),
        ({"assignee": {"type": "None"}}, "assignee", None, {}),
        ({}, "assignee", None, {}),
        ({}, "description", "", {}),
        ({}, "resolution", "Not Specified", {}),
        ({}, "case_close_time", None, {}),
        ({"caseCloseTime": "2026-01-02T03:04:05.622+01:00"}, "case_close_time", "2026-01-02T02:04:05Z", {}),
        ({"caseCloseTime": "2026-01-02T03:04:05.27Z"}, "case_close_time", "2026-01-02T03:04:05Z", {}),
        ({"workflowTemplate": {"id": 1, "name": "Phishing"}}, "workflow_template", "Phishing", {}),
        ({"workflowTemplate": {}}, "workflow_template", None, {}),
        ({"owner": "Demo"}, "owner", "Demo", {}),
        (
            {"tags": {"data": [{"id": 5, "name": "VIP"}, {"name": "Phishing", "techniqueId": "T1566"}]}},
            "tags",
            {"VIP", "Phishing"},
            {"Phishing": {"T1566"}},
        ),
        ({"userAccess": {"data": [{"id": 2, "userName": "jane"}]}}, "user_access", {"jane"}, {}),
        ({"associatedCases": {"data": [{"id": 7}, {"id": 9}]}}, "associated_cases", {"9"}, {}),
        (
            {"associatedGroups": {"data": [{"id": 12, "type": "Adversary", "name": "Known"}]}},
            "associated_groups",
            {"12"},
            {"12": {"Adversary: Known"}},
        ),
        (
            {
                "associatedIndicators": {
                    "data": [
                        {"id": 1, "type": "Address", "summary": "10.0.0.9", "ip": "10.0.0.9"},
                        {"id": 2, "type": "File", "summary": "aa : bb", "md5": "aa", "sha1": "bb"},
                        {"id": 3, "type": "ASN", "AS Number": "ASN1234"},
                    ]
                }
            },
            "associated_indicators",
            {"1", "2", "3"},
            {
                "1": {"Address: 10.0.0.9"},
                "2": {"File: aa : bb", "File: aa", "File: bb"},
                "3": {"ASN: ASN1234"},
            },
        ),
        (
            {"attributes": {"data": [{"id": 31, "type": "Rate", "value": "30", "pinned": False}]}},
            "attributes",
            {"31": {"type": "Rate", "value": "30", "source": ""}},
            {},
        ),
        ({"notes": {"data": [{"id": 5, "text": "t", "author": "x"}]}}, "notes", {"5": {"text": "t"}}, {}),
        (
            {"artifacts": {"data": [{"id": 4, "type": "Host", "summary": "h", "derivedLink": True}]}},
            "artifacts",
            {"4": {"type": "Host", "summary": "h", "source": "", "derived_link": True}},
            {},
        ),
        (
            {
                "tasks": {
                    "data": [{"id": 3, "xid": "task-number-3", "name": "t", "status": "Open", "assignee": GROUP}]
                }
            },
            "tasks",
            {
                "3": {
                    "name": "t",
                    "description": "",
                    "status": "Open",
                    "assignee": {"group": "SOC Team"},
                    "due_date": None,
                    "required": None,
                    "workflow_phase": None,
                    "workflow_step": None,
                    "xid": "task-number-3",
                }
            },
            {"3": {"task-number-3"}},
        ),
    ],
)
def test_an_attribute_is_read_in_our_words(shown: Item, attribute: str, value: Any, aliases: Any) -> None:
    live = read_one(shown, attribute)

    assert live.attributes == {attribute: value}
    assert live.aliases.get(attribute, {}) == aliases
    assert (live.id, live.url) == ("7", f"{ORIGIN}{CASES}/7")


@pytest.mark.parametrize(
    ("attribute", "key", "path", "query"),
    [
        ("tags", "tags", "/api/v3/tags", "hasCase(id = 7)"),
        ("attributes", "attributes", "/api/v3/caseAttributes", "caseId = 7"),
        ("associated_groups", "associatedGroups", "/api/v3/groups", "hasCase(id = 7)"),
        ("associated_indicators", "associatedIndicators", "/api/v3/indicators", "hasCase(id = 7)"),
        ("notes", "notes", "/api/v3/notes", "caseId = 7"),
        ("tasks", "tasks", "/api/v3/tasks", "caseId = 7"),
        ("artifacts", "artifacts", "/api/v3/artifacts", "caseId = 7"),
    ],
)
def test_a_collection_that_may_have_been_cut_is_listed_by_itself(
    attribute: str, key: str, path: str, query: str
) -> None:
    whole = [{"id": 100 + n, "name": f"n{n}", "type": "x", "value": "v", "text": "t"} for n in range(2300)]
    server = Server([item(7, **{key: {"data": whole[:1000]}})], children={path: whole})

    live = read(server, [7], [attribute])["7"]

    assert len(live.attributes[attribute]) == 2300
    assert [called for called, _ in server.requests] == [f"{CASES}/7", path, path, path]
    assert dict(server.requests[1][1]) == {"tql": query, "sorting": "id asc", "resultLimit": "1000"}


def test_what_moves_to_the_next_page_while_it_is_listed_counts_once() -> None:
    whole = [{"id": 100 + n, "text": f"n{n}"} for n in range(1200)]

    def twist(path: str, params: Params, answer: Item) -> Item:
        whole.insert(0, {"id": 1, "text": "new"})  # somebody adds one, so that all others move on
        return answer

    server = Server([item(7, notes={"data": whole[:1000]})], children={"/api/v3/notes": whole}, twist=twist)

    notes = read(server, [7], ["notes"])["7"].attributes["notes"]
    assert set(notes) == {"1", *(str(100 + n) for n in range(1200))}


def test_a_collection_of_less_is_believed() -> None:
    whole = [{"id": 100 + n, "name": f"n{n}"} for n in range(999)]
    server = Server([item(7, tags={"data": whole})])

    assert len(read(server, [7], ["tags"])["7"].attributes["tags"]) == 999
    assert len(server.requests) == 1


def test_linked_cases_that_may_have_been_cut_are_listed_without_the_case_itself() -> None:
    others = [item(10 + n) for n in range(1500)]

    class Links(Server):
        def _cases(self, tql: str) -> Iterator[Item]:
            assert tql == "hasCase(id = 7)"
            yield from self.items

    server = Links([item(7, associatedCases={"data": others[:1000]}), *others])

    assert read(server, [7], ["associated_cases"])["7"].attributes["associated_cases"] == {
        str(other["id"]) for other in others
    }


# ------------------------------------------------------------------------------------ hostile answers


def data(*elements: Any) -> Item:
    return {"data": list(elements)}


@pytest.mark.parametrize(
    ("shown", "attribute"),
    [
        ({"name": {"x": 1}}, "name"),
        ({"name": 7}, "name"),
        ({"xid": ["x"]}, "xid"),
        ({"caseOpenTime": 1700000000}, "case_open_time"),
        ({"assignee": "jane"}, "assignee"),
        ({"assignee": {"type": "User", "data": {"id": 3}}}, "assignee"),
        ({"assignee": {"type": "Robot", "data": {"name": "x"}}}, "assignee"),
        ({"workflowTemplate": "x"}, "workflow_template"),
        ({"workflowTemplate": {"id": 1}}, "workflow_template"),
        ({"workflowTemplate": {"name": 1}}, "workflow_template"),
        ({"tags": [{"name": "a"}]}, "tags"),
        ({"tags": {"data": None}}, "tags"),
        ({"tags": {"data": {"name": "a"}}}, "tags"),
        ({"tags": "a"}, "tags"),
        ({"tags": data("a")}, "tags"),
        ({"tags": data({"id": 5})}, "tags"),
        ({"tags": data({"name": None})}, "tags"),
        ({"tags": data({"name": ["a"]})}, "tags"),
        ({"tags": data({"name": {"a": "b"}})}, "tags"),
        ({"tags": data({"name": "a", "techniqueId": ["T1"]})}, "tags"),
        ({"userAccess": data({"id": 3})}, "user_access"),
        ({"userAccess": data({"userName": 3})}, "user_access"),
        ({"associatedCases": data({"name": "x"})}, "associated_cases"),
        ({"associatedGroups": data({"name": "x"})}, "associated_groups"),
        ({"attributes": data({"type": "x", "value": "y"})}, "attributes"),
        ({"attributes": data({"id": 1, "type": "x", "value": ["y"]})}, "attributes"),
        ({"notes": data({"id": 1, "text": {"html": "x"}})}, "notes"),
        ({"tasks": data({"id": 1, "name": "x", "assignee": 4})}, "tasks"),
        ({"tasks": data({"id": 1, "name": "x", "xid": {}, "status": []})}, "tasks"),
        ({"tasks": data({"id": 1, "name": "x", "xid": ["x"]})}, "tasks"),
    ],
)
def test_an_unknown_shape_is_refused_and_not_planned_upon(shown: Item, attribute: str) -> None:
    form = {**item(7), **shown}
    server = Server([item(7)], twist=lambda path, params, answer: {**answer, "data": form})

    with pytest.raises(ProtocolError, match="ThreatConnect answered"):
        read(server, [7], [attribute])


@pytest.mark.parametrize(
    "answer", [[], {}, {"data": []}, {"data": None}, {"data": {}}, {"data": {"id": 8}}, "x", None]
)
def test_an_answer_that_is_not_the_case_is_refused(answer: Any) -> None:
    server = Server([item(7)], twist=lambda path, params, _: answer)

    if answer is None:
        assert read(server, [7]) == {}
    else:
        with pytest.raises(ProtocolError, match="ThreatConnect answered"):
            read(server, [7])


@pytest.mark.parametrize("answer", [[], {"data": {}}, {"data": None}, {"data": [7]}, {"data": [{}]}, "x", None])
@pytest.mark.parametrize("count", [2, 500])
def test_an_answer_that_is_no_list_is_refused(answer: Any, count: int) -> None:
    server = Server([item(1 + number) for number in range(count)], twist=lambda path, params, _: answer)

    with pytest.raises(ProtocolError, match="ThreatConnect answered"):
        read(server, range(1, count + 1))


# ------------------------------------------------------------------------------------ looking up


MARKER = Marker("L", "soc.a", 7)


def test_a_create_is_found_by_the_xid_that_the_user_chose() -> None:
    server = Server([item(1), item(2, xid="chosen-by-user")])

    assert provider().find(server, Sought(MARKER, {"name": "x", "xid": "chosen-by-user"})) == ["2"]
    assert ("tql", 'xid in ("chosen-by-user")') in server.requests[0][1]


def test_a_create_is_found_by_an_xid_that_only_this_case_can_have() -> None:
    server = Server([item(3)])
    others = [Marker("L", "soc.a", 8), Marker("M", "soc.a", 7), Marker("L", "soc.b", 7)]

    for marker in (MARKER, *others):
        assert provider().find(server, Sought(marker)) == []
    derived = [re.findall(r'"([^"]+)"', params[0][1])[0] for _, params in server.requests]
    assert len(set(derived)) == 4
    assert re.fullmatch(r"soc\.a\.[0-9a-f]{32}", derived[0])
    server.items.append(item(4, xid=derived[0]))
    assert provider().find(server, Sought(MARKER, {"name": "x"})) == ["4"]
    assert provider().find(server, Sought(others[0])) == []


def test_a_create_is_looked_for_where_it_was_made() -> None:
    server = Server([item(2, xid="chosen-by-user")])

    provider("Demo").find(server, Sought(MARKER, {"xid": "chosen-by-user", "owner": "Lab"}))
    provider("Demo").find(server, Sought(MARKER))
    provider().find(server, Sought(MARKER))

    assert [dict(params).get("owner") for _, params in server.requests] == ["Lab", "Demo", None]


def test_a_case_that_only_resembles_the_marker_is_not_found() -> None:
    shown = {"data": [item(4, xid="CHOSEN-BY-USER"), item(5), {"id": 6}, {"id": 8, "xid": ["chosen-by-user"]}]}
    server = Server([], twist=lambda path, params, answer: shown)

    assert provider().find(server, Sought(MARKER, {"xid": "chosen-by-user"})) == []


class Nowhere:
    def at(self, path: Path = ()) -> Location:
        return Location("a.yaml", 3, 7)


def subject(address: str, live: Live | None = None, **attributes: Any) -> Subject:
    case = Case(Address("soc", address), "threatconnect", SCHEMA.normalize(attributes), Nowhere())
    change = Change(case.address, case.type, Action.UPDATE if live else Action.CREATE)
    return Subject(change, case, live, Marker("L", f"soc.{address}", 7))


def test_nothing_is_looked_up_where_nothing_has_to_be() -> None:
    server = Server([])

    assert provider().lookup(server, [subject("a", name="x", tags=["a"], associated_groups=["5"])]) == {}
    assert server.requests == []


def test_an_xid_that_is_taken_is_said_with_its_place() -> None:
    server = Server([item(2, xid="chosen-by-user")])
    live = Live("2", "", {})

    with pytest.raises(ConfigError) as raised:
        provider().lookup(
            server,
            [
                subject("a", xid="chosen-by-user"),
                subject("b", xid="not-yet-taken"),
                subject("c", live, xid="xid-of-case-2"),
                subject("d", xid="not-yet-taken"),
            ],
        )

    adopt = "adopt it with `import: '2'`, or choose another xid"
    assert [str(problem) for problem in raised.value.problems] == [
        f"a.yaml:3:7: soc.a: case 2 has the xid 'chosen-by-user' already; {adopt}",
        "a.yaml:3:7: soc.d: soc.b declares the xid 'not-yet-taken' already; choose another xid",
    ]
    assert len(server.requests) == 1


@dataclass
class Groups:
    """Knows groups by their external ids."""

    known: dict[str, Any]
    requests: list[tuple[str, Params]] = field(default_factory=list)

    def get(self, path: str, params: Params = ()) -> Any:
        raise NotImplementedError

    def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
        for path, params in requests:
            self.requests.append((path, params))
            yield self.known.get(urlsplit(path).path.rpartition("/")[2])


def group(**fields: Any) -> Entry:
    return Entry.of({"type": "Adversary", "name": "Known", **fields})


def test_a_group_that_was_made_before_is_found_by_its_xid() -> None:
    groups = Groups({"group%2Fof%20ours": {"data": {"id": 8001, "name": "Known"}}})
    mine = group(xid="group/of ours", owner="Lab & Co")

    found = provider().lookup(groups, [subject("a", associated_groups=["5", mine, group(name="New")])])

    assert found == {Address("soc", "a"): {HANDLES: {"associated_groups.Adversary: Known": "8001"}}}
    assert groups.requests[0] == ("/api/v3/groups/group%2Fof%20ours", (("owner", "Lab & Co"),))
    path, params = groups.requests[1]
    assert re.fullmatch(r"/api/v3/groups/soc\.a\.[0-9a-f]{32}", path)
    assert params == ()


def test_a_group_that_is_linked_already_is_not_looked_up() -> None:
    live = Live("7", "", {}, {"associated_groups": {"12": frozenset({"Adversary: Known"})}})
    groups = Groups({})

    assert provider().lookup(groups, [subject("a", live, associated_groups=[group()])]) == {}
    assert groups.requests == []


@pytest.mark.parametrize("answer", [[], {}, {"data": []}, {"data": {}}, "x"])
def test_a_group_in_an_unknown_shape_is_refused(answer: Any) -> None:
    with pytest.raises(ProtocolError):
        provider().lookup(
            Groups({"group-of-ours": answer}), [subject("a", associated_groups=[group(xid="group-of-ours")])]
        )


@pytest.mark.parametrize(
    "synonyms",
    [
        ["Phish-Syn", "other"],
        {"data": ["phish-syn"]},
        {"data": [{"name": "phish-syn"}]},
        [{"name": "PHISH-SYN"}, {"id": 3}],
    ],
)
def test_a_renamed_tag_is_recognised_by_its_synonyms(synonyms: Any) -> None:
    rows = [{"name": "Phishing Email", "synonymousTagNames": synonyms}, {"name": "vip"}, {"name": "elsewhere"}]
    server = Server([], children={"/api/v3/tags": rows})

    found = provider().renamed(
        server, "tags", frozenset({"phish-syn", "gone"}), frozenset({"Phishing Email", 'v"ip', "\ud800"})
    )

    assert found == {"phish-syn": "Phishing Email"}
    assert ("tql", 'name in ("Phishing Email","v\\"ip","?")') in server.requests[0][1]


def test_only_tags_are_renamed() -> None:
    assert provider().renamed(Server([]), "associated_groups", frozenset({"a"}), frozenset({"b"})) == {}


@pytest.mark.parametrize("rows", [[7], {"name": "x"}, None])
def test_a_list_of_tags_in_an_unknown_shape_is_refused(rows: Any) -> None:
    server = Server([], children={"/api/v3/tags": []}, twist=lambda path, params, answer: {"data": rows})

    with pytest.raises(ProtocolError):
        provider().renamed(server, "tags", frozenset({"a"}), frozenset({"b"}))


# ------------------------------------------------------------------------------------ answers to writes


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": {}, "status": "Success"}, None),
        ({"message": "Deleted", "status": "Success"}, None),
        ({"errCode": "0x1001", "message": "no such user", "status": "Error"}, "no such user"),
        ({"message": "no", "status": "Failure"}, "no"),
        ({"status": "Error"}, "the answer's status is Error"),
        ([], None),
    ],
)
def test_an_answer_that_is_no_success_is_a_refusal(answer: Any, words: str | None) -> None:
    assert provider().refusal(answer) == words


def test_the_answer_to_a_write_shows_the_case() -> None:
    answer = {"data": item(7, tags=data({"name": "a"})), "status": "Success"}

    live = provider().answered(answer, frozenset({"tags"}))

    assert live is not None
    assert (live.id, live.attributes) == ("7", {"tags": {"a"}})
    assert provider().answered({"message": "Deleted"}, frozenset({"tags"})) is None
