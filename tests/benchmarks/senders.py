"""Senders that cost next to nothing: octets that are ready, over connections of their own."""

import socket
import threading
from collections.abc import Iterable, Sequence
from typing import Final

CONNECTIONS: Final = 4
PATIENCE: Final = 300.0  # seconds


def framed(messages: Iterable[bytes], *, counted: bool) -> list[bytes]:
    """Frame messages by RFC 6587, by octet counting or with LF, as CONNECTIONS shares."""
    frames = (
        [b"%d %b" % (len(message), message) for message in messages]
        if counted
        else [message + b"\n" for message in messages]
    )
    return [b"".join(frames[number::CONNECTIONS]) for number in range(CONNECTIONS)]


def send(port: int, shares: Sequence[bytes]) -> None:
    """Send each share over a TCP connection, and return when the receiver has closed them all.

    A receiver closes after it has read what was sent, so nothing is left in between.
    """
    threads = [threading.Thread(target=_send, args=(port, share)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(port: int, octets: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
