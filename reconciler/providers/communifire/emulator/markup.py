"""
How titles and descriptions come back from a site that does not leave them as they were sent.

                sent              entities             rewritten
    ---------   ---------------   ------------------   -----------------------------
    title       R&D's <1>         R&amp;D&#39;s &lt;…  R&amp;D's &lt;1&gt;
    HTML text   don't & won&#39;t don&#39;t &amp; …    don't &amp; won't
    white space two  words        as sent              two words
    tags        <A y=1 x='2'/>    as sent              <a x="2" y="1">
                <br>              as sent              <br />
                </p><p>           as sent              </p>, a line break, <p>

An entity that is there already stays one, as in the hands of a sanitizer that parses what it is given.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_Rewrite = Callable[[str], str]

_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);)")
# .NET's HtmlEncode writes these and no other non-ASCII characters as numbers.
_NUMBERED: Final = re.compile("[\xa0-\xff\U00010000-\U0010ffff]")
_ATTRIBUTE: Final = r"""[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?"""
_TAG: Final = re.compile(rf"<(/?)([A-Za-z][\w:-]*)((?:\s+{_ATTRIBUTE})*)\s*(/?)>")
_ATTRIBUTES: Final = re.compile(r"""([^\s=<>"'/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_VOID: Final = frozenset({"br", "hr", "img", "input", "wbr", "col"})
_BLOCK_END: Final = re.compile(
    r"(</(?:p|div|ul|ol|li|table|tr|h[1-6]|blockquote|pre)>)[ \t\r\n\f]*(?=[^ \t\r\n\f])"
)


def _as_is(text: str) -> str:
    return text


def _entities(text: str) -> str:
    text = _BARE_AMPERSAND.sub("&amp;", text)
    for character, entity in (("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(character, entity)
    return _NUMBERED.sub(lambda match: f"&#{ord(match[0])};", text)


def _minimal(text: str) -> str:
    return html.escape(html.unescape(text), quote=False).replace("\xa0", "&nbsp;")


def _entities_in_html(text: str) -> str:
    return "".join(piece if tag else _entities(piece) for piece, tag in _pieces(text))


def _rewritten_html(text: str) -> str:
    made, preformatted = [], False
    for piece, tag in _pieces(text):
        if tag is not None:
            preformatted = tag[1] == "" if tag[2].lower() == "pre" else preformatted
            made.append(_rewritten_tag(tag))
        else:
            made.append(_minimal(piece if preformatted else _SPACES.sub(" ", piece)))
    return _BLOCK_END.sub(r"\1" + "\r\n", "".join(made)).strip(" \t\r\n\f")


def _rewritten_tag(tag: re.Match[str]) -> str:
    closing, name = tag[1], tag[2].lower()
    if closing:
        return f"</{name}>"
    attributes = sorted((found[1].lower(), _value(found[2])) for found in _ATTRIBUTES.finditer(tag[3]))
    written = "".join(f' {key}="{value}"' for key, value in attributes)
    return f"<{name}{written}{' /' if name in _VOID else ''}>"


def _value(written: str | None) -> str:
    written = written or ""
    bare = written[1:-1] if written[:1] in ("'", '"') else written
    return _minimal(bare).replace('"', "&quot;")


def _pieces(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Cut HTML into tags and what is between them; what only looks like a tag is text."""
    position = 0
    for tag in _TAG.finditer(text):
        if tag.start() > position:
            yield text[position : tag.start()], None
        yield tag[0], tag
        position = tag.end()
    if position < len(text):
        yield text[position:], None


TITLES: Final[Mapping[str, _Rewrite]] = {"as_is": _as_is, "entities": _entities, "rewritten": _minimal}
"""Setting of the switch `html` → how a title comes back."""

DESCRIPTIONS: Final[Mapping[str, _Rewrite]] = {
    "as_is": _as_is,
    "entities": _entities_in_html,
    "rewritten": _rewritten_html,
}
"""Setting of the switch `html` → how a description, or the text of a comment, comes back."""
