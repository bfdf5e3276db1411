"""A segment's end: Parquet's footer, and the checksums that we put before it.

Parquet has checksums for pages and none for its footer. Arrow believes a footer, so that one wrong octet
there can hide a block, or end the process. Ours is compared before Arrow sees any of it. It stands between
the last page and the footer, where Parquet engines do not look:

    … pages │ PAGES_MAGIC, CRC-32 of all before it │ SEAL_MAGIC, CRC-32 of all behind it │
              footer, its length (4 octets), "PAR1"

The first is for verifying: readers compare the checksums of the pages they read, which leaves out the pages'
headers. Segments of earlier releases do not have it.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

SEAL_MAGIC: Final = b"SLft"
PAGES_MAGIC: Final = b"SLpg"
READ_OCTETS: Final = 1 << 20  # at a time, for the checksum of all pages
TAIL_OCTETS: Final = 1 << 16  # read at once; nearly every footer is shorter

_SEAL: Final = struct.Struct("<4sI")
_END: Final = struct.Struct("<I4s")


class FooterError(ValueError):
    """This file does not end as a segment of ours does."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What stands before the first page and behind the last of a segment.

    ``seal`` is the offset at which our checksums begin; ``wrong_pages`` says that the one of all pages is not
    theirs.
    """

    magic: bytes
    seal: int
    wrong_pages: bool


def write_seal(path: Path) -> None:
    """Put the checksums before the footer of a Parquet file that was just written.

    Raises:
        OSError: when it cannot be written.
    """
    with path.open("r+b") as file:
        footer = _tail(file, 0)
        end = file.seek(-len(footer), 2)
        pages = _SEAL.pack(PAGES_MAGIC, _checksum_up_to(file, end))
        file.seek(end)
        file.write(pages + _SEAL.pack(SEAL_MAGIC, zlib.crc32(footer)) + footer)


def read_metadata(path: Path) -> Any:
    """Give Parquet's metadata of a segment.

    Raises:
        FooterError: when its octets are not those that were written.
        OSError: when it cannot be read.
    """
    with path.open("rb") as file:
        tail = _tail(file, _SEAL.size)
    footer = tail[_SEAL.size :]
    if tail[: _SEAL.size] != _SEAL.pack(SEAL_MAGIC, zlib.crc32(footer)):
        raise FooterError("the footer's checksum is wrong")
    return pq.read_metadata(pa.BufferReader(footer))


def read_ends(path: Path) -> Ends:
    """Read a whole segment for the checksum of all its pages; its footer must have been found right.

    Raises:
        FooterError: when it does not end as a segment of ours does.
        OSError: when it cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(len(SEAL_MAGIC))
        tail = _tail(file, 2 * _SEAL.size)
        seal = file.seek(-len(tail), 2)
        name, checksum = _SEAL.unpack(tail[: _SEAL.size])
        if name != PAGES_MAGIC:  # an earlier release's: these octets are the last page's
            return Ends(magic, seal + _SEAL.size, wrong_pages=False)
        return Ends(magic, seal, wrong_pages=_checksum_up_to(file, seal) != checksum)


def _checksum_up_to(file: BinaryIO, end: int) -> int:
    file.seek(0)
    checksum = 0
    for start in range(0, end, READ_OCTETS):
        checksum = zlib.crc32(file.read(min(READ_OCTETS, end - start)), checksum)
    return checksum


def _tail(file: BinaryIO, before: int) -> bytes:
    """Give the footer with its length and magic, and so many octets ``before`` it."""
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL_OCTETS))
    tail = file.read(TAIL_OCTETS)
    if len(tail) < _END.size:
        raise FooterError("the file is shorter than a Parquet file's end")
    length, magic = _END.unpack(tail[-_END.size :])
    wanted = before + length + _END.size
    if magic != b"PAR1" or wanted > size:
        raise FooterError("the file does not end as a Parquet file does")
    if wanted > len(tail):
        file.seek(size - wanted)
        tail = file.read(wanted)
    return tail[len(tail) - wanted :]
