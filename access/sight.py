"""What a visitor sees of the messages stored: streams, and of each stream a view (storage/view.py).

Whoever works for somebody reads through ``Sights``; what is outside the visitor's limits is then not there,
whatever is asked, and so is a suspended tenant for everybody.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import lru_cache

from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from storage.search import Searcher
from storage.view import View
from tenants.file import RegistryFile

Clock = Callable[[], datetime]


class LimitsUnreadableError(ValueError):
    """An account's limits cannot be meant, so that nothing is shown; the message says what to do."""


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)


@lru_cache(256)
def view_of(limits: Limits) -> View:
    """Give the view that limits leave.

    Raises:
        LimitsUnreadableError: when a network or a time of theirs is none.
    """
    try:
        return View(limits.hosts, limits.networks, limits.start, limits.end, limits.masked)
    except (ValueError, TypeError) as error:
        raise LimitsUnreadableError(
            f"The limits of this account cannot be applied ({error}), so nothing is shown. An administrator "
            "can set them anew."
        ) from error


def sees(visitor: Visitor, name: StreamName, clock: Clock = now) -> bool:
    """Say whether a visitor's limits let a stream be seen at this moment, suspended or not."""
    until = visitor.limits.until
    return (until is None or clock() < until) and visitor.sees(name.tenant, name.stream)


def shows_octets(visitor: Visitor) -> bool:
    """Say whether messages may be given octet by octet; not where values are masked, which they hold."""
    return not visitor.limits.masked


class Sights:
    """What each visitor sees of one data folder. Keep one: it remembers what searchers do.

    Safe to use from several threads.

    Args:
        layout: the data folder's.
        clock: gives the time.
    """

    def __init__(self, layout: Layout, clock: Clock = now) -> None:
        self._layout = layout
        self._clock = clock
        self._searcher = Searcher(layout)
        self._registry = RegistryFile(layout.tenants)

    def sees(self, visitor: Visitor, name: StreamName) -> bool:
        """Say whether a stream is there for a visitor at this moment.

        Raises:
            RegistryError: when it cannot be read which tenants are suspended.
        """
        return sees(visitor, name, self._clock) and name.tenant not in self._registry.get().suspended()

    def streams(self, visitor: Visitor) -> list[StreamName]:
        """Give the streams that are there for a visitor, sorted. Raises as ``sees``."""
        found = self._layout.streams(visitor.tenants)
        return [name for name in found if self.sees(visitor, name)]

    def stamp(self) -> Hashable:
        """Give what is another after each change of the tenants, who may be suspended and resumed."""
        try:
            found = self._layout.tenants.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def searcher(self, visitor: Visitor) -> Searcher:
        """Give what answers to a visitor.

        It belongs to this visitor, whichever thread asks it, and answers what is there when it is asked.

        Raises:
            LimitsUnreadableError: as view_of.
        """
        return self._searcher.limited(view_of(visitor.limits), lambda name: self.sees(visitor, name))
