"""What a page is to those who read it: the lines that are Markdown, the nodes that are HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

FENCE = re.compile(r"^(`{3,})(\w*)$")


def outside_of_fences(markdown: str) -> list[str]:
    """Return the lines that Markdown reads; fail if a fence stays open."""
    lines, open_fence = [], ""
    for line in markdown.split("\n"):
        if open_fence:
            open_fence = "" if line == open_fence else open_fence
        elif found := FENCE.match(line):
            open_fence = found[1]
        else:
            lines.append(line)
    assert open_fence == ""
    return lines


OF_THE_PAGE = {"html", "head", "meta", "title", "style", "body", "header", "main", "script"} | {
    "form", "label", "input", "select", "option", "output", "section", "h1", "h2", "h3", "p", "ul", "ol", "li",
    "article", "details", "summary", "span", "code", "div", "table", "thead", "tbody", "tr", "th", "td", "ins",
    "del", "br",
}  # fmt: skip


class Nodes(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in {"meta", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
