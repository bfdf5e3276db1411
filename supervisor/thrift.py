"""Memory goes back to the system when a role has come to rest.

Allocators keep what was freed, in the belief that it is needed again at once. Under load that is right. After
a burst of a million messages each process kept a hundred megabytes for nobody.

A role is at rest when it has used little CPU time since the last look. Then, once after each time of work,
all that is free is given back, which takes some milliseconds.
"""

import asyncio
import ctypes
import os
import sys
import time
from dataclasses import dataclass
from typing import Final

LOOK_SECONDS: Final = 5.0
AT_REST: Final = 0.05  # of a core: reports and looks at the archive take less
WORK_SECONDS: Final = 0.2  # of CPU time since memory was given back; less work has left nothing to speak of


@dataclass(slots=True)
class Rest:
    """Tells when to give memory back: pure, so that the clocks are arguments, in seconds."""

    wall: float
    used: float  # CPU time, at the last look
    given_back: float = 0.0  # CPU time when memory was given back

    def begins(self, wall: float, used: float) -> bool:
        """Look at the clocks; say whether work has ended for which memory is to be given back."""
        at_rest = used - self.used <= AT_REST * (wall - self.wall)
        self.wall, self.used = wall, used
        if not at_rest or used - self.given_back < WORK_SECONDS:
            return False
        self.given_back = used
        return True


async def give_back_at_rest() -> None:
    """Give memory back whenever this process comes to rest, for ever."""
    rest = Rest(time.monotonic(), time.process_time())
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if rest.begins(time.monotonic(), time.process_time()):
            give_back()


def give_back() -> None:
    """Return what is free in Arrow's pool, if this process uses Arrow, and in the C library's heap."""
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:  # glibc has it
        trim(0)


def choose_pool() -> None:
    """Have Arrow allocate by jemalloc, unless somebody has chosen; to be called before Arrow is loaded.

    Arrow's usual allocator, mimalloc, kept 70 to 100 MB more in every process, for no gain in speed.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
