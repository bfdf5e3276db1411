"""Figures that take a while to make: made by one, kept for a while for all, and shown with their age.

Some of what the operator's pages show is counted from thousands of files, or asked of another process. It is
made in a thread of its own, so that no page hangs with a disk that hangs. Who asks meanwhile gets what was
made before, with its age, or is told that it is being made.

Threads of the shelf work for nobody in particular: what they make must not depend on who asks.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final, Generic, TypeVar

KEPT: Final = 64  # figures; of days and sources somebody may ask for as many as there are
KEPT_SECONDS: Final = 600.0  # for which figures are kept that nobody asks for: some are large
AT_ONCE: Final = 3  # that are being made; each keeps a core busy or a disk

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Figures(Generic[T_co]):
    """What was made.

    Attributes:
        value: it; None while it was never made, or could not be.
        at: when its making began, which is what it tells of; None as before.
        age: seconds since then.
        is_being_made: whether newer ones are on their way.
        trouble: a sentence, when the last making failed.
    """

    value: T_co | None = None
    at: datetime | None = None
    age: float = 0.0
    is_being_made: bool = False
    trouble: str = ""


@dataclass(slots=True)
class _Kept:
    value: object
    at: datetime
    began: float
    trouble: str = ""


class Shelf:
    """Keeps figures by their key. Of one event loop, which is where ``give`` is awaited.

    Args:
        seconds: for which figures are kept that nobody asks for.
    """

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._making: dict[Hashable, asyncio.Future[None]] = {}

    async def give(
        self, key: Hashable, make: Callable[[], T], *, fresh: float = 2.0, wait: float = 3.0
    ) -> Figures[T]:
        """Give the figures of ``key``.

        Args:
            key: what is asked for.
            make: makes them; called in a thread, by one caller at a time.
            fresh: seconds for which they are not made anew.
            wait: seconds after which older ones are given, or none.
        """
        kept = self._kept.get(key)
        if kept is None or monotonic() - kept.began > fresh:
            if key not in self._making and len(self._making) < AT_ONCE:
                self._begin(key, make)
            if (making := self._making.get(key)) is not None:
                await asyncio.wait([making], timeout=wait)
        return self._figures(key)

    def _figures(self, key: Hashable) -> Figures[T]:
        kept, is_being_made = self._kept.get(key), key in self._making
        if kept is None:
            return Figures(is_being_made=is_being_made)
        value: T | None = kept.value  # type: ignore[assignment] # a key is asked for with one kind of making
        return Figures(value, kept.at, monotonic() - kept.began, is_being_made, kept.trouble)

    def _begin(self, key: Hashable, make: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        self._making[key] = loop.create_future()
        # A daemon, so that a making which never ends does not keep the process from ending.
        threading.Thread(target=self._make, args=(loop, key, make), name="figures", daemon=True).start()

    def _make(self, loop: asyncio.AbstractEventLoop, key: Hashable, make: Callable[[], object]) -> None:
        made = _Kept(None, datetime.now(UTC), monotonic())
        try:
            made.value = make()
        except OSError as error:
            log.warning("figures of %s cannot be made: %s; see to the disk", key, error)
            made.trouble = f"What they are made of cannot be read just now: {error.strerror or error}."
        except Exception:
            log.exception("figures of %s cannot be made; please report it with the lines above", key)
            made.trouble = "They cannot be made. The reason is in the appliance's own log."
        try:
            loop.call_soon_threadsafe(self._end, key, made)
        except RuntimeError:
            return  # the loop is closed: nobody asks any more

    def _end(self, key: Hashable, made: _Kept) -> None:
        before = self._kept.get(key)
        if made.trouble and before is not None and before.value is not None:
            before.trouble = made.trouble  # what was known before is better than nothing, with its age
        else:
            self._kept[key] = made
            self._kept.move_to_end(key)
            asyncio.get_running_loop().call_later(self._seconds, self._forget, key, made)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self._making.pop(key).set_result(None)

    def _forget(self, key: Hashable, made: _Kept) -> None:
        if self._kept.get(key) is made:
            del self._kept[key]
