"""How `sysledger status` finds the status listener, and what it makes of its answers."""

import socket
import threading
from pathlib import Path

import pytest

from supervisor.asking import ask, listener_url, local
from supervisor.status import SUPERVISOR, URL, Reporter
from supervisor.status_listener import StatusListener
from supervisor.status_settings import StatusSettings
from tests.machine import free_port


def test_the_report_says_where(tmp_path: Path) -> None:
    """The port that was bound counts, not the one that is set; addresses that mean all are this machine's."""
    Reporter(tmp_path, SUPERVISOR).report({URL: "http://0.0.0.0:4711/"})
    assert listener_url(tmp_path, StatusSettings()) == "http://127.0.0.1:4711/"
    assert local("http://[::]:1/") == "http://[::1]:1/"
    assert local("http://192.0.2.1:1/") == "http://192.0.2.1:1/"


def test_without_a_report_the_settings_say_where(tmp_path: Path) -> None:
    """A report that cannot be read leaves the port that is set; a free or closed one cannot be known."""
    assert listener_url(tmp_path, StatusSettings()) == "http://127.0.0.1:8515/"
    assert listener_url(tmp_path, StatusSettings(address="::")) == "http://[::1]:8515/"
    assert listener_url(tmp_path, StatusSettings(port=0)) is None
    assert listener_url(tmp_path, StatusSettings(enabled=False)) is None


def test_an_answer_is_a_document() -> None:
    """The listener's document comes back as it was given."""
    document = {"phase": "running", "state": {"state": "ok", "reasons": []}, "roles": {}}
    listener = StatusListener(StatusSettings(port=0), lambda: dict(document))
    listener.start()
    try:
        found = ask(listener.url)
    finally:
        listener.close()
    assert found is not None
    assert {key: found[key] for key in document} == document


def test_nobody_there_is_no_answer() -> None:
    """A port on which nobody listens is told at once."""
    assert ask(f"http://127.0.0.1:{free_port()}/") is None


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[",
     b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"],
)  # fmt: skip
def test_another_program_is_no_answer(answer: bytes) -> None:
    """Somebody else on the port, or half an answer, is as if there were none."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def speak() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        assert ask(f"http://127.0.0.1:{other.getsockname()[1]}/") is None
        thread.join()
