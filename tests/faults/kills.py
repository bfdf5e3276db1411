"""Processes killed at random moments under load; the operator starts the supervisor again."""

from collections.abc import Sequence
from typing import Final

from tests.faults.harness import Fault, Play, Round

ROLES: Final = ("collector", "storage", "indexer", "web", "supervisor")


def killing(*roles: str, least: float = 0.05, most: float = 1.0) -> Fault:
    """Give the fault that kills one of these roles, over and over, at random moments."""

    def fault(round_: Round) -> int:
        return _kill_over_and_over(round_, roles, least, most)

    return fault


def _kill_over_and_over(round_: Round, roles: Sequence[str], least: float, most: float) -> int:
    before = round_.site.kills
    for _ in round_.moments(least, most):
        role = round_.draw.choice(roles)
        # Half of the time it dies as soon as it is there again, in the middle of its start or recovery.
        if round_.draw.random() < 0.5:
            round_.site.await_role(role)
        round_.site.kill(role)
    return round_.site.kills - before


def lose_power(round_: Round) -> int:
    """Kill all processes at once, and start the appliance again."""
    times = 0
    for _ in round_.moments(0.3, 2.0):
        round_.site.kill_all()
        round_.site.start()
        times += 1
    return times


FAULTS: Final[dict[str, Play]] = {
    "SIGKILL collector": Play(killing("collector", most=4.0)),
    "SIGKILL storage": Play(killing("storage")),
    "SIGKILL indexer": Play(killing("indexer")),
    "SIGKILL web": Play(killing("web")),
    "SIGKILL watch": Play(killing("watch")),
    "SIGKILL supervisor": Play(killing("supervisor", most=2.0)),
    "SIGKILL any process": Play(killing(*ROLES, most=1.5)),
    "SIGKILL all at once": Play(lose_power),
}
