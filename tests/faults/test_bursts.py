"""More datagrams than can be read: every one that is missing is counted."""

from dataclasses import replace
from functools import partial

from tests.faults.bursts import FAULTS, udp_burst
from tests.faults.conftest import Playing


def test_every_lost_datagram_is_counted(round_of: Playing) -> None:
    """What is missing of a burst by UDP is, datagram for datagram, what the kernel has counted as dropped."""
    round_of(replace(FAULTS["1 GB burst by UDP"], fault=partial(udp_burst, octets=32 << 20)), seconds=1)
