"""What the operator's pages know of the running appliance, which is more than its files tell.

The pages know neither the supervisor nor the watch nor the collector. Whoever starts them hands in how each
is asked; without it they say that nothing is known. What is handed in is what the commands of the same names
print: one answer, whichever way it is read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from starlette.requests import Request

from storage.catalogue import Catalogue
from storage.daily import StreamDays, stream_days
from storage.layout import Layout
from storage.settings import StorageSettings
from web.shelf import Figures, Shelf

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the appliance.

    Attributes:
        document: as `sysledger status --output json` gives it, without what is stored; ``live`` is whether
            the supervisor itself answered, or only the roles' files did.
        running: whether it runs, and in which state, as a sentence.
        details: reasons of the state, and what to do, a line each.
        troubles: what was lost, refused or damaged since the start, a line each.
        listeners: by name; what several collectors count of one is added up.
        rates: a second: ``listeners`` by name with ``messages`` and ``octets``; ``stored``, ``indexed``;
            ``processors`` by role, 1 for one of them. What is not known is left out.
    """

    document: Document
    running: str = ""
    details: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    listeners: Mapping[str, Document] = field(default_factory=dict)
    rates: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the appliance shows, or that it checks senders by.

    Attributes:
        listeners: that use it.
        use: ``own`` or ``senders``.
        file: where it lies.
        subject: whose it is.
        fingerprint: by SHA-256, as RFC 5425 writes it; empty when it cannot be read.
        ends: when it is valid no more; None when it cannot be read.
        trouble: why not.
    """

    listeners: tuple[str, ...]
    use: str
    file: str
    subject: str = ""
    fingerprint: str = ""
    ends: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What became of a reload.

    Attributes:
        used: whether what was changed is in use, or will be with the next start.
        running: whether there is an appliance that runs.
        problems: sentences, each on something that is wrong.
    """

    used: bool = True
    running: bool = False
    problems: tuple[str, ...] = ()


def _not_running() -> Reloaded:
    return Reloaded()


def _nothing_received() -> Mapping[str, int]:
    return {}


def _nothing_seen() -> Seen | None:
    return None


def _no_inventory() -> Document | None:
    return None


def _no_statement(_day: date | None) -> Document | None:
    return None


def _no_certificates() -> Sequence[Certificate]:
    return ()


@dataclass(frozen=True, slots=True)
class Appliance:
    """How the appliance is asked. Everything may take seconds, and is called in a thread.

    Attributes:
        look: looks at it; None when nothing is known.
        inventory: the sources as `sysledger sources --output json` gives them, with ``written_at`` (seconds
            since 1970); None when the watch has written none.
        statement: the books of a day, or of all, as `sysledger balance --sources --output json` gives them.
        certificates: those of the listeners.
        reload: has the running appliance go by its configuration and its tenants as they are now.
        received: octets of messages that came of each tenant today (UTC), where there are tenants.
        listeners: the settings of each listener, by name, in JSON's types.
        storage: the settings of storage.
    """

    look: Callable[[], Seen | None] = _nothing_seen
    inventory: Callable[[], Document | None] = _no_inventory
    statement: Callable[[date | None], Document | None] = _no_statement
    certificates: Callable[[], Sequence[Certificate]] = _no_certificates
    reload: Callable[[], Reloaded] = _not_running
    received: Callable[[], Mapping[str, int]] = _nothing_received
    listeners: Mapping[str, Document] = field(default_factory=dict)
    storage: StorageSettings = field(default_factory=StorageSettings)


class Office:
    """The appliance and what was last known of it; one for the whole application.

    What it gives is made for nobody in particular: handlers leave out what the visitor may not see.
    """

    def __init__(self, appliance: Appliance, layout: Layout) -> None:
        self.appliance = appliance
        self._layout = layout
        self._catalogue = Catalogue(layout)
        self._shelf = Shelf()

    async def look(self) -> Figures[Seen | None]:
        """Look at the appliance, or give the last look when this one takes long."""
        return await self._shelf.give("look", self.appliance.look, fresh=1.0, wait=2.5)

    async def inventory(self) -> Figures[Document | None]:
        """Give the sources."""
        return await self._shelf.give("inventory", self.appliance.inventory, fresh=5.0)

    async def statement(self, day: date | None) -> Figures[Document | None]:
        """Give the books' statement of a day, or of all."""
        return await self._shelf.give(("statement", day), partial(self.appliance.statement, day), fresh=10.0)

    async def certificates(self) -> Figures[Sequence[Certificate]]:
        """Give the listeners' certificates."""
        return await self._shelf.give("certificates", self.appliance.certificates, fresh=10.0)

    async def days(self) -> Figures[tuple[StreamDays, ...]]:
        """Give what each day of every stream holds."""
        return await self._shelf.give("days", self._days, fresh=10.0)

    def _days(self) -> tuple[StreamDays, ...]:
        try:
            return self._days_of_streams()
        finally:
            self._catalogue.let_go()

    def _days_of_streams(self) -> tuple[StreamDays, ...]:
        return tuple(stream_days(self._layout, self._catalogue, name) for name in self._catalogue.streams())


def office(request: Request) -> Office:
    """Give the office of the application that serves ``request``."""
    found: Office = request.app.state.office
    return found
