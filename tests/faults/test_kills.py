"""Processes die at random moments: what was acknowledged is there, once, and the books balance."""

import pytest

from tests.faults.conftest import Playing
from tests.faults.kills import FAULTS


@pytest.mark.parametrize("name", ["SIGKILL any process", "SIGKILL supervisor", "SIGKILL all at once"])
def test_what_was_acknowledged_outlives_a_kill(round_of: Playing, name: str) -> None:
    """No acknowledged message is lost or double, whichever process dies; verify and balance find nothing."""
    round_of(FAULTS[name])
