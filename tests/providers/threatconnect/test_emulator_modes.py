"""
The conformance checklist of the ThreatConnect API reference: what append, delete and replace do to a case.

The number in a test's name is the statement's; behind them the people in front of the product, and the faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reconciler.providers.emulation import Fault, FaultKind, Match, Refused
from tests.providers.threatconnect.world import CASES, EVERYTHING, World, data, refused


@pytest.fixture
def world() -> World:
    return World()


def tagged(world: World, *names: str) -> int:
    return world.emulator.seed_case(tags=list(names))


def ticket(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "Ticket", "value": value, **more}


# ------------------------------------------------------------------------------------------ tags


@pytest.mark.parametrize(
    ("switches", "mode", "after"),
    [
        ({}, None, ["a", "b", "new"]),
        ({}, "append", ["a", "b", "new"]),
        ({}, "replace", ["new"]),
        ({"tags_default_mode": "replace"}, None, ["new"]),
        ({"tags_default_mode": "replace"}, "append", ["a", "b", "new"]),
        ({"tags_mode_ignored": True}, "append", ["new"]),
        ({"tags_mode_ignored": True}, "delete", ["new"]),
        ({"tags_mode_ignored": True}, None, ["new"]),
    ],
)
def test_43_46_what_setting_tags_does(switches: dict[str, Any], mode: str | None, after: list[str]) -> None:
    world = World(**switches)
    case_id = tagged(world, "a", "b")

    shown = world.changed(case_id, ("tags",), tags=data({"name": "new"}, mode=mode))

    assert [tag["name"] for tag in shown["tags"]["data"]] == world.tags(case_id) == after


def test_44_a_tag_in_other_letter_case_is_the_same_tag_in_its_first_spelling(world: World) -> None:
    case_id = tagged(world, "Mail-Lure")
    before = world.emulator.case(case_id)["tags"]["data"][0]
    world.clock.tick()

    world.changed(case_id, tags=data({"name": "MAIL-LURE"}, mode="append"))

    [after] = world.emulator.case(case_id)["tags"]["data"]
    assert {**after, "lastUsed": before["lastUsed"]} == before
    assert (before["lastUsed"], after["lastUsed"]) == ("2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z")


def test_45_tags_are_deleted_by_name_and_by_id(world: World) -> None:
    case_id = tagged(world, "a", "b", "c")
    by_id = world.ids(case_id, "tags")[1]

    world.changed(case_id, tags=data({"name": "A"}, {"id": by_id}, mode="delete"))

    assert world.tags(case_id) == ["c"]


@pytest.mark.parametrize("absent", [{"name": "elsewhere"}, {"name": "nowhere"}])
def test_45_deleting_an_absent_tag_is_a_knob(absent: dict[str, Any]) -> None:
    for setting, status in (("noop", 200), ("error", 400)):
        world = World(delete_absent=setting)
        tagged(world, "elsewhere")
        case_id = tagged(world, "a")

        assert world.put(case_id, tags=data(absent, mode="delete")).status_code == status
        assert world.tags(case_id) == ["a"]


@pytest.mark.parametrize("wrong", [{"id": 99_999}, {"techniqueId": "T1566"}, {"id": "x"}, {}])
def test_45_a_tag_to_delete_has_a_name_or_an_id_that_exists(world: World, wrong: dict[str, Any]) -> None:
    assert refused(world.put(tagged(world, "a"), tags=data(wrong, mode="delete")))


@pytest.mark.parametrize(
    ("setting", "status", "after"), [("noop", 200, ["a"]), ("clear", 200, []), ("error", 400, ["a"])]
)
def test_46_replacing_by_nothing_is_a_knob(setting: str, status: int, after: list[str]) -> None:
    world = World(replace_empty=setting)
    case_id = tagged(world, "a")
    world.emulator.link_group(case_id, 8001)
    world.emulator.link_case(case_id, tagged(world))
    counts = {name: len(after) for name in ("tags", "attributes", "associatedGroups", "associatedCases")}

    for name in counts:
        assert world.put(case_id, **{name: data(mode="replace")}).status_code == status

    assert {name: len(world.ids(case_id, name)) for name in counts} == counts


@pytest.mark.parametrize("mode", [None, "append", "delete"])
def test_46_any_other_mode_with_nothing_does_nothing(world: World, mode: str | None) -> None:
    case_id = tagged(world, "a")
    before = world.emulator.case(case_id)

    world.changed(case_id, tags=data(mode=mode), attributes=data(mode=mode))

    assert world.emulator.case(case_id) == before


def mixed(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "severity": "High",
        "tags": data({"name": "vip"}, mode="replace"),
        "attributes": data({"id": case["attributes"]["data"][0]["id"]}, mode="delete"),
        "associatedIndicators": data({"id": 9001}, mode="append"),
        **more,
    }


def test_47_one_update_with_three_modes_applies_all_of_them(world: World) -> None:
    case = world.emulator.case(tagged(world, "a"))

    world.changed(case["id"], **mixed(case))

    after = world.emulator.case(case["id"])
    assert after["severity"] == "High"
    assert world.tags(case["id"]) == ["vip"]
    assert after["attributes"] == {"data": []}
    assert world.ids(case["id"], "associatedIndicators") == [9001]


@pytest.mark.parametrize(
    "wrong",
    [
        {"associatedIndicators": data({"id": 77})},
        {"associatedGroups": data({"name": "no type"})},
        {"attributes": data({"id": 77}, mode="delete")},
        {"notes": data({"text": ""})},
        {"workflowEvents": data({"summary": "x", "eventDate": "soon"})},
    ],
)
def test_48_something_wrong_in_one_of_them_applies_none(world: World, wrong: dict[str, Any]) -> None:
    case = world.emulator.case(tagged(world, "a"))
    tags = world.emulator.tags()

    assert refused(world.put(case["id"], **mixed(case, **wrong)))
    assert world.emulator.case(case["id"]) == case
    assert world.emulator.tags() == tags


@pytest.mark.parametrize("mode", ["REPLACE", "Append", "remove", "", 1])
@pytest.mark.parametrize("name", ["tags", "attributes", "associatedGroups"])
def test_49_a_mode_is_one_of_three_in_small_letters(world: World, name: str, mode: Any) -> None:
    case_id = tagged(world, "a")

    assert refused(world.put(case_id, **{name: {"data": [], "mode": mode}}), 400, "0x2005")


def test_58_a_rule_turns_a_synonym_into_the_main_tag(world: World) -> None:
    case = world.create(("tags",), tags=data({"name": "Phish-Syn"}))

    assert [tag["name"] for tag in case["tags"]["data"]] == ["Phishing Email"]


def test_58_a_technique_is_one_tag_by_id_and_by_name(world: World) -> None:
    one = world.create(("tags",), tags=data({"techniqueId": "T1566"}))["tags"]
    other = world.create(("tags",), tags=data({"name": "phishing"}))["tags"]

    assert one == other
    assert (one["data"][0]["name"], one["data"][0]["techniqueId"]) == ("Phishing", "T1566")


def test_58_an_unknown_technique_is_400(world: World) -> None:
    assert refused(world.put(tagged(world), tags=data({"techniqueId": "T9999"})))


def test_59_a_tag_is_at_most_128_characters_long(world: World) -> None:
    case_id = tagged(world)

    assert refused(world.put(case_id, tags=data({"name": "x" * 129})), 400, "0x2005")
    assert len(world.changed(case_id, ("tags",), tags=data({"name": "x" * 128}))["tags"]["data"][0]["name"]) == 128


def test_a_description_inside_a_tag_is_ignored(world: World) -> None:
    case = world.create(("tags",), tags=data({"name": "a", "description": "d"}))

    assert "description" not in case["tags"]["data"][0]


# ------------------------------------------------------------------------------------ attributes


def test_50_appending_makes_attributes_even_if_they_are_there(world: World) -> None:
    case_id = world.emulator.seed_case(attributes=[ticket("1")])

    shown = world.changed(case_id, ("attributes",), attributes=data(ticket("1"), mode="append"))

    [one, other] = shown["attributes"]["data"]
    assert one["id"] != other["id"]
    assert (one["value"], other["value"]) == ("1", "1")
    assert other | {"pinned": False, "default": False} == other


def test_50_knob_appending_what_is_there_makes_nothing() -> None:
    world = World(attr_append_identical="dedupe")
    case_id = world.emulator.seed_case(attributes=[ticket("1")])

    world.changed(case_id, attributes=data(ticket("1"), ticket("2"), mode="append"))

    assert world.values(case_id) == ["1", "2"]


def test_50_more_than_allowed_is_400(world: World) -> None:
    rate = {"type": "Phishing Open Rate", "value": "30"}
    case_id = world.emulator.seed_case(attributes=[rate])

    assert refused(world.put(case_id, attributes=data(rate, mode="append")))
    assert world.values(case_id) == ["30"]


@pytest.mark.parametrize(
    ("value", "said"),
    [("Sleep", "Please select a phase of the kill chain."), ("x" * 501, "Please select")],
)
def test_50_a_value_that_its_type_rejects_is_400_in_the_types_words(world: World, value: str, said: str) -> None:
    answer = world.put(tagged(world), attributes=data({"type": "Kill Chain", "value": value}))

    assert refused(answer, 400, "0x1001")
    assert said in answer.json()["message"]


def test_50_an_attribute_with_an_id_in_an_append_is_a_knob(world: World) -> None:
    for setting, status, value in (("error", 400, "1"), ("update", 200, "2")):
        world = World(attr_append_with_id=setting)
        case_id = world.emulator.seed_case(attributes=[ticket("1")])
        item = {"id": world.ids(case_id, "attributes")[0], "value": "2"}

        assert world.put(case_id, attributes=data(item, mode="append")).status_code == status
        assert world.values(case_id) == [value]


def test_51_attributes_are_deleted_by_id_only(world: World) -> None:
    case_id = world.emulator.seed_case(attributes=[ticket("1"), ticket("2"), ticket("3")])
    first, second, _ = world.ids(case_id, "attributes")

    assert refused(world.put(case_id, attributes=data(ticket("1"), mode="delete")))
    assert refused(world.put(case_id, attributes=data(ticket("1", id=first), mode="delete")))
    assert refused(world.put(case_id, attributes=data({"id": 99}, mode="delete")), 400, "0x1001")

    world.changed(case_id, attributes=data({"id": first}, {"id": str(second)}, mode="delete"))
    assert world.values(case_id) == ["3"]


@pytest.mark.parametrize("mode", ["delete", "replace"])
def test_51_an_attribute_of_another_case_is_400(world: World, mode: str) -> None:
    foreign = world.ids(world.emulator.seed_case(attributes=[ticket("1")]), "attributes")[0]

    assert refused(world.put(tagged(world), attributes=data({"id": foreign}, mode=mode)), 400, "0x2002")


def test_52_replacing_keeps_ids_that_are_given_and_makes_the_others_anew(world: World) -> None:
    case_id = world.emulator.seed_case(attributes=[ticket("1"), ticket("2"), ticket("3")])
    first, second, third = world.ids(case_id, "attributes")

    items = ({"id": first}, {"id": second, "value": "two"}, ticket("3"))
    world.changed(case_id, attributes=data(*items, mode="replace"))

    after = world.ids(case_id, "attributes")
    assert after[:2] == [first, second]
    assert after[2] > third
    assert world.values(case_id) == ["1", "two", "3"]


def test_52_replacing_makes_room_before_it_counts(world: World) -> None:
    rate = {"type": "Phishing Open Rate", "value": "30"}
    case_id = world.emulator.seed_case(attributes=[rate])

    world.changed(case_id, attributes=data({**rate, "value": "40"}, mode="replace"))

    assert world.values(case_id) == ["40"]


# ---------------------------------------------------------------------------------- associations


@pytest.mark.parametrize(
    ("name", "one", "other"), [("associatedGroups", 8001, 8002), ("associatedIndicators", 9001, 9002)]
)
def test_53_associations_are_appended_once_replaced_and_deleted_by_id(
    world: World, name: str, one: int, other: int
) -> None:
    case_id = tagged(world)

    def after(*items: dict[str, Any], mode: str) -> list[int]:
        world.changed(case_id, **{name: data(*items, mode=mode)})
        return world.ids(case_id, name)

    assert after({"id": one}, {"id": one}, mode="append") == [one]
    assert after({"id": one}, {"id": other}, mode="append") == [one, other]
    assert after({"id": other}, mode="replace") == [other]
    assert after({"id": one}, mode="delete") == [other]
    assert after({"id": other}, mode="delete") == []


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("associatedGroups", {"name": "Known Bad Guy", "type": "Adversary"}),
        ("associatedGroups", {"id": 8001, "name": "Known Bad Guy"}),
        ("associatedIndicators", {"type": "Address", "ip": "10.0.0.9"}),
        ("associatedCases", {"name": "n", "status": "Open", "severity": "Low"}),
    ],
)
@pytest.mark.parametrize("mode", ["delete", "replace"])
def test_53_associations_are_deleted_and_replaced_by_nothing_but_ids(
    world: World, name: str, item: dict[str, Any], mode: str
) -> None:
    assert refused(world.put(tagged(world), **{name: data(item, mode=mode)}))


@pytest.mark.parametrize("name", ["associatedGroups", "associatedIndicators", "associatedCases"])
def test_53_deleting_an_absent_association_is_a_knob(name: str) -> None:
    for setting, status in (("noop", 200), ("error", 400)):
        world = World(delete_absent=setting)
        case_id, other = tagged(world), tagged(world)
        item = {"associatedGroups": 8001, "associatedIndicators": 9001, "associatedCases": other}[name]

        assert world.put(case_id, **{name: data({"id": item}, mode="delete")}).status_code == status


def test_54_a_new_group_is_made_every_time_and_linked_to_artifacts(world: World) -> None:
    case_id = world.emulator.seed_case()
    artifact_id = world.ids(case_id, "artifacts")[0]
    group = {"name": "Bad Guy", "type": "Adversary", "associatedArtifacts": data({"id": artifact_id})}

    world.changed(case_id, associatedGroups=data(group))
    world.changed(case_id, associatedGroups=data(group))

    case = world.emulator.case(case_id)
    one, other = case["associatedGroups"]["data"]
    assert one["id"] != other["id"]
    assert one["ownerName"] == "Demo Organization"
    assert "xid" not in one
    assert [found["id"] for found in case["artifacts"]["data"][0]["associatedGroups"]["data"]] == [
        one["id"],
        other["id"],
    ]


def test_54_a_new_group_may_have_another_owner_and_an_xid_of_its_own(world: World) -> None:
    group = {"name": "Bad Guy", "type": "Adversary", "ownerName": "Threat Lab", "xid": "bad-guy"}
    case_id = tagged(world)

    [shown] = world.changed(case_id, ("associatedGroups",), associatedGroups=data(group))["associatedGroups"][
        "data"
    ]

    assert (shown["ownerId"], shown["xid"]) == (2, "bad-guy")
    assert refused(world.put(case_id, associatedGroups=data(group)), 409)
    world.changed(case_id, associatedGroups=data({**group, "ownerName": "Demo Organization"}))
    world.changed(case_id, associatedGroups=data({"name": "Worse Guy", "type": "Adversary", "ownerId": 2}))
    assert world.emulator.groups()[-1]["ownerName"] == "Threat Lab"
    assert refused(world.put(case_id, associatedGroups=data({**group, "ownerName": "Nobody"})), 403)
    del group["ownerName"]
    assert refused(world.put(case_id, associatedGroups=data({**group, "ownerId": 99})), 403)
    assert refused(world.put(case_id, associatedGroups=data({**group, "type": "Gang"})), 400)


def test_55_an_indicator_is_reused_or_made(world: World) -> None:
    case_id = tagged(world)

    for ip in ("10.0.0.9", "1.2.3.4", "1.2.3.4"):
        world.changed(case_id, associatedIndicators=data({"type": "Address", "ip": ip}))

    assert world.ids(case_id, "associatedIndicators") == [9001, 9003]
    assert world.emulator.indicators()[-1]["ip"] == "1.2.3.4"


@pytest.mark.parametrize(
    "wrong", [{"type": "Address"}, {"type": "Pigeon", "ip": "1.2.3.4"}, {"id": 9001, "ip": "10.0.0.9"}]
)
def test_55_an_indicator_has_its_types_summary_or_an_id(world: World, wrong: dict[str, Any]) -> None:
    assert refused(world.put(tagged(world), associatedIndicators=data(wrong)))


def test_55_a_file_is_shown_under_the_hash_it_has(world: World) -> None:
    item = {"type": "File", "sha256": "a" * 64}

    world.changed(tagged(world), associatedIndicators=data(item))

    assert world.emulator.indicators()[-1]["sha256"] == "a" * 64


def test_56_two_cases_are_linked_from_both_sides(world: World) -> None:
    one, other, third = tagged(world), tagged(world), tagged(world)

    world.changed(one, associatedCases=data({"id": other}, {"id": third}))
    world.changed(other, associatedCases=data({"id": one}))
    assert (world.ids(one, "associatedCases"), world.ids(other, "associatedCases")) == ([other, third], [one])

    world.changed(other, associatedCases=data({"id": third}, mode="replace"))
    assert [world.ids(case_id, "associatedCases") for case_id in (one, other, third)] == [
        [third],
        [third],
        [one, other],
    ]

    world.changed(third, associatedCases=data({"id": one}, mode="delete"))
    assert (world.ids(one, "associatedCases"), world.ids(third, "associatedCases")) == ([], [other])


def test_56_a_case_is_not_linked_to_itself_but_may_bring_a_new_one(world: World) -> None:
    case_id = tagged(world)

    assert refused(world.put(case_id, associatedCases=data({"id": case_id})), 400, "0x2002")

    world.changed(case_id, associatedCases=data({"name": "new", "status": "Open", "severity": "High"}))
    [other] = world.ids(case_id, "associatedCases")
    assert world.emulator.case(other)["name"] == "new"


@pytest.mark.parametrize("name", ["notes", "tasks", "workflowEvents"])
@pytest.mark.parametrize("mode", ["append", "delete", "replace"])
def test_57_children_take_no_mode(world: World, name: str, mode: str) -> None:
    assert refused(world.put(tagged(world), **{name: data(mode=mode)}))


@pytest.mark.parametrize(("mode", "status"), [("append", 200), ("delete", 400), ("replace", 400)])
def test_57_artifacts_take_append_only(world: World, mode: str, status: int) -> None:
    artifact = {"type": "Host", "summary": "badguy.com"}

    assert world.put(tagged(world), artifacts=data(artifact, mode=mode)).status_code == status


@pytest.mark.parametrize(("mode", "status"), [("append", 201), ("delete", 400), ("replace", 400)])
def test_57_a_create_takes_append_only(world: World, mode: str, status: int) -> None:
    body = {"name": "n", "status": "Open", "severity": "Low", "tags": data({"name": "a"}, mode=mode)}

    assert world.send("POST", CASES, body).status_code == status


@pytest.mark.parametrize("name", ["notes", "tasks", "artifacts", "workflowEvents"])
def test_children_inside_an_update_are_new_ones(world: World, name: str) -> None:
    case_id = world.emulator.seed_case()

    assert refused(world.put(case_id, **{name: data({"id": world.ids(case_id, name)[0]})}))


# ---------------------------------------------------------------------------------------- people


def test_people_change_everything_the_api_shows(world: World) -> None:
    people = world.emulator
    case_id, other = people.seed_case(), people.seed_case()
    before = people.case(case_id)

    people.edit(case_id, name="renamed", assignee={"type": "Group", "data": {"name": "SOC Team"}})
    people.add_tag(case_id, "vip")
    people.remove_tag(case_id, "SEEDED")
    people.remove_attribute(before["attributes"]["data"][0]["id"])
    people.edit_attribute(people.add_attribute(case_id, "Ticket", "1", source="desk"), "2")
    people.edit_note(people.add_note(case_id, "hm"), "aha")
    people.remove_note(before["notes"]["data"][0]["id"])
    people.edit_task(people.add_task(case_id, "new", required=True), status="Closed")
    people.remove_task(before["tasks"]["data"][0]["id"])
    people.edit_artifact(people.add_artifact(case_id, "URL", "https://x.example"), summary="https://y.example")
    people.remove_artifact(before["artifacts"]["data"][0]["id"])
    people.link_case(case_id, other)
    people.link_group(case_id, group := people.add_group("Tool", "Hammer"))
    people.link_indicator(case_id, people.add_indicator("Host", "y.example"))

    after = world.get(case_id, *EVERYTHING)
    assert (after["name"], after["assignee"]["type"]) == ("renamed", "Group")
    assert [tag["name"] for tag in after["tags"]["data"]] == ["by-hand", "vip"]
    assert [(found["value"], found["source"]) for found in after["attributes"]["data"]] == [("2", "desk")]
    assert [(note["text"], note["author"]) for note in after["notes"]["data"]] == [("aha", "jane@acme.example")]
    assert [(task["name"], task["status"]) for task in after["tasks"]["data"]] == [("new", "Closed")]
    assert [found["summary"] for found in after["artifacts"]["data"]] == ["https://y.example"]
    assert [found["id"] for found in after["associatedCases"]["data"]] == [other]
    assert [found["id"] for found in after["associatedGroups"]["data"]] == [group]
    assert [found["summary"] for found in after["associatedIndicators"]["data"]] == ["y.example"]
    assert world.emulator.writes == []


def test_people_take_links_away_and_cases_too(world: World) -> None:
    people = world.emulator
    case_id, other = people.seed_case(), people.seed_case()
    for link, linked in ((people.link_case, other), (people.link_group, 8001), (people.link_indicator, 9001)):
        link(case_id, linked)

    people.unlink_case(other, case_id)
    people.unlink_group(case_id, 8001)
    people.unlink_indicator(case_id, 9001)

    case = people.case(case_id)
    assert [case[name]["data"] for name in EVERYTHING if name.startswith("associated")] == [[], [], []]
    people.remove(case_id)
    assert [case["id"] for case in people.cases()] == [other]


@pytest.mark.parametrize(
    "act",
    [
        lambda people: people.case(99),
        lambda people: people.edit(99, name="x"),
        lambda people: people.remove(99),
        lambda people: people.add_note(99, "x"),
        lambda people: people.remove_tag(1, "not on it"),
        lambda people: people.unlink_group(1, 8001),
    ],
)
def test_people_who_name_what_is_not_there_get_a_key_error(world: World, act: Callable[[Any], object]) -> None:
    world.emulator.seed_case()

    with pytest.raises(KeyError):
        act(world.emulator)


def test_people_are_held_to_the_rules(world: World) -> None:
    with pytest.raises(Refused):
        world.emulator.seed_case(severity="Urgent")


def test_a_type_and_a_rule_that_people_add_hold_at_once(world: World) -> None:
    world.emulator.add_attribute_type("Shift", max_allowed=1, options=("Day", "Night"))
    world.emulator.add_rule("vip-syn", "VIP")

    case = world.create(
        ("attributes", "tags"),
        attributes=data({"type": "Shift", "value": "Night"}),
        tags=data({"name": "vip-syn"}),
    )

    assert (case["attributes"]["data"][0]["value"], case["tags"]["data"][0]["name"]) == ("Night", "VIP")


# ---------------------------------------------------------------------------------------- faults

BODY = {"name": "n", "status": "Open", "severity": "Low", "xid": "tfcm-case-0001"}
LOOKUP = 'xid in ("tfcm-case-0001")'


def test_67_a_create_whose_answer_is_lost_is_found_by_its_xid(world: World) -> None:
    world.emulator.faults.add(Fault(FaultKind.DROP_AFTER, Match("POST", "/cases$")))

    with pytest.raises(httpx.ReadError):
        world.send("POST", CASES, BODY)

    assert [case["xid"] for case in world.read(CASES, tql=LOOKUP)["data"]] == ["tfcm-case-0001"]
    assert refused(world.send("POST", CASES, BODY), 409)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_68_a_server_error_before_the_commit_leaves_nothing(world: World, status: int) -> None:
    world.emulator.faults.add(Fault(FaultKind.SERVER_ERROR, Match("POST"), status=status))

    assert world.send("POST", CASES, BODY).status_code == status
    assert world.emulator.cases() == []
    assert world.send("POST", CASES, BODY).status_code == 201


def test_68_a_client_told_to_wait_is_told_for_how_long_and_when_it_is(world: World) -> None:
    world.emulator.faults.add(Fault(FaultKind.RATE_LIMITED, Match("PUT"), retry_after=3))

    answer = world.put(tagged(world), name="x")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert "date" in answer.headers


def test_69_a_fresh_case_is_missing_from_lists_and_there_by_its_id() -> None:
    world = World(list_lag_seconds=2)
    old = world.emulator.seed_case()
    fresh = world.create(xid="tfcm-case-0001")["id"]

    def listed(**query: Any) -> list[int]:
        return [case["id"] for case in world.read(CASES, **query)["data"]]

    assert (listed(), listed(tql=LOOKUP)) == ([old], [])
    assert world.get(fresh)["xid"] == "tfcm-case-0001"
    assert refused(world.send("POST", CASES, BODY), 409)

    world.clock.tick(2)
    assert (listed(), listed(tql=LOOKUP)) == ([old, fresh], [fresh])
