"""What the supervisor does each second: it measures, judges, tells, and ends roles that hang.

The disk may be what is broken, so all that touches it is done in a thread; while that waits, the last figures
count, and roles are watched over their lines all the same.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from supervisor.advice import amount, sentence
from supervisor.child import Child
from supervisor.measures import Seen, measure
from supervisor.monitor import OK, PANIC, SHEDDING, STATES, WARNING, Cause, Judgement, Measure, Monitor
from supervisor.processes import Supervisor
from supervisor.status import now, read_report

LOOK_SECONDS: Final = 1.0
STALLED_SECONDS: Final = 5.0  # we were stopped ourselves, or the machine was: nothing is said about others
_PERCENT: Final = 100
_SD_ID: Final = (
    "state@32473"  # 32473 is for documentation (RFC 5612); an enterprise number is not ours to make
)
_LEVELS: Final = {
    OK: logging.INFO,
    WARNING: logging.WARNING,
    SHEDDING: logging.ERROR,
    PANIC: logging.CRITICAL,
}

log = logging.getLogger(__name__)


class Oversight:
    """Looks at everything, again and again.

    Args:
        supervisor: of the roles.
        run: the folder of the reports, in the data folder.
    """

    def __init__(self, supervisor: Supervisor, run: Path) -> None:
        self._supervisor = supervisor
        self._folder = run
        self._monitor = Monitor()
        self._since = now()
        self._transitions = 0
        self._looked = time.monotonic()
        self._trusted_from = 0.0
        self._measured: list[Measure] = []
        self._measuring: asyncio.Future[list[Measure]] | None = None
        self._ending: dict[str, asyncio.Task[None]] = {}

    def idle_seconds(self) -> float:
        """Give the seconds since the last look began; 0 while none is due. May be called in any thread."""
        return time.monotonic() - self._looked if self._supervisor.phase == "running" else 0.0

    async def run(self) -> None:
        """Look each second, for ever. A look that fails is told of, and the next one is made."""
        self._looked = time.monotonic()
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the monitor's look failed; please report it with the lines above")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> Judgement:
        """Make one look, and do what follows from it; give what it came to."""
        moment = time.monotonic()
        settings = self._supervisor.settings.monitor
        if moment - self._looked > STALLED_SECONDS:
            self._trusted_from = moment + settings.hang_seconds
        self._looked = moment
        measures = [*await self._figures(), *self._silences(moment)]
        judgement = self._monitor.look(
            measures, moment, calm_seconds=settings.calm_seconds, margin=settings.calm_percent / _PERCENT
        )
        self._tell(judgement)
        hanging = self._hanging(moment)
        for child in hanging:
            self._end(child, moment)
        if not hanging:
            self._supervisor.notifier.alive()
        return judgement

    async def _figures(self) -> list[Measure]:
        """Measure in a thread; give the last figures when that takes long."""
        if self._measuring is None:
            children = list(self._supervisor.children.values())
            seen = [Seen(child.role.name, child.pid if child.running else None) for child in children]
            self._measuring = asyncio.ensure_future(asyncio.to_thread(self._measure, seen))
        await asyncio.wait([self._measuring], timeout=LOOK_SECONDS)
        if self._measuring.done():
            measuring, self._measuring = self._measuring, None
            self._measured = measuring.result()
        return self._measured

    def _measure(self, seen: Sequence[Seen]) -> list[Measure]:
        reports = {role.name: read_report(self._folder, role.name) for role in seen}
        return measure(list(seen), reports, self._folder.parent, self._supervisor.settings.monitor)

    def _silences(self, moment: float) -> list[Measure]:
        limits = self._supervisor.settings.monitor.role_silent.limits
        found = [(child.role.name, child.away(moment)) for child in self._supervisor.children.values()]
        return [
            Measure("role_silent", name, away, "seconds", limits) for name, away in found if away is not None
        ]

    def _hanging(self, moment: float) -> list[Child]:
        if moment < self._trusted_from:
            return []
        most = self._supervisor.settings.monitor.hang_seconds
        children = self._supervisor.children.values()
        at_work = [child for child in children if not child.asked_to_restart and not child.unwanted]
        return [child for child in at_work if (child.silence(moment) or 0.0) > most]

    def _end(self, child: Child, moment: float) -> None:
        name = child.role.name
        if name in self._ending and not self._ending[name].done():
            return
        silence = child.silence(moment) or 0.0
        log.error(
            "%s (process %s) has said nothing for %.0f s: it hangs, is killed and started again; what it was "
            "doing stands above, if it could still tell",
            name,
            child.pid,
            silence,
            extra={"msgid": "HANG", "structured_data": {"role@32473": {"name": name, "pid": str(child.pid)}}},
        )
        self._ending[name] = asyncio.create_task(child.dump_and_kill())

    def _tell(self, judgement: Judgement) -> None:
        """Tell of what is new: in the log, to the roles, to the service manager, in the report."""
        if judgement.changed:
            before = self._supervisor.circumstances.state
            self._since, self._transitions = now(), self._transitions + 1
            self._log_transition(before, judgement)
            self._supervisor.circumstances.state = judgement.state
            for child in self._supervisor.children.values():
                child.tell_state(judgement.state)
        else:
            for cause in judgement.news:
                _log(cause.level, f"the state stays {judgement.state}; and {sentence(cause)}", _values(cause))
        self._supervisor.notifier.status(status_line(judgement))
        self._tell_facts(judgement)

    def _log_transition(self, before: str, judgement: Judgement) -> None:
        reasons = [sentence(cause) for cause in judgement.causes if cause.level == judgement.level]
        why = "; ".join(reasons) or "everything is well again"
        values = {"from": before, "to": judgement.state}
        if judgement.causes:
            values |= _values(judgement.causes[0])
        improved = STATES.index(before) > judgement.level
        _log(
            OK if improved else judgement.level,
            f"the state is {judgement.state}, was {before}: {why}",
            values,
        )

    def _tell_facts(self, judgement: Judgement) -> None:
        self._supervisor.facts |= {
            "state": judgement.state,
            "since": self._since,
            "reasons": [sentence(cause) for cause in judgement.causes],
            "measures": self._monitor.measures(),
            "transitions": self._transitions,
        }
        self._supervisor.publish()


def status_line(judgement: Judgement) -> str:
    """Give what the service manager shows of a look."""
    if not judgement.causes:
        return judgement.state
    return f"{judgement.state}: {sentence(judgement.causes[0])}"


def _log(level: int, text: str, values: dict[str, Any]) -> None:
    """Log by severity; the figures travel as STRUCTURED-DATA."""
    log.log(_LEVELS[level], "%s", text, extra={"msgid": "STATE", "structured_data": {_SD_ID: values}})


def _values(cause: Cause) -> dict[str, str]:
    found = cause.measure
    return {
        "measure": found.name,
        "subject": found.subject,
        "value": amount(found.value, found.unit),
        "limit": amount(found.limits[cause.level - 1], found.unit),
    }
