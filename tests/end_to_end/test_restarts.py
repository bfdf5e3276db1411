"""Roles that die or hang under load: they come back, and what was sent meanwhile is there."""

import os
import signal
import socket
from pathlib import Path
from typing import Any

from supervisor.status import read_report
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true

LOOPBACK = "127.0.0.1"
COUNT = 200


def roles(appliance: Appliance) -> dict[str, Any]:
    """What the supervisor reports of the roles."""
    found: dict[str, Any] = read_report(appliance.folder / "var" / "run", "supervisor")["roles"]
    return found


def test_datagrams_wait_for_a_collector_that_was_killed(tmp_path: Path) -> None:
    """The supervisor holds the sockets: what comes by UDP or TCP while the collector is away is not lost."""
    with running(tmp_path, {}) as appliance:
        collector = roles(appliance)["collector"]["pid"]
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
            socket.create_connection((LOOPBACK, appliance.ports["tcp"]), DEADLINE) as connection,
        ):
            connection.sendall(b"<13>before\n")
            appliance.await_count("syslog", 1)
            os.kill(collector, signal.SIGKILL)
            for number in range(COUNT):
                sender.sendto(b"<13>datagram %d" % number, (LOOPBACK, appliance.ports["udp"]))
        with socket.create_connection((LOOPBACK, appliance.ports["tcp"]), DEADLINE) as connection:
            connection.sendall(b"".join(b"<13>line %d\n" % number for number in range(COUNT)))
        appliance.await_count("syslog", 1 + 2 * COUNT)
        found = set(appliance.messages("syslog"))
        assert {b"<13>datagram %d" % number for number in range(COUNT)} <= found
        assert {b"<13>line %d" % number for number in range(COUNT)} <= found
        assert roles(appliance)["collector"]["pid"] != collector


def test_a_role_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    """A role that was stopped says nothing; it is told of, ends, and another does its work."""
    with running(tmp_path, {}, "[supervisor.monitor]\nhang_seconds = 5") as appliance:
        storage = roles(appliance)["storage"]["pid"]
        os.kill(storage, signal.SIGSTOP)
        with socket.create_connection((LOOPBACK, appliance.ports["tcp"]), DEADLINE) as connection:
            connection.sendall(b"<13>while it hangs\n")
        await_true(lambda: roles(appliance)["storage"]["pid"] not in {storage, None}, "another storage")
        appliance.await_count("syslog", 1)
        assert f"storage (process {storage}) has said nothing for" in appliance.log()
        assert roles(appliance)["storage"]["starts"] == 2
        assert [name for name, role in roles(appliance).items() if role["starts"] > 1] == ["storage"]
