"""Memory that a burst has left behind goes back to the system."""

import subprocess
import sys

from supervisor.thrift import Rest


def test_memory_is_given_back_once_after_work() -> None:
    """Not while work goes on, not a second time for nothing, and again after the next work."""
    rest = Rest(wall=0.0, used=1.0)
    assert not rest.begins(5, 5.0)  # busy
    assert rest.begins(10, 5.1)
    assert not rest.begins(15, 5.2)  # reports and looks: nothing to give back
    assert not rest.begins(20, 9.0)
    assert rest.begins(25, 9.0)


_BURST = """
import os
from supervisor.thrift import choose_pool, give_back
choose_pool()
import pyarrow as pa
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before = resident()
arrays = [pa.array([b"x" * 1000] * 1000) for _ in range(100)]
texts = [bytes(1000) for _ in range(100_000)]
pins = [texts[-1], arrays[-1]]  # at the end of the heap, so that nothing below goes back by itself
del texts, arrays
give_back()
print(resident() - before, pa.default_memory_pool().backend_name)
"""


def test_what_is_free_goes_back_to_the_system() -> None:
    """Of two hundred megabytes that were allocated and freed, most do not stay with the process."""
    done = subprocess.run([sys.executable, "-c", _BURST], check=True, capture_output=True, text=True)
    left, pool = done.stdout.split()
    assert int(left) < 100_000_000  # jemalloc lets go of the last of it with time
    assert pool == "jemalloc"
    assert not done.stderr  # no warning about the pool
