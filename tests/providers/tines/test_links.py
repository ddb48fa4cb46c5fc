"""A link has two ends: whoever declares it, one request makes it, and one takes it away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.model.result import Status
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator, TinesSwitches
from reconciler.report.lines import plain
from reconciler.report.text import render_plan
from reconciler.testing.harness import Harness
from reconciler.testing.story import is_crashed
from reconciler.testing.transports import Loss, Send, bad_gateway, dies, lost, reset

SETTINGS = {"type": "tines", "url": "https://acme.tines.com", "token": "${env.TINES_TOKEN}", "team_id": 2}
REPEATED = partial(TinesEmulator, switches=TinesSwitches(link_repeated="ignore"))


@pytest.fixture(params=[TinesEmulator, REPEATED], ids=["default", "repeated"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    make: Callable[[], TinesEmulator] = request.param
    made = Harness(tmp_path, make(), settings=SETTINGS, env={"TINES_TOKEN": DEFAULT_TOKEN})
    made.configure(limits={"max_deletes": 100, "max_changed_percent": 100})
    return made


def linked(**links: list[str]) -> dict[str, dict[str, Any]]:
    """Return cases that link to those of these names."""
    return {
        name: {"name": name.upper(), "links": [f"${{cases.{other}.id}}" for other in others]}
        for name, others in links.items()
    }


def about_links(harness: Harness) -> list[tuple[str, str, Any]]:
    return [write for write in harness.writes if "linked_cases" in write[1]]


def links_of(harness: Harness, name: str) -> set[str]:
    """Return the names of the cases that the system shows as linked."""
    shown = harness.emulator.case(int(harness.id_of(name)))["linked_cases"]  # type: ignore[attr-defined]
    return {each["name"].lower() for each in shown}


def assert_settled(harness: Harness) -> None:
    assert harness.plan().is_empty
    assert not harness.drift().drift


def test_a_link_to_a_case_that_exists_is_one_request(harness: Harness) -> None:
    harness.declare(**linked(a=["b"]), b={"name": "B"})

    harness.apply()

    assert about_links(harness) == [
        ("POST", f"/api/v2/cases/{harness.id_of('a')}/linked_cases", {"id": harness.id_of("b")})
    ]
    assert links_of(harness, "b") == {"a"}
    assert_settled(harness)


@pytest.mark.parametrize("cases", [linked(a=["b"], b=["a"]), linked(a=["b", "c"], b=["c", "a"], c=["a", "b"])])
def test_links_that_new_cases_declare_on_both_sides_are_made_once(
    harness: Harness, cases: dict[str, dict[str, Any]]
) -> None:
    harness.declare(**cases)

    harness.apply()

    made = sum(len(body.get("ids", ["one"])) for _, _, body in about_links(harness))
    assert made == len(cases) * (len(cases) - 1) / 2
    assert {name: links_of(harness, name) for name in cases} == {name: cases.keys() - {name} for name in cases}
    assert_settled(harness)


def test_a_link_that_two_old_cases_declare_is_one_request(harness: Harness) -> None:
    harness.declare(a={"name": "A"}, b={"name": "B"})
    harness.apply()
    harness.forget_requests()

    harness.declare(**linked(a=["b"], b=["a"]))
    assert harness.plan().summary.requests == 1
    harness.apply()

    assert len(harness.writes) == 1
    assert_settled(harness)


def test_a_link_that_both_ends_drop_is_one_request(harness: Harness) -> None:
    harness.declare(**linked(a=["b"], b=["a"]))
    harness.apply()
    harness.forget_requests()

    harness.declare(**linked(a=[], b=[]))
    harness.apply()

    assert [method for method, _, _ in harness.writes] == ["DELETE"]
    assert links_of(harness, "a") == set()
    assert_settled(harness)


def test_a_link_that_somebody_removes_is_made_again_once(harness: Harness) -> None:
    harness.declare(**linked(a=["b"], b=["a"]))
    harness.apply()
    harness.emulator.remove_link(int(harness.id_of("b")), int(harness.id_of("a")))  # type: ignore[attr-defined]
    harness.forget_requests()

    assert {item.address.name for item in harness.drift().drift} == {"a", "b"}
    harness.apply()

    assert len(harness.writes) == 1
    assert_settled(harness)


def test_five_new_links_are_one_request(harness: Harness) -> None:
    others = {name: {"name": name.upper()} for name in "bcdef"}
    harness.declare(a={"name": "A"}, **others)
    harness.apply()
    harness.forget_requests()

    harness.declare(**linked(a=[*others]), **others)
    harness.apply()

    assert harness.writes == [
        (
            "POST",
            f"/api/v2/cases/{harness.id_of('a')}/linked_cases/batch",
            {"ids": [harness.id_of(name) for name in others]},
        )
    ]
    assert_settled(harness)


@pytest.mark.parametrize("loss", [reset, bad_gateway])
def test_a_lost_answer_about_a_link_is_no_second_link(harness: Harness, loss: Loss) -> None:
    harness.declare(**linked(a=["b"], b=["a"], c=["a"]))

    harness.apply(fate=lost(loss))

    assert links_of(harness, "a") == {"b", "c"}
    assert_settled(harness)


@pytest.mark.parametrize("executed", [True, False])
def test_a_crash_after_any_request_about_links_converges(harness: Harness, *, executed: bool) -> None:
    harness.declare(**linked(a=["b", "c"], b=["a"], c=["b"]))
    crashes = 0
    while is_crashed(harness, dies(1 if executed else 2, executed=executed)):
        crashes += 1
        assert crashes < 20

    harness.apply()

    assert {name: links_of(harness, name) for name in "abc"} == {"a": {"b", "c"}, "b": {"a", "c"}, "c": {"a", "b"}}
    assert_settled(harness)


def linked_by_id(harness: Harness, **names: str) -> dict[str, dict[str, Any]]:
    """Return two cases that link to each other by id, so that neither waits for the other."""
    return {
        name: {"name": names.get(name, name.upper()), "links": [harness.id_of(other)]}
        for name, other in (("a", "b"), ("b", "a"))
    }


def test_a_link_that_was_refused_is_recorded_at_neither_end(harness: Harness) -> None:
    harness.declare(a={"name": "A"}, b={"name": "B"})
    harness.apply()
    harness.declare(**linked_by_id(harness, b="BB"))

    result = harness.apply(complete=False, fate=_first_refused)

    assert [each.status for each in result.outcomes] == [Status.FAILED, Status.FAILED]
    assert result.outcomes[1].message == "not linked: a did not end well"
    assert harness.record_of("b").recorded == {"name": "BB"}
    assert harness.plan().summary.requests == 1
    harness.apply()
    assert_settled(harness)


def _first_refused(number: int, request: httpx.Request, send: Send) -> httpx.Response:
    return httpx.Response(422, json=["no"], request=request) if number == 1 else send()


def test_the_plan_says_at_the_other_end_who_makes_the_link(harness: Harness) -> None:
    harness.declare(a={"name": "A"}, b={"name": "B"})
    harness.apply()
    harness.declare(**linked_by_id(harness))

    plan = harness.plan()

    assert f"→ with soc.a: POST /api/v2/cases/{harness.id_of('a')}/linked_cases" in plain(render_plan(plan))
    harness.apply_saved(plan)
    assert links_of(harness, "b") == {"a"}
    assert_settled(harness)
