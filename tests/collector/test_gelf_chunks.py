"""Chunks of GELF: put together in any order, given up after five seconds, and bounded whoever sends them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.gelf_chunks import BAD_CHUNK, CROWDED_OUT, INCOMPLETE, Chunks
from tests.shared import ABSENT, vectors

VECTORS = vectors("gelf")
PEER = "192.0.2.1"


def chunk(number: int, count: int, data: bytes = b"x", name: bytes = b"ABCDEFGH") -> bytes:
    """One chunk."""
    return b"\x1e\x0f" + name + bytes([number, count]) + data


@pytest.mark.skipif(not VECTORS, reason=ABSENT)
def test_vectors() -> None:
    """GELF-CHUNK1of2 and 2of2 are the message GELF-PLAIN in either order; GELF-CHUNK-BAD is refused."""
    first, second, bad, plain = (
        bytes.fromhex(VECTORS[name]["hex"])
        for name in ("GELF-CHUNK1of2", "GELF-CHUNK2of2", "GELF-CHUNK-BAD", "GELF-PLAIN")
    )
    chunks = Chunks()
    assert chunks.add(PEER, first, 0.0) is None
    assert chunks.add(PEER, second, 5.0) == plain
    assert chunks.add(PEER, second, 6.0) is None
    assert chunks.add(PEER, bad, 6.0) is None
    assert chunks.add(PEER, first, 6.0) == plain
    assert chunks.lost == {BAD_CHUNK: 1}
    assert chunks.incomplete == 0


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=128), st.randoms())
def test_any_order(parts: list[bytes], order: random.Random) -> None:
    """However the network mixes the chunks, and repeats them, the last one missing completes the message."""
    if not all(parts):
        parts = [part or b"?" for part in parts]
    chunks = Chunks()
    datagrams = [chunk(number, len(parts), part) for number, part in enumerate(parts)]
    order.shuffle(datagrams)
    for datagram in datagrams[:-1]:
        assert chunks.add(PEER, datagram, 0.0) is None
        assert chunks.add(PEER, datagram, 0.0) is None
    assert chunks.add(PEER, datagrams[-1], 0.0) == b"".join(parts)
    assert chunks.duplicates == len(parts) - 1
    assert (chunks.incomplete, chunks.lost) == (0, {})


def test_five_seconds() -> None:
    """All chunks must come within five seconds of the first: what is late is lost, and counted."""
    chunks = Chunks()
    chunks.add(PEER, chunk(0, 2), 100.0)
    chunks.add(PEER, chunk(0, 2, name=b"12345678"), 103.0)
    assert chunks.add(PEER, chunk(1, 2), 105.1) is None
    assert chunks.lost == {INCOMPLETE: 1}
    assert chunks.incomplete == 2
    chunks.expire(200.0)
    assert chunks.lost == {INCOMPLETE: 3}
    assert chunks.incomplete == 0


def test_ids_of_different_peers() -> None:
    """An id is its sender's own: two peers may use the same one at the same time."""
    chunks = Chunks()
    chunks.add("192.0.2.1", chunk(0, 2, b"a"), 0.0)
    chunks.add("192.0.2.2", chunk(0, 2, b"b"), 0.0)
    assert chunks.add("192.0.2.1", chunk(1, 2, b"1"), 0.0) == b"a1"
    assert chunks.add("192.0.2.2", chunk(1, 2, b"2"), 0.0) == b"b2"


@pytest.mark.parametrize(
    "datagram", [b"\x1e\x0f", chunk(0, 0), chunk(2, 2), chunk(0, 129), chunk(255, 255), chunk(0, 1, b"")]
)
def test_malformed_chunks(datagram: bytes) -> None:
    """No number past the count, no count of none or more than 128, no chunk without data."""
    chunks = Chunks()
    assert chunks.add(PEER, datagram, 0.0) is None
    assert chunks.lost == {BAD_CHUNK: 1}
    assert chunks.incomplete == 0


def test_count_that_changes() -> None:
    """A chunk that disagrees with the first about the count is none of the message."""
    chunks = Chunks()
    chunks.add(PEER, chunk(0, 2), 0.0)
    assert chunks.add(PEER, chunk(1, 3), 0.0) is None
    assert chunks.lost == {BAD_CHUNK: 1}
    assert chunks.add(PEER, chunk(1, 2), 0.0) == b"xx"


def test_one_peer_crowds_out_itself_only() -> None:
    """Whoever begins messages without end loses his own oldest ones; another's is not touched."""
    chunks = Chunks()
    chunks.add("192.0.2.2", chunk(0, 2, b"a"), 0.0)
    for number in range(1000):
        chunks.add(PEER, chunk(0, 2, name=b"%08d" % number), 0.0)
    assert chunks.incomplete == 256 + 1
    assert chunks.lost == {CROWDED_OUT: 1000 - 256}
    assert chunks.add("192.0.2.2", chunk(1, 2, b"b"), 0.0) == b"ab"


def test_memory_is_bounded() -> None:
    """However many peers there seem to be, so many octets are held and no more."""
    chunks = Chunks()
    for number in range(1200):
        chunks.add(f"peer {number}", chunk(0, 2, b"x" * 60_000), 0.0)
    assert chunks.incomplete < 33_554_432 / 60_000
    assert chunks.lost[CROWDED_OUT] + chunks.incomplete == 1200


def test_many_peers_are_bounded() -> None:
    """However small the chunks, so many messages are held and no more."""
    chunks = Chunks()
    for number in range(5000):
        chunks.add(f"peer {number}", chunk(0, 2), 0.0)
    assert chunks.incomplete == 4096


def test_end() -> None:
    """What is incomplete when the listener closes is lost, and counted."""
    chunks = Chunks()
    chunks.add(PEER, chunk(0, 2), 0.0)
    chunks.close()
    assert chunks.lost == {INCOMPLETE: 1}
