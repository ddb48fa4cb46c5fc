"""Many cases in few requests, from servers that keep to the interface more or less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from math import ceil
from typing import Any

import pytest
from pydantic import SecretStr

from reconciler.errors import NotFound, ProtocolError, Refused
from reconciler.model.values import Marker
from reconciler.providers.base import Params, Sought, Wanted
from reconciler.providers.tines import reading
from reconciler.providers.tines.provider import Tines
from reconciler.providers.tines.schema import TinesSettings

CASES = "/api/v2/cases"
Item = dict[str, Any]
TEAM = 2
ATTRIBUTES = frozenset({"name", "tags", "metadata"})


def item(id: int, **more: Any) -> Item:
    return {
        "case_id": id,
        "url": f"https://acme.tines.com/cases/{id}",
        "name": f"Case {id}",
        "tags": [],
        "metadata": {},
        "team": {"id": TEAM, "name": "SOC"},
        **more,
    }


@dataclass
class Server:
    """A tenant's cases in memory, oldest first, behind an Api that counts requests."""

    items: list[Item]
    largest: int = 500
    """Items on a page at most."""
    refuses: int | None = None
    """Status of the answer to a larger page; it is cut down silently without one."""
    filters: bool = True
    lag: bool = False
    """The metadata filter does not find anything yet."""
    meta: Callable[[Item], Item] = lambda meta: meta
    """What becomes of each `meta`."""
    lists: Callable[[Item], Item] = lambda item: item
    """What a list shows of an item."""
    shift: Callable[[int, list[Item]], None] | None = None
    """Called after each page of a list with its number and the items."""
    requests: list[tuple[str, Params]] = field(default_factory=list)

    def get(self, path: str, params: Params = ()) -> Any:
        self.requests.append((path, params))
        if path == CASES:
            return self._list(params)
        id = int(path.removeprefix(f"{CASES}/"))
        found = [it for it in self.items if it["case_id"] == id]
        if not found:
            raise NotFound(f"there is no case {id}", status=404)
        return found[0]

    def get_all(self, requests: Iterable[tuple[str, Params]], *, denied: bool = False) -> Iterator[Any]:
        for path, params in requests:
            try:
                yield self.get(path, params)
            except NotFound:
                yield None

    def _list(self, params: Params) -> Item:
        assert sum(len(name) + len(str(value)) + 12 for name, value in params) < 9000, "the URL is too long"
        query = {name: str(value) for name, value in params}
        size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
        if size > self.largest and self.refuses:
            raise Refused("per_page is too large", status=self.refuses)
        size = min(size, self.largest)
        found = self._matching(params)
        if query.get("order") == "CREATED_DESC":
            found.reverse()
        pages = ceil(len(found) / size)
        following = page + 1 if page < pages else None
        meta = {
            "next_page": f"https://elsewhere.example/api/v2/cases?per_page={size}&page={following}"
            if following
            else None,
            "next_page_number": following,
            "per_page": size,
            "pages": pages,
            "count": len(found),
        }
        shown = [self.lists(it) for it in found[(page - 1) * size : page * size]]
        if self.shift:
            self.shift(page, self.items)
        return {"cases": shown, "meta": self.meta(meta)}

    def _matching(self, params: Params) -> list[Item]:
        team = dict(params).get("team_id")
        ids = {value for name, value in params if name == "filters[case_ids][]" and self.filters}
        marks = {name[18:-1]: value for name, value in params if name.startswith("filters[metadata]")}
        found = [it for it in self.items if team is None or str(it["team"]["id"]) == team]
        found = [it for it in found if not ids or str(it["case_id"]) in ids]
        if not marks or not self.filters:
            return found
        return [] if self.lag else [it for it in found if marks.items() <= it["metadata"].items()]


def provider(team_id: int | None = TEAM) -> Tines:
    return Tines(
        TinesSettings(type="tines", url="https://acme.tines.com", token=SecretStr("t0ken"), team_id=team_id)
    )


def read(server: Server, ids: Iterable[int], attributes: frozenset[str] = ATTRIBUTES) -> list[str]:
    """Read the cases; return their ids as they come."""
    wanted = Wanted({str(id): attributes for id in ids})
    return [live.id for live in provider().read(server, wanted)]


def tenant(ours: int, foreign: int, elsewhere: int = 0) -> list[Item]:
    """Return our cases among those of others in the team, and some of another team, by age."""
    total = ours + foreign
    step = total / ours if ours else 1
    mine = {int(number * step) for number in range(ours)}
    others = [item(100_000 + number, team={"id": 9, "name": "IT"}) for number in range(elsewhere)]
    return [item(10_000 + number, ours=number in mine) for number in range(total)] + others


def ours(items: Iterable[Item]) -> list[int]:
    return [it["case_id"] for it in items if it.get("ours")]


# ------------------------------------------------------------------------------------ how many requests


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (2, 1), (50, 1), (150, 1)])
def test_a_few_cases_take_one_request(count: int, requests: int) -> None:
    server = Server(tenant(count, 3000))

    assert sorted(read(server, ours(server.items))) == sorted(map(str, ours(server.items)))
    assert len(server.requests) == requests


@pytest.mark.parametrize("elsewhere", [0, 5000])
@pytest.mark.parametrize("foreign", [0, 100, 2000, 9000])
@pytest.mark.parametrize("per_page", [50, 100, 500])
def test_a_thousand_cases_take_about_as_many_requests_as_pages(
    per_page: int, foreign: int, elsewhere: int
) -> None:
    server = Server(tenant(1000, foreign, elsewhere), largest=per_page)

    found = read(server, ours(server.items))

    assert sorted(found) == sorted(map(str, ours(server.items)))
    assert len(server.requests) <= ceil(1000 / per_page) + 5


@pytest.mark.parametrize("first", [0, 4500, 9000], ids=["oldest", "middle", "newest"])
def test_the_bound_holds_wherever_our_cases_stand(first: int) -> None:
    items = [item(10_000 + number) for number in range(10_000)]
    mine = [it["case_id"] for it in items[first : first + 1000]]
    server = Server(items, largest=50)

    assert sorted(read(server, mine)) == sorted(map(str, mine))
    assert len(server.requests) <= ceil(1000 / 50) + 5


def test_reading_stops_when_every_case_has_been_seen() -> None:
    items = [item(number, ours=number < 600) for number in range(1, 1800)]
    server = Server(items, largest=500)

    assert len(read(server, ours(items))) == 599
    assert len(server.requests) == 2


@pytest.mark.parametrize("lost", ["pages", "count"])
def test_the_bound_holds_without_one_of_the_counts(lost: str) -> None:
    server = Server(tenant(1000, 9000), largest=50, meta=_without(lost))

    assert len(read(server, ours(server.items))) == 1000
    assert len(server.requests) <= ceil(1000 / 50) + 5


# ------------------------------------------------------------------------------------ whatever the server does


def _without(*keys: str) -> Callable[[Item], Item]:
    return lambda it: {key: value for key, value in it.items() if key not in keys}


@pytest.mark.parametrize("count", [2, 120, 700])
@pytest.mark.parametrize("foreign", [0, 900])
@pytest.mark.parametrize(
    "quirks",
    [
        {},
        {"largest": 50},
        {"largest": 50, "refuses": 422},
        {"largest": 50, "refuses": 400},
        {"filters": False},
        {"filters": False, "largest": 50},
        {"filters": False, "largest": 50, "refuses": 422},
        {"largest": 50, "meta": _without("pages")},
        {"largest": 50, "meta": _without("next_page_number")},
        {"largest": 50, "meta": _without("next_page", "next_page_number")},
        {"largest": 50, "meta": _without("pages", "count")},
        {"largest": 50, "meta": _without("pages", "count", "next_page_number")},
        {"largest": 50, "meta": _without("pages", "count"), "filters": False},
        {"meta": lambda _: None},
        {"meta": lambda it: {**it, "next_page_number": 2}, "largest": 50},
        {"meta": lambda it: {**it, "next_page_number": "2", "next_page": "nonsense?page=x"}, "largest": 50},
    ],
)
def test_every_case_is_read_exactly_once(quirks: Mapping[str, Any], foreign: int, count: int) -> None:
    server = Server(tenant(count, foreign, 30), **quirks)

    assert sorted(read(server, ours(server.items))) == sorted(map(str, ours(server.items)))


def test_an_unexpected_refusal_is_passed_on() -> None:
    server = Server(tenant(2, 0), largest=50, refuses=403)

    with pytest.raises(Refused, match="per_page"):
        read(server, ours(server.items))


@pytest.mark.parametrize("count", [1, 2, 700])
def test_a_case_that_is_gone_is_asked_for_by_its_id_and_left_out(count: int) -> None:
    server = Server(tenant(count, 50))
    gone = 99_999

    assert str(gone) not in read(server, [*ours(server.items), gone])
    assert server.requests[-1] == (f"{CASES}/{gone}", ())
    assert [path for path, _ in server.requests].count(f"{CASES}/{gone}") == 1


def test_a_case_of_another_team_is_found_all_the_same() -> None:
    items = [*tenant(700, 0), item(99_999, team={"id": 9, "name": "IT"})]
    server = Server(items)

    assert "99999" in read(server, [*ours(items), 99_999])
    assert f"{CASES}/99999" not in [path for path, _ in server.requests]


@pytest.mark.parametrize("count", [2, 700])
def test_an_item_that_lacks_a_key_is_completed_by_one_get(count: int) -> None:
    def lean(it: Item) -> Item:
        return _without("metadata")(it) if it["case_id"] == 10_000 else it

    server = Server(tenant(count, 0), lists=lean)

    assert sorted(read(server, ours(server.items))) == sorted(map(str, ours(server.items)))
    assert [path for path, _ in server.requests if path != CASES] == [f"{CASES}/10000"]


def test_a_key_that_nobody_needs_may_be_lacking() -> None:
    server = Server(tenant(50, 0), lists=_without("metadata", "tags"))

    assert len(read(server, ours(server.items), frozenset({"name"}))) == 50
    assert len(server.requests) == 1


def _insert(page: int, items: list[Item]) -> None:
    """Put a case before all others, so that the last of a page comes again on the next."""
    items.insert(0, item(1 + len(items)))


def _remove(page: int, items: list[Item]) -> None:
    """Take away a case that nobody wants, so that the first of the next page is skipped."""
    foreign = next((it for it in items if not it.get("ours")), None)
    if foreign is not None:
        items.remove(foreign)


@pytest.mark.parametrize("shift", [_insert, _remove])
@pytest.mark.parametrize("quirks", [{}, {"filters": False}])
@pytest.mark.parametrize("largest", [50, 500])
def test_pages_that_shift_neither_double_nor_lose_a_case(
    shift: Callable[[int, list[Item]], None], quirks: Mapping[str, Any], largest: int
) -> None:
    server = Server([*(item(n) for n in range(1, 60)), *tenant(700, 100)], largest, shift=shift, **quirks)
    mine = ours(server.items)

    assert sorted(read(server, mine)) == sorted(map(str, mine))


@pytest.mark.parametrize(
    "answer",
    [[], None, "text", {}, {"cases": None}, {"cases": {}}, {"cases": [{"name": "x"}]}, {"cases": [1]}],
)
def test_an_answer_of_another_shape_is_an_error_in_words(answer: Any) -> None:
    class Odd(Server):
        def get(self, path: str, params: Params = ()) -> Any:
            return answer

    for count in (2, 700):
        with pytest.raises(ProtocolError, match="Tines answered"):
            read(Odd([]), range(count))


def test_a_sub_status_brings_the_team_that_it_belongs_to() -> None:
    server = Server([item(1, sub_status={"id": 7, "name": "Done"})])

    (live,) = provider().read(server, Wanted({"1": frozenset({"sub_status"})}))

    assert live.attributes == {"sub_status": "Done", "team_id": TEAM}


# ------------------------------------------------------------------------------------ chunks


def test_chunks_fill_a_page_or_a_url_and_no_more() -> None:
    ids = [str(number) for number in range(10_000, 11_000)]

    by_page, by_url = reading.chunks(ids, 50), reading.chunks(ids, 500)

    assert [len(chunk) for chunk in by_page] == [50] * 20
    assert [*chain(*by_url)] == [*chain(*by_page)] == ids
    assert max(len("".join(f"filters%5Bcase_ids%5D%5B%5D={id}&" for id in chunk)) for chunk in by_url) <= 7000
    assert len(by_url) == 5
    assert reading.chunks([], 50) == []


# ------------------------------------------------------------------------------------ a marker

MARKER = Marker("L", "soc.a", 7)


def marked(*ids: int) -> list[Item]:
    return [item(id, metadata={"reconciler": MARKER.text}) for id in ids]


@pytest.mark.parametrize(
    ("server", "found", "requests"),
    [
        (Server([*tenant(0, 700), *marked(200_000)]), ["200000"], 1),
        (Server([*marked(1), *tenant(0, 700)]), ["1"], 1),
        (Server([*marked(100, 20, 3), *tenant(0, 10)]), ["3", "20", "100"], 1),
        (Server(tenant(0, 700)), [], 2),
        (Server([*tenant(0, 700), *marked(200_000)], lag=True), ["200000"], 2),
        (Server([*tenant(0, 700), *marked(200_000)], filters=False), ["200000"], 2),
        (Server([*marked(1), *tenant(0, 700)], filters=False), ["1"], 2),
        (Server([*marked(1), *tenant(0, 99)], filters=False, largest=50), ["1"], 2),
        (Server(tenant(0, 99), filters=False, largest=50), [], 3),
        (Server(marked(1), lists=_without("metadata")), ["1"], 2),
        (Server([item(1, metadata=None), item(2, metadata=["reconciler"])], filters=False), [], 2),
        (Server([item(1, metadata={"reconciler": "L/soc.a/70"})], filters=False), [], 2),
        (Server([item(1, metadata={"reconciler": "L/soc.a/70"}), *marked(2)], filters=False), ["2"], 1),
        (Server([]), [], 2),
    ],
)
def test_a_marker_is_found_whatever_becomes_of_the_filter(server: Server, found: list[str], requests: int) -> None:
    assert provider().find(server, Sought(MARKER)) == found
    assert len(server.requests) == requests


def test_a_case_that_vanishes_while_it_is_looked_at_does_not_carry_the_marker() -> None:
    server = Server(marked(1), lists=_without("metadata"), shift=lambda _page, items: items.clear())

    assert provider().find(server, Sought(MARKER)) == []
