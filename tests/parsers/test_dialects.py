"""Two engines, one grammar: every dialect, run by pyparsing and compiled, reads the same."""

import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyparsing import ParseException

import parsers.dialects
from parsers.dialects import COLUMNS, DIALECTS, FORMATS, UNPARSED, Dialect, dialects_of
from parsers.dialects.beginning import BEGINNING
from parsers.grammar import to_text
from parsers.layouts import Gap, Present
from parsers.matching import LOOK
from tests.shared import corpus

EVERY: Final = (*DIALECTS, UNPARSED)
# Modules whose tests are those of the grammars (test_rfc5424.py, …), and those that have no dialect.
OF_THE_STANDARDS: Final = {
    "beginning", "common_rfc3164", "dialect", "lenient_rfc3164", "lenient_rfc5424", "parts", "payload",
    "rfc3164_without_time", "rfc5424_cut", "rfc5424_without_sd", "strict_rfc3164", "strict_rfc5424",
    "unparsed",
}  # fmt: skip
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
    b"<189>30: foo: 6340004: *Mar  4 11:45:20: %SEC-6-IPACCESSLOGP: list permitted",
    b"<13>Oct 11 22:14:15 h 12: Oct 11 22:14:14: %SYS-5-X: relayed",
    b"<166>9: h RP/0/RSP0/CPU0:Oct  3 09:00:01: p[6]: %A-5-B : x",
    b"<30>Oct 11 22:14:15 U7PG2,788a2056b181,v4.0.66: logread[5495]: x",
    b"<166>Oct 11 22:14:15 h notice tmsh[16322]: x",
    b"<189>Oct 11 22:14:15 2022 host (Stack) %%10WEB/5/LOGIN: x",
    b"<175>Oct 11 22:14:15 #001\tMSWinEventLog\t0\tS\t1\tF\t5\tS\tr\tU\tA\tX",
    b'<111>date=2015-08-11 time=19:19:43 devname="x" tz="+0200"',
    b'{"version":"1.1","host":"h","short_message":"x","level":3}',
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


def is_tried(dialect: Dialect, frame: bytes) -> bool:
    """Tell whether a frame is given to a dialect's pattern at all, if no dialect before it matches."""
    look = BEGINNING.match(frame)
    assert look is not None
    return dialect.holds in frame and (dialect.order < LOOK or look.lastgroup in dialect.begins)


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
        assert is_tried(dialect, frame) or not dialect.pattern.fullmatch(frame), dialect.name


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_both_engines_read_the_same_of_the_corpora(dialect: Dialect, shared: Path) -> None:
    """What nobody here has written, the two engines read alike as well."""
    for frame in list(corpora_inputs(shared / "corpora"))[::SAMPLE]:
        frame = frame[:LONGEST]  # noqa: PLW2901 - the part that is read
        assert by_pyparsing(dialect, frame) == by_pattern(dialect, frame), frame


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_a_dialect_is_tried_on_all_that_it_matches(dialect: Dialect, shared: Path) -> None:
    """What a dialect matches begins as it says, and holds what it says: no message is lost to that."""
    for frame in corpora_inputs(shared / "corpora"):
        assert is_tried(dialect, frame) or not dialect.pattern.fullmatch(frame), frame


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.name for dialect in DIALECTS])
def test_every_field_is_named(dialect: Dialect) -> None:
    """What a dialect reads into the column fields is a results name of its grammar, named for people."""
    assert set(dialect.fields) <= set(dialect.pattern.groupindex)
    assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", field) for field in dialect.fields.values())


def test_every_dialect_has_its_test() -> None:
    """A module of a device's dialect has a test of its name, so that none goes without."""
    tests = {
        path.stem.removeprefix("test_") for path in (Path(__file__).parent / "dialects").glob("test_*.py")
    }
    modules = {found.name for found in iter_modules(parsers.dialects.__path__)}
    assert modules - tests <= OF_THE_STANDARDS


@pytest.mark.parametrize("dialect", EVERY, ids=[dialect.name for dialect in EVERY])
def test_every_name_has_its_place(dialect: Dialect) -> None:
    """Each results name is a column or a gap of the layout, or explains a leniency: none is forgotten."""
    parts = {part.name for part in dialect.layout if isinstance(part, (Gap, Present))}
    known = {*COLUMNS, *parts, *dialect.present, *dialect.fields, *dialect.stamp, *dialect.absent, "severity"}
    assert set(dialect.pattern.groupindex) <= known
    assert {*dialect.present, *dialect.absent, *dialect.unlike} <= {
        *dialect.pattern.groupindex,
        "msg_id",
        *COLUMNS,
    }


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """A format that does not exist is our caller's mistake, and the error lists those that do."""
    with pytest.raises(ValueError, match="use auto, rfc5424, rfc3164 or gelf"):
        dialects_of("rfc822")


@pytest.mark.parametrize("name", FORMATS)
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
        b"<34>Oct 11 22:14:15 a: b: ",
        b"<34>12: a: ",
        b'<34>{"version": "1.1", "short_message": "',
        b"<34>date=2020-01-01 a=",
        b"<34>Oct 11 22:14:15 h MSWinEventLog\t",
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
            b"\t",
            b"%",
            b"a=",
            b"1: ",
            b"#011",
            b'"host":"',
        ):
            dialect.pattern.fullmatch(start + filler * (65_536 // len(filler)))
