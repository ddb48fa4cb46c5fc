"""
The README and the pages beside it are true: their files, commands and outputs are run in order against a sandbox.

A comment before a fenced block says what the test does with it:

    <!-- sandbox -->        the block is what `reconciler sandbox` prints
    <!-- file: PATH -->     the block is written to PATH
    <!-- edit: PATH -->     the block is a diff of PATH
    <!-- run -->            the block is commands (`$ …`), each with what it prints; `…` stands for any lines

Compared with what is printed, a few things may differ: the ports of the sandbox, the lineage of the state and what
is made of it.
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
from reconciler.model.fields import Kind
from reconciler.providers.registry import provider_types
from reconciler.sandbox.stand_ins import FIRST_PORT, STAND_INS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {type_: ROOT / f"docs/{type_}.md" for type_ in provider_types()}
TITLES = {stand_in.type: stand_in.title for stand_in in STAND_INS}
RUN = [
    ROOT / "README.md",
    *(ROOT / f"docs/{name}.md" for name in ("threatconnect", "communifire", "adopting", "state")),
]
DOCUMENTS = [
    ROOT / "README.md",
    *PAGES.values(),
    ROOT / "docs/drift.md",
    ROOT / "docs/gitops.md",
    ROOT / "docs/input.md",
    ROOT / "docs/policies.md",
    ROOT / "docs/editors.md",
    ROOT / "docs/adopting.md",
    ROOT / "docs/state.md",
    ROOT / "docs/requests.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "state/README.md",
    *ROOT.glob("examples/*/README.md"),
]
LONGEST = 500

_MARKED = re.compile(r"^<!-- (\w+)(?:: (\S+))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINEAGE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\.)[0-9a-f]{32}\b|\brc-[0-9a-f]{16}\b"
    r"|(?<= at )20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
)
"""The lineage of a state, what is hashed with it into an external id or a tag, and the time of an edit."""
_EXPORT = re.compile(r"^  export (\w+)=(\S+)$", re.MULTILINE)
_SERVED = re.compile(r"as a stand-in on this machine: http://(\S+)$", re.MULTILINE)


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

    def __init__(self, folder: Path, announced: str) -> None:
        self.folder = folder
        self.hosts = {f"127.0.0.1:{FIRST_PORT + i}": host for i, host in enumerate(_SERVED.findall(announced))}
        self.exported = dict(_EXPORT.findall(announced))
        self.code = 0
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
        self.env = {**kept, **self.exported}

    def here(self, text: str) -> str:
        """Return a text of the page with the ports of this sandbox."""
        for written, host in self.hosts.items():
            text = text.replace(written, host)
        return text

    def there(self, text: str) -> str:
        """Return what was printed as it would stand on the page."""
        for written, host in self.hosts.items():
            text = text.replace(host, written)
        return text

    def file(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.here(text), encoding="utf-8")

    def edit(self, path: str, diff: str) -> None:
        target = self.folder / path
        text = target.read_text(encoding="utf-8")
        for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", diff, re.MULTILINE):
            before, after = (re.sub(r"^[-+]", "", lines, flags=re.MULTILINE) for lines in (old, new))
            assert text.count(before) == 1, f"{path} does not hold these lines once: {before}"
            text = text.replace(before, after)
        target.write_text(text, encoding="utf-8")

    def run(self, block: str) -> None:
        for command, following in _with_next(list(commands(block))):
            printed = self._output(command)
            asked = following is not None and following.words[0] == "echo"
            assert self.code == 0 or asked, f"{command} ended with {self.code}: {printed}"
            as_shown = not command.shown or fits(printed.splitlines(), command.shown)
            assert as_shown, f"the page shows another output of `{command}`, which printed:\n{printed}"

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
        options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
        assert options.pop("-o") == "/dev/null"
        name, _, value = options.pop("-H").partition(": ")
        for variable, secret in self.exported.items():
            value = value.replace(f"${variable}", secret)
        method, content = options.pop("-X"), options.pop("--json", None)
        assert not options
        answer = httpx.request(
            method,
            self.here(arguments[0]),
            content=content,
            headers={name: value, "Content-Type": "application/json"},
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
def sandbox() -> Iterator[str]:
    """Run `reconciler sandbox`; yield what it printed."""
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "sandbox", "--port", "0"], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            while "Ctrl-C" not in lines[-1] and lines[-1]:
                lines.append(process.stdout.readline())
            yield "".join(lines)
        finally:
            process.terminate()


@pytest.mark.parametrize("page", RUN, ids=lambda path: path.name)
def test_files_commands_and_outputs_are_as_they_are_shown(page: Path, tmp_path: Path) -> None:
    blocks = _MARKED.findall(page.read_text(encoding="utf-8"))
    assert {kind for kind, _, _ in blocks} == {"sandbox", "file", "edit", "run"}
    with sandbox() as announced:
        tour = Tour(tmp_path, announced)
        assert len(tour.hosts) == len(STAND_INS)
        for kind, path, text in blocks:
            match kind:
                case "sandbox":
                    (command,) = commands(text)
                    assert command.words == ("reconciler", "sandbox", "--port", str(FIRST_PORT))
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
        (f"intel.a.{'0' * 32}", (f"intel.a.{'f' * 32}",), True),
        (f"intel.a.{'0' * 32}", (f"intel.b.{'0' * 32}",), False),
        (f"a,rc-{'0' * 16}", (f"a,rc-{'f' * 16}",), True),
        (f"a,rc-{'0' * 16}", (f"b,rc-{'0' * 16}",), False),
    ],
)
def test_what_is_shown_is_compared_line_by_line(printed: str, shown: tuple[str, ...], *, expected: bool) -> None:
    assert fits(printed.splitlines(), shown) is expected


# -- complete ------------------------------------------------------------------------------------------------


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Mapping[str, click.Command]:
    """Return every command that does something, by the words that call it."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    context = click.Context(command)
    subs = {word: command.get_command(context, word) for word in command.list_commands(context)}
    return {name: leaf for word, sub in subs.items() if sub for name, leaf in leaves(sub, (*path, word)).items()}


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
        for page in DOCUMENTS
        for kind, block in _FENCED.findall(page.read_text(encoding="utf-8"))
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


@pytest.mark.parametrize("type_", PAGES)
def test_every_attribute_of_a_case_is_in_the_table_with_its_request(type_: str) -> None:
    table = _section(TITLES[type_])

    fields = provider_types()[type_].schema.fields
    assert [name for name in fields if not re.search(rf"^\|[^|]*`{name}`", table, re.MULTILINE)] == []


@pytest.mark.parametrize("type_", PAGES)
def test_every_system_has_a_page_of_its_own(type_: str) -> None:
    page = PAGES[type_].read_text(encoding="utf-8")

    assert f"](docs/{type_}.md" in _section(TITLES[type_])
    settings = _section("Getting in", page)
    assert [
        name for name in provider_types()[type_].settings_model.model_fields if f"{name}:" not in settings
    ] == []


@pytest.mark.parametrize("type_", PAGES)
def test_every_field_of_an_item_is_told(type_: str) -> None:
    schema = provider_types()[type_].schema
    items = {name: field.items for name, field in schema.fields.items() if schema.kind(name) is Kind.ITEMS}
    page = PAGES[type_].read_text(encoding="utf-8")

    for name, fields in items.items():
        (row,) = re.findall(rf"^\| `{name}` \|(.*)$", _section("Items under keys", page), re.MULTILINE)
        assert [field for field in fields if f"`{field}`" not in row] == [], name


@pytest.mark.parametrize(
    "model",
    [
        SettingsFile,
        StateSettings,
        Defaults,
        LifecycleSettings,
        LimitSettings,
        *(provider.settings_model for provider in provider_types().values()),
    ],
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


def _section(title: str, page: str = README) -> str:
    """Return a section of a page with those beneath it."""
    match = re.search(
        rf"^(#+) {re.escape(title)}$(.*?)(?=^\1 |^## |\Z)", _FENCED.sub(_kept, page), re.MULTILINE | re.DOTALL
    )
    assert match is not None, f"there is no section {title!r}"
    return match[2]


def _kept(block: re.Match[str]) -> str:
    """Return a fenced block with its comments, which look like headings, indented."""
    return re.sub(r"^#", " #", block[0], flags=re.MULTILINE)
