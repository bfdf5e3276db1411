"""A new configuration while everything runs: checked first, then brought to the roles, or refused as a whole.

    read and check everything ── a mistake ──► refused, with every one of them
    open the sockets that are new ── fails ──► refused, and closed again
    order the roles, collectors first ── the first refuses ──► refused likewise; one that does not answer is
                                                               started anew, since nobody knows what it does
    let go of the old sockets; start anew who takes no orders and has other settings, or refused after others
    have taken them: there is no way back any more, and the settings are good

Until all are ordered, roles that die are started with what was accepted before, and from then on with this.
Who was away meanwhile, or died after it had taken the order, is therefore started anew, too: a collector that
cannot start by the old settings must not keep the new ones out.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from supervisor.child import Child
from supervisor.processes import Supervisor
from supervisor.role import Role
from supervisor.settings import SupervisorSettings
from supervisor.status import now

ANSWER_SECONDS: Final = 60.0
FIRST: Final = ("collector", "storage", "indexer")  # the order in which roles are ordered; others after them

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A configuration cannot be used. ``problems`` has a sentence for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A configuration that was checked.

    Attributes:
        supervisor: the supervisor's own settings.
        collector: the collector's, for the sockets.
        handed: everything, for the roles, as ``handed.hand`` gives it.
        sections: by kind of role, what it works by: a role is started anew when that changes.
        kinds: which roles there are.
        names: of the processes.
        processes: how many of them are collectors.
        notes: what takes effect at the next start only.
    """

    supervisor: SupervisorSettings
    collector: Any
    handed: bytes
    sections: Mapping[str, Any]
    kinds: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    processes: int = 1
    notes: tuple[str, ...] = ()


class Sockets(Protocol):
    """The listening sockets of all collectors, held over their starts."""

    def of(self, number: int) -> list[tuple[str, int]]:
        """Give a process its sockets, by name and descriptor; from ``prepare`` on those to come."""
        ...

    def prepare(self, settings: Any) -> None:
        """Open what these settings need; nothing else changes yet. Raises what is wrong, with a sentence."""
        ...

    def commit(self) -> None:
        """Let go of what the prepared settings do not need."""
        ...

    def abandon(self) -> None:
        """Close what was prepared."""
        ...

    def retire(self) -> None:
        """Be ready for the end of the collectors: nothing new is to arrive."""
        ...

    def close(self) -> None:
        """Close everything."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of a reload."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: bool = False  # by the first role; from then on it goes on
    unsure: Child | None = None  # may be on settings that are refused, since it has not answered


class Reloading:
    """Reloads whenever it is asked to.

    Args:
        supervisor: of the roles.
        accepted: what is used at first.
        read: reads and checks the configuration's files; called in a thread. Raises RefusedError.
        roles: gives the roles of a configuration.
        sockets: of the collectors.
        follow: is called with what is accepted, to change what runs in the supervisor itself; what it raises
            is told.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - everything that a configuration reaches
        self,
        supervisor: Supervisor,
        accepted: Accepted,
        read: Callable[[], Accepted],
        roles: Callable[[Accepted], Sequence[Role]],
        sockets: Sockets,
        follow: Callable[[Accepted], None],
    ) -> None:
        self._supervisor = supervisor
        self._accepted = accepted
        self._read = read
        self._roles = roles
        self._sockets = sockets
        self._follow = follow
        self._number = 0

    async def reload(self, asked: int) -> None:
        """Reload; what came of it stands in the log and in the supervisor's report.

        Args:
            asked: how often it was asked for so far.
        """
        self._number += 1
        self._supervisor.notifier.reloading()
        outcome = Outcome()
        try:
            await self._bring(outcome)
        except RefusedError as error:
            outcome.problems += error.problems
        except Exception as error:
            log.exception("the reload failed; please report it with the lines above")
            outcome.problems.append(f"{error}; see the supervisor's log")
        if not outcome.taken:
            self._sockets.abandon()
        if outcome.unsure is not None:
            await outcome.unsure.restart(self._supervisor.settings.stop_seconds)
        self._tell(outcome, asked)
        self._supervisor.notifier.ready()

    async def _bring(self, outcome: Outcome) -> None:
        accepted = await asyncio.to_thread(self._read)
        outcome.notes += accepted.notes
        try:
            self._sockets.prepare(accepted.collector)
        except Exception as error:
            raise RefusedError([str(error)]) from error
        ordered = await self._order(accepted, outcome)
        outcome.taken = True
        before, self._accepted = self._accepted, accepted
        self._supervisor.circumstances.settings = accepted.handed
        self._supervisor.settings = accepted.supervisor
        self._sockets.commit()
        try:
            self._follow(accepted)
        except Exception as error:  # noqa: BLE001 - the roles are on the new settings; it is told
            outcome.problems.append(str(error))
        again = self._to_start_anew(ordered, before, accepted)
        new = await self._populate(accepted)
        for child in again:
            await child.restart(self._supervisor.settings.stop_seconds)
        for child in (*again, *new):
            if not await child.settled(self._supervisor.settings.start_seconds):
                name = child.role.name
                outcome.problems.append(
                    f"{name} did not start on the new settings and is tried again: the log has its reasons"
                )

    async def _order(self, accepted: Accepted, outcome: Outcome) -> dict[Child, int]:
        """Order all that take orders; give those that are on the new settings, by the number of their start.

        Raises:
            RefusedError: when the first of them refuses, so that nothing has changed.
        """
        ordered: dict[Child, int] = {}
        for child in sorted(self._supervisor.children.values(), key=_place):
            if "reload" not in child.obeys or child.ready_since is None:
                continue
            start = child.starts
            try:
                problem = await child.reload(self._number, accepted.handed, ANSWER_SECONDS)
            except TimeoutError:
                problem = f"it did not answer within {ANSWER_SECONDS:g} s"
                outcome.unsure = None if outcome.taken else child
            if problem is None:
                outcome.taken = True
                ordered[child] = start
                continue
            told = f"{child.role.name}: {problem}"
            if outcome.unsure is not None:
                told += "; it is started anew, on the settings that stay"
            if not outcome.taken:
                raise RefusedError([told])
            outcome.problems.append(f"{told}; it is started anew")
        return ordered

    def _to_start_anew(self, ordered: Mapping[Child, int], before: Accepted, after: Accepted) -> list[Child]:
        """Give those that do not work by the new settings, although they should."""
        names = {role.name for role in self._roles(after)}
        return [
            child
            for name, child in self._supervisor.children.items()
            if name in names and self._is_behind(child, ordered, before, after)
        ]

    def _is_behind(
        self, child: Child, ordered: Mapping[Child, int], before: Accepted, after: Accepted
    ) -> bool:
        if child.ready_since is None:
            return True
        if "reload" in child.obeys:
            return ordered.get(child) != child.starts
        return before.sections.get(child.role.kind) != after.sections.get(child.role.kind)

    async def _populate(self, accepted: Accepted) -> list[Child]:
        """Start the roles that are new, which are given, and stop those that are no more."""
        wanted = {role.name: role for role in self._roles(accepted)}
        for name in [name for name in self._supervisor.children if name not in wanted]:
            await self._supervisor.remove(name)
        new = [name for name in wanted if name not in self._supervisor.children]
        return [self._supervisor.add(wanted[name]) for name in new]

    def _tell(self, outcome: Outcome, asked: int) -> None:
        for note in outcome.notes:
            log.warning("%s", note)
        for problem in outcome.problems:
            log.error("reload: %s", problem, extra={"msgid": "RELOAD"})
        if not outcome.taken:
            log.error(
                "the new configuration is refused; everything stays as it is", extra={"msgid": "RELOAD"}
            )
        elif not outcome.problems:
            log.info("the new configuration is in use", extra={"msgid": "RELOAD"})
        self._supervisor.facts["reload"] = {
            "number": self._number,
            "at": now(),
            "ok": outcome.taken and not outcome.problems,
            "used": outcome.taken,
            "problems": outcome.problems,
            "notes": outcome.notes,
            "asked": asked,
        }
        self._supervisor.publish()


def _place(child: Child) -> int:
    kind = child.role.kind
    return FIRST.index(kind) if kind in FIRST else len(FIRST)
