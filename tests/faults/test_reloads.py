"""The configuration changes while messages flow."""

from tests.faults.conftest import Playing
from tests.faults.reloads import FAULTS


def test_a_reload_breaks_no_connection(round_of: Playing) -> None:
    """Settings change on SIGHUP, a bad configuration is refused: nothing is lost, nobody is cut off."""
    round_of(FAULTS["reload under load"])
