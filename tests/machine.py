"""What tests need of the machine: a port that is free, a process that lives, a condition that comes true."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

DEADLINE = 30.0
PAUSE = 0.02


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Find a port that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether somebody listens there, for TCP."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pid: int) -> bool:
    """Whether the process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it ended before, or while it was read
        return False


def await_true(condition: Callable[[], object], what: str) -> None:
    """Wait, within a bound, until ``condition()`` holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE} s in vain: {what}"
        time.sleep(PAUSE)
