"""The journal's octets: the file header and the frames of storage/FORMAT.md, without any I/O.

All numbers are little-endian; every part begins at a multiple of 8 octets, so that Arrow reads a payload
where it lies. All checksums start from the file's own random salt: octets that a peer sends, or that a
disk leaves from another file, can therefore not pass for a frame of this file.
"""

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

WITH_ALL_RAW: Final = 1  # the version in which ``raw`` had the octets of every message
JOURNAL_VERSION: Final = 2
READABLE_VERSIONS: Final = (WITH_ALL_RAW, JOURNAL_VERSION)
FILE_MAGIC: Final = b"\x89SLJ\r\n\x1a\n"  # as PNG's: shows a file that was sent as text
FRAME_MAGIC: Final = b"\x9eSLf"
ALIGNMENT: Final = 8
NO_TIME: Final = -(1 << 63)  # in a frame none of whose messages has a time of its own
MAXIMUM_PAYLOAD_OCTETS: Final = 1 << 30  # a damaged length must not make a reader ask for more memory
MAXIMUM_STATE_OCTETS: Final = 16 << 20

_FILE: Final = struct.Struct("<8sHHIQQII")
_FRAME: Final = struct.Struct("<4sIIIQQqqqqII")
_CHECKSUM: Final = struct.Struct("<I")

FILE_PROLOGUE_OCTETS: Final = _FILE.size
FRAME_PROLOGUE_OCTETS: Final = _FRAME.size


class FormatError(ValueError):
    """These octets are no journal file of this release."""


class VersionError(FormatError):
    """A journal file of another release."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The range of a frame's times: received_at in ns, timestamp in us since the epoch (or None)."""

    received_min: int
    received_max: int
    timestamp_min: int | None = None
    timestamp_max: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where one batch lies in a journal file (offsets in octets from the file's beginning)."""

    offset: int
    header_length: int
    payload_length: int
    rows: int
    first_seq: int
    statistics: Statistics
    checksum: int

    @property
    def header_offset(self) -> int:
        """Where the batch header begins."""
        return self.offset + FRAME_PROLOGUE_OCTETS

    @property
    def payload_offset(self) -> int:
        """Where the payload begins."""
        return self.header_offset + aligned(self.header_length)

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.payload_offset + aligned(self.payload_length)

    @property
    def last_seq(self) -> int:
        """The seq of the frame's last record."""
        return self.first_seq + self.rows - 1


@dataclass(frozen=True, slots=True)
class Content:
    """What a frame holds: one batch; its header as it came."""

    header: bytes
    payload: Any  # anything with the buffer protocol
    rows: int
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class LastBatch:
    """The last batch number that a stream has of one collector, and when it came (seconds, epoch)."""

    number: int
    seen: int


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What a journal file says at its beginning: all that must be known when its forerunners are gone.

    ``collectors`` is the state before the file's first frame; the frames bring it up to date.
    """

    tenant: str
    stream: str
    first_seq: int
    salt: int
    created: int  # seconds since the epoch
    collectors: Mapping[str, LastBatch] = field(default_factory=dict)
    version: int = JOURNAL_VERSION

    def encode(self) -> bytes:
        """Give the octets that begin the file; their length is a multiple of 8."""
        collectors = {name: [last.number, last.seen] for name, last in self.collectors.items()}
        state = json.dumps(
            {"tenant": self.tenant, "stream": self.stream, "created": self.created, "collectors": collectors},
            separators=(",", ":"),
        ).encode()
        padded = state + bytes(aligned(len(state)) - len(state))
        fixed = _FILE.pack(FILE_MAGIC, self.version, 0, self.salt, self.first_seq, len(state), 0, self.salt)
        checksum = zlib.crc32(padded, zlib.crc32(fixed[:-8], self.salt))
        return fixed[:-8] + _CHECKSUM.pack(checksum) + fixed[-4:] + padded


def aligned(length: int) -> int:
    """Give ``length`` rounded up to the alignment."""
    return -(-length // ALIGNMENT) * ALIGNMENT


def header_octets(prologue: bytes) -> int:
    """Give the octets that the whole file header has, from its first FILE_PROLOGUE_OCTETS.

    Raises:
        FormatError: when this is no journal.
    """
    if len(prologue) < _FILE.size:
        raise FormatError("the file is shorter than a journal's header")
    magic, _, _, _, _, length, _, _ = _FILE.unpack(prologue[: _FILE.size])
    if magic != FILE_MAGIC:
        raise FormatError("the file does not begin as a journal does")
    if length > MAXIMUM_STATE_OCTETS:
        raise FormatError(f"a journal header of {length} octets, over {MAXIMUM_STATE_OCTETS}")
    return _FILE.size + aligned(int(length))


def possible_salts(prologue: bytes) -> list[int]:
    """Give what the salt may be when a file header is damaged: it stands there twice."""
    if len(prologue) < _FILE.size:
        return []
    salt, again = _FILE.unpack(prologue[: _FILE.size])[3::4]
    return [salt, again] if salt != again else [salt]


def decode_journal_header(octets: bytes) -> JournalHeader:
    """Read a file header (all header_octets() of it).

    Raises:
        FormatError: when it is not one, or damaged.
        VersionError: when it is whole and of another version.
    """
    if len(octets) < header_octets(octets):
        raise FormatError("the file ends inside its header")
    _, version, _, salt, first_seq, length, checksum, _ = _FILE.unpack(octets[: _FILE.size])
    if zlib.crc32(octets[_FILE.size :], zlib.crc32(octets[: _FILE.size - 8], salt)) != checksum:
        raise FormatError("the file header's checksum is wrong")
    if version not in READABLE_VERSIONS:  # every version has these octets, and this checksum of them
        readable = " and ".join(map(str, READABLE_VERSIONS))
        raise VersionError(f"journal version {version}, this release reads {readable}")
    state: dict[str, Any] = json.loads(octets[_FILE.size : _FILE.size + length])
    return JournalHeader(
        tenant=state["tenant"],
        stream=state["stream"],
        first_seq=first_seq,
        salt=salt,
        created=state["created"],
        collectors={name: LastBatch(number, seen) for name, (number, seen) in state["collectors"].items()},
        version=version,
    )


def encode_frame(content: Content, first_seq: int, salt: int) -> list[Any]:
    """Give the octets of one frame, as the pieces to write one after the other.

    Args:
        content: the batch.
        first_seq: the seq of its first record.
        salt: the file's.
    """
    header = content.header + bytes(aligned(len(content.header)) - len(content.header))
    payload = memoryview(content.payload)
    padding = bytes(aligned(payload.nbytes) - payload.nbytes)
    checksum = zlib.crc32(padding, zlib.crc32(payload, zlib.crc32(header, salt)))
    ranges = content.statistics
    fixed = _FRAME.pack(
        FRAME_MAGIC,
        checksum,
        len(content.header),
        content.rows,
        payload.nbytes,
        first_seq,
        ranges.received_min,
        ranges.received_max,
        NO_TIME if ranges.timestamp_min is None else ranges.timestamp_min,
        NO_TIME if ranges.timestamp_max is None else ranges.timestamp_max,
        0,
        0,
    )[:-8]
    return [fixed + _CHECKSUM.pack(zlib.crc32(fixed, salt)) + bytes(4), header, payload, padding]


def decode_prologue(octets: bytes, offset: int, salt: int) -> Frame | None:
    """Read the frame that begins with ``octets``; None when no frame of this file begins so."""
    if len(octets) < _FRAME.size or octets[:4] != FRAME_MAGIC:
        return None
    (_, checksum, header_length, rows, payload_length, first_seq, *times, own_checksum, _) = _FRAME.unpack(
        octets[: _FRAME.size]
    )
    received_min, received_max, low, high = times
    if zlib.crc32(octets[: _FRAME.size - 8], salt) != own_checksum or payload_length > MAXIMUM_PAYLOAD_OCTETS:
        return None
    statistics = Statistics(
        received_min=received_min,
        received_max=received_max,
        timestamp_min=None if low == NO_TIME else low,
        timestamp_max=None if high == NO_TIME else high,
    )
    return Frame(offset, header_length, payload_length, rows, first_seq, statistics, checksum)


def candidates(octets: bytes) -> Sequence[int]:
    """Give the offsets in ``octets`` at which a frame might begin; ``octets`` begins at an aligned offset."""
    found = []
    place = octets.find(FRAME_MAGIC)
    while place >= 0:
        if place % ALIGNMENT == 0:
            found.append(place)
        place = octets.find(FRAME_MAGIC, place + 1)
    return found
