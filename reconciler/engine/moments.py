"""The time of day, as plans and records hold it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time as plans hold it: ISO 8601, UTC, seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant() -> str:
    """Return the time as records hold it: ISO 8601, UTC, microseconds, so that no two applies have the same."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
