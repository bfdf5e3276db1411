"""Whether storage may write: not when the disk is full or nearly so, over its quota, or read-only.

Then nothing is taken from collectors, which keep what they hold, until there is room again. What is kept
free is for what makes room: sealing turns a journal into a segment of a fifth of its size, and only then
removes the journal.
"""

import errno
import logging
import os
import shutil
from pathlib import Path

import durable

HYSTERESIS = 4  # to go on, a fourth more must be free than where writing stopped

log = logging.getLogger(__name__)


class Room:
    """Knows since when, and why, nothing can be written. Only what changes is logged.

    Args:
        data: the data folder.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self.since: float | None = None  # seconds since the epoch; None: writing works
        self.reason = ""

    def free(self) -> int:
        """Give the octets free on the data folder's disk, or on the one where it is going to be."""
        there = next(path for path in (self._data, *self._data.absolute().parents) if path.exists())
        return shutil.disk_usage(there).free

    def need(self, octets: int, keep_free: int) -> None:
        """Be told that ``octets`` are to be written, of which ``keep_free`` must be left over.

        Raises:
            NotWrittenError: when they would not be.
        """
        wanted = octets + keep_free + (keep_free // HYSTERESIS if self.since is not None else 0)
        if keep_free and self.free() < wanted:
            reason = f"less than storage.keep_free ({keep_free} octets) would be left free"
            raise durable.NotWrittenError(errno.ENOSPC, reason, os.fspath(self._data))

    def refused(self, error: OSError, now: float) -> None:
        """Take in that something could not be written."""
        self.reason = f"{error.filename or self._data}: {error.strerror}"
        if self.since is None:
            self.since = now
            log.error(
                "nothing is stored any more: %s. Collectors keep what comes until there is room: "
                "free some on %s, or expire days with sysledger retention",
                self.reason, self._data,
            )  # fmt: skip

    def found(self, now: float) -> None:
        """Take in that something was written."""
        if self.since is not None:
            log.warning("storage writes again, after %.0f seconds without room", max(0.0, now - self.since))
        self.since, self.reason = None, ""
