"""Filters in the words of each system: they choose what they say, whether or not the server knows them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.base import Provider
from reconciler.providers.communifire.emulator import CommunifireEmulator
from reconciler.providers.registry import provider_types
from reconciler.providers.threatconnect.emulator import ThreatConnectEmulator
from reconciler.providers.tines.emulator import TinesEmulator, TinesSwitches
from reconciler.providers.tines.emulator.switches import LEANER
from tests.adopting.conftest import Desk
from tests.adopting.tenants import Tenant, communifire, threatconnect, tines

PAGE = Path(__file__).parents[2] / "docs/adopting.md"
ALL_FILTERS = frozenset(
    {"search", "status", "sub_status_names", "priority", "or_tags", "assignees", "authors", "metadata"}
    | {f"{name}_at_{end}_date" for name in ("updated", "resolved") for end in ("start", "end")}
)
OMAR = {"type": "User", "data": {"userName": "omar@acme.example"}}
LATER = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)


class Clock:
    """Time as a test has it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def with_(tenant: Tenant, emulator: Any) -> Tenant:
    """Return the way to another system of the same kind."""
    return replace(tenant, emulator=emulator)


def names(desk: Desk, *filters: str) -> list[str]:
    """Return the names of the cases that pass."""
    given = [word for each in filters for word in ("--filter", each)]
    title = "title" if desk.tenants["it"].settings["type"] == "communifire" else "name"
    return [str(case[title]) for case in desk.exported("it", *given, "--only", title).values()]


# ------------------------------------------------------------------------------------ Tines


TINES_SWITCHES = {
    "as documented": TinesSwitches(per_page_max=2),
    "filters ignored": TinesSwitches(filters_ignored=ALL_FILTERS),
    "lean lists": TinesSwitches(list_items_lean=LEANER),
    "strict": TinesSwitches(unknown_filter="refuse", user_id_type="int"),
}


@pytest.fixture(params=TINES_SWITCHES)
def soc(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """Serve three cases of Tines, A and B in March, C in June."""
    clock = Clock()
    tenant = with_(tines(), TinesEmulator(switches=TINES_SWITCHES[request.param], clock=clock))
    tenant.seed(
        name="A", tags=["phishing"], priority="high", assignees=["jane@acme.example"], by="lin@acme.example"
    )
    b = tenant.seed(name="B", tags=["phishing", "q4"], metadata={"region": "emea"}, team_id=3)
    clock.now = LATER
    tenant.seed(name="C", description="Mail with a lure", status="closed", sub_status="False positive")
    tenant.emulator.edit(b, priority="critical")
    desk.serve(it=tenant)
    return desk


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["status=open"], "AB"),
        (["status=CLOSED"], "C"),
        (["status=open", "status=closed"], "ABC"),
        (["sub_status=False positive"], "C"),
        (["sub_status=To do", "sub_status=False positive"], "ABC"),
        (["priority=high"], "A"),
        (["priority=high", "priority=critical"], "AB"),
        (["tag=phishing"], "AB"),
        (["tag=q4", "tag=none"], "B"),
        (["tag=phishing", "status=closed"], ""),
        (["assignee=JANE@acme.example"], "A"),
        (["assignee=unassigned"], "BC"),
        (["author=lin@acme.example"], "A"),
        (["team=3"], "B"),
        (["team=2", "team=3"], "ABC"),
        (["metadata.region=emea"], "B"),
        (["metadata.region=apac"], ""),
        (["metadata.other=emea"], ""),
        (["search=lure"], "C"),
        (["search=WITH a lure"], "C"),
        (["opened_after=2026-06-01"], "C"),
        (["opened_before=2026-06-01T12:00:00Z"], "AB"),
        (["created_after=2026-06-01T14:00:00+02:00"], "C"),
        (["created_before=2026-03-01"], ""),
        (["updated_after=2026-06-01"], "BC"),
        (["updated_before=2026-06-01"], "A"),
        (["resolved_after=2026-01-01"], "C"),
        (["resolved_before=2026-06-02"], "C"),
    ],
)
def test_tines(soc: Desk, filters: list[str], expected: str) -> None:
    assert names(soc, *filters) == list(expected)


def test_what_a_list_does_not_show_is_looked_at_where_a_filter_needs_it(desk: Desk) -> None:
    tenant = with_(tines(), TinesEmulator(switches=TinesSwitches(list_items_lean=LEANER)))
    tenant.seed(name="A", team_id=3)
    tenant.seed(name="B")
    desk.serve(it=tenant)

    assert names(desk, "created_after=2020-01-01", "team=3") == ["A"]


# ------------------------------------------------------------------------------------ ThreatConnect


@pytest.fixture
def intel(desk: Desk) -> Desk:
    """Serve three cases of ThreatConnect, A and B in March, C in June."""
    clock = Clock()
    tenant = with_(threatconnect(), ThreatConnectEmulator(clock=clock))
    tenant.seed(name="A", tags=["lure"], severity="High", assignee={"type": "Group", "data": {"name": "SOC Team"}})
    tenant.seed(name="B", tags=["lure", "Phishing"], xid="incident-2026-17")
    clock.now = LATER
    tenant.seed(
        name="C",
        tags=[],
        status="Closed",
        resolution="False Positive",
        caseDetectionTime="2026-05-01",
        assignee=OMAR,
    )
    desk.serve(it=tenant)
    return desk


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["status=open"], "AB"),
        (["severity=HIGH", "severity=critical"], "A"),
        (["resolution=false positive"], "C"),
        (["name=B"], "B"),
        (["xid=incident-2026-17"], "B"),
        (["tag=LURE"], "AB"),
        (["tag=T1566"], "B"),
        (["tag=none"], ""),
        (["assignee=soc team"], "A"),
        (["assignee=omar@acme.example"], "C"),
        (["created_by=jane@acme.example"], "ABC"),
        (["created_by=nobody"], ""),
        (["owner=Demo Organization"], "ABC"),
        (["owner=Threat Lab"], ""),
        (["opened_after=2026-06-01"], "C"),
        (["opened_before=2026-06-01"], "AB"),
        (["closed_after=2026-01-01"], "C"),
        (["detected_before=2026-05-02"], "C"),
        (["occurred_after=2020-01-01"], ""),
        (["added_before=2026-03-01T12:00:01Z", "tag=lure", "severity=high"], "A"),
        (["updated_after=2026-06-01"], "C"),
    ],
)
def test_threatconnect(intel: Desk, filters: list[str], expected: str) -> None:
    assert names(intel, *filters) == list(expected)


def test_a_value_cannot_leave_its_place_in_a_query(intel: Desk) -> None:
    assert names(intel, 'name=B" or name = "A') == []


# ------------------------------------------------------------------------------------ Communifire


@pytest.fixture
def community(desk: Desk) -> Desk:
    """Serve three cases of Communifire, A and B in March, C in June."""
    clock = Clock()
    tenant = with_(communifire(), CommunifireEmulator(clock=clock))
    tenant.seed(IssueTitle="A", TagsCSV="phishing", IssueStatusID=2, ProjectSectionID=231, MilestoneID=40)
    tenant.seed(IssueTitle="B", TagsCSV="phishing,q4", IssueDescription="<p>A lure</p>", AssignedToUserID=0)
    clock.now = LATER
    tenant.seed(IssueTitle="C", SpaceID=62, IssueStatusID=12, TagsCSV="", ReportedByUserID=3)
    desk.serve(it=tenant)
    return desk


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["status=open"], "A"),
        (["status=open", "space=SOC"], "A"),
        (["status=2", "space=61"], "A"),
        (["status=open", "status=new", "status=Running"], "ABC"),
        (["space=red team"], "C"),
        (["space=SOC", "space=Red Team"], "ABC"),
        (["project=Incidents", "space=SOC"], "AB"),
        (["category=Mail"], "A"),
        (["milestone=40"], "A"),
        (["priority=normal"], "ABC"),
        (["assignee=bo@acme.example"], "A"),
        (["assignee=0"], "BC"),
        (["assignee=bo@acme.example", "assignee=0"], "ABC"),
        (["reporter=3"], "C"),
        (["tag=PHISHING"], "AB"),
        (["tag=q4", "assignee=0"], "B"),
        (["keyword=lure"], "B"),
        (["keyword=lure", "keyword=none"], "B"),
        (["created_after=2026-06-01"], "C"),
        (["updated_before=2026-06-01"], "AB"),
    ],
)
def test_communifire(community: Desk, filters: list[str], expected: str) -> None:
    assert sorted(names(community, *filters)) == list(expected)


@pytest.mark.parametrize("filters", [["space=nowhere"], ["status=nothing", "space=SOC"], ["assignee=nobody@x"]])
def test_a_name_that_the_site_does_not_know_is_an_error(community: Desk, filters: list[str]) -> None:
    given = [word for each in filters for word in ("--filter", each)]

    assert community.run("export", "it", *given).code == 1


# ------------------------------------------------------------------------------------ told


@pytest.mark.parametrize(
    ("title", "type_"), [("Tines", "tines"), ("ThreatConnect", "threatconnect"), ("Communifire", "communifire")]
)
def test_every_filter_is_on_the_page(title: str, type_: str) -> None:
    (row,) = re.findall(rf"^\| {title} \| (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    provider: type[Provider] = provider_types()[type_]

    assert re.findall(r"`([a-z_.KEY]+)`", row)
    assert [name for name in provider.filters if f"`{name}`" not in row] == []
