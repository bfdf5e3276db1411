"""Guests at the wrong port are known by their first octets, and no message is taken for one."""

import zlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.guests import Guest, NeedMore, advice, datagram_guests, guest
from tests.collector.guests import DATAGRAMS_OF_GUESTS, DTLS_HELLO, GELF, LIKE_GUESTS, STREAMS_OF_GUESTS
from tests.shared import corpus

STREAMS = ("tcp", "tls", "relp", "relp-tls", "gelf-tcp")
DATAGRAMS = ("udp", "dtls", "gelf-udp")
# Who is at home where another is a guest.
AT_HOME = {
    "tls": Guest.TLS,
    "relp": Guest.RELP,
    "relp-tls": Guest.TLS,
    "gelf-tcp": Guest.GELF,
    "dtls": Guest.DTLS,
    "gelf-udp": Guest.GELF,
}


@pytest.mark.parametrize("name", STREAMS_OF_GUESTS)
@pytest.mark.parametrize("transport", STREAMS)
def test_guest_of_a_stream(name: Guest, transport: str) -> None:
    """Each protocol is told as soon as that is certain, and more octets do not change the answer."""
    octets = STREAMS_OF_GUESTS[name]
    expected = None if AT_HOME.get(transport) is name else name
    answers = [guest(octets[:size], transport) for size in range(1, len(octets) + 1)]
    known = [answer for answer in answers if not isinstance(answer, NeedMore)]
    assert answers[-1] == expected
    assert known == [expected] * len(known)
    assert known == answers[len(answers) - len(known) :]


@pytest.mark.parametrize("name", DATAGRAMS_OF_GUESTS)
@pytest.mark.parametrize("transport", DATAGRAMS)
def test_guest_of_a_datagram(name: str, transport: str) -> None:
    """A datagram of another protocol is told from its octets alone."""
    expected, octets = DATAGRAMS_OF_GUESTS[name]
    expected_here = None if AT_HOME.get(transport) is expected else expected
    assert guest(octets, transport, complete=True) == expected_here


@pytest.mark.parametrize("transport", ["tls", "relp", "relp-tls", "gelf-tcp", "dtls", "gelf-udp"])
@pytest.mark.parametrize("octets", [b"<13>a message", b"17 <13>counted frame", b"<134>1 - h a - - - x"])
def test_syslog_where_it_is_not_spoken(octets: bytes, transport: str) -> None:
    """Plain syslog is a guest, too, where encryption, RELP or GELF is expected."""
    assert guest(octets, transport) == Guest.SYSLOG


@pytest.mark.parametrize("octets", LIKE_GUESTS)
def test_text_like_a_guest(octets: bytes) -> None:
    """Text that only begins like another protocol is a message."""
    assert guest(octets + b"\n<13>next\n", "tcp") is None
    assert guest(octets, "tcp", complete=True) is None
    assert guest(octets, "udp", complete=True) is None


def test_object_without_end() -> None:
    """A hostile object, nested deeper than any reader goes, is no guest, and does no harm."""
    assert guest(b'{"short_message":' * 3_000 + b"\n", "tcp") is None
    assert guest(b'{"short_message":' + b"1" * 60_000 + b"}", "udp", complete=True) is None


@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS", b"CONNECT", b"PRI"])
@pytest.mark.parametrize("end", [b"\r\n", b"\nHost: x\n", b"\n\n"])
def test_requests(method: bytes, end: bytes) -> None:
    """An HTTP request line ends in CR LF, or something of HTTP follows it."""
    assert guest(method + b" http://h/?a=b HTTP/1.0" + end, "tcp") == Guest.HTTP


def test_request_line_that_is_a_message() -> None:
    """A line of a log that quotes a request is followed by the next line of that log."""
    assert guest(b"GET / HTTP/1.1\nPOST /login HTTP/1.1\n", "tcp") is None


def test_hello_of_ssl_2() -> None:
    """Old scanners wrap their ClientHello as SSL 2.0 did."""
    assert guest(bytes.fromhex("802e0103010015000000"), "tcp") == Guest.TLS


@pytest.mark.parametrize("number", [2, 129])
def test_chunk_that_is_none(number: int) -> None:
    """A chunk's number is below the count of chunks, which is at most 128."""
    assert guest(b"\x1e\x0f" + b"message!" + bytes([number, 2]), "udp", complete=True) is None
    assert guest(b"\x1e\x0f" + b"message!" + bytes([0, 129]), "udp", complete=True) is None


@pytest.mark.parametrize(
    "octets", [zlib.compress(b"<13>x"), b"x\x9c", b"x^2 is a square", b"\x1e\x0f12345678"]
)
def test_datagram_that_is_not_gelf(octets: bytes) -> None:
    """A compressed datagram is a guest only when GELF is in it."""
    assert guest(octets, "udp", complete=True) is None


def test_datagrams_of_a_drain() -> None:
    """The guests among many datagrams are given by number."""
    datagrams = [b"<13>a", GELF, b"Nov 20 22:25:54 h no PRI", DTLS_HELLO, b"{}", b"M-SEARCH nothing"]
    assert datagram_guests(datagrams, "udp") == {1: Guest.GELF, 3: Guest.DTLS}
    assert datagram_guests([b"<13>a", b"\xef\xbb\xbf<13>b"], "udp") == {}


@given(st.sampled_from([octets for _, octets in DATAGRAMS_OF_GUESTS.values()]), st.binary(max_size=20))
def test_sifting_loses_no_guest(start: bytes, rest: bytes) -> None:
    """Whatever is a guest by itself is one among others."""
    found = guest(start + rest, "udp", complete=True)
    assert datagram_guests([b"<13>a", start + rest], "udp") == ({} if found is None else {1: found})


@given(st.sampled_from([*STREAMS_OF_GUESTS.values(), *LIKE_GUESTS]), st.binary(max_size=40), st.data())
def test_answer_never_changes(start: bytes, rest: bytes, data: st.DataObject) -> None:
    """What is told of the first octets stands, whatever follows them."""
    stream = start[: data.draw(st.integers(0, len(start)))] + rest
    answers = [guest(stream[:size], "tcp") for size in range(min(len(stream), 200) + 1)]
    known = [answer for answer in answers if not isinstance(answer, NeedMore)]
    assert known == answers[len(answers) - len(known) :]
    assert len(set(known)) <= 1


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("file", ["captured_clients", "peer_outputs", "sc4s_vendors", "beats_modules"])
def test_no_message_of_the_corpora_is_a_guest(file: str) -> None:
    """Of everything that devices really sent as syslog, nothing is turned away."""
    messages = [b64decode(case["input_b64"]) for case in corpus(file)]
    assert messages
    assert datagram_guests([one for one in messages if one], "udp") == {}
    assert [one for one in messages if isinstance(guest(one + b"\n", "tcp", complete=True), Guest)] == []


def test_advice() -> None:
    """What is told says what came, what is spoken here, and what to do."""
    assert advice(Guest.TLS, "tcp") == (
        "TLS, but this listener speaks plain syslog over TCP: "
        "send TLS to a listener with transport tls (by default on port 6514)"
    )
    for transport in (*STREAMS, *DATAGRAMS):
        assert all(advice(one, transport) for one in Guest)
