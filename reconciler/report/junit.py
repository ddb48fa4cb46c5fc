"""
Drift as JUnit XML: a test for each case fails if it has drifted or is gone, and is skipped if that does not count.

    <testsuites> ── <testsuite name="acme"> ── <testcase classname="soc" name="soc.phishing-wave"> ── <failure>

XML 1.0 has no way to write most control characters, not even escaped. The boundary for hostile text has made them
visible before anything is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftReport
from reconciler.report.hostile import inline, shortened, visible
from reconciler.report.lines import plain
from reconciler.report.text import GONE, drift_lines, remarks

_TEXT: Final = 20_000
"""Characters of one failure."""


def drift_junit(report: DriftReport) -> Iterator[str]:
    """Yield drift as JUnit XML, in pieces."""
    drifts = {drift.address: drift for drift in report.drift}
    addresses = sorted({*report.checked, *drifts})
    apart = {drift.address: drift for each in report.apart.values() for drift in each}
    skipped = len(apart.keys() - drifts.keys())
    counts = f'tests="{len(addresses)}" failures="{len(drifts)}" errors="0" skipped="{skipped}" time="0"'
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="reconciler drift" {counts}>\n'
    yield f"  <testsuite {_attribute('name', report.workspace)} {counts}>\n"
    for address in addresses:
        yield _case(address, drifts.get(address), apart.get(address))
    yield "  </testsuite>\n</testsuites>\n"


def _case(address: Address, drift: Drift | None, apart: Drift | None) -> str:
    said = [_attribute("classname", address.provider), _attribute("name", str(address)), 'time="0"']
    if (told := drift or apart) is None:
        return f"    <testcase {' '.join(said)}/>\n"
    if told.source is not None:
        said += [_attribute("file", told.source.file), _attribute("line", str(told.source.line))]
    inner = _failure(drift) if drift else _skipped(told)
    return f"    <testcase {' '.join(said)}>\n      {inner}\n    </testcase>\n"


def _failure(drift: Drift) -> str:
    kind = "missing" if drift.missing else "drifted"
    count = "1 field was" if len(drift.fields) == 1 else f"{len(drift.fields)} fields were"
    message = GONE if drift.missing else f"{count} changed outside of reconciler"
    text = shortened(plain(drift_lines(drift)), _TEXT)
    about = f"{_attribute('type', kind)} {_attribute('message', message)}"
    return f"<failure {about}>{html.escape(visible(text))}</failure>"


def _skipped(drift: Drift) -> str:
    waivers = [list(remarks(field))[-1] for field in drift.fields if field.waiver is not None]
    remark = waivers[0] if waivers else "drifted as before"
    return f"<skipped {_attribute('message', remark)}/>"


def _attribute(name: str, value: str) -> str:
    return f'{name}="{html.escape(inline(value))}"'
