"""One question asked by a process of its own, for tests.benchmarks.search: prints its figures as JSON.

    python -m tests.benchmarks.searching DATA QUERY RUNS [histogram]

With RUNS 0 everything is done once, and all matches are streamed, too: for cold files, and for the peak of
memory. Imports nothing but what searching takes.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from storage.layout import Layout
from storage.search import Request, Searcher

PAGE: Final = 100


@dataclass(frozen=True)
class Timed:
    """What something took, in seconds and CPU seconds, and what it gave."""

    wall: float
    cpu: float
    value: Any


def timed(work: Callable[[], Any]) -> Timed:
    """Do ``work``."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = work()
    return Timed(time.perf_counter() - wall, time.process_time() - cpu, value)


def ask(data: Path, query: str, runs: int, *, histogram: bool) -> dict[str, Any]:
    """Ask, and give the figures."""
    searcher = Searcher(Layout(data))

    def page() -> int:
        return len(searcher.page(Request(query, limit=PAGE)).records)

    def count() -> int:
        if histogram:
            return sum(map(sum, searcher.histogram(Request(query)).counts))
        return searcher.count(Request(query)).count

    found: dict[str, Any] = {"first": timed(page).wall}
    pages, counts = [timed(page) for _ in range(runs)], [timed(count) for _ in range(max(1, runs))]
    found |= {"hits": counts[0].value, "page": median([each.wall for each in pages] or [0])}
    found |= {"wall": median(each.wall for each in counts), "cpu": median(each.cpu for each in counts)}
    if not runs:
        tables = searcher.stream(Request(query, limit=None))
        found["streamed"] = sum(table.num_rows for table in tables)
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return found


if __name__ == "__main__":
    data, query, runs, *more = sys.argv[1:]
    print(json.dumps(ask(Path(data), query, int(runs), histogram=more == ["histogram"])))
