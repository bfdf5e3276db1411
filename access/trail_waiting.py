"""What was done on the command line while nobody kept the trail: it waits in files until the appliance runs.

    data/access/untold/NANOSECONDS-PROCESS-NUMBER.msg        one message, as the trail would have been told it

Whoever may write here may change the whole data folder. A message says itself when it was done; when the
appliance got it is the time of receipt.
"""

import itertools
import os
import time
from pathlib import Path
from typing import Final

import durable
from access.trail import Tell, TrailError
from storage.layout import entries

FOLDER: Final = "untold"
_END: Final = ".msg"


class OrWaiting:
    """Tells the trail, or has what is told wait where nobody takes it.

    Args:
        tell: ``ToListener``.
        folder: that of the accounts.
    """

    def __init__(self, tell: Tell, folder: Path) -> None:
        self._tell = tell
        self._folder = folder / FOLDER
        self._numbers = itertools.count(1)

    def __call__(self, octets: bytes) -> None:
        """Tell, or write down; either is done when this returns.

        Raises:
            TrailError: when neither can be.
        """
        try:
            self._tell(octets)
        except TrailError as error:
            name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}{_END}"
            try:
                self._write(name, octets)
            except OSError as trouble:
                raise TrailError(f"{error} Nor can {self._folder} be written: {trouble.strerror}.") from error

    def _write(self, name: str, octets: bytes) -> None:
        durable.make_folder(self._folder)
        durable.write_file(self._folder / name, octets)
        if os.geteuid() == 0:  # what root leaves here is the appliance's to remove
            above = self._folder.parent.parent.stat()
            for path in (self._folder.parent, self._folder, self._folder / name):
                os.chown(path, above.st_uid, above.st_gid)


def hand_over(tell: Tell, folder: Path) -> int:
    """Tell the trail what waits, oldest first, and give how much it was.

    Args:
        tell: ``ToListener``.
        folder: that of the accounts.

    Raises:
        TrailError: when nobody takes it; the rest goes on waiting.
        OSError: when it cannot be read or removed.
    """
    waiting = entries(folder / FOLDER, f"*{_END}")
    for path in waiting:
        tell(path.read_bytes())
        durable.unlink(path)
    return len(waiting)
