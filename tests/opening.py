"""Which files and folders are opened, by whatever code and in whatever thread: the kernel tells (inotify(7)).

What is opened below folders is a measure of work that no clock makes unsure.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

_OPEN: Final = 0x20
_CLOSED: Final = 0x18  # or two openings, one after the other, would be told as one
_OVERFLOW: Final = 0x4000
_EVENT: Final = struct.Struct("iIII")
_ROOM: Final = 1 << 20


_BEFORE: Final = 1_700_000_000  # seconds since 1970


def settle(folder: Path) -> None:
    """Make folders as old as those whose listing is remembered: one that changed just now is listed anew."""
    for each in folder.rglob("*"):
        if each.is_dir():
            os.utime(each, (_BEFORE, _BEFORE))


class Opening:
    """What was opened below some folders since it was last asked."""

    def __init__(self, descriptor: int, folders: dict[int, Path]) -> None:
        self._descriptor = descriptor
        self._folders = folders

    def told(self) -> list[Path]:
        """Give each path as often as it was opened, folders that were listed among them, sorted."""
        found = []
        try:
            while octets := os.read(self._descriptor, _ROOM):
                found += list(self._read(octets))
        except BlockingIOError:
            return sorted(found)
        raise AssertionError("unreachable: the kernel never says that there is no more")

    def _read(self, octets: bytes) -> Iterator[Path]:
        place = 0
        while place < len(octets):
            watch, mask, _, length = _EVENT.unpack_from(octets, place)
            assert not mask & _OVERFLOW, "more was opened than the kernel remembers: ask more often"
            name = octets[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0").decode()
            place += _EVENT.size + length
            if mask & _OPEN:
                yield self._folders[watch] / name


@contextmanager
def opening(folders: Iterable[Path]) -> Iterator[Opening]:
    """Watch folders, which are there, with all that is in them now."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells what is opened")
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert descriptor >= 0, os.strerror(ctypes.get_errno())
    try:
        watched = {}
        for root in folders:
            for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
                watch = library.inotify_add_watch(descriptor, os.fsencode(folder), _OPEN | _CLOSED)
                assert watch >= 0, os.strerror(ctypes.get_errno())
                watched[watch] = folder
        found = Opening(descriptor, watched)
        found.told()  # what was opened by watching
        yield found
    finally:
        os.close(descriptor)
