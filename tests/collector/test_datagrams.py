"""Datagrams put in order: frames, runs of one peer, truncation, and what the kernel dropped."""

import socket
import sys
import zlib
from typing import Any

from collector.datagrams import (
    SO_RXQ_OVFL,
    DropCounter,
    Received,
    dropped_count,
    drops_by_inode,
    sort_datagrams,
)
from collector.guests import Guest
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tests.collector.guests import DTLS_HELLO

NOW = 1_795_262_400 * 10**9


def received(octets: bytes, host: str = "192.0.2.1", flags: int = 0, dropped: int | None = None) -> Received:
    """What socket.recvmsg gives for a datagram."""
    ancillary: list[Any] = []
    if dropped is not None:
        ancillary = [(socket.SOL_SOCKET, SO_RXQ_OVFL, dropped.to_bytes(4, sys.byteorder))]
    return octets, ancillary, flags, (host, 514)


def test_a_datagram_is_a_frame() -> None:
    """Its octets are kept whole: LF, NUL and an octet count in it are part of the message."""
    octets = [b"<13>a\n<13>b\n", b"5 <13>c", b"<13>d\0"]
    assert sort_datagrams([received(one) for one in octets], NOW).frames == tuple(octets)


def test_arrivals_are_runs_of_a_peer() -> None:
    """Datagrams of one peer that follow each other are one run; IPv4 is written plainly."""
    hosts = ["::ffff:192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]
    datagrams = sort_datagrams([received(b"x", host) for host in hosts], NOW)
    runs = [("192.0.2.1", 2), ("2001:db8::1", 1), ("192.0.2.1", 1)]
    assert datagrams.arrivals == [Arrival(NOW, peer, count) for peer, count in runs]


def test_one_peer_is_one_run() -> None:
    """A drain from one peer alone is one run."""
    assert sort_datagrams([received(b"x")] * 3, NOW).arrivals == [Arrival(NOW, "192.0.2.1", 3)]


def test_empty_datagrams_are_counted_only() -> None:
    """An empty datagram makes no frame and no arrival."""
    datagrams = sort_datagrams([received(b""), received(b"x", "192.0.2.2"), received(b"")], NOW)
    assert (datagrams.frames, datagrams.empty) == ((b"x",), 2)
    assert datagrams.arrivals == [Arrival(NOW, "192.0.2.2", 1)]


def test_nothing_but_empty_datagrams() -> None:
    """A drain without a single octet makes nothing."""
    datagrams = sort_datagrams([received(b"")], NOW)
    assert (list(datagrams.frames), datagrams.arrivals, datagrams.empty) == ([], [], 1)


def test_truncation_is_seen() -> None:
    """MSG_TRUNC becomes a flag of that frame, counted without the empty ones."""
    datagrams = sort_datagrams([received(b""), received(b"a"), received(b"b", flags=socket.MSG_TRUNC)], NOW)
    assert datagrams.flags == {1: (Flag.TRUNCATED,)}


def test_guests_are_no_frames() -> None:
    """Datagrams of other protocols are told by kind and peer; those around them stay what they are."""
    rows = [
        received(b"<13>a"),
        received(DTLS_HELLO, "::ffff:192.0.2.9"),
        received(b"<13>b", flags=socket.MSG_TRUNC),
    ]
    datagrams = sort_datagrams(rows, NOW)
    assert datagrams.frames == (b"<13>a", b"<13>b")
    assert datagrams.arrivals == [Arrival(NOW, "192.0.2.1", 2)]
    assert datagrams.flags == {1: (Flag.TRUNCATED,)}
    assert datagrams.guests == [(Guest.DTLS, "192.0.2.9")]
    assert datagrams.discarded == len(DTLS_HELLO)


def test_nothing_but_guests() -> None:
    """A drain of guests alone has no frame and no arrival."""
    datagrams = sort_datagrams([received(DTLS_HELLO)], NOW)
    assert (list(datagrams.frames), datagrams.arrivals) == ([], [])


def test_last_count_of_drops_is_given() -> None:
    """The kernel's count grows; the latest datagram that carries one has it."""
    rows = [received(b"a", dropped=3), received(b"b", dropped=7), received(b"c")]
    assert sort_datagrams(rows, NOW).dropped == 7
    assert sort_datagrams(rows[2:], NOW).dropped is None


def test_other_ancillary_data_is_no_count() -> None:
    """Only SO_RXQ_OVFL is a count of drops."""
    assert dropped_count([(socket.SOL_SOCKET, 1, b"\1\0\0\0")]) is None


def test_compressed_datagrams() -> None:
    """What rsyslog has compressed is inflated and flagged; what only looks so stays; all in order."""
    whole, long = b"<13>" + b"x" * 500, b"<13>" + b"y" * 3000
    compressed = [b"z" + zlib.compress(whole), b"z" + zlib.compress(long)]
    datagrams = [b"<13>a", compressed[0], b"zx^kei>>1iiaann", b"zx\x9cno zlib", compressed[1]]
    found = sort_datagrams([received(one) for one in datagrams], NOW, maximum_octets=2048)
    assert found.frames == (b"<13>a", whole, b"zx^kei>>1iiaann", b"zx\x9cno zlib", long[:2048])
    assert found.flags == {1: (Flag.INFLATED,), 4: (Flag.TRUNCATED, Flag.INFLATED)}
    assert found.compressed == 2


def test_drops_add_up_over_both_sources() -> None:
    """A count is added once, whichever source tells it first, and across the wrap of 32 bits."""
    drops = DropCounter()
    assert [drops.advance(count) for count in (0, 5, 5, 3, 9)] == [0, 5, 0, 0, 4]
    wrapping = DropCounter()
    for count in (2**31 - 1, 2**32 - 2):
        wrapping.advance(count)
    assert wrapping.advance(1) == 3


def test_drops_by_inode() -> None:
    """/proc/net/udp: the socket's inode and its drops, the last column."""
    table = (
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
        "inode ref pointer drops\n"
        "  513: 00000000:1591 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 40721 2"
        " 0000000000000000 12\n"
    )
    assert drops_by_inode(table) == {40721: 12}
