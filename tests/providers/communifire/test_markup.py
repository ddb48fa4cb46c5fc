"""Titles and descriptions that a site writes anew are still the same; anything else is another text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.communifire.emulator.markup import DESCRIPTIONS, TITLES
from reconciler.providers.communifire.markup import description_key, title_key

REWRITES = ["entities", "rewritten"]
PIECES = [
    *("&", "<", ">", '"', "'", ";", "#", "=", "/", "-", "a", "x", "lt", "amp", "é", "ß", "\xa0", "😀", "漢"),
    *("&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&apos;", "&nbsp;", "&#60;", "&#x3c;", "&foo;", "&notit;"),
    *("&lt", "&amp", "&copy", "&region=", "&#38", "&#x26", "&#120;", "&#59;", "&#9;", "&#10;", "&#13;"),
    *(" ", "  ", "\n", "\r\n", "\t", "\x0b", "\x00", "\u2028"),
    *("<p>", "</p>", "<P Class=a>", "<b>", "</B>", "<br>", "<br/>", "<BR />", "<hr>", "<a/b>", "<a ", "<div\t>"),
    *("</div>", "<li>", "</li>", "<td>", "</td>", "<pre>", "</pre>", '<a b="x\'y" C=2 >', "<a c='>' d>"),
    *("<a href=?a=1&region=2>", "<!-- c -->", "<!DOCTYPE x>", "<![CDATA[", "]]>", "<script>", "</script>", "<3"),
]
# What Unicode assigns to no character comes back from .NET's encoder as a number that means nothing.
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(
    st.characters(exclude_categories=("Cs", "Cn", "Co"))
)


@pytest.mark.parametrize("switch", REWRITES)
@given(text=TEXTS)
def test_a_title_is_the_same_however_the_site_shows_it(switch: str, text: str) -> None:
    assert title_key(TITLES[switch](text)) == title_key(text)


@pytest.mark.parametrize("switch", REWRITES)
@given(text=TEXTS)
def test_a_description_is_the_same_however_the_site_shows_it(switch: str, text: str) -> None:
    assert description_key(DESCRIPTIONS[switch](text)) == description_key(text)


@pytest.mark.parametrize("switch", REWRITES)
@given(text=TEXTS)
def test_what_is_shown_may_be_written_and_shown_again(switch: str, text: str) -> None:
    shown = DESCRIPTIONS[switch](DESCRIPTIONS[switch](text))

    assert description_key(shown) == description_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("R&D's <1>", "R&amp;D&#39;s &lt;1&gt;"),
        ("R&D", "R&#38;D"),
        ("Müller", "M&uuml;ller"),
        ("Müller", "M&#xFC;ller"),
        ('"', "&quot;"),
        ("https://x.example/?id=1&region=eu", "https://x.example/?id=1&amp;region=eu"),
        ("https://x.example/?id=1&region=eu", "https://x.example/?id=1®ion=eu"),
        ("&lt", "&amp;lt"),
    ],
)
def test_entities_make_no_other_title(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "A"),
        ("a", "a "),
        ("a b", "a  b"),
        ("a", "b"),
        ("&amp;lt;", "<"),
        ("&amp;amp;", "&"),
        ("<b>", "b"),
        ("a\xa0b", "a b"),
        ("", "&"),
    ],
)
def test_another_title_is_another(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a & b</p>", "<p>a &amp; b</p>"),
        ("<p>1 < 2 > 0</p>", "<p>1 &lt; 2 &gt; 0</p>"),
        ("<p>don't</p>", "<p>don&#39;t</p>"),
        ("<p>é 😀</p>", "<p>&eacute; &#128512;</p>"),
        ("<p>a\xa0b</p>", "<p>a&nbsp;b</p>"),
        ("<p>two   words\n\tmore</p>", "<p>two words more</p>"),
        ("<p>a</p>\n\n<p>b</p>", "<p>a</p><p>b</p>"),
        ("<ul>\n  <li> a </li>\n</ul>\n", "<ul><li>a</li></ul>"),
        ("  <p>a</p> ", "<p>a</p>"),
        ("a<br> b", "a<br/>b"),
        ("<br>", "<br />"),
        ("<P>a</P>", "<p>a</p>"),
        ('<a HREF="x" id=1>a</a>', "<a id='1' href='x'>a</a>"),
        ("<a href='?a=1&b=\"2\"'>a</a>", '<a href="?a=1&amp;b=&quot;2&quot;">a</a>'),
        ("<input disabled>", '<input disabled="">'),
        ("<p >a</p >", "<p>a</p>"),
        ("<pre>a\r\nb</pre>", "<pre>a\nb</pre>"),
        ("<!-- a  b -->", "&lt;!-- a b --&gt;"),
    ],
)
def test_another_spelling_makes_no_other_description(one: str, other: str) -> None:
    assert description_key(one) == description_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a</p>", "<p>A</p>"),
        ("<p>a</p>", "<div>a</div>"),
        ("<p>a</p>", "a"),
        ("<p>a</p>", "<p>a"),
        ("<b>a</b>", "<i>a</i>"),
        ("<b>a</b> b", "<b>a</b>b"),
        ("<p>a</p>", "<p class=''>a</p>"),
        ("<p class='a'>a</p>", "<p class='A'>a</p>"),
        ("<p class='a  b'>a</p>", "<p class='a b'>a</p>"),
        ("<p a=1>a</p>", "<p b=1>a</p>"),
        ("<p>a</p><hr>", "<p>a</p>"),
        ("<p>&lt;b&gt;</p>", "<p><b></p>"),
        ("<p>&amp;lt;</p>", "<p>&lt;</p>"),
        ("<pre>a  b</pre>", "<pre>a b</pre>"),
        ("<pre> a</pre>", "<pre>a</pre>"),
        ("<pre>a\nb</pre>", "<pre>a b</pre>"),
        ("<textarea>a  b</textarea>", "<textarea>a b</textarea>"),
        ("<pre>a</pre>b  c", "<pre>a</pre>bc"),
        ("a b", "a\xa0b"),
        ("<!-- a -->", ""),
    ],
)
def test_another_description_is_another(one: str, other: str) -> None:
    assert description_key(one) != description_key(other)


@pytest.mark.parametrize("key", [title_key, description_key])
@given(text=st.text())
def test_any_text_has_a_key(key: Callable[[str], str], text: str) -> None:
    assert isinstance(key(text), str)


@pytest.mark.parametrize("key", [title_key, description_key])
@pytest.mark.parametrize(
    "hostile",
    [
        "&amp",
        "&#38",
        "&",
        "<",
        "<a ",
        '<a b="',
        "<a b='\" ",
        "<a b=\"<a c=' ",
        "<p>",
        "</p> ",
        "<!--",
        "<div>",
        " ",
        "<pre>\r\n",
        "\x00",
        "&#x",
    ],
)
def test_a_megabyte_takes_time_in_proportion(key: Callable[[str], str], hostile: str) -> None:
    def seconds(size: int) -> float:
        text = f"<a{hostile * (size // len(hostile))}"
        started = time.process_time()
        key(text)
        return time.process_time() - started

    # Squared, the second would take a hundred times as long as the first.
    assert seconds(1_000_000) < 30 * max(seconds(100_000), 0.01)


@pytest.mark.parametrize(
    "digits", ["9" * 100_000, "0" * 100_000 + "65", "x" + "f" * 100_000, "X" + "0" * 5000 + "41"]
)
def test_a_number_of_any_length_is_a_character_or_none(digits: str) -> None:
    shown = title_key(f"&#{digits};")

    assert shown == ("A" if digits.strip("xX").lstrip("0") in {"65", "41"} else "\ufffd")
    assert title_key(f"&amp;#{digits} ") == f"{shown} "
