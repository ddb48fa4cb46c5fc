"""
JUnit XML of drift, and of the tests of rules.

A test for each case fails if it has drifted or is gone, and is skipped if that does not count.

    <testsuites> ── <testsuite name="acme"> ── <testcase classname="soc" name="soc.phishing-wave"> ── <failure>

XML 1.0 has no way to write most control characters, not even escaped. The boundary for hostile text has made them
visible before anything is escaped here.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reconciler.model.address import Address
from reconciler.model.change import Drift, DriftReport
from reconciler.model.policy import Tried
from reconciler.report.hostile import inline, shortened, visible
from reconciler.report.lines import plain
from reconciler.report.text import GONE, drift_lines, remarks
from reconciler.report.trials import what_went_wrong

_TEXT: Final = 20_000
"""Characters of one failure."""


def drift_junit(report: DriftReport) -> Iterator[str]:
    """Yield drift as JUnit XML, in pieces."""
    drifts = {drift.address: drift for drift in report.drift}
    addresses = sorted({*report.checked, *drifts})
    apart = {drift.address: drift for each in report.apart.values() for drift in each}
    skipped = len(apart.keys() - drifts.keys())
    counts = f'tests="{len(addresses)}" failures="{len(drifts)}" errors="0" skipped="{skipped}" time="0"'
    cases = (_case(address, drifts.get(address), apart.get(address)) for address in addresses)
    yield from _suite("reconciler drift", report.workspace, counts, cases)


def trials_junit(tried: Sequence[Tried]) -> Iterator[str]:
    """Yield tests of rules as JUnit XML, in pieces."""
    wrong = sum(not each.is_right for each in tried)
    counts = f'tests="{len(tried)}" failures="{wrong}" errors="0" skipped="0" time="0"'
    yield from _suite("reconciler policy test", "policies", counts, map(_trial, tried))


def _suite(name: str, inner: str, counts: str, cases: Iterable[str]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {_attribute("name", name)} {counts}>\n'
    yield f"  <testsuite {_attribute('name', inner)} {counts}>\n"
    yield from cases
    yield "  </testsuite>\n</testsuites>\n"


def _trial(tried: Tried) -> str:
    where = f"{_attribute('file', tried.source.file)} {_attribute('line', str(tried.source.line))}"
    said = f'{_attribute("classname", tried.rule)} {_attribute("name", tried.name)} time="0" {where}'
    if tried.is_right:
        return f"    <testcase {said}/>\n"
    failure = f'<failure type="wrong" {_attribute("message", what_went_wrong(tried))}/>'
    return f"    <testcase {said}>\n      {failure}\n    </testcase>\n"


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
