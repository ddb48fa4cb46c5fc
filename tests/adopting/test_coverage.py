"""How much of what is live is managed: by status, by tag, and what is not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reconciler.model.values import Marker
from tests.adopting.conftest import Desk
from tests.adopting.tenants import Tenant, communifire, threatconnect, tines

OTHER = "2f6c1a1e-0000-4000-8000-000000000001"


def test_what_is_recorded_marked_and_neither_is_counted_apart(desk: Desk) -> None:
    tenant = tines()
    ours = tenant.seed(name="Ours", status="open", tags=["phishing"])
    tenant.seed(name="Theirs", tags=["phishing"], metadata={"reconciler": Marker(OTHER, "soc.x", 1).text})
    tenant.seed(name="Nobody's", status="closed", tags=["phishing", "q4"])
    desk.serve(it=tenant)
    desk.write("cases/a.yaml", f'cases: {{ours: {{provider: it, import: "{ours}", name: Ours}}}}')
    desk.done("apply", "--auto-approve")

    found = json.loads(desk.done("coverage", "it", "--json"))

    assert found["summary"] == {"total": 3, "managed": 1, "elsewhere": 1, "unmanaged": 1}
    assert found["by_status"]["closed"] == {"total": 1, "managed": 0, "elsewhere": 0, "unmanaged": 1}
    assert found["by_tag"]["phishing"] == {"total": 3, "managed": 1, "elsewhere": 1, "unmanaged": 1}
    assert [(case["title"], case["keeper"], case.get("address")) for case in found["cases"]] == [
        ("Theirs", "elsewhere", "soc.x"),
        ("Nobody's", "unmanaged", None),
    ]


@pytest.mark.parametrize("make", [tines, threatconnect])
def test_a_case_of_ours_that_was_given_up_is_not_elsewhere(desk: Desk, make: Callable[[], Tenant]) -> None:
    desk.serve(it=make())
    said = (
        "provider: it, status: open, name" if make is tines else "provider: it, status: Open, severity: Low, name"
    )
    desk.write("cases/a.yaml", f"cases: {{a: {{{said}: A}}, b: {{{said}: B}}}}")
    desk.done("apply", "--auto-approve")
    desk.write("cases/a.yaml", f"cases: {{b: {{{said}: B}}}}")
    desk.done("apply", "--auto-approve")

    found = json.loads(desk.done("coverage", "it", "--json"))

    assert found["summary"] == {"total": 2, "managed": 1, "elsewhere": 0, "unmanaged": 1}


def test_filters_narrow_what_is_looked_at(desk: Desk) -> None:
    tenant = tines()
    for number in range(6):
        tenant.seed(status=("open", "closed")[number % 2], tags=["phishing"] if number < 2 else [])
    desk.serve(it=tenant)

    found = json.loads(
        desk.done("coverage", "it", "--filter", "status=open", "--filter", "tag=phishing", "--json")
    )

    assert found["summary"]["total"] == 1
    assert found["filters"] == [{"name": "status", "value": "open"}, {"name": "tag", "value": "phishing"}]


def test_the_text_tells_the_share_and_the_first_that_nobody_manages(desk: Desk) -> None:
    tenant = threatconnect()
    for number in range(30):
        tenant.seed(name=f"Case {number}", tags=[f"tag {number}", "all"])
    desk.serve(it=tenant)

    text = desk.done("coverage", "it")

    assert text.startswith("it: 0 of 30 cases are managed here (0.0 %)\n")
    assert "Open            0          0         30\n" in text
    assert "all             0          0         30\n" in text
    assert "… and 11 more; --json tells all of them" in text
    assert "  1  Case 0  http://" in text
    assert "… and 10 more; --json tells all of them" in text


def test_hostile_titles_are_shown_and_do_nothing(desk: Desk) -> None:
    tenant = tines()
    tenant.seed(name="\x1b]0;owned\x07\u202eevil", tags=["\x1b[2J"])
    desk.serve(it=tenant)

    text = desk.done("coverage", "it", "--no-color")

    assert r"\u{1b}]0;owned\u{7}\u{202e}evil" in text
    assert "\x1b" not in text


def test_an_empty_system_is_covered_by_nothing(desk: Desk, make: Callable[[int], Tenant]) -> None:
    desk.serve(it=make(0))

    assert desk.done("coverage", "it") == "it: 0 of 0 cases are managed here\n"


def test_a_thousand_cases_take_a_request_a_page(desk: Desk) -> None:
    tenant = communifire()
    for _ in range(1000):
        tenant.seed()
    desk.serve(it=tenant)

    assert json.loads(desk.done("coverage", "it", "--json"))["summary"]["total"] == 1000
    assert len(desk.requests) == 1000 / 100 + 1, "and one that finds the list at its end"


def test_an_unknown_provider_or_filter_is_an_error(desk: Desk) -> None:
    desk.serve(it=tines())

    assert "there is no provider 'soc' in reconciler.yaml; there are it" in " ".join(
        desk.run("coverage", "soc").err.replace("Hint: ", "; ").split()
    ).replace(" ;", ";")
    for form in ("text", "json"):
        said = desk.run("coverage", "it", "--filter", "tags=a", "--format", form)
        assert "there is no filter 'tags' here" in said.err
        assert not said.out, "no half of a document"
    assert "write NAME=VALUE" in desk.run("coverage", "it", "--filter", "open").err
    assert desk.requests == []
