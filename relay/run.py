"""The relay's role: a sender for each destination, and their states."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from relay.sender import Sender
from relay.settings import RelaySettings
from storage.catalogue import Catalogue
from storage.layout import Layout

_REPORT_SECONDS: Final = 1.0


async def run(
    settings: RelaySettings,
    *,
    layout: Layout,
    report: Callable[[Mapping[str, Any]], None],
    ready: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    """Send streams on to their destinations until ``stop`` is set.

    Args:
        settings: the destinations.
        layout: the data folder; only cursors are written, in its folder relay.
        report: is given the role's state every second: ``destinations`` by name.
        ready: is called once, when all cursors have been read.
        stop: ends the role; what was not acknowledged is sent again by the next start.

    Raises:
        CursorError: when a cursor cannot be used.
    """
    catalogue = Catalogue(layout)
    senders = [Sender(name, each, layout, catalogue) for name, each in settings.enabled.items()]
    for sender in senders:
        sender.begin()
    ready()
    reporter = asyncio.create_task(_report(senders, report))
    try:
        async with asyncio.TaskGroup() as tasks:
            for sender in senders:
                tasks.create_task(sender.run(stop))
            tasks.create_task(_until(stop))
    finally:
        reporter.cancel()
        await asyncio.gather(reporter, return_exceptions=True)
        report(_state(senders))


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _report(senders: list[Sender], report: Callable[[Mapping[str, Any]], None]) -> None:
    while True:
        report(_state(senders))
        await asyncio.sleep(_REPORT_SECONDS)


def _state(senders: list[Sender]) -> dict[str, Any]:
    return {"destinations": {sender.name: sender.state() for sender in senders}}
