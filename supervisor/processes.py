"""The roles of one box as child processes: started together, watched, started again, stopped in order.

Each role runs in a session of its own, so that Ctrl-C reaches the supervisor alone, which then stops one
after the other: first who receives, last who reads. A role that does not become ready at the first start
ends everything, since that is a matter for whoever starts it (a port in use, say); a role that dies later is
started again with a growing pause, for then nobody may be looking.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from supervisor.activation import Sockets, tell_sockets
from supervisor.lifeline import MAXIMUM_OCTETS, decode_ready
from supervisor.settings import SupervisorSettings

Bound = dict[str, dict[str, Any]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep running.

    ``command`` is its command line; the number of its lifeline is added as the last word.
    ``waits_for`` names the role that has to be ready before this one begins. ``sockets`` are open, and given
    to it.
    """

    name: str
    command: tuple[str, ...]
    waits_for: str | None = None
    sockets: Sockets = ()


class StartError(Exception):
    """A role did not become ready. ``exit_code`` is what the supervisor should end with."""

    def __init__(self, text: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(text)


@dataclass(slots=True)
class Backoff:
    """The pause before the next start: doubles with every failure, begins anew after a good time."""

    first: float
    most: float
    failures: int = 0

    def pause(self, ran: float) -> float:
        """Give the seconds to wait after a process that ran for ``ran`` seconds."""
        if ran > 2 * self.most:
            self.failures = 0
        pause = min(self.first * 2.0**self.failures, self.most)
        self.failures = min(self.failures + 1, 32)
        return pause


class Child:
    """The process of one role, through all its starts."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.starts = 0
        self.started = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self._line: asyncio.StreamWriter | None = None
        self._closing = False
        self._spawning = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id; None while there is no process."""
        return self._process.pid if self._process is not None else None

    async def start(self, seconds: float, awaited: asyncio.Task[Any] | None = None) -> dict[str, Any]:
        """Start the process, and wait until it is ready; give what it is bound to, nothing if it never began.

        Args:
            seconds: how long that may take from the moment when it may begin.
            awaited: the start of another role, after which this one may begin; never, if that fails.

        Raises:
            StartError: when it ends before, or is not ready in time.
        """
        reader = await self._spawn()
        if reader is None or (awaited is not None and not await _succeeds(awaited)):
            return {}
        self._go()
        try:
            line = await asyncio.wait_for(_line_of(reader), seconds)
        except (TimeoutError, ValueError) as error:
            await self.kill()
            raise StartError(
                f"{self.role.name} was not ready after {seconds:g} s", os.EX_UNAVAILABLE
            ) from error
        bound = decode_ready(line)
        if bound is not None:
            return bound
        code = await self.ended()
        raise StartError(
            f"{self.role.name} could not start ({ending(code)}): its own line above says why",
            code if code > 0 else os.EX_SOFTWARE,
        )

    async def _spawn(self) -> asyncio.StreamReader | None:
        async with self._spawning:
            if self._closing:
                return None
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *self.role.command,
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=2,  # our stdout is the banner's; what a role prints is log
                    pass_fds=(theirs.fileno(), *(number for _, number in self.role.sockets)),
                    env={**os.environ, **tell_sockets(self.role.sockets)},
                    start_new_session=True,
                )
            self.starts += 1
            self.started = time.monotonic()
            reader, self._line = await asyncio.open_connection(sock=ours, limit=MAXIMUM_OCTETS)
            return reader

    def _go(self) -> None:
        if self._line is not None and not self._line.is_closing():
            self._line.write(b"\n")

    async def ended(self) -> int:
        """Wait for the end of the process; give its exit code, negative for the signal that killed it."""
        if self._process is None:
            return 0
        code = await self._process.wait()
        if self._line is not None:
            self._line.close()
            self._line = None
        return code

    async def stop(self, seconds: float) -> int:
        """Ask the process to stop; kill it after ``seconds``. Gives its exit code, 0 if it ran no more."""
        self._closing = True
        async with self._spawning:
            if self._process is None or self._process.returncode is not None:
                return os.EX_OK
            self._signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.ended(), seconds)
        except TimeoutError:
            log.error("%s did not stop within %g s and is killed", self.role.name, seconds)  # noqa: TRY400 - not ours
            return await self.kill()

    async def kill(self) -> int:
        """End the process at once."""
        self._signal(signal.SIGKILL)
        return await self.ended()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


async def _line_of(reader: asyncio.StreamReader) -> bytes:
    """Give what the role says; nothing when it has ended before it heard that it may begin."""
    try:
        return await reader.readline()
    except ConnectionError:
        return b""


async def _succeeds(start: asyncio.Task[Any]) -> bool:
    """Wait for the end of a start, and say whether it was a good one."""
    await asyncio.wait([start])
    return start.exception() is None


def ending(code: int) -> str:
    """Say how a process ended: ``exit code 69`` or ``killed by SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class Supervisor:
    """Keeps the roles of one box running, from their first start to their orderly stop."""

    def __init__(  # noqa: PLR0913 - what a supervisor supervises, and whom it tells
        self,
        roles: Sequence[Role],
        stop_order: Sequence[str],
        settings: SupervisorSettings,
        announce: Callable[[Bound], None],
        report: Callable[[Mapping[str, Any]], None],
        *,
        stopping: Callable[[], None],
    ) -> None:
        """Args: ``announce`` is given what every role is bound to, once, when all are ready.

        ``stopping`` is called before the first of them is stopped.
        """
        self._children = [Child(role) for role in roles]
        self._stop_order = stop_order
        self._settings = settings
        self._announce = announce
        self._report = report
        self._stopping = stopping
        self._asked = asyncio.Event()
        self._starts: list[asyncio.Task[dict[str, Any]]] = []
        self._waiting_for = "the roles"

    async def run(self) -> int:
        """Start all, keep them running until asked to stop, stop all. Gives the exit code, by sysexits."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        starting = asyncio.create_task(self._start())
        asked = asyncio.create_task(self._asked.wait())
        await asyncio.wait([starting, asked], return_when=asyncio.FIRST_COMPLETED)
        code = os.EX_OK
        keepers: list[asyncio.Task[None]] = []
        if starting.done() and (error := starting.exception()) is not None:
            log.error("%s", error)
            code = getattr(error, "exit_code", os.EX_SOFTWARE)
            self._asked.set()
        elif starting.done():
            self._announce(starting.result())
            keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
            await asked
        clean = await self._stop()
        await asyncio.gather(starting, asked, *keepers, *self._starts, return_exceptions=True)
        return code if clean or code else os.EX_SOFTWARE

    async def _start(self) -> Bound:
        """Start all, side by side; one that waits for another begins when that one is ready."""
        starts: dict[str, asyncio.Task[dict[str, Any]]] = {}
        for child in self._children:
            awaited = starts.get(child.role.waits_for or "")
            start = child.start(self._settings.start_seconds, awaited)
            starts[child.role.name] = asyncio.create_task(start)
        self._starts += starts.values()
        await asyncio.wait(self._starts, return_when=asyncio.FIRST_EXCEPTION)
        bound = {child.role.name: task.result() for child, task in self._finished()}
        self._tell()
        return bound

    def _finished(self) -> list[tuple[Child, asyncio.Task[dict[str, Any]]]]:
        """The starts that have come to an end, those that failed first."""
        ended = [pair for pair in zip(self._children, self._starts, strict=True) if pair[1].done()]
        return sorted(ended, key=lambda pair: pair[1].exception() is None)

    async def _keep(self, child: Child) -> None:
        backoff = Backoff(self._settings.restart_seconds, self._settings.restart_seconds_most)
        while True:
            code = await child.ended()
            if self._asked.is_set():
                return
            pause = backoff.pause(time.monotonic() - child.started)
            log.error("%s died (%s); it is started again in %g s", child.role.name, ending(code), pause)
            if await self._asked_within(pause):
                return
            try:
                await child.start(self._settings.start_seconds)
            except StartError as error:
                log.error("%s", error)  # noqa: TRY400 - the role has told its own traceback, if there is one
            else:
                log.info("%s runs again (process %s)", child.role.name, child.pid)
            self._tell()

    async def _asked_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _stop(self) -> bool:
        """Stop one after the other; whether every one of them ended by itself and well."""
        clean = True
        self._stopping()
        for child in sorted(self._children, key=self._stop_place):
            self._waiting_for = f"{child.role.name} (process {child.pid})"
            code = await child.stop(self._settings.stop_seconds)
            if code not in {os.EX_OK, -signal.SIGTERM}:
                # SIGTERM by default means that it had not even begun to work.
                clean = False
                log.error("%s ended with %s while stopping", child.role.name, ending(code))
        return clean

    def _stop_place(self, child: Child) -> int:
        name = child.role.name.partition("-")[0]
        return self._stop_order.index(name) if name in self._stop_order else len(self._stop_order)

    def _on_signal(self) -> None:
        if not self._asked.is_set():
            log.info("stopping; everything received so far is made durable")
            self._asked.set()
        else:
            log.warning(
                "still waiting for %s to make everything durable, at most %g s",
                self._waiting_for,
                self._settings.stop_seconds,
            )

    def _tell(self) -> None:
        self._report(
            {
                "roles": {
                    child.role.name: {"pid": child.pid, "starts": child.starts} for child in self._children
                }
            }
        )
