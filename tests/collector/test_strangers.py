"""Real programs that speak another protocol: turned away, counted by kind, and nothing of them stored."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector.guests import Guest
from collector.settings import ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.guests import GELF, GREETING, STREAMS_OF_GUESTS
from tests.collector.running import LOOPBACK, Running, collecting, listeners, play
from tests.collector.test_udp import send
from tests.machine import free_port

Tool = Callable[[str], str]
MESSAGE = b"<13>1 - h a - - - x"


@asynccontextmanager
async def program(*command: str, feed: bytes = b"") -> AsyncIterator[asyncio.subprocess.Process]:
    """A running program, which is killed at the end if it has not ended by itself."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdin is not None
    process.stdin.write(feed)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def turned_away(running: Running, name: str, kind: str, *command: str, feed: bytes = b"") -> None:
    """Run a program; it is turned away, while another sender's message is stored."""
    async with program(*command, feed=feed):
        await running.reported(lambda: running.listener(name)["guests"].get(kind))
    _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
    writer.write(MESSAGE + b"\n")
    await running.storage.await_messages(1)
    writer.close()
    await running.finish()
    assert running.storage.messages() == [MESSAGE]
    assert set(running.listener(name)["guests"]) == {kind}


def s_client(openssl: str, port: int) -> list[str]:
    """OpenSSL's client, which verifies nothing."""
    return [openssl, "s_client", "-connect", f"{LOOPBACK}:{port}"]


def curl(program: str, port: int, scheme: str = "http") -> list[str]:
    """A request of curl's."""
    return [program, "--silent", "--insecure", "--max-time", "20", f"{scheme}://{LOOPBACK}:{port}/"]


def ssh(program: str, port: int) -> list[str]:
    """A login by OpenSSH's client."""
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"]
    return [program, *options, "-o", "UserKnownHostsFile=none", "-p", str(port), f"nobody@{LOOPBACK}"]


STRANGERS: dict[str, tuple[str, Any, str]] = {
    "openssl": ("openssl", s_client, "tls"),
    "curl": ("curl", curl, "http"),
    "curl with TLS": ("curl", lambda path, port: curl(path, port, "https"), "tls"),
    "ssh": ("ssh", ssh, "ssh"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_at_the_plain_port(folder: Path, tool: Tool, name: str) -> None:
    """Checklist D-8: TLS, HTTP and SSH at the plain port are no messages."""
    tool_name, command, kind = STRANGERS[name]
    path = tool(tool_name)

    async def scene() -> None:
        async with collecting(folder) as running:
            await turned_away(running, "tcp", kind, *command(path, running.port("tcp")))

    play(scene)


@pytest.mark.parametrize("name", ["curl", "ssh"])
def test_at_the_tls_port(folder: Path, tool: Tool, certificates: Certificates, name: str) -> None:
    """Whoever speaks in the clear at the TLS port is told apart from a handshake that fails."""
    tool_name, command, kind = STRANGERS[name]
    path = tool(tool_name)

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            await turned_away(running, "tls", kind, *command(path, running.port("tls")))
            assert running.listener("tls")["refused"] == {}

    play(scene)


@pytest.mark.parametrize("framing", ["-T", "--octet-count"])
def test_logger_at_the_tls_port(
    folder: Path, tool: Tool, certificates: Certificates, caplog: pytest.LogCaptureFixture, framing: str
) -> None:
    """Plain syslog at the TLS port is counted, and the operator told where to send it."""
    logger = tool("logger")

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            port = str(running.port("tls"))
            command = [logger, "-n", LOOPBACK, "-P", port, "-T", framing, "in the clear"]
            await turned_away(running, "tls", "syslog", *command)

    play(scene)
    assert "send that to a listener with transport tcp or udp" in caplog.text


def with_relp(**settings: Any) -> dict[str, ListenerSettings]:
    """A plain listener, and one for RELP."""
    relp = {"transport": "relp", "port": 0, "address": LOOPBACK, **settings}
    return {"tcp": listeners()["tcp"], "relp": ListenerSettings.model_validate(relp)}


@pytest.mark.parametrize("name", ["openssl", "curl", "ssh"])
def test_at_the_relp_port(folder: Path, tool: Tool, name: str) -> None:
    """TLS, HTTP and SSH at the port of plain RELP."""
    tool_name, command, kind = STRANGERS[name]
    path = tool(tool_name)

    async def scene() -> None:
        async with collecting(folder, listeners=with_relp()) as running:
            await turned_away(running, "relp", kind, *command(path, running.port("relp")))
            assert running.listener("relp")["refused"] == {}

    play(scene)


@pytest.mark.parametrize("framing", ["-T", "--octet-count"])
def test_logger_at_the_relp_port(folder: Path, tool: Tool, framing: str) -> None:
    """Plain syslog at the RELP port."""
    logger = tool("logger")

    async def scene() -> None:
        async with collecting(folder, listeners=with_relp()) as running:
            port = str(running.port("relp"))
            command = [logger, "-n", LOOPBACK, "-P", port, "-T", framing, "not by RELP"]
            await turned_away(running, "relp", "syslog", *command)

    play(scene)


def test_https_inside_tls(folder: Path, tool: Tool, certificates: Certificates) -> None:
    """A browser or scanner that completes the handshake is known by what it says then."""
    path = tool("curl")

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            await turned_away(running, "tls", "http", *curl(path, running.port("tls"), "https"))

    play(scene)


RSYSLOG_ACTIONS = {
    "relp": 'action(type="omrelp" target="{host}" port="{port}" action.resumeRetryCount="-1")',
}


@pytest.mark.parametrize("kind", RSYSLOG_ACTIONS)
def test_rsyslog_at_the_plain_port(folder: Path, tool: Tool, kind: str) -> None:
    """rsyslog's RELP at the plain port."""
    rsyslogd = tool("rsyslogd")

    async def scene() -> None:
        async with collecting(folder) as running:
            inlet = free_port(socket.SOCK_DGRAM)
            configuration = folder / "rsyslog.conf"
            configuration.write_text(
                f'global(workDirectory="{folder}") module(load="imudp") module(load="omrelp")\n'
                f'input(type="imudp" address="{LOOPBACK}" port="{inlet}")\n'
                + RSYSLOG_ACTIONS[kind].format(host=LOOPBACK, port=running.port("tcp"))
            )
            async with program(rsyslogd, "-n", "-iNONE", "-f", str(configuration)), asyncio.timeout(30):
                while not running.listener("tcp")["guests"].get(kind):
                    send(inlet, b"<13>relayed")  # rsyslogd may not be there yet
                    running.news.clear()
                    await running.news.wait()
            await running.finish()
            assert set(running.listener("tcp")["guests"]) == {kind}
            assert running.storage.messages() == []

    play(scene)


GELF_SENDER = """
import json, socket, sys
message = {"version": "1.1", "host": "h", "short_message": "of GELF"}
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as sender:
    sender.sendall(json.dumps(message).encode() + b"\\0")
    sender.recv(1)
"""


def test_gelf_at_the_plain_port(folder: Path) -> None:
    """GELF over TCP at the plain port."""

    async def scene() -> None:
        async with collecting(folder) as running:
            command = [sys.executable, "-c", GELF_SENDER, str(running.port("tcp"))]
            await turned_away(running, "tcp", "gelf", *command)

    play(scene)


def test_beep_at_the_plain_port(folder: Path) -> None:
    """RFC 3195's greeting at the plain port; it may come in pieces."""

    async def scene() -> None:
        async with collecting(folder) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(b"RPY 0 0 . 0")
            await writer.drain()
            writer.write(b" 52\r\n" + GREETING)
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.listener("tcp")["guests"] == {"beep": 1}
            assert running.storage.messages() == []

    play(scene)


def test_told_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A scanner that comes again and again fills the counter, not the log."""
    kinds = [kind for kind in STREAMS_OF_GUESTS if kind is not Guest.COMPRESSED]  # that is inflated

    async def scene() -> None:
        async with collecting(folder) as running:
            for octets in [STREAMS_OF_GUESTS[kind] for kind in kinds] * 3:
                reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
                writer.write(octets)
                await asyncio.wait({asyncio.ensure_future(reader.read())}, timeout=20)
                writer.close()
            await running.finish()
            assert running.listener("tcp")["guests"] == {str(kind): 3 for kind in kinds}
            assert running.listener("tcp")["refused"] == {}
            assert running.storage.messages() == []

    play(scene)
    assert caplog.text.count("turned away") == len(kinds)


def test_json_that_is_no_gelf_is_a_message(folder: Path) -> None:
    """JSON without PRI, by line or by datagram, is a message like any other."""
    document = (
        json.dumps({"message": "JSON", **json.loads(GELF)})[:-1].replace('"version"', '"v"').encode() + b"}"
    )

    async def scene() -> None:
        async with collecting(folder) as running:
            send(running.port("udp"), document)
            await running.storage.await_messages(1)
            _, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(document + b"\n")
            writer.close()
            await running.storage.await_messages(2)
            assert running.storage.messages() == [document, document]

    play(scene)
