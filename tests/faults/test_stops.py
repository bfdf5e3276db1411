"""Storage is away: the collector's disk queue keeps what it has taken."""

from tests.faults.conftest import Playing
from tests.faults.stops import FAULTS


def test_the_disk_queue_outlives_its_collector(round_of: Playing) -> None:
    """While storage is away collectors are killed: what they had acknowledged is there afterwards, once."""
    round_of(FAULTS["storage away, SIGKILL collector"], seconds=3)
