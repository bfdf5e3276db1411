"""Storage's end of the hand-off, for tests: a real ROUTER socket that answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio

from parsers.batch import BatchHeader, decode_records


class StorageDouble:
    """Takes batches and acknowledges each, unless ``answering`` is off or it is ``refusing``."""

    def __init__(self, endpoint: str, window: int = 8) -> None:
        self.window = window
        self.answering = True
        self.refusing = False
        self.hellos = 0
        self.headers: list[BatchHeader] = []
        self.records: list[Any] = []
        self.changed = asyncio.Condition()
        self._unanswered: list[tuple[bytes, BatchHeader]] = []
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.bind(endpoint)
        self._task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            identity, kind, *rest = await self._socket.recv_multipart()
            if kind == b"HELLO":
                self.hellos += 1
                self._unanswered.clear()
                await self._socket.send_multipart([identity, b"WELCOME", b"%d" % self.window])
            else:
                header = BatchHeader.decode(rest[0])
                self.headers.append(header)
                self.records.append(decode_records(rest[1]))
                self._unanswered.append((identity, header))
            await self.answer()
            async with self.changed:
                self.changed.notify_all()

    async def answer(self) -> None:
        """Acknowledge what was not answered so far."""
        while self.answering and self._unanswered:
            identity, header = self._unanswered.pop(0)
            name = f"{header.tenant}/{header.stream}".encode()
            number = b"%d" % header.number
            if self.refusing:
                refused = [identity, b"REFUSED", name, number, b"as the test says"]
                await self._socket.send_multipart([*refused, header.collector.encode()])
                continue
            acknowledged = [identity, b"ACK", name, number, b"%d" % self.window, header.collector.encode()]
            await self._socket.send_multipart(acknowledged)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until ``condition`` holds, which may change with every message that comes."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(condition)

    async def await_messages(self, count: int) -> None:
        """Wait until so many messages came."""
        await self.until(lambda: len(self.messages()) >= count)

    def messages(self, stream: str | None = None) -> list[bytes]:
        """The exact octets of all messages, in order of their batches; of one stream, or of all."""
        return self.column("raw", stream)

    def column(self, name: str, stream: str | None = None) -> list[Any]:
        """One column of all records."""
        pairs = zip(self.headers, self.records, strict=True)
        return [
            value
            for header, records in pairs
            if stream is None or header.stream == stream
            for value in records[name].to_pylist()
        ]

    async def close(self) -> None:
        """Vanish, as a storage worker that was killed."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._context.destroy(linger=0)


@asynccontextmanager
async def storage_at(folder: Path, window: int = 8) -> AsyncIterator[StorageDouble]:
    """Storage that listens at ``endpoint_in(folder)``."""
    double = StorageDouble(endpoint_in(folder), window)
    try:
        yield double
    finally:
        await double.close()


def endpoint_in(folder: Path) -> str:
    """The ZeroMQ address in a folder."""
    return f"ipc://{folder}/storage.ipc"
