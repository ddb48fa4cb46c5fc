"""Drift as a job on a schedule sees it: the real command over a tenant on loopback, edited by an analyst."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.providers.emulation import Fault, FaultKind, Match
from reconciler.providers.tines.emulator import DEFAULT_TOKEN, TinesEmulator
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.scenarios.systems import TinesSystem

CASES = """\
cases:
  a:
    provider: soc
    name: A
    priority: high
    tags: [one]
    metadata:
      region: emea
  b:
    provider: soc
    name: B
"""


@dataclass
class Scene:
    """A workspace whose two cases are applied."""

    rig: Rig
    system: TinesSystem

    def edit(self, case: str = "a", **attributes: Any) -> None:
        """Do what an analyst does."""
        state = json.loads((self.rig.root / "state/w.json").read_text())
        self.system.edit(int(state["cases"][f"soc.{case}"]["id"]), attributes)

    def drift(self, *arguments: str, code: int, **env: str) -> Ended:
        ended = self.rig.run("drift", "-q", *arguments, **env)
        assert ended.code == code, ended
        return ended

    def json(self, *arguments: str, code: int) -> Any:
        return self.drift("--json", *arguments, code=code).data


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    system = TinesSystem()
    assert isinstance(system.tenant, TinesEmulator)
    with serve(system.tenant) as served:
        rig = Rig(tmp_path / "w", {"TOKEN": DEFAULT_TOKEN})
        rig.configure({"soc": {**system.settings, "url": served.url, "requests_per_minute": 1_000_000}})
        rig.write("cases/in a folder/a.yaml", CASES)
        assert rig.run("apply", "--auto-approve").code == 0
        yield Scene(rig, system)


# ----------------------------------------------------------------------------------------------- formats


def test_a_finding_stands_where_the_field_is_declared(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.edit(metadata={"region": "apac"})

    (run,) = scene.drift("--format", "sarif", code=2).data["runs"]

    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places] == [
        ("cases/in%20a%20folder/a.yaml", 8),
        ("cases/in%20a%20folder/a.yaml", 5),
    ]


def test_a_finding_about_a_case_that_is_declared_no_more_stands_at_its_provider(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("cases/in a folder/a.yaml", "cases:\n")

    (run,) = scene.drift("--format", "sarif", code=2).data["runs"]

    (place,) = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert place["artifactLocation"]["uri"] == "reconciler.yaml"


def test_every_recorded_case_is_a_test_and_is_counted(scene: Scene) -> None:
    scene.edit(priority="LOW")

    suites = ET.fromstring(scene.drift("--format", "junit", code=2).out)  # noqa: S314 (we made it)
    gauges = scene.drift("--format", "prometheus", code=2).out.decode()

    assert [(case.get("name"), len(case)) for case in suites.iter("testcase")] == [("soc.a", 1), ("soc.b", 0)]
    assert 'reconciler_drift_cases{workspace="w",provider="soc",kind="drifted"} 1\n' in gauges
    assert 'reconciler_drift_cases{workspace="w",provider="soc",kind="clean"} 1\n' in gauges
    assert "reconciler_last_run_timestamp_seconds" in gauges


# ----------------------------------------------------------------------------------------------- waivers

WAIVER = """\
- address: soc.a
  field: priority
  reason: lowered at night <b>
  owner: jane@acme.example
  until: 9999-12-31
"""


def test_what_is_waived_is_told_apart_and_does_not_count(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("waivers.yaml", WAIVER)

    text = scene.drift(code=0).out.decode()
    data = scene.json(code=0)
    suites = ET.fromstring(scene.drift("--format", "junit", code=0).out)  # noqa: S314 (we made it)

    assert text.splitlines()[0] == "Waived, which does not count:"
    assert "waived until 9999-12-31 by jane@acme.example: lowered at night <b>" in text
    assert text.endswith("No drift that counts: 1 clean, 1 waived.\n")
    assert (data["drift"], data["summary"]) == ([], {"drifted": 0, "clean": 1, "missing": 0, "waived": 1})
    assert data["waived"][0]["fields"][0]["waiver"] == {
        "reason": "lowered at night <b>",
        "owner": "jane@acme.example",
        "until": "9999-12-31",
        "expired": False,
    }
    assert [element.tag for case in suites.iter("testcase") for element in case] == ["skipped"]
    assert scene.drift("--format", "sarif", code=0).data["runs"][0]["results"] == []
    assert b'kind="waived"} 1\n' in scene.drift("--format", "prometheus", code=0).out
    for format_ in ("markdown", "html"):
        shown = scene.drift("--format", format_, code=0).out.decode()
        assert "Waived, which does not count" in shown
        assert "jane@acme.example" in shown


def test_other_drift_of_the_case_counts(scene: Scene) -> None:
    scene.edit(priority="LOW", name="B")
    scene.rig.write("waivers.yaml", WAIVER)

    data = scene.json(code=2)

    assert [field["path"] for drift in data["drift"] for field in drift["fields"]] == [["name"]]
    assert data["summary"] == {"drifted": 1, "clean": 1, "missing": 0, "waived": 1}
    assert scene.drift(code=2).out.endswith(b"Drift: 1 drifted, 0 missing, 1 clean, 1 waived.\n")


def test_a_waiver_that_ended_counts_again_and_is_told(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("waivers.yaml", WAIVER.replace("9999", "2020"))

    ended = scene.drift(code=2)

    assert ended.err.startswith(
        b"Warning: waivers.yaml:1:3: the waiver of soc.a priority ended on 2020-12-31, so that drift counts again"
    )
    assert b"waiver ended on 2020-12-31 by jane@acme.example" in ended.out
    assert scene.json(code=2)["drift"][0]["fields"][0]["waiver"]["expired"] is True


def test_a_wrong_waiver_is_an_error_of_the_workspace_and_an_unknown_case_a_warning(scene: Scene) -> None:
    scene.rig.write("waivers.yaml", WAIVER.replace("until: 9999-12-31", "until: soon"))
    assert scene.rig.run("validate").err.startswith(b"Error: waivers.yaml:5:10: `until` must be a day")
    scene.drift(code=1)

    scene.rig.write("waivers.yaml", WAIVER.replace("soc.a", "soc.aa"))
    assert scene.rig.run("validate").err.startswith(b"Warning: waivers.yaml:1:3: the case soc.aa is not declared")
    assert scene.drift(code=0).err.startswith(b"Warning: waivers.yaml:1:3: soc.aa is no case of this workspace")


def test_the_schema_of_waivers_is_published(scene: Scene) -> None:
    schema = scene.rig.run("schema").data["waivers"]

    assert schema["items"]["required"] == ["address", "field", "reason", "owner", "until"]
    assert schema["items"]["additionalProperties"] is False


# ------------------------------------------------------------------------------------------------- since


def test_only_what_is_new_is_told_and_counts(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("earlier", scene.drift("--json", code=2).out.decode())

    assert scene.drift("--since", "earlier", code=0).out == b"No drift that counts: 1 clean, 1 as before.\n"

    scene.edit(name="Another")
    scene.edit("b", name="Another")
    ended = scene.drift("--since", "earlier", code=2).out.decode()
    data = scene.json("--since", "earlier", code=2)

    assert "priority" not in ended
    assert ended.endswith("Drift: 2 drifted, 0 missing, 0 clean, 1 as before.\n")
    assert [[field["path"] for field in drift["fields"]] for drift in data["drift"]] == [[["name"]], [["name"]]]
    assert data["summary"] == {"drifted": 2, "clean": 0, "missing": 0, "as_before": 1}

    scene.rig.write("earlier", json.dumps(data))
    scene.drift("--since", "earlier", code=0)
    scene.edit(priority="MEDIUM")
    assert scene.json("--since", "earlier", code=2)["summary"]["drifted"] == 1


def test_a_case_that_is_gone_is_new_once(scene: Scene) -> None:
    state = json.loads((scene.rig.root / "state/w.json").read_text())
    scene.system.tenant.remove(int(state["cases"]["soc.b"]["id"]))
    scene.rig.write("earlier", scene.drift("--json", code=2).out.decode())

    ended = scene.drift("--since", "earlier", "--format", "junit", code=0)

    suites = ET.fromstring(ended.out)  # noqa: S314 (we made it)
    assert [item.get("message") for item in suites.iter("skipped")] == ["drifted as before"]
    assert b'kind="as_before"} 1\n' in scene.drift("--since", "earlier", "--format", "prometheus", code=0).out


def test_what_was_waived_is_new_when_its_waiver_has_ended(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.rig.write("waivers.yaml", WAIVER)
    scene.rig.write("earlier", scene.drift("--json", code=0).out.decode())

    scene.rig.write("waivers.yaml", WAIVER.replace("9999", "2020"))

    scene.drift("--since", "earlier", code=2)


def test_drift_that_is_masked_is_as_before(scene: Scene) -> None:
    scene.edit(priority="LOW", description=f"leaked {DEFAULT_TOKEN}")
    scene.rig.write(
        "cases/in a folder/a.yaml", CASES.replace("    name: A\n", "    name: A\n    description: D\n")
    )
    assert scene.rig.run("apply", "--auto-approve").code == 0
    scene.edit(description=f"leaked {DEFAULT_TOKEN}")
    earlier = scene.drift("--json", code=2).out
    assert DEFAULT_TOKEN.encode() not in earlier

    scene.rig.write("earlier", earlier.decode())

    scene.drift("--since", "earlier", code=0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the earlier report is not what `drift --json` writes"),
        ("[]", "the earlier report is not what `drift --json` writes"),
        ("[" * 100_000, "the earlier report is not what `drift --json` writes"),
        (
            '{"format_version": "1.0", "workspace": "w", "drift": [{"address": 1}]}',
            "the earlier report is not what",
        ),
        ('{"format_version": "1.0", "workspace": "w", "drift": [{"fields": [[]]}]}', "the earlier report is not"),
        (
            '{"format_version": "1.0", "workspace": "v", "drift": []}',
            "the earlier report is about the workspace 'v'",
        ),
        (
            '{"format_version": "2.0", "workspace": "w", "drift": []}',
            "the earlier report has format 2.0; this version reads 1.0",
        ),
    ],
)
def test_an_earlier_report_that_is_none_is_an_error(scene: Scene, text: str, said: str) -> None:
    scene.rig.write("earlier", text)

    assert scene.drift("--since", "earlier", code=1).err.decode().startswith(f"Error: {said}")


def test_an_earlier_report_has_to_be_a_file(scene: Scene) -> None:
    assert scene.drift("--since", "nowhere", code=1).err == b"Error: nowhere: No such file or directory\n"
    assert scene.drift("--since", "cases", code=1).err.startswith(b"Error: cases is not a file\n")

    (scene.rig.root / "earlier").write_bytes(b'{"workspace": "\xff"}')
    said = b"Error: earlier is not a report file: it is not UTF-8 text\n"
    assert scene.drift("--since", "earlier", code=1).err == said


# --------------------------------------------------------------------------------------------- who and when


def test_who_changed_it_and_when_is_told_in_every_form(scene: Scene) -> None:
    scene.edit(priority="LOW", by="jane@acme.example")

    (field,) = scene.json(code=2)["drift"][0]["fields"]

    assert field["changed_by"] == "jane@acme.example"
    when = f"changed by jane@acme.example at {field['changed_at']}"
    for format_ in ("text", "markdown", "html", "junit"):
        assert when in scene.drift("--format", format_, code=2).out.decode()


def test_a_log_that_cannot_be_read_is_no_failure(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.system.tenant.faults.add(Fault(FaultKind.SERVER_ERROR, Match(path="/activities"), times=None))

    ended = scene.rig.run("drift", "--json")

    assert ended.code == 2
    assert "changed_by" not in ended.data["drift"][0]["fields"][0]
    assert b"who changed it is not known: " in ended.err


def test_nothing_is_asked_about_cases_that_have_not_drifted(scene: Scene) -> None:
    scene.edit(priority="LOW")
    scene.system.tenant.forget_requests()

    scene.drift(code=2)

    asked = [str(request.path) for request in scene.system.tenant.requests]
    assert len([path for path in asked if path.endswith("/activities")]) == 1
