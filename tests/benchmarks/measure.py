"""What benchmarks measure with: processes' CPU seconds and memory, folders' octets, medians, and a table."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

TICK: Final = os.sysconf("SC_CLK_TCK")
PAUSE: Final = 0.01
TOOLS: Final = os.environ.get("SYSLEDGER_TEST_TOOLS", "/opt/sysledger-test-tools")

median = statistics.median


def program(name: str) -> str:
    """Give the path of a real program.

    Raises:
        SystemExit: when it is not installed.
    """
    path = shutil.which(name, path=f"{TOOLS}:{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        raise SystemExit(f"{name} is not here: run tests/install-tools as root to have it")
    return path


def tree(process: int) -> list[int]:
    """Give the ids of a process and of all below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [process]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def cpu_seconds(processes: Iterable[int]) -> float:
    """Add up the CPU seconds, user and system, of processes that live, without what ran below them."""
    ticks = 0
    for process in processes:
        columns = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(columns[11]) + int(columns[12])
    return ticks / TICK


def peak_octets(process: int) -> int:
    """Give the most memory that a process that lives had resident."""
    return _status(process, "VmHWM:")


def resident_octets(process: int) -> int:
    """Give the memory that a process that lives has resident now."""
    return _status(process, "VmRSS:")


def _status(process: int, name: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def octets_below(folder: Path) -> int:
    """Add up the sizes of all files below ``folder``, or of the one file."""
    paths = [folder] if folder.is_file() else folder.rglob("*")
    return sum(path.stat().st_size for path in paths if path.is_file())


def forget_pages(folder: Path) -> None:
    """Have the kernel forget what it holds of the files below ``folder``, so that they are read cold."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def wait_until(condition: Callable[[], object], what: str, seconds: float = 300) -> float:
    """Wait until ``condition()`` holds; give the seconds it took.

    Raises:
        SystemExit: when it does not within ``seconds``.
    """
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise SystemExit(f"gave up after {seconds} s: {what}")
        time.sleep(PAUSE)
    return time.monotonic() - begin


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown: text to the left, all else to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [list(head), ["-" * width for width in widths], *cells]
    for line in lines:
        columns = (
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print(f"| {' | '.join(columns)} |")
    sys.stdout.flush()


def machine() -> str:
    """Say in one line what was measured on and with."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    packages = " ".join(f"{name} {version(name)}" for name in ("pyarrow", "pyzmq", "whoosh-reloaded"))
    return (
        f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def release(name: str, *words: str) -> str:
    """Give the first line that a program prints of its version."""
    done = subprocess.run([program(name), *words], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
