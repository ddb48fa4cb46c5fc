"""
When two titles, and two descriptions, are the same: sites write entities, tags and white space anew.

    title         <, &lt;, &#60;, &lt           the same
    description   as in a title, and
                  <A y=1 x='2'>, <a x="2" y="1">   the same
                  <br>, <br/>                      the same
                  two  words, two words            the same, but not in <pre> and <textarea>
                  <p>a</p> <p>b</p>                white space around blocks counts for nothing

A key is HTML again, in one of its many spellings. Descriptions are cut into tags and text by a grammar of our own,
in one pass: what only looks like a tag is text, comments among them, as it is to those who write entities.

Entities without a semicolon (`?id=1&region=eu`) are what browsers say they are (`®ion`), whether a site took their
ampersand for an entity or not. Hence `&amp;lt` is `<` here; `&amp;lt;` is not.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Final

_LOOSE_NAMES: Final = "|".join(name for name in html5 if not name.endswith(";"))
"""Names that stand for a character without a semicolon, too; none begins with another."""
_LOOSE: Final = re.compile(rf"#[0-9]++|#[xX][0-9a-fA-F]++|(?:{_LOOSE_NAMES})")
"""What makes a character of the ampersand before it."""
_LONG_NUMBER: Final = re.compile(r"(?<=&#)(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,})")
"""More digits than any character has, and maybe more than `int` reads."""

_ATTRIBUTE: Final = r"""([^\s=<>"'/]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=<>`]++))?"""
_ATTRIBUTES: Final = re.compile(_ATTRIBUTE)
_TAG: Final = re.compile(
    rf"<(?P<closes>/?)(?P<name>[A-Za-z][\w:-]*+)(?P<attributes>(?:\s++{_ATTRIBUTE})*+)\s*+/?>"
)

_SPACE: Final = " \t\n\f\r"
_SPACES: Final = re.compile(f"[{_SPACE}]+")
_LINE_END: Final = re.compile("\r\n?")
_VERBATIM: Final = frozenset({"pre", "textarea"})
_BLOCK: Final = re.compile(
    "address|article|aside|blockquote|br|caption|center|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header"
    "|hr|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
)
"""Elements at whose edges HTML shows no white space."""


def title_key(text: str) -> str:
    """Return what is equal for two titles that differ in nothing but entities."""
    first, *rest = _unescaped(text).split("&")
    return "".join((first, *map(_behind_ampersand, rest)))


def description_key(text: str) -> str:
    """
    Return what is equal for two descriptions that a browser shows alike and that have the same elements.

    Total, and linear in the length of the text.
    """
    made: list[str] = []
    verbatim: set[str] = set()
    at_edge = True
    for piece, tag in _pieces(text):
        if tag is None:
            made.append(_text_key(piece, verbatim=bool(verbatim), at_edge=at_edge))
            continue
        closes, name = bool(tag["closes"]), tag["name"].lower()
        is_block = _BLOCK.fullmatch(name) is not None
        if is_block and not verbatim:
            _trim_end(made)
        if name in _VERBATIM:
            (verbatim.discard if closes else verbatim.add)(name)
        # Sites put a line end behind each block, even where white space counts.
        at_edge = is_block and (closes or not verbatim)
        made.append(f"</{name}>" if closes else f"<{name}{_attributes_key(tag['attributes'])}>")
    _trim_end(made)
    return "".join(made)


def _pieces(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Cut a description into tags and the texts between them."""
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() > end:
            yield text[end : tag.start()], None
        yield tag[0], tag
        end = tag.end()
    if end < len(text):
        yield text[end:], None


def _text_key(text: str, *, verbatim: bool, at_edge: bool) -> str:
    shown = title_key(text)
    shown = _LINE_END.sub("\n", shown) if verbatim else _SPACES.sub(" ", shown)
    return html.escape(shown.lstrip(_SPACE) if at_edge else shown, quote=False)


def _attributes_key(written: str) -> str:
    pairs = ((name.lower(), title_key(_bare(value))) for name, value in _ATTRIBUTES.findall(written))
    return "".join(f' {name}="{html.escape(value)}"' for name, value in sorted(pairs))


def _bare(value: str) -> str:
    return value[1:-1] if value[:1] in {"'", '"'} else value


def _trim_end(made: list[str]) -> None:
    """Take white space off the end of the last piece; a tag has none there."""
    if made:
        made[-1] = made[-1].rstrip(_SPACE)


def _unescaped(text: str) -> str:
    return html.unescape(_LONG_NUMBER.sub(_shortened, text))


def _shortened(number: re.Match[str]) -> str:
    """Return a number that is as much too large for a character, without leading zeros."""
    digits = number[0].lstrip("xX")
    return f"{'' if digits == number[0] else 'x'}{digits.lstrip('0')[:8] or '0'}"


def _behind_ampersand(text: str) -> str:
    """Return an ampersand and the text behind it, which may make an entity of it, or another ampersand."""
    made, end = "&", 0
    while made == "&" and (found := _LOOSE.match(text, end)):
        made, end = _unescaped(f"&{found[0]}"), found.end()
    return made + text[end:]
