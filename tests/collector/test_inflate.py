"""Inflating within bounds: messages and streams that were compressed, damaged, cut, or made to burst."""

import gzip
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.inflate import ZLIB_OR_GZIP, Inflated, StreamInflater, inflate

TEXT = b"<13>1 - h a - - - some text " * 20


def pieces(stream: list[bytes]) -> tuple[bytes, str | None]:
    """Inflate a stream that comes in these pieces."""
    inflater, found = StreamInflater(), b""
    for octets in stream:
        inflater.feed(octets)
        while inflater.pending:
            found += inflater.piece()
    return found, inflater.failure


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_message(compress: object, level: int) -> None:
    """zlib and gzip, of every level: the message comes back, and its beginning tells what it is."""
    octets = compress(TEXT, level)  # type: ignore[operator]
    assert ZLIB_OR_GZIP.match(octets)
    assert inflate(octets, 65_536) == Inflated(TEXT, whole=True)
    assert inflate(octets, len(TEXT)) == Inflated(TEXT, whole=True)
    assert inflate(octets, len(TEXT) - 1) == Inflated(TEXT[:-1], whole=False)


def test_message_that_is_cut() -> None:
    """What came of a message is given, and said not to be whole."""
    noise = random.Random(1).randbytes(5000)
    found = inflate(zlib.compress(noise)[:-100], 65_536)
    assert found is not None
    assert noise.startswith(found.octets)
    assert not found.whole


@pytest.mark.parametrize(
    "octets", [b"", b"x\x9c", b"x\x9cno zlib at all", zlib.compress(TEXT) + b"!", zlib.compress(b"")]
)
def test_what_is_not_compressed(octets: bytes) -> None:
    """Octets that only begin like zlib's, or go on after its end, are none of it."""
    assert inflate(octets, 65_536) is None


def test_bomb_gives_no_more_than_is_kept() -> None:
    """A message of a gigabyte costs what its listener's limit costs."""
    bomb = zlib.compressobj()
    octets = b"".join(bomb.compress(bytes(1_048_576)) for _ in range(64)) + bomb.flush()
    found = inflate(octets, 65_536)
    assert found is not None
    assert (len(found.octets), found.whole) == (65_536, False)


@given(texts=st.lists(st.binary(min_size=1, max_size=200), min_size=1), cut=st.integers(1, 50))
def test_stream(texts: list[bytes], cut: int) -> None:
    """A stream that is flushed after each message gives all of them, wherever the network cuts it."""
    deflater = zlib.compressobj()
    stream = b"".join(deflater.compress(text) + deflater.flush(zlib.Z_SYNC_FLUSH) for text in texts)
    assert pieces([stream[at : at + cut] for at in range(0, len(stream), cut)]) == (b"".join(texts), None)


def test_stream_after_a_stream() -> None:
    """A stream that ends and begins anew goes on."""
    assert pieces([zlib.compress(b"first"), zlib.compress(b"second") + gzip.compress(b"third")]) == (
        b"firstsecondthird",
        None,
    )


def test_large_piece_is_given_whole_at_once_or_later() -> None:
    """What inflates to more than a piece is given to its last octet without more input."""
    text = b"".join(b"%d\n" % number for number in range(300_000))
    deflater = zlib.compressobj()
    assert pieces([deflater.compress(text) + deflater.flush(zlib.Z_SYNC_FLUSH)]) == (text, None)


def test_damaged_stream() -> None:
    """What cannot be inflated ends the stream, once."""
    found, failure = pieces([zlib.compress(TEXT)[:50] + bytes(100), b"more"])
    assert TEXT.startswith(found)
    assert failure == "compressed stream damaged"


def test_stream_made_to_burst() -> None:
    """A stream that inflates to more than 512 times its size is given up, after some megabytes."""
    deflater = zlib.compressobj(9)
    bomb = b"".join(deflater.compress(bytes(1_048_576)) for _ in range(64)) + deflater.flush()
    found, failure = pieces([bomb])
    assert failure == "compressed stream inflates to more than 512 times its size"
    assert len(found) < len(bomb) * 520


def test_one_message_again_and_again_is_no_bomb() -> None:
    """The most repetitive log there is passes: one line, flushed a thousand lines at a time."""
    deflater = zlib.compressobj()
    lines = b"<13>Oct 11 22:14:15 host app: the same text again, as a device in trouble sends it\n" * 1000
    stream = [deflater.compress(lines) + deflater.flush(zlib.Z_SYNC_FLUSH) for _ in range(200)]
    assert pieces(stream) == (lines * 200, None)
