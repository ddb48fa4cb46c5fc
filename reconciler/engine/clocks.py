"""What the answers of a system tell about its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx


def http_date(text: str) -> datetime | None:
    """Return the time that a header tells; None for what is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # years and zones of twenty digits
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def ahead(response: httpx.Response, now: datetime) -> timedelta | None:
    """
    Return how far the clock of a system is ahead of this machine's, `now` when its answer arrived; None: not told.

    It is rather less than that, by the way of the answer and by the part of a second that `Date` leaves out.
    """
    theirs = http_date(response.headers.get("date", ""))
    return theirs - now if theirs else None
