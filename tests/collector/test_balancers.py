"""Load balancers before the listeners: the peer that is kept is the sender, by the balancer's word."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collector import tcp
from collector.settings import ListenerSettings
from tests.collector.conftest import Certificates
from tests.collector.running import LOOPBACK, Running, collecting, play
from tests.collector.test_proxy import IPV4, binary
from tests.collector.test_strangers import program
from tests.collector.test_udp import send
from tests.machine import free_port

Tool = Callable[[str], str]
SENDER = "127.0.0.99"  # all of 127.0.0.0/8 is this machine
MESSAGE = b"<13>1 - h a - - - x"
HEADER = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 514\r\n"


def behind(name: str = "tcp", **settings: Any) -> dict[str, ListenerSettings]:
    """One listener behind a balancer."""
    wanted = {"transport": name, "port": 0, "address": LOOPBACK, "proxy_protocol": "required", **settings}
    return {name: ListenerSettings.model_validate(wanted)}


TCP_ONLY = behind()


async def knock(port: int, *octets: bytes, host: str = LOOPBACK) -> tuple[bytes, Any]:
    """Send octets from ``host``, end the connection, and give what came back."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port, local_addr=(host, 0))
    for piece in octets:
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
    try:
        return await reader.read(), writer
    finally:
        writer.close()


HAPROXY = """
global
    maxconn 100
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen passed_on
    bind {host}:{front}
    server collector {host}:{back} {option}
"""
NGINX = """
load_module {module};
daemon off;
master_process off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
stream {{
    server {{
        listen {host}:{front};
        proxy_pass {host}:{back};
        proxy_protocol on;
    }}
}}
"""


@asynccontextmanager
async def balancing(
    command: list[str], configuration: Path, text: str, **values: object
) -> AsyncIterator[int]:
    """A balancer that passes on what comes to its port, which is given once it listens."""
    front = free_port()
    filled = text.format(host=LOOPBACK, front=front, folder=configuration.parent, **values)
    configuration.write_text(filled)  # noqa: ASYNC240 - some lines
    async with program(*command, str(configuration)) as process, asyncio.timeout(30):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, front)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                yield front
                return
        assert process.stdout is not None
        raise AssertionError((await process.stdout.read()).decode())


async def passed_on(running: Running, front: int, context: ssl.SSLContext | None = None) -> None:
    """Send a message from an address of its own by way of the balancer; that address is its peer."""
    _, writer = await asyncio.open_connection(LOOPBACK, front, local_addr=(SENDER, 0), ssl=context)
    writer.write(MESSAGE + b"\n" + MESSAGE + b"\n")
    await running.storage.await_messages(2)
    writer.close()
    await running.finish()
    assert running.storage.messages() == [MESSAGE, MESSAGE]
    assert set(running.storage.column("peer")) == {SENDER}


@pytest.mark.parametrize(
    "option", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"]
)
@pytest.mark.parametrize("name", ["tcp", "tls"])
def test_haproxy(folder: Path, tool: Tool, certificates: Certificates, name: str, option: str) -> None:
    """HAProxy with both versions of the header, before TCP and before TLS that it passes on as it is."""
    haproxy = [tool("haproxy"), "-db", "-f"]
    context = ssl.create_default_context(cafile=str(certificates.server.certificate))
    context.check_hostname = False

    async def scene() -> None:
        wanted = behind(name)
        async with (
            collecting(folder, certificates.server.key.parent, listeners=wanted) as running,
            balancing(haproxy, folder / "c", HAPROXY, back=running.port(name), option=option) as front,
        ):
            await passed_on(running, front, context if name == "tls" else None)
            assert running.listener(name)["guests"] == {}

    play(scene)


def test_relp_by_haproxy(folder: Path, tool: Tool) -> None:
    """rsyslog's RELP by way of HAProxy: the header comes before the session, answers go back through it."""
    haproxy, rsyslogd = [tool("haproxy"), "-db", "-f"], tool("rsyslogd")

    async def scene() -> None:
        async with (
            collecting(folder, listeners=behind("relp")) as running,
            balancing(
                haproxy, folder / "c", HAPROXY, back=running.port("relp"), option="send-proxy-v2"
            ) as front,
        ):
            inlet = free_port(socket.SOCK_DGRAM)
            configuration = folder / "rsyslog.conf"
            configuration.write_text(
                f'global(workDirectory="{folder}") module(load="imudp") module(load="omrelp")\n'
                f'input(type="imudp" address="{LOOPBACK}" port="{inlet}")\n'
                f'action(type="omrelp" target="{LOOPBACK}" port="{front}" action.resumeRetryCount="-1" '
                f'localClientIP="{SENDER}")'
            )
            async with program(rsyslogd, "-n", "-iNONE", "-f", str(configuration)), asyncio.timeout(30):
                while not running.listener("relp")["messages"]:
                    send(inlet, b"<13>by RELP")  # rsyslogd may not be there yet
                    running.news.clear()
                    await running.news.wait()
                await running.storage.await_messages(1)
            assert set(running.storage.column("peer")) == {SENDER}
            assert set(running.storage.column("transport")) == {"relp"}

    play(scene)


def test_health_checks_of_haproxy(folder: Path, tool: Tool) -> None:
    """A health check, with the header for the balancer itself or without a word, is no failure."""
    haproxy = [tool("haproxy"), "-db", "-f"]

    async def scene() -> None:
        async with (
            collecting(folder, listeners=TCP_ONLY) as running,
            balancing(
                haproxy,
                folder / "c",
                HAPROXY,
                back=running.port("tcp"),
                option="check inter 100ms check-send-proxy send-proxy-v2",
            ),
        ):
            await running.reported(lambda: running.listener("tcp")["connections_accepted"] > 3)
            await running.finish()
            assert running.listener("tcp")["refused"] == {}
            assert running.storage.messages() == []

    play(scene)


@pytest.mark.parametrize("name", ["tcp", "relp"])
def test_health_checks_need_not_be_admitted(folder: Path, name: str) -> None:
    """Balancers that are not in sender_networks may look whether we are there, and may send nothing."""
    local = binary(0x00, b"", version_command=0x20)
    wanted = behind(name, sender_networks=["192.0.2.0/24"])

    async def scene() -> None:
        async with collecting(folder, listeners=wanted) as running:
            await knock(running.port(name))
            await knock(running.port(name), local)
            await running.reported(lambda: running.listener(name)["connections_accepted"] == 2)
            assert running.listener(name)["refused"] == {}
            await knock(running.port(name), local + MESSAGE + b"\n")
            await knock(running.port(name), b"PROXY TCP4 10.0.0.7 198.51.100.1 56324 514\r\n", MESSAGE)
            await running.finish()
            assert running.listener(name)["refused"] == {"not in sender_networks": 2}
            assert running.storage.messages() == []

    play(scene)


def test_nginx(folder: Path, tool: Tool) -> None:
    """nginx, which speaks version 1."""
    nginx = [tool("nginx"), "-p", str(folder), "-c"]
    module = Path(nginx[0]).parent / "root/usr/lib/nginx/modules/ngx_stream_module.so"

    async def scene() -> None:
        async with (
            collecting(folder, listeners=TCP_ONLY) as running,
            balancing(nginx, folder / "c", NGINX, back=running.port("tcp"), module=module) as front,
        ):
            await passed_on(running, front)

    play(scene)


def test_loggen(folder: Path, tool: Tool) -> None:
    """loggen, which can play the balancer itself."""
    loggen = tool("loggen")

    async def scene() -> None:
        async with collecting(folder, listeners=TCP_ONLY) as running:
            options = ["--inet", "--stream", "--proxied", "--proxy-src-ip=192.0.2.7", "--number", "100"]
            async with program(loggen, *options, LOOPBACK, str(running.port("tcp"))) as process:
                await asyncio.wait_for(process.wait(), 30)
            await running.storage.await_messages(99)  # loggen counts the header as a message
            assert set(running.storage.column("peer")) == {"192.0.2.7"}
            assert all(b" prg00000[1234]: seq: " in message for message in running.storage.messages())

    play(scene)


@pytest.mark.parametrize("header", [HEADER, binary(0x11, IPV4)], ids=["version 1", "version 2"])
def test_header_in_pieces(folder: Path, header: bytes) -> None:
    """The header may come octet by octet, and the message with its end."""

    async def scene() -> None:
        async with collecting(folder, listeners=TCP_ONLY) as running:
            pieces = [header[place : place + 1] for place in range(len(header) - 1)]
            await knock(running.port("tcp"), *pieces, header[-1:] + MESSAGE + b"\n")
            await running.storage.await_messages(1)
            assert running.storage.column("peer") == ["192.0.2.7"]
            assert running.storage.messages() == [MESSAGE]

    play(scene)


def test_without_the_header(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who does not send the header is refused and counted, and the operator told what to do."""

    async def scene() -> None:
        async with collecting(folder, listeners=TCP_ONLY) as running:
            assert (await knock(running.port("tcp"), MESSAGE + b"\n"))[0] == b""
            assert (await knock(running.port("tcp"), HEADER[:-2]))[0] == b""
            assert (await knock(running.port("tcp"), binary(0x11, IPV4[:4]) + MESSAGE))[0] == b""
            await running.finish()
            assert running.listener("tcp")["refused"] == {
                "no PROXY header": 1,
                "PROXY header cut short": 1,
                "PROXY header malformed": 1,
            }
            assert running.storage.messages() == []

    play(scene)
    assert "set proxy_protocol to 'off'" in caplog.text


def test_header_that_does_not_come(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never sends its header does not keep its place."""
    monkeypatch.setattr(tcp, "_HEADER_SECONDS", 0.05)

    async def scene() -> None:
        async with collecting(folder, listeners=TCP_ONLY) as running:
            reader, writer = await asyncio.open_connection(LOOPBACK, running.port("tcp"))
            writer.write(HEADER[:10])
            assert await reader.read() == b""
            writer.close()
            await running.finish()
            assert running.listener("tcp")["refused"] == {"PROXY header not sent in time": 1}

    play(scene)


def test_only_balancers_send_the_header(folder: Path) -> None:
    """With the balancers named, everybody else sends messages straight to the same port."""
    wanted = behind(proxy_networks=["127.0.0.8/29", "2001:db8::/32"])

    async def scene() -> None:
        async with collecting(folder, listeners=wanted) as running:
            await knock(running.port("tcp"), HEADER + b"<13>passed on\n", host="127.0.0.9")
            await running.storage.await_messages(1)
            await knock(running.port("tcp"), b"<13>straight\n", host=SENDER)
            await running.storage.await_messages(2)
            await knock(running.port("tcp"), b"<13>straight\n", host="127.0.0.9")
            await running.finish()
            assert running.storage.messages() == [b"<13>passed on", b"<13>straight"]
            assert running.storage.column("peer") == ["192.0.2.7", SENDER]
            assert running.listener("tcp")["refused"] == {"no PROXY header": 1}

    play(scene)


def test_guest_behind_a_balancer(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A guest is told by the address that it really has."""

    async def scene() -> None:
        async with collecting(folder, listeners=TCP_ONLY) as running:
            await knock(running.port("tcp"), HEADER + b"GET / HTTP/1.0\r\n\r\n")
            await running.finish()
            assert running.listener("tcp")["guests"] == {"http": 1}

    play(scene)
    assert "192.0.2.7 turned away: an HTTP request" in caplog.text
