"""Two engines, one grammar: every dialect, run by pyparsing and compiled, reads the same."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyparsing import ParseException

from parsers.dialects import COLUMNS, DIALECTS, UNPARSED, Dialect, Gap, Present, dialects_of
from parsers.grammar import to_text
from tests.shared import corpus

EVERY: Final = (*DIALECTS, UNPARSED)
LONGEST: Final = 600  # octets: pyparsing is slow, and headers are short
SAMPLE: Final = 4  # every fourth of the corpora' inputs; all of them were run by hand

MESSAGES: Final = [
    b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed\n",
    b'<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 my 8710 - [a@1 b="\\]" c="d\\\\"][e] %% x',
    b"<34>1 - - - - - -",
    b"<13> 12 2003-10-11t22:14:15,1 h a p m [x y=z] [z]m",
    b"<5>1 2020-01-24T22:53:03Z HOST CEF:0|Cyber-Ark|Vault|10",
    b"<165>1 2007-02-15T09:17:15.719Z mib2d[1484]: SNMP_TRAP_LINK_UP: ifIndex 584",
    b"1 2003-10-11T22:14:15Z h a - - (file.cpp:35) Value 16",
    b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n\0",
    b"<0>Oct  2 10:52:01 2001:db8::1 sched[0]: That's All Folks!",
    b"\xef\xbb\xbf<189>: *Mar 4 2015 07:03:59.338 UTC: %LINEPROTO-5-UPDOWN: up",
    b"<30>2017-05-21 00:00:01.123 +0200  host (Hostd)[7] verbose",
    b"<27>xapi[12]: [error|xen3|15]",
    b"Use the BFG!",
]
PIECES: Final = st.sampled_from(
    [b"", b" ", b"-", b"[", b"]", b'"', b"\\", b"\n", b"\0", b":", b"<", b">", b"1", b"=", b".", b"\xff"]
) | st.just(b"\xef\xbb\xbf")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a message with a few octets changed."""
    message = bytearray(draw(st.sampled_from(MESSAGES)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(message)))
        message[place : place + draw(st.integers(0, 3))] = draw(PIECES)
    return bytes(message)


def by_pyparsing(dialect: Dialect, frame: bytes) -> dict[str, bytes] | None:
    """Read a frame with pyparsing; None when it does not match."""
    try:
        results = dialect.grammar.parse_string(to_text(frame)).as_dict()
    except ParseException:
        return None
    return {name: text.encode("latin-1") for name, text in results.items()}


def by_pattern(dialect: Dialect, frame: bytes) -> dict[str, bytes] | None:
    """Read a frame with the compiled pattern; None when it does not match."""
    match = dialect.pattern.fullmatch(frame)
    if match is None:
        return None
    return {name: octets for name, octets in match.groupdict().items() if octets is not None}


def corpora_inputs(folder: Path) -> Iterator[bytes]:
    """Give the inputs of all the corpora."""
    for path in sorted(folder.glob("*.jsonl*")):
        for case in corpus(path.name.partition(".")[0]):
            if "input_b64" in case:
                yield b64decode(case["input_b64"])


@given(mutated() | st.binary(max_size=40))
def test_both_engines_read_the_same_of_any_octets(frame: bytes) -> None:
    """Matched or not, and every results name to the octet: pyparsing and the pattern agree."""
    for dialect in EVERY:
        assert by_pyparsing(dialect, frame) == by_pattern(dialect, frame), dialect.name


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_both_engines_read_the_same_of_the_corpora(dialect: Dialect, shared: Path) -> None:
    """What nobody here has written, the two engines read alike as well."""
    for frame in list(corpora_inputs(shared / "corpora"))[::SAMPLE]:
        frame = frame[:LONGEST]  # noqa: PLW2901 - the part that is read
        assert by_pyparsing(dialect, frame) == by_pattern(dialect, frame), frame


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_every_name_has_its_place(dialect: Dialect) -> None:
    """Each results name is a column or a gap of the layout, or explains a leniency: none is forgotten."""
    parts = {part.name for part in dialect.layout if isinstance(part, (Gap, Present))}
    known = {*COLUMNS, *parts, *dialect.present}
    assert set(dialect.pattern.groupindex) <= known
    assert {*dialect.present, *dialect.absent, *dialect.unlike} <= {
        *dialect.pattern.groupindex,
        "msg_id",
        *COLUMNS,
    }


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """A format that does not exist is our caller's mistake, and the error lists those that do."""
    with pytest.raises(ValueError, match="use auto, rfc5424 or rfc3164"):
        dialects_of("rfc822")


@pytest.mark.parametrize("name", ["auto", "rfc5424", "rfc3164"])
def test_the_last_dialect_takes_everything(name: str) -> None:
    """Whatever formats are tried, what none of them matches is taken by the last."""
    assert dialects_of(name)[-1] is UNPARSED
    assert UNPARSED.pattern.fullmatch(bytes(range(256)))
    assert UNPARSED.pattern.fullmatch(b"")


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_no_frame_keeps_a_dialect_busy(dialect: Dialect) -> None:
    """A frame of 64 KiB costs its length, whatever it repeats: no pattern goes over it again and again."""
    starts = [
        b"",
        b"<34>1 - h a p m [",
        b'<34>1 - h a p m [a b="',
        b"<34>Oct 11 22:14:15 ",
        b"<34>Oct 11 22:14:15 h a[",
    ]
    for start in starts:
        for filler in (
            b"a",
            b" ",
            b":",
            b"[",
            b"]",
            b'"',
            b"\\",
            b'["',
            b'"]',
            b'["]',
            b'["\\]',
            b"a:",
            b"a ",
            b"[a]",
            b"\n",
        ):
            dialect.pattern.fullmatch(start + filler * (65_536 // len(filler)))
