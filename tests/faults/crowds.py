"""Very many senders, slow ones, silent ones, and such that never end a frame."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from supervisor.limits import allow_many_files
from tests.benchmarks.measure import peak_octets
from tests.faults.harness import Play, Round
from tests.faults.numbered import Numbered
from tests.faults.senders import Sender

CROWD: Final = 10_000
SLOW: Final = 200
HALF_OPEN: Final = 200
PEAK: Final = 350 << 20  # octets resident of a collector that may hold 16 MiB: 150 MB of its own, and room
_ENDLESS: Final = b"<13>" + b"x" * 65_532
_RELP_OPEN: Final = b"1 open 30 relp_version=0\ncommands=syslog\n"


class Given(Sender):
    """Messages that the fault itself sends over connections that do not break: all must be there."""

    @property
    def acknowledged(self) -> int:
        """All of them."""
        return self.given

    def work(self) -> None:
        """Nothing: the fault does it."""


@contextmanager
def connections(round_: Round, count: int, listener: str = "tcp") -> Iterator[list[socket.socket]]:
    """Open many connections; they are closed at the end."""
    allow_many_files()
    with ExitStack() as stack:
        address = ("127.0.0.1", round_.site.ports[listener])
        yield [stack.enter_context(socket.create_connection(address, 30)) for _ in range(count)]


def shares(round_: Round, name: str, count: int) -> list[bytes]:
    """Give ``count`` messages with LF, and have them judged."""
    given = Given(Numbered(name), 0, 1)
    lines = [line + b"\n" for chunk in range(count // 100) for line in given.numbered.messages(chunk)]
    given.given = len(lines)
    round_.load.senders[name] = given
    given.start()
    return lines


def close_all(opened: list[socket.socket]) -> None:
    """Say that nothing more comes, and wait until the other end has read all."""
    for connection in opened:
        connection.shutdown(socket.SHUT_WR)
    for connection in opened:
        connection.settimeout(60)
        while connection.recv(4096):
            pass


def crowd(round_: Round) -> int:
    """Ten thousand connections at a time, each with a message."""
    with connections(round_, CROWD) as opened:
        for connection, line in zip(opened, shares(round_, "crowd", CROWD), strict=True):
            connection.sendall(line)
        round_.pause(1, 2)
        close_all(opened)
    return 1


def slow(round_: Round) -> int:
    """Senders that need the whole round for one message, octet by octet."""
    with connections(round_, SLOW) as opened:
        lines = shares(round_, "slow", SLOW)
        octets = max(map(len, lines))
        for place in range(octets):
            for connection, line in zip(opened, lines, strict=True):
                connection.send(line[place : place + 1])
            time.sleep(round_.seconds / octets)
        close_all(opened)
    return SLOW


def half_open(round_: Round) -> int:
    """Connections of every kind that say nothing, or half of their first word, and go without a word."""
    with (
        connections(round_, HALF_OPEN) as plain,
        connections(round_, HALF_OPEN, "tls") as tls,
        connections(round_, HALF_OPEN, "relp") as relp,
    ):
        for opened, octets in ((plain, b"<13>1 - half"), (tls, b"\x16\x03\x01\x02"), (relp, b"1 open 3")):
            for connection in opened[::2]:
                connection.sendall(octets)
        for _ in round_.moments():
            pass
        for connection in (*plain, *tls, *relp):  # RST
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return 3 * HALF_OPEN


def endless(round_: Round) -> int:
    """Senders by TCP, TLS and RELP whose frame never ends, as fast as they are read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def over_tls() -> socket.socket:
        return context.wrap_socket(socket.create_connection(("127.0.0.1", round_.site.ports["tls"]), 30))

    def over(listener: str, octets: bytes = b"") -> Callable[[], socket.socket]:
        def connect() -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", round_.site.ports[listener]), 30)
            connection.sendall(octets)
            return connection

        return connect

    relp = _RELP_OPEN + b"2 syslog 999999999 "
    kinds = (over("tcp"), over_tls, over("relp", relp), over("tcp", b"99999999 "))
    until = time.monotonic() + round_.seconds
    threads = [threading.Thread(target=_pour, args=(connect, until), daemon=True) for connect in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(round_.seconds + 60)
    peak = peak_octets(round_.site.processes()["collector"])
    if peak > PEAK:
        round_.notes.append(f"the collector had {peak:,} octets resident")
    return len(kinds)


def _pour(connect: Callable[[], socket.socket], until: float) -> None:
    """Send without an end, over a new connection whenever the other end has had enough."""
    while time.monotonic() < until:
        with suppress(OSError), connect() as connection:
            connection.settimeout(1)
            while time.monotonic() < until:
                connection.send(_ENDLESS)


MANY: Final = {"tcp": "maximum_connections = 11000"}
FAULTS: Final[dict[str, Play]] = {
    "10,000 connections": Play(crowd, listeners=MANY),
    "slow senders": Play(slow),
    "half-open senders": Play(half_open),
    "octets without frame end": Play(endless),
}
