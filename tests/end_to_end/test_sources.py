"""Sources end to end: real senders in several time zones and character sets, and what their numbers tell."""

import json
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.end_to_end.appliance import Appliance, running
from tests.end_to_end.test_daemons import started, written
from tests.machine import DEADLINE, await_true

Tool = Callable[[str], str]

SETTINGS = """
[collector.sources.tokyo]
networks = ["::1"]
timezone = "Asia/Tokyo"
charset = "shift_jis"
[collector.sources.newfoundland]
networks = ["127.0.0.0/8"]
timezone = "America/St_Johns"
charset = "iso-8859-1"
[collector.sources.itself]
hosts = ["{host}"]
listeners = ["tcp"]
timezone = "Pacific/Chatham"
"""
# Who sends how and where to, in its local time and its character set.
SENDERS = (
    ("::1", "-d", "Asia/Tokyo", "shift_jis", "警告"),
    ("127.0.0.1", "-d", "America/St_Johns", "iso-8859-1", "Größe"),
    ("127.0.0.1", "-T", "Pacific/Chatham", "utf-8", "šķērsām"),
)
MESSAGES = 30
DROPPED = (7, 8, 20)
NUMBERED = """
@version: 3.38
source in { stdin(flags(no-parse)); };
destination out { syslog("127.0.0.1" port({port}) transport("udp")); };
log { source(in); destination(out); };
"""


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Give an appliance whose default listeners serve three sources, and one listener for numbers."""
    settings = SETTINGS.replace("{host}", f"{socket.gethostname()[:2].upper()}*")
    with running(tmp_path_factory.mktemp("sources"), {"udp": ["numbered", "logged"]}, settings) as appliance:
        yield appliance


def test_every_source_has_its_zone_and_charset(appliance: Appliance, tool: Tool) -> None:
    """logger(1) in three zones and charsets, told by address and by host name: one instant, legible text."""
    for address, transport, zone, charset, text in SENDERS:
        port = appliance.ports["udp" if transport == "-d" else "tcp"]
        command = [tool("logger"), "-n", address, "-P", str(port), transport, "--rfc3164", "-t", "probe"]
        subprocess.run([*command, text.encode(charset)], check=True, env={**os.environ, "TZ": zone})
    appliance.await_count("syslog", len(SENDERS))
    found = [
        json.loads(line) for line in appliance.run("search", "app:probe", "--output", "json").splitlines()
    ]
    assert {record["message"] for record in found} == {text for *_, text in SENDERS}
    for record in found:
        behind = datetime.now(UTC) - datetime.fromisoformat(record["timestamp"])
        assert abs(behind) < timedelta(seconds=DEADLINE)
        assert "timezone_assumed" in record["flags"]
        assert "utf8_invalid" not in record["flags"]
    octets = appliance.messages("syslog")
    for *_, charset, text in SENDERS:
        assert any(message.endswith(text.encode(charset)) for message in octets)


class Dropper:
    """A network that loses some datagrams, and reverses the order of others."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(DEADLINE)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.thread = Thread(target=self._relay)
        self.thread.start()

    def _relay(self) -> None:
        with self._socket:
            came = [self._socket.recv(65_536) for _ in range(MESSAGES)]
            kept = [datagram for number, datagram in enumerate(came) if number not in DROPPED]
            for datagram in (*kept[:2], *reversed(kept[2:-2]), *kept[-2:]):
                self._socket.sendto(datagram, self._target)


def gaps(appliance: Appliance, listener: str) -> dict[str, Any]:
    """What the status says of a listener's numbers."""
    found: dict[str, Any] = appliance.status()["roles"]["collector"]["listeners"][listener]["sequence_gaps"]
    return found


def test_what_the_network_lost_is_told(appliance: Appliance, tool: Tool, tmp_path: Path) -> None:
    """A real syslog-ng numbers its messages: those that a network loses are missing, others not."""
    network = Dropper(appliance.ports["numbered"])
    configuration = written(tmp_path, NUMBERED, {"port": network.port})
    places = {"-R": "persist", "-p": "pid", "-c": "control"}
    files = [word for option, name in places.items() for word in (option, str(tmp_path / name))]
    with started(tool("syslog-ng"), "-F", "--no-caps", "-f", str(configuration), *files) as process:
        assert process.stdin is not None
        process.stdin.writelines(b"number %d\n" % number for number in range(MESSAGES))
        process.stdin.flush()
        appliance.await_count("numbered", MESSAGES - len(DROPPED))
    network.thread.join(DEADLINE)
    await_true(lambda: gaps(appliance, "numbered")["missing"] == len(DROPPED), "the gaps are in the status")
    (sender,) = gaps(appliance, "numbered")["senders"]
    assert (sender["peer"], sender["missing"], sender["restarts"]) == ("127.0.0.1", len(DROPPED), 0)
    assert sender["late"] > 0
    assert f"MISSING at numbered: {len(DROPPED)} messages never came" in appliance.printed("status")


def test_numbers_of_logger_are_read(appliance: Appliance, tool: Tool) -> None:
    """logger(1) with sequenceIds of a script's own: 5 and 7 are one lost, 1 is a new start."""
    for number in (5, 7, 1):
        command = [tool("logger"), "-n", "127.0.0.1", "-P", str(appliance.ports["logged"]), "-d", "--rfc5424"]
        element = ["--sd-id", "meta", "--sd-param", f'sequenceId="{number}"']
        subprocess.run([*command, *element, "text"], check=True)
    appliance.await_count("logged", 3)
    await_true(lambda: gaps(appliance, "logged")["missing"] == 1, "the gap is in the status")
    (sender,) = gaps(appliance, "logged")["senders"]
    assert (sender["field"], sender["restarts"]) == ("meta.sequenceId", 1)
