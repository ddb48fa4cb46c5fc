"""`reconciler.yaml`: what it may say, and what is said about what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from reconciler.planning.limits import Limits
from tests.config.toy import ENV, SETTINGS, Folder, ToySettings

SOC = 'soc: {type: toy, url: "https://acme.example", token: "${env.TOKEN}"}'


def test_the_smallest_settings_take_the_name_of_the_folder(folder: Folder) -> None:
    settings = folder.load().settings

    assert settings.root == folder.root
    assert settings.workspace == folder.root.name
    assert settings.state_path == folder.root / "state" / f"{folder.root.name}.json"
    assert settings.limits == Limits(None, None)
    assert list(settings.instances) == ["soc"]


def test_everything_that_can_be_said_is_heard(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        "version: 1\nworkspace: acme\nstate: {backend: local, path: elsewhere/a.json}\n"
        "defaults:\n  lifecycle: {on_remove: Close, prevent_delete: yes, ignore_changes: [description]}\n"
        "  ownership: {tags: Shared}\nlimits: {max_deletes: 0, max_changed_percent: 50}\n"
        "providers:\n  soc: {type: toy, url: https://acme.example/, token: '${env.TOKEN}', "
        "team_id: '${env.TWO}'}\n",
    )

    configuration = folder.load("cases: {one: {name: x}}")

    settings = configuration.settings
    assert (settings.workspace, settings.state_path) == ("acme", folder.root / "elsewhere/a.json")
    assert settings.limits == Limits(0, 50)
    instance = settings.instances["soc"]
    assert (instance.name, instance.type) == ("soc", "toy")
    assert isinstance(instance.settings, ToySettings)
    assert instance.settings.token == SecretStr(ENV["TOKEN"])
    assert instance.settings.team_id == 2
    assert instance.settings.url == "https://acme.example"
    assert configuration.secrets == {ENV["TOKEN"], "2"}
    (case,) = configuration.cases.values()
    assert case.lifecycle.prevent_delete
    assert case.lifecycle.on_remove == "close"
    assert case.lifecycle.ignore_changes == ("description",)
    assert case.ownership == {"tags": "shared"}


PROBLEMS = {
    "unknown key": (
        f"version: 1\nprovider:\n  {SOC}\n",
        "reconciler.yaml:2:1: unknown key `provider`; did you mean `providers`?",
    ),
    "no version": ("providers: {}\n", "reconciler.yaml:1:1: `version` is missing"),
    "other version": (
        "version: 2\n",
        "reconciler.yaml:1:10: `version` must be 1: this release reads no other version",
    ),
    "version as text": ("version: one\n", "reconciler.yaml:1:10: `version` must be a whole number, not `one`"),
    "workspace": (
        "version: 1\nworkspace: a/b\n",
        (
            "reconciler.yaml:2:12: `workspace` must be usable as a file name: no slash, no leading dot, "
            "at most 100 characters"
        ),
    ),
    "providers as a list": (
        "version: 1\nproviders: [soc]\n",
        "reconciler.yaml:2:12: `providers` must be a mapping, such as {key: text}, not a list",
    ),
    "provider as text": (
        "version: 1\nproviders:\n  soc: toy\n",
        "reconciler.yaml:3:8: the provider `soc` must be a mapping",
    ),
    "provider's name": (
        f"version: 1\nproviders:\n  s.{SOC}\n",
        "reconciler.yaml:3:3: `s.soc` cannot name a provider: letters, digits, `_` and `-` only",
    ),
    "no type": (
        "version: 1\nproviders:\n  soc: {url: x}\n",
        "reconciler.yaml:3:3: the provider `soc` has no `type`; known are toy",
    ),
    "unknown type": (
        "version: 1\nproviders:\n  soc: {type: toi}\n",
        "reconciler.yaml:3:15: unknown provider type `toi`; did you mean `toy`?; known are toy",
    ),
    "unknown setting": (
        f"version: 1\nproviders:\n  {SOC[:-1]}, tokn: x}}\n",
        "reconciler.yaml:3:72: unknown key `tokn`; did you mean `token`?",
    ),
    "setting missing": (
        "version: 1\nproviders:\n  soc: {type: toy, url: 'https://acme.example'}\n",
        "reconciler.yaml:3:3: `token` is missing",
    ),
    "plain http": (
        'version: 1\nproviders:\n  soc: {type: toy, url: "http://acme.example", token: "${env.TOKEN}"}\n',
        "reconciler.yaml:3:25: `url` must use https; plain http is for loopback only",
    ),
    "number": (
        f"version: 1\nproviders:\n  {SOC[:-1]}, team_id: two}}\n",
        "reconciler.yaml:3:81: `team_id` must be a whole number, not `two`",
    ),
    "number from the environment": (
        f"version: 1\nproviders:\n  {SOC[:-1]}, team_id: '${{env.WORD}}'}}\n",
        "reconciler.yaml:3:81: `team_id` must be a whole number, not `${env.WORD}`",
    ),
    "range": (
        f"version: 1\nproviders:\n  {SOC[:-1]}, concurrency: 0}}\n",
        "reconciler.yaml:3:85: `concurrency` should be greater than or equal to 1",
    ),
    "unset": (
        'version: 1\nproviders:\n  soc: {type: toy, url: "https://acme.example", token: "${env.NOPE}"}\n',
        "reconciler.yaml:3:56: the environment variable NOPE is not set; set it: export NOPE=…",
    ),
    "empty": (
        'version: 1\nproviders:\n  soc: {type: toy, url: "https://acme.example", token: "${env.EMPTY}"}\n',
        "reconciler.yaml:3:56: the environment variable EMPTY is empty; set it: export EMPTY=…",
    ),
    "file in settings": (
        "version: 1\nproviders:\n  soc: {type: toy, url: 'https://acme.example', token: '${file(\"x\")}'}\n",
        'reconciler.yaml:3:56: `${file("x")}` cannot stand in the settings; only ${env.NAME} can',
    ),
    "expression elsewhere": (
        "version: 1\nstate: {path: '${env.TOKEN}'}\n",
        "reconciler.yaml:2:15: `${…}` can stand in the settings of providers and in attributes of cases only",
    ),
    "later backend": (
        "version: 1\nstate: {backend: s3, bucket: b}\n",
        "reconciler.yaml:2:18: `backend`: the s3 backend is not available in this version; write local",
    ),
    "unknown backend": (
        "version: 1\nstate: {backend: x}\n",
        "reconciler.yaml:2:18: `backend` must be local, not `x`",
    ),
    "percent": (
        "version: 1\nlimits: {max_changed_percent: 101}\n",
        "reconciler.yaml:2:31: `max_changed_percent` should be less than or equal to 100",
    ),
    "limit's name": (
        "version: 1\nlimits: {max_delete: 1}\n",
        "reconciler.yaml:2:10: unknown key `max_delete`; did you mean `max_deletes`?",
    ),
    "lifecycle": (
        "version: 1\ndefaults: {lifecycle: {on_remove: keep}}\n",
        "reconciler.yaml:2:35: `on_remove` must be release, close or delete, not `keep`",
    ),
    "prevent_delete": (
        "version: 1\ndefaults: {lifecycle: {prevent_delete: maybe}}\n",
        "reconciler.yaml:2:40: `prevent_delete` must be true or false, not `maybe`",
    ),
    "default ownership": (
        f"version: 1\nproviders:\n  {SOC}\ndefaults: {{ownership: {{tag: shared}}}}\n",
        (
            "reconciler.yaml:4:24: `ownership` is for sets, and `tag` is a set of no provider here; "
            "did you mean `tags`?"
        ),
    ),
    "two documents": (
        "version: 1\n---\nversion: 1\n",
        "reconciler.yaml:3:1: this must be one mapping, beginning with `version: 1`",
    ),
    "nothing": ("# nothing\n", "reconciler.yaml:1:1: this must be one mapping, beginning with `version: 1`"),
    "a list": ("- version: 1\n", "reconciler.yaml:1:1: this must be one mapping, beginning with `version: 1`"),
    "no YAML": ("version: [\n", "reconciler.yaml:2:1: a value is missing here"),
}


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_a_problem_says_what_and_where(folder: Folder, text: str, problem: str) -> None:
    folder.write("reconciler.yaml", text)

    assert [found.split(" (parsing")[0] for found in folder.problems()] == [problem]


def test_no_settings_is_said_with_the_way_out(folder: Folder) -> None:
    (folder.root / "reconciler.yaml").unlink()
    where = f"reconciler.yaml:1:1: no reconciler.yaml in {folder.root}"
    assert folder.problems() == [f"{where}; `reconciler init` writes one"]

    folder.write("reconciler.yml", SETTINGS)
    assert folder.problems() == [f"{where}; rename reconciler.yml to reconciler.yaml"]


def test_settings_are_not_read_through_a_link_that_leads_out(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("root: x")
    (folder.root / "reconciler.yaml").unlink()
    (folder.root / "reconciler.yaml").symlink_to(outside)

    assert folder.problems() == ["reconciler.yaml:1:1: the file is a link that leads out of the workspace"]


def test_the_name_of_a_folder_that_cannot_be_a_workspace(tmp_path: Path) -> None:
    root = tmp_path / ".hidden"
    root.mkdir()

    assert Folder(root).problems() == [
        "reconciler.yaml:1:1: the folder's name `.hidden` cannot name a workspace; write `workspace: NAME`"
    ]


def test_offline_an_unset_variable_is_a_warning_whatever_it_is_for(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        'version: 1\nproviders:\n  soc: {type: toy, url: "${env.URL}", token: "${env.TOKEN}", '
        'team_id: "${env.TEAM}"}\n',
    )

    configuration = folder.load("cases: {one: {name: x}}", offline=True, env={})

    assert [warning.rpartition("/")[2] for warning in configuration.warnings] == [
        "reconciler.yaml:3:25: the environment variable URL is not set",
        "reconciler.yaml:3:46: the environment variable TOKEN is not set",
        "reconciler.yaml:3:71: the environment variable TEAM is not set",
    ]
    assert len(configuration.cases) == 1


def test_offline_the_rest_is_looked_at_all_the_same(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        'version: 1\nproviders:\n  soc: {type: toy, url: "${env.URL}", token: x, team_id: two}\n',
    )

    assert folder.problems(offline=True, env={}) == [
        "reconciler.yaml:3:58: `team_id` must be a whole number, not `two`"
    ]


def test_a_token_in_the_clear_is_kept_secret_and_warned_about(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace("${env.TOKEN}", "written-here"))

    configuration = folder.load()

    assert configuration.secrets == {"written-here"}
    (warning,) = configuration.warnings
    assert warning.endswith(
        "reconciler.yaml:3:56: `token` stands in the file in the clear; write ${env.NAME} instead"
    )


def test_what_a_system_says_of_a_setting_is_told_with_its_place(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace("url:", "team_id: 13, url:"))

    (warning,) = folder.load().warnings

    assert warning.endswith("reconciler.yaml:3:29: team 13 is about to move")


def test_a_value_of_the_environment_is_in_no_message(folder: Folder) -> None:
    folder.write("reconciler.yaml", SETTINGS.replace("https://acme.example", "${env.WORD}"))

    (problem,) = folder.problems()

    assert problem == "reconciler.yaml:3:25: `url` must be an address such as https://acme.tines.com"


def test_an_address_from_the_environment_is_no_secret_but_a_token_is(folder: Folder) -> None:
    folder.write(
        "reconciler.yaml",
        "version: 1\nproviders:\n  soc: {type: toy, url: 'https://${env.HOST}', token: '${env.TOKEN}'}\n",
    )

    loaded = folder.load(env={"HOST": "acme.example", "TOKEN": "hunter22"})

    assert loaded.secrets == {"hunter22"}
    assert loaded.settings.instances["soc"].settings.url == "https://acme.example"
