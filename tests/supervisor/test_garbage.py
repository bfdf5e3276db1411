"""How often Python looks for cyclic garbage."""

import subprocess
import sys

_SCRIPT = """
import gc
from supervisor.garbage import collect_seldom, keep_what_is_there
def looks():
    return sum(generation["collections"] for generation in gc.get_stats())
collect_seldom()
before = looks()
made = [[] for _ in range(50_000)]
print(looks() - before)
keep_what_is_there()
print(gc.get_freeze_count() > 50_000, gc.isenabled())
"""


def test_what_the_start_makes_is_hardly_looked_at() -> None:
    """Fifty thousand new objects bring about no look; what is there when a role is ready is left alone."""
    command = [sys.executable, "-c", _SCRIPT]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "True", "True"]
