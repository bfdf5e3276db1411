"""Memory of every process: fresh, at full rate, with searches, and thirty seconds after; and its ceilings.

    python -m tests.benchmarks.memory [--set synthetic|real] [--messages 1000000] [--runs 3] [--quiet 30]

Each run starts an appliance on a fresh data folder and reads resident octets from /proc:

* fresh: one second after everything listens;
* peak at full rate: the most until a million messages, sent by four TCP connections as fast as they are read,
  are archived and indexed;
* peak with searches: the same after searches for a rare word, a common word, a wildcard and the newest page;
* idle: after ``--quiet`` seconds in which nothing was sent or asked.

Then two attempts to fill the collector's memory, each on an appliance with 64 MiB of collector.memory_octets:

* 200 TCP connections, each with a frame of the longest length and no end to it;
* storage stopped (SIGSTOP) while four TCP connections send: the senders have to wait, and after SIGCONT
  every message is there.

Prints medians. Fails when a process is above 300 MB at any time, or above 150 MB idle, when the collector
holds more than it was fresh and twice what memory_octets allows, or when a message is missing.
"""

import argparse
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.benchmarks.appliance import Appliance
from tests.benchmarks.measure import machine, median, peak_octets, print_table, resident_octets
from tests.benchmarks.messages import message_set
from tests.benchmarks.senders import framed, send

MOST: Final = 300e6
MOST_IDLE: Final = 150e6
CEILING: Final = 64 << 20
CEILING_SETTINGS: Final = f"[collector]\nmemory_octets = {CEILING}"
UNFINISHED: Final = 200  # connections with a frame that does not end
STOPPED_SECONDS: Final = 8.0  # storage stands still
QUERIES: Final = ("needle-7f3a9c51", "password", "pass*word", "")

Octets = dict[str, int]


def of_each(appliance: Appliance, read: Callable[[int], int]) -> Octets:
    """Read a figure of each process."""
    return {role: read(process) for role, process in appliance.roles().items()}


def through_a_burst(shares: list[bytes], count: int, quiet: float, folder: Path) -> dict[str, Octets]:
    """Give the resident octets of each process at each of the moments above."""
    with Appliance(folder) as appliance:
        time.sleep(1)
        found = {"fresh": of_each(appliance, resident_octets)}
        send(appliance.tcp, shares)
        appliance.wait_journalled(count)
        appliance.wait_indexed()
        found["peak at full rate"] = of_each(appliance, peak_octets)
        for query in QUERIES:
            url = f"http://127.0.0.1:{appliance.web}/search?q={urllib.parse.quote(query)}"
            urllib.request.urlopen(url).read()
        found["peak with searches"] = of_each(appliance, peak_octets)
        time.sleep(quiet)
        found[f"idle, {quiet:g} s later"] = of_each(appliance, resident_octets)
    return found


def unfinished_frames(folder: Path) -> tuple[int, int]:
    """Open frames and never end them; give the collector's octets fresh, and at its peak."""
    with Appliance(folder, CEILING_SETTINGS) as appliance:
        collector = appliance.roles()["collector"]
        fresh = resident_octets(collector)
        frame = b"<13>" + b"x" * 60_000
        connections = [socket.create_connection(("127.0.0.1", appliance.tcp)) for _ in range(UNFINISHED)]
        for _ in range(4):  # each takes what it may, and then the beginning of the next
            for connection in connections:
                connection.setblocking(False)
                try:
                    connection.send(frame)
                except BlockingIOError:
                    continue
        time.sleep(2)
        peak = peak_octets(collector)
        for connection in connections:
            connection.close()
    return fresh, peak


def storage_stopped(shares: list[bytes], count: int, folder: Path) -> tuple[int, int]:
    """Send while storage stands still; give the collector's octets fresh, and at its peak."""
    with Appliance(folder, CEILING_SETTINGS) as appliance:
        roles = appliance.roles()
        fresh = resident_octets(roles["collector"])
        os.kill(roles["storage"], signal.SIGSTOP)
        try:
            sender = threading.Thread(target=send, args=(appliance.tcp, shares))
            sender.start()
            time.sleep(STOPPED_SECONDS)
            if not sender.is_alive():
                raise SystemExit("nobody had to wait for storage: send more messages")
        finally:
            os.kill(roles["storage"], signal.SIGCONT)
        sender.join()
        appliance.wait_journalled(count)
        peak = peak_octets(roles["collector"])
        if appliance.journalled() != count:
            raise SystemExit(f"{appliance.journalled()} messages are journalled, of {count}")
    return fresh, peak


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quiet", type=float, default=30, help="seconds before the idle figure")
    arguments = parser.parse_args()
    shares = framed(message_set(arguments.set, arguments.messages), counted=False)
    bursts: list[dict[str, Octets]] = []
    ceilings: dict[str, list[tuple[int, int]]] = {
        f"{UNFINISHED} unfinished frames": [],
        "storage stopped": [],
    }
    endless, stopped = ceilings.values()
    count = arguments.messages
    attempts: list[Callable[[Path], None]] = [
        lambda folder: bursts.append(through_a_burst(shares, count, arguments.quiet, folder)),
        lambda folder: endless.append(unfinished_frames(folder)),
        lambda folder: stopped.append(storage_stopped(shares, count, folder)),
    ]
    for number in range(arguments.runs):
        for attempt in attempts:
            folder = Path(tempfile.mkdtemp(prefix="sysledger-memory-"))
            attempt(folder)
            shutil.rmtree(folder)
        print(f"run {number + 1}: {bursts[-1]} {endless[-1]} {stopped[-1]}", file=sys.stderr)
    print(machine())
    print(f"{arguments.messages:,} messages of the {arguments.set} set, {arguments.runs} runs; medians in MB")
    sys.exit(not all([_report_bursts(bursts), _report_ceilings(ceilings)]))


def _report_bursts(bursts: list[dict[str, Octets]]) -> bool:
    moments = list(bursts[0])
    roles = list(bursts[0][moments[0]])
    figures = {
        role: [median(burst[moment][role] for burst in bursts) for moment in moments] for role in roles
    }
    print_table(
        ["process", *moments],
        [[role, *(f"{octets / 1e6:.0f}" for octets in found)] for role, found in figures.items()],
    )
    return all(max(found) <= MOST and found[-1] <= MOST_IDLE for found in figures.values())


def _report_ceilings(ceilings: dict[str, list[tuple[int, int]]]) -> bool:
    rows, held = [], True
    for name, found in ceilings.items():
        fresh, peak = median(one[0] for one in found), median(one[1] for one in found)
        held = held and peak - fresh <= 2 * CEILING
        figures = (fresh, peak, peak - fresh, CEILING)
        rows.append([name, *(f"{octets / 1e6:.0f}" for octets in figures)])
    print_table(["collector", "fresh", "peak", "taken", "memory_octets"], rows)
    return held


if __name__ == "__main__":
    main()
