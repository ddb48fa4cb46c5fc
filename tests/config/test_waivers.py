"""waivers.yaml: what is read from it, and what is wrong with it, with its place."""

from __future__ import annotations

import pytest

from reconciler.errors import ConfigError, Location
from reconciler.model.address import Address
from reconciler.model.waiver import Waiver
from tests.config.toy import Folder

CASES = "cases:\n  a: {provider: soc, name: A}\n"
GOOD = """\
- address: soc.a
  field: metadata.region
  reason: moved for the night
  owner: jane@acme.example
  until: 2026-12-31
"""


def problems(folder: Folder, waivers: str) -> list[str]:
    folder.write("waivers.yaml", waivers)
    with pytest.raises(ConfigError) as error:
        folder.load(CASES)
    return [str(problem).removeprefix(f"{folder.root}/") for problem in error.value.problems]


def test_a_waiver_says_what_may_differ_and_knows_its_place(folder: Folder) -> None:
    folder.write("waivers.yaml", GOOD)

    loaded = folder.load(CASES)

    source = Location(str(folder.root / "waivers.yaml"), 1, 3)
    waiver = Waiver(
        Address("soc", "a"), "metadata.region", "moved for the night", "jane@acme.example", "2026-12-31", source
    )
    assert loaded.waivers == (waiver,)
    assert loaded.waivers[0].source == source
    assert loaded.warnings == ()


@pytest.mark.parametrize("text", [None, "", "# none yet\n", "[]\n", "null\n"])
def test_there_need_be_none(folder: Folder, text: str | None) -> None:
    if text is not None:
        folder.write("waivers.yaml", text)

    assert folder.load(CASES).waivers == ()


@pytest.mark.parametrize(
    ("waivers", "said"),
    [
        ("a: b\n", "waivers.yaml:1:1: this must be a list of waivers, each with `address`, `field`,"),
        ("- soc.a\n", "waivers.yaml:1:3: a waiver must be a mapping"),
        (
            GOOD.replace("soc.a", "a"),
            "waivers.yaml:1:12: `address` must be PROVIDER.CASE, such as soc.phishing-wave",
        ),
        (GOOD.replace("owner:", "ownr:"), "waivers.yaml:1:3: `owner` is missing"),
        (
            GOOD.replace("reason: moved for the night", 'reason: " "'),
            "waivers.yaml:3:11: `reason` must not be empty",
        ),
        (GOOD.replace("2026-12-31", "2026-02-30"), "waivers.yaml:5:10: `until` must be a day, such as 2026-12-31"),
        (GOOD.replace("2026-12-31", "20261231"), "waivers.yaml:5:10: `until` must be a day, such as 2026-12-31"),
        (GOOD.replace("2026-12-31", "[1]"), "waivers.yaml:5:10: `until` must be text, not a list"),
        (
            GOOD.replace("metadata.region", "prioritx"),
            "waivers.yaml:2:10: `prioritx` is no attribute of this system's",
        ),
        (GOOD.replace("moved", "${env.TOKEN}"), "waivers.yaml:3:11: `${…}` cannot stand in a waiver"),
        (GOOD + "- *x\n", "waivers.yaml:6:3: the alias *x has no anchor"),
    ],
)
def test_a_wrong_entry_is_an_error_with_its_place(folder: Folder, waivers: str, said: str) -> None:
    assert problems(folder, waivers)[0].startswith(said)


def test_an_unknown_key_is_answered_with_the_nearest(folder: Folder) -> None:
    said = problems(folder, GOOD.replace("owner:", "ownr:"))

    assert said[1] == "waivers.yaml:4:3: unknown key `ownr`; did you mean `owner`?"


def test_a_waiver_of_a_case_that_is_not_declared_is_a_warning(folder: Folder) -> None:
    folder.write("waivers.yaml", GOOD.replace("soc.a", "soc.ab"))

    (warning,) = folder.load(CASES).warnings

    assert warning.endswith("waivers.yaml:1:3: the case soc.ab is not declared; did you mean `soc.a`?")


def test_a_link_out_of_the_workspace_is_not_read(folder: Folder) -> None:
    (folder.root / "waivers.yaml").symlink_to("/etc/hostname")

    with pytest.raises(ConfigError, match=r"waivers\.yaml:1:1: the file is a link that leads out"):
        folder.load(CASES)
