"""One destination: reads on from its cursor, sends, and keeps how far it got."""

import asyncio
import logging
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final

from relay.connecting import in_words
from relay.cursor import Cursor
from relay.links import Link, connect
from relay.reading import Messages, messages_after, next_seq
from relay.relp_client import MAXIMUM_DATA
from relay.settings import DestinationSettings
from storage.catalogue import Catalogue
from storage.layout import Layout, StreamName

log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.2  # between two looks for new messages
_LOOKS_AT_A_GAP: Final = 5  # before messages count as missing: a file that cannot be opened may come back
_KEEP_SECONDS: Final = 1.0  # between two writes of the cursor: what lies between is sent again after a crash
_FIRST_PAUSE: Final = 0.5
_PARTING_SECONDS: Final = 3.0  # for answers that are on their way when we are asked to stop


class _NotReadableError(OSError):
    """Our own files cannot be read just now."""


@dataclass(slots=True)
class Counts:
    """What a destination has done since the start."""

    messages: int = 0  # delivered
    octets: int = 0
    connections: int = 0
    missing: int = 0  # expired or damaged before they could go
    too_long: int = 0  # longer than RELP servers take; they stay in the archive
    error: str = ""  # why it is not connected


@dataclass(slots=True)
class Sender:
    """Sends one stream to one destination until it is asked to stop.

    Args:
        name: of the destination.
        settings: its settings.
        layout: the data folder.
        catalogue: of that data folder; senders share one.
    """

    name: str
    settings: DestinationSettings
    layout: Layout
    catalogue: Catalogue
    counts: Counts = field(default_factory=Counts)
    _delivered: int = 0
    _kept: int = -1
    _keeps: bool = True  # its writing has not failed
    _newest: int = 0  # seq of the stream's last message, when last looked
    _looks: int = 0  # at the gap behind what was delivered
    _link: Link | None = None
    _told: str = ""  # what was logged last; the same is not logged again until messages have gone
    _cursor: Cursor = field(init=False)
    _keeping: Lock = field(default_factory=Lock)  # the cursor is written in threads

    def __post_init__(self) -> None:
        self._cursor = Cursor(self.layout.relay / f"{self.name}.json", self.stream)

    @property
    def stream(self) -> StreamName:
        """The stream whose messages go on."""
        return StreamName(self.settings.tenant, self.settings.stream)

    def begin(self) -> None:
        """Find where to go on.

        Raises:
            CursorError: when the cursor cannot be used.
            OSError: when it cannot be written, or the stream not be read.
        """
        self._newest = self.catalogue.last_seq(self.stream)
        self._delivered = self._first() if (found := self._cursor.read()) is None else found
        if self._delivered > self._newest:
            log.error(
                "destination %s: its cursor is at message %d and %s/%s ends at %d: the stream was removed, "
                "restored, or lost its end; what comes from now on is sent",
                self.name, self._delivered, self.stream.tenant, self.stream.stream, self._newest,
            )  # fmt: skip
            self._delivered = self._newest
        self.keep()

    def _first(self) -> int:
        """Give the seq before the first message of a new destination."""
        if self.settings.start == "now":
            return self._newest
        following = next_seq(self.catalogue, self.stream, 0)
        return 0 if following is None else following - 1

    def keep(self) -> None:
        """Make durable how far the destination got. Safe for threads.

        Raises:
            OSError: when the disk will not.
        """
        with self._keeping:
            if (delivered := self._delivered) != self._kept:
                self._cursor.write(delivered)
                self._kept = delivered

    def state(self) -> dict[str, Any]:
        """Give the destination's state for the status."""
        counts, settings = self.counts, self.settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return {
            "address": f"{settings.protocol} {host}:{settings.port}",
            "stream": f"{self.stream.tenant}/{self.stream.stream}",
            "connected": self._link is not None,
            "delivered_seq": self._delivered,
            "behind": max(self._newest - self._delivered, 0),
            "messages": counts.messages,
            "octets": counts.octets,
            "connections": counts.connections,
            "missing": counts.missing,
            "too_long": counts.too_long,
            "error": counts.error,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop`` is set; then wait a few seconds for answers that are on their way, and end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(self._work(stop))
                keeper = tasks.create_task(self._keep_on())
                await stop.wait()
                await asyncio.wait([work], timeout=_PARTING_SECONDS)
                work.cancel()
                keeper.cancel()
        finally:
            await asyncio.to_thread(self._keep_or_tell)

    async def _work(self, stop: asyncio.Event) -> None:
        """Connect, and connect anew, with growing pauses, whenever the connection fails."""
        pause = _FIRST_PAUSE
        while not stop.is_set():
            before = self._delivered
            try:
                await self._session(stop)
            except OSError as error:  # TimeoutError is one
                self._failed(error)
                pause = _FIRST_PAUSE if self._delivered > before else pause
                await _wait(stop, pause)
                pause = min(pause * 2, self.settings.retry_seconds)

    async def _session(self, stop: asyncio.Event) -> None:
        link = await connect(self.settings)
        self._link = link
        self.counts.connections += 1
        self.counts.error = ""
        log.info("destination %s: connected to %s:%d", self.name, self.settings.host, self.settings.port)
        try:
            while not stop.is_set():
                link.check()
                if not await self._deliver_new(link, stop):
                    await _wait(stop, _LOOK_SECONDS)
        except BaseException:
            link.abort()
            raise
        else:
            await link.close()
        finally:
            self._link = None

    async def _deliver_new(self, link: Link, stop: asyncio.Event) -> bool:
        """Send what is there; tell whether there was any."""
        found = messages_after(self.catalogue, self.stream, self._delivered)
        some = False
        while not stop.is_set():
            try:
                messages = await asyncio.to_thread(next, found, None)
            except OSError as error:
                raise _NotReadableError(f"its messages cannot be read: {error}; see to the disk") from error
            if messages is None or not self._is_next(messages):
                break
            some = True
            fitting = self._fitting(messages)
            await link.deliver(fitting, partial(self._arrived, fitting))
            self._delivered = messages.seqs[-1]
            self._told = ""
        return some

    def _is_next(self, messages: Messages) -> bool:
        """Whether these may go: they follow what was delivered, or what lies between is surely missing."""
        missing = messages.seqs[-1] - self._delivered - len(messages.seqs)
        if missing <= 0:
            self._looks = 0
            return True
        self._looks += 1
        if self._looks < _LOOKS_AT_A_GAP:
            return False
        self._looks = 0
        self.counts.missing += missing
        log.error(
            "destination %s: %d messages before %d have expired or are damaged and cannot be sent on; "
            "keep messages longer (storage.retention), or see 'sysledger status' for damage",
            self.name, missing, messages.seqs[-1],
        )  # fmt: skip
        return True

    def _arrived(self, messages: Messages, seq: int) -> None:
        """Take the news that ``messages`` have arrived up to ``seq``."""
        begin, end = (bisect_right(messages.seqs, one) for one in (self._delivered, seq))
        self.counts.messages += end - begin
        self.counts.octets += sum(map(len, messages.octets[begin:end]))
        self._delivered = seq

    def _fitting(self, messages: Messages) -> Messages:
        """Leave out what no RELP server takes."""
        longest = max(map(len, messages.octets))
        if longest <= MAXIMUM_DATA or not self.settings.protocol.startswith("relp"):
            return messages
        pairs = list(zip(messages.seqs, messages.octets, strict=True))
        for seq, octets in pairs:
            if len(octets) > MAXIMUM_DATA:
                self.counts.too_long += 1
                log.error(
                    "destination %s: message %d has %d octets and RELP servers take %d; it is not sent on, "
                    'and stays here; use protocol = "tls" to send such messages',
                    self.name, seq, len(octets), MAXIMUM_DATA,
                )  # fmt: skip
        kept = [pair for pair in pairs if len(pair[1]) <= MAXIMUM_DATA]
        return Messages([seq for seq, _ in kept], [octets for _, octets in kept])

    def _failed(self, error: OSError) -> None:
        told = str(error) if isinstance(error, _NotReadableError) else in_words(error)
        self.counts.error = told
        if told != self._told:
            self._told = told
            log.warning(
                "destination %s (%s): %s; messages wait here and go on when that is mended",
                self.name,
                self.state()["address"],
                told,
            )

    async def _keep_on(self) -> None:
        """Keep the cursor, and look how far the stream has come, every second."""
        while True:
            await asyncio.sleep(_KEEP_SECONDS)
            await asyncio.to_thread(self._keep_or_tell)
            await asyncio.to_thread(self._look)

    def _keep_or_tell(self) -> None:
        try:
            self.keep()
        except OSError as error:
            if self._keeps:
                log.error("destination %s: its cursor is not written: %s; see to the disk", self.name, error)  # noqa: TRY400 - the sentence says all
            self._keeps = False
        else:
            self._keeps = True

    def _look(self) -> None:
        try:
            self._newest = self.catalogue.last_seq(self.stream)
        except OSError as error:
            log.warning("destination %s: its stream cannot be read: %s; see to the disk", self.name, error)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait for ``stop``, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
