"""A segment's end: Parquet's footer, and the checksum that we put before it.

Parquet has checksums for pages and none for its footer. Arrow believes a footer, so that one wrong octet
there can hide a block, or end the process. Ours is compared before Arrow sees any of it. It stands between
the last page and the footer, where Parquet engines do not look:

    … pages │ SEAL_MAGIC, CRC-32 of all behind it │ footer, its length (4 octets), "PAR1"
"""

import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

SEAL_MAGIC: Final = b"SLft"
TAIL_OCTETS: Final = 1 << 16  # read at once; nearly every footer is shorter

_SEAL: Final = struct.Struct("<4sI")
_END: Final = struct.Struct("<I4s")


class FooterError(ValueError):
    """This file does not end as a segment of ours does."""


def write_seal(path: Path) -> None:
    """Put the checksum before the footer of a Parquet file that was just written.

    Raises:
        OSError: when it cannot be written.
    """
    with path.open("r+b") as file:
        footer = _tail(file, 0)
        file.seek(-len(footer), 2)
        file.write(_SEAL.pack(SEAL_MAGIC, zlib.crc32(footer)) + footer)


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
