"""The clock steps back and forth: not the machine's, but what the appliance's processes are told of it."""

import os
import struct
from pathlib import Path
from typing import Final

from tests.faults.harness import Play, Round
from tests.faults.site import Site

# Seconds that it is ahead. It steps back from one to a smaller one, but never to before the first start: what
# was received then the books leave out, as from before they began.
STEPS: Final = (0, 1, 61, 3600, 86_400, 2 * 86_400)
# Read by every Python process before anything else: its clock is the machine's, and what the file says.
INJECTED: Final = """
import mmap, struct, time
with open({path!r}, "rb") as _file:
    _step = mmap.mmap(_file.fileno(), 8, prot=mmap.PROT_READ)
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + struct.unpack("q", _step[:8])[0]
time.time_ns = lambda: _time_ns() + 10**9 * struct.unpack("q", _step[:8])[0]
"""


def stepping(round_: Round) -> int:
    """Step the clock at random moments, by seconds to days, back and forth."""
    times = 0
    for _ in round_.moments(0.3, 1.5):
        write(_step(round_.site), round_.draw.choice(STEPS))
        times += 1
    write(_step(round_.site), 0)
    return times


def inject(site: Site) -> None:
    """Write the clock, and what has an appliance's Python processes go by it."""
    step = _step(site)
    step.parent.mkdir()
    write(step, 0)
    (step.parent / "sitecustomize.py").write_text(INJECTED.format(path=str(step)))
    others = filter(None, [os.environ.get("PYTHONPATH")])
    site.environment["PYTHONPATH"] = os.pathsep.join([str(step.parent), *others])


def _step(site: Site) -> Path:
    return site.folder / "clock" / "step"


def write(step: Path, seconds: int) -> None:
    """Set how far the clock is off."""
    descriptor = os.open(step, os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(descriptor, struct.pack("q", seconds), 0)
    os.close(descriptor)


FAULTS: Final[dict[str, Play]] = {"clock steps": Play(stepping, prepare=inject)}
