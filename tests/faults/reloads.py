"""The configuration changes while messages flow: nothing is lost, and no connection breaks."""

import signal
from typing import Final

from tests.faults.harness import Play, Round
from tests.faults.senders import RelpSender, TcpSender
from tests.faults.site import quiet_port

BAD: Final = "\n[collector.listeners.tcp]\nport = 'no number'\n"


def reloaded(round_: Round) -> int:
    """Have it read a new configuration, over and over; every third time it is no configuration at all."""
    site, times = round_.site, 0
    good = site.configuration.read_text()
    for _ in round_.moments(0.3, 1.5):
        times += 1
        if times % 3 == 0:
            text = good + BAD
        else:
            more = f'[collector.listeners.more{times}]\ntransport = "tcp"\nport = {quiet_port()}\n'
            text = good.replace("answer_seconds = 1.0", f"answer_seconds = 1.{times}") + "\n" + more
        site.configuration.write_text(text)
        site.signal("supervisor", signal.SIGHUP)
    site.configuration.write_text(good)
    site.signal("supervisor", signal.SIGHUP)
    round_.pause(1, 1.5)
    for name, sender in round_.load.senders.items():
        if isinstance(sender, RelpSender | TcpSender) and sender.broken:
            round_.notes.append(f"{name}: {sender.broken} connections broke")
    return times


FAULTS: Final[dict[str, Play]] = {"reload under load": Play(reloaded)}
