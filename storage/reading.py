"""Reading files of a disk that has begun to fail: what cannot be read is damage, and ends nobody's start."""

import errno
from os import pread
from typing import Final

PAGE_OCTETS: Final = 4096
FILLER: Final = b"\xa5"  # for octets that the disk does not give; not 0, which stands for never written


def read(descriptor: int, offset: int, length: int) -> bytes:
    """Give ``length`` octets of a file from ``offset``, fewer at its end.

    Raises:
        OSError: when the disk does not give them.
    """
    octets = pread(descriptor, length, offset)
    while octets and len(octets) < length:  # the kernel gives at most 2 GiB at a time
        more = pread(descriptor, length - len(octets), offset + len(octets))
        if not more:
            break
        octets += more
    return octets


def read_through(descriptor: int, offset: int, length: int) -> bytes:
    """Give octets as ``read``, with FILLER for those of pages that the disk cannot read (EIO).

    Only for octets whose checksum is compared afterwards, or that are put away as they are.
    """
    try:
        return read(descriptor, offset, length)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    parts = []
    end = offset + length
    while offset < end:
        count = min(end, (offset // PAGE_OCTETS + 1) * PAGE_OCTETS) - offset
        part = _page(descriptor, offset, count)
        parts.append(part)
        offset += count
        if len(part) < count:
            break
    return b"".join(parts)


def _page(descriptor: int, offset: int, count: int) -> bytes:
    try:
        return pread(descriptor, count, offset)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return FILLER * count
