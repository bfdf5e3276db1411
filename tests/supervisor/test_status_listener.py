"""The status listener by itself: it answers whoever else hangs on its port, and however long a look takes."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from supervisor.gathering import Known, gather
from supervisor.status import Reporter
from supervisor.status_listener import StatusError, StatusListener
from supervisor.status_settings import StatusSettings
from tests.machine import DEADLINE, accepts, await_true, free_port

OK: dict[str, Any] = {"state": "ok", "since": None, "reasons": []}
ROLES = {"storage": {"pid": None, "starts": 1, "running": True, "ready": True, "silent_seconds": 0.5}}


def document(run: Path, **changes: Any) -> dict[str, Any]:
    """The state of an appliance that is well, but for ``changes`` of what the supervisor knows."""
    known = {"phase": "running", "state": OK, "roles": ROLES, "more": {}, **changes}
    return gather(run, "1.2", lambda: Known(**known))


@contextmanager
def listening(
    source: Callable[[], dict[str, Any]], idle: Callable[[], float] = lambda: 0.0, **settings: Any
) -> Iterator[StatusListener]:
    """A status listener on a free port."""
    listener = StatusListener(StatusSettings(port=0, **settings), source, idle)
    listener.start()
    try:
        yield listener
    finally:
        listener.close()


def ask(listener: StatusListener, path: str, method: str = "GET", **fields: str) -> tuple[int, str, Any]:
    """Ask as a program does; the status, the body, and the header."""
    connection = HTTPConnection(*place(listener), timeout=DEADLINE)
    with closing(connection):
        connection.request(method, path, headers=fields)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers


def place(listener: StatusListener) -> tuple[str, int]:
    """Where it listens."""
    host, _, port = listener.url.removeprefix("http://").rstrip("/").rpartition(":")
    return host.strip("[]"), int(port)


def raw(listener: StatusListener, octets: bytes) -> bytes:
    """Send octets, and give everything that comes until the end of the connection."""
    with socket.create_connection(place(listener), timeout=DEADLINE) as client:
        client.sendall(octets)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_an_appliance_that_is_well(tmp_path: Path) -> None:
    """Healthy, ready, its state as JSON, its metrics as text; HEAD tells the same without the body."""
    Reporter(tmp_path, "storage").report({"messages": 7})
    with listening(lambda: document(tmp_path)) as listener:
        assert ask(listener, "/healthz")[:2] == (200, "ok\n")
        assert ask(listener, "/readyz")[:2] == (200, "ready\n")
        code, body, header = ask(listener, "/status.json?pretty")
        assert code == 200
        assert header["Content-Type"] == "application/json"
        found = json.loads(body)
        assert found["ready"] is True
        assert found["state"] == OK
        assert found["roles"]["storage"]["starts"] == 1
        code, body, header = ask(listener, "/metrics")
        assert code == 200
        assert header["Content-Type"].startswith("text/plain; version=0.0.4")
        assert 'sysledger_role_ready{role="storage"} 1.0\n' in body
        code, body, header = ask(listener, "/metrics", "HEAD")
        assert (code, body) == (200, "")
        assert int(header["Content-Length"]) > 1000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"phase": "starting"}, "the appliance is starting: wait until every role is ready"),
        ({"phase": "stopping"}, "the appliance is stopping: start it again with sysledger run"),
        (
            {"roles": {"storage": {**ROLES["storage"], "running": False}}},
            "storage does not run: its last lines in the log say why",
        ),
        ({"roles": {"storage": {**ROLES["storage"], "ready": False}}}, "storage is not ready yet"),
        (
            {"roles": {"storage": {**ROLES["storage"], "silent_seconds": 61.2}}},
            "storage (process None) has said nothing for 61 s",
        ),
        (
            {
                "roles": {
                    "storage": {**ROLES["storage"], "cannot_write_since": 1.0, "cannot_write_reason": "why"}
                }
            },
            "storage stores nothing, messages wait: why",
        ),
        (
            {"state": {"state": "panic", "reasons": ["the disk is full: make room"]}},
            "the disk is full: make room",
        ),
    ],
)
def test_an_appliance_that_is_not(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    """/readyz says 503 and why, as lines or as JSON; /healthz says 200: a restart would mend nothing."""
    with listening(lambda: document(tmp_path, **changes)) as listener:
        code, body, _ = ask(listener, "/readyz")
        assert code == 503
        assert body.startswith("not ready\n")
        assert f"- {reason}\n" in body
        code, body, _ = ask(listener, "/readyz", Accept="application/json")
        assert code == 503
        assert reason in json.loads(body)["reasons"]
        assert json.loads(ask(listener, "/status.json")[1])["ready"] is False
        assert "\nsysledger_ready 0.0\n" in ask(listener, "/metrics")[1]
        assert ask(listener, "/healthz")[0] == 200


def test_a_state_of_warning_is_ready(tmp_path: Path) -> None:
    """In the state warning messages are accepted, so a load balancer goes on sending them here."""
    warning = {"state": "warning", "since": None, "reasons": ["x"]}
    with listening(lambda: document(tmp_path, state=warning)) as listener:
        assert ask(listener, "/readyz")[0] == 200
        assert 'sysledger_state{state="warning"} 1.0\n' in ask(listener, "/metrics")[1]


def test_a_supervisor_that_hangs_is_not_healthy(tmp_path: Path) -> None:
    """/healthz says 503 when the supervisor's own event loop has not turned: there a restart helps."""
    with listening(lambda: document(tmp_path), lambda: 31.0) as listener:
        code, body, _ = ask(listener, "/healthz")
        assert (code, body) == (503, "the supervisor has done nothing for 31 s: restart sysledger\n")


def test_what_is_not_there_and_what_is_not_done(tmp_path: Path) -> None:
    """Another path is 404 with the paths that there are, another method 405 with those that are allowed."""
    with listening(lambda: document(tmp_path)) as listener:
        code, body, _ = ask(listener, "/metric")
        assert code == 404
        assert body.splitlines()[1:] == ["/healthz", "/readyz", "/status.json", "/metrics"]
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
            code, _, header = ask(listener, "/metrics", method)
            assert (code, header["Allow"]) == (405, "GET, HEAD")
        assert (
            raw(listener, b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")[9:12]
            == b"400"
        )


def test_another_host_is_not_answered(tmp_path: Path) -> None:
    """On the loopback interface the Host field has to mean it; a health check by HTTP/1.0 needs none."""
    with listening(lambda: document(tmp_path)) as listener:
        assert ask(listener, "/status.json", Host="rebound.example")[0] == 400
        assert ask(listener, "/healthz", Host="localhost:1")[0] == 200
        assert raw(listener, b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    with listening(lambda: document(tmp_path), address="0.0.0.0") as listener:
        assert ask(listener, "/healthz", Host="syslog.example")[0] == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_families_of_addresses(tmp_path: Path, address: str) -> None:
    """It listens on IPv4 and on IPv6, and its url can be used as it stands."""
    with listening(lambda: document(tmp_path), address=address) as listener:
        assert ask(listener, "/healthz")[0] == 200


def test_too_long_a_header_and_no_http_at_all(tmp_path: Path) -> None:
    """What goes on without end is cut off with 431; what is no HTTP gets 400; who says nothing, nothing."""
    with listening(lambda: document(tmp_path)) as listener:
        assert raw(listener, b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000).startswith(b"HTTP/1.1 431 ")
        assert raw(listener, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        with socket.create_connection(place(listener), timeout=DEADLINE) as client:
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""


def test_slow_clients_hold_up_nobody(tmp_path: Path) -> None:
    """Connections that say nothing, or an octet now and then, end in time; others are answered meanwhile."""
    with (
        listening(lambda: document(tmp_path), connections=8, request_seconds=60) as listener,
        ExitStack() as stack,
    ):
        slow = []
        for _ in range(40):
            client = stack.enter_context(socket.create_connection(place(listener), timeout=DEADLINE))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHo")
            slow.append(client)
            if len(slow) % 10 == 0:
                assert ask(listener, "/readyz")[0] == 200
        assert [client.recv(100) for client in slow[:30]] == [b""] * 30  # the oldest had to go
        slow[-1].sendall(b"st: localhost\r\n\r\n")
        assert slow[-1].recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_request_has_its_time(tmp_path: Path) -> None:
    """A request that is not whole after request_seconds gets 408, and its connection ends."""
    with listening(lambda: document(tmp_path), request_seconds=0.05) as listener:
        assert raw(listener, b"GET / HTTP/1.1\r\n").startswith(b"HTTP/1.1 408 ")


def test_who_does_not_read_is_left(tmp_path: Path) -> None:
    """An answer that nobody takes ends with request_seconds, and takes nothing from others."""
    long = {"more": {"x" * 20_000_000: 1}}
    with (
        listening(lambda: document(tmp_path, **long), request_seconds=0.3) as listener,
        socket.create_connection(place(listener), timeout=DEADLINE) as client,
    ):
        client.sendall(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        assert ask(listener, "/healthz")[0] == 200
        await_true(lambda: not listener._connections, "the connection's end")  # noqa: SLF001


def test_a_look_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    """A disk that does not answer leaves health, the last state and its age; and /readyz says so."""
    hanging, free = threading.Event(), threading.Event()

    def source() -> dict[str, Any]:
        if hanging.is_set():
            free.wait(DEADLINE)
        return document(tmp_path)

    with listening(source) as listener:
        assert ask(listener, "/readyz")[0] == 200
        hanging.set()
        listener._looks._wait = 0.1  # noqa: SLF001 - a test waits less long
        listener._looks._taken_at -= 60  # noqa: SLF001 - and does not wait for a minute to pass
        code, body, _ = ask(listener, "/readyz")
        assert code == 503
        assert "- the state was last read 60 s ago: the disk of the data folder does not answer" in body
        assert json.loads(ask(listener, "/status.json")[1])["age_seconds"] >= 60
        assert ask(listener, "/healthz")[0] == 200
        free.set()
        hanging.clear()


def test_a_look_that_fails_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A state that cannot be read is 503 with a sentence, not a listener that is gone."""

    def source() -> dict[str, Any]:
        raise OSError("no such thing")

    with listening(source) as listener:
        for path in ("/readyz", "/status.json"):
            code, body, _ = ask(listener, path)
            assert code == 503
            assert "see to it" in body
        assert "\nsysledger_ready 0.0\n" in ask(listener, "/metrics")[1]
        assert ask(listener, "/healthz")[0] == 200
    assert "the state of the appliance cannot be read" in caplog.text


def test_many_who_ask_are_one_look(tmp_path: Path) -> None:
    """However many scrape at once, the reports are not read more often than is of use."""
    looks = []

    def source() -> dict[str, Any]:
        looks.append(1)
        return document(tmp_path)

    with listening(source) as listener:
        for _ in range(40):
            assert ask(listener, "/metrics")[0] == 200
    assert len(looks) < 20


def test_a_port_in_use_is_told_with_its_setting(tmp_path: Path) -> None:
    """The error names the setting and what to do; an address of another machine likewise."""
    with listening(lambda: document(tmp_path)) as first:
        second = StatusListener(StatusSettings(port=place(first)[1]), lambda: document(tmp_path))
        with pytest.raises(StatusError, match=r"^supervisor\.status\.port: .* set supervisor\.status\.port"):
            second.start()
    with pytest.raises(StatusError, match=r"^supervisor\.status\.address: 192\.0\.2\.1 cannot be bound"):
        StatusListener(StatusSettings(address="192.0.2.1"), lambda: document(tmp_path)).start()


def test_the_port_is_given_back(tmp_path: Path) -> None:
    """After close nothing listens any more, also when somebody was still connected; twice is once."""
    port = free_port()
    listener = StatusListener(StatusSettings(port=port), lambda: document(tmp_path))
    listener.start()
    with socket.create_connection(("127.0.0.1", port)):
        listener.close()
        listener.close()
    assert not accepts(port)
    again = StatusListener(StatusSettings(port=port), lambda: document(tmp_path))
    again.start()
    again.close()
