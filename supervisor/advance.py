"""How far long work is, told each second on stderr to a person who waits."""

import time
from collections.abc import Callable
from typing import Final

EACH_SECONDS: Final = 1.0
MEBIOCTET: Final = 1 << 20


class Advance:
    """Counts what is done, octets as a rule, and tells about it at most once a second.

    Args:
        done: the word for what has been done, such as "verified".
        whole: about how many there are.
        tell: shows a line.
        unit: its name, and how many make one.
    """

    def __init__(
        self, done: str, whole: int, tell: Callable[[str], None], unit: tuple[str, int] = ("MiB", MEBIOCTET)
    ) -> None:
        self._word = done
        self._whole = whole
        self._tell = tell
        self._name, self._each = unit
        self._done = 0
        self._tell_at = time.monotonic() + EACH_SECONDS

    def more(self, number: int) -> None:
        """Take in that so many more are done."""
        self._done += number
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + EACH_SECONDS
            part = f" of {self._whole // self._each:,}" if self._done <= self._whole else ""
            self._tell(f"{self._word} {self._done // self._each:,}{part} {self._name}")
