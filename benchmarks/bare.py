"""
The bare client: downloads and decodes the same pages, and nothing else.

python benchmarks/bare.py URL PER_PAGE
"""

from __future__ import annotations

import json
import sys

import httpx


def read(url: str, per_page: int) -> int:
    """Read every page, one after another; return how many cases there were."""
    with httpx.Client(base_url=url) as client:
        number: int | None = 1
        count = 0
        while number:
            answer = client.get("/api/v2/cases", params={"per_page": per_page, "page": number})
            page = json.loads(answer.content)
            count += len(page["cases"])
            number = page["meta"]["next_page_number"]
    return count


if __name__ == "__main__":
    read(sys.argv[1], int(sys.argv[2]))
