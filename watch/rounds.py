"""Sends the canaries of one round, each in a thread of its own, and searches for those that were found."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Final

from storage.layout import Layout, StreamName
from watch.canary import Canaries, Sent, Turn, message, new_token
from watch.listeners import Listener, Place, places
from watch.sending import send
from watch.settings import WatchSettings

_BEFORE_SECONDS: Final = 5.0  # a search begins so long before the canary was sent: clocks are stepped


class Rounds:
    """The canaries of all listeners. All methods are called in the event loop.

    Args:
        settings: of the watch.
        layout: the data folder that is searched.
        listeners: of the configuration, by name.
    """

    def __init__(self, settings: WatchSettings, layout: Layout, listeners: Mapping[str, Listener]) -> None:
        self._settings = settings
        self._layout = layout
        self._listeners = listeners
        self._host = "".join(filter(_is_visible, socket.gethostname()))[:255] or "-"
        self._searcher: object | None = None
        self.canaries = Canaries()

    @property
    def under_way(self) -> bool:
        """Whether a canary is still to be found."""
        return any(not sent.told for sent in self.canaries.under_way.values())

    def begin(self, reported: Mapping[str, Mapping[str, object]]) -> None:
        """Send a canary through every listener that collectors report."""
        found, untried = places(self._listeners, reported)
        self.canaries.know([place.listener.name for place in found], untried)
        for place in found:
            token, now = new_token(), time.time()
            self.canaries.send(place.listener.name, token, now, self._settings.canary_wait)
            octets = message(place.listener, token, self._host, os.getpid(), now)
            work = partial(self._send, asyncio.get_running_loop(), place, token, octets)
            Thread(target=work, name=f"canary-{place.listener.name}", daemon=True).start()

    def _send(self, loop: asyncio.AbstractEventLoop, place: Place, token: str, octets: bytes) -> None:
        try:
            send(place, octets, self._settings.canary_wait)
        except OSError as error:
            why = f"it could not be sent: {error.strerror or error}"
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self.canaries.failed, token, why)

    async def found(self, tokens: Sequence[str]) -> list[Turn]:
        """Take the tokens that were found among what is stored; give what that changes."""
        turns: list[Turn | None] = []
        now = time.time()
        for token in tokens:
            sent = self.canaries.find(token, now)
            if sent is not None:
                turns.append(self.canaries.turn_of(sent))
                await self._search_for(sent)
        return [turn for turn in turns if turn is not None]

    async def overdue(self) -> list[Turn]:
        """Take the time; give what those change that were not found in it, by reading nor by search."""
        turns: list[Turn | None] = []
        for sent in self.canaries.overdue(time.time()):
            if await self._search_for(sent):
                self.canaries.find(sent.token, time.time())
                sent.told = False
                turns.append(self.canaries.turn_of(sent))
            else:
                turns.append(self.canaries.miss(sent))
        return [turn for turn in turns if turn is not None]

    async def _search_for(self, sent: Sent) -> bool:
        started = time.monotonic()
        found = await asyncio.to_thread(self._is_found, self._listeners[sent.listener], sent)
        self.canaries.searched(sent.listener, time.monotonic() - started, found=found)
        return found

    def _is_found(self, listener: Listener, sent: Sent) -> bool:
        from storage.search import Request, Searcher  # noqa: PLC0415 - 10 MB, for those who send canaries

        if not isinstance(self._searcher, Searcher):
            self._searcher = Searcher(self._layout)
        request = Request(
            query=sent.token,
            name=StreamName(listener.tenant, listener.stream),
            start=datetime.fromtimestamp(sent.at - _BEFORE_SECONDS, UTC),
            limit=1,
        )
        try:
            return bool(self._searcher.page(request).records.num_rows)
        except OSError:
            return False


def _is_visible(letter: str) -> bool:
    return "!" <= letter <= "~"
