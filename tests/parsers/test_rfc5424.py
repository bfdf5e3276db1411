"""RFC 5424 to the letter: what its ABNF allows matches the strict grammar, and nothing else does."""

from typing import Final

import pytest

from parsers.compile import compile_grammar
from parsers.rfc5424 import SD_ELEMENT, SYSLOG_MSG

PATTERN: Final = compile_grammar(SYSLOG_MSG)

CONFORMANT = [
    b"<34>1 - - - - - -",
    b"<0>1 - - - - - - ",  # an empty MSG
    b"<191>1 - - - - - - x",
    b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed",
    b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
    b"<34>1 1985-04-12T19:20:50.52-04:00 - - - - -",
    b"<34>1 2003-10-11T22:14:15+23:59 2001:db8::1 - - - -",
    b"<34>1 - " + b"h" * 255 + b" " + b"a" * 48 + b" " + b"p" * 128 + b" " + b"m" * 32 + b" -",
    b"<34>1 - -- -a --- -- -",  # a hyphen is NILVALUE only alone
    b"<34>1 - - - - - [exampleSDID@32473]",
    b'<34>1 - - - - - [a b="c"][d e="f" g="h"] [i j="k"] is MSG (section 6.3.5, example 3)',
    b'<34>1 - - - - - [a b="\\"\\\\\\]"] x',
    b'<34>1 - - - - - [a b="1\\2" c=""] a backslash before anything else is a backslash',
    b'<34>1 - - - - - [a b="\x00\n \xff"] controls MUST NOT fail (section 6.3.3)',
    b"<34>1 - - - - - [" + b"i" * 32 + b" " + b"n" * 32 + b'="v"]',
    b"<34>1 - - - - - - \xef\xbb\xbfBOM and \x00 \n anything at all \xff",
]

DEVIANT = [
    b"",
    b"34>1 - - - - - -",
    b"<192>1 - - - - - -",
    b"<034>1 - - - - - -",
    b"<00>1 - - - - - -",
    b"<>1 - - - - - -",
    b"<34>0 - - - - - -",
    b"<34>2 - - - - - -",
    b"<34>1  - - - - - -",
    b"<34> 1 - - - - - -",
    b" <34>1 - - - - - -",
    b"<34>1 - - - - -",
    b"<34>1 - - - - - -\n",  # MSG begins with SP
    b"<34>1 - - - - - -x",
    b"<34>1 2003-10-11t22:14:15Z - - - - -",
    b"<34>1 2003-10-11T22:14:15z - - - - -",
    b"<34>1 2003-10-11T22:14:15 - - - - -",
    b"<34>1 2003-10-11T22:14:60Z - - - - -",
    b"<34>1 2003-10-11T24:00:00Z - - - - -",
    b"<34>1 2003-13-11T22:14:15Z - - - - -",
    b"<34>1 2003-10-32T22:14:15Z - - - - -",
    b"<34>1 2003-10-11T22:14:15.Z - - - - -",
    b"<34>1 2003-10-11T22:14:15.0000001Z - - - - -",
    b"<34>1 2003-10-11T22:14:15+0200 - - - - -",
    b"<34>1 2003-10-11T22:14:15+24:00 - - - - -",
    b"<34>1 2003-10-11 22:14:15Z - - - - -",
    b"<34>1 - " + b"h" * 256 + b" - - - -",
    b"<34>1 - - " + b"a" * 49 + b" - - -",
    b"<34>1 - - - " + b"p" * 129 + b" - -",
    b"<34>1 - - - - " + b"m" * 33 + b" -",
    b"<34>1 - h\xc3\xb6st - - - -",
    b"<34>1 - a\tb - - - -",
    b"<34>1 - - - - - []",
    b"<34>1 - - - - - [ a]",
    b"<34>1 - - - - - [a ]",
    b'<34>1 - - - - - [a b="c" ]',
    b'<34>1 - - - - - [a  b="c"]',
    b"<34>1 - - - - - [a b=c]",
    b'<34>1 - - - - - [a b= "c"]',
    b'<34>1 - - - - - [a b="c]"]',
    b'<34>1 - - - - - [a b="c"d"]',
    b'<34>1 - - - - - [a b="c"]x',
    b'<34>1 - - - - - [a b="c"',
    b'<34>1 - - - - - [a b="c\\"]',
    b'<34>1 - - - - - [a="b"]',
    b"<34>1 - - - - - [" + b"i" * 33 + b"]",
    b"<34>1 - - - - - [a " + b"n" * 33 + b'="v"]',
]


@pytest.mark.parametrize("message", CONFORMANT)
def test_what_the_abnf_allows_matches(message: bytes) -> None:
    """A conformant message matches the strict grammar (section 6)."""
    assert PATTERN.fullmatch(message)


@pytest.mark.parametrize("message", DEVIANT)
def test_what_the_abnf_does_not_allow_does_not_match(message: bytes) -> None:
    """A message that departs from the ABNF in one octet does not match the strict grammar."""
    assert PATTERN.fullmatch(message) is None


def test_nilvalue_has_no_value() -> None:
    """NILVALUE leaves its field out, in every field that may be one (section 6)."""
    match = PATTERN.fullmatch(b"<34>1 - - - - - -")
    assert match is not None
    found = {name for name, octets in match.groupdict().items() if octets is not None}
    assert found == {"pri"}


def test_msg_is_told_from_its_bom_and_its_trailer() -> None:
    """The text of MSG stands between the BOM and the LF, CR and NUL at its very end."""
    match = PATTERN.fullmatch(b"<34>1 - - - - - - \xef\xbb\xbfa\nb\r\n\0")
    assert match is not None
    assert (match["bom"], match["message"], match["trailer"]) == (b"\xef\xbb\xbf", b"a\nb", b"\r\n\0")


def test_a_long_message_costs_its_length() -> None:
    """No message of 64 KiB keeps the grammar busy: quotes and backslashes are read once."""
    for filler in (b"\\", b'"', b"]", b"[", b"a", b' a="', b"\\]"):
        message = b'<34>1 - - - - - [a b="' + filler * (65_536 // len(filler))
        assert PATTERN.fullmatch(message) is None


def test_an_element_alone_is_a_grammar_too() -> None:
    """Each production compiles by itself, for those who look at a part only."""
    assert compile_grammar(SD_ELEMENT).fullmatch(b'[a b="c"]')
