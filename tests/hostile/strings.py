r"""
Texts as attackers write them, by what they are after; and how to tell that nothing of them is active.

    terminal     escape sequences, and the controls that begin or end one
    eye          what reorders, hides or looks like something else
    line         what begins a new line, or stands where only one line belongs
    runner       commands of the runners of CI jobs
    page         what Markdown, HTML, chat and spreadsheets would obey
    decoder      what parsers and encoders stumble over
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_ESC, _BEL, _ST, _CSI = "\x1b", "\x07", "\x1b\\", "\x9b"


def _within(characters: str) -> Iterator[str]:
    return (f"left{character}right" for character in characters)


_TERMINAL: Final = (
    *_within("".join(map(chr, (*range(9), *range(11, 32), *range(0x7F, 0xA0))))),
    f"{_ESC}[2J{_ESC}[H",
    f"{_ESC}[31mred{_ESC}[0m",
    f"{_ESC}[1A{_ESC}[2Kline above is gone",
    f"{_ESC}[?1049h",
    f"{_ESC}[?25l",
    f"{_ESC}[6n",
    f"{_ESC}[5i",
    f"{_ESC}[38;2;0;0;0;48;2;0;0;0mblack on black",
    f"{_ESC}[8mconcealed{_ESC}[28m",
    f"{_ESC}]0;owned{_BEL}",
    f"{_ESC}]2;title{_ST}",
    f"{_ESC}]52;c;cm0gLXJm{_BEL}",
    f"{_ESC}]8;;https://evil.example{_ST}acme.example{_ESC}]8;;{_ST}",
    f"{_ESC}]8;;https://evil.example{_BEL}acme.example{_ESC}]8;;{_BEL}",
    f"{_ESC}]1337;File=inline=1:AAAA{_BEL}",
    f"{_ESC}]9;message{_BEL}",
    f"{_ESC}P1$r0m{_ST}",
    f"{_ESC}P+q544e{_ST}",
    f"{_ESC}_Gi=1;AAAA{_ST}",
    f"{_ESC}^private{_ST}",
    f"{_ESC}Xstart of string{_ST}",
    f"{_ESC}c",
    f"{_ESC}#8",
    f"{_ESC}(0lqqk{_ESC}(B",
    f"{_ESC}%G",
    f"{_CSI}31mred",
    "\x9d0;owned\x9c",
    "\x901$r0m\x9c",
    "over\rwritten",
    "a\b\b\bxyz",
    "\x0e shifted \x0f",
)

_EYE: Final = (
    *_within("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    *_within("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u206a\u206f\ufeff\ufff9\ufffa\ufffb"),
    *_within("\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0"),
    *_within("\U000e0001\U000e0041\U000e007f\ufe0f\U000e0100\U0001d173"),
    *_within("\ue000\uf8ff\U000f0000\U0010fffd\ufffe\uffff"),
    "invoice\u202egpj.exe",
    "vip\u200b",
    "\u2067\u2066admin\u2069\u2069 \u202e // reviewed",
    "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all"),
    "v\u0456p",
    "z" + "\u0301" * 40,
)

_LINE: Final = (
    "one\ntwo",
    "one\r\ntwo",
    "one\n\n\n\ntwo",
    "\nfirst",
    "last\n",
    *_within("\x85\u2028\u2029\x0b\x0c\t"),
    "\ufeffname",
    "No changes. 12 cases match.\nNo changes. 12 cases match.",
    "x\nPlan: 0 to create, 0 to update, 0 to delete, 0 to release, 0 to import. 0 requests.",
    "x\nError: nothing is wrong",
    "x\n\n  - soc.other (id 7)\n",
    "y" * 5000,
    "w " * 3000,
    "n\n" * 2000,
)

_RUNNER: Final = (
    "::error::broken",
    "::error file=a.py,line=1::broken",
    "  ::warning::after blanks",
    "\t::notice::after a tab",
    "\n::error::after a line feed",
    "\r::error::after a return",
    "\u2028::error::after a separator",
    "x\n::add-mask::a",
    "x\n::set-output name=a::b",
    "x\n::set-env name=PATH::/tmp",
    "x\n::add-path::/tmp",
    "x\n::save-state name=a::b",
    "x\n::stop-commands::forever",
    "x\n::group::hidden\n::endgroup::",
    "::debug::%0Aafter%0D",
    "%0A::error::x",
    "%0D%0A::error::x",
    "##[error]broken",
    "##[add-mask]a",
    "a ##[set-env name=PATH]b",
    "##[group]hidden",
    "###[command]x",
    "##vso[task.setvariable variable=a]b",
    "##vso[task.complete result=Succeeded;]",
    "##teamcity[buildStatus status='SUCCESS']",
    "##\u200b[error]hidden in between",
    f"section_start:1700000000:x[collapsed=true]\r{_ESC}[0KSECTION",
    f"section_end:1700000000:x\r{_ESC}[0K",
    "section_start:1700000000:x",
    f"{_ESC}[0Ktravis_fold:start:x",
    "x\n--- hidden",
    "x\n^^^ +++",
)

_PAGE: Final = (
    "@everyone",
    "<!channel>",
    "<@U12345>",
    "@acme/security please approve",
    "#1 closes #2",
    "[acme.example](https://evil.example)",
    "![x](https://evil.example/pixel)",
    "[x](javascript:alert(1))",
    "[a]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example/?a=1&b=2",
    "```\nafter the fence",
    "````\nafter the longer fence",
    "~~~\nafter the other fence",
    "`code` and ``more``",
    "| a | table |\n|---|---|",
    "# A heading",
    "- [x] approved",
    "---\n\nafter the rule",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</details></summary>",
    "<!-- hidden -->",
    "<iframe src=//evil.example>",
    "&lt;script&gt; &#x1b;[2J &#27;",
    "]]><x/>",
    '" onmouseover="alert(1)',
    "';alert(1)//",
    "=HYPERLINK(1)",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "[bold red]x[/bold red]",
    "[link=https://evil.example]x[/link]",
)

_DECODER: Final = (
    "\ud800",
    "\udfff",
    "a\udc1bb",
    "\ud83d alone",
    "\udc80\udcff",
    r"\u001b[2J",
    r"\x1b[2J \033[2J \e[2J",
    r"\\u202e",
    "\\",
    '"',
    '\\"}],"x":[{',
    "${env.TOKEN}",
    "${cases.other.id}",
    "$${",
    "%s %d %(x)s {0} {x}",
    "null",
    "~",
    "- yes: no",
    "{a: [b]}",
    "!!python/object/apply:os.system [x]",
    "../../etc/passwd",
    "' OR 1=1 --",
)

HOSTILE: Final[Mapping[str, tuple[str, ...]]] = {
    "terminal": _TERMINAL,
    "eye": _EYE,
    "line": _LINE,
    "runner": _RUNNER,
    "page": _PAGE,
    "decoder": _DECODER,
}
"""By what they are after."""

STRINGS: Final = tuple(dict.fromkeys(text for family in HOSTILE.values() for text in family))

ACTIVE: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e01ef\U000f0000-\U0010ffff]"
)
"""What a terminal obeys or an eye does not see; only line feeds are left out."""

COMMAND: Final = re.compile(r"##\w*\[|^\s*::", re.MULTILINE)
"""What a runner takes for a command: the first anywhere, the second where a line begins."""

OUR_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
"""The only escape sequences that we write ourselves, and those only where colours are wanted."""


def assert_inert(written: bytes, *, coloured: bool = False) -> str:
    """Fail if anything in what was written is active; return it as text."""
    text = written.decode("utf-8")  # lone surrogates do not get this far
    seen = OUR_COLOURS.sub("", text) if coloured else text
    for pattern in (ACTIVE, COMMAND):
        if found := pattern.search(seen):
            around = seen[max(found.start() - 80, 0) : found.end() + 40]
            raise AssertionError(f"active: {found[0]!r} in {around!r}")
    return text
