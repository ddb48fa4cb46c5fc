"""A plan as one HTML file: what it shows, that nothing of others becomes a node, and that nothing leaves it."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.model.change import Cause, Change, DriftedField, DriftReport, Edit, FieldChange
from reconciler.model.operation import Operation
from reconciler.report.webpage import drift_html, plan_html
from tests.report import worlds
from tests.report.pages import OF_THE_PAGE, Nodes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

ALL = replace(worlds.ONE_OF_EACH, warnings=("limits: more than allowed",))
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</code></article><script>document.title='owned'</script>",
    '" autofocus onfocus="alert(1)',
    "<!--", "]]>", "&lt;b&gt;", "javascript:alert(1)", "\x1b[2J\u202e\u200b",
]  # fmt: skip


def page_of(*changes: Change, **more: object) -> str:
    return "".join(plan_html(worlds.plan(*changes, **more)))


def words(page: str) -> str:
    """Return what is to be read on a page."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def hostile(text: str) -> Change:
    fields = tuple(
        FieldChange((text, str(n)), value, text, Cause.DRIFT) for n, value in enumerate((None, "a\nb", 1))
    )
    return replace(worlds.UPDATE, id=text, reason=text, fields=fields)


def test_a_plan_is_read_without_script_or_network() -> None:
    page = "".join(plan_html(ALL))
    read = words(page)

    for text in (
        "Plan: 1 to create, 2 to update, 1 to delete, 1 to release, 1 to import.",
        'soc.phishing-wave (id 42) update · config + drift field live becomes cause metadata.region "emea" config',
        'PUT /api/v2/cases/42 {"priority":"high","add_tag_names":["q4"],"remove_tag_names":["triage"]}',
        "limits: more than allowed",
        ALL.digest,
    ):
        assert text in read, read
    assert not re.search(r"(?:src|href)=|url\(|@import", page)
    assert 0 < read.index("soc.gone") < read.index("soc.phishing-wave") < read.index("Changed outside")


def test_drift_is_a_page_too() -> None:
    read = words("".join(drift_html(DriftReport("acme", worlds.DRIFT, 3))))

    assert "Drift: 1 drifted, 1 missing, 3 clean." in read
    assert 'priority "high" "low" drift' in read


def test_texts_stand_side_by_side() -> None:
    field = FieldChange(("description",), "same\nold", "same\nnew\nmore", Cause.DRIFT)

    page = page_of(replace(worlds.UPDATE, fields=(field,)))

    assert (
        '<tr><th scope="rowgroup" rowspan="3"><code>description</code></th><td class="same">same</td>'
        '<td class="same">same</td><td rowspan="3">drift</td></tr>'
        "<tr><td><del>old</del></td><td><ins>new</ins></td></tr>"
        "<tr><td></td><td><ins>more</ins></td></tr></tbody>"
    ) in page


def test_an_empty_line_that_comes_or_goes_is_seen() -> None:
    field = FieldChange(("description",), "a\nb", "a\n\nb", Cause.DRIFT)

    assert "<tr><td></td><td><ins></ins></td></tr>" in page_of(replace(worlds.UPDATE, fields=(field,)))


def test_who_changed_a_field_stands_beneath_its_values() -> None:
    field = DriftedField(("priority",), "high", "low", edit=Edit("omar@acme.example", "2026-01-02"))
    drift = replace(worlds.DRIFT[0], missing=False, fields=(field,))

    assert (
        '<th scope="rowgroup" rowspan="2"><code>priority</code></th><td><del>&quot;high&quot;</del></td>'
        '<td><ins>&quot;low&quot;</ins></td><td rowspan="2">drift</td></tr>'
        '<tr><td colspan="2" class="quiet">changed by omar@acme.example at 2026-01-02</td></tr>'
    ) in "".join(drift_html(DriftReport("acme", (drift,), 3)))


def test_a_delete_is_warned_of() -> None:
    caution = "1 case is deleted, which is for good."

    assert caution in words(page_of(worlds.DELETE))
    assert caution not in words(page_of(worlds.UPDATE))


def test_a_request_says_all_that_it_says_in_text() -> None:
    other = Operation("POST", "/other", {"a": 1}, "instead")
    request = replace(worlds.UPDATE.operations[0], as_text=True, along={"milestone": "1"}, otherwise=(other,))

    page = words(page_of(replace(worlds.UPDATE, operations=(request,))))

    for said in ("(as a JSON string)", "milestone go with it", 'if that is refused: → POST /other {"a":1}'):
        assert said in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_node_and_no_attribute(text: str) -> None:
    page = page_of(hostile(text), drift=worlds.DRIFT, workspace=text, warnings=(text,))
    nodes, usual = Nodes(page), Nodes(page_of(hostile("x"), drift=worlds.DRIFT, workspace="x", warnings=("x",)))

    assert nodes.tags == usual.tags
    assert nodes.attributes == usual.attributes
    assert set(nodes.tags) <= OF_THE_PAGE
    assert nodes.open == []
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", page)


# ------------------------------------------------------------------------------------- in a real browser


def browsed(page: str, tmp_path: Path, fragment: str = "") -> str:
    """Return the document as Chromium has it when its script has run."""
    path = tmp_path / "plan.html"
    path.write_text(page)
    command = [
        str(CHROMIUM),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'browser'}",
    ]
    done = subprocess.run(
        [*command, "--virtual-time-budget=2000", "--dump-dom", f"{path.as_uri()}{fragment}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def cases_shown(document: str) -> list[str]:
    shown = [
        each
        for each in re.findall(r"<article[^>]*>.*?</article>", document, re.DOTALL)
        if 'hidden=""' not in each[:200]
    ]
    return [str(re.search(r"<code>(.*?)</code>", each)[1]) for each in shown]  # type: ignore[index]


@in_a_browser
def test_in_a_browser_the_filter_is_there_and_works(tmp_path: Path) -> None:
    page = "".join(plan_html(ALL))

    whole = browsed(page, tmp_path)
    assert re.search(r'<form role="search">', whole)
    assert "7 of 7 cases" in whole
    assert cases_shown(browsed(page, tmp_path, "#action=delete")) == ["soc.gone"]
    assert cases_shown(browsed(page, tmp_path, "#words=emea+region")) == ["soc.phishing-wave"]
    assert "soc.new" not in cases_shown(browsed(page, tmp_path, "#cause=drift"))
    assert "soc.new" in cases_shown(browsed(page, tmp_path, "#cause=config"))
    assert cases_shown(browsed(page, tmp_path, "#action=missing")) == ["soc.missing"]


@in_a_browser
def test_in_a_browser_there_is_no_filter_where_there_is_nothing_to_filter(tmp_path: Path) -> None:
    assert '<form role="search" hidden="' in browsed(page_of(unchanged=12), tmp_path)


@in_a_browser
def test_in_a_browser_a_heading_without_cases_is_hidden(tmp_path: Path) -> None:
    page = browsed("".join(plan_html(ALL)), tmp_path, "#action=delete")

    assert re.findall(r"<section([^>]*)>\n<h2>(.*?)</h2>", page) == [
        ("", "Changes"),
        (' hidden=""', "Changed outside"),
    ]


@in_a_browser
def test_in_a_browser_nothing_of_others_runs_and_no_request_leaves(tmp_path: Path) -> None:
    asked: list[str] = []

    class Witness(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    texts = [
        f"<img src={url}/image>",
        f"<script src={url}/script></script>",
        f"<style>@import '{url}/style';</style>",
    ]
    try:
        document = browsed(page_of(*map(hostile, [*HOSTILE, *texts])), tmp_path)
    finally:
        server.shutdown()
        server.server_close()

    assert asked == []
    assert "<img" not in document
    assert "<title>Plan for acme</title>" in document
