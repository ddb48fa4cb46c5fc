"""
The bare client: downloads and decodes the same pages, and nothing else.

python benchmarks/bare.py SYSTEM URL
"""

from __future__ import annotations

import json
import sys

import httpx
from systems import SYSTEMS, System


def read(system: System, url: str) -> int:
    """Read every page, one after another; return how many cases there were."""
    with httpx.Client(base_url=url) as client:
        read = at = 0
        count = 1
        while read < count:
            at += 1
            shown, count = system.shown(json.loads(client.get(system.target(at)).content))
            read += shown
    return read


if __name__ == "__main__":
    read(SYSTEMS[sys.argv[1]], sys.argv[2])
