"""Timing of isolation: what one tenant's questions take while another tenant holds nothing, and millions.

    python -m tests.benchmarks.timing [--messages 2000000] [--asked 200] [--folder DIR]

Two worlds have the same tenant with a small archive; in one of them a rival holds millions of messages, which
are asked about in between, as its own users would. Somebody limited to the small tenant asks the same
questions of both, by the application that serves the pages, in turn, one of this world and one of that, so
that whatever else the machine does falls on both. Printed are medians, quartiles and their ratio, whose
distance from 1 is what timing tells, beside the same ratio of a world and itself, which is noise.

What must hold is tried without a clock by tests/web/test_timing.py and tests/storage/test_apart.py.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

import httpx
from starlette.requests import Request

from access.visitor import Limits, Visitor
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from tests.benchmarks.measure import machine, median, print_table
from tests.benchmarks.messages import synthetic
from tests.web.archives import RECEIVED_AT, stored
from web.app import create_app
from web.settings import WebSettings

SMALL, RIVAL = StreamName("acme"), StreamName("rival")
OWN = 20_000  # messages of the small tenant
BATCH = 16_384
QUESTIONS = ("", "failed", "host:host0001*", "10.1.2.3", "user42 severity<=err")
DAY = 86_400 * 10**9
DAYS = 30


def filled(folder: Path, rival: int) -> Layout:
    """Make a world in which the rival has so many messages."""
    layout = Layout(folder)
    for name, count in ((SMALL, OWN), (RIVAL, rival)):
        frames = list(synthetic(min(count, 4 * BATCH), seed=len(name.tenant)))
        for number, start in enumerate(range(0, count, BATCH), 1):
            some = frames[start % len(frames) :][: min(BATCH, count - start)]
            stored(layout, name, some, number=number, at=RECEIVED_AT + number % DAYS * DAY)
        if count:
            rebuild(layout, name)
    return layout


def client(layout: Layout) -> httpx.AsyncClient:
    """Give who asks a world's application, as whom the header x-who names."""
    who = {
        "small": Visitor("eve", "auditor", Limits(tenants=("acme",))),
        "rival": Visitor("mallory", "auditor", Limits(tenants=("rival",))),
    }

    async def identify(request: Request) -> Visitor:
        return who[request.headers["x-who"]]

    app = create_app(layout, WebSettings(), identify=identify)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=600)


async def took(asking: httpx.AsyncClient, who: str, query: str, number: int) -> float:
    """Give the milliseconds of one page of results; no two questions are the same, so that none is kept.

    The rival's is one that is done when it is answered: a count would go on, and be felt as load.
    """
    path = "/search" if who == "small" else "/api/v1/search"
    asked = {"tenant": "acme" if who == "small" else "rival", "stream": "syslog", "q": query}
    address = f"{path}?{urlencode({**asked, 'from': f'2026-01-01T00:00:{number / 1000:09.6f}Z'})}"
    began = time.perf_counter()
    answer = await asking.get(address, headers={"x-who": who})
    while answer.status_code == httpx.codes.ACCEPTED:  # the rival's goes on behind its answer
        await asyncio.sleep(0.05)
        answer = await asking.get(address, headers={"x-who": who})
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{address} was answered with {answer.status_code}")
    return 1000 * (time.perf_counter() - began)


async def compare(worlds: Sequence[Layout], asked: int) -> None:
    """Ask both worlds, and print what it took."""
    clients = [client(layout) for layout in worlds]
    rows = []
    for query in QUESTIONS:
        times: list[list[float]] = [[], [], []]  # without the rival, with it, and without it once more
        for number in range(asked):
            await took(clients[1], "rival", query, number)
            for place, asking in enumerate((clients[0], clients[1], clients[0])):
                times[place].append(await took(asking, "small", query, 10 * number + place))
        quartiles = ["; ".join(f"{one:.1f}" for one in statistics.quantiles(each)) for each in times[:2]]
        ratios = [median(times[place]) / median(times[0]) for place in (1, 2)]
        rows.append((query or "(everything)", *quartiles, *(f"{ratio:.3f}" for ratio in ratios)))
        print(f"{query!r} done", file=sys.stderr)
    head = ["question", "rival empty: quartiles, ms", "rival full", "ratio of medians", "of empty to itself"]
    print_table(head, rows)


def main() -> None:
    """Make the worlds, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=2_000_000)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        worlds = [filled(Path(folder) / str(count), count) for count in (0, options.messages)]
        print(f"{machine()}; {options.messages:,} messages of the rival, {options.asked} of each question\n")
        asyncio.run(compare(worlds, options.asked))


if __name__ == "__main__":
    main()
