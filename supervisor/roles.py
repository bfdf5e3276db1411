"""One role in this process: its lock, its reports, its signals, and the exit code when it ends.

States of a role: starting (modules are imported, files and sockets opened), ready (it accepts work),
stopping (it was asked to; finishes and makes durable what it holds), ended.
"""

import asyncio
import logging
import os
import signal
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from supervisor.garbage import keep_what_is_there
from supervisor.lifeline import Lifeline
from supervisor.lock import Lock, holder
from supervisor.priority import give_way
from supervisor.status import Reporter, lock_path
from supervisor.thrift import give_back_at_rest

Report = Callable[[Mapping[str, Any]], None]


class Main(Protocol):
    """What a role does, from its start to its end."""

    def __call__(self, *, report: Report, ready: Callable[[], None], stop: asyncio.Event) -> Awaitable[None]:
        """Work until ``stop`` is set; call ``ready`` once, when work is accepted, ``report`` at any time."""
        ...


STORAGE: Final = "storage"
DRAIN_SECONDS: Final = 25.0  # longer than a collector waits for acknowledgements before it ends
PAUSE_SECONDS: Final = 0.1  # between two looks at the collectors' locks
FIRST_REPORT_SECONDS: Final = 2.0  # a role that is ready and has nothing to report is believed after it

_SYSTEM_ERRORS: Final = (
    (FileNotFoundError, "see whether the path is right", os.EX_NOINPUT),
    (IsADirectoryError, "name a file instead", os.EX_NOINPUT),
    (PermissionError, "run this as its owner, or use another folder with --data", os.EX_NOPERM),
    (OSError, "see to the disk, or use another folder with --data", os.EX_IOERR),
)

log = logging.getLogger(__name__)


def serve(role: str, main: Main, run: Path, lifeline: Lifeline | None = None) -> None:
    """Run ``main`` until it ends by itself, or is asked to by SIGTERM, Ctrl-C or the end of the lifeline.

    Args:
        role: its name, unique in the data folder.
        main: is given ``report``, ``ready`` and ``stop``.
        run: the folder for locks and reports.
        lifeline: the line to the supervisor; None when the role was started alone.

    Raises:
        LockedError: when the role already runs in this data folder.
        Exception: whatever ends ``main``.
    """
    if lifeline is not None:
        lifeline.await_go()
    give_way(role)
    with Lock(lock_path(run, role), f"role {role}"):
        orphaned = partial(await_collectors, run) if role == STORAGE else _at_once
        asyncio.run(_serve(main, Reporter(run, role), lifeline, orphaned))


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
    main: Main, reporter: Reporter, lifeline: Lifeline | None, orphaned: Callable[[], None]
) -> None:
    stop = asyncio.Event()
    _obey_signals(stop, alone=lifeline is None)
    if lifeline is not None:
        lifeline.watch(orphaned)
    progress = _Progress(reporter, lifeline)
    thrift = asyncio.create_task(give_back_at_rest())
    try:
        await main(report=progress.report, ready=progress.ready, stop=stop)
    finally:
        thrift.cancel()
    log.info("stopped")


class _Progress:
    """What a role says on its way. The supervisor gets the first report together with the word ready."""

    def __init__(self, reporter: Reporter, lifeline: Lifeline | None) -> None:
        self._reporter = reporter
        self._lifeline = lifeline
        self._is_ready = False
        self._told = False

    def report(self, state: Mapping[str, Any]) -> None:
        try:
            self._reporter.report(state)
        except OSError as error:
            log.warning("cannot write %s; see to the folder's space and mode", error)
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

    def _tell(self) -> None:
        if self._lifeline is not None and not self._told:
            self._lifeline.ready(self._reporter.last)
        self._told = True


def _obey_signals(stop: asyncio.Event, *, alone: bool) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    if alone:
        loop.add_signal_handler(signal.SIGINT, stop.set)
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to hear


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
    return package in {"collector", "parsers", "relay", "storage", "supervisor", "sysledger", "web"}
