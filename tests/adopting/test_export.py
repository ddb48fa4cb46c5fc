"""From a live tenant to a workspace that plans to no changes: what is exported is imported, and nothing else."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from reconciler.cli.output import Output
from reconciler.model.values import Marker
from reconciler.providers.registry import provider_types
from reconciler.testing.harness import Listener
from tests.adopting.conftest import Desk, Said
from tests.adopting.tenants import Tenant, threatconnect, tines


@pytest.mark.parametrize("everything", [False, True], ids=["as lists show it", "whole"])
def test_a_tenant_is_exported_imported_and_then_there_is_nothing_to_do(
    desk: Desk, make: Callable[[int], Tenant], request: pytest.FixtureRequest, *, everything: bool
) -> None:
    count = 5000 if request.config.getoption("--full-size") else 300
    desk.serve(it=make(count))
    costly = ",".join(sorted(desk_costly(desk))) if everything else ""

    desk.done("export", "it", "--out", "cases/it.yaml", *(["--with", costly] if everything else []))
    assert "cases/" not in desk.run("fmt", "--check").out
    planned = desk.run("plan", "--detailed-exitcode")
    applied = desk.done("apply", "--auto-approve")

    assert planned.code == 2
    assert (
        f"Plan: 0 to create, 0 to update, 0 to delete, 0 to release, {count} to import. 0 requests." in planned.out
    )
    assert f"{count} imported. 0 requests." in applied
    assert desk.writes == []
    assert f"No changes. {count} cases match." in desk.done("plan")


def desk_costly(desk: Desk) -> frozenset[str]:
    """Return the attributes that are not exported unless they are asked for."""
    (tenant,) = desk.tenants.values()
    return provider_types()[tenant.settings["type"]].costly


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Offer what is told of the progress of commands."""
    listener = Listener()
    monkeypatch.setattr(Output, "progress", lambda _: listener)
    return listener.said


def test_how_far_an_export_is_is_shown_of_all_that_will_be_written(
    desk: Desk, make: Callable[[int], Tenant], heard: list[str]
) -> None:
    desk.serve(it=make(6))
    mine = ("--filter", "status=closed" if desk.tenants["it"].settings["type"] != "communifire" else "status=4")

    shown = len(desk.exported("it", *mine))
    desk.done("export", "it", "--out", "it.yaml")
    desk.done("coverage", "it")

    assert 0 < shown < 6
    assert heard == [
        "Exporting it (None)",
        f"of {shown}",
        "Exporting it (None)",
        "of 6",
        "Reading it (None)",
        "of 6",
    ]


def test_of_what_is_chosen_here_nobody_knows_how_much_it_will_be(
    desk: Desk, make: Callable[[int], Tenant], heard: list[str]
) -> None:
    desk.serve(it=make(6))
    kind = desk.tenants["it"].settings["type"]
    chosen = {
        "tines": ("--filter", "priority=low", "--filter", "priority=high"),
        "threatconnect": ("--filter", "assignee=nobody"),
        "communifire": ("--filter", "tag=phishing"),
    }

    desk.done("export", "it", *chosen[kind])

    assert heard == ["Exporting it (None)"]


# ------------------------------------------------------------------------------------ what is written


def test_a_block_holds_what_lists_show_and_nothing_that_is_empty(desk: Desk) -> None:
    tenant = tines()
    id = tenant.seed(name="Phishing wave", description="", priority="high", tags=["q4", "phishing"])
    desk.serve(it=tenant)

    assert desk.exported("it") == {
        f"phishing-wave-{id}": {
            "provider": "it",
            "import": str(id),
            "name": "Phishing wave",
            "priority": "high",
            "status": "open",
            "sub_status": "To do",
            "team_id": 2,
            "opened_at": desk.exported("it")[f"phishing-wave-{id}"]["opened_at"],
            "tags": ["phishing", "q4"],
        }
    }


def test_attributes_are_chosen(desk: Desk) -> None:
    tenant = tines()
    id = tenant.seed(name="A", tags=["q4"], description="text", metadata={"a": "b"})
    tenant.emulator.add_task(id, "Look")
    desk.serve(it=tenant)

    def keys(*chosen: str) -> set[str]:
        (case,) = desk.exported("it", *chosen).values()
        return case.keys() - {"provider", "import"}

    assert keys("--only", "name,tags") == {"name", "tags"}
    assert keys("--only", "tasks") == {"tasks"}
    assert keys("--without", "tags, metadata", "--without", "name") == keys() - {"tags", "metadata", "name"}
    assert keys("--with", "tasks") == {*keys(), "tasks"}
    assert "there is no attribute 'tag'; did you mean tags?" in one_line(desk.run("export", "it", "--only", "tag"))


def test_items_stand_under_keys_that_tell_what_they_are(desk: Desk) -> None:
    tenant = tines()
    id = tenant.seed(name="A")
    task = tenant.emulator.add_task(id, "Reset password")
    desk.serve(it=tenant)

    (case,) = desk.exported("it", "--only", "tasks").values()

    assert list(case["tasks"]) == [f"reset-password-{task}"]


@pytest.mark.parametrize(
    ("title", "pattern", "name"),
    [
        ("Phishing: Wave №7", "{title}-{id}", "phishing-wave-no7-1"),
        ("Überfall in 大阪", "{title}-{id}", "uberfall-in-daban-1"),
        ("\u202e\x1b[2J", "{title}-{id}", "2j-1"),
        ("!!!", "{title}-{id}", "case-1"),
        ("!!!", "{title}", "case-1"),
        ("x" * 300, "{title}-{id}", f"{'x' * 60}-1"),
        ("A", "{status}-{priority}-{id}", "open-low-1"),
        ("A", "soc_{id}", "soc_1"),
        ("A", "{id}", "case-1"),
        ("A", "{id}_{title}_x", "1_a_x"),
    ],
)
def test_names_are_made_by_a_pattern(desk: Desk, title: str, pattern: str, name: str) -> None:
    tenant = tines()
    tenant.seed(name=title, priority="low")
    desk.serve(it=tenant)

    assert list(desk.exported("it", "--name", pattern)) == [name]


def test_a_name_that_is_taken_gets_the_id(desk: Desk) -> None:
    tenant = tines()
    ids = [tenant.seed(name="Phishing", tags=["q4"]) for _ in range(3)]
    desk.serve(it=tenant)
    desk.write("cases/mine.yaml", "cases: {phishing: {provider: it, name: Mine}}")

    names = list(desk.exported("it", "--name", "{title}"))

    assert names == [f"phishing-{id}" for id in ids]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("case", "is no pattern"),
        ("{title", "expected '}'"),
        ("{nonsense}-{id}", "there is no {nonsense}"),
        ("{tags}-{id}", "there is no {tags}"),
        ("{title:>9}", "is no pattern"),
        ("a b-{id}", "cannot be in a name"),
    ],
)
def test_a_pattern_that_makes_no_names_is_an_error(desk: Desk, pattern: str, said: str) -> None:
    desk.serve(it=tines())

    found = desk.run("export", "it", "--name", pattern)

    assert found.code == 1
    assert said in found.err
    assert desk.requests == []


def test_what_is_recorded_is_left_out_and_counted(desk: Desk) -> None:
    tenant = tines()
    ours, other = tenant.seed(name="A"), tenant.seed(name="B")
    desk.serve(it=tenant)
    desk.write("cases/a.yaml", f'cases: {{a: {{provider: it, import: "{ours}", name: A}}}}')
    desk.done("apply", "--auto-approve")
    desk.forget_requests()

    said = desk.run("export", "it", "--with", "tasks")

    assert list(yaml.safe_load(said.out)["cases"]) == [f"b-{other}"]
    assert "1 case left out: recorded already." in said.err
    assert not [path for path in desk.requests if path.startswith(f"/api/v2/cases/{ours}")]


def test_an_id_that_is_not_there_is_named_beside_one_that_is_recorded(desk: Desk) -> None:
    tenant = tines()
    ours = tenant.seed(name="A")
    desk.serve(it=tenant)
    desk.write("cases/a.yaml", f'cases: {{a: {{provider: it, import: "{ours}", name: A}}}}')
    desk.done("apply", "--auto-approve")

    said = desk.run("export", "it", "--id", "999", "--id", str(ours))

    assert (said.code, said.out) == (1, "")
    assert "it shows no such case: 999\n" in said.err


def test_what_is_declared_with_its_import_is_left_out_and_counted(desk: Desk) -> None:
    tenant = tines()
    for tags in (["a"], ["a", "b"], ["b"]):
        tenant.seed(name="Phishing", tags=tags)
    desk.serve(it=tenant)
    desk.done("export", "it", "--filter", "tag=a", "--out", "cases/a.yaml")

    said = desk.run("export", "it", "--filter", "tag=b", "--out", "cases/b.yaml")

    assert said.code == 0
    assert "1 case left out: declared already, with their `import`." in said.err
    assert "3 to import. 0 requests." in desk.done("plan")
    assert "3 cases left out" in desk.run("export", "it").err


@pytest.mark.parametrize("place", [("--out", "cases/it.yaml"), ("--split", "cases/it")])
def test_what_is_written_in_place_of_files_keeps_its_names(desk: Desk, place: tuple[str, str]) -> None:
    desk.serve(it=tines(3))
    desk.done("export", "it", *place)
    before = desk.done("plan")

    desk.done("export", "it", *place, "--force")

    assert "3 to import. 0 requests." in before
    assert desk.done("plan") == before


def _marked(desk: Desk) -> None:
    """Serve a case of another workspace, and one of nobody."""
    tenant = tines()
    marker = Marker("2f6c1a1e-0000-4000-8000-000000000001", "soc.x", 1).text
    tenant.seed(name="A", metadata={"reconciler": marker, "region": "emea"})
    tenant.seed(name="B")
    desk.serve(it=tenant)


@pytest.mark.parametrize("ids", [(), ("--id", "1", "--id", "2")])
def test_what_another_workspace_has_marked_is_left_out(desk: Desk, ids: tuple[str, ...]) -> None:
    _marked(desk)

    said = desk.run("export", "it", *ids, "--out", "cases/it.yaml")

    assert "Warning: 1 case left out, as another workspace has marked: 1 (soc.x); give up there" in said.err
    assert "1 to import. 0 requests." in desk.done("plan")


def test_what_another_workspace_has_marked_is_taken_over_on_purpose(desk: Desk) -> None:
    _marked(desk)

    desk.done("export", "it", "--out", "cases/it.yaml", "--take-over")

    exported = yaml.safe_load((desk.folder / "cases/it.yaml").read_text(encoding="utf-8"))["cases"]["a-1"]
    assert exported["import"] == {"id": "1", "take_over": True}
    assert exported["metadata"] == {"region": "emea"}
    assert "2 to import. 0 requests." in desk.done("plan")


def test_text_is_written_so_that_whoever_reviews_it_sees_it(desk: Desk) -> None:
    tenant = tines()
    tenant.seed(
        name='${env.HOME} $${x} ${file("/etc/passwd")}',
        description="two\nlines\n",
        tags=["vip\u200b", "\u202eevil", "no", "0412"],
        metadata={"${env.HOME}": "a", "sound": "b"},
    )
    desk.serve(it=tenant)

    out = desk.done("export", "it", "--out", "cases/a.yaml")
    text = (desk.folder / "cases/a.yaml").read_text(encoding="utf-8")

    assert out == ""
    assert text.isprintable() is False
    assert text.replace("\n", "").isprintable()
    assert r'"vip\u200b"' in text
    assert r'"\u202eevil"' in text
    assert '"0412"' in text
    assert "    description: |\n      two\n      lines\n" in text
    assert "$${env.HOME} $$${x} $${file(" in text
    assert "    # `metadata.${env.HOME}` is left out: `${…}` cannot stand in a key\n" in text
    assert "      sound: b\n" in text
    assert "1 to import. 0 requests." in desk.done("plan")


def test_no_secret_of_the_workspace_is_written(desk: Desk) -> None:
    tenant = tines()
    secret = tenant.env["KEY"]
    tenant.seed(name=f"The token is {secret}", metadata={"token": secret, "sound": "b"}, tags=[secret])
    desk.serve(it=tenant)

    said = desk.run("export", "it", "--out", "cases/a.yaml")
    text = (desk.folder / "cases/a.yaml").read_text(encoding="utf-8")

    assert secret not in text + said.err
    assert "`metadata.token` is left out: it holds a secret of this workspace" in text
    assert "1 to import. 0 requests." in desk.done("plan")


# ------------------------------------------------------------------------------------ which cases


def test_cases_are_chosen_by_id(desk: Desk, make: Callable[[int], Tenant]) -> None:
    desk.serve(it=make(6))

    cases = desk.exported("it", "--id", "5", "--id", "2")

    assert sorted(case["import"] for case in cases.values()) == ["2", "5"]
    said = desk.run("export", "it", "--id", "2", "--id", "999", "--out", "cases/a.yaml")
    assert said.code == 1
    assert "it shows no such case: 999" in said.err
    assert not (desk.folder / "cases/a.yaml").exists()


def test_what_is_no_id_is_told_before_a_request(desk: Desk) -> None:
    desk.serve(it=tines(1))

    said = desk.run("export", "it", "--id", "1?x")

    assert (said.code, said.out) == (1, "")
    assert "--id: '1?x' is no id" in said.err
    assert desk.requests == []


def test_several_values_of_one_filter_are_any_of_them(desk: Desk) -> None:
    tenant = tines()
    for number, priority in enumerate(("low", "high", "critical", "low")):
        tenant.seed(name=f"Case {number}", priority=priority, tags=["q4"] if number else [])
    desk.serve(it=tenant)

    found = desk.exported("it", "--filter", "priority=HIGH", "--filter", "priority=low", "--filter", "tag=q4")

    assert [case["name"] for case in found.values()] == ["Case 1", "Case 3"]


def test_threatconnect_takes_queries_and_others_do_not(desk: Desk) -> None:
    tenant = threatconnect()
    tenant.seed(name="A", tags=["lure"], severity="High")
    tenant.seed(name="B", tags=["lure"], severity="Low")
    tenant.seed(name="C", tags=[], severity="High")
    desk.serve(it=tenant, soc=tines())

    found = desk.exported("it", "--tql", 'hasTag(name = "lure")', "--filter", "severity=high")

    assert [case["name"] for case in found.values()] == ["A"]
    (head, *_) = desk.done("export", "it", "--tql", 'hasTag(name = "lure")').splitlines()
    assert shlex.split(head)[-1] == 'hasTag(name = "lure")', "the command can be taken from the file"
    found = desk.exported("it", "--tql", 'hasTag(name = "lure")', "--id", "2", "--id", "3")
    assert [case["name"] for case in found.values()] == ["B"]
    assert "soc takes no queries" in desk.run("export", "soc", "--tql", "a = 1").err
    assert desk.run("export", "it", "--tql", "nonsense").code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "there is no provider 'nobody'"),
        (("it", "--filter", "stats=open"), "did you mean status?"),
        (("it", "--filter", "status=ajar"), "must be one of open, closed"),
        (("it", "--filter", "opened_after=yesterday"), "must be a day or a time"),
        (("it", "--out", "a.yaml", "--split", "b"), "exclude each other"),
    ],
)
def test_what_makes_no_sense_is_said_before_a_request(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    desk.serve(it=tines())

    found = desk.run("export", *arguments)

    assert found.code == 1
    assert said in found.err
    assert desk.requests == []


# ------------------------------------------------------------------------------------ files


def test_an_empty_system_is_an_empty_file(desk: Desk, make: Callable[[int], Tenant]) -> None:
    desk.serve(it=make(0))

    desk.done("export", "it", "--out", "cases/a.yaml")

    assert yaml.safe_load((desk.folder / "cases/a.yaml").read_text(encoding="utf-8")) == {"cases": {}}
    assert desk.exported("it") == {}
    assert "No changes." in desk.done("plan")


def test_each_case_has_a_file_of_its_own(desk: Desk) -> None:
    desk.serve(it=tines(40))

    desk.done("export", "it", "--split", "cases/it")

    files = list((desk.folder / "cases/it").iterdir())
    assert len(files) == 40
    assert all(path.suffix == ".yaml" for path in files)
    assert "40 to import. 0 requests." in desk.done("plan")


def test_a_file_that_is_there_is_left_alone(desk: Desk) -> None:
    tenant = tines()
    id = tenant.seed(name="A")
    desk.serve(it=tenant)
    desk.write("cases/a.yaml", "cases: {}\n")
    desk.write(f"split/a-{id}.yaml", "mine\n")

    for place in (("--split", "split"), ("--out", "cases/a.yaml")):
        said = desk.run("export", "it", *place)
        assert said.code == 1
        assert "is there already; it was left as it is" in said.err
        assert desk.run("export", "it", *place, "--force").code == 0
    assert "import" in (desk.folder / "cases/a.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("make_it", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_replaced_by_no_force(desk: Desk, make_it: Callable[[Path], None]) -> None:
    tenant = tines()
    id = tenant.seed(name="A")
    desk.serve(it=tenant)
    (desk.folder / "split").mkdir()
    there = [desk.folder / "out.yaml", desk.folder / f"split/a-{id}.yaml"]
    for path in there:
        make_it(path)
    before = [path.lstat() for path in there]

    for place in (("--out", "out.yaml"), ("--split", "split")):
        said = desk.run("export", "it", *place, "--force")
        assert said.code == 1
        assert "is no regular file; it was left as it is" in said.err

    assert [path.lstat() for path in there] == before
    assert not list(desk.folder.glob("out.yaml.*"))


def test_an_editor_finds_the_schema_of_a_file_below_cases(desk: Desk) -> None:
    desk.serve(it=tines(1))
    desk.done("schema", "--out", "schemas", "--draft", "07")

    desk.done("export", "it", "--out", "cases/deep/a.yaml")
    desk.done("export", "it", "--out", "elsewhere.yaml")

    first = (desk.folder / "cases/deep/a.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../../schemas/cases.json"
    assert "yaml-language-server" not in (desk.folder / "elsewhere.yaml").read_text(encoding="utf-8")


def one_line(said: Said) -> str:
    """Return what was said beside the result, with the hint on the line of the error."""
    return said.err.replace("\nHint: ", "; ")
