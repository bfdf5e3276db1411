"""A sender of datagrams at a given rate, as a process of its own: sendmmsg(2) of octets that are ready.

    python -m tests.benchmarks.udp_sender PORT FILE --rate 100000 --seconds 20 [--peers 1]

Sends the lines of FILE, over and over, to PORT of this machine. Every millisecond what is due by the clock
goes out, so that there are no bursts but those of a machine that is busy: what was late is made up for.
Prints one line of JSON: how many were sent, and the seconds that it took.
"""

import argparse
import ctypes
import json
import os
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from collector.message_headers import MessageHeader, Piece

_AT_ONCE: Final = 256
_STEP: Final = 0.001  # seconds
_C: Final = ctypes.CDLL(None, use_errno=True)


class Sender:
    """Sends prepared datagrams, round after round, from one or several addresses of this machine.

    Args:
        port: of 127.0.0.1.
        datagrams: what is sent.
        peers: how many addresses they come from, in turn.
    """

    def __init__(self, port: int, datagrams: Sequence[bytes], peers: int = 1) -> None:
        self._sockets = [
            _connected(f"127.0.{number >> 8}.{number & 255}", port) for number in range(1, peers + 1)
        ]
        self._each = _AT_ONCE if peers == 1 else 1
        self._count = len(datagrams)
        self._octets = ctypes.create_string_buffer(b"".join(datagrams))
        self._pieces = (Piece * self._count)()
        self._headers = (MessageHeader * self._count)()
        at = ctypes.addressof(self._octets)
        for number, datagram in enumerate(datagrams):
            self._pieces[number] = Piece(at, len(datagram))
            self._headers[number].pieces = ctypes.addressof(self._pieces[number])
            self._headers[number].piece_count = 1
            at += len(datagram)
        self._next = self._turn = 0

    def send(self, count: int) -> None:
        """Send ``count`` datagrams.

        Raises:
            OSError: when the kernel takes none.
        """
        while count:
            several = min(count, self._each, self._count - self._next)
            opened = self._sockets[self._turn % len(self._sockets)]
            where = ctypes.byref(self._headers, self._next * ctypes.sizeof(MessageHeader))
            sent = _C.sendmmsg(opened.fileno(), where, several, 0)
            if sent < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            self._next = (self._next + sent) % self._count
            self._turn += 1
            count -= sent

    def pace(self, rate: int, seconds: float) -> float:
        """Send ``rate`` datagrams a second for so many seconds; give the seconds it took."""
        total, sent = round(rate * seconds), 0
        began = time.monotonic()
        while sent < total:
            due = min(total, int((time.monotonic() - began) * rate))
            self.send(due - sent)
            sent = due
            time.sleep(_STEP)
        return time.monotonic() - began


def _connected(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, 0))
    opened.connect(("127.0.0.1", port))
    return opened


def main() -> None:
    """Send."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rate", type=int, default=100_000, help="datagrams a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--peers", type=int, default=1)
    arguments = parser.parse_args()
    sender = Sender(arguments.port, arguments.file.read_bytes().split(b"\n"), arguments.peers)
    took = sender.pace(arguments.rate, arguments.seconds)
    used = time.process_time()
    print(json.dumps({"sent": round(arguments.rate * arguments.seconds), "seconds": took, "cpu": used}))


if __name__ == "__main__":
    main()
