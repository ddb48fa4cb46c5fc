"""
Coverage as text and as JSON.

    soc: 12 of 58 cases are managed here (20.7 %)

    status    managed  elsewhere  unmanaged
    open           10          1         30
    closed          2          2         13

    Not managed:
      42  Phishing wave 7  https://soc.acme.example/cases/42
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.model.case import Live
from reconciler.model.coverage import Coverage, Keeper, Tally, by_size
from reconciler.model.plan import FORMAT_VERSION
from reconciler.report.encoding import stream
from reconciler.report.hostile import inline
from reconciler.report.lines import Line, Span, Style, line

SHOWN: Final = 20
"""Cases, statuses and tags that the text shows; the JSON has all of them."""

_WIDTH: Final = 60
_TITLES: Final = ("title", "name")


def write_coverage(
    coverage: Coverage, cases: Iterable[tuple[Live, Keeper]], address_of: Callable[[Live], str | None]
) -> Iterator[str]:
    """Yield the JSON, with those that are not managed here as they come; what is counted comes last."""
    return stream(_members(coverage, cases, address_of))


def _members(
    coverage: Coverage, cases: Iterable[tuple[Live, Keeper]], address_of: Callable[[Live], str | None]
) -> Iterator[tuple[str, Any]]:
    yield "format_version", FORMAT_VERSION
    yield "workspace", coverage.workspace
    yield "provider", coverage.provider
    yield "filters", ({"name": name, "value": value} for name, value in coverage.filters)
    yield "cases", (_case(live, keeper, address_of) for live, keeper in cases if keeper is not Keeper.MANAGED)
    yield "by_status", {name: _counts(tally) for name, tally in by_size(coverage.by_status)}
    yield "by_tag", {name: _counts(tally) for name, tally in by_size(coverage.by_tag)}
    yield "summary", _counts(coverage.all)


def _case(live: Live, keeper: Keeper, address_of: Callable[[Live], str | None]) -> Mapping[str, Any]:
    address = address_of(live)
    told = {"id": live.id, "url": live.url, "title": title(live), "status": live.attributes.get("status")}
    return {**told, "keeper": keeper, **({"address": address} if address else {})}


def _counts(tally: Tally) -> Mapping[str, int]:
    return {"total": tally.total, **{keeper: tally.counts[keeper] for keeper in Keeper}}


def title(live: Live) -> str:
    """Return what a case is called."""
    return next((str(live.attributes[name]) for name in _TITLES if live.attributes.get(name)), "")


def render_coverage(coverage: Coverage, unmanaged: Sequence[Live]) -> Iterator[Line]:
    """Yield the text; `unmanaged` are the first of those that nobody manages."""
    counts, total = coverage.all.counts, coverage.all.total
    share = f" ({100 * counts[Keeper.MANAGED] / total:.1f} %)" if total else ""
    yield line(
        Span(coverage.provider, Style.STRONG),
        f": {counts[Keeper.MANAGED]} of {total} cases are managed here{share}",
    )
    yield from _table("status", by_size(coverage.by_status))
    yield from _table("tag", by_size(coverage.by_tag))
    if unmanaged:
        yield line()
        yield line("Not managed:")
        for live in unmanaged:
            yield line(f"  {live.id}  {inline(title(live), _WIDTH)}  ", Span(live.url, Style.QUIET))
        if (more := counts[Keeper.UNMANAGED] - len(unmanaged)) > 0:
            yield line(Span(f"  … and {more} more; --json tells all of them", Style.QUIET))


def _table(what: str, groups: Sequence[tuple[str, Tally]]) -> Iterator[Line]:
    """Yield the largest groups, one a line."""
    if not groups:
        return
    rows = [(inline(name, _WIDTH), tally) for name, tally in groups[:SHOWN]]
    width = max(len(what), *(len(name) for name, _ in rows))
    yield line()
    yield line(Span(f"{what:{width}}{''.join(f'  {keeper:>9}' for keeper in Keeper)}", Style.QUIET))
    for name, tally in rows:
        yield line(f"{name:{width}}{''.join(f'  {tally.counts[keeper]:>9}' for keeper in Keeper)}")
    if (more := len(groups) - SHOWN) > 0:
        yield line(Span(f"… and {more} more; --json tells all of them", Style.QUIET))
