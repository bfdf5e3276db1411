"""The only code that calls fsync and rename. What a function here has done outlives a loss of power.

Each function's docstring lists the system calls it makes, in order; tests/test_durable.py compares
that list with what is called, and fails each call in turn.

A failed fsync is final: the kernel may have thrown the octets away and say that all is well the next time.
Whoever gets an OSError from here must not go on with that file, must acknowledge nothing, and should end the
process: recovery at the next start reads what the disk really has.

One kind of failure is not final: a disk that is full, over its quota or read-only refuses a call before
anything is changed. NotWrittenError says that this was all, so that the same may be tried again later.
"""

# The system calls are called by their own names, as the docstrings list them.
# ruff: noqa: PTH102, PTH104, PTH108

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from os import close, fdatasync, fsync, ftruncate, mkdir, open, rename, writev  # noqa: A004 - the file's, by descriptor
from os import unlink as remove
from pathlib import Path
from typing import Any, Final

PIECES_A_CALL: Final = 512  # writev takes at most IOV_MAX pieces, 1024 on Linux
FILE_MODE: Final = 0o640
FOLDER_MODE: Final = 0o750
REFUSALS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}  # full, over quota, read-only


class NotWrittenError(OSError):
    """The disk takes nothing, and nothing was changed: the same may be tried again when it does."""


@contextlib.contextmanager
def telling_refusals() -> Iterator[None]:
    """Turn a refusal of a call that changes all or nothing into NotWrittenError; let all else through."""
    try:
        yield
    except OSError as error:
        if error.errno in REFUSALS:
            raise NotWrittenError(error.errno, error.strerror, error.filename) from error
        raise


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable.

    System calls: open(folder), fsync, close.
    """
    descriptor = open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fsync(descriptor)
    finally:
        close(descriptor)


def make_folder(folder: Path) -> None:
    """Create ``folder`` and those above it that are missing.

    System calls for each missing one, from above: mkdir, sync_folder(its parent).
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError), telling_refusals():
        mkdir(folder, FOLDER_MODE)
    sync_folder(folder.parent)


def write_file(path: Path, octets: bytes) -> None:
    """Write a whole file: after this, or a crash in it, ``path`` has the old content or all of the new.

    Raises:
        NotWrittenError: when the disk takes nothing; ``path`` is as it was.
        OSError: whatever else failed.

    System calls: open(temporary), writev…, fsync, close, rename, sync_folder; after a failure before
    sync_folder remove(temporary).
    """
    temporary = temporary_name(path)
    try:
        with telling_refusals():  # also of fsync: the temporary file is thrown away, and nothing else changed
            _write_temporary(temporary, octets)
            rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            remove(temporary)
        raise
    sync_folder(path.parent)


def _write_temporary(temporary: Path, octets: bytes) -> None:
    descriptor = open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        _write_all(descriptor, [octets])
        fsync(descriptor)
    finally:
        close(descriptor)


def publish(temporary: Path, path: Path) -> None:
    """Give a file that was written under a temporary name in the same folder its own name.

    System calls: open(temporary), fsync, close, rename, sync_folder.
    """
    descriptor = open(temporary, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fsync(descriptor)
    finally:
        close(descriptor)
    rename(temporary, path)
    sync_folder(path.parent)


def open_for_append(path: Path) -> int:
    """Open an existing file for append() and give its descriptor.

    System calls: open(path).
    """
    with telling_refusals():
        return open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)


def append(descriptor: int, pieces: Sequence[Any]) -> int:
    """Append ``pieces`` (anything with the buffer protocol) and wait until they are on disk.

    Gives the octets written. When a call fails the file is cut back to its old length, as far as that is
    possible, so that recovery does not take for durable what only the page cache had.

    Raises:
        NotWrittenError: when the disk takes nothing more. The file was cut back; append may be tried again.
        OSError: whatever else failed; the file must not be appended to again.

    System calls: writev…, fdatasync; after a failure ftruncate.
    """
    before = os.fstat(descriptor).st_size
    try:
        written = _write_all(descriptor, pieces)
    except OSError as error:
        try:
            ftruncate(descriptor, before)
        except OSError:
            raise error from None  # what was written may still be there: no refusal
        with telling_refusals():
            raise
    try:
        fdatasync(descriptor)
    except OSError:  # also for want of room: the kernel may have thrown octets away
        with contextlib.suppress(OSError):
            ftruncate(descriptor, before)
        raise
    return written


def sync_data(descriptor: int) -> None:
    """Wait until what an open file holds is on disk; its length, too, but no times.

    System calls: fdatasync.
    """
    fdatasync(descriptor)


def cut(path: Path, length: int) -> None:
    """Cut a file to ``length`` octets.

    System calls: open(path), ftruncate, fsync, close.
    """
    with telling_refusals():
        descriptor = open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        ftruncate(descriptor, length)
        fsync(descriptor)
    finally:
        close(descriptor)


def unlink(path: Path) -> None:
    """Remove a file; one that is gone already is no error.

    System calls: unlink, sync_folder.
    """
    with contextlib.suppress(FileNotFoundError), telling_refusals():
        remove(path)
    sync_folder(path.parent)


def rename_folder(folder: Path, target: Path) -> None:
    """Give a folder another name beside its own.

    System calls: rename, sync_folder.
    """
    with telling_refusals():
        rename(folder, target)
    sync_folder(target.parent)


def temporary_name(path: Path) -> Path:
    """Give the name under which ``path`` is written; readers and Parquet engines pass it over."""
    return path.with_name(f".{path.name}.tmp")


def _write_all(descriptor: int, pieces: Sequence[Any]) -> int:
    left = [view for view in (memoryview(piece).cast("B") for piece in pieces) if view.nbytes]
    total = 0
    while left:
        written = writev(descriptor, left[:PIECES_A_CALL])
        total += written
        while left and written >= left[0].nbytes:
            written -= left.pop(0).nbytes
        if written:
            left[0] = left[0][written:]
    return total
