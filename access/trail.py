"""The trail: every sign-in, search, view, export, change of configuration and refusal, told by ``record``.

What is told is an RFC 5424 message (access/trail_message.py) to a listener of the appliance's own: a Unix
datagram socket that only its user may write to. The collector keeps it as any message, in tenant ``trail``,
stream ``access``, which nothing in the product changes or deletes. The kernel holds what is told while the
collector is started anew.

Nothing is done that the trail cannot tell: ``record`` waits while the listener is busy, within a bound, and
then raises TrailError; whoever answers a request lets it through, and the pages say 503.

    from access import trail

    trail.record("search", f"{tenant}/{stream}", query=query, matches=count)        # in a thread
    await trail.recorded("user.disable", name)                                      # in a coroutine
    trail.record("export", target, outcome="refused", reason="no such stream")

Call it when the work is done and before its answer goes out. ``access.visitor.current()`` is who did it. A
process in which nobody is ``telling``, such as a test of a page, tells nobody.
"""

import itertools
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import anyio.to_thread

from access.trail_message import Deed, Outcome, Sender, encode
from access.visitor import current

WAIT_SECONDS: Final = 2.0  # for a listener that is busy, or is being started anew

Tell = Callable[[bytes], None]
_ORIGIN: ContextVar[str] = ContextVar("origin", default="")


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """How the trail is told, and the numbers of what is told."""

    tell: Tell | None
    numbers: Iterator[int]


_WAYS: Final = [_Way(None, itertools.repeat(0))]  # one process has one trail: the last one counts


class TrailError(Exception):
    """What is done cannot be told to the trail, so it must not be done; the message says what to do next."""

    exit_code = os.EX_UNAVAILABLE


def record(action: str, target: str = "", outcome: Outcome = "done", **details: object) -> None:
    """Tell the trail what ``current()`` did, or tried to.

    Waits up to WAIT_SECONDS; hardly ever at all. In a coroutine, use ``recorded``.

    Args:
        action: a word of at most 32 characters: ``search``, ``view``, ``export``, ``sign-in``, ``user.add``.
        target: on what: ``TENANT/STREAM``, ``TENANT/STREAM/SEQ``, an account's name, a setting.
        outcome: how it ended.
        details: whatever else is worth keeping: query, range, counts, reasons. Never a secret. None and empty
            texts are left out.

    Raises:
        TrailError: when the trail does not take it: what was done must not be answered.
        ValueError: when action, or the name of a detail, is none: ours to mend.
    """
    visitor = current()
    told = Deed(
        who=visitor.name,
        role="" if visitor.means == "nobody" else visitor.role,
        means=visitor.means,
        action=action,
        target=target,
        outcome=outcome,
        session=visitor.session,
        origin=_ORIGIN.get(),
        details=details,
    )
    way = _WAYS[-1]
    octets = encode(told, Sender(socket.gethostname(), os.getpid()), datetime.now(UTC), next(way.numbers))
    if way.tell is not None:
        way.tell(octets)


async def recorded(action: str, target: str = "", outcome: Outcome = "done", **details: object) -> None:
    """Do ``record`` in a thread, so that others are served while it waits."""
    await anyio.to_thread.run_sync(partial(record, action, target, outcome, **details))


@contextmanager
def telling(tell: Tell | None, *, numbered: bool = False) -> Iterator[None]:
    """Let ``record`` tell by ``tell`` within the block, whoever works in this process.

    Args:
        tell: ``ToListener`` of the appliance's own; None tells nobody.
        numbered: whether messages bear numbers, by which the collector sees that one is missing. For the one
            process that tells for long: numbers of several would get mixed up.
    """
    way = _Way(tell, itertools.count(1) if numbered else itertools.repeat(0))
    _WAYS.append(way)
    try:
        yield
    finally:
        _WAYS.remove(way)


@contextmanager
def coming_from(origin: str) -> Iterator[None]:
    """Say within the block from which address is asked."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


class ToListener:
    """Tells the trail's listener; from any thread.

    Args:
        path: of the listener's socket.
        seconds: how long to wait for it at most.
    """

    def __init__(self, path: Path, seconds: float = WAIT_SECONDS) -> None:
        self._path = os.fspath(path)
        self._seconds = seconds

    def __call__(self, octets: bytes) -> None:
        """Tell; the kernel has it when this returns.

        Raises:
            TrailError: when the listener is not there, or takes nothing.
        """
        try:
            # A connection of its own each time: nothing is left of a listener that was replaced.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
                one.settimeout(self._seconds)
                one.connect(self._path)
                one.send(octets)
        except OSError as error:
            raise TrailError(_explained(error, self._path)) from error


def _explained(error: OSError, path: str) -> str:
    advice = "see with sysledger status whether role collector runs, and what it says"
    if isinstance(error, TimeoutError):
        return f"The trail takes nothing ({path} is full): {advice}."
    if isinstance(error, PermissionError):
        return f"This user may not write to the trail ({path}): do this as the appliance's own user."
    return f"The trail cannot be reached at {path} ({error.strerror or error}): {advice}."
