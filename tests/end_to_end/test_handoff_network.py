"""Storage on another machine, by CURVE over TCP: named keys only, and exactly once if the network breaks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curve import own_keys
from tests.end_to_end.two_roles import LOOPBACK, Process, Relay, RelpSender, Site, send_lines, site
from tests.machine import await_true, free_port


@pytest.fixture
def here() -> Iterator[Site]:
    """A site in a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sl-") as folder, site(Path(folder)) as made:
        yield made


def key_of(here: Site, name: str) -> str:
    """The public key of one of the machines."""
    return own_keys(here.folder / name / "tls").public


def storage_on(here: Site, port: int, name: str = "storage", key: str | None = None) -> Process:
    """Storage on a machine of its own, which knows the collector's key."""
    listen = {"address": LOOPBACK, "port": port, "collectors": [key or key_of(here, "box")]}
    return here.storage(name, listen=listen)


def collector_for(here: Site, endpoints: dict[int, str], **settings: Any) -> Process:
    """A collector whose storage is behind these ports, each with its public key."""
    addresses = {f"tcp://{LOOPBACK}:{port}": key for port, key in endpoints.items()}
    return here.collector(storage={"endpoints": list(addresses), "keys": addresses}, **settings)


def numbers(found: list[bytes]) -> list[int]:
    """The number at each message's end."""
    return [int(one.rsplit(b" ", 1)[1]) for one in found]


def test_named_keys_are_served(here: Site) -> None:
    """Both machines know each other's key: messages go through, and the keys are nobody else's to read."""
    port = free_port()
    storage_on(here, port).start()
    (collector := collector_for(here, {port: key_of(here, "storage")})).start()
    sender = RelpSender("a")
    sender.connect(here.port(collector, "relp"))
    sender.send(200)
    sender.finish()
    assert numbers(here.await_stored(200)) == list(range(1, 201))
    assert (here.folder / "box" / "tls" / "handoff.secret").stat().st_mode & 0o777 == 0o600
    assert collector.end() == 0
    assert here.handoff()["acknowledged_messages"] == 200


@pytest.mark.parametrize("stranger", ["collector", "storage"])
def test_a_wrong_key_is_refused_and_told(here: Site, stranger: str) -> None:
    """A key that was not named, of either end: nothing is handed over, and the logs say what to do."""
    port = free_port()
    other = own_keys(here.folder / "other").public
    storage_on(here, port, key=other if stranger == "collector" else None).start()
    expected = other if stranger == "storage" else key_of(here, "storage")
    (collector := collector_for(here, {port: expected})).start()
    send_lines(here.port(collector, "tcp"), [b"<13>secret"])
    if stranger == "collector":
        told = f"name this machine's public key {key_of(here, 'box')}"
        await_true(lambda: told in collector.log.read_text(), "the collector tells")
        refused = f"a collector with the key {key_of(here, 'box')} is refused"
        await_true(lambda: refused in (here.folder / "storage.log").read_text(), "storage tells")
    await_true(lambda: here.queued() > 0, "the message is in the disk queue")
    await_true(lambda: "does not answer" in collector.log.read_text(), "the collector tells")
    assert here.stored() == []
    assert collector.end() == 0


@pytest.mark.parametrize("how", ["cut", "half-open"])
def test_network_breaks_under_load(here: Site, how: str) -> None:
    """The way is cut, or swallows everything in silence, time and again: each message is stored once."""
    port = free_port()
    storage_on(here, port).start()
    relay = Relay(port)
    collector = collector_for(here, {relay.port: key_of(here, "storage")}, answer_seconds=0.5)
    collector.start()
    sender = RelpSender("a", window=128)
    sender.connect(here.port(collector, "relp"))
    for _ in range(4):
        sender.send(500)
        if how == "cut":
            relay.cut()
        else:
            relay.stop()
        sender.send(500)
        if how == "half-open":
            sender.finish()  # by the disk queue alone
            relay.cut()
            relay.go_on()
    sender.finish()
    assert numbers(here.await_stored(sender.sent)) == list(range(1, sender.sent + 1))
    await_true(lambda: here.queued() == 0, "the queue is empty")
    relay.close()
    assert collector.end() == 0


def test_a_second_storage_takes_over(here: Site) -> None:
    """When the first storage is silent the second gets everything; it stays until it fails in turn."""
    ports = {"one": free_port(), "two": free_port()}
    one, two = (storage_on(here, port, name) for name, port in ports.items())
    one.start()
    two.start()
    collector = collector_for(
        here, {port: key_of(here, name) for name, port in ports.items()}, answer_seconds=0.5
    )
    collector.start()
    sender = RelpSender("a")
    sender.connect(here.port(collector, "relp"))
    sender.send(300)
    sender.finish()
    one.kill()
    sender.send(300)
    sender.finish()
    here.await_stored(300, "two")
    one.start()
    sender.send(300)
    sender.finish()
    here.await_stored(600, "two")  # still there, though the first one is back
    two.kill()
    sender.send(300)
    sender.finish()
    here.await_stored(600, "one")
    first, second = (numbers(here.stored(name)) for name in ("one", "two"))
    assert first == [*range(1, 301), *range(901, 1201)]
    assert second == list(range(301, 901))
    assert "takes over from" in collector.log.read_text()
