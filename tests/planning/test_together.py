from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.operation import Each, Operation, Repeat
from reconciler.model.values import ABSENT, Digest, Marker, Ref, Template
from reconciler.planning.together import apart, together
from tests.planning.worlds import LINEAGE, address

EACH = Each("ids", 3, ("done", "*"))
PATH = ("metadata", "k")
SECRET = Digest("sha256:" + "0" * 64)


def bulk(id: int, value: Any = "v", **more: Any) -> Operation:
    given: dict[str, Any] = {"fields": (PATH,), "each": EACH, **more}
    return Operation("POST", "/bulk", {"ids": [id], "set": value}, "set 1 field", **given)


def changing(name: str, *operations: Operation, **more: Any) -> Change:
    given: dict[str, Any] = {"action": Action.UPDATE, "fields": (FieldChange(PATH, ABSENT, "v"),), **more}
    return Change(address(name), "toy", id="1", operations=operations, **given)


def sent(changes: tuple[Change, ...]) -> dict[str, list[Any]]:
    return {change.address.name: [operation.body for operation in change.operations] for change in changes}


def test_the_same_request_of_several_cases_is_sent_with_the_first_of_them() -> None:
    put = Operation("PUT", "/cases/2", {"name": "B"}, "set name", fields=(("name",),))

    a, b, c = together([changing("a", bulk(1)), changing("b", put, bulk(2)), changing("c", bulk(3))])

    (one,) = a.operations
    assert one == Operation(
        "POST",
        "/bulk",
        {"ids": [1, 2, 3], "set": "v"},
        "set 1 field on 3 cases",
        fields=(PATH,),
        each=EACH,
        others={address("b"): (PATH,), address("c"): (PATH,)},
    )
    assert (b.operations, c.operations) == ((put,), ())


def test_it_is_sent_before_everything_else_of_the_case_that_carries_it() -> None:
    put = Operation("PUT", "/cases/1", {"name": "A"}, "set name")

    a, _ = together([changing("a", put, bulk(1)), changing("b", bulk(2))])

    assert [operation.path for operation in a.operations] == ["/bulk", "/cases/1"]


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (2, [2]), (3, [3]), (4, [3, 1]), (5, [3, 2]), (7, [3, 3, 1])]
)
def test_no_request_is_about_more_cases_than_the_system_takes(count: int, sizes: list[int]) -> None:
    found = together([changing(f"c{id}", bulk(id)) for id in range(count)])

    requests = [operation for change in found for operation in change.operations]
    assert [len(request.body["ids"]) for request in requests] == sizes
    assert [len(request.others) + 1 for request in requests] == sizes
    assert [id for request in requests for id in request.body["ids"]] == list(range(count))


def test_the_first_by_address_carries_it_whatever_the_order() -> None:
    b, a = together([changing("b", bulk(2)), changing("a", bulk(1))])

    assert (a.address.name, b.address.name) == ("a", "b")
    assert sent((a, b)) == {"a": [{"ids": [1, 2], "set": "v"}], "b": []}


def test_what_differs_is_sent_apart() -> None:
    found = together([changing(name, bulk(n, value)) for n, (name, value) in enumerate(zip("abcd", "xyxy"))])  # noqa: B905

    assert sent(found) == {
        "a": [{"ids": [0, 2], "set": "x"}],
        "b": [{"ids": [1, 3], "set": "y"}],
        "c": [],
        "d": [],
    }


def test_each_case_says_of_itself_what_becomes_true() -> None:
    other = ("metadata", "the same by another name")

    a, _ = together([changing("a", bulk(1)), changing("b", bulk(2, fields=(other,)))])

    assert a.operations[0].others == {address("b"): (other,)}
    assert [each.fields for each in apart(a.address, a.operations[0]).values()] == [(PATH,), (other,)]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(changing("b", bulk(2), action=Action.CREATE), id="created"),
        pytest.param(changing("b", bulk(2), action=Action.RELEASE), id="released"),
        pytest.param(changing("b", bulk(2), action=Action.IMPORT), id="imported"),
        pytest.param(changing("b", bulk(2, each=None)), id="it says so"),
        pytest.param(changing("b", bulk(2, "w")), id="another value"),
        pytest.param(changing("b", replace(bulk(2), path="/other")), id="another path"),
        pytest.param(changing("b", replace(bulk(2), method="PUT")), id="another method"),
        pytest.param(changing("b", replace(bulk(2), query=(("a", "b"),))), id="another query"),
        pytest.param(changing("b", bulk(2, repeat=Repeat.LOOK)), id="not to be repeated"),
        pytest.param(changing("b", bulk(2, reads_back=True)), id="to be read back"),
        pytest.param(changing("b", bulk(2, captures={"x": ("x",)})), id="something is captured"),
        pytest.param(changing("b", bulk(2), depends_on=(address("a"),)), id="depends on one that changes"),
        pytest.param(replace(changing("b", bulk(2)), address=Address("other", "b")), id="another system"),
    ],
)
def test_what_is_not_the_same_or_not_free_is_left_alone(second: Change) -> None:
    changes = (changing("a", bulk(1)), second)

    assert together(changes) == changes


@pytest.mark.parametrize(
    "value", [Ref("c", "id"), Template(("see ", Ref("c", "url"))), SECRET, Marker(LINEAGE, "soc.a", 1)]
)
def test_what_is_not_known_yet_or_secret_is_sent_alone(value: Any) -> None:
    changes = (changing("a", bulk(1, value)), changing("b", bulk(2, value)))

    assert together(changes) == changes


def test_a_case_that_something_to_be_deleted_depends_on_waits_for_that() -> None:
    gone = Change(address("x"), "toy", Action.DELETE, id="9", depends_on=(address("b"),))
    changes = (changing("a", bulk(1)), changing("b", bulk(2)), gone)

    assert together(changes) == changes


def test_a_case_may_depend_on_one_that_does_not_change() -> None:
    found = together([changing("a", bulk(1)), changing("b", bulk(2), depends_on=(address("elsewhere"),))])

    assert sent(found)["b"] == []


def test_apart_is_the_way_back() -> None:
    changes = [changing("a", bulk(1)), changing("b", bulk(2)), changing("c", bulk(3))]

    (a, *_) = together(changes)

    assert apart(a.address, a.operations[0]) == {change.address: change.operations[0] for change in changes}
