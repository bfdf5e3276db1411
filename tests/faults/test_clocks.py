"""The clock steps back and forth."""

from tests.faults.clocks import FAULTS
from tests.faults.conftest import Playing


def test_clock_steps_lose_nothing(round_of: Playing) -> None:
    """Steps of seconds to days, back and forth: nothing is lost or stored twice, and seq has no gap."""
    round_of(FAULTS["clock steps"])
