"""The whole box: which processes there are, and how a process of ours begins and ends."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from supervisor import selflog
from supervisor.activation import Sockets
from supervisor.banner import banner
from supervisor.lock import Lock, holder
from supervisor.processes import Bound, Role, Supervisor
from supervisor.roles import explain
from supervisor.settings import SupervisorSettings
from supervisor.status import SUPERVISOR, Reporter, lock_path

START_ORDER: Final = ("storage", "indexer", "collector", "web", "relay")
# Who receives stops first, who reads last.
STOP_ORDER: Final = ("collector", "storage", "indexer", "relay", "web")
PAUSE_SECONDS: Final = 0.05  # between two looks at the locks of an earlier run

log = logging.getLogger(__name__)


def roles(data: Path, config: Path | None, collectors: int, *, relay: bool = False) -> list[Role]:
    """Give the processes of one box; storage is up before anybody receives.

    Args:
        data: the data folder.
        config: the configuration file, which every role reads itself.
        collectors: how many collector processes there are.
        relay: whether messages go on to other collectors.
    """
    options = ["--data", str(data.absolute())]
    if config is not None:
        options += ["--config", str(config.absolute())]
    found = []
    for role in START_ORDER if relay else START_ORDER[:-1]:
        for number in range(1, collectors + 1) if role == "collector" and collectors > 1 else [0]:
            # -P: a folder `web` where this is run must not stand in for ours.
            words = (sys.executable, "-P", "-m", "sysledger", "run", "--role", role, "--number", str(number))
            name = process_name(role, number)
            found.append(
                Role(
                    name,
                    (*words, *options, "--lifeline"),
                    waits_for="storage" if role == "collector" else None,
                )
            )
    return found


def process_name(role: str, number: int) -> str:
    """Give the name of a process: the role's, numbered where there are several."""
    return f"{role}-{number}" if number else role


def supervise(
    run: Path,
    there: Sequence[Role],
    settings: SupervisorSettings,
    version: str,
    sockets: AbstractContextManager[tuple[Sockets, Callable[[], None]]] | None = None,
) -> int:
    """Run the roles until asked to stop; give the exit code, by sysexits.

    Args:
        run: the folder for locks and reports.
        there: the roles.
        settings: of the supervisor.
        version: of this release, for the banner.
        sockets: opens what the collectors are given, once nobody else has it any more, and gives what is to
            be called before they are stopped.

    Raises:
        LockedError: when another supervisor has this data folder.
    """
    with Lock(lock_path(run, SUPERVISOR), "sysledger run"):
        await_earlier(run, [role.name for role in there], settings.stop_seconds)
        reporter = Reporter(run, SUPERVISOR)

        def announce(bound: Bound) -> None:
            _print_banner(version, run.parent, bound)

        with sockets or nullcontext(((), _nothing)) as (given, stopping):
            there = [replace(role, sockets=given) if _receives(role) else role for role in there]
            supervisor = Supervisor(there, STOP_ORDER, settings, announce, reporter.report, stopping=stopping)
            return asyncio.run(supervisor.run())


def _nothing() -> None:
    """Do nothing."""


def _receives(role: Role) -> bool:
    return role.name.partition("-")[0] == "collector"


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


def _print_banner(version: str, data: Path, bound: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        sys.stdout.write(banner(version, str(data), list(bound.values())))
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
