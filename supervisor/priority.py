"""Which roles give way to the others when the processors are busy."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

POLITE: Final = frozenset({"indexer", "watch"})  # they may be late; what is late in receiving is lost
NICENESS: Final = 10
_AUTOGROUP: Final = Path("/proc/self/autogroup")


def give_way(role: str) -> None:
    """Lower this process' priority, if the role is one that may be late.

    Linux may treat every session as one competitor (sched(7), autogroup), whatever the niceness of its
    processes. The supervisor gives each role a session of its own; one of somebody else's is left alone.
    """
    if role not in POLITE:
        return
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # not Linux, or a kernel without it
            _AUTOGROUP.write_text(str(NICENESS), "ascii")
