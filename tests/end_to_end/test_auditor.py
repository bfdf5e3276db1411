"""From the wire to the auditor: what was sent is found on the command line and on the page."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true

MIXED = (
    b"19 <13>1 - h a - - - x<34>Oct 11 22:14:15 mymachine su: 'su root' failed\n"
    b"22 <13>1 - h a - - - tw\no<13>1 - h a - - - \xff\xfe no UTF-8\n"
)
MIXED_FRAMES = [
    b"<13>1 - h a - - - x",
    b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
    b"<13>1 - h a - - - tw\no",
    b"<13>1 - h a - - - \xff\xfe no UTF-8",
]


def send(port: int, octets: bytes) -> None:
    """Send over one TCP connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(octets)


def fetch(appliance: Appliance, path: str) -> bytes:
    """Fetch a page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{appliance.web}{path}", timeout=DEADLINE) as response:
        octets: bytes = response.read()
        return octets


def test_framing_changes_within_a_connection(appliance: Appliance) -> None:
    """Both framings on one connection, frame by frame (RFC 6587 section 3.4.3), octets kept."""
    send(appliance.ports["mixed"], MIXED)
    appliance.await_count("mixed", len(MIXED_FRAMES))
    assert appliance.messages("mixed") == MIXED_FRAMES
    assert appliance.count("mixed", "flag:utf8_invalid") == 1


def test_command_line(appliance: Appliance) -> None:
    """Search prints a table, JSON, CSV and raw octets of the same messages."""
    sent = [
        f"<{number}>1 2026-11-20T10:00:0{number}Z fw-{number} app - - - probe 10.0.3.{number}"
        for number in range(8)
    ]
    send(appliance.ports["cli"], "".join(f"{line}\n" for line in sent).encode())
    appliance.await_count("cli", len(sent))
    options = ("--stream", "cli")
    assert appliance.run("search", "host:fw-* severity<=err", *options, "--count").strip() == b"4"
    lines = appliance.run("search", "10.0.3.7", *options, "--output", "json").splitlines()
    assert [json.loads(line)["hostname"] for line in lines] == ["fw-7"]
    rows = list(
        csv.DictReader(io.StringIO(appliance.run("search", "probe", *options, "--output", "csv").decode()))
    )
    assert Counter(row["hostname"] for row in rows) == Counter(f"fw-{number}" for number in range(8))
    raw = appliance.run("search", "probe -host:fw-3", *options, "--output", "raw").decode().splitlines()
    assert sorted(raw) == sorted(line for line in sent if "fw-3" not in line)
    assert b"fw-5" in appliance.run("search", "host:fw-5", *options)


def test_page(appliance: Appliance) -> None:
    """The page finds a message just sent, shows its octets, and exports it."""
    message = b"<11>1 2026-11-20T10:00:00Z edge <script>alert(1)</script> - - - needle-on-the-page & more"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message, ("127.0.0.1", appliance.ports["page"]))
    appliance.await_count("page", 1)
    page = fetch(appliance, "/search?stream=page&q=needle-on-the-page").decode()
    assert "<mark>needle-on-the-page</mark> &amp; more" in page
    assert "<script>alert" not in page
    assert "/message/default/page/1" in page
    detail = fetch(appliance, "/message/default/page/1").decode()
    assert "3c 31 31 3e" in detail.lower()
    assert fetch(appliance, "/export?stream=page&q=needle-on-the-page&format=raw") == message + b"\n"


def test_tail_follows(appliance: Appliance) -> None:
    """Tail prints what arrives while it runs."""
    command = [
        sys.executable,
        "-m",
        "sysledger",
        "tail",
        "--stream",
        "followed",
        "follow-me",
        *appliance.options,
    ]
    port = appliance.ports["followed"]
    send(port, b"<13>1 - h a - - - before\n")
    appliance.await_count("followed", 1)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        stop = threading.Event()
        feeder = threading.Thread(target=feed, args=(port, stop))
        feeder.start()
        line = process.stdout.readline()
        stop.set()
        feeder.join()
        process.send_signal(signal.SIGINT)
        process.wait(DEADLINE)
    assert b"follow-me" in line


def feed(port: int, stop: threading.Event) -> None:
    """Send a message now and then until told to stop."""
    for number in range(200):
        send(port, b"<13>1 - h a - - - follow-me %d\n" % number)
        if stop.wait(0.2):
            return


def test_the_appliance_logs_into_itself(appliance: Appliance) -> None:
    """Its own log is the stream sysledger."""
    await_true(lambda: appliance.count("sysledger") > 0, "a message in stream sysledger")


def test_everything_is_durable_after_control_c(tmp_path: Path) -> None:
    """What was received before Ctrl-C is in the files afterwards, searchable with the service stopped."""
    count = 20_000
    with running(tmp_path, {"tcp": ["lines"]}) as appliance:
        send(appliance.ports["lines"], b"".join(b"<13>1 - h a - - - line %d\n" % n for n in range(count)))
        appliance.await_count("lines", 1)
    found = appliance.messages("lines")
    assert found == [b"<13>1 - h a - - - line %d" % number for number in range(count)]
    assert appliance.count("lines", "19999") == 1


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_storage_that_is_away(tmp_path: Path, transport: str) -> None:
    """With the storage worker stopped TCP waits and UDP loss is counted; then everything is accounted for."""
    count = 30_000
    message = b"<13>1 - h a - - - " + b"x" * 4000
    settings = "[collector]\nmemory_octets = 16777216\n"
    with running(tmp_path, {transport: ["flood"]}, settings) as appliance:
        worker = role(appliance, "storage")
        os.kill(worker, signal.SIGSTOP)
        try:
            sender = threading.Thread(
                target=flood, args=(transport, appliance.ports["flood"], message, count)
            )
            sender.start()
            if transport == "tcp":
                await_true(lambda: collector(appliance)["paused"], "the collector pauses its senders")
                assert sender.is_alive()
            else:
                sender.join(DEADLINE)
        finally:
            os.kill(worker, signal.SIGCONT)
        sender.join(DEADLINE)
        await_true(lambda: appliance.count("flood") + lost(appliance) >= count, "everything is accounted for")
        assert appliance.count("flood") + lost(appliance) == count
        assert (lost(appliance) == 0) == (transport == "tcp")
    assert set(appliance.messages("flood")) == {message}


def flood(transport: str, port: int, message: bytes, count: int) -> None:
    """Send as fast as the receiver lets us."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sender:
        sender.connect(("127.0.0.1", port))
        for _ in range(count):
            sender.sendall(message + b"\n" if transport == "tcp" else message)


def role(appliance: Appliance, name: str) -> int:
    """The process id of a role."""
    status = json.loads((appliance.folder / "var" / "run" / f"{name}.json").read_text())
    return int(status["pid"])


def collector(appliance: Appliance) -> dict[str, Any]:
    """The collector's own account of itself."""
    counters: dict[str, Any] = appliance.status()["roles"]["collector"]
    return counters


def lost(appliance: Appliance) -> int:
    """How many messages the listener says were lost, for whatever reason."""
    return sum(collector(appliance)["listeners"]["flood"]["lost"].values())
