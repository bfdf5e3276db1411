"""The shortcuts: what they read is what the grammars read, and what they are there for they do read."""

from base64 import b64decode
from collections.abc import Sequence
from itertools import product, repeat
from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.cut_rfc3164 import cut as cut_rfc3164
from parsers.cut_rfc5424 import cut as cut_rfc5424
from parsers.cutting import Cut, Shortcut
from parsers.dialects import STRICT_RFC3164, STRICT_RFC5424, Dialect
from parsers.matching import match_frames
from parsers.reading import PART_TYPES, read_rows
from parsers.source import UNKNOWN_SOURCE, Source
from tests.parsers.corpora import FILES
from tests.shared import ABSENT, SHARED, corpus

NOON: Final = 1_763_640_000_000_000_000  # 2025-11-20T12:00:00Z
SHORTCUTS: Final = [
    pytest.param(cut_rfc5424, STRICT_RFC5424, id="RFC 5424"),
    pytest.param(cut_rfc3164, STRICT_RFC3164, id="RFC 3164"),
]

HOSTS: Final = (
    b"h", b"fw1.example.net", b"10.0.0.9", b"2001:db8::1", b"user.info", b"CST", b"AM", b"2009",
    b"last", b"Message", b"h_1", b"Jan", b"-", b"", b"h.", b"[h]", b"1,2014/01/28", b"\xff",
    b"fe80::1%eth0", b"h\t",
)  # fmt: skip
TAGS: Final = (
    b"su:", b"sshd[12]:", b"sshd(pam_unix)[12]:", b"postfix/smtpd[1]:", b"CEF:", b"LEEF:", b"cef:",
    b"CEF[1]:", b"%ASA-6-1:", b"87:", b"123:", b"su", b"su[1]", b"a[]:", b"a[b[c]:", b"a]:", b"a[1]x:",
    b"RP/0/RSP0/CPU0:", b"a=b:", b"a" * 33 + b":", b"a" * 32 + b":", b"forwarded", b":", b"", b"a::",
    b"notice:", b"{:", b"a\xc3\xa9:", b"a[\xff]:", b"10.0.0.1:", b"svm_a:", b"#011:", b"[a]:",
    b"message", b"MSWinEventLog:", b"-:", b"a\0:",
)  # fmt: skip
TEXTS: Final = (
    b"text", b"", b" text", b"x\n", b"x\0", b"\r", b"0|a|b|c|d|1|2|", b"a=b c=d", b"\xff",
    b"gr\xc3\xbc\xc3\x9fe", b"repeated 3 times", b"-: x", b"%SYS-5-CONFIG_I: x", b"Nov 20 12:00:00: x",
    b"\xef\xbb\xbfx", b"10.0.0.1 x", b"from h: x", b"[1]: x", b"tmsh[1]: x", b": x",
)  # fmt: skip
STAMPS: Final = (
    b"Nov 20 11:00:00", b"Nov  2 11:00:00", b"Feb 30 11:00:00", b"Nov 02 11:00:00", b"nov 20 11:00:00",
    b"Nov 20 24:00:00", b"Foo 20 11:00:00", b"Nov 20 11:00:0", b"Nov 20  1:00:00",
)  # fmt: skip
PRIS: Final = (b"<13>", b"<0>", b"<191>", b"<192>", b"<013>", b"<>", b"13>", b" <13>", b"<13> ", b"<13>>")

VERSIONS: Final = (b"<0>1", b"<191>1", b"<192>1", b"<13>2", b"<013>1", b"<13>", b"13>1", b"", b"x<13>1")
TIMESTAMPS: Final = (
    b"2003-10-11T22:14:15Z", b"2003-10-11T22:14:15.1Z", b"2003-10-11T22:14:15.003456+02:00",
    b"2003-10-11T22:14:15-11:30", b"2003-02-30T22:14:15.003Z", b"-", b"2003-10-11T22:14:15.Z",
    b"2003-10-11T22:14:15.1234567Z", b"2003-10-11T22:14:15.12Z45Z", b"2003-10-11T22:14:15.1 3Z",
    b"2003-10-11T22:14:60Z", b"2003-10-11t22:14:15Z", b"2003-10-11T22:14:15z", b"2003-10-11T22:14:15+24:00",
    b"2003-10-11T22:14:15.123+0100", b"2003-13-11T22:14:15Z", b"2003-10-11T22:14:15.003\xffZ",
    b"2003-10-11T22:14:150Z", b"2003-10-11T22:14:15ZZ", b"2003-10-11T22:14:15,123Z", b"20031011T221415Z0000",
    b"2003-10-11T22:14:15.12345+01:00", b"2003-10-11T22:14:15.+01:00", b"2003-10-11T22:14:1+01:00", b"",
    b"2003-10-11T22:14:15.123456-00:00", b"9999-12-31T23:59:59.999999Z", b"0000-01-01T00:00:00Z",
)  # fmt: skip
WORDS: Final = (b"-", b"", b"a", b"--", "bücher".encode(), b"a\tb", b"\x7f", b"a" * 33, b"a" * 49, b"a" * 256)
STRUCTURED: Final = (b"-", b"", b'[a@1 b="c"]', b'[a@1 b="c d"]', b"--", b"x")
MSGS: Final = (
    b"text", b"", b" ", b"two  words ", b"\xef\xbb\xbftext", b"text\n", b"text\r\n", b"text\0", b"a\nb",
    b"\xff\xfe", " grüß".encode(), b"\xef\xbb\xbf", b"\n", b"\ttext", b"-",
)  # fmt: skip
USUAL: Final = (b"<34>1", b"2003-10-11T22:14:15.003456Z", b"host", b"su", b"77", b"-", b"-", b"text")
KINDS: Final = (VERSIONS, TIMESTAMPS, WORDS, WORDS, WORDS, WORDS, STRUCTURED, MSGS)


def read(shortcut: Shortcut, frames: Sequence[bytes], source: Source = UNKNOWN_SOURCE) -> Cut | None:
    """What a shortcut reads."""
    octets = pa.array(frames, pa.binary())
    return shortcut(octets, pa.repeat(pa.scalar(NOON), len(frames)), source)


def assert_agrees(
    shortcut: Shortcut, dialect: Dialect, frames: Sequence[bytes], source: Source = UNKNOWN_SOURCE
) -> None:
    """Whatever the shortcut has read, the dialect's own pattern reads, as the same columns."""
    cut = read(shortcut, frames, source)
    if cut is None:
        return
    taken = [frame for frame, hit in zip(frames, cut.hits.to_pylist(), strict=True) if hit]
    ((found, _, rows),) = match_frames(taken, [dialect])
    received = pa.repeat(pa.scalar(NOON), len(taken))
    part, entries = read_rows(found, rows, received, source)
    assert len(next(iter(rows.values()))) == len(taken), "the pattern matches less than the shortcut"
    assert not entries
    assert {name: column.type for name, column in cut.part.items()} == dict(PART_TYPES)
    for name in PART_TYPES:
        assert cut.part[name].equals(part[name]), name


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
@pytest.mark.parametrize(("shortcut", "dialect"), SHORTCUTS)
@pytest.mark.parametrize("file", FILES)
def test_the_corpora(shortcut: Shortcut, dialect: Dialect, file: str) -> None:
    """Every message of the corpora that a shortcut takes is read as the grammar reads it."""
    frames = [b64decode(case["input_b64"]) for case in corpus(file) if "input_b64" in case]
    assert_agrees(shortcut, dialect, frames or [b""])


@given(
    st.lists(
        st.builds(
            lambda pri, stamp, words: pri + stamp + b" " + b" ".join(words),
            st.sampled_from(PRIS),
            st.sampled_from(STAMPS),
            st.tuples(*map(st.sampled_from, (HOSTS, TAGS, TEXTS))),
        ),
        min_size=1,
    )
)
def test_odd_words_of_rfc3164(frames: list[bytes]) -> None:
    """Words that mean something else, or nothing, are never taken for HOSTNAME, TAG or text."""
    assert_agrees(cut_rfc3164, STRICT_RFC3164, frames)


@given(st.lists(st.tuples(*map(st.sampled_from, KINDS)).map(b" ".join), min_size=1))
def test_odd_words_of_rfc5424(frames: list[bytes]) -> None:
    """Words that are not of their productions are never taken for what should stand there."""
    assert_agrees(cut_rfc5424, STRICT_RFC5424, frames)


def test_every_odd_word_of_rfc5424_among_usual_ones() -> None:
    """Every odd word in every place is read as the grammar reads it, or left to it."""
    frames = [b" ".join(USUAL)]
    for place, kind in enumerate(KINDS):
        frames += [b" ".join((*USUAL[:place], odd, *USUAL[place + 1 :])) for odd in kind]
    for source in (UNKNOWN_SOURCE, Source(charset="iso-8859-1")):
        assert_agrees(cut_rfc5424, STRICT_RFC5424, frames, source)


def test_usual_messages_of_rfc5424_are_taken() -> None:
    """The shortcut of RFC 5424 takes what nearly all send: with Z or an offset, with NILVALUEs."""
    stamps = (*TIMESTAMPS[:4], b"-")
    frames = [
        b" ".join((b"<%d>1" % prival, *parts, b"-", text))
        for prival in (0, 13, 191)
        for parts in product(stamps, *repeat((b"-", b"word"), 4))
        for text in (b"text", b"", b"\xff")
    ]
    cut = read(cut_rfc5424, frames)
    assert cut is not None
    assert cut.hits.true_count == len(frames)
    assert_agrees(cut_rfc5424, STRICT_RFC5424, frames)


@pytest.mark.parametrize(("shortcut", "dialect"), SHORTCUTS)
@given(
    frames=st.lists(
        st.binary() | st.binary().map(lambda rest: b"<13>Nov 20 11:00:00 h a: " + rest), min_size=1
    )
)
def test_any_octets(shortcut: Shortcut, dialect: Dialect, frames: list[bytes]) -> None:
    """Octets of any kind are never read otherwise than the grammar reads them."""
    assert_agrees(shortcut, dialect, frames)


def test_every_host_tag_and_text_there_is() -> None:
    """All combinations of the odd words at once."""
    frames = [
        b"<13>Nov 20 11:00:00 %b %b %b" % (host, tag, text)
        for host in HOSTS
        for tag in TAGS
        for text in TEXTS
    ]
    assert_agrees(cut_rfc3164, STRICT_RFC3164, frames)


def test_what_programs_send_is_taken() -> None:
    """The shortcut of RFC 3164 takes what syslogd's clients send, in whatever company."""
    frames = [
        b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
        b"no syslog at all",
        b"<38>Nov  2 08:00:00 10.0.0.9 sshd[4123]: Accepted password",
        b"<38>Nov  2 08:00:00 h %ASA-6-1: x",
        b"<38>Nov  2 08:00:00 h postfix/smtpd[1]: gr\xc3\xbc\xc3\x9fe",
        b"<38>Nov  2 08:00:00 h a: \xff",
    ]
    cut = read(cut_rfc3164, frames)
    assert cut is not None
    assert cut.hits.to_pylist() == [True, False, True, False, True, True]
    assert cut.part["app_name"].to_pylist() == ["su", "sshd", "postfix/smtpd", "a"]
    assert cut.part["proc_id"].to_pylist() == [None, "4123", "1", None]
    assert_agrees(cut_rfc3164, STRICT_RFC3164, frames)
