"""Which roles give way to the others."""

import subprocess
import sys

import pytest

from supervisor.priority import NICENESS

_SCRIPT = """
import os
from supervisor.priority import give_way
before = os.nice(0)
give_way({!r})
print(os.nice(0) - before)
"""


@pytest.mark.parametrize(("role", "lowered"), [("indexer", NICENESS), ("collector", 0), ("storage", 0)])
def test_only_what_may_be_late_gives_way(role: str, lowered: int) -> None:
    """The indexer's priority is lowered, so that it costs no datagram; all others keep theirs."""
    command = [sys.executable, "-c", _SCRIPT.format(role)]
    done = subprocess.run(command, check=True, capture_output=True, start_new_session=True)
    assert int(done.stdout) == lowered
