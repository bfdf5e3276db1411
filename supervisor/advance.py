"""How far long work is, told each second on stderr to a person who waits."""

import time
from collections.abc import Callable
from typing import Final

EACH_SECONDS: Final = 1.0
MEBIOCTET: Final = 1 << 20


class Advance:
    """Counts octets that are done, and tells about them at most once a second.

    Args:
        done: the word for what has been done, such as "verified".
        octets: about how many there are.
        tell: shows a line.
    """

    def __init__(self, done: str, octets: int, tell: Callable[[str], None]) -> None:
        self._word = done
        self._octets = octets
        self._tell = tell
        self._done = 0
        self._tell_at = time.monotonic() + EACH_SECONDS

    def more(self, octets: int) -> None:
        """Take in that so many octets more are done."""
        self._done += octets
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + EACH_SECONDS
            part = f" of {self._octets // MEBIOCTET:,}" if self._done <= self._octets else ""
            self._tell(f"{self._word} {self._done // MEBIOCTET:,}{part} MiB")
