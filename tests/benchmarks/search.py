"""Searching: pages and counts against ``zstdcat | grep`` and ``zgrep`` over the same messages.

    python -m tests.benchmarks.search --folder FOLDER [--messages 10000000] [--set synthetic|real] [--runs 5]
                                      [--only WORD] [--without-zgrep]

FOLDER is built by tests.benchmarks.archive, or taken when it is there (10 million messages: some minutes and
1.4 GB). zstd(1) and zgrep(1) must be installed (Debian: apt-get install zstd gzip).

For each question, medians of the runs in ms:

* page: the newest 100 matches, from a process that stays, as the web server's does; ``first`` is its first
  time there, ``cold`` the same in a new process (its start not counted) with no page of a file in memory.
* count: all matches counted, by the process that stays; ``cold`` as above.
* grep: ``zstdcat FILE | LC_ALL=C grep -c``, and zgrep once. The ratio is grep's time to ours, of counts.
* CPU: seconds a million messages, user and system, of the count and of zstdcat with grep.
* peak: the most memory of a new process that counts, and then streams all matches as the export does.

At the end one page by HTTP, from a ``web`` role. Fails when a count is not grep's, where both mean the same.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.archive import ADDRESS, FREQUENT, PHRASE, RARE, build
from tests.benchmarks.measure import forget_pages, machine, median, octets_below, print_table, wait_until
from tests.benchmarks.searching import Timed, timed
from tests.machine import accepts, free_port

MEBI: Final = 1 << 20


@dataclass(frozen=True)
class Question:
    """What is searched for: as we ask it, and as grep does (None: it cannot)."""

    name: str
    query: str
    grep: tuple[str, ...] | None
    exact: bool = True  # the same messages match for both
    histogram: bool = False


PLANTED: Final = (
    Question("rare word", RARE, ("-w", "-F", RARE)),
    Question("address", ADDRESS, ("-w", "-F", ADDRESS)),
    Question("phrase", f'"{PHRASE}"', ("-w", "-F", PHRASE)),
    Question("address, 5 a million", FREQUENT, ("-w", "-F", FREQUENT)),
)
QUESTIONS: Final = {
    "synthetic": (
        *PLANTED,
        Question("field", "host:host0042.example.net", ("-w", "-F", "host0042.example.net")),
        Question("common word", "failed", ("-w", "-F", "Failed")),
        Question("wildcard inside", "pass*rd", ("-w", r"pass[0-9A-Za-z_.:@/\\+-]*rd")),
        Question("regex", "/publickey for user4[0-9]{2} /", ("-E", "publickey for user4[0-9]{2} ")),
        Question("no index helps", "/zanzibarneedl./", ("-E", "zanzibarneedl.")),
        Question("everything", "", ("",)),
        Question("histogram of a common word", "failed", None, histogram=True),
        Question("histogram of everything", "", None, histogram=True),
    ),
    "real": (
        *PLANTED,
        Question("field", "app:sshd", ("-w", "-F", "sshd"), exact=False),
        Question("common word", "failed", ("-i", "-w", "-F", "failed"), exact=False),
        Question("wildcard inside", "auth*ed", ("-i", "-w", r"auth[0-9A-Za-z_.:@/\\+-]*ed"), exact=False),
        Question("regex", "/session (opened|closed)/", ("-i", "-E", "session (opened|closed)"), exact=False),
        Question("everything", "", ("",)),
        Question("histogram of a common word", "failed", None, histogram=True),
    ),
}


def ours(data: Path, question: Question, runs: int) -> dict[str, Any]:
    """Ask one question in a new process, see tests.benchmarks.searching."""
    command = [sys.executable, "-m", "tests.benchmarks.searching", str(data), question.query, str(runs)]
    command += ["histogram"] if question.histogram else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def grep(folder: Path, words: tuple[str, ...], file: str = "messages.zst") -> Timed:
    """Count lines with grep over the compressed text."""
    path = str(folder / file)
    environment = {**os.environ, "LC_ALL": "C"}
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    if file.endswith(".gz"):
        done = subprocess.run(
            ["zgrep", "-c", *words, path], stdout=subprocess.PIPE, env=environment, check=False
        )
    else:
        with subprocess.Popen(["zstdcat", path], stdout=subprocess.PIPE) as unpacked:
            done = subprocess.run(
                ["grep", "-c", *words],
                stdin=unpacked.stdout,
                stdout=subprocess.PIPE,
                env=environment,
                check=False,
            )
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timed(wall, cpu, int(done.stdout))


def milliseconds(seconds: float | None) -> str:
    """Write a time as a table shows it."""
    return "" if seconds is None else f"{seconds * 1000:,.0f}" if seconds >= 0.01 else f"{seconds * 1000:.1f}"


def measure(
    folder: Path, question: Question, *, count: int, runs: int, zgrep: bool
) -> tuple[list[str], bool]:
    """Measure one question; give its line of the table, and whether all counts agree."""
    data = folder / "var"
    warm, memory = ours(data, question, runs), ours(data, question, 0)
    forget_pages(data)
    cold = ours(data, question, 0)
    agree = warm["hits"] == memory["hits"] == memory["streamed"] == cold["hits"]
    millions = count / 1_000_000
    line = [question.name, f"{warm['hits']:,}"]
    line += [milliseconds(each) for each in (warm["page"], warm["first"], cold["first"])]
    line += [milliseconds(each) for each in (warm["wall"], cold["wall"])]
    others = ["", "", "", "", ""]
    if question.grep is not None:
        words = question.grep
        texts = [grep(folder, words) for _ in range(runs)]
        forget_pages(folder)
        cold_text = grep(folder, words)
        gzipped = grep(folder, words, "messages.gz").wall if zgrep else None
        agree = agree and (not question.exact or texts[0].value == warm["hits"])
        wall = median(each.wall for each in texts)
        others = [milliseconds(wall), milliseconds(cold_text.wall), milliseconds(gzipped)]
        others += [f"{wall / warm['wall']:.1f}", f"{median(each.cpu for each in texts) / millions:.3f}"]
    line += [*others[:4], f"{warm['cpu'] / millions:.3f}", others[4], f"{memory['peak'] / MEBI:.0f}"]
    return line, agree


HEAD: Final = (
    "question", "matches", "page", "first", "cold", "count", "cold", "zstdcat, grep", "cold", "zgrep",
    "grep / count", "CPU s a million", "of grep", "peak MiB",
)  # fmt: skip


def by_http(folder: Path, runs: int) -> tuple[float, float]:
    """Ask a web role for pages; give the seconds of the first and the median of the others."""
    port = free_port()
    configuration = folder / "web.toml"
    configuration.write_text(f'[web]\nport = {port}\nsign_in = "off"\n')
    command = [sys.executable, "-m", "sysledger", "run", "--role", "web", "--config", str(configuration)]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen([*command, "--data", str(folder / "var")], stdout=log, stderr=log)
    try:
        wait_until(lambda: accepts(port), "the web role's start", 60)
        address = f"http://127.0.0.1:{port}/search?{urllib.parse.urlencode({'q': RARE})}"

        def page() -> Timed:
            return timed(lambda: urllib.request.urlopen(address).read())

        first, *others = [page() for _ in range(runs + 1)]
        if others[0].value.count(RARE.encode()) < 2:
            raise SystemExit("the page does not show the message")
        return first.wall, median(each.wall for each in others)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--set", choices=tuple(QUESTIONS), default="synthetic")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="questions in whose name this stands")
    parser.add_argument("--without-zgrep", action="store_true")
    arguments = parser.parse_args()
    questions = QUESTIONS[arguments.set]
    for program in ("zstdcat", "zgrep", "grep"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not here: apt-get install zstd gzip grep")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    build(arguments.folder, arguments.messages, arguments.set)
    print(f"{arguments.messages:,} messages ({arguments.set}), {arguments.runs} runs; {machine()}")
    lines, wrong = [], []
    for question in questions:
        if arguments.only and arguments.only not in question.name:
            continue
        line, agree = measure(
            arguments.folder, question, count=arguments.messages, runs=arguments.runs,
            zgrep=not arguments.without_zgrep,
        )  # fmt: skip
        lines.append(line)
        wrong += [] if agree else [question.name]
    print_table(HEAD, lines)
    first, page = by_http(arguments.folder, arguments.runs)
    print(f"by HTTP: the first page after the start {milliseconds(first)} ms, then {milliseconds(page)} ms")
    for part in ("archive", "index"):
        octets = octets_below(arguments.folder / "var" / part)
        print(f"{part}: {octets:,} octets, {octets / arguments.messages:.1f} a message")
    if wrong:
        raise SystemExit(f"counts differ: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
