"""One process at a time: the lock names its holder, and ends with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.lock import Lock, LockedError, holder

HOLD = """
import sys
from pathlib import Path
from supervisor.lock import Lock
with Lock(Path(sys.argv[1]), "a test"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    """The error names the process that holds the lock, and what to do; its death frees the lock."""
    path = tmp_path / "run" / "test.lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert holder(path) == process.pid
        with pytest.raises(LockedError, match=rf"a test already runs .* \(process {process.pid}, .*--data"):
            Lock(path, "a test").acquire()
        process.kill()
        process.wait(10)
    assert holder(path) is None
    with Lock(path, "a test"):
        assert holder(path) == os.getpid()


def test_a_killed_holder_is_known(tmp_path: Path) -> None:
    """Who takes the lock learns whether the last holder was killed; an orderly end leaves nothing behind."""
    path = tmp_path / "test.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait(10)
    with Lock(path, "a test") as lock:
        assert lock.was_left
    with Lock(path, "a test") as lock:
        assert not lock.was_left


def test_asking_for_the_holder_does_not_take_the_lock(tmp_path: Path) -> None:
    """A lock that nobody has stays free after a look at it, and one that was never made is not made."""
    path = tmp_path / "test.lock"
    assert holder(path) is None
    assert not path.exists()
    lock = Lock(path, "a test").acquire()
    lock.release()
    lock.release()
    assert holder(path) is None
    with lock:
        assert holder(path) == os.getpid()
