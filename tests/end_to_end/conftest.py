"""The appliance that the end-to-end tests share, and recorders before its listeners."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.end_to_end.appliance import LISTENERS, Appliance, Recorder, running


@pytest.fixture(scope="session")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """One appliance for all tests that do not stop or starve it."""
    with running(tmp_path_factory.mktemp("appliance"), LISTENERS) as appliance:
        yield appliance


@pytest.fixture
def record(appliance: Appliance) -> Iterator[Callable[[str], Recorder]]:
    """Give a recorder before the listener of a name."""
    made = []

    def make(name: str) -> Recorder:
        kind = socket.SOCK_DGRAM if name in LISTENERS["udp"] else socket.SOCK_STREAM
        made.append(Recorder(appliance.ports[name], kind))
        return made[-1]

    yield make
    for recorder in made:
        recorder.close()
