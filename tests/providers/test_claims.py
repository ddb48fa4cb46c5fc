"""What the marker of a case tells about who made it, for the three spellings."""

from __future__ import annotations

import pytest

from reconciler.model.values import Claim, Marker
from reconciler.providers.communifire import wire as communifire
from reconciler.providers.threatconnect import bodies
from reconciler.providers.threatconnect import reading as threatconnect
from reconciler.providers.threatconnect.schema import SCHEMA as THREATCONNECT
from reconciler.providers.tines import wire as tines
from reconciler.providers.tines.schema import SCHEMA as TINES

LINEAGE = "2f6c1a1e-0000-4000-8000-000000000001"
MARKER = Marker(LINEAGE, "soc.phishing-wave", 7)


def tines_marker(metadata: object, key: str = "reconciler") -> str | None:
    item = {"case_id": 42, "metadata": metadata}
    return tines.live(item, (), TINES.normalize, key).marker


def threatconnect_marker(xid: object) -> str | None:
    return threatconnect.live(None, {"id": 7, "xid": xid}, (), THREATCONNECT.normalize, "").marker


def communifire_marker(**shown: object) -> str | None:
    place = {"SpaceID": 61, "SpaceName": "SOC", "ProjectID": 7, "ProjectTitle": "Incidents"}
    return communifire.live({"IssueID": 1, **place, **shown}, (), "").marker


def test_tines_metadata_tells_the_lineage_and_the_address() -> None:
    text = tines_marker({"reconciler": MARKER.text, "other": "x"})
    assert text == MARKER.text
    assert Claim.of(text) == Claim(LINEAGE, "soc.phishing-wave")


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"reconciler": "by hand"}, {"reconciler": 7}, {"other": MARKER.text}, {"reconciler": "a/b/c"}],
)
def test_other_metadata_is_no_marker(metadata: object) -> None:
    assert tines_marker(metadata) is None


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("soc.phishing-wave", "soc.phishing-wave"),
        (f"soc.{'a' * 128}", f"soc.{'a' * 56}…"),
        (f"{'s' * 128}.a", f"{'s' * 60}…"),
    ],
)
def test_an_external_id_tells_the_address_or_its_beginning(address: str, told: str) -> None:
    xid = threatconnect_marker(bodies.case_xid(Marker(LINEAGE, address, 7)))
    assert xid is not None
    assert bodies.claim_of(xid) == Claim(None, told)


@pytest.mark.parametrize("xid", [None, "INC-2026-0001", "3b2d7a7e-9a2b-4f6a-8d6c-5d0a0a6c1f5e", "a.b.c", "x" * 93])
def test_an_external_id_of_somebody_else_is_no_marker(xid: object) -> None:
    assert threatconnect_marker(xid) is None


def test_a_marker_tag_is_shown_in_the_letter_case_of_the_site() -> None:
    tag = communifire.marker_tag(MARKER).upper()
    assert communifire_marker(TagsCSV=f"phishing, {tag}") == tag


def test_a_list_that_leaves_tags_out_shows_no_marker() -> None:
    assert communifire_marker() is None
    assert communifire_marker(TagsCSV="phishing,rc-1") is None
