"""`notify:`: who is told of drift, and what is wrong there, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.config.jsonschema import schemas
from tests.config.toy import ENV, SETTINGS, TYPES, Folder

CASES = "cases: {}\n"
URL = "https://hooks.example/T0/secret"


def loaded(folder: Folder, entries: str, **more: Any) -> Any:
    folder.write("reconciler.yaml", f"{SETTINGS}notify:\n{entries}")
    return folder.load(CASES, **more)


def wrong(folder: Folder, entries: str) -> list[str]:
    folder.write("reconciler.yaml", f"{SETTINGS}notify:\n{entries}")
    return folder.problems(CASES, env={**ENV, "HOOK": URL})


def test_a_receiver_has_an_address_that_is_a_secret(folder: Folder) -> None:
    slack = '  - {type: Slack, url: "${env.HOOK}"}\n'
    webhook = '  - {type: webhook, url: "http://127.0.0.1:1/x", secret: k3y-k3y}\n'
    made = loaded(folder, slack + webhook, env={**ENV, "HOOK": URL})

    assert [(each.type, each.url, each.secret) for each in made.settings.receivers] == [
        ("slack", URL, None),
        ("webhook", "http://127.0.0.1:1/x", "k3y-k3y"),
    ]
    assert {URL, "http://127.0.0.1:1/x", "k3y-k3y"} <= made.secrets
    assert made.settings.receivers[0].source.line == 5


def test_there_need_be_none(folder: Folder) -> None:
    assert loaded(folder, "  []\n").settings.receivers == ()
    assert folder.load(CASES).settings.receivers == ()


@pytest.mark.parametrize(
    "entries",
    [
        '  - {type: slack, url: "${env.HOOK}"}\n',
        '  - {type: webhook, url: "https://x.example", secret: "${env.HOOK}"}\n',
    ],
)
def test_one_without_its_variable_is_left_out_and_validate_says_so(folder: Folder, entries: str) -> None:
    assert loaded(folder, entries).settings.receivers == ()
    assert loaded(folder, entries).warnings == ()
    assert "HOOK" in loaded(folder, entries, offline=True).warnings[0]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("  slack: x\n", "`notify` must be a list"),
        ("  - slack\n", "reconciler.yaml:5:5: an entry of `notify` must be a mapping"),
        ('  - {type: mail, url: "https://x"}\n', "reconciler.yaml:5:12: `type` must be slack, teams or webhook"),
        ("  - {type: slack}\n", "`url` is missing"),
        ('  - {type: slack, url: "https://x", ulr: y}\n', "unknown key `ulr`; did you mean `url`?"),
        ('  - {type: slack, url: "http://hooks.example/x"}\n', "`url` must use https; plain http is for loopback"),
        ('  - {type: slack, url: "hooks.example"}\n', "`url` must be an address such as"),
        ('  - {type: slack, url: "https://a:b:c/"}\n', "`url` must be an address such as"),
        ('  - {type: slack, url: "https://u@x/"}\n', "`url` must not hold a user, a password or a fragment"),
        ('  - {type: slack, url: "https://x", secret: abcdef}\n', "`secret` signs what a webhook is sent"),
        ('  - {type: webhook, url: "https://x", secret: ""}\n', "`secret`"),
        (
            '  - {type: slack, url: "${cases.a.url}"}\n',
            "reconciler.yaml:5:24: `${cases.a.url}` cannot stand in the settings",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder: Folder, entries: str, said: str) -> None:
    problems = wrong(folder, entries)

    assert any(said in problem for problem in problems), problems
    assert not any(URL in problem for problem in problems)


def test_the_schema_knows_receivers() -> None:
    entry = schemas(TYPES)["settings"]["properties"]["notify"]["items"]

    assert entry["required"] == ["type", "url"]
    assert {"type", "url", "secret"} == entry["properties"].keys()
