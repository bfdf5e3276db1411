"""The Unix datagram listener: what programs of this machine log, and whose the socket's path is."""

import asyncio
import json
import logging
import logging.handlers
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collector.errors import ListenerError
from collector.settings import ListenerSettings
from collector.unix_socket import UnixSocket
from tests.collector.running import collecting, collecting_alone, play
from tests.collector.storage_double import storage_at
from tests.collector.test_senders import execute

Tool = Callable[[str], str]


def unix(path: Path, **settings: Any) -> ListenerSettings:
    """A listener at a path."""
    return ListenerSettings(transport="unix", path=path, **settings)


def send(path: Path, *datagrams: bytes) -> None:
    """Send datagrams to a socket by its path."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(20)
        for datagram in datagrams:
            sender.sendto(datagram, str(path))


def test_each_datagram_is_a_message(folder: Path) -> None:
    """Whatever a datagram holds is one message, octet by octet; who sent it has no address."""
    path = folder / "log"
    sent = [b"<13>a\n<13>b\n", b"5 <13>c", b"\x00\x01\xff", b"GET / HTTP/1.1\r\n", b"<13>" + b"x" * 60_000]

    async def scene() -> None:
        async with collecting(folder, listeners={"local": unix(path)}) as running:
            send(path, *sent)
            await running.storage.await_messages(len(sent))
            send(path, b"", b"<13>last")
            await running.storage.await_messages(len(sent) + 1)
            assert running.storage.messages() == [*sent, b"<13>last"]
            assert set(running.storage.column("peer")) == {"local"}
            assert set(running.storage.column("transport")) == {"unix"}
            await running.finish()
            assert running.listener("local")["empty_datagrams"] == 1
            assert running.listener("local")["address"] == str(path)

    play(scene)


def test_logger(folder: Path, tool: Tool) -> None:
    """logger(1) as it writes to /dev/log: syslog(3)'s form, which has no HOSTNAME."""
    logger, path = tool("logger"), folder / "log"

    async def scene() -> None:
        async with collecting(folder, listeners={"local": unix(path)}) as running:
            options = [
                "-u",
                str(path),
                "--socket-errors=on",
                "-t",
                "app",
                "--id=4242",
                "-p",
                "local3.warning",
            ]
            await execute(logger, *options, "by syslog(3)")
            await execute(logger, *options, "--rfc5424=notq", "by RFC 5424")
            await running.storage.await_messages(2)
            column = running.storage.column
            assert column("message") == ["by syslog(3)", "by RFC 5424"]
            assert column("app_name") == ["app", "app"]
            assert column("proc_id") == ["4242", "4242"]
            assert column("format") == ["rfc3164", "rfc5424"]
            assert (column("facility"), column("severity")) == ([19, 19], [4, 4])
            assert column("hostname")[0] is None
            assert "hostname_missing" in column("flags")[0]

    play(scene)


def test_python(folder: Path) -> None:
    """Python's SysLogHandler with a path for address."""
    path = folder / "log"

    async def scene() -> None:
        async with collecting(folder, listeners={"local": unix(path)}) as running:
            handler = logging.handlers.SysLogHandler(address=str(path))
            handler.emit(logging.makeLogRecord({"msg": "by SysLogHandler", "levelno": logging.INFO}))
            handler.close()
            await running.storage.await_messages(1)
            assert running.storage.messages() == [b"<12>by SysLogHandler\0"]
            assert running.storage.column("message") == ["by SysLogHandler"]

    play(scene)


def test_senders_wait(folder: Path) -> None:
    """While the kernel's queue is full a sender waits: of thousands of messages none is lost."""
    path = folder / "log"
    sent = [b"<13>%d" % number for number in range(5_000)]

    async def scene() -> None:
        async with collecting(folder, listeners={"local": unix(path)}) as running:
            await asyncio.to_thread(send, path, *sent)
            await running.storage.await_messages(len(sent))
            assert running.storage.messages() == sent

    play(scene)


def test_path_and_mode(folder: Path) -> None:
    """The socket has the mode that is set, and its path is gone after the end."""
    path = folder / "log"

    async def scene() -> None:
        async with collecting(folder, listeners={"local": unix(path, mode="0620")}) as running:
            assert stat.S_IMODE(path.stat().st_mode) == 0o620
            await running.finish()
            assert not path.exists()

    play(scene)


def test_what_a_dead_program_left_is_removed(folder: Path) -> None:
    """A socket that nobody listens on any more does not stand in the way."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_UNIX, kind) as dead:
            dead.bind(str(folder / "log"))
        opened = UnixSocket("local", unix(folder / "log"))
        send(folder / "log", b"<13>a")
        assert opened.opened.recv(100) == b"<13>a"
        opened.close()


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_another_program_keeps_its_socket(folder: Path, kind: socket.SocketKind) -> None:
    """A socket that somebody listens on is left alone."""
    path = folder / "log"
    with socket.socket(socket.AF_UNIX, kind) as other:
        other.bind(str(path))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(ListenerError) as raised:
            UnixSocket("local", unix(path))
        assert path.exists()
    assert str(raised.value) == (
        f"collector.listeners.local: {path} is taken by another program: "
        "stop that program, or set collector.listeners.local.path to another path"
    )


def test_what_is_no_socket_stays(folder: Path) -> None:
    """A file, a folder or a link at the path is somebody's, and stays."""
    (folder / "file").write_text("kept")
    (folder / "link").symlink_to("nowhere")
    (folder / "folder").mkdir()
    for name in ("file", "link", "folder"):
        with pytest.raises(ListenerError, match="is no socket: remove it, or set"):
            UnixSocket("local", unix(folder / name))
    assert (folder / "file").read_text() == "kept"


def test_path_that_cannot_be(folder: Path) -> None:
    """A missing folder, and a path that is too long or no path, are told with what to do."""
    with pytest.raises(ListenerError, match="its folder is not there: make the folder"):
        UnixSocket("local", unix(folder / "missing" / "log"))
    with pytest.raises(ValidationError, match=r"more than 107 octets.*: shorten it"):
        unix(Path("/" + "é" * 54))
    with pytest.raises(ValidationError, match="holds a NUL"):
        unix(Path("/run/a\0b"))


def test_abstract_socket(folder: Path) -> None:
    """systemd can give a socket without a file; its name is told as text all the same."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    bound.bind(b"\0sysledger-%d" % os.getpid())

    async def scene() -> None:
        async with (
            storage_at(folder) as storage,
            collecting_alone(
                folder, storage, given=[("local", bound.detach())], listeners={"local": unix(folder / "log")}
            ) as running,
        ):
            assert json.dumps(running.listener("local")["address"]) == f'"\\u0000sysledger-{os.getpid()}"'

    play(scene)


def test_path_that_is_another_s_by_then(folder: Path) -> None:
    """Who took the path over meanwhile keeps it."""
    path = folder / "log"
    opened = UnixSocket("local", unix(path))
    path.rename(folder / "aside")  # keeps its inode, so that the new one gets another
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(os.fspath(path))
        opened.close()
        assert path.exists()
