"""Foreign text on a page: what is hidden shows, and what is markup stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.visible import decode, plain, show


def test_markup_is_escaped() -> None:
    """Markup in a message is text."""
    assert show("<b>\"&'", 100).markup == "&lt;b&gt;&#34;&amp;&#39;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\u241b[31m"),
        ("a\x00\x00b", "a\u2400\u2400b"),
        ("\x7f", "\u2421"),
        ("\u202egpj.exe", "[U+202E]gpj.exe"),
        ("\x9b", "[U+009B]"),
        ("\u2066\U000e0041", "[U+2066][U+E0041]"),
        ("a\tb\nc\r", "a\u2409b\u240ac\u240d"),
    ],
)
def test_hidden_characters_show(text: str, shown: str) -> None:
    """A control character shows as its picture, one that directs or hides text as its code."""
    assert plain(text) == shown


def test_control_characters_are_named() -> None:
    """The element of control characters carries their names, repeats counted, for fonts without pictures."""
    shown = str(show("\x1b\x00\x00", 10).markup)
    assert shown == '<span class="hidden-character" data-names="ESC NUL\u00d72">\u241b\u2400\u2400</span>'


def test_pictures_in_a_message_are_no_control_characters() -> None:
    """A U+241B that was sent stands bare, an ESC in an element of its own."""
    assert "<span" not in show("\u241b", 10).markup
    assert "<span" in show("\x1b", 10).markup


def test_octets_that_are_not_utf8_show_their_number() -> None:
    """An octet that is not UTF-8 is shown as that octet, whatever stands around it."""
    assert plain(decode(b"caf\xe9 \xc3\xa9")) == "caf[octet 0xE9] \u00e9"


def test_lines_end_where_they_ended() -> None:
    """Where lines may show, each LF ends one, behind its picture."""
    shown = str(show("one\ntwo\r\n\nthree", 100, lines=True).markup)
    assert [line.split("<")[0] for line in shown.split("\n")] == ["one", "two", "", "three"]


def test_long_text_is_cut_and_says_so() -> None:
    """What is cut off is counted."""
    shown = show("a" * 1_000_000, 10)
    assert (shown.markup, shown.left_out) == ("a" * 10, 999_990)


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    """Whatever the text: no control, no bidirectional control and no bare markup character remains."""
    shown = str(show(text, 10_000).markup)
    assert plain(plain(text)) == plain(text)
    inside = shown.replace('<span class="hidden-character"', "").replace("</span>", "")
    assert not set(inside) & set("\x00\x1b\u202e\u2066\u200f")
