"""rsyslogd ends and begins again, with a queue on disk."""

from tests.faults.conftest import Playing
from tests.faults.peers import FAULTS


def test_rsyslogd_may_restart_at_any_moment(round_of: Playing) -> None:
    """What rsyslogd saves when it is stopped arrives after its next start; nothing is double but by RELP."""
    round_of(FAULTS["rsyslogd restarted"])
