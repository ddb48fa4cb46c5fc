"""What was understood of case files is kept; whatever happens to that, the same is read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config import namespace
from reconciler.providers.registry import provider_types
from reconciler.providers.tines import Tines
from tests.config.kept import CASES, Kept, outcome, told

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/reconciler.yaml"))

# ------------------------------------------------------------------------------------ the same with and without


def test_what_is_kept_is_read_without_its_yaml(kept: Kept, parsed: list[str]) -> None:
    plain = [*told(kept.load(is_kept=False))]
    parsed.clear()

    first, second = [*told(kept.load())], [*told(kept.load())]

    assert first == second == plain
    assert parsed == ["a.yaml"] * len(parsed)
    assert kept.said == []


def test_the_second_time_no_file_is_parsed(kept: Kept, parsed: list[str]) -> None:
    kept.declare({"more": {"provider": "soc", "name": "More"}}, "b")
    kept.load()
    assert parsed == ["a.yaml", "b.yaml"]

    kept.load()

    assert parsed == ["a.yaml", "b.yaml"]


TEXTS = st.one_of(
    st.sampled_from(["open", "Phishing", "42", "true", "a b", "é", "\u2028", "x" * 80]), st.text(max_size=8)
)
TINES: Mapping[str, st.SearchStrategy[Any]] = {
    "description": TEXTS,
    "priority": st.sampled_from(["low", "HIGH", "Critical"]),
    "status": st.sampled_from(["open", "Closed"]),
    "team_id": st.integers(1, 9),
    "tags": st.lists(TEXTS, max_size=4),
    "assignees": st.lists(st.sampled_from(["Jane@acme.example", "li@acme.example"]), max_size=2),
    "metadata": st.dictionaries(st.sampled_from("abc"), st.one_of(TEXTS, st.none(), st.lists(TEXTS, max_size=2))),
    "fields": st.dictionaries(st.sampled_from("abc"), st.one_of(TEXTS, st.lists(TEXTS, max_size=2))),
    "records": st.lists(st.integers(1, 99), max_size=3),
    "links": st.lists(st.one_of(st.integers(1, 99), st.sampled_from(["c0", "c1"])), max_size=3),
    "tasks": st.dictionaries(st.sampled_from("abc"), st.fixed_dictionaries({"description": TEXTS})),
    "opened_at": st.sampled_from(["2026-03-01T10:00:00+02:00", "2026-03-01T10:00:00Z"]),
    "import": st.sampled_from(["42", "7"]),
    "lifecycle": st.fixed_dictionaries({}, optional={"prevent_delete": st.booleans()}),
    "ownership": st.sampled_from([{"tags": "shared"}, {"assignees": "exact"}]),
    "depends_on": st.lists(st.sampled_from(["c0", "c1"]), max_size=2),
}
INTEL: Mapping[str, st.SearchStrategy[Any]] = {
    "description": TEXTS,
    "tags": st.lists(TEXTS, max_size=4),
    "assignee": st.one_of(st.none(), st.sampled_from([{"user": "jane"}, {"group": "soc"}])),
    "associated_groups": st.lists(
        st.one_of(
            st.sampled_from(["1", "2"]), st.fixed_dictionaries({"type": st.just("Adversary"), "name": TEXTS})
        ),
        max_size=3,
    ),
    "associated_cases": st.lists(st.sampled_from(["1", "c0"]), max_size=2),
    "notes": st.dictionaries(st.sampled_from("abc"), st.fixed_dictionaries({"text": TEXTS}), max_size=2),
    "case_open_time": st.sampled_from(["2026-03-01T10:00:00Z"]),
}
CLUB: Mapping[str, st.SearchStrategy[Any]] = {
    "priority": st.one_of(st.integers(1, 3), st.sampled_from(["High", "3"])),
    "milestone": st.one_of(st.integers(1, 3), TEXTS),
    "tags": st.lists(TEXTS, max_size=3),
    "watchers": st.lists(st.one_of(st.integers(1, 9), st.sampled_from(["Li", "jane@acme.example"])), max_size=3),
}
BLOCKS = st.one_of(
    st.fixed_dictionaries({"provider": st.just("soc"), "name": TEXTS}, optional=dict(TINES)),
    st.fixed_dictionaries(
        {"provider": st.just("intel"), "name": TEXTS, "status": st.just("Open"), "severity": st.just("Low")},
        optional=dict(INTEL),
    ),
    st.fixed_dictionaries(
        {"provider": st.just("club"), "title": TEXTS, "description": TEXTS}, optional=dict(CLUB)
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.lists(BLOCKS, min_size=1, max_size=6), split=st.integers(0, 5))
def test_any_workspace_is_the_same_with_a_cache(tmp_path: Path, blocks: list[Any], split: int) -> None:
    shutil.rmtree(tmp_path / "workspace", ignore_errors=True)
    kept = Kept(tmp_path)
    cases = {f"c{number}": block for number, block in enumerate(blocks)}
    kept.declare(dict([*cases.items()][:split]), "a")
    kept.declare(dict([*cases.items()][split:]), "b")

    plain, first, second = outcome(kept, is_kept=False), outcome(kept), outcome(kept)

    assert first == second == plain
    assert kept.said == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_the_same_with_a_cache(tmp_path: Path, example: Path) -> None:
    kept = Kept(tmp_path)
    shutil.rmtree(kept.root)
    shutil.copytree(example, kept.root)

    plain, first, second = (outcome(kept, is_kept=is_kept, offline=True) for is_kept in (False, True, True))

    assert first == second == plain
    assert not isinstance(plain[0], str), plain


# ------------------------------------------------------------------------------------ what a file means now


def test_a_file_that_has_changed_is_read_anew_and_only_that(kept: Kept, parsed: list[str]) -> None:
    kept.declare({"more": {"provider": "soc", "name": "More"}}, "b")
    kept.load()
    parsed.clear()
    kept.declare({"more": {"provider": "soc", "name": "Another"}}, "b")

    cases = {address.name: case for address, case in kept.load().cases.items()}

    assert cases["more"].attributes["name"] == "Another"
    assert parsed == ["b.yaml"]
    parsed.clear()
    kept.load()
    assert parsed == []


def test_a_file_of_another_name_says_where_it_stands(kept: Kept, parsed: list[str]) -> None:
    kept.load()
    parsed.clear()
    (kept.root / "cases/a.yaml").rename(kept.root / "cases/z.yaml")

    places = {case.source.at().file for case in kept.load().cases.values()}

    assert places == {str(kept.root / "cases/z.yaml")}
    assert parsed == []


def test_one_name_in_two_files_is_told_although_both_are_kept(kept: Kept) -> None:
    kept.load()
    shutil.copy(kept.root / "cases/a.yaml", kept.root / "cases/b.yaml")

    assert outcome(kept) == outcome(kept, is_kept=False)
    assert "declared already" in outcome(kept)[0]


def test_a_name_that_is_gone_is_told_although_its_user_is_kept(kept: Kept) -> None:
    kept.declare({"user": {"provider": "soc", "name": "User", "depends_on": ["wave"]}}, "b")
    kept.load()
    kept.declare({"other": CASES["topic"]}, "a")

    (problem,) = outcome(kept)

    assert "b.yaml:5:18: there is no case `wave`" in problem
    assert outcome(kept, is_kept=False) == [problem]


SETTINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "other types": (("  soc:", "  x:"), ("  club:", "  soc:"), ("  x:", "  club:")),
    "an option that is checked": (("team_id: 2", "api_version: v1"),),
    "one that is missing": ((", space: SOC", ""),),
    "another instance": (("providers:", "providers:\n  two: {type: tines, url: 'https://t.example', token: t}"),),
    "ownership": (("version: 1", "version: 1\ndefaults: {ownership: {tags: shared}}"),),
    "lifecycle": (("version: 1", "version: 1\ndefaults: {lifecycle: {on_remove: delete}}"),),
    "an address": (("acme.example", "other.example"),),
}


@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS.keys())
def test_other_settings_are_another_meaning(
    kept: Kept, parsed: list[str], changes: tuple[tuple[str, str], ...]
) -> None:
    kept.load()
    parsed.clear()
    text = (kept.root / "reconciler.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    kept.write("reconciler.yaml", text)

    found = outcome(kept)

    assert parsed == ["a.yaml"]
    assert found == outcome(kept, is_kept=False)


def test_another_token_is_no_other_meaning(kept: Kept, parsed: list[str]) -> None:
    kept.load()
    parsed.clear()

    kept.write("reconciler.yaml", (kept.root / "reconciler.yaml").read_text().replace("env.TOKEN", "env.WORD"))
    kept.load()

    assert parsed == []


def test_other_code_is_another_meaning(kept: Kept, parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    kept.load()
    monkeypatch.setattr(namespace, "_code", lambda house: "other")

    kept.load()

    assert parsed == ["a.yaml", "a.yaml"]


def test_nothing_is_kept_where_the_code_cannot_be_read(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.config.namespace.reconciler.__file__", "/nowhere/reconciler.zip/__init__.py")

    kept.load()

    assert kept.stored == []


def test_the_code_is_known_by_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "config" / "a.py"
    file.parent.mkdir()
    seen = set()
    for text in ("1", "2", "1"):
        file.write_text(text)
        seen.add(namespace._code(tmp_path))
    file.rename(file.with_name("b.py"))

    assert len(seen) == 2
    assert namespace._code(tmp_path) not in seen
    file.symlink_to("nowhere")
    assert namespace._code(tmp_path) is None


class Foreign(Tines):
    """A system of somebody else."""


def test_what_the_code_of_others_says_is_not_kept(kept: Kept, parsed: list[str]) -> None:
    types = {**provider_types(), "tines": Foreign}
    kept.declare({"topic": CASES["topic"]}, "b")
    kept.declare({"wave": {"provider": "soc", "name": "Wave"}})

    for _ in range(2):
        kept.load(providers=types)

    assert parsed == ["a.yaml", "b.yaml", "a.yaml"]


# ------------------------------------------------------------------------------------ what is not kept

NOT_KEPT_CASES = {
    "environment": "cases: {a: {provider: soc, name: '${env.WORD}'}}\n",
    "reference": "cases: {a: {provider: soc, name: '${cases.wave.id}'}}\n",
    "escape": "cases: {a: {provider: soc, name: '$${x}'}}\n",
    "template": "templates: {t: {name: T}}\ncases: {a: {provider: soc, extends: t}}\n",
    "for each": "cases: {a: {provider: soc, for_each: [x, y], name: A}}\n",
    "extends": "cases: {a: {provider: soc, name: A, extends: []}}\n",
    "removed": "removed: [soc.gone]\n",
    "find": "cases: {a: {provider: soc, import: {find: {name: A}}}}\n",
    "a secret in the clear": "cases: {a: {provider: soc, name: canary-of-tines}}\n",
}


@pytest.mark.parametrize("text", NOT_KEPT_CASES.values(), ids=NOT_KEPT_CASES.keys())
def test_what_means_more_than_it_says_is_read_each_time(kept: Kept, parsed: list[str], text: str) -> None:
    kept.write("cases/b.yaml", text)
    plain = outcome(kept, is_kept=False)
    parsed.clear()

    assert outcome(kept) == plain
    assert outcome(kept) == plain
    assert parsed == ["a.yaml", "b.yaml", "b.yaml"]
    assert not isinstance(plain[0], str), plain


def test_a_file_with_a_problem_is_not_kept_and_those_beside_it_are(kept: Kept, parsed: list[str]) -> None:
    kept.write("cases/b.yaml", "cases: {a: {provider: soc, name: A, nmae: A}}\n")

    first, second = outcome(kept), outcome(kept)

    assert first == second
    assert "nmae" in first[0]
    assert parsed == ["a.yaml", "b.yaml", "b.yaml"]


def test_no_secret_is_in_the_cache(kept: Kept) -> None:
    for number, text in enumerate(NOT_KEPT_CASES.values()):
        kept.write(f"cases/c{number}.yaml", text.replace("cases: {a:", f"cases: {{c{number}:"))

    assert not isinstance(outcome(kept)[0], str)

    (stored,) = kept.stored
    assert b"canary" not in stored.read_bytes()
    assert b"phishing" in stored.read_bytes()


def test_nothing_is_kept_of_a_workspace_with_wrong_settings(kept: Kept) -> None:
    kept.write(
        "reconciler.yaml",
        "version: 1\nproviders: {soc: {type: tines, url: 'https://a.example', token: t}}\nno: 1\n",
    )

    assert "unknown key `no`" in "".join(outcome(kept))
    assert kept.stored == []
