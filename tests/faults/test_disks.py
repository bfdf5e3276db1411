"""The disk is full for a while: nothing that was acknowledged is lost, and work goes on by itself."""

import pytest

from tests.faults import small_disk
from tests.faults.conftest import Playing
from tests.faults.disks import FAULTS


def test_a_full_disk_loses_nothing_acknowledged(round_of: Playing) -> None:
    """Senders wait while a real file system is full; when it has room again everything arrives."""
    if reason := small_disk.missing():
        pytest.skip(reason)
    round_of(FAULTS["disk full"])
