"""Sockets that were opened by another process find their listener, and none is left without one."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collector.errors import ListenerError
from collector.given import match_sockets
from collector.held import HeldSockets
from collector.settings import CollectorSettings, ListenerSettings
from tests.collector.running import LOOPBACK, collecting_alone, listeners, play
from tests.collector.storage_double import storage_at
from tests.collector.test_udp import send


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    with ExitStack() as opened:
        yield opened


def opened(kind: socket.SocketKind, address: str = LOOPBACK) -> tuple[int, int]:
    """A descriptor of a bound socket, and its port. Whoever is given the descriptor closes it."""
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    bound.bind((address, 0))
    if kind == socket.SOCK_STREAM:
        bound.listen()
    port: int = bound.getsockname()[1]
    return bound.detach(), port


def one(transport: str, port: int = 0, address: str = LOOPBACK, **settings: Any) -> ListenerSettings:
    """A listener."""
    return ListenerSettings.model_validate(
        {"transport": transport, "port": port, "address": address, **settings}
    )


def matched(stack: ExitStack, given: list[tuple[str, int]], **wanted: ListenerSettings) -> dict[str, int]:
    """The ports that listeners got."""
    found = match_sockets(given, wanted)
    for each in found.values():
        stack.enter_context(each.opened)
        assert not each.opened.getblocking()
    return {name: each.opened.getsockname()[1] for name, each in found.items()}


def test_by_name(stack: ExitStack) -> None:
    """The name of a socket is its listener's, wherever that is set to listen."""
    number, port = opened(socket.SOCK_STREAM)
    assert matched(stack, [("second", number)], first=one("tcp", port), second=one("tcp")) == {"second": port}


@pytest.mark.parametrize(
    ("bound", "configured"), [(LOOPBACK, LOOPBACK), ("::", "0.0.0.0"), ("0.0.0.0", "::")]
)
def test_by_place(stack: ExitStack, bound: str, configured: str) -> None:
    """Without a listener's name it is the address and port, and the kind of socket."""
    stream, tcp_port = opened(socket.SOCK_STREAM, bound)
    datagrams, udp_port = opened(socket.SOCK_DGRAM, bound)
    given = [("sysledger.socket", stream), ("sysledger.socket", datagrams)]
    wanted = {
        "udp": one("udp", udp_port, configured),
        "dtls": one("dtls", tcp_port, configured),
        "tcp": one("tcp", tcp_port, configured),
        "tls": one("tls", udp_port, configured),
    }
    assert matched(stack, given, **wanted) == {"tcp": tcp_port, "udp": udp_port}


def test_names_come_first(stack: ExitStack) -> None:
    """A socket that is named for a listener gets it, also when another one stands before it."""
    first, port = opened(socket.SOCK_DGRAM)
    second, other = opened(socket.SOCK_DGRAM)
    assert matched(stack, [("a", first), ("udp", second)], udp=one("udp"), b=one("udp", port)) == {
        "udp": other,
        "b": port,
    }


def test_path(folder: Path, stack: ExitStack) -> None:
    """A Unix socket finds its listener by path."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bound.bind(str(folder / "log"))
    given = [("sysledger.socket", bound.detach())]
    found = match_sockets(given, {"local": ListenerSettings(transport="unix", path=folder / "log")})
    stack.enter_context(found["local"].opened)
    assert list(found) == ["local"]


@pytest.mark.parametrize(
    ("name", "kind", "wanted"),
    [
        ("tcp", socket.SOCK_STREAM, {"udp": one("udp", 5514)}),
        ("udp", socket.SOCK_STREAM, {"udp": one("udp", 5514)}),
        ("tcp", socket.SOCK_STREAM, {"tcp": one("tcp", 5514, enabled=False)}),
        ("local", socket.SOCK_DGRAM, {"local": ListenerSettings(transport="unix", path=Path("/run/log"))}),
    ],
)
def test_without_a_listener(name: str, kind: socket.SocketKind, wanted: dict[str, ListenerSettings]) -> None:
    """A socket that no listener takes ends the start: what is sent there would be received by nobody."""
    number, port = opened(kind)
    with pytest.raises(
        ListenerError, match=rf"'{name}' for (UDP|TCP) port {port} on {LOOPBACK}.*set FileDesc"
    ):
        match_sockets([(name, number)], wanted)


def test_two_for_one_listener() -> None:
    """Each listener has one socket."""
    given = [("tcp", opened(socket.SOCK_STREAM)[0]) for _ in range(2)]
    with pytest.raises(ListenerError, match="no enabled listener is left"):
        match_sockets(given, {"tcp": one("tcp")})


def test_a_connection_is_no_listener(stack: ExitStack) -> None:
    """With Accept=yes systemd gives connections, which are none of ours."""
    ours, theirs = socket.socketpair()
    stack.enter_context(theirs)
    with pytest.raises(ListenerError):
        match_sockets([("tcp", ours.detach())], {"tcp": one("tcp")})


def test_no_socket(stack: ExitStack) -> None:
    """A file, and what is not open, are no sockets."""
    reading, writing = os.pipe()
    stack.callback(os.close, writing)
    stack.callback(os.close, reading)
    for number in (reading, 999_999):
        with pytest.raises(ListenerError, match="which is no socket"):
            match_sockets([("tcp", number)], {"tcp": one("tcp")})


def test_collector_listens_on_what_it_is_given(folder: Path) -> None:
    """What was sent before the collector was there is received, too."""
    stream, tcp_port = opened(socket.SOCK_STREAM)
    datagrams, udp_port = opened(socket.SOCK_DGRAM)

    async def scene() -> None:
        send(udp_port, b"<13>before")
        with socket.create_connection((LOOPBACK, tcp_port)) as sender:
            sender.sendall(b"<13>line\n")
        wanted = {"udp": listeners()["udp"], "tcp": listeners()["tcp"]}
        given = [("udp", datagrams), ("tcp", stream)]
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, given=given, listeners=wanted) as running,
        ):
            await running.storage.await_messages(2)
            assert sorted(running.storage.messages()) == [b"<13>before", b"<13>line"]
            assert (running.port("udp"), running.port("tcp")) == (udp_port, tcp_port)

    play(scene)


def test_dropped_datagrams_are_counted_once(folder: Path) -> None:
    """Of several processes that read one socket only the first adds up what the kernel dropped at it."""
    number, port = opened(socket.SOCK_DGRAM)
    with socket.socket(fileno=os.dup(number)) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    again = os.dup(number)

    async def scene() -> None:
        wanted = {"udp": one("udp", receive_buffer=0)}
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, given=[("udp", number)], listeners=wanted) as first,
            collecting_alone(
                folder, storage, given=[("udp", again)], first=False, listeners=wanted
            ) as second,
        ):
            send(port, *[b"<13>%d" % number for number in range(3_000)])
            await storage.await_messages(1)
            await asyncio.gather(first.finish(), second.finish())
            assert second.listener("udp")["lost"] == {}
            lost = sum(first.listener("udp")["lost"].values())
            assert lost > 0
            assert len(storage.messages()) + lost == 3_000

    play(scene)


def test_given_unix_socket_stays(folder: Path) -> None:
    """A path that another process made is not the collector's to remove."""
    path = folder / "log"
    settings = {"local": ListenerSettings(transport="unix", path=path)}

    async def scene() -> None:
        sockets = HeldSockets(CollectorSettings(listeners=settings), [])
        copies = [(name, os.dup(number)) for name, number in sockets.of(0)]
        async with (
            storage_at(folder) as storage,
            collecting_alone(folder, storage, given=copies, listeners=settings) as running,
        ):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>a", str(path))
            await storage.await_messages(1)
            await running.finish()
        assert path.is_socket()
        sockets.close()
        assert not path.exists()

    play(scene)
