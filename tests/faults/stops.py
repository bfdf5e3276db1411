"""Processes that stand still for a while, and storage that is away for long."""

import signal
from typing import Final

from tests.faults.harness import Fault, Play, Rates, Round


def standing_still(role: str, least: float, most: float) -> Fault:
    """Give the fault that stops a role for that many seconds, over and over."""

    def fault(round_: Round) -> int:
        times = 0
        for _ in round_.moments(0.2, 1.5):
            round_.site.await_role(role)
            round_.site.signal(role, signal.SIGSTOP)
            try:
                round_.pause(least, most)
            finally:
                round_.site.signal(role, signal.SIGCONT)
            times += 1
        return times

    return fault


def storage_away(round_: Round) -> int:
    """Let storage stand still for the whole round."""
    round_.pause(0.5, 1)
    round_.site.signal("storage", signal.SIGSTOP)
    try:
        for _ in round_.moments(0.5, 1):
            pass
    finally:
        round_.site.signal("storage", signal.SIGCONT)
    return 1


def collectors_killed_meanwhile(round_: Round) -> int:
    """Let storage stand still, and kill the collector over and over: its disk queue has to outlive that."""
    before = round_.site.kills
    round_.site.signal("storage", signal.SIGSTOP)
    try:
        for _ in round_.moments(1, 4):
            round_.site.await_role("collector")
            round_.site.kill("collector")
    finally:
        round_.site.signal("storage", signal.SIGCONT)
    return round_.site.kills - before


def killed_while_it_drains(round_: Round) -> int:
    """Let storage be away; when it comes back, kill storage and collector while the disk queue drains."""
    before = round_.site.kills
    for _ in round_.moments(0.5, 1):
        round_.site.signal("storage", signal.SIGSTOP)
        round_.pause(3, 5)
        round_.site.signal("storage", signal.SIGCONT)
        for _ in range(4):
            round_.pause(0.02, 0.5)
            role = round_.draw.choice(("storage", "collector"))
            round_.site.await_role(role)
            round_.site.kill(role)
        round_.site.await_role("storage")
    return round_.site.kills - before


FAULTS: Final[dict[str, Play]] = {
    "SIGSTOP storage for seconds": Play(standing_still("storage", 0.3, 4)),
    "SIGSTOP collector for seconds": Play(standing_still("collector", 0.3, 2)),
    "storage away for long": Play(storage_away, Rates(rsyslogd=3000, relp=3000, tcp=8000, udp=2000)),
    "storage away, SIGKILL collector": Play(collectors_killed_meanwhile),
    "disk queue drains, SIGKILL": Play(killed_while_it_drains),
}
