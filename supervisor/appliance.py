"""The whole box: which processes there are, and how a process of ours begins and ends."""

import asyncio
import errno
import logging
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from supervisor import selflog
from supervisor.banner import banner
from supervisor.lock import Lock, holder
from supervisor.notify import notifier
from supervisor.oversight import Oversight
from supervisor.processes import Supervisor
from supervisor.reloading import Accepted, Reloading, Sockets
from supervisor.role import Role
from supervisor.roles import explain
from supervisor.serving import Serving
from supervisor.status import SUPERVISOR, Reporter, lock_path

START_ORDER: Final = ("storage", "indexer", "collector", "web", "relay", "watch")
# Who sends itself messages stops first, then who receives, last who reads.
STOP_ORDER: Final = ("watch", "collector", "storage", "indexer", "relay", "web")
ALWAYS: Final = frozenset(START_ORDER) - {"relay", "watch"}
_WORKS_ALOUD: Final = frozenset({"collector", "storage"})  # they report each second, from where they work
LEFT_SECONDS: Final = (
    15.0  # for processes that a killed supervisor had just begun: to end, and let go of ports
)
PAUSE_SECONDS: Final = 0.05  # between two looks at the locks of an earlier run

log = logging.getLogger(__name__)


def roles(
    data: Path,
    config: Path | None,
    collectors: int,
    *,
    kinds: Collection[str] = ALWAYS,
    sockets: Callable[[int], list[tuple[str, int]]] | None = None,
) -> list[Role]:
    """Give the processes of one box; storage is up before anybody receives.

    Args:
        data: the data folder.
        config: the configuration file, which every role reads itself unless it is handed the settings.
        collectors: how many collector processes there are.
        kinds: which roles there are.
        sockets: gives the sockets of a collector process, by its number: 0 where there is only one.
    """
    options = ["--data", str(data.absolute())]
    if config is not None:
        options += ["--config", str(config.absolute())]
    found = []
    for role in START_ORDER:
        if role not in kinds:
            continue
        receives = role == "collector"
        for number in range(1, collectors + 1) if receives and collectors > 1 else [0]:
            # -P: a folder `web` where this is run must not stand in for ours.
            words = (sys.executable, "-P", "-m", "sysledger", "run", "--role", role, "--number", str(number))
            given = {"sockets": partial(sockets, number)} if receives and sockets is not None else {}
            found.append(
                Role(
                    process_name(role, number),
                    (*words, *options, "--lifeline"),
                    waits_for="storage" if receives else None,
                    works_aloud=role in _WORKS_ALOUD,
                    **given,
                )
            )
    return found


def process_name(role: str, number: int) -> str:
    """Give the name of a process: the role's, numbered where there are several."""
    return f"{role}-{number}" if number else role


def _no_welcome(_url: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the supervisor is to run by, and how it gets what is new.

    Attributes:
        accepted: what was checked at the start.
        read: reads and checks the files anew. Raises RefusedError with every problem.
        roles: gives the roles of a configuration, whose collectors get their sockets from what is given too.
        sockets: opens the sockets of the collectors, once nobody else has them any more.
        own_log: brings the supervisor's own log to new settings.
        welcome: gives the link that makes the first account, by the address of the pages; empty while there
            is an account.
    """

    accepted: Accepted
    read: Callable[[], Accepted]
    roles: Callable[[Accepted, Sockets], list[Role]]
    sockets: Callable[[], Sockets]
    own_log: Callable[[Accepted], None]
    welcome: Callable[[str], str] = _no_welcome


def supervise(run: Path, configuration: Configuration, version: str) -> int:
    """Run the roles until asked to stop; give the exit code, by sysexits.

    Args:
        run: the folder for locks and reports.
        configuration: of everything.
        version: of this release, for the banner.

    Raises:
        LockedError: when another supervisor has this data folder.
        StatusError: when the address of the status listener cannot be had.
        Exception: when the sockets cannot be opened.
    """
    accepted = configuration.accepted
    with _early_reloads() as early, Lock(lock_path(run, SUPERVISOR), "sysledger run") as lock:
        await_earlier(run, accepted.names, accepted.supervisor.stop_seconds)
        seconds = LEFT_SECONDS if lock.was_left else 0.0
        with closing(opened_within(seconds, configuration.sockets)) as sockets:
            return asyncio.run(_supervise(run, configuration, version, sockets, early))


def opened_within(seconds: float, opening: Callable[[], Sockets]) -> Sockets:
    """Open the sockets; where a port is taken, try again until ``seconds`` have passed.

    A process that a supervisor had just begun when it was killed has its sockets, and not yet its lock: it
    ends when it looks for its supervisor.

    Raises:
        Exception: of the last attempt.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return opening()
        except Exception as error:
            if not _is_taken(error) or time.monotonic() >= until:
                raise
        time.sleep(PAUSE_SECONDS)


def _is_taken(error: Exception) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE


@contextmanager
def _early_reloads() -> Iterator[list[int]]:
    """Remember SIGHUP until the supervisor hears it itself: who sees our lock may send it."""
    asked: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _: asked.append(number))
    try:
        yield asked
    finally:
        signal.signal(signal.SIGHUP, before)


async def _supervise(
    run: Path, configuration: Configuration, version: str, sockets: Sockets, early: Sequence[int]
) -> int:
    accepted = configuration.accepted
    supervisor = Supervisor(
        configuration.roles(accepted, sockets),
        STOP_ORDER,
        accepted.supervisor,
        lambda bound: _print_banner(
            version, run.parent, {**bound, SUPERVISOR: supervisor.facts}, configuration.welcome
        ),
        Reporter(run, SUPERVISOR).report_if_possible,
        stopping=sockets.retire,
        notifier=notifier(),
        settings_of_roles=accepted.handed,
    )
    oversight = Oversight(supervisor, run)

    async def ask_late() -> None:
        if early:
            supervisor.ask_reload()

    supervisor.beside += (oversight.run, ask_late)
    with closing(Serving(supervisor, run, version, oversight.idle_seconds)) as serving:
        serving.follow(accepted.supervisor.status)

        def follow(new: Accepted) -> None:
            configuration.own_log(new)
            serving.follow(new.supervisor.status)

        supervisor.reload = Reloading(
            supervisor,
            accepted,
            configuration.read,
            lambda new: configuration.roles(new, sockets),
            sockets,
            follow,
        ).reload
        return await supervisor.run()


def await_earlier(run: Path, names: Sequence[str], seconds: float) -> None:
    """Wait until the roles of an earlier run have stopped, which its death has made them do.

    Past ``seconds`` nothing more is waited for: a role that finds its lock taken says so itself.
    """
    deadline = time.monotonic() + seconds
    told = False
    while there := [(name, pid) for name in names if (pid := holder(lock_path(run, name))) is not None]:
        if time.monotonic() > deadline:
            return
        if not told:
            who = ", ".join(f"{name} (process {pid})" for name, pid in there)
            log.warning("still running from before: %s; waiting at most %g s for the end", who, seconds)
            told = True
        time.sleep(PAUSE_SECONDS)


def _print_banner(
    version: str, data: Path, bound: Mapping[str, Mapping[str, Any]], welcome: Callable[[str], str]
) -> None:
    url = next((str(report["url"]) for report in bound.values() if "url" in report), "")
    link = welcome(url) if url else ""
    try:
        sys.stdout.write(banner(version, str(data), list(bound.values()), link))
        sys.stdout.flush()
    except BrokenPipeError:
        log.info("nobody reads the banner; running all the same")


@contextmanager
def own_process(name: str, level: str, address: tuple[str, int] | None) -> Iterator[None]:
    """Keep our own log while a process of ours runs, also of the error that ends it.

    Args:
        name: of the process.
        level: the least severe level that is logged.
        address: of the listener that keeps our own log, if there is one.

    Raises:
        SystemExit: with an exit code by sysexits, in place of any error.
    """
    selflog.start(name, level, address)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and ends the process
        told, code = explain(error)
        log.critical("%s", told)
        raise SystemExit(code) from None
    finally:
        selflog.stop()
