"""A disk that is full for a while, and one that breaks under the appliance."""

from contextlib import suppress
from typing import Final

from tests.faults.harness import Play, Rates, Round
from tests.faults.site import StuckError

SIZE: Final = 128 << 20
QUEUE: Final = "queue_octets = 67108864\nqueue_free_octets = 4194304"
SETTINGS: Final = """
[supervisor.monitor]
calm_seconds = 1
"""


def full(round_: Round) -> int:
    """Fill the disk for some seconds, over and over."""
    times = 0
    assert round_.disk is not None
    for _ in round_.moments(1, 3):
        round_.disk.fill()
        try:
            round_.pause(1, 5)
        finally:
            round_.disk.free()
        times += 1
    return times


def read_only(round_: Round) -> int:
    """Have the disk become read-only; its operator repairs it, and starts the appliance again."""
    times = 0
    assert round_.disk is not None
    for _ in round_.moments(1, 4):
        round_.disk.break_off()
        round_.pause(1, 4)
        with suppress(StuckError):  # it may have to be killed: nothing can be made durable
            round_.site.stop()
        round_.site.kill_all()
        round_.disk.repair()
        round_.site.start()
        times += 1
    return times


RATES: Final = Rates(rsyslogd=800, relp=800, tcp=1000, udp=500)
FAULTS: Final[dict[str, Play]] = {
    "disk full": Play(full, RATES, SETTINGS, collector=QUEUE, disk=SIZE),
    "disk read-only": Play(read_only, RATES, SETTINGS, collector=QUEUE, disk=SIZE),
}
