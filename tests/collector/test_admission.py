"""Who may send at all: everybody without the setting, and nobody else with it, on every transport."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError

from collector.admission import Admission
from collector.intake import Intake, Limits
from collector.settings import ListenerSettings
from parsers.pipeline import Arrival
from parsers.schema import Flag
from tests.collector.running import LOOPBACK, Running, collecting, play

ARRIVALS = [Arrival(1, "192.0.2.1", 2), Arrival(2, "198.51.100.1", 1), Arrival(3, "192.0.2.9", 1)]
FRAMES = [b"a", b"b", b"c", b"d"]
FLAGS = {2: (Flag.TRUNCATED,), 3: (Flag.FRAMING_ERROR,)}


def test_without_networks_everybody_may_send() -> None:
    """No setting, no limit, and not even a look."""
    everybody = Admission(())
    assert not everybody.limited
    assert everybody.admits("198.51.100.1")
    assert everybody.admits("")


def test_with_networks_nobody_else_may() -> None:
    """Addresses outside are not admitted, nor is who has no address."""
    office = Admission(("192.0.2.0/24", "2001:db8::1"))
    peers = ("192.0.2.255", "2001:db8::1", "2001:db8::2", "192.0.3.0", "")
    assert [office.admits(peer) for peer in peers] == [True, True, False, False, False]


def test_frames_of_others_are_left_out() -> None:
    """What stays keeps its arrivals and flags."""
    frames, arrivals, flags = Admission(("192.0.2.0/24",)).admitted(FRAMES, ARRIVALS, FLAGS)
    assert frames == [b"a", b"b", b"d"]
    assert arrivals == [ARRIVALS[0], ARRIVALS[2]]
    assert flags == {2: (Flag.FRAMING_ERROR,)}


def test_frames_stay_as_they_are_when_all_may_send() -> None:
    """The usual case costs a look at the runs."""
    assert Admission(("0.0.0.0/0",)).admitted(FRAMES, ARRIVALS, FLAGS) == (FRAMES, ARRIVALS, FLAGS)


LIMITED = {"port": 0, "address": LOOPBACK, "sender_networks": ["192.0.2.0/24"]}


def a_listener(transport: str, **settings: object) -> ListenerSettings:
    """A listener on loopback that takes messages of 192.0.2.0/24 only, unless told otherwise."""
    return ListenerSettings.model_validate({"transport": transport, **LIMITED, **settings})


async def told_of(running: Running, port: int, octets: bytes) -> None:
    """Send over a TCP connection until it is closed, or its message is counted."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(octets)
    state = running.listener
    await running.reported(lambda: state("tcp")["messages"] or state("tcp")["refused"])
    with suppress(ConnectionError):
        if state("tcp")["refused"]:
            assert await reader.read() == b""
    writer.close()


def test_others_are_refused_and_counted(folder: Path) -> None:
    """A connection of somebody else is closed, a datagram thrown away, and the status says how many."""

    async def scene() -> None:
        async with collecting(
            folder, listeners={name: a_listener(name) for name in ("udp", "tcp")}
        ) as running:
            await told_of(running, running.port("tcp"), b"<13>a\n")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"<13>b", (LOOPBACK, running.port("udp")))
            await running.reported(lambda: running.listener("udp")["not_admitted"] == 1)
            assert running.listener("tcp")["refused"] == {"not in sender_networks": 1}
            assert running.listener("udp")["messages"] == running.listener("tcp")["messages"] == 0
            assert running.listener("udp")["lost"] == {}

    play(scene)


@pytest.mark.parametrize(("source", "refused"), [("192.0.2.7", 0), ("198.51.100.7", 1)])
def test_behind_a_balancer_the_sender_counts(folder: Path, source: str, refused: int) -> None:
    """Not the load balancer's address must be among them, but the one that its header names."""

    async def scene() -> None:
        balanced = {"tcp": a_listener("tcp", proxy_protocol="required")}
        async with collecting(folder, listeners=balanced) as running:
            header = f"PROXY TCP4 {source} 192.0.2.1 5000 514\r\n".encode()
            await told_of(running, running.port("tcp"), header + b"<13>a\n")
            assert running.listener("tcp")["messages"] == 1 - refused
            assert sum(running.listener("tcp")["refused"].values()) == refused

    play(scene)


def test_who_waits_for_an_answer_gets_one() -> None:
    """A transport that acknowledges hears that what nobody may send is not kept."""

    async def scene() -> None:
        answers: list[bool] = []
        answered = asyncio.Event()

        def done(ok: bool) -> None:  # noqa: FBT001 - as Done has it
            answers.append(ok)
            answered.set()

        def submit(*_: object, **__: object) -> None:
            raise AssertionError("there is nothing to submit")

        intake = Intake("relp", a_listener("relp"), Limits(1, 1, 1.0), submit)
        intake.add([b"<13>a"], [Arrival(1, "198.51.100.1", 1)], {}, done)
        assert not answers  # never from within
        await answered.wait()
        assert answers == [False]
        assert intake.counts.not_admitted == 1

    play(scene)


def test_a_unix_socket_has_no_networks() -> None:
    """What would do nothing is refused."""
    wrong = {"transport": "unix", "path": "/run/log", "sender_networks": ["192.0.2.0/24"]}
    with pytest.raises(ValidationError, match="sender_networks is for networks: remove it"):
        ListenerSettings.model_validate(wrong)
