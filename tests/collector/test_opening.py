"""The opening of a connection: header and guest, in whichever pieces they come."""

import pytest

from collector.guests import Guest
from collector.opening import Opened, Opening
from tests.collector.guests import STREAMS_OF_GUESTS
from tests.collector.streams import cuts
from tests.collector.test_proxy import IPV4, binary

HEADERS = [b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 514\r\n", binary(0x11, IPV4)]
HELLO = STREAMS_OF_GUESTS[Guest.TLS]
MESSAGE = b"<13>message\n"


def opened(stream: bytes, transport: str | None, *, proxied: bool) -> Opened:
    """Open a connection whole, and assert that it opens the same cut in every way."""
    whole = in_pieces([stream], transport, proxied=proxied)
    for pieces in cuts(stream):
        assert in_pieces(pieces, transport, proxied=proxied) == whole, pieces
    return whole


def in_pieces(pieces: list[bytes], transport: str | None, *, proxied: bool) -> Opened:
    """What the opening gives in all; what comes after it goes past it, and a failure is closed."""
    opening = Opening(transport, proxied=proxied)
    for number, piece in enumerate(pieces):
        if (found := opening.feed(piece)) is not None:
            rest = b"".join(pieces[number + 1 :])
            failed = found.guest is not None or found.failure is not None
            return Opened(
                found.octets + (b"" if failed else rest),
                found.source,
                found.guest,
                found.failure,
                found.discarded + (len(rest) if failed else 0),
            )
    return opening.finish()


@pytest.mark.parametrize("header", HEADERS)
def test_header_is_taken_off(header: bytes) -> None:
    """What follows the header goes to the protocol; the source is the balancer's word."""
    assert opened(header + MESSAGE, None, proxied=True) == Opened(MESSAGE, "192.0.2.7")
    assert opened(header + HELLO, "tls", proxied=True) == Opened(HELLO, "192.0.2.7")


def test_without_a_header() -> None:
    """Where none is asked for, the octets go through as they are."""
    assert opened(HELLO, "tls", proxied=False) == Opened(HELLO)
    assert opened(HEADERS[0], None, proxied=False) == Opened(HEADERS[0])


def test_header_that_is_none() -> None:
    """A connection that must begin with a header, and does not, is a failure, its octets counted."""
    assert opened(MESSAGE, None, proxied=True) == Opened(failure="no PROXY header", discarded=len(MESSAGE))


@pytest.mark.parametrize("header", HEADERS)
def test_header_cut_short(header: bytes) -> None:
    """The end of the connection within the header is a failure; before any octet it is a health check."""
    short = Opened(failure="PROXY header cut short", discarded=len(header) - 1)
    assert opened(header[:-1], "tls", proxied=True) == short
    assert Opening("tls", proxied=True).finish() == Opened()
    assert opened(header, "tls", proxied=True) == Opened(source="192.0.2.7")


@pytest.mark.parametrize("header", [b"", *HEADERS])
def test_guest(header: bytes) -> None:
    """Who knocks in another protocol is told, also behind a balancer."""
    found = opened(header + MESSAGE, "tls", proxied=bool(header))
    assert found.guest == Guest.SYSLOG
    assert found.octets == b""
    assert (found.source is None) == (not header)


def test_end_before_anything_is_certain() -> None:
    """What is no guest until the end goes to the protocol, which says what is missing."""
    assert opened(b"GET", "relp", proxied=False) == Opened(b"GET")
