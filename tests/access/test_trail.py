"""The trail is told what is done, or what is done is refused."""

import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from access import trail
from access.trail import ToListener, TrailError, coming_from, record, recorded, telling
from access.trail_waiting import FOLDER, OrWaiting, hand_over
from access.visitor import CONSOLE, NOBODY, TRAIL_TENANT, Visitor, visiting
from collector.settings import TRAIL as OF_LISTENERS
from storage.layout import TRAIL
from tenants.names import TRAIL as OF_TENANTS

ALICE = Visitor("alice", "auditor", session="s1")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """Give the end that the trail is told at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "trail.sock"))
        one.settimeout(10)
        yield one


@pytest.fixture
def tell(tmp_path: Path) -> ToListener:
    """Give what tells it, and does not wait long."""
    return ToListener(tmp_path / "trail.sock", 0.05)


def test_who_and_from_where_is_known(listener: socket.socket, tell: ToListener) -> None:
    """Whoever ``current`` is, did it; from the address that is asked from."""
    with telling(tell, numbered=True), visiting(ALICE), coming_from("192.0.2.7"):
        record("search", "default/syslog", query="password", matches=3)
        record("export", "default/syslog", "refused", reason="")
    first, second = (listener.recv(65536).decode() for _ in range(2))
    assert (
        '[meta sequenceId="1"][access@32473 who="alice" role="auditor" means="session" session="s1"' in first
    )
    assert 'from="192.0.2.7" action="search" target="default/syslog" outcome="done" query="password"' in first
    assert 'sequenceId="2"' in second
    assert 'outcome="refused"]' in second


def test_in_a_coroutine_too(listener: socket.socket, tell: ToListener) -> None:
    """``recorded`` tells as the visitor of the task that awaits it."""

    async def work() -> None:
        with visiting(ALICE):
            await recorded("view", "default/syslog/7")

    with telling(tell):
        anyio.run(work)
    told = listener.recv(65536).decode()
    assert 'who="alice"' in told
    assert "sequenceId" not in told  # numbers of several processes would get mixed up


def test_nobody_is_told_as_nobody(listener: socket.socket, tell: ToListener) -> None:
    """Who has not signed in has no role, and no name but what was typed."""
    with telling(tell), visiting(NOBODY):
        record("sign-in", "mallory", "refused")
    assert '[access@32473 means="nobody" action="sign-in" target="mallory"' in listener.recv(65536).decode()


def test_without_a_trail_nobody_is_told() -> None:
    """A process that opens no trail goes on without, and still hears of its own mistakes."""
    with visiting(CONSOLE):
        record("search")
        with pytest.raises(ValueError, match="MSGID"):
            record("not a name")


def test_what_cannot_be_told_is_refused(tell: ToListener) -> None:
    """Where no listener is, the sentence says what to do."""
    with (
        telling(tell),
        visiting(ALICE),
        pytest.raises(TrailError, match=r"cannot be reached at .*role collector"),
    ):
        record("search")


def test_a_full_listener_is_waited_for_and_then_refused(listener: socket.socket, tell: ToListener) -> None:
    """A listener that takes nothing makes callers wait within a bound; nothing is told half."""
    told: list[int] = []

    def go_on() -> None:
        for number in range(100_000):
            record("search")
            told.append(number)

    refused = pytest.raises(TrailError, match=r"is full\): see with sysledger status")
    with telling(tell), visiting(ALICE), refused:
        go_on()
    for _ in told:
        listener.recv(65536)
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.recv(65536)


def test_a_busy_listener_is_waited_for(listener: socket.socket, tmp_path: Path) -> None:
    """Many threads tell at once, more than the kernel holds: each is told, when the listener reads on."""
    patient = ToListener(tmp_path / "trail.sock", 30)

    def work(name: str) -> None:
        with visiting(Visitor(name, "auditor")):
            for _ in range(100):
                record("search")

    with telling(patient):
        threads = [threading.Thread(target=work, args=(f"u{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        told = [listener.recv(65536) for _ in range(400)]
        for thread in threads:
            thread.join(30)
    for number in range(4):
        assert sum(f'who="u{number}"'.encode() in one for one in told) == 100


def test_a_listener_that_comes_back_is_told(tmp_path: Path, tell: ToListener) -> None:
    """Nothing is left of a listener that was replaced."""
    path = str(tmp_path / "trail.sock")
    with telling(tell), visiting(ALICE):
        for _ in range(2):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
                one.bind(path)
                record("search")
                assert b'action="search"' in one.recv(65536)
            os.unlink(path)  # noqa: PTH108 - a socket's name


def test_who_may_not_write_hears_of_it(monkeypatch: pytest.MonkeyPatch, tell: ToListener) -> None:
    """Another user of the machine is told to be the appliance's own."""

    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with telling(tell), visiting(ALICE), pytest.raises(TrailError, match="as the appliance's own user"):
        record("search")


def test_telling_can_be_nested() -> None:
    """Within a block another one may tell elsewhere; afterwards it is as before."""
    outer: list[bytes] = []
    inner: list[bytes] = []
    with visiting(ALICE), telling(outer.append):
        with telling(inner.append):
            record("search")
        record("view")
    assert (len(outer), len(inner)) == (1, 1)
    assert b" view " in outer[0]


def test_what_was_done_meanwhile_waits(listener: socket.socket, tell: ToListener, tmp_path: Path) -> None:
    """While the appliance stands still, deeds wait in files, and are handed over oldest first, once."""
    folder = tmp_path / "access"
    away = OrWaiting(ToListener(tmp_path / "nobody.sock", 0.05), folder)
    with telling(away), visiting(CONSOLE):
        for number in range(12):
            record("user.add", f"user{number:02}")
    assert len(list((folder / FOLDER).iterdir())) == 12
    with pytest.raises(TrailError):
        hand_over(ToListener(tmp_path / "nobody.sock", 0.05), folder)
    done = threading.Thread(target=hand_over, args=(ToListener(tmp_path / "trail.sock", 30), folder))
    done.start()
    told = [listener.recv(65536).decode() for _ in range(12)]
    done.join(30)
    assert [one.partition('target="user')[2][:2] for one in told] == [f"{number:02}" for number in range(12)]
    assert list((folder / FOLDER).iterdir()) == []
    assert hand_over(tell, folder) == 0


def test_what_can_neither_be_told_nor_wait_is_refused(tmp_path: Path) -> None:
    """Where files cannot be written either, the deed is not done."""
    (tmp_path / "access").write_text("no folder")
    away = OrWaiting(ToListener(tmp_path / "nobody.sock", 0.05), tmp_path / "access")
    with telling(away), visiting(CONSOLE), pytest.raises(TrailError, match="Nor can"):
        record("user.add", "eve")


def test_one_tenant_is_the_trails() -> None:
    """Permissions, storage and settings speak of the same tenant."""
    assert {TRAIL.tenant, TRAIL_TENANT, OF_LISTENERS, OF_TENANTS} == {"trail"}
    assert trail.WAIT_SECONDS < 10
