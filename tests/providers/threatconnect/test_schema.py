"""What may be declared about a ThreatConnect case; what it would refuse is said before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from reconciler.config import load
from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.case import Case
from reconciler.model.fields import Kind
from reconciler.model.values import Entry, Path, Ref, Secret
from reconciler.providers.threatconnect.provider import ThreatConnect
from reconciler.providers.threatconnect.schema import (
    SCHEMA,
    Artifact,
    CaseAttribute,
    NewGroup,
    NewIndicator,
    Note,
    Task,
    ThreatConnectCase,
    ThreatConnectSettings,
)
from reconciler.providers.threatconnect.wire import COLLECTIONS, SCALARS

URL = "https://acme.threatconnect.com"
RESOLUTIONS = (
    "Containment Achieved",
    "Deferred / Delayed",
    "Escalated",
    "False Positive",
    "In Progress / Investigating",
    "Not Specified",
    "Rejected",
    "Restoration Achieved",
)


def normal(**declared: Any) -> dict[str, Any]:
    made = ThreatConnectCase.model_validate(declared)
    return SCHEMA.normalize(made.model_dump(include=set(declared), exclude_unset=True))


def problem(model: Any, declared: Mapping[str, Any]) -> str:
    """Return what is said about a value that is refused: where it is, and why."""
    with pytest.raises(ValidationError) as raised:
        model.model_validate(declared)
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in raised.value.errors())


# ------------------------------------------------------------------------------------ lengths


@pytest.mark.parametrize(
    ("model", "name", "shortest", "longest", "more"),
    [
        (ThreatConnectCase, "name", 1, 255, {}),
        (ThreatConnectCase, "description", 0, 1500, {}),
        (ThreatConnectCase, "xid", 10, 100, {}),
        (ThreatConnectCase, "owner", 1, None, {}),
        (ThreatConnectCase, "workflow_template", 1, None, {}),
        (Note, "text", 1, 65500, {}),
        (Task, "name", 1, 255, {}),
        (Task, "description", 0, 1500, {"name": "t"}),
        (Task, "xid", 10, 100, {"name": "t"}),
        (Artifact, "summary", 1, 500, {"type": "Host"}),
        (Artifact, "type", 1, None, {"summary": "s"}),
        (Artifact, "source", 0, 100, {"type": "Host", "summary": "s"}),
        (CaseAttribute, "type", 1, None, {"value": "v"}),
        (CaseAttribute, "value", 1, None, {"type": "t"}),
        (NewGroup, "name", 1, None, {"type": "Adversary"}),
        (NewGroup, "xid", 10, 100, {"type": "Adversary", "name": "n"}),
        (NewIndicator, "summary", 1, None, {"type": "Host"}),
    ],
)
def test_a_text_is_as_long_as_the_system_takes_it(
    model: Any, name: str, shortest: int, longest: int | None, more: dict[str, Any]
) -> None:
    for length in (shortest, longest or 1000):
        model.model_validate({**more, name: "x" * length})
    if shortest:
        assert f"{name}: String should have at least {shortest} char" in problem(
            model, {**more, name: "x" * (shortest - 1)}
        )
    if longest:
        assert f"{name}: String should have at most {longest} char" in problem(
            model, {**more, name: "x" * (longest + 1)}
        )


@pytest.mark.parametrize("name", ["tags", "user_access", "associated_cases"])
def test_a_member_of_a_set_is_no_empty_text(name: str) -> None:
    assert "at least 1 char" in problem(ThreatConnectCase, {name: [""]})


def test_a_tag_has_at_most_128_characters() -> None:
    assert normal(tags=["x" * 128]) == {"tags": {"x" * 128}}
    assert "tags.0: String should have at most 128 char" in problem(ThreatConnectCase, {"tags": ["x" * 129]})
    group = {"type": "Adversary", "name": "x", "tags": ["x" * 129]}
    assert "tags.0: String should have at most 128 char" in problem(NewGroup, group)


@pytest.mark.parametrize(("name", "low", "high"), [("workflow_phase", 0, 127), ("workflow_step", 1, 127)])
def test_phase_and_step_of_a_task_have_bounds(name: str, low: int, high: int) -> None:
    for number in (low, high):
        Task.model_validate({"name": "t", name: number})
    assert f"{name}: Input should be greater than or equal to {low}" in problem(Task, {"name": "t", name: low - 1})
    assert f"{name}: Input should be less than or equal to {high}" in problem(Task, {"name": "t", name: high + 1})


# ------------------------------------------------------------------------------------ enums


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("status", ("Open", "Closed")),
        ("severity", ("Low", "Medium", "High", "Critical")),
        ("resolution", RESOLUTIONS),
    ],
)
def test_an_enum_is_written_in_any_letter_case_and_sent_in_one(name: str, choices: tuple[str, ...]) -> None:
    for choice in choices:
        for spelled in (choice, choice.upper(), choice.lower(), choice.swapcase()):
            assert normal(**{name: spelled}) == {name: choice}
    assert f"{name}: Input should be '{choices[0]}'" in problem(ThreatConnectCase, {name: "Urgent"})
    for wrong in ("", 1, ["Open"], f"{choices[0]} "):
        assert problem(ThreatConnectCase, {name: wrong})


@pytest.mark.parametrize("choice", ["Pending", "Open", "Reopened", "Closed"])
def test_the_status_of_a_task_is_written_in_any_letter_case(choice: str) -> None:
    for spelled in (choice, choice.upper(), choice.lower()):
        assert Task.model_validate({"name": "t", "status": spelled}).status == choice
    assert "status: Input should be 'Pending', 'Open'" in problem(Task, {"name": "t", "status": "done"})


def test_the_type_of_an_indicator_is_one_whose_summary_can_be_sent() -> None:
    for known in ("Address", "EmailAddress", "File", "Host", "URL", "ASN"):
        NewIndicator.model_validate({"type": known, "summary": "x"})
    assert "type: Input should be 'Address'" in problem(NewIndicator, {"type": "Mutex", "summary": "x"})


# ------------------------------------------------------------------------------------ shapes


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"assignee": {"user": "jane"}}, {"assignee": {"user": "jane"}}),
        ({"assignee": {"group": "SOC"}}, {"assignee": {"group": "SOC"}}),
        ({"assignee": None}, {"assignee": None}),
        ({"description": None}, {"description": ""}),
        ({"resolution": None}, {"resolution": "Not Specified"}),
        ({"case_open_time": "2026-03-01T12:00:00.622+02:00"}, {"case_open_time": "2026-03-01T10:00:00Z"}),
        ({"case_close_time": "2026-03-01"}, {"case_close_time": "2026-03-01T00:00:00Z"}),
        ({"tags": ["VIP", "vip", "T1566"]}, {"tags": {"VIP", "T1566"}}),
        ({"user_access": ["jane", "omar"]}, {"user_access": {"jane", "omar"}}),
        ({"associated_cases": ["2", "1"]}, {"associated_cases": {"1", "2"}}),
        ({"notes": {"first": {"text": "a"}}}, {"notes": {"first": {"text": "a"}}}),
        (
            {"attributes": {"rate": {"type": "Rate", "value": "30", "source": None}}},
            {"attributes": {"rate": {"type": "Rate", "value": "30", "source": ""}}},
        ),
        (
            {"tasks": {"t": {"name": "Call", "status": "CLOSED", "due_date": "2026-03-01T12:00:00+02:00"}}},
            {"tasks": {"t": {"name": "Call", "status": "Closed", "due_date": "2026-03-01T10:00:00Z"}}},
        ),
    ],
)
def test_what_a_user_declares_has_one_normal_form(declared: dict[str, Any], expected: dict[str, Any]) -> None:
    assert normal(**declared) == expected


def test_what_is_given_whole_is_known_by_type_and_name() -> None:
    made = normal(
        associated_groups=["5", {"type": "Adversary", "name": "Known", "associated_artifacts": ["4"]}],
        associated_indicators=[{"type": "Host", "summary": "badguy.com"}],
    )

    assert made["associated_groups"] == {"5", Entry("Adversary: Known", {})}
    assert made["associated_indicators"] == {Entry("Host: badguy.com", {})}


@pytest.mark.parametrize(
    ("model", "declared", "words"),
    [
        (ThreatConnectCase, {"assignee": {}}, "must be `{user: LOGIN}` or `{group: NAME}`"),
        (ThreatConnectCase, {"assignee": {"user": "a", "group": "b"}}, "must be `{user: LOGIN}`"),
        (ThreatConnectCase, {"assignee": {"user": ""}}, "at least 1 char"),
        (ThreatConnectCase, {"assignee": {"name": "a"}}, "Extra inputs"),
        (ThreatConnectCase, {"assignee": "jane"}, "assignee: Input should be"),
        (ThreatConnectCase, {"xid": "1234567890"}, "xid: Value error, must not be a number"),
        (Task, {"name": "t", "xid": "1234567890"}, "xid: Value error, must not be a number"),
        (ThreatConnectCase, {"case_open_time": "yesterday"}, "case_open_time: Value error"),
        (Task, {"name": "t", "due_date": "soon"}, "due_date: Value error"),
        (ThreatConnectCase, {"tags": "a"}, "tags: Input should be"),
        (ThreatConnectCase, {"notes": {"": {"text": "a"}}}, "at least 1 char"),
        (ThreatConnectCase, {"notes": {"first": {}}}, "notes.first.text: Field required"),
        (ThreatConnectCase, {"notes": {"first": {"text": "a", "author": "me"}}}, "notes.first.author: Extra"),
        (ThreatConnectCase, {"tasks": {"t": {"status": "Open"}}}, "tasks.t.name: Field required"),
        (ThreatConnectCase, {"artifacts": {"a": {"type": "Host"}}}, "artifacts.a.summary: Field required"),
        (ThreatConnectCase, {"artifacts": {"a": {"summary": "x"}}}, "artifacts.a.type: Field required"),
        (ThreatConnectCase, {"attributes": {"a": {"value": "x"}}}, "attributes.a.type: Field required"),
        (ThreatConnectCase, {"attributes": {"a": {"type": "x"}}}, "attributes.a.value: Field required"),
        (ThreatConnectCase, {"attributes": {"a": {"type": "x", "value": "y", "pinned": True}}}, "pinned: Extra"),
        (ThreatConnectCase, {"associated_groups": [{"name": "x"}]}, "Field required"),
        (ThreatConnectCase, {"associated_indicators": [{"type": "Host", "ip": "x"}]}, "Extra inputs"),
        (ThreatConnectCase, {"workflow_events": []}, "workflow_events: Extra inputs"),
        (ThreatConnectCase, {"id": "7"}, "id: Extra inputs"),
    ],
)
def test_a_shape_that_the_system_does_not_have_is_refused(
    model: Any, declared: dict[str, Any], words: str
) -> None:
    assert words in problem(model, declared)


def test_each_attribute_is_owned_as_it_is_written() -> None:
    kinds = {kind: {name for name, field in SCHEMA.fields.items() if field.kind is kind} for kind in Kind}

    assert {*SCALARS, *COLLECTIONS} == SCHEMA.fields.keys()
    assert kinds[Kind.ITEMS] == {"attributes", "notes", "tasks", "artifacts"}
    assert kinds[Kind.SET] == {
        "tags",
        "user_access",
        "associated_cases",
        "associated_groups",
        "associated_indicators",
    }
    assert {name for name, field in SCHEMA.fields.items() if field.once} == {"xid", "owner", "workflow_template"}
    assert {name for name, field in SCHEMA.fields.items() if field.links} == {"associated_cases"}
    assert SCHEMA.required == {"name", "status", "severity"}
    assert SCHEMA.closing == {"status": "Closed"}


# ------------------------------------------------------------------------------------ with its place


class Folder:
    """A workspace with one case, which exists already: nothing must be declared about it."""

    def __init__(self, root: File) -> None:
        self._root = root
        (root / "cases").mkdir()
        token = "{type: threatconnect, url: 'https://acme.threatconnect.com', token: '${env.T}'}"
        (root / "reconciler.yaml").write_text(f"version: 1\nproviders:\n  soc: {token}\n")

    def load(self, *lines: str) -> Case:
        text = "".join(f"    {line}\n" for line in (*lines, "import: 7"))
        (self._root / "cases" / "a.yaml").write_text(f"cases:\n  one:\n{text}")
        env = {"T": "t0ken", "WORD": "a-secret-word"}
        (case,) = load(self._root, env=env, providers={"threatconnect": ThreatConnect}).cases.values()
        return case

    def problems(self, *lines: str) -> list[str]:
        try:
            case = self.load(*lines)
            return [str(each).replace(f"{self._root}/", "") for each in threatconnect().check(case)]
        except ConfigError as error:
            return [str(each).replace(f"{self._root}/", "") for each in error.problems]


@pytest.fixture
def folder(tmp_path: File) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "name: null",
        "status: null",
        "severity: null",
        "case_open_time: null",
        "case_close_time: null",
        "case_detection_time: null",
        "case_occurrence_time: null",
        "xid: null",
        "owner: null",
        "workflow_template: null",
        "tasks: {t: {name: null}}",
        "tasks: {t: {name: x, status: null}}",
        "tasks: {t: {name: x, due_date: null}}",
        "tasks: {t: {name: x, required: null}}",
        "tasks: {t: {name: x, xid: null}}",
        "artifacts: {t: {type: Host, summary: null}}",
        "artifacts: {t: {type: Host, summary: x, derived_link: null}}",
        "notes: {n: {text: null}}",
        "attributes: {n: {type: x, value: null}}",
    ],
)
def test_what_cannot_be_emptied_is_said_with_its_place(folder: Folder, line: str) -> None:
    (said,) = folder.problems(line)

    name = line.partition(": null")[0].split()[-1].strip("{")
    place, hint = f"cases/a.yaml:3:{4 + line.index('null') + 1}", "give it a value, or leave it out"
    assert said == f"{place}: `{name}` cannot be emptied; {hint}"


@pytest.mark.parametrize("line", ["user_access: null", "user_access: []"])
def test_user_access_cannot_be_emptied(folder: Folder, line: str) -> None:
    assert folder.problems(line) == ["cases/a.yaml:3:18: `user_access` cannot be emptied; leave it out"]


@pytest.mark.parametrize(
    "line",
    [
        "description: null",
        "resolution: null",
        "assignee: null",
        "tags: null",
        "tags: []",
        "attributes: {}",
        "associated_cases: []",
        "notes: {}",
        "tasks: {t: {name: x, description: null, assignee: null}}",
        "artifacts: {a: {type: x, summary: y, source: null}}",
        "attributes: {a: {type: x, value: y, source: null}}",
    ],
)
def test_what_can_be_emptied_may_be(folder: Folder, line: str) -> None:
    assert folder.problems(line) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"name: {'x' * 256}", "3:11: `name`"),
        (f"description: {'x' * 1501}", "3:18: `description`"),
        ("xid: too-short", "3:10: `xid`"),
        ("severity: Urgent", "3:15: `severity`"),
        ("status: Done", "3:13: `status`"),
        ("resolution: Solved", "3:17: `resolution`"),
        (f"tags: [a, {'x' * 129}]", "3:15: `tags"),
        (f"notes: {{n: {{text: {'x' * 65501}}}}}", "3:23: `"),
        (f"artifacts: {{n: {{type: a, summary: {'x' * 501}}}}}", "3:39: `"),
        ("tasks: {n: {name: a, workflow_step: 0}}", "3:41: `"),
    ],
)
def test_what_the_system_would_refuse_is_said_with_its_place(folder: Folder, line: str, words: str) -> None:
    (said,) = folder.problems(line)

    assert said.startswith(f"cases/a.yaml:{words}")


def test_numbers_may_be_written_as_such(folder: Folder) -> None:
    case = folder.load(
        "associated_cases: [12]",
        "associated_groups: [5, {name: Extreme Bad Guy, type: Adversary, associated_artifacts: [4]}]",
        "attributes: {rate: {type: Phishing Open Rate, value: 30}}",
    )

    assert case.attributes["associated_cases"] == {"12"}
    (group,) = (member for member in case.attributes["associated_groups"] if isinstance(member, Entry))
    assert list(group.fields["associated_artifacts"]) == ["4"]
    assert case.attributes["attributes"] == {"rate": {"type": "Phishing Open Rate", "value": "30"}}
    assert list(threatconnect().check(case)) == []


# ------------------------------------------------------------------------------------ beyond the schema


class Place:
    """A source whose file is the path itself."""

    def at(self, path: Path = ()) -> Location:
        return Location(".".join(path) or "case")


def threatconnect(**settings: Any) -> ThreatConnect:
    return ThreatConnect(
        ThreatConnectSettings(type="threatconnect", url=URL, token=SecretStr("t0ken"), **settings)
    )


def problems(declared: dict[str, Any], adopt: str | None = None, **settings: Any) -> Iterator[str]:
    case = Case(Address("soc", "a"), "threatconnect", SCHEMA.normalize(declared), Place(), adopt=adopt)
    return (str(each).replace(":1:1:", ":") for each in threatconnect(**settings).check(case))


GROUP = {"type": "Adversary", "name": "Known"}
SECRET = Secret("hunter2-hunter2")
NUMBER = "write a number"
HASHES = "the summary of a File is its MD5, SHA-1 or SHA-256 in hex"
CLEAR = "an `xid` must be written in the clear; it is how the thing is found again"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"associated_cases": ["12", Ref("b", "id")]}, []),
        (
            {"associated_cases": ["x", "12", "0", "1 2", "-1", "٣"]},
            [
                f"associated_cases: {id!r} in `associated_cases` is no id; write a number, or the name of a case"
                for id in ("-1", "0", "1 2", "x", "٣")
            ],
        ),
        ({"associated_groups": ["x"]}, ["associated_groups: 'x' in `associated_groups` is no id; write a number"]),
        (
            {"associated_indicators": ["10.0.0.9"]},
            ["associated_indicators: '10.0.0.9' in `associated_indicators` is no id; write a number"],
        ),
        ({"associated_groups": ["5", {**GROUP, "associated_artifacts": ("4",)}]}, []),
        (
            {"associated_groups": [{**GROUP, "associated_artifacts": ("4", "host")}]},
            [f"associated_groups: 'host' in `associated_artifacts` of 'Adversary: Known' is no id; {NUMBER}"],
        ),
        ({"user_access": ["jane"]}, []),
        ({"case_close_time": "2026-03-01T10:00:00Z", "status": "Closed"}, []),
        ({"case_close_time": "2026-03-01T10:00:00Z"}, []),
        (
            {"case_close_time": "2026-03-01T10:00:00Z", "status": "Open"},
            ["case_close_time: an open case has no `case_close_time`; close it, or leave it out"],
        ),
        (
            {"attributes": {"a": {"type": "T", "value": "1"}, "b": {"type": "T", "value": "2"}}},
            [],
        ),
        (
            {"attributes": {"a": {"type": "T", "value": "1"}, "b": {"type": "T", "value": "1", "source": "x"}}},
            ["attributes.b: attribute 'b' says the same as 'a'; remove one of them"],
        ),
        ({"associated_indicators": [{"type": "File", "summary": "ab" * 16}]}, []),
        ({"associated_indicators": [{"type": "File", "summary": "AB" * 20}]}, []),
        ({"associated_indicators": [{"type": "File", "summary": "0f" * 32}]}, []),
        (
            {"associated_indicators": [{"type": "File", "summary": "x.exe"}]},
            [f"associated_indicators: 'File: x.exe' is no hash; {HASHES}"],
        ),
        ({"associated_indicators": [{"type": "Host", "summary": "x.exe"}]}, []),
        ({"xid": "in-the-clear", "tasks": {"t": {"name": "x", "xid": "in-the-clear"}}}, []),
        ({"xid": SECRET}, [f"xid: {CLEAR}"]),
        ({"tasks": {"t": {"name": "x", "xid": SECRET}}}, [f"tasks.t.xid: {CLEAR}"]),
        ({"associated_groups": [{**GROUP, "xid": Ref("b", "id")}]}, [f"associated_groups: {CLEAR}"]),
    ],
)
def test_what_the_schema_cannot_see_is_said(declared: dict[str, Any], said: list[str]) -> None:
    assert list(problems(declared)) == said


@pytest.mark.parametrize(("id", "right"), [("42", True), ("0", False), ("a", False), ("4/2", False), ("", False)])
def test_an_import_names_an_id(id: str, right: bool) -> None:  # noqa: FBT001 (a column of the table)
    said = f"import: {id!r} is not the id of a ThreatConnect case; it is a number, such as 42"

    assert list(problems({}, adopt=id)) == ([] if right else [said])


def test_the_owner_of_a_case_is_that_of_its_provider() -> None:
    hint = "leave it out, or give that owner a provider of its own"

    assert list(problems({"owner": "Demo"}, owner="Demo")) == []
    assert list(problems({"owner": "Demo"})) == []
    assert list(problems({"owner": "Lab"}, owner="Demo")) == [
        f"owner: `owner` is not that of the provider, 'Demo'; {hint}"
    ]


def test_a_secret_is_not_said() -> None:
    said = list(problems({"xid": SECRET, "tags": [SECRET], "associated_cases": [SECRET]}))

    assert said == [f"xid: {CLEAR}"]


def test_an_xid_of_the_environment_is_refused_with_its_place(folder: Folder) -> None:
    assert folder.problems("xid: ${env.WORD}") == [f"cases/a.yaml:3:10: {CLEAR}"]
