"""What tests need of the machine: a port that is free, a process that lives, a condition that comes true."""

import contextlib
import itertools
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

DEADLINE = 30.0
PAUSE = 0.02


# Ports below those that the kernel gives to whoever asks for any, for each of the processes that run tests.
_PORTS = range(10_000, 32_000)
_PORTS_EACH = 5_500
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % (len(_PORTS) // _PORTS_EACH)
_places = itertools.count(random.randrange(_PORTS_EACH))


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Find a port that is free now, and that no other test of this process was given of late."""
    for place in itertools.islice(_places, _PORTS_EACH):
        port = _PORTS[_worker * _PORTS_EACH + place % _PORTS_EACH]
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


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
