"""The line between the supervisor and a role: one socket pair, inherited by its number.

    role → supervisor   one JSON object and LF, once: {"ready": true, …what the role reported}
    supervisor → role   LF, once: begin; the end of the line means that the supervisor is gone

All roles are started together, and each imports what it needs meanwhile; a role that has to wait for another
gets the LF when that one is ready. One whose supervisor is gone stops as if it had been asked to. It watches
the line rather than its parent's process id, which may be another process' by then.
"""

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

MAXIMUM_OCTETS: Final = 1 << 20  # a ready message lists listeners; more is not ours


class Lifeline:
    """The role's end of the line."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    def await_go(self) -> None:
        """Wait until the supervisor says that this role may begin.

        Raises:
            SystemExit: when the supervisor is gone: nothing has begun that would have to be ended.
        """
        try:
            told = self._socket.recv(1)
        except OSError:
            told = b""
        if not told:
            raise SystemExit(os.EX_OK)

    def ready(self, state: Mapping[str, Any]) -> None:
        """Say that the role accepts work, and what it is bound to."""
        octets = json.dumps({"ready": True, **state}, default=str).encode() + b"\n"
        try:
            self._socket.sendall(octets)
        except BrokenPipeError:
            return  # the supervisor is gone: the watch below ends this process

    def watch(self, before: Callable[[], None]) -> None:
        """Call ``before`` when the supervisor is gone, and then send this process SIGTERM."""
        threading.Thread(target=self._wait, args=(before,), name="lifeline", daemon=True).start()

    def _wait(self, before: Callable[[], None]) -> None:
        try:
            while self._socket.recv(1):
                pass
        except OSError:
            pass  # a reset line is an ended line
        before()
        os.kill(os.getpid(), signal.SIGTERM)


def decode_ready(octets: bytes) -> dict[str, Any] | None:
    """Read a ready message; None when the line ended without one."""
    try:
        document = json.loads(octets)
    except ValueError:
        return None
    return document if isinstance(document, dict) and document.pop("ready", False) else None
