"""What must take linear time, and the search for messages on which it does not.

``python -m tests.fuzz.linear NAME [--one-in 1]`` searches by hand, with one in 1 all shapes that there are.
The tests look at one shape in so many.

A cost of a + b·n grows at most as n does. So many shapes are measured together at SMALL octets and at four
times as many. Where that costs more than GROWTH as much (4, and a little for noise), each of them has its
turn, at larger sizes, too: a limit that lies between two sizes (past it more is done) is no growth.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.fuzz.instructions import Counter, command
from tests.fuzz.shapes import Shape, shapes_of

SMALL: Final = 1_024  # octets
TIMES: Final = 4
GROWTH: Final = 4.4  # of many shapes together
GROWTH_OF_ONE: Final = 5.0  # of one, whose count has more noise; n log n has 4.8 here
TOGETHER: Final = 128


@dataclass(frozen=True, slots=True)
class Work:
    """Something that must take linear time.

    Attributes:
        call: does it, for several inputs.
        seeds: real inputs.
        small: octets of the smaller size.
    """

    call: Callable[[Sequence[bytes]], object]
    seeds: Sequence[bytes]
    small: int = SMALL


def shapes(work: Work, one_in: int) -> list[Shape]:
    """Give one in so many of the shapes of all seeds: a stride, so that every seed has some."""
    every = dict.fromkeys(shape for seed in work.seeds for shape in shapes_of(seed))
    return list(every)[:: max(1, one_in)]


def superlinear(work: Work, several: Sequence[Shape], counter: Counter) -> Iterator[tuple[Shape, list[int]]]:
    """Give the shapes whose cost grows by more than their size, and what each size costs, in instructions."""
    for start in range(0, len(several), TOGETHER):
        batch = several[start : start + TOGETHER]
        small, large = (_cost(work, batch, size, counter) for size in (work.small, TIMES * work.small))
        if large > GROWTH * small:
            yield from filter(_grows, ((shape, _costs(work, shape, counter)) for shape in batch))


def _cost(work: Work, several: Sequence[Shape], octets: int, counter: Counter) -> int:
    inputs = [shape.of(octets) for shape in several]
    return counter.count(lambda: work.call(inputs))


def _costs(work: Work, shape: Shape, counter: Counter) -> list[int]:
    return [_cost(work, [shape], work.small * TIMES**power, counter) for power in range(3)]


def _grows(found: tuple[Shape, list[int]]) -> bool:
    """Whether the cost grows faster than the size, and goes on to."""
    return all(larger > GROWTH_OF_ONE * smaller for smaller, larger in list(pairwise(found[1]))[1:])


def measured(valgrind: str, names: Sequence[str], one_in: int | None = None) -> dict[str, Any]:
    """Measure works in a process under callgrind: name → shapes looked at, and those that grow too fast.

    Raises:
        subprocess.CalledProcessError: when that process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result"
        options = () if one_in is None else ("--one-in", str(one_in))
        arguments = ("-m", "tests.fuzz.linear", *names, *options, "--result", str(result))
        line, environment = command(valgrind, Path(folder) / "counts", *arguments)
        root = Path(__file__).resolve().parents[2]
        subprocess.run(line, env={**environment, "PYTHONPATH": str(root)}, cwd=root, check=True)
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found


def _measure(names: Sequence[str], one_in: int | None) -> dict[str, Any]:
    from tests.fuzz.works import WORKS  # noqa: PLC0415 - takes ten seconds under callgrind, only there needed

    plans = {name: (work, shapes(work, one_in or usual)) for name in names for work, usual in [WORKS[name]]}
    for work, several in plans.values():
        for size in (work.small, TIMES * work.small):
            work.call([shape.of(size) for shape in several[:TOGETHER]])  # what is made once is made now
    counter = Counter()
    found = {}
    for name, (work, several) in plans.items():
        slow = [(repr(shape), costs) for shape, costs in superlinear(work, several, counter)]
        found[name] = {"shapes": len(several), "superlinear": slow}
    return found


def main() -> None:
    """Run by hand, or as the measured process."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz.linear", description=__doc__)
    options.add_argument("names", nargs="+", metavar="NAME", help="of tests/fuzz/works.py")
    options.add_argument("--one-in", type=int, help="look at one shape in so many")
    options.add_argument("--result", type=Path, help="where the measured process writes what it found")
    given = options.parse_args()
    if given.result is None:
        found = measured("valgrind", given.names, given.one_in)
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        given.result.write_text(json.dumps(_measure(given.names, given.one_in)), "utf-8")


if __name__ == "__main__":
    main()
