"""The line between the supervisor and a role: one socket pair, inherited by its number, JSON lines both ways.

    supervisor → role
        {"order": "go", "state": S}                       begin; once, before anything else
        {"order": "state", "state": S}                    S: ok, warning, shedding or panic
        {"order": "reload", "number": N, "sockets": […]}  be on the settings that come with it
    role → supervisor
        {"obeys": ["state", "reload"]}                    which orders it has an ear for
        {"ready": true, …}                                it accepts work; with its first report
        {"alive": A}                                      each second, from its event loop; A: the age of its
                                                          last report in seconds, or null
        {"answer": N, "problem": P}                       to reload N; P is null when all is well

Descriptors travel with a line (SCM_RIGHTS): with a reload first the settings, as a file in memory, then the
sockets that the line names. The first octets of a line carry them; where they are more than one call takes,
spaces before the line carry the others.

The end of the line means that the other end is gone. All roles are started together, and each imports what
it needs meanwhile; one that has to wait for another gets its go when that one is ready. A role whose
supervisor is gone stops as if it had been asked to. It watches the line rather than its parent's process id,
which may be another process' by then.
"""

import array
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

MAXIMUM_OCTETS: Final = 1 << 20  # a ready message lists listeners; more is not ours
DESCRIPTORS_AT_ONCE: Final = 200  # Linux takes 253 (SCM_MAX_FD)
_READ_OCTETS: Final = 65_536

Document = dict[str, Any]


def encode(document: Mapping[str, Any]) -> bytes:
    """Give the line of a document."""
    return json.dumps(document, separators=(",", ":"), default=str).encode() + b"\n"


class Lines:
    """Cuts what is read from a line into documents; what is none is left out. Octets in, documents out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, octets: bytes) -> list[Document]:
        """Give the documents that end within ``octets``."""
        *lines, self._rest = (self._rest + octets).split(b"\n")
        self._rest = self._rest[-MAXIMUM_OCTETS:]
        return [document for line in lines if (document := _decoded(line)) is not None]


def _decoded(line: bytes) -> Document | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def send(line: socket.socket, document: Mapping[str, Any], descriptors: Sequence[int] = ()) -> bool:
    """Send a document, with descriptors, without waiting; whether the other end has room and is there.

    A line is short against the socket's buffer, and is taken whole or not at all.
    """
    octets = encode(document)
    *before, last = _parts(descriptors)
    try:
        for part in before:
            socket.send_fds(line, [b" "], part, socket.MSG_DONTWAIT)
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", last))] if last else []
        sent = line.sendmsg([octets], ancillary, socket.MSG_DONTWAIT)
    except OSError:
        return False
    return sent == len(octets)


def _parts(descriptors: Sequence[int]) -> list[list[int]]:
    starts = range(0, max(len(descriptors), 1), DESCRIPTORS_AT_ONCE)
    return [list(descriptors[start : start + DESCRIPTORS_AT_ONCE]) for start in starts]


class Lifeline:
    """The role's end of the line."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._lines = Lines()
        self._early: list[Document] = []  # orders that came together with the go
        self._descriptors: list[int] = []

    def await_go(self) -> None:
        """Wait until the supervisor says that this role may begin.

        Raises:
            SystemExit: when the supervisor is gone: nothing has begun that would have to be ended.
        """
        while not any(document.get("order") == "go" for document in self._early):
            told = self._read()
            if told is None:
                raise SystemExit(os.EX_OK)
            self._early += told

    def say(self, document: Mapping[str, Any]) -> None:
        """Tell the supervisor something that it must hear. One that is gone ends us by the watch."""
        try:
            self._socket.sendall(encode(document))
        except OSError:
            return

    def mention(self, document: Mapping[str, Any]) -> None:
        """Tell the supervisor something that it may miss: one that does not read must not hold us up."""
        send(self._socket, document)

    def watch(self, take: Callable[[Document, list[int]], None], gone: Callable[[], None]) -> None:
        """Give each order and its descriptors to ``take``; when the supervisor is gone, call ``gone``.

        Both are called in a thread. After ``gone`` this process is sent SIGTERM.
        """
        threading.Thread(target=self._wait, args=(take, gone), name="lifeline", daemon=True).start()

    def _wait(self, take: Callable[[Document, list[int]], None], gone: Callable[[], None]) -> None:
        documents: list[Document] | None = self._early
        while documents is not None:
            for document in documents:
                take(document, self._taken(document))
            documents = self._read()
        gone()
        os.kill(os.getpid(), signal.SIGTERM)

    def _read(self) -> list[Document] | None:
        """Give the next documents; None when the line has ended. Their descriptors are kept in order."""
        try:
            octets, found, _, _ = socket.recv_fds(
                self._socket, _READ_OCTETS, DESCRIPTORS_AT_ONCE, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            return None  # a reset line is an ended line
        self._descriptors += found
        return self._lines.feed(octets) if octets else None

    def _taken(self, document: Document) -> list[int]:
        """Give an order's descriptors, the last that came. Those of one that broke off are closed."""
        if document.get("order") != "reload":
            return []
        count = 1 + len(document["sockets"])
        found, self._descriptors = self._descriptors, []
        for descriptor in found[:-count]:
            os.close(descriptor)
        return found[-count:]
