"""
A plan, or drift, as one HTML file that needs nothing else: no network, and to be read no script either.

header      what it is, the summary line, where it comes from
form        words, action, cause; the script shows it and hides what does not fit (also `#words=…&action=…`)
sections    warnings · changes, what cannot be undone first · what was changed outside

Every text passes `text`, which makes it harmless and escapes it; mypy holds the rest apart, since markup is a type
of its own. A policy in the page forbids whatever is not in it: scripts and styles are named by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal, NewType

from reconciler import __version__
from reconciler.model.change import Action, Change, Drift, DriftReport, FieldChange
from reconciler.model.operation import Operation
from reconciler.model.plan import Carried, Plan
from reconciler.model.values import Path, Value
from reconciler.planning.forecast import forecast
from reconciler.planning.policies import Group, grouped
from reconciler.report.hostile import inline, visible
from reconciler.report.lines import unstyled
from reconciler.report.markdown import ORDER
from reconciler.report.sides import NOTHING, Side, side_by_side
from reconciler.report.text import (
    GONE,
    MOST_NAMED,
    POLICIES,
    WAIVED,
    carried_texts,
    change_name,
    change_note,
    change_sign,
    deletes_note,
    drift_summary,
    plan_summary,
    reading_note,
    remarks,
    request_lines,
    verdict,
    weight,
)
from reconciler.report.values import dotted

Markup = NewType("Markup", str)
"""HTML that is safe to write."""

EMPTY: Final = Markup("")


def plan_html(plan: Plan) -> Iterator[str]:
    """Yield a page that shows a plan, in pieces."""
    kinds = (*ORDER, *sorted({_kind(drift) for drift in plan.drift}))
    yield from _head(
        f"Plan for {plan.workspace}", plan_summary(plan), kinds, deletes_note(plan), verdict(plan.policies)
    )
    origin = f"{plan.digest} · serial {plan.serial} · made {plan.created_at} · reconciler {__version__}"
    yield element("p", text(origin), class_="quiet") + "\n"
    for expected in forecast(plan):
        yield element("p", text(str(expected)), class_="quiet") + "\n"
    yield from _list(POLICIES, map(_objections, grouped(plan.policies)))
    yield from _list("Warnings", (element("li", text(warning, lines=True)) for warning in plan.warnings))
    carried = plan.carried
    those = (change for action in ORDER for change in _with(plan, action))
    yield from _section("Changes", (_change(change, carried.get(change.address, ())) for change in those))
    yield from _section("Changed outside", map(_drift, plan.drift))
    yield _foot()


def drift_html(report: DriftReport) -> Iterator[str]:
    """Yield a page that shows drift, in pieces."""
    yield from _head(
        f"Drift in {report.workspace}", drift_summary(report), ("drifted", "missing"), reading_note(report)
    )
    yield from _section("Changed outside", map(_drift, report.drift))
    yield from _section(WAIVED, map(_drift, report.waived))
    yield _foot()


# ------------------------------------------------------------------------------------------------- markup


def text(value: str, *, lines: bool = False) -> Markup:
    """Return text as markup: harmless, escaped, on one line unless it has `lines`."""
    return Markup(html.escape(visible(value) if lines else inline(value)))


def element(name: str, /, *children: Markup, **attributes: str | Literal[True]) -> Markup:
    """Return an element; attributes are escaped, a trailing `_` is dropped, `data_x` is `data-x`."""
    said = "".join([_attribute(key, value) for key, value in attributes.items()]) if attributes else ""
    return Markup(f"<{name}{said}>{''.join(children)}</{name}>")


@lru_cache  # a page has few, and each a hundred thousand times
def _attribute(key: str, value: str | Literal[True]) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(inline(value))}"'


def _joined(children: Iterable[Markup]) -> Markup:
    return Markup("".join(children))


# --------------------------------------------------------------------------------------------------- page


@cache
def _asset(name: str) -> str:
    return (files("reconciler.report") / name).read_text(encoding="utf-8")


def _hash(asset: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(asset.encode()).digest()).decode()}'"


def _head(title: str, summary: str, actions: Iterable[str], *cautions: str) -> Iterator[str]:
    style = _asset("webpage.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(_asset('webpage.js'))}; "
        "base-uri 'none'; form-action 'none'"
    )
    yield "<!doctype html>\n"
    yield '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=False)}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"{element('title', text(title))}\n<style>{style}</style>\n</head>\n<body>\n<header>\n"
    yield f"{element('h1', text(title))}\n{element('p', text(summary), class_='summary')}\n"
    for caution in filter(None, cautions):
        yield f"{element('p', text(caution), class_='caution')}\n"
    yield "</header>\n<main>\n"
    yield f"{_form(actions)}\n"


def _form(actions: Iterable[str]) -> Markup:
    """Return the filter, which only the script shows."""
    search = Markup('<input type="search" name="words" autocomplete="off">')
    return element(
        "form",
        element("label", text("Search"), search),
        element("label", text("Action"), _select("action", actions)),
        element("label", text("Cause"), _select("cause", ("config", "drift"))),
        element("output", EMPTY, aria_live="polite"),
        role="search",
        hidden=True,
    )


def _select(name: str, values: Iterable[str]) -> Markup:
    options = [element("option", text("all"), value=""), *(element("option", text(value)) for value in values)]
    return element("select", *options, name=name)


def _objections(group: Group) -> Markup:
    """Return what one rule has to say."""
    first = group.first
    link = f"  {first.link}" if first.link else ""
    parts = (
        element("strong", text(weight(first))),
        element("code", text(first.rule)),
        Markup("<br>".join(map(text, first.message.split("\n")))),
        text(group.named(MOST_NAMED)),
        element("span", text(f"{first.source.file}:{first.source.line}{link}"), class_="quiet"),
    )
    return element("li", Markup(" ".join(part for part in parts if part)))


def _foot() -> str:
    return f"</main>\n<script>{_asset('webpage.js')}</script>\n</body>\n</html>\n"


def _section(title: str, articles: Iterable[Markup]) -> Iterator[str]:
    opening = f"<section>\n{element('h2', text(title))}\n"
    return _between(opening, (f"{article}\n" for article in articles), "</section>\n")


def _list(title: str, items: Iterable[Markup]) -> Iterator[str]:
    return _between(f"{element('h2', text(title))}\n<ul>", items, "</ul>\n")


def _between(opening: str, pieces: Iterable[str], closing: str) -> Iterator[str]:
    """Yield pieces between two others, which come only if there are any."""
    ending = ""
    for piece in pieces:
        yield f"{opening}{piece}"
        opening, ending = "", closing
    yield ending


# -------------------------------------------------------------------------------------------------- cases


def _with(plan: Plan, action: Action) -> Iterator[Change]:
    return (change for change in plan.changes if change.action is action)


def _change(change: Change, carried: Carried) -> Markup:
    is_new = change.action is Action.CREATE
    said = [str(change.action), "" if is_new else " + ".join(change.causes), change_note(change)]
    fields = [_field_change(field, has_cause=not is_new) for field in change.fields]
    requests = [_request(operation) for operation in change.operations]
    requests += [element("li", element("code", text(said))) for said in carried_texts(carried)]
    parts = [_table(("field", "live", "becomes", "cause"), fields)] if fields else []
    parts += [element("ol", *requests, class_="requests")] if requests else []
    causes = " ".join(change.causes)
    about = _About(change_sign(change.action), change_name(change), change.id, str(change.action), causes)
    return _article(about, said, parts)


def _kind(drift: Drift) -> str:
    return "missing" if drift.missing else "drifted"


def _drift(drift: Drift) -> Markup:
    sign = "-" if drift.missing else "~"
    fields = [_row(field.path, field.recorded, field.live, "drift", remarks(field)) for field in drift.fields]
    parts = [_table(("field", "applied", "live", "cause"), fields)] if fields else []
    said = [GONE] if drift.missing else []
    return _article(_About(sign, str(drift.address), drift.id, _kind(drift), "drift"), said, parts)


@dataclass(frozen=True, slots=True)
class _About:
    """What stands at the head of a case, and what it is filtered by."""

    sign: str
    address: str
    id: str | None
    kind: str
    causes: str


def _article(about: _About, said: Iterable[str], parts: Iterable[Markup]) -> Markup:
    identity = element("span", text(f"(id {about.id})" if about.id else ""), class_="quiet")
    name = [element("span", text(about.sign), class_="sign"), Markup(" "), element("code", text(about.address))]
    notes = text(" · ".join(note for note in said if note))
    summary = element("summary", element("h3", *name), Markup(" "), identity, Markup(" "), notes)
    details = element("details", summary, *parts, open=True)
    return element("article", details, class_=about.kind, data_action=about.kind, data_cause=about.causes)


def _table(names: tuple[str, ...], rows: Iterable[Markup]) -> Markup:
    return element("div", element("table", _head_of(names), *rows), class_="scroll")


@cache
def _head_of(names: tuple[str, ...]) -> Markup:
    widths = {"field": "name", "cause": "cause"}
    heads = [element("th", text(name), scope="col", class_=widths.get(name, "value")) for name in names]
    return element("thead", element("tr", *heads))


def _field_change(field: FieldChange, *, has_cause: bool) -> Markup:
    return _row(field.path, field.before, field.after, str(field.cause) if has_cause else "")


def _row(path: Path, before: Value, after: Value, cause: str, notes: Iterable[str] = ()) -> Markup:
    """Return a field as a group of rows, one a line: however a line is broken, its other side stands beside it."""
    pairs = list(side_by_side(before, after)) or [(NOTHING, NOTHING)]
    said = [element("td", text(note), colspan="2", class_="quiet") for note in notes]
    height = str(len(pairs) + len(said))
    name = element("th", element("code", text(dotted(path))), scope="rowgroup", rowspan=height)
    why = element("td", text(cause), rowspan=height)
    first, *rest = [*(_joined(map(_side, pair)) for pair in pairs), *said]
    return element("tbody", element("tr", name, first, why), *(element("tr", cells) for cells in rest))


def _side(side: Side) -> Markup:
    """Return a line on one side: gone, come, the same, or none."""
    if side.text is None:
        return element("td")
    said = text(side.text)
    return element("td", element(side.kind, said)) if side.kind else element("td", said, class_="same")


def _request(operation: Operation) -> Markup:
    request, *more = (unstyled(line).strip() for line in request_lines(operation))
    why = element("span", text(f" {operation.why}"), class_="quiet")
    remarks = (_joined((Markup("<br>"), element("span", text(remark), class_="quiet"))) for remark in more)
    return element("li", element("code", text(request.removeprefix("→ "))), why, *remarks)
