"""The sender dies: rsyslogd stopped and killed with messages in its queues."""

from typing import Final

from tests.faults.harness import Play, Round
from tests.faults.senders import FileSender


def restarted(round_: Round) -> int:
    """Stop rsyslogd, which writes its queues to disk, and start it again."""
    times = 0
    assert round_.load.rsyslogd is not None
    for _ in round_.moments(0.5, 2):
        round_.load.rsyslogd.stop()
        round_.load.rsyslogd.start()
        times += 1
    return times


def killed(round_: Round) -> int:
    """Kill rsyslogd: what it had in memory is lost by itself, what we answered for must be there."""
    times = 0
    assert round_.load.rsyslogd is not None
    sender = round_.load.senders["rsyslogd"]
    assert isinstance(sender, FileSender)
    sender.answerable = False
    for _ in round_.moments(0.5, 2):
        round_.load.rsyslogd.kill()
        round_.load.rsyslogd.start()
        times += 1
    return times


FAULTS: Final[dict[str, Play]] = {"rsyslogd restarted": Play(restarted), "SIGKILL rsyslogd": Play(killed)}
