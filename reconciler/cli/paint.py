"""Styles as terminal colours; a line comes harmless, so nothing in it is taken as markup."""

from __future__ import annotations

from typing import Final

from rich.color import ColorSystem
from rich.style import Style as Look

from reconciler.report.lines import Line, Style

_LOOKS: Final = {
    Style.PLAIN: Look(),
    Style.ADD: Look(color="green"),
    Style.CHANGE: Look(color="yellow"),
    Style.REMOVE: Look(color="red"),
    Style.RELEASE: Look(color="blue"),
    Style.QUIET: Look(dim=True),
    Style.STRONG: Look(bold=True),
    Style.WARNING: Look(color="yellow", bold=True),
    Style.ERROR: Look(color="red", bold=True),
}


def paint(spans: Line) -> str:
    """Return a line with the escape sequences of its styles, in the sixteen colours that every terminal has."""
    return "".join(_LOOKS[span.style].render(span.text, color_system=ColorSystem.STANDARD) for span in spans)
