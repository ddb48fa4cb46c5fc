"""A live case is taken over by what it says: none, one and many are three outcomes, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.adopting.conftest import Desk
from tests.adopting.tenants import MAKERS, Tenant, communifire, threatconnect, tines

TITLE = {"tines": "name", "threatconnect": "name", "communifire": "title"}
SEEDED = {"tines": "name", "threatconnect": "name", "communifire": "IssueTitle"}


def declare(desk: Desk, **finds: Any) -> None:
    """Declare cases that are to be found."""
    cases = {name: {"provider": "it", "import": {"find": find}} for name, find in finds.items()}
    desk.write("cases/found.yaml", yaml.safe_dump({"cases": cases}))


@pytest.fixture(params=MAKERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Offer each system in turn."""
    name: str = request.param
    return name


@pytest.fixture
def seed(desk: Desk, kind: str) -> Callable[[str], str]:
    """Offer to put a case with a title there; gives its id."""
    tenant = MAKERS[kind]()
    desk.serve(it=tenant)
    return lambda title: str(tenant.seed(**{SEEDED[kind]: title}))


def test_one_case_is_taken_over_as_if_its_id_stood_there(
    desk: Desk, kind: str, seed: Callable[[str], str]
) -> None:
    seed("Another")
    id = seed("Phishing: wave 7")
    seed("phishing: wave 7 and more")
    declare(desk, wave={TITLE[kind]: "Phishing: wave 7"})

    planned = desk.done("plan")

    assert f"< it.wave (id {id})" in planned
    assert "1 to import. 0 requests." in planned
    desk.done("apply", "--auto-approve")
    assert desk.writes == []
    assert "No changes. 1 cases match." in desk.done("plan")


def test_what_is_recorded_is_never_looked_for_again(desk: Desk, kind: str, seed: Callable[[str], str]) -> None:
    seed("Phishing: wave 7")
    declare(desk, wave={TITLE[kind]: "Phishing: wave 7"})
    desk.done("apply", "--auto-approve")
    seed("Phishing: wave 7")

    assert "No changes." in desk.done("plan")


def test_none_is_an_error_with_its_place(desk: Desk, kind: str, seed: Callable[[str], str]) -> None:
    seed("phishing: wave 7")
    declare(desk, wave={TITLE[kind]: "Phishing: wave 8"})

    said = desk.run("plan")

    assert said.code == 1
    assert f"cases/found.yaml:5:9: it.wave: there is no case with {TITLE[kind]} 'Phishing: wave 8'" in said.err
    assert "leave `import` out to create one" in said.err


def test_many_are_an_error_that_lists_them(desk: Desk, kind: str, seed: Callable[[str], str]) -> None:
    ids = [seed("Phishing: wave 7") for _ in range(12)]
    declare(desk, wave={TITLE[kind]: "Phishing: wave 7"})

    said = desk.run("plan")

    assert said.code == 1
    assert f"12 cases have {TITLE[kind]} 'Phishing: wave 7'" in said.err
    assert "write the id of the one that is meant" in said.err
    assert sum(f"{id} (http" in said.err for id in ids) == 10
    assert desk.writes == []


def test_several_are_found_in_one_walk_and_all_problems_are_told(desk: Desk) -> None:
    tenant = tines()
    for number in range(1200):
        tenant.seed(name=f"Case {number}")
    desk.serve(it=tenant)
    declare(desk, **{f"case-{number}": {"name": f"Case {number}"} for number in range(0, 1200, 100)})

    assert "12 to import" in desk.done("plan")
    assert len([path for path in desk.requests if path == "/api/v2/cases"]) <= 1200 / 50 + 2

    declare(desk, a={"name": "None of them"}, b={"name": "Case 1"}, c={"name": "Nor this"})
    said = desk.run("plan")
    assert said.err.count("there is no case with name") == 2


def test_threatconnect_is_asked_for_the_names(desk: Desk) -> None:
    tenant = threatconnect()
    for number in range(50):
        tenant.seed(name=f'Case "{number}" \\ of many')
    desk.serve(it=tenant)
    declare(desk, a={"name": 'Case "7" \\ of many'}, b={"name": 'Case "8" \\ of many'})

    assert "2 to import" in desk.done("plan")
    (first, *_) = tenant.emulator.requests
    assert "name in (" in dict(first.query)["tql"]


@pytest.mark.parametrize(
    ("find", "is_found"),
    [
        ({"name": "A", "tags": ["q4"]}, True),
        ({"name": "A", "tags": ["q4", "phishing"]}, True),
        ({"name": "A", "tags": ["q4", "other"]}, False),
        ({"metadata": {"external_id": "INC-1"}}, True),
        ({"metadata": {"external_id": "INC-2"}}, False),
        ({"name": "A", "priority": "HIGH", "status": "Open"}, True),
        ({"name": "A", "priority": "low"}, False),
        ({"name": "a"}, False),
        ({"description": None, "name": "A"}, True),
        ({"tags": None, "name": "A"}, False),
        ({"tags": [], "name": "B"}, True),
        ({"priority": "high"}, True),
        ({"metadata": {"other": None}, "name": "A"}, True),
        ({"assignees": ["JANE@acme.example"]}, True),
        ({"team_id": 2, "name": "A"}, True),
        ({"team_id": 3, "name": "A"}, False),
    ],
)
def test_attributes_of_tines_tell_cases_apart(desk: Desk, find: dict[str, Any], *, is_found: bool) -> None:
    tenant = tines()
    tenant.seed(
        name="A",
        tags=["phishing", "q4"],
        metadata={"external_id": "INC-1"},
        priority="high",
        assignees=["jane@acme.example"],
    )
    tenant.seed(name="B", priority="low")
    desk.serve(it=tenant)
    declare(desk, a=find)

    assert desk.run("plan").code == (0 if is_found else 1)


@pytest.mark.parametrize(
    ("find", "is_found"),
    [
        ({"title": "A", "status": "open"}, True),
        ({"title": "A", "status": 2}, True),
        ({"title": "A", "status": "Closed"}, False),
        ({"title": "A", "space": "SOC", "priority": "normal"}, True),
        ({"title": "A &amp; B"}, False),
    ],
)
def test_attributes_of_communifire_tell_cases_apart(desk: Desk, find: dict[str, Any], *, is_found: bool) -> None:
    tenant = communifire()
    tenant.seed(IssueTitle="A", IssueStatusID=2)
    desk.serve(it=tenant)
    declare(desk, a=find)

    assert desk.run("plan").code == (0 if is_found else 1)


@pytest.mark.parametrize(
    ("find", "said"),
    [
        ({}, "`find` says nothing"),
        ({"name": "${env.HOME}"}, "cannot stand in `import`"),
        ({"nam": "A"}, "unknown key `nam`"),
        ({"tasks": {"a": {"description": "x"}}}, "no case is found by `tasks`"),
        ({"fields": {"a": "b"}}, "no case is found by `fields`"),
        ({"priority": "urgent"}, "priority"),
        ("A", "find"),
        (None, "find"),
    ],
)
def test_what_cannot_be_looked_for_is_an_error_without_a_request(desk: Desk, find: Any, said: str) -> None:
    desk.serve(it=tines())
    declare(desk, a=find)

    found = desk.run("validate")

    assert found.code == 1
    assert "cases/found.yaml" in found.err
    assert said in found.err
    assert desk.requests == []


def test_what_is_sought_cannot_refer_to_another_case(desk: Desk) -> None:
    desk.serve(it=threatconnect())
    declare(desk, a={"associated_cases": ["b"]}, b={"name": "B"})

    assert "`find` cannot refer to another case" in desk.run("validate").err


def test_a_case_that_is_managed_already_is_not_taken_over_twice(desk: Desk) -> None:
    tenant: Tenant = tines()
    id = tenant.seed(name="A")
    desk.serve(it=tenant)
    declare(desk, a={"name": "A"})
    desk.done("apply", "--auto-approve")

    declare(desk, a={"name": "A"}, b={"name": "A"})
    said = desk.run("plan")

    assert said.code == 1
    assert f"it.b: case '{id}' is managed as it.a already" in said.err
