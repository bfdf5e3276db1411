"""The trail of who did what is written on storage's own machine: an admitted collector elsewhere cannot."""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from curve import KeyPair
from storage.catalogue import Catalogue
from storage.journal import Batch
from storage.layout import TRAIL, TRAIL_ELSEWHERE, Layout, StreamName
from storage.settings import StorageSettings
from storage.worker import Worker
from tests.machine import free_port

ANSWER_MILLISECONDS = 20_000
LOOPBACK = "127.0.0.1"

MakeBatch = Callable[..., Batch]
Socket = zmq.Socket[bytes]


def pair() -> KeyPair:
    """New keys."""
    public, secret = zmq.curve_keypair()
    return KeyPair(public.decode(), secret.decode())


class Storage:
    """A worker that listens on the local socket, and by TCP with CURVE for one collector elsewhere."""

    def __init__(self, layout: Layout, folder: str) -> None:
        self._context: zmq.Context[Socket] = zmq.Context()
        self._own, self.friend = pair(), pair()
        self._local = f"ipc://{folder}/s"
        port = free_port()
        self._remote = f"tcp://{LOOPBACK}:{port}"
        listen = {"address": LOOPBACK, "port": port, "collectors": [self.friend.public]}
        settings = StorageSettings.model_validate({"listen": listen, "merge_messages": 0})
        self._worker = Worker(settings, layout=layout, endpoint=self._local, keys=self._own)
        ready = threading.Event()
        serve = {"report": lambda _state: None, "ready": ready.set}
        self._thread = threading.Thread(target=self._worker.serve, kwargs=serve, daemon=True)
        self._thread.start()
        assert ready.wait(20)

    def collector(self, *, is_elsewhere: bool) -> Socket:
        """Connect a collector, which has said HELLO."""
        socket = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.RCVTIMEO, ANSWER_MILLISECONDS)
        if is_elsewhere:
            socket.curve_publickey = self.friend.public.encode()
            socket.curve_secretkey = self.friend.secret.encode()
            socket.curve_serverkey = self._own.public.encode()
        socket.connect(self._remote if is_elsewhere else self._local)
        socket.send_multipart([b"HELLO", b"collector-1"])
        assert socket.recv_multipart()[0] == b"WELCOME"
        return socket

    def close(self) -> None:
        """Stop it, and break all connections."""
        self._worker.stop()
        self._thread.join(20)
        self._context.destroy(linger=0)


@pytest.fixture
def storage(layout: Layout) -> Iterator[Storage]:
    """Give a storage whose socket's path is short enough."""
    with tempfile.TemporaryDirectory(prefix="sl") as folder:
        made = Storage(layout, folder)
        yield made
        made.close()


def answered(socket: Socket, batch: Batch) -> list[bytes]:
    """Hand a batch over; give the answer."""
    socket.send_multipart([b"BATCH", batch.content.header, batch.content.payload])
    return socket.recv_multipart()


@pytest.mark.parametrize("name", [TRAIL, StreamName("trail", "else")])
def test_an_admitted_collector_elsewhere_writes_no_trail(
    storage: Storage,
    layout: Layout,
    make_batch: MakeBatch,
    name: StreamName,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is refused, kept in quarantine, and told with the key; the connection goes on, as others do."""
    remote = storage.collector(is_elsewhere=True)
    with caplog.at_level(logging.ERROR):
        kind, stream, number, reason, _ = answered(remote, make_batch([b"<110>forged"], name=name))
    assert (kind, stream, number) == (b"REFUSED", f"trail/{name.stream}".encode(), b"1")
    assert b"is on another machine" in reason
    (told,) = caplog.messages
    assert storage.friend.public in told
    assert "storage.listen.collectors" in told
    (kept,) = (layout.data / "quarantine").rglob("*.octets")
    assert str(kept) in told
    for other in (StreamName(), TRAIL_ELSEWHERE):
        assert answered(remote, make_batch([b"<13>mine"], name=other))[0] == b"ACK"
    assert Catalogue(layout).streams() == [StreamName(), TRAIL_ELSEWHERE]


def test_the_collector_of_this_machine_writes_the_trail(
    storage: Storage, layout: Layout, make_batch: MakeBatch
) -> None:
    """Whoever else is connected by the network at the same time."""
    local, remote = storage.collector(is_elsewhere=False), storage.collector(is_elsewhere=True)
    assert answered(remote, make_batch([b"<110>forged"], name=TRAIL))[0] == b"REFUSED"
    assert answered(local, make_batch([b"<110>told"], name=TRAIL))[0] == b"ACK"
    assert [block.rows for block in Catalogue(layout).snapshot(TRAIL).blocks] == [1]
    assert Path(layout.journal(TRAIL)).is_dir()
