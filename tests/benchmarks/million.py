"""One million messages over four TCP connections into a running appliance, and everything back out.

    python -m tests.benchmarks.million [--messages 1000000] [--octet-counting]

Starts ``sysledger run`` on a fresh data folder, sends, waits until everything is archived and indexed,
and prints messages a second, CPU seconds and peak memory of each process, archive and index octets
against ``gzip -6`` of the same messages. Fails when ``sysledger cat`` does not give back exactly what was
sent, or when the needle is not found by the command line and by the page.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.messages import messages
from tests.machine import accepts, free_port

NEEDLE = "needle-7f3a9c51"
CONNECTIONS = 4
TICK = os.sysconf("SC_CLK_TCK")


def sysledger(*words: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run one command of the command line and give what it printed."""
    command = [sys.executable, "-m", "sysledger", *words]
    return subprocess.run(command, check=True, capture_output=True, **options)  # type: ignore[call-overload,no-any-return]


def roles(supervisor: int) -> dict[str, int]:
    """Give the process id of each role below ``supervisor``."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == supervisor and "--role" in words:
            found[words[words.index("--role") + 1]] = int(folder.name)
    return found


def cost(process: int) -> tuple[float, int]:
    """Give a process' CPU seconds (user and system) and its peak resident octets."""
    columns = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    status = Path(f"/proc/{process}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return (int(columns[11]) + int(columns[12])) / TICK, int(peak.split()[1]) * 1024


def octets_below(folder: Path) -> int:
    """Give the octets of all files below ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def wait_until(condition: Callable[[], object], what: str, seconds: float = 300) -> float:
    """Wait until ``condition()`` holds; give the seconds it took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise SystemExit(f"gave up after {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - begin


def send(port: int, octets: bytes) -> None:
    """Send one connection's share."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(octets)


def frame(message: bytes, *, counted: bool) -> bytes:
    """Frame one message by RFC 6587."""
    return b"%d %b" % (len(message), message) if counted else message + b"\n"


def checksum(lines: list[bytes]) -> str:
    """Give one checksum over the sorted messages."""
    lines.sort()
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--octet-counting", action="store_true")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sysledger-million-"))
    sent = list(messages(arguments.messages))
    half = len(sent) // 2
    sent[half] += f" {NEEDLE}".encode()
    shares = [
        b"".join(frame(message, counted=arguments.octet_counting) for message in sent[number::CONNECTIONS])
        for number in range(CONNECTIONS)
    ]
    tcp, web, tls = free_port(), free_port(), free_port()
    udp, own = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    configuration = folder / "sysledger.toml"
    configuration.write_text(
        f"[collector.listeners.tcp]\nport = {tcp}\n[collector.listeners.udp]\nport = {udp}\n"
        f"[collector.listeners.tls]\nport = {tls}\n[collector.listeners.self]\nport = {own}\n"
        f"[web]\nport = {web}\n"
        # The default waits an hour for more messages before it archives a journal that is not full.
        f"[storage.journal]\nage = 5\n"
    )
    data = folder / "var"
    options = ("--config", str(configuration), "--data", str(data))
    with (folder / "log").open("wb") as log:
        appliance = subprocess.Popen(
            [sys.executable, "-m", "sysledger", "run", *options], stdout=log, stderr=log
        )
    try:
        measure(appliance.pid, data, tcp, web, sent, shares, options)
    finally:
        appliance.send_signal(signal.SIGINT)
        print("stopped with exit code", appliance.wait(60))
        print((folder / "log").read_text()[-2000:])
    shutil.rmtree(folder)


def measure(
    supervisor: int,
    data: Path,
    tcp: int,
    web: int,
    sent: list[bytes],
    shares: list[bytes],
    options: tuple[str, ...],
) -> None:
    """Send, wait, verify and print."""
    wait_until(lambda: len(roles(supervisor)) == 4 and accepts(tcp) and accepts(web), "start", 30)
    before = {role: cost(process)[0] for role, process in roles(supervisor).items()}
    begin = time.monotonic()
    senders = [threading.Thread(target=send, args=(tcp, share)) for share in shares]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    in_sockets = time.monotonic() - begin
    count = len(sent)
    wait_until(lambda: journalled(data) >= count, "everything journalled", 120)
    stored = time.monotonic() - begin
    print(f"sent in {in_sockets:.2f} s, on disk in {stored:.2f} s: {count / stored:,.0f} messages a second")
    stored_cost = {role: cost(process) for role, process in roles(supervisor).items()}
    today = datetime.now(UTC).date()
    dates = {str(today), str(today - timedelta(days=1))}
    returned = [
        line
        for date in sorted(dates)
        for line in sysledger("cat", "--date", date, *options).stdout.split(b"\n")[:-1]
    ]
    assert checksum(returned) == checksum(sent), "cat does not give back what was sent"
    print(f"cat gives back exactly the {count:,} messages sent")
    wait_until(lambda: settled(options), "everything archived and indexed", 300)
    processes = {role: cost(process) for role, process in roles(supervisor).items()}
    for role, (seconds, peak) in sorted(processes.items()):
        early = stored_cost[role][0] - before[role]
        print(
            f"{role:10} CPU {early:5.2f} s until stored, {seconds - before[role]:5.2f} s in all, "
            f"peak {peak / 1e6:.0f} MB"
        )
    begin = time.monotonic()
    found = sysledger("search", NEEDLE, "--count", *options).stdout.strip()
    print(
        f"command line finds the needle {found.decode()} time(s) in {time.monotonic() - begin:.2f} s, "
        "start included"
    )
    assert found == b"1"
    begin = time.monotonic()
    page = urllib.request.urlopen(f"http://127.0.0.1:{web}/search?q={NEEDLE}").read()
    print(f"the page finds it in {time.monotonic() - begin:.2f} s: {NEEDLE.encode() in page}")
    assert page.count(NEEDLE.encode()) > 1
    packed = len(gzip.compress(b"\n".join(sent), 6))
    archive, index = octets_below(data / "archive"), octets_below(data / "index")
    print(
        f"archive {archive:,} octets, {archive / packed:.2f} of gzip -6 ({packed:,}), "
        f"{archive / count:.1f} a message"
    )
    print(f"index {index:,} octets, {index / count:.1f} a message")


def journalled(data: Path) -> int:
    """How many messages of stream syslog are on disk, by the storage worker's own count."""
    try:
        status = json.loads((data / "run" / "storage.json").read_text())
    except (OSError, ValueError):
        return 0
    return int(status.get("messages", 0))


def settled(options: tuple[str, ...]) -> bool:
    """Whether nothing of stream syslog is left to archive or to index."""
    status = json.loads(sysledger("status", "--output", "json", *options).stdout)
    journalled = [stream["journal_messages"] for stream in status["streams"] if stream["stream"] == "syslog"]
    return journalled == [0] and status["index_pending"] == 0


if __name__ == "__main__":
    main()
