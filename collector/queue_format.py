r"""The disk queue's octets: what a collector holds for storage, as files. No I/O here.

A file is a header and frames, one frame a batch. All numbers are little-endian, every part begins at a
multiple of 8 octets and is filled up with NUL. There is no index beside it: a file says all of itself.

    header, 32 octets
      0  8  magic                 89 53 4C 51 0D 0A 1A 0A ("\x89SLQ\r\n\x1a\n")
      8  2  version               1
     10  2  zero
     12  4  salt                  random, another for each file
     16  8  created               milliseconds since the epoch
     24  4  checksum              CRC-32 of the 24 octets before, begun with the salt
     28  4  salt                  again: a file whose header is damaged can still be read

    frame, 40 octets and what they announce
      0  4  magic                 9E 53 4C 71 ("\x9eSLq")
      4  4  header length         octets of the batch header
      8  4  payload length        octets of the payload
     12  4  messages              records in the payload
     16  8  written               milliseconds since the epoch
     24  4  content checksum      CRC-32 of batch header and payload with their filling, begun with the salt
     28  4  version               1
     32  4  checksum              CRC-32 of the 32 octets before, begun with the salt
     36  4  zero
     40     batch header          as it goes to storage (parsers/batch.py)
            payload               as it goes to storage

The checksums begin with the file's salt, so that octets which a peer sends, or which a disk leaves from
another file, cannot pass for a frame of this one. Where no whole frame begins, reading goes on at the next
offset at which one does: what lies between is *damage*, with its offset and length. Octets that a crash cut
short at the file's end are *torn*: their fsync never returned, so nobody was told that they are safe.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

QUEUE_VERSION: Final = 1
FILE_MAGIC: Final = b"\x89SLQ\r\n\x1a\n"
FRAME_MAGIC: Final = b"\x9eSLq"
ALIGNMENT: Final = 8
MAXIMUM_HEADER_OCTETS: Final = 4096  # as parsers/batch.py has it
MAXIMUM_PAYLOAD_OCTETS: Final = 1 << 30  # a damaged length must not make a reader ask for more memory
SEARCH_OCTETS: Final = 1 << 20  # looked through at a time for the next frame

_FILE: Final = struct.Struct("<8sHHIqII")
_FRAME: Final = struct.Struct("<4sIIIqIIII")
_CHECKSUM: Final = struct.Struct("<I")

FILE_HEADER_OCTETS: Final = _FILE.size
PROLOGUE_OCTETS: Final = _FRAME.size

OctetsAt = Callable[[int, int], bytes]  # offset and length; fewer octets at the end of the file


class QueueFormatError(ValueError):
    """These octets are no queue file of this release."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where one batch lies in a queue file, by what its prologue says. Lengths and offsets in octets."""

    offset: int
    header_length: int
    payload_length: int
    messages: int
    written: float  # seconds since the epoch
    checksum: int

    @property
    def payload_offset(self) -> int:
        """Where the payload begins."""
        return self.offset + PROLOGUE_OCTETS + _aligned(self.header_length)

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.payload_offset + _aligned(self.payload_length)


@dataclass(frozen=True, slots=True)
class Content:
    """A frame that was read and is whole."""

    frame: Frame
    header: bytes
    payload: memoryview


@dataclass(frozen=True, slots=True)
class Damage:
    """Octets of a queue file that are no frame. ``messages`` were in them, as far as that can be told."""

    offset: int
    length: int
    reason: str
    torn: bool = False
    messages: int = 0

    @property
    def end(self) -> int:
        """Where reading goes on."""
        return self.offset + self.length


def encode_file_header(salt: int, created: float) -> bytes:
    """Give the octets that begin a file; ``created`` in seconds since the epoch."""
    fixed = _FILE.pack(FILE_MAGIC, QUEUE_VERSION, 0, salt, int(created * 1000), 0, salt)
    return fixed[:24] + _CHECKSUM.pack(zlib.crc32(fixed[:24], salt)) + fixed[28:]


def salts_in(octets: bytes) -> list[int]:
    """Give what the salt of the file that begins with ``octets`` may be: one number when all is well.

    Raises:
        QueueFormatError: when the file is of another version, or not long enough to have a frame.
    """
    if len(octets) < _FILE.size:
        raise QueueFormatError("the file is shorter than its header")
    magic, version, _, salt, _, checksum, again = _FILE.unpack(octets[: _FILE.size])
    if magic == FILE_MAGIC and zlib.crc32(octets[:24], salt) == checksum:
        if version != QUEUE_VERSION:
            raise QueueFormatError(
                f"version {version}, this release reads {QUEUE_VERSION}: "
                "start the release that wrote it until its queue is empty"
            )
        return [salt]
    return [salt, again] if salt != again else [salt]


def encode_frame(header: bytes, payload: Any, messages: int, written: float, salt: int) -> list[Any]:
    """Give the octets of one frame, as the pieces to write one after the other.

    Args:
        header: the batch header.
        payload: anything with the buffer protocol.
        messages: how many records it holds.
        written: seconds since the epoch.
        salt: the file's.
    """
    view = memoryview(payload).cast("B")
    filled, rest = header + _filling(len(header)), _filling(view.nbytes)
    checksum = zlib.crc32(rest, zlib.crc32(view, zlib.crc32(filled, salt)))
    fixed = _FRAME.pack(
        FRAME_MAGIC, len(header), view.nbytes, messages, int(written * 1000), checksum, QUEUE_VERSION, 0, 0
    )
    own = _CHECKSUM.pack(zlib.crc32(fixed[:32], salt))
    return [fixed[:32] + own + fixed[36:] + filled, view, rest]


def decode_prologue(octets: bytes, offset: int, salt: int) -> Frame | None:
    """Read the frame that begins with ``octets``; None when no frame of this file begins so."""
    if len(octets) < _FRAME.size or octets[:4] != FRAME_MAGIC:
        return None
    _, header, payload, messages, written, checksum, version, own, _ = _FRAME.unpack(octets[: _FRAME.size])
    if zlib.crc32(octets[:32], salt) != own or version != QUEUE_VERSION:
        return None
    if header > MAXIMUM_HEADER_OCTETS or payload > MAXIMUM_PAYLOAD_OCTETS:
        return None
    return Frame(offset, header, payload, messages, written / 1000, checksum)


def frame_at(octets_at: OctetsAt, offset: int, size: int, salt: int) -> Frame | Damage:
    """Give the frame that begins at ``offset``, by its prologue alone, or the damage that lies there.

    Args:
        octets_at: reads the file.
        offset: below ``size``.
        size: octets of the file that count.
        salt: the file's.
    """
    prologue = octets_at(offset, PROLOGUE_OCTETS)
    frame = decode_prologue(prologue, offset, salt)
    if frame is None:
        return _damage(octets_at, offset, size, salt, "no frame begins here", 0)
    if frame.end > size:
        reason = f"a frame of {frame.end - offset} octets ends after {size - offset}"
        return Damage(offset, size - offset, reason, torn=True, messages=frame.messages)
    return frame


def content_at(octets_at: OctetsAt, offset: int, size: int, salt: int) -> Content | Damage:
    """Read the frame that begins at ``offset`` and check it, or give the damage that lies there."""
    frame = frame_at(octets_at, offset, size, salt)
    if isinstance(frame, Damage):
        return frame
    begin = offset + PROLOGUE_OCTETS
    octets = octets_at(begin, frame.end - begin)
    if len(octets) != frame.end - begin or zlib.crc32(octets, salt) != frame.checksum:
        return _damage(octets_at, offset, size, salt, "the checksum is wrong", frame.messages)
    begin = frame.payload_offset - begin
    payload = memoryview(octets)[begin : begin + frame.payload_length]
    return Content(frame, octets[: frame.header_length], payload)


def _damage(  # noqa: PLR0913, PLR0917 - where, and why
    octets_at: OctetsAt, offset: int, size: int, salt: int, reason: str, messages: int
) -> Damage:
    end = _next_frame(octets_at, offset + ALIGNMENT, size, salt)
    rest = size - offset
    # What a crash leaves at the end: less than a prologue, or room that was never written to.
    torn = end == size and (rest < PROLOGUE_OCTETS or _is_empty(octets_at, offset, size))
    return Damage(offset, end - offset, reason, torn, messages)


def _next_frame(octets_at: OctetsAt, offset: int, size: int, salt: int) -> int:
    """Give where the next whole prologue begins, or ``size``."""
    while offset < size:
        block = octets_at(offset, SEARCH_OCTETS + PROLOGUE_OCTETS)
        place = block.find(FRAME_MAGIC)
        while 0 <= place < SEARCH_OCTETS:
            if place % ALIGNMENT == 0 and decode_prologue(block[place : place + PROLOGUE_OCTETS], 0, salt):
                return offset + place
            place = block.find(FRAME_MAGIC, place + 1)
        offset += SEARCH_OCTETS
    return size


def _is_empty(octets_at: OctetsAt, offset: int, size: int) -> bool:
    while offset < size:
        block = octets_at(offset, min(SEARCH_OCTETS, size - offset))
        if not block or block.strip(b"\0"):
            return False
        offset += len(block)
    return True


def _aligned(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT


def _filling(length: int) -> bytes:
    return bytes(_aligned(length) - length)
