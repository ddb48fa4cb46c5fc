"""
The README is true: its files, commands and outputs are run in order against a sandbox.

A comment before a fenced block says what the test does with it:

    <!-- sandbox -->        the block is what `reconciler sandbox` prints
    <!-- file: PATH -->     the block is written to PATH
    <!-- edit: PATH -->     the block is a diff of PATH
    <!-- run -->            the block is commands (`$ …`), each with what it prints; `…` stands for any lines

Compared with what is printed, two things may differ: the port of the sandbox and the lineage of the state.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
import pytest

from reconciler.cli.group import group
from reconciler.config.settings import Defaults, LifecycleSettings, LimitSettings, SettingsFile, StateSettings
from reconciler.providers.tines.emulator import DEFAULT_TOKEN
from reconciler.providers.tines.schema import SCHEMA, TinesSettings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "state/README.md",
    *ROOT.glob("examples/*/README.md"),
]
PORT = "8765"
LONGEST = 460

_MARKED = re.compile(r"^<!-- (\w+)(?:: (\S+))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINEAGE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Command:
    """One command of a block, and the lines that are shown below it."""

    words: tuple[str, ...]
    shown: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands(block: str) -> Iterator[Command]:
    """Yield the commands of a block; `\\` at the end of a line continues it."""
    for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *rest = piece.replace("\\\n", " ").splitlines()
        yield Command(tuple(shlex.split(first, comments=True)), tuple(rest))


class Tour:
    """The reader's two terminals: one runs the sandbox, one works in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.code = 0
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")},
            "TINES_API_KEY": DEFAULT_TOKEN,
        }

    def here(self, text: str) -> str:
        """Return a text of the README with the port of this sandbox."""
        return text.replace(f"127.0.0.1:{PORT}", self.url.removeprefix("http://"))

    def there(self, text: str) -> str:
        """Return what was printed as it would stand in the README."""
        return text.replace(self.url, f"http://127.0.0.1:{PORT}")

    def file(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.here(text), encoding="utf-8")

    def edit(self, path: str, diff: str) -> None:
        target = self.folder / path
        text = target.read_text(encoding="utf-8")
        for old, new in re.findall(r"^-(.*\n)\+(.*\n)", diff, re.MULTILINE):
            assert text.count(old) == 1, f"{path} does not hold this line once: {old}"
            text = text.replace(old, new)
        target.write_text(text, encoding="utf-8")

    def run(self, block: str) -> None:
        for command, following in _with_next(list(commands(block))):
            printed = self._output(command)
            asked = following is not None and following.words[0] == "echo"
            assert self.code == 0 or asked, f"{command} ended with {self.code}: {printed}"
            as_shown = not command.shown or fits(printed.splitlines(), command.shown)
            assert as_shown, f"the README shows another output of `{command}`, which printed:\n{printed}"

    def _output(self, command: Command) -> str:
        match command.words:
            case ("reconciler", *arguments):
                return self._reconciler(arguments)
            case ("curl", *arguments):
                self._curl(arguments)
                return ""
            case ("echo", "$?"):
                code, self.code = self.code, 0
                return str(code)
        raise AssertionError(f"the test does not know how to run {command}")

    def _reconciler(self, arguments: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        self.code = done.returncode
        return self.there(done.stdout) + (done.stderr if done.returncode == 1 else "")

    def _curl(self, arguments: list[str]) -> None:
        """Do what curl would do; not every machine has it."""
        known = {"-X": "PUT", "-o": "/dev/null"}
        options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
        assert options.items() >= known.items()
        header = options["-H"].replace("$TINES_API_KEY", DEFAULT_TOKEN).partition(": ")
        answer = httpx.put(
            self.here(arguments[0]),
            content=options["--json"],
            headers={header[0]: header[2], "Content-Type": "application/json"},
            trust_env=False,
        )
        self.code = 0 if answer.is_success else answer.status_code


def _with_next(found: list[Command]) -> Iterator[tuple[Command, Command | None]]:
    return zip(found, [*found[1:], None], strict=True)


def fits(printed: list[str], shown: tuple[str, ...]) -> bool:
    """Tell whether lines are as shown; a shown `…` stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(_LINEAGE.sub("LINEAGE", line.rstrip())) + r"\n"
        for line in shown
    )
    text = "".join(f"{_LINEAGE.sub('LINEAGE', line.rstrip())}\n" for line in printed)
    return re.fullmatch(pattern, text.strip("\n") + "\n") is not None


@contextmanager
def sandbox() -> Iterator[tuple[str, str]]:
    """Run `reconciler sandbox`; yield its address and what it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "sandbox", "--port", "0"], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            while "Ctrl-C" not in lines[-1] and lines[-1]:
                lines.append(process.stdout.readline())
            yield lines[0].split()[-1], "".join(lines)
        finally:
            process.terminate()


def test_files_commands_and_outputs_are_as_they_are_shown(tmp_path: Path) -> None:
    blocks = _MARKED.findall(README)
    assert {kind for kind, _, _ in blocks} == {"sandbox", "file", "edit", "run"}
    with sandbox() as (url, announced):
        tour = Tour(tmp_path, url)
        for kind, path, text in blocks:
            match kind:
                case "sandbox":
                    (command,) = commands(text)
                    assert command.words == ("reconciler", "sandbox", "--port", PORT)
                    assert fits(tour.there(announced).splitlines(), command.shown), announced
                case "file":
                    tour.file(path, text)
                case "edit":
                    tour.edit(path, text)
                case _:
                    tour.run(text)


@pytest.mark.parametrize(
    ("printed", "shown", "expected"),
    [
        ("a\nb\nc", ("a", "…", "c"), True),
        ("a\nc", ("a", "…", "c"), True),
        ("a\nb\nc", ("a", "c"), False),
        ("a (x)", ("a (y)",), False),
        ("3e635443-a823-5165-a211-5eba09646aa4/soc", ("1df31ad2-9ef9-53ae-9353-cadf659b0c47/soc",), True),
    ],
)
def test_what_is_shown_is_compared_line_by_line(printed: str, shown: tuple[str, ...], *, expected: bool) -> None:
    assert fits(printed.splitlines(), shown) is expected


# -- complete ------------------------------------------------------------------------------------------------


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Mapping[str, click.Command]:
    """Return every command that does something, by the words that call it."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    return {
        name: leaf for word, sub in command.commands.items() for name, leaf in leaves(sub, (*path, word)).items()
    }


COMMANDS = leaves(group)


def options(command: click.Command) -> set[str]:
    return {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if "--" in name
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_its_options_are_told(name: str) -> None:
    told = _section("Commands")

    assert f"`{name}" in told
    assert [option for option in sorted(options(COMMANDS[name])) if option not in told] == []


def test_every_command_line_that_is_shown_exists() -> None:
    shown = [
        words[1:]
        for kind, block in _FENCED.findall(README)
        if kind == "console"
        for words in (command.words for command in commands(block))
        if words[0] == "reconciler"
    ]
    assert shown
    for words in shown:
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
        assert name is not None, words
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= options(COMMANDS[name]), words


def test_every_attribute_of_a_tines_case_is_in_the_table_with_its_request() -> None:
    table = _section("Tines attributes and their requests")

    assert [name for name in SCHEMA.fields if not re.search(rf"^\|[^|]*`{name}`", table, re.MULTILINE)] == []


@pytest.mark.parametrize(
    "model", [SettingsFile, TinesSettings, StateSettings, Defaults, LifecycleSettings, LimitSettings]
)
def test_every_setting_is_told(model: type) -> None:
    told = _section("reconciler.yaml") + _section("Case files")

    assert [name for name in model.model_fields if f"`{name}`" not in told and f"{name}:" not in told] == []  # type: ignore[attr-defined]


def test_every_exit_code_is_told() -> None:
    assert re.findall(r"^\| (\d+) \|", _section("Exit codes"), re.MULTILINE) == ["0", "1", "2", "130"]


def test_it_is_not_too_long() -> None:
    assert README.count("\n") < LONGEST


# -- links ---------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", _FENCED.sub("", document.read_text(encoding="utf-8"))):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), target


def _section(title: str) -> str:
    """Return a section of the README with those beneath it."""
    match = re.search(
        rf"^(#+) {re.escape(title)}$(.*?)(?=^\1 |^## |\Z)", _FENCED.sub(_kept, README), re.MULTILINE | re.DOTALL
    )
    assert match is not None, f"there is no section {title!r}"
    return match[2]


def _kept(block: re.Match[str]) -> str:
    """Return a fenced block with its comments, which look like headings, indented."""
    return re.sub(r"^#", " #", block[0], flags=re.MULTILINE)
