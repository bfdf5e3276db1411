"""The promise about what a process may have of the system."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource
from supervisor.limits import allow_many_files

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))
allow_many_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
"""


def test_as_many_files_as_there_may_be() -> None:
    """A shell's low limit of open files does not limit how many connections and streams there can be."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, cwd=Path(__file__).parents[2])
