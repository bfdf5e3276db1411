"""The appliance's own log: it gets to its listener as RFC 5424, blocks nobody, and says what it lost."""

import logging
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from supervisor import selflog

log = logging.getLogger("tests.selflog")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Give a bound UDP socket that is not read yet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(10)
        yield bound


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Give pytest its own log handlers back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_arrives_as_rfc5424(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    """Facility syslog, the level as severity, the role in APP-NAME; stderr has it, too."""
    selflog.start("storage", "info", listener.getsockname())
    log.warning("a wörd")
    log.debug("not this")
    message = listener.recv(65536)
    selflog.stop()
    assert message.startswith(b"<44>1 ")  # syslog (5) times 8 plus warning (4)
    header, text = message.rsplit(b" - ", 1)
    assert header.endswith(b" sysledger-storage %d -" % os.getpid())
    assert text == "\ufeffa wörd".encode()
    assert capsys.readouterr().err.endswith("Z storage WARNING: a wörd\n")


def test_lines_wait_for_the_listener(capsys: pytest.CaptureFixture[str]) -> None:
    """What is logged before the listener is up arrives when it is, in order; nothing is said to be lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        address = bound.getsockname()
    selflog.start("storage", "info", address)
    for number in range(3):
        log.warning("line %d", number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(address)
        bound.settimeout(10)
        received = [bound.recv(65536) for _ in range(3)]
        selflog.stop()
    assert [message[-1:] for message in received] == [b"0", b"1", b"2"]
    assert "stand here only" not in capsys.readouterr().err


def test_what_is_lost_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a listener the queue keeps its bound, nobody waits, and stderr tells how many are missing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        address = bound.getsockname()
    selflog.start("web", "info", address)
    for number in range(selflog.QUEUE_LINES + 5):
        log.warning("line %d", number)
    selflog.stop()
    error = capsys.readouterr().err
    assert f"line {selflog.QUEUE_LINES + 4}\n" in error
    assert f"took them at 127.0.0.1 port {address[1]}: {selflog.QUEUE_LINES + 5}\n" in error


def test_what_was_lost_meanwhile_is_told_to_the_listener(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as there is room again the log itself says how many of its lines it has not kept."""
    monkeypatch.setattr(selflog, "QUEUE_LINES", 2)
    selflog.start("web", "info", listener.getsockname())
    lines = [b""]
    burst = threading.Thread(target=lambda: list(map(log.info, ["many"] * 2000)))
    burst.start()
    while b"lines of this log that were not kept" not in lines[-1]:
        lines.append(listener.recv(65536))
    burst.join()
    selflog.stop()


def test_a_line_that_cannot_be_encoded_stops_nothing(
    listener: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong arguments in a log call are counted; the next line goes through."""
    selflog.start("web", "info", listener.getsockname())
    log.info("%d", "no number")
    log.info("next")
    assert listener.recv(65536).endswith(b"next")
    selflog.stop()
    assert "next" in capsys.readouterr().err
