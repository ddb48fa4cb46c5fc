"""Drawing worlds, and trying them; what goes wrong is made smaller until nothing can be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import hypothesis
from hypothesis import strategies as st

from tests.faults.moments import ERRORS
from tests.faults.road import ANSWERS, NOT_EXECUTED
from tests.faults.trials import Outcome, Trials
from tests.faults.worlds import World, as_text

NAMES: Final = ("a", "b", "c", "d")

_WORDS: Final = st.sampled_from(["Wave", "Wave, second", "Größe 漢字", "key ${env.CANARY}"])
_TAGS: Final = st.lists(st.sampled_from(["phishing", "q4", "vip", "lure"]), unique=True, max_size=4)
_SHARED: Final = st.sampled_from([{}, {"ownership": {"tags": "shared"}}])


def _life(ends: Sequence[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from([{}, *({"lifecycle": {"on_remove": end}} for end in ends)])


def _items(*each: Mapping[str, str]) -> st.SearchStrategy[Any]:
    """Draw items under keys of the user's choosing; two that say the same are refused before anything is sent."""
    keys = st.permutations(["one", "two", "three"])
    return st.builds(lambda names, items: dict(zip(names, items, strict=False)), keys, _some(each))


def _some(each: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(range(len(each))), unique=True).map(lambda chosen: [each[n] for n in chosen])


_TINES: Final = st.fixed_dictionaries(
    {"name": _WORDS},
    optional={
        "priority": st.sampled_from(["low", "medium", "high"]),
        "status": st.sampled_from(["open", "closed"]),
        "description": _WORDS,
        "assignees": st.lists(st.sampled_from(["jane@acme.example", "omar@acme.example"]), unique=True),
        "tags": _TAGS,
        "metadata": st.dictionaries(st.sampled_from(["region", "runbook"]), _WORDS, max_size=2),
    },
)
_THREATCONNECT: Final = st.fixed_dictionaries(
    {
        "name": _WORDS,
        "status": st.sampled_from(["Open", "Closed"]),
        "severity": st.sampled_from(["Low", "High"]),
    },
    optional={
        "tags": _TAGS,
        "attributes": _items({"type": "Ticket", "value": "INC-1"}, {"type": "Kill Chain", "value": "Recon"}),
        "artifacts": _items(
            {"type": "Host", "summary": "badguy.com"}, {"type": "URL", "summary": "https://badguy.com/login"}
        ),
        "notes": _items({"text": "first look"}, {"text": "second look"}),
        "tasks": _items({"name": "Call the user"}, {"name": "Write up"}),
    },
)
_COMMUNIFIRE: Final = st.fixed_dictionaries(
    {"title": _WORDS, "description": _WORDS},
    optional={
        "status": st.sampled_from(["New", "Open"]),
        "priority": st.sampled_from([5, 6]),
        "assignee": st.sampled_from([17, 20, None]),
        "tags": _TAGS,
        "watchers": st.lists(st.sampled_from([17, 20, 21]), unique=True),
    },
)
_CASES: Final = {
    "tines": (_TINES, _life(["release", "close", "delete"])),
    "threatconnect": (_THREATCONNECT, _life(["release", "close", "delete"])),
    "communifire": (_COMMUNIFIRE, _life(["release", "close"])),
}

_MOMENT: Final = st.integers(1, 75)
_FAULT: Final = st.builds(
    "fault {} {} {}".format, st.integers(1, 12), st.sampled_from(list(ANSWERS)), st.sampled_from(["done", "not"])
).filter(lambda text: not text.endswith("empty not"))
_REFUSAL: Final = st.builds("fault {} {} not".format, st.integers(1, 12), st.sampled_from(list(NOT_EXECUTED)))
_DISK: Final = st.builds("{} {} once".format, st.sampled_from(list(ERRORS)), _MOMENT)
_EDIT: Final = st.builds(
    "edit {} {} {}".format, _MOMENT, st.sampled_from(NAMES), st.sampled_from(["managed", "unmanaged"])
)
_KILL: Final = st.builds("kill {} {}".format, _MOMENT, st.sampled_from(["process", "old", "new", "torn"]))
_SIGNAL: Final = st.builds("signal {} INT{}".format, _MOMENT, st.sampled_from(["", " twice"]))
_RUN: Final = st.one_of(
    st.lists(st.one_of(_FAULT, _FAULT, _REFUSAL, _EDIT), min_size=1, max_size=3).map(" + ".join),
    _KILL,
    _SIGNAL,
    _DISK,
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a world."""
    scene = draw(st.sampled_from(list(_CASES)))
    attributes, life = _CASES[scene]
    case = st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, attributes, life)
    yesterday = draw(st.dictionaries(st.sampled_from(NAMES), case, min_size=1, max_size=4))
    kept = {name: case for name, case in yesterday.items() if draw(st.booleans())}
    today = {**kept, **draw(st.dictionaries(st.sampled_from(NAMES), case, min_size=1, max_size=4))}
    overnight = st.tuples(st.sampled_from(NAMES), st.sampled_from(["managed", "unmanaged", "removed"]))
    return {
        "scene": scene,
        "yesterday": yesterday,
        "today": today,
        "overnight": draw(st.lists(overnight.map(list), max_size=2)),
        "script": "; ".join(draw(st.lists(_RUN, max_size=3))) or "calm",
    }


def try_worlds(trials: Trials, many: int, seed: int) -> tuple[int, int, Outcome | None]:
    """Try so many worlds; return how many there were, what struck them, and the smallest that went wrong."""
    counted = Counter[str]()
    failures: list[Outcome] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=many,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(worlds())
    def converges(world: World) -> None:
        outcome = trials.run(as_text(world), seed)
        counted["worlds"] += 1
        counted["struck"] += outcome.struck
        if outcome.wrong:
            failures.append(outcome)
        assert not outcome.wrong

    try:
        converges()
    except (AssertionError, hypothesis.errors.Flaky):
        if not failures:
            raise
    return counted["worlds"], counted["struck"], failures[-1] if failures else None
