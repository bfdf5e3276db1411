"""The ledger: what it costs to keep and to verify, beside the index of the same archive and a bare SHA-256.

    python -m tests.benchmarks.ledger [--set synthetic|real] [--messages 500000] [--runs 5]

An archive of the messages is made first, as the appliance makes it; that is not measured. Then new processes
keep its ledger with ``storage.ledger_work`` (from reading the segments to the synced checkpoint), verify it
with ``storage.ledger_verify``, and index it with ``storage.indexer``; and openssl takes one SHA-256 over the
same messages in a file, which is the least that any proof can cost. All in turn, medians of the runs. CPU is
user and system time of the process without its start; openssl's with it.

Fails when verifying does not find every message.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from storage.indexer import Indexer
from storage.layout import Layout
from storage.ledger_verify import Wanted, verify_ledgers
from storage.ledger_work import LedgerKeeper
from storage.settings import IndexSettings
from tests.benchmarks.index import make_archive
from tests.benchmarks.measure import machine, median, octets_below, peak_octets, print_table, program
from tests.benchmarks.messages import message_set

KINDS: Final = ("keep", "verify", "index")
FOLDERS: Final = {"keep": "ledger", "index": "index"}
TEXT: Final = "messages"


def child(kind: str, folder: Path) -> None:
    """Be the process that is measured."""
    layout = Layout(folder)
    begin, wall = time.process_time(), time.monotonic()
    if kind == "keep":
        keeper = LedgerKeeper(layout)
        keeper.once()
        keeper.close()
        count = keeper.state()["ledger_records"]
    elif kind == "verify":
        (found,) = verify_ledgers(layout, Wanted())
        count = found.records if not found.findings else 0
    else:
        indexer = Indexer(IndexSettings(), layout)
        indexer.once()
        count = indexer.state()["messages_indexed"]
    cost, wall = time.process_time() - begin, time.monotonic() - wall
    print(json.dumps({"count": count, "cpu": cost, "wall": wall, "peak": peak_octets(os.getpid())}))


def measured(kind: str, folder: Path) -> dict[str, float]:
    """Do it in a new process; give messages, CPU and wall seconds, peak octets and octets on the disk."""
    if kind in FOLDERS:
        gone = [folder / FOLDERS[kind], *([folder / "tls"] if kind == "keep" else [])]
        subprocess.run(["rm", "-rf", *map(str, gone)], check=True)
    command = [sys.executable, "-m", "tests.benchmarks.ledger", "--child", kind, str(folder)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found | {"octets": octets_below(folder / FOLDERS[kind]) if kind in FOLDERS else 0}


def bare(folder: Path) -> float:
    """Give the CPU seconds that openssl takes for one SHA-256 over the messages."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [program("openssl"), "dgst", "-sha256", str(folder / TEXT)], check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", default="synthetic", choices=["synthetic", "real"])
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--child", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        child(wanted.child[0], Path(wanted.child[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), wanted.set, wanted.messages, wanted.runs)


def compare(folder: Path, kind_of_messages: str, count: int, runs: int) -> None:
    """Make the archive, measure all in turn, and print the table."""
    messages = list(message_set(kind_of_messages, count))
    make_archive(Layout(folder), messages)
    (folder / TEXT).write_bytes(b"\n".join(messages))
    results: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    hashed = []
    for _ in range(runs):
        for kind in KINDS:
            results[kind].append(measured(kind, folder))
            if results[kind][-1]["count"] != count:
                raise SystemExit(f"{kind}: {results[kind][-1]['count']} messages of {count}")
        hashed.append(bare(folder))
    print(machine())
    print(f"{count} {kind_of_messages} messages, medians of {runs} runs")
    base = median([each["cpu"] for each in results["index"]])
    rows = []
    for kind, each in results.items():
        cpu = median([one["cpu"] for one in each])
        rows.append(
            (
                kind, f"{cpu / count * 1e6:.2f}", f"{cpu / base:.2f}", f"{cpu / median(hashed):.1f}",
                f"{median([one['peak'] for one in each]) / (1 << 20):.0f}",
                f"{each[-1]['octets'] / count:.3f}",
            )
        )  # fmt: skip
    head = (
        "what",
        "CPU us a message",
        "to the index",
        "to openssl's SHA-256",
        "peak MiB",
        "octets a message",
    )
    print_table(head, rows)


if __name__ == "__main__":
    main()
