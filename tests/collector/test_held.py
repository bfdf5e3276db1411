"""The supervisor holds the listening sockets: they outlive collectors, and change at a reload only."""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from collector.errors import ListenerError
from collector.given import HELD
from collector.held import HeldSockets
from collector.settings import CollectorSettings, ListenerSettings
from tests.collector.running import LOOPBACK, collecting_alone, play
from tests.collector.storage_double import storage_at
from tests.collector.test_given import one, opened
from tests.collector.test_udp import send


def settings(processes: int = 1, **wanted: ListenerSettings) -> CollectorSettings:
    """Settings with these listeners only."""
    return CollectorSettings(processes=processes, listeners=wanted)


@contextmanager
def held(wanted: CollectorSettings, given: list[tuple[str, int]] | None = None) -> Iterator[HeldSockets]:
    """Sockets that are closed with the block."""
    sockets = HeldSockets(wanted, given or [])
    try:
        yield sockets
    finally:
        sockets.close()


def port(sockets: HeldSockets, name: str, number: int = 0) -> int:
    """The port of a process' socket."""
    found = dict(sockets.of(number))
    with socket.socket(fileno=os.dup(found[name + HELD])) as copy:
        return int(copy.getsockname()[1])


def read_all(descriptor: int) -> list[bytes]:
    """What waits in a UDP socket."""
    found = []
    with socket.socket(fileno=os.dup(descriptor)) as copy, suppress(BlockingIOError):
        while True:
            found.append(copy.recv(100))
    return found


def copies(sockets: HeldSockets, number: int = 0) -> list[tuple[str, int]]:
    """What a collector process is given: descriptors of its own."""
    return [(name, os.dup(descriptor)) for name, descriptor in sockets.of(number)]


def test_each_process_has_its_own() -> None:
    """The processes' sockets are at one place, and every datagram and connection goes to one of them."""
    with held(settings(3, udp=one("udp"), tcp=one("tcp"))) as sockets:
        own = [dict(sockets.of(number)) for number in (1, 2, 3)]
        assert len({descriptor for each in own for descriptor in each.values()}) == 6
        assert sockets.of(4) == []
        assert len({port(sockets, "udp", number) for number in (1, 2, 3)}) == 1
        for _ in range(60):
            send(port(sockets, "udp", 1), b"<13>a")
        shares = Counter({number: len(read_all(each[f"udp{HELD}"])) for number, each in enumerate(own)})
        assert shares.total() == 60
        assert min(shares.values()) > 0
        for _ in range(30):
            socket.create_connection((LOOPBACK, port(sockets, "tcp", 1))).close()


def test_taken_by_another_program() -> None:
    """A place that another program has is refused, for several processes as well, with what to set."""
    number, taken = opened(socket.SOCK_DGRAM)
    with socket.socket(fileno=number) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(ListenerError, match=r"taken by another program.*collector\.listeners\.udp\.port"):
            HeldSockets(settings(2, udp=one("udp", taken)), [])


def test_nothing_stays_open_after_a_failure() -> None:
    """When one place cannot be had, those before it are given back."""
    with socket.create_server((LOOPBACK, 0)) as free:
        place = free.getsockname()[1]
    with socket.create_server((LOOPBACK, 0)) as taken:
        wanted = settings(2, first=one("tcp", place), second=one("tcp", taken.getsockname()[1]))
        with pytest.raises(ListenerError, match="second"):
            HeldSockets(wanted, [])
    socket.create_server((LOOPBACK, place)).close()


def test_what_comes_meanwhile_waits(folder: Path) -> None:
    """Datagrams and connections that come while no collector runs are the next one's."""
    wanted = {"udp": one("udp"), "tcp": one("tcp")}

    async def scene() -> None:
        with held(CollectorSettings(listeners=wanted)) as sockets:
            async with storage_at(folder) as storage:
                for number in range(3):
                    send(port(sockets, "udp"), b"<13>datagram %d" % number)
                    with socket.create_connection((LOOPBACK, port(sockets, "tcp"))) as sender:
                        sender.sendall(b"<13>line %d\n" % number)
                    async with collecting_alone(folder, storage, given=copies(sockets), listeners=wanted):
                        await storage.await_messages(2 * number + 2)
                expected = {b"<13>%s %d" % (kind, n) for kind in (b"datagram", b"line") for n in range(3)}
                assert Counter(storage.messages()) == Counter(expected)

    play(scene)


def test_a_place_keeps_its_socket() -> None:
    """A reload opens only what is new: a place keeps its socket, by whatever name and transport."""
    with held(settings(old=one("tcp"), gone=one("udp"), any=one("udp"))) as sockets:
        place, before = port(sockets, "old"), dict(sockets.of(0))
        gone = port(sockets, "gone")
        with held(settings(old=one("tcp", 0))) as others:
            fixed = port(others, "old")
        sockets.prepare(settings(old=one("tcp"), any=one("udp"), new=one("tls", fixed)))
        prepared = dict(sockets.of(0))
        assert prepared["old/held"] == before["old/held"]
        assert prepared["any/held"] == before["any/held"]
        assert set(prepared) == {"old/held", "any/held", "new/held"}
        send(gone, b"<13>still there")
        assert read_all(before["gone/held"]) == [b"<13>still there"]
        sockets.commit()
        assert dict(sockets.of(0)) == prepared
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind((LOOPBACK, gone))
        new = prepared["new/held"]
        sockets.prepare(settings(relp=one("relp", fixed), any=one("udp")))
        sockets.commit()
        assert dict(sockets.of(0)) == {"relp/held": new, "any/held": before["any/held"]}
        socket.create_server((LOOPBACK, place)).close()


def test_another_address_of_the_same_port() -> None:
    """A listener can move to every address of this machine, and back, without a gap."""
    with held(settings(udp=one("udp"))) as sockets:
        place = port(sockets, "udp")
    with held(settings(2, udp=one("udp", place))) as sockets:
        for address in ("0.0.0.0", LOOPBACK):
            before = sockets.of(1)
            sockets.prepare(settings(2, udp=one("udp", place, address)))
            assert sockets.of(1) != before
            send(place, b"<13>a")
            sockets.commit()
            send(place, b"<13>b")
            assert b"<13>b" in [each for n in (1, 2) for each in read_all(sockets.of(n)[0][1])]


def test_two_listeners_at_one_port_are_refused_at_a_reload_as_well() -> None:
    """What cannot be had at a start cannot be had by a reload."""
    with held(settings(udp=one("udp"))) as sockets:
        place = port(sockets, "udp")
    with held(settings(udp=one("udp", place))) as sockets:
        before = sockets.of(0)
        with pytest.raises(ListenerError, match="other: UDP port"):
            sockets.prepare(settings(udp=one("udp", place), other=one("udp", place, "0.0.0.0")))
        assert sockets.of(0) == before


def test_a_failed_reload_changes_nothing() -> None:
    """What was opened for settings that cannot be had is closed again."""
    with held(settings(tcp=one("tcp"))) as sockets, socket.create_server((LOOPBACK, 0)) as taken:
        before = sockets.of(0)
        with socket.create_server((LOOPBACK, 0)) as free:
            place = free.getsockname()[1]
        with pytest.raises(ListenerError, match=r"second\.port to a free port"):
            sockets.prepare(settings(first=one("tcp", place), second=one("tcp", taken.getsockname()[1])))
        assert sockets.of(0) == before
        socket.create_server((LOOPBACK, place)).close()
        sockets.prepare(settings(first=one("tcp", place)))
        sockets.abandon()
        assert sockets.of(0) == before
        socket.create_server((LOOPBACK, place)).close()


def test_more_and_fewer_processes() -> None:
    """A reload may change how many processes there are; those that stay keep their sockets."""
    with held(settings(1, udp=one("udp"))) as sockets:
        first, place = sockets.of(1), port(sockets, "udp")
        sockets.prepare(settings(3, udp=one("udp")))
        sockets.commit()
        assert sockets.of(1) == first
        assert {port(sockets, "udp", number) for number in (1, 2, 3)} == {place}
        sockets.prepare(settings(1, udp=one("udp")))
        sockets.commit()
        assert (sockets.of(1), sockets.of(2)) == (first, [])


def test_what_is_abandoned_takes_nothing_along() -> None:
    """While more processes are only prepared, everything still comes to those that are there."""
    with held(settings(1, udp=one("udp"), tcp=one("tcp"))) as sockets:
        before = dict(sockets.of(1))
        sockets.prepare(settings(4, udp=one("udp"), tcp=one("tcp")))
        assert len(sockets.of(4)) == 2
        for _ in range(40):
            send(port(sockets, "udp", 1), b"<13>a")
        sockets.abandon()
        assert read_all(before["udp/held"]) == [b"<13>a"] * 40
        sockets.prepare(settings(4, udp=one("udp"), tcp=one("tcp")))
        sockets.commit()
        for _ in range(80):
            send(port(sockets, "udp", 1), b"<13>b")
            socket.create_connection((LOOPBACK, port(sockets, "tcp", 1))).close()
        assert all(read_all(dict(sockets.of(number))["udp/held"]) for number in (1, 2, 3, 4))


def test_given_sockets_are_for_all() -> None:
    """What systemd has opened is read by every process, and stays through reloads."""
    number, place = opened(socket.SOCK_STREAM)
    with held(settings(2, tcp=one("tcp"), udp=one("udp")), [("tcp", number)]) as sockets:
        assert {dict(sockets.of(n))["tcp"] for n in (1, 2)} == {number}
        sockets.prepare(settings(2, other=one("tcp", place)))
        sockets.commit()
        assert [sockets.of(n) for n in (1, 2)] == [[("other", number)]] * 2
        with pytest.raises(ListenerError, match="no enabled listener is left"):
            sockets.prepare(settings(2))
        assert sockets.of(1) == [("other", number)]


def unix(path: Path, **more: Any) -> ListenerSettings:
    """A listener on a Unix socket."""
    return ListenerSettings.model_validate({"transport": "unix", "path": path, **more})


def test_unix_sockets(folder: Path) -> None:
    """One Unix socket is for all processes; its path goes when nobody wants it any more."""
    with held(settings(2, log=unix(folder / "log"))) as sockets:
        assert sockets.of(1) == sockets.of(2)
        before = sockets.of(1)[0][1]
        sockets.prepare(settings(2, log=unix(folder / "log", mode="0600"), more=unix(folder / "more")))
        sockets.commit()
        assert dict(sockets.of(1))["log/held"] == before
        assert (folder / "log").stat().st_mode & 0o777 == 0o600
        assert (folder / "more").is_socket()
        sockets.prepare(settings(2))
        sockets.commit()
        assert list(folder.iterdir()) == []


def test_retired_sockets_take_nothing_new(folder: Path) -> None:
    """Before the end, senders are told that nobody is there; what was sent before can be read."""
    with (
        held(settings(log=unix(folder / "log"), tcp=one("tcp"), udp=one("udp"))) as sockets,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
    ):
        place = port(sockets, "tcp")
        theirs = {name: socket.socket(fileno=number) for name, number in copies(sockets)}
        sender.connect(str(folder / "log"))
        sender.send(b"<13>before")
        sockets.retire()
        with pytest.raises(BrokenPipeError):
            sender.send(b"<13>after")
        assert not (folder / "log").exists()
        assert theirs["log/held"].recv(100) == b"<13>before"
        for each in theirs.values():
            each.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, place))


def test_a_collector_that_starts_on_a_changed_file(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A socket whose listener has gone from the file keeps no collector from starting: a reload is due."""

    async def scene() -> None:
        both = {"udp": one("udp"), "gone": one("udp")}
        with held(CollectorSettings(listeners=both)) as sockets:
            async with (
                storage_at(folder) as storage,
                collecting_alone(
                    folder, storage, given=copies(sockets), listeners={"udp": both["udp"]}
                ) as running,
            ):
                send(running.port("udp"), b"<13>a")
                await storage.await_messages(1)

    play(scene)
    assert "listener gone: it is no more in the configuration" in caplog.text
