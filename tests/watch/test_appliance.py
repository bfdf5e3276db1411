"""The watch beside a real appliance: canaries through every listener, and findings from real messages."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, alive, await_true, free_port
from watch.state import read_state

SETTINGS = """
[collector.listeners.relp-tls]
transport = "relp-tls"
port = {relp_tls}
stream = "relps"
[collector.listeners.gelf-udp]
enabled = true
port = {gelf_udp}
[collector.listeners.gelf-tcp]
enabled = true
port = {gelf_tcp}
[collector.listeners.unix]
transport = "unix"
path = "{path}"
[collector.listeners.bsd]
transport = "udp"
format = "rfc3164"
port = {bsd}
[collector.listeners.mutual]
transport = "tls"
port = {mutual}
client_certificate = "required"
client_fingerprints = ["sha-256:{fingerprint}"]
[collector.listeners.others]
transport = "tcp"
port = {others}
sender_networks = ["192.0.2.0/24"]
[collector.sources.quiet]
hosts = ["quiet"]
silent_seconds = 1.5
[watch]
look_seconds = 0.2
keep_seconds = 0.2
learn_seconds = 0
canary_seconds = 1
canary_wait = 4
"""
TRIED = {
    "udp", "tcp", "tls", "dtls", "relp", "relp-tls", "gelf-udp", "gelf-tcp", "unix", "bsd", "self",
}  # fmt: skip


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Give an appliance with a listener of every transport, and end it."""
    folder = tmp_path_factory.mktemp("watched")
    datagrams = {name: free_port(socket.SOCK_DGRAM) for name in ("gelf_udp", "bsd")}
    streams = {name: free_port() for name in ("relp_tls", "gelf_tcp", "mutual", "others")}
    fingerprint = ":".join(["00"] * 32)
    settings = SETTINGS.format(path=folder / "unix", fingerprint=fingerprint, **datagrams, **streams)
    with running(folder, {}, settings) as appliance:
        yield appliance


def report(appliance: Appliance, role: str = "watch") -> dict[str, Any]:
    """What a role last reported; nothing while it writes."""
    try:
        found: dict[str, Any] = json.loads((appliance.folder / "var" / "run" / f"{role}.json").read_text())
    except ValueError:
        return {}
    return found


def lasting(appliance: Appliance) -> set[tuple[str, str]]:
    """The findings that last, by kind and host name."""
    return {(one["kind"], one["host"]) for one in report(appliance).get("findings_lasting", ())}


def send(appliance: Appliance, host: str, *, source: str = "127.0.0.1", ahead: float = 0.0) -> None:
    """Send a message by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.sendto(line(host, ahead), ("127.0.0.1", appliance.ports["udp"]))


def line(host: str, ahead: float = 0.0) -> bytes:
    """Give a message whose clock is so many seconds ahead."""
    stamp = datetime.now(UTC) + timedelta(seconds=ahead)
    return f"<13>1 {stamp:%Y-%m-%dT%H:%M:%S.%fZ} {host} app - - - hi".encode()


def messages_of(appliance: Appliance, host: str) -> int:
    """How many messages the inventory, as it was last written, has of a host."""
    found = read_state(appliance.folder / "var" / "watch", 20_000)
    sources = [] if found is None else found[0].sources.values()
    return sum(source.messages for source in sources if source.host == host)


def await_messages(appliance: Appliance, host: str, count: int) -> None:
    """Wait until the inventory has so many of a host."""
    await_true(lambda: messages_of(appliance, host) >= count, f"{count} messages of {host} are seen")


def test_a_canary_goes_through_every_listener(appliance: Appliance) -> None:
    """Each transport's canary is found among what is stored and by search; who cannot be tried says why."""

    def all_found() -> bool:
        canaries = report(appliance).get("canaries", {})
        return all(canaries.get(name, {}).get("state") == "ok" for name in TRIED)

    await_true(all_found, "a canary of every listener")
    canaries = report(appliance)["canaries"]
    assert set(canaries) == TRIED | {"mutual", "others"}
    for name in TRIED:
        assert canaries[name]["search_finds_it"] is True, name
        assert 0 < canaries[name]["latency_seconds"] < DEADLINE, name
    assert canaries["mutual"]["state"] == canaries["others"]["state"] == "untried"
    assert "client_certificate" in canaries["mutual"]["why"]
    assert "sender_networks" in canaries["others"]["why"]
    stored = json.loads(
        appliance.printed(
            "search", "app:sysledger-canary", "listener:dtls", "--output", "json", "--limit", "1"
        )
    )
    assert (stored["facility"], stored["severity"]) == (5, 6)


def test_a_new_source_is_told_of_and_the_own_ones_are_not(appliance: Appliance) -> None:
    """A host that was not there before is a finding; canaries and the own log are no sources."""
    send(appliance, "first")
    await_true(lambda: report(appliance)["sources"] >= 1, "the first source")
    send(appliance, "second")
    await_true(lambda: ("new", "second") in lasting(appliance), "the new source")
    told = json.loads(appliance.run("sources", "--output", "json", "--update"))
    assert not [one for one in told["sources"] if "canary" in (one["host"] or "")]
    assert not [one for one in told["sources"] if "sysledger" in one["streams"]]
    await_true(lambda: appliance.count("sysledger", 'msgid:NEW "source second"') == 1, "its message")


def test_a_silent_source_is_told_of_and_its_return(appliance: Appliance) -> None:
    """The configured silence passes: a stored warning; it sends again: a stored line, and no finding."""
    send(appliance, "quiet")
    await_true(lambda: ("silent", "quiet") in lasting(appliance), "the silence")
    await_true(
        lambda: appliance.count("sysledger", "msgid:SILENT quiet severity:warning") == 1, "its message"
    )
    assert "quiet" in appliance.printed("sources", "--silent", "--update")
    send(appliance, "quiet")
    await_true(lambda: appliance.count("sysledger", "msgid:SILENT-END quiet") >= 1, "the end")


def test_a_clock_that_jumps_is_told_of(appliance: Appliance) -> None:
    """Messages of an hour ahead, where the host's clock was right, are a finding."""
    for number in range(1, 4):
        send(appliance, "clock")
        await_messages(appliance, "clock", number)
    following = count(4)

    def jumped() -> bool:
        send(appliance, "clock", ahead=3_600.0)
        await_messages(appliance, "clock", next(following))  # another look each
        return ("skew", "clock") in lasting(appliance)

    await_true(jumped, "the jump")


def test_a_downgrade_is_told_of(appliance: Appliance) -> None:
    """A host that sent by TLS and then by UDP is a finding."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", appliance.ports["tls"])) as plain,
        context.wrap_socket(plain) as stream,
    ):
        stream.sendall(b"%d %b" % (len(line("fw")), line("fw")))
    await_true(lambda: messages_of(appliance, "fw") == 1, "the message by TLS")
    await_true(lambda: ("new", "fw") in lasting(appliance), "the role has seen it, too")
    send(appliance, "fw")
    await_true(lambda: ("downgrade", "fw") in lasting(appliance), "the downgrade")


def test_one_name_from_two_addresses_is_told_of(appliance: Appliance) -> None:
    """Two addresses that send in turns under one name are a finding that names both."""
    for source in ("127.0.0.1", "127.0.0.2", "127.0.0.1"):
        before = messages_of(appliance, "twin")
        send(appliance, "twin", source=source)
        await_messages(appliance, "twin", before + 1)
    await_true(lambda: ("same-name", "twin") in lasting(appliance), "both addresses")
    assert "127.0.0.1 and 127.0.0.2" in appliance.printed("sources", "--findings", "twin", "--update")


def test_a_collector_that_stands_still_loses_its_canaries(appliance: Appliance) -> None:
    """SIGSTOP: a stored error for each listener, and when it goes on, that they are found again."""
    process = report(appliance, "collector")["pid"]
    await_true(lambda: not {kind for kind, _ in lasting(appliance)} & {"canary"}, "all is well")
    os.kill(process, signal.SIGSTOP)
    try:
        await_true(lambda: {("canary", name) for name in TRIED} <= lasting(appliance), "missing canaries")
    finally:
        os.kill(process, signal.SIGCONT)
    await_true(lambda: not {kind for kind, _ in lasting(appliance)} & {"canary"}, "canaries found again")
    await_true(
        lambda: appliance.count("sysledger", "msgid:CANARY severity:err") == len(TRIED), "told once each"
    )
    await_true(lambda: appliance.count("sysledger", "msgid:CANARY-END") == len(TRIED), "their ends, too")


def test_a_killed_watch_counts_nothing_twice(appliance: Appliance) -> None:
    """After SIGKILL the watch goes on from what it had on disk: each message is counted once."""
    for _ in range(50):
        send(appliance, "counted")
    await_true(lambda: messages_of(appliance, "counted") == 50, "the messages are seen")
    before = report(appliance)["pid"]
    os.kill(before, signal.SIGKILL)
    await_true(lambda: report(appliance).get("pid", before) != before, "the watch runs again")
    for _ in range(50):
        send(appliance, "counted")
    await_true(lambda: messages_of(appliance, "counted") >= 100, "all are seen")
    assert messages_of(appliance, "counted") == 100
    assert alive(appliance.process)


def test_sources_works_with_the_service_stopped_and_is_made_anew_from_the_archive(tmp_path: Path) -> None:
    """The state file tells what the role knew; without it everything is read from what is stored."""
    with running(tmp_path, {}) as appliance:
        for host in ("a", "b", "b"):
            send(appliance, host)
        await_true(lambda: appliance.count("syslog") == 3, "the messages")
        refused = subprocess.run(
            [sys.executable, "-m", "sysledger", "sources", "--rebuild", *appliance.options],
            capture_output=True, check=False,
        )  # fmt: skip
        assert refused.returncode == os.EX_UNAVAILABLE
        assert b"role watch already runs" in refused.stderr
    counts = {"a": 1, "b": 2}
    for option in ((), ("--update",), ("--rebuild",), ()):
        told = json.loads(appliance.run("sources", "--output", "json", *option))
        assert {one["host"]: one["messages"] for one in told["sources"]} == counts, option
        if option == ("--update",):
            (appliance.folder / "var" / "watch" / "sources.jsonl").unlink()
    (only,) = told["sources"][:1]
    assert only["transports"] == {"udp": 1}
    assert only["first_seen"].endswith("Z")
    assert abs(only["clock_seconds"]) < 60
