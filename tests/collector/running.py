"""A whole collector within the test: real sockets on free ports, real ZeroMQ, storage's double at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.run import run
from collector.settings import CollectorSettings, ListenerSettings
from tests.collector.storage_double import StorageDouble, endpoint_in, storage_at

LOOPBACK = "127.0.0.1"


@dataclass
class Running:
    """A collector at work."""

    storage: StorageDouble
    stop: asyncio.Event
    reports: list[Any] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    hear: Callable[[str], None] | None = None
    change: Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]] | None = None

    def obey(
        self,
        *,
        state: Callable[[str], None] | None = None,
        reload: Callable[[Any, Sequence[tuple[str, int]]], Awaitable[None]] | None = None,
    ) -> None:
        """Take what obeys orders."""
        self.hear, self.change = state, reload

    async def reload(self, sockets: Sequence[tuple[str, int]] = (), **settings: Any) -> None:
        """Order a reload."""
        assert self.change is not None
        await self.change(CollectorSettings(**settings), sockets)

    def state(self, name: str) -> None:
        """Order a state."""
        assert self.hear is not None
        self.hear(name)

    def report(self, state: Any) -> None:
        """Take a report."""
        self.reports.append(state)
        self.news.set()

    def listener(self, name: str) -> Any:
        """What was last reported of a listener."""
        return self.reports[-1]["listeners"][name]

    def port(self, name: str) -> int:
        """The port that a listener got."""
        port: int = self.reports[0]["listeners"][name]["port"]
        return port

    async def finish(self) -> None:
        """Stop the collector and wait until it has drained."""
        self.stop.set()
        if self.task is not None:
            await asyncio.wait_for(asyncio.shield(self.task), 30)

    async def reported(self, condition: Callable[[], Any]) -> None:
        """Wait for a report for which ``condition`` holds."""
        async with asyncio.timeout(20):
            while not condition():
                self.news.clear()
                await self.news.wait()


def listeners(**settings: Any) -> dict[str, ListenerSettings]:
    """One listener of each transport on loopback; ``settings`` go to all of them."""
    return {
        name: ListenerSettings.model_validate(
            {"transport": name, "port": 0, "address": LOOPBACK, "stream": name, **settings}
        )
        for name in ("udp", "tcp", "tls")
    }


@asynccontextmanager
async def collecting(folder: Path, tls_folder: Path | None = None, **settings: Any) -> AsyncIterator[Running]:
    """A running collector with storage's double; both end with the block."""
    settings.setdefault("listeners", {"udp": listeners()["udp"], "tcp": listeners()["tcp"]})
    async with (
        storage_at(folder) as storage,
        collecting_alone(folder, storage, tls_folder, **settings) as running,
    ):
        yield running


@asynccontextmanager
async def collecting_alone(
    folder: Path,
    storage: StorageDouble,
    tls_folder: Path | None = None,
    *,
    given: Sequence[tuple[str, int]] = (),
    first: bool = True,
    tenants: Path | None = None,
    **settings: Any,
) -> AsyncIterator[Running]:
    """A running collector whose storage the test looks after itself."""
    running = Running(storage, asyncio.Event())
    running.task = asyncio.create_task(
        run(
            CollectorSettings(**settings),
            tls_folder=tls_folder or folder / "tls",
            endpoint=endpoint_in(folder),
            report=running.report,
            ready=running.ready.set,
            stop=running.stop,
            given=given,
            first=first,
            tenants=tenants,
            obey=running.obey,
        )
    )
    waiting = asyncio.create_task(running.ready.wait())
    await asyncio.wait([running.task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.task.done():
        running.task.result()
    try:
        yield running
    finally:
        await running.finish()


def play(scene: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine, within a bound."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(bounded())
