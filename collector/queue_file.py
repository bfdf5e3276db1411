"""One file of the disk queue, for reading: its size, its salt, and what stands at an offset."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.queue_format import (
    FILE_HEADER_OCTETS,
    PROLOGUE_OCTETS,
    Content,
    Damage,
    Frame,
    QueueFormatError,
    content_at,
    frame_at,
    salts_in,
)

_READ_AHEAD: Final = 65_536  # octets read at a time where small frames lie side by side


@dataclass(slots=True)
class QueueFile:
    """A file of the queue and how much of it counts: what is behind ``size`` is being written."""

    path: Path
    size: int
    salt: int | None = None  # None until it was read


class FileReader:
    """An open queue file.

    Raises:
        QueueFormatError: when it is none of this release.
        OSError: when it cannot be read.
    """

    def __init__(self, file: QueueFile) -> None:
        self._size = file.size
        self._descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        self._begin = 0
        self._block = b""
        try:
            if file.salt is None:
                file.salt = self._find_salt()
        except BaseException:
            self.close()
            raise
        self._salt = file.salt

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def content_at(self, offset: int) -> Content | Damage | None:
        """Give the whole frame at ``offset``, or the damage there; None at the end."""
        offset = max(offset, FILE_HEADER_OCTETS)
        if offset >= self._size:
            return None
        return content_at(self._octets_at, offset, self._size, self._salt)

    def frames(self) -> Iterator[Frame | Damage]:
        """Give every frame by its prologue, without reading what it holds."""
        offset = FILE_HEADER_OCTETS
        while offset < self._size:
            found = frame_at(self._octets_at, offset, self._size, self._salt)
            yield found
            offset = found.end

    def octets(self, damage: Damage, most: int) -> bytes:
        """Give the damaged octets themselves, at most so many."""
        return self._octets_at(damage.offset, min(damage.length, most))

    def _find_salt(self) -> int:
        salts = salts_in(self._octets_at(0, FILE_HEADER_OCTETS))
        if len(salts) == 1:
            return salts[0]
        for salt in salts:
            found = frame_at(self._octets_at, FILE_HEADER_OCTETS, self._size, salt)
            if isinstance(found, Frame) or found.end < self._size:
                return salt
        raise QueueFormatError("the file header is damaged, and no frame can be found")

    def _octets_at(self, offset: int, length: int) -> bytes:
        begin = offset - self._begin
        if not 0 <= begin <= len(self._block) - length:
            self._block = self._pread(offset, max(length, _READ_AHEAD if length <= PROLOGUE_OCTETS else 0))
            self._begin, begin = offset, 0
        if begin == 0 and length == len(self._block):
            return self._block
        return self._block[begin : begin + length]

    def _pread(self, offset: int, length: int) -> bytes:
        pieces = []
        length = min(length, self._size - offset)
        while length > 0 and (piece := os.pread(self._descriptor, length, offset)):
            pieces.append(piece)
            offset, length = offset + len(piece), length - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
