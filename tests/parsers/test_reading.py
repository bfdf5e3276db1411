"""From a dialect's matches to columns: every leniency is told, and none is told without cause."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from parsers.dialects import DIALECTS, STRICT_RFC3164, STRICT_RFC5424
from parsers.schema import Format

Parse = Callable[..., dict[str, Any]]

# What a message can be flagged with although it is written to the letter: RFC 3164 has neither year nor
# zone, MSG may be in any encoding, and the calendar is no part of a grammar, nor is SD-ID's being unique.
BEYOND_GRAMMAR: Final = {"year_inferred", "timezone_assumed", "utf8_invalid"}
NOT_IN_GRAMMAR: Final = {"timestamp_invalid", "sd_malformed"}

HEADERS: Final = [
    "<34>1 2003-10-11T22:14:15.003Z h a p m - x",
    "<34>1 2003-02-30T22:14:15Z h - - - [a][a]",
    "<34>Oct 11 22:14:15 h a[7]: x",
    "<34>Feb 30 22:14:15 h a b",
]


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """Draw a message that is right but for an octet or two."""
    message = list(draw(st.sampled_from(HEADERS)))
    for _ in range(draw(st.integers(0, 2))):
        message.insert(draw(st.integers(0, len(message))), draw(st.sampled_from(' -:1[]"Zt\xe9\n')))
    for _ in range(draw(st.integers(0, 2))):
        del message[draw(st.integers(0, len(message) - 1))]
    return "".join(message).encode("latin-1")


@given(nearly_right())
def test_only_what_is_to_the_letter_goes_without_flags(parse: Parse, frame: bytes) -> None:
    """A message has a flag of its own exactly when neither standard's own grammar matches it."""
    flags = set(parse(frame)["flags"]) - BEYOND_GRAMMAR
    if any(dialect.pattern.fullmatch(frame) for dialect in (STRICT_RFC5424, STRICT_RFC3164)):
        assert flags <= NOT_IN_GRAMMAR
    else:
        assert flags


@given(nearly_right())
def test_the_first_dialect_that_matches_is_the_one(parse: Parse, frame: bytes) -> None:
    """Dialects are tried in order: the format is that of the first whose grammar matches."""
    formats = [dialect.format for dialect in DIALECTS if dialect.pattern.fullmatch(frame)]
    assert parse(frame)["format"] == [*formats, Format.UNPARSED][0]
