"""TLS ingest (RFC 5425): Sysledger against rsyslogd (OpenSSL's and GnuTLS' driver, gzipped), and TCP beside.

    python -m tests.benchmarks.tls [--set synthetic|real] [--messages 1000000] [--runs 5]
        [--records full|message]

Four connections send the same messages to each collector in turn, octet counted, over TLS 1.3 as all of them
agree on it, each collector with an RSA certificate of its own that the senders take unseen. ``full`` sends
records as large as TLS has them; ``message`` a record a message, as rsyslogd's omfwd does. The senders are
threads of the benchmark, whose CPU is not counted. A round has all collectors; the table gives the medians.

* CPU: seconds of user and system time of every process, handshakes in it, the index apart, until all messages
  are in their final file: for Sysledger archived, for rsyslogd until it has written everything and ended.
* wall: until all messages are journalled and synced (Sysledger), or written (rsyslogd).

Fails when a message is missing: Sysledger must give back exactly the octets that were sent, rsyslogd as many
lines.
"""

import argparse
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from collector.certificate import own_certificate
from tests.benchmarks.appliance import Appliance
from tests.benchmarks.ingest import checksum, returned
from tests.benchmarks.measure import machine, median, print_table
from tests.benchmarks.messages import message_set
from tests.benchmarks.peers import Rsyslogd
from tests.benchmarks.senders import CONNECTIONS, PATIENCE

BASE: Final = "rsyslogd, ossl, gzip -6"
IMTCP: Final = """
global(defaultNetstreamDriverCAFile="{certificate}" defaultNetstreamDriverCertFile="{certificate}"
       defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="{driver}" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" address="127.0.0.1" port="{{port}}" ruleset="out")
"""
IMTCP_PLAIN: Final = """
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="out")
"""


@dataclass
class Round:
    """What one collector needed for all messages once; ``collector`` is CPU of our role of that name."""

    cpu: float
    wall: float
    octets: int
    peak: int  # of its largest process
    collector: float | None = None


class Task:
    """What every collector is given: for each connection the octets of every write."""

    def __init__(self, name: str, count: int, *, full: bool) -> None:
        messages = list(message_set(name, count))
        frames = [b"%d %b" % (len(message), message) for message in messages]
        shares = [frames[number::CONNECTIONS] for number in range(CONNECTIONS)]
        self.writes = [[b"".join(share)] for share in shares] if full else shares
        self.count = count
        self.octets = sum(map(len, messages))
        self.checksum = checksum(messages)


def send(port: int, writes: Sequence[Sequence[bytes]], *, tls: bool) -> None:
    """Send each connection's share, and return when the receiver has closed them all."""
    failures: list[Exception] = []

    def send_one(own: Sequence[bytes]) -> None:
        try:
            _send_tls(port, own) if tls else _send(port, own)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=send_one, args=(own,)) for own in writes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"sending fails: {failures[0]}")


def _send(port: int, writes: Sequence[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        for octets in writes:
            connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def _send_tls(port: int, writes: Sequence[bytes]) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        for octets in writes:
            connection.sendall(octets)
        with suppress(OSError):  # who answers close_notify has read all that was before it; not all answer
            connection.unwrap().shutdown(socket.SHUT_WR)


def ours(task: Task, folder: Path, *, tls: bool) -> Round:
    """Send everything to an appliance."""
    with Appliance(folder) as appliance:
        began = time.monotonic()
        send(appliance.tls if tls else appliance.tcp, task.writes, tls=tls)
        appliance.wait_journalled(task.count)
        wall = time.monotonic() - began
        appliance.wait_archived()
        cpu, peaks = appliance.cpu(), appliance.peaks()
        octets = appliance.archive_octets()
        if checksum(returned(appliance)) != task.checksum:
            raise SystemExit("cat does not give back what was sent")
        total = sum(cpu.values()) - cpu["indexer"]
        return Round(total, wall, octets, max(peaks.values()), cpu["collector"])


def theirs(task: Task, folder: Path, driver: str | None) -> Round:
    """Send everything to rsyslogd; without a driver, over plain TCP."""
    if driver is None:
        inputs = IMTCP_PLAIN
    else:
        files = own_certificate(folder / "tls")
        inputs = IMTCP.format(certificate=files.certificate, key=files.key, driver=driver)
    with Rsyslogd(folder, "rsyslogd", 6, inputs) as peer:
        send(peer.port, task.writes, tls=driver is not None)
    if peer.lines() != task.count:
        raise SystemExit(f"rsyslogd has written {peer.lines()} of {task.count} messages")
    return Round(peer.cpu, peer.seconds, peer.octets(), peer.peak)


def collectors() -> dict[str, Callable[[Task, Path], Round]]:
    """Give all that take part."""
    return {
        "Sysledger, TLS": lambda task, folder: ours(task, folder, tls=True),
        "Sysledger, TCP": lambda task, folder: ours(task, folder, tls=False),
        BASE: lambda task, folder: theirs(task, folder, "ossl"),
        "rsyslogd, gtls, gzip -6": lambda task, folder: theirs(task, folder, "gtls"),
        "rsyslogd, TCP, gzip -6": lambda task, folder: theirs(task, folder, None),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--records", choices=("full", "message"), default="full")
    arguments = parser.parse_args()
    task = Task(arguments.set, arguments.messages, full=arguments.records == "full")
    rounds: dict[str, list[Round]] = {name: [] for name in collectors()}
    for number in range(arguments.runs):
        for name, receive in collectors().items():
            folder = Path(tempfile.mkdtemp(prefix="sysledger-tls-"))
            rounds[name].append(receive(task, folder))
            shutil.rmtree(folder)
            print(f"run {number + 1}, {name}: {rounds[name][-1]}", file=sys.stderr)
    report(task, rounds, arguments)


def report(task: Task, rounds: dict[str, list[Round]], arguments: argparse.Namespace) -> None:
    """Print the medians."""
    base = rounds[BASE]
    print(machine())
    print(Rsyslogd(Path()).release(), "| senders:", ssl.OPENSSL_VERSION)
    print(
        f"{task.count:,} messages of the {arguments.set} set, {task.octets / task.count:.0f} octets each, "
        f"octet counting, {CONNECTIONS} connections, records: {arguments.records}, {arguments.runs} runs"
    )
    rows = []
    for name, several in rounds.items():
        cpu, wall = median(one.cpu for one in several), median(one.wall for one in several)
        own = [one.collector for one in several if one.collector is not None]
        rows.append(
            [
                name,
                f"{cpu:.2f}",
                f"{cpu / median(one.cpu for one in base):.2f}",
                f"{median(own):.2f}" if own else "",
                f"{wall:.2f}",
                f"{task.count / wall:,.0f}",
                f"{median(one.wall for one in base) / wall:.2f}",
                f"{median(one.peak for one in several) / 1e6:.0f}",
                f"{median(one.octets for one in several) / task.count:.1f}",
            ]
        )
    head = ["collector", "CPU s", "of rsyslogd ossl", "role collector", "wall s", "messages/s", "throughput"]
    print_table([*head, "peak MB", "octets/message"], rows)


if __name__ == "__main__":
    main()
