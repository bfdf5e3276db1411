"""Counting instructions: the same work gives the same count, whatever else the machine does.

The processor's own counters (perf_event_open) are not there in most virtual machines and containers; single
steps by ptrace are a thousand times too slow, and counting lines or calls of Python does not see the time
that ``re`` and Arrow take. Valgrind's tool callgrind runs a process on a processor of its own and counts
every instruction, those of C included, some thirty times slower than the real one, and needs no rights. So
what is to be measured runs in a Python under callgrind (``command`` starts it); there ``Counter`` reads the
count.

Two calls that nobody else makes, and that cost nothing, tell callgrind where a measurement begins and ends:
getegid(2) sets its counters to zero, getpgrp(2) makes it write them to a file. Before there is a Counter
nothing is counted, which is several times faster: make first what is made once, imports and patterns.
"""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

_BEGIN: Final = "getegid"
_END: Final = "getpgrp"
_TOTALS: Final = re.compile(r"^totals: ([0-9]+)$", re.MULTILINE)
_COUNTS: Final = "SYSLEDGER_CALLGRIND"
# One memory allocator that callgrind knows, and sets that are always in one order.
_ENVIRONMENT: Final = {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONHASHSEED": "0"}


def command(valgrind: str, counts: Path, *python: str) -> tuple[list[str], dict[str, str]]:
    """Give the command line and environment of a Python whose instructions are counted.

    Args:
        valgrind: the program.
        counts: the file, in a folder that is there, by whose name callgrind writes its counts.
        python: the interpreter's arguments.
    """
    options = (
        *("--quiet", "--tool=callgrind", "--instr-atstart=no", "--dump-line=no"),
        *(f"--zero-before={_BEGIN}", f"--dump-before={_END}", f"--callgrind-out-file={counts}"),
    )
    return [valgrind, *options, sys.executable, *python], {**os.environ, **_ENVIRONMENT, _COUNTS: str(counts)}


class Counter:
    """Counts instructions, in a process that was started by ``command``."""

    def __init__(self) -> None:
        self._counts = Path(os.environ[_COUNTS])
        self._dumps = 0
        begin = subprocess.Popen(
            ["callgrind_control", "--instr=on", str(os.getpid())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while begin.poll() is None:  # callgrind hears it only while this process runs
            pass
        if begin.returncode:
            raise OSError("callgrind_control failed: is this process run by tests.fuzz.instructions.command?")
        gc.collect()
        gc.freeze()  # what is there now is never looked at again
        gc.disable()

    def count(self, call: Callable[[], object]) -> int:
        """Give how many instructions a call takes."""
        os.getegid()
        call()
        os.getpgrp()
        self._dumps += 1
        dump = self._counts.with_name(f"{self._counts.name}.{self._dumps}")
        found = _TOTALS.search(dump.read_text("latin-1"))
        dump.unlink()
        gc.collect()
        if found is None:
            raise ValueError(f"{dump.name} has no totals: does this valgrind count {_BEGIN} and {_END}?")
        return int(found[1])
