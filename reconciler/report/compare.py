"""
How a fresh plan differs from the one that was reviewed.

    Reviewed, and not to be done now:
      ~ soc.a (id 42)
    To be done now, and not reviewed:
      + soc.b
    To be done otherwise than it was reviewed:
      ~ soc.c (id 44)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.model.address import Address
from reconciler.model.change import Change
from reconciler.model.plan import Plan, meaning
from reconciler.report.lines import Line, Span, Style, line
from reconciler.report.text import change_heading, render_change

_GONE: Final = "Reviewed, and not to be done now:"
_NEW: Final = "To be done now, and not reviewed:"
_OTHERWISE: Final = "To be done otherwise than it was reviewed; now:"


def render_comparison(reviewed: Plan, fresh: Plan) -> Iterator[Line]:
    """Yield the cases about which two plans differ; those to be done are shown as they would be."""
    old = {change.address: change for change in reviewed.changes}
    new = {change.address: change for change in fresh.changes}
    gone = [change for address, change in old.items() if address not in new]
    yield from _group(_GONE, ([change_heading(change)] for change in gone))
    come = [change for address, change in new.items() if address not in old]
    carried = fresh.carried
    for title, changes in ((_NEW, come), (_OTHERWISE, _changed(old.values(), new))):
        yield from _group(title, (render_change(each, carried.get(each.address, ())) for each in changes))


def _changed(old: Iterable[Change], new: Mapping[Address, Change]) -> Iterator[Change]:
    for change in old:
        now = new.get(change.address)
        if now is not None and meaning(now) != meaning(change):
            yield now


def _group(title: str, cases: Iterable[Iterable[Line]]) -> Iterator[Line]:
    heading = [line(Span(title, Style.STRONG)), ()]
    for lines in cases:
        yield from heading
        heading = []
        yield from lines
        yield ()
