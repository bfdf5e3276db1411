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
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from supervisor.backoff import Backoff
from supervisor.child import Child, StartError, ending
from supervisor.gathering import Known
from supervisor.notify import Notifier
from supervisor.role import Circumstances, Role
from supervisor.settings import SupervisorSettings

Bound = dict[str, dict[str, Any]]

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps the roles of one box running, from their first start to their orderly stop.

    Attributes:
        children: the processes, by role.
        settings: those in use; a reload changes them.
        circumstances: what roles are told at their starts.
        facts: what else stands in the supervisor's report, at its top.
        beside: what goes on while all are up, each a coroutine function that never ends.
        reload: is awaited, with the number of times that it was asked for, when SIGHUP asks for a reload.
        phase: ``starting``, ``running`` or ``stopping``.
    """

    def __init__(  # noqa: PLR0913 - what a supervisor supervises, and whom it tells
        self,
        roles: Sequence[Role],
        stop_order: Sequence[str],
        settings: SupervisorSettings,
        announce: Callable[[Bound], None],
        report: Callable[[Mapping[str, Any]], None],
        *,
        stopping: Callable[[], None],
        notifier: Notifier | None = None,
        settings_of_roles: bytes | None = None,
    ) -> None:
        """Args: ``announce`` is given what every role is bound to, once, when all are ready.

        ``report`` is given the supervisor's state. ``stopping`` is called before the first role is stopped.
        """
        self.circumstances = Circumstances(settings=settings_of_roles)
        self.children = {role.name: Child(role, self.circumstances) for role in roles}
        self.settings = settings
        self.notifier = notifier or Notifier({}, os.getpid())
        self.facts: dict[str, Any] = {}
        self.beside: list[Callable[[], Awaitable[None]]] = []
        self.reload: Callable[[int], Awaitable[None]] | None = None
        self.phase = "starting"
        self._stop_order = stop_order
        self._announce = announce
        self._report = report
        self._stopping = stopping
        self._asked = asyncio.Event()
        self._reload_asked = asyncio.Event()
        self._reloads_asked = 0
        self._starts: list[asyncio.Task[dict[str, Any]]] = []
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._waiting_for = "the roles"

    async def run(self) -> int:
        """Start all, keep them running until asked to stop, stop all. Gives the exit code, by sysexits."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        loop.add_signal_handler(signal.SIGHUP, self.ask_reload)
        starting = asyncio.create_task(self._start())
        asked = asyncio.create_task(self._asked.wait())
        await asyncio.wait([starting, asked], return_when=asyncio.FIRST_COMPLETED)
        code = os.EX_OK
        beside: list[asyncio.Task[None]] = []
        if starting.done() and (error := starting.exception()) is not None:
            log.error("%s", error)
            code = getattr(error, "exit_code", os.EX_SOFTWARE)
            self._asked.set()
        elif starting.done():
            self._all_ready(starting.result())
            beside = [asyncio.create_task(_alone(work)) for work in (*self.beside, self._reloads)]
            await asked
        for task in beside:
            task.cancel()
        clean = await self._stop()
        everything = (starting, asked, *beside, *self._keepers.values(), *self._starts)
        await asyncio.gather(*everything, return_exceptions=True)
        return code if clean or code else os.EX_SOFTWARE

    async def _start(self) -> Bound:
        """Start all, side by side; one that waits for another begins when that one is ready."""
        starts: dict[str, asyncio.Task[dict[str, Any]]] = {}
        for child in self.children.values():
            awaited = starts.get(child.role.waits_for or "")
            start = child.start(self.settings.start_seconds, awaited)
            starts[child.role.name] = asyncio.create_task(start)
        self._starts += starts.values()
        await asyncio.wait(self._starts, return_when=asyncio.FIRST_EXCEPTION)
        bound = {child.role.name: task.result() for child, task in self._finished()}
        self.publish()
        return bound

    def _finished(self) -> list[tuple[Child, asyncio.Task[dict[str, Any]]]]:
        """The starts that have come to an end, those that failed first."""
        started = zip(self.children.values(), self._starts, strict=True)
        ended = [pair for pair in started if pair[1].done()]
        return sorted(ended, key=lambda pair: pair[1].exception() is None)

    def _all_ready(self, bound: Bound) -> None:
        self._announce(bound)
        self.phase = "running"
        for child in self.children.values():
            self._keepers[child.role.name] = asyncio.create_task(self._keep(child))
        self.notifier.ready()

    def add(self, role: Role) -> Child:
        """Start one more role, and keep it running; until it is ready it is tried again and again."""
        child = self.children[role.name] = Child(role, self.circumstances)
        self._keepers[role.name] = asyncio.create_task(self._keep(child, begin=True))
        return child

    async def remove(self, name: str) -> None:
        """Stop a role for good, while the others run."""
        child = self.children.pop(name)
        await child.stop(self.settings.stop_seconds)
        await self._keepers.pop(name)
        self.publish()

    async def _keep(self, child: Child, *, begin: bool = False) -> None:
        backoff = Backoff(self.settings.restart_seconds, self.settings.restart_seconds_most)
        if begin:
            await self._started_again(child)
        while True:
            code = await child.ended()
            if self._asked.is_set() or child.unwanted:
                return
            if child.asked_to_restart:
                log.info("%s is started anew, on its new settings", child.role.name)
            else:
                pause = backoff.pause(time.monotonic() - child.started)
                name = child.role.name
                log.error("%s died (%s); it is started again in %g s", name, ending(code), pause)
                self.publish()
                if await self._asked_within(pause) or child.unwanted:
                    return
            await self._started_again(child)

    async def _started_again(self, child: Child) -> None:
        try:
            await child.start(self.settings.start_seconds)
        except StartError as error:
            log.error("%s", error)  # noqa: TRY400 - the role has told its own traceback, if there is one
        else:
            log.info("%s runs again (process %s)", child.role.name, child.pid)
        self.publish()

    async def _asked_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._asked.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _reloads(self) -> None:
        """Reload as often as it is asked for; what is asked for meanwhile, once more."""
        while True:
            await self._reload_asked.wait()
            self._reload_asked.clear()
            if self.reload is None:
                log.warning("there is nothing to reload here: stop this, and start it anew")
            else:
                await self.reload(self._reloads_asked)

    async def _stop(self) -> bool:
        """Stop one after the other; whether every one of them ended by itself and well."""
        clean = True
        self.phase = "stopping"
        self.notifier.stopping()
        self._stopping()
        for child in sorted(self.children.values(), key=self._stop_place):
            self._waiting_for = f"{child.role.name} (process {child.pid})"
            self.notifier.status(f"stopping; waiting for {self._waiting_for}")
            code = await child.stop(self.settings.stop_seconds)
            if code not in {os.EX_OK, -signal.SIGTERM}:
                # SIGTERM by default means that it had not even begun to work.
                clean = False
                log.error("%s ended with %s while stopping", child.role.name, ending(code))
        return clean

    def _stop_place(self, child: Child) -> int:
        kind = child.role.kind
        return self._stop_order.index(kind) if kind in self._stop_order else len(self._stop_order)

    def _on_signal(self) -> None:
        if not self._asked.is_set():
            log.info("stopping; everything received so far is made durable")
            self._asked.set()
        else:
            log.warning(
                "still waiting for %s to make everything durable, at most %g s",
                self._waiting_for,
                self.settings.stop_seconds,
            )

    def ask_reload(self) -> None:
        """Have everything reloaded, once all are up."""
        self._reloads_asked += 1
        self.facts["reloads_asked"] = self._reloads_asked
        self.publish()
        self._reload_asked.set()

    def publish(self) -> None:
        """Report the roles, and what else is known, for whoever reads the folder run/."""
        roles = {name: {"pid": child.pid, "starts": child.starts} for name, child in self.children.items()}
        self._report({"roles": roles, **self.facts})

    def known(self) -> Known:
        """Give what is known without any file; may be called in any thread."""
        now = time.monotonic()
        roles = {name: _fact(child, now) for name, child in tuple(self.children.items())}
        state: dict[str, Any] = {"state": "ok", "since": None, "reasons": []}
        state |= {key: self.facts[key] for key in state if key in self.facts}
        more = {key: value for key, value in dict(self.facts).items() if key not in state}
        return Known(self.phase, state, roles, more)


def _fact(child: Child, now: float) -> dict[str, Any]:
    fact: dict[str, Any] = {
        "pid": child.pid if child.running else None,
        "starts": child.starts,
        "running": child.running,
        "ready": child.ready_since is not None,
    }
    if (silence := child.silence(now)) is not None:
        fact["silent_seconds"] = round(silence, 3)
    return fact


async def _alone(work: Callable[[], Awaitable[None]]) -> None:
    """Do what goes on beside the roles. When it fails the roles go on, and somebody is told."""
    try:
        await work()
    except Exception:
        log.exception("the supervisor goes on without this; please report it with the lines above")
