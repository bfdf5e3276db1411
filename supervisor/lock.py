"""One process for one thing: a lock that ends with the process that holds it, and names it meanwhile."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Self

# Somebody who asks (``holder``) has the lock for an instant; only somebody who keeps it is in the way.
_ATTEMPTS: Final = 10
_PAUSE_SECONDS: Final = 0.02


class LockedError(Exception):
    """Another process holds the lock; the message names it and says what to do."""

    exit_code = os.EX_UNAVAILABLE


class Lock:
    """An advisory lock (flock) on a file that holds its holder's process id as text.

    The kernel takes it back when the process ends, however it ends, so there are no stale locks; the file
    stays, and means nothing by itself: empty after an orderly end, with the id of a holder that was killed.
    ``was_left`` tells, once the lock is held, whether the last holder was.
    """

    was_left = False

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._descriptor = -1

    def acquire(self) -> Self:
        """Take the lock.

        Raises:
            LockedError: when another process has it.
            OSError: when the file cannot be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        for _ in range(_ATTEMPTS):
            if _try(descriptor):
                self.was_left = bool(_written(descriptor))
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
                self._descriptor = descriptor
                return self
            time.sleep(_PAUSE_SECONDS)
        pid = _written(descriptor)
        os.close(descriptor)
        raise LockedError(
            f"{self._what} already runs on this data folder (process {pid or 'unknown'}, by {self._path}): "
            "stop that process first, or give this one another folder with --data"
        )

    def release(self) -> None:
        """Let the lock go. A second time does nothing."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(path: Path) -> int | None:
    """Give the id of the process that holds the lock at ``path``; None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _try(descriptor) else _written(descriptor)
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _written(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0).strip()
    return int(text) if text.isdigit() else 0
