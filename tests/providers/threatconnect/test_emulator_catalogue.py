"""
What cases of the emulated ThreatConnect instance refer to: tags, groups, indicators, types, people, owners.

The number in a test's name is the checklist's statement.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.providers.threatconnect.world import World, data, refused

TAGS, GROUPS, INDICATORS = "/api/v3/tags", "/api/v3/groups", "/api/v3/indicators"


@pytest.fixture
def world() -> World:
    return World()


def named(world: World, path: str, **query: Any) -> list[Any]:
    return [item["name"] for item in world.read(path, **query)["data"]]


def tag_id(world: World, name: str) -> int:
    found: int = world.read(TAGS, tql=f'name = "{name}"')["data"][0]["id"]
    return found


# ---------------------------------------------------------------------------- tags


def test_tags_are_listed_with_their_synonyms_when_asked(world: World) -> None:
    case_id = world.emulator.seed_case(tags=["phish-syn"])
    assert world.tags(case_id) == ["Phishing Email"]
    listed = world.read(TAGS, tql='summary = "phishing email"', fields="synonymousTagNames")["data"]
    assert listed[0]["synonymousTagNames"] == ["phish-syn"]
    assert listed[0]["owner"] == "Demo Organization"
    assert "synonymousTagNames" not in world.read(f"{TAGS}/{listed[0]['id']}")["data"]


def test_attack_tags_have_no_owner_and_are_in_every_owners_list(world: World) -> None:
    world.emulator.seed_case(tags=["vip"])
    assert named(world, TAGS, owner="Threat Lab") == [
        "Phishing",
        "Process Injection: Extra Window Memory Injection",
    ]
    assert "vip" in named(world, TAGS)
    shown = world.read(f"{TAGS}/475")["data"]
    assert shown["techniqueId"] == "T1566"
    assert "owner" not in shown


def test_a_tag_is_created_once_in_any_letter_case(world: World) -> None:
    answer = world.send("POST", TAGS, {"name": "Hacker", "description": "bad"})
    assert answer.status_code == 201
    assert answer.json()["data"]["description"] == "bad"
    assert refused(world.send("POST", TAGS, {"name": "HACKER"}), 409, "0x1006")
    case_id = world.emulator.seed_case(tags=["hacker"])
    assert world.tags(case_id) == ["Hacker"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "0x2003"),
        ({"techniqueId": "T1566"}, "0x2005"),
        ({"name": "x" * 129}, "0x2005"),
        ({"name": "x", "description": "x" * 4001}, "0x2005"),
        ({"name": "x", "lastUsed": "2026-01-01"}, "0x2005"),
    ],
)
def test_a_tag_that_does_not_fit_is_400(world: World, body: dict[str, Any], code: str) -> None:
    assert refused(world.send("POST", TAGS, body), 400, code)


def test_a_tag_is_renamed_everywhere(world: World) -> None:
    case_id = world.emulator.seed_case(tags=["vip", "old"])
    path = f"{TAGS}/{tag_id(world, 'vip')}"
    assert refused(world.send("PUT", path, {"name": "OLD"}), 409, "0x1006")
    assert world.send("PUT", path, {"name": "VIP"}).json()["message"] == "Updated"
    assert world.send("PUT", path, {"name": "person", "description": "x"}).status_code == 200
    assert world.tags(case_id) == ["person", "old"]


def test_a_deleted_tag_leaves_every_case(world: World) -> None:
    case_id, other = world.emulator.seed_case(tags=["vip", "old"]), world.emulator.seed_case(tags=["old"])
    path = f"{TAGS}/{tag_id(world, 'vip')}"
    assert world.send("DELETE", path).json() == {"message": "Deleted", "status": "Success"}
    assert (world.tags(case_id), world.tags(other)) == (["old"], ["old"])
    assert refused(world.send("GET", path), 404)
    world.emulator.add_tag(case_id, "vip")
    assert world.tags(case_id) == ["old", "vip"]


def test_an_attack_tag_is_nobodys_to_change(world: World) -> None:
    assert refused(world.send("PUT", f"{TAGS}/475", {"name": "Fishing"}), 400)
    assert refused(world.send("DELETE", f"{TAGS}/475"), 400)
    assert world.read(f"{TAGS}/475")["data"]["name"] == "Phishing"


# ---------------------------------------------------------------------------- groups and indicators


def test_a_group_is_found_by_its_id_and_by_its_xid_in_its_owner(world: World) -> None:
    asked = {"type": "Campaign", "name": "Winter", "xid": "our-winter-1"}
    answer = world.send("POST", GROUPS, asked, owner="Threat Lab")
    assert answer.status_code == 201
    group = answer.json()["data"]
    assert {key: group[key] for key in asked} == asked
    assert (group["ownerId"], group["ownerName"]) == (2, "Threat Lab")
    assert world.read(f"{GROUPS}/{group['id']}")["data"] == group
    assert world.read(f"{GROUPS}/our-winter-1", owner="Threat Lab")["data"] == group
    assert refused(world.send("GET", f"{GROUPS}/our-winter-1"), 404)
    assert refused(world.send("GET", f"{GROUPS}/our-winter-1", owner="Nobody"), 403)


def test_the_xid_of_a_group_is_used_once_in_an_owner(world: World) -> None:
    asked = {"type": "Campaign", "name": "Winter", "xid": "our-winter-1"}
    assert [world.send("POST", GROUPS, asked).status_code for _ in range(2)] == [201, 409]
    assert world.send("POST", GROUPS, asked | {"ownerName": "Threat Lab"}).status_code == 201
    assert named(world, GROUPS, tql='typeName = "Campaign"') == ["Autumn", "Winter"]
    assert named(world, GROUPS, owner="Threat Lab") == ["Winter"]


def test_a_group_without_an_xid_shows_none(world: World) -> None:
    assert "xid" not in world.read(f"{GROUPS}/8001")["data"]
    assert refused(world.send("GET", f"{GROUPS}/77"), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Adversary"},
        {"name": "x"},
        {"name": "x", "type": "Gang"},
        {"id": 8001},
        {"name": "x", "type": "Adversary", "id": 8001},
        {"name": "x", "type": "Adversary", "associatedArtifacts": data({"id": 77})},
    ],
)
def test_a_group_that_does_not_fit_is_400_and_makes_none(world: World, wrong: dict[str, Any]) -> None:
    assert refused(world.send("POST", GROUPS, wrong), 400)
    assert len(world.emulator.groups()) == 2


def test_an_indicator_is_one_of_its_kind_in_an_owner(world: World) -> None:
    same = world.send("POST", INDICATORS, {"type": "Host", "hostName": "badguy.com"}).json()["data"]
    assert same["id"] == 9002
    other = world.send("POST", INDICATORS, {"type": "Host", "hostName": "badguy.com"}, owner="Threat Lab")
    assert other.json()["data"]["ownerName"] == "Threat Lab"
    assert world.read(f"{INDICATORS}/9001")["data"]["ip"] == "10.0.0.9"
    assert [found["id"] for found in world.read(INDICATORS)["data"]] == [9001, 9002]
    assert refused(world.send("POST", INDICATORS, {"type": "Colour", "value1": "red"}), 400)
    assert refused(world.send("POST", INDICATORS, {"type": "Host", "ip": "10.0.0.9"}), 400, "0x2003")


# ---------------------------------------------------------------------------- types, templates, people


def test_66_the_types_of_attributes_are_asked_for_by_what_they_are_for(world: World) -> None:
    path = "/api/v3/attributeTypes"
    assert named(world, path, tql='associatedType EQ "Case"') == [
        "Phishing Open Rate",
        "Description",
        "Ticket",
        "Kill Chain",
    ]
    assert "Host Notes" in named(world, path)


def test_66_the_mapping_of_a_type_comes_when_asked_for(world: World) -> None:
    path = "/api/v3/attributeTypes/51"
    assert "attributeTypeMappings" not in world.read(path)["data"]
    mapped = world.read(path, fields="mapping")["data"]["attributeTypeMappings"]
    assert mapped == {"data": [{"type": "Case", "maxAllowed": 1}]}
    rule = world.read("/api/v3/attributeTypes/54")["data"]["validationRule"]
    assert (rule["type"], rule["text"]) == ("SelectOne", "Recon;Delivery;Exploit")


@pytest.mark.parametrize(
    ("path", "key", "values"),
    [
        ("/api/v3/workflowTemplates", "name", ["Phishing triage", "Malware triage"]),
        ("/api/v3/security/owners", "name", ["Demo Organization", "Threat Lab"]),
        ("/api/v3/security/userGroups", "name", ["SOC Team", "Night Shift"]),
        (
            "/api/v3/security/users",
            "userName",
            ["jane@acme.example", "11112222333344445555", "omar@acme.example"],
        ),
    ],
)
def test_the_catalogue_is_listed_and_looked_up(world: World, path: str, key: str, values: list[str]) -> None:
    listed = world.read(path)["data"]
    assert [item[key] for item in listed] == values
    assert world.read(f"{path}/{listed[0]['id']}")["data"] == listed[0]
    assert refused(world.send("GET", f"{path}/77"), 404, "0x1004")
    assert refused(world.send("GET", f"{path}/none"), 404, "0x1004")


def test_the_types_of_artifacts_are_listed_and_looked_up(world: World) -> None:
    found = world.read("/api/v3/artifactTypes", tql='name = "IP Address"')["data"][0]
    assert found["intelType"] == "indicator-Address"
    assert world.read(f"/api/v3/artifactTypes/{found['id']}")["data"] == found


def test_an_unknown_part_of_the_catalogue_is_404(world: World) -> None:
    assert refused(world.send("GET", "/api/v3/security/cases"), 404)
    assert refused(world.send("GET", "/api/v3/security/cases/1"), 404)
