"""The process of one role, through all its starts: begun, listened to, given orders, stopped, killed."""

import asyncio
import logging
import os
import signal
import socket
import time
from contextlib import suppress
from typing import Any, Final

from supervisor.activation import tell_sockets
from supervisor.handed import open_handed, tell_handed
from supervisor.role import Circumstances, Role
from supervisor.role_line import RoleLine
from supervisor.roles import DUMP_SIGNAL

DUMP_SECONDS: Final = 1.0  # for a role that hangs to write where it is

log = logging.getLogger(__name__)


class StartError(Exception):
    """A role did not become ready. ``exit_code`` is what the supervisor should end with."""

    def __init__(self, text: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(text)


class Child:
    """The process of one role, through all its starts.

    Attributes:
        starts: how often it was started.
        started: when it was last, by the monotonic clock.
        ready_since: when it became ready; None while it is not.
        asked_to_restart: whether it is being stopped in order to be started anew.
        unwanted: whether it is to be started no more.
    """

    def __init__(self, role: Role, circumstances: Circumstances | None = None) -> None:
        self.role = role
        self.starts = 0
        self.started = 0.0
        self.ready_since: float | None = None
        self.asked_to_restart = False
        self.unwanted = False
        self._gone_since: float | None = None
        self._given: set[tuple[str, int]] = set()
        self._circumstances = circumstances or Circumstances()
        self._process: asyncio.subprocess.Process | None = None
        self._line: RoleLine | None = None
        self._spawning = asyncio.Lock()
        self._settled = asyncio.Event()  # the last start has come to its end, good or bad

    @property
    def pid(self) -> int | None:
        """The process id; None while there was no process."""
        return self._process.pid if self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def obeys(self) -> frozenset[str]:
        """The orders that the role takes."""
        return self._line.obeys if self._line is not None else frozenset()

    def silence(self, now: float) -> float | None:
        """Give the seconds since the role's event loop, or its work, was last heard of.

        None while it does not run, and while it is not ready: how long that may take has a bound of its own.

        Args:
            now: the monotonic clock.
        """
        if self._line is None or self.ready_since is None or not self.running:
            return None
        return self._line.silence(now, works_aloud=self.role.works_aloud)

    def away(self, now: float) -> float | None:
        """Give the seconds for which the role has done nothing, silent or gone; None before it first did."""
        if self.ready_since is None:
            return None if self._gone_since is None else now - self._gone_since
        return self.silence(now)

    async def start(self, seconds: float, awaited: asyncio.Task[Any] | None = None) -> dict[str, Any]:
        """Start the process, and wait until it is ready; give what it is bound to, nothing if it never began.

        Args:
            seconds: how long that may take from the moment when it may begin.
            awaited: the start of another role, after which this one may begin; never, if that fails.

        Raises:
            StartError: when it ends before, or is not ready in time.
        """
        self._settled.clear()
        try:
            return await self._start(seconds, awaited)
        finally:
            self._settled.set()

    async def settled(self, seconds: float) -> bool:
        """Wait for the end of the start that is under way or to come; say whether the role is ready."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), seconds)
        return self.ready_since is not None

    async def _start(self, seconds: float, awaited: asyncio.Task[Any] | None) -> dict[str, Any]:
        try:
            line = await self._spawn()
        except OSError as error:
            raise StartError(
                f"no process can be started for {self.role.name} ({error}): see to the machine's memory, and "
                "its limits of processes and open files",
                os.EX_OSERR,
            ) from error
        if line is None or (awaited is not None and not await _succeeds(awaited)):
            return {}
        line.go(self._circumstances.state)
        try:
            bound = await asyncio.wait_for(asyncio.shield(line.ready), seconds)
        except TimeoutError as error:
            await self.kill()
            raise StartError(
                f"{self.role.name} was not ready after {seconds:g} s: its lines above say what it was at; "
                "give it longer with supervisor.start_seconds when it has much to read",
                os.EX_UNAVAILABLE,
            ) from error
        if bound is not None:
            self.ready_since = time.monotonic()
            return bound
        code = await self.ended()
        raise StartError(
            f"{self.role.name} could not start ({ending(code)}): its own line above says why",
            code if code > 0 else os.EX_SOFTWARE,
        )

    async def _spawn(self) -> RoleLine | None:
        async with self._spawning:
            if self.unwanted:
                return None
            self.asked_to_restart = False
            self.started = time.monotonic()
            sockets = self.role.sockets()
            settings = self._circumstances.settings
            handed = None if settings is None else open_handed(settings)
            ours, theirs = socket.socketpair()
            self._given = set(map(_identity, sockets))
            passed = [theirs.fileno(), *([] if handed is None else [handed])]
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.role.command,
                    str(theirs.fileno()),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=2,  # our stdout is the banner's; what a role prints is log
                    pass_fds=(*passed, *(number for _, number in sockets)),
                    env={**os.environ, **tell_sockets(sockets), **tell_handed(handed)},
                    start_new_session=True,
                )
            finally:
                theirs.close()
                if handed is not None:
                    os.close(handed)
            self.starts += 1
            self._line = RoleLine(ours)
            return self._line

    def tell_state(self, state: str) -> None:
        """Order the role into a state of the appliance; one that has not begun is told when it does."""
        if self.running and self._line is not None:
            self._line.tell_state(state)

    async def reload(self, number: int, settings: bytes, seconds: float) -> str | None:
        """Order the role to be on other settings, with the sockets that it has not yet.

        Args:
            number: of this reload.
            settings: as ``handed.hand`` gives them.
            seconds: how long that may take.

        Returns:
            what was wrong, in a sentence; or None.

        Raises:
            TimeoutError: when it takes longer; the role may be on the new settings later.
        """
        if self._line is None or self.ready_since is None:
            return "it does not run"
        every = self.role.sockets()
        new = [one for one in every if _identity(one) not in self._given]
        handed = open_handed(settings)
        try:
            descriptors = [handed, *(descriptor for _, descriptor in new)]
            problem = await self._line.reload(number, [name for name, _ in new], descriptors, seconds)
        finally:
            os.close(handed)
        if problem is None:
            self._given = set(map(_identity, every))
        return problem

    async def ended(self) -> int:
        """Wait for the end of the process; give its exit code, negative for the signal that killed it."""
        process, line = self._process, self._line
        if process is None or line is None:
            return 0
        code = await process.wait()
        if process is self._process and self.ready_since is not None:
            self.ready_since, self._gone_since = None, time.monotonic()
        line.close()
        return code

    async def stop(self, seconds: float) -> int:
        """Ask the process to stop for good; kill it after ``seconds``. Gives its exit code, 0 if none ran."""
        self.unwanted = True
        return await self._end(seconds)

    async def restart(self, seconds: float) -> int:
        """Ask the process to stop, so that its keeper starts it anew at once; kill it after ``seconds``."""
        self.asked_to_restart = True
        self._settled.clear()
        code = await self._end(seconds)
        if self.asked_to_restart:  # what has come to its end is a start that this broke off
            self._settled.clear()
        return code

    async def _end(self, seconds: float) -> int:
        async with self._spawning:
            if not self.running:
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

    async def dump_and_kill(self) -> None:
        """Let a process that hangs write where it is, if it still can, and end it."""
        self._signal(DUMP_SIGNAL)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ended(), DUMP_SECONDS)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


def _identity(one: tuple[str, int]) -> tuple[str, int]:
    """What distinguishes a socket that is given from others: its name and its inode."""
    name, descriptor = one
    return name, os.fstat(descriptor).st_ino


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
