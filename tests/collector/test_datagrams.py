"""Datagrams put in order: frames, runs of one peer, truncation."""

import socket
import zlib
from collections.abc import Sequence
from itertools import groupby

from collector.datagram_reading import Received
from collector.datagrams import sort_datagrams
from collector.guests import Guest
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tests.collector.guests import DTLS_HELLO

NOW = 1_795_262_400 * 10**9
PEER = "192.0.2.1"


def received(*octets: bytes, peers: Sequence[str] = (), truncated: Sequence[int] = ()) -> Received:
    """What one drain gave; datagrams of no given peer are of PEER, those of the given numbers truncated."""
    flags = [socket.MSG_TRUNC if number in truncated else 0 for number in range(len(octets))]
    hosts = peers or [PEER] * len(octets)
    return Received(octets, flags, [(host, len(list(run))) for host, run in groupby(hosts)])


def test_a_datagram_is_a_frame() -> None:
    """Its octets are kept whole: LF, NUL and an octet count in it are part of the message."""
    octets = [b"<13>a\n<13>b\n", b"5 <13>c", b"<13>d\0"]
    assert sort_datagrams(received(*octets), NOW).frames == tuple(octets)


def test_arrivals_are_runs_of_a_peer() -> None:
    """Datagrams of one peer that follow each other are one run."""
    hosts = [PEER, PEER, "2001:db8::1", PEER]
    datagrams = sort_datagrams(received(*[b"x"] * 4, peers=hosts), NOW)
    runs = [(PEER, 2), ("2001:db8::1", 1), (PEER, 1)]
    assert datagrams.arrivals == [Arrival(NOW, peer, count) for peer, count in runs]


def test_empty_datagrams_are_counted_only() -> None:
    """An empty datagram makes no frame and no arrival; the runs around it are one."""
    hosts = [PEER, "192.0.2.2", PEER, "192.0.2.2"]
    datagrams = sort_datagrams(received(b"", b"x", b"", b"y", peers=hosts), NOW)
    assert (datagrams.frames, datagrams.empty) == ((b"x", b"y"), 2)
    assert datagrams.arrivals == [Arrival(NOW, "192.0.2.2", 2)]


def test_nothing_but_empty_datagrams() -> None:
    """A drain without a single octet makes nothing."""
    datagrams = sort_datagrams(received(b""), NOW)
    assert (list(datagrams.frames), datagrams.arrivals, datagrams.empty) == ([], [], 1)


def test_truncation_is_seen() -> None:
    """MSG_TRUNC becomes a flag of that frame, counted without the empty ones."""
    datagrams = sort_datagrams(received(b"", b"a", b"b", truncated=[2]), NOW)
    assert datagrams.flags == {1: (Flag.TRUNCATED,)}


def test_guests_are_no_frames() -> None:
    """Datagrams of other protocols are told by kind and peer; those around them stay what they are."""
    hosts = [PEER, "192.0.2.9", PEER]
    drained = received(b"<13>a", DTLS_HELLO, b"<13>b", peers=hosts, truncated=[2])
    datagrams = sort_datagrams(drained, NOW)
    assert datagrams.frames == (b"<13>a", b"<13>b")
    assert datagrams.arrivals == [Arrival(NOW, "192.0.2.1", 2)]
    assert datagrams.flags == {1: (Flag.TRUNCATED,)}
    assert datagrams.guests == [(Guest.DTLS, "192.0.2.9")]
    assert datagrams.discarded == len(DTLS_HELLO)


def test_nothing_but_guests() -> None:
    """A drain of guests alone has no frame and no arrival."""
    datagrams = sort_datagrams(received(DTLS_HELLO), NOW)
    assert (list(datagrams.frames), datagrams.arrivals) == ([], [])


def test_compressed_datagrams() -> None:
    """What rsyslog has compressed is inflated and flagged; what only looks so stays; all in order."""
    whole, long = b"<13>" + b"x" * 500, b"<13>" + b"y" * 3000
    compressed = [b"z" + zlib.compress(whole), b"z" + zlib.compress(long)]
    datagrams = [b"<13>a", compressed[0], b"zx^kei>>1iiaann", b"zx\x9cno zlib", compressed[1]]
    found = sort_datagrams(received(*datagrams), NOW, maximum_octets=2048)
    assert found.frames == (b"<13>a", whole, b"zx^kei>>1iiaann", b"zx\x9cno zlib", long[:2048])
    assert found.flags == {1: (Flag.INFLATED,), 4: (Flag.TRUNCATED, Flag.INFLATED)}
    assert found.compressed == 2
