"""The benchmarks run from end to end; what they measure is printed and never asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("benchmarks")  # measured once, for all
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def benchmark(script: str, *arguments: str) -> str:
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("benchmark") / "RESULTS.md"
    printed = benchmark("run.py", "--cases", "10,20", "--rounds", "1", "--results", str(file))
    assert printed == file.read_text(encoding="utf-8")
    return printed


def test_a_plan_without_changes_is_compared_with_a_bare_client_at_both_page_sizes(results: str) -> None:
    ratio = r"\d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)"
    for per_page in (500, 50):
        assert re.search(rf"^\| 20 \| {per_page} (\| {ratio} ){{3}}\| 1 against 1 \|$", results, re.MULTILINE)


def test_growth_and_start_up_are_shown_and_absolute_figures_come_last(results: str) -> None:
    headings = re.findall(r"^## (.*)$", results, re.MULTILINE)

    assert headings == [
        "A plan that finds nothing to do, in bare clients",
        "Growth",
        "Start-up",
        "Absolute figures, for context only",
    ]
    assert "| 10 | 20 | 500 | x 2 |" in results
    assert "| `reconciler --version` | `python -c pass` |" in results


def test_the_results_name_no_place_and_no_host(results: str) -> None:
    assert str(Path.home()) not in results
    assert str(BENCHMARKS.parent) not in results
    assert "127.0.0.1" not in results


def test_a_generated_case_is_about_twenty_lines_of_yaml(tmp_path: Path) -> None:
    benchmark("cases.py", str(tmp_path / "w"), "20", "http://127.0.0.1:1")

    lines = [line for file in (tmp_path / "w" / "cases").iterdir() for line in file.read_text().splitlines()]
    assert 18 <= len(lines) / 20 <= 24
