from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.engine.perform import Request, Told, UnexpectedAnswer, perform
from reconciler.engine.stop import Stop
from reconciler.errors import (
    ApiError,
    Conflict,
    Interrupted,
    NotFound,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    ReconcilerError,
    Refused,
)
from reconciler.model.case import Live
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.operation import Operation, Repeat
from reconciler.model.values import ABSENT, Marker
from reconciler.providers.base import Api, Wanted
from tests.engine.fakes import System, Trouble, answering, first, lost_after, lost_before, refused
from tests.planning.worlds import LINEAGE, address

MARKER = Marker(LINEAGE, "soc.a", 7)
ID = {"id": ("case_id",), "url": ("url",)}
CREATED = Told({"id": "100", "url": "https://toy/100"})


def create(system: System, *, since: str | None = None, **more: Any) -> Any:
    operation = Operation("POST", "/cases", None, "create", captures={**ID}, repeat=Repeat.LOOK)
    for name, value in more.items():
        operation = Operation(**{**_fields(operation), name: value})
    change = Change(address("a"), "toy", Action.CREATE, operations=(operation,))
    body = {"name": "A", "marker": MARKER.text}
    request = Request(operation, "/cases", body, change, MARKER, wanted={"name": "A"}, since=since)
    return _but_the_case(perform(request, system.tenant, Stop(), (0.0, 0.0)))


def _but_the_case(told: Told) -> Told:
    return replace(told, live=None)


def _fields(operation: Operation) -> dict[str, Any]:
    return {name: getattr(operation, name) for name in Operation.__dataclass_fields__}


def update(
    system: System, repeat: Repeat, *, method: str = "PUT", fields: tuple[FieldChange, ...] = (), **more: Any
) -> Any:
    fields = fields or (FieldChange(("name",), "A", "B"),)
    paths = tuple(field.path for field in fields)
    operation = Operation(method, "/cases/1", None, "set", fields=paths, repeat=repeat, **more)
    change = Change(address("a"), "toy", Action.UPDATE, id="1", fields=fields, operations=(operation,))
    body = {".".join(field.path): field.after for field in fields}
    request = Request(operation, "/cases/1", body, change, MARKER)
    return _but_the_case(perform(request, system.tenant, Stop(), (0.0, 0.0)))


def system(*troubles: Trouble | None, **more: Any) -> System:
    return System({"1": {"name": "A", "metadata": {}}}, list(troubles), **more)


def not_sent(_system: System, _write: Any) -> Any:
    raise NotSent("no connection")


def unreadable(system: System, write: Any) -> Any:
    system.execute(write)
    raise ProtocolError("half a body")


# ------------------------------------------------------------------------------------ what is safe to repeat


@pytest.mark.parametrize("repeat", [Repeat.SAFE, Repeat.LOOK])
def test_what_is_answered_is_done(repeat: Repeat) -> None:
    it = system()

    assert update(it, repeat) == Told()
    assert it.cases["1"]["name"] == "B"
    assert len(it.writes) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(lost_before, OutcomeUnknown), (refused(422), Refused), (refused(503), OutcomeUnknown), (not_sent, NotSent)],
)
def test_the_channel_repeats_what_is_safe_and_its_last_word_counts(
    trouble: Trouble, error: type[ApiError]
) -> None:
    it = system(trouble)

    with pytest.raises(error):
        update(it, Repeat.SAFE)
    assert len(it.writes) == 1


def test_deleting_what_is_gone_is_done() -> None:
    it = System()

    assert update(it, Repeat.SAFE, method="DELETE") == Told()
    with pytest.raises(NotFound):
        update(it, Repeat.SAFE, method="PUT")


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_delete_that_is_refused_is_done_where_a_look_shows_that_the_case_is_gone(status: int) -> None:
    it = System(troubles=[refused(status)])

    assert update(it, Repeat.SAFE, method="DELETE", reads_back=True) == Told()


@pytest.mark.parametrize(
    ("trouble", "reads_back", "error"),
    [
        (refused(200), True, Refused),
        (refused(404), True, Refused),
        (refused(200), False, Refused),
        (refused(503), True, OutcomeUnknown),
    ],
)
def test_a_delete_that_is_refused_fails_while_the_case_is_there(
    trouble: Trouble,
    reads_back: bool,  # noqa: FBT001 (a table)
    error: type[ApiError],
) -> None:
    with pytest.raises(error):
        update(system(trouble), Repeat.SAFE, method="DELETE", reads_back=reads_back)


# ------------------------------------------------------------------------------------ what has to be looked for

LOST = [lost_after, unreadable, refused(500, after=True), refused(409, after=True), refused(429, after=True)]


@pytest.mark.parametrize("trouble", LOST)
def test_a_write_that_was_executed_is_seen_and_not_sent_again(trouble: Trouble) -> None:
    it = system(trouble)

    assert update(it, Repeat.LOOK) == Told()
    assert len(it.writes) == 1


@pytest.mark.parametrize("trouble", [lost_before, refused(500), refused(429)])
def test_a_write_that_was_not_executed_is_sent_again(trouble: Trouble) -> None:
    it = system(trouble, trouble)

    assert update(it, Repeat.LOOK) == Told()
    assert len(it.writes) == 3


@pytest.mark.parametrize(("trouble", "error"), [(lost_before, OutcomeUnknown), (refused(503), OutcomeUnknown)])
def test_a_write_is_sent_thrice_at_most(trouble: Trouble, error: type[ApiError]) -> None:
    it = system(*[trouble] * 5)

    with pytest.raises(error):
        update(it, Repeat.LOOK)
    assert len(it.writes) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refusal_is_final_once_nothing_is_seen_of_it(status: int) -> None:
    it = system(refused(status))

    with pytest.raises(Refused, match="the system says no") as caught:
        update(it, Repeat.LOOK)
    assert caught.value.status == status
    assert len(it.writes) == 1


def test_a_write_to_a_case_that_is_gone_is_refused() -> None:
    with pytest.raises(NotFound):
        update(System(), Repeat.LOOK)


def test_a_write_of_which_nobody_knows_is_not_sent_again_where_no_case_is_seen() -> None:
    def lost(it: System, write: Any) -> Any:
        it.execute(write)
        it.cases.clear()
        raise OutcomeUnknown("no answer")

    it = system(lost)
    with pytest.raises(OutcomeUnknown, match="no case is found"):
        update(it, Repeat.LOOK)

    assert len(it.writes) == 1


@dataclass
class Forgetful(System):
    """Finds no case for a while, though it is there."""

    forgets: int = 0

    def read(self, api: Api, wanted: Wanted) -> Iterator[Live]:
        self.forgets -= 1
        if self.forgets < 0:
            yield from super().read(api, wanted)


@pytest.mark.parametrize(("forgets", "found"), [(0, True), (1, True), (2, False)])
def test_a_case_is_gone_if_it_is_not_found_twice(forgets: int, *, found: bool) -> None:
    it = Forgetful({"1": {"name": "A"}}, forgets=forgets)

    assert (it.tenant.read_one("1", frozenset({"name"})) is not None) is found


def test_a_delete_that_is_answered_with_not_found_is_done_only_if_nothing_is_found() -> None:
    def nothing_here(*_: Any) -> Any:
        raise NotFound("no case 1", status=404)

    change = Change(address("a"), "toy", Action.DELETE, id="1")
    for it in (System({"1": {"name": "A"}}, [nothing_here]), System({}, [nothing_here])):
        request = Request(Operation("DELETE", "/cases/1", None, "delete"), "/cases/1", None, change, MARKER)
        if it.cases:
            with pytest.raises(NotFound):
                perform(request, it.tenant, Stop(), ())
        else:
            assert perform(request, it.tenant, Stop(), ()) == Told()


def test_a_write_that_is_seen_in_part_is_a_conflict() -> None:
    fields = tuple(FieldChange(("metadata", key), ABSENT, "1") for key in "jk")

    def half(it: System, _write: Any) -> Any:
        it.cases["1"]["metadata"]["j"] = "1"
        raise OutcomeUnknown("no answer")

    with pytest.raises(Conflict, match="a part of the change"):
        update(system(half), Repeat.LOOK, fields=fields)


# ------------------------------------------------------------------------------------ creates


def test_a_create_tells_where_the_case_is() -> None:
    it = System()

    assert create(it) == CREATED
    assert it.looks == 0


@pytest.mark.parametrize("trouble", LOST)
def test_a_create_whose_answer_was_lost_is_found_by_its_marker(trouble: Trouble) -> None:
    it = System(troubles=[trouble])

    told = create(it)

    assert (told.captured, told.handles) == (CREATED.captured, CREATED.handles)
    assert len(it.cases) == len(it.writes) == 1


def test_a_create_that_shows_late_is_found_at_a_later_look() -> None:
    it = System(troubles=[lost_after], blind=1)

    assert create(it) == CREATED
    assert (len(it.cases), it.looks) == (1, 2)


def test_a_create_that_never_arrived_is_sent_again() -> None:
    it = System(troubles=[lost_before])

    assert create(it) == CREATED
    assert (len(it.cases), len(it.writes), it.looks) == (1, 2, 2)


def test_a_look_knows_what_the_case_was_to_be_and_when_it_was_announced() -> None:
    it = System(troubles=[lost_after])

    create(it, since="2026-01-01T00:00:00Z")

    assert (it.asked, it.since) == ([{"name": "A"}], ["2026-01-01T00:00:00Z"])


def test_a_create_that_was_refused_is_refused() -> None:
    it = System(troubles=[refused(422)])

    with pytest.raises(Refused, match="the system says no"):
        create(it)
    assert (it.cases, len(it.writes)) == ({}, 1)


def test_two_cases_with_one_marker_are_named_and_left_alone() -> None:
    def twice(it: System, write: Any) -> Any:
        it.execute(write)
        return lost_after(it, write)

    with pytest.raises(ReconcilerError, match=r"soc\.a: cases 100, 101 all carry its marker") as caught:
        create(System(troubles=[twice]))
    assert caught.value.hint == "delete all but one, then set `import: '100'` on it"


@pytest.mark.parametrize("trouble", [lost_after, unreadable, refused(500, after=True)])
def test_that_looking_is_refused_does_not_say_that_the_create_was(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its announcement must stay open: closed, the next run would create a second."""

    def find(*_: Any) -> Any:
        raise NotFound("not here", status=404)

    monkeypatch.setattr(System, "find", find)

    with pytest.raises(OutcomeUnknown, match="looking whether it was executed failed too: not here"):
        create(System(troubles=[trouble]))


def test_a_wish_to_stop_ends_the_looking() -> None:
    stop = Stop()
    it = System(troubles=[first(stop.request, lost_before)])
    operation = Operation("POST", "/cases", None, "create", captures={**ID}, repeat=Repeat.LOOK)
    change = Change(address("a"), "toy", Action.CREATE)

    with pytest.raises(Interrupted):
        perform(Request(operation, "/cases", {}, change, MARKER), it.tenant, stop, (60.0,))


# ------------------------------------------------------------------------------------ answers


@pytest.mark.parametrize("answer", [{}, None, [], "text", {"case_id": None, "url": None}])
def test_an_answer_without_what_was_asked_for_is_looked_up(answer: Any) -> None:
    it = System(troubles=[answering(answer)])

    assert create(it) == CREATED
    assert len(it.cases) == 1


@pytest.mark.parametrize(
    ("answer", "emails"),
    [
        ({"people": [{"email": "a@x"}, {"name": "no e-mail"}, {"email": "b@x"}]}, ["a@x", "b@x"]),
        ({"people": []}, []),
        ({"people": None}, []),
        ({}, []),
    ],
)
def test_lists_are_captured_member_by_member(answer: dict[str, Any], emails: list[str]) -> None:
    it = System(troubles=[answering({"case_id": 100, "url": "https://toy/100", **answer})])

    told = create(it, captures={**ID, "people": ("people", "*", "email")})

    assert told == Told({**CREATED.captured, "people": emails})


@pytest.mark.parametrize(
    ("place", "captured"),
    [(0, {"first": "a@x"}), (1, {"first": "b@x"}), (2, {})],
)
def test_one_of_a_list_is_captured_by_its_place(place: int, captured: dict[str, Any]) -> None:
    answer = {"case_id": 100, "url": "https://toy/100", "people": [{"email": "a@x"}, {"email": "b@x"}]}
    it = System(troubles=[answering(answer)])

    told = create(it, captures={**ID, "first": ("people", place, "email")})

    assert told == Told({**CREATED.captured, **captured})


@pytest.mark.parametrize("team", [{"id": 3}, {"id": None}, {}, None])
def test_an_answer_that_says_otherwise_is_an_error_that_remembers_the_case(team: Any) -> None:
    it = System(troubles=[answering({"case_id": 100, "url": "https://toy/100", "team": team})])

    with pytest.raises(UnexpectedAnswer, match=r"not as asked: team\.id is .* and not 2") as caught:
        create(it, expects=((("team", "id"), 2),))
    assert caught.value.told == CREATED
    assert len(it.writes) == 1


def test_an_answer_may_leave_out_all_but_the_id() -> None:
    assert create(System(troubles=[answering({"case_id": 100})])) == Told({"id": "100", "url": ""})


def test_what_an_answer_says_beside_is_told() -> None:
    class Talker(System):
        def remark(self, answer: Any) -> str | None:
            return f"made as {answer['case_id']}"

    assert create(Talker()) == replace(CREATED, remarks=("made as 100",))


def test_an_answer_that_says_so_is_fine() -> None:
    assert create(System(), expects=((("team", "id"), 2),)) == CREATED


def test_a_refusal_after_a_lost_attempt_leaves_the_question_open() -> None:
    with pytest.raises(OutcomeUnknown, match="an attempt before it may yet be executed"):
        create(System(troubles=[lost_before, refused(422)]))
