"""The disk queue's octets: wherever a file is cut or flipped, every whole frame is still found."""

import zlib

import pytest

from collector.queue_format import (
    FILE_HEADER_OCTETS,
    Content,
    Damage,
    QueueFormatError,
    content_at,
    encode_file_header,
    encode_frame,
    salts_in,
)

SALT = 0x5EED5EED
BATCHES = [(b'{"number":%d}' % number, bytes([number]) * (number * 7)) for number in range(1, 6)]


def file_of(batches: list[tuple[bytes, bytes]], salt: int = SALT) -> bytes:
    """Give a queue file."""
    pieces = [encode_file_header(salt, 1_800_000_000.0)]
    for header, payload in batches:
        pieces += encode_frame(header, payload, len(header), 1_800_000_000.5, salt)
    return b"".join(bytes(piece) for piece in pieces)


def read(octets: bytes, salt: int = SALT) -> tuple[list[tuple[bytes, bytes]], list[Damage]]:
    """Read everything in a file: what is whole, and what is damaged."""
    found, damages = [], []
    offset = FILE_HEADER_OCTETS
    while offset < len(octets):
        one = content_at(lambda at, length: octets[at : at + length], offset, len(octets), salt)
        if isinstance(one, Content):
            found.append((one.header, bytes(one.payload)))
            offset = one.frame.end
        else:
            damages.append(one)
            offset = one.end
    return found, damages


def test_what_was_written_is_read() -> None:
    """Every batch comes back octet for octet, with what its prologue says of it."""
    octets = file_of(BATCHES)
    assert read(octets) == (BATCHES, [])
    one = content_at(lambda at, length: octets[at : at + length], FILE_HEADER_OCTETS, len(octets), SALT)
    assert isinstance(one, Content)
    assert (one.frame.messages, one.frame.written) == (len(BATCHES[0][0]), 1_800_000_000.5)
    assert len(octets) % 8 == 0


def test_cut_anywhere() -> None:
    """A file that a crash cut short gives every frame before the cut, and says that the rest is torn."""
    octets = file_of(BATCHES)
    ends = [len(file_of(BATCHES[:count])) for count in range(len(BATCHES) + 1)]
    for length in range(FILE_HEADER_OCTETS, len(octets) + 1):
        whole = sum(end <= length for end in ends) - 1
        found, damages = read(octets[:length])
        assert found == BATCHES[:whole], length
        assert [damage.torn for damage in damages] == [True] * (length not in ends), length


def test_flip_anywhere() -> None:
    """One octet that a disk changed costs one frame; the damage is named by its offset."""
    octets = file_of(BATCHES)
    starts = [len(file_of(BATCHES[:count])) for count in range(len(BATCHES))]
    for place in range(FILE_HEADER_OCTETS, len(octets)):
        flipped = bytearray(octets)
        flipped[place] ^= 0x40
        hit = sum(start <= place for start in starts) - 1
        found, damages = read(bytes(flipped))
        whole = [batch for number, batch in enumerate(BATCHES) if number != hit]
        if not damages:  # octets that say nothing: the filling behind the prologue's checksum
            assert found == BATCHES
            continue
        assert (found, [damage.offset for damage in damages]) == (whole, [starts[hit]]), place


def test_room_that_was_never_written_is_torn() -> None:
    """NULs at the end, as a file system leaves them after a loss of power, are no damage."""
    found, damages = read(file_of(BATCHES) + bytes(5000))
    assert found == BATCHES
    assert [damage.torn for damage in damages] == [True]


def test_a_frame_inside_a_payload_is_none() -> None:
    """Octets that a peer sends cannot pass for a frame, even where the frame around them is damaged."""
    inner = b"".join(bytes(piece) for piece in encode_frame(b"{}", b"forged", 1, 0.0, SALT ^ 1))
    octets = bytearray(file_of([(b"{}", inner), (b"{}", b"behind")]))
    octets[FILE_HEADER_OCTETS] ^= 1
    assert read(bytes(octets))[0] == [(b"{}", b"behind")]


def test_damage_is_found_across_blocks() -> None:
    """The next frame is found however far the damage reaches."""
    octets = file_of([(b"{}", bytes(3 << 20)), (b"{}", b"behind")])
    broken = octets[:FILE_HEADER_OCTETS] + b"\xff" * (3 << 20) + octets[FILE_HEADER_OCTETS + (3 << 20) :]
    found, (damage,) = read(broken)
    assert found == [(b"{}", b"behind")]
    assert not damage.torn
    assert damage.end == len(file_of([(b"{}", bytes(3 << 20))]))


def test_header_flipped_anywhere_still_tells_the_salt() -> None:
    """The salt stands twice in the header, so that no single octet hides the frames."""
    header = encode_file_header(SALT, 0.0)
    assert salts_in(header) == [SALT]
    for place in range(FILE_HEADER_OCTETS):
        flipped = bytearray(header)
        flipped[place] ^= 0x40
        assert SALT in salts_in(bytes(flipped)), place


def test_other_versions_are_refused() -> None:
    """A file of another release is not read as ours, and the message says what to do."""
    header = bytearray(encode_file_header(SALT, 0.0))
    header[8] = 9
    header[24:28] = zlib.crc32(bytes(header[:24]), SALT).to_bytes(4, "little")
    with pytest.raises(QueueFormatError, match="version 9, this release reads 1"):
        salts_in(bytes(header))
    with pytest.raises(QueueFormatError, match="shorter than its header"):
        salts_in(b"\x89SLQ")
