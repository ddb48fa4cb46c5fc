"""A page by day and by night, on a phone and on paper, for eyes that need contrast and hands that use no mouse."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.model.change import Cause, DriftReport, FieldChange
from reconciler.report.webpage import drift_html, plan_html
from tests.report import worlds
from tests.report.test_webpage import ALL, CHROMIUM, in_a_browser

STYLE: Final = (files("reconciler.report") / "webpage.css").read_text(encoding="utf-8")
PAIRS: Final = (
    *itertools.product(("ink", "quiet", "add", "remove", "change"), ("ground", "panel")),
    ("add", "add-ground"),
    ("remove", "remove-ground"),
    ("ink", "remove-ground"),
)
"""What is written, and on what."""
LEGIBLE: Final = 4.5
"""WCAG 2.2, 1.4.3, for text of any size."""
DARK: Final = "--blink-settings=preferredColorScheme=0"
PHONE: Final = 360
"""CSS pixels: a small one."""
PLAN: Final = "".join(plan_html(ALL))
PAGES: Final = {"plan": PLAN, "drift": "".join(drift_html(DriftReport("acme", worlds.DRIFT, 3)))}

LOOK: Final = """
<!doctype html><iframe id="page" src="page.html" width="{width}" height="800"></iframe><pre id="seen"></pre>
<script>
onload = () => {{
  const page = document.getElementById("page").contentDocument;
  document.getElementById("seen").textContent = JSON.stringify({{
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    ground: page.defaultView.getComputedStyle(page.body).backgroundColor,
    unreachable: [...page.querySelectorAll("summary, input, select")].filter((each) => each.tabIndex < 0).length,
    unnamed: [...page.querySelectorAll("input, select")].filter((each) => !each.labels.length).length,
  }});
}};
</script>
"""
"""A page about a page."""


def seen(page: str, folder: Path, *options: str, width: int = 1000) -> Any:
    """Return what a browser makes of a page of that width."""
    (folder / "page.html").write_text(page)
    (folder / "look.html").write_text(LOOK.format(width=width))
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    done = subprocess.run(
        [*command, *options, f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=2000", "--dump-dom",
         (folder / "look.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout)
    assert found, done.stdout
    return json.loads(found[1])


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palettes() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours by day and by night."""
    day, night = (dict(re.findall(r"--([\w-]+): (#\w{6})", text)) for text in STYLE.split("@media", 2)[:2])
    return day, {**day, **night}


@pytest.mark.parametrize("colours", palettes(), ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=" on ".join)
def test_whatever_is_written_can_be_read(colours: dict[str, str], text: str, ground: str) -> None:
    darker, lighter = sorted((luminance(colours[text]), luminance(colours[ground])))

    assert (lighter + 0.05) / (darker + 0.05) >= LEGIBLE


def test_the_night_has_colours_of_its_own() -> None:
    day, night = palettes()

    assert {name for name in day if day[name] == night[name]} == set()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_headings_lead_through_the_page_and_none_is_skipped(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])>", page)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(3) == page.count("<article")
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_what_comes_and_goes_is_told_by_a_sign_and_not_by_its_colour_alone() -> None:
    assert 'ins::before { content: "+ "; }' in STYLE
    assert 'del::before { content: "- "; }' in STYLE


def test_on_paper_there_is_no_form_and_no_case_that_is_left_out_or_torn() -> None:
    (on_paper,) = re.findall(r"@media print \{(.*?)\n\}", STYLE, re.DOTALL)

    assert "form { display: none; }" in on_paper
    assert "break-inside: avoid" in on_paper
    assert "content-visibility: visible" in on_paper
    assert all("<details open>" in page and "<details>" not in page for page in PAGES.values())


@in_a_browser
@pytest.mark.parametrize(("options", "ground"), [((), "#ffffff"), ((DARK,), "#0d1117")])
def test_in_a_browser_a_page_is_light_or_dark_as_its_reader_has_it(
    tmp_path: Path, options: tuple[str, ...], ground: str
) -> None:
    rgb = ", ".join(str(int(ground[at : at + 2], 16)) for at in (1, 3, 5))

    assert seen(PLAN, tmp_path, *options)["ground"] == f"rgb({rgb})"


@in_a_browser
def test_in_a_browser_all_that_can_be_used_is_named_and_reached_by_the_keyboard(tmp_path: Path) -> None:
    found = seen(PLAN, tmp_path)

    assert (found["unreachable"], found["unnamed"]) == (0, 0)


@in_a_browser
def test_in_a_browser_as_narrow_as_a_phone_nothing_is_wider_than_the_page(tmp_path: Path) -> None:
    long = f"https://acme.example/{'a' * 500}"
    fields = (FieldChange(("description",), f"{long}\nb", f"b\n{long}", Cause.DRIFT),)
    change = replace(worlds.UPDATE, id=long, reason=long, fields=fields)
    page = "".join(plan_html(worlds.plan(worlds.DELETE, change, workspace=long, warnings=(long,))))

    assert seen(page, tmp_path, width=PHONE)["overflow"] == 0
