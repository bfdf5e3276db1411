"""systemd's protocol for open sockets, and how they go on to the roles."""

import os
import socket
from collections.abc import Iterator

import pytest

from supervisor.activation import ActivationError, take_sockets, tell_sockets

OURS = 4242


@pytest.fixture
def descriptors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Two open sockets with neighbouring numbers, inheritable, as systemd's are, which begin at 3."""
    with socket.socket() as opened:
        free = 500  # whatever tests have open is below it
        numbers = [os.dup2(opened.fileno(), free + place) for place in range(2)]
        monkeypatch.setattr("supervisor.activation.FIRST_DESCRIPTOR", free)
        yield numbers
        for number in numbers:
            os.close(number)


@pytest.mark.parametrize(
    ("names", "expected"),
    [("udp:tcp", ["udp", "tcp"]), ("udp", ["udp", "unknown"]), ("", ["unknown", "unknown"])],
)
def test_from_systemd(descriptors: list[int], names: str, expected: list[str]) -> None:
    """LISTEN_FDS sockets from the first number on, by their names; what said so is gone."""
    environment = {"LISTEN_FDS": "2", "LISTEN_PID": str(OURS), "LISTEN_FDNAMES": names, "PATH": "/bin"}
    assert take_sockets(environment, OURS) == list(zip(expected, descriptors, strict=True))
    assert environment == {"PATH": "/bin"}
    assert not any(map(os.get_inheritable, descriptors))


def test_of_another_process() -> None:
    """What was meant for another process is not ours, and nobody after us shall take it for theirs."""
    environment = {"LISTEN_FDS": "2", "LISTEN_PID": str(OURS + 1)}
    assert take_sockets(environment, OURS) == []
    assert environment == {}


def test_none() -> None:
    """Started by hand there are none."""
    assert take_sockets({"PATH": "/bin"}, OURS) == []


def test_on_to_a_role(descriptors: list[int]) -> None:
    """What the supervisor tells a role is what it had been told itself, under any number."""
    sockets = list(zip(["udp", "tcp"], descriptors, strict=True))
    environment = tell_sockets(sockets)
    assert take_sockets(environment, OURS) == sockets
    assert environment == {}
    assert tell_sockets([]) == {}


@pytest.mark.parametrize(
    "environment",
    [
        {"LISTEN_FDS": "two", "LISTEN_PID": str(OURS)},
        {"SYSLEDGER_FDS": "999999", "SYSLEDGER_FDNAMES": "udp"},
    ],
)
def test_what_cannot_be(environment: dict[str, str]) -> None:
    """A promise that is not kept ends the start with a sentence."""
    with pytest.raises(ActivationError, match="start this from systemd"):
        take_sockets(environment, OURS)
