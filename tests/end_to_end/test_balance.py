"""The books of a real appliance balance whatever happens to it, unless somebody has been at its files."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

from tests.end_to_end.appliance import Appliance, running
from tests.end_to_end.test_relp import rsyslogd
from tests.machine import await_true

Tool = Callable[[str], str]
LISTENERS = {"udp": ["udp-in"], "tcp": ["tcp-in"], "relp": ["relp-in"]}
SETTINGS = """
[collector]
processes = 2
[storage.journal]
age = 1
[collector.listeners.small]
transport = "udp"
port = 0
address = "127.0.0.1"
receive_buffer = 4096
"""


def balance(appliance: Appliance, *words: str) -> dict[str, Any]:
    """The statement as a program reads it, with the exit code."""
    command = [sys.executable, "-m", "sysledger", "balance", "--output", "json", *words, *appliance.options]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode in {os.EX_OK, os.EX_DATAERR}, result.stderr.decode()
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["balanced"] == (result.returncode == os.EX_OK)
    return document


def line(document: dict[str, Any], listener: str) -> dict[str, Any]:
    """One listener's numbers; none at first."""
    return next((one for one in document["listeners"] if one["listener"] == listener), {"journalled": 0})


def causes(document: dict[str, Any], listener: str) -> dict[str, int]:
    """A listener's differences."""
    return {one["cause"]: one["messages"] for one in document["differences"] if one["listener"] == listener}


def collectors(appliance: Appliance) -> dict[str, int]:
    """The collector processes, by name."""
    roles = appliance.status()["roles"]
    return {name: role["pid"] for name, role in roles.items() if name.startswith("collector") and role["pid"]}


def send(port: int, *messages: bytes) -> None:
    """Send datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for message in messages:
            sender.sendto(message, ("127.0.0.1", port))


def has_segments(archive: Path, count: int) -> bool:
    """Whether so many segments are there."""
    return len(list(archive.rglob("stream=udp-in/*/*.parquet"))) >= count


def test_through_kills_and_drops(tmp_path: Path, tool: Tool) -> None:
    """Two collectors that are killed, three transports, a kernel that drops: each message has its place."""
    with (
        running(tmp_path, LISTENERS, SETTINGS) as appliance,
        rsyslogd(tool("rsyslogd"), tmp_path, appliance.ports["relp-in"]) as feed,
    ):
        victims = collectors(appliance)
        assert set(victims) == {"collector-1", "collector-2"}
        feed.write_text("".join(f"event {number};\n" for number in range(500)))
        with socket.create_connection(("127.0.0.1", appliance.ports["tcp-in"])) as stream:
            stream.sendall(b"<13>1 2026-01-01T00:00:00Z host app - - - text\n" * 3000 + b"no syslog\n" * 20)
            await_true(lambda: line(balance(appliance), "tcp-in")["journalled"] == 3020, "all of the stream")
        for process in victims.values():
            os.kill(process, signal.SIGSTOP)
        port = appliance.status()["roles"]["collector-1"]["listeners"]["small"]["port"]
        send(port, *[b"<13>Oct 11 22:14:15 host app: " + bytes(1000)] * 200)
        send(
            appliance.ports["udp-in"], *[b"<13>Oct 11 22:14:15 host app: text %d" % n for n in range(50)], b""
        )
        for process in victims.values():
            os.kill(process, signal.SIGKILL)  # what lies in the sockets' buffers, the next ones read
        await_true(lambda: not set(collectors(appliance).values()) & set(victims.values()), "new collectors")
        await_true(lambda: line(balance(appliance), "udp-in")["journalled"] == 50, "all datagrams")
        await_true(lambda: line(balance(appliance), "relp-in")["journalled"] >= 500, "all of rsyslog")
        document = balance(appliance)
        assert document["balanced"], document["differences"]
    document = balance(appliance)
    assert document["balanced"], document["differences"]
    small, udp = line(document, "small"), line(document, "udp-in")
    assert small["received_by_kernel"] == 200, "what nobody read is counted, and nothing twice"
    assert small["dropped_by_kernel"] == 200 - small["framed"] > 0
    assert causes(document, "small")["dropped by the kernel: the receive buffer was full"] > 0
    assert (udp["received_by_kernel"], udp["framed"], udp["journalled"]) == (51, 50, 50)
    assert (line(document, "tcp-in")["parsed"], line(document, "tcp-in")["unparsed"]) == (3000, 20)
    assert not any(one["held"] for one in document["listeners"])
    found = balance(appliance, "--sources", "--date", "today")["sources"]
    assert {one["peer"] for one in found} >= {"127.0.0.1"}


def test_somebody_has_been_at_the_files(tmp_path: Path) -> None:
    """A segment that was removed and a book that was changed are unexplained, each of them."""
    archive = tmp_path / "var" / "archive"
    for count in range(2):
        with running(tmp_path, LISTENERS, SETTINGS) as appliance:
            send(appliance.ports["udp-in"], *[b"<13>Oct 11 22:14:15 host app: text"] * 30)
            await_true(partial(has_segments, archive, count + 1), "a segment")
    assert balance(appliance)["balanced"]
    first, *_ = sorted(archive.rglob("stream=udp-in/*/*.parquet"))
    elsewhere = first.rename(tmp_path / "elsewhere")
    document = balance(appliance)
    assert document["unexplained"] == 30
    assert line(document, "udp-in")["journalled"] == 30
    elsewhere.rename(first)
    assert balance(appliance)["balanced"]
    book = max((tmp_path / "var" / "books" / "days").glob("*.json"))
    text = book.read_bytes()[9:-1].replace(b'"handed over",30]', b'"handed over",31]')
    book.write_bytes(b"%08x\n" % crc32(text) + text + b"\n")
    assert not balance(appliance)["balanced"]
