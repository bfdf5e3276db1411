"""One role in this process: its lock, its reports, its signals, and the exit code when it ends.

States of a role: starting (modules are imported, files and sockets opened), ready (it accepts work),
stopping (it was asked to; finishes and makes durable what it holds), ended.
"""

import asyncio
import faulthandler
import inspect
import logging
import os
import signal
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from supervisor.garbage import keep_what_is_there
from supervisor.lifeline import Lifeline
from supervisor.lock import Lock, holder
from supervisor.orders import Load, Orders
from supervisor.priority import give_way
from supervisor.status import Reporter, lock_path
from supervisor.thrift import give_back_at_rest

Report = Callable[[Mapping[str, Any]], None]


class Main(Protocol):
    """What a role does, from its start to its end. One that takes orders has a keyword ``obey``, too."""

    def __call__(self, *, report: Report, ready: Callable[[], None], stop: asyncio.Event) -> Awaitable[None]:
        """Work until ``stop`` is set; call ``ready`` once, when work is accepted, ``report`` at any time."""
        ...


STORAGE: Final = "storage"
DRAIN_SECONDS: Final = 25.0  # longer than a collector waits for acknowledgements before it ends
PAUSE_SECONDS: Final = 0.1  # between two looks at the collectors' locks
FIRST_REPORT_SECONDS: Final = 2.0  # a role that is ready and has nothing to report is believed after it
HEARTBEAT_SECONDS: Final = 1.0
DUMP_SIGNAL: Final = signal.SIGUSR2  # makes a role write on stderr where each of its threads is

_SYSTEM_ERRORS: Final = (
    (FileNotFoundError, "see whether the path is right", os.EX_NOINPUT),
    (IsADirectoryError, "name a file instead", os.EX_NOINPUT),
    (PermissionError, "run this as its owner, or use another folder with --data", os.EX_NOPERM),
    (OSError, "see to the disk, or use another folder with --data", os.EX_IOERR),
)

log = logging.getLogger(__name__)


def serve(
    role: str, main: Main, run: Path, lifeline: Lifeline | None = None, load: Load | None = None
) -> None:
    """Run ``main`` until it ends by itself, or is asked to by SIGTERM, Ctrl-C or the end of the lifeline.

    Args:
        role: its name, unique in the data folder.
        main: is given ``report``, ``ready`` and ``stop``; and ``obey``, if it has that (see orders.py).
        run: the folder for locks and reports.
        lifeline: the line to the supervisor; None when the role was started alone. Then SIGHUP asks for a
            reload.
        load: gives the role's settings anew, for a reload: from the octets that the supervisor handed over,
            or from the configuration's files.

    Raises:
        LockedError: when the role already runs in this data folder.
        Exception: whatever ends ``main``.
    """
    if lifeline is not None:
        lifeline.await_go()
    faulthandler.register(DUMP_SIGNAL, all_threads=True)
    give_way(role)
    with Lock(lock_path(run, role), f"role {role}"):
        orphaned = partial(await_collectors, run) if role == STORAGE else _at_once
        asyncio.run(_serve(main, Reporter(run, role), lifeline, orphaned, load))


def await_collectors(run: Path) -> None:
    """Wait until no collector runs any more, within a bound.

    A supervisor stops the collectors before storage. When it was killed, storage itself must let them hand
    over what they have received.
    """
    until = time.monotonic() + DRAIN_SECONDS
    locks = lock_path(run, "collector*").name
    while time.monotonic() < until and any(holder(path) is not None for path in run.glob(locks)):
        time.sleep(PAUSE_SECONDS)


def _at_once() -> None:
    """Wait for nobody."""


async def _serve(
    main: Main,
    reporter: Reporter,
    lifeline: Lifeline | None,
    orphaned: Callable[[], None],
    load: Load | None,
) -> None:
    stop = asyncio.Event()
    orders = Orders(load, _nobody if lifeline is None else lifeline.say, lambda error: explain(error)[0])
    _obey_signals(stop, orders, alone=lifeline is None)
    progress = _Progress(reporter, lifeline)
    beside = [asyncio.create_task(give_back_at_rest())]
    if lifeline is not None:
        lifeline.watch(partial(_in_loop, asyncio.get_running_loop(), orders), orphaned)
        beside.append(asyncio.create_task(progress.beat(lifeline)))
    if "obey" in inspect.signature(main).parameters:
        main = partial(main, obey=orders.obey)  # type: ignore[call-arg] # it has the keyword
    try:
        await main(report=progress.report, ready=progress.ready, stop=stop)
    finally:
        for task in beside:
            task.cancel()
    log.info("stopped")


def _nobody(_said: Mapping[str, Any]) -> None:
    """Hear what is said to a supervisor that is not there."""


def _in_loop(
    loop: asyncio.AbstractEventLoop, orders: Orders, order: dict[str, Any], descriptors: list[int]
) -> None:
    with suppress(RuntimeError):  # the loop has ended, and this process is about to
        loop.call_soon_threadsafe(orders.take, order, descriptors)


class _Progress:
    """What a role says on its way. The supervisor gets the first report together with the word ready."""

    def __init__(self, reporter: Reporter, lifeline: Lifeline | None) -> None:
        self._reporter = reporter
        self._lifeline = lifeline
        self._is_ready = False
        self._told = False
        self._reported: float | None = None

    def report(self, state: Mapping[str, Any]) -> None:
        self._reported = time.monotonic()
        self._reporter.report_if_possible(state)
        if self._is_ready:
            self._tell()

    def ready(self) -> None:
        log.info("ready")
        keep_what_is_there()
        self._is_ready = True
        if self._reporter.last:
            self._tell()
        else:
            asyncio.get_running_loop().call_later(FIRST_REPORT_SECONDS, self._tell)

    async def beat(self, lifeline: Lifeline) -> None:
        """Say each second that the event loop runs, and how old the last report is."""
        while True:
            age = None if self._reported is None else round(time.monotonic() - self._reported, 3)
            lifeline.mention({"alive": age})
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def _tell(self) -> None:
        if self._lifeline is not None and not self._told:
            self._lifeline.say({"ready": True, **self._reporter.last})
        self._told = True


def _obey_signals(stop: asyncio.Event, orders: Orders, *, alone: bool) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if alone:
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGHUP, orders.reload_alone)
    else:
        # Ctrl-C and SIGHUP are the supervisor's to hear.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def explain(error: BaseException) -> tuple[str, int]:
    """Give what to tell about an error that ends a command, and the exit code by sysexits.

    Our own errors carry their sentence, and may carry an ``exit_code``; of anything else the traceback is
    told, since it is our mistake.
    """
    if _is_ours(error):
        usual = os.EX_USAGE if isinstance(error, ValueError) else os.EX_UNAVAILABLE
        return str(error), int(getattr(error, "exit_code", usual))
    for kind, advice, code in _SYSTEM_ERRORS:
        if isinstance(error, kind):
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
            return f"{what}; {advice}", code
    told = "".join(traceback.format_exception(error))
    return f"{told}this is a mistake in Sysledger: please report it with the lines above", os.EX_SOFTWARE


def _is_ours(error: BaseException) -> bool:
    package = type(error).__module__.partition(".")[0]
    return package in {
        "access",
        "collector",
        "curve",
        "parsers",
        "relay",
        "reviews",
        "storage",
        "supervisor",
        "sysledger",
        "tenants",
        "watch",
        "web",
    }
