"""The benchmarks run from end to end; what they measure is printed and never asserted."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("benchmarks")  # measured once, for all
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RATIO = r"\d+\.\d\d( \(\d+\.\d\d to \d+\.\d\d\))?"


def benchmark(script: str, *arguments: str) -> str:
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def row(results: str, key: str) -> list[str]:
    """Return the lines of a row's table that hold figures."""
    _, _, after = results.partition(f"(`{key}`)\n\n")
    return after.partition("\n\n")[0].splitlines()[2:]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("benchmark") / "RESULTS.md"
    options = ("--only", "cold,growth,bounds", "--systems", "tines", "--rounds", "1")
    printed = benchmark("run.py", "--cases", "20,50", *options, "--results", str(file))
    assert printed == file.read_text(encoding="utf-8")
    return printed


def test_a_plan_is_compared_with_a_bare_client_and_a_reading_of_the_yaml(results: str) -> None:
    small, large = row(results, "cold")

    assert re.fullmatch(rf"\| tines \| 20 (\| {RATIO} ){{5}}\| wall ≤ 1.5 at 10,000 \|", small)
    assert large.startswith("| tines | 50 |")


def test_growth_divides_a_workspace_by_the_next_smaller_one(results: str) -> None:
    assert [line.split(" | ")[1] for line in row(results, "growth")] == ["50"]


def test_an_aim_stands_beside_its_figure_with_what_came_of_it(results: str) -> None:
    assert all(
        line.endswith("| 1.00 | peak memory ≤ 1 at 100,000, requests ≤ 1: met |")
        for line in row(results, "bounds")
    )
    assert "Aims: 2 met, 0 missed." in results


def test_the_results_name_no_place_and_no_host(results: str) -> None:
    assert str(Path.home()) not in results
    assert str(BENCHMARKS.parent) not in results
    assert "127.0.0.1" not in results


@pytest.mark.parametrize("system", ["threatconnect", "communifire"])
def test_cases_of_the_other_systems_are_read_and_written_as_well(system: str) -> None:
    printed = benchmark("run.py", "--only", "apply", "--cases", "20", "--systems", system, "--rounds", "1")

    assert re.search(
        rf"^\| apply, everything changed \| {system} \| 20 \|.*\| 20 \| [0-9.]+ \|$", printed, re.MULTILINE
    )


def test_a_profile_names_the_rooms_of_the_house() -> None:
    printed = benchmark("profiling.py", "cold", "--cases", "30")

    assert {"config", "planning", "providers"} <= {line.split(" ")[0] for line in printed.splitlines()}


@pytest.mark.parametrize("system", ["tines", "threatconnect", "communifire"])
def test_a_generated_case_is_about_twenty_lines_of_yaml(tmp_path: Path, system: str) -> None:
    benchmark("workspaces.py", system, str(tmp_path / "w"), "20", "http://127.0.0.1:1")

    lines = [line for file in (tmp_path / "w" / "cases").iterdir() for line in file.read_text().splitlines()]
    assert 18 <= len(lines) / 20 <= 24
