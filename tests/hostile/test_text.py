"""Text of attackers, through every command and format: visible, inert, and in JSON kept to the letter."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.providers.emulation import Call, Emulator, Outcome, Reply
from reconciler.sandbox.server import serve
from tests.hostile.rig import Ended, Rig
from tests.hostile.strings import STRINGS, assert_inert
from tests.hostile.systems import SYSTEMS, System, instead, poison, poisoned, rewritten
from tests.report.pages import OF_THE_PAGE, Nodes, outside_of_fences

LIMITS: Final = {"max_deletes": 999, "max_changed_percent": 100}


@dataclass
class Scene:
    """A workspace over one system."""

    system: System
    rig: Rig
    emulator: Emulator

    def case(self, text: str, *, items: bool = False) -> Mapping[str, Any]:
        more = self.system.items(text) if items else {}
        return {"provider": "soc", **self.system.case(text), **more}

    def run(self, *arguments: str, code: int | None = None, **env: str) -> Ended:
        """Run a command; fail if anything that it wrote is active, and if it ends in another way than expected."""
        ended = self.rig.run(*arguments, **env)
        text = assert_inert(ended.all, coloured="FORCE_COLOR" in env)
        assert "Traceback" not in text
        assert "this is a bug" not in text, text[-2000:]
        if code is not None:
            assert ended.code == code, text[-2000:]
        return ended


Make = Callable[[str], Scene]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def made(name: str) -> Scene:
            system = SYSTEMS[name]
            emulator = system.emulator()
            url = stack.enter_context(serve(emulator)).url
            rig = Rig(tmp_path / name, system.env)
            rig.configure({"soc": {**system.settings, "url": url}}, limits=LIMITS)
            return Scene(system, rig, emulator)

        yield made


# ------------------------------------------------------------------------------------------------ live text


THIRDS: Final = [*enumerate(SYSTEMS)]
"""Each system gets a third of the texts: what neutralises them knows nothing of systems."""


def _third(offset: int) -> range:
    return range(offset, len(STRINGS), 3)


def _made(scene: Scene, numbers: range) -> None:
    """Declare a case for each of these texts, some with items, and have them made."""
    cases = {f"c{number}": scene.case(poison(number), items=number % 5 == 0) for number in numbers}
    scene.rig.declare(**cases)
    scene.run("apply", "--auto-approve", code=0)


@pytest.mark.parametrize(("offset", "name"), THIRDS)
def test_live_text_is_inert_in_what_reads_and_the_same_in_json(make: Make, offset: int, name: str) -> None:
    scene = make(name)
    _made(scene, _third(offset))

    with rewritten(scene.emulator, poisoned(STRINGS)):
        scene.run("plan", "-vv", "--out", "plan.file", code=0)
        plan = scene.run("plan", "--json", code=0)
        drift = scene.run("drift", "--json", code=2)
        scene.run("drift", code=2)
        scene.run("plan", "--detailed-exitcode", "-q", code=2, FORCE_COLOR="1")
        scene.run("show", "plan.file", code=0, FORCE_COLOR="1")
        shown = scene.run("show", "plan.file", "--format", "json", code=0)
        _assert_plain_pages(scene)

    live = {number: STRINGS[number] for number in _third(offset)}
    for ended, key, was in ((plan, "changes", "before"), (shown, "changes", "before"), (drift, "drift", "live")):
        said = {int(case["address"][5:]): _titles(case, scene.system.title, was) for case in ended.data[key]}
        assert said == {number: [text] for number, text in live.items()}
    assert json.loads((scene.rig.root / "plan.file").read_bytes())["digest"] == plan.data["digest"]


def _assert_plain_pages(scene: Scene) -> None:
    """Fail if text of others is anything but text in Markdown or in HTML."""
    for command in (("show", "plan.file"), ("drift",)):
        code = 2 if command == ("drift",) else 0
        page = scene.run(*command, "--format", "html", code=code).out.decode()
        assert set(Nodes(page).tags) <= OF_THE_PAGE
        markdown = scene.run(*command, "--format", "markdown", "--budget", "10000000", code=code).out.decode()
        names = r"(?m:^### (?:Plan for|Drift in) `w`$)|(?m:^- `[a-z]+: [0-9A-Za-z;, ]+`$)"
        ours = rf"<code>[^<>]*</code>|`sha256:[0-9a-f]{{64}}`|{names}"
        read = re.sub(ours, "", "\n".join(outside_of_fences(markdown)))
        assert not re.search(r"evil|owned|@|://|`|\[.*\]\(|<(?!/?(?:details|summary|sub|code)\b)", read)


def _titles(case: Mapping[str, Any], attribute: str, key: str) -> list[Any]:
    return [field[key] for field in case["fields"] if field["path"] == [attribute]]


@pytest.mark.parametrize(("offset", "name"), THIRDS)
def test_live_text_is_inert_in_what_an_apply_says_of_it(make: Make, offset: int, name: str) -> None:
    """What is written is not what is shown afterwards, so there is much to be said."""
    scene = make(name)
    _made(scene, _third(offset))

    with rewritten(scene.emulator, poisoned(STRINGS)):
        ended = scene.run("apply", "--auto-approve", "-v", code=1)
        assert b"soc.c" in ended.err
        assert scene.run("apply", "--auto-approve", "--json", code=1).data["complete"] is False


def test_live_text_of_a_conflict_is_inert(make: Make) -> None:
    scene = make("tines")
    _made(scene, _third(1))
    scene.rig.declare(**{f"c{number}": scene.case("changed") for number in _third(1)})
    scene.run("plan", "--out", "plan.file", code=0)

    with rewritten(scene.emulator, poisoned(STRINGS)):
        ended = scene.run("apply", "plan.file", code=1)

    assert b"Skipped, since somebody changed what was to be written:" in ended.out


def test_what_a_system_calls_a_case_and_where_it_is_are_inert(make: Make) -> None:
    scene = make("tines")
    scene.rig.declare(
        **{f"c{number}": {"provider": "soc", "name": poison(number)} for number in range(len(STRINGS))}
    )

    def renamed(call: Call, outcome: Outcome) -> Outcome:
        found = re.search(rb'"name":"poison-(\d+)-"', outcome.reply.content if outcome.reply else b"")
        if call.method != "POST" or outcome.reply is None or found is None:
            return outcome
        number = int(found[1])
        told = json.loads(outcome.reply.content) | {"url": f"https://acme.example/{STRINGS[number]}"}
        if number % 2:
            told["case_id"] = STRINGS[number]
        return replace(outcome, reply=replace(outcome.reply, content=json.dumps(told).encode()))

    with rewritten(scene.emulator, renamed):
        scene.run("apply", "--auto-approve")
    for command in (("plan",), ("plan", "--json"), ("drift",), ("state", "list"), ("state", "list", "--json")):
        scene.run(*command)
    for number in range(1, len(STRINGS), 12):
        scene.run("state", "show", f"soc.c{number}")
        scene.run("state", "show", f"soc.c{number}", "--json")


# -------------------------------------------------------------------------------------------- declared text


PLACES: Final[Mapping[str, Callable[[str], Mapping[str, Any]]]] = {
    "value": lambda text: {"name": text or "x", "description": text, "metadata": {"value": text}},
    "tag": lambda text: {"name": "x", "tags": [text]},
    "key": lambda text: {"name": "x", "metadata": {text: "x"}},
    "note": lambda text: {"name": "x", "notes": {"n": {"title": "x", "content": text}}},
    "item": lambda text: {"name": "x", "notes": {text: {"title": "x", "content": "x"}}},
    "enum": lambda text: {"name": "x", "priority": text},
    "unknown": lambda text: {"name": "x", text: "x"},
    "provider": lambda text: {"name": "x", "provider": text},
    "expression": lambda text: {"name": "x", "description": f"${{{text}}}"},
}
"""Where a text can stand in a case file."""
REFUSED: Final = frozenset({"enum", "expression", "provider", "unknown"})
"""Where none of them is accepted."""


def test_declared_text_is_inert_whether_it_is_accepted_or_refused(make: Make) -> None:
    """Each text in a file of its own, in every second place; of the accepted ones some go on."""
    scene = make("tines")
    folder = scene.rig.root / "cases"
    for turn, (place, case) in enumerate(PLACES.items()):
        for number in range(turn % 2, len(STRINGS), 2):
            name = f"{place}-{number}"
            scene.rig.declare(
                f"cases/{place}/{number}.yaml", **{name: {"provider": "soc", **case(STRINGS[number])}}
            )
        while (said := scene.run("validate")).code:
            for name in set(re.findall(rf"cases/({place}/\d+\.yaml):\d+:\d+: ", said.err.decode())):
                (folder / name).unlink(missing_ok=True)
        scene.run("plan", "-vv", "--no-refresh", "--target", f"soc.{name}")
        assert any((folder / place).iterdir()) is (place not in REFUSED)
        for path in (folder / place).iterdir():
            if int(path.stem) % 8 != turn % 8:
                path.unlink()
    for command in (("plan",), ("plan", "--json"), ("apply", "--auto-approve"), ("drift",), ("state", "list")):
        scene.run(*command)
    kept = scene.run("state", "list", "--json", code=0).data["cases"]
    assert len(kept) > len(STRINGS) / 4
    for case in kept[::5]:
        scene.run("state", "show", case["address"], code=0)
        scene.run("state", "show", case["address"], "--json", code=0)
    assert scene.run("plan", "--detailed-exitcode").code in {0, 2}


def test_names_of_cases_are_inert(make: Make) -> None:
    scene = make("tines")
    scene.rig.declare(**{text: {"provider": "soc", "name": "x"} for text in STRINGS[:99]})
    assert scene.run("validate", code=1).err.count(b"Error: ") > 90
    scene.rig.declare(**{text: {"provider": "soc", "name": "x"} for text in STRINGS[99:]})
    scene.run("validate", "--json", code=1)


def test_names_of_files_and_folders_are_inert(make: Make) -> None:
    scene = make("tines")
    names = [text for text in STRINGS if _names_a_file(text)]
    assert len(names) > 100
    for number, name in enumerate(names):
        folder = f"cases/{number // 40}"
        scene.rig.declare(f"{folder}/{name}.yaml", **{f"x{number}": {"provider": "soc", "name": "x", "nom": "x"}})
        scene.rig.declare(f"{folder}/in/{name}/a.yaml", **{f"y{number}": {"provider": "soc", "name": "${env.NO}"}})

    said = b""
    for number in range(len(names) // 40 + 1):
        ended = scene.run("validate", code=1)
        said += ended.err
        shutil.rmtree(scene.rig.root / f"cases/{number}")
    assert said.count(b"unknown key `nom`") >= len(names)


def _names_a_file(text: str) -> bool:
    try:
        return 0 < len(text.encode()) <= 200 and not set("/\0") & set(text) and text not in {".", ".."}
    except UnicodeEncodeError:
        return False


# ---------------------------------------------------------------------------------------------- the command


COMMANDS: Final[tuple[Callable[[str], tuple[str, ...]], ...]] = (
    lambda text: (text,),
    lambda text: ("plan", text),
    lambda text: ("plan", f"--{text}"),
    lambda text: ("plan", "--target", text),
    lambda text: ("plan", "--format", text),
    lambda text: ("plan", "--lock-timeout", text),
    lambda text: ("plan", "-C", text),
    lambda text: ("plan", "--out", f"no/{text}"),
    lambda text: ("show", text),
    lambda text: ("apply", f"no/{text}"),
    lambda text: ("state", text),
    lambda text: ("state", "show", text),
    lambda text: ("init", f"new-{text[:60]}"),
    lambda text: ("sandbox", "--port", text),
)


def test_what_a_command_line_says_is_inert(make: Make) -> None:
    """A script may have put text of others there."""
    scene = make("tines")
    _made(scene, range(1))
    for number, text in enumerate(STRINGS):
        for command in (COMMANDS[number % len(COMMANDS)], COMMANDS[(number + 5) % len(COMMANDS)]):
            scene.run(*(_as_argument(word) for word in command(text)), "-q")


def _as_argument(text: str) -> str:
    """Return a text as a process is given it: bytes that are no UTF-8 become surrogates."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape").replace("\0", "")


def test_what_stands_in_files_of_ours_is_inert(make: Make) -> None:
    """State, journal, lock and plan may have been written by somebody else."""
    scene = make("tines")
    _made(scene, range(1))
    scene.run("plan", "--out", "plan.file")
    state, plan = scene.rig.root / "state/w.json", scene.rig.root / "plan.file"
    honest, planned = json.loads(state.read_text()), json.loads(plan.read_text())
    for number, text in enumerate(STRINGS):
        case = honest["cases"]["soc.c0"] | {"type": text, "id": text, "url": text}
        broken: tuple[dict[str, Any], ...] = (
            {"version": text},
            {"lineage": text},
            {"cases": {text: {}}},
            {"cases": {"soc.c0": case}},
        )
        state.write_text(json.dumps(honest | broken[number % 4]))
        scene.run("state", *(("show", "soc.c0", "--json"), ("list",), ("show", "soc.c0"))[number % 3])
        plan.write_text(json.dumps(planned | {"format_version": text, "changes": text}))
        scene.run("show", "plan.file", code=1)


# ------------------------------------------------------------------------------------------- what goes wrong


def _body(number: int) -> Reply:
    text = STRINGS[number]
    match number % 5:
        case 0:
            return _json(422, {"message": text})
        case 1:
            return _json(400, {"errors": [{"message": text, "details": text}, text, {text: text}]})
        case 2:
            return Reply(403, text.encode("utf-8", "surrogatepass"), (("content-type", "text/plain"),))
        case 3:
            return Reply(409, f"<title>{text}</title>".encode("utf-8", "surrogatepass"))
        case _:
            return Reply(200, text.encode("utf-8", "surrogatepass"))


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), (("content-type", "application/json"),))


_ENDS: Final = re.compile("[\r\n]")


def _head(number: int) -> Reply:
    """Return an answer with the text in its headers, as far as a header can carry it."""
    text = _ENDS.sub(" ", STRINGS[number]).encode("utf-8", "surrogatepass").decode("latin-1")
    match number % 6:
        case 0:
            return Reply(302, b"", (("location", text),))
        case 1:
            return Reply(307, b"", (("location", f"https://evil.example/{text}"),))
        case 2:
            return Reply(200, b"{}", (("content-encoding", text),))
        case 3:
            return Reply(503, b"", (("retry-after", text), ("date", text)))
        case 4:
            return Reply(401, b"{}", (("date", text), ("server", text)))
        case _:
            return Reply(418, b"", (("content-type", text), (text, "x")))


@pytest.mark.parametrize("lie", [_body, _head])
@pytest.mark.parametrize(("offset", "name"), THIRDS)
def test_the_words_of_a_refusal_are_inert(make: Make, lie: Callable[[int], Reply], offset: int, name: str) -> None:
    scene = make(name)
    _made(scene, _third(offset))
    numbers = {id: number for number, id in _ids(scene).items()}
    scene.rig.declare(**{f"c{number}": scene.case("changed") for number in _third(offset)})

    def refuse(call: Call) -> Outcome | None:
        number = numbers.get(call.path.rstrip("/").rpartition("/")[2])
        return None if number is None or call.method != "PUT" else Outcome(lie(number))

    instead(scene.emulator, refuse)
    ended = scene.run("apply", "--auto-approve", "-vv", code=1)
    assert ended.out.decode().count("soc.c") >= 2 * len(_third(offset))


def _ids(scene: Scene) -> Mapping[int, str]:
    cases = scene.run("state", "list", "--json", code=0).data["cases"]
    return {int(case["address"][5:]): case["id"] for case in cases}


@pytest.mark.parametrize(("offset", "name"), THIRDS)
def test_the_words_of_a_reading_that_fails_are_inert(make: Make, offset: int, name: str) -> None:
    scene = make(name)
    _made(scene, range(2))
    told: list[Reply] = []
    instead(scene.emulator, lambda _: Outcome(told[0]))
    for number in _third(offset):
        told[:] = [(_body, _head)[number % 2](number)]
        scene.run(*(("plan",), ("drift", "--json", "-vv"))[number // 2 % 2], code=1)
