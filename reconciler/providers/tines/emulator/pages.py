"""The pages of the emulated tenant's lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from reconciler.providers.emulation import Call, Refused, Reply
from reconciler.providers.tines.emulator.params import Invalid, whole_number
from reconciler.providers.tines.emulator.switches import TinesSwitches

_DEFAULT_PER_PAGE = 20
_Item = TypeVar("_Item")


def paginated(
    call: Call,
    key: str,
    found: Sequence[_Item],
    show: Callable[[_Item], dict[str, Any]],
    *,
    asked: Mapping[str, Any],
    switches: TinesSwitches,
    maximum: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Reply:
    """Answer with one page of what was found; `extra` stands before the list."""
    items, meta = page_of(call, found, asked=asked, switches=switches, maximum=maximum)
    return Reply.json(HTTPStatus.OK, {**(extra or {}), key: [show(item) for item in items], "meta": meta})


def page_of(
    call: Call,
    found: Sequence[_Item],
    *,
    asked: Mapping[str, Any],
    switches: TinesSwitches,
    maximum: int | None = None,
) -> tuple[Sequence[_Item], dict[str, Any]]:
    """Cut the page that was asked for, and make its meta object; `maximum` None: that of other lists."""
    page = whole_number(asked.get("page", 1), "page") or 1
    per_page = _per_page(asked, switches, maximum or switches.sub_lists_per_page_max)
    start = (page - 1) * per_page
    if start >= len(found) and page > 1 and switches.page_beyond_end == "missing":
        raise Refused(HTTPStatus.NOT_FOUND, "No such page")
    query = _kept(call, switches)
    meta = page_meta(call.origin + call.path, page=page, per_page=per_page, count=len(found), query=query)
    if not switches.next_page_number_present:
        del meta["next_page_number"]
    return found[start : start + per_page], meta


def _per_page(asked: Mapping[str, Any], switches: TinesSwitches, maximum: int) -> int:
    per_page = whole_number(asked.get("per_page", _DEFAULT_PER_PAGE), "per_page")
    if per_page < 1 or (per_page > maximum and switches.per_page_over == "refuse"):
        raise Invalid(f"per_page must be between 1 and {maximum}")
    return min(per_page, maximum)


def _kept(call: Call, switches: TinesSwitches) -> list[tuple[str, str]]:
    if not switches.page_urls_keep_query:
        return []
    return [(name, value) for name, value in call.query if name not in {"page", "per_page"}]


def page_meta(
    address: str, *, page: int, per_page: int, count: int, query: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Make the meta object of one page; `count` is the total over all pages, `address` has no query."""
    pages = -(-count // per_page)
    following = page + 1 if page < pages else None

    def link(number: int) -> str:
        return f"{address}?{urlencode([*query, ('per_page', per_page), ('page', number)])}"

    return {
        "current_page": link(page),
        "previous_page": link(page - 1) if page > 1 else None,
        "next_page": link(following) if following else None,
        "next_page_number": following,
        "per_page": per_page,
        "pages": pages,
        "count": count,
    }
