"""
A plan, or drift, as Markdown: for the comment under a pull request, on a phone too.

    ### Plan for `acme`
    **Plan: 0 to create, 1 to update, 1 to delete, 0 to release, 0 to import. 2 requests.**
    #### Delete
    ▸ - soc.old (id 41)
    #### Update
    ▸ ~ soc.wave (id 42) · config
        ! priority: "low" → "high"  (config)
          → PUT /api/v2/cases/42  {"priority":"high"}

What cannot be undone stands first. Text of others stands in fences, which are longer than any row of backticks in
them, and in <code> within the HTML of a summary; elsewhere between backticks, since what stands in a tag there is
still Markdown. Nothing in there is an image, a mention or a link. A budget of characters cuts whole cases, and it
is said which.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler import __version__
from reconciler.model.change import Action, Change, Drift, DriftReport
from reconciler.model.plan import Carried, Plan
from reconciler.planning.forecast import forecast
from reconciler.planning.policies import Group, grouped
from reconciler.report.hostile import inline, visible
from reconciler.report.lines import Line, unstyled
from reconciler.report.text import (
    GONE,
    POLICIES,
    WAIVED,
    change_lines,
    change_name,
    change_note,
    change_sign,
    deletes_note,
    drift_lines,
    drift_summary,
    objection_lines,
    plan_summary,
    reading_note,
    verdict,
)

BUDGET: Final = 60_000
"""Characters: a comment on GitHub takes 65,536, and whoever posts it adds a few."""
SMALLEST: Final = 1000
"""No budget is smaller: the heading, the summary and what was cut must have room."""
ORDER: Final = (Action.DELETE, Action.RELEASE, Action.UPDATE, Action.CREATE, Action.IMPORT, Action.NO_OP)
"""What cannot be undone stands first."""

_TITLES: Final = {
    Action.DELETE: "Delete",
    Action.RELEASE: "Release",
    Action.UPDATE: "Update",
    Action.CREATE: "Create",
    Action.IMPORT: "Import",
    Action.NO_OP: "Move",
}
_RESERVE: Final = 400
"""Characters kept for the sentence that says what was cut."""
_LEAST: Final = 60
"""No block is shorter."""
_MISSES: Final = 100
"""Blocks in a row that may be too long for what is left, before no further one is tried: each costs its making."""
_WIDTH: Final = 200
"""Characters of an address or an id that are shown."""
_MESSAGE: Final = 2000
"""Characters of one warning."""
_SIGNED: Final = re.compile(r"(\s*(?:│ )?)([-+~]) (.*)")
_FENCES: Final = re.compile("`{3,}")
_BACKTICKS: Final = re.compile("`+")


@dataclass(slots=True)
class _Page:
    """Markdown that grows up to its budget."""

    room: int
    parts: list[str] = field(default_factory=list)
    cut: Counter[str] = field(default_factory=Counter)
    """What was left out, in words."""

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.room -= len(text)

    def blocks(self, title: str, what: str, blocks: Iterable[Iterator[str]]) -> None:
        """Add as many blocks beneath a title as there is room for."""
        heading = f"#### {title}\n\n"
        misses = 0
        for block in blocks:
            is_tried = misses < _MISSES and self.room > len(heading) + _LEAST
            text = _within(block, self.room - len(heading)) if is_tried else None
            if text is None:
                self.cut[what] += 1
                misses += 1
                continue
            self.add(heading + text)
            heading, misses = "", 0

    def end(self, where: str) -> str:
        """Return the page; say what was cut, and where all of it is."""
        if self.cut:
            left = ", ".join(f"{number} {what}" for what, number in self.cut.items())
            self.parts.append(f"**Cut to fit: {left}.** {where}\n\n")
        return "".join(self.parts)


def plan_markdown(plan: Plan, budget: int = BUDGET) -> str:
    """Return a plan as Markdown of at most `budget` characters (`SMALLEST` at least)."""
    page = _Page(budget - _RESERVE)
    page.add(f"### Plan for {_span(plan.workspace)}\n\n**{plan_summary(plan)}**\n\n")
    foot = f"<sub>{_span(plan.digest)} · serial {plan.serial} · reconciler {__version__}</sub>\n"
    page.room -= len(foot)
    changes = {action: [change for change in plan.changes if change.action is action] for action in ORDER}
    if caution := deletes_note(plan):
        page.add(f"> [!CAUTION]\n> {caution}\n\n")
    if said := verdict(plan.policies):
        page.add(f"> [!WARNING]\n> {said}\n\n")
    expected = (iter([f"- {_span(str(each))}\n\n"]) for each in forecast(plan))
    page.blocks("Requests", "systems that are asked", expected)
    page.blocks(POLICIES, "rules that object", map(_objections, grouped(plan.policies)))
    page.blocks("Warnings", "warnings", map(_warning, plan.warnings))
    carried = plan.carried
    for action, those in changes.items():
        blocks = (_change(change, carried.get(change.address, ())) for change in those)
        page.blocks(f"{_TITLES[action]} ({len(those)})", f"to {_TITLES[action].lower()}", blocks)
    page.blocks(f"Changed outside ({len(plan.drift)})", "changed outside", map(_drift, plan.drift))
    return page.end("The saved plan has all: `reconciler show PLANFILE`.") + foot


def drift_markdown(report: DriftReport, budget: int = BUDGET) -> str:
    """Return drift as Markdown of at most `budget` characters (`SMALLEST` at least)."""
    page = _Page(budget - _RESERVE)
    page.add(f"### Drift in {_span(report.workspace)}\n\n**{drift_summary(report)}**\n\n")
    if note := reading_note(report):
        page.add(f"{note}\n\n")
    missing = [drift for drift in report.drift if drift.missing]
    drifted = [drift for drift in report.drift if not drift.missing]
    page.blocks(f"Missing ({len(missing)})", "missing", map(_drift, missing))
    page.blocks(f"Drifted ({len(drifted)})", "drifted", map(_drift, drifted))
    page.blocks(f"{WAIVED} ({len(report.waived)})", "waived", map(_drift, report.waived))
    return page.end("All of it: `reconciler drift`.")


# ------------------------------------------------------------------------------------------------- blocks


def _change(change: Change, carried: Carried) -> Iterator[str]:
    causes = () if change.action is Action.CREATE else change.causes
    tail = [" + ".join(causes), _code(change_note(change))]
    sign = change_sign(change.action)
    is_open = change.action is Action.DELETE
    return _details(
        f"{sign} {change_name(change)}".strip(), change.id, tail, change_lines(change, carried), is_open=is_open
    )


def _drift(drift: Drift) -> Iterator[str]:
    sign, tail = ("-", [GONE]) if drift.missing else ("~", [])
    return _details(f"{sign} {drift.address}", drift.id, tail, drift_lines(drift), is_open=False)


def _details(
    name: str, id: str | None, tail: Sequence[str], lines: Iterable[Line], *, is_open: bool
) -> Iterator[str]:
    """Yield a block that opens on a click."""
    said = [_code(name), f"id {_code(id)}" if id else "", *tail]
    opening = "<details open>" if is_open else "<details>"
    yield f"{opening}<summary>{' · '.join(text for text in said if text)}</summary>\n\n"
    yield from _fenced(map(_signed, lines), "diff")
    yield "</details>\n\n"


def _objections(group: Group) -> Iterator[str]:
    return _fenced(map(unstyled, objection_lines(group)), "text")


def _warning(text: str) -> Iterator[str]:
    first, *rest = visible(text[:_MESSAGE]).split("\n")
    rest += [f"… (+{len(text) - _MESSAGE} characters)"] if len(text) > _MESSAGE else []
    return _fenced([f"Warning: {first}", *(f"  │ {further}" for further in rest)], "text")


def _fenced(lines: Iterable[str], language: str) -> Iterator[str]:
    """Yield lines in a fence that none of them ends; nothing where there is none."""
    inner = list(lines)
    if not inner:
        return
    longest = max((len(found) for text in inner for found in _FENCES.findall(text)), default=2)
    fence = "`" * (longest + 1)
    yield f"{fence}{language}\n"
    yield from (f"{text}\n" for text in inner)
    yield f"{fence}\n\n"


def _signed(spans: Line) -> str:
    """Return a line with its sign in front, where a diff is coloured; what changes is `!` there."""
    text = unstyled(spans)
    match = _SIGNED.match(text)
    if match is None:
        return text.removeprefix("    ")
    margin, sign, rest = match.groups()
    return f"{'!' if sign == '~' else sign} {margin.removeprefix('      ')}{rest}"


def _span(text: str) -> str:
    """Return text that is shown as it is where Markdown is read; no row of backticks in it ends it."""
    said = inline(text, _WIDTH)
    tick = "`" * (max(map(len, _BACKTICKS.findall(said)), default=0) + 1)
    return f"{tick} {said} {tick}" if "`" in said else f"{tick}{said}{tick}"


def _code(text: str) -> str:
    """Return text that is shown as it is where HTML is read, and no Markdown."""
    return f"<code>{html.escape(inline(text, _WIDTH))}</code>" if text else ""


def _within(pieces: Iterator[str], room: int) -> str | None:
    """Return the pieces as one text; None as soon as they are longer."""
    taken: list[str] = []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            return None
        taken.append(piece)
    return "".join(taken)
