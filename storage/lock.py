"""One writer a stream: a lock on the stream's journal folder that ends with the process that holds it."""

import contextlib
import fcntl
import os
from pathlib import Path

import durable

LOCK_NAME = "lock"


class StreamLockedError(Exception):
    """Another storage worker writes this stream; the message says what to do."""

    exit_code = os.EX_UNAVAILABLE


class FolderLock:
    """An advisory lock (flock) on ``folder``/lock, which holds the process id of its holder as text.

    The kernel takes it back however the process ends, so there are no stale locks.

    Raises:
        StreamLockedError: when another process has it.
        NotWrittenError: when the file is not there yet, and the disk takes none.
    """

    def __init__(self, folder: Path, what: str) -> None:
        durable.make_folder(folder)
        path = folder / LOCK_NAME
        with durable.telling_refusals():
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            self.release()
            raise StreamLockedError(
                f"{what} is written by another storage worker (process {holder or 'unknown'}, by {path}): "
                "stop that process first, or give this one another folder with --data"
            ) from error
        with contextlib.suppress(OSError):  # the number is for people; on a full disk the lock holds without
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """Let the lock go. A second time does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
